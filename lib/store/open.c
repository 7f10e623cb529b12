/* SPDX-License-Identifier: Apache-2.0 */
#include "store/assign.h"
#include "store/evidence.h"
#include "store/feed.h"
#include "store/index.h"
#include "store/query.h"
#include "store/room.h"
#include "store/schema.h"

#include <stdlib.h>
#include <string.h>

/* One process at a time writes, by the lock beside the store; a backup may read meanwhile. */
static const char before_first_look[] = "PRAGMA trusted_schema=OFF;"
                                        "PRAGMA temp_store=MEMORY;"
                                        "PRAGMA cache_size=-131072;"
                                        "PRAGMA page_size=8192;"
                                        "PRAGMA foreign_keys=ON;"
                                        "PRAGMA secure_delete=ON;"
                                        /* what is committed must have been synced: gather.h */
                                        "PRAGMA synchronous=FULL;";
static const char before_first_write[] = "PRAGMA journal_mode=WAL;"
                                         "PRAGMA journal_size_limit=67108864;";

static char *beside(struct tg_store *store, const char *path, const char *suffix,
                    struct tg_error *err)
{
    size_t len = strlen(path), more = strlen(suffix);
    char *name = tg_arena_alloc(&store->arena, len + more + 1, 1, err);
    if (name) {
        memcpy(name, path, len);
        memcpy(name + len, suffix, more + 1);
    }
    return name;
}

static enum tg_status make_tables(struct tg_store *store, struct tg_error *err)
{
    const struct tg_db *db = &store->db;
    tg_db_want_checksums(db);
    enum tg_status status = tg_db_exec(db, before_first_write, err);
    if (!status)
        status = tg_db_begin(db, err);
    if (status)
        return status;
    status = tg_schema_upgrade(db, err);
    if (!status)
        status = tg_meta_set(db, TG_META_STUDY, store->study->id, err);
    if (!status)
        status = tg_meta_set(db, TG_META_SITE_KEY, tg_key_info(store->site_key)->id, err);
    struct tg_buf detail = {0};
    const char *text = NULL;
    if (!status)
        status = tg_json_text(&detail, "version", tg_version(), strlen(tg_version()), err);
    if (!status && !tg_buf_add_char(&detail, '}', err))
        text = tg_buf_text(&detail, err);
    if (!status)
        status = text ? tg_audit_add(store, "create", text, err) : TG_NO_MEMORY;
    tg_buf_free(&detail);
    return tg_db_end(db, status, err);
}

static enum tg_status check_owner(struct tg_store *store, struct tg_error *err)
{
    char study[TG_META_SIZE];
    enum tg_status status = tg_meta_get(&store->db, TG_META_STUDY, study, err);
    if (!status && strcmp(study, store->study->id) != 0)
        return TG_FAIL(err, TG_MSG_STORE_STUDY, .file = store->db.path);
    return status;
}

/* A store that was made before pages had them is written anew, once, in one transaction. */
static enum tg_status add_checksums(const struct tg_db *db, struct tg_error *err)
{
    tg_db_want_checksums(db);
    /* the copy is a file without a name, so that memory does not grow with the store */
    return tg_db_exec(db,
                      "PRAGMA temp_store=FILE;VACUUM;PRAGMA temp_store=MEMORY;"
                      "PRAGMA wal_checkpoint(TRUNCATE)",
                      err);
}

/* A table that is made anew is gone for a moment from under those that refer to it. */
static enum tg_status upgrade(struct tg_store *store, struct tg_error *err)
{
    const struct tg_db *db = &store->db;
    enum tg_status status = tg_db_exec(db, before_first_write, err);
    if (!status)
        status = tg_db_exec(db, "PRAGMA foreign_keys=OFF", err);
    if (!status)
        status = tg_db_begin(db, err);
    if (status)
        return status;
    status = tg_schema_upgrade(db, err);
    if (!status)
        status = tg_evidence_move(store, err);
    status = tg_db_end(db, status, err);
    if (!status)
        status = tg_db_exec(db, "PRAGMA foreign_keys=ON", err);
    return status || tg_db_has_checksums(db) ? status : add_checksums(db, err);
}

static enum tg_status use_file(struct tg_store *store, struct tg_error *err)
{
    enum tg_db_content content;
    enum tg_status status = tg_db_open(store->db.path, &store->db, err);
    if (!status)
        status = tg_db_exec(&store->db, before_first_look, err);
    if (!status)
        status = tg_feed_register(&store->db, err);
    if (!status)
        status = tg_index_register(&store->db, err);
    if (!status)
        status = tg_schema_look(&store->db, &content, err);
    if (status)
        return status;
    if (content == TG_DB_FOREIGN)
        return TG_FAIL(err, TG_MSG_STORE_NOT, .file = store->db.path);
    if (content == TG_DB_STORE)
        status = check_owner(store, err);
    if (!status)
        status = tg_site_take(store, content == TG_DB_EMPTY, err);
    if (status)
        return status;
    if (content == TG_DB_EMPTY)
        return make_tables(store, err);
    status = tg_site_check(store, err);
    return status ? status : upgrade(store, err);
}

/* Outputs below it are recorded as seen from here, so that a study's folder may move. */
enum tg_status tg_store_note_folder(struct tg_store *store, const char *path, struct tg_error *err)
{
    char *absolute = tg_path_absolute(&store->arena, path, err);
    store->folder = absolute ? tg_path_dir(&store->arena, absolute, err) : NULL;
    return store->folder ? TG_OK : TG_NO_MEMORY;
}

static enum tg_status open_locked(struct tg_store *store, const char *path, struct tg_error *err)
{
    char *lock = beside(store, path, ".lock", err);
    char *folder = tg_path_dir(&store->arena, path, err);
    store->key_path = folder ? tg_path_join(&store->arena, folder, "site.key", err) : NULL;
    store->db.path = beside(store, path, "", err);
    if (!lock || !store->key_path || !store->db.path)
        return TG_NO_MEMORY;
    enum tg_status status = tg_lock_take(lock, &store->lock, err);
    if (status)
        return status;
    bool made = !tg_file_exists(path);
    if (made)
        status = tg_file_write_whole(path, "", 0, 0600, false, err);
    if (!status)
        status = use_file(store, err);
    if (!status)
        status = tg_store_note_folder(store, path, err);
    if (status && made) {
        tg_db_close(&store->db);
        tg_file_remove(path);
    }
    return status;
}

enum tg_status tg_store_make(tg_store_opener *open, const char *path, const struct tg_study *study,
                             struct tg_store **out, struct tg_error *err)
{
    struct tg_store *store = tg_calloc(1, sizeof *store, err);
    if (!store)
        return TG_NO_MEMORY;
    store->study = study;
    store->n_whole = 1;
    enum tg_status status = open(store, path, err);
    if (status)
        tg_store_close(&store);
    else
        *out = store;
    return status;
}

enum tg_status tg_store_open(const char *path, const struct tg_study *study, struct tg_store **out,
                             struct tg_error *err)
{
    return tg_store_make(open_locked, path, study, out, err);
}

enum tg_status tg_store_open_existing(const char *path, const struct tg_study *study,
                                      struct tg_store **out, struct tg_error *err)
{
    if (!tg_file_exists(path))
        return TG_FAIL(err, TG_MSG_STORE_MISSING, .file = path);
    return tg_store_open(path, study, out, err);
}

void tg_store_close(struct tg_store **store)
{
    if (!store || !*store)
        return;
    struct tg_store *s = *store;
    tg_assignments_free(s);
    tg_db_close(&s->db);
    tg_site_free(s);
    tg_lock_release(&s->lock);
    tg_arena_free(&s->arena);
    free(s);
    *store = NULL;
}
