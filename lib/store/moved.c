/* SPDX-License-Identifier: Apache-2.0 */
#include "store/placing.h"
#include "store/room.h"
#include "text/calendar.h"

#include <string.h>

static enum tg_status take_name(sqlite3_stmt *stmt, struct tg_store *store, struct tg_arena *arena,
                                char **out, struct tg_error *err)
{
    const char *folder = (const char *)sqlite3_column_text(stmt, 0);
    *out = folder ? tg_path_join(arena, store->folder, folder, err) : NULL;
    return *out ? TG_OK : TG_NO_MEMORY;
}

enum tg_status tg_store_month_folders(struct tg_store *store, int32_t before, int32_t month,
                                      struct tg_arena *arena, char ***out, size_t *n,
                                      struct tg_error *err)
{
    static const char which[] = " FROM output WHERE (month < ?1 OR month = ?2)"
                                " AND folder NOT IN (SELECT made FROM placing)";
    const struct tg_arg args[] = {DB_INT(before), DB_INT(month)};
    struct tg_buf sql = {0};
    sqlite3_stmt *stmt = NULL;
    int64_t count = 0;
    bool row = true;
    *n = 0;
    enum tg_status status = tg_buf_printf(&sql, err, "SELECT count(DISTINCT folder)%s", which);
    const char *text = status ? NULL : tg_buf_text(&sql, err);
    if (!status)
        status = text ? tg_db_number(&store->db, text, args, 2, &count, err) : TG_NO_MEMORY;
    sql.len = 0;
    if (!status)
        status = tg_buf_printf(&sql, err, "SELECT DISTINCT folder%s ORDER BY folder", which);
    text = status ? NULL : tg_buf_text(&sql, err);
    *out = text ? tg_arena_alloc(arena, (size_t)count, sizeof **out, err) : NULL;
    if (!status)
        status = *out ? tg_db_prepare(&store->db, text, &stmt, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_db_bind(&store->db, stmt, args, 2, err);
    while (!status && row && *n < (size_t)count) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = take_name(stmt, store, arena, &(*out)[(*n)++], err);
    }
    (void)sqlite3_finalize(stmt);
    tg_buf_free(&sql);
    return status;
}

/* Copies each file that is recorded of a folder, holding it against its record on both sides. */
enum tg_status tg_store_copy_month(struct tg_store *store, const char *from, const char *to,
                                   struct tg_error *err)
{
    struct tg_arena arena = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    const char *folder = tg_store_folder_name(store, from, &arena, err);
    enum tg_status status =
        folder ? tg_db_prepare(&store->db, "SELECT name, sha256 FROM output WHERE folder = ?",
                               &stmt, err)
               : TG_NO_MEMORY;
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_TEXT(folder, strlen(folder))), err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (status || !row)
            break;
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        const char *sha256 = (const char *)sqlite3_column_text(stmt, 1);
        char *source = tg_path_join(&arena, from, name, err);
        char *target = source ? tg_path_join(&arena, to, name, err) : NULL;
        bool same = false;
        status = target ? tg_file_copy(source, target, NULL, err) : TG_NO_MEMORY;
        if (!status)
            status = tg_output_is(to, name, sha256, &same, err);
        if (!status && !same)
            status = TG_FAIL(err, TG_MSG_ARCHIVE_CHANGED, .file = source);
    }
    (void)sqlite3_finalize(stmt);
    tg_arena_free(&arena);
    return status;
}

/* {"from":…,"folder":…,"files":{name:sha256,…}} */
static enum tg_status note(struct tg_store *store, const char *from, const char *to,
                           struct tg_error *err)
{
    static const char entry[] =
        "SELECT json_object('from', ?1, 'folder', ?2, 'files',"
        " json_group_object(name, sha256)) FROM (SELECT name, sha256 FROM output WHERE folder = ?2"
        " ORDER BY name)";
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum tg_status status = tg_db_prepare(&store->db, entry, &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt,
                            DB_ARGS(DB_TEXT(from, strlen(from)), DB_TEXT(to, strlen(to))), err);
    if (!status)
        status = tg_db_next(&store->db, stmt, &row, err);
    const char *detail = !status && row ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    if (!status)
        status = detail ? tg_audit_add(store, TG_AUDIT_ARCHIVE, detail, err) : TG_NO_MEMORY;
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_store_month_moved(struct tg_store *store, const char *from, const char *to,
                                    struct tg_error *err)
{
    struct tg_arena arena = {0};
    const char *old = tg_store_folder_name(store, from, &arena, err);
    const char *new = old ? tg_store_folder_name(store, to, &arena, err) : NULL;
    enum tg_status status = new ? tg_db_begin(&store->db, err) : TG_NO_MEMORY;
    if (!status) {
        status = tg_db_once(&store->db, "UPDATE output SET folder = ? WHERE folder = ?",
                            DB_ARGS(DB_TEXT(new, strlen(new)), DB_TEXT(old, strlen(old))), err);
        if (!status)
            status = note(store, old, new, err);
        status = tg_db_end(&store->db, status, err);
    }
    tg_arena_free(&arena);
    return status;
}
