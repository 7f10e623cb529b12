/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The provider's people who were found, and in which months they were active. */
struct activity {
    const struct tg_month *m;
    size_t *place; /* by person: into `active`; SIZE_MAX: none of them */
    size_t n;      /* people */
    int32_t first; /* month */
    size_t n_months;
    bool *active; /* [n × n_months] */
};

static bool takes_part(const struct tg_month *m, size_t user)
{
    const char *provider = m->study->cohort.provider;
    return m->results[user].state == TG_USER_LINKED &&
           (!provider || strcmp(provider, m->users.items[user].provider) == 0);
}

static enum tg_status list_people(struct activity *a, struct tg_error *err)
{
    const struct tg_month *m = a->m;
    a->place = tg_calloc(m->people.n, sizeof *a->place, err);
    if (!a->place)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->people.n; i++)
        a->place[i] = SIZE_MAX;
    for (size_t i = 0; i < m->users.n; i++) {
        size_t *at = &a->place[takes_part(m, i) ? m->results[i].person : 0];
        if (takes_part(m, i) && *at == SIZE_MAX)
            *at = a->n++;
    }
    return TG_OK;
}

static enum tg_status on_days(void *ctx, const struct tg_measured *days, size_t n,
                              struct tg_error *err)
{
    (void)err;
    struct activity *a = ctx;
    for (size_t i = 0; i < n; i++) {
        size_t at = tg_people_find(&a->m->people, days[i].person);
        int32_t month = tg_month_of_day(days[i].day) - a->first;
        if (at != SIZE_MAX && a->place[at] != SIZE_MAX && month >= 0 && (size_t)month < a->n_months)
            a->active[a->place[at] * a->n_months + (size_t)month] = true;
    }
    return TG_OK;
}

static bool is_of_app(const struct tg_month *m, const struct tg_source *s)
{
    const char *provider = m->study->cohort.provider;
    return s->kind == TG_KIND_MEASURES && s->provider &&
           (!provider || strcmp(provider, s->provider) == 0);
}

static enum tg_status ask(struct activity *a, const struct tg_source *source, struct tg_error *err)
{
    const struct tg_measure_question any_row = {.from_day = 1,
                                                .to_day = tg_month_last_day(a->m->month)};
    const struct tg_asked_source asked = {source, a->m->month, a->m->linked, a->m->n_linked};
    struct tg_event_counts counts;
    return tg_store_measures(a->m->store, &asked, &any_row, 1, on_days, a, &counts, err);
}

/* The first month in which anybody could be active. */
static enum tg_status find_first(struct activity *a, struct tg_error *err)
{
    const struct tg_study *study = a->m->study;
    enum tg_status status = TG_OK;
    a->first = a->m->month + 1;
    for (size_t i = 0; !status && i < study->n_sources; i++) {
        int32_t first = TG_NO_MONTH, last;
        if (is_of_app(a->m, &study->sources[i]))
            status =
                tg_store_span(a->m->store, &study->sources[i], a->m->month, &first, &last, err);
        if (first != TG_NO_MONTH && first < a->first)
            a->first = first;
    }
    a->n_months = (size_t)(a->m->month + 1 - a->first);
    return status;
}

static enum tg_status read_activity(struct activity *a, struct tg_error *err)
{
    const struct tg_study *study = a->m->study;
    enum tg_status status = list_people(a, err);
    if (!status)
        status = find_first(a, err);
    a->active = status ? NULL : tg_calloc(a->n, a->n_months * sizeof *a->active, err);
    if (!status && !a->active)
        status = TG_NO_MEMORY;
    for (size_t i = 0; !status && a->n_months && i < study->n_sources; i++) {
        if (is_of_app(a->m, &study->sources[i]))
            status = ask(a, &study->sources[i], err);
    }
    return status;
}

/* People active in at least so many months. */
static uint64_t count_active(const struct activity *a, int months)
{
    uint64_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        int active = 0;
        for (size_t k = 0; k < a->n_months; k++)
            active += a->active[i * a->n_months + k];
        n += active >= months;
    }
    return n;
}

static void pay_participants(const struct activity *a, struct tg_payment *p)
{
    uint64_t n = count_active(a, p->indicator->active_months);
    p->has_n = true;
    p->n = a->n;
    p->has_value = !p->indicator->share || a->n > 0;
    if (p->has_value)
        p->value = p->indicator->share ? tg_pay_share(n, a->n) : tg_pay_whole(n);
}

static double value_of(const struct tg_effect *e, const struct tg_indicator *i)
{
    double value = i->value == TG_PAY_EFFECT         ? e->effect
                   : i->value == TG_PAY_PARTICIPANTS ? e->mean[TG_PARTICIPANT]
                                                     : e->mean[TG_CONTROL];
    return i->negate ? -value : value;
}

static struct tg_payment at_value(struct tg_payment p, double value)
{
    p.has_value = tg_pay_number(value, &p.value);
    tg_pay(&p);
    return p;
}

static void pay_outcome(const struct tg_month *m, struct tg_payment_row *row)
{
    struct tg_payment *p = &row->own;
    const struct tg_effect *e = tg_outcome_main(&m->outcomes[p->indicator->outcome]);
    bool controls = p->indicator->value == TG_PAY_CONTROLS;
    p->has_n = true;
    p->n = e->n[controls ? TG_CONTROL : TG_PARTICIPANT];
    p->has_value = tg_pay_number(value_of(e, p->indicator), &p->value);
    row->has_interval =
        p->indicator->value == TG_PAY_EFFECT && isfinite(e->ci_low) && isfinite(e->ci_high);
    if (!row->has_interval)
        return;
    row->low = at_value(*p, p->indicator->negate ? -e->ci_high : e->ci_low);
    row->high = at_value(*p, p->indicator->negate ? -e->ci_low : e->ci_high);
}

static void not_due(struct tg_payment *p)
{
    p->reason = TG_PAID_NOT_DUE;
    p->yen = 0;
}

static void pay_all(struct tg_month *m, const struct activity *a)
{
    int year = tg_fiscal_year(m->month);
    for (size_t i = 0; i < m->study->pfs.n; i++) {
        struct tg_payment_row *row = &m->payments[i];
        *row = (struct tg_payment_row){.own = {.indicator = &m->study->pfs.indicators[i]}};
        if (row->own.indicator->from == TG_PAY_FROM_PARTICIPANTS)
            pay_participants(a, &row->own);
        else if (row->own.indicator->from == TG_PAY_FROM_OUTCOME)
            pay_outcome(m, row);
        tg_pay(&row->own);
        if (tg_pay_due(row->own.indicator, year))
            continue;
        not_due(&row->own);
        not_due(&row->low);
        not_due(&row->high);
    }
}

static const struct tg_effect *shown_effect(const struct tg_month *m, size_t outcome)
{
    for (size_t i = 0; i < m->n_effects; i++) {
        if (tg_effect_is_main(&m->effects[i]) &&
            strcmp(m->effects[i].outcome, m->study->outcomes[outcome].name) == 0)
            return &m->effects[i];
    }
    return NULL;
}

/* Would the amount tell what disclosure control hides? People: their count, or that of the rest. */
static bool tells(const struct tg_month *m, const struct activity *a, const struct tg_payment *p)
{
    unsigned min_cell = tg_month_min_cell(m);
    if (p->indicator->from == TG_PAY_FROM_OUTCOME) {
        const struct tg_effect *e = shown_effect(m, p->indicator->outcome);
        return e && e->hidden;
    }
    if (p->indicator->from != TG_PAY_FROM_PARTICIPANTS)
        return false;
    uint64_t n = count_active(a, p->indicator->active_months);
    return !tg_count_may_show(n, min_cell) || !tg_count_may_show(a->n - n, min_cell);
}

static void hide_payments(struct tg_month *m, const struct activity *a)
{
    for (size_t i = 0; i < m->study->pfs.n; i++) {
        struct tg_payment_row *row = &m->payments_shown[i];
        *row = m->payments[i];
        if (m->study->for_municipality || !row->own.has_value || !tells(m, a, &row->own))
            continue;
        row->own.reason = row->low.reason = row->high.reason = TG_PAID_HIDDEN;
        m->hidden_cells++;
    }
}

enum tg_status tg_month_pay(struct tg_month *m, struct tg_error *err)
{
    struct activity a = {.m = m};
    size_t n = m->study->pfs.n;
    m->payments = tg_arena_alloc(&m->arena, n, sizeof *m->payments, err);
    m->payments_shown = tg_arena_alloc(&m->arena, n, sizeof *m->payments_shown, err);
    enum tg_status status = m->payments && m->payments_shown ? TG_OK : TG_NO_MEMORY;
    if (!status)
        status = read_activity(&a, err);
    if (!status) {
        pay_all(m, &a);
        hide_payments(m, &a);
    }
    free(a.place);
    free(a.active);
    return status;
}
