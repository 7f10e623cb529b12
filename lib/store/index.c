/* SPDX-License-Identifier: Apache-2.0 */
#include "store/index_room.h"

#include <stdlib.h>

/* Postings that are one in so many of a column's, or more, change most of its chunks anyway. */
enum { PART = 8 };
/* A column of so few has no fresh ones. */
enum { FEW = 16 * TG_INDEX_CHUNK };
/* So many are changed at a time. */
enum { SLICE = 1 << 14 };

/* ---- many columns ---- */

/* Postings that wait, of any columns. */
struct waiting {
    const struct tg_db *db;
    enum tg_index index;
    bool takes;
    struct tg_posting *items;
    size_t n, cap;
};

static enum tg_status change_waiting(struct waiting *w, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    tg_postings_sort(w->items, w->n);
    for (size_t i = 0, n; !status && i < w->n; i += n) {
        size_t column = tg_posting_column(&w->items[i]);
        n = tg_postings_of_column(&w->items[i], w->n - i);
        status = tg_index_change(w->db, w->index, tg_index_part((int64_t)column, TG_INDEX_MAIN),
                                 w->takes, &w->items[i], n, err);
        if (!status && w->takes)
            status =
                tg_index_change(w->db, w->index, tg_index_part((int64_t)column, TG_INDEX_FRESH),
                                true, &w->items[i], n, err);
    }
    w->n = 0;
    return status;
}

static enum tg_status wait(struct waiting *w, int64_t column, const unsigned char *hash,
                           int64_t identity, struct tg_error *err)
{
    if (column < 0 || column >= TG_INDEX_COLUMNS || identity < 0 || identity > UINT32_MAX)
        return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = w->db->path,
                       .rule = tg_index_table(w->index));
    enum tg_status status = tg_grow(&w->items, &w->cap, w->n + 1, sizeof *w->items, err);
    if (status)
        return status;
    tg_posting_put(&w->items[w->n++], (size_t)column, hash, identity);
    return w->n < SLICE ? TG_OK : change_waiting(w, err);
}

static enum tg_status finish(struct waiting *w, enum tg_status status, struct tg_error *err)
{
    if (!status)
        status = change_waiting(w, err);
    if (w->items)
        tg_wipe(w->items, w->cap * sizeof *w->items);
    free(w->items);
    return status;
}

/* ---- two levels ---- */

/* About how many postings a part has: hashes are spread evenly, so its first chunks tell. */
static enum tg_status measure(const struct tg_db *db, enum tg_index index, int64_t part,
                              uint64_t *n, struct tg_error *err)
{
    enum { SAMPLE = 16, FRACTION_BITS = 20 };
    const int64_t first = tg_index_floor(part);
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    *n = 0;
    enum tg_status status = tg_index_prepare(
        db, index, "SELECT id, length(postings) FROM %s WHERE id BETWEEN ? AND ? ORDER BY id",
        &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(first), DB_INT(tg_index_ceiling(part))), err);
    for (int i = 0; !status && row && i <= SAMPLE; i++) {
        status = tg_db_next(db, stmt, &row, err);
        if (status || !row)
            break;
        uint64_t span = (uint64_t)(sqlite3_column_int64(stmt, 0) - first);
        if (i == SAMPLE)
            *n = (*n << FRACTION_BITS) / ((span >> (TG_INDEX_HASH_BITS - FRACTION_BITS)) + 1);
        else
            *n += (uint64_t)sqlite3_column_int64(stmt, 1) / TG_INDEXED_LEN;
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

/* All postings of a row of the fresh level. */
static enum tg_status fold_chunk(struct waiting *w, sqlite3_stmt *row, struct tg_error *err)
{
    const int64_t column = tg_index_column_of(sqlite3_column_int64(row, 0));
    const unsigned char *all = sqlite3_column_blob(row, 1);
    size_t n = 0, len = (size_t)sqlite3_column_bytes(row, 1);
    struct tg_buf copy = {0}; /* the index is changed meanwhile */
    enum tg_status status = tg_index_postings(w->db, w->index, all, len, &n, err);
    if (!status)
        status = tg_buf_add(&copy, all, len, err);
    for (size_t i = 0; !status && i < n; i++) {
        const unsigned char *p = (const unsigned char *)copy.data + i * TG_INDEXED_LEN;
        status = wait(w, column, p, tg_indexed_identity(p), err);
    }
    tg_buf_free(&copy);
    return status;
}

/* What is fresh of a column goes to the main level. */
static enum tg_status fold(const struct tg_db *db, enum tg_index index, int64_t column,
                           struct tg_error *err)
{
    const int64_t part = tg_index_part(column, TG_INDEX_FRESH);
    struct waiting w = {.db = db, .index = index};
    sqlite3_stmt *rows = NULL, *drop = NULL;
    bool row = true;
    enum tg_status status = tg_index_prepare(
        db, index, "SELECT id, postings FROM %s WHERE id BETWEEN ? AND ? ORDER BY id", &rows, err);
    if (!status)
        status = tg_index_prepare(db, index, "DELETE FROM %s WHERE id BETWEEN ? AND ?", &drop, err);
    if (!status)
        status = tg_db_bind(
            db, rows, DB_ARGS(DB_INT(tg_index_floor(part)), DB_INT(tg_index_ceiling(part))), err);
    while (!status && row) {
        status = tg_db_next(db, rows, &row, err);
        if (!status && row)
            status = fold_chunk(&w, rows, err);
    }
    (void)sqlite3_finalize(rows);
    status = finish(&w, status, err);
    if (!status)
        status = tg_db_run(
            db, drop, DB_ARGS(DB_INT(tg_index_floor(part)), DB_INT(tg_index_ceiling(part))), err);
    (void)sqlite3_finalize(drop);
    return status;
}

enum tg_status tg_index_add(const struct tg_db *db, enum tg_index index, int64_t column,
                            const struct tg_posting *items, size_t n, struct tg_error *err)
{
    uint64_t all = 0, fresh = 0;
    if (column < 0 || column >= TG_INDEX_COLUMNS)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = db->path);
    const int64_t main_part = tg_index_part(column, TG_INDEX_MAIN);
    const int64_t fresh_part = tg_index_part(column, TG_INDEX_FRESH);
    enum tg_status status = measure(db, index, main_part, &all, err);
    if (status)
        return status;
    if (all < FEW || n >= all / PART)
        return tg_index_change(db, index, main_part, false, items, n, err);
    status = tg_index_change(db, index, fresh_part, false, items, n, err);
    if (!status)
        status = measure(db, index, fresh_part, &fresh, err);
    return status || fresh < all / PART ? status : fold(db, index, column, err);
}

/* ---- whole indexes ---- */

enum tg_status tg_index_fill(const struct tg_db *db, enum tg_index index, sqlite3_stmt *rows,
                             struct tg_error *err)
{
    struct waiting w = {.db = db, .index = index};
    bool row = true;
    enum tg_status status = TG_OK;
    while (!status && row) {
        status = tg_db_next(db, rows, &row, err);
        if (!status && row && sqlite3_column_bytes(rows, 1) == TG_TOKEN_LEN)
            status = wait(&w, sqlite3_column_int64(rows, 0), sqlite3_column_blob(rows, 1),
                          sqlite3_column_int64(rows, 2), err);
    }
    (void)sqlite3_reset(rows);
    return finish(&w, status, err);
}

/* Columns: id, source, digest, tokens. */
static enum tg_status forget_row(struct waiting of[TG_N_INDEXES], sqlite3_stmt *row,
                                 struct tg_error *err)
{
    const int64_t id = sqlite3_column_int64(row, 0);
    const unsigned char *digest = sqlite3_column_blob(row, 2), *packed;
    enum tg_status status = TG_OK;
    if (sqlite3_column_bytes(row, 2) == TG_TOKEN_LEN)
        status = wait(&of[TG_INDEX_DIGESTS], sqlite3_column_int64(row, 1), digest, id, err);
    packed = sqlite3_column_blob(row, 3);
    size_t len = packed ? (size_t)sqlite3_column_bytes(row, 3) : 0;
    for (size_t i = 0; !status && i + TG_PACKED_LEN <= len; i += TG_PACKED_LEN)
        status = wait(&of[TG_INDEX_TOKENS], tg_packed_token(packed + i), packed + i + 2, id, err);
    return status;
}

enum tg_status tg_index_forget(const struct tg_db *db, const char *identities, struct tg_error *err)
{
    struct waiting of[TG_N_INDEXES] = {{.db = db, .index = TG_INDEX_TOKENS, .takes = true},
                                       {.db = db, .index = TG_INDEX_DIGESTS, .takes = true}};
    struct tg_buf sql = {0};
    sqlite3_stmt *rows = NULL;
    bool row = true;
    enum tg_status status = tg_buf_printf(
        &sql, err, "SELECT id, source_id, digest, tokens FROM identity WHERE id IN (%s)",
        identities);
    const char *text = status ? NULL : tg_buf_text(&sql, err);
    status = text ? tg_db_prepare(db, text, &rows, err) : TG_NO_MEMORY;
    while (!status && row) {
        status = tg_db_next(db, rows, &row, err);
        if (!status && row)
            status = forget_row(of, rows, err);
    }
    (void)sqlite3_finalize(rows);
    tg_buf_free(&sql);
    status = finish(&of[TG_INDEX_TOKENS], status, err);
    return finish(&of[TG_INDEX_DIGESTS], status, err);
}

static enum tg_status fill_from(const struct tg_db *db, enum tg_index index, const char *sql,
                                struct tg_error *err)
{
    sqlite3_stmt *rows = NULL;
    enum tg_status status = tg_db_prepare(db, sql, &rows, err);
    if (!status)
        status = tg_index_fill(db, index, rows, err);
    (void)sqlite3_finalize(rows);
    return status;
}

enum tg_status tg_index_convert(const struct tg_db *db, struct tg_error *err)
{
    enum tg_status status = fill_from(db, TG_INDEX_TOKENS,
                                      "SELECT token, hash, identity_id FROM main.identity_token"
                                      " ORDER BY token, hash, identity_id",
                                      err);
    if (!status)
        status = fill_from(db, TG_INDEX_DIGESTS,
                           "SELECT source_id, digest, identity_id FROM main.identity_digest"
                           " ORDER BY source_id, digest, identity_id",
                           err);
    return status ? status
                  : tg_db_exec(db, "DROP TABLE identity_token;DROP TABLE identity_digest", err);
}
