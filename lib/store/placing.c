/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"
#include "store/run_users.h"

#include <string.h>

/* Until it is settled a month's files are listed under the folder where they were made. */
static enum tg_status list_files(const struct tg_db *db, const struct tg_run_record *r,
                                 const char *made, struct tg_error *err)
{
    sqlite3_stmt *add = NULL;
    enum tg_status status = tg_db_once(db, "DELETE FROM output WHERE folder = ?",
                                       DB_ARGS(DB_TEXT(made, strlen(made))), err);
    if (!status)
        status = tg_db_prepare(db,
                               "INSERT INTO output(folder, name, month, recipient, sha256)"
                               " VALUES(?, ?, ?, ?, ?)",
                               &add, err);
    for (size_t i = 0; !status && i < r->n; i++) {
        const struct tg_output_digest *file = &r->files[i];
        status =
            tg_db_run(db, add,
                      DB_ARGS(DB_TEXT(made, strlen(made)), DB_TEXT(file->name, strlen(file->name)),
                              DB_INT(r->month), DB_TEXT(r->recipient, strlen(r->recipient)),
                              DB_TEXT(file->sha256, strlen(file->sha256))),
                      err);
    }
    (void)sqlite3_finalize(add);
    return status;
}

static enum tg_status begin_record(struct tg_store *store, const struct tg_run_record *r,
                                   const char *folder, const char *made, const char *detail,
                                   struct tg_error *err)
{
    enum tg_status status = tg_db_begin(&store->db, err);
    if (status)
        return status;
    status = list_files(&store->db, r, made, err);
    if (!status)
        status =
            tg_db_once(&store->db, "INSERT OR REPLACE INTO placing(folder, made) VALUES(?, ?)",
                       DB_ARGS(DB_TEXT(folder, strlen(folder)), DB_TEXT(made, strlen(made))), err);
    if (!status)
        status = tg_audit_add(store, "run", detail, err);
    if (!status)
        status = tg_run_users_add(store, r->month, r->recipient, r->users, r->n_users, err);
    return tg_db_end(&store->db, status, err);
}

enum tg_status tg_store_run_begin(struct tg_store *store, const struct tg_run_record *record,
                                  struct tg_error *err)
{
    struct tg_buf json = {0};
    struct tg_arena arena = {0};
    const char *folder = tg_store_folder_name(store, record->folder, &arena, err);
    const char *made = folder ? tg_store_folder_name(store, record->made, &arena, err) : NULL;
    enum tg_status status =
        made ? tg_run_describe(store, record, folder, &json, err) : TG_NO_MEMORY;
    const char *detail = status ? NULL : tg_buf_text(&json, err);
    if (!status)
        status = detail ? begin_record(store, record, folder, made, detail, err) : TG_NO_MEMORY;
    tg_buf_free(&json);
    tg_arena_free(&arena);
    return status;
}

static enum tg_status settle(struct tg_store *store, const char *folder, struct tg_error *err)
{
    const struct tg_arg name[] = {DB_TEXT(folder, strlen(folder))};
    const struct tg_arg twice[] = {name[0], name[0]};
    enum tg_status status =
        tg_db_once(&store->db,
                   "DELETE FROM output WHERE folder = ?"
                   " AND EXISTS(SELECT 1 FROM placing WHERE folder = output.folder)",
                   name, 1, err);
    if (!status)
        status = tg_db_once(&store->db,
                            "UPDATE output SET folder = ?"
                            " WHERE folder = (SELECT made FROM placing WHERE folder = ?)",
                            twice, 2, err);
    return status ? status
                  : tg_db_once(&store->db, "DELETE FROM placing WHERE folder = ?", name, 1, err);
}

static enum tg_status undo(struct tg_store *store, const char *folder, struct tg_error *err)
{
    const struct tg_arg name[] = {DB_TEXT(folder, strlen(folder))};
    struct tg_buf json = {0};
    enum tg_status status =
        tg_db_once(&store->db,
                   "DELETE FROM output"
                   " WHERE folder = (SELECT made FROM placing WHERE folder = ?)",
                   name, 1, err);
    if (!status)
        status = tg_db_once(&store->db, "DELETE FROM placing WHERE folder = ?", name, 1, err);
    if (!status)
        status = tg_json_text(&json, "folder", folder, strlen(folder), err);
    if (!status)
        status = tg_buf_add_char(&json, '}', err);
    const char *detail = status ? NULL : tg_buf_text(&json, err);
    if (!status)
        status = detail ? tg_audit_add(store, "run undone", detail, err) : TG_NO_MEMORY;
    tg_buf_free(&json);
    return status;
}

typedef enum tg_status change(struct tg_store *store, const char *folder, struct tg_error *err);

static enum tg_status in_transaction(struct tg_store *store, const char *path, change *make,
                                     struct tg_error *err)
{
    struct tg_arena arena = {0};
    const char *folder = tg_store_folder_name(store, path, &arena, err);
    enum tg_status status = folder ? tg_db_begin(&store->db, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_db_end(&store->db, make(store, folder, err), err);
    tg_arena_free(&arena);
    return status;
}

enum tg_status tg_store_run_end(struct tg_store *store, const char *folder, struct tg_error *err)
{
    return in_transaction(store, folder, settle, err);
}

enum tg_status tg_store_run_undo(struct tg_store *store, const char *folder, struct tg_error *err)
{
    return in_transaction(store, folder, undo, err);
}

enum tg_status tg_output_is(const char *folder, const char *name, const char *sha256, bool *is,
                            struct tg_error *err)
{
    struct tg_arena arena = {0};
    char found[TG_DIGEST_HEX + 1] = "";
    const char *path = tg_path_join(&arena, folder, name, err);
    enum tg_status status = path ? TG_OK : TG_NO_MEMORY;
    *is = false;
    if (!status && tg_file_exists(path))
        status = tg_digest_file(path, found, err);
    if (!status)
        *is = strcmp(found, sha256) == 0;
    tg_arena_free(&arena);
    return status;
}

/* Are all files that are listed under `made` in this folder, as they were recorded? */
static enum tg_status is_whole(struct tg_store *store, const char *made, const char *folder,
                               bool *whole, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    *whole = true;
    enum tg_status status =
        tg_db_prepare(&store->db, "SELECT name, sha256 FROM output WHERE folder = ?", &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_TEXT(made, strlen(made))), err);
    while (!status && row && *whole) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = tg_output_is(folder, (const char *)sqlite3_column_text(stmt, 0),
                                  (const char *)sqlite3_column_text(stmt, 1), whole, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status look(struct tg_store *store, const char *folder, const char *made,
                           struct tg_arena *arena, struct tg_unplaced *out, struct tg_error *err)
{
    bool ready = false, done = false;
    out->folder = tg_path_join(arena, store->folder, folder, err);
    out->made = tg_path_join(arena, store->folder, made, err);
    if (!out->folder || !out->made)
        return TG_NO_MEMORY;
    enum tg_status status = is_whole(store, made, out->made, &ready, err);
    if (!status && !ready)
        status = is_whole(store, made, out->folder, &done, err);
    out->state = ready ? TG_UNPLACED_READY : done ? TG_UNPLACED_DONE : TG_UNPLACED_LOST;
    return status;
}

enum tg_status tg_store_unplaced(struct tg_store *store, struct tg_arena *arena,
                                 struct tg_unplaced **out, size_t *n, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    int64_t count = 0;
    size_t filled = 0;
    enum tg_status status =
        tg_db_number(&store->db, "SELECT count(*) FROM placing", DB_NO_ARGS, &count, err);
    if (status)
        return status;
    struct tg_unplaced *list = tg_arena_alloc(arena, (size_t)count, sizeof *list, err);
    if (!list)
        return TG_NO_MEMORY;
    status =
        tg_db_prepare(&store->db, "SELECT folder, made FROM placing ORDER BY folder", &stmt, err);
    while (!status && row && filled < (size_t)count) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = look(store, (const char *)sqlite3_column_text(stmt, 0),
                          (const char *)sqlite3_column_text(stmt, 1), arena, &list[filled++], err);
    }
    (void)sqlite3_finalize(stmt);
    *out = list;
    *n = filled;
    return status;
}
