/* SPDX-License-Identifier: Apache-2.0 */
#include "store/query.h"
#include "store/room.h"
#include "store/run_users.h"
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

static enum tg_status write_outputs(struct tg_store *store, int32_t month, const char *recipient,
                                    const char *folder, const struct tg_output_digest *files,
                                    size_t n, struct tg_error *err)
{
    const struct tg_db *db = &store->db;
    sqlite3_stmt *add = NULL;
    enum tg_status status = tg_db_once(db, "DELETE FROM output WHERE folder = ?",
                                       DB_ARGS(DB_TEXT(folder, strlen(folder))), err);
    if (!status)
        status = tg_db_prepare(db,
                               "INSERT INTO output(folder, name, month, recipient, sha256)"
                               " VALUES(?, ?, ?, ?, ?)",
                               &add, err);
    for (size_t i = 0; !status && i < n; i++)
        status = tg_db_run(db, add,
                           DB_ARGS(DB_TEXT(folder, strlen(folder)),
                                   DB_TEXT(files[i].name, strlen(files[i].name)), DB_INT(month),
                                   DB_TEXT(recipient, strlen(recipient)),
                                   DB_TEXT(files[i].sha256, strlen(files[i].sha256))),
                           err);
    (void)sqlite3_finalize(add);
    return status;
}

/* {"month":…,"recipient":…,"folder":…,"version":…,"files":{name:sha256,…},"detail":…} */
static enum tg_status describe(struct tg_buf *json, int32_t month, const char *recipient,
                               const char *folder, const struct tg_output_digest *files, size_t n,
                               const char *detail, struct tg_error *err)
{
    char written[8];
    tg_month_format(month, written);
    const struct {
        const char *name, *text;
    } texts[] = {{"month", written},
                 {"recipient", recipient},
                 {"folder", folder},
                 {"version", tg_version()}};
    struct tg_buf list = {0};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof texts / sizeof texts[0]; i++)
        status = tg_json_text(json, texts[i].name, texts[i].text, strlen(texts[i].text), err);
    for (size_t i = 0; !status && i < n; i++)
        status = tg_json_text(&list, files[i].name, files[i].sha256, strlen(files[i].sha256), err);
    if (!status)
        status = tg_buf_add(&list, n ? "}" : "{}", n ? 1 : 2, err);
    const char *text = status ? NULL : tg_buf_text(&list, err);
    status = text ? tg_buf_printf(json, err, ",\"files\":%s,\"detail\":%s}", text,
                                  detail ? detail : "{}")
                  : TG_NO_MEMORY;
    tg_buf_free(&list);
    return status;
}

/* As seen from the store's folder when it lies below it, else from the root. */
static const char *name_folder(const struct tg_store *store, const char *folder,
                               struct tg_arena *arena, struct tg_error *err)
{
    const char *absolute = tg_path_absolute(arena, folder, err);
    size_t len = strlen(store->folder);
    if (absolute && strncmp(absolute, store->folder, len) == 0 && absolute[len] == '/')
        return absolute + len + 1;
    return absolute;
}

enum tg_status tg_store_record_run(struct tg_store *store, int32_t month, const char *recipient,
                                   const char *folder, const struct tg_output_digest *files,
                                   size_t n, const int64_t *users, size_t n_users,
                                   const char *detail, const struct tg_placing *placing,
                                   struct tg_error *err)
{
    struct tg_buf json = {0};
    struct tg_arena arena = {0};
    const char *text = NULL;
    const char *place = name_folder(store, folder, &arena, err);
    enum tg_status status = TG_NO_MEMORY;
    if (place)
        status = describe(&json, month, recipient, place, files, n, detail, err);
    if (!status)
        text = tg_buf_text(&json, err);
    if (!status)
        status = text ? tg_db_begin(&store->db, err) : TG_NO_MEMORY;
    if (!status) {
        bool placed = false;
        status = write_outputs(store, month, recipient, place, files, n, err);
        if (!status)
            status = tg_audit_add(store, "run", text, err);
        if (!status)
            status = tg_run_users_add(store, month, recipient, users, n_users, err);
        if (!status)
            status = placing->place(placing->ctx, err);
        placed = !status;
        status = tg_db_end(&store->db, status, err);
        if (status && placed)
            placing->take_back(placing->ctx);
    }
    tg_buf_free(&json);
    tg_arena_free(&arena);
    return status;
}
