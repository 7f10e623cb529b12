/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/entrants.h"

#include "base/reporter.h"
#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is being read for everybody. */
struct reading {
    const struct tg_history *h;
    int months;     /* how far back; 0: any time */
    double *values; /* by entrant */
    uint32_t *days; /* by entrant, of the value so far; measures only */
};

/* A source as it goes by, with what is read from it. */
struct pass {
    const struct tg_entrants *e;
    struct reading *readings; /* by question */
    size_t n;
    uint64_t *masks; /* by entrant, months of activity from the index month on */
    int span;        /* of these months */
};

enum { NOBODY = UINT32_MAX };

/* Of answers' people, their places among the entrants; NOBODY: of no interest. */
static uint32_t find(const struct pass *p, int64_t person)
{
    size_t at = tg_people_find(p->e->input->people, person);
    return at == SIZE_MAX || p->e->at[at] == 0 ? (uint32_t)NOBODY : p->e->at[at] - 1;
}

/* Is the month before this entrant's index month, and not too long? */
static bool looks_back_to(const struct pass *p, const struct reading *r, size_t at, int32_t month)
{
    int32_t index = p->e->items[at].month;
    return month < index && (r->months == 0 || month >= index - r->months);
}

static enum tg_status on_amounts(void *ctx, const struct tg_amount *amounts, size_t n,
                                 struct tg_error *err)
{
    const struct pass *p = ctx;
    uint32_t places[TG_ANSWERS_MAX];
    (void)err;
    for (size_t i = 0; i < n; i++)
        places[i] = find(p, amounts[i].person);
    for (size_t i = 0; i < n; i++) {
        const struct tg_amount *a = &amounts[i];
        const struct reading *r = &p->readings[a->question];
        if (places[i] == NOBODY || !looks_back_to(p, r, places[i], a->month))
            continue;
        if (r->h->quantity == TG_SUM_AMOUNT)
            r->values[places[i]] += (double)a->yen;
        else if (r->h->quantity == TG_COUNT_EVENTS)
            r->values[places[i]] += (double)a->n_events;
        else
            r->values[places[i]] = 1;
    }
    return TG_OK;
}

/* Of two values on one day the larger: there is no order between them. */
static enum tg_status on_values(void *ctx, const struct tg_measured *values, size_t n,
                                struct tg_error *err)
{
    const struct pass *p = ctx;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        const struct tg_measured *v = &values[i];
        const struct reading *r = &p->readings[v->question];
        uint32_t at = find(p, v->person);
        if (at == NOBODY || !looks_back_to(p, r, at, tg_month_of_day(v->day)))
            continue;
        if (v->day > r->days[at] || (v->day == r->days[at] && v->value > r->values[at])) {
            r->days[at] = v->day;
            r->values[at] = v->value;
        }
    }
    return TG_OK;
}

static void find_months(const struct tg_entrants *e, int32_t *first, int32_t *last)
{
    *first = INT32_MAX;
    *last = INT32_MIN;
    for (size_t i = 0; i < e->n; i++) {
        *first = e->items[i].month < *first ? e->items[i].month : *first;
        *last = e->items[i].month > *last ? e->items[i].month : *last;
    }
}

/* Sums become means by month with data; without such a month nothing is known. */
static void divide(const struct pass *p, const struct reading *r,
                   const struct tg_event_counts *span)
{
    for (size_t i = 0; i < p->e->n; i++) {
        int32_t index = p->e->items[i].month;
        int32_t from = index - r->months, to = index - 1;
        from = span->first_month > from ? span->first_month : from;
        to = span->last_month < to ? span->last_month : to;
        if (span->first_month == TG_NO_MONTH || from > to)
            r->values[i] = NAN;
        else if (r->h->quantity != TG_ANY_EVENT)
            r->values[i] /= to - from + 1;
    }
}

static struct tg_asked_source asked_source(const struct tg_entrants *e,
                                           const struct tg_source *source)
{
    const struct tg_cohort_input *in = e->input;
    return (struct tg_asked_source){source, in->month, in->linked, in->n_linked};
}

static enum tg_status read_amounts(struct pass *p, struct tg_error *err)
{
    const struct tg_asked_source asked = asked_source(p->e, p->readings[0].h->source);
    struct tg_amount_question *questions = tg_calloc(p->n, sizeof *questions, err);
    struct tg_event_counts *spans = tg_calloc(p->n, sizeof *spans, err);
    enum tg_status status = questions && spans ? TG_OK : TG_NO_MEMORY;
    int32_t first, last;
    find_months(p->e, &first, &last);
    for (size_t k = 0; k < p->n && !status; k++) {
        const struct reading *r = &p->readings[k];
        questions[k] =
            (struct tg_amount_question){first - r->months, last - 1, r->h->codes, r->h->n_codes};
    }
    if (!status)
        status = tg_store_amounts(p->e->input->store, &asked, questions, p->n, on_amounts, p, spans,
                                  err);
    for (size_t k = 0; k < p->n && !status; k++)
        divide(p, &p->readings[k], &spans[k]);
    free(questions);
    free(spans);
    return status;
}

static enum tg_status read_measures(struct pass *p, struct tg_error *err)
{
    const struct tg_asked_source asked = asked_source(p->e, p->readings[0].h->source);
    struct tg_measure_question *questions = tg_calloc(p->n, sizeof *questions, err);
    struct tg_event_counts *counts = tg_calloc(p->n, sizeof *counts, err);
    enum tg_status status = questions && counts ? TG_OK : TG_NO_MEMORY;
    int32_t first, last;
    find_months(p->e, &first, &last);
    for (size_t k = 0; k < p->n && !status; k++) {
        struct reading *r = &p->readings[k];
        questions[k] = (struct tg_measure_question){.measure = r->h->measure,
                                                    .to_day = tg_month_last_day(last - 1)};
        for (size_t i = 0; i < p->e->n; i++)
            r->values[i] = NAN;
        r->days = tg_calloc(p->e->n, sizeof *r->days, err);
        status = r->days ? TG_OK : TG_NO_MEMORY;
    }
    if (!status)
        status = tg_store_measures(p->e->input->store, &asked, questions, p->n, on_values, p,
                                   counts, err);
    for (size_t k = 0; k < p->n; k++)
        free(p->readings[k].days);
    free(questions);
    free(counts);
    return status;
}

/* Reads what is asked of one source: of what was not `done` the first ones, as many as fit. */
static enum tg_status read_source(const struct tg_entrants *e, const struct tg_look_back *looks,
                                  size_t n, bool *done, struct tg_error *err)
{
    const struct tg_source *source = NULL;
    struct reading readings[TG_LOOKS_A_PASS];
    struct pass p = {.e = e, .readings = readings};
    for (size_t i = 0; i < n && p.n < TG_LOOKS_A_PASS; i++) {
        const struct tg_history *h = looks[i].history;
        if (done[i] || (source && source != h->source))
            continue;
        bool measure = h->quantity == TG_LAST_MEASURE;
        int usual = measure ? 0 : e->input->rules->baseline_months;
        source = h->source;
        done[i] = true;
        memset(looks[i].values, 0, e->n * sizeof *looks[i].values);
        readings[p.n++] = (struct reading){h, h->months ? h->months : usual, looks[i].values, NULL};
    }
    if (p.n == 0)
        return TG_OK;
    return readings[0].h->quantity == TG_LAST_MEASURE ? read_measures(&p, err)
                                                      : read_amounts(&p, err);
}

enum tg_status tg_history_read(const struct tg_entrants *e, const struct tg_look_back *looks,
                               size_t n, const char *step, struct tg_error *err)
{
    if (e->n == 0 || n == 0)
        return TG_OK;
    bool *done = tg_calloc(n, sizeof *done, err);
    enum tg_status status = done ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; i < n && !status; i++) {
        if (done[i])
            continue;
        status = read_source(e, looks, n, done, err);
        if (!status)
            status = tg_progress(e->input->reporter, step, i, n, err);
    }
    free(done);
    return status;
}

static enum tg_status on_activity(void *ctx, const struct tg_measured *values, size_t n,
                                  struct tg_error *err)
{
    const struct pass *p = ctx;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        uint32_t at = find(p, values[i].person);
        if (at == NOBODY || p->e->items[at].arm != TG_PARTICIPANT)
            continue;
        int64_t since = (int64_t)tg_month_of_day(values[i].day) - p->e->items[at].month;
        if (since >= 0 && since < p->span)
            p->masks[at] |= UINT64_C(1) << since;
    }
    return TG_OK;
}

static enum tg_status read_activity(struct pass *p, struct tg_error *err)
{
    static const struct tg_measure_question any_row = {.to_day = UINT32_MAX};
    const struct tg_cohort_input *in = p->e->input;
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < in->study->n_sources && !status; i++) {
        const struct tg_source *s = &in->study->sources[i];
        const struct tg_asked_source asked = asked_source(p->e, s);
        struct tg_event_counts counts;
        if (s->kind == TG_KIND_MEASURES && s->provider &&
            (!in->rules->provider || strcmp(s->provider, in->rules->provider) == 0))
            status =
                tg_store_measures(in->store, &asked, &any_row, 1, on_activity, p, &counts, err);
    }
    return status;
}

enum tg_status tg_activity_read(const struct tg_entrants *e, unsigned *months, struct tg_error *err)
{
    int landmark = e->input->rules->landmark;
    struct pass p = {.e = e, .span = landmark > 1 ? landmark : 1};
    p.masks = tg_calloc(e->n, sizeof *p.masks, err);
    if (!p.masks)
        return TG_NO_MEMORY;
    enum tg_status status = read_activity(&p, err);
    for (size_t i = 0; i < e->n; i++)
        months[i] = (unsigned)__builtin_popcountll(p.masks[i]);
    free(p.masks);
    return status;
}
