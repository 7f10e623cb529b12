/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who is in which set, with which weight: what every method of matching makes.
 */
#ifndef TG_COHORT_MATCHED_H
#define TG_COHORT_MATCHED_H

#include "cohort/design.h"
#include "cohort/logit.h"
#include "cohort/strata.h"

enum { TG_NO_SET = 0 };

struct tg_matched_row {
    uint32_t person;
    uint32_t set; /**< from 1; TG_NO_SET: weights need none */
    double weight;
};

/** Why a participant has no set. */
enum tg_unmatched { TG_NO_STRATUM, TG_OUTSIDE_CALIPER, TG_USED_UP, TG_N_UNMATCHED };

struct tg_unmatched_row {
    uint32_t person;
    enum tg_unmatched why;
};

struct tg_matched {
    struct tg_matched_row *rows; /**< within a set the participants come first */
    size_t n, cap;
    uint32_t n_sets;
    struct tg_unmatched_row *unmatched;
    size_t n_unmatched, cap_unmatched;
};

/** What the methods work on. */
struct tg_matching {
    const struct tg_sample *sample;
    const struct tg_match_options *options;
    const struct tg_model *design;
    const struct tg_strata *strata;
    const double *eta; /**< by person; NULL: no regression, all are equally near */
    double width;      /**< caliper on eta; INFINITY: none */
    const struct tg_reporter *reporter;
};
/** The linear predictor, 0 without a regression. */
static inline double tg_matching_eta(const struct tg_matching *in, uint32_t person)
{
    return in->eta ? in->eta[person] : 0;
}

TG_CHECKED enum tg_status tg_matched_add(struct tg_matched *m, uint32_t person, uint32_t set,
                                         double weight, struct tg_error *err);
TG_CHECKED enum tg_status tg_matched_miss(struct tg_matched *m, uint32_t person,
                                          enum tg_unmatched why, struct tg_error *err);
void tg_matched_free(struct tg_matched *m);

/** nearest.c: every participant's nearest controls. */
TG_CHECKED enum tg_status tg_match_nearest(const struct tg_matching *in, struct tg_matched *out,
                                           struct tg_error *err);
/** weights.c: everybody of the strata that hold both arms, each stratum a set. */
TG_CHECKED enum tg_status tg_match_strata(const struct tg_matching *in, struct tg_matched *out,
                                          struct tg_error *err);
/** weights.c: everybody, by propensity. */
TG_CHECKED enum tg_status tg_match_weights(const struct tg_matching *in, struct tg_matched *out,
                                           struct tg_error *err);

/** mahalanobis.c: terms as coordinates in which the Mahalanobis distance is the plain one. */
struct tg_whitened {
    size_t q;
    double *coordinates; /**< q a person */
};
TG_CHECKED enum tg_status tg_whiten(const struct tg_sample *sample, const struct tg_model *design,
                                    struct tg_whitened *out, struct tg_error *err);
void tg_whitened_free(struct tg_whitened *w);

#endif
