/* SPDX-License-Identifier: Apache-2.0 */
#include "store/graph.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* A row of the delivery whose identity shares a number with another of its source. */
struct kin_row {
    int64_t identity;
    int32_t birth_month;
    uint8_t sex;
    uint32_t from; /* 0: open */
    uint32_t to;   /* UINT32_MAX: open */
    const unsigned char *tokens;
    size_t tokens_len;
};

/* One number-like token of one such row. */
struct kin_token {
    unsigned token;
    const unsigned char *hash;
    const struct kin_row *row;
};

struct kin {
    struct tg_arena arena;
    struct kin_row *rows;
    size_t n_rows, cap_rows;
    struct kin_token *tokens;
    size_t n_tokens, cap_tokens;
};

static bool is_number(const struct tg_token_def *def)
{
    return def->number_like && !def->evidence;
}

bool tg_token_bridges(const struct tg_token_def *def)
{
    unsigned names = 0, births = 0, sexes = 0;
    for (size_t i = 0; i < def->n_parts; i++) {
        const char *field = def->parts[i].field->name;
        names += strcmp(field, "kana_name") == 0 || strcmp(field, "kana_name_folded") == 0 ||
                 strcmp(field, "name") == 0;
        births += strcmp(field, "birth_date") == 0;
        sexes += strcmp(field, "sex") == 0;
    }
    return !def->evidence && def->n_parts == 3 && names == 1 && births == 1 && sexes == 1;
}

static bool is_written(const struct tg_token_def *def)
{
    bool written = false;
    for (size_t i = 0; i < def->n_parts; i++)
        written |= strcmp(def->parts[i].field->name, "name") == 0;
    return written && tg_token_bridges(def);
}

static enum tg_status load_tokens(const struct tg_store *store,
                                  bool (*wanted)(const struct tg_token_def *),
                                  struct tg_numbers *out, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    out->items = tg_calloc(store->study->n_tokens, sizeof *out->items, err);
    if (!out->items)
        return TG_NO_MEMORY;
    for (size_t i = 0; !status && i < store->study->n_tokens; i++) {
        const struct tg_token_def *def = &store->study->tokens[i];
        int64_t number = 0;
        if (!wanted(def))
            continue;
        status = tg_token_number(&store->db, def->name, &number, err);
        if (!status && number)
            out->items[out->n++] = (unsigned)number;
    }
    return status;
}

enum tg_status tg_numbers_load(const struct tg_store *store, struct tg_numbers *out,
                               struct tg_error *err)
{
    return load_tokens(store, is_number, out, err);
}

enum tg_status tg_bridging_load(const struct tg_store *store, struct tg_numbers *out,
                                struct tg_error *err)
{
    return load_tokens(store, tg_token_bridges, out, err);
}

enum tg_status tg_written_load(const struct tg_store *store, struct tg_numbers *out,
                               struct tg_error *err)
{
    return load_tokens(store, is_written, out, err);
}

void tg_numbers_free(struct tg_numbers *numbers)
{
    free(numbers->items);
    *numbers = (struct tg_numbers){0};
}

bool tg_numbers_has(const struct tg_numbers *numbers, unsigned token)
{
    for (size_t i = 0; i < numbers->n; i++) {
        if (numbers->items[i] == token)
            return true;
    }
    return false;
}

static enum tg_status add_row(struct kin *kin, sqlite3_stmt *stmt, struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&kin->rows, &kin->cap_rows, kin->n_rows + 1, sizeof *kin->rows, err);
    if (status)
        return status;
    bool born = sqlite3_column_type(stmt, 1) != SQLITE_NULL;
    bool ends = sqlite3_column_type(stmt, 4) != SQLITE_NULL;
    size_t len = (size_t)sqlite3_column_bytes(stmt, 5);
    unsigned char *tokens = tg_arena_alloc(&kin->arena, len, 1, err);
    if (!tokens)
        return TG_NO_MEMORY;
    if (len)
        memcpy(tokens, sqlite3_column_blob(stmt, 5), len);
    kin->rows[kin->n_rows++] = (struct kin_row){
        .identity = sqlite3_column_int64(stmt, 0),
        .birth_month = born ? sqlite3_column_int(stmt, 1) : TG_NO_MONTH,
        .sex = (uint8_t)sqlite3_column_int(stmt, 2),
        .from = (uint32_t)sqlite3_column_int64(stmt, 3),
        .to = ends ? (uint32_t)sqlite3_column_int64(stmt, 4) : UINT32_MAX,
        .tokens = tokens,
        .tokens_len = len,
    };
    return TG_OK;
}

/* Most rows are nobody's kin: those who are, by an index of them alone, are listed first. */
static enum tg_status load_rows(struct tg_store *store, int64_t delivery_id, struct kin *kin,
                                struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(&store->db,
                      "SELECT i.id, i.birth_month, i.sex, r.enrolled_from, r.enrolled_to, i.tokens"
                      " FROM roster_row r CROSS JOIN identity i ON i.id = r.identity_id"
                      " WHERE r.delivery_id = ? AND r.identity_id IN"
                      "  (SELECT id FROM identity WHERE kin = 1)",
                      &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_INT(delivery_id)), err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = add_row(kin, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status list_tokens(struct tg_store *store, struct kin *kin, struct tg_error *err)
{
    struct tg_numbers numbers = {0};
    enum tg_status status = tg_numbers_load(store, &numbers, err);
    for (size_t r = 0; !status && r < kin->n_rows; r++) {
        const struct kin_row *row = &kin->rows[r];
        for (size_t i = 0; !status && i + TG_PACKED_LEN <= row->tokens_len; i += TG_PACKED_LEN) {
            unsigned token = tg_packed_token(row->tokens + i);
            if (!tg_numbers_has(&numbers, token))
                continue;
            status = tg_grow(&kin->tokens, &kin->cap_tokens, kin->n_tokens + 1, sizeof *kin->tokens,
                             err);
            if (!status)
                kin->tokens[kin->n_tokens++] = (struct kin_token){token, row->tokens + i + 2, row};
        }
    }
    tg_numbers_free(&numbers);
    return status;
}

static int by_token(const void *a, const void *b)
{
    const struct kin_token *x = a, *y = b;
    if (x->token != y->token)
        return x->token < y->token ? -1 : 1;
    int order = memcmp(x->hash, y->hash, TG_TOKEN_LEN);
    if (order)
        return order;
    if (x->row->from != y->row->from)
        return x->row->from < y->row->from ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Two people at a time? Who disagrees on birth month or sex is a conflict instead. A stretch that
 * begins on the day on which another ends follows it. */
static bool are_two(const struct kin_row *a, const struct kin_row *b, unsigned token)
{
    if (a->from >= b->to || b->from >= a->to)
        return false;
    if (a->sex && b->sex && a->sex != b->sex)
        return false;
    if (a->birth_month != TG_NO_MONTH && b->birth_month != TG_NO_MONTH &&
        a->birth_month != b->birth_month)
        return false;
    return tg_packed_differ(a->tokens, a->tokens_len, b->tokens, b->tokens_len, token);
}

static bool group_is_shared(const struct kin_token *group, size_t n)
{
    for (size_t j = 1; j < n; j++) {
        for (size_t i = 0; i < j; i++) {
            if (are_two(group[i].row, group[j].row, group->token))
                return true;
        }
    }
    return false;
}

enum tg_status tg_graph_touch(struct tg_store *store, unsigned token,
                              const unsigned char hash[TG_TOKEN_LEN], struct tg_ids *touched,
                              struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(&store->db,
                      "SELECT i.id FROM identity_token t JOIN identity i ON i.id = t.identity_id"
                      " WHERE t.token = ? AND t.hash = ? AND i.person_id IS NOT NULL"
                      " AND i.seen_from IS NOT NULL",
                      &stmt, err);
    if (!status)
        status =
            tg_db_bind(&store->db, stmt, DB_ARGS(DB_INT(token), DB_BLOB(hash, TG_TOKEN_LEN)), err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = tg_ids_add(touched, sqlite3_column_int64(stmt, 0), err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status mark_shared(struct tg_store *store, const struct kin_token *t,
                                  int64_t delivery_id, struct tg_ids *touched, uint64_t *n_shared,
                                  struct tg_error *err)
{
    int64_t known = 0;
    enum tg_status status =
        tg_db_number(&store->db, "SELECT count(*) FROM shared_token WHERE token = ? AND hash = ?",
                     DB_ARGS(DB_INT(t->token), DB_BLOB(t->hash, TG_TOKEN_LEN)), &known, err);
    if (!status)
        status = tg_db_once(
            &store->db, "INSERT INTO shared_token(token, hash, delivery_id) VALUES(?, ?, ?)",
            DB_ARGS(DB_INT(t->token), DB_BLOB(t->hash, TG_TOKEN_LEN), DB_INT(delivery_id)), err);
    if (status || known)
        return status;
    ++*n_shared;
    return tg_graph_touch(store, t->token, t->hash, touched, err);
}

enum tg_status tg_twins_find(struct tg_store *store, int64_t delivery_id, struct tg_ids *touched,
                             uint64_t *n_shared, struct tg_error *err)
{
    struct kin kin = {0};
    *n_shared = 0;
    enum tg_status status = load_rows(store, delivery_id, &kin, err);
    if (!status)
        status = list_tokens(store, &kin, err);
    if (!status && kin.n_tokens)
        qsort(kin.tokens, kin.n_tokens, sizeof *kin.tokens, by_token);
    for (size_t i = 0, n; !status && i < kin.n_tokens; i += n) {
        const struct kin_token *group = &kin.tokens[i];
        for (n = 1; i + n < kin.n_tokens && group[n].token == group->token &&
                    memcmp(group[n].hash, group->hash, TG_TOKEN_LEN) == 0;)
            n++;
        if (group_is_shared(group, n))
            status = mark_shared(store, group, delivery_id, touched, n_shared, err);
    }
    free(kin.rows);
    free(kin.tokens);
    tg_arena_free(&kin.arena);
    return status;
}
