/* SPDX-License-Identifier: Apache-2.0 */
#include "store/query.h"
#include "store/room.h"
#include "table/csv.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* By the study's order of sources, then by period; sources that the study has lost come last. */
static const char all[] =
    "SELECT s.name, s.kind, s.provider, d.period, d.rows, d.purged, d.sha256 FROM source s"
    " JOIN delivery d ON d.source_id = s.id WHERE s.name = ? ORDER BY d.period";

static enum tg_status put_months(struct tg_csv_writer *csv, const struct tg_source *source,
                                 int32_t from, int32_t to, const char *state, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (int32_t month = from; !status && month < to; month++) {
        char period[8] = "";
        if (month)
            tg_month_format(month, period);
        const char *cells[] = {source->name,
                               tg_kind_name(source->kind),
                               source->provider ? source->provider : "",
                               period,
                               state,
                               "",
                               "",
                               ""};
        status = tg_csv_put_row(csv, cells, sizeof cells / sizeof cells[0], err);
    }
    return status;
}

static enum tg_status put_delivery(struct tg_csv_writer *csv, sqlite3_stmt *stmt,
                                   struct tg_error *err)
{
    char period[8] = "";
    if (sqlite3_column_int(stmt, 3))
        tg_month_format(sqlite3_column_int(stmt, 3), period);
    enum tg_status status = TG_OK;
    for (int i = 0; !status && i < 3; i++)
        status = tg_csv_put_text(csv, (const char *)sqlite3_column_text(stmt, i), err);
    if (!status)
        status = tg_csv_put_text(csv, period, err);
    if (!status)
        status = tg_csv_put_text(csv, "there", err);
    if (!status)
        status = tg_csv_put_int(csv, sqlite3_column_int64(stmt, 4), err);
    if (!status)
        status = tg_csv_put_int(csv, sqlite3_column_int64(stmt, 5), err);
    if (!status)
        status = tg_csv_put_text(csv, (const char *)sqlite3_column_text(stmt, 6), err);
    return status ? status : tg_csv_end_row(csv, err);
}

static enum tg_status put_source(struct tg_store *store, struct tg_csv_writer *csv,
                                 const struct tg_source *source, int32_t until,
                                 struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true, any = false;
    int32_t next = 0; /* the month that should follow; 0: none yet */
    enum tg_status status = tg_db_prepare(&store->db, all, &stmt, err);
    if (!status)
        status =
            tg_db_bind(&store->db, stmt, DB_ARGS(DB_TEXT(source->name, strlen(source->name))), err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (status || !row)
            break;
        int32_t period = sqlite3_column_int(stmt, 3);
        any = true;
        if (next)
            status = put_months(csv, source, next, period, "missing", err);
        if (!status)
            status = put_delivery(csv, stmt, err);
        next = period ? period + 1 : 0;
    }
    (void)sqlite3_finalize(stmt);
    if (!status && next)
        status = put_months(csv, source, next, until + 1, "missing", err);
    if (!status && !any)
        status = put_months(csv, source, 0, 1, "none", err);
    return status;
}

enum tg_status tg_store_status(struct tg_store *store, const char *path, bool force,
                               struct tg_error *err)
{
    static const char *const header[] = {"source", "kind", "provider", "period",
                                         "state",  "rows", "purged",   "sha256"};
    struct tg_csv_writer *csv = NULL;
    int64_t newest = 0;
    enum tg_status status = tg_db_number(
        &store->db, "SELECT coalesce(max(period), 0) FROM delivery", DB_NO_ARGS, &newest, err);
    if (!status)
        status = tg_csv_create(path, force ? TG_OUTPUT_FORCE : 0, &csv, err);
    if (!status)
        status = tg_csv_put_row(csv, header, sizeof header / sizeof header[0], err);
    for (size_t i = 0; !status && i < store->study->n_sources; i++)
        status = put_source(store, csv, &store->study->sources[i], (int32_t)newest, err);
    if (!status)
        status = tg_csv_commit(&csv, NULL, err);
    tg_csv_discard(&csv);
    return status;
}

static enum tg_status add_gap(struct tg_arena *arena, struct tg_gap **list, size_t *n, size_t *cap,
                              const char *source, int32_t from, int32_t to, struct tg_error *err)
{
    if (from > to)
        return TG_OK;
    enum tg_status status = tg_grow(list, cap, *n + 1, sizeof **list, err);
    if (status)
        return status;
    char *name = tg_arena_strndup(arena, source, strlen(source), err);
    if (!name)
        return TG_NO_MEMORY;
    (*list)[(*n)++] = (struct tg_gap){name, from, to};
    return TG_OK;
}

enum tg_status tg_store_gaps(struct tg_store *store, int32_t month, struct tg_arena *arena,
                             struct tg_gap **out, size_t *n, struct tg_error *err)
{
    struct tg_gap *list = NULL;
    size_t cap = 0;
    *n = 0;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < store->study->n_sources; i++) {
        const char *source = store->study->sources[i].name;
        sqlite3_stmt *stmt = NULL;
        bool row = true;
        int32_t next = 0;
        status = tg_db_prepare(&store->db, all, &stmt, err);
        if (!status)
            status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_TEXT(source, strlen(source))), err);
        while (!status && row) {
            status = tg_db_next(&store->db, stmt, &row, err);
            if (status || !row || sqlite3_column_int(stmt, 3) == 0)
                continue;
            int32_t period = sqlite3_column_int(stmt, 3);
            int32_t last = period - 1 < month ? period - 1 : month;
            if (next)
                status = add_gap(arena, &list, n, &cap, source, next, last, err);
            next = period + 1;
        }
        (void)sqlite3_finalize(stmt);
        if (!status && next)
            status = add_gap(arena, &list, n, &cap, source, next, month, err);
    }
    struct tg_gap *kept = status ? NULL : tg_arena_alloc(arena, *n, sizeof *kept, err);
    if (!status && !kept)
        status = TG_NO_MEMORY;
    if (!status && *n)
        memcpy(kept, list, *n * sizeof *kept);
    free(list);
    *out = kept;
    return status;
}

static enum tg_status add_delivered(struct tg_arena *arena, struct tg_delivered **list, size_t *n,
                                    size_t *cap, const struct tg_source *source, sqlite3_stmt *stmt,
                                    struct tg_error *err)
{
    const char *sha = (const char *)sqlite3_column_text(stmt, 6);
    enum tg_status status = tg_grow(list, cap, *n + 1, sizeof **list, err);
    if (status)
        return status;
    char *copy = tg_arena_strndup(arena, sha ? sha : "", sha ? strlen(sha) : 0, err);
    if (!copy)
        return TG_NO_MEMORY;
    (*list)[(*n)++] = (struct tg_delivered){source, sqlite3_column_int(stmt, 3),
                                            sqlite3_column_int64(stmt, 4), copy};
    return TG_OK;
}

enum tg_status tg_store_delivered(struct tg_store *store, int32_t month, struct tg_arena *arena,
                                  struct tg_delivered **out, size_t *n, struct tg_error *err)
{
    struct tg_delivered *list = NULL;
    size_t cap = 0;
    enum tg_status status = TG_OK;
    *n = 0;
    for (size_t i = 0; !status && i < store->study->n_sources; i++) {
        const struct tg_source *source = &store->study->sources[i];
        sqlite3_stmt *stmt = NULL;
        bool row = true;
        status = tg_db_prepare(&store->db, all, &stmt, err);
        if (!status)
            status = tg_db_bind(&store->db, stmt,
                                DB_ARGS(DB_TEXT(source->name, strlen(source->name))), err);
        while (!status && row) {
            status = tg_db_next(&store->db, stmt, &row, err);
            if (!status && row && sqlite3_column_int(stmt, 3) <= month)
                status = add_delivered(arena, &list, n, &cap, source, stmt, err);
        }
        (void)sqlite3_finalize(stmt);
    }
    struct tg_delivered *kept = status ? NULL : tg_arena_alloc(arena, *n, sizeof *kept, err);
    if (!status && !kept)
        status = TG_NO_MEMORY;
    if (!status && *n)
        memcpy(kept, list, *n * sizeof *kept);
    free(list);
    *out = kept;
    return status;
}
