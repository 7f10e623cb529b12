/* SPDX-License-Identifier: Apache-2.0 */
#include "store/remembered.h"

#include "store/room.h"

#include <string.h>

/* Of settings, place and content. */
static enum tg_status digest_part(const struct tg_buf *settings, size_t part, const void *data,
                                  size_t len, char out[TG_DIGEST_HEX + 1], struct tg_error *err)
{
    struct tg_digest *d = NULL;
    const uint64_t place[2] = {settings->len, part};
    enum tg_status status = tg_digest_new(&d, err);
    if (status)
        return status;
    for (size_t i = 0; i < sizeof place; i++) {
        unsigned char byte = (unsigned char)(place[i / 8] >> (8 * (i % 8)));
        tg_digest_add(d, &byte, 1);
    }
    tg_digest_add(d, settings->data, settings->len);
    tg_digest_add(d, data, len);
    tg_digest_hex(d, out);
    tg_digest_free(&d);
    return TG_OK;
}

/* Columns: part, digest, data. `*fits`: it is the next part and undamaged. */
static enum tg_status take_part(sqlite3_stmt *row, const struct tg_buf *settings, size_t part,
                                struct tg_buf *out, bool *fits, struct tg_error *err)
{
    char digest[TG_DIGEST_HEX + 1];
    const char *noted = (const char *)sqlite3_column_text(row, 1);
    const void *data = sqlite3_column_blob(row, 2);
    size_t len = (size_t)sqlite3_column_bytes(row, 2);
    enum tg_status status = digest_part(settings, part, data, len, digest, err);
    *fits = !status && noted && sqlite3_column_int64(row, 0) == (int64_t)part &&
            strcmp(noted, digest) == 0;
    return *fits ? tg_buf_add(out, data, len, err) : status;
}

enum tg_status tg_memory_load(struct tg_store *store, const char *provider,
                              const struct tg_buf *settings, struct tg_buf *parts, size_t n,
                              struct tg_error *err)
{
    const struct tg_db *db = &store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true, fits = true;
    size_t found = 0;
    enum tg_status status = tg_db_prepare(
        db, "SELECT part, digest, data FROM link_memory WHERE provider = ? ORDER BY part", &stmt,
        err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_TEXT(provider, strlen(provider))), err);
    while (!status && row && fits) {
        status = tg_db_next(db, stmt, &row, err);
        if (status || !row)
            break;
        fits = found < n;
        if (fits)
            status = take_part(stmt, settings, found, &parts[found], &fits, err);
        found++;
    }
    (void)sqlite3_finalize(stmt);
    for (size_t i = 0; i < n && (status || !fits || found != n); i++)
        tg_buf_free(&parts[i]);
    return status;
}

static enum tg_status save(const struct tg_db *db, const char *provider,
                           const struct tg_buf *settings, const struct tg_buf *parts, size_t n,
                           struct tg_error *err)
{
    char digest[TG_DIGEST_HEX + 1];
    sqlite3_stmt *add = NULL;
    const struct tg_arg name = DB_TEXT(provider, strlen(provider));
    enum tg_status status =
        tg_db_once(db, "DELETE FROM link_memory WHERE provider = ?", &name, 1, err);
    if (!status)
        status = tg_db_prepare(db, "INSERT INTO link_memory VALUES(?, ?, ?, ?)", &add, err);
    for (size_t i = 0; !status && i < n; i++) {
        const void *data = parts[i].data ? parts[i].data : "";
        status = digest_part(settings, i, data, parts[i].len, digest, err);
        if (!status)
            status = tg_db_run(db, add,
                               DB_ARGS(name, DB_INT((int64_t)i), DB_TEXT(digest, TG_DIGEST_HEX),
                                       DB_BLOB(data, parts[i].len)),
                               err);
    }
    (void)sqlite3_finalize(add);
    return status;
}

enum tg_status tg_memory_save(struct tg_store *store, const char *provider,
                              const struct tg_buf *settings, const struct tg_buf *parts, size_t n,
                              struct tg_error *err)
{
    enum tg_status status = tg_db_begin(&store->db, err);
    return status ? status
                  : tg_db_end(&store->db, save(&store->db, provider, settings, parts, n, err), err);
}
