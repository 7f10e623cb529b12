/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rosters.h"
#include "store/ties.h"
#include "table/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A person who carries a name that joins nobody, and where that was seen last. */
struct bearer {
    int64_t token, identity, person;
    unsigned char hash[TG_TOKEN_LEN];
    const char *token_name; /* in the arena */
    int rule;
    bool has_row;
    int32_t period;
    unsigned char row_id[TG_TOKEN_LEN];
    unsigned char first[TG_TOKEN_LEN]; /* the smallest row id of the name */
};

struct listing {
    struct tg_store *store;
    struct tg_arena arena;
    struct bearer *items;
    size_t n, cap;
};

static enum tg_status add(struct listing *l, sqlite3_stmt *stmt, struct tg_error *err)
{
    enum tg_status status = tg_grow(&l->items, &l->cap, l->n + 1, sizeof *l->items, err);
    if (status)
        return status;
    const char *name = (const char *)sqlite3_column_text(stmt, 4);
    struct bearer *b = &l->items[l->n];
    *b = (struct bearer){.token = sqlite3_column_int64(stmt, 0),
                         .identity = sqlite3_column_int64(stmt, 1),
                         .person = sqlite3_column_int64(stmt, 2),
                         .rule = sqlite3_column_int(stmt, 3)};
    b->token_name = tg_arena_strndup(&l->arena, name ? name : "", name ? strlen(name) : 0, err);
    if (!b->token_name)
        return TG_NO_MEMORY;
    if (sqlite3_column_bytes(stmt, 5) == TG_TOKEN_LEN)
        memcpy(b->hash, sqlite3_column_blob(stmt, 5), TG_TOKEN_LEN);
    l->n++;
    return TG_OK;
}

static enum tg_status load(struct listing *l, struct tg_error *err)
{
    const struct tg_db *db = &l->store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(db,
                      "SELECT b.token, i.id, i.person_id, b.rule, n.name, b.hash"
                      " FROM person_bridge b JOIN identity i ON i.id = b.identity_id"
                      " JOIN token_name n ON n.id = b.token"
                      " WHERE b.rule >= ? AND i.seen_from IS NOT NULL ORDER BY i.id",
                      &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(TG_TIE_UNDECIDED)), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = add(l, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

/* Items ascend by identity, of which several may stand for one. */
static enum tg_status find_rows(struct listing *l, struct tg_error *err)
{
    struct tg_newest_row *rows = tg_calloc(l->n, sizeof *rows, err);
    size_t n = 0;
    if (!rows)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < l->n; i++) {
        if (n == 0 || rows[n - 1].identity != l->items[i].identity)
            rows[n++].identity = l->items[i].identity;
    }
    enum tg_status status = tg_newest_rows(l->store, INT32_MAX, rows, n, err);
    for (size_t i = 0, at = 0; !status && i < l->n; i++) {
        struct bearer *b = &l->items[i];
        at += rows[at].identity != b->identity;
        b->has_row = rows[at].has_row;
        b->period = rows[at].period;
        memcpy(b->row_id, rows[at].row_id, TG_TOKEN_LEN);
    }
    free(rows);
    return status;
}

static int by_name(const struct bearer *x, const struct bearer *y)
{
    if (x->token != y->token)
        return x->token < y->token ? -1 : 1;
    return memcmp(x->hash, y->hash, TG_TOKEN_LEN);
}

/* Those of one name side by side, of each person the newest row first. */
static int by_person(const void *a, const void *b)
{
    const struct bearer *x = a, *y = b;
    int order = by_name(x, y);
    if (order)
        return order;
    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    if (x->period != y->period)
        return x->period > y->period ? -1 : 1;
    return memcmp(x->row_id, y->row_id, TG_TOKEN_LEN);
}

static int by_row(const void *a, const void *b)
{
    const struct bearer *x = a, *y = b;
    int order = memcmp(x->first, y->first, TG_TOKEN_LEN);
    if (!order)
        order = strcmp(x->token_name, y->token_name);
    return order ? order : memcmp(x->row_id, y->row_id, TG_TOKEN_LEN);
}

/* Leaves one of each name and person, and puts names in the order of their first rows. */
static void arrange(struct listing *l)
{
    size_t n = 0;
    qsort(l->items, l->n, sizeof *l->items, by_person);
    for (size_t i = 0; i < l->n; i++) {
        const struct bearer *b = &l->items[i], *last = n ? &l->items[n - 1] : NULL;
        if (b->has_row && !(last && by_name(last, b) == 0 && last->person == b->person))
            l->items[n++] = *b;
    }
    l->n = n;
    for (size_t i = 0, len; i < n; i += len) {
        const unsigned char *first = l->items[i].row_id;
        for (len = 1; i + len < n && by_name(&l->items[i], &l->items[i + len]) == 0; len++) {
            if (memcmp(l->items[i + len].row_id, first, TG_TOKEN_LEN) < 0)
                first = l->items[i + len].row_id;
        }
        for (size_t j = 0; j < len; j++)
            memcpy(l->items[i + j].first, first, TG_TOKEN_LEN);
    }
    qsort(l->items, n, sizeof *l->items, by_row);
}

static enum tg_status put_rows(const struct listing *l, struct tg_csv_writer *csv,
                               struct tg_error *err)
{
    static const char *const reasons[] = {[TG_TIE_UNDECIDED] = "several",
                                          [TG_TIE_NAMESAKES] = "namesakes",
                                          [TG_TIE_WRITTEN] = "written",
                                          [TG_TIE_TOGETHER] = "together"};
    enum { N_REASONS = sizeof reasons / sizeof reasons[0] };
    enum tg_status status = TG_OK;
    unsigned long long name = 0;
    for (size_t i = 0; !status && i < l->n; i++) {
        const struct bearer *b = &l->items[i];
        char number[24], person[24], row[2 * TG_TOKEN_LEN + 1] = "";
        name += i == 0 || by_name(b, b - 1) != 0;
        (void)snprintf(number, sizeof number, "%llu", name);
        (void)snprintf(person, sizeof person, "%lld", (long long)b->person);
        tg_hex_encode(b->row_id, TG_TOKEN_LEN, row);
        const char *reason = b->rule < N_REASONS ? reasons[b->rule] : "";
        const char *cells[] = {number, person, row, b->token_name, reason};
        status = tg_csv_put_row(csv, cells, sizeof cells / sizeof cells[0], err);
    }
    return status;
}

enum tg_status tg_person_undecided(struct tg_store *store, const char *path, bool force,
                                   struct tg_error *err)
{
    static const char *const header[] = {"name", "person", "roster_row_id", "token", "reason"};
    struct listing l = {.store = store};
    struct tg_csv_writer *csv = NULL;
    enum tg_status status = load(&l, err);
    if (!status && l.n) {
        status = find_rows(&l, err);
        arrange(&l);
    }
    if (!status)
        status = tg_csv_create(path, force ? TG_OUTPUT_FORCE : 0, &csv, err);
    if (!status)
        status = tg_csv_put_row(csv, header, sizeof header / sizeof header[0], err);
    if (!status)
        status = put_rows(&l, csv, err);
    if (!status)
        status = tg_csv_commit(&csv, NULL, err);
    tg_csv_discard(&csv);
    free(l.items);
    tg_arena_free(&l.arena);
    return status;
}
