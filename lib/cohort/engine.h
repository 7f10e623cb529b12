/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Matching of a sample, wherever it comes from: a CSV of `match`, or the people of a study.
 */
#ifndef TG_COHORT_ENGINE_H
#define TG_COHORT_ENGINE_H

#include "cohort/matched.h"

/** What matching made of a sample, which it borrows. */
struct tg_engine {
    struct tg_model design;
    struct tg_strata strata;
    struct tg_logit logit; /**< eta NULL: no regression */
    struct tg_matching in;
    struct tg_matched matched;
    struct tg_match_counts counts; /**< without what balance says */
};

/**
 * Regression, strata and sets as the options ask; files in them are not looked at. Without
 * covariates TG_MATCH_NEAREST takes the first controls of the stratum in the sample's order.
 *
 * @param sample  with somebody in each arm
 * @param out     out: free it with tg_engine_free(), also after a failure
 * @return TG_OK, also with nobody matched; TG_DATA: covariates separate the arms completely
 *         (TG_MSG_MATCH_SEPARATED), too many levels, cut points for text; TG_CANCELLED;
 *         TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_engine_run(const struct tg_sample *sample,
                                        const struct tg_match_options *options,
                                        const struct tg_reporter *reporter, struct tg_engine *out,
                                        struct tg_error *err);
void tg_engine_free(struct tg_engine *e);

#endif
