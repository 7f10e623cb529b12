/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/header.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MAX = 50,
    TITLE_MAX = 1024, /* bytes; no header is longer */
    NAMES_LEN = 150,  /* of an error's list of columns */
};

/* One row that may be the header. */
struct candidate {
    const struct tg_plan *plan;
    struct tg_decoder *decoder;
    struct tg_buf text; /* all titles, trimmed */
    size_t *ends;       /* by title, in `text` */
    size_t n, cap;
    uint64_t line;
};

/* A title as it is compared when it is the same in no other way. */
struct folded {
    char text[3 * TITLE_MAX + 64];
    size_t len;
};

static bool is_space(const char *s, size_t len, size_t *bytes)
{
    *bytes = 1;
    if (len && (*s == ' ' || (*s >= '\t' && *s <= '\r')))
        return true;
    *bytes = 3;
    return len >= 3 && memcmp(s, "\xE3\x80\x80", 3) == 0;
}

static void trim(const char **s, size_t *len)
{
    size_t bytes;
    while (is_space(*s, *len, &bytes)) {
        *s += bytes;
        *len -= bytes;
    }
    while (*len) {
        if (is_space(*s + *len - 1, 1, &bytes))
            *len -= 1;
        else if (*len >= 3 && is_space(*s + *len - 3, 3, &bytes))
            *len -= 3;
        else
            return;
    }
}

static enum tg_status read_titles(struct candidate *c, const struct tg_cell *cells, size_t n,
                                  struct tg_error *err)
{
    c->text.len = 0;
    c->n = 0;
    enum tg_status status = tg_grow(&c->ends, &c->cap, n, sizeof *c->ends, err);
    for (size_t i = 0; i < n && !status; i++) {
        size_t from = c->text.len;
        bool ok = false;
        if (cells[i].len <= TITLE_MAX)
            status = tg_decode(c->decoder, cells[i].data, cells[i].len, &c->text, &ok, err);
        if (ok) {
            const char *title = c->text.data + from;
            size_t len = c->text.len - from;
            trim(&title, &len);
            if (len)
                memmove(c->text.data + from, title, len);
            c->text.len = from + len;
        }
        c->ends[c->n++] = c->text.len;
    }
    return status;
}

static const char *title(const struct candidate *c, size_t i, size_t *len)
{
    size_t from = i ? c->ends[i - 1] : 0;
    *len = c->ends[i] - from;
    return *len ? c->text.data + from : "";
}

static void fold(const char *s, size_t len, struct folded *out)
{
    unsigned notes;
    out->len = 0;
    if (tg_normalize(TG_FIELD_ID, s, len, out->text, sizeof out->text, &out->len, &notes) !=
        TG_VALUE_OK)
        out->len = 0;
}

/* How many titles are `header`, the first of them in `at`. */
static size_t count_same(const struct candidate *c, const char *header, size_t *at)
{
    size_t found = 0, wanted = strlen(header);
    for (size_t i = 0; i < c->n; i++) {
        size_t len;
        const char *s = title(c, i, &len);
        if (len == wanted && memcmp(s, header, len) == 0 && found++ == 0)
            *at = i;
    }
    return found;
}

static size_t count_similar(const struct candidate *c, const char *header, size_t *at)
{
    struct folded wanted, seen;
    size_t found = 0;
    fold(header, strlen(header), &wanted);
    for (size_t i = 0; i < c->n && wanted.len; i++) {
        size_t len;
        const char *s = title(c, i, &len);
        fold(s, len, &seen);
        if (seen.len == wanted.len && memcmp(seen.text, wanted.text, seen.len) == 0 && found++ == 0)
            *at = i;
    }
    tg_wipe(&seen, sizeof seen); /* the row may turn out to be one of data */
    return found;
}

/* How many of the plan's columns the row has. `twice`: the first that stands there twice. */
static size_t match(const struct candidate *c, size_t *cells, const char **twice)
{
    size_t matched = 0;
    *twice = NULL;
    for (size_t i = 0; i < c->plan->n_columns; i++) {
        const char *header = c->plan->columns[i].header;
        size_t found = count_same(c, header, &cells[i]);
        if (!found)
            found = count_similar(c, header, &cells[i]);
        matched += found > 0;
        if (found > 1 && !*twice)
            *twice = header;
    }
    return matched;
}

static enum tg_status missing(const struct candidate *c, const char *path, struct tg_error *err)
{
    struct tg_buf names = {0};
    enum tg_status status = TG_OK;
    size_t left_out = 0;
    for (size_t i = 0; i < c->plan->n_columns && !status; i++) {
        const char *header = c->plan->columns[i].header;
        size_t at;
        if (count_same(c, header, &at) || count_similar(c, header, &at))
            continue;
        if (names.len && names.len + strlen(header) > NAMES_LEN)
            left_out++;
        else
            status = tg_buf_printf(&names, err, "%s%s", names.len ? ", " : "", header);
    }
    if (!status && left_out)
        status = tg_buf_printf(&names, err, " +%zu", left_out);
    const char *rule = status ? NULL : tg_buf_text(&names, err);
    status = rule ? TG_FAIL(err, TG_MSG_INPUT_HEADER, .file = path, .line = c->line, .rule = rule)
                  : TG_NO_MEMORY;
    tg_buf_free(&names);
    return status;
}

static void swap(struct candidate *a, struct candidate *b)
{
    struct candidate x = *a;
    *a = *b;
    *b = x;
}

static void accept(const struct candidate *c, struct tg_header *out)
{
    size_t len;
    out->n_cells = out->n_titled = c->n;
    while (out->n_titled && (title(c, out->n_titled - 1, &len), len == 0))
        out->n_titled--;
}

/* `best` keeps the row that came nearest, for the error. */
static enum tg_status search(struct candidate *c, struct candidate *best, struct tg_csv *csv,
                             const char *path, struct tg_header *out, struct tg_error *err)
{
    uint64_t wanted = c->plan->source->header_row;
    size_t most = 0, rows = 0;
    for (bool end = false; wanted || rows < ROWS_MAX; rows++) {
        const struct tg_cell *cells;
        size_t n;
        const char *twice;
        enum tg_status status = tg_csv_next(csv, &cells, &n, &c->line, &end, err);
        if (!status && !end)
            status = read_titles(c, cells, n, err);
        if (status)
            return status;
        if (end)
            break;
        if (c->line < wanted)
            continue;
        size_t matched = match(c, out->cells, &twice);
        if (matched == c->plan->n_columns && twice)
            return TG_FAIL(err, TG_MSG_INPUT_HEADER_TWICE, .file = path, .line = c->line,
                           .column = twice);
        if (matched == c->plan->n_columns) {
            accept(c, out);
            return TG_OK;
        }
        if (matched > most || best->n == 0) {
            most = matched;
            swap(c, best);
        }
        if (wanted)
            break;
    }
    return missing(best, path, err);
}

enum tg_status tg_header_find(const struct tg_plan *plan, struct tg_csv *csv,
                              enum tg_encoding encoding, const char *path, struct tg_header *out,
                              struct tg_error *err)
{
    struct tg_decoder *decoder = NULL;
    enum tg_status status = tg_decoder_new(encoding, &decoder, err);
    if (status)
        return status;
    struct candidate c = {.plan = plan, .decoder = decoder};
    struct candidate best = {.plan = plan, .decoder = decoder};
    status = search(&c, &best, csv, path, out, err);
    tg_buf_free(&c.text);
    tg_buf_free(&best.text);
    free(c.ends);
    free(best.ends);
    tg_decoder_free(&decoder);
    return status;
}
