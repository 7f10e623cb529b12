/* SPDX-License-Identifier: Apache-2.0 */
#include "table/named.h"

#include <stdlib.h>
#include <string.h>

struct tg_named {
    const char *path;
    const char *const *columns;
    size_t n;
    size_t at[TG_NAMED_COLUMNS_MAX]; /* cell by wanted column */
    struct tg_cell cells[TG_NAMED_COLUMNS_MAX];
    struct tg_input *input;
    struct tg_csv *csv;
};

bool tg_cell_is(const struct tg_cell *cell, const char *word)
{
    return cell->len == strlen(word) && memcmp(cell->data, word, cell->len) == 0;
}

bool tg_cell_token(const struct tg_cell *cell, unsigned char out[TG_TOKEN_LEN])
{
    return cell->len == (size_t)2 * TG_TOKEN_LEN && tg_hex_decode(cell->data, TG_TOKEN_LEN, out);
}

static enum tg_status find_column(struct tg_named *in, size_t wanted, const struct tg_cell *cells,
                                  size_t n, uint64_t line, struct tg_error *err)
{
    const char *name = in->columns[wanted];
    in->at[wanted] = n;
    for (size_t i = 0; i < n; i++) {
        if (!tg_cell_is(&cells[i], name))
            continue;
        if (in->at[wanted] < n)
            return TG_FAIL(err, TG_MSG_NAMED_TWICE, .file = in->path, .line = line, .column = name);
        in->at[wanted] = i;
    }
    return in->at[wanted] < n
               ? TG_OK
               : TG_FAIL(err, TG_MSG_NAMED_MISSING, .file = in->path, .line = line, .column = name);
}

static enum tg_status read_header(struct tg_named *in, struct tg_error *err)
{
    const struct tg_cell *cells;
    size_t n;
    uint64_t line;
    bool end;
    enum tg_status status = tg_csv_next(in->csv, &cells, &n, &line, &end, err);
    if (!status && end)
        return TG_FAIL(err, TG_MSG_NAMED_MISSING, .file = in->path, .column = in->columns[0]);
    for (size_t i = 0; !status && i < in->n; i++)
        status = find_column(in, i, cells, n, line, err);
    return status;
}

enum tg_status tg_named_open(const char *path, const char *const *columns, size_t n,
                             struct tg_digest *digest, struct tg_named **out, struct tg_error *err)
{
    if (n > TG_NAMED_COLUMNS_MAX)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "few named columns");
    struct tg_named *in = tg_calloc(1, sizeof *in, err);
    if (!in)
        return TG_NO_MEMORY;
    in->path = path;
    in->columns = columns;
    in->n = n;
    enum tg_status status = tg_input_open(path, &in->input, err);
    if (!status)
        status = tg_csv_open(in->input, ',', &in->csv, err);
    if (!status && digest)
        tg_csv_digest_to(in->csv, digest);
    if (!status)
        status = read_header(in, err);
    if (status)
        tg_named_close(&in);
    else
        *out = in;
    return status;
}

enum tg_status tg_named_next(struct tg_named *in, const struct tg_cell **cells, uint64_t *line,
                             bool *end, struct tg_error *err)
{
    const struct tg_cell *row;
    size_t n;
    enum tg_status status = tg_csv_next(in->csv, &row, &n, line, end, err);
    for (size_t i = 0; !status && !*end && i < in->n; i++) {
        if (in->at[i] >= n)
            return TG_FAIL(err, TG_MSG_NAMED_RAGGED, .file = in->path, .line = *line,
                           .column = in->columns[i]);
        in->cells[i] = row[in->at[i]];
    }
    *cells = in->cells;
    return status;
}

void tg_named_close(struct tg_named **in)
{
    if (!in || !*in)
        return;
    tg_csv_close(&(*in)->csv);
    tg_input_close(&(*in)->input);
    free(*in);
    *in = NULL;
}
