/* SPDX-License-Identifier: Apache-2.0 */
#include "store/joined.h"

#include "text/calendar.h"

enum tg_status tg_joined_load(struct tg_reach *reach, struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(db,
                                          "SELECT audit, side, identity_id FROM person_joined"
                                          " ORDER BY audit, side, identity_id",
                                          &stmt, err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = tg_grow(&reach->joined, &reach->cap_joined, reach->n_joined + 1,
                             sizeof *reach->joined, err);
        if (!status && row)
            reach->joined[reach->n_joined++] =
                (struct tg_joined){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
                                   sqlite3_column_int64(stmt, 2)};
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

/* How many from `at` on are one person. */
static size_t alike(const struct tg_reach *reach, size_t at)
{
    const struct tg_joined *j = &reach->joined[at];
    size_t n = 1;
    while (at + n < reach->n_joined && j[n].audit == j->audit && j[n].side == j->side)
        n++;
    return n;
}

static bool is_node(const struct tg_reach *reach, const struct tg_joined *j)
{
    return tg_reach_find(reach, j->identity) != SIZE_MAX;
}

enum tg_status tg_joined_list(struct tg_reach *reach, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    reach->ids.n = 0;
    for (size_t i = 0, n; i < reach->n_joined; i += n) {
        size_t nodes = 0;
        n = alike(reach, i);
        for (size_t j = i; j < i + n; j++)
            nodes += is_node(reach, &reach->joined[j]);
        for (size_t j = i; !status && nodes && nodes < n && j < i + n; j++) {
            if (!is_node(reach, &reach->joined[j]))
                status = tg_ids_add(&reach->ids, reach->joined[j].identity, err);
        }
    }
    tg_ids_sort(&reach->ids);
    return status;
}

static bool agree(const struct tg_node *a, const struct tg_node *b)
{
    return a->birth_month != TG_NO_MONTH && a->birth_month == b->birth_month && a->sex != 0 &&
           a->sex == b->sex;
}

void tg_joined_unite(struct tg_reach *reach)
{
    for (size_t i = 0, n; i < reach->n_joined; i += n) {
        size_t first = SIZE_MAX;
        n = alike(reach, i);
        for (size_t j = i; j < i + n; j++) {
            size_t at = tg_reach_find(reach, reach->joined[j].identity);
            if (at == SIZE_MAX)
                continue;
            first = first == SIZE_MAX ? at : first;
            tg_reach_join(reach, TG_COMPONENT, first, at);
            if (agree(&reach->nodes[first], &reach->nodes[at]))
                tg_reach_join(reach, TG_AGREEING, first, at);
        }
    }
}
