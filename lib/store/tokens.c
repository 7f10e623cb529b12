/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dense.h"
#include "store/query.h"

/* Hands the distinct owners of each token on. */
struct walk {
    struct tg_owners owners;
    struct tg_ids of_group;
    tg_on_token *on;
    void *ctx;
};

static enum tg_status on_group(void *ctx, const unsigned char hash[TG_TOKEN_LEN],
                               const struct tg_ids *identities, struct tg_error *err)
{
    struct walk *walk = ctx;
    enum tg_status status = TG_OK;
    walk->of_group.n = 0;
    for (size_t i = 0; !status && i < identities->n; i++) {
        uint32_t owner = tg_owner(&walk->owners, identities->items[i]);
        if (owner)
            status = tg_ids_add(&walk->of_group, owner, err);
    }
    tg_ids_sort(&walk->of_group);
    for (size_t i = 0; !status && i < walk->of_group.n; i++)
        status = walk->on(walk->ctx, hash, walk->of_group.items[i], err);
    return status;
}

static void end(struct walk *walk)
{
    tg_owners_free(&walk->owners);
    tg_ids_free(&walk->of_group);
}

enum tg_status tg_store_person_tokens(struct tg_store *store, const char *token, int32_t month,
                                      tg_on_token *on, void *ctx, struct tg_error *err)
{
    struct walk walk = {.on = on, .ctx = ctx};
    enum tg_status status = tg_owners_of_persons(&store->db, month, &walk.owners, err);
    if (!status)
        status = tg_walk_token(&store->db, token, on_group, &walk, err);
    end(&walk);
    return status;
}

static enum tg_status users_in_force(const struct tg_db *db, int32_t month, struct tg_owners *out,
                                     struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    enum tg_status status = tg_owners_new(db, out, err);
    if (!status)
        status = tg_db_prepare(db,
                               "SELECT u.identity_id, u.identity_id FROM source s"
                               " JOIN delivery d ON d.source_id = s.id"
                               " JOIN user_row u ON u.delivery_id = d.id"
                               " WHERE s.kind = 'users' AND d.period ="
                               " (SELECT max(period) FROM delivery"
                               "  WHERE source_id = s.id AND period <= ?)",
                               &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(month)), err);
    if (!status)
        return tg_owners_fill(db, stmt, out, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_store_user_tokens(struct tg_store *store, const char *token, int32_t month,
                                    tg_on_token *on, void *ctx, struct tg_error *err)
{
    struct walk walk = {.on = on, .ctx = ctx};
    enum tg_status status = users_in_force(&store->db, month, &walk.owners, err);
    if (!status)
        status = tg_walk_token(&store->db, token, on_group, &walk, err);
    end(&walk);
    return status;
}
