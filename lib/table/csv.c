/* SPDX-License-Identifier: Apache-2.0 */
#include "table/csv.h"

#include <csv.h>

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 256 * 1024,
    ENTRY_STEP = 64 * 1024, /* by which libcsv lets its buffer for one cell grow */
    CTRL_Z = 0x1A,
};

struct tg_csv {
    struct csv_parser parser;
    struct tg_input *input; /* NULL: a stream or memory */
    tg_csv_read *read;      /* NULL: memory */
    void *read_ctx;
    const char *memory;
    size_t memory_len;
    const char *name;
    struct tg_digest *digest;
    char delimiter;

    char *block;
    size_t at, len; /* what is left of the block */
    size_t block_high;
    size_t lf;       /* the next LF at or after `at`, or `len` */
    const char *nul; /* the first NUL byte of the block, or NULL */
    char held;       /* the last block's last byte, where the next one decides about it; or 0 */
    bool begun, eof, finished;

    uint64_t line; /* physical lines begun */
    bool in_line;
    bool in_record;
    uint64_t record_line;
    size_t record_bytes;

    char *row; /* TG_CSV_ROW_MAX bytes; cells take no more than the row's own bytes */
    size_t row_len, row_high;
    struct tg_cell *cells;
    size_t n_cells;
    bool too_many, row_done;
};

/* libcsv's buffer holds raw values: its size stands before it, so that it can be wiped. */
struct entry {
    size_t size;
    max_align_t bytes[];
};

static struct entry *entry_of(void *bytes)
{
    return (struct entry *)(void *)((char *)bytes - offsetof(struct entry, bytes));
}

static void entry_free(void *bytes)
{
    if (!bytes)
        return;
    struct entry *e = entry_of(bytes);
    tg_wipe(e->bytes, e->size);
    free(e);
}

static void *entry_realloc(void *bytes, size_t size)
{
    if (size > SIZE_MAX - sizeof(struct entry))
        return NULL;
    struct entry *e = malloc(sizeof *e + size);
    if (!e)
        return NULL;
    e->size = size;
    if (bytes) {
        size_t old = entry_of(bytes)->size;
        memcpy(e->bytes, bytes, old < size ? old : size);
        entry_free(bytes);
    }
    return e->bytes;
}

static void on_cell(void *data, size_t len, void *ctx)
{
    struct tg_csv *csv = ctx;
    if (csv->n_cells == TG_CSV_CELLS_MAX || len > TG_CSV_ROW_MAX - csv->row_len) {
        csv->too_many = true;
        return;
    }
    char *to = csv->row + csv->row_len;
    memcpy(to, data, len);
    csv->cells[csv->n_cells++] = (struct tg_cell){to, len};
    csv->row_len += len;
}

static void on_row(int end, void *ctx)
{
    (void)end;
    ((struct tg_csv *)ctx)->row_done = true;
}

static enum tg_status csv_new(char delimiter, struct tg_csv **out, struct tg_error *err)
{
    struct tg_csv *csv = tg_calloc(1, sizeof *csv, err);
    if (!csv)
        return TG_NO_MEMORY;
    (void)csv_init(&csv->parser, 0);
    csv_set_delim(&csv->parser, (unsigned char)delimiter);
    csv_set_realloc_func(&csv->parser, entry_realloc);
    csv_set_free_func(&csv->parser, entry_free);
    csv_set_blk_size(&csv->parser, ENTRY_STEP);
    csv->delimiter = delimiter;
    csv->block = tg_calloc(1, BLOCK, err);
    csv->row = tg_calloc(1, TG_CSV_ROW_MAX, err);
    csv->cells = tg_calloc(TG_CSV_CELLS_MAX, sizeof *csv->cells, err);
    if (!csv->block || !csv->row || !csv->cells) {
        tg_csv_close(&csv);
        return TG_NO_MEMORY;
    }
    *out = csv;
    return TG_OK;
}

enum tg_status tg_csv_open(struct tg_input *input, char delimiter, struct tg_csv **out,
                           struct tg_error *err)
{
    enum tg_status status = csv_new(delimiter, out, err);
    if (status)
        return status;
    (*out)->input = input;
    (*out)->name = tg_input_path(input);
    return TG_OK;
}

enum tg_status tg_csv_open_memory(const void *data, size_t len, const char *name, char delimiter,
                                  struct tg_csv **out, struct tg_error *err)
{
    enum tg_status status = csv_new(delimiter, out, err);
    if (status)
        return status;
    (*out)->memory = data;
    (*out)->memory_len = len;
    (*out)->name = name;
    return TG_OK;
}

enum tg_status tg_csv_open_stream(tg_csv_read *read, void *ctx, const char *name, char delimiter,
                                  struct tg_csv **out, struct tg_error *err)
{
    enum tg_status status = csv_new(delimiter, out, err);
    if (status)
        return status;
    (*out)->read = read;
    (*out)->read_ctx = ctx;
    (*out)->name = name;
    return TG_OK;
}

void tg_csv_digest_to(struct tg_csv *csv, struct tg_digest *digest)
{
    csv->digest = digest;
}

static enum tg_status read_some(struct tg_csv *csv, char *to, size_t size, size_t *got,
                                struct tg_error *err)
{
    if (csv->input)
        return tg_input_read(csv->input, to, size, got, err);
    if (csv->read)
        return csv->read(csv->read_ctx, to, size, got, err);
    *got = size < csv->memory_len ? size : csv->memory_len;
    if (*got == 0)
        return TG_OK;
    memcpy(to, csv->memory, *got);
    csv->memory += *got;
    csv->memory_len -= *got;
    return TG_OK;
}

static enum tg_status skip_bom(struct tg_csv *csv, struct tg_error *err)
{
    const char *p = csv->block;
    csv->begun = true;
    if (csv->len >= 2 && (!memcmp(p, "\xFF\xFE", 2) || !memcmp(p, "\xFE\xFF", 2)))
        return TG_FAIL(err, TG_MSG_CSV_UTF16, .file = csv->name);
    if (csv->len >= 3 && !memcmp(p, "\xEF\xBB\xBF", 3))
        csv->at = 3;
    return TG_OK;
}

/* A full block, less only at the end of the file. A last CR waits for its LF and a last 0x1A for
 * the end of the file. */
static enum tg_status fill(struct tg_csv *csv, struct tg_error *err)
{
    size_t len = 0;
    if (csv->held)
        csv->block[len++] = csv->held;
    csv->held = 0;
    while (len < BLOCK && !csv->eof) {
        size_t got = 0;
        enum tg_status status = read_some(csv, csv->block + len, BLOCK - len, &got, err);
        if (status)
            return status;
        if (csv->digest)
            tg_digest_add(csv->digest, csv->block + len, got);
        csv->eof = got == 0;
        len += got;
        if (len > csv->block_high)
            csv->block_high = len;
    }
    char last = len ? csv->block[len - 1] : 0;
    if (last == CTRL_Z || (last == '\r' && !csv->eof)) {
        csv->held = csv->eof ? 0 : last;
        len--;
    }
    csv->at = 0;
    csv->len = len;
    csv->nul = memchr(csv->block, 0, len);
    enum tg_status status = csv->begun ? TG_OK : skip_bom(csv, err);
    const char *lf = memchr(csv->block + csv->at, '\n', csv->len - csv->at);
    csv->lf = lf ? (size_t)(lf - csv->block) : csv->len;
    return status;
}

/* A line ends at LF, CR LF or CR. Up to where it goes in this block, and whether it ends there. */
static size_t line_end(struct tg_csv *csv, bool *whole)
{
    const char *p = csv->block + csv->at;
    if (csv->lf < csv->at) {
        const char *lf = memchr(p, '\n', csv->len - csv->at);
        csv->lf = lf ? (size_t)(lf - csv->block) : csv->len;
    }
    const char *cr = memchr(p, '\r', csv->lf - csv->at);
    size_t end = cr ? (size_t)(cr - csv->block) : csv->lf;
    *whole = end < csv->len;
    if (cr && end + 1 == csv->lf && csv->lf < csv->len)
        end++;
    return end + *whole;
}

/* libcsv makes no row of a line of nothing but blanks. */
static bool is_blank(const struct tg_csv *csv, const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = p[i];
        bool blank = (c == ' ' || c == '\t') && c != csv->delimiter;
        if (!blank && c != '\r' && c != '\n')
            return false;
    }
    return true;
}

static enum tg_status parse(struct tg_csv *csv, const char *p, size_t len, struct tg_error *err)
{
    uint64_t line = csv->in_record ? csv->record_line : csv->line;
    if (len > TG_CSV_ROW_MAX - csv->record_bytes)
        return TG_FAIL(err, TG_MSG_CSV_ROW_LONG, .file = csv->name, .line = line, .rule = "1 MiB");
    csv->record_bytes += len;
    if (csv_parse(&csv->parser, p, len, on_cell, on_row, csv) != len)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = csv->name);
    if (csv->too_many)
        return TG_FAIL(err, TG_MSG_CSV_CELLS, .file = csv->name, .line = line, .rule = "4096");
    return TG_OK;
}

static bool is_blank_at(const struct tg_csv *csv, const char *p)
{
    return (*p == ' ' || *p == '\t') && *p != csv->delimiter;
}

/* A line that is a whole row and has no quote: cells lie between delimiters, blanks around them
 * are dropped as libcsv drops them, and nothing is copied. */
static enum tg_status split_line(struct tg_csv *csv, const char *p, size_t len,
                                 struct tg_error *err)
{
    const char *end = p + len;
    while (end > p && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    if (len > TG_CSV_ROW_MAX)
        return TG_FAIL(err, TG_MSG_CSV_ROW_LONG, .file = csv->name, .line = csv->line,
                       .rule = "1 MiB");
    for (bool more = true; more;) {
        const char *comma = memchr(p, csv->delimiter, (size_t)(end - p));
        const char *to = comma ? comma : end, *next = to + 1;
        more = comma != NULL;
        if (csv->n_cells == TG_CSV_CELLS_MAX)
            return TG_FAIL(err, TG_MSG_CSV_CELLS, .file = csv->name, .line = csv->line,
                           .rule = "4096");
        while (p < to && is_blank_at(csv, p))
            p++;
        while (to > p && is_blank_at(csv, to - 1))
            to--;
        csv->cells[csv->n_cells++] = (struct tg_cell){p, (size_t)(to - p)};
        p = next;
    }
    csv->row_done = true;
    return TG_OK;
}

/* Hands libcsv the rest of one physical line, or as much of it as the block holds. A row can only
 * end where a line does, so this completes one row at most. */
static enum tg_status feed_line(struct tg_csv *csv, struct tg_error *err)
{
    bool whole;
    size_t end = line_end(csv, &whole);
    const char *p = csv->block + csv->at;
    size_t len = end - csv->at;
    bool fresh = !csv->in_line && !csv->in_record;
    csv->line += !csv->in_line;
    csv->in_line = !whole;
    if (csv->nul && csv->nul < csv->block + end)
        return TG_FAIL(err, TG_MSG_CSV_BINARY, .file = csv->name, .line = csv->line);
    if (!csv->in_record && !is_blank(csv, p, len)) {
        csv->in_record = true;
        csv->record_line = csv->line;
    }
    csv->at = end;
    if (fresh && whole && csv->in_record && !memchr(p, '"', len))
        return split_line(csv, p, len, err);
    enum tg_status status = parse(csv, p, len, err);
    if (whole && !csv->in_record)
        csv->record_bytes = 0;
    return status;
}

/* The last row, when no line end closes it. */
static enum tg_status finish(struct tg_csv *csv, struct tg_error *err)
{
    csv->finished = true;
    (void)csv_set_opts(&csv->parser, CSV_STRICT | CSV_STRICT_FINI);
    if (csv_fini(&csv->parser, on_cell, on_row, csv))
        return TG_FAIL(err, TG_MSG_CSV_QUOTE_OPEN, .file = csv->name, .line = csv->record_line);
    if (csv->too_many)
        return TG_FAIL(err, TG_MSG_CSV_CELLS, .file = csv->name, .line = csv->record_line,
                       .rule = "4096");
    return TG_OK;
}

static void begin_row(struct tg_csv *csv)
{
    if (csv->row_len > csv->row_high)
        csv->row_high = csv->row_len;
    csv->row_len = 0;
    csv->n_cells = 0;
    csv->row_done = false;
    csv->in_record = false;
    csv->record_bytes = 0;
}

enum tg_status tg_csv_next(struct tg_csv *csv, const struct tg_cell **cells, size_t *n,
                           uint64_t *line, bool *end, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    begin_row(csv);
    while (!csv->row_done && !csv->finished) {
        if (csv->at < csv->len)
            status = feed_line(csv, err);
        else if (!csv->eof)
            status = fill(csv, err);
        else
            status = finish(csv, err);
        if (status)
            return status;
    }
    *cells = csv->cells;
    *n = csv->n_cells;
    *line = csv->record_line;
    *end = !csv->row_done;
    return TG_OK;
}

uint64_t tg_csv_lines(const struct tg_csv *csv)
{
    return csv->line;
}

void tg_csv_close(struct tg_csv **csv)
{
    if (!csv || !*csv)
        return;
    struct tg_csv *c = *csv;
    begin_row(c);
    csv_free(&c->parser);
    if (c->block)
        tg_wipe(c->block, c->block_high);
    free(c->block);
    if (c->row)
        tg_wipe(c->row, c->row_high);
    free(c->row);
    free(c->cells);
    free(c);
    *csv = NULL;
}
