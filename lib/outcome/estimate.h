/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Estimates with their uncertainty. Pure: rows of numbers in, numbers out.
 *
 * Every estimate here is a difference of two arms whose influence of each row is known, so that one
 * variance serves all: the sum over clusters of the squared sum of influences. Clusters are matched
 * sets; where somebody stands in several sets, also persons (two-way: Cameron, Gelbach and Miller
 * 2011); where a set holds several participants (strata) or there are none, persons alone. For
 * means this is the cluster-robust variance of a (weighted) regression on the arm, as R's
 * sandwich::vcovCL(type = "HC1") has it (Zeileis, Köll and Graham 2020), with t on one degree less
 * than there are clusters.
 */
#ifndef TG_OUTCOME_ESTIMATE_H
#define TG_OUTCOME_ESTIMATE_H

#include <totsugo/base.h>

#include "cohort/cohort.h"

/** One person in one set. */
struct tg_row {
    uint32_t person;
    uint32_t set; /**< 0: none */
    enum tg_arm arm;
    double weight;      /**< > 0 */
    double probability; /**< of the participant's link */
    double value;       /**< a number; of a rate, the count */
    double exposure;    /**< of a rate: years, > 0 */
    int32_t time;       /**< of survival: the last month observed, from 1 */
    bool event;         /**< of survival: it happened in that month */
};

/** NaN where undefined. */
struct tg_estimate {
    uint64_t n[TG_N_ARMS]; /**< different people */
    double mean[TG_N_ARMS];
    double effect;             /**< participants − controls */
    double error;              /**< standard error */
    double df;                 /**< of t; infinite: normal */
    double ci_low, ci_high, p; /**< 95 % and two-sided */
    uint64_t clusters;
};

/** Weighted means of `value`. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_estimate_means(const struct tg_row *rows, size_t n,
                                            struct tg_estimate *out, struct tg_error *err);
/** Sum of `value` over sum of `exposure`. */
TG_CHECKED enum tg_status tg_estimate_rates(const struct tg_row *rows, size_t n,
                                            struct tg_estimate *out, struct tg_error *err);

/** One arm's survival by month. */
struct tg_survival {
    int32_t months;  /**< rows below: 0…months */
    double *at_risk; /**< weighted */
    double *events;
    double *risk;            /**< 1 − Kaplan-Meier, by the end of the month */
    double *low, *high;      /**< 95 %, log-log (Kalbfleisch and Prentice 2002) */
    uint64_t *event_persons; /**< unweighted, cumulative: for disclosure control */
};
/**
 * Risk within `months` by Kaplan and Meier (1958); somebody censored in a month is at risk in it.
 * Interval of the difference: influence functions of the estimate, which without weights and sets
 * give Greenwood's variance (1926) exactly; p: the log-rank test (Mantel 1966) where rows are
 * unweighted and nobody stands twice, else from the interval's error. Undefined where an arm is not
 * followed so far.
 *
 * @param curves  out: by arm; free them with tg_survival_free()
 */
TG_CHECKED enum tg_status tg_estimate_risk(const struct tg_row *rows, size_t n, int32_t months,
                                           struct tg_survival curves[TG_N_ARMS],
                                           struct tg_estimate *out, struct tg_error *err);
void tg_survival_free(struct tg_survival *curve);

/** The log-rank test of two arms: χ² with one degree of freedom. NaN without events. */
double tg_log_rank(const struct tg_row *rows, size_t n, int32_t months);

/** Mean of one arm against 0: Student's t, as R's t.test(x) has it; effect and mean are the mean.
 * Weighted and clustered as above when rows are. */
TG_CHECKED enum tg_status tg_estimate_one_arm(const struct tg_row *rows, size_t n, enum tg_arm arm,
                                              struct tg_estimate *out, struct tg_error *err);

/**
 * What the effect would be if links are wrong as often as their probabilities say. A stranger
 * behind a wrong link was no user, so is expected to fare as the controls do; then the effect seen
 * is the mean probability times the true one (Neter, Maynes and Ramanathan 1965; Lahiri and Larsen
 * 2005), and the true one lies between the effect seen and that divided by the mean probability.
 */
struct tg_linkage_range {
    double probability;     /**< weighted mean over participants' rows */
    double low, high;       /**< of the effect */
    double ci_low, ci_high; /**< the outermost ends of the intervals */
};
struct tg_linkage_range tg_linkage_range(const struct tg_row *rows, size_t n,
                                         const struct tg_estimate *estimate);

#endif
