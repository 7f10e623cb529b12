/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/random.h"

#include <math.h>
#include <string.h>

#define GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)
#define LN2          0.69314718055994530942

uint64_t tg_gen_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

struct tg_gen_rng tg_gen_rng(uint64_t seed, enum tg_gen_stream stream, uint64_t a, uint64_t b)
{
    uint64_t x = tg_gen_mix(seed + GOLDEN_GAMMA);
    x = tg_gen_mix(x ^ ((uint64_t)stream * GOLDEN_GAMMA));
    x = tg_gen_mix(x + a * GOLDEN_GAMMA);
    return (struct tg_gen_rng){tg_gen_mix(x ^ (b * GOLDEN_GAMMA))};
}

uint64_t tg_gen_next(struct tg_gen_rng *r)
{
    r->state += GOLDEN_GAMMA;
    return tg_gen_mix(r->state);
}

uint32_t tg_gen_below(struct tg_gen_rng *r, uint32_t n)
{
    return (uint32_t)(((tg_gen_next(r) >> 32) * n) >> 32);
}

int tg_gen_between(struct tg_gen_rng *r, int lo, int hi)
{
    return lo + (int)tg_gen_below(r, (uint32_t)(hi - lo) + 1);
}

double tg_gen_unit(struct tg_gen_rng *r)
{
    return ((double)(tg_gen_next(r) >> 12) + 0.5) * 0x1p-52;
}

bool tg_gen_chance(struct tg_gen_rng *r, double p)
{
    return tg_gen_unit(r) < p;
}

double tg_gen_normal(struct tg_gen_rng *r)
{
    double u, v, s;
    do {
        u = 2 * tg_gen_unit(r) - 1;
        v = 2 * tg_gen_unit(r) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * tg_gen_log(s) / s);
}

unsigned tg_gen_poisson(struct tg_gen_rng *r, double mean)
{
    double floor = tg_gen_exp(-mean);
    double product = tg_gen_unit(r);
    unsigned n = 0;
    while (product > floor) {
        product *= tg_gen_unit(r);
        n++;
    }
    return n;
}

int tg_gen_wait(struct tg_gen_rng *r, double per_year)
{
    double months = -tg_gen_log(tg_gen_unit(r)) * 12 / (per_year > 1e-9 ? per_year : 1e-9);
    return months < 2e6 ? (int)months : 2000000;
}

size_t tg_gen_pick(struct tg_gen_rng *r, const uint32_t *weights, size_t n, uint32_t total)
{
    uint32_t at = tg_gen_below(r, total);
    size_t i = 0;
    while (i + 1 < n && at >= weights[i])
        at -= weights[i++];
    return i;
}

/* x = m × 2^k with m near 1; ln m = 2 artanh((m − 1) / (m + 1)) as a series */
double tg_gen_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int k = (int)((bits >> 52) & 0x7ff) - 1023;
    bits = (bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3ff0000000000000);
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m /= 2;
        k++;
    }
    double t = (m - 1) / (m + 1);
    double t2 = t * t;
    static const double series[] = {1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
                                    1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3,  1.0};
    double sum = 0;
    for (size_t i = 0; i < sizeof series / sizeof series[0]; i++)
        sum = sum * t2 + series[i];
    return 2 * t * sum + k * LN2;
}

/* x = k ln 2 + f with |f| ≤ ln 2 / 2; e^f as a series, 2^k through the exponent's bits */
double tg_gen_exp(double x)
{
    double scaled = x / LN2;
    int k = (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    double f = x - k * LN2;
    static const double series[] = {1.0 / 6227020800,
                                    1.0 / 479001600,
                                    1.0 / 39916800,
                                    1.0 / 3628800,
                                    1.0 / 362880,
                                    1.0 / 40320,
                                    1.0 / 5040,
                                    1.0 / 720,
                                    1.0 / 120,
                                    1.0 / 24,
                                    1.0 / 6,
                                    1.0 / 2,
                                    1.0,
                                    1.0};
    double sum = 0;
    for (size_t i = 0; i < sizeof series / sizeof series[0]; i++)
        sum = sum * f + series[i];
    uint64_t bits = (uint64_t)(1023 + k) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}
