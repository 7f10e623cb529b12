/* SPDX-License-Identifier: Apache-2.0 */
#include "store/backup.h"

#include <string.h>

/* A restore at work: everything is tried on a copy beside the store's place. */
struct restoring {
    const struct tg_study *study;
    const struct tg_reporter *reporter;
    const char *path; /* of the store */
    char *made, *made_lock, *lock, *wal, *shm;
    struct tg_arena arena;
};

static enum tg_status name_parts(struct restoring *r, struct tg_error *err)
{
    const struct {
        char **out;
        const char *suffix;
    } parts[] = {{&r->made, ".restoring"},
                 {&r->made_lock, ".restoring.lock"},
                 {&r->lock, ".lock"},
                 {&r->wal, "-wal"},
                 {&r->shm, "-shm"}};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof parts / sizeof parts[0]; i++)
        status = tg_path_with(&r->arena, r->path, parts[i].suffix, parts[i].out, err);
    return status;
}

/* The log says that it was put back, and from what. */
static enum tg_status note(struct tg_store *store, const char *sha256, struct tg_error *err)
{
    struct tg_buf json = {0};
    enum tg_status status = tg_json_text(&json, "backup", sha256, strlen(sha256), err);
    if (!status)
        status = tg_buf_add_char(&json, '}', err);
    const char *detail = status ? NULL : tg_buf_text(&json, err);
    if (!status)
        status = detail ? tg_db_begin(&store->db, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_db_end(&store->db, tg_audit_add(store, "store restore", detail, err), err);
    tg_buf_free(&json);
    return status;
}

/* Opening asks for the site key beside the store and for the study; the rest is looked at here. */
static enum tg_status check_copy(struct restoring *r, const char *sha256, struct tg_error *err)
{
    struct tg_store *store = NULL;
    uint64_t findings = 0;
    int64_t wrong = 0;
    enum tg_status status = tg_store_open_existing(r->made, r->study, &store, err);
    if (!status)
        status = tg_db_number(&store->db,
                              "SELECT count(*) FROM pragma_integrity_check"
                              " WHERE integrity_check <> 'ok'",
                              DB_NO_ARGS, &wrong, err);
    if (!status && !wrong)
        status = tg_db_number(&store->db, "SELECT count(*) FROM pragma_foreign_key_check",
                              DB_NO_ARGS, &wrong, err);
    if (!status && !wrong)
        status = tg_audit_check(store, r->reporter, &findings, err);
    bool hurt = status && err &&
                (err->message == TG_MSG_STORE_PAGE || err->message == TG_MSG_STORE_DAMAGED);
    if (hurt || (!status && (wrong || findings)))
        status = TG_FAIL(err, TG_MSG_BACKUP_UNSOUND, .file = r->path);
    if (!status)
        status = note(store, sha256, err);
    tg_store_close(&store);
    return status;
}

/* A journal of the store that goes would be worked into the one that comes. */
static enum tg_status take_place(struct restoring *r, bool force, struct tg_error *err)
{
    struct tg_db old = {0};
    struct tg_error ignored;
    if (force && tg_file_exists(r->wal) && tg_file_exists(r->path)) {
        if (!tg_db_open(r->path, &old, &ignored))
            (void)sqlite3_exec(old.handle, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
        tg_db_close(&old);
    }
    if (force) {
        tg_file_remove(r->wal);
        tg_file_remove(r->shm);
    }
    return tg_file_place(r->made, r->path, force, err);
}

static enum tg_status restore(struct restoring *r, const char *backup, bool force,
                              struct tg_error *err)
{
    char sha256[TG_DIGEST_HEX + 1];
    enum tg_status status = tg_backup_check(backup, &r->arena, sha256, err);
    if (!status)
        status = tg_file_copy(backup, r->made, r->reporter, err);
    if (!status)
        status = check_copy(r, sha256, err);
    if (!status)
        status = take_place(r, force, err);
    tg_file_remove(r->made);
    tg_file_remove(r->made_lock);
    return status;
}

enum tg_status tg_store_restore(const char *store_path, const struct tg_study *study,
                                const char *backup, bool force, const struct tg_reporter *reporter,
                                struct tg_error *err)
{
    struct restoring r = {.study = study, .reporter = reporter, .path = store_path};
    struct tg_lock *held = NULL;
    enum tg_status status = name_parts(&r, err);
    if (!status)
        status = tg_lock_take(r.lock, &held, err);
    if (!status && !force && tg_file_exists(store_path))
        status = TG_FAIL(err, TG_MSG_OUTPUT_EXISTS, .file = store_path);
    if (!status)
        status = restore(&r, backup, force, err);
    tg_lock_release(&held);
    tg_arena_free(&r.arena);
    return status;
}
