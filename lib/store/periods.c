/* SPDX-License-Identifier: Apache-2.0 */
#include "store/query.h"
#include "store/room.h"
#include "table/csv.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* A list on its way into the arena. */
struct listing {
    struct tg_delivered *items;
    size_t n, cap;
};

static enum tg_status add_delivered(struct listing *l, const struct tg_source *source,
                                    sqlite3_stmt *stmt, struct tg_arena *arena,
                                    struct tg_error *err)
{
    const char *sha = (const char *)sqlite3_column_text(stmt, 3);
    enum tg_status status = tg_grow(&l->items, &l->cap, l->n + 1, sizeof *l->items, err);
    if (status)
        return status;
    char *copy = tg_arena_strndup(arena, sha ? sha : "", sha ? strlen(sha) : 0, err);
    if (!copy)
        return TG_NO_MEMORY;
    l->items[l->n++] =
        (struct tg_delivered){source, sqlite3_column_int(stmt, 0), sqlite3_column_int64(stmt, 1),
                              sqlite3_column_int64(stmt, 2), copy};
    return TG_OK;
}

static enum tg_status list_source(struct tg_store *store, const struct tg_source *source,
                                  int32_t month, struct listing *l, struct tg_arena *arena,
                                  struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(&store->db,
                      "SELECT coalesce(d.period, 0), d.rows, d.purged, d.sha256 FROM source s"
                      " JOIN delivery d ON d.source_id = s.id"
                      " WHERE s.name = ? AND coalesce(d.period, 0) <= ? ORDER BY 1",
                      &stmt, err);
    if (!status)
        status =
            tg_db_bind(&store->db, stmt,
                       DB_ARGS(DB_TEXT(source->name, strlen(source->name)), DB_INT(month)), err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = add_delivered(l, source, stmt, arena, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_store_delivered(struct tg_store *store, int32_t month, struct tg_arena *arena,
                                  struct tg_delivered **out, size_t *n, struct tg_error *err)
{
    struct listing l = {NULL, 0, 0};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < store->study->n_sources; i++)
        status = list_source(store, &store->study->sources[i], month, &l, arena, err);
    *n = l.n;
    *out = status ? NULL : tg_arena_alloc(arena, l.n, sizeof **out, err);
    if (!status && !*out)
        status = TG_NO_MEMORY;
    if (!status && l.n)
        memcpy(*out, l.items, l.n * sizeof **out);
    free(l.items);
    return status;
}

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

static enum tg_status put_delivery(struct tg_csv_writer *csv, const struct tg_delivered *d,
                                   struct tg_error *err)
{
    const struct tg_source *source = d->source;
    char period[8] = "";
    if (d->period)
        tg_month_format(d->period, period);
    const char *const texts[] = {source->name, tg_kind_name(source->kind), source->provider, period,
                                 "there"};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof texts / sizeof texts[0]; i++)
        status = tg_csv_put_text(csv, texts[i] ? texts[i] : "", err);
    if (!status)
        status = tg_csv_put_int(csv, d->rows, err);
    if (!status)
        status = tg_csv_put_int(csv, d->purged, err);
    if (!status)
        status = tg_csv_put_text(csv, d->sha256, err);
    return status ? status : tg_csv_end_row(csv, err);
}

/* The first of the files from `at` on that is of another source. */
static size_t end_of_source(const struct tg_delivered *all, size_t at, size_t n,
                            const struct tg_source *source)
{
    while (at < n && all[at].source == source)
        at++;
    return at;
}

static enum tg_status put_source(struct tg_csv_writer *csv, const struct tg_source *source,
                                 const struct tg_delivered *files, size_t n, int32_t until,
                                 struct tg_error *err)
{
    int32_t next = 0; /* the month that should follow; 0: none yet */
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        if (next)
            status = put_months(csv, source, next, files[i].period, "missing", err);
        if (!status)
            status = put_delivery(csv, &files[i], err);
        next = files[i].period ? files[i].period + 1 : 0;
    }
    if (!status && next)
        status = put_months(csv, source, next, until + 1, "missing", err);
    if (!status && n == 0)
        status = put_months(csv, source, 0, 1, "none", err);
    return status;
}

static enum tg_status put_sources(struct tg_store *store, struct tg_csv_writer *csv,
                                  struct tg_error *err)
{
    const struct tg_study *study = store->study;
    struct tg_arena arena = {0};
    struct tg_delivered *all;
    int64_t newest = 0;
    size_t n, at = 0;
    enum tg_status status = tg_store_delivered(store, INT32_MAX, &arena, &all, &n, err);
    if (!status)
        status = tg_db_number(&store->db, "SELECT coalesce(max(period), 0) FROM delivery",
                              DB_NO_ARGS, &newest, err);
    for (size_t i = 0; !status && i < study->n_sources; i++) {
        size_t end = end_of_source(all, at, n, &study->sources[i]);
        status = put_source(csv, &study->sources[i], all + at, end - at, (int32_t)newest, err);
        at = end;
    }
    tg_arena_free(&arena);
    return status;
}

enum tg_status tg_store_status(struct tg_store *store, const char *path, bool force,
                               struct tg_error *err)
{
    static const char *const header[] = {"source", "kind", "provider", "period",
                                         "state",  "rows", "purged",   "sha256"};
    struct tg_csv_writer *csv = NULL;
    enum tg_status status = tg_csv_create(path, force ? TG_OUTPUT_FORCE : 0, &csv, err);
    if (!status)
        status = tg_csv_put_row(csv, header, sizeof header / sizeof header[0], err);
    if (!status)
        status = put_sources(store, csv, err);
    if (!status)
        status = tg_csv_commit(&csv, NULL, err);
    tg_csv_discard(&csv);
    return status;
}

enum tg_status tg_store_gaps(struct tg_store *store, int32_t month, struct tg_arena *arena,
                             struct tg_gap **out, size_t *n, struct tg_error *err)
{
    struct tg_delivered *all;
    size_t n_all;
    *n = 0;
    *out = NULL;
    enum tg_status status = tg_store_delivered(store, month, arena, &all, &n_all, err);
    if (status)
        return status;
    *out = tg_arena_alloc(arena, n_all, sizeof **out, err); /* each has at most one behind it */
    for (size_t i = 0; *out && i < n_all; i++) {
        bool is_last = i + 1 == n_all || all[i + 1].source != all[i].source;
        int32_t end = is_last ? month : all[i + 1].period - 1;
        if (all[i].period && all[i].period < end)
            (*out)[(*n)++] = (struct tg_gap){all[i].source->name, all[i].period + 1, end};
    }
    return *out ? TG_OK : TG_NO_MEMORY;
}
