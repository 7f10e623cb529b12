/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What the benchmarks share.
 */
#ifndef TG_BENCH_BENCH_H
#define TG_BENCH_BENCH_H

#include <totsugo/base.h>

#include <stdio.h>
#include <stdlib.h>

/** Ends the program, saying why, unless all is well. */
static inline void bench_must(const char *program, enum tg_status status,
                              const struct tg_error *err)
{
    char text[1024];
    if (!status)
        return;
    (void)tg_error_format(err, TG_ENGLISH, text, sizeof text);
    fprintf(stderr, "%s: %s\n", program, text);
    exit(EXIT_FAILURE);
}

/** A number like any other, always the same for one (the finaliser of MurmurHash3). */
static inline uint64_t bench_mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53u;
    return x ^ x >> 33;
}

#endif
