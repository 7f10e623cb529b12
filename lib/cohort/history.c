/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/entrants.h"

#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is being read for everybody. */
struct reading {
    const struct tg_entrants *e;
    const struct tg_history *h;
    int months;      /* how far back; 0: any time */
    double *values;  /* by entrant */
    uint32_t *days;  /* by entrant, of the value so far; measures only */
    uint64_t *masks; /* by entrant, months of activity from the index month on */
    int span;        /* of these months */
    size_t last;     /* the person found last: amounts mostly come person by person */
};

/* The entrant of a person's number; SIZE_MAX: nobody who is of interest. */
static size_t find(struct reading *r, int64_t id)
{
    const struct tg_people *people = r->e->input->people;
    size_t at = SIZE_MAX;
    for (size_t i = r->last; i < people->n && i < r->last + 2; i++) {
        if (people->items[i].id == id)
            at = i;
    }
    if (at == SIZE_MAX)
        at = tg_people_find(people, id);
    if (at == SIZE_MAX)
        return SIZE_MAX;
    r->last = at;
    return r->e->at[at] ? r->e->at[at] - 1 : SIZE_MAX;
}

/* Is the month before this entrant's index month, and not too long? */
static bool looks_back_to(const struct reading *r, size_t at, int32_t month)
{
    int32_t index = r->e->items[at].month;
    return month < index && (r->months == 0 || month >= index - r->months);
}

static enum tg_status on_amount(void *ctx, int64_t person, int32_t month, int64_t yen,
                                uint64_t n_events, struct tg_error *err)
{
    struct reading *r = ctx;
    size_t at = find(r, person);
    (void)err;
    if (at == SIZE_MAX || !looks_back_to(r, at, month))
        return TG_OK;
    if (r->h->quantity == TG_SUM_AMOUNT)
        r->values[at] += (double)yen;
    else if (r->h->quantity == TG_COUNT_EVENTS)
        r->values[at] += (double)n_events;
    else
        r->values[at] = 1;
    return TG_OK;
}

/* Of two values on one day the larger: there is no order between them. */
static enum tg_status on_measure(void *ctx, int64_t person, uint32_t day, double value,
                                 struct tg_error *err)
{
    struct reading *r = ctx;
    size_t at = find(r, person);
    (void)err;
    if (at == SIZE_MAX || !looks_back_to(r, at, tg_month_of_day(day)))
        return TG_OK;
    if (day > r->days[at] || (day == r->days[at] && value > r->values[at])) {
        r->days[at] = day;
        r->values[at] = value;
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
static void divide(const struct reading *r, const struct tg_event_counts *span)
{
    for (size_t i = 0; i < r->e->n; i++) {
        int32_t index = r->e->items[i].month;
        int32_t from = index - r->months, to = index - 1;
        from = span->first_month > from ? span->first_month : from;
        to = span->last_month < to ? span->last_month : to;
        if (span->first_month == TG_NO_MONTH || from > to)
            r->values[i] = NAN;
        else if (r->h->quantity != TG_ANY_EVENT)
            r->values[i] /= to - from + 1;
    }
}

static enum tg_status read_amounts(struct reading *r, struct tg_error *err)
{
    const struct tg_cohort_input *in = r->e->input;
    struct tg_event_counts span;
    struct tg_amount_question q = {
        .source = r->h->source, .month = in->month, .codes = r->h->codes, .n_codes = r->h->n_codes};
    find_months(r->e, &q.from, &q.to);
    q.from -= r->months;
    q.to -= 1;
    enum tg_status status = tg_store_amounts(in->store, &q, on_amount, r, &span, err);
    if (!status)
        divide(r, &span);
    return status;
}

static enum tg_status read_measures(struct reading *r, struct tg_error *err)
{
    const struct tg_cohort_input *in = r->e->input;
    struct tg_event_counts counts;
    int32_t first, last;
    find_months(r->e, &first, &last);
    const struct tg_measure_question q = {.source = r->h->source,
                                          .measure = r->h->measure,
                                          .month = in->month,
                                          .to_day = tg_month_last_day(last - 1)};
    for (size_t i = 0; i < r->e->n; i++)
        r->values[i] = NAN;
    r->days = tg_calloc(r->e->n, sizeof *r->days, err);
    enum tg_status status = r->days ? TG_OK : TG_NO_MEMORY;
    if (!status)
        status = tg_store_measures(in->store, &q, on_measure, r, &counts, err);
    free(r->days);
    return status;
}

enum tg_status tg_history_read(const struct tg_entrants *e, const struct tg_history *h,
                               double *values, struct tg_error *err)
{
    bool measure = h->quantity == TG_LAST_MEASURE;
    int usual = measure ? 0 : e->input->rules->baseline_months;
    struct reading r = {.e = e, .h = h, .months = h->months ? h->months : usual, .values = values};
    if (e->n == 0)
        return TG_OK;
    memset(values, 0, e->n * sizeof *values);
    return measure ? read_measures(&r, err) : read_amounts(&r, err);
}

static enum tg_status on_activity(void *ctx, int64_t person, uint32_t day, double value,
                                  struct tg_error *err)
{
    struct reading *r = ctx;
    size_t at = find(r, person);
    (void)value, (void)err;
    if (at == SIZE_MAX || r->e->items[at].arm != TG_PARTICIPANT)
        return TG_OK;
    int64_t since = (int64_t)tg_month_of_day(day) - r->e->items[at].month;
    if (since >= 0 && since < r->span)
        r->masks[at] |= UINT64_C(1) << since;
    return TG_OK;
}

static enum tg_status read_activity(struct reading *r, struct tg_error *err)
{
    const struct tg_cohort_input *in = r->e->input;
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < in->study->n_sources && !status; i++) {
        const struct tg_source *s = &in->study->sources[i];
        struct tg_event_counts counts;
        const struct tg_measure_question q = {.source = s,
                                              .month = in->month,
                                              .to_day = UINT32_MAX,
                                              .linked = in->linked,
                                              .n_linked = in->n_linked};
        if (s->kind == TG_KIND_MEASURES && s->provider &&
            (!in->rules->provider || strcmp(s->provider, in->rules->provider) == 0))
            status = tg_store_measures(in->store, &q, on_activity, r, &counts, err);
    }
    return status;
}

enum tg_status tg_activity_read(const struct tg_entrants *e, unsigned *months, struct tg_error *err)
{
    int landmark = e->input->rules->landmark;
    struct reading r = {.e = e, .span = landmark > 1 ? landmark : 1};
    r.masks = tg_calloc(e->n, sizeof *r.masks, err);
    if (!r.masks)
        return TG_NO_MEMORY;
    enum tg_status status = read_activity(&r, err);
    for (size_t i = 0; i < e->n; i++)
        months[i] = (unsigned)__builtin_popcountll(r.masks[i]);
    free(r.masks);
    return status;
}
