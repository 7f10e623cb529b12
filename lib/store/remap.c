/* SPDX-License-Identifier: Apache-2.0 */
#include "store/remap.h"

#include "base/reporter.h"
#include "store/evidence.h"
#include "store/index.h"

#include <string.h>

/* A remap while SQLite calls it: the first error is kept, and ends the statement. */
struct call {
    const struct tg_remap *remap;
    struct tg_error err;
    enum tg_status status;
};

static void stop(sqlite3_context *context)
{
    sqlite3_result_error_code(context, SQLITE_ABORT);
}

/* remap(token, hash) */
static void on_hash(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct call *call = sqlite3_user_data(context);
    unsigned char out[TG_TOKEN_LEN];
    (void)n;
    if (sqlite3_value_bytes(values[1]) != TG_TOKEN_LEN) {
        sqlite3_result_value(context, values[1]);
        return;
    }
    call->status = call->remap->hash(call->remap->ctx, sqlite3_value_int64(values[0]),
                                     sqlite3_value_blob(values[1]), out, &call->err);
    if (call->status)
        stop(context);
    else
        sqlite3_result_blob(context, out, TG_TOKEN_LEN, SQLITE_TRANSIENT);
}

/* remap_packed(tokens) */
static void on_packed(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct call *call = sqlite3_user_data(context);
    struct tg_buf packed = {0};
    (void)n;
    call->status = tg_buf_add(&packed, sqlite3_value_blob(values[0]),
                              (size_t)sqlite3_value_bytes(values[0]), &call->err);
    unsigned char *p = (unsigned char *)packed.data, out[TG_TOKEN_LEN];
    for (size_t i = 0; !call->status && i + TG_PACKED_LEN <= packed.len; i += TG_PACKED_LEN) {
        call->status =
            call->remap->hash(call->remap->ctx, tg_packed_token(p + i), p + i + 2, out, &call->err);
        memcpy(p + i + 2, out, TG_TOKEN_LEN);
    }
    if (call->status)
        stop(context);
    else
        sqlite3_result_blob(context, p ? (void *)p : "", (int)packed.len, SQLITE_TRANSIENT);
    tg_buf_free(&packed);
}

/* remap_evidence(tokens) */
static void on_evidence(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct call *call = sqlite3_user_data(context);
    struct tg_buf packed = {0};
    unsigned char hash[TG_TOKEN_LEN], out[TG_TOKEN_LEN];
    (void)n;
    call->status = tg_buf_add(&packed, sqlite3_value_blob(values[0]),
                              (size_t)sqlite3_value_bytes(values[0]), &call->err);
    unsigned char *p = (unsigned char *)packed.data;
    struct tg_evidence_reader r = {.in = {p, p + packed.len}};
    while (!call->status && tg_evidence_next(&r, hash)) {
        call->status = call->remap->hash(call->remap->ctx, r.number, hash, out, &call->err);
        memcpy(p + (r.in.at - p) - TG_EVIDENCE_LEN, out, TG_EVIDENCE_LEN);
    }
    if (!call->status && !tg_evidence_is_whole(&r))
        call->status = TG_FAIL(&call->err, TG_MSG_STORE_DAMAGED, .rule = "identity_evidence");
    if (call->status)
        stop(context);
    else
        sqlite3_result_blob(context, p ? (void *)p : "", (int)packed.len, SQLITE_TRANSIENT);
    tg_buf_free(&packed);
}

/* remap_digest(digest) */
static void on_digest(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct call *call = sqlite3_user_data(context);
    unsigned char out[TG_TOKEN_LEN];
    (void)n;
    if (!call->remap->digest || sqlite3_value_bytes(values[0]) != TG_TOKEN_LEN) {
        sqlite3_result_value(context, values[0]);
        return;
    }
    call->remap->digest(call->remap->ctx, sqlite3_value_blob(values[0]), out);
    sqlite3_result_blob(context, out, TG_TOKEN_LEN, SQLITE_TRANSIENT);
}

/* Every column that holds a stored hash, and a list for the index of tokens. */
static const char *const steps[] = {
    "CREATE TEMP TABLE remapped AS SELECT token, remap(token, hash) AS hash, identity_id"
    " FROM identity_token ORDER BY 1, 2, 3",
    "UPDATE identity SET tokens = remap_packed(tokens), digest = remap_digest(digest)",
    "UPDATE identity_evidence SET tokens = remap_evidence(tokens)",
    "UPDATE shared_token SET hash = remap(token, hash)",
    "UPDATE person_apart SET hash = remap(token, hash)",
    "UPDATE person_bridge SET hash = remap(token, hash)",
    "DELETE FROM link_memory",
};

/* Each fills an index that is emptied before. */
static const struct {
    enum tg_index index;
    const char *empty, *fill;
} indexes[] = {
    {TG_INDEX_TOKENS, "DELETE FROM token_chunk",
     "SELECT token, hash, identity_id FROM temp.remapped ORDER BY rowid"},
    {TG_INDEX_DIGESTS, "DELETE FROM digest_chunk",
     "SELECT source_id, digest, id FROM identity WHERE digest IS NOT NULL ORDER BY source_id,"
     " digest"},
};

static enum tg_status fill_indexes(const struct tg_db *db, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof indexes / sizeof indexes[0]; i++) {
        sqlite3_stmt *rows = NULL;
        status = tg_db_exec(db, indexes[i].empty, err);
        if (!status)
            status = tg_db_prepare(db, indexes[i].fill, &rows, err);
        if (!status)
            status = tg_index_fill(db, indexes[i].index, rows, err);
        (void)sqlite3_finalize(rows);
    }
    return status ? status : tg_db_exec(db, "DROP TABLE temp.remapped", err);
}

/* An app's token stands in columns of that name, in whatever table. */
static const char app_steps[] =
    "SELECT 'UPDATE \"' || t.name || '\" SET app = remap(1, app) WHERE app IS NOT NULL'"
    " FROM sqlite_schema t JOIN pragma_table_info(t.name) c ON c.name = 'app'"
    " WHERE t.type = 'table' ORDER BY 1";

static enum tg_status register_all(const struct tg_db *db, struct call *call, struct tg_error *err)
{
    static const struct {
        const char *name;
        int n;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {{"remap", 2, on_hash},
                     {"remap_packed", 1, on_packed},
                     {"remap_evidence", 1, on_evidence},
                     {"remap_digest", 1, on_digest}};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        int rc = sqlite3_create_function(db->handle, functions[i].name, functions[i].n,
                                         SQLITE_UTF8 | SQLITE_DIRECTONLY, call,
                                         call ? functions[i].call : NULL, NULL, NULL);
        if (rc)
            return tg_db_fail(db, rc, err);
    }
    return TG_OK;
}

/* One statement, whose failure may be that of the remap. */
static enum tg_status step(const struct tg_db *db, struct call *call, const char *sql,
                           struct tg_error *err)
{
    enum tg_status status = tg_db_exec(db, sql, err);
    if (status && call->status) {
        status = call->status;
        if (err)
            *err = call->err;
    }
    return status;
}

static enum tg_status all_apps(const struct tg_db *db, struct call *call, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct tg_buf sql = {0};
    bool row = true;
    enum tg_status status = tg_db_prepare(db, app_steps, &stmt, err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = tg_buf_printf(&sql, err, "%s;", (const char *)sqlite3_column_text(stmt, 0));
    }
    (void)sqlite3_finalize(stmt);
    const char *text = status ? NULL : tg_buf_text(&sql, err);
    if (!status)
        status = text ? step(db, call, text, err) : TG_NO_MEMORY;
    tg_buf_free(&sql);
    return status;
}

enum tg_status tg_remap_all(struct tg_store *store, const struct tg_remap *remap,
                            const struct tg_reporter *reporter, struct tg_error *err)
{
    enum { N_STEPS = sizeof steps / sizeof steps[0] };
    const struct tg_db *db = &store->db;
    struct call call = {.remap = remap};
    enum tg_status status = register_all(db, &call, err);
    for (size_t i = 0; !status && i < N_STEPS; i++) {
        status = step(db, &call, steps[i], err);
        if (!status)
            status = tg_progress(reporter, "hashes", i + 1, N_STEPS + 1, err);
    }
    if (!status)
        status = fill_indexes(db, err);
    if (!status && remap->bridge)
        status = step(db, &call,
                      "UPDATE bridge SET old = remap(token, old), new = remap(token, new)", err);
    if (!status)
        status = all_apps(db, &call, err);
    enum tg_status gone = register_all(db, NULL, status ? NULL : err);
    return status ? status : gone;
}
