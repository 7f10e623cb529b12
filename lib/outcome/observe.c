/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/costs.h"

#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>

enum { MONTHS_A_YEAR = 12 };

#define DAYS_A_YEAR 365.25

/* The day of a value that stands for before or after; of one day the largest value counts. */
struct latest {
    uint32_t day;
    double value;
};

struct observing {
    const struct tg_outcome_question *q;
    struct tg_member_list list;
    struct tg_observation *out;
    struct latest *before, *after; /* measures */
    double *yen;                   /* LEVEL of events: in the follow-up */
    size_t last;
};

static bool reached(const struct tg_outcome_rule *rule, double value)
{
    return rule->at_most ? value <= rule->threshold : value >= rule->threshold;
}

/* Is the month one of the member's follow-up under observation? */
static bool is_after(const struct observing *o, const struct tg_member *m, int32_t month)
{
    return month >= m->start && month <= m->last &&
           tg_window_place(o->q->windows, m->index_month, month) >= o->q->windows->baseline_months;
}

static bool is_baseline(const struct observing *o, const struct tg_member *m, int32_t month)
{
    return month < m->index_month && month >= m->index_month - o->q->windows->baseline_months;
}

/* Somebody who had it before is not at risk; else the first month counts. */
static void note_event(struct tg_observation *out, const struct tg_member *m, int32_t month)
{
    if (month < m->start) {
        out->time = 0;
        return;
    }
    int32_t time = month - m->start + 1;
    if (month > m->last || out->time == 0 || (out->event && time >= out->time))
        return;
    out->time = time;
    out->event = true;
}

static void take_amount(struct observing *o, size_t member, int32_t month, int64_t yen, uint64_t n)
{
    const struct tg_member *m = &o->q->cohort->members[member];
    struct tg_observation *out = &o->out[member];
    if (o->q->rule->design == TG_DESIGN_INCIDENCE) {
        if (n > 0 && (is_baseline(o, m, month) || month >= m->index_month))
            note_event(out, m, month);
    } else if (is_after(o, m, month)) {
        out->count += (double)n;
        o->yen[member] += (double)yen;
    }
}

static enum tg_status on_amount(void *ctx, int64_t person, int32_t month, int64_t yen,
                                uint64_t n_events, struct tg_error *err)
{
    struct observing *o = ctx;
    size_t at = tg_people_find_near(o->q->people, person, &o->last);
    if (at == SIZE_MAX)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "the person of an amount is known");
    for (uint32_t k = o->list.first[at]; k < o->list.first[at + 1]; k++)
        take_amount(o, o->list.rows[k], month, yen, n_events);
    return TG_OK;
}

static void take_latest(struct latest *l, uint32_t day, double value)
{
    if (day > l->day || (day == l->day && value > l->value))
        *l = (struct latest){day, value};
}

static void take_measure(struct observing *o, size_t member, uint32_t day, double value)
{
    const struct tg_outcome_rule *rule = o->q->rule;
    const struct tg_member *m = &o->q->cohort->members[member];
    struct tg_observation *out = &o->out[member];
    int32_t month = tg_month_of_day(day);
    bool counts = !rule->has_threshold || reached(rule, value);
    if (rule->design == TG_DESIGN_INCIDENCE) {
        if (counts)
            note_event(out, m, month);
        return;
    }
    if (is_after(o, m, month)) {
        out->count += counts;
        take_latest(&o->after[member], day, value);
    } else if (month < m->index_month &&
               (rule->design == TG_DESIGN_TRANSITION || is_baseline(o, m, month))) {
        take_latest(&o->before[member], day, value);
    }
}

static enum tg_status on_measure(void *ctx, int64_t person, uint32_t day, double value,
                                 struct tg_error *err)
{
    struct observing *o = ctx;
    size_t at = tg_people_find_near(o->q->people, person, &o->last);
    if (at == SIZE_MAX)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "the person of a measure is known");
    for (uint32_t k = o->list.first[at]; k < o->list.first[at + 1]; k++)
        take_measure(o, o->list.rows[k], day, value);
    return TG_OK;
}

/* Everybody is at risk until observation ends, and nothing has happened. */
static void begin_members(struct observing *o)
{
    const struct tg_windows *w = o->q->windows;
    for (size_t i = 0; i < o->q->cohort->n; i++) {
        const struct tg_member *m = &o->q->cohort->members[i];
        int64_t months = (int64_t)m->last - m->start + 1;
        months = months < 0 ? 0 : months > w->followup_months ? w->followup_months : months;
        o->out[i] = (struct tg_observation){.before = NAN,
                                            .after = NAN,
                                            .years = (double)months / MONTHS_A_YEAR,
                                            .time = months > 0 ? (int32_t)months : 0,
                                            .months = (uint32_t)months};
    }
}

/* A measured value as the outcome has it. */
static double as_outcome(const struct tg_outcome_rule *rule, const struct latest *l)
{
    if (l->day == 0)
        return rule->design == TG_DESIGN_TRANSITION && rule->has_missing ? rule->missing
                                                                         : (double)NAN;
    return rule->has_threshold ? (double)reached(rule, l->value) : l->value;
}

static void end_measures(struct observing *o)
{
    const struct tg_outcome_rule *rule = o->q->rule;
    for (size_t i = 0; i < o->q->cohort->n; i++) {
        struct tg_observation *out = &o->out[i];
        out->before = as_outcome(rule, &o->before[i]);
        out->after = as_outcome(rule, &o->after[i]);
        if (rule->design == TG_DESIGN_LEVEL && !rule->measure && out->months > 0)
            out->after = out->count > 0; /* any row at all */
        if (rule->design == TG_DESIGN_TRANSITION && out->months == 0)
            out->after = NAN;
        if (!rule->per_year || isnan(out->before) || isnan(out->after))
            continue;
        double days = (double)tg_days_between(o->before[i].day, o->after[i].day);
        out->after = out->before + (out->after - out->before) * DAYS_A_YEAR / days;
    }
}

static void end_events(struct observing *o)
{
    const struct tg_outcome_rule *rule = o->q->rule;
    for (size_t i = 0; i < o->q->cohort->n; i++) {
        struct tg_observation *out = &o->out[i];
        if (rule->design != TG_DESIGN_LEVEL || out->months == 0)
            continue;
        out->after = o->yen[i] / out->months;
        if (rule->has_threshold)
            out->after = reached(rule, out->after);
    }
}

/* The months anybody is asked for. */
static void find_span(const struct observing *o, int32_t *from, int32_t *to)
{
    *from = INT32_MAX;
    *to = INT32_MIN;
    for (size_t i = 0; i < o->q->cohort->n; i++) {
        const struct tg_member *m = &o->q->cohort->members[i];
        int32_t begin = m->index_month - o->q->windows->baseline_months;
        *from = begin < *from ? begin : *from;
        *to = m->last > *to ? m->last : *to;
    }
}

static enum tg_status read_events(struct tg_store *store, struct observing *o,
                                  struct tg_event_counts *counts, struct tg_error *err)
{
    const struct tg_outcome_rule *rule = o->q->rule;
    struct tg_amount_question question = {.source = rule->source,
                                          .month = o->q->month,
                                          .codes = rule->codes,
                                          .n_codes = rule->n_codes,
                                          .linked = o->q->linked,
                                          .n_linked = o->q->n_linked};
    find_span(o, &question.from, &question.to);
    enum tg_status status = tg_store_amounts(store, &question, on_amount, o, counts, err);
    if (!status)
        end_events(o);
    return status;
}

static enum tg_status read_measures(struct tg_store *store, struct observing *o,
                                    struct tg_event_counts *counts, struct tg_error *err)
{
    const struct tg_outcome_rule *rule = o->q->rule;
    int32_t from, to;
    find_span(o, &from, &to);
    struct tg_measure_question question = {.source = rule->source,
                                           .measure = rule->measure,
                                           .month = o->q->month,
                                           .from_day = 1,
                                           .to_day = to > 0 ? tg_month_last_day(to) : 0,
                                           .linked = o->q->linked,
                                           .n_linked = o->q->n_linked};
    enum tg_status status = tg_store_measures(store, &question, on_measure, o, counts, err);
    if (!status)
        end_measures(o);
    return status;
}

/* Yen per month by each member's own months. */
static void take_costs(struct observing *o)
{
    for (size_t i = 0; i < o->q->cohort->n; i++) {
        const struct tg_person_cost *c = &o->q->costs->members[i];
        struct tg_observation *out = &o->out[i];
        if (c->before_months)
            out->before = (double)c->before_yen / c->before_months;
        if (c->after_months)
            out->after = (double)c->after_yen / c->after_months;
        out->months = c->after_months;
    }
}

enum tg_status tg_outcome_observe(struct tg_store *store,
                                  const struct tg_outcome_question *question,
                                  struct tg_observation *out, struct tg_event_counts *counts,
                                  struct tg_error *err)
{
    struct observing o = {.q = question, .out = out};
    size_t n = question->cohort->n;
    begin_members(&o);
    if (question->rule->design == TG_DESIGN_DID) {
        take_costs(&o);
        *counts = question->costs->counts;
        return TG_OK;
    }
    enum tg_status status = tg_member_list_make(question->people, question->cohort, &o.list, err);
    o.before = status ? NULL : tg_calloc(n, sizeof *o.before, err);
    o.after = o.before ? tg_calloc(n, sizeof *o.after, err) : NULL;
    o.yen = o.after ? tg_calloc(n, sizeof *o.yen, err) : NULL;
    if (!status)
        status = !o.yen ? TG_NO_MEMORY
                 : question->rule->source->kind == TG_KIND_EVENTS
                     ? read_events(store, &o, counts, err)
                     : read_measures(store, &o, counts, err);
    tg_member_list_free(&o.list);
    free(o.before);
    free(o.after);
    free(o.yen);
    return status;
}
