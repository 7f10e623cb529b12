/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"
#include "text/calendar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t index_month(const struct tg_cohort_rules *rules, const struct tg_user *u)
{
    switch (rules->index) {
    case TG_INDEX_FIRST_CONSENT:
        return u->consented_on ? tg_month_of_day(u->consented_on) : TG_NO_MONTH;
    case TG_INDEX_FIRST_ACTIVITY:
        return u->first_activity;
    case TG_INDEX_REGISTERED:
        return u->registered_on ? tg_month_of_day(u->registered_on) : TG_NO_MONTH;
    case TG_INDEX_FIXED:
        break;
    }
    return rules->index_month;
}

/* Somebody who uses two apps counts once, from the earlier index month. */
static int by_person_then_index(const void *a, const void *b)
{
    const struct tg_candidate *x = a, *y = b;
    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    /* no month sorts last */
    bool nx = x->index_month == TG_NO_MONTH, ny = y->index_month == TG_NO_MONTH;
    if (nx != ny)
        return nx ? 1 : -1;
    return (x->index_month > y->index_month) - (x->index_month < y->index_month);
}

static enum tg_status find_candidates(const struct tg_month *m, struct tg_candidate **out,
                                      size_t *n_out, struct tg_error *err)
{
    const struct tg_cohort_rules *rules = &m->study->cohort;
    struct tg_candidate *c = tg_calloc(m->users.n, sizeof *c, err);
    if (!c)
        return TG_NO_MEMORY;
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < m->users.n; i++) {
        const struct tg_user *u = &m->users.items[i];
        if (m->results[i].state != TG_USER_LINKED)
            continue;
        if (!rules->provider || strcmp(rules->provider, u->provider) == 0)
            c[n++] = (struct tg_candidate){m->results[i].person, index_month(rules, u),
                                           m->results[i].probability};
    }
    if (n)
        qsort(c, n, sizeof *c, by_person_then_index);
    for (size_t i = 0; i < n; i++) {
        if (!kept || c[kept - 1].person != c[i].person)
            c[kept++] = c[i];
    }
    *out = c;
    *n_out = kept;
    return TG_OK;
}

static enum tg_status no_amounts(void *ctx, int64_t person, int32_t month, int64_t yen,
                                 uint64_t n_events, struct tg_error *err)
{
    (void)ctx, (void)person, (void)month, (void)yen, (void)n_events, (void)err;
    return TG_OK;
}

static enum tg_status no_measures(void *ctx, int64_t person, uint32_t day, double value,
                                  struct tg_error *err)
{
    (void)ctx, (void)person, (void)day, (void)value, (void)err;
    return TG_OK;
}

/* The first and last month of a source; TG_NO_MONTH: it has none. */
static enum tg_status find_span(const struct tg_month *m, const struct tg_source *source,
                                struct tg_event_counts *span, struct tg_error *err)
{
    const struct tg_amount_question amounts = {
        .source = source, .month = m->month, .from = 1, .to = 0};
    const struct tg_measure_question measures = {
        .source = source, .month = m->month, .from_day = 1, .to_day = 0};
    return source->kind == TG_KIND_EVENTS
               ? tg_store_amounts(m->store, &amounts, no_amounts, NULL, span, err)
               : tg_store_measures(m->store, &measures, no_measures, NULL, span, err);
}

/* Months for which every outcome has data. Events come every month, so theirs are known to be
 * whole; measures are rare, and months without any are no gap. */
static enum tg_status find_windows(struct tg_month *m, struct tg_error *err)
{
    struct tg_windows *w = &m->windows;
    w->baseline_months = m->study->cohort.baseline_months;
    w->followup_months = m->study->cohort.followup_months;
    w->first_month = INT32_MIN + 1;
    w->last_month = m->month;
    for (size_t i = 0; i < m->study->n_outcomes; i++) {
        const struct tg_source *source = m->study->outcomes[i].source;
        struct tg_event_counts span;
        enum tg_status status = find_span(m, source, &span, err);
        if (status)
            return status;
        if (span.first_month == TG_NO_MONTH) {
            w->last_month = INT32_MIN; /* one outcome without data: nothing can be compared */
            continue;
        }
        if (source->kind != TG_KIND_EVENTS)
            continue;
        if (span.first_month > w->first_month)
            w->first_month = span.first_month;
        if (span.last_month < w->last_month)
            w->last_month = span.last_month;
    }
    return TG_OK;
}

static enum tg_status draw(struct tg_month *m, struct tg_error *err)
{
    struct tg_candidate *candidates = NULL;
    struct tg_cohort_input input = {.people = &m->people,
                                    .rules = &m->study->cohort,
                                    .barred = m->barred,
                                    .first_month = m->windows.first_month,
                                    .last_month = m->windows.last_month};
    enum tg_status status = find_candidates(m, &candidates, &input.n_candidates, err);
    input.candidates = candidates;
    if (!status)
        status = tg_cohort_draw(&input, &m->cohort, err);
    free(candidates);
    return status;
}

/* The covariates of the balance table, one row of values a covariate. */
struct columns {
    struct tg_covariate *items;
    size_t n, cap;
    size_t n_people;
    struct tg_arena arena;
};

static enum tg_status add_column(struct columns *c, const char *name, bool binary, double **values,
                                 struct tg_error *err)
{
    enum tg_status status = tg_grow(&c->items, &c->cap, c->n + 1, sizeof *c->items, err);
    double *column = status ? NULL : tg_arena_alloc(&c->arena, c->n_people, sizeof *column, err);
    if (!column)
        return TG_NO_MEMORY;
    c->items[c->n++] = (struct tg_covariate){name, binary, column};
    *values = column;
    return TG_OK;
}

/* Index month by person: own for members, the pseudo index for the rest. */
static enum tg_status add_person_columns(const struct tg_month *m, struct columns *c,
                                         struct tg_error *err)
{
    double *age, *male;
    enum tg_status status = add_column(c, "age", false, &age, err);
    if (!status)
        status = add_column(c, "sex=1", true, &male, err);
    if (status)
        return status;
    for (size_t i = 0; i < m->people.n; i++) {
        const struct tg_person *p = &m->people.items[i];
        int years = tg_age_in(p->birth_month, m->cohort.pseudo_index);
        age[i] = years < 0 ? (double)NAN : years;
        male[i] = p->sex == 0 ? (double)NAN : p->sex == 1;
    }
    for (size_t i = 0; i < m->cohort.n; i++) {
        const struct tg_member *member = &m->cohort.members[i];
        age[member->person] =
            tg_age_in(m->people.items[member->person].birth_month, member->index_month);
    }
    return TG_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The districts of the people compared, sorted; `*names` to be freed. */
static enum tg_status list_districts(const struct tg_month *m, const char ***names, size_t *n,
                                     struct tg_error *err)
{
    size_t cap = 0, kept = 0;
    *names = NULL;
    *n = 0;
    for (size_t i = 0; i < m->cohort.n; i++) {
        const char *district = m->people.items[m->cohort.members[i].person].district;
        size_t at = 0;
        while (at < *n && strcmp((*names)[at], district) != 0)
            at++;
        if (at < *n)
            continue;
        enum tg_status status = tg_grow(names, &cap, *n + 1, sizeof **names, err);
        if (status)
            return status;
        (*names)[(*n)++] = district;
    }
    if (*n)
        qsort(*names, *n, sizeof **names, by_text);
    for (size_t i = 0; i < *n; i++) {
        if ((*names)[i][0])
            (*names)[kept++] = (*names)[i];
    }
    *n = kept;
    return TG_OK;
}

static enum tg_status add_district(const struct tg_month *m, struct columns *c,
                                   const char *district, struct tg_arena *names,
                                   struct tg_error *err)
{
    static const char prefix[] = "district=";
    size_t size = sizeof prefix + strlen(district);
    char *name = tg_arena_alloc(names, size, 1, err);
    double *values = NULL;
    if (!name)
        return TG_NO_MEMORY;
    (void)snprintf(name, size, "%s%s", prefix, district);
    enum tg_status status = add_column(c, name, true, &values, err);
    for (size_t i = 0; !status && i < m->people.n; i++)
        values[i] = strcmp(m->people.items[i].district, district) == 0;
    return status;
}

static enum tg_status add_baselines(struct tg_month *m, struct columns *c, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < m->study->n_outcomes; i++) {
        double *values;
        status = add_column(c, m->study->outcomes[i].name, false, &values, err);
        if (!status && m->people.n)
            memcpy(values, m->baselines[i], m->people.n * sizeof *values);
    }
    return status;
}

static enum tg_status balance(struct tg_month *m, struct tg_error *err)
{
    struct columns c = {.n_people = m->people.n};
    const char **districts = NULL;
    size_t n_districts = 0;
    enum tg_status status = add_person_columns(m, &c, err);
    if (!status)
        status = list_districts(m, &districts, &n_districts, err);
    for (size_t i = 0; !status && i < n_districts; i++)
        status = add_district(m, &c, districts[i], &m->arena, err);
    if (!status)
        status = add_baselines(m, &c, err);
    if (!status) {
        m->balance = tg_arena_alloc(&m->arena, c.n, sizeof *m->balance, err);
        m->n_balance = m->balance ? c.n : 0;
        status = m->balance ? TG_OK : TG_NO_MEMORY;
    }
    if (!status)
        tg_balance(&m->cohort, m->people.n, c.items, c.n, m->balance);
    free(districts);
    free(c.items);
    tg_arena_free(&c.arena);
    return status;
}

static enum tg_status hide(struct tg_month *m, struct tg_error *err)
{
    unsigned min_cell = tg_month_min_cell(m);
    m->released = tg_arena_alloc(&m->arena, m->cohort.n, sizeof *m->released, err);
    if (!m->released)
        return TG_NO_MEMORY;
    if (!m->study->for_municipality) {
        m->hidden_cells += tg_balance_hide(m->balance, m->n_balance, min_cell);
    }
    enum tg_status status = tg_month_hide_outcomes(m, err);
    return status
               ? status
               : tg_cohort_release(&m->cohort, &m->people, min_cell, m->released, &m->release, err);
}

enum tg_status tg_month_compare(struct tg_month *m, struct tg_error *err)
{
    enum tg_status status = find_windows(m, err);
    if (!status)
        status = draw(m, err);
    if (!status)
        status = tg_month_measure(m, err);
    if (!status)
        status = balance(m, err);
    return status ? status : hide(m, err);
}
