/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rosters.h"
#include "store/pump.h"

#include <stdlib.h>
#include <string.h>

static void describe(const struct tg_study *study, const char *name, struct tg_roster *roster)
{
    roster->rank = UINT32_MAX;
    for (size_t i = 0; i < study->n_sources; i++) {
        const struct tg_source *source = &study->sources[i];
        if (strcmp(source->name, name) != 0)
            continue;
        roster->rank = (uint32_t)i;
        roster->dated = tg_source_column(source, "enrolled_from") != NULL ||
                        tg_source_column(source, "enrolled_to") != NULL;
    }
}

static int by_rank(const void *a, const void *b)
{
    const struct tg_roster *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->period < y->period) - (x->period > y->period);
}

enum tg_status tg_rosters_list(struct tg_store *store, int32_t month, struct tg_roster **out,
                               size_t *n, struct tg_error *err)
{
    struct tg_roster *list = NULL;
    size_t cap = 0, count = 0;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(&store->db,
                                          "SELECT d.id, s.id, d.period, s.name FROM source s"
                                          " JOIN delivery d ON d.source_id = s.id"
                                          " WHERE s.kind = 'roster' AND d.period <= ?",
                                          &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_INT(month)), err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = tg_grow(&list, &cap, count + 1, sizeof *list, err);
        if (status || !row)
            break;
        struct tg_roster *roster = &list[count++];
        *roster = (struct tg_roster){.delivery = sqlite3_column_int64(stmt, 0),
                                     .source = sqlite3_column_int64(stmt, 1),
                                     .period = sqlite3_column_int(stmt, 2)};
        const char *name = (const char *)sqlite3_column_text(stmt, 3);
        if (!name)
            status = TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
        else
            describe(store->study, name, roster);
    }
    (void)sqlite3_finalize(stmt);
    if (status) {
        free(list);
        return status;
    }
    if (count)
        qsort(list, count, sizeof *list, by_rank);
    for (size_t i = 0; i < count; i++)
        list[i].newest = i == 0 || list[i - 1].source != list[i].source;
    *out = list;
    *n = count;
    return TG_OK;
}

struct walking {
    const struct tg_roster *roster;
    tg_on_roster_row *on;
    void *ctx;
};

static enum tg_status on_pumped(void *ctx, const struct tg_pumped *row, struct tg_error *err)
{
    const struct walking *w = ctx;
    struct tg_roster_row r = {.identity = row->numbers[0],
                              .district = row->numbers[1],
                              .enrolled_from = (uint32_t)row->numbers[2],
                              .enrolled_to = (uint32_t)row->numbers[3],
                              .death = row->numbers[4] != 0};
    if (row->len == TG_TOKEN_LEN)
        memcpy(r.row_id, row->bytes, TG_TOKEN_LEN);
    return w->on(w->ctx, w->roster, &r, err);
}

enum tg_status tg_roster_walk(struct tg_store *store, const struct tg_roster *roster,
                              tg_on_roster_row *on, void *ctx, struct tg_error *err)
{
    struct walking w = {roster, on, ctx};
    sqlite3_stmt *stmt = NULL;
    enum tg_status status =
        tg_db_prepare(&store->db,
                      "SELECT identity_id, district, enrolled_from, enrolled_to, death, row_id"
                      " FROM roster_row WHERE delivery_id = ? ORDER BY row_id",
                      &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_INT(roster->delivery)), err);
    if (!status)
        status = tg_pump(&store->db, stmt, 5, on_pumped, &w, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

struct seeking {
    struct tg_newest_row *rows;
    size_t n, left;
};

static int by_identity(const void *a, const void *b)
{
    const struct tg_newest_row *x = a, *y = b;
    return (x->identity > y->identity) - (x->identity < y->identity);
}

static enum tg_status on_row(void *ctx, const struct tg_roster *roster,
                             const struct tg_roster_row *row, struct tg_error *err)
{
    struct seeking *s = ctx;
    const struct tg_newest_row key = {.identity = row->identity};
    struct tg_newest_row *found = bsearch(&key, s->rows, s->n, sizeof key, by_identity);
    (void)err;
    if (!found || found->has_row)
        return TG_OK;
    found->has_row = true;
    found->period = roster->period;
    memcpy(found->row_id, row->row_id, TG_TOKEN_LEN);
    s->left--;
    return TG_OK;
}

/* An identity is of one source, whose deliveries come newest first. */
enum tg_status tg_newest_rows(struct tg_store *store, int32_t month, struct tg_newest_row *rows,
                              size_t n, struct tg_error *err)
{
    struct seeking s = {rows, n, n};
    struct tg_roster *rosters = NULL;
    size_t n_rosters = 0;
    enum tg_status status = tg_rosters_list(store, month, &rosters, &n_rosters, err);
    for (size_t i = 0; !status && s.left && i < n_rosters; i++)
        status = tg_roster_walk(store, &rosters[i], on_row, &s, err);
    free(rosters);
    return status;
}
