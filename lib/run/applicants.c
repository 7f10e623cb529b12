/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/run.h>

#include "base/reporter.h"
#include "link/engine.h"
#include "store/query.h"
#include "table/tokenfile.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY  UINT32_MAX
#define SEVERAL (UINT32_MAX - 1)
#define NO_CELL SIZE_MAX

enum { ROWS_BETWEEN_NOTES = 1 << 16 };

/* A token of the file: decisive ones are keys of the linkage, the others say whom they name. */
struct column {
    const struct tg_token_def *token;
    size_t cell;
    struct tg_link_key key;
    uint32_t *named; /* of an evidence token: by applicant */
};

/* Bits at the hashes of the file's evidence tokens: most tokens of the store are none of them. */
struct filter {
    uint64_t *words;
    uint64_t mask; /* of a bit's number */
};

/* What became of one applicant. */
struct answer {
    enum tg_applicant_status status;
    const char *key; /* VERIFIED and PARTLY: the token that agreed */
};

struct facts {
    int32_t *birth_month;
    uint8_t *sex;
};

struct verifying {
    const struct tg_applicant_options *o;
    const struct tg_reporter *reporter;
    int32_t month;
    struct tg_token_file *file;
    struct column *columns; /* in the study's order */
    size_t n_columns;
    struct column **column_of; /* by the token's place in the study; NULL: not in the file */
    struct filter filter;
    struct tg_people people;
    struct tg_places places; /* of the people */
    struct facts facts[TG_N_SIDES];
    size_t birth_cap, sex_cap, id_cap;
    unsigned char (*row_ids)[TG_TOKEN_LEN];
    uint32_t n;
    struct tg_buf scratch;
    struct answer *answers;
};

static size_t find_name(const char *const *names, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(names[i], name) != 0)
        i++;
    return i < n ? i : NO_CELL;
}

static enum tg_status open_file(struct verifying *v, struct tg_error *err)
{
    const struct tg_study *study = v->o->study;
    enum tg_status status = tg_token_file_open(v->o->input, study, &v->file, err);
    if (!status && !tg_kind_has_row_id(tg_token_file_kind(v->file)))
        status = TG_FAIL(err, TG_MSG_LINK_NO_ROW_IDS, .file = v->o->input);
    if (!status)
        status = tg_store_accepts(v->o->store, v->o->input, tg_token_file_manifest(v->file), err);
    if (status)
        return status;
    v->columns = tg_calloc(study->n_tokens, sizeof *v->columns, err);
    v->column_of = tg_calloc(study->n_tokens, sizeof *v->column_of, err);
    if (!v->columns || !v->column_of)
        return TG_NO_MEMORY;
    size_t n;
    const char *const *names = tg_token_file_tokens(v->file, &n);
    for (size_t i = 0; i < study->n_tokens; i++) {
        const struct tg_token_def *token = &study->tokens[i];
        size_t cell = find_name(names, n, token->name);
        if (cell == NO_CELL)
            continue;
        v->column_of[i] = &v->columns[v->n_columns++];
        *v->column_of[i] = (struct column){
            .token = token,
            .cell = cell,
            .key = {.rule = token->name, .exact = true, .number_like = token->number_like}};
    }
    return v->n_columns ? TG_OK : TG_FAIL(err, TG_MSG_LINK_NO_COMMON, .file = v->o->input);
}

static enum tg_status add_tokens(struct verifying *v, const struct tg_token_row *row,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t c = 0; c < v->n_columns; c++) {
        struct column *column = &v->columns[c];
        const struct tg_token_cell *cell = &row->tokens[column->cell];
        for (size_t i = 0; !status && i < cell->n; i++) {
            unsigned char hash[TG_TOKEN_LEN];
            status = (column->token->evidence ? tg_store_hash_evidence : tg_store_hash)(
                v->o->store, column->token->name, cell->tokens[i], &v->scratch, hash, err);
            if (!status)
                status = tg_linkage_add(&column->key, TG_LEFT, hash, v->n, err);
        }
    }
    return status;
}

static enum tg_status take_row(struct verifying *v, const struct tg_token_row *row,
                               const struct tg_cell *birth, const struct tg_cell *sex,
                               struct tg_error *err)
{
    struct facts *f = &v->facts[TG_LEFT];
    size_t need = (size_t)v->n + 1;
    if (v->n >= SEVERAL - 1)
        return TG_FAIL(err, TG_MSG_FILE_TOO_LARGE, .file = v->o->input, .rule = "4294967292 rows");
    enum tg_status status = tg_grow(&v->row_ids, &v->id_cap, need, sizeof *v->row_ids, err);
    if (!status)
        status = tg_grow(&f->birth_month, &v->birth_cap, need, sizeof *f->birth_month, err);
    if (!status)
        status = tg_grow(&f->sex, &v->sex_cap, need, sizeof *f->sex, err);
    if (status)
        return status;
    memcpy(v->row_ids[v->n], row->row_id, TG_TOKEN_LEN);
    if (!birth || !tg_month_scan(birth->data, birth->len, &f->birth_month[v->n]))
        f->birth_month[v->n] = TG_NO_MONTH;
    bool known = sex && sex->len == 1 && (sex->data[0] == '1' || sex->data[0] == '2');
    f->sex[v->n] = known ? (uint8_t)(sex->data[0] - '0') : 0;
    status = add_tokens(v, row, err);
    v->n++;
    return status;
}

static enum tg_status read_file(struct verifying *v, struct tg_error *err)
{
    size_t n;
    const char *const *carried = tg_token_file_carried(v->file, &n);
    size_t birth = find_name(carried, n, "birth_month"), sex = find_name(carried, n, "sex");
    uint64_t total = tg_token_file_manifest(v->file)->rows;
    for (;;) {
        const struct tg_token_row *row;
        bool end;
        enum tg_status status = tg_token_file_next(v->file, &row, &end, err);
        if (status || end)
            return status;
        status = take_row(v, row, birth == NO_CELL ? NULL : &row->carried[birth],
                          sex == NO_CELL ? NULL : &row->carried[sex], err);
        if (!status && v->n % ROWS_BETWEEN_NOTES == 0)
            status = tg_progress(v->reporter, "rows", v->n, total, err);
        if (status)
            return status;
    }
}

static enum tg_status read_people(struct verifying *v, struct tg_error *err)
{
    struct facts *f = &v->facts[TG_RIGHT];
    enum tg_status status = tg_store_people(v->o->store, v->month, &v->people, err);
    if (!status && v->people.n == 0)
        status = TG_FAIL(err, TG_MSG_RUN_NO_ROSTER, .line = 0);
    if (!status && v->people.n >= SEVERAL)
        status = TG_FAIL(err, TG_MSG_BUG, .rule = "fewer than 2^32 people");
    if (status)
        return status;
    status = tg_store_places_of_people(v->o->store, v->month, &v->people, &v->places, err);
    if (status)
        return status;
    f->birth_month = tg_calloc(v->people.n, sizeof *f->birth_month, err);
    f->sex = tg_calloc(v->people.n, sizeof *f->sex, err);
    if (!f->birth_month || !f->sex)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < v->people.n; i++) {
        f->birth_month[i] = v->people.items[i].birth_month;
        f->sex[i] = v->people.items[i].sex;
    }
    return TG_OK;
}

static enum tg_status on_decisive(void *ctx, const struct tg_placed_token *tokens, size_t n,
                                  struct tg_error *err)
{
    struct verifying *v = ctx;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        struct column *column = v->column_of[tokens[i].token];
        if (column && column->key.n[TG_LEFT])
            status = tg_linkage_add(&column->key, TG_RIGHT, tokens[i].hash, tokens[i].place, err);
    }
    return status;
}

static enum tg_status fill_keys(struct verifying *v, struct tg_linkage *l, struct tg_error *err)
{
    enum tg_status status = tg_store_tokens(v->o->store, &v->places, NULL, on_decisive, v, err);
    for (size_t c = 0; !status && c < v->n_columns; c++) {
        if (v->columns[c].token->evidence)
            continue;
        l->keys[l->n_keys++] = v->columns[c].key;
        v->columns[c].key = (struct tg_link_key){0};
    }
    tg_linkage_sort(l);
    return status;
}

/* Decisive keys decide as they do for users. */
static enum tg_status ask_decisive(struct verifying *v, struct tg_linkage *l, struct tg_error *err)
{
    struct tg_link_decision *decisions = NULL;
    struct tg_link_key_report *reports = NULL;
    bool *candidates = NULL;
    enum tg_status status = fill_keys(v, l, err);
    if (!status)
        status = tg_linkage_decide(l, &decisions, &reports, &candidates, err);
    for (uint32_t i = 0; !status && i < v->n; i++) {
        static const enum tg_applicant_status statuses[] = {
            [TG_LINK_NOT_FOUND] = TG_APPLICANT_NOT_FOUND,
            [TG_LINK_LINKED] = TG_APPLICANT_VERIFIED,
            [TG_LINK_REVIEW] = TG_APPLICANT_PARTLY,
            [TG_LINK_AMBIGUOUS] = TG_APPLICANT_AMBIGUOUS,
            [TG_LINK_CONFLICT] = TG_APPLICANT_AMBIGUOUS,
        };
        const struct tg_link_decision *d = &decisions[i];
        bool paired = d->state == TG_LINK_LINKED || d->state == TG_LINK_REVIEW;
        v->answers[i] = (struct answer){statuses[d->state], paired ? tg_linkage_rule(l, d) : NULL};
    }
    free(decisions);
    free(reports);
    free(candidates);
    return status;
}

static int by_hash(const void *a, const void *b)
{
    const struct tg_link_entry *x = a, *y = b;
    return memcmp(x->hash, y->hash, TG_TOKEN_LEN);
}

/* Sorts the file's evidence tokens and notes them in the filter, 16 to 32 bits a token. */
static enum tg_status prepare_forgiving(struct verifying *v, struct tg_error *err)
{
    uint64_t n = 0, bits = 1024;
    for (size_t c = 0; c < v->n_columns; c++)
        n += v->columns[c].token->evidence ? v->columns[c].key.n[TG_LEFT] : 0;
    while (bits / 16 < n)
        bits *= 2;
    v->filter.words = tg_calloc(bits / 64, sizeof *v->filter.words, err);
    if (!v->filter.words)
        return TG_NO_MEMORY;
    v->filter.mask = bits - 1;
    for (size_t c = 0; c < v->n_columns; c++) {
        struct column *column = &v->columns[c];
        struct tg_link_entry *entries = column->key.entries[TG_LEFT];
        size_t n_entries = column->key.n[TG_LEFT];
        if (!column->token->evidence || n_entries == 0)
            continue;
        qsort(entries, n_entries, sizeof *entries, by_hash);
        column->named = tg_calloc(v->n, sizeof *column->named, err);
        if (!column->named)
            return TG_NO_MEMORY;
        for (uint32_t i = 0; i < v->n; i++)
            column->named[i] = NOBODY;
        for (size_t i = 0; i < n_entries; i++) {
            uint64_t bit = tg_load_be64(entries[i].hash) & v->filter.mask;
            v->filter.words[bit / 64] |= UINT64_C(1) << bit % 64;
        }
    }
    return TG_OK;
}

/* Birth month and sex must not both disagree. */
static bool may_be_one_person(const struct verifying *v, uint32_t applicant, uint32_t person)
{
    const struct facts *a = &v->facts[TG_LEFT], *b = &v->facts[TG_RIGHT];
    int32_t x = a->birth_month[applicant], y = b->birth_month[person];
    uint8_t s = a->sex[applicant], t = b->sex[person];
    return !(x != TG_NO_MONTH && y != TG_NO_MONTH && x != y && s && t && s != t);
}

/* Notes the person with all applicants who have the token. */
static void name_person(const struct verifying *v, const struct column *column,
                        const struct tg_placed_evidence *token)
{
    const struct tg_link_key *key = &column->key;
    const struct tg_link_entry *end = key->entries[TG_LEFT] + key->n[TG_LEFT];
    struct tg_link_entry wanted = {.entity = 0}; /* what is not stored counts as zeros */
    tg_put_be64(wanted.hash, token->hash);
    const struct tg_link_entry *e =
        bsearch(&wanted, key->entries[TG_LEFT], key->n[TG_LEFT], sizeof wanted, by_hash);
    if (!e)
        return;
    while (e > key->entries[TG_LEFT] && by_hash(e - 1, &wanted) == 0)
        e--;
    for (; e < end && by_hash(e, &wanted) == 0; e++) {
        uint32_t *named = &column->named[e->entity];
        if (may_be_one_person(v, e->entity, token->place))
            *named = *named == NOBODY || *named == token->place ? token->place : SEVERAL;
    }
}

static enum tg_status on_forgiving(void *ctx, const struct tg_placed_evidence *tokens, size_t n,
                                   struct tg_error *err)
{
    const struct verifying *v = ctx;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        const struct column *column = v->column_of[tokens[i].token];
        uint64_t bit = tokens[i].hash & v->filter.mask;
        if (column && column->named && v->filter.words[bit / 64] >> bit % 64 & 1)
            name_person(v, column, &tokens[i]);
    }
    return TG_OK;
}

/* A key that forgives an error verifies nobody; it tells what agrees with one person alone. */
static void take_forgiving(struct verifying *v, const struct column *column)
{
    for (uint32_t i = 0; i < v->n; i++) {
        struct answer *a = &v->answers[i];
        bool open = a->status == TG_APPLICANT_NOT_FOUND || a->status == TG_APPLICANT_AMBIGUOUS;
        if (!open || column->named[i] == NOBODY)
            continue;
        if (column->named[i] == SEVERAL)
            a->status = TG_APPLICANT_AMBIGUOUS;
        else if (a->status == TG_APPLICANT_NOT_FOUND)
            *a = (struct answer){TG_APPLICANT_PARTLY, column->token->name};
    }
}

/* One pass over the store's evidence tokens; then the strongest key speaks first. */
static enum tg_status ask_forgiving(struct verifying *v, struct tg_error *err)
{
    enum tg_status status = prepare_forgiving(v, err);
    if (!status)
        status = tg_store_evidence(v->o->store, &v->places, NULL, on_forgiving, v, err);
    for (size_t c = 0; !status && c < v->n_columns; c++) {
        if (v->columns[c].named)
            take_forgiving(v, &v->columns[c]);
    }
    return status;
}

static enum tg_status answer_all(struct verifying *v, struct tg_error *err)
{
    struct tg_linkage l = {.accept = v->o->study->accept, .review = v->o->study->review};
    v->answers = tg_calloc(v->n, sizeof *v->answers, err);
    l.keys = tg_calloc(v->n_columns, sizeof *l.keys, err);
    enum tg_status status = v->answers && l.keys ? TG_OK : TG_NO_MEMORY;
    l.facts[TG_LEFT] =
        (struct tg_link_facts){v->n, v->facts[TG_LEFT].birth_month, v->facts[TG_LEFT].sex};
    l.facts[TG_RIGHT] = (struct tg_link_facts){
        (uint32_t)v->people.n, v->facts[TG_RIGHT].birth_month, v->facts[TG_RIGHT].sex};
    if (!status)
        status = ask_decisive(v, &l, err);
    if (!status)
        status = tg_progress(v->reporter, "match keys", 1, 2, err);
    if (!status)
        status = ask_forgiving(v, err);
    if (!status)
        status = tg_progress(v->reporter, "match keys", 2, 2, err);
    tg_linkage_free(&l);
    return status;
}

static const char *const names[] = {
    [TG_APPLICANT_NOT_FOUND] = "not_found",
    [TG_APPLICANT_VERIFIED] = "verified",
    [TG_APPLICANT_PARTLY] = "partly",
    [TG_APPLICANT_AMBIGUOUS] = "ambiguous",
};

static enum tg_status write_answers(const struct verifying *v, struct tg_applicant_counts *counts,
                                    struct tg_error *err)
{
    static const char *const header[] = {"row_id", "status", "key"};
    struct tg_csv_writer *w = NULL;
    unsigned flags = v->o->force ? TG_OUTPUT_FORCE : 0;
    enum tg_status status = tg_csv_create(v->o->output, flags, &w, err);
    if (!status)
        status = tg_csv_put_row(w, header, 3, err);
    *counts = (struct tg_applicant_counts){0};
    for (uint32_t i = 0; !status && i < v->n; i++) {
        const struct answer *a = &v->answers[i];
        counts->by_status[a->status]++;
        status = tg_csv_put_hex(w, v->row_ids[i], TG_TOKEN_LEN, err);
        if (!status)
            status = tg_csv_put_text(w, names[a->status], err);
        if (!status)
            status = tg_csv_put_text(w, a->key ? a->key : "", err);
        if (!status)
            status = tg_csv_end_row(w, err);
    }
    if (!status)
        status = tg_csv_commit(&w, NULL, err);
    tg_csv_discard(&w);
    return status;
}

static void verifying_free(struct verifying *v)
{
    for (size_t c = 0; c < v->n_columns; c++) {
        for (int side = 0; side < TG_N_SIDES; side++)
            free(v->columns[c].key.entries[side]);
        free(v->columns[c].named);
    }
    for (int side = 0; side < TG_N_SIDES; side++) {
        free(v->facts[side].birth_month);
        free(v->facts[side].sex);
    }
    free(v->columns);
    free(v->column_of);
    free(v->filter.words);
    free(v->row_ids);
    free(v->answers);
    tg_places_free(&v->places);
    tg_buf_free(&v->scratch);
    tg_people_free(&v->people);
    tg_token_file_close(&v->file);
}

enum tg_status tg_verify_applicants(const struct tg_applicant_options *options,
                                    const struct tg_reporter *reporter,
                                    struct tg_applicant_counts *counts, struct tg_error *err)
{
    struct verifying v = {.o = options, .reporter = reporter, .month = INT32_MAX};
    if (options->month && !tg_month_scan(options->month, strlen(options->month), &v.month))
        return TG_FAIL(err, TG_MSG_RUN_MONTH, .column = "--month");
    enum tg_status status = open_file(&v, err);
    if (!status)
        status = read_file(&v, err);
    if (!status)
        status = read_people(&v, err);
    if (!status)
        status = answer_all(&v, err);
    if (!status)
        status = write_answers(&v, counts, err);
    verifying_free(&v);
    return status;
}
