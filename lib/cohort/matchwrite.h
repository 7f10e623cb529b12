/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The files that matching writes.
 */
#ifndef TG_COHORT_MATCHWRITE_H
#define TG_COHORT_MATCHWRITE_H

#include "cohort/compare.h"

/**
 * Writes sets, unmatched and balance, as the options ask, and counts what the balance says. The
 * files appear together or not at all.
 */
TG_CHECKED enum tg_status tg_match_write(const struct tg_matching *in,
                                         const struct tg_matched *matched,
                                         struct tg_match_counts *counts, struct tg_error *err);

#endif
