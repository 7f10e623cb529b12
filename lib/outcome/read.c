/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/costs.h"
#include "outcome/observe.h"

#include "text/calendar.h"

#include <stdlib.h>

/* One outcome; of costs `costing` is in use, of others `observing`. */
struct asked {
    bool of_costs;
    struct tg_costing costing;
    struct tg_observing observing;
};

/* A source as it goes by. */
struct pass {
    const struct tg_outcome_question *questions;
    size_t n;
    struct asked *asked; /* by question */
    struct tg_member_list members;
};

static enum tg_status find(const struct pass *p, int64_t person, size_t *at, struct tg_error *err)
{
    *at = tg_people_find(p->questions->people, person);
    return *at == SIZE_MAX ? TG_FAIL(err, TG_MSG_BUG, .rule = "the person of an answer is known")
                           : TG_OK;
}

static enum tg_status on_amounts(void *ctx, const struct tg_amount *amounts, size_t n,
                                 struct tg_error *err)
{
    struct pass *p = ctx;
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < n && !status; i++) {
        const struct tg_amount *a = &amounts[i];
        struct asked *to = &p->asked[a->question];
        size_t at;
        status = find(p, a->person, &at, err);
        if (status)
            break;
        if (to->of_costs) {
            status = tg_costing_add(&to->costing, at, a->month, a->yen, err);
            continue;
        }
        for (uint32_t k = p->members.first[at]; k < p->members.first[at + 1]; k++)
            tg_observing_amount(&to->observing, p->members.rows[k], a);
    }
    return status;
}

static enum tg_status on_measured(void *ctx, const struct tg_measured *values, size_t n,
                                  struct tg_error *err)
{
    struct pass *p = ctx;
    for (size_t i = 0; i < n; i++) {
        size_t at;
        enum tg_status status = find(p, values[i].person, &at, err);
        if (status)
            return status;
        for (uint32_t k = p->members.first[at]; k < p->members.first[at + 1]; k++)
            tg_observing_measure(&p->asked[values[i].question].observing, p->members.rows[k],
                                 &values[i]);
    }
    return TG_OK;
}

static enum tg_status ask_events(struct tg_store *store, const struct tg_asked_source *source,
                                 struct pass *p, struct tg_event_counts *counts,
                                 struct tg_error *err)
{
    struct tg_amount_question *questions = tg_calloc(p->n, sizeof *questions, err);
    if (!questions)
        return TG_NO_MEMORY;
    for (size_t k = 0; k < p->n; k++) {
        const struct tg_outcome_rule *rule = p->questions[k].rule;
        struct tg_amount_question *q = &questions[k];
        *q = (struct tg_amount_question){.codes = rule->codes, .n_codes = rule->n_codes};
        if (p->asked[k].of_costs) {
            q->from = p->asked[k].costing.from;
            q->to = p->asked[k].costing.to;
        } else {
            tg_observing_span(&p->asked[k].observing, &q->from, &q->to);
        }
    }
    enum tg_status status =
        tg_store_amounts(store, source, questions, p->n, on_amounts, p, counts, err);
    free(questions);
    return status;
}

static enum tg_status ask_measures(struct tg_store *store, const struct tg_asked_source *source,
                                   struct pass *p, struct tg_event_counts *counts,
                                   struct tg_error *err)
{
    struct tg_measure_question *questions = tg_calloc(p->n, sizeof *questions, err);
    if (!questions)
        return TG_NO_MEMORY;
    for (size_t k = 0; k < p->n; k++) {
        int32_t from, to;
        tg_observing_span(&p->asked[k].observing, &from, &to);
        questions[k] = (struct tg_measure_question){.measure = p->questions[k].rule->measure,
                                                    .from_day = 1,
                                                    .to_day = to > 0 ? tg_month_last_day(to) : 0};
    }
    enum tg_status status =
        tg_store_measures(store, source, questions, p->n, on_measured, p, counts, err);
    free(questions);
    return status;
}

static enum tg_status begin(struct pass *p, struct tg_observation *const *out, struct tg_error *err)
{
    const struct tg_outcome_question *q = p->questions;
    enum tg_status status = tg_member_list_make(q->people, q->cohort, &p->members, err);
    p->asked = status ? NULL : tg_calloc(p->n, sizeof *p->asked, err);
    if (!status && !p->asked)
        status = TG_NO_MEMORY;
    for (size_t k = 0; k < p->n && !status; k++) {
        struct asked *a = &p->asked[k];
        a->of_costs = q[k].rule->design == TG_DESIGN_DID;
        status = tg_observing_begin(&a->observing, &q[k], out[k], err);
        if (!status && a->of_costs)
            status = tg_costing_begin(&a->costing, q[k].people, q[k].cohort, &p->members,
                                      q[k].windows, err);
    }
    return status;
}

static void end(struct pass *p, struct tg_observation *const *out)
{
    for (size_t k = 0; k < p->n; k++) {
        struct asked *a = &p->asked[k];
        tg_observing_end(&a->observing);
        if (!a->of_costs)
            continue;
        tg_costing_end(&a->costing, p->questions[k].costs);
        tg_costs_observe(p->questions[k].costs, p->questions[k].cohort->n, out[k]);
    }
}

enum tg_status tg_outcomes_observe(struct tg_store *store,
                                   const struct tg_outcome_question *questions, size_t n,
                                   struct tg_observation *const *out,
                                   struct tg_event_counts *counts, struct tg_error *err)
{
    struct pass p = {.questions = questions, .n = n};
    const struct tg_asked_source source = {questions->rule->source, questions->month,
                                           questions->linked, questions->n_linked};
    enum tg_status status = begin(&p, out, err);
    if (!status)
        status = source.source->kind == TG_KIND_EVENTS
                     ? ask_events(store, &source, &p, counts, err)
                     : ask_measures(store, &source, &p, counts, err);
    if (!status)
        end(&p, out);
    for (size_t k = 0; p.asked && k < n; k++) {
        tg_observing_free(&p.asked[k].observing);
        tg_costing_free(&p.asked[k].costing);
    }
    free(p.asked);
    tg_member_list_free(&p.members);
    return status;
}
