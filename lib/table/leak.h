/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * How much a token column gives away by how often its tokens come. Who knows the population and
 * sees a token file can tell the value of a token that very many people share, whatever key it was
 * made with; so a key whose tokens have little entropy is said to the reader.
 *
 * Looked at are the TG_LEAK_ROWS rows with the smallest row ids. Row ids are keyed, so these are a
 * random sample, and the same one for the desk that makes a file and the machine that imports it,
 * whatever the threads. A token that one person in a hundred shares is met there about 20 times.
 */
#ifndef TG_TABLE_LEAK_H
#define TG_TABLE_LEAK_H

#include "base/mem.h"

#include <totsugo/crypto.h>

enum { TG_LEAK_ROWS = 2048 };

/** Rows being looked at; one a thread. */
struct tg_leak;

/** What one column's tokens are like, among the rows looked at. */
struct tg_leak_measure {
    uint64_t rows;    /**< with a token */
    uint64_t largest; /**< that share one token */
    double bits; /**< −log₂ of the share of pairs of rows that agree (collision entropy); of
                      rows that never agree: of one pair */
};

/** @param n_columns  token columns of a file, at most 65,535 @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_leak_new(size_t n_columns, struct tg_leak **out, struct tg_error *err);
/** NULL is allowed. */
void tg_leak_free(struct tg_leak **leak);

/** Is a row of this id looked at? Most are not. */
bool tg_leak_wants(const struct tg_leak *leak, const unsigned char row_id[TG_TOKEN_LEN]);
/** Begins a row that is wanted. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status
tg_leak_row(struct tg_leak *leak, const unsigned char row_id[TG_TOKEN_LEN], struct tg_error *err);
/** Adds a token of the row; columns in any order. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_leak_token(struct tg_leak *leak, size_t column,
                                        const unsigned char token[TG_TOKEN_LEN],
                                        struct tg_error *err);
/** Takes over what another thread has looked at. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_leak_merge(struct tg_leak *into, const struct tg_leak *from,
                                        struct tg_error *err);
/** Measures every column. @param out  out: n_columns @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_leak_measure(struct tg_leak *leak, struct tg_leak_measure *out,
                                          struct tg_error *err);

/**
 * Does a column give values away: with at least 1,000 rows to judge by, do more than one in a
 * hundred share one token, or does a row agree with more than one in 1,024 others on average?
 */
bool tg_leak_gives_away(const struct tg_leak_measure *m);
/** "37 of 2048 rows share one token; 8.4 bits", for a warning. */
void tg_leak_print(const struct tg_leak_measure *m, char *out, size_t size);

#endif
