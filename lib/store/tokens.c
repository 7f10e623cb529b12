/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dense.h"
#include "store/query.h"

/* Hands the distinct owners of each token on. */
struct walk {
    struct tg_owners owners;
    struct tg_ids of_group;
    uint32_t token; /* evidence: its place among the study's */
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

/* A person's number takes the place of a place. */
static enum tg_status on_evidence(void *ctx, const struct tg_placed_token *tokens, size_t n,
                                  struct tg_error *err)
{
    struct walk *walk = ctx;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        if (tokens[i].token == walk->token)
            status = walk->on(walk->ctx, tokens[i].hash, (int64_t)tokens[i].place + 1, err);
    }
    return status;
}

enum tg_status tg_store_person_tokens(struct tg_store *store, const char *token, int32_t month,
                                      tg_on_token *on, void *ctx, struct tg_error *err)
{
    struct walk walk = {.on = on, .ctx = ctx};
    const struct tg_token_def *def = tg_token_def_find(store->study, token);
    enum tg_status status = tg_owners_of_persons(&store->db, month, &walk.owners, err);
    if (!status && def && def->evidence) {
        const struct tg_places places = {walk.owners.of, walk.owners.n};
        walk.token = (uint32_t)(def - store->study->tokens);
        status = tg_store_tokens(store, &places, true, NULL, on_evidence, &walk, err);
    } else if (!status) {
        status = tg_walk_token(&store->db, token, on_group, &walk, err);
    }
    tg_owners_free(&walk.owners);
    tg_ids_free(&walk.of_group);
    return status;
}
