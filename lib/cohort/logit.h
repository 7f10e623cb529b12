/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Logistic regression by iteratively reweighted least squares (McCullagh and Nelder 1989, 2.5).
 *
 * The same input gives the same numbers on every processor: sums are made in a fixed order, the
 * exponential is our own, and coefficients are rounded to 40 bits before they are used.
 */
#ifndef TG_COHORT_LOGIT_H
#define TG_COHORT_LOGIT_H

#include "cohort/design.h"

struct tg_logit {
    double *eta;          /**< linear predictor, by person */
    double *coefficients; /**< by term; NaN: left out, since it follows from those before it */
    double intercept;
    unsigned iterations;
    bool converged;
    size_t separating; /**< the term that separates most when it did not converge */
};

/**
 * Fits treatment on the terms. Told to the reporter: covariates that follow from others, and
 * covariates that separate the arms for some people.
 *
 * @return TG_OK; TG_DATA: the covariates separate the arms completely; TG_CANCELLED; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_logit_fit(const struct tg_sample *sample,
                                       const struct tg_model *design, const char *file,
                                       const struct tg_reporter *reporter, struct tg_logit *out,
                                       struct tg_error *err);
void tg_logit_free(struct tg_logit *logit);

/** 1 / (1 + e^−eta). */
double tg_logistic(double eta);
/** e^x, within 2 ulp, the same on every processor. */
double tg_exp(double x);

/**
 * The lower triangle L of a Cholesky decomposition, row by row; rows that follow from those before
 * them are left out.
 *
 * @param gram  p × p, symmetric, with ones on the diagonal (or zeros: left out)
 * @param kept  out: p flags
 */
TG_CHECKED enum tg_status tg_independent(const double *gram, size_t p, bool *kept,
                                         struct tg_error *err);

#endif
