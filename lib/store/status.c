/* SPDX-License-Identifier: Apache-2.0 */
#include "store/consent.h"

#include <stdlib.h>
#include <string.h>

/* One provider and purpose. */
struct pair {
    char *provider, *purpose;
    int64_t provider_word, purpose_word;
    uint64_t n[TG_CONSENT_EXPIRED + 1]; /* by state */
};

struct pairs {
    struct pair *items;
    size_t n, cap;
    struct tg_arena arena;
};

static enum tg_status add_pair(struct pairs *pairs, sqlite3_stmt *stmt, struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&pairs->items, &pairs->cap, pairs->n + 1, sizeof *pairs->items, err);
    if (status)
        return status;
    struct pair *pair = &pairs->items[pairs->n];
    *pair = (struct pair){.purpose_word = sqlite3_column_int64(stmt, 2),
                          .provider_word = sqlite3_column_int64(stmt, 3)};
    const char *provider = (const char *)sqlite3_column_text(stmt, 0);
    const char *purpose = (const char *)sqlite3_column_text(stmt, 1);
    if (!provider || !purpose)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    pair->provider = tg_arena_strndup(&pairs->arena, provider, strlen(provider), err);
    pair->purpose = tg_arena_strndup(&pairs->arena, purpose, strlen(purpose), err);
    if (!pair->provider || !pair->purpose)
        return TG_NO_MEMORY;
    pairs->n++;
    return TG_OK;
}

/* Every provider that has users, with the purposes of its consents and the study's own. */
static enum tg_status list_pairs(struct tg_store *store, struct pairs *pairs, struct tg_error *err)
{
    const char *purpose = store->study->purpose;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(
        &store->db,
        "WITH known(provider, purpose, word) AS ("
        " SELECT v.text, p.text, p.id FROM"
        "  (SELECT provider, purpose FROM consent_row"
        "   UNION SELECT provider, purpose FROM withdrawal) c"
        "  JOIN word v ON v.id = c.provider JOIN word p ON p.id = c.purpose"
        "  WHERE p.text <> '" TG_ANY_PURPOSE "'),"
        " served(provider) AS (SELECT DISTINCT provider FROM source WHERE kind = 'users')"
        " SELECT k.provider, k.purpose, k.word,"
        "  (SELECT id FROM word WHERE text = k.provider) FROM known k JOIN served s USING(provider)"
        " UNION SELECT s.provider, ?1, coalesce((SELECT id FROM word WHERE text = ?1), 0),"
        "  coalesce((SELECT id FROM word WHERE text = s.provider), 0)"
        "  FROM served s"
        " ORDER BY 1, 2",
        &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_TEXT(purpose, strlen(purpose))), err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = add_pair(pairs, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status count_user(struct pairs *pairs, struct tg_consent_asker *asker,
                                 sqlite3_stmt *user, uint32_t on, struct tg_error *err)
{
    const char *provider = (const char *)sqlite3_column_text(user, 0);
    const unsigned char *app = tg_packed_find(sqlite3_column_blob(user, 1),
                                              (size_t)sqlite3_column_bytes(user, 1), TG_APP_NUMBER);
    for (size_t i = 0; i < pairs->n; i++) {
        struct pair *pair = &pairs->items[i];
        struct tg_consent_view view = {.state = TG_CONSENT_NONE};
        if (!provider || strcmp(pair->provider, provider) != 0)
            continue;
        enum tg_status status = TG_OK;
        struct tg_consent_key key = {.provider = pair->provider_word,
                                     .purpose = pair->purpose_word};
        if (app)
            memcpy(key.app, app, TG_TOKEN_LEN);
        if (app)
            status = tg_consent_ask(asker, &key, INT32_MAX, on, &view, err);
        if (status)
            return status;
        pair->n[view.state]++;
    }
    return TG_OK;
}

static enum tg_status count_users(struct tg_store *store, struct pairs *pairs, uint32_t on,
                                  struct tg_error *err)
{
    struct tg_consent_asker asker = {0};
    sqlite3_stmt *users = NULL;
    bool row = true;
    enum tg_status status = tg_consent_asker_begin(&asker, store, err);
    if (!status)
        status = tg_db_prepare(&store->db,
                               "SELECT s.provider, i.tokens FROM source s"
                               " JOIN delivery d ON d.source_id = s.id"
                               " JOIN user_row u ON u.delivery_id = d.id"
                               " JOIN identity i ON i.id = u.identity_id"
                               " WHERE s.kind = 'users' AND d.period ="
                               " (SELECT max(period) FROM delivery WHERE source_id = s.id)",
                               &users, err);
    while (!status && row) {
        status = tg_db_next(&store->db, users, &row, err);
        if (!status && row)
            status = count_user(pairs, &asker, users, on, err);
    }
    (void)sqlite3_finalize(users);
    tg_consent_asker_end(&asker);
    return status;
}

static enum tg_status hand_over(const struct pairs *pairs, struct tg_consent_counts **out,
                                size_t *n, struct tg_error *err)
{
    struct tg_consent_counts *counts = tg_calloc(pairs->n, sizeof *counts, err);
    enum tg_status status = counts ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < pairs->n; i++) {
        const struct pair *pair = &pairs->items[i];
        counts[i] = (struct tg_consent_counts){
            .provider = tg_strndup(pair->provider, strlen(pair->provider), err),
            .purpose = tg_strndup(pair->purpose, strlen(pair->purpose), err),
            .in_force = pair->n[TG_CONSENT_IN_FORCE],
            .withdrawn = pair->n[TG_CONSENT_WITHDRAWN],
            .expired = pair->n[TG_CONSENT_EXPIRED],
            .none = pair->n[TG_CONSENT_NONE],
        };
        if (!counts[i].provider || !counts[i].purpose)
            status = TG_NO_MEMORY;
    }
    if (status) {
        tg_consent_counts_free(counts, counts ? pairs->n : 0);
        return status;
    }
    *out = counts;
    *n = pairs->n;
    return TG_OK;
}

enum tg_status tg_consent_status(struct tg_store *store, uint32_t on,
                                 struct tg_consent_counts **out, size_t *n, struct tg_error *err)
{
    struct pairs pairs = {0};
    enum tg_status status = list_pairs(store, &pairs, err);
    if (!status)
        status = count_users(store, &pairs, on, err);
    if (!status)
        status = hand_over(&pairs, out, n, err);
    free(pairs.items);
    tg_arena_free(&pairs.arena);
    return status;
}

void tg_consent_counts_free(struct tg_consent_counts *counts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free((char *)counts[i].provider);
        free((char *)counts[i].purpose);
    }
    free(counts);
}
