/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/cells.h"

#include <string.h>

enum { HEX_LEN = 2 * TG_TOKEN_LEN };

enum tg_status tg_cells_write(const unsigned char *cells, size_t len, size_t n, struct tg_buf *text,
                              const unsigned char **end, struct tg_error *err)
{
    /* 17 bytes become 33 characters, an end becomes one at most */
    enum tg_status status = tg_buf_reserve(text, 2 * len, err);
    if (status)
        return status;
    char *to = text->data + text->len;
    for (size_t i = 0; i < n; i++) {
        const unsigned char *cell = cells;
        for (; *cells == TG_CELL_TOKEN; cells += TG_CELL_STEP) {
            if (cells != cell)
                *to++ = ';';
            tg_hex_encode(cells + 1, TG_TOKEN_LEN, to);
            to += HEX_LEN;
        }
        *to++ = ',';
        cells++;
    }
    text->len = (size_t)(to - text->data);
    *end = cells;
    return TG_OK;
}
