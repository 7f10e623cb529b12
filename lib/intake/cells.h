/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Token cells as records hold them: half the bytes of their text, in the same order.
 *
 * A cell is TG_CELL_TOKEN and 16 bytes for each of its tokens, then TG_CELL_END. In the text ','
 * comes before hex digits and before ';', which in turn come in the order of the bytes they stand
 * for; so memcmp() puts both in one order.
 */
#ifndef TG_INTAKE_CELLS_H
#define TG_INTAKE_CELLS_H

#include "base/mem.h"

#include <totsugo/crypto.h>

#include <string.h>

enum {
    TG_CELL_END = 0,
    TG_CELL_TOKEN = 1,
    TG_CELL_STEP = 1 + TG_TOKEN_LEN, /**< bytes of one token in a cell */
};

/** Puts a token where there is room for TG_CELL_STEP bytes. @return behind it */
static inline char *tg_cell_put(char *to, const unsigned char token[TG_TOKEN_LEN])
{
    *to = TG_CELL_TOKEN;
    memcpy(to + 1, token, TG_TOKEN_LEN);
    return to + TG_CELL_STEP;
}

/** Behind the cell that begins at `cell`. */
static inline const unsigned char *tg_cell_skip(const unsigned char *cell)
{
    while (*cell == TG_CELL_TOKEN)
        cell += TG_CELL_STEP;
    return cell + 1;
}

/**
 * Appends `n` cells as the token file has them, each with a comma behind it.
 *
 * @param len  bytes from `cells` on that may be read; the cells are whole
 * @param end  out: behind the last cell
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_cells_write(const unsigned char *cells, size_t len, size_t n,
                                         struct tg_buf *text, const unsigned char **end,
                                         struct tg_error *err);

#endif
