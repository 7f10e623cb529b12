/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Rows of a token file, read and checked by a thread of their own while the rows before are
 * written. They come in the file's order, and an error comes after the rows before it, so that
 * nothing depends on the thread.
 */
#ifndef TG_STORE_AHEAD_H
#define TG_STORE_AHEAD_H

#include "store/intern.h"

struct tg_ahead;

/**
 * What else the thread does with a row: it may read what does not change while rows are read.
 *
 * @param digest  out: of the row's identity
 * @param has     out: was it computed?
 */
typedef enum tg_status tg_on_read(void *ctx, const struct tg_token_row *row,
                                  unsigned char digest[TG_TOKEN_LEN], bool *has,
                                  struct tg_error *err);

/** @param on  NULL: nothing else; called in the thread. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_ahead_start(struct tg_token_file *file, tg_on_read *on, void *ctx,
                                         struct tg_ahead **out, struct tg_error *err);
/**
 * The next row, valid until the one after it.
 *
 * @param digest  out: NULL where it was not computed
 * @return as tg_token_file_next() and `on`
 */
TG_CHECKED enum tg_status tg_ahead_next(struct tg_ahead *r, const struct tg_token_row **row,
                                        const unsigned char **digest, bool *end,
                                        struct tg_error *err);
/** Ends the thread, too, wherever it is. NULL and pointer to NULL are allowed. */
void tg_ahead_free(struct tg_ahead **r);

#endif
