/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What was left out last month: tables of two months must not give away what either hides. */
static enum tg_status read_before(struct tg_month *m, struct tg_concealing *c, struct tg_error *err)
{
    struct tg_withheld *before = NULL;
    if (!m->before)
        return TG_OK;
    enum tg_status status = tg_report_withheld(m->before, &m->arena, &before, &c->n_before, err);
    c->before = before;
    return status;
}

static const struct tg_effect *main_of(const struct tg_month *m, const char *outcome)
{
    for (size_t i = 0; i < m->n_effects; i++) {
        if (tg_effect_is_main(&m->effects[i]) && strcmp(m->effects[i].outcome, outcome) == 0)
            return &m->effects[i];
    }
    return NULL;
}

static enum tg_status make_room(struct tg_month *m, size_t i, struct tg_error *err)
{
    const struct tg_outcome_result *r = &m->outcomes[i];
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        size_t months = r->curves[arm].at_risk ? (size_t)r->curves[arm].months + 1 : 0;
        m->shown[i].months[arm] = tg_arena_alloc(&m->arena, months, sizeof(bool), err);
        m->shown[i].moves[arm] =
            tg_arena_alloc(&m->arena, r->transitions.n, r->transitions.n * sizeof(bool), err);
        if (!m->shown[i].months[arm] || !m->shown[i].moves[arm])
            return TG_NO_MEMORY;
        for (size_t t = 0; t < months; t++)
            m->shown[i].months[arm][t] = true;
    }
    return TG_OK;
}

static enum tg_status hide_one(struct tg_month *m, size_t i, struct tg_concealing *c,
                               struct tg_error *err)
{
    const struct tg_outcome_result *r = &m->outcomes[i];
    const struct tg_effect *main = main_of(m, r->rule->name);
    m->shown[i].hidden = main && main->hidden;
    for (int arm = 0; arm < TG_N_ARMS && r->curves[arm].at_risk; arm++)
        c->hidden += tg_survival_shown(&r->curves[arm], c->min_cell, m->shown[i].months[arm]);
    if (r->transitions.n == 0)
        return TG_OK;
    return tg_transitions_hide(c, r, main, m->subgroups, m->n_subgroups, m->shown[i].moves, err);
}

static enum tg_status hide_all(struct tg_month *m, struct tg_concealing *c, struct tg_error *err)
{
    m->hidden_cells += tg_effects_hide(m->effects, m->n_effects, c->min_cell);
    enum tg_status status = read_before(m, c, err);
    if (!status)
        status = tg_subgroups_hide(c, m->subgroups, m->n_subgroups, m->effects, m->n_effects, err);
    for (size_t i = 0; !status && i < m->study->n_outcomes; i++)
        status = hide_one(m, i, c, err);
    return status;
}

enum tg_status tg_month_hide_outcomes(struct tg_month *m, struct tg_error *err)
{
    struct tg_concealing c = {.min_cell = tg_month_min_cell(m), .arena = &m->arena};
    m->shown = tg_arena_alloc(&m->arena, m->study->n_outcomes, sizeof *m->shown, err);
    enum tg_status status = m->shown ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < m->study->n_outcomes; i++)
        status = make_room(m, i, err);
    if (!status && !m->study->for_municipality)
        status = hide_all(m, &c, err);
    m->withheld = status ? NULL : tg_arena_alloc(&m->arena, c.n_now, sizeof *m->withheld, err);
    if (!status && !m->withheld)
        status = TG_NO_MEMORY;
    if (!status && c.n_now)
        memcpy(m->withheld, c.now, c.n_now * sizeof *c.now);
    m->n_withheld = status ? 0 : c.n_now;
    m->hidden_cells += c.hidden;
    tg_concealing_end(&c);
    return status;
}
