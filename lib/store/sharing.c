/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sharing.h"

#include "store/index.h"
#include "store/stride.h"

#include <stdlib.h>
#include <string.h>

/* So many of those who are in the table are looked up together, in the order in which they lie. */
enum { OTHERS_MAX = 1 << 20 };

/* New identities with one token: `n` of the postings from `first` on. */
struct group {
    const struct tg_posting *first;
    size_t n;
    uint32_t others; /* in the table and of rosters */
    uint32_t own;    /* and of them, of the same source */
};

/* Somebody in the table who has the token of a group. */
struct other {
    uint32_t identity;
    uint32_t group;
};

struct looking {
    struct tg_interner *in;
    struct tg_index_cursor carriers;
    struct tg_stride identities;
    sqlite3_stmt *members, *mark_kin;
    bool there; /* is anybody's token of this column in the table? */
    struct group *groups;
    size_t n_groups, cap_groups;
    struct other *others;
    size_t n_others, cap_others;
    struct tg_ids own; /* scratch */
};

/* A new identity is to be looked at; once is enough. */
static enum tg_status touch(struct tg_interner *in, int64_t id, struct tg_error *err)
{
    size_t at = (size_t)(id - in->first_new), old = in->n_looked;
    if (at >= in->n_looked) {
        enum tg_status status = tg_grow(&in->looked, &in->n_looked, at + 1, 1, err);
        if (status)
            return status;
        memset(in->looked + old, 0, in->n_looked - old);
    }
    if (in->looked[at])
        return TG_OK;
    in->looked[at] = 1;
    return tg_ids_add(&in->touched, id, err);
}

static bool all_are_touched(const struct tg_interner *in, const struct tg_posting *group, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)(tg_posting_identity(&group[i]) - in->first_new);
        if (at >= in->n_looked || !in->looked[at])
            return false;
    }
    return true;
}

static unsigned number_of(const struct looking *l, const struct group *g)
{
    return l->in->columns[tg_posting_column(g->first)].number;
}

/* Whoever shares a number with another of its source; they are few. */
static enum tg_status mark_kin(struct looking *l, const struct group *g, struct tg_error *err)
{
    const struct tg_db *db = &l->in->store->db;
    bool row = true;
    l->own.n = 0;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < g->n; i++)
        status = tg_ids_add(&l->own, tg_posting_identity(&g->first[i]), err);
    if (!status)
        status = tg_db_bind(db, l->members,
                            DB_ARGS(DB_INT(number_of(l, g)),
                                    DB_BLOB(tg_posting_hash(g->first), TG_TOKEN_LEN),
                                    DB_INT(l->in->source_id)),
                            err);
    while (!status && row) {
        status = tg_db_next(db, l->members, &row, err);
        if (!status && row)
            status = tg_ids_add(&l->own, sqlite3_column_int64(l->members, 0), err);
    }
    (void)sqlite3_reset(l->members);
    for (size_t i = 0; !status && i < l->own.n; i++)
        status = tg_db_run(db, l->mark_kin, DB_ARGS(DB_INT(l->own.items[i])), err);
    return status;
}

static int by_identity(const void *a, const void *b)
{
    const struct other *x = a, *y = b;
    if (x->identity != y->identity)
        return x->identity < y->identity ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

/* Whether the others are of rosters, and of which. */
static enum tg_status count_others(struct looking *l, struct tg_error *err)
{
    sqlite3_stmt *stmt = l->identities.stmt;
    enum tg_status status = TG_OK;
    bool person = false;
    if (l->n_others)
        qsort(l->others, l->n_others, sizeof *l->others, by_identity);
    for (size_t i = 0; !status && i < l->n_others; i++) {
        const struct other *o = &l->others[i];
        if (i == 0 || l->others[i - 1].identity != o->identity) {
            status = tg_stride_identity(&l->identities, o->identity, &person, err);
            person = person && sqlite3_column_type(stmt, 2) != SQLITE_NULL;
        }
        if (status || !person)
            continue;
        l->groups[o->group].others++;
        l->groups[o->group].own += sqlite3_column_int64(stmt, 1) == l->in->source_id;
    }
    tg_stride_reset(&l->identities); /* kin is written into its table */
    return status;
}

/* Where there are several, somebody has to look at them. */
static enum tg_status judge_groups(struct looking *l, struct tg_error *err)
{
    enum tg_status status = count_others(l, err);
    for (size_t k = 0; !status && k < l->n_groups; k++) {
        const struct group *g = &l->groups[k];
        if (g->others + g->n < 2)
            continue;
        for (size_t i = 0; !status && i < g->n; i++)
            status = touch(l->in, tg_posting_identity(&g->first[i]), err);
        if (!status && g->own + g->n > 1 && l->in->columns[tg_posting_column(g->first)].number_like)
            status = mark_kin(l, g, err);
    }
    l->n_groups = l->n_others = 0;
    return status;
}

static enum tg_status add_others(struct looking *l, const struct group *g, struct tg_error *err)
{
    const unsigned char *hash = tg_posting_hash(g->first);
    const unsigned number = number_of(l, g);
    bool row = false;
    enum tg_status status = tg_index_seek(&l->carriers, number, hash, &row, err);
    while (!status && row) {
        status = tg_grow(&l->others, &l->cap_others, l->n_others + 1, sizeof *l->others, err);
        if (status)
            break;
        l->others[l->n_others++] =
            (struct other){(uint32_t)tg_index_identity(&l->carriers), (uint32_t)l->n_groups};
        row = tg_index_again(&l->carriers);
    }
    return status;
}

static enum tg_status add_group(struct looking *l, const struct group *g, struct tg_error *err)
{
    const size_t before = l->n_others;
    enum tg_status status = l->there ? add_others(l, g, err) : TG_OK;
    if (status || (g->n < 2 && l->n_others == before))
        return status;
    status = tg_grow(&l->groups, &l->cap_groups, l->n_groups + 1, sizeof *l->groups, err);
    if (!status)
        l->groups[l->n_groups++] = *g;
    bool many = l->n_others >= OTHERS_MAX || l->n_groups >= OTHERS_MAX;
    return !status && many ? judge_groups(l, err) : status;
}

/* Is there a token of the column in the table? Of a first roster there is none. */
static enum tg_status is_in_table(struct looking *l, size_t column, struct tg_error *err)
{
    int64_t exists = 0;
    enum tg_status status = tg_db_number(
        &l->in->store->db, "SELECT EXISTS(SELECT 1 FROM identity_token WHERE token = ?)",
        DB_ARGS(DB_INT(l->in->columns[column].number)), &exists, err);
    l->there = exists != 0;
    return status;
}

static enum tg_status look_at_column(struct looking *l, const struct tg_posting *items, size_t n,
                                     struct tg_error *err)
{
    const struct tg_token_column *column = &l->in->columns[tg_posting_column(items)];
    if (!column->number_like && !column->bridging)
        return TG_OK;
    enum tg_status status = is_in_table(l, tg_posting_column(items), err);
    for (size_t i = 0, alike; !status && i < n; i += alike) {
        alike = tg_postings_alike(&items[i], n - i);
        /* who is looked at anyway is followed to those of the same name */
        if (!column->number_like && all_are_touched(l->in, &items[i], alike))
            continue;
        if (l->there || alike > 1)
            status = add_group(l, &(struct group){&items[i], alike, 0, 0}, err);
    }
    return status ? status : judge_groups(l, err);
}

static enum tg_status begin(struct looking *l, struct tg_error *err)
{
    const struct tg_db *db = &l->in->store->db;
    l->carriers.db = l->identities.db = db;
    enum tg_status status = tg_stride_prepare(
        &l->identities, "SELECT id, source_id, person_id FROM identity WHERE id >= ? ORDER BY id",
        err);
    if (!status)
        status = tg_db_prepare(db,
                               "SELECT i.id FROM identity_token t"
                               " JOIN identity i ON i.id = t.identity_id WHERE t.token = ?"
                               " AND t.hash = ? AND i.source_id = ? AND i.person_id IS NOT NULL",
                               &l->members, err);
    if (!status)
        status = tg_db_prepare(db, "UPDATE identity SET kin = 1 WHERE id = ? AND kin = 0",
                               &l->mark_kin, err);
    return status;
}

enum tg_status tg_sharing_look(struct tg_interner *in, struct tg_error *err)
{
    struct looking l = {.in = in, .carriers = {.index = TG_INDEX_TOKENS}};
    enum tg_status status = begin(&l, err);
    for (size_t i = 0, n; !status && i < in->n_pending; i += n) {
        size_t column = tg_posting_column(&in->pending[i]);
        n = tg_postings_of_column(&in->pending[i], in->n_pending - i);
        if (column < in->n_columns)
            status = look_at_column(&l, &in->pending[i], n, err);
    }
    tg_index_end(&l.carriers);
    tg_stride_free(&l.identities);
    (void)sqlite3_finalize(l.members);
    (void)sqlite3_finalize(l.mark_kin);
    free(l.groups);
    free(l.others);
    tg_ids_free(&l.own);
    return status;
}
