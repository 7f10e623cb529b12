/* SPDX-License-Identifier: Apache-2.0 */
#include "store/consent.h"
#include "store/dense.h"
#include "store/pump.h"
#include "store/query.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

struct gather {
    struct tg_store *store;
    struct tg_users *users;
    size_t cap;
    int32_t month;
    uint32_t as_of;
    struct tg_consent_key key; /* of the row at hand */
    struct tg_consent_asker asker;
    struct tg_owners first_days; /* of measures, by identity; TG_NO_DAY: none */
};

/* First days of measures by identity. */
static enum tg_status on_day(void *ctx, const struct tg_pumped *row, struct tg_error *err)
{
    struct gather *g = ctx;
    int64_t identity = row->numbers[0];
    (void)err;
    if (identity <= 0 || (uint64_t)identity >= g->first_days.n)
        return TG_OK;
    uint32_t *first = &g->first_days.of[identity], day = (uint32_t)row->numbers[1];
    *first = *first == TG_NO_DAY || day < *first ? day : *first;
    return TG_OK;
}

/* Whoever carries one app token is one app user: the earliest day is everybody's. */
static enum tg_status on_group(void *ctx, const unsigned char hash[TG_TOKEN_LEN],
                               const struct tg_ids *identities, struct tg_error *err)
{
    struct gather *g = ctx;
    uint32_t first = TG_NO_DAY;
    (void)hash, (void)err;
    for (size_t i = 0; i < identities->n; i++) {
        uint32_t day = tg_owner(&g->first_days, identities->items[i]);
        first = day != TG_NO_DAY && (first == TG_NO_DAY || day < first) ? day : first;
    }
    for (size_t i = 0; i < identities->n; i++) {
        int64_t identity = identities->items[i];
        if (identity > 0 && (uint64_t)identity < g->first_days.n)
            g->first_days.of[identity] = first;
    }
    return TG_OK;
}

static enum tg_status read_activity(struct gather *g, struct tg_error *err)
{
    const struct tg_db *db = &g->store->db;
    sqlite3_stmt *stmt = NULL;
    enum tg_status status = tg_owners_new(db, &g->first_days, err);
    if (!status)
        status =
            tg_db_prepare(db,
                          "SELECT m.identity_id, m.first_day FROM source s"
                          " JOIN delivery d ON d.source_id = s.id"
                          " CROSS JOIN measure_run m ON m.id BETWEEN d.first_run AND d.last_run"
                          " AND m.delivery_id = d.id"
                          " WHERE s.kind = 'measures' AND s.provider <> '' AND d.period <= ?",
                          &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(g->month)), err);
    if (!status)
        status = tg_pump(db, stmt, 2, on_day, g, err);
    (void)sqlite3_finalize(stmt);
    return status ? status : tg_walk_token(db, TG_APP_TOKEN, on_group, g, err);
}

static enum tg_status ask_app(struct gather *g, sqlite3_stmt *stmt, struct tg_user *user,
                              struct tg_error *err)
{
    const unsigned char *app = tg_packed_find(sqlite3_column_blob(stmt, 6),
                                              (size_t)sqlite3_column_bytes(stmt, 6), TG_APP_NUMBER);
    struct tg_consent_view view = {.state = TG_CONSENT_NONE};
    enum tg_status status = TG_OK;
    if (app)
        memcpy(g->key.app, app, TG_TOKEN_LEN);
    if (app)
        status = tg_consent_ask(&g->asker, &g->key, g->month, g->as_of, &view, err);
    uint32_t day = app ? tg_owner(&g->first_days, user->identity) : TG_NO_DAY;
    if (day != TG_NO_DAY)
        user->first_activity = tg_month_of_day(day);
    user->consent = view.state;
    user->consented_on = view.since;
    return status;
}

/* Columns: identity, row id, provider, birth month, sex, registered on, tokens. */
static enum tg_status add_user(struct gather *g, sqlite3_stmt *stmt, struct tg_error *err)
{
    struct tg_users *users = g->users;
    enum tg_status status =
        tg_grow(&users->items, &g->cap, users->n + 1, sizeof *users->items, err);
    if (status)
        return status;
    const char *provider = (const char *)sqlite3_column_text(stmt, 2);
    const char *known = users->n ? users->items[users->n - 1].provider : NULL;
    if (!provider)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    bool born = sqlite3_column_type(stmt, 3) != SQLITE_NULL;
    struct tg_user *user = &users->items[users->n];
    *user = (struct tg_user){.identity = sqlite3_column_int64(stmt, 0),
                             .provider = known,
                             .birth_month = born ? sqlite3_column_int(stmt, 3) : TG_NO_MONTH,
                             .sex = (uint8_t)sqlite3_column_int(stmt, 4),
                             .registered_on = (uint32_t)sqlite3_column_int64(stmt, 5),
                             .first_activity = TG_NO_MONTH};
    if (sqlite3_column_bytes(stmt, 1) == TG_TOKEN_LEN)
        memcpy(user->row_id, sqlite3_column_blob(stmt, 1), TG_TOKEN_LEN);
    if (!known || strcmp(known, provider) != 0)
        user->provider = tg_arena_strndup(&users->arena, provider, strlen(provider), err);
    if (!user->provider)
        return TG_NO_MEMORY;
    users->n++;
    if (user->provider != known) {
        enum tg_status found = tg_word_find(&g->store->db, user->provider, &g->key.provider, err);
        if (!found)
            found = tg_consent_asker_learn(&g->asker, &g->key, g->month, g->as_of, err);
        if (found)
            return found;
    }
    return ask_app(g, stmt, user, err);
}

static enum tg_status prepare(struct gather *g, sqlite3_stmt **rows, struct tg_error *err)
{
    const struct tg_db *db = &g->store->db;
    enum tg_status status = tg_word_find(db, g->store->study->purpose, &g->key.purpose, err);
    if (!status)
        status = tg_consent_asker_begin(&g->asker, g->store, err);
    if (!status)
        status = tg_db_prepare(db,
                               "SELECT u.identity_id, u.row_id, s.provider, i.birth_month, i.sex,"
                               " u.registered_on, i.tokens FROM source s"
                               " JOIN delivery d ON d.source_id = s.id"
                               " JOIN user_row u ON u.delivery_id = d.id"
                               " JOIN identity i ON i.id = u.identity_id"
                               " WHERE s.kind = 'users' AND d.period ="
                               " (SELECT max(period) FROM delivery"
                               "  WHERE source_id = s.id AND period <= ?)",
                               rows, err);
    return status ? status : tg_db_bind(db, *rows, DB_ARGS(DB_INT(g->month)), err);
}

static int by_row_id(const void *a, const void *b)
{
    const struct tg_user *x = a, *y = b;
    int order = memcmp(x->row_id, y->row_id, TG_TOKEN_LEN);
    return order ? order : (x->identity > y->identity) - (x->identity < y->identity);
}

enum tg_status tg_store_users(struct tg_store *store, int32_t month, uint32_t as_of,
                              struct tg_users *out, struct tg_error *err)
{
    struct tg_users users = {0};
    struct gather g = {.store = store, .users = &users, .month = month, .as_of = as_of};
    sqlite3_stmt *rows = NULL;
    bool row = true;
    enum tg_status status = read_activity(&g, err);
    if (!status)
        status = prepare(&g, &rows, err);
    while (!status && row) {
        status = tg_db_next(&store->db, rows, &row, err);
        if (!status && row)
            status = add_user(&g, rows, err);
    }
    (void)sqlite3_finalize(rows);
    tg_owners_free(&g.first_days);
    tg_consent_asker_end(&g.asker);
    if (status) {
        tg_users_free(&users);
        return status;
    }
    if (users.n)
        qsort(users.items, users.n, sizeof *users.items, by_row_id);
    *out = users;
    return TG_OK;
}

void tg_users_free(struct tg_users *users)
{
    free(users->items);
    tg_arena_free(&users->arena);
    *users = (struct tg_users){0};
}
