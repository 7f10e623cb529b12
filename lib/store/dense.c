/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dense.h"
#include "store/index.h"
#include "store/pump.h"

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

static enum tg_status on_owner(void *ctx, const struct tg_pumped *row, struct tg_error *err)
{
    struct tg_owners *owners = ctx;
    int64_t identity = row->numbers[0];
    (void)err;
    if (identity > 0 && (uint64_t)identity < owners->n)
        owners->of[identity] = (uint32_t)row->numbers[1];
    return TG_OK;
}

enum tg_status tg_owners_fill(const struct tg_db *db, sqlite3_stmt *stmt, struct tg_owners *owners,
                              struct tg_error *err)
{
    enum tg_status status = tg_pump(db, stmt, 2, on_owner, owners, err);
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

/* A token as its rows go by. */
struct grouping {
    unsigned char hash[TG_TOKEN_LEN];
    struct tg_ids group;
    tg_on_group *on;
    void *ctx;
};

/* The token belongs to the group, or ends it and begins the next. */
static enum tg_status on_posting(void *ctx, const unsigned char hash[TG_TOKEN_LEN],
                                 int64_t identity, struct tg_error *err)
{
    struct grouping *g = ctx;
    enum tg_status status = TG_OK;
    if (g->group.n && memcmp(g->hash, hash, TG_TOKEN_LEN) != 0) {
        status = g->on(g->ctx, g->hash, &g->group, err);
        g->group.n = 0;
    }
    memcpy(g->hash, hash, TG_TOKEN_LEN);
    return status ? status : tg_ids_add(&g->group, identity, err);
}

enum tg_status tg_walk_token(const struct tg_db *db, const char *token, tg_on_group *on, void *ctx,
                             struct tg_error *err)
{
    struct grouping g = {.on = on, .ctx = ctx};
    int64_t number;
    enum tg_status status = tg_token_number(db, token, &number, err);
    if (!status)
        status = tg_index_walk(db, TG_INDEX_TOKENS, number, on_posting, &g, err);
    if (!status && g.group.n)
        status = on(ctx, g.hash, &g.group, err);
    tg_ids_free(&g.group);
    return status;
}
