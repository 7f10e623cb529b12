/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/header.h"
#include "intake/reader.h"
#include "intake/stream.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_BYTES = 128 * 1024, BATCH_ROWS = 4096 };

struct tg_reader {
    const struct tg_plan *plan;
    const char *const *inputs;
    size_t n_inputs;
    size_t next;           /* input to be opened */
    uint64_t lines_before; /* of the inputs that were read */
    uint64_t bytes_before;
    uint64_t bytes_total;

    const char *path; /* of the open one */
    struct tg_stream *stream;
    struct tg_csv *csv;
    enum tg_encoding encoding;
    bool guessed;
    struct tg_header header;
};

void tg_batch_free(struct tg_batch *batch)
{
    tg_buf_free(&batch->rows);
    free(batch->ragged);
    *batch = (struct tg_batch){0};
}

/* Sizes are known of regular files only; with any other input there is no total. */
static uint64_t total_size(const char *const *inputs, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t size = strcmp(inputs[i], "-") == 0 ? 0 : tg_file_size(inputs[i]);
        if (!size)
            return 0;
        sum += size;
    }
    return sum;
}

enum tg_status tg_reader_new(const struct tg_plan *plan, const char *const *inputs, size_t n,
                             struct tg_reader **out, struct tg_error *err)
{
    struct tg_reader *r = tg_calloc(1, sizeof *r, err);
    if (!r)
        return TG_NO_MEMORY;
    r->plan = plan;
    r->inputs = inputs;
    r->n_inputs = n;
    r->bytes_total = total_size(inputs, n);
    r->header.cells = tg_calloc(plan->n_columns, sizeof *r->header.cells, err);
    if (!r->header.cells) {
        tg_reader_free(&r);
        return TG_NO_MEMORY;
    }
    *out = r;
    return TG_OK;
}

/* A BOM outweighs what the study says; a guess is remembered as one. */
static void choose_encoding(struct tg_reader *r)
{
    bool bom;
    enum tg_encoding found = tg_stream_encoding(r->stream, &bom);
    enum tg_encoding stated = r->plan->source->encoding;
    r->encoding = bom || stated == TG_ENCODING_AUTO ? found : stated;
    r->guessed = !bom && stated == TG_ENCODING_AUTO && found == TG_ENCODING_UTF8;
}

static enum tg_status open_next(struct tg_reader *r, struct tg_error *err)
{
    r->path = r->inputs[r->next++];
    enum tg_status status = tg_stream_open(r->path, &r->stream, err);
    if (status)
        return status;
    if (tg_stream_is_empty(r->stream))
        return TG_FAIL(err, TG_MSG_INPUT_EMPTY, .file = r->path);
    choose_encoding(r);
    status = tg_csv_open_stream(tg_stream_read, r->stream, r->path, r->plan->source->delimiter,
                                &r->csv, err);
    if (status)
        return status;
    return tg_header_find(r->plan, r->csv, r->encoding, r->path, &r->header, err);
}

static void close_input(struct tg_reader *r)
{
    if (r->csv)
        r->lines_before += tg_csv_lines(r->csv);
    if (r->stream)
        r->bytes_before += tg_stream_done(r->stream);
    tg_csv_close(&r->csv);
    tg_stream_close(&r->stream);
}

/* Empty cells at the end of a row are a spreadsheet's doing, not a fault. */
static bool is_ragged(const struct tg_header *h, const struct tg_cell *cells, size_t n)
{
    for (size_t i = n; i > h->n_cells; i--) {
        if (cells[i - 1].len)
            return true;
    }
    return n < h->n_titled;
}

static enum tg_status add_ragged(struct tg_batch *b, uint64_t line, struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&b->ragged, &b->cap_ragged, b->n_ragged + 1, sizeof *b->ragged, err);
    if (!status)
        b->ragged[b->n_ragged++] = line;
    return status;
}

static size_t cell_size(size_t len)
{
    return (len < TG_BATCH_LONG ? 1 : 1 + sizeof(uint32_t)) + len;
}

static char *put_cell(char *to, const struct tg_cell *cell)
{
    uint32_t len = (uint32_t)cell->len;
    *to++ = (char)(unsigned char)(len < TG_BATCH_LONG ? len : TG_BATCH_LONG);
    if (len >= TG_BATCH_LONG) {
        memcpy(to, &len, sizeof len);
        to += sizeof len;
    }
    if (len)
        memcpy(to, cell->data, len);
    return to + len;
}

static enum tg_status add_row(const struct tg_reader *r, struct tg_batch *b,
                              const struct tg_cell *cells, size_t n, uint64_t line,
                              struct tg_error *err)
{
    static const struct tg_cell none = {"", 0};
    const struct tg_plan *plan = r->plan;
    size_t need = TG_BATCH_HEAD;
    for (size_t i = 0; i < plan->n_columns; i++)
        need += cell_size(r->header.cells[i] < n ? cells[r->header.cells[i]].len : 0);
    enum tg_status status = tg_buf_reserve(&b->rows, need, err);
    if (status)
        return status;
    char *row = b->rows.data + b->rows.len, *to = row + TG_BATCH_HEAD;
    uint32_t all = (uint32_t)(need - TG_BATCH_HEAD), identity = 0;
    for (size_t i = 0; i < plan->n_columns; i++) {
        size_t at = r->header.cells[i];
        to = put_cell(to, at < n ? &cells[at] : &none);
        if (i + 1 == plan->n_identity)
            identity = (uint32_t)(to - row - TG_BATCH_HEAD);
    }
    memcpy(row, &line, sizeof line);
    memcpy(row + 8, &all, sizeof all);
    memcpy(row + 12, &identity, sizeof identity);
    row[TG_BATCH_ENCODING] = (char)r->encoding;
    b->rows.len += need;
    b->n_rows++;
    return TG_OK;
}

/* Rows of the open input until the batch is full. A column of more than 2^32 bytes cannot be: rows
 * are at most TG_CSV_ROW_MAX, and a column may be mapped a few times only. */
static enum tg_status read_rows(struct tg_reader *r, struct tg_batch *b, bool *end,
                                struct tg_error *err)
{
    *end = false;
    while (b->rows.len < BATCH_BYTES && b->n_rows + b->n_ragged < BATCH_ROWS) {
        const struct tg_cell *cells;
        size_t n;
        uint64_t line;
        enum tg_status status = tg_csv_next(r->csv, &cells, &n, &line, end, err);
        if (status || *end)
            return status;
        if (is_ragged(&r->header, cells, n))
            status = add_ragged(b, r->lines_before + line, err);
        else
            status = add_row(r, b, cells, n, r->lines_before + line, err);
        if (status)
            return status;
    }
    return TG_OK;
}

enum tg_status tg_reader_next(struct tg_reader *r, struct tg_batch *b, bool *end,
                              struct tg_error *err)
{
    enum tg_status status = TG_OK;
    bool input_end = false;
    b->rows.len = 0;
    b->n_rows = b->n_ragged = 0;
    b->lines_before = r->lines_before;
    if (!r->csv && r->next < r->n_inputs)
        status = open_next(r, err);
    b->encoding = r->encoding;
    b->guessed = r->guessed;
    b->path = r->path;
    if (!status && r->csv)
        status = read_rows(r, b, &input_end, err);
    if (input_end)
        close_input(r);
    *end = !r->csv && r->next == r->n_inputs;
    return status;
}

void tg_reader_progress(const struct tg_reader *r, uint64_t *done, uint64_t *total)
{
    *done = r->bytes_before + (r->stream ? tg_stream_done(r->stream) : 0);
    *total = r->bytes_total;
}

void tg_reader_free(struct tg_reader **reader)
{
    if (!reader || !*reader)
        return;
    close_input(*reader);
    free((*reader)->header.cells);
    free(*reader);
    *reader = NULL;
}
