/* SPDX-License-Identifier: Apache-2.0 */
#include "table/tokenfile.h"

#include "crypto/digest.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_HEX = 2 * TG_TOKEN_LEN };

static const char prefix[] = "token_";

struct tg_token_file {
    struct tg_arena arena;
    const char *path;
    struct tg_manifest manifest;
    enum tg_kind kind;
    struct tg_input *input;
    struct tg_csv *csv;
    struct tg_digest *digest;
    const char **tokens; /* the manifest's, which are the file's */
    const bool *multi;   /* by token: may a cell hold several? */
    size_t n_tokens;
    const char **carried;
    size_t n_carried;
    uint64_t rows;
    struct tg_token_row row;
    struct tg_token_cell *cells; /* n_tokens */
    unsigned char (*values)[TG_TOKEN_LEN];
    size_t values_cap;
};

static enum tg_status read_manifest(struct tg_token_file *f, struct tg_error *err)
{
    const char *path = tg_manifest_path(&f->arena, f->path, err);
    if (!path)
        return TG_NO_MEMORY;
    if (!tg_file_exists(path))
        return TG_FAIL(err, TG_MSG_TOKENS_NO_MANIFEST, .file = f->path);
    enum tg_status status = tg_manifest_read(path, &f->arena, &f->manifest, err);
    if (!status && !tg_kind_parse(f->manifest.kind, &f->kind))
        return TG_FAIL(err, TG_MSG_BUG, .rule = "a manifest that was read has a kind");
    return status;
}

static enum tg_status refuse_source(const struct tg_token_file *f, const struct tg_study *study,
                                    struct tg_error *err)
{
    struct tg_buf names = {0};
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < study->n_sources && !status; i++)
        status = tg_buf_printf(&names, err, "%s%s", i ? ", " : "", study->sources[i].name);
    const char *text = status ? NULL : tg_buf_text(&names, err);
    status =
        text ? TG_FAIL(err, TG_MSG_TOKENS_SOURCE, .file = f->path, .rule = text) : TG_NO_MEMORY;
    tg_buf_free(&names);
    return status;
}

static enum tg_status check_study(const struct tg_token_file *f, const struct tg_study *study,
                                  struct tg_error *err)
{
    const struct tg_manifest *m = &f->manifest;
    if (strcmp(m->study, study->id))
        return TG_FAIL(err, TG_MSG_TOKENS_STUDY, .file = f->path);
    if (strcmp(m->normalizer, TG_NORMALIZER))
        return TG_FAIL(err, TG_MSG_TOKENS_NORMALIZER, .file = f->path, .rule = TG_NORMALIZER);
    if (strcmp(m->study_digest, study->digest))
        return TG_FAIL(err, TG_MSG_TOKENS_DIGEST, .file = f->path);
    const struct tg_source *source = tg_study_source(study, m->source);
    const char *provider = source && source->provider ? source->provider : "";
    if (!source || source->kind != f->kind || strcmp(provider, m->provider))
        return refuse_source(f, study, err);
    return TG_OK;
}

/* Without a study every token but "app" may have several values. */
static enum tg_status learn_tokens(struct tg_token_file *f, const struct tg_study *study,
                                   struct tg_error *err)
{
    f->tokens = f->manifest.tokens;
    f->n_tokens = f->manifest.n_tokens;
    bool *multi = tg_arena_alloc(&f->arena, f->n_tokens, sizeof *multi, err);
    f->cells = tg_arena_alloc(&f->arena, f->n_tokens, sizeof *f->cells, err);
    if (!multi || !f->cells)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < f->n_tokens; i++) {
        multi[i] = !study && strcmp(f->tokens[i], "app") != 0;
        for (size_t j = 0; study && j < study->n_tokens; j++) {
            if (!strcmp(study->tokens[j].name, f->tokens[i]))
                multi[i] = study->tokens[j].evidence;
        }
    }
    f->multi = multi;
    return TG_OK;
}

static enum tg_status refuse_header(const struct tg_token_file *f, const char *rule,
                                    struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_TOKENS_HEADER, .file = f->path, .line = 1, .rule = rule);
}

static bool cell_is(const struct tg_cell *cell, const char *before, const char *name)
{
    size_t len = strlen(before), rest = strlen(name);
    return cell->len == len + rest && !memcmp(cell->data, before, len) &&
           !memcmp(cell->data + len, name, rest);
}

static enum tg_status keep_carried(struct tg_token_file *f, const struct tg_cell *cells, size_t n,
                                   struct tg_error *err)
{
    f->carried = tg_arena_alloc(&f->arena, n, sizeof *f->carried, err);
    if (!f->carried)
        return TG_NO_MEMORY;
    for (; f->n_carried < n; f->n_carried++) {
        const struct tg_cell *cell = &cells[f->n_carried];
        for (size_t i = 0; i < f->n_carried; i++) {
            if (cell_is(cell, "", f->carried[i]))
                return refuse_header(f, "each column once", err);
        }
        f->carried[f->n_carried] = tg_arena_strndup(&f->arena, cell->data, cell->len, err);
        if (!f->carried[f->n_carried])
            return TG_NO_MEMORY;
    }
    return TG_OK;
}

/* row_id, token_…, what the kind carries, measures and attributes. */
static enum tg_status check_header(struct tg_token_file *f, const struct tg_cell *cells, size_t n,
                                   struct tg_error *err)
{
    size_t at = 0;
    bool has_app = f->n_tokens && !strcmp(f->tokens[0], "app");
    f->row.has_row_id = tg_kind_has_row_id(f->kind);
    if (has_app != (f->manifest.provider[0] != '\0'))
        return refuse_header(f, "token_app where there is a provider", err);
    if (f->row.has_row_id && !(n && cell_is(&cells[at++], "", "row_id")))
        return refuse_header(f, "row_id first", err);
    for (size_t i = 0; i < f->n_tokens; i++, at++) {
        if (at >= n || !cell_is(&cells[at], prefix, f->tokens[i]))
            return refuse_header(f, "the manifest's tokens in their order", err);
    }
    const struct tg_cell *carried = cells + at;
    for (const char *const *c = tg_kind_carries(f->kind); *c; c++, at++) {
        if (at >= n || !cell_is(&cells[at], "", *c))
            return refuse_header(f, "what this kind carries, behind the tokens", err);
    }
    const char *may = tg_kind_may_carry(f->kind);
    at += may && at < n && cell_is(&cells[at], "", may);
    for (size_t i = at; i < n; i++) {
        size_t len = sizeof prefix - 1;
        if (cells[i].len == 0 || (cells[i].len >= len && !memcmp(cells[i].data, prefix, len)))
            return refuse_header(f, "a name for each measure and attribute", err);
    }
    return keep_carried(f, carried, (size_t)(cells + n - carried), err);
}

static enum tg_status open_csv(struct tg_token_file *f, struct tg_error *err)
{
    const struct tg_cell *cells;
    size_t n;
    uint64_t line;
    bool end;
    enum tg_status status = tg_csv_open(f->input, ',', &f->csv, err);
    if (!status)
        status = tg_digest_new(&f->digest, err);
    if (status)
        return status;
    tg_csv_digest_to(f->csv, f->digest);
    status = tg_csv_next(f->csv, &cells, &n, &line, &end, err);
    if (status)
        return status;
    if (end)
        return refuse_header(f, "an empty file has none", err);
    return check_header(f, cells, n, err);
}

enum tg_status tg_token_file_open(const char *path, const struct tg_study *study,
                                  struct tg_token_file **out, struct tg_error *err)
{
    struct tg_token_file *f = tg_calloc(1, sizeof *f, err);
    if (!f)
        return TG_NO_MEMORY;
    f->path = tg_arena_strndup(&f->arena, path, strlen(path), err);
    enum tg_status status = f->path ? tg_input_open(path, &f->input, err) : TG_NO_MEMORY;
    if (!status)
        status = read_manifest(f, err);
    if (!status && study)
        status = check_study(f, study, err);
    if (!status)
        status = learn_tokens(f, study, err);
    if (!status)
        status = open_csv(f, err);
    if (status)
        tg_token_file_close(&f);
    else
        *out = f;
    return status;
}

const struct tg_manifest *tg_token_file_manifest(const struct tg_token_file *f)
{
    return &f->manifest;
}

enum tg_kind tg_token_file_kind(const struct tg_token_file *f)
{
    return f->kind;
}

const char *const *tg_token_file_tokens(const struct tg_token_file *f, size_t *n)
{
    *n = f->n_tokens;
    return f->tokens;
}

const char *const *tg_token_file_carried(const struct tg_token_file *f, size_t *n)
{
    *n = f->n_carried;
    return f->carried;
}

static enum tg_status refuse_cell(const struct tg_token_file *f, const char *column,
                                  const char *rule, struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_TOKENS_ROW, .file = f->path, .line = f->row.line, .column = column,
                   .rule = rule);
}

/* How many tokens a cell of that length holds: none, or `hex;hex;…`. */
static size_t tokens_in(size_t len)
{
    return len ? (len + 1) / (TOKEN_HEX + 1) : 0;
}

static bool decode_tokens(const struct tg_cell *cell, size_t n, unsigned char (*to)[TG_TOKEN_LEN])
{
    const char *p = cell->data;
    for (size_t i = 0; i < n; i++, p += TOKEN_HEX + 1) {
        if (i && (p[-1] != ';'))
            return false;
        if (!tg_hex_decode(p, TG_TOKEN_LEN, to[i]))
            return false;
        if (i && memcmp(to[i - 1], to[i], TG_TOKEN_LEN) >= 0)
            return false;
    }
    return true;
}

static enum tg_status read_tokens(struct tg_token_file *f, const struct tg_cell *cells,
                                  struct tg_error *err)
{
    size_t total = 0;
    for (size_t i = 0; i < f->n_tokens; i++)
        total += tokens_in(cells[i].len);
    enum tg_status status = tg_grow(&f->values, &f->values_cap, total + 1, sizeof *f->values, err);
    if (status)
        return status;
    unsigned char(*to)[TG_TOKEN_LEN] = f->values;
    for (size_t i = 0; i < f->n_tokens; i++) {
        size_t n = tokens_in(cells[i].len);
        bool whole = cells[i].len == (n ? n * (TOKEN_HEX + 1) - 1 : 0);
        if (!whole || (n > 1 && !f->multi[i]) || !decode_tokens(&cells[i], n, to))
            return refuse_cell(f, f->tokens[i], "tokens are 32 lower-case hex digits", err);
        f->cells[i] = (struct tg_token_cell){(const unsigned char(*)[TG_TOKEN_LEN])to, n};
        to += n;
    }
    return TG_OK;
}

static enum tg_status read_row(struct tg_token_file *f, const struct tg_cell *cells, size_t n,
                               struct tg_error *err)
{
    struct tg_token_row *row = &f->row;
    size_t first = row->has_row_id ? 1 : 0;
    if (n != first + f->n_tokens + f->n_carried)
        return refuse_cell(f, NULL, "as many cells as the header has", err);
    if (first &&
        (cells[0].len != TOKEN_HEX || !tg_hex_decode(cells[0].data, TG_TOKEN_LEN, row->row_id)))
        return refuse_cell(f, "row_id", "row ids are 32 lower-case hex digits", err);
    enum tg_status status = read_tokens(f, cells + first, err);
    if (status)
        return status;
    row->tokens = f->cells;
    row->carried = cells + first + f->n_tokens;
    for (size_t i = 0; i < f->n_carried; i++) {
        if (!tg_utf8_valid(row->carried[i].data, row->carried[i].len))
            return refuse_cell(f, f->carried[i], "UTF-8", err);
    }
    return TG_OK;
}

static enum tg_status check_end(struct tg_token_file *f, struct tg_error *err)
{
    char sha256[TG_DIGEST_HEX + 1];
    if (f->rows != f->manifest.rows)
        return TG_FAIL(err, TG_MSG_TOKENS_ROWS, .file = f->path);
    tg_digest_hex(f->digest, sha256);
    if (strcmp(sha256, f->manifest.sha256))
        return TG_FAIL(err, TG_MSG_TOKENS_SHA256, .file = f->path);
    return TG_OK;
}

enum tg_status tg_token_file_next(struct tg_token_file *f, const struct tg_token_row **row,
                                  bool *end, struct tg_error *err)
{
    const struct tg_cell *cells;
    size_t n;
    enum tg_status status = tg_csv_next(f->csv, &cells, &n, &f->row.line, end, err);
    if (status)
        return status;
    if (*end)
        return check_end(f, err);
    status = read_row(f, cells, n, err);
    if (status)
        return status;
    f->rows++;
    *row = &f->row;
    return TG_OK;
}

void tg_token_file_close(struct tg_token_file **f)
{
    if (!f || !*f)
        return;
    tg_csv_close(&(*f)->csv);
    tg_digest_free(&(*f)->digest);
    tg_input_close(&(*f)->input);
    free((*f)->values);
    tg_arena_free(&(*f)->arena);
    free(*f);
    *f = NULL;
}
