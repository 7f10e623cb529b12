/* SPDX-License-Identifier: Apache-2.0 */
#include "store/intern.h"
#include "store/query.h"
#include "store/rosters.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* An identity of a component in conflict, and its newest row. */
struct party {
    int64_t identity;
    int64_t component;
    int32_t birth_month;
    uint8_t sex, death;
    uint32_t enrolled_from, enrolled_to;
    unsigned why; /* enum tg_conflict_reason */
    bool has_row;
    unsigned char row_id[TG_TOKEN_LEN];
    unsigned char first[TG_TOKEN_LEN]; /* row of its component */
};

struct parties {
    struct party *items; /* ascending by identity, then by component and row */
    size_t n, cap;
};

static enum tg_status load(const struct tg_db *db, int32_t month, struct parties *p,
                           struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(db,
                                          "SELECT id, conflict, birth_month, sex, death,"
                                          " enrolled_from, enrolled_to FROM identity"
                                          " WHERE conflict IS NOT NULL AND seen_from <= ?"
                                          " ORDER BY conflict, id",
                                          &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(month)), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = tg_grow(&p->items, &p->cap, p->n + 1, sizeof *p->items, err);
        if (status || !row)
            break;
        bool born = sqlite3_column_type(stmt, 2) != SQLITE_NULL;
        p->items[p->n++] =
            (struct party){.identity = sqlite3_column_int64(stmt, 0),
                           .component = sqlite3_column_int64(stmt, 1),
                           .birth_month = born ? sqlite3_column_int(stmt, 2) : TG_NO_MONTH,
                           .sex = (uint8_t)sqlite3_column_int(stmt, 3),
                           .death = (uint8_t)sqlite3_column_int(stmt, 4),
                           .enrolled_from = (uint32_t)sqlite3_column_int(stmt, 5),
                           .enrolled_to = (uint32_t)sqlite3_column_int(stmt, 6)};
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static unsigned disagree(const struct party *parties, size_t n)
{
    int32_t birth_month = TG_NO_MONTH;
    uint8_t sex = 0;
    unsigned why = 0;
    for (size_t i = 0; i < n; i++) {
        const struct party *p = &parties[i];
        if (p->birth_month != TG_NO_MONTH && birth_month != TG_NO_MONTH &&
            p->birth_month != birth_month)
            why |= TG_CONFLICT_BIRTH_MONTH;
        if (p->sex && sex && p->sex != sex)
            why |= TG_CONFLICT_SEX;
        birth_month = p->birth_month != TG_NO_MONTH ? p->birth_month : birth_month;
        sex = p->sex ? p->sex : sex;
    }
    return why;
}

/* A death until the month that somebody outlives until it. */
static bool outlived(const struct party *parties, size_t n, int32_t month)
{
    uint32_t died = 0, begins = 0;
    for (size_t i = 0; i < n; i++) {
        const struct party *p = &parties[i];
        if (p->death == TG_DEATH_OUTLIVED)
            return true;
        if (p->death == TG_DEATH_ENDS && tg_month_of_day(p->enrolled_to) <= month &&
            (died == 0 || p->enrolled_to < died))
            died = p->enrolled_to;
        if (p->enrolled_from > begins && tg_month_of_day(p->enrolled_from) <= month)
            begins = p->enrolled_from;
    }
    return died && begins >= died;
}

/* A component whose disagreement came later than the month is none yet. */
static void drop_later_conflicts(struct parties *p, int32_t month)
{
    size_t kept = 0;
    for (size_t i = 0, n; i < p->n; i += n) {
        for (n = 1; i + n < p->n && p->items[i + n].component == p->items[i].component;)
            n++;
        unsigned why = disagree(&p->items[i], n);
        if (outlived(&p->items[i], n, month))
            why |= TG_CONFLICT_DEATH;
        if (!why)
            continue;
        for (size_t j = i; j < i + n; j++)
            p->items[j].why = why;
        memmove(&p->items[kept], &p->items[i], n * sizeof *p->items);
        kept += n;
    }
    p->n = kept;
}

static int by_identity(const void *a, const void *b)
{
    const struct party *x = a, *y = b;
    return (x->identity > y->identity) - (x->identity < y->identity);
}

static int by_component(const void *a, const void *b)
{
    const struct party *x = a, *y = b;
    return (x->component > y->component) - (x->component < y->component);
}

/* No number of the store's own: it would tell in which order the files came. */
static int by_row(const void *a, const void *b)
{
    const struct party *x = a, *y = b;
    int order = memcmp(x->first, y->first, TG_TOKEN_LEN);
    if (!order)
        order = memcmp(x->row_id, y->row_id, TG_TOKEN_LEN);
    return order ? order : by_identity(a, b);
}

/* Those without a row go; each component has its first row. */
static void sort_by_rows(struct parties *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (p->items[i].has_row)
            p->items[kept++] = p->items[i];
    }
    p->n = kept;
    qsort(p->items, p->n, sizeof *p->items, by_component);
    for (size_t i = 0, n; i < p->n; i += n) {
        const unsigned char *first = p->items[i].row_id;
        for (n = 1; i + n < p->n && p->items[i + n].component == p->items[i].component; n++) {
            if (memcmp(p->items[i + n].row_id, first, TG_TOKEN_LEN) < 0)
                first = p->items[i + n].row_id;
        }
        for (size_t j = i; j < i + n; j++)
            memcpy(p->items[j].first, first, TG_TOKEN_LEN);
    }
    qsort(p->items, p->n, sizeof *p->items, by_row);
}

static enum tg_status find_rows(struct tg_store *store, int32_t month, struct parties *p,
                                struct tg_error *err)
{
    struct tg_newest_row *rows = tg_calloc(p->n, sizeof *rows, err);
    if (!rows)
        return TG_NO_MEMORY;
    qsort(p->items, p->n, sizeof *p->items, by_identity);
    for (size_t i = 0; i < p->n; i++)
        rows[i].identity = p->items[i].identity;
    enum tg_status status = tg_newest_rows(store, month, rows, p->n, err);
    for (size_t i = 0; !status && i < p->n; i++) {
        p->items[i].has_row = rows[i].has_row;
        memcpy(p->items[i].row_id, rows[i].row_id, TG_TOKEN_LEN);
    }
    free(rows);
    return status;
}

enum tg_status tg_store_conflicts(struct tg_store *store, int32_t month, tg_on_conflict *on,
                                  void *ctx, struct tg_error *err)
{
    struct parties p = {0};
    enum tg_status status = load(&store->db, month, &p, err);
    if (!status)
        drop_later_conflicts(&p, month);
    if (!status && p.n) {
        status = find_rows(store, month, &p, err);
        sort_by_rows(&p);
    }
    uint64_t number = 0;
    for (size_t i = 0; !status && i < p.n; i++) {
        number += i == 0 || p.items[i].component != p.items[i - 1].component;
        status = on(ctx, number, p.items[i].row_id, p.items[i].why, err);
    }
    free(p.items);
    return status;
}
