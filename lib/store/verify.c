/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reporter.h"
#include "store/scrub.h"

#include <stdio.h>
#include <string.h>

struct check {
    struct tg_store *store;
    const struct tg_reporter *reporter;
    uint64_t findings;
};

/* One warning for each row that the statement yields, whose first column is the rule. */
static enum tg_status warn_of_rows(struct check *c, const char *sql, const char *sound,
                                   enum tg_message message, struct tg_error *err)
{
    const struct tg_db *db = &c->store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(db, sql, &stmt, err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (status || !row)
            break;
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        if (sound && text && strcmp(text, sound) == 0)
            continue;
        TG_WARN(c->reporter, message, .file = db->path, .rule = text);
        c->findings++;
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static const char missing_rows[] =
    "SELECT s.name || CASE d.period WHEN 0 THEN ''"
    "  ELSE printf(' %04d-%02d', d.period / 12, d.period % 12 + 1) END"
    " FROM delivery d JOIN source s ON s.id = d.source_id WHERE d.rows - d.purged <> CASE s.kind"
    "  WHEN 'roster' THEN (SELECT count(*) FROM roster_row WHERE delivery_id = d.id)"
    "  WHEN 'users' THEN (SELECT count(*) FROM user_row WHERE delivery_id = d.id)"
    "  WHEN 'consents' THEN (SELECT count(*) FROM consent_row WHERE delivery_id = d.id)"
    "  WHEN 'events' THEN (SELECT total(n) FROM event_run"
    "   WHERE id BETWEEN d.first_run AND d.last_run AND delivery_id = d.id)"
    "  ELSE (SELECT total(n) FROM measure_run"
    "   WHERE id BETWEEN d.first_run AND d.last_run AND delivery_id = d.id) END";

static enum tg_status check_output(struct check *c, sqlite3_stmt *stmt, struct tg_error *err)
{
    struct tg_arena arena = {0};
    char sha[TG_DIGEST_HEX + 1] = "";
    const char *folder = (const char *)sqlite3_column_text(stmt, 0);
    const char *name = (const char *)sqlite3_column_text(stmt, 1);
    const char *recorded = (const char *)sqlite3_column_text(stmt, 2);
    const char *place = folder ? tg_path_join(&arena, c->store->folder, folder, err) : NULL;
    const char *path = place && name ? tg_path_join(&arena, place, name, err) : NULL;
    enum tg_status status = path && recorded ? TG_OK : TG_NO_MEMORY;
    if (!status && !tg_file_exists(path)) {
        TG_WARN(c->reporter, TG_MSG_OUTPUT_MISSING, .file = path);
        c->findings++;
    } else if (!status) {
        status = tg_digest_file(path, sha, err);
        if (!status && strcmp(sha, recorded) != 0) {
            TG_WARN(c->reporter, TG_MSG_OUTPUT_CHANGED, .file = path);
            c->findings++;
        }
    }
    tg_arena_free(&arena);
    return status;
}

static enum tg_status check_outputs(struct check *c, struct tg_error *err)
{
    const struct tg_db *db = &c->store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(
        db, "SELECT folder, name, sha256 FROM output ORDER BY folder, name", &stmt, err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = check_output(c, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_store_verify(struct tg_store *store, const struct tg_reporter *reporter,
                               struct tg_error *err)
{
    struct check c = {.store = store, .reporter = reporter};
    enum tg_status status =
        warn_of_rows(&c, "PRAGMA integrity_check", "ok", TG_MSG_STORE_UNSOUND, err);
    if (!status)
        status = tg_progress(reporter, "verify", 1, 5, err);
    if (!status)
        status = warn_of_rows(&c, "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check", NULL,
                              TG_MSG_STORE_DANGLING, err);
    if (!status)
        status = tg_progress(reporter, "verify", 2, 5, err);
    if (!status)
        status = warn_of_rows(&c, missing_rows, NULL, TG_MSG_STORE_COUNT, err);
    if (!status)
        status = warn_of_rows(&c, "SELECT value FROM meta WHERE name = '" TG_META_SCRUB "'", NULL,
                              TG_MSG_SCRUB_WANTED, err);
    if (!status)
        status = tg_progress(reporter, "verify", 3, 5, err);
    if (!status)
        status = tg_audit_check(store, reporter, &c.findings, err);
    if (!status)
        status = tg_progress(reporter, "verify", 4, 5, err);
    if (!status)
        status = check_outputs(&c, err);
    if (!status && c.findings)
        return TG_FAIL(err, TG_MSG_STORE_FINDINGS, .file = store->db.path);
    return status;
}
