/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

unsigned tg_month_min_cell(const struct tg_month *m)
{
    return m->study->for_municipality ? 1 : m->study->min_cell;
}

static bool has_costs(const struct tg_outcome_rule *rule)
{
    return rule->design == TG_DESIGN_DID;
}

/* What is known of members for the outcomes of a pass; one outcome may need more. */
#define OBSERVING_MAX (size_t)(128 * 1024 * 1024)
enum { OUTCOMES_A_PASS = 64 };

/* Cost by month relative to the index month, hidden where too few were insured. */
static enum tg_status make_curve(struct tg_month *m, size_t outcome, struct tg_error *err)
{
    const struct tg_costs *costs = &m->costs[outcome];
    struct tg_curve *curve = &m->curves[m->n_curves++];
    *curve = (struct tg_curve){.outcome = m->study->outcomes[outcome].name,
                               .baseline_months = m->windows.baseline_months,
                               .followup_months = m->windows.followup_months};
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        double *mean = tg_arena_alloc(&m->arena, (size_t)costs->n_relative, sizeof *mean, err);
        if (!mean)
            return TG_NO_MEMORY;
        for (int r = 0; r < costs->n_relative; r++) {
            uint64_t n = costs->person_months[arm][r];
            bool show = n > 0 && tg_count_may_show(n, tg_month_min_cell(m));
            mean[r] = show ? costs->monthly[arm][r] / costs->weights[arm][r] : (double)NAN;
            m->hidden_cells += n > 0 && !show;
        }
        curve->mean[arm] = mean;
    }
    return TG_OK;
}

static struct tg_outcome_question question_of(struct tg_month *m, size_t outcome)
{
    return (struct tg_outcome_question){.rule = &m->study->outcomes[outcome],
                                        .month = m->month,
                                        .people = &m->people,
                                        .cohort = &m->cohort,
                                        .windows = &m->windows,
                                        .costs = &m->costs[outcome],
                                        .linked = m->linked,
                                        .n_linked = m->n_linked};
}

/* Outcomes of one source, answered in one pass over it. */
struct pass {
    size_t n;
    size_t outcomes[OUTCOMES_A_PASS];
    struct tg_outcome_question questions[OUTCOMES_A_PASS];
    struct tg_observation *observed[OUTCOMES_A_PASS];
    struct tg_event_counts counts[OUTCOMES_A_PASS];
};

/* The first outcome that is not done, and those behind it of the same source that fit. */
static enum tg_status begin_pass(struct tg_month *m, const bool *done, struct pass *p,
                                 struct tg_error *err)
{
    size_t each = m->cohort.n * TG_OBSERVING_BYTES;
    size_t most = each ? OBSERVING_MAX / each : (size_t)OUTCOMES_A_PASS;
    most = most > OUTCOMES_A_PASS ? (size_t)OUTCOMES_A_PASS : most ? most : 1;
    for (size_t i = 0; i < m->study->n_outcomes && p->n < most; i++) {
        struct tg_outcome_question q = question_of(m, i);
        if (done[i] || (p->n && p->questions[0].rule->source != q.rule->source))
            continue;
        p->outcomes[p->n] = i;
        p->questions[p->n] = q;
        p->observed[p->n] = tg_calloc(m->cohort.n, sizeof **p->observed, err);
        if (!p->observed[p->n++])
            return TG_NO_MEMORY;
    }
    return TG_OK;
}

static enum tg_status measure_some(struct tg_month *m, bool *done, size_t *n_done,
                                   struct tg_error *err)
{
    struct pass *p = tg_calloc(1, sizeof *p, err);
    if (!p)
        return TG_NO_MEMORY;
    enum tg_status status = begin_pass(m, done, p, err);
    if (!status)
        status = tg_outcomes_observe(m->store, p->questions, p->n, p->observed, p->counts, err);
    for (size_t k = 0; k < p->n && !status; k++) {
        size_t i = p->outcomes[k];
        m->events[i] = p->counts[k];
        done[i] = true;
        ++*n_done;
        status =
            tg_outcome_compare(&p->questions[k], p->observed[k], &m->arena, &m->outcomes[i], err);
    }
    for (size_t k = 0; k < p->n; k++)
        free(p->observed[k]);
    free(p);
    return status;
}

static enum tg_status measure_all(struct tg_month *m, struct tg_error *err)
{
    size_t n = m->study->n_outcomes, n_done = 0;
    bool *done = tg_calloc(n, sizeof *done, err);
    enum tg_status status = done ? TG_OK : TG_NO_MEMORY;
    while (!status && n_done < n) {
        status = measure_some(m, done, &n_done, err);
        if (!status)
            status = tg_progress(m->reporter, "outcomes", n_done, n, err);
    }
    free(done);
    for (size_t i = 0; i < n && !status; i++) {
        if (has_costs(&m->study->outcomes[i]))
            status = make_curve(m, i, err);
    }
    return status;
}

static enum tg_status make_room(struct tg_month *m, struct tg_error *err)
{
    size_t n = m->study->n_outcomes;
    m->costs = tg_arena_alloc(&m->arena, n, sizeof *m->costs, err);
    m->outcomes = tg_arena_alloc(&m->arena, n, sizeof *m->outcomes, err);
    m->curves = tg_arena_alloc(&m->arena, n, sizeof *m->curves, err);
    m->events = tg_arena_alloc(&m->arena, n, sizeof *m->events, err);
    return m->costs && m->outcomes && m->curves && m->events ? TG_OK : TG_NO_MEMORY;
}

enum tg_status tg_month_list_linked(struct tg_month *m, struct tg_error *err)
{
    m->linked = tg_arena_alloc(&m->arena, m->users.n, sizeof *m->linked, err);
    if (!m->linked)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->users.n; i++) {
        if (m->results[i].state == TG_USER_LINKED)
            m->linked[m->n_linked++] = (struct tg_linked_user){
                m->users.items[i].identity, m->people.items[m->results[i].person].id};
    }
    return TG_OK;
}

/* All outcomes' rows one behind the other: what leaves is hidden in these. */
static enum tg_status list_effects(struct tg_month *m, struct tg_error *err)
{
    size_t n = 0, n_sub = 0;
    for (size_t i = 0; i < m->study->n_outcomes; i++) {
        n += m->outcomes[i].n_effects;
        n_sub += m->outcomes[i].n_subgroups;
    }
    m->effects = tg_arena_alloc(&m->arena, n, sizeof *m->effects, err);
    m->subgroups = tg_arena_alloc(&m->arena, n_sub, sizeof *m->subgroups, err);
    if (!m->effects || !m->subgroups)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->study->n_outcomes; i++) {
        const struct tg_outcome_result *r = &m->outcomes[i];
        memcpy(&m->effects[m->n_effects], r->effects, r->n_effects * sizeof *r->effects);
        if (r->n_subgroups)
            memcpy(&m->subgroups[m->n_subgroups], r->subgroups,
                   r->n_subgroups * sizeof *r->subgroups);
        m->n_effects += r->n_effects;
        m->n_subgroups += r->n_subgroups;
    }
    return TG_OK;
}

enum tg_status tg_month_measure(struct tg_month *m, struct tg_error *err)
{
    enum tg_status status = make_room(m, err);
    if (!status)
        status = measure_all(m, err);
    return status ? status : list_effects(m, err);
}
