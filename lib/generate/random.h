/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Random numbers that are the same on every machine: splitmix64 (Steele, Lea, Flood 2014), one
 * stream for each thing drawn, and logarithm and exponential made of +, −, ×, ÷ alone, since those
 * of libm differ in the last bit between processors. C leaves open in which order an expression
 * evaluates its parts, so no expression draws twice.
 */
#ifndef TG_GENERATE_RANDOM_H
#define TG_GENERATE_RANDOM_H

#include <totsugo/base.h>

/** What a stream is for; two streams never share draws. */
enum tg_gen_stream {
    TG_GEN_STREAM_BLOCK = 1, /**< how 16 neighbours fall into households */
    TG_GEN_STREAM_HOUSEHOLD,
    TG_GEN_STREAM_PERSON,
    TG_GEN_STREAM_NAME,
    TG_GEN_STREAM_COURSE,
    TG_GEN_STREAM_MEDICAL,
    TG_GEN_STREAM_CARE,
    TG_GEN_STREAM_CHECKUP,
    TG_GEN_STREAM_ROSTER_ROW,
    TG_GEN_STREAM_LATE_ROW,
    TG_GEN_STREAM_LEDGER_ROW,
    TG_GEN_STREAM_USER,
    TG_GEN_STREAM_APP,
    TG_GEN_STREAM_CONSENT,
    TG_GEN_STREAM_STEPS,
    TG_GEN_STREAM_YEARS,
    TG_GEN_STREAM_LOSS, /**< did somebody enter why insurance ended? */
};

struct tg_gen_rng {
    uint64_t state;
};

/** The stream of one thing, for example of a person `a` in a month `b`. */
struct tg_gen_rng tg_gen_rng(uint64_t seed, enum tg_gen_stream stream, uint64_t a, uint64_t b);

/** A one-to-one scramble of 64 bits. */
uint64_t tg_gen_mix(uint64_t x);

uint64_t tg_gen_next(struct tg_gen_rng *r);
/** 0…n−1; n ≥ 1. The bias is below n / 2^32. */
uint32_t tg_gen_below(struct tg_gen_rng *r, uint32_t n);
/** lo…hi, both included. */
int tg_gen_between(struct tg_gen_rng *r, int lo, int hi);
/** In the open interval 0…1. */
double tg_gen_unit(struct tg_gen_rng *r);
bool tg_gen_chance(struct tg_gen_rng *r, double p);
/** Standard normal (Marsaglia's polar method). */
double tg_gen_normal(struct tg_gen_rng *r);
/** How many events of rate `mean` (0…10) happen (Knuth's method). */
unsigned tg_gen_poisson(struct tg_gen_rng *r, double mean);
/** Months until an event of a yearly rate happens first, 0…2,000,000. */
int tg_gen_wait(struct tg_gen_rng *r, double per_year);
/** The index of one of `n` weights whose sum is `total`. */
size_t tg_gen_pick(struct tg_gen_rng *r, const uint32_t *weights, size_t n, uint32_t total);

/** Natural logarithm of x > 0, and e^x for |x| < 600. */
double tg_gen_log(double x);
double tg_gen_exp(double x);

#endif
