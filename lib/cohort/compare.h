/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Are the arms alike? Before and after matching, in the way of R's MatchIt.
 */
#ifndef TG_COHORT_COMPARE_H
#define TG_COHORT_COMPARE_H

#include "cohort/matched.h"

enum { TG_BEFORE, TG_AFTER, TG_N_TIMES };

/** NaN where undefined. */
struct tg_alike {
    bool binary;
    double participants[TG_N_TIMES], controls[TG_N_TIMES]; /**< means or shares */
    double smd[TG_N_TIMES];            /**< by the participants' SD before matching */
    double variance_ratio[TG_N_TIMES]; /**< NaN for 0/1 */
    double ecdf_max[TG_N_TIMES];       /**< largest distance of the distribution functions */
};

/** Room for tg_compare(), used again for every covariate. */
struct tg_comparing {
    const struct tg_sample *sample;
    double *weights; /**< by person, after matching */
    uint32_t *left;  /**< those with a weight, ascending */
    uint32_t n_left;
    bool shares;          /**< weights and left are another's */
    const bool *left_out; /**< NULL, or by person: does not count before matching either */
    double *values;       /**< by person: the caller's to fill */
    struct tg_ordered_value {
        double value;
        uint32_t person;
    } * order, *scratch; /**< NULL: no distribution functions */
};

/** @param distributions  is ecdf_max wanted? It costs sorting every number. */
TG_CHECKED enum tg_status tg_comparing_begin(const struct tg_sample *sample,
                                             const struct tg_matched *matched, bool distributions,
                                             struct tg_comparing *out, struct tg_error *err);
/** Room for another thread, without distribution functions: weights and people are shared with the
 * first one, which outlives it. */
TG_CHECKED enum tg_status tg_comparing_share(const struct tg_comparing *first,
                                             struct tg_comparing *out, struct tg_error *err);
/** Compares what stands in `c->values`. */
struct tg_alike tg_compare(struct tg_comparing *c);
void tg_comparing_end(struct tg_comparing *c);

/** (Σw)² / Σw² over the controls' weights. */
double tg_effective_controls(const struct tg_comparing *c);

#endif
