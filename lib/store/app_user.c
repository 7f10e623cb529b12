/* SPDX-License-Identifier: Apache-2.0 */
#include "store/app_user.h"

#include "store/query.h"

#include <stdio.h>
#include <string.h>

/* Each yields the stored hash of an app token and its provider; ?1 is what was named. */
static const char *const by_row[] = {
    "SELECT t.hash, s.provider FROM delivery d JOIN source s ON s.id = d.source_id"
    " JOIN user_row u ON u.delivery_id = d.id AND u.row_id = ?1"
    " JOIN identity_token t ON t.identity_id = u.identity_id AND t.token = ?2"
    " WHERE s.kind = 'users' LIMIT 1",
    "SELECT c.app, s.provider FROM delivery d JOIN source s ON s.id = d.source_id"
    " JOIN consent_row c ON c.delivery_id = d.id AND c.row_id = ?1"
    " WHERE s.kind = 'consents' AND c.app IS NOT NULL AND ?2 LIMIT 1",
    "SELECT w.app, v.text FROM withdrawal w JOIN word v ON v.id = w.provider"
    " WHERE w.row_id = ?1 AND ?2 LIMIT 1",
};
static const char *const by_hash[] = {
    "SELECT t.hash, s.provider FROM identity_token t JOIN identity i ON i.id = t.identity_id"
    " JOIN source s ON s.id = i.source_id WHERE t.token = ?2 AND t.hash = ?1 LIMIT 1",
    "SELECT w.app, v.text FROM withdrawal w JOIN word v ON v.id = w.provider"
    " WHERE w.app = ?1 AND ?2 LIMIT 1",
};

static enum tg_status look(struct tg_store *store, const char *sql,
                           const unsigned char named[TG_TOKEN_LEN], struct tg_app_user *out,
                           bool *found, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    enum tg_status status = tg_db_prepare(&store->db, sql, &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt,
                            DB_ARGS(DB_BLOB(named, TG_TOKEN_LEN), DB_INT(TG_APP_NUMBER)), err);
    if (!status)
        status = tg_db_next(&store->db, stmt, found, err);
    if (!status && *found) {
        const char *provider = (const char *)sqlite3_column_text(stmt, 1);
        if (sqlite3_column_bytes(stmt, 0) == TG_TOKEN_LEN)
            memcpy(out->app, sqlite3_column_blob(stmt, 0), TG_TOKEN_LEN);
        (void)snprintf(out->provider, sizeof out->provider, "%s", provider ? provider : "");
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_app_user_find(struct tg_store *store, const char *named, const char *provider,
                                struct tg_app_user *out, struct tg_error *err)
{
    unsigned char token[TG_TOKEN_LEN], hash[TG_TOKEN_LEN];
    struct tg_buf message = {0};
    bool found = false;
    if (strlen(named) != (size_t)2 * TG_TOKEN_LEN || !tg_hex_decode(named, TG_TOKEN_LEN, token))
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = "--user",
                       .rule = "a row id or a token: 32 hexadecimal digits");
    enum tg_status status = tg_store_hash(store, TG_APP_TOKEN, token, &message, hash, err);
    for (size_t i = 0; !status && !found && i < sizeof by_row / sizeof by_row[0]; i++)
        status = look(store, by_row[i], token, out, &found, err);
    for (size_t i = 0; !status && !found && i < sizeof by_hash / sizeof by_hash[0]; i++)
        status = look(store, by_hash[i], hash, out, &found, err);
    tg_wipe(message.data, message.len);
    tg_buf_free(&message);
    if (!status && (!found || (provider && strcmp(provider, out->provider) != 0)))
        return TG_FAIL(err, TG_MSG_CONSENT_UNKNOWN_USER, .column = "--user");
    return status;
}
