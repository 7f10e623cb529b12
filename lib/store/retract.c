/* SPDX-License-Identifier: Apache-2.0 */
#include "store/importing.h"
#include "text/calendar.h"

#include <string.h>

static enum tg_status find_delivery(struct tg_importing *im, struct tg_error *err)
{
    const char *name = im->source->name;
    const struct tg_arg key[] = {DB_TEXT(name, strlen(name)), DB_INT(im->period)};
    static const char of_source[] = "SELECT id FROM source WHERE name = ?";
    static const char of_period[] = "SELECT d.id FROM delivery d JOIN source s ON"
                                    " s.id = d.source_id WHERE s.name = ? AND d.period = ?";
    enum tg_status status = tg_db_number(&im->store->db, of_source, key, 1, &im->source_id, err);
    if (!status)
        status = tg_db_number(&im->store->db, of_period, key, 2, &im->delivery_id, err);
    if (!status && im->delivery_id == 0)
        return TG_FAIL(err, TG_MSG_RETRACT_NOTHING, .column = name);
    return status;
}

static enum tg_status write_audit(struct tg_importing *im, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct tg_buf json = {0};
    char period[8] = "";
    bool row = false;
    if (im->period)
        tg_month_format(im->period, period);
    const char *name = im->source->name;
    enum tg_status status = tg_json_text(&json, "source", name, strlen(name), err);
    if (!status)
        status = tg_json_text(&json, "period", period, strlen(period), err);
    if (!status)
        status = tg_db_prepare(&im->store->db, "SELECT sha256, rows FROM delivery WHERE id = ?",
                               &stmt, err);
    if (!status)
        status = tg_db_bind(&im->store->db, stmt, DB_ARGS(DB_INT(im->delivery_id)), err);
    if (!status)
        status = tg_db_next(&im->store->db, stmt, &row, err);
    if (!status && row) {
        const char *sha = (const char *)sqlite3_column_text(stmt, 0);
        im->rows = (uint64_t)sqlite3_column_int64(stmt, 1);
        status = tg_json_text(&json, "sha256", sha ? sha : "", sha ? strlen(sha) : 0, err);
    }
    (void)sqlite3_finalize(stmt);
    if (!status)
        status = tg_json_number(&json, "rows", (int64_t)im->rows, err);
    if (!status)
        status = tg_buf_add_char(&json, '}', err);
    const char *detail = status ? NULL : tg_buf_text(&json, err);
    if (!status)
        status = detail ? tg_audit_add(im->store, "retract", detail, err) : TG_NO_MEMORY;
    tg_buf_free(&json);
    return status;
}

/* As if the file were replaced by one without rows, and then its delivery goes too. */
static enum tg_status retract(struct tg_importing *im, struct tg_import_result *result,
                              struct tg_error *err)
{
    const struct tg_db *db = &im->store->db;
    struct tg_interner *in = &im->interner;
    enum tg_status status = tg_db_number(db, "SELECT coalesce(max(id), 0) + 1 FROM identity",
                                         DB_NO_ARGS, &in->first_new, err);
    in->founds_persons = im->kind->kind == TG_KIND_ROSTER;
    if (!status)
        status = tg_replace_begin(im, err);
    if (!status)
        status = tg_replace_end(im, true, err);
    if (!status)
        status = tg_import_persons(im, result, err);
    if (!status)
        status = write_audit(im, err);
    if (!status)
        status = tg_db_once(db, "DELETE FROM delivery WHERE id = ?",
                            DB_ARGS(DB_INT(im->delivery_id)), err);
    result->rows = im->rows;
    return status;
}

enum tg_status tg_import_retract(struct tg_store *store, const char *source, const char *period,
                                 const struct tg_reporter *reporter,
                                 struct tg_import_result *result, struct tg_error *err)
{
    struct tg_importing im = {
        .store = store, .path = store->db.path, .reporter = reporter, .interner = {.store = store}};
    *result = (struct tg_import_result){.outcome = TG_IMPORT_REPLACED};
    im.source = tg_study_source(store->study, source);
    if (!im.source)
        return TG_FAIL(err, TG_MSG_RETRACT_NOTHING, .column = source);
    if (period && period[0] && !tg_month_scan(period, strlen(period), &im.period))
        return TG_FAIL(err, TG_MSG_INPUT_PERIOD, .column = "--period");
    im.kind = tg_kind_table(im.source->kind);
    enum tg_status status = find_delivery(&im, err);
    if (!status)
        status = tg_db_begin(&store->db, err);
    if (status)
        return status;
    status = retract(&im, result, err);
    tg_import_free_steps(&im);
    return tg_db_end(&store->db, status, err);
}
