/* SPDX-License-Identifier: Apache-2.0 */
#include "store/room.h"

#include <stdio.h>
#include <string.h>

enum tg_status tg_meta_get(const struct tg_db *db, const char *name, char out[TG_META_SIZE],
                           struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    out[0] = '\0';
    enum tg_status status = tg_db_prepare(db, "SELECT value FROM meta WHERE name = ?", &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_TEXT(name, strlen(name))), err);
    if (!status)
        status = tg_db_next(db, stmt, &row, err);
    const char *value = !status && row ? (const char *)sqlite3_column_text(stmt, 0) : "";
    if (!value)
        status = TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    else
        (void)snprintf(out, TG_META_SIZE, "%s", value);
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_meta_set(const struct tg_db *db, const char *name, const char *value,
                           struct tg_error *err)
{
    return tg_db_once(db,
                      "INSERT INTO meta(name, value) VALUES(?, ?)"
                      " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                      DB_ARGS(DB_TEXT(name, strlen(name)), DB_TEXT(value, strlen(value))), err);
}

enum tg_status tg_token_number(const struct tg_db *db, const char *name, int64_t *number,
                               struct tg_error *err)
{
    *number = 0;
    return tg_db_number(db, "SELECT id FROM token_name WHERE name = ?",
                        DB_ARGS(DB_TEXT(name, strlen(name))), number, err);
}

const struct tg_token_def *tg_token_def_find(const struct tg_study *study, const char *name)
{
    for (size_t i = 0; i < study->n_tokens; i++) {
        if (strcmp(study->tokens[i].name, name) == 0)
            return &study->tokens[i];
    }
    return NULL;
}

const unsigned char *tg_packed_find(const unsigned char *packed, size_t len, unsigned token)
{
    for (size_t i = 0; i + TG_PACKED_LEN <= len; i += TG_PACKED_LEN) {
        if (tg_packed_token(packed + i) == token)
            return packed + i + 2;
    }
    return NULL;
}

bool tg_packed_differ(const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len,
                      unsigned but)
{
    size_t i = 0, j = 0;
    while (i + TG_PACKED_LEN <= a_len && j + TG_PACKED_LEN <= b_len) {
        unsigned x = tg_packed_token(a + i), y = tg_packed_token(b + j);
        if (x == y && x != but && memcmp(a + i + 2, b + j + 2, TG_TOKEN_LEN) != 0)
            return true;
        i += x <= y ? TG_PACKED_LEN : 0;
        j += y <= x ? TG_PACKED_LEN : 0;
    }
    return false;
}
