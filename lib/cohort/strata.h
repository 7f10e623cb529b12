/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Strata: people who are equal in some columns, exactly or coarsened at cut points.
 */
#ifndef TG_COHORT_STRATA_H
#define TG_COHORT_STRATA_H

#include "cohort/sample.h"

/** By person: which stratum; numbers in the order of the input, from 0. */
struct tg_strata {
    uint32_t *of;
    uint32_t n; /**< strata there are; 1 when no column divides */
};

/**
 * Strata by the columns under `exact` and, for TG_MATCH_EXACT and TG_MATCH_CEM, by the covariates;
 * numbers among these are coarsened for TG_MATCH_CEM. Missing values are a level of their own.
 *
 * @return TG_OK; TG_DATA: cut points for a column of text, or for no covariate; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_strata_make(const struct tg_sample *sample,
                                         const struct tg_match_options *options,
                                         struct tg_strata *out, struct tg_error *err);
void tg_strata_free(struct tg_strata *strata);

#endif
