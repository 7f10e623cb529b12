/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/student.h"

#include <float.h>
#include <math.h>

enum { MAX_STEPS = 1000000 };

static const double sqrt_pi = 1.7724538509055160273;
static const double sqrt_2 = 1.4142135623730950488;

/* Γ(a + ½) / Γ(a). Far out by the series of its logarithm (from DLMF 5.11.8), whose first omitted
 * term is below 2e-17 there; nearer by Γ(a + 1) = a Γ(a). */
static double gamma_ratio(double a)
{
    double factor = 1;
    for (; a < 20; a++)
        factor *= a / (a + 0.5);
    double z = 1 / (a * a);
    double series =
        -1 / 8.0 + z * (1 / 192.0 + z * (-1 / 640.0 + z * (17 / 14336.0 - z * 31 / 18432.0)));
    return factor * sqrt(a) * exp(series / a);
}

/* F(1, b; c; z) by the continued fraction of Gauss (DLMF 15.7.5), evaluated by Lentz's method. */
static double hypergeometric(double b, double c, double z)
{
    double f = 1, above = 1, below = 0;
    for (int j = 1; j <= MAX_STEPS; j++) {
        double m = j / 2;
        double term = j % 2 ? -z * (b + m) * (c + m - 1) / ((c + 2 * m - 1) * (c + 2 * m))
                            : -z * m * (c - b + m - 1) / ((c + 2 * m - 2) * (c + 2 * m - 1));
        above = 1 + term / above;
        below = 1 + term * below;
        if (fabs(above) < DBL_MIN)
            above = DBL_MIN;
        if (fabs(below) < DBL_MIN)
            below = DBL_MIN;
        below = 1 / below;
        f *= above * below;
        if (fabs(above * below - 1) < DBL_EPSILON)
            break;
    }
    return 1 / f;
}

double tg_student_p(double t, double df)
{
    if (isnan(t) || isnan(df) || df <= 0)
        return NAN;
    double a = df / 2, ratio = t * t / df;
    if (isinf(ratio))
        return 0;
    double y = ratio / (1 + ratio);
    /* x^a (1 − x)^½ / B(a, ½) with y = 1 − x */
    double front = exp(-a * log1p(ratio)) * sqrt(y) * gamma_ratio(a) / sqrt_pi;
    if (t * t < fmin(3, 2 * df))
        return 1 - 2 * front * hypergeometric(a + 0.5, 1.5, y);
    return front / (a * y) * hypergeometric(0.5, a + 1, -1 / ratio);
}

/* By halving: the probability falls as t grows. */
static double quantile(double p, double df)
{
    double low = 0, high = 1;
    while (tg_two_sided_p(high, df) > p)
        high *= 2;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            return middle;
        if (tg_two_sided_p(middle, df) > p)
            low = middle;
        else
            high = middle;
    }
}

double tg_student_t(double p, double df)
{
    if (isnan(p) || isnan(df) || df <= 0 || p <= 0 || p > 1)
        return NAN;
    return quantile(p, df);
}

double tg_normal_p(double z)
{
    return erfc(fabs(z) / sqrt_2);
}

double tg_normal_z(double p)
{
    if (isnan(p) || p <= 0 || p > 1)
        return NAN;
    return quantile(p, INFINITY);
}

double tg_chi_square_1(double x)
{
    return x >= 0 ? erfc(sqrt(x / 2)) : NAN;
}

double tg_two_sided_p(double t, double df)
{
    return isinf(df) ? tg_normal_p(t) : tg_student_p(t, df);
}

double tg_two_sided_t(double p, double df)
{
    return isinf(df) ? tg_normal_z(p) : tg_student_t(p, df);
}

struct tg_sample tg_sample_of(const double *values, uint64_t n)
{
    struct tg_sample s = {n, NAN, NAN};
    if (n == 0)
        return s;
    double sum = 0, squares = 0, low = values[0], high = values[0];
    for (uint64_t i = 0; i < n; i++) {
        sum += values[i];
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    /* rounding must not make a constant vary */
    s.mean = low < high ? sum / (double)n : low;
    for (uint64_t i = 0; i < n; i++)
        squares += (values[i] - s.mean) * (values[i] - s.mean);
    if (n > 1)
        s.variance = squares / (double)(n - 1);
    return s;
}

struct tg_difference tg_welch(const struct tg_sample *a, const struct tg_sample *b)
{
    struct tg_difference d = {a->mean - b->mean, NAN, NAN, NAN, NAN};
    double na = (double)a->n, nb = (double)b->n;
    double ea = a->variance / na, eb = b->variance / nb;
    if (!(ea + eb > 0))
        return d;
    double error = sqrt(ea + eb);
    d.df = (ea + eb) * (ea + eb) / (ea * ea / (na - 1) + eb * eb / (nb - 1));
    d.p = tg_student_p(d.effect / error, d.df);
    double half = tg_student_t(0.05, d.df) * error;
    d.ci_low = d.effect - half;
    d.ci_high = d.effect + half;
    return d;
}
