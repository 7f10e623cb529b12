/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/cohort.h"

#include <math.h>

/* The columns of struct tg_balance_row.n. */
enum group { PARTICIPANTS, BEFORE, AFTER, N_GROUPS };

struct summary {
    uint64_t n;
    double mean;
    double variance; /* n − 1; p(1 − p) for a share */
};

/* The value of the i-th of a group; false: none. */
static bool value_at(const struct tg_cohort *cohort, enum group group, const struct tg_covariate *c,
                     size_t i, double *value)
{
    size_t person = i;
    if (group == BEFORE) {
        if (!cohort->eligible[i])
            return false;
    } else {
        const struct tg_member *m = &cohort->members[i];
        if ((m->arm == TG_PARTICIPANT) != (group == PARTICIPANTS))
            return false;
        person = m->person;
    }
    *value = c->values[person];
    return !isnan(*value);
}

static struct summary summarize(const struct tg_cohort *cohort, size_t n_people, enum group group,
                                const struct tg_covariate *c)
{
    size_t n = group == BEFORE ? n_people : cohort->n;
    struct summary s = {0, NAN, NAN};
    double sum = 0, squares = 0, low = INFINITY, high = -INFINITY, value;
    for (size_t i = 0; i < n; i++) {
        if (value_at(cohort, group, c, i, &value)) {
            s.n++;
            sum += value;
            low = fmin(low, value);
            high = fmax(high, value);
        }
    }
    if (s.n == 0)
        return s;
    /* rounding must not make a constant vary */
    s.mean = low < high ? sum / (double)s.n : low;
    if (c->binary) {
        s.variance = s.mean * (1 - s.mean);
        return s;
    }
    for (size_t i = 0; i < n; i++) {
        if (value_at(cohort, group, c, i, &value))
            squares += (value - s.mean) * (value - s.mean);
    }
    s.variance = s.n > 1 ? squares / (double)(s.n - 1) : NAN;
    return s;
}

static double standardized(const struct summary *a, const struct summary *b, double variance)
{
    return variance > 0 ? (a->mean - b->mean) / sqrt(variance) : NAN;
}

void tg_balance(const struct tg_cohort *cohort, size_t n_people,
                const struct tg_covariate *covariates, size_t n, struct tg_balance_row *rows)
{
    for (size_t i = 0; i < n; i++) {
        const struct tg_covariate *c = &covariates[i];
        struct summary s[N_GROUPS];
        for (int group = 0; group < N_GROUPS; group++)
            s[group] = summarize(cohort, n_people, (enum group)group, c);
        const struct summary *p = &s[PARTICIPANTS];
        bool ratio = !c->binary && s[AFTER].variance > 0;
        rows[i] = (struct tg_balance_row){
            .covariate = c->name,
            .binary = c->binary,
            .n = {p->n, s[BEFORE].n, s[AFTER].n},
            .participants = p->mean,
            .controls_before = s[BEFORE].mean,
            .controls_after = s[AFTER].mean,
            .smd_before = standardized(p, &s[BEFORE], p->variance),
            .smd_after = standardized(p, &s[AFTER], p->variance),
            .variance_ratio_after = ratio ? p->variance / s[AFTER].variance : NAN,
        };
    }
}
