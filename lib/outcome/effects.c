/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/outcome.h"
#include "outcome/student.h"

#include <math.h>
#include <stdlib.h>

/* Each tells one person's value in yen a month, NaN without one. */
static double mean_before(const struct tg_person_cost *p)
{
    return p->before_months ? (double)p->before_yen / p->before_months : NAN;
}

static double mean_after(const struct tg_person_cost *p)
{
    return p->after_months ? (double)p->after_yen / p->after_months : NAN;
}

static double change(const struct tg_person_cost *p)
{
    return mean_after(p) - mean_before(p);
}

struct design {
    const char *name;
    double (*value)(const struct tg_person_cost *);
};

static struct tg_sample sample_arm(const struct tg_cohort *cohort, const struct tg_costs *costs,
                                   enum tg_arm arm, const struct design *design, double *room)
{
    uint64_t n = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        const struct tg_member *m = &cohort->members[i];
        if (m->arm != arm)
            continue;
        double value = design->value(&costs->people[m->person]);
        if (!isnan(value))
            room[n++] = value;
    }
    return tg_sample_of(room, n);
}

static struct tg_effect compare_arms(const char *outcome, const char *design,
                                     const struct tg_sample arms[TG_N_ARMS])
{
    struct tg_difference d = tg_welch(&arms[TG_PARTICIPANT], &arms[TG_CONTROL]);
    struct tg_effect e = {.outcome = outcome,
                          .design = design,
                          .effect = d.effect,
                          .ci_low = d.ci_low,
                          .ci_high = d.ci_high,
                          .p = d.p};
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        e.n[arm] = arms[arm].n;
        e.mean[arm] = arms[arm].mean;
    }
    return e;
}

enum tg_status tg_effects_did(const char *name, const struct tg_cohort *cohort,
                              const struct tg_costs *costs, struct tg_effect rows[3],
                              struct tg_error *err)
{
    static const struct design designs[3] = {
        {"before", mean_before}, {"after", mean_after}, {"did", change}};
    double *room = tg_calloc(cohort->n, sizeof *room, err);
    if (!room)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < 3; i++) {
        struct tg_sample arms[TG_N_ARMS];
        for (int arm = 0; arm < TG_N_ARMS; arm++)
            arms[arm] = sample_arm(cohort, costs, (enum tg_arm)arm, &designs[i], room);
        rows[i] = compare_arms(name, designs[i].name, arms);
    }
    free(room);
    return TG_OK;
}
