/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/costs.h"

#include "text/calendar.h"

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

enum tg_status tg_member_list_make(const struct tg_people *people, const struct tg_cohort *cohort,
                                   struct tg_member_list *out, struct tg_error *err)
{
    struct tg_member_list list = {.first = tg_calloc(people->n + 2, sizeof *list.first, err)};
    list.rows = list.first ? tg_calloc(cohort->n, sizeof *list.rows, err) : NULL;
    if (!list.rows) {
        tg_member_list_free(&list);
        return TG_NO_MEMORY;
    }
    for (size_t i = 0; i < cohort->n; i++)
        list.first[cohort->members[i].person + 2]++;
    for (size_t i = 2; i < people->n + 2; i++)
        list.first[i] += list.first[i - 1];
    for (size_t i = 0; i < cohort->n; i++)
        list.rows[list.first[cohort->members[i].person + 1]++] = (uint32_t)i;
    *out = list;
    return TG_OK;
}

void tg_member_list_free(struct tg_member_list *list)
{
    free(list->first);
    free(list->rows);
    *list = (struct tg_member_list){0};
}

int tg_window_place(const struct tg_windows *w, int32_t index_month, int32_t month)
{
    int64_t relative = (int64_t)month - index_month;
    if (relative < 0)
        return relative >= -w->baseline_months ? (int)(relative + w->baseline_months) : -1;
    relative -= w->landmark;
    return relative >= 0 && relative < w->followup_months ? (int)relative + w->baseline_months : -1;
}

static int32_t month_at(const struct tg_windows *w, int32_t index_month, int place)
{
    return index_month - w->baseline_months + place +
           (place >= w->baseline_months ? w->landmark : 0);
}

static enum tg_status make_room(struct tg_costing *c, struct tg_error *err)
{
    struct tg_costs *costs = &c->costs;
    size_t relative = (size_t)costs->n_relative;
    costs->members = tg_calloc(c->cohort->n, sizeof *costs->members, err);
    if (!costs->members)
        return TG_NO_MEMORY;
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        costs->monthly[arm] = tg_calloc(relative, sizeof *costs->monthly[arm], err);
        costs->weights[arm] = tg_calloc(relative, sizeof *costs->weights[arm], err);
        costs->person_months[arm] = tg_calloc(relative, sizeof *costs->person_months[arm], err);
        if (!costs->monthly[arm] || !costs->weights[arm] || !costs->person_months[arm])
            return TG_NO_MEMORY;
    }
    return TG_OK;
}

/* Insured months with data of a member in the windows around its index month. */
static void count_months(struct tg_costing *c, const struct tg_member *m,
                         struct tg_person_cost *cost)
{
    const struct tg_windows *w = c->windows;
    for (int r = 0; r < c->costs.n_relative; r++) {
        int32_t month = month_at(w, m->index_month, r);
        if (!counts(c, m->person, month))
            continue;
        if (r < w->baseline_months)
            cost->before_months++;
        else
            cost->after_months++;
        c->costs.person_months[m->arm][r]++;
        c->costs.weights[m->arm][r] += m->weight;
        c->from = month < c->from ? month : c->from;
        c->to = month > c->to ? month : c->to;
    }
}

/* Widens the span by the insured ones of some months with data. */
static void widen(struct tg_costing *c, const struct tg_person *p, int32_t from, int32_t to)
{
    from = from > c->windows->first_month ? from : c->windows->first_month;
    to = to < c->windows->last_month ? to : c->windows->last_month;
    for (uint32_t i = 0; i < p->n_stretches; i++) {
        const struct tg_stretch *s = &c->people->stretches[p->first_stretch + i];
        int32_t first = s->from > from ? s->from : from, last = s->to < to ? s->to : to;
        if (first > last)
            continue;
        c->from = first < c->from ? first : c->from;
        c->to = last > c->to ? last : c->to;
    }
}

/* Whoever is eligible is looked at around the pseudo index month: it is their months, too, in which
 * events are counted. */
static void widen_by_eligible(struct tg_costing *c)
{
    const struct tg_windows *w = c->windows;
    int32_t index = c->cohort->pseudo_index, last = c->costs.n_relative - 1;
    if (index == TG_NO_MONTH)
        return;
    for (size_t i = 0; i < c->people->n; i++) {
        if (!c->cohort->eligible[i] || c->members->first[i] < c->members->first[i + 1])
            continue;
        widen(c, &c->people->items[i], month_at(w, index, 0), index - 1);
        widen(c, &c->people->items[i], month_at(w, index, w->baseline_months),
              month_at(w, index, last));
    }
}

enum tg_status tg_costing_begin(struct tg_costing *c, const struct tg_people *people,
                                const struct tg_cohort *cohort,
                                const struct tg_member_list *members,
                                const struct tg_windows *windows, struct tg_error *err)
{
    *c = (struct tg_costing){.people = people,
                             .cohort = cohort,
                             .members = members,
                             .windows = windows,
                             .from = INT32_MAX,
                             .to = INT32_MIN};
    c->costs.n_relative = windows->baseline_months + windows->followup_months;
    enum tg_status status = make_room(c, err);
    if (status)
        return status;
    for (size_t i = 0; i < cohort->n; i++)
        count_months(c, &cohort->members[i], &c->costs.members[i]);
    widen_by_eligible(c);
    return TG_OK;
}

/* Adds an amount to the window it falls into. @return its place; −1: none; −2: too large */
static int add_to(const struct tg_costing *c, int32_t index_month, int32_t month, int64_t yen,
                  struct tg_person_cost *cost)
{
    int r = tg_window_place(c->windows, index_month, month);
    int64_t *sum = r < c->windows->baseline_months ? &cost->before_yen : &cost->after_yen;
    if (r >= 0 && __builtin_add_overflow(*sum, yen, sum))
        return -2;
    return r;
}

enum tg_status tg_costing_add(struct tg_costing *c, size_t person, int32_t month, int64_t yen,
                              struct tg_error *err)
{
    uint32_t first = c->members->first[person], end = c->members->first[person + 1];
    int place = -1;
    if (first == end || !counts(c, person, month))
        return TG_OK;
    for (uint32_t k = first; place > -2 && k < end; k++) {
        const struct tg_member *m = &c->cohort->members[c->members->rows[k]];
        place = add_to(c, m->index_month, month, yen, &c->costs.members[c->members->rows[k]]);
        if (place >= 0)
            c->costs.monthly[m->arm][place] += m->weight * (double)yen;
    }
    return place == -2 ? TG_FAIL(err, TG_MSG_OUTCOME_TOO_LARGE, .line = 0) : TG_OK;
}

void tg_costing_end(struct tg_costing *c, struct tg_costs *out)
{
    *out = c->costs;
    c->costs = (struct tg_costs){0};
    tg_costing_free(c);
}

void tg_costing_free(struct tg_costing *c)
{
    tg_costs_free(&c->costs);
    *c = (struct tg_costing){0};
}

void tg_costs_free(struct tg_costs *costs)
{
    if (!costs)
        return;
    free(costs->members);
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        free(costs->monthly[arm]);
        free(costs->weights[arm]);
        free(costs->person_months[arm]);
    }
    *costs = (struct tg_costs){0};
}

void tg_costs_observe(const struct tg_costs *costs, size_t n_members, struct tg_observation *out)
{
    for (size_t i = 0; i < n_members; i++) {
        const struct tg_person_cost *c = &costs->members[i];
        if (c->before_months)
            out[i].before = (double)c->before_yen / c->before_months;
        if (c->after_months)
            out[i].after = (double)c->after_yen / c->after_months;
        out[i].months = c->after_months;
    }
}
