/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/costs.h"

#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has_data(const struct tg_costing *c, int32_t month)
{
    return month >= c->windows->first_month && month <= c->windows->last_month;
}

static bool counts(const struct tg_costing *c, size_t person, int32_t month)
{
    return has_data(c, month) &&
           tg_insured_months(c->people, &c->people->items[person], month, month) > 0;
}

static enum tg_status make_room(struct tg_costing *c, struct tg_error *err)
{
    struct tg_costs *costs = &c->costs;
    size_t n = c->people->n, relative = (size_t)costs->n_relative;
    c->index_month = tg_calloc(n, sizeof *c->index_month, err);
    c->arm = tg_calloc(n, sizeof *c->arm, err);
    costs->people = tg_calloc(n, sizeof *costs->people, err);
    if (!c->index_month || !c->arm || !costs->people)
        return TG_NO_MEMORY;
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        costs->monthly[arm] = tg_calloc(relative, sizeof *costs->monthly[arm], err);
        costs->person_months[arm] = tg_calloc(relative, sizeof *costs->person_months[arm], err);
        if (!costs->monthly[arm] || !costs->person_months[arm])
            return TG_NO_MEMORY;
    }
    return TG_OK;
}

static void set_index_months(struct tg_costing *c, const struct tg_cohort *cohort)
{
    for (size_t i = 0; i < c->people->n; i++) {
        c->index_month[i] = cohort->eligible[i] ? cohort->pseudo_index : TG_NO_MONTH;
        c->arm[i] = TG_N_ARMS;
    }
    for (size_t i = 0; i < cohort->n; i++) {
        const struct tg_member *m = &cohort->members[i];
        c->index_month[m->person] = m->index_month;
        c->arm[m->person] = (uint8_t)m->arm;
    }
}

static void count_months(struct tg_costing *c, size_t person)
{
    const struct tg_windows *w = c->windows;
    struct tg_costs *costs = &c->costs;
    int32_t start = c->index_month[person] - w->baseline_months;
    for (int r = 0; r < costs->n_relative; r++) {
        if (!counts(c, person, start + r))
            continue;
        if (r < w->baseline_months)
            costs->people[person].before_months++;
        else
            costs->people[person].after_months++;
        if (c->arm[person] < TG_N_ARMS)
            costs->person_months[c->arm[person]][r]++;
        c->from = start + r < c->from ? start + r : c->from;
        c->to = start + r > c->to ? start + r : c->to;
    }
}

enum tg_status tg_costing_begin(struct tg_costing *c, const struct tg_people *people,
                                const struct tg_cohort *cohort, const struct tg_windows *windows,
                                struct tg_error *err)
{
    *c = (struct tg_costing){
        .people = people, .windows = windows, .from = INT32_MAX, .to = INT32_MIN};
    c->costs.n_relative = windows->baseline_months + windows->followup_months;
    enum tg_status status = make_room(c, err);
    if (status)
        return status;
    set_index_months(c, cohort);
    for (size_t i = 0; i < people->n; i++) {
        if (c->index_month[i] != TG_NO_MONTH)
            count_months(c, i);
    }
    return TG_OK;
}

enum tg_status tg_costing_add(struct tg_costing *c, size_t person, int32_t month, int64_t yen,
                              struct tg_error *err)
{
    if (c->index_month[person] == TG_NO_MONTH || !counts(c, person, month))
        return TG_OK;
    int64_t r = (int64_t)month - c->index_month[person] + c->windows->baseline_months;
    if (r < 0 || r >= c->costs.n_relative)
        return TG_OK;
    struct tg_person_cost *cost = &c->costs.people[person];
    int64_t *sum = r < c->windows->baseline_months ? &cost->before_yen : &cost->after_yen;
    if (__builtin_add_overflow(*sum, yen, sum))
        return TG_FAIL(err, TG_MSG_OUTCOME_TOO_LARGE, .line = 0);
    if (c->arm[person] < TG_N_ARMS)
        c->costs.monthly[c->arm[person]][r] += (double)yen;
    return TG_OK;
}

void tg_costing_end(struct tg_costing *c, struct tg_costs *out)
{
    *out = c->costs;
    c->costs = (struct tg_costs){0};
    tg_costing_free(c);
}

void tg_costing_free(struct tg_costing *c)
{
    free(c->index_month);
    free(c->arm);
    tg_costs_free(&c->costs);
    *c = (struct tg_costing){0};
}

void tg_costs_free(struct tg_costs *costs)
{
    if (!costs)
        return;
    free(costs->people);
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        free(costs->monthly[arm]);
        free(costs->person_months[arm]);
    }
    *costs = (struct tg_costs){0};
}

void tg_costs_baseline(const struct tg_costs *costs, size_t n_people, double *out)
{
    for (size_t i = 0; i < n_people; i++) {
        const struct tg_person_cost *p = &costs->people[i];
        out[i] = p->before_months ? (double)p->before_yen / p->before_months : NAN;
    }
}
