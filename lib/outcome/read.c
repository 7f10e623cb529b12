/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/costs.h"

/* Amounts mostly come person by person, so the last one found is tried first. */
struct reading {
    struct tg_costing costing;
    size_t last;
};

size_t tg_people_find_near(const struct tg_people *people, int64_t id, size_t *last)
{
    for (size_t i = *last; i < people->n && i < *last + 2; i++) {
        if (people->items[i].id == id) {
            *last = i;
            return i;
        }
    }
    size_t found = tg_people_find(people, id);
    if (found != SIZE_MAX)
        *last = found;
    return found;
}

static enum tg_status on_amount(void *ctx, int64_t person, int32_t month, int64_t yen,
                                uint64_t n_events, struct tg_error *err)
{
    (void)n_events;
    struct reading *r = ctx;
    size_t at = tg_people_find_near(r->costing.people, person, &r->last);
    if (at == SIZE_MAX)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "the person of an amount is known");
    return tg_costing_add(&r->costing, at, month, yen, err);
}

enum tg_status tg_costs_read(struct tg_store *store, const struct tg_amount_question *question,
                             const struct tg_people *people, const struct tg_cohort *cohort,
                             const struct tg_windows *windows, struct tg_costs *out,
                             struct tg_error *err)
{
    struct reading r = {.last = 0};
    struct tg_amount_question asked = *question;
    enum tg_status status = tg_costing_begin(&r.costing, people, cohort, windows, err);
    asked.from = r.costing.from;
    asked.to = r.costing.to;
    if (!status)
        status = tg_store_amounts(store, &asked, on_amount, &r, &r.costing.costs.counts, err);
    if (!status)
        tg_costing_end(&r.costing, out);
    else
        tg_costing_free(&r.costing);
    return status;
}
