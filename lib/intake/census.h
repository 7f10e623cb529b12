/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * How many rows share one token: an exact count a token column, in bounded memory. Tokens are told
 * apart by their first 8 bytes.
 */
#ifndef TG_INTAKE_CENSUS_H
#define TG_INTAKE_CENSUS_H

#include "base/mem.h"

enum { TG_CENSUS_LARGEST = 5 };

struct tg_census;

/** What was counted of one column. */
struct tg_census_column {
    uint64_t distinct;
    uint64_t largest[TG_CENSUS_LARGEST]; /**< descending */
};

/**
 * @param n_columns  token columns, at most 65,536
 * @param lanes      threads that add
 * @param memory     bytes; beyond it counts go to scratch files in folder `dir` (borrowed)
 */
TG_CHECKED enum tg_status tg_census_new(size_t n_columns, size_t lanes, uint64_t memory,
                                        const char *dir, struct tg_census **out,
                                        struct tg_error *err);
/** `uses` more rows have the token; different lanes at the same time. */
TG_CHECKED enum tg_status tg_census_add(struct tg_census *c, size_t lane, size_t column,
                                        uint64_t prefix, uint64_t uses, struct tg_error *err);
/** Puts a lane in order; after its last token, different lanes at the same time. */
TG_CHECKED enum tg_status tg_census_seal(struct tg_census *c, size_t lane, struct tg_error *err);
/**
 * Adds up every n-th column, beginning with `part`; when every lane has been sealed, different
 * parts at the same time.
 * @param out  out: n_columns, zeroed by the caller; those of this part are set
 */
TG_CHECKED enum tg_status tg_census_count(struct tg_census *c, size_t part, size_t n,
                                          struct tg_census_column *out, struct tg_error *err);
/** Bytes on disk at most, as tg_sorter_disk(). */
uint64_t tg_census_disk(const struct tg_census *c);
void tg_census_free(struct tg_census **c);

#endif
