/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reporter.h"
#include "store/gather.h"
#include "store/index.h"
#include "store/placing.h"
#include "store/scrub.h"

#include <inttypes.h>
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

enum { PAGES_NAMED = 8, PAGES_AT_A_TIME = 4096, LOOKS = 3, PAUSE_MS = 3 };

/* What lay there at several looks is what lies there. */
static int check_page(sqlite3 *db, uint32_t page)
{
    int rc = tg_gather_check(db, page);
    for (int looks = 1; rc == SQLITE_IOERR_DATA && looks < LOOKS; looks++) {
        (void)sqlite3_sleep(PAUSE_MS);
        rc = tg_gather_check(db, page);
    }
    return rc == SQLITE_IOERR_SHORT_READ ? SQLITE_IOERR_DATA : rc;
}

/* Pages in a file of `n`, of which the first are named in `hurt`. */
static enum tg_status look_at_pages(struct check *c, int64_t n, struct tg_buf *hurt,
                                    uint64_t *n_hurt, struct tg_error *err)
{
    const struct tg_db *db = &c->store->db;
    enum tg_status status = TG_OK;
    for (int64_t page = 1; !status && page <= n; page++) {
        int rc = *n_hurt < PAGES_NAMED ? check_page(db->handle, (uint32_t)page)
                                       : tg_gather_check(db->handle, (uint32_t)page);
        if (rc && rc != SQLITE_IOERR_DATA)
            return tg_db_fail(db, rc, err);
        if (rc && (*n_hurt)++ < PAGES_NAMED)
            status = tg_buf_printf(hurt, err, "%" PRId64 " ", page);
        if (!status && (page % PAGES_AT_A_TIME == 0 || page == n))
            status = tg_progress(c->reporter, "pages", (uint64_t)page, (uint64_t)n, err);
    }
    return status ? status : tg_buf_printf(hurt, err, "(%" PRIu64 "/%" PRId64 ")", *n_hurt, n);
}

/* Every page of the file, also those that hold nothing now. The journal is worked in first: of what
 * lies in it the file may have less than a page after a power failure. */
static enum tg_status check_pages(struct check *c, struct tg_error *err)
{
    const struct tg_db *db = &c->store->db;
    struct tg_buf hurt = {0};
    uint64_t n_hurt = 0;
    int64_t n = 0;
    const char *text = NULL;
    enum tg_status status = tg_db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE);BEGIN", err);
    if (status)
        return status;
    status = tg_db_number(db, "PRAGMA page_count", DB_NO_ARGS, &n, err);
    if (!status)
        status = look_at_pages(c, n, &hurt, &n_hurt, err);
    status = tg_db_end(db, status, err);
    if (!status && !(text = tg_buf_text(&hurt, err)))
        status = TG_NO_MEMORY;
    if (!status && n_hurt)
        TG_WARN(c->reporter, TG_MSG_PAGE_CHANGED, .file = db->path, .rule = text);
    c->findings += n_hurt;
    tg_buf_free(&hurt);
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

/* The indexes follow table identity. */
static enum tg_status check_indexes(struct check *c, struct tg_error *err)
{
    static const char *const names[TG_N_INDEXES] = {"token_chunk", "digest_chunk"};
    bool sound[TG_N_INDEXES] = {false};
    enum tg_status status = tg_index_check(&c->store->db, sound, err);
    for (int i = 0; !status && i < TG_N_INDEXES; i++) {
        if (sound[i])
            continue;
        TG_WARN(c->reporter, TG_MSG_STORE_DANGLING, .file = c->store->db.path, .rule = names[i]);
        c->findings++;
    }
    return status;
}

/* A file that was recorded is looked for in its folder and, when an interrupted run has not put its
 * month in place, where that run may have left it. */
static enum tg_status find_output(struct check *c, sqlite3_stmt *stmt, const char *name,
                                  const char *sha256, bool *found, struct tg_arena *arena,
                                  struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (int column = 0; !status && column < 3 && !*found; column++) {
        const char *folder = (const char *)sqlite3_column_text(stmt, column);
        if (!folder)
            continue;
        const char *place = tg_path_join(arena, c->store->folder, folder, err);
        status = place ? tg_output_is(place, name, sha256, found, err) : TG_NO_MEMORY;
    }
    return status;
}

static enum tg_status check_output(struct check *c, sqlite3_stmt *stmt, struct tg_error *err)
{
    struct tg_arena arena = {0};
    bool found = false;
    const char *folder = (const char *)sqlite3_column_text(stmt, 0);
    const char *name = (const char *)sqlite3_column_text(stmt, 3);
    const char *sha256 = (const char *)sqlite3_column_text(stmt, 4);
    const char *place = folder ? tg_path_join(&arena, c->store->folder, folder, err) : NULL;
    const char *path = place && name ? tg_path_join(&arena, place, name, err) : NULL;
    enum tg_status status = path && sha256 ? TG_OK : TG_NO_MEMORY;
    if (!status)
        status = find_output(c, stmt, name, sha256, &found, &arena, err);
    if (!status && !found) {
        enum tg_message what = tg_file_exists(path) ? TG_MSG_OUTPUT_CHANGED : TG_MSG_OUTPUT_MISSING;
        TG_WARN(c->reporter, what, .file = path);
        c->findings++;
    }
    tg_arena_free(&arena);
    return status;
}

/* The other folder of a month that was exchanged or is going to be, and where a file system that
 * cannot exchange leaves the old one. */
static const char recorded_outputs[] =
    "SELECT o.folder, coalesce(f.made, m.folder), f.made || '.old', o.name, o.sha256"
    " FROM output o LEFT JOIN placing f ON f.folder = o.folder"
    " LEFT JOIN placing m ON m.made = o.folder ORDER BY o.folder, o.name";

/* What is in the store was logged when it came: a log that was put back to an older state together
 * with its head does not fit the rest. */
static const char unlogged_deliveries[] =
    "WITH logged(source, sha256) AS MATERIALIZED (SELECT json_extract(detail, '$.source'),"
    "  json_extract(detail, '$.sha256') FROM audit WHERE verb = 'import' AND json_valid(detail))"
    " SELECT s.name || CASE d.period WHEN 0 THEN ''"
    "  ELSE printf(' %04d-%02d', d.period / 12, d.period % 12 + 1) END"
    " FROM delivery d JOIN source s ON s.id = d.source_id WHERE NOT EXISTS(SELECT 1 FROM logged l"
    "  WHERE l.source = s.name AND l.sha256 = d.sha256)";
static const char unlogged_outputs[] =
    "WITH logged(folder, name, sha256) AS MATERIALIZED (SELECT json_extract(a.detail, '$.folder'),"
    "  f.key, f.value FROM (SELECT detail FROM audit WHERE verb IN ('run', '" TG_AUDIT_ARCHIVE "')"
    "  AND json_valid(detail)) a,"
    "  json_each(a.detail, '$.files') f)"
    " SELECT o.folder || '/' || o.name FROM output o LEFT JOIN placing p ON p.made = o.folder"
    " WHERE NOT EXISTS(SELECT 1 FROM logged l WHERE l.folder = coalesce(p.folder, o.folder)"
    "  AND l.name = o.name AND l.sha256 = o.sha256)";

static enum tg_status check_logged(struct check *c, struct tg_error *err)
{
    enum tg_status status =
        warn_of_rows(c, unlogged_deliveries, NULL, TG_MSG_DELIVERY_UNLOGGED, err);
    return status ? status : warn_of_rows(c, unlogged_outputs, NULL, TG_MSG_OUTPUT_UNLOGGED, err);
}

static enum tg_status check_outputs(struct check *c, struct tg_error *err)
{
    const struct tg_db *db = &c->store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(db, recorded_outputs, &stmt, err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = check_output(c, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

/* No finding: whole, recorded, and the next run ends it. */
static enum tg_status tell_unplaced(struct check *c, struct tg_error *err)
{
    struct tg_arena arena = {0};
    struct tg_unplaced *list;
    size_t n = 0;
    enum tg_status status = tg_store_unplaced(c->store, &arena, &list, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        enum tg_message what = list[i].state == TG_UNPLACED_READY  ? TG_MSG_RUN_READY
                               : list[i].state == TG_UNPLACED_DONE ? TG_MSG_RUN_UNSETTLED
                                                                   : TG_MSG_RUN_LOST;
        TG_WARN(c->reporter, what, .file = list[i].folder);
    }
    tg_arena_free(&arena);
    return status;
}

/* No finding: entries follow each other by their numbers, and facts have days of their own. */
static enum tg_status tell_clock(struct check *c, struct tg_error *err)
{
    static const char back[] =
        "SELECT seq FROM (SELECT seq, at, lag(at) OVER (ORDER BY seq) AS last FROM audit)"
        " WHERE julianday(at) < julianday(last) - 1.0 / 24 ORDER BY seq";
    uint64_t findings = c->findings;
    enum tg_status status = warn_of_rows(c, back, NULL, TG_MSG_AUDIT_CLOCK, err);
    c->findings = findings;
    return status;
}

enum tg_status tg_store_check_clock(struct tg_store *store, const struct tg_reporter *reporter,
                                    bool *fits, struct tg_error *err)
{
    static const char odd[] =
        "SELECT ?1 || ' / ' || at FROM (SELECT at FROM audit ORDER BY seq DESC LIMIT 1)"
        " WHERE julianday(?1) NOT BETWEEN julianday(at) - 1.0 / 24 AND julianday(at) + 400";
    char now[32];
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    tg_clock_iso(tg_clock_unix(), now, sizeof now);
    enum tg_status status = tg_db_prepare(&store->db, odd, &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_TEXT(now, strlen(now))), err);
    if (!status)
        status = tg_db_next(&store->db, stmt, &row, err);
    if (!status && row)
        TG_WARN(reporter, TG_MSG_CLOCK_ODD, .rule = (const char *)sqlite3_column_text(stmt, 0));
    if (fits)
        *fits = !row;
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status check_rows(struct check *c, struct tg_error *err)
{
    enum tg_status status =
        warn_of_rows(c, "PRAGMA integrity_check", "ok", TG_MSG_STORE_UNSOUND, err);
    if (!status)
        status = tg_progress(c->reporter, "verify", 1, 5, err);
    if (!status)
        status = warn_of_rows(c, "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check", NULL,
                              TG_MSG_STORE_DANGLING, err);
    if (!status)
        status = check_indexes(c, err);
    if (!status)
        status = tg_progress(c->reporter, "verify", 2, 5, err);
    if (!status)
        status = warn_of_rows(c, missing_rows, NULL, TG_MSG_STORE_COUNT, err);
    if (!status)
        status = warn_of_rows(c, "SELECT value FROM meta WHERE name = '" TG_META_SCRUB "'", NULL,
                              TG_MSG_SCRUB_WANTED, err);
    return status ? status : tg_progress(c->reporter, "verify", 3, 5, err);
}

enum tg_status tg_store_verify(struct tg_store *store, const struct tg_reporter *reporter,
                               struct tg_error *err)
{
    struct check c = {.store = store, .reporter = reporter};
    enum tg_status status = check_pages(&c, err);
    /* of a hurt page nothing can be read, so nothing can be said of the rest */
    if (!status && c.findings)
        return TG_FAIL(err, TG_MSG_STORE_FINDINGS, .file = store->db.path);
    if (!status)
        status = check_rows(&c, err);
    if (!status)
        status = check_logged(&c, err);
    if (!status)
        status = tg_audit_check(store, reporter, &c.findings, err);
    if (!status)
        status = tell_clock(&c, err);
    if (!status)
        status = tg_progress(reporter, "verify", 4, 5, err);
    if (!status)
        status = check_outputs(&c, err);
    if (!status)
        status = tell_unplaced(&c, err);
    if (!status && c.findings)
        return TG_FAIL(err, TG_MSG_STORE_FINDINGS, .file = store->db.path);
    return status;
}
