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

/* Activity tells; without any, the registration does. */
static bool used_before(const struct tg_user *u, int32_t index_month)
{
    int32_t first = u->first_activity;
    if (first == TG_NO_MONTH)
        first = u->registered_on ? tg_month_of_day(u->registered_on) : TG_NO_MONTH;
    return first != TG_NO_MONTH && first < index_month;
}

/* To whom the app's measures belong. */
static enum tg_status list_linked(const struct tg_month *m, struct tg_linked_user **out, size_t *n,
                                  struct tg_error *err)
{
    struct tg_linked_user *linked = tg_calloc(m->users.n, sizeof *linked, err);
    if (!linked)
        return TG_NO_MEMORY;
    *n = 0;
    for (size_t i = 0; i < m->users.n; i++) {
        if (m->results[i].state == TG_USER_LINKED)
            linked[(*n)++] = (struct tg_linked_user){m->users.items[i].identity,
                                                     m->people.items[m->results[i].person].id};
    }
    *out = linked;
    return TG_OK;
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
        if (rules->provider && strcmp(rules->provider, u->provider) != 0)
            continue;
        int32_t month = index_month(rules, u);
        c[n++] = (struct tg_candidate){.person = m->results[i].person,
                                       .index_month = month,
                                       .probability = m->results[i].probability,
                                       .earlier_use = used_before(u, month)};
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

/* Months for which every outcome has data: an empty range asks for a source's span alone. */
static enum tg_status find_windows(struct tg_month *m, struct tg_error *err)
{
    struct tg_windows *w = &m->windows;
    w->baseline_months = m->study->cohort.baseline_months;
    w->followup_months = m->study->cohort.followup_months;
    w->first_month = INT32_MIN + 1;
    w->last_month = m->month;
    for (size_t i = 0; i < m->study->n_outcomes; i++) {
        struct tg_event_counts span;
        const struct tg_amount_question question = {
            .source = m->study->outcomes[i].source, .month = m->month, .from = 1, .to = 0};
        enum tg_status status = tg_store_amounts(m->store, &question, no_amounts, NULL, &span, err);
        if (status)
            return status;
        if (span.first_month == TG_NO_MONTH) {
            w->last_month = INT32_MIN; /* one outcome without data: nothing can be compared */
            continue;
        }
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
    struct tg_linked_user *linked = NULL;
    struct tg_cohort_input input = {.people = &m->people,
                                    .rules = &m->study->cohort,
                                    .barred = m->barred,
                                    .first_month = m->windows.first_month,
                                    .last_month = m->windows.last_month,
                                    .store = m->store,
                                    .study = m->study,
                                    .month = m->month,
                                    .reporter = m->reporter};
    enum tg_status status = find_candidates(m, &candidates, &input.n_candidates, err);
    input.candidates = candidates;
    if (!status)
        status = list_linked(m, &linked, &input.n_linked, err);
    input.linked = linked;
    if (!status)
        status = tg_cohort_draw(&input, &m->cohort, err);
    m->balance = m->cohort.balance;
    m->n_balance = m->cohort.n_balance;
    free(candidates);
    free(linked);
    return status;
}

/* The smallest count that may be shown; for the municipality's own use every one may. */
static unsigned shown_from(const struct tg_study *study)
{
    return study->for_municipality ? 1 : study->min_cell;
}

/* Cost by month relative to the index month, hidden where too few were insured. */
static enum tg_status make_curve(struct tg_month *m, size_t outcome, struct tg_error *err)
{
    const struct tg_costs *costs = &m->costs[outcome];
    struct tg_curve *curve = &m->curves[outcome];
    *curve = (struct tg_curve){.outcome = m->study->outcomes[outcome].name,
                               .baseline_months = m->windows.baseline_months,
                               .followup_months = m->windows.followup_months};
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        double *mean = tg_arena_alloc(&m->arena, (size_t)costs->n_relative, sizeof *mean, err);
        if (!mean)
            return TG_NO_MEMORY;
        for (int r = 0; r < costs->n_relative; r++) {
            uint64_t n = costs->person_months[arm][r];
            bool show = n > 0 && tg_count_may_show(n, shown_from(m->study));
            mean[r] = show ? costs->monthly[arm][r] / (double)n : NAN;
            m->hidden_cells += n > 0 && !show;
        }
        curve->mean[arm] = mean;
    }
    return TG_OK;
}

static enum tg_status measure_one(struct tg_month *m, size_t i, struct tg_error *err)
{
    const struct tg_outcome_rule *rule = &m->study->outcomes[i];
    enum tg_status status = tg_costs_read(m->store, rule->source, m->month, &m->people, &m->cohort,
                                          &m->windows, &m->costs[i], err);
    if (!status)
        status = tg_effects_did(rule->name, &m->cohort, &m->costs[i], &m->effects[3 * i], err);
    if (!status)
        status = make_curve(m, i, err);
    if (status)
        return status;
    m->events[i] = m->costs[i].counts;
    return TG_OK;
}

static enum tg_status measure(struct tg_month *m, struct tg_error *err)
{
    size_t n = m->study->n_outcomes;
    m->costs = tg_arena_alloc(&m->arena, n, sizeof *m->costs, err);
    m->effects = tg_arena_alloc(&m->arena, n, 3 * sizeof *m->effects, err);
    m->curves = tg_arena_alloc(&m->arena, n, sizeof *m->curves, err);
    m->events = tg_arena_alloc(&m->arena, n, sizeof *m->events, err);
    if (!m->costs || !m->effects || !m->curves || !m->events)
        return TG_NO_MEMORY;
    m->n_effects = 3 * n;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        status = measure_one(m, i, err);
        if (!status)
            status = tg_progress(m->reporter, "outcomes", i + 1, n, err);
    }
    return status;
}

static enum tg_status hide(struct tg_month *m, struct tg_error *err)
{
    unsigned min_cell = shown_from(m->study);
    m->released = tg_arena_alloc(&m->arena, m->cohort.n, sizeof *m->released, err);
    m->released_covariates = tg_arena_alloc(
        &m->arena, m->cohort.n, m->cohort.n_covariates * sizeof *m->released_covariates, err);
    if (!m->released || !m->released_covariates)
        return TG_NO_MEMORY;
    if (!m->study->for_municipality) {
        m->hidden_cells += tg_effects_hide(m->effects, m->n_effects, min_cell);
        m->hidden_cells += tg_balance_hide(m->balance, m->n_balance, min_cell);
    }
    return tg_cohort_release(&m->cohort, &m->people, min_cell, m->released, m->released_covariates,
                             &m->release, err);
}

enum tg_status tg_month_compare(struct tg_month *m, struct tg_error *err)
{
    enum tg_status status = find_windows(m, err);
    if (!status)
        status = draw(m, err);
    if (!status)
        status = measure(m, err);
    return status ? status : hide(m, err);
}
