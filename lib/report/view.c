/* SPDX-License-Identifier: Apache-2.0 */
#include "report/view.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct tg_flow_drop consent_drops[] = {
    {TG_WORD_DROP_NO_CONSENT, TG_CELL_NO_CONSENT},
    {TG_WORD_DROP_WITHDRAWN, TG_CELL_WITHDRAWN},
};
static const struct tg_flow_drop link_drops[] = {
    {TG_WORD_DROP_NOT_FOUND, TG_CELL_NOT_FOUND},
    {TG_WORD_DROP_AMBIGUOUS, TG_CELL_AMBIGUOUS},
    {TG_WORD_DROP_REVIEW, TG_CELL_REVIEW},
    {TG_WORD_DROP_CONFLICT, TG_CELL_CONFLICT},
};
static const struct tg_flow_drop candidate_drops[] = {
    {TG_WORD_DROP_NOT_CANDIDATE, TG_CELL_NOT_CANDIDATES},
};
static const struct tg_flow_drop eligible_drops[] = {
    {TG_WORD_DROP_NO_INDEX, TG_CELL_NO_INDEX_MONTH},
    {TG_WORD_DROP_AGE, TG_CELL_AGE},
    {TG_WORD_DROP_NO_BASELINE, TG_CELL_NO_BASELINE},
    {TG_WORD_DROP_NOT_INSURED, TG_CELL_NOT_INSURED},
    {TG_WORD_DROP_NO_FOLLOWUP, TG_CELL_NO_FOLLOWUP},
    {TG_WORD_DROP_EARLIER_USE, TG_CELL_EARLIER_USE},
    {TG_WORD_DROP_EXCLUDED, TG_CELL_EXCLUDED},
    {TG_WORD_DROP_INACTIVE, TG_CELL_INACTIVE},
};
static const struct tg_flow_drop match_drops[] = {
    {TG_WORD_DROP_NO_STRATUM, TG_CELL_NO_STRATUM},
    {TG_WORD_DROP_OUTSIDE_CALIPER, TG_CELL_OUTSIDE_CALIPER},
    {TG_WORD_DROP_USED_UP, TG_CELL_USED_UP},
    {TG_WORD_DROP_SEPARATED, TG_CELL_SEPARATED},
};

#define DROPS(array) (array), sizeof(array) / sizeof(array)[0]

static const struct tg_flow_step users_step = {TG_WORD_FLOW_USERS, TG_CELL_USERS,
                                               TG_CELL_NOT_CONSENTED, DROPS(consent_drops)};
static const struct tg_flow_step consented_step = {TG_WORD_FLOW_CONSENTED, TG_CELL_CONSENTED,
                                                   TG_CELL_NOT_LINKED, DROPS(link_drops)};
static const struct tg_flow_step linked_step = {TG_WORD_FLOW_LINKED, TG_CELL_LINKED,
                                                TG_CELL_NOT_CANDIDATES, DROPS(candidate_drops)};
static const struct tg_flow_step linked_eligible_step = {
    TG_WORD_FLOW_LINKED, TG_CELL_LINKED, TG_CELL_NOT_ELIGIBLE, DROPS(eligible_drops)};
static const struct tg_flow_step linked_last_step = {TG_WORD_FLOW_LINKED, TG_CELL_LINKED,
                                                     TG_CELL_LINKED, NULL, 0};
static const struct tg_flow_step candidates_step = {TG_WORD_FLOW_CANDIDATES, TG_CELL_CANDIDATES,
                                                    TG_CELL_NOT_ELIGIBLE, DROPS(eligible_drops)};
static const struct tg_flow_step eligible_step = {TG_WORD_FLOW_ELIGIBLE, TG_CELL_ELIGIBLE,
                                                  TG_CELL_NO_CONTROL, DROPS(match_drops)};
static const struct tg_flow_step matched_step = {TG_WORD_FLOW_MATCHED, TG_CELL_MATCHED,
                                                 TG_CELL_MATCHED, NULL, 0};

static const struct tg_mask_sum flow_sums[] = {
    {TG_CELL_USERS, TG_CELL_CONSENTED, 2},
    {TG_CELL_NOT_CONSENTED, TG_CELL_NO_CONSENT, 2},
    {TG_CELL_CONSENTED, TG_CELL_LINKED, 2},
    {TG_CELL_NOT_LINKED, TG_CELL_NOT_FOUND, 4},
    {TG_CELL_LINKED, TG_CELL_CANDIDATES, 2},
    {TG_CELL_CANDIDATES, TG_CELL_ELIGIBLE, 2},
    {TG_CELL_NOT_ELIGIBLE, TG_CELL_NO_INDEX_MONTH, 8},
    {TG_CELL_ELIGIBLE, TG_CELL_MATCHED, 2},
    {TG_CELL_NO_CONTROL, TG_CELL_NO_STRATUM, 4},
};

enum { N_FLOW_SUMS = sizeof flow_sums / sizeof flow_sums[0], N_LINK_SUMS = 4 };

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void fill_users(struct tg_mask_cell *c, const struct tg_user_flow *f)
{
    c[TG_CELL_USERS].n = f->users;
    c[TG_CELL_NO_CONSENT].n = f->no_consent;
    c[TG_CELL_WITHDRAWN].n = f->withdrawn;
    c[TG_CELL_NOT_CONSENTED].n = f->no_consent + f->withdrawn;
    c[TG_CELL_CONSENTED].n = minus(f->users, f->no_consent + f->withdrawn);
    c[TG_CELL_NOT_FOUND].n = f->not_found;
    c[TG_CELL_AMBIGUOUS].n = f->ambiguous;
    c[TG_CELL_REVIEW].n = f->review;
    c[TG_CELL_CONFLICT].n = f->conflict;
    c[TG_CELL_NOT_LINKED].n = f->not_found + f->ambiguous + f->review + f->conflict;
    c[TG_CELL_LINKED].n = f->linked;
}

static void fill_cohort(struct tg_mask_cell *c, const struct tg_report *r)
{
    const struct tg_cohort_flow *f = &r->cohort;
    c[TG_CELL_CANDIDATES].n = f->candidates;
    c[TG_CELL_NOT_CANDIDATES].n = minus(r->flow.linked, f->candidates);
    c[TG_CELL_NO_INDEX_MONTH].n = f->no_index_month;
    c[TG_CELL_AGE].n = f->age;
    c[TG_CELL_NO_BASELINE].n = f->no_baseline;
    c[TG_CELL_NOT_INSURED].n = f->not_insured;
    c[TG_CELL_NO_FOLLOWUP].n = f->no_followup;
    c[TG_CELL_EARLIER_USE].n = f->earlier_use;
    c[TG_CELL_EXCLUDED].n = f->excluded;
    c[TG_CELL_INACTIVE].n = f->inactive;
    c[TG_CELL_NOT_ELIGIBLE].n = f->no_index_month + f->age + f->no_baseline + f->not_insured +
                                f->no_followup + f->earlier_use + f->excluded + f->inactive;
    c[TG_CELL_ELIGIBLE].n = minus(f->candidates, c[TG_CELL_NOT_ELIGIBLE].n);
    c[TG_CELL_NO_CONTROL].n = f->no_control;
    c[TG_CELL_NO_STRATUM].n = f->no_stratum;
    c[TG_CELL_OUTSIDE_CALIPER].n = f->outside_caliper;
    c[TG_CELL_USED_UP].n = f->used_up;
    c[TG_CELL_SEPARATED].n = f->separated;
    c[TG_CELL_MATCHED].n = f->matched;
    /* cohort.csv and outcomes.csv tell it too */
    c[TG_CELL_MATCHED].known = true;
}

/* Is there a newer delivery of the same source? */
static bool is_replaced(const struct tg_report *r, size_t i)
{
    const struct tg_delivery *d = &r->deliveries[i];
    for (size_t j = 0; j < r->n_deliveries; j++) {
        const struct tg_delivery *other = &r->deliveries[j];
        int order = strcmp(other->period, d->period);
        if (strcmp(other->source, d->source) == 0 && (order > 0 || (order == 0 && j > i)))
            return true;
    }
    return false;
}

/* Deliveries of users that are in force come first: they add up to the users. */
static size_t fill_deliveries(struct tg_view *v, size_t first)
{
    const struct tg_report *r = v->r;
    size_t n_in_force = 0;
    size_t at = first;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < r->n_deliveries; i++) {
            bool in_force = strcmp(r->deliveries[i].kind, "users") == 0 && !is_replaced(r, i);
            if (in_force != (pass == 0))
                continue;
            v->cells[at].n = r->deliveries[i].rows;
            v->delivery[i] = at++;
            n_in_force += in_force;
        }
    }
    return n_in_force;
}

static bool holds(const struct tg_mask_cell *cells, const struct tg_mask_sum *sum)
{
    uint64_t total = 0;
    for (size_t i = 0; i < sum->n; i++)
        total += cells[sum->first + i].n;
    return sum->n > 0 && total == cells[sum->total].n;
}

static enum tg_status mark(struct tg_view *v, size_t n_users_files, struct tg_error *err)
{
    const struct tg_mask_sum links[] = {
        {TG_CELL_LINKED, v->rules, v->r->n_rules},
        {TG_CELL_USERS, v->rules + v->r->n_rules, n_users_files},
    };
    struct tg_mask_sum sums[N_FLOW_SUMS + sizeof links / sizeof links[0]];
    size_t n = 0;
    for (size_t i = 0; i < N_FLOW_SUMS; i++) {
        if ((i < N_LINK_SUMS || v->r->has_cohort) && holds(v->cells, &flow_sums[i]))
            sums[n++] = flow_sums[i];
    }
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (holds(v->cells, &links[i]))
            sums[n++] = links[i];
    }
    struct tg_mask_range *ranges = tg_arena_alloc(&v->arena, v->n_cells, sizeof *ranges, err);
    if (!ranges)
        return TG_NO_MEMORY;
    v->n_hidden = tg_mask(v->cells, v->n_cells, sums, n, v->min_cell, ranges);
    return TG_OK;
}

static void add_step(struct tg_view *v, const struct tg_flow_step *step)
{
    v->steps[v->n_steps++] = *step;
}

static void make_steps(struct tg_view *v)
{
    add_step(v, &users_step);
    add_step(v, &consented_step);
    if (!v->r->has_cohort) {
        add_step(v, &linked_last_step);
        return;
    }
    if (v->cells[TG_CELL_NOT_CANDIDATES].n > 0) {
        add_step(v, &linked_step);
        add_step(v, &candidates_step);
    } else {
        add_step(v, &linked_eligible_step);
    }
    add_step(v, &eligible_step);
    add_step(v, &matched_step);
}

enum tg_status tg_view_make(const struct tg_report *r, struct tg_view *out, struct tg_error *err)
{
    *out =
        (struct tg_view){.r = r, .min_cell = r->study->for_municipality ? 0 : r->study->min_cell};
    out->rules = TG_N_FLOW_CELLS;
    out->n_cells = out->rules + r->n_rules + r->n_deliveries;
    out->cells = tg_arena_alloc(&out->arena, out->n_cells, sizeof *out->cells, err);
    out->delivery = tg_arena_alloc(&out->arena, r->n_deliveries, sizeof *out->delivery, err);
    enum tg_status status = out->cells && out->delivery ? TG_OK : TG_NO_MEMORY;
    if (!status) {
        fill_users(out->cells, &r->flow);
        if (r->has_cohort)
            fill_cohort(out->cells, r);
        for (size_t i = 0; i < r->n_rules; i++)
            out->cells[out->rules + i].n = r->rules[i].counts.linked;
        status = mark(out, fill_deliveries(out, out->rules + r->n_rules), err);
    }
    if (status)
        tg_view_free(out);
    else
        make_steps(out);
    return status;
}

void tg_view_free(struct tg_view *v)
{
    tg_arena_free(&v->arena);
    *v = (struct tg_view){0};
}

static struct tg_number with_unit(const char *number, enum tg_word unit, enum tg_language language)
{
    struct tg_number out = {{0}};
    const char *text = tg_word(unit, language);
    struct tg_word_part part;
    size_t len = 0;
    while (tg_word_next(&text, &part)) {
        const char *from = part.place ? number : part.text;
        size_t n = part.place ? strlen(number) : part.len;
        if (n > sizeof out.text - 1 - len)
            break;
        memcpy(out.text + len, from, n);
        len += n;
    }
    return out;
}

struct tg_number tg_view_marked(const struct tg_view *v, uint64_t n, enum tg_mark mark,
                                enum tg_word unit, enum tg_language language)
{
    struct tg_number number = tg_number_count(n);
    if (mark == TG_MARK_HIDDEN || (mark == TG_MARK_SMALL && v->min_cell == UINT_MAX)) {
        (void)snprintf(number.text, sizeof number.text, "%s", tg_word(TG_WORD_NOT_SHOWN, language));
        return number;
    }
    if (mark == TG_MARK_SMALL)
        (void)snprintf(number.text, sizeof number.text, "<%u", v->min_cell);
    return unit == TG_WORD_NONE ? number : with_unit(number.text, unit, language);
}

struct tg_number tg_view_cell_unit(const struct tg_view *v, size_t cell, enum tg_word unit,
                                   enum tg_language language)
{
    return tg_view_marked(v, v->cells[cell].n, v->cells[cell].mark, unit, language);
}

struct tg_number tg_view_cell(const struct tg_view *v, size_t cell, enum tg_language language)
{
    return tg_view_cell_unit(v, cell, TG_WORD_NONE, language);
}

struct tg_number tg_view_count(const struct tg_view *v, uint64_t n, enum tg_word unit,
                               enum tg_language language)
{
    return tg_view_marked(v, n, tg_mask_alone(n, v->min_cell), unit, language);
}

enum tg_mark tg_view_part_mark(const struct tg_view *v, uint64_t n, uint64_t whole)
{
    enum tg_mark own = tg_mask_alone(n, v->min_cell);
    if (own == TG_MARK_SHOWN && n > 0 && whole > n &&
        tg_mask_alone(whole - n, v->min_cell) == TG_MARK_SMALL)
        return TG_MARK_HIDDEN;
    return own;
}

enum tg_word tg_effect_word(const struct tg_effect *e)
{
    static const struct {
        const char *design;
        enum tg_word word;
    } words[] = {
        {"before", TG_WORD_BEFORE}, {"after", TG_WORD_AFTER},         {"did", TG_WORD_DID},
        {"change", TG_WORD_DID},    {"alone", TG_WORD_ALONE},         {"level", TG_WORD_AFTER},
        {"rate", TG_WORD_RATE},     {"incidence", TG_WORD_INCIDENCE}, {"transition", TG_WORD_KEPT}};
    size_t i = 0;
    while (i + 1 < sizeof words / sizeof words[0] && strcmp(e->design, words[i].design) != 0)
        i++;
    return words[i].word;
}

struct tg_number tg_effect_number(const struct tg_effect *e, double x, enum tg_language language)
{
    switch (e->unit) {
    case TG_UNIT_YEN:
        return tg_number_yen(x, language);
    case TG_UNIT_SHARE:
        return tg_number_share(x);
    case TG_UNIT_RATE:
    case TG_UNIT_VALUE:
        break;
    }
    return tg_number_real(x, 2);
}

enum tg_verdict tg_effect_verdict(const struct tg_effect *e)
{
    if (e->hidden)
        return TG_VERDICT_HIDDEN;
    if (!isfinite(e->effect))
        return TG_VERDICT_NO_DATA;
    if (!isfinite(e->ci_low) || !isfinite(e->ci_high))
        return TG_VERDICT_NO_INTERVAL;
    if (e->ci_high < 0)
        return TG_VERDICT_LESS;
    return e->ci_low > 0 ? TG_VERDICT_MORE : TG_VERDICT_UNCLEAR;
}

struct tg_balance_state tg_view_balance(const struct tg_report *r)
{
    struct tg_balance_state state = {0};
    for (size_t i = 0; i < r->n_balance; i++) {
        double smd = r->balance[i].smd_after;
        /* the propensity is made of the others */
        if (isnan(smd) || strcmp(r->balance[i].covariate, "distance") == 0)
            continue;
        state.judged++;
        state.beyond += fabs(smd) >= 0.1;
    }
    return state;
}

struct tg_covariate_label tg_view_covariate(const struct tg_report *r, const char *covariate)
{
    static const char district[] = "district=";
    if (strcmp(covariate, "age") == 0)
        return (struct tg_covariate_label){TG_WORD_AGE, "", false};
    if (strcmp(covariate, "sex=1") == 0)
        return (struct tg_covariate_label){TG_WORD_MALE, "", false};
    if (strcmp(covariate, "sex=2") == 0)
        return (struct tg_covariate_label){TG_WORD_FEMALE, "", false};
    if (strncmp(covariate, district, sizeof district - 1) == 0)
        return (struct tg_covariate_label){TG_WORD_DISTRICT, covariate + sizeof district - 1,
                                           false};
    if (strcmp(covariate, "distance") == 0)
        return (struct tg_covariate_label){TG_WORD_PROPENSITY, "", false};
    const struct tg_cohort_rules *rules = &r->study->cohort;
    for (size_t i = 0; i < rules->n_covariates; i++) {
        if (strcmp(covariate, rules->covariates[i].name) == 0 &&
            rules->covariates[i].history.quantity == TG_SUM_AMOUNT)
            return (struct tg_covariate_label){TG_WORD_COST_BEFORE, covariate, true};
    }
    return (struct tg_covariate_label){TG_WORD_NONE, covariate, false};
}
