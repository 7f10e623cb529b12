/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Raw files for benchmarks: claims and rosters of people who do not exist, always the same.
 */
#ifndef TG_BENCH_BENCH_DATA_H
#define TG_BENCH_BENCH_DATA_H

#include "text/decode.h"

/** Claims of `persons` people in no order, about 95 bytes a row in UTF-8. */
TG_CHECKED enum tg_status tg_bench_claims(const char *path, uint64_t rows, uint64_t persons,
                                          enum tg_encoding encoding, struct tg_error *err);
/** A roster of `persons` different people with everything that the `japanese` set can use. */
TG_CHECKED enum tg_status tg_bench_roster(const char *path, uint64_t persons,
                                          enum tg_encoding encoding, struct tg_error *err);
/** The study file for both: sources `claims`, `roster`; `tokens`: YAML of its tokens. */
TG_CHECKED enum tg_status tg_bench_study(const char *path, const char *tokens,
                                         struct tg_error *err);

#endif
