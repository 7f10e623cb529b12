/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/costs.h"
#include "outcome/observe.h"

#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>

enum { MONTHS_A_YEAR = 12 };

#define DAYS_A_YEAR 365.25

static bool reached(const struct tg_outcome_rule *rule, double value)
{
    return rule->at_most ? value <= rule->threshold : value >= rule->threshold;
}

/* Is the month one of the member's follow-up under observation? */
static bool is_after(const struct tg_observing *o, const struct tg_member *m, int32_t month)
{
    return month >= m->start && month <= m->last &&
           tg_window_place(o->q->windows, m->index_month, month) >= o->q->windows->baseline_months;
}

static bool is_baseline(const struct tg_observing *o, const struct tg_member *m, int32_t month)
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

void tg_observing_amount(struct tg_observing *o, size_t member, const struct tg_amount *a)
{
    const struct tg_member *m = &o->q->cohort->members[member];
    struct tg_observation *out = &o->out[member];
    if (o->q->rule->design == TG_DESIGN_INCIDENCE) {
        if (a->n_events > 0 && (is_baseline(o, m, a->month) || a->month >= m->index_month))
            note_event(out, m, a->month);
    } else if (is_after(o, m, a->month)) {
        out->count += (double)a->n_events;
        o->yen[member] += (double)a->yen;
    }
}

static void take_latest(struct tg_latest *l, uint32_t day, double value)
{
    if (day > l->day || (day == l->day && value > l->value))
        *l = (struct tg_latest){day, value};
}

void tg_observing_measure(struct tg_observing *o, size_t member, const struct tg_measured *v)
{
    const struct tg_outcome_rule *rule = o->q->rule;
    const struct tg_member *m = &o->q->cohort->members[member];
    struct tg_observation *out = &o->out[member];
    int32_t month = tg_month_of_day(v->day);
    bool counts = !rule->has_threshold || reached(rule, v->value);
    if (rule->design == TG_DESIGN_INCIDENCE) {
        if (counts)
            note_event(out, m, month);
        return;
    }
    if (is_after(o, m, month)) {
        out->count += counts;
        take_latest(&o->after[member], v->day, v->value);
    } else if (month < m->index_month &&
               (rule->design == TG_DESIGN_TRANSITION || is_baseline(o, m, month))) {
        take_latest(&o->before[member], v->day, v->value);
    }
}

/* Everybody is at risk until observation ends, and nothing has happened. */
static void begin_members(struct tg_observing *o)
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
static double as_outcome(const struct tg_outcome_rule *rule, const struct tg_latest *l)
{
    if (l->day == 0)
        return rule->design == TG_DESIGN_TRANSITION && rule->has_missing ? rule->missing
                                                                         : (double)NAN;
    return rule->has_threshold ? (double)reached(rule, l->value) : l->value;
}

static void end_measures(struct tg_observing *o)
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

static void end_events(struct tg_observing *o)
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

void tg_observing_span(const struct tg_observing *o, int32_t *from, int32_t *to)
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

enum tg_status tg_observing_begin(struct tg_observing *o, const struct tg_outcome_question *q,
                                  struct tg_observation *out, struct tg_error *err)
{
    size_t n = q->cohort->n;
    bool events = q->rule->source->kind == TG_KIND_EVENTS;
    *o = (struct tg_observing){.q = q, .out = out};
    begin_members(o);
    if (q->rule->design == TG_DESIGN_DID)
        return TG_OK;
    if (events) {
        o->yen = tg_calloc(n, sizeof *o->yen, err);
        return o->yen ? TG_OK : TG_NO_MEMORY;
    }
    o->before = tg_calloc(n, sizeof *o->before, err);
    o->after = tg_calloc(n, sizeof *o->after, err);
    return o->before && o->after ? TG_OK : TG_NO_MEMORY;
}

void tg_observing_end(struct tg_observing *o)
{
    if (o->yen)
        end_events(o);
    else if (o->before)
        end_measures(o);
}

void tg_observing_free(struct tg_observing *o)
{
    free(o->before);
    free(o->after);
    free(o->yen);
    *o = (struct tg_observing){0};
}
