/* SPDX-License-Identifier: Apache-2.0 */
#include "store/backup.h"

#include "base/reporter.h"
#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES_AT_A_TIME = 1024, MANIFEST_MAX = 65536 };

enum tg_status tg_path_with(struct tg_arena *arena, const char *path, const char *suffix,
                            char **out, struct tg_error *err)
{
    size_t len = strlen(path), more = strlen(suffix);
    *out = tg_arena_alloc(arena, len + more + 1, 1, err);
    if (!*out)
        return TG_NO_MEMORY;
    memcpy(*out, path, len);
    memcpy(*out + len, suffix, more + 1);
    return TG_OK;
}

/* The hidden name beside `path` under which it is made. */
static enum tg_status name_partial(struct tg_arena *arena, const char *path, char **out,
                                   struct tg_error *err)
{
    char *hidden, *dir = tg_path_dir(arena, path, err);
    enum tg_status status =
        dir ? tg_path_with(arena, ".", tg_path_base(path), &hidden, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_path_with(arena, hidden, ".partial", &hidden, err);
    *out = status ? NULL : tg_path_join(arena, dir, hidden, err);
    return status ? status : *out ? TG_OK : TG_NO_MEMORY;
}

/* Where the copy's first page lies before the others do, checksums come into all (gather.h). */
static enum tg_status begin_copy(const struct tg_db *from, const struct tg_db *to,
                                 struct tg_error *err)
{
    char sql[96];
    int64_t size = 0;
    if (!tg_db_has_checksums(from))
        return TG_OK;
    enum tg_status status = tg_db_number(from, "PRAGMA page_size", DB_NO_ARGS, &size, err);
    (void)snprintf(sql, sizeof sql, "PRAGMA page_size=%" PRId64, size);
    if (!status)
        status = tg_db_exec(to, sql, err);
    if (status)
        return status;
    tg_db_want_checksums(to);
    return tg_db_exec(to, "PRAGMA user_version=1", err);
}

/* One read transaction from the first page to the last: what a run writes meanwhile is not seen. */
static enum tg_status copy_pages(const struct tg_db *from, const struct tg_db *to,
                                 const struct tg_reporter *reporter, struct tg_error *err)
{
    int64_t n = 0;
    enum tg_status status = tg_db_exec(from, "BEGIN", err);
    if (!status)
        status = tg_db_number(from, "SELECT count(*) FROM sqlite_schema", DB_NO_ARGS, &n, err);
    if (!status)
        status = begin_copy(from, to, err);
    if (status)
        return status;
    sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
    int rc = backup ? SQLITE_OK : sqlite3_errcode(to->handle);
    while (rc == SQLITE_OK && !status) {
        rc = sqlite3_backup_step(backup, PAGES_AT_A_TIME);
        uint64_t all = (uint64_t)sqlite3_backup_pagecount(backup);
        status = tg_progress(reporter, "backup", all - (uint64_t)sqlite3_backup_remaining(backup),
                             all, err);
    }
    (void)sqlite3_backup_finish(backup);
    if (!status && rc != SQLITE_DONE)
        status = tg_db_fail(rc == SQLITE_IOERR_DATA ? from : to, rc, err);
    return status;
}

static enum tg_status check_source(const struct tg_db *db, const struct tg_study *study,
                                   struct tg_error *err)
{
    enum tg_db_content content;
    char name[TG_META_SIZE];
    enum tg_status status = tg_schema_look(db, &content, err);
    if (!status && content == TG_DB_EMPTY)
        return TG_FAIL(err, TG_MSG_STORE_MISSING, .file = db->path);
    if (!status && content == TG_DB_FOREIGN)
        return TG_FAIL(err, TG_MSG_STORE_NOT, .file = db->path);
    if (!status)
        status = tg_meta_get(db, TG_META_STUDY, name, err);
    if (!status && strcmp(name, study->id) != 0)
        return TG_FAIL(err, TG_MSG_STORE_STUDY, .file = db->path);
    return status;
}

/* The copy in a file that is synced and has no journal. */
static enum tg_status copy_store(const char *path, const struct tg_study *study, const char *made,
                                 const struct tg_reporter *reporter, struct tg_error *err)
{
    struct tg_db from = {0}, to = {0};
    enum tg_status status = tg_db_open(path, &from, err);
    if (!status)
        status = tg_db_exec(&from, "PRAGMA trusted_schema=OFF;PRAGMA temp_store=MEMORY", err);
    if (!status)
        status = check_source(&from, study, err);
    if (!status)
        status = tg_file_write_whole(made, "", 0, 0600, true, err);
    if (!status)
        status = tg_db_open(made, &to, err);
    /* nobody sees it before it is whole, so it needs no journal; what is synced is the whole file
     */
    if (!status)
        status = tg_db_exec(&to,
                            "PRAGMA locking_mode=EXCLUSIVE;PRAGMA journal_mode=OFF;"
                            "PRAGMA synchronous=FULL",
                            err);
    if (!status)
        status = copy_pages(&from, &to, reporter, err);
    tg_db_close(&to);
    tg_db_close(&from);
    return status;
}

struct facts {
    char study[TG_META_SIZE], site_key[TG_META_SIZE];
    int64_t version, entries;
};

static enum tg_status look_at_copy(const char *made, struct facts *f, struct tg_error *err)
{
    struct tg_db db = {0};
    enum tg_status status = tg_db_open_still(made, &db, err);
    if (!status)
        status = tg_meta_get(&db, TG_META_STUDY, f->study, err);
    if (!status)
        status = tg_meta_get(&db, TG_META_SITE_KEY, f->site_key, err);
    if (!status)
        status = tg_db_number(&db, "PRAGMA user_version", DB_NO_ARGS, &f->version, err);
    if (!status)
        status = tg_db_number(&db, "SELECT max(seq) FROM audit", DB_NO_ARGS, &f->entries, err);
    tg_db_close(&db);
    return status;
}

static enum tg_status write_manifest(const char *path, const struct facts *f, const char *sha256,
                                     uint64_t bytes, bool force, struct tg_error *err)
{
    char at[32];
    tg_clock_iso(tg_clock_unix(), at, sizeof at);
    const struct {
        const char *name, *text;
    } texts[] = {{"format", TG_BACKUP_FORMAT},
                 {"study", f->study},
                 {"site_key_id", f->site_key},
                 {"made_at", at},
                 {"sha256", sha256},
                 {"tool", "totsugo"},
                 {"tool_version", tg_version()}};
    const struct {
        const char *name;
        int64_t number;
    } numbers[] = {
        {"schema", f->version}, {"audit_entries", f->entries}, {"bytes", (int64_t)bytes}};
    struct tg_buf json = {0};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof texts / sizeof texts[0]; i++)
        status = tg_json_text(&json, texts[i].name, texts[i].text, strlen(texts[i].text), err);
    for (size_t i = 0; !status && i < sizeof numbers / sizeof numbers[0]; i++)
        status = tg_json_number(&json, numbers[i].name, numbers[i].number, err);
    if (!status)
        status = tg_buf_add(&json, "}\n", 2, err);
    if (!status)
        status = tg_file_write_whole(path, json.data, json.len, 0600, force, err);
    tg_buf_free(&json);
    return status;
}

/* The manifest comes last: a backup without one is none. When it cannot be written the file goes,
 * or the one before comes back. */
static enum tg_status finish(const char *made, const char *path, const char *manifest, bool force,
                             struct tg_error *err)
{
    struct facts f = {0};
    struct tg_error ignored;
    char sha256[TG_DIGEST_HEX + 1];
    enum tg_status status = look_at_copy(made, &f, err);
    if (!status)
        status = tg_digest_file(made, sha256, err);
    if (!status)
        status = tg_file_place(made, path, force, err);
    if (status)
        return status;
    status = write_manifest(manifest, &f, sha256, tg_file_size(path), force, err);
    if (status && (!tg_file_exists(made) || tg_file_place(made, path, true, &ignored)))
        tg_file_remove(path);
    return status;
}

enum tg_status tg_store_backup(const char *store_path, const struct tg_study *study,
                               const char *path, bool force, const struct tg_reporter *reporter,
                               struct tg_error *err)
{
    struct tg_arena arena = {0};
    char *made = NULL, *manifest = NULL;
    enum tg_status status = TG_OK;
    if (!tg_file_exists(store_path))
        return TG_FAIL(err, TG_MSG_STORE_MISSING, .file = store_path);
    if (!force && tg_file_exists(path))
        return TG_FAIL(err, TG_MSG_OUTPUT_EXISTS, .file = path);
    status = name_partial(&arena, path, &made, err);
    if (!status)
        status = tg_path_with(&arena, path, TG_BACKUP_MANIFEST, &manifest, err);
    if (!status)
        status = copy_store(store_path, study, made, reporter, err);
    if (!status)
        status = finish(made, path, manifest, force, err);
    if (made)
        tg_file_remove(made);
    tg_arena_free(&arena);
    return status;
}

/* A member of the manifest; SQLite reads JSON where this room does. */
static enum tg_status member(const struct tg_db *db, const struct tg_buf *json, const char *path,
                             char *out, size_t size, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    out[0] = '\0';
    enum tg_status status = tg_db_prepare(
        db, "SELECT CASE WHEN json_valid(?1) THEN json_extract(?1, ?2) END", &stmt, err);
    if (!status)
        status = tg_db_bind(
            db, stmt,
            DB_ARGS(DB_TEXT((const char *)json->data, json->len), DB_TEXT(path, strlen(path))),
            err);
    if (!status)
        status = tg_db_next(db, stmt, &row, err);
    const char *text = !status && row ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    if (text && strlen(text) < size)
        memcpy(out, text, strlen(text) + 1);
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_backup_check(const char *path, struct tg_arena *arena,
                               char sha256[TG_DIGEST_HEX + 1], struct tg_error *err)
{
    struct tg_db db = {.path = path};
    struct tg_buf json = {0};
    char *manifest, format[64] = "", noted[TG_DIGEST_HEX + 1] = "";
    enum tg_status status = tg_path_with(arena, path, TG_BACKUP_MANIFEST, &manifest, err);
    if (!status && tg_file_exists(path) && !tg_file_exists(manifest))
        return TG_FAIL(err, TG_MSG_BACKUP_UNFINISHED, .file = path);
    if (!status)
        status = tg_file_read_whole(manifest, MANIFEST_MAX, &json, err);
    if (!status && sqlite3_open_v2(":memory:", &db.handle, SQLITE_OPEN_READWRITE, NULL))
        status = TG_FAIL(err, TG_MSG_NO_MEMORY, .file = path);
    if (!status)
        status = member(&db, &json, "$.format", format, sizeof format, err);
    if (!status)
        status = member(&db, &json, "$.sha256", noted, sizeof noted, err);
    tg_db_close(&db);
    tg_buf_free(&json);
    if (!status && strcmp(format, TG_BACKUP_FORMAT) != 0)
        return TG_FAIL(err, TG_MSG_BACKUP_FORMAT, .file = manifest, .rule = TG_BACKUP_FORMAT);
    if (!status)
        status = tg_digest_file(path, sha256, err);
    if (!status && strcmp(noted, sha256) != 0)
        return TG_FAIL(err, TG_MSG_BACKUP_CHANGED, .file = path);
    return status;
}
