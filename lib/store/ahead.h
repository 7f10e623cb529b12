/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Rows of a token file, read and checked by a thread of their own, and looked at by a second one,
 * while the rows before are written. They come in the file's order, and an error comes after the
 * rows before it, so that nothing depends on the threads.
 */
#ifndef TG_STORE_AHEAD_H
#define TG_STORE_AHEAD_H

#include "store/intern.h"

struct tg_ahead;

/** A row and what was found out about it. Its cells are a copy of its own. */
struct tg_read_row {
    struct tg_token_row row;
    struct tg_found found;
};

/**
 * What the second thread does with rows, in the file's order and some thousand at a time at most:
 * it may read what does not change while rows are read.
 *
 * @return TG_OK, TG_NO_MEMORY; what is wrong with a row is told when its turn comes
 */
typedef enum tg_status tg_on_read(void *ctx, struct tg_read_row *rows, size_t n,
                                  struct tg_error *err);

/** @param on  called in the second thread. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_ahead_start(struct tg_token_file *file, tg_on_read *on, void *ctx,
                                         struct tg_ahead **out, struct tg_error *err);
/** The next row, valid until the one after it. @return as tg_token_file_next() and `on` */
TG_CHECKED enum tg_status tg_ahead_next(struct tg_ahead *r, const struct tg_read_row **row,
                                        bool *end, struct tg_error *err);
/** Ends the threads, too, wherever they are. NULL and pointer to NULL are allowed. */
void tg_ahead_free(struct tg_ahead **r);

#endif
