/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Small CSV files whose first row names the columns: lists of pairs, decisions, values.
 */
#ifndef TG_TABLE_NAMED_H
#define TG_TABLE_NAMED_H

#include "table/csv.h"

enum { TG_NAMED_COLUMNS_MAX = 8 };

/** A file being read; other columns than the wanted are passed over. */
struct tg_named;

/**
 * Opens a file and finds the columns in its header, in any order.
 *
 * @param path     UTF-8, "-" for standard input
 * @param columns  `n` names, at most TG_NAMED_COLUMNS_MAX; borrowed
 * @param digest   NULL, or gets every byte read; borrowed
 * @return TG_OK; TG_NO_INPUT; TG_DATA: a column is missing or stands twice, or it is no CSV; TG_IO;
 *         TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_named_open(const char *path, const char *const *columns, size_t n,
                                        struct tg_digest *digest, struct tg_named **out,
                                        struct tg_error *err);
/**
 * The next row.
 *
 * @param cells  out: the wanted columns' cells in the order asked for, valid until the next call
 * @param line   out: physical line on which the row starts
 * @return TG_OK; TG_DATA: a row with fewer cells than that, or no CSV; TG_IO; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_named_next(struct tg_named *in, const struct tg_cell **cells,
                                        uint64_t *line, bool *end, struct tg_error *err);
/** NULL is allowed. */
void tg_named_close(struct tg_named **in);

/** Is the cell this word? */
bool tg_cell_is(const struct tg_cell *cell, const char *word);
/** Reads a token or row id: 32 lower-case hex digits. @return false for anything else */
bool tg_cell_token(const struct tg_cell *cell, unsigned char out[TG_TOKEN_LEN]);

#endif
