/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The balance table of a matched sample.
 */
#ifndef TG_COHORT_BALANCE_H
#define TG_COHORT_BALANCE_H

#include "cohort/cohort.h"
#include "cohort/compare.h"

#define TG_UNBALANCED 0.1 /* Stuart 2010 */

struct tg_balance {
    struct tg_balance_row *rows;
    size_t n, cap;
    double effective_controls; /**< (Σw)² / Σw² */
    struct tg_arena names;     /**< of products */
};

/** What of the table is wanted beyond means and differences. */
enum tg_balance_wish {
    TG_BALANCE_ECDF = 1,          /**< distances of the distribution functions: sorts a number */
    TG_BALANCE_PRODUCTS = 2,      /**< also squares of numbers and products of terms */
    TG_BALANCE_PRODUCTS_ECDF = 4, /**< distances for these, too: there are many */
};

/**
 * Compares the arms before and after in every term of a design and, where there is one, in the
 * linear predictor, which comes first. Standardised mean differences are divided by all
 * participants' standard deviation (Stuart 2010; R's MatchIt).
 *
 * @param eta     by person, or NULL
 * @param left_out  NULL, or by person: who does not count before matching either
 * @param wishes  bits of enum tg_balance_wish
 * @param out     out: free it with tg_balance_free(), also after a failure
 */
TG_CHECKED enum tg_status tg_balance_make(const struct tg_sample *sample,
                                          const struct tg_model *design,
                                          const struct tg_matched *matched, const double *eta,
                                          const bool *left_out, unsigned wishes,
                                          const struct tg_reporter *reporter,
                                          struct tg_balance *out, struct tg_error *err);
void tg_balance_free(struct tg_balance *b);

#endif
