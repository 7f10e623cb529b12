/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dense.h"

#include <stdlib.h>
#include <string.h>

enum tg_status tg_owners_new(const struct tg_db *db, struct tg_owners *out, struct tg_error *err)
{
    int64_t last = 0;
    enum tg_status status =
        tg_db_number(db, "SELECT coalesce(max(id), 0) FROM identity", DB_NO_ARGS, &last, err);
    if (status)
        return status;
    if (last >= UINT32_MAX)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = db->path);
    out->n = (size_t)last + 1;
    out->of = tg_calloc(out->n, sizeof *out->of, err);
    return out->of ? TG_OK : TG_NO_MEMORY;
}

enum tg_status tg_owners_fill(const struct tg_db *db, sqlite3_stmt *stmt, struct tg_owners *owners,
                              struct tg_error *err)
{
    bool row = true;
    enum tg_status status = TG_OK;
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (status || !row)
            break;
        int64_t identity = sqlite3_column_int64(stmt, 0);
        if (identity > 0 && (uint64_t)identity < owners->n)
            owners->of[identity] = (uint32_t)sqlite3_column_int64(stmt, 1);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_owners_of_persons(const struct tg_db *db, int32_t month, struct tg_owners *out,
                                    struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    enum tg_status status = tg_owners_new(db, out, err);
    if (!status)
        status = tg_db_prepare(db,
                               "SELECT id, person_id FROM identity"
                               " WHERE person_id IS NOT NULL AND seen_from <= ?",
                               &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(month)), err);
    if (!status)
        return tg_owners_fill(db, stmt, out, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

void tg_owners_free(struct tg_owners *owners)
{
    free(owners->of);
    *owners = (struct tg_owners){0};
}

/* The token the statement stands on belongs to the group, or ends it and begins the next. */
static enum tg_status take_token(sqlite3_stmt *stmt, unsigned char hash[TG_TOKEN_LEN],
                                 struct tg_ids *group, tg_on_group *on, void *ctx,
                                 struct tg_error *err)
{
    if (sqlite3_column_bytes(stmt, 0) != TG_TOKEN_LEN)
        return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .rule = "table identity_token");
    const unsigned char *next = sqlite3_column_blob(stmt, 0);
    enum tg_status status = TG_OK;
    if (group->n && memcmp(hash, next, TG_TOKEN_LEN) != 0) {
        status = on(ctx, hash, group, err);
        group->n = 0;
    }
    memcpy(hash, next, TG_TOKEN_LEN);
    return status ? status : tg_ids_add(group, sqlite3_column_int64(stmt, 1), err);
}

enum tg_status tg_walk_token(const struct tg_db *db, const char *token, tg_on_group *on, void *ctx,
                             struct tg_error *err)
{
    unsigned char hash[TG_TOKEN_LEN] = {0};
    struct tg_ids group = {0};
    sqlite3_stmt *stmt = NULL;
    int64_t number;
    bool row = true;
    enum tg_status status = tg_token_number(db, token, &number, err);
    if (!status)
        status = tg_db_prepare(db,
                               "SELECT hash, identity_id FROM identity_token WHERE token = ?"
                               " ORDER BY hash, identity_id",
                               &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(number)), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = take_token(stmt, hash, &group, on, ctx, err);
    }
    if (!status && group.n)
        status = on(ctx, hash, &group, err);
    (void)sqlite3_finalize(stmt);
    tg_ids_free(&group);
    return status;
}
