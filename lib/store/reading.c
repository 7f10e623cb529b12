/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/gather.h"
#include "store/index.h"
#include "store/room.h"
#include "store/schema.h"

#include <string.h>

/* The name as a URI: what has a meaning there is written as %XX. */
static enum tg_status make_uri(const char *path, const char *query, struct tg_buf *out,
                               struct tg_error *err)
{
    enum tg_status status = tg_buf_printf(out, err, "file:");
    for (const unsigned char *p = (const unsigned char *)path; !status && *p; p++) {
        bool plain = *p == '/' || *p == '.' || *p == '-' || *p == '_' || (*p >= '0' && *p <= '9') ||
                     (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z');
        status =
            plain ? tg_buf_add_char(out, (char)*p, err) : tg_buf_printf(out, err, "%%%02X", *p);
    }
    return status ? status : tg_buf_printf(out, err, "%s", query);
}

static enum tg_status open_uri(const char *uri, int flags, struct tg_db *db, struct tg_error *err)
{
    const char *way = NULL;
    enum tg_status status = tg_gather_name(&way, err);
    if (status)
        return status;
    int rc = sqlite3_open_v2(uri, &db->handle, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, way);
    if (rc && db->handle)
        rc = sqlite3_extended_errcode(db->handle);
    if (!rc)
        rc = sqlite3_extended_result_codes(db->handle, 1);
    /* a journal stays as it is: it is not for a reader to work it in */
    if (!rc)
        rc = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (!rc)
        return tg_db_exec(db,
                          "PRAGMA locking_mode=EXCLUSIVE;PRAGMA trusted_schema=OFF;"
                          "PRAGMA temp_store=MEMORY",
                          err);
    status = tg_db_fail(db, rc, err);
    tg_db_close(db);
    return status;
}

enum tg_status tg_db_open_still(const char *path, struct tg_db *db, struct tg_error *err)
{
    struct tg_buf name = {0};
    db->path = path;
    enum tg_status status = tg_buf_printf(&name, err, "%s-wal", path);
    const char *text = status ? NULL : tg_buf_text(&name, err);
    /* with a journal the file alone is not the store; without one it need not even be locked */
    bool journal = text && tg_file_size(text) > 0;
    name.len = 0;
    if (!status)
        status = make_uri(path, journal ? "" : "?immutable=1", &name, err);
    text = status ? NULL : tg_buf_text(&name, err);
    if (!status)
        status =
            text ? open_uri(text, journal ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, db, err)
                 : TG_NO_MEMORY;
    tg_buf_free(&name);
    return status;
}

static enum tg_status use_file(struct tg_store *store, struct tg_error *err)
{
    enum tg_db_content content;
    char study[TG_META_SIZE];
    enum tg_status status = tg_db_open_still(store->db.path, &store->db, err);
    if (!status)
        status = tg_index_register(&store->db, err);
    if (!status)
        status = tg_schema_look(&store->db, &content, err);
    if (status)
        return status;
    if (content == TG_DB_FOREIGN)
        return TG_FAIL(err, TG_MSG_STORE_NOT, .file = store->db.path);
    if (content == TG_DB_EMPTY)
        return TG_FAIL(err, TG_MSG_STORE_MISSING, .file = store->db.path);
    status = tg_schema_is_current(&store->db, err);
    if (!status)
        status = tg_meta_get(&store->db, TG_META_STUDY, study, err);
    if (!status && strcmp(study, store->study->id) != 0)
        return TG_FAIL(err, TG_MSG_STORE_STUDY, .file = store->db.path);
    return status;
}

static enum tg_status open_still(struct tg_store *store, const char *path, struct tg_error *err)
{
    struct tg_buf name = {0};
    enum tg_status status = tg_buf_printf(&name, err, "%s.lock", path);
    const char *lock = status ? NULL : tg_buf_text(&name, err);
    if (!status)
        status = lock ? tg_lock_take_silently(lock, &store->lock, err) : TG_NO_MEMORY;
    tg_buf_free(&name);
    if (status)
        return status;
    if (!tg_file_exists(path))
        return TG_FAIL(err, TG_MSG_STORE_MISSING, .file = path);
    store->db.path = tg_arena_strndup(&store->arena, path, strlen(path), err);
    status = store->db.path ? tg_store_note_folder(store, path, err) : TG_NO_MEMORY;
    return status ? status : use_file(store, err);
}

enum tg_status tg_store_open_still(const char *path, const struct tg_study *study,
                                   struct tg_store **out, struct tg_error *err)
{
    return tg_store_make(open_still, path, study, out, err);
}
