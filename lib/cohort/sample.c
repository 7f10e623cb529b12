/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/sample.h"

#include "base/reporter.h"
#include "table/csv.h"
#include "text/decode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEP = 16384, /* rows between two looks at the reporter */
    BLOCK = 256 * 1024,
};

struct reading {
    const struct tg_match_options *options;
    const struct tg_reporter *reporter;
    struct tg_sample *sample;
    struct tg_decoder *decoder;
    struct tg_buf text;
    size_t treatment, width;
    size_t cap; /* people there is room for */
    uint64_t bad_treatment;
};

/* Is the file UTF-8 as a whole? A character may be cut by a block's end. */
static enum tg_status detect(const char *path, enum tg_encoding *out, struct tg_error *err)
{
    struct tg_input *input = NULL;
    *out = TG_ENCODING_UTF8;
    enum tg_status status = tg_input_open(path, &input, err);
    char *block = status ? NULL : tg_calloc(1, BLOCK, err);
    if (!status && !block)
        status = TG_NO_MEMORY;
    for (size_t kept = 0, got = 1; !status && got > 0 && *out == TG_ENCODING_UTF8;) {
        status = tg_input_read(input, block + kept, BLOCK - kept, &got, err);
        size_t len = status ? 0 : kept + got;
        size_t good = tg_utf8_valid_prefix(block, len);
        kept = len - good;
        if (kept > 3 || (got == 0 && kept > 0))
            *out = TG_ENCODING_CP932;
        else
            memmove(block, block + good, kept);
    }
    if (block)
        tg_wipe(block, BLOCK);
    free(block);
    tg_input_close(&input);
    return status;
}

static enum tg_status decode(struct reading *r, const struct tg_cell *cell, uint64_t line,
                             struct tg_error *err)
{
    bool ok;
    r->text.len = 0;
    enum tg_status status = tg_decode(r->decoder, cell->data, cell->len, &r->text, &ok, err);
    if (status)
        return status;
    return ok ? TG_OK
              : TG_FAIL(err, TG_MSG_MATCH_ENCODING, .file = r->options->input, .line = line);
}

static bool named(const struct reading *r, const char *name)
{
    return r->text.len == strlen(name) && memcmp(r->text.data, name, r->text.len) == 0;
}

static enum tg_status take_header(struct reading *r, const struct tg_cell *cells, size_t n,
                                  struct tg_error *err)
{
    struct tg_sample *s = r->sample;
    r->width = n;
    r->treatment = n;
    for (size_t j = 0; j < s->n_columns; j++)
        s->columns[j].at = n;
    for (size_t i = 0; i < n; i++) {
        enum tg_status status = decode(r, &cells[i], 1, err);
        if (status)
            return status;
        for (size_t j = 0; j <= s->n_columns; j++) {
            const char *name = j < s->n_columns ? s->columns[j].name : r->options->treatment;
            size_t *at = j < s->n_columns ? &s->columns[j].at : &r->treatment;
            if (!named(r, name))
                continue;
            if (*at < n)
                return TG_FAIL(err, TG_MSG_MATCH_COLUMN_TWICE, .file = r->options->input,
                               .column = name);
            *at = i;
        }
    }
    for (size_t j = 0; j <= s->n_columns; j++) {
        const char *name = j < s->n_columns ? s->columns[j].name : r->options->treatment;
        if ((j < s->n_columns ? s->columns[j].at : r->treatment) == n)
            return TG_FAIL(err, TG_MSG_MATCH_COLUMN, .file = r->options->input, .column = name);
    }
    return TG_OK;
}

static bool is_missing(const struct tg_cell *c)
{
    static const char *const words[] = {"*", "-", "NA", "NULL", "不詳", "\x95\x73\x8F\xDA"};
    if (c->len == 0)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (c->len == strlen(words[i]) && memcmp(c->data, words[i], c->len) == 0)
            return true;
    }
    return false;
}

static enum tg_status level_of_number(struct tg_sample_column *c, double *value,
                                      struct tg_error *err)
{
    char text[40];
    uint32_t number;
    int len = snprintf(text, sizeof text, "%.15g", *value);
    enum tg_status status = tg_levels_number(&c->levels, text, (size_t)len, &number, err);
    if (!status)
        *value = number;
    return status;
}

/* What had been numbers so far become levels. */
static enum tg_status become_text(struct tg_sample_column *c, uint32_t n, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (uint32_t i = 0; i < n && !status; i++) {
        if (!isnan(c->values[i]))
            status = level_of_number(c, &c->values[i], err);
    }
    c->text = true;
    return status;
}

static enum tg_status take_cell(struct reading *r, struct tg_sample_column *c,
                                const struct tg_cell *cell, uint64_t line, struct tg_error *err)
{
    double *value = &c->values[r->sample->n];
    if (is_missing(cell)) {
        *value = NAN;
        c->n_missing++;
        return TG_OK;
    }
    if (tg_sample_number(cell->data, cell->len, value))
        return c->text ? level_of_number(c, value, err) : TG_OK;
    enum tg_status status = c->text ? TG_OK : become_text(c, r->sample->n, err);
    uint32_t number = 0;
    if (!status)
        status = decode(r, cell, line, err);
    if (!status)
        status = tg_levels_number(&c->levels, r->text.data, r->text.len, &number, err);
    *value = number;
    return status;
}

static enum tg_status make_room(struct reading *r, struct tg_error *err)
{
    struct tg_sample *s = r->sample;
    size_t need = (size_t)s->n + 1, cap = r->cap;
    if (need <= cap)
        return TG_OK;
    if (s->n >= UINT32_MAX / 2)
        return TG_FAIL(err, TG_MSG_MATCH_TOO_MANY, .file = r->options->input, .rule = "2147483647");
    for (size_t j = 0; j < s->n_columns; j++) {
        cap = r->cap;
        if (tg_grow(&s->columns[j].values, &cap, need, sizeof(double), err))
            return TG_NO_MEMORY;
    }
    cap = r->cap;
    if (tg_grow(&s->treated, &cap, need, sizeof *s->treated, err))
        return TG_NO_MEMORY;
    r->cap = cap;
    return TG_OK;
}

static enum tg_status take_row(struct reading *r, const struct tg_cell *cells, size_t n,
                               uint64_t line, struct tg_error *err)
{
    struct tg_sample *s = r->sample;
    if (n != r->width)
        return TG_FAIL(err, TG_MSG_MATCH_RAGGED, .file = r->options->input, .line = line);
    enum tg_status status = make_room(r, err);
    if (!status)
        status = decode(r, &cells[0], line, err);
    uint32_t number = 0;
    if (!status)
        status =
            tg_levels_number(&s->ids, r->text.data ? r->text.data : "", r->text.len, &number, err);
    if (status)
        return status;
    if (cells[0].len == 0 || number != s->n)
        return TG_FAIL(err, TG_MSG_MATCH_ID, .file = r->options->input, .line = line,
                       .rule = cells[0].len ? "no id stands twice" : "no id is empty");
    double treated;
    const struct tg_cell *t = &cells[r->treatment];
    bool known = tg_sample_number(t->data, t->len, &treated) && (treated == 0 || treated == 1);
    r->bad_treatment += !known;
    s->treated[s->n] = known && treated > 0;
    s->n_treated += s->treated[s->n];
    for (size_t j = 0; j < s->n_columns && !status; j++)
        status = take_cell(r, &s->columns[j], &cells[s->columns[j].at], line, err);
    s->n++;
    return status;
}

static enum tg_status read_rows(struct reading *r, struct tg_csv *csv, struct tg_error *err)
{
    const struct tg_cell *cells;
    size_t n;
    uint64_t line;
    bool end;
    enum tg_status status = tg_csv_next(csv, &cells, &n, &line, &end, err);
    if (!status && end)
        return TG_FAIL(err, TG_MSG_MATCH_COLUMN, .file = r->options->input,
                       .column = r->options->treatment);
    if (!status)
        status = take_header(r, cells, n, err);
    while (!status) {
        status = tg_csv_next(csv, &cells, &n, &line, &end, err);
        if (status || end)
            break;
        status = take_row(r, cells, n, line, err);
        if (!status && r->sample->n % STEP == 0)
            status = tg_progress(r->reporter, "rows", r->sample->n, 0, err);
    }
    return status;
}

struct ranked {
    const char *text;
    uint32_t number;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct ranked *)a)->text, ((const struct ranked *)b)->text);
}

/* Levels in the order of their bytes, whatever the order of the rows. */
enum tg_status tg_sample_sort_levels(struct tg_sample_column *c, uint32_t n, struct tg_error *err)
{
    size_t n_levels = c->levels.n;
    if (!c->text || n_levels == 0)
        return TG_OK;
    struct ranked *order = tg_calloc(n_levels, sizeof *order, err);
    double *rank = tg_calloc(n_levels, sizeof *rank, err);
    if (order && rank) {
        for (size_t i = 0; i < n_levels; i++)
            order[i] = (struct ranked){c->levels.texts[i], (uint32_t)i};
        qsort(order, n_levels, sizeof *order, by_text);
        for (size_t i = 0; i < n_levels; i++) {
            rank[order[i].number] = (double)i;
            c->levels.texts[i] = (char *)(uintptr_t)order[i].text;
        }
        for (uint32_t i = 0; i < n; i++) {
            if (!isnan(c->values[i]))
                c->values[i] = rank[(size_t)c->values[i]];
        }
    }
    bool done = order && rank;
    free(order);
    free(rank);
    return done ? TG_OK : TG_NO_MEMORY;
}

static enum tg_status finish(struct reading *r, struct tg_error *err)
{
    struct tg_sample *s = r->sample;
    char rule[64];
    if (r->bad_treatment) {
        (void)snprintf(rule, sizeof rule, "%llu", (unsigned long long)r->bad_treatment);
        return TG_FAIL(err, TG_MSG_MATCH_TREATMENT, .file = r->options->input,
                       .column = r->options->treatment, .rule = rule);
    }
    if (s->n_treated == 0 || s->n_treated == s->n)
        return TG_FAIL(err, TG_MSG_MATCH_ONE_ARM, .file = r->options->input,
                       .column = r->options->treatment,
                       .rule = s->n_treated ? "controls (0)" : "participants (1)");
    for (size_t j = 0; j < s->n_columns; j++) {
        struct tg_sample_column *c = &s->columns[j];
        (void)snprintf(rule, sizeof rule, "%llu", (unsigned long long)c->n_missing);
        if (c->n_missing && !r->options->flag_missing)
            return TG_FAIL(err, TG_MSG_MATCH_MISSING, .file = r->options->input, .column = c->name,
                           .rule = rule);
        if (c->n_missing)
            TG_WARN(r->reporter, TG_MSG_MATCH_FLAGGED, .file = r->options->input, .column = c->name,
                    .rule = rule);
        enum tg_status status = tg_sample_sort_levels(c, s->n, err);
        if (status)
            return status;
    }
    return TG_OK;
}

const struct tg_sample_column *tg_sample_find(const struct tg_sample *sample, const char *name)
{
    for (size_t j = 0; j < sample->n_columns; j++) {
        if (strcmp(sample->columns[j].name, name) == 0)
            return &sample->columns[j];
    }
    return NULL;
}

static enum tg_status name_columns(struct tg_sample *s, const struct tg_match_options *o,
                                   struct tg_error *err)
{
    s->columns = tg_calloc(o->n_covariates + o->n_exact + 1, sizeof *s->columns, err);
    if (!s->columns)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < o->n_covariates + o->n_exact; i++) {
        const char *name = i < o->n_covariates ? o->covariates[i] : o->exact[i - o->n_covariates];
        if (!tg_sample_find(s, name))
            s->columns[s->n_columns++].name = name;
    }
    return TG_OK;
}

enum tg_status tg_sample_read(const struct tg_match_options *options,
                              const struct tg_reporter *reporter, struct tg_sample *out,
                              struct tg_error *err)
{
    struct reading r = {.options = options, .reporter = reporter, .sample = out};
    struct tg_input *input = NULL;
    struct tg_csv *csv = NULL;
    enum tg_encoding encoding = TG_ENCODING_UTF8;
    enum tg_status status = name_columns(out, options, err);
    if (!status && strcmp(options->input, "-") != 0)
        status = detect(options->input, &encoding, err);
    if (!status)
        status = tg_decoder_new(encoding, &r.decoder, err);
    if (!status)
        status = tg_input_open(options->input, &input, err);
    if (!status)
        status = tg_csv_open(input, ',', &csv, err);
    if (!status)
        status = read_rows(&r, csv, err);
    if (!status)
        status = finish(&r, err);
    tg_csv_close(&csv);
    tg_input_close(&input);
    tg_decoder_free(&r.decoder);
    tg_buf_free(&r.text);
    return status;
}

void tg_sample_free(struct tg_sample *s)
{
    for (size_t j = 0; j < s->n_columns; j++) {
        if (s->columns[j].values)
            tg_wipe(s->columns[j].values, s->n * sizeof(double));
        free(s->columns[j].values);
        tg_levels_free(&s->columns[j].levels);
    }
    free(s->columns);
    free(s->treated);
    tg_levels_free(&s->ids);
    *s = (struct tg_sample){0};
}
