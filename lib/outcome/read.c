/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/costs.h"

/* Amounts mostly come person by person, so the last one found is tried first. */
struct reading {
    struct tg_costing costing;
    size_t last;
};

static size_t find_person(const struct reading *r, int64_t id)
{
    const struct tg_people *people = r->costing.people;
    for (size_t i = r->last; i < people->n && i < r->last + 2; i++) {
        if (people->items[i].id == id)
            return i;
    }
    return tg_people_find(people, id);
}

static enum tg_status on_amount(void *ctx, int64_t person, int32_t month, int64_t yen,
                                uint64_t n_events, struct tg_error *err)
{
    (void)n_events;
    struct reading *r = ctx;
    size_t at = find_person(r, person);
    if (at == SIZE_MAX)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "the person of an amount is known");
    r->last = at;
    return tg_costing_add(&r->costing, at, month, yen, err);
}

enum tg_status tg_costs_read(struct tg_store *store, const struct tg_source *source, int32_t month,
                             const struct tg_people *people, const struct tg_cohort *cohort,
                             const struct tg_windows *windows, struct tg_costs *out,
                             struct tg_error *err)
{
    struct reading r = {.last = 0};
    enum tg_status status = tg_costing_begin(&r.costing, people, cohort, windows, err);
    if (!status)
        status = tg_store_amounts(
            store,
            &(struct tg_amount_question){
                .source = source, .month = month, .from = r.costing.from, .to = r.costing.to},
            on_amount, &r, &r.costing.costs.counts, err);
    if (!status)
        tg_costing_end(&r.costing, out);
    else
        tg_costing_free(&r.costing);
    return status;
}
