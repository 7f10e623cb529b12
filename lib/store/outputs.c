/* SPDX-License-Identifier: Apache-2.0 */
#include "store/query.h"
#include "store/room.h"
#include "text/calendar.h"

#include <string.h>

static char *copy_column(sqlite3_stmt *stmt, int column, struct tg_arena *arena,
                         struct tg_error *err)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    return tg_arena_strndup(arena, text ? text : "", text ? strlen(text) : 0, err);
}

static enum tg_status take_delivery(sqlite3_stmt *stmt, struct tg_arena *arena,
                                    struct tg_delivery *out, struct tg_error *err)
{
    char period[8] = "";
    int32_t month = sqlite3_column_int(stmt, 2);
    if (month)
        tg_month_format(month, period);
    out->source = copy_column(stmt, 0, arena, err);
    out->kind = copy_column(stmt, 1, arena, err);
    out->period = tg_arena_strndup(arena, period, strlen(period), err);
    out->sha256 = copy_column(stmt, 3, arena, err);
    out->rows = (uint64_t)sqlite3_column_int64(stmt, 4);
    return out->source && out->kind && out->period && out->sha256 ? TG_OK : TG_NO_MEMORY;
}

enum tg_status tg_store_deliveries(struct tg_store *store, int32_t month, struct tg_arena *arena,
                                   struct tg_delivery **out, size_t *n, struct tg_error *err)
{
    const struct tg_arg args[] = {DB_INT(month)};
    int64_t count = 0;
    size_t filled = 0;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_number(
        &store->db, "SELECT count(*) FROM delivery WHERE period <= ?", args, 1, &count, err);
    if (status)
        return status;
    struct tg_delivery *list = tg_arena_alloc(arena, (size_t)count, sizeof *list, err);
    if (!list)
        return TG_NO_MEMORY;
    status = tg_db_prepare(&store->db,
                           "SELECT s.name, s.kind, d.period, d.sha256, d.rows FROM delivery d"
                           " JOIN source s ON s.id = d.source_id WHERE d.period <= ?"
                           " ORDER BY s.name, d.period",
                           &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, args, 1, err);
    while (!status && row && filled < (size_t)count) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = take_delivery(stmt, arena, &list[filled++], err);
    }
    (void)sqlite3_finalize(stmt);
    if (status)
        return status;
    *out = list;
    *n = filled;
    return TG_OK;
}

const char *tg_store_folder_name(const struct tg_store *store, const char *folder,
                                 struct tg_arena *arena, struct tg_error *err)
{
    const char *absolute = tg_path_absolute(arena, folder, err);
    size_t len = strlen(store->folder);
    if (absolute && strncmp(absolute, store->folder, len) == 0 && absolute[len] == '/')
        return absolute + len + 1;
    return absolute;
}

/* The newest of the months that the condition lets in; of several places the one below `out`. */
#define DELIVERED(condition)                                                                       \
    "SELECT folder, sha256 FROM output WHERE " condition                                           \
    " AND recipient = ?2 AND name = 'run.json'"                                                    \
    " ORDER BY month DESC, substr(folder, 1, length(?3) + 1) = ?3 || '/' DESC, folder LIMIT 1"

static enum tg_status find_delivered(struct tg_store *store, const char *sql, int32_t month,
                                     const char *recipient, const char *out, struct tg_arena *arena,
                                     char **folder, bool *whole, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct tg_error missing;
    bool row = false;
    const char *in = out ? tg_store_folder_name(store, out, arena, &missing) : NULL;
    *folder = NULL;
    *whole = false;
    in = in ? in : "";
    enum tg_status status = tg_db_prepare(&store->db, sql, &stmt, err);
    if (!status)
        status = tg_db_bind(
            &store->db, stmt,
            DB_ARGS(DB_INT(month), DB_TEXT(recipient, strlen(recipient)), DB_TEXT(in, strlen(in))),
            err);
    if (!status)
        status = tg_db_next(&store->db, stmt, &row, err);
    if (!status && row) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        *folder = name ? tg_path_join(arena, store->folder, name, err) : NULL;
        const char *sha256 = (const char *)sqlite3_column_text(stmt, 1);
        status = *folder && sha256 ? tg_output_is(*folder, "run.json", sha256, whole, err)
                                   : TG_NO_MEMORY;
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_store_month_before(struct tg_store *store, int32_t month, const char *recipient,
                                     const char *out, struct tg_arena *arena, char **folder,
                                     bool *whole, struct tg_error *err)
{
    return find_delivered(store, DELIVERED("month < ?1"), month, recipient, out, arena, folder,
                          whole, err);
}

enum tg_status tg_store_month_delivered(struct tg_store *store, int32_t month,
                                        const char *recipient, const char *out,
                                        struct tg_arena *arena, char **folder, bool *whole,
                                        struct tg_error *err)
{
    return find_delivered(store, DELIVERED("month = ?1"), month, recipient, out, arena, folder,
                          whole, err);
}
