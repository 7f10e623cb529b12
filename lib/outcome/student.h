/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Student's t distribution and Welch's comparison of two means.
 */
#ifndef TG_OUTCOME_STUDENT_H
#define TG_OUTCOME_STUDENT_H

#include <stdint.h>

/**
 * The probability that |T| ≥ |t| for T with `df` degrees of freedom.
 *
 * It is the regularised incomplete beta function I_x(df/2, 1/2) at x = df / (df + t²), as a
 * hypergeometric function (DLMF 8.17.8): near 0 by the complement, further out after Pfaff's
 * transformation (DLMF 15.8.1), where all terms of the continued fraction (DLMF 15.7.5) are
 * positive and nothing cancels, however large df is. The fraction is evaluated by Lentz's method as
 * modified by Thompson and Barnett (1986). Relative error below 1e-11 for |t| up to 1e150.
 *
 * @param df  > 0; need not be whole
 * @return 0…1; NaN when t or df is NaN or df ≤ 0
 */
double tg_student_p(double t, double df);

/** The t whose two-sided probability is `p`, 0 < p ≤ 1: tg_student_p(t, df) = p. */
double tg_student_t(double p, double df);

/** The probability that |Z| ≥ |z| for a standard normal Z; NaN for NaN. */
double tg_normal_p(double z);
/** The z whose two-sided probability is `p`, 0 < p ≤ 1. */
double tg_normal_z(double p);
/** The probability that χ² with one degree of freedom is at least `x`. */
double tg_chi_square_1(double x);
/** Student's or, with infinite `df`, the normal distribution. */
double tg_two_sided_p(double t, double df);
double tg_two_sided_t(double p, double df);

/** Values of one arm, summed up. */
struct tg_sample {
    uint64_t n;
    double mean;
    double variance; /**< n − 1; NaN for n < 2 */
};
struct tg_sample tg_sample_of(const double *values, uint64_t n);

/** The difference of two means with what is known about it. NaN where undefined. */
struct tg_difference {
    double effect;             /**< a − b */
    double ci_low, ci_high, p; /**< 95 % and two-sided */
    double df;
};
/**
 * Welch's t test (Welch 1947) with Satterthwaite's degrees of freedom. Interval and p are undefined
 * when an arm has fewer than two values or neither varies.
 */
struct tg_difference tg_welch(const struct tg_sample *a, const struct tg_sample *b);

#endif
