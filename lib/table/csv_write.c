/* SPDX-License-Identifier: Apache-2.0 */
#include "table/csv.h"

#include <csv.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FLUSH = 128 * 1024,
    REAL_MAX = 400, /* characters of the largest double with 15 decimals */
};

struct tg_csv_writer {
    struct tg_output *output;
    struct tg_digest *digest;
    struct tg_buf buf;
    size_t row; /* where the row begins in `buf` */
    size_t n_cells;
    uint64_t rows;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool needs_quotes(const char *cell, size_t len)
{
    if (len && (is_blank(cell[0]) || is_blank(cell[len - 1])))
        return true;
    for (size_t i = 0; i < len; i++) {
        if (cell[i] == ',' || cell[i] == '"' || cell[i] == '\n' || cell[i] == '\r')
            return true;
    }
    return false;
}

enum tg_status tg_csv_quote(struct tg_buf *out, const char *cell, size_t len, struct tg_error *err)
{
    if (!needs_quotes(cell, len))
        return tg_buf_add(out, cell, len, err);
    size_t most = len < SIZE_MAX / 4 ? 2 * len + 2 : SIZE_MAX;
    enum tg_status status = tg_buf_reserve(out, most, err);
    if (status)
        return status;
    out->len += csv_write2(out->data + out->len, most, cell, len, '"');
    return TG_OK;
}

enum tg_status tg_csv_create(const char *path, unsigned flags, struct tg_csv_writer **out,
                             struct tg_error *err)
{
    struct tg_csv_writer *w = tg_calloc(1, sizeof *w, err);
    if (!w)
        return TG_NO_MEMORY;
    enum tg_status status = tg_digest_new(&w->digest, err);
    if (!status)
        status = tg_buf_reserve(&w->buf, 2 * (size_t)FLUSH, err);
    if (!status)
        status = tg_output_begin(path, flags, &w->output, err);
    if (status)
        tg_csv_discard(&w);
    else
        *out = w;
    return status;
}

static enum tg_status begin_cell(struct tg_csv_writer *w, struct tg_error *err)
{
    return w->n_cells++ ? tg_buf_add_char(&w->buf, ',', err) : TG_OK;
}

enum tg_status tg_csv_put(struct tg_csv_writer *w, const char *cell, size_t len,
                          struct tg_error *err)
{
    enum tg_status status = begin_cell(w, err);
    return status ? status : tg_csv_quote(&w->buf, cell, len, err);
}

enum tg_status tg_csv_put_text(struct tg_csv_writer *w, const char *cell, struct tg_error *err)
{
    return tg_csv_put(w, cell, strlen(cell), err);
}

enum tg_status tg_csv_put_int(struct tg_csv_writer *w, int64_t number, struct tg_error *err)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)number);
    return tg_csv_put(w, text, (size_t)len, err);
}

enum tg_status tg_csv_put_real(struct tg_csv_writer *w, double number, int decimals,
                               struct tg_error *err)
{
    char text[REAL_MAX];
    if (!isfinite(number) || decimals < 0 || decimals > 15)
        return tg_csv_put(w, "", 0, err);
    int len = snprintf(text, sizeof text, "%.*f", decimals, number);
    /* what rounds to zero has no sign */
    bool minus_zero = text[0] == '-' && strspn(text, "-0.") == (size_t)len;
    return tg_csv_put(w, text + minus_zero, (size_t)len - minus_zero, err);
}

enum tg_status tg_csv_put_hex(struct tg_csv_writer *w, const void *data, size_t len,
                              struct tg_error *err)
{
    enum tg_status status = begin_cell(w, err);
    if (!status)
        status = tg_buf_reserve(&w->buf, len < SIZE_MAX / 2 ? 2 * len : SIZE_MAX, err);
    if (status)
        return status;
    tg_hex_encode(data, len, w->buf.data + w->buf.len);
    w->buf.len += 2 * len;
    return TG_OK;
}

enum tg_status tg_csv_digest_raw(struct tg_csv_writer *w, const void *rows, size_t len,
                                 struct tg_error *err)
{
    (void)err;
    tg_digest_add(w->digest, rows, len);
    return TG_OK;
}

enum tg_status tg_csv_write_raw(struct tg_csv_writer *w, const void *rows, size_t len,
                                struct tg_error *err)
{
    return tg_output_write(w->output, rows, len, err);
}

enum tg_status tg_csv_flush(struct tg_csv_writer *w, struct tg_error *err)
{
    tg_digest_add(w->digest, w->buf.data, w->buf.len);
    enum tg_status status = tg_output_write(w->output, w->buf.data, w->buf.len, err);
    w->buf.len = 0;
    w->row = 0;
    return status;
}

enum tg_status tg_csv_end_row(struct tg_csv_writer *w, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    /* an empty line would be no row */
    if (w->buf.len == w->row)
        status = tg_buf_add(&w->buf, "\"\"", 2, err);
    if (!status)
        status = tg_buf_add_char(&w->buf, '\n', err);
    if (status)
        return status;
    w->n_cells = 0;
    w->rows++;
    w->row = w->buf.len;
    return w->buf.len < FLUSH ? TG_OK : tg_csv_flush(w, err);
}

enum tg_status tg_csv_put_raw(struct tg_csv_writer *w, const void *rows, size_t len,
                              struct tg_error *err)
{
    enum tg_status status = tg_buf_add(&w->buf, rows, len, err);
    if (status)
        return status;
    w->row = w->buf.len;
    return w->buf.len < FLUSH ? TG_OK : tg_csv_flush(w, err);
}

enum tg_status tg_csv_put_row(struct tg_csv_writer *w, const char *const *cells, size_t n,
                              struct tg_error *err)
{
    for (size_t i = 0; i < n; i++) {
        enum tg_status status = tg_csv_put_text(w, cells[i], err);
        if (status)
            return status;
    }
    return tg_csv_end_row(w, err);
}

uint64_t tg_csv_rows(const struct tg_csv_writer *w)
{
    return w->rows;
}

enum tg_status tg_csv_finish(struct tg_csv_writer **w, char *sha256, struct tg_output **out,
                             struct tg_error *err)
{
    char hex[TG_DIGEST_HEX + 1];
    enum tg_status status = tg_csv_flush(*w, err);
    if (!status) {
        tg_digest_hex((*w)->digest, hex);
        if (sha256)
            memcpy(sha256, hex, sizeof hex);
        *out = (*w)->output;
        (*w)->output = NULL;
    }
    tg_csv_discard(w);
    return status;
}

enum tg_status tg_csv_commit(struct tg_csv_writer **w, char *sha256, struct tg_error *err)
{
    struct tg_output *output = NULL;
    enum tg_status status = tg_csv_finish(w, sha256, &output, err);
    return status ? status : tg_output_commit(&output, err);
}

void tg_csv_discard(struct tg_csv_writer **w)
{
    if (!w || !*w)
        return;
    tg_output_discard(&(*w)->output);
    tg_digest_free(&(*w)->digest);
    tg_buf_free(&(*w)->buf);
    free(*w);
    *w = NULL;
}
