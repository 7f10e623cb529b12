/* SPDX-License-Identifier: Apache-2.0 */
#include "base/search.h"
#include "store/index_room.h"
#include "store/pump.h"

#include <stdio.h>

const char *tg_index_table(enum tg_index index)
{
    return index == TG_INDEX_TOKENS ? "token_chunk" : "digest_chunk";
}

enum tg_status tg_index_prepare(const struct tg_db *db, enum tg_index index, const char *format,
                                sqlite3_stmt **out, struct tg_error *err)
{
    char sql[160];
    const char *mark = strstr(format, "%s");
    (void)snprintf(sql, sizeof sql, "%.*s%s%s", (int)(mark - format), format, tg_index_table(index),
                   mark + 2);
    return tg_db_prepare(db, sql, out, err);
}

enum tg_status tg_index_postings(const struct tg_db *db, enum tg_index index, const void *blob,
                                 size_t len, size_t *n, struct tg_error *err)
{
    *n = len / TG_INDEXED_LEN;
    if (!blob || len == 0 || len % TG_INDEXED_LEN != 0)
        return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = db->path, .rule = tg_index_table(index));
    return TG_OK;
}

/* ---- a place ---- */

static const unsigned char *posting(const struct tg_index_cursor *c, size_t at)
{
    return (const unsigned char *)c->chunk.data + at * TG_INDEXED_LEN;
}

int64_t tg_index_column(const struct tg_index_cursor *c)
{
    return tg_index_column_of(c->id);
}

const unsigned char *tg_index_hash(const struct tg_index_cursor *c)
{
    return posting(c, c->at);
}

int64_t tg_index_identity(const struct tg_index_cursor *c)
{
    return tg_indexed_identity(posting(c, c->at));
}

static enum tg_status prepare(struct tg_index_cursor *c, struct tg_error *err)
{
    if (c->above)
        return TG_OK;
    enum tg_status status = tg_index_prepare(
        c->db, c->index, "SELECT id, postings FROM %s WHERE id <= ? ORDER BY id DESC LIMIT 1",
        &c->at_or_below, err);
    return status ? status
                  : tg_index_prepare(c->db, c->index,
                                     "SELECT id, postings FROM %s WHERE id > ? ORDER BY id LIMIT 1",
                                     &c->above, err);
}

/* The chunk that one of the statements finds, copied. */
static enum tg_status load(struct tg_index_cursor *c, sqlite3_stmt *stmt, int64_t key, bool *there,
                           struct tg_error *err)
{
    enum tg_status status = tg_db_bind(c->db, stmt, DB_ARGS(DB_INT(key)), err);
    c->n = c->at = c->chunk.len = 0;
    *there = false;
    if (!status)
        status = tg_db_next(c->db, stmt, there, err);
    if (!status && *there) {
        const void *blob = sqlite3_column_blob(stmt, 1);
        size_t len = (size_t)sqlite3_column_bytes(stmt, 1), n = 0;
        c->id = sqlite3_column_int64(stmt, 0);
        status = tg_index_postings(c->db, c->index, blob, len, &n, err);
        if (!status)
            status = tg_buf_add(&c->chunk, blob, len, err);
        c->n = status ? 0 : n;
    }
    (void)sqlite3_reset(stmt);
    return status;
}

/* Is the hash between those of the chunk at hand? */
static bool is_within(const struct tg_index_cursor *c, int64_t column, const unsigned char *hash)
{
    return c->n && tg_index_column(c) == column && memcmp(posting(c, 0), hash, TG_TOKEN_LEN) <= 0 &&
           memcmp(posting(c, c->n - 1), hash, TG_TOKEN_LEN) >= 0;
}

enum tg_status tg_index_seek(struct tg_index_cursor *c, int64_t column,
                             const unsigned char hash[TG_TOKEN_LEN], bool *there,
                             struct tg_error *err)
{
    size_t from = 0;
    *there = false;
    if (column < 0 || column >= TG_INDEX_COLUMNS)
        return TG_OK;
    enum tg_status status = prepare(c, err);
    if (status)
        return status;
    if (is_within(c, column, hash)) {
        from = c->at < c->n && memcmp(posting(c, c->at), hash, TG_TOKEN_LEN) <= 0 ? c->at : 0;
        /* of several with the hash before it the last one may be at hand */
        while (from > 0 && memcmp(posting(c, from - 1), hash, TG_TOKEN_LEN) == 0)
            from--;
    } else {
        status = load(c, c->at_or_below, tg_index_key(column, hash), there, err);
        if (status || !*there || tg_index_column(c) != column) {
            c->n = *there ? 0 : c->n;
            *there = false;
            return status;
        }
    }
    c->at = tg_lower_bound_near(c->chunk.data, from, c->n, TG_INDEXED_LEN, hash, TG_TOKEN_LEN);
    *there = c->at < c->n && memcmp(posting(c, c->at), hash, TG_TOKEN_LEN) == 0;
    return TG_OK;
}

bool tg_index_again(struct tg_index_cursor *c)
{
    if (c->at + 1 >= c->n || memcmp(posting(c, c->at), posting(c, c->at + 1), TG_TOKEN_LEN) != 0)
        return false;
    c->at++;
    return true;
}

enum tg_status tg_index_first(struct tg_index_cursor *c, int64_t column, bool *there,
                              struct tg_error *err)
{
    *there = false;
    if (column < 0 || column >= TG_INDEX_COLUMNS)
        return TG_OK;
    enum tg_status status = prepare(c, err);
    return status ? status : load(c, c->above, (column << TG_INDEX_HASH_BITS) - 1, there, err);
}

enum tg_status tg_index_next(struct tg_index_cursor *c, bool *there, struct tg_error *err)
{
    *there = c->at + 1 < c->n;
    if (*there) {
        c->at++;
        return TG_OK;
    }
    return load(c, c->above, c->id, there, err);
}

void tg_index_let_go(struct tg_index_cursor *c)
{
    c->n = c->at = c->chunk.len = 0;
    c->id = 0;
}

void tg_index_end(struct tg_index_cursor *c)
{
    (void)sqlite3_finalize(c->at_or_below);
    (void)sqlite3_finalize(c->above);
    tg_buf_free(&c->chunk);
    *c = (struct tg_index_cursor){0};
}

/* ---- a column ---- */

struct walking {
    const struct tg_db *db;
    enum tg_index index;
    tg_on_posting *on;
    void *ctx;
};

static enum tg_status on_chunk(void *ctx, const struct tg_pumped *row, struct tg_error *err)
{
    const struct walking *w = ctx;
    size_t n = 0;
    enum tg_status status = tg_index_postings(w->db, w->index, row->bytes, row->len, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        const unsigned char *p = row->bytes + i * TG_INDEXED_LEN;
        status = w->on(w->ctx, p, tg_indexed_identity(p), err);
    }
    return status;
}

static enum tg_status of_column(const struct tg_db *db, enum tg_index index, int64_t column,
                                const char *format, sqlite3_stmt **stmt, struct tg_error *err)
{
    const int64_t first = column << TG_INDEX_HASH_BITS;
    enum tg_status status = tg_index_prepare(db, index, format, stmt, err);
    return status ? status
                  : tg_db_bind(db, *stmt,
                               DB_ARGS(DB_INT(first),
                                       DB_INT(first + (((int64_t)1 << TG_INDEX_HASH_BITS) - 1))),
                               err);
}

enum tg_status tg_index_walk(const struct tg_db *db, enum tg_index index, int64_t column,
                             tg_on_posting *on, void *ctx, struct tg_error *err)
{
    struct walking w = {db, index, on, ctx};
    sqlite3_stmt *stmt = NULL;
    if (column < 0 || column >= TG_INDEX_COLUMNS)
        return TG_OK;
    enum tg_status status =
        of_column(db, index, column,
                  "SELECT id, postings FROM %s WHERE id BETWEEN ? AND ? ORDER BY id", &stmt, err);
    if (!status)
        status = tg_pump(db, stmt, 1, on_chunk, &w, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_index_count(const struct tg_db *db, enum tg_index index, int64_t column,
                              int64_t *n, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    *n = 0;
    if (column < 0 || column >= TG_INDEX_COLUMNS)
        return TG_OK;
    enum tg_status status = of_column(
        db, index, column,
        "SELECT coalesce(sum(length(postings)), 0) FROM %s WHERE id BETWEEN ? AND ?", &stmt, err);
    if (!status)
        status = tg_db_next(db, stmt, &row, err);
    if (!status && row)
        *n = sqlite3_column_int64(stmt, 0) / TG_INDEXED_LEN;
    (void)sqlite3_finalize(stmt);
    return status;
}
