/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ties.h"

#include <stdlib.h>
#include <string.h>

/* A row of table person_bridge. */
struct entry {
    int64_t identity;
    int rule;
    unsigned token;                   /* 0: none */
    unsigned char hash[TG_TOKEN_LEN]; /* zeros: none */
    bool there;                       /* in the table already */
};

struct entries {
    struct entry *items; /* ascending, each once */
    size_t n;
};

static int by_all(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->identity != y->identity)
        return x->identity < y->identity ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    if (x->token != y->token)
        return x->token < y->token ? -1 : 1;
    return memcmp(x->hash, y->hash, TG_TOKEN_LEN);
}

static enum tg_status list_wanted(const struct tg_reach *reach, const struct tg_ties *ties,
                                  struct entries *wanted, struct tg_error *err)
{
    size_t n = 0;
    wanted->items = tg_calloc(ties->n, sizeof *wanted->items, err);
    if (!wanted->items)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < ties->n; i++) {
        const struct tg_tie *tie = &ties->items[i];
        const struct tg_name *name = tie->name == SIZE_MAX ? NULL : &reach->names[tie->name];
        struct entry *e = &wanted->items[i];
        *e = (struct entry){.identity = reach->nodes[tie->node].id, .rule = (int)tie->rule};
        e->token = name ? name->token : 0;
        if (name)
            memcpy(e->hash, name->hash, TG_TOKEN_LEN);
    }
    if (ties->n)
        qsort(wanted->items, ties->n, sizeof *wanted->items, by_all);
    for (size_t i = 0; i < ties->n; i++) {
        if (n == 0 || by_all(&wanted->items[n - 1], &wanted->items[i]) != 0)
            wanted->items[n++] = wanted->items[i];
    }
    wanted->n = n;
    return TG_OK;
}

/* Marks what is wanted and there; what is there and not wanted goes. */
static enum tg_status look_at_node(const struct tg_db *db, sqlite3_stmt *list, int64_t identity,
                                   struct entries *wanted, struct tg_ids *gone,
                                   struct tg_error *err)
{
    bool row = true;
    enum tg_status status = tg_db_bind(db, list, DB_ARGS(DB_INT(identity)), err);
    while (!status && row) {
        status = tg_db_next(db, list, &row, err);
        if (status || !row)
            break;
        struct entry key = {.identity = identity,
                            .rule = sqlite3_column_int(list, 1),
                            .token = (unsigned)sqlite3_column_int(list, 2)};
        if (sqlite3_column_bytes(list, 3) == TG_TOKEN_LEN)
            memcpy(key.hash, sqlite3_column_blob(list, 3), TG_TOKEN_LEN);
        struct entry *e =
            wanted->n ? bsearch(&key, wanted->items, wanted->n, sizeof key, by_all) : NULL;
        if (e)
            e->there = true;
        else
            status = tg_ids_add(gone, sqlite3_column_int64(list, 0), err);
    }
    (void)sqlite3_reset(list);
    return status;
}

/* Only who was watched can have a row. */
static enum tg_status look_at_table(struct tg_reach *reach, struct entries *wanted,
                                    struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    struct tg_ids gone = {0};
    sqlite3_stmt *list = NULL, *drop = NULL;
    enum tg_status status = tg_db_prepare(
        db, "SELECT id, rule, token, hash FROM person_bridge WHERE identity_id = ?", &list, err);
    if (!status)
        status = tg_db_prepare(db, "DELETE FROM person_bridge WHERE id = ?", &drop, err);
    for (size_t i = 0; !status && i < reach->n; i++) {
        if (reach->nodes[i].watched)
            status = look_at_node(db, list, reach->nodes[i].id, wanted, &gone, err);
    }
    for (size_t i = 0; !status && i < gone.n; i++)
        status = tg_db_run(db, drop, DB_ARGS(DB_INT(gone.items[i])), err);
    (void)sqlite3_finalize(list);
    (void)sqlite3_finalize(drop);
    tg_ids_free(&gone);
    return status;
}

static enum tg_status add_new(const struct tg_db *db, const struct entries *wanted,
                              int64_t delivery_id, struct tg_error *err)
{
    sqlite3_stmt *add = NULL;
    enum tg_status status =
        tg_db_prepare(db,
                      "INSERT INTO person_bridge(identity_id, rule, token, hash, source_id, period,"
                      " audit) VALUES(?1, ?2, ?3, ?4, (SELECT source_id FROM delivery"
                      " WHERE id = ?5), (SELECT period FROM delivery WHERE id = ?5),"
                      " (SELECT coalesce(max(seq), 0) + 1 FROM audit))",
                      &add, err);
    for (size_t i = 0; !status && i < wanted->n; i++) {
        const struct entry *e = &wanted->items[i];
        if (!e->there)
            status = tg_db_run(
                db, add,
                DB_ARGS(DB_INT(e->identity), DB_INT(e->rule), DB_MAYBE(e->token != 0, e->token),
                        DB_BLOB(e->hash, e->token ? TG_TOKEN_LEN : 0), DB_INT(delivery_id)),
                err);
    }
    (void)sqlite3_finalize(add);
    return status;
}

enum tg_status tg_ties_write(struct tg_reach *reach, const struct tg_ties *ties,
                             int64_t delivery_id, struct tg_error *err)
{
    struct entries wanted = {0};
    enum tg_status status = list_wanted(reach, ties, &wanted, err);
    if (!status)
        status = look_at_table(reach, &wanted, err);
    if (!status)
        status = add_new(&reach->store->db, &wanted, delivery_id, err);
    free(wanted.items);
    return status;
}
