/* SPDX-License-Identifier: Apache-2.0 */
#include "store/preview.h"

#include "base/reporter.h"
#include "store/query.h"
#include "store/room.h"
#include "table/tokenfile.h"
#include "text/calendar.h"

#include <string.h>

static enum tg_status find_delivery(struct tg_store *store, const struct tg_manifest *m,
                                    int32_t period, enum tg_import_outcome *out,
                                    struct tg_error *err)
{
    int64_t there = 0, same = 0;
    const struct tg_arg key[] = {DB_TEXT(m->source, strlen(m->source)), DB_INT(period),
                                 DB_TEXT(m->sha256, strlen(m->sha256))};
    static const char deliveries[] = "SELECT count(*), total(d.sha256 = ?3) FROM delivery d"
                                     " JOIN source s ON s.id = d.source_id"
                                     " WHERE s.name = ?1 AND d.period = ?2";
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum tg_status status = tg_db_prepare(&store->db, deliveries, &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, key, 3, err);
    if (!status)
        status = tg_db_next(&store->db, stmt, &row, err);
    if (!status && row) {
        there = sqlite3_column_int64(stmt, 0);
        same = sqlite3_column_int64(stmt, 1);
    }
    (void)sqlite3_finalize(stmt);
    *out = same ? TG_IMPORT_SAME : there ? TG_IMPORT_REPLACED : TG_IMPORT_NEW;
    return status;
}

/* To the end, where rows and SHA-256 are held against the manifest. */
static enum tg_status read_through(struct tg_token_file *file, uint64_t total,
                                   const struct tg_reporter *reporter, struct tg_error *err)
{
    enum { BETWEEN_REPORTS = 8192 };
    const struct tg_token_row *row = NULL;
    bool end = false;
    uint64_t n = 0;
    enum tg_status status = TG_OK;
    while (!status && !end) {
        if (n++ % BETWEEN_REPORTS == 0)
            status = tg_progress(reporter, "check", n - 1, total, err);
        if (!status)
            status = tg_token_file_next(file, &row, &end, err);
    }
    return status;
}

static enum tg_status look(struct tg_store *store, const struct tg_study *study, const char *path,
                           struct tg_token_file *file, const struct tg_reporter *reporter,
                           struct tg_import_preview *out, struct tg_error *err)
{
    const struct tg_manifest *m = tg_token_file_manifest(file);
    const struct tg_source *source = tg_study_source(study, m->source);
    enum tg_status status = TG_OK;
    if (!source || source->kind != tg_token_file_kind(file))
        return TG_FAIL(err, TG_MSG_IMPORT_SOURCE, .file = path);
    if (m->period[0] && !tg_month_scan(m->period, strlen(m->period), &out->period))
        return TG_FAIL(err, TG_MSG_IMPORT_CELL, .file = path, .column = "period",
                       .rule = "YYYY-MM");
    out->source = source;
    out->rows = m->rows;
    if (store)
        status = tg_store_accepts(store, path, m, err);
    if (!status && store)
        status = find_delivery(store, m, out->period, &out->outcome, err);
    if (!status && out->outcome != TG_IMPORT_SAME)
        status = read_through(file, m->rows, reporter, err);
    return status;
}

enum tg_status tg_import_preview(struct tg_store *store, const struct tg_study *study,
                                 const char *token_path, const struct tg_reporter *reporter,
                                 struct tg_import_preview *out, struct tg_error *err)
{
    struct tg_token_file *file = NULL;
    *out = (struct tg_import_preview){.outcome = TG_IMPORT_NEW};
    enum tg_status status = tg_token_file_open(token_path, study, &file, err);
    if (!status)
        status = look(store, study, token_path, file, reporter, out, err);
    tg_token_file_close(&file);
    return status;
}

enum tg_status tg_store_newest(struct tg_store *store, const char *source, int32_t month,
                               int32_t *period, struct tg_error *err)
{
    int64_t newest = TG_NO_MONTH;
    enum tg_status status =
        tg_db_number(&store->db,
                     "SELECT d.period FROM delivery d JOIN source s ON s.id = d.source_id"
                     " WHERE s.name = ? AND d.period <= ? ORDER BY d.period DESC LIMIT 1",
                     DB_ARGS(DB_TEXT(source, strlen(source)), DB_INT(month)), &newest, err);
    *period = (int32_t)newest;
    return status;
}
