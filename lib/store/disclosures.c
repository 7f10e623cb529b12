/* SPDX-License-Identifier: Apache-2.0 */
#include "store/room.h"
#include "table/csv.h"

#include <string.h>

/* A month that was done again replaces what was delivered for it to the same folder; one whose
 * folder never came into its place was not delivered. */
static const char disclosed[] =
    "SELECT a.seq, a.at, a.user, json_extract(a.detail, '$.month'),"
    "  CASE WHEN json_extract(a.detail, '$.internal.\"' || f.key || '\"') IS NULL"
    "   THEN json_extract(a.detail, '$.recipient') ELSE 'municipality' END,"
    "  json_extract(a.detail, '$.folder'), f.key, f.value,"
    "  json_extract(a.detail, '$.rows.\"' || f.key || '\"'),"
    "  CASE (SELECT b.verb FROM audit b WHERE b.seq > a.seq AND b.verb IN ('run', 'run undone')"
    "    AND json_extract(b.detail, '$.folder') = json_extract(a.detail, '$.folder')"
    "    ORDER BY b.seq LIMIT 1)"
    "   WHEN 'run' THEN 'replaced' WHEN 'run undone' THEN 'undone' ELSE 'current' END"
    " FROM audit a, json_each(a.detail, '$.files') f WHERE a.verb = 'run'"
    "  AND (?1 = '' OR json_extract(a.detail, '$.month') = ?1) ORDER BY a.seq, f.key";

static const char *const header[] = {"entry",  "at",   "user",   "month", "recipient",
                                     "folder", "file", "sha256", "rows",  "state"};
enum { N_COLUMNS = sizeof header / sizeof header[0] };

static enum tg_status put_row(struct tg_csv_writer *w, sqlite3_stmt *stmt, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (int i = 0; !status && i < N_COLUMNS; i++) {
        const char *text = (const char *)sqlite3_column_text(stmt, i);
        status = tg_csv_put_text(w, text ? text : "", err);
    }
    return status ? status : tg_csv_end_row(w, err);
}

static enum tg_status put_rows(struct tg_store *store, const char *month, struct tg_csv_writer *w,
                               struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(&store->db, disclosed, &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_TEXT(month, strlen(month))), err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = put_row(w, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_store_disclosures(struct tg_store *store, const char *month, const char *path,
                                    bool force, const struct tg_reporter *reporter,
                                    struct tg_error *err)
{
    struct tg_csv_writer *w = NULL;
    uint64_t findings = 0;
    enum tg_status status = tg_audit_check(store, reporter, &findings, err);
    if (!status && findings)
        return TG_FAIL(err, TG_MSG_STORE_FINDINGS, .file = store->db.path);
    if (!status)
        status = tg_csv_create(path, force ? TG_OUTPUT_FORCE : 0, &w, err);
    if (!status)
        status = tg_csv_put_row(w, header, N_COLUMNS, err);
    if (!status)
        status = put_rows(store, month ? month : "", w, err);
    if (!status)
        status = tg_csv_commit(&w, NULL, err);
    tg_csv_discard(&w);
    return status;
}
