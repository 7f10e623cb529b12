/* SPDX-License-Identifier: Apache-2.0 */
#include "store/run_users.h"

#include "store/pack.h"

#include <string.h>

static enum tg_status is_as_before(struct tg_store *store, int32_t month, const char *recipient,
                                   const struct tg_buf *packed, bool *same, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum tg_status status = tg_db_prepare(&store->db,
                                          "SELECT users FROM run_users WHERE month = ?"
                                          " AND recipient = ? ORDER BY audit DESC LIMIT 1",
                                          &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt,
                            DB_ARGS(DB_INT(month), DB_TEXT(recipient, strlen(recipient))), err);
    if (!status)
        status = tg_db_next(&store->db, stmt, &row, err);
    *same =
        !status && row && (size_t)sqlite3_column_bytes(stmt, 0) == packed->len &&
        (packed->len == 0 || memcmp(sqlite3_column_blob(stmt, 0), packed->data, packed->len) == 0);
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status pack(const int64_t *users, size_t n, struct tg_buf *packed,
                           struct tg_error *err)
{
    struct tg_ids ids = {0};
    enum tg_status status = TG_OK;
    int64_t last = 0;
    for (size_t i = 0; !status && i < n; i++)
        status = tg_ids_add(&ids, users[i], err);
    tg_ids_sort(&ids);
    for (size_t i = 0; !status && i < ids.n; i++) {
        status = tg_pack_number(packed, (uint64_t)(ids.items[i] - last), err);
        last = ids.items[i];
    }
    tg_ids_free(&ids);
    return status;
}

enum tg_status tg_run_users_add(struct tg_store *store, int32_t month, const char *recipient,
                                const int64_t *users, size_t n, struct tg_error *err)
{
    struct tg_buf packed = {0};
    bool same = false;
    enum tg_status status = pack(users, n, &packed, err);
    if (!status)
        status = is_as_before(store, month, recipient, &packed, &same, err);
    if (!status && !same)
        status = tg_db_once(&store->db,
                            "INSERT INTO run_users(audit, month, recipient, users)"
                            " VALUES((SELECT max(seq) FROM audit), ?, ?, ?)",
                            DB_ARGS(DB_INT(month), DB_TEXT(recipient, strlen(recipient)),
                                    DB_BLOB(packed.data, packed.len)),
                            err);
    tg_buf_free(&packed);
    return status;
}

/* Columns: entry, month, recipient, when, users. */
static enum tg_status look_at_run(sqlite3_stmt *stmt, const struct tg_ids *ids,
                                  tg_on_run_of_user *on, void *ctx, struct tg_error *err)
{
    const unsigned char *users = sqlite3_column_blob(stmt, 4);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 4);
    struct tg_unpack in = {.at = users, .end = users + len};
    struct tg_run_of_user run = {.audit = sqlite3_column_int64(stmt, 0),
                                 .month = sqlite3_column_int(stmt, 1),
                                 .recipient = (const char *)sqlite3_column_text(stmt, 2),
                                 .at = (const char *)sqlite3_column_text(stmt, 3)};
    uint64_t step;
    if (!run.recipient || !run.at)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    enum tg_status status = TG_OK;
    while (!status && len && in.at < in.end) {
        if (!tg_unpack_number(&in, &step))
            return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .rule = "table run_users");
        run.identity += (int64_t)step;
        if (tg_ids_have(ids, run.identity))
            status = on(ctx, &run, err);
    }
    return status;
}

enum tg_status tg_run_users_find(struct tg_store *store, const struct tg_ids *ids,
                                 tg_on_run_of_user *on, void *ctx, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = ids->n > 0;
    enum tg_status status =
        tg_db_prepare(&store->db,
                      "SELECT r.audit, r.month, r.recipient, coalesce(a.at, ''), r.users"
                      " FROM run_users r LEFT JOIN audit a ON a.seq = r.audit ORDER BY r.audit",
                      &stmt, err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = look_at_run(stmt, ids, on, ctx, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}
