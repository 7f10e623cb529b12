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

/* Months for which every outcome has data. Events come every month, so theirs are known to be
 * whole; measures are rare, and months without any are no gap. */
static enum tg_status find_windows(struct tg_month *m, struct tg_error *err)
{
    struct tg_windows *w = &m->windows;
    w->baseline_months = m->study->cohort.baseline_months;
    w->followup_months = m->study->cohort.followup_months;
    w->landmark = m->study->cohort.landmark;
    w->first_month = INT32_MIN + 1;
    w->last_month = m->month;
    for (size_t i = 0; i < m->study->n_outcomes; i++) {
        const struct tg_source *source = m->study->outcomes[i].source;
        int32_t first, last;
        enum tg_status status = tg_store_span(m->store, source, m->month, &first, &last, err);
        if (status)
            return status;
        if (first == TG_NO_MONTH) {
            w->last_month = INT32_MIN; /* one outcome without data: nothing can be compared */
            continue;
        }
        if (source->kind != TG_KIND_EVENTS)
            continue;
        w->first_month = first > w->first_month ? first : w->first_month;
        w->last_month = last < w->last_month ? last : w->last_month;
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
                                    .last_month = m->windows.last_month,
                                    .store = m->store,
                                    .study = m->study,
                                    .month = m->month,
                                    .linked = m->linked,
                                    .n_linked = m->n_linked,
                                    .reporter = m->reporter};
    enum tg_status status = find_candidates(m, &candidates, &input.n_candidates, err);
    input.candidates = candidates;
    if (!status)
        status = tg_cohort_draw(&input, &m->cohort, err);
    m->balance = m->cohort.balance;
    m->n_balance = m->cohort.n_balance;
    free(candidates);
    return status;
}

static enum tg_status hide(struct tg_month *m, struct tg_error *err)
{
    unsigned min_cell = tg_month_min_cell(m);
    m->released = tg_arena_alloc(&m->arena, m->cohort.n, sizeof *m->released, err);
    m->released_covariates = tg_arena_alloc(
        &m->arena, m->cohort.n, m->cohort.n_covariates * sizeof *m->released_covariates, err);
    if (!m->released || !m->released_covariates)
        return TG_NO_MEMORY;
    if (!m->study->for_municipality)
        m->hidden_cells += tg_balance_hide(m->balance, m->n_balance, min_cell);
    enum tg_status status = tg_month_hide_outcomes(m, err);
    return status ? status
                  : tg_cohort_release(&m->cohort, &m->people, min_cell, m->released,
                                      m->released_covariates, &m->release, err);
}

enum tg_status tg_month_compare(struct tg_month *m, struct tg_error *err)
{
    enum tg_status status = find_windows(m, err);
    if (!status)
        status = draw(m, err);
    if (!status)
        status = tg_month_measure(m, err);
    return status ? status : hide(m, err);
}
