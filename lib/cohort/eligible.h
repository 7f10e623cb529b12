/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who may take part in a given index month; private to the room.
 */
#ifndef TG_COHORT_ELIGIBLE_H
#define TG_COHORT_ELIGIBLE_H

#include "cohort/cohort.h"

/** The first rule that keeps somebody out, in the order of struct tg_cohort_flow. */
enum tg_eligibility {
    TG_ELIGIBLE,
    TG_NO_INDEX_MONTH,
    TG_OUTSIDE_AGE,
    TG_NO_BASELINE,
    TG_NOT_INSURED,
    TG_NO_FOLLOWUP,
    TG_N_ELIGIBILITIES
};

enum tg_eligibility tg_eligibility_in(const struct tg_cohort_input *input, uint32_t person,
                                      int32_t index_month);

/** Fills start, last and end of a member whose person and index month stand, and who is eligible
 * in it. */
void tg_observe(const struct tg_cohort_input *input, struct tg_member *member);

#endif
