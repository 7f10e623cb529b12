/* SPDX-License-Identifier: Apache-2.0 */
#include "store/evidence.h"

#include <string.h>

struct moving {
    const struct tg_db *db;
    sqlite3_stmt *add;
    int64_t identity; /* whose tokens are packed; 0: nobody's */
    struct tg_buf packed;
};

static enum tg_status put_down(struct moving *m, struct tg_error *err)
{
    if (m->identity == 0)
        return TG_OK;
    return tg_db_run(m->db, m->add,
                     DB_ARGS(DB_INT(m->identity), DB_BLOB(m->packed.data, m->packed.len)), err);
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
        m->packed.len = 0;
    }
    const char number[2] = {(char)(token & 0xFF), (char)(token >> 8 & 0xFF)};
    if (!status)
        status = tg_buf_add(&m->packed, number, sizeof number, err);
    return status ? status
                  : tg_buf_add(&m->packed, sqlite3_column_blob(row, 2),
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
    tg_buf_free(&m.packed);
    return status ? status
                  : tg_db_exec(db,
                               "DELETE FROM token_chunk"
                               " WHERE id >> 47 IN (SELECT token FROM temp.evidence_token);"
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
    return status ? status : tg_db_exec(db, "DROP TABLE temp.evidence_token", err);
}
