/* SPDX-License-Identifier: Apache-2.0 */
#include "store/feed.h"

#include <stdlib.h>
#include <string.h>

/* More would gain little and leave the cache. */
enum { ROWS_TOGETHER = 1024, BYTES_TOGETHER = 1 << 20 };

/* Names the type of the pointer, for sqlite3_bind_pointer(). */
static const char pointer_type[] = "tg_feed";

struct cursor {
    sqlite3_vtab_cursor base; /* first, as SQLite asks for */
    struct tg_feed *feed;
};

static int on_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                      sqlite3_vtab **table, char **message)
{
    (void)aux;
    (void)argc;
    (void)argv;
    (void)message;
    int rc =
        sqlite3_declare_vtab(db, "CREATE TABLE x(a, b, c, d, e, f, g, h, i, j, k, l, rows HIDDEN)");
    if (rc)
        return rc;
    *table = sqlite3_malloc(sizeof **table);
    if (!*table)
        return SQLITE_NOMEM;
    memset(*table, 0, sizeof **table);
    return SQLITE_OK;
}

static int on_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

/* The one plan: all rows of the feed that the hidden column is given. */
static int on_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    for (int i = 0; i < info->nConstraint; i++) {
        if (info->aConstraint[i].iColumn != TG_FEED_COLUMNS || !info->aConstraint[i].usable ||
            info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        info->aConstraintUsage[i].argvIndex = 1;
        info->aConstraintUsage[i].omit = 1;
        return SQLITE_OK;
    }
    return SQLITE_CONSTRAINT;
}

static int on_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    (void)table;
    struct cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (!cursor)
        return SQLITE_NOMEM;
    memset(cursor, 0, sizeof *cursor);
    *out = &cursor->base;
    return SQLITE_OK;
}

static int on_close(sqlite3_vtab_cursor *base)
{
    sqlite3_free(base);
    return SQLITE_OK;
}

static int on_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
                     sqlite3_value **argv)
{
    struct cursor *cursor = (struct cursor *)base;
    (void)plan;
    (void)text;
    cursor->feed = argc == 1 ? sqlite3_value_pointer(argv[0], pointer_type) : NULL;
    if (!cursor->feed)
        return SQLITE_MISUSE;
    cursor->feed->at = 0;
    return SQLITE_OK;
}

static int on_next(sqlite3_vtab_cursor *base)
{
    ((struct cursor *)base)->feed->at++;
    return SQLITE_OK;
}

static int on_eof(sqlite3_vtab_cursor *base)
{
    const struct cursor *cursor = (const struct cursor *)base;
    return cursor->feed->at >= cursor->feed->n;
}

static int on_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
    const struct cursor *cursor = (const struct cursor *)base;
    struct tg_arg arg = {.type = TG_ARG_NULL};
    if (column < TG_FEED_COLUMNS)
        arg = cursor->feed->value(cursor->feed->ctx, cursor->feed->at, column);
    if (arg.type == TG_ARG_INT)
        sqlite3_result_int64(out, arg.number);
    else if (arg.type == TG_ARG_BLOB)
        sqlite3_result_blob64(out, arg.data ? arg.data : "", arg.len, SQLITE_STATIC);
    else if (arg.type == TG_ARG_TEXT)
        sqlite3_result_text64(out, arg.data ? arg.data : "", arg.len, SQLITE_STATIC, SQLITE_UTF8);
    return SQLITE_OK;
}

static int on_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid)
{
    *rowid = (sqlite3_int64)((const struct cursor *)base)->feed->at;
    return SQLITE_OK;
}

/* Without xCreate there is no table of this kind but the one of its name. */
static const sqlite3_module module = {
    .xConnect = on_connect,
    .xBestIndex = on_best_index,
    .xDisconnect = on_disconnect,
    .xOpen = on_open,
    .xClose = on_close,
    .xFilter = on_filter,
    .xNext = on_next,
    .xEof = on_eof,
    .xColumn = on_column,
    .xRowid = on_rowid,
};

enum tg_status tg_feed_register(const struct tg_db *db, struct tg_error *err)
{
    int rc = sqlite3_create_module_v2(db->handle, "feed", &module, NULL, NULL);
    return rc ? tg_db_fail(db, rc, err) : TG_OK;
}

enum tg_status tg_feed_run(const struct tg_db *db, sqlite3_stmt *stmt, struct tg_feed *feed,
                           struct tg_error *err)
{
    bool row = false;
    (void)sqlite3_reset(stmt);
    int rc = sqlite3_bind_pointer(stmt, 1, feed, pointer_type, NULL);
    enum tg_status status = rc ? tg_db_fail(db, rc, err) : tg_db_next(db, stmt, &row, err);
    /* what SQLite knows of a failure would be forgotten */
    if (!status)
        (void)sqlite3_bind_null(stmt, 1);
    return status;
}

/* Blobs lie where `number` says: their room moves while rows come. */
static struct tg_arg waiting_value(const void *ctx, size_t row, int column)
{
    const struct tg_rows *rows = ctx;
    if ((size_t)column >= rows->n_columns)
        return (struct tg_arg){.type = TG_ARG_NULL};
    struct tg_arg arg = rows->args[row * rows->n_columns + (size_t)column];
    if (arg.type == TG_ARG_BLOB || arg.type == TG_ARG_TEXT)
        arg.data = arg.len ? rows->bytes.data + arg.number : "";
    return arg;
}

enum tg_status tg_rows_prepare(const struct tg_db *db, const char *sql, const struct tg_arg *same,
                               size_t n, struct tg_rows *rows, struct tg_error *err)
{
    enum tg_status status = tg_db_prepare(db, sql, &rows->insert, err);
    return status ? status : tg_db_bind_from(db, rows->insert, 2, same, n, err);
}

enum tg_status tg_rows_put(const struct tg_db *db, struct tg_rows *rows, struct tg_error *err)
{
    struct tg_feed feed = {.n = rows->n, .value = waiting_value, .ctx = rows};
    if (rows->n == 0)
        return TG_OK;
    enum tg_status status = tg_feed_run(db, rows->insert, &feed, err);
    rows->n = status ? feed.at : 0;
    rows->bytes.len = status ? rows->bytes.len : 0;
    return status;
}

enum tg_status tg_rows_add(struct tg_rows *rows, const struct tg_arg *args, size_t n,
                           struct tg_error *err)
{
    rows->n_columns = n;
    enum tg_status status =
        tg_grow(&rows->args, &rows->cap, (rows->n + 1) * n, sizeof *rows->args, err);
    for (size_t i = 0; !status && i < n; i++) {
        struct tg_arg *to = &rows->args[rows->n * n + i];
        *to = args[i];
        if (to->type != TG_ARG_BLOB && to->type != TG_ARG_TEXT)
            continue;
        to->number = (int64_t)rows->bytes.len;
        status = tg_buf_add(&rows->bytes, args[i].data, args[i].len, err);
    }
    rows->n += !status;
    return status;
}

bool tg_rows_are_many(const struct tg_rows *rows)
{
    return rows->n >= ROWS_TOGETHER || rows->bytes.len >= BYTES_TOGETHER;
}

void tg_rows_free(struct tg_rows *rows)
{
    (void)sqlite3_finalize(rows->insert);
    free(rows->args);
    tg_buf_free(&rows->bytes);
    *rows = (struct tg_rows){0};
}
