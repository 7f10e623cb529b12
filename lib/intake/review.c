/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/decoders.h"
#include "intake/reader.h"
#include "table/named.h"
#include "text/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { USERS, ROSTER, N_SIDES };
enum { ROW_ID_TEXT = 2 * TG_TOKEN_LEN + 1, WORD_MAX = 64 };

/* A row that some pair names. */
struct wanted {
    unsigned char row_id[TG_TOKEN_LEN];
    uint64_t line; /* 0: not found yet */
    char **values; /* by identity column of the plan, NUL-ended; NULL: not found */
};

struct side {
    struct tg_plan plan;
    bool at_hand;
    struct wanted *rows; /* ascending by row id */
    size_t n;
    uint64_t n_looked_up, n_raw; /* rows of the lookup file and of the raw file */
};

struct pair {
    unsigned char row_id[N_SIDES][TG_TOKEN_LEN];
    char rule[WORD_MAX], probability[WORD_MAX];
};

struct showing {
    const struct tg_review_options *options;
    struct pair *pairs;
    size_t n, cap;
    struct side sides[N_SIDES];
    struct tg_arena arena; /* of the values */
    struct tg_decoders decoders;
};

static const struct tg_review_side *given(const struct showing *s, int side)
{
    return side == USERS ? &s->options->users : &s->options->roster;
}

static void copy_word(char out[WORD_MAX], const struct tg_cell *cell)
{
    size_t columns;
    size_t len = tg_text_show(cell->data, cell->len, out, WORD_MAX - 1, &columns);
    out[len] = '\0';
}

static enum tg_status add_pair(struct showing *s, const struct tg_cell *cells, uint64_t line,
                               struct tg_error *err)
{
    enum tg_status status = tg_grow(&s->pairs, &s->cap, s->n + 1, sizeof *s->pairs, err);
    if (status)
        return status;
    struct pair *pair = &s->pairs[s->n++];
    for (int side = 0; side < N_SIDES; side++) {
        if (!tg_cell_token(&cells[side], pair->row_id[side]))
            return TG_FAIL(err, TG_MSG_NAMED_ROW_ID, .file = s->options->pairs, .line = line,
                           .column = side == USERS ? "user_row_id" : "roster_row_id");
    }
    copy_word(pair->rule, &cells[2]);
    copy_word(pair->probability, &cells[3]);
    return TG_OK;
}

static enum tg_status read_pairs(struct showing *s, struct tg_error *err)
{
    static const char *const columns[] = {"user_row_id", "roster_row_id", "rule", "probability"};
    struct tg_named *in = NULL;
    bool end = false;
    enum tg_status status = tg_named_open(s->options->pairs, columns, 4, NULL, &in, err);
    while (!status && !end) {
        const struct tg_cell *cells;
        uint64_t line;
        status = tg_named_next(in, &cells, &line, &end, err);
        if (!status && !end)
            status = add_pair(s, cells, line, err);
    }
    tg_named_close(&in);
    return status;
}

static int by_row_id(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;
    return memcmp(x->row_id, y->row_id, TG_TOKEN_LEN);
}

static struct wanted *find(const struct side *side, const unsigned char row_id[TG_TOKEN_LEN])
{
    struct wanted key;
    memcpy(key.row_id, row_id, TG_TOKEN_LEN);
    return side->n ? bsearch(&key, side->rows, side->n, sizeof key, by_row_id) : NULL;
}

static enum tg_status list_wanted(const struct showing *s, int which, struct side *side,
                                  struct tg_error *err)
{
    side->rows = tg_calloc(s->n, sizeof *side->rows, err);
    if (!side->rows)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < s->n; i++)
        memcpy(side->rows[i].row_id, s->pairs[i].row_id[which], TG_TOKEN_LEN);
    if (s->n)
        qsort(side->rows, s->n, sizeof *side->rows, by_row_id);
    for (size_t i = 0; i < s->n; i++) {
        if (side->n == 0 || by_row_id(&side->rows[side->n - 1], &side->rows[i]) != 0)
            side->rows[side->n++] = side->rows[i];
    }
    return TG_OK;
}

static bool scan_line(const struct tg_cell *cell, uint64_t *out)
{
    *out = 0;
    if (cell->len == 0 || cell->len > 18)
        return false;
    for (size_t i = 0; i < cell->len; i++) {
        if (cell->data[i] < '0' || cell->data[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(cell->data[i] - '0');
    }
    return true;
}

static enum tg_status read_lookup(const char *path, struct side *side, struct tg_error *err)
{
    static const char *const columns[] = {"row_id", "line"};
    struct tg_named *in = NULL;
    bool end = false;
    enum tg_status status = tg_named_open(path, columns, 2, NULL, &in, err);
    while (!status && !end) {
        const struct tg_cell *cells;
        unsigned char row_id[TG_TOKEN_LEN];
        uint64_t line, at;
        status = tg_named_next(in, &cells, &at, &end, err);
        if (status || end)
            break;
        if (!tg_cell_token(&cells[0], row_id) || !scan_line(&cells[1], &line)) {
            status = TG_FAIL(err, TG_MSG_NAMED_ROW_ID, .file = path, .line = at);
            break;
        }
        struct wanted *wanted = find(side, row_id);
        if (wanted)
            wanted->line = line;
        side->n_looked_up++;
    }
    tg_named_close(&in);
    return status;
}

static enum tg_status decode_cell(struct showing *s, enum tg_encoding encoding, const char *cell,
                                  size_t len, char **out, struct tg_error *err)
{
    struct tg_decoded decoded;
    bool ok;
    s->decoders.text.len = 0;
    enum tg_status status = tg_decoders_read(&s->decoders, encoding, cell, len, &decoded, &ok, err);
    if (status)
        return status;
    *out = tg_arena_strndup(&s->arena, ok ? tg_decoded_text(&s->decoders, &decoded) : "",
                            ok ? decoded.len : 0, err);
    return *out ? TG_OK : TG_NO_MEMORY;
}

static enum tg_status keep_row(struct showing *s, const struct side *side, const char *row,
                               struct wanted *wanted, struct tg_error *err)
{
    enum tg_encoding encoding = (enum tg_encoding)row[TG_BATCH_ENCODING];
    const char *at = row + TG_BATCH_HEAD;
    wanted->values = tg_arena_alloc(&s->arena, side->plan.n_identity + 1, sizeof(char *), err);
    enum tg_status status = wanted->values ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < side->plan.n_identity; i++) {
        size_t len;
        const char *cell = tg_batch_cell(at, &len);
        status = decode_cell(s, encoding, cell, len, &wanted->values[i], err);
        at = cell + len;
    }
    return status;
}

/* Rows by their lines, so that a pass over the raw files finds them in step. */
struct by_line {
    struct wanted **rows;
    size_t n, next;
};

static int compare_lines(const void *a, const void *b)
{
    const struct wanted *x = *(struct wanted *const *)a, *y = *(struct wanted *const *)b;
    return (x->line > y->line) - (x->line < y->line);
}

static enum tg_status sort_by_line(const struct side *side, struct by_line *out,
                                   struct tg_error *err)
{
    out->rows = tg_calloc(side->n, sizeof(struct wanted *), err);
    if (!out->rows)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < side->n; i++) {
        if (side->rows[i].line)
            out->rows[out->n++] = &side->rows[i];
    }
    if (out->n)
        qsort(out->rows, out->n, sizeof *out->rows, compare_lines);
    return TG_OK;
}

static enum tg_status take_batch(struct showing *s, const struct side *side,
                                 const struct tg_batch *batch, struct by_line *lines,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    const char *row = batch->rows.data;
    for (size_t i = 0; !status && i < batch->n_rows && lines->next < lines->n; i++) {
        uint64_t line;
        uint32_t len;
        memcpy(&line, row, sizeof line);
        memcpy(&len, row + sizeof line, sizeof len);
        while (lines->next < lines->n && lines->rows[lines->next]->line < line)
            lines->next++;
        if (lines->next < lines->n && lines->rows[lines->next]->line == line)
            status = keep_row(s, side, row, lines->rows[lines->next], err);
        row += TG_BATCH_HEAD + len;
    }
    return status;
}

static enum tg_status read_raw(struct showing *s, int which, struct by_line *lines,
                               struct tg_error *err)
{
    const struct tg_review_side *files = given(s, which);
    struct side *side = &s->sides[which];
    struct tg_reader *reader = NULL;
    struct tg_batch batch = {0};
    bool end = false;
    enum tg_status status =
        tg_reader_new(&side->plan, files->inputs, files->n_inputs, &reader, err);
    while (!status && !end) {
        status = tg_reader_next(reader, &batch, &end, err);
        if (!status)
            status = take_batch(s, side, &batch, lines, err);
        side->n_raw += status ? 0 : batch.n_rows;
    }
    tg_batch_free(&batch);
    tg_reader_free(&reader);
    return status;
}

/* Lines of one file would lead to other people in another: the lookup has all rows of its file but
 * those that were rejected. */
static enum tg_status check_files(const struct showing *s, int which, struct tg_error *err)
{
    const struct tg_review_side *files = given(s, which);
    const struct side *side = &s->sides[which];
    double rejected = (double)side->n_raw - (double)side->n_looked_up;
    char rule[64];
    if (rejected >= 0 && rejected <= s->options->study->max_rejects * (double)side->n_raw)
        return TG_OK;
    (void)snprintf(rule, sizeof rule, "%llu / %llu", (unsigned long long)side->n_looked_up,
                   (unsigned long long)side->n_raw);
    return TG_FAIL(err, TG_MSG_REVIEW_OTHER_FILE, .file = files->lookup, .rule = rule);
}

static enum tg_status read_side(struct showing *s, int which, struct tg_error *err)
{
    const struct tg_review_side *files = given(s, which);
    struct side *side = &s->sides[which];
    if (!files->source)
        return TG_OK;
    const struct tg_pseudonymize_options o = {.study = s->options->study, .source = files->source};
    struct by_line lines = {0};
    enum tg_status status = tg_plan_make(&o, &side->plan, err);
    side->at_hand = !status;
    if (!status)
        status = list_wanted(s, which, side, err);
    if (!status)
        status = read_lookup(files->lookup, side, err);
    if (!status)
        status = sort_by_line(side, &lines, err);
    if (!status)
        status = read_raw(s, which, &lines, err);
    if (!status)
        status = check_files(s, which, err);
    free(lines.rows);
    return status;
}

enum { NEAR_MAX = 256 }; /* characters of a value that is looked at for a slip */

static size_t characters(const struct tg_buf *value, int32_t out[NEAR_MAX])
{
    size_t n = 0;
    for (size_t at = 0, step; at < value->len && n < NEAR_MAX; at += step, n++) {
        step = tg_utf8_decode(value->data + at, value->len - at, &out[n]);
        if (step == 0)
            break;
    }
    return n;
}

/* What lies between the common beginning and the common end is one character at most. */
static bool one_differs(const struct tg_buf *a, const struct tg_buf *b)
{
    int32_t x[NEAR_MAX], y[NEAR_MAX];
    size_t n = characters(a, x), m = characters(b, y), from = 0;
    while (from < n && from < m && x[from] == y[from])
        from++;
    while (n > from && m > from && x[n - 1] == y[m - 1])
        n--, m--;
    bool near = n - from <= 1 && m - from <= 1;
    tg_wipe(x, sizeof x);
    tg_wipe(y, sizeof y);
    return near;
}

static enum tg_status normalise(enum tg_field_type type, const char *value, struct tg_buf *out,
                                bool *ok, struct tg_error *err)
{
    size_t len = strlen(value), size = tg_normalize_bound(len);
    unsigned notes;
    out->len = 0;
    enum tg_status status = tg_buf_reserve(out, size, err);
    if (!status)
        *ok = tg_normalize(type, value, len, out->data, size, &out->len, &notes) == TG_VALUE_OK;
    return status;
}

/* Both values in one canonical form. */
struct comparing {
    struct tg_buf users, roster;
};

static enum tg_status agree(struct comparing *c, enum tg_field_type type, const char *users,
                            const char *roster, bool *both, bool *same, struct tg_error *err)
{
    bool left = false, right = false;
    enum tg_status status = normalise(type, users, &c->users, &left, err);
    if (!status)
        status = normalise(type, roster, &c->roster, &right, err);
    *both = left && right;
    *same = *both && c->users.len == c->roster.len &&
            (c->users.len == 0 || memcmp(c->users.data, c->roster.data, c->users.len) == 0);
    return status;
}

static enum tg_status mark(enum tg_field_type type, const char *users, const char *roster,
                           enum tg_review_mark *out, struct tg_error *err)
{
    struct comparing c = {{0}, {0}};
    bool kana = type == TG_FIELD_KANA_STRICT, both, same, loosely = false;
    enum tg_status status =
        agree(&c, kana ? TG_FIELD_KANA_FOLDED : type, users, roster, &both, &same, err);
    bool near = !status && both && !same && one_differs(&c.users, &c.roster);
    if (!status && kana && both && !same && !near)
        status = agree(&c, TG_FIELD_KANA_LOOSE, users, roster, &loosely, &near, err);
    *out = !both  ? TG_REVIEW_MISSING
           : same ? TG_REVIEW_SAME
           : near ? TG_REVIEW_NEAR
                  : TG_REVIEW_DIFFERENT;
    tg_buf_free(&c.users);
    tg_buf_free(&c.roster);
    return status;
}

/* The value of a column in a side's row; NULL where the side has none. */
static const char *value_of(const struct side *side, const struct wanted *row, const char *column)
{
    for (size_t i = 0; row && row->values && i < side->plan.n_identity; i++) {
        if (strcmp(side->plan.columns[i].name, column) == 0)
            return row->values[i];
    }
    return NULL;
}

static enum tg_status to_show(struct tg_arena *arena, const char *value,
                              struct tg_review_value *out, struct tg_error *err)
{
    size_t len = value ? strlen(value) : 0;
    char *text = tg_arena_alloc(arena, 3 * len + 1, 1, err);
    if (!text)
        return TG_NO_MEMORY;
    size_t used = len ? tg_text_show(value, len, text, 3 * len, &out->columns) : 0;
    text[used] = '\0';
    out->text = text;
    return TG_OK;
}

static bool is_mapped(const struct side *side, const char *column)
{
    for (size_t i = 0; side->at_hand && i < side->plan.n_identity; i++) {
        if (strcmp(side->plan.columns[i].name, column) == 0)
            return true;
    }
    return false;
}

/* One line for every column that either side has, in the order of the fields. */
static enum tg_status compare_rows(const struct showing *s, struct wanted *const rows[N_SIDES],
                                   struct tg_arena *arena, struct tg_review_field *fields,
                                   size_t *n, struct tg_error *err)
{
    const struct tg_field *f;
    const char *before = "";
    enum tg_status status = TG_OK;
    *n = 0;
    for (size_t i = 0; !status && (f = tg_study_field_at(s->options->study, i)) != NULL; i++) {
        const char *column = f->column_name;
        bool again = strcmp(column, before) == 0;
        before = column;
        if (again ||
            (!is_mapped(&s->sides[USERS], column) && !is_mapped(&s->sides[ROSTER], column)))
            continue;
        const char *users = value_of(&s->sides[USERS], rows[USERS], column);
        const char *roster = value_of(&s->sides[ROSTER], rows[ROSTER], column);
        struct tg_review_field *field = &fields[(*n)++];
        *field = (struct tg_review_field){.name = column, .mark = TG_REVIEW_MISSING};
        status = to_show(arena, users, &field->users, err);
        if (!status)
            status = to_show(arena, roster, &field->roster, err);
        if (!status && users && roster)
            status = mark(f->type, users, roster, &field->mark, err);
    }
    return status;
}

static enum tg_status show_pair(struct showing *s, size_t i, struct tg_review_field *fields,
                                tg_on_review_pair *on, void *ctx, struct tg_error *err)
{
    const struct pair *pair = &s->pairs[i];
    struct wanted *const rows[N_SIDES] = {find(&s->sides[USERS], pair->row_id[USERS]),
                                          find(&s->sides[ROSTER], pair->row_id[ROSTER])};
    struct tg_arena arena = {0};
    char ids[N_SIDES][ROW_ID_TEXT] = {{0}};
    for (int side = 0; side < N_SIDES; side++)
        tg_hex_encode(pair->row_id[side], TG_TOKEN_LEN, ids[side]);
    struct tg_review_pair shown = {
        .number = i + 1,
        .of = s->n,
        .user_row_id = ids[USERS],
        .roster_row_id = ids[ROSTER],
        .rule = pair->rule,
        .probability = pair->probability,
        .user_line = rows[USERS] && rows[USERS]->values ? rows[USERS]->line : 0,
        .roster_line = rows[ROSTER] && rows[ROSTER]->values ? rows[ROSTER]->line : 0,
        .fields = fields,
    };
    enum tg_status status = compare_rows(s, rows, &arena, fields, &shown.n_fields, err);
    if (!status)
        status = on(ctx, &shown, err);
    tg_arena_free(&arena);
    return status;
}

static enum tg_status show_all(struct showing *s, tg_on_review_pair *on, void *ctx,
                               struct tg_error *err)
{
    size_t n_fields = 0;
    while (tg_study_field_at(s->options->study, n_fields))
        n_fields++;
    struct tg_review_field *fields = tg_calloc(n_fields, sizeof *fields, err);
    enum tg_status status = fields ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < s->n; i++)
        status = show_pair(s, i, fields, on, ctx, err);
    free(fields);
    return status;
}

enum tg_status tg_review_show(const struct tg_review_options *options, tg_on_review_pair *on,
                              void *ctx, struct tg_error *err)
{
    struct showing s = {.options = options};
    enum tg_status status = tg_decoders_new(&s.decoders, err);
    if (!status)
        status = read_pairs(&s, err);
    for (int side = 0; !status && side < N_SIDES; side++)
        status = read_side(&s, side, err);
    if (!status)
        status = show_all(&s, on, ctx, err);
    for (int side = 0; side < N_SIDES; side++) {
        tg_plan_free(&s.sides[side].plan);
        free(s.sides[side].rows);
    }
    free(s.pairs);
    tg_arena_free(&s.arena);
    tg_decoders_free(&s.decoders);
    return status;
}
