/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reach.h"

#include "base/search.h"

#include <stdlib.h>

/*
 * A group goes on with the smallest number that somebody in it had before, if it is still theirs:
 * of those who had a number the one it is named after keeps it, or else the first of them. A group
 * of newcomers inherits the number of somebody who has lost all rows, or has that of its first
 * identity; when others have that too, one that was never given.
 */

/* Somebody who had a number before. */
struct holder {
    int64_t person;
    int64_t id;
    uint32_t group;
};

struct numbering {
    struct tg_reach *reach;
    struct holder *holders; /* by number, the one who keeps it first */
    size_t n_holders;
    int64_t *person; /* by group: had before */
    int64_t *other;  /* by group: what it can have otherwise */
};

static int by_right(const void *a, const void *b)
{
    const struct holder *x = a, *y = b;
    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    if ((x->id == x->person) != (y->id == y->person))
        return x->id == x->person ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static void take_smaller(int64_t *number, int64_t other)
{
    if (*number == 0 || other < *number)
        *number = other;
}

static void keep_numbers(struct numbering *n)
{
    for (size_t i = 0; i < n->reach->n; i++) {
        const struct tg_node *node = &n->reach->nodes[i];
        if (node->stayed)
            n->holders[n->n_holders++] = (struct holder){node->person, node->id, node->group};
    }
    if (n->n_holders)
        qsort(n->holders, n->n_holders, sizeof *n->holders, by_right);
    for (size_t i = 0; i < n->n_holders; i++) {
        if (i == 0 || n->holders[i - 1].person != n->holders[i].person)
            take_smaller(&n->person[n->holders[i].group], n->holders[i].person);
    }
}

static bool is_held(const struct numbering *n, int64_t person)
{
    size_t at = tg_lower_bound(n->holders, n->n_holders, sizeof *n->holders, person);
    return at < n->n_holders && n->holders[at].person == person;
}

/* A group without a number may have this one unless somebody else has it. */
static enum tg_status offer(struct numbering *n, uint32_t group, int64_t person,
                            struct tg_error *err)
{
    bool taken = false;
    if (n->person[group] || is_held(n, person))
        return TG_OK;
    enum tg_status status = TG_OK;
    if (person < n->reach->first_new)
        status = tg_reach_is_taken(n->reach, person, &taken, err);
    if (!status && !taken)
        take_smaller(&n->other[group], person);
    return status;
}

static int by_inheritance(const void *a, const void *b)
{
    const struct tg_heir *x = a, *y = b;
    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    return (x->member > y->member) - (x->member < y->member);
}

static enum tg_status offer_numbers(struct numbering *n, struct tg_error *err)
{
    struct tg_reach *reach = n->reach;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < reach->n; i++)
        status = offer(n, reach->nodes[i].group, reach->nodes[i].id, err);
    if (reach->n_heirs)
        qsort(reach->heirs, reach->n_heirs, sizeof *reach->heirs, by_inheritance);
    for (size_t i = 0; !status && i < reach->n_heirs; i++) {
        const struct tg_heir *heir = &reach->heirs[i];
        if ((i > 0 && reach->heirs[i - 1].person == heir->person) ||
            tg_reach_find(reach, heir->person) != SIZE_MAX)
            continue;
        size_t member = tg_reach_find(reach, heir->member);
        status = offer(n, reach->nodes[member].group, heir->person, err);
    }
    return status;
}

static int by_id(const void *a, const void *b)
{
    const struct tg_ranked *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* An identity that never has rows: its number is nobody else's. */
static enum tg_status spare_number(struct tg_store *store, int64_t like, int64_t *number,
                                   struct tg_error *err)
{
    enum tg_status status = tg_db_once(&store->db,
                                       "INSERT INTO identity(source_id, sex, tokens)"
                                       " SELECT source_id, 0, x'' FROM identity WHERE id = ?",
                                       DB_ARGS(DB_INT(like)), err);
    *number = sqlite3_last_insert_rowid(store->db.handle);
    return status;
}

static enum tg_status number_rest(struct numbering *n, struct tg_error *err)
{
    struct tg_reach *reach = n->reach;
    struct tg_ranked *rest = NULL;
    size_t n_rest = 0, cap = 0;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < reach->n; i++) {
        int64_t *person = &n->person[reach->nodes[i].group];
        if (*person == 0)
            *person = n->other[reach->nodes[i].group];
        if (*person)
            continue;
        status = tg_grow(&rest, &cap, n_rest + 1, sizeof *rest, err);
        if (!status)
            rest[n_rest++] = (struct tg_ranked){reach->nodes[i].id, reach->nodes[i].group};
    }
    if (!status && n_rest)
        qsort(rest, n_rest, sizeof *rest, by_id);
    for (size_t i = 0; !status && i < n_rest; i++) {
        int64_t *person = &n->person[rest[i].index];
        if (*person == 0)
            status = spare_number(reach->store, rest[i].id, person, err);
    }
    free(rest);
    return status;
}

enum tg_status tg_number_groups(struct tg_reach *reach, int64_t *person, struct tg_error *err)
{
    struct numbering n = {.reach = reach, .person = person};
    n.holders = tg_calloc(reach->n, sizeof *n.holders, err);
    n.other = tg_calloc(reach->n, sizeof *n.other, err);
    enum tg_status status = n.holders && n.other ? TG_OK : TG_NO_MEMORY;
    if (!status) {
        keep_numbers(&n);
        status = offer_numbers(&n, err);
    }
    if (!status)
        status = number_rest(&n, err);
    free(n.holders);
    free(n.other);
    return status;
}
