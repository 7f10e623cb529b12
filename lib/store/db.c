/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "store/gather.h"
#include "store/page.h"

#include <inttypes.h>
#include <stdio.h>

/* Unless the configuration says otherwise SQLite waits for nobody. */
enum { BUSY_WAIT_MS = 1000 };

static enum tg_message message_of(int rc)
{
    static const struct {
        int rc;
        enum tg_message message;
    } table[] = {
        {SQLITE_NOMEM, TG_MSG_NO_MEMORY},
        {SQLITE_BUSY, TG_MSG_STORE_BUSY},
        {SQLITE_LOCKED, TG_MSG_STORE_BUSY},
        {SQLITE_FULL, TG_MSG_STORE_WRITE},
        {SQLITE_IOERR, TG_MSG_STORE_WRITE},
        {SQLITE_READONLY, TG_MSG_STORE_CREATE},
        {SQLITE_CANTOPEN, TG_MSG_STORE_CREATE},
        {SQLITE_PERM, TG_MSG_STORE_CREATE},
        {SQLITE_AUTH, TG_MSG_STORE_CREATE},
        {SQLITE_NOTADB, TG_MSG_STORE_NOT},
        {SQLITE_CORRUPT, TG_MSG_STORE_DAMAGED},
        {SQLITE_FORMAT, TG_MSG_STORE_NOT},
        {SQLITE_CONSTRAINT, TG_MSG_STORE_RULE},
        /* the statements are right, so what they ask for is missing */
        {SQLITE_ERROR, TG_MSG_STORE_DAMAGED},
        {SQLITE_PROTOCOL, TG_MSG_STORE_BUSY},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].rc == (rc & 0xFF))
            return table[i].message;
    }
    return TG_MSG_BUG;
}

/* A file whose header is hurt is not even opened, so that nobody has noted the page. */
static enum tg_status page_hurt(const struct tg_db *db, struct tg_error *err)
{
    char page[16];
    uint32_t number = tg_gather_hurt(db->handle);
    (void)snprintf(page, sizeof page, "%" PRIu32, number ? number : 1);
    return TG_FAIL(err, TG_MSG_STORE_PAGE, .file = db->path, .rule = page);
}

enum tg_status tg_db_fail(const struct tg_db *db, int rc, struct tg_error *err)
{
    if (rc == SQLITE_IOERR_DATA)
        return page_hurt(db, err);
    if (rc == SQLITE_IOERR_NOMEM)
        rc = SQLITE_NOMEM;
    return TG_FAIL(err, message_of(rc), .file = db->path, .rule = sqlite3_errstr(rc),
                   .sys_errno =
                       db->handle && rc != SQLITE_NOMEM ? sqlite3_system_errno(db->handle) : 0);
}

enum tg_status tg_db_open(const char *path, struct tg_db *db, struct tg_error *err)
{
    const char *way = NULL;
    db->path = path;
    enum tg_status status = tg_gather_name(&way, err);
    if (status)
        return status;
    int rc = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, way);
    if (rc) {
        rc = db->handle ? sqlite3_extended_errcode(db->handle) : rc;
        status = tg_db_fail(db, rc, err);
        tg_db_close(db);
        return status;
    }
    (void)sqlite3_extended_result_codes(db->handle, 1);
    (void)sqlite3_busy_timeout(db->handle, BUSY_WAIT_MS);
    return TG_OK;
}

void tg_db_close(struct tg_db *db)
{
    (void)sqlite3_close_v2(db->handle);
    db->handle = NULL;
}

enum tg_status tg_db_exec(const struct tg_db *db, const char *sql, struct tg_error *err)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc ? tg_db_fail(db, rc, err) : TG_OK;
}

enum tg_status tg_db_prepare(const struct tg_db *db, const char *sql, sqlite3_stmt **out,
                             struct tg_error *err)
{
    int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc ? tg_db_fail(db, rc, err) : TG_OK;
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct tg_arg *arg)
{
    switch (arg->type) {
    case TG_ARG_INT:
        return sqlite3_bind_int64(stmt, at, arg->number);
    case TG_ARG_BLOB:
        return sqlite3_bind_blob64(stmt, at, arg->data ? arg->data : "", arg->len, SQLITE_STATIC);
    case TG_ARG_TEXT:
        return sqlite3_bind_text64(stmt, at, arg->data ? arg->data : "", arg->len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case TG_ARG_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, at);
}

enum tg_status tg_db_bind_from(const struct tg_db *db, sqlite3_stmt *stmt, int first,
                               const struct tg_arg *args, size_t n, struct tg_error *err)
{
    (void)sqlite3_reset(stmt);
    for (size_t i = 0; i < n; i++) {
        int rc = bind_one(stmt, first + (int)i, &args[i]);
        if (rc)
            return tg_db_fail(db, rc, err);
    }
    return TG_OK;
}

enum tg_status tg_db_bind(const struct tg_db *db, sqlite3_stmt *stmt, const struct tg_arg *args,
                          size_t n, struct tg_error *err)
{
    return tg_db_bind_from(db, stmt, 1, args, n, err);
}

enum tg_status tg_db_next(const struct tg_db *db, sqlite3_stmt *stmt, bool *row,
                          struct tg_error *err)
{
    int rc = sqlite3_step(stmt);
    *row = rc == SQLITE_ROW;
    if (*row)
        return TG_OK;
    enum tg_status status = rc == SQLITE_DONE ? TG_OK : tg_db_fail(db, rc, err);
    (void)sqlite3_reset(stmt);
    return status;
}

enum tg_status tg_db_run(const struct tg_db *db, sqlite3_stmt *stmt, const struct tg_arg *args,
                         size_t n, struct tg_error *err)
{
    bool row = true;
    enum tg_status status = tg_db_bind(db, stmt, args, n, err);
    while (!status && row)
        status = tg_db_next(db, stmt, &row, err);
    return status;
}

enum tg_status tg_db_once(const struct tg_db *db, const char *sql, const struct tg_arg *args,
                          size_t n, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    enum tg_status status = tg_db_prepare(db, sql, &stmt, err);
    if (!status)
        status = tg_db_run(db, stmt, args, n, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_db_number(const struct tg_db *db, const char *sql, const struct tg_arg *args,
                            size_t n, int64_t *out, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum tg_status status = tg_db_prepare(db, sql, &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, args, n, err);
    if (!status)
        status = tg_db_next(db, stmt, &row, err);
    if (!status && row)
        *out = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return status;
}

static int reserve(const struct tg_db *db, int bytes)
{
    return sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes) == SQLITE_OK
               ? bytes
               : 0;
}

bool tg_db_has_checksums(const struct tg_db *db)
{
    return reserve(db, -1) == TG_PAGE_RESERVED;
}

void tg_db_want_checksums(const struct tg_db *db)
{
    (void)reserve(db, TG_PAGE_RESERVED);
}

enum tg_status tg_db_begin(const struct tg_db *db, struct tg_error *err)
{
    return tg_db_exec(db, "BEGIN IMMEDIATE", err);
}

enum tg_status tg_db_end(const struct tg_db *db, enum tg_status status, struct tg_error *err)
{
    if (!status)
        status = tg_db_exec(db, "COMMIT", err);
    /* a full disk may have rolled it back already: then this says so and does no harm */
    if (status && !sqlite3_get_autocommit(db->handle))
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
