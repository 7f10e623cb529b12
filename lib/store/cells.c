/* SPDX-License-Identifier: Apache-2.0 */
#include "store/importing.h"
#include "text/calendar.h"
#include "text/decimal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum tg_status tg_cell_malformed(const struct tg_importing *im, const struct tg_token_row *row,
                                 size_t column, const char *form, struct tg_error *err)
{
    size_t n;
    const char *const *names = tg_token_file_carried(im->file, &n);
    return TG_FAIL(err, TG_MSG_IMPORT_CELL, .file = im->path, .line = row->line,
                   .column = column < n ? names[column] : NULL, .rule = form);
}

enum tg_status tg_cell_day(const struct tg_importing *im, const struct tg_token_row *row,
                           size_t column, uint32_t *day, struct tg_error *err)
{
    const struct tg_cell *cell = &row->carried[column];
    *day = TG_NO_DAY;
    if (cell->len && !tg_day_scan(cell->data, cell->len, day))
        return tg_cell_malformed(im, row, column, "YYYY-MM-DD", err);
    return TG_OK;
}

enum tg_status tg_cell_month(const struct tg_importing *im, const struct tg_token_row *row,
                             size_t column, int32_t *month, struct tg_error *err)
{
    const struct tg_cell *cell = &row->carried[column];
    *month = TG_NO_MONTH;
    if (cell->len && !tg_month_scan(cell->data, cell->len, month))
        return tg_cell_malformed(im, row, column, "YYYY-MM", err);
    return TG_OK;
}

enum tg_status tg_cell_sex(const struct tg_importing *im, const struct tg_token_row *row,
                           size_t column, uint8_t *sex, struct tg_error *err)
{
    const struct tg_cell *cell = &row->carried[column];
    *sex = 0;
    if (cell->len == 0)
        return TG_OK;
    if (cell->len != 1 || (cell->data[0] != '1' && cell->data[0] != '2'))
        return tg_cell_malformed(im, row, column, "1, 2", err);
    *sex = (uint8_t)(cell->data[0] - '0');
    return TG_OK;
}

/* A number that the library can read to its end, in C's notation. */
static bool number_text(const struct tg_cell *cell, char *out, size_t size)
{
    if (cell->len == 0 || cell->len >= size)
        return false;
    memcpy(out, cell->data, cell->len);
    out[cell->len] = '\0';
    return strspn(out, "+-.0123456789eE") == cell->len;
}

enum tg_status tg_cell_yen(const struct tg_importing *im, const struct tg_token_row *row,
                           size_t column, int64_t *yen, struct tg_error *err)
{
    char text[32], *end = text;
    *yen = 0;
    if (row->carried[column].len == 0)
        return TG_OK;
    errno = 0;
    if (number_text(&row->carried[column], text, sizeof text))
        *yen = strtoll(text, &end, 10);
    if (end == text || *end || errno || *yen > TG_YEN_MAX || *yen < -TG_YEN_MAX)
        return tg_cell_malformed(im, row, column, "whole yen, at most 10^15", err);
    return TG_OK;
}

enum tg_status tg_cell_real(const struct tg_importing *im, const struct tg_token_row *row,
                            size_t column, double *value, struct tg_error *err)
{
    char text[64], *end = text;
    *value = NAN;
    if (row->carried[column].len == 0)
        return TG_OK;
    if (number_text(&row->carried[column], text, sizeof text))
        *value = strtod(text, &end);
    if (end == text || *end || !isfinite(*value))
        return tg_cell_malformed(im, row, column, "a number", err);
    return TG_OK;
}

enum tg_status tg_cell_word(struct tg_importing *im, const struct tg_token_row *row, size_t column,
                            int64_t *word, struct tg_error *err)
{
    const struct tg_cell *cell = &row->carried[column];
    return tg_word_intern(&im->words, cell->data, cell->len, word, err);
}

enum tg_status tg_cell_attributes(struct tg_importing *im, const struct tg_token_row *row,
                                  int64_t *word, struct tg_error *err)
{
    struct tg_buf *json = &im->scratch;
    enum tg_status status = TG_OK;
    *word = 0;
    json->len = 0;
    for (size_t i = 0; !status && i < im->n_attributes; i++) {
        const struct tg_cell *cell = &row->carried[im->attributes[i].column];
        if (cell->len)
            status = tg_json_text(json, im->attributes[i].name, cell->data, cell->len, err);
    }
    if (status || json->len == 0)
        return status;
    status = tg_buf_add_char(json, '}', err);
    return status ? status : tg_word_intern(&im->words, json->data, json->len, word, err);
}
