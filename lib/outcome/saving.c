/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/effects.h"

#include <math.h>
#include <stdlib.h>

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool has_both(const struct tg_observation *o)
{
    return !isnan(o->before) && !isnan(o->after);
}

/* All levels that anybody had, ascending. */
static size_t list_levels(const struct tg_comparison *c, double *levels)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < c->question->cohort->n; i++) {
        if (!has_both(&c->observed[i]))
            continue;
        levels[n++] = c->observed[i].before;
        levels[n++] = c->observed[i].after;
    }
    if (n)
        qsort(levels, n, sizeof *levels, by_number);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || levels[i] > levels[i - 1])
            levels[kept++] = levels[i];
    }
    return kept;
}

static size_t level_at(const struct tg_transitions *t, double level)
{
    const double *at = bsearch(&level, t->levels, t->n, sizeof level, by_number);
    return (size_t)(at - t->levels);
}

/* Is this the person's first row? Members of a person stand anywhere. */
static bool *first_rows(const struct tg_comparison *c, struct tg_error *err)
{
    const struct tg_cohort *cohort = c->question->cohort;
    bool *seen = tg_calloc(c->question->people->n, sizeof *seen, err);
    bool *first = seen ? tg_calloc(cohort->n, sizeof *first, err) : NULL;
    for (size_t i = 0; first && i < cohort->n; i++) {
        first[i] = !seen[cohort->members[i].person];
        seen[cohort->members[i].person] = true;
    }
    free(seen);
    return first;
}

enum tg_status tg_transitions_count(const struct tg_comparison *c, struct tg_outcome_result *r,
                                    struct tg_error *err)
{
    struct tg_transitions *t = &r->transitions;
    const struct tg_cohort *cohort = c->question->cohort;
    bool *first = first_rows(c, err);
    t->levels = first ? tg_arena_alloc(c->arena, cohort->n, 2 * sizeof *t->levels, err) : NULL;
    enum tg_status status = t->levels ? TG_OK : TG_NO_MEMORY;
    if (!status)
        t->n = list_levels(c, t->levels);
    for (int arm = 0; !status && arm < TG_N_ARMS; arm++) {
        t->counts[arm] = tg_arena_alloc(c->arena, t->n, t->n * sizeof **t->counts, err);
        status = t->counts[arm] ? TG_OK : TG_NO_MEMORY;
    }
    for (size_t i = 0; !status && i < cohort->n; i++) {
        const struct tg_observation *o = &c->observed[i];
        if (first[i] && has_both(o))
            t->counts[cohort->members[i].arm]
                     [level_at(t, o->before) * t->n + level_at(t, o->after)]++;
    }
    free(first);
    return status;
}

static double benefit_of(const struct tg_outcome_rule *rule, double level)
{
    double yen = NAN;
    for (size_t i = 0; i < rule->n_benefits; i++) {
        if (rule->benefits[i].level <= level && rule->benefits[i].level >= level)
            yen = (double)rule->benefits[i].yen;
    }
    return yen;
}

/* Mean yen a month by which people moved, of those whose levels are in the table. */
static size_t benefit_rows(const struct tg_comparison *c)
{
    const struct tg_outcome_rule *rule = c->question->rule;
    size_t n = 0;
    for (size_t i = 0; i < c->question->cohort->n; i++) {
        const struct tg_member *m = &c->question->cohort->members[i];
        const struct tg_observation *o = &c->observed[i];
        double moved =
            has_both(o) ? benefit_of(rule, o->after) - benefit_of(rule, o->before) : (double)NAN;
        if (!isnan(moved) && m->weight > 0)
            c->rows[n++] = (struct tg_row){.person = m->person,
                                           .set = m->set,
                                           .arm = m->arm,
                                           .weight = m->weight,
                                           .value = moved,
                                           .exposure = 1};
    }
    return n;
}

static void set_saving(struct tg_saving *s, double effect, double low, double high)
{
    s->known = isfinite(effect);
    s->yen = -effect * s->months;
    s->ci_low = -high * s->months;
    s->ci_high = -low * s->months;
}

enum tg_status tg_saving_find(const struct tg_comparison *c, struct tg_outcome_result *r,
                              struct tg_error *err)
{
    const struct tg_outcome_rule *rule = c->question->rule;
    const struct tg_effect *main = tg_outcome_main(r);
    struct tg_saving *s = &r->saving;
    if (rule->n_benefits > 0) {
        struct tg_estimate e;
        size_t n = benefit_rows(c);
        enum tg_status status = tg_estimate_means(c->rows, n, &e, err);
        if (status)
            return status;
        int months = rule->months ? rule->months : c->question->windows->followup_months;
        s->from_levels = true;
        s->people = e.n[TG_PARTICIPANT];
        s->months = (double)s->people * months;
        set_saving(s, e.effect, e.ci_low, e.ci_high);
    } else if (rule->design == TG_DESIGN_DID) {
        for (size_t i = 0; i < c->question->cohort->n; i++) {
            const struct tg_observation *o = &c->observed[i];
            if (c->question->cohort->members[i].arm == TG_PARTICIPANT && has_both(o))
                s->months += o->months;
        }
        s->people = main->n[TG_PARTICIPANT];
        set_saving(s, main->effect, main->ci_low, main->ci_high);
    }
    return TG_OK;
}
