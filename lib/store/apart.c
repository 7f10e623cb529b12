/* SPDX-License-Identifier: Apache-2.0 */
#include "store/apart.h"

#include "base/search.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

uint32_t tg_node_first_day(const struct tg_node *node)
{
    if (node->enrolled_from)
        return node->enrolled_from;
    if (node->seen_from == 0)
        return 0;
    return (uint32_t)(node->seen_from / 12 * 10000 + (node->seen_from % 12 + 1) * 100 + 1);
}

uint32_t tg_node_last_day(const struct tg_node *node)
{
    if (node->enrolled_to)
        return node->enrolled_to;
    if (node->seen_to == INT32_MAX || node->seen_to == 0)
        return UINT32_MAX;
    return tg_month_last_day(node->seen_to);
}

/* Both ends as in tg_twins_find(): who begins on the day on which another ends follows them. */
static bool overlap(const struct tg_node *a, const struct tg_node *b)
{
    if (tg_node_first_day(a) >= tg_node_last_day(b) || tg_node_first_day(b) >= tg_node_last_day(a))
        return false;
    return a->source != b->source || (a->seen_from <= b->seen_to && b->seen_from <= a->seen_to);
}

static bool disagree(const struct tg_node *a, const struct tg_node *b)
{
    return (a->birth_month != TG_NO_MONTH && b->birth_month != TG_NO_MONTH &&
            a->birth_month != b->birth_month) ||
           (a->sex && b->sex && a->sex != b->sex);
}

/* Whom death took out is nobody who begins after it. */
static bool outlives(const struct tg_node *node, const struct tg_node *dead)
{
    return dead->death == TG_DEATH_ENDS && tg_node_first_day(node) >= dead->enrolled_to;
}

static const unsigned char *find_number(const struct tg_node *node, unsigned token)
{
    return tg_packed_find(node->numbers, node->numbers_len, token);
}

enum tg_status tg_apart_numbers(const struct tg_apart *apart, size_t a, size_t b, bool *differ,
                                bool *kinds, struct tg_error *err)
{
    struct tg_reach *reach = apart->reach;
    *differ = *kinds = false;
    enum tg_status status = tg_reach_numbers(reach, a, err);
    if (!status)
        status = tg_reach_numbers(reach, b, err);
    if (status)
        return status;
    const struct tg_node *x = &reach->nodes[a], *y = &reach->nodes[b];
    size_t both = 0;
    for (size_t i = 0; i < x->numbers_len; i += TG_PACKED_LEN) {
        const unsigned char *other = find_number(y, tg_packed_token(x->numbers + i));
        both += other != NULL;
        *differ |= other && memcmp(other, x->numbers + i + 2, TG_TOKEN_LEN) != 0;
    }
    *kinds = both * TG_PACKED_LEN < x->numbers_len || both * TG_PACKED_LEN < y->numbers_len;
    return TG_OK;
}

/* The entries of one identity begin here. */
static size_t find_parted(const struct tg_apart *apart, int64_t identity)
{
    return tg_lower_bound(apart->parted, apart->n, sizeof *apart->parted, identity);
}

static bool parted_by_hand(const struct tg_apart *apart, int64_t a, int64_t b)
{
    size_t i = find_parted(apart, a), j = find_parted(apart, b);
    while (i < apart->n && j < apart->n && apart->parted[i].identity == a &&
           apart->parted[j].identity == b) {
        const struct tg_parted *x = &apart->parted[i], *y = &apart->parted[j];
        if (x->audit == y->audit && x->side != y->side)
            return true;
        i += x->audit <= y->audit;
        j += y->audit <= x->audit;
    }
    return false;
}

static enum tg_status are_two(const struct tg_apart *apart, size_t a, size_t b, bool *two,
                              struct tg_error *err)
{
    const struct tg_node *x = &apart->reach->nodes[a], *y = &apart->reach->nodes[b];
    bool kinds;
    *two = disagree(x, y) || outlives(x, y) || outlives(y, x) ||
           (apart->n && parted_by_hand(apart, x->id, y->id));
    if (*two || !overlap(x, y))
        return TG_OK;
    *two = x->source == y->source;
    return *two ? TG_OK : tg_apart_numbers(apart, a, b, two, &kinds, err);
}

enum tg_status tg_apart_units(const struct tg_apart *apart, size_t a, size_t b, bool *two,
                              struct tg_error *err)
{
    const struct tg_node *nodes = apart->reach->nodes;
    enum tg_status status = TG_OK;
    size_t i = a, j = b;
    *two = false;
    do {
        do {
            status = are_two(apart, i, j, two, err);
            j = nodes[j].next;
        } while (!status && !*two && j != b);
        i = nodes[i].next;
    } while (!status && !*two && i != a);
    return status;
}

static enum tg_status read_unit(const struct tg_apart *apart, size_t at, struct tg_error *err)
{
    enum tg_status status = tg_reach_numbers(apart->reach, at, err);
    for (size_t i = apart->reach->nodes[at].next; !status && i != at;
         i = apart->reach->nodes[i].next)
        status = tg_reach_numbers(apart->reach, i, err);
    return status;
}

/* Has somebody of a unit a name of this kind, and this one? `hash` may be NULL. */
static bool unit_has(const struct tg_apart *apart, size_t at, unsigned token,
                     const unsigned char *hash)
{
    const struct tg_node *nodes = apart->reach->nodes;
    size_t i = at;
    do {
        const unsigned char *found = tg_packed_find(nodes[i].names, nodes[i].names_len, token);
        if (found && (!hash || memcmp(found, hash, TG_TOKEN_LEN) == 0))
            return true;
        i = nodes[i].next;
    } while (i != at);
    return false;
}

static bool share_one(const struct tg_apart *apart, size_t a, size_t b, unsigned token)
{
    const struct tg_node *nodes = apart->reach->nodes;
    size_t i = a;
    do {
        const unsigned char *hash = tg_packed_find(nodes[i].names, nodes[i].names_len, token);
        if (hash && unit_has(apart, b, token, hash))
            return true;
        i = nodes[i].next;
    } while (i != a);
    return false;
}

enum tg_status tg_apart_names(const struct tg_apart *apart, size_t a, size_t b,
                              const struct tg_numbers *kinds, bool *differ, struct tg_error *err)
{
    enum tg_status status = read_unit(apart, a, err);
    if (!status)
        status = read_unit(apart, b, err);
    *differ = false;
    for (size_t i = 0; !status && !*differ && i < kinds->n; i++) {
        unsigned token = kinds->items[i];
        *differ = unit_has(apart, a, token, NULL) && unit_has(apart, b, token, NULL) &&
                  !share_one(apart, a, b, token);
    }
    return status;
}

static int by_identity(const void *a, const void *b)
{
    const struct tg_parted *x = a, *y = b;
    if (x->identity != y->identity)
        return x->identity < y->identity ? -1 : 1;
    return (x->audit > y->audit) - (x->audit < y->audit);
}

enum tg_status tg_apart_load(struct tg_reach *reach, struct tg_apart *out, struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    *out = (struct tg_apart){.reach = reach};
    enum tg_status status =
        tg_db_prepare(db, "SELECT identity_id, audit, side FROM person_two", &stmt, err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = tg_grow(&out->parted, &out->cap, out->n + 1, sizeof *out->parted, err);
        if (!status && row)
            out->parted[out->n++] =
                (struct tg_parted){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
                                   sqlite3_column_int64(stmt, 2)};
    }
    (void)sqlite3_finalize(stmt);
    if (out->n)
        qsort(out->parted, out->n, sizeof *out->parted, by_identity);
    return status;
}

void tg_apart_free(struct tg_apart *apart)
{
    free(apart->parted);
    *apart = (struct tg_apart){0};
}
