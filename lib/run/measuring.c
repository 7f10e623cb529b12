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

static enum tg_status read_costs(struct tg_month *m, size_t i, struct tg_error *err)
{
    const struct tg_outcome_rule *rule = &m->study->outcomes[i];
    const struct tg_amount_question question = {.source = rule->source,
                                                .month = m->month,
                                                .codes = rule->codes,
                                                .n_codes = rule->n_codes,
                                                .linked = m->linked,
                                                .n_linked = m->n_linked};
    enum tg_status status =
        tg_costs_read(m->store, &question, &m->people, &m->cohort, &m->windows, &m->costs[i], err);
    return status ? status : make_curve(m, i, err);
}

static enum tg_status measure_one(struct tg_month *m, size_t i, struct tg_error *err)
{
    const struct tg_outcome_question question = {.rule = &m->study->outcomes[i],
                                                 .month = m->month,
                                                 .people = &m->people,
                                                 .cohort = &m->cohort,
                                                 .windows = &m->windows,
                                                 .costs = &m->costs[i],
                                                 .linked = m->linked,
                                                 .n_linked = m->n_linked};
    struct tg_observation *observed = tg_calloc(m->cohort.n, sizeof *observed, err);
    enum tg_status status = observed ? TG_OK : TG_NO_MEMORY;
    if (!status && has_costs(question.rule))
        status = read_costs(m, i, err);
    if (!status)
        status = tg_outcome_observe(m->store, &question, observed, &m->events[i], err);
    if (!status)
        status = tg_outcome_compare(&question, observed, &m->arena, &m->outcomes[i], err);
    free(observed);
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
    size_t n = m->study->n_outcomes;
    enum tg_status status = make_room(m, err);
    for (size_t i = 0; !status && i < n; i++) {
        status = measure_one(m, i, err);
        if (!status)
            status = tg_progress(m->reporter, "outcomes", i + 1, n, err);
    }
    return status ? status : list_effects(m, err);
}
