/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"
#include "text/calendar.h"

#include <string.h>

/* SHA-256 over "source,period,sha256\n" of the deliveries that the month can see; each of them has
 * an entry of its own in the log. */
static enum tg_status digest_inputs(struct tg_store *store, int32_t month, int64_t *n,
                                    char sha256[TG_DIGEST_HEX + 1], struct tg_error *err)
{
    static const char lines[] =
        "SELECT s.name || ',' || CASE d.period WHEN 0 THEN ''"
        "  ELSE printf('%04d-%02d', d.period / 12, d.period % 12 + 1) END || ',' || d.sha256 || "
        "x'0A'"
        " FROM delivery d JOIN source s ON s.id = d.source_id WHERE d.period <= ?"
        " ORDER BY s.name, d.period";
    struct tg_digest *digest = NULL;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_digest_new(&digest, err);
    if (!status)
        status = tg_db_prepare(&store->db, lines, &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_INT(month)), err);
    for (*n = 0; !status && row; *n += row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            tg_digest_add(digest, sqlite3_column_text(stmt, 0),
                          (size_t)sqlite3_column_bytes(stmt, 0));
    }
    (void)sqlite3_finalize(stmt);
    if (!status)
        tg_digest_hex(digest, sha256);
    tg_digest_free(&digest);
    return status;
}

/* ,"name":{…} */
static enum tg_status add_object(struct tg_buf *json, const char *name, struct tg_buf *members,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    if (!members->len)
        status = tg_buf_add_char(members, '{', err);
    if (!status)
        status = tg_buf_printf(json, err, ",\"%s\":", name);
    if (!status)
        status = tg_buf_add(json, members->data, members->len, err);
    if (!status)
        status = tg_buf_add_char(json, '}', err);
    tg_buf_free(members);
    return status;
}

static enum tg_status add_files(struct tg_buf *json, const struct tg_run_record *r,
                                struct tg_error *err)
{
    struct tg_buf sums = {0}, rows = {0}, internal = {0};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < r->n; i++) {
        const struct tg_output_digest *f = &r->files[i];
        status = tg_json_text(&sums, f->name, f->sha256, strlen(f->sha256), err);
        if (!status && f->rows >= 0)
            status = tg_json_number(&rows, f->name, f->rows, err);
        if (!status && f->internal)
            status = tg_json_number(&internal, f->name, 1, err);
    }
    if (!status)
        status = add_object(json, "files", &sums, err);
    if (!status)
        status = add_object(json, "rows", &rows, err);
    if (!status)
        status = add_object(json, "internal", &internal, err);
    tg_buf_free(&sums);
    tg_buf_free(&rows);
    tg_buf_free(&internal);
    return status;
}

enum tg_status tg_run_describe(struct tg_store *store, const struct tg_run_record *r,
                               const char *folder, struct tg_buf *json, struct tg_error *err)
{
    char month[8], inputs[TG_DIGEST_HEX + 1] = "";
    int64_t n_inputs = 0;
    tg_month_format(r->month, month);
    enum tg_status status = digest_inputs(store, r->month, &n_inputs, inputs, err);
    const struct {
        const char *name, *text;
    } texts[] = {{"month", month},
                 {"recipient", r->recipient},
                 {"folder", folder},
                 {"version", tg_version()},
                 {"study_digest", store->study->digest},
                 {"inputs_sha256", inputs}};
    for (size_t i = 0; !status && i < sizeof texts / sizeof texts[0]; i++)
        status = tg_json_text(json, texts[i].name, texts[i].text, strlen(texts[i].text), err);
    if (!status)
        status = tg_json_number(json, "inputs", n_inputs, err);
    if (!status)
        status = add_files(json, r, err);
    return status ? status
                  : tg_buf_printf(json, err, ",\"detail\":%s}", r->detail ? r->detail : "{}");
}
