/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/outcome.h"

#include "outcome/effects.h"
#include "outcome/student.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *tg_design_name(enum tg_design design)
{
    static const char *const names[TG_N_DESIGNS] = {[TG_DESIGN_DID] = "did",
                                                    [TG_DESIGN_CHANGE] = "change",
                                                    [TG_DESIGN_LEVEL] = "level",
                                                    [TG_DESIGN_RATE] = "rate",
                                                    [TG_DESIGN_INCIDENCE] = "incidence",
                                                    [TG_DESIGN_TRANSITION] = "transition"};
    return names[design];
}

bool tg_effect_is_main(const struct tg_effect *e)
{
    static const char *const others[] = {"before", "after", "alone"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(e->design, others[i]) == 0)
            return false;
    }
    return e->subgroup == NULL;
}

struct tg_effect *tg_outcome_main(const struct tg_outcome_result *r)
{
    for (size_t i = 0; i < r->n_effects; i++) {
        if (tg_effect_is_main(&r->effects[i]))
            return &r->effects[i];
    }
    return NULL;
}

static bool kept_or_better(const struct tg_outcome_rule *rule, const struct tg_observation *o)
{
    return rule->higher_is_better ? o->after >= o->before : o->after <= o->before;
}

static double value_of(const struct tg_outcome_rule *rule, const struct tg_observation *o,
                       enum tg_look look)
{
    if (look == TG_LOOK_BEFORE)
        return o->before;
    if (look == TG_LOOK_AFTER || rule->design == TG_DESIGN_LEVEL)
        return o->after;
    if (rule->design == TG_DESIGN_TRANSITION)
        return isnan(o->before) || isnan(o->after) ? (double)NAN : kept_or_better(rule, o);
    return o->after - o->before;
}

static bool is_survival(const struct tg_outcome_rule *rule)
{
    return rule->design == TG_DESIGN_INCIDENCE;
}

static bool takes_part(const struct tg_outcome_rule *rule, const struct tg_observation *o,
                       struct tg_row *row, enum tg_look look)
{
    if (is_survival(rule)) {
        row->time = o->time;
        row->event = o->event;
        return o->time > 0;
    }
    bool rate = rule->design == TG_DESIGN_RATE;
    row->value = rate ? o->count : value_of(rule, o, look);
    row->exposure = rate ? o->years : 1;
    return !isnan(row->value) && row->exposure > 0;
}

size_t tg_effect_rows(const struct tg_comparison *c, enum tg_look look, const uint32_t *level,
                      uint32_t wanted)
{
    size_t n = 0;
    const struct tg_cohort *cohort = c->question->cohort;
    for (size_t i = 0; i < cohort->n; i++) {
        const struct tg_member *m = &cohort->members[i];
        struct tg_row row = {.person = m->person,
                             .set = m->set,
                             .arm = m->arm,
                             .weight = m->weight,
                             .probability = m->probability};
        if ((!level || level[i] == wanted) && m->weight > 0 &&
            takes_part(c->question->rule, &c->observed[i], &row, look))
            c->rows[n++] = row;
    }
    return n;
}

static enum tg_unit unit_of(const struct tg_outcome_rule *rule)
{
    switch (rule->design) {
    case TG_DESIGN_RATE:
        return TG_UNIT_RATE;
    case TG_DESIGN_INCIDENCE:
    case TG_DESIGN_TRANSITION:
        return TG_UNIT_SHARE;
    case TG_DESIGN_LEVEL:
        if (rule->has_threshold || (rule->source->kind == TG_KIND_MEASURES && !rule->measure))
            return TG_UNIT_SHARE;
        break;
    case TG_DESIGN_CHANGE:
        if (rule->has_threshold)
            return TG_UNIT_SHARE;
        break;
    case TG_DESIGN_DID:
    case TG_N_DESIGNS:
        break;
    }
    return rule->source->kind == TG_KIND_EVENTS ? TG_UNIT_YEN : TG_UNIT_VALUE;
}

/* A change of shares is no count of people. */
static bool counts_people(const struct tg_outcome_rule *rule)
{
    return unit_of(rule) == TG_UNIT_SHARE && rule->design != TG_DESIGN_CHANGE;
}

/* People whose value is 1, or to whom it happened in time. A control of several sets counts once
 * a set: more than there are, never fewer. */
static void count_cases(const struct tg_comparison *c, size_t n, int32_t months,
                        struct tg_effect *e)
{
    for (size_t i = 0; i < n; i++) {
        const struct tg_row *r = &c->rows[i];
        bool is_case =
            is_survival(c->question->rule) ? r->event && r->time <= months : r->value > 0;
        e->cases[r->arm] += is_case;
    }
}

static struct tg_sensitivity compare_plainly(const struct tg_comparison *c, size_t n)
{
    struct tg_sample arms[TG_N_ARMS];
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        uint64_t kept = 0;
        for (size_t i = 0; i < n; i++) {
            if (c->rows[i].arm == (enum tg_arm)arm)
                c->room[kept++] = c->rows[i].value / c->rows[i].exposure;
        }
        arms[arm] = tg_sample_of(c->room, kept);
    }
    struct tg_difference d = tg_welch(&arms[TG_PARTICIPANT], &arms[TG_CONTROL]);
    return (struct tg_sensitivity){d.effect, d.ci_low, d.ci_high};
}

int32_t tg_incidence_months(const struct tg_outcome_question *q)
{
    int months = q->rule->months ? q->rule->months : q->windows->followup_months;
    return months < q->windows->followup_months ? months : q->windows->followup_months;
}

static void fill_effect(const struct tg_comparison *c, size_t n, const struct tg_estimate *e,
                        const char *design, struct tg_effect *out)
{
    const struct tg_outcome_rule *rule = c->question->rule;
    *out = (struct tg_effect){.outcome = rule->name,
                              .design = design,
                              .effect = e->effect,
                              .ci_low = e->ci_low,
                              .ci_high = e->ci_high,
                              .p = e->p,
                              .unit = unit_of(rule),
                              .is_count = counts_people(rule),
                              .welch = {NAN, NAN, NAN}};
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        out->n[arm] = e->n[arm];
        out->mean[arm] = e->mean[arm];
    }
    if (out->is_count)
        count_cases(c, n, tg_incidence_months(c->question), out);
    if (!is_survival(rule))
        out->welch = compare_plainly(c, n);
    out->linkage = tg_linkage_range(c->rows, n, e);
}

enum tg_status tg_effect_estimate(const struct tg_comparison *c, size_t n, const char *design,
                                  struct tg_survival curves[TG_N_ARMS], struct tg_effect *out,
                                  struct tg_error *err)
{
    struct tg_estimate e;
    struct tg_survival own[TG_N_ARMS] = {{0}, {0}};
    enum tg_status status;
    if (is_survival(c->question->rule))
        status = tg_estimate_risk(c->rows, n, tg_incidence_months(c->question),
                                  curves ? curves : own, &e, err);
    else if (c->question->rule->design == TG_DESIGN_RATE)
        status = tg_estimate_rates(c->rows, n, &e, err);
    else
        status = tg_estimate_means(c->rows, n, &e, err);
    for (int arm = 0; arm < TG_N_ARMS; arm++)
        tg_survival_free(&own[arm]);
    if (!status)
        fill_effect(c, n, &e, design, out);
    return status;
}

/* Participants' own change, without controls. */
static enum tg_status estimate_alone(const struct tg_comparison *c, struct tg_effect *out,
                                     struct tg_error *err)
{
    struct tg_estimate e;
    size_t n = tg_effect_rows(c, TG_LOOK_CHANGE, NULL, 0);
    enum tg_status status = tg_estimate_one_arm(c->rows, n, TG_PARTICIPANT, &e, err);
    if (status)
        return status;
    fill_effect(c, n, &e, "alone", out);
    out->is_count = false;
    out->welch = (struct tg_sensitivity){NAN, NAN, NAN};
    out->linkage = (struct tg_linkage_range){NAN, NAN, NAN, NAN, NAN};
    return TG_OK;
}

static enum tg_status add_row(const struct tg_comparison *c, enum tg_look look, const char *design,
                              struct tg_survival *curves, struct tg_outcome_result *r,
                              struct tg_error *err)
{
    size_t n = tg_effect_rows(c, look, NULL, 0);
    return tg_effect_estimate(c, n, design, curves, &r->effects[r->n_effects++], err);
}

static enum tg_status add_rows(const struct tg_comparison *c, struct tg_outcome_result *r,
                               struct tg_error *err)
{
    const struct tg_outcome_rule *rule = c->question->rule;
    enum tg_status status = TG_OK;
    if (rule->design == TG_DESIGN_DID) {
        status = add_row(c, TG_LOOK_BEFORE, "before", NULL, r, err);
        if (!status)
            status = add_row(c, TG_LOOK_AFTER, "after", NULL, r, err);
    }
    if (!status)
        status = add_row(c, TG_LOOK_CHANGE, tg_design_name(rule->design), r->curves, r, err);
    if (!status && (rule->design == TG_DESIGN_DID || rule->design == TG_DESIGN_CHANGE))
        status = estimate_alone(c, &r->effects[r->n_effects++], err);
    return status;
}

enum tg_status tg_outcome_compare(const struct tg_outcome_question *question,
                                  const struct tg_observation *observed, struct tg_arena *arena,
                                  struct tg_outcome_result *out, struct tg_error *err)
{
    enum { ROWS = 4 };
    size_t n = question->cohort->n;
    struct tg_comparison c = {.question = question, .observed = observed, .arena = arena};
    *out = (struct tg_outcome_result){.rule = question->rule};
    c.rows = tg_calloc(n, sizeof *c.rows, err);
    c.room = c.rows ? tg_calloc(n, sizeof *c.room, err) : NULL;
    out->effects = c.room ? tg_arena_alloc(arena, ROWS, sizeof *out->effects, err) : NULL;
    enum tg_status status = out->effects ? add_rows(&c, out, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_subgroups_compare(&c, out, err);
    if (!status && question->rule->design == TG_DESIGN_TRANSITION)
        status = tg_transitions_count(&c, out, err);
    if (!status)
        status = tg_saving_find(&c, out, err);
    free(c.rows);
    free(c.room);
    if (status)
        tg_outcome_result_free(out);
    return status;
}

void tg_outcome_result_free(struct tg_outcome_result *r)
{
    for (int arm = 0; arm < TG_N_ARMS; arm++)
        tg_survival_free(&r->curves[arm]);
}
