/* SPDX-License-Identifier: Apache-2.0 */
#include "store/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum tg_status tg_evidence_begin(struct tg_evidence_writer *w, unsigned number, size_t n,
                                 struct tg_error *err)
{
    uint64_t more = (number - w->number) & UINT16_MAX;
    w->number = number;
    enum tg_status status = tg_pack_number(&w->packed, 2 * more + (n > 1), err);
    return status || n == 1 ? status : tg_pack_number(&w->packed, n, err);
}

enum tg_status tg_evidence_add(struct tg_evidence_writer *w, const unsigned char hash[TG_TOKEN_LEN],
                               struct tg_error *err)
{
    return tg_buf_add(&w->packed, hash, TG_EVIDENCE_LEN, err);
}

/* Takes up the next token: its number, and how many hashes it has. */
static bool next_token(struct tg_evidence_reader *r)
{
    uint64_t head;
    if (r->in.at == r->in.end || !tg_unpack_number(&r->in, &head))
        return false;
    r->number = (unsigned)(r->number + head / 2) & UINT16_MAX;
    r->n_left = 1;
    return !(head & 1) || tg_unpack_number(&r->in, &r->n_left);
}

bool tg_evidence_next_token(struct tg_evidence_reader *r, const unsigned char **hashes, size_t *n)
{
    if (!next_token(r) || r->n_left == 0 ||
        r->n_left > (size_t)(r->in.end - r->in.at) / TG_EVIDENCE_LEN)
        return false;
    *hashes = r->in.at;
    *n = (size_t)r->n_left;
    r->in.at += *n * TG_EVIDENCE_LEN;
    r->n_left = 0;
    return true;
}

bool tg_evidence_next(struct tg_evidence_reader *r, unsigned char hash[TG_TOKEN_LEN])
{
    if (r->n_left == 0 && !next_token(r))
        return false;
    if (r->n_left == 0 || r->in.end - r->in.at < TG_EVIDENCE_LEN)
        return false;
    memcpy(hash, r->in.at, TG_EVIDENCE_LEN);
    tg_evidence_shorten(hash);
    r->in.at += TG_EVIDENCE_LEN;
    r->n_left--;
    return true;
}

/* Packs pairs of a number and a hash of 16 bytes; those of one number lie together. */
static enum tg_status pack_pairs(struct tg_evidence_writer *w, const unsigned char *pairs,
                                 size_t len, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    size_t end = len / TG_PACKED_LEN * TG_PACKED_LEN;
    tg_evidence_rewind(w);
    for (size_t at = 0; !status && at < end;) {
        unsigned number = tg_packed_token(pairs + at);
        size_t n = 0;
        while (at + n * TG_PACKED_LEN < end &&
               tg_packed_token(pairs + at + n * TG_PACKED_LEN) == number)
            n++;
        status = tg_evidence_begin(w, number, n, err);
        for (; !status && n; n--, at += TG_PACKED_LEN)
            status = tg_evidence_add(w, pairs + at + 2, err);
    }
    return status;
}

/* shorten(pairs), while SQLite calls it. */
static void on_pairs(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct tg_evidence_writer w = {.number = 0};
    (void)n;
    if (pack_pairs(&w, sqlite3_value_blob(values[0]), (size_t)sqlite3_value_bytes(values[0]), NULL))
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_blob(context, w.packed.data ? w.packed.data : "", (int)w.packed.len,
                            SQLITE_TRANSIENT);
    tg_buf_free(&w.packed);
}

enum tg_status tg_evidence_convert(const struct tg_db *db, struct tg_error *err)
{
    int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    int rc = sqlite3_create_function(db->handle, "shorten", 1, flags, NULL, on_pairs, NULL, NULL);
    if (rc)
        return tg_db_fail(db, rc, err);
    enum tg_status status =
        tg_db_exec(db, "UPDATE identity_evidence SET tokens = shorten(tokens)", err);
    rc = sqlite3_create_function(db->handle, "shorten", 1, flags, NULL, NULL, NULL, NULL);
    return status || !rc ? status : tg_db_fail(db, rc, err);
}

struct moving {
    const struct tg_db *db;
    sqlite3_stmt *add;
    int64_t identity;    /* whose tokens are gathered; 0: nobody's */
    struct tg_buf pairs; /* as they were packed before */
    struct tg_evidence_writer w;
};

static enum tg_status put_down(struct moving *m, struct tg_error *err)
{
    if (m->identity == 0)
        return TG_OK;
    enum tg_status status =
        pack_pairs(&m->w, (const unsigned char *)m->pairs.data, m->pairs.len, err);
    return status
               ? status
               : tg_db_run(m->db, m->add,
                           DB_ARGS(DB_INT(m->identity), DB_BLOB(m->w.packed.data, m->w.packed.len)),
                           err);
}

/* Columns: identity, token, hash. */
static enum tg_status take_up(struct moving *m, sqlite3_stmt *row, struct tg_error *err)
{
    int64_t identity = sqlite3_column_int64(row, 0);
    int token = sqlite3_column_int(row, 1);
    enum tg_status status = TG_OK;
    if (identity != m->identity) {
        status = put_down(m, err);
        m->identity = identity;
        m->pairs.len = 0;
    }
    const char number[2] = {(char)(token & 0xFF), (char)(token >> 8 & 0xFF)};
    if (!status)
        status = tg_buf_add(&m->pairs, number, sizeof number, err);
    return status ? status
                  : tg_buf_add(&m->pairs, sqlite3_column_blob(row, 2),
                               (size_t)sqlite3_column_bytes(row, 2), err);
}

static enum tg_status move_listed(const struct tg_db *db, struct tg_error *err)
{
    struct moving m = {.db = db};
    sqlite3_stmt *rows = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(
        db, "INSERT OR REPLACE INTO identity_evidence(identity_id, tokens) VALUES(?, ?)", &m.add,
        err);
    if (!status)
        status = tg_db_prepare(db,
                               "SELECT identity_id, token, hash FROM identity_token"
                               " WHERE token IN (SELECT token FROM temp.evidence_token)"
                               " AND length(hash) = 16 ORDER BY identity_id, token, hash",
                               &rows, err);
    while (!status && row) {
        status = tg_db_next(db, rows, &row, err);
        if (!status && row)
            status = take_up(&m, rows, err);
    }
    if (!status)
        status = put_down(&m, err);
    (void)sqlite3_finalize(rows);
    (void)sqlite3_finalize(m.add);
    tg_buf_free(&m.pairs);
    tg_buf_free(&m.w.packed);
    return status ? status
                  : tg_db_exec(db,
                               "DELETE FROM token_chunk"
                               " WHERE id >> 47 & 65535 IN (SELECT token FROM temp.evidence_token);"
                               "DELETE FROM link_memory",
                               err);
}

static enum tg_status list_token(const struct tg_db *db, const char *name, struct tg_error *err)
{
    return tg_db_once(db,
                      "INSERT OR IGNORE INTO temp.evidence_token SELECT n.id FROM token_name n"
                      " WHERE n.name = ? AND EXISTS"
                      " (SELECT 1 FROM identity_token t WHERE t.token = n.id)",
                      DB_ARGS(DB_TEXT(name, strlen(name))), err);
}

enum tg_status tg_evidence_load(struct tg_store *store, struct tg_error *err)
{
    char text[TG_META_SIZE];
    enum tg_status status = tg_meta_get(&store->db, TG_META_WHOLE, text, err);
    unsigned long n = status || !text[0] ? 1 : strtoul(text, NULL, 10);
    if (!status && n > TG_KEY_EPOCHS_MAX)
        return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = store->db.path, .rule = TG_META_WHOLE);
    store->n_whole = n;
    return status;
}

/* "0": it was converted just now. */
static enum tg_status note_whole(struct tg_store *store, struct tg_error *err)
{
    char text[TG_META_SIZE];
    enum tg_status status = tg_evidence_load(store, err);
    if (status || store->n_whole)
        return status;
    store->n_whole = store->n_sites;
    if (store->n_whole == 1) /* as in a new store */
        return tg_db_exec(&store->db, "DELETE FROM meta WHERE name = '" TG_META_WHOLE "'", err);
    (void)snprintf(text, sizeof text, "%zu", store->n_whole);
    return tg_meta_set(&store->db, TG_META_WHOLE, text, err);
}

enum tg_status tg_evidence_move(struct tg_store *store, struct tg_error *err)
{
    const struct tg_db *db = &store->db;
    int64_t listed = 0;
    enum tg_status status =
        tg_db_exec(db, "CREATE TEMP TABLE evidence_token(token INTEGER PRIMARY KEY)", err);
    for (size_t i = 0; !status && i < store->study->n_tokens; i++) {
        if (store->study->tokens[i].evidence)
            status = list_token(db, store->study->tokens[i].name, err);
    }
    if (!status)
        status =
            tg_db_number(db, "SELECT count(*) FROM temp.evidence_token", DB_NO_ARGS, &listed, err);
    if (!status && listed)
        status = move_listed(db, err);
    if (!status)
        status = tg_db_exec(db, "DROP TABLE temp.evidence_token", err);
    return status ? status : note_whole(store, err);
}
