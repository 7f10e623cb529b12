/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Matching on any CSV of people: who of those without the treatment is compared with whom.
 *
 * Where a method and its numbers come from: propensity scores and calipers in standard deviations
 * of the linear predictor, Rosenbaum and Rubin (1985), Austin (2011); nearest neighbours and their
 * balance, Stuart (2010); coarsened exact matching, Iacus, King and Porro (2012); overlap weights,
 * Li, Morgan and Zaslavsky (2018). Pairs, weights and balance are those of R's MatchIt 4.5.1.
 */
#ifndef TOTSUGO_MATCH_H
#define TOTSUGO_MATCH_H

#include <totsugo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tg_match_method {
    TG_MATCH_NEAREST, /**< the nearest free control */
    TG_MATCH_EXACT,   /**< everybody of the strata that have both arms */
    TG_MATCH_CEM,     /**< the same, numbers coarsened at cut points */
    TG_MATCH_IPW,     /**< everybody, weighted for the effect on the participants */
    TG_MATCH_OVERLAP, /**< everybody, weighted for the people who could be in either arm */
};

/** What "nearest" means. */
enum tg_match_distance {
    TG_DISTANCE_LOGIT,       /**< difference of the linear predictors of a logistic regression */
    TG_DISTANCE_MAHALANOBIS, /**< of the covariates, under their pooled covariance in the arms */
};

/** Which participant chooses first, by linear predictor; equal ones in the input's order. */
enum tg_match_order { TG_ORDER_LARGEST, TG_ORDER_SMALLEST, TG_ORDER_DATA };

/** Where a number is cut for TG_MATCH_CEM. A value at a cut point belongs above it. */
struct tg_cutpoints {
    const char *column;
    const double *cuts; /**< any order; one value twice counts once */
    size_t n;           /**< 0: one level for all */
};

/** All strings are UTF-8 and borrowed; a list's column may be in other lists, too. */
struct tg_match_options {
    const char *input;     /**< required; CSV with a header, UTF-8 or CP932; the first column is
                                the id. "-": standard input, UTF-8 */
    const char *treatment; /**< required; a column of 0 (control) and 1 (participant) */
    const char *const *covariates; /**< required but for TG_MATCH_EXACT; a column with anything
                                        but numbers becomes its levels */
    size_t n_covariates;
    const char *const *exact; /**< columns in which set members are equal */
    size_t n_exact;
    const struct tg_cutpoints *cutpoints; /**< numbers without any are cut into
                                               ⌈log₂ n + 1⌉ bins of one width (Sturges) */
    size_t n_cutpoints;
    enum tg_match_method method;
    enum tg_match_distance distance;
    uint32_t ratio;   /**< controls of a participant, 1…1000; 0 counts as 1. In rounds: all
                           participants have their n-th before anybody has the (n + 1)-th */
    double caliper;   /**< the farthest a control may be, in standard deviations of all people's
                           linear predictor; 0: anywhere */
    bool replacement; /**< a control may be in several sets */
    enum tg_match_order order;
    bool flag_missing;     /**< a missing number becomes the others' mean and a 0/1 covariate of its
                                own, a missing text a level; else missing values are refused */
    const char *output;    /**< required; id,arm,set,weight,propensity */
    const char *balance;   /**< NULL, or where the balance goes */
    const char *unmatched; /**< NULL, or where id,reason of participants without a set go */
    bool interactions;     /**< also squares and products of the covariates in the balance */
    bool force;            /**< replace outputs that are there */
};

struct tg_match_counts {
    uint64_t participants, controls;       /**< in the input */
    uint64_t matched, controls_used, sets; /**< different people; sets 0 for weights */
    uint64_t no_stratum;                   /**< participants whose stratum has no control */
    uint64_t outside_caliper;              /**< no control of the stratum was within it */
    uint64_t used_up;                      /**< all that were had been given to others */
    double caliper_width;                  /**< on the linear predictor; NaN: none */
    double effective_controls;             /**< (Σw)² / Σw² */
    double worst_smd;                      /**< largest |SMD| afterwards; NaN: none defined */
    uint64_t unbalanced;                   /**< covariates with |SMD| of 0.1 or more */
    double support_low, support_high;      /**< where both arms have propensities; NaN: not
                                                estimated */
};

/**
 * Matches. The result depends on the input and the options alone. Of controls that are equally far
 * (within 1e-10) by linear predictor the one with the higher is taken; of controls that are equal,
 * or equally far by Mahalanobis distance, the one that comes first in the input.
 *
 * `output` has a row for every person in a set, by set, participant first, then by id; sets are
 * numbered by their first participant's id. A control has one row for every set it is in; its
 * weights over all rows are MatchIt's. `propensity` is empty where no regression was made.
 * `balance` has a row for every covariate, level and, where there is one, the linear predictor
 * (`distance`). SMDs are divided by the standard deviation of all participants, √(p(1 − p)) for
 * 0/1 covariates; NaN, an empty cell, where that is 0.
 *
 * Memory is linear in rows × columns used; time is O(log n) for each control looked for, and
 * linear in a stratum's controls (within the caliper) for TG_DISTANCE_MAHALANOBIS.
 *
 * @param reporter  NULL, or told of progress, of covariates that follow from others, of
 *                  separation, and of covariates that stayed unbalanced
 * @param counts    out: NULL, or set on success
 * @return TG_OK; TG_USAGE: options that do not go together; TG_NO_INPUT; TG_DATA: a column is
 *         missing, values are missing or not what they must be, the arms have nothing in common,
 *         or nobody could be matched; TG_CANT_CREATE; TG_IO; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_match_file(const struct tg_match_options *options,
                                               const struct tg_reporter *reporter,
                                               struct tg_match_counts *counts,
                                               struct tg_error *err);

#ifdef __cplusplus
}
#endif
#endif
