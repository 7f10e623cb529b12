/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sharing.h"

#include "store/index.h"
#include "store/stride.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* So many of those who are in the table are looked up together, in the order in which they lie. */
enum { OTHERS_MAX = 1 << 20 };
/* What lies far from what is looked at now is asked for so many ahead. */
enum { AHEAD = 16 };

/* New identities with one token: `n` of the pending postings from `first` on. */
struct group {
    uint32_t first, n;
    uint32_t others;   /* in the table and of rosters */
    uint32_t own;      /* and of them, of the same source */
    uint32_t person;   /* of the others; 0: none yet */
    uint32_t met[2];   /* some of them that are not of the same source; 0: none */
    uint32_t newcomer; /* its first, as a place among the newcomers */
    int32_t birth_month;
    uint8_t sex;
    bool knows; /* some other has both */
    bool odd;   /* the others are several people, or it is not for them alone to say who they are */
};

/* Somebody in the table who has the token of a group. */
struct other {
    uint32_t identity;
    uint32_t group;
};

struct looking {
    struct tg_interner *in;
    struct tg_index_cursor carriers;
    struct tg_stride identities, shared, apart;
    bool has_shared, has_parted; /* is there anything in the tables of such tokens? */
    sqlite3_stmt *members, *mark_kin;
    bool there; /* is anybody's token of this column in the table? */
    struct group *groups;
    size_t n_groups, cap_groups;
    struct other *others, *sorted;
    size_t n_others, cap_others, cap_sorted;
    struct tg_ids own; /* scratch */
};

static const struct tg_posting *posting_of(const struct looking *l, const struct group *g)
{
    return &l->in->pending[g->first];
}

static uint32_t place_of(const struct tg_interner *in, const struct tg_posting *p)
{
    return (uint32_t)(tg_posting_identity(p) - in->first_newcomer);
}

static struct tg_newcomer *newcomer_of(const struct tg_interner *in, const struct tg_posting *p)
{
    return &in->newcomers[place_of(in, p)];
}

/* The one of a group that has but one. */
static struct tg_newcomer *only_one(const struct looking *l, const struct group *g)
{
    return &l->in->newcomers[g->newcomer];
}

static const struct tg_token_column *column_of(const struct looking *l, const struct group *g)
{
    return &l->in->columns[tg_posting_column(posting_of(l, g))];
}

/* A new identity is to be looked at; once is enough. */
static enum tg_status touch(struct tg_interner *in, int64_t id, struct tg_error *err)
{
    struct tg_newcomer *newcomer = &in->newcomers[id - in->first_newcomer];
    if (newcomer->looked)
        return TG_OK;
    newcomer->looked = true;
    return tg_ids_add(&in->touched, id, err);
}

static bool all_are_touched(const struct tg_interner *in, const struct tg_posting *group, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!newcomer_of(in, &group[i])->looked)
            return false;
    }
    return true;
}

/* Whoever shares a number with another of its source; they are few. */
static enum tg_status mark_kin(struct looking *l, const struct group *g, struct tg_error *err)
{
    const struct tg_db *db = &l->in->store->db;
    const struct tg_posting *first = posting_of(l, g);
    bool row = true;
    l->own.n = 0;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < g->n; i++)
        status = tg_ids_add(&l->own, tg_posting_identity(&first[i]), err);
    if (!status)
        status = tg_db_bind(db, l->members,
                            DB_ARGS(DB_INT(column_of(l, g)->number),
                                    DB_BLOB(tg_posting_hash(first), TG_TOKEN_LEN),
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

/* ---- those who are in the table ---- */

/* By identity and, as they come, by group: least significant digit first (Knuth, The Art of
 * Computer Programming, volume 3, 5.2.5). */
static enum tg_status sort_others(struct looking *l, struct tg_error *err)
{
    enum { BITS = 11, DIGITS = 3 };
    size_t count[(1 << BITS) + 1];
    enum tg_status status =
        tg_grow(&l->sorted, &l->cap_sorted, l->cap_others, sizeof *l->sorted, err);
    for (unsigned digit = 0; !status && digit < DIGITS; digit++) {
        const struct other *from = l->others;
        memset(count, 0, sizeof count);
        for (size_t i = 0; i < l->n_others; i++)
            count[(from[i].identity >> (BITS * digit) & ((1 << BITS) - 1)) + 1]++;
        for (size_t d = 0; d < 1 << BITS; d++)
            count[d + 1] += count[d];
        for (size_t i = 0; i < l->n_others; i++)
            l->sorted[count[from[i].identity >> (BITS * digit) & ((1 << BITS) - 1)]++] = from[i];
        struct other *kept = l->others;
        size_t cap = l->cap_others;
        l->others = l->sorted;
        l->cap_others = l->cap_sorted;
        l->sorted = kept;
        l->cap_sorted = cap;
    }
    return status;
}

/* What is known of an identity of a roster, at the row at hand. */
struct facts {
    int64_t source;
    uint32_t person;
    int32_t birth_month;
    uint8_t sex;
    bool ordinary; /* has rows, and no day, name or contradiction speaks into who it is */
};

/* Columns as in begin(). */
static struct facts facts_of(sqlite3_stmt *stmt)
{
    bool born = sqlite3_column_type(stmt, 3) != SQLITE_NULL;
    bool alive = sqlite3_column_type(stmt, 5) != SQLITE_NULL;
    bool conflict = sqlite3_column_type(stmt, 6) != SQLITE_NULL;
    return (struct facts){.source = sqlite3_column_int64(stmt, 1),
                          .person = (uint32_t)sqlite3_column_int64(stmt, 2),
                          .birth_month = born ? sqlite3_column_int(stmt, 3) : TG_NO_MONTH,
                          .sex = (uint8_t)sqlite3_column_int(stmt, 4),
                          .ordinary = alive && !conflict && !sqlite3_column_int(stmt, 7) &&
                                      !sqlite3_column_int(stmt, 8)};
}

static void add_to_group(struct looking *l, const struct other *o, const struct facts *f)
{
    struct group *g = &l->groups[o->group];
    const bool own = f->source == l->in->source_id;
    g->others++;
    g->own += own;
    g->odd |= !f->ordinary || (g->person && g->person != f->person);
    g->person = f->person;
    if (f->birth_month != TG_NO_MONTH && f->sex) {
        g->knows = true;
        g->birth_month = f->birth_month;
        g->sex = f->sex;
    }
    if (!own)
        g->met[g->met[0] != 0] = o->identity;
}

static enum tg_status read_others(struct looking *l, struct tg_error *err)
{
    enum tg_status status = sort_others(l, err);
    struct facts facts = {0};
    bool person = false;
    for (size_t i = 0; !status && i < l->n_others; i++) {
        const struct other *o = &l->others[i];
        if (i + AHEAD < l->n_others)
            __builtin_prefetch(&l->groups[l->others[i + AHEAD].group], 1);
        if (i == 0 || l->others[i - 1].identity != o->identity) {
            status = tg_stride_identity(&l->identities, o->identity, &person, err);
            person = person && sqlite3_column_type(l->identities.stmt, 2) != SQLITE_NULL;
            if (person)
                facts = facts_of(l->identities.stmt);
        }
        if (!status && person)
            add_to_group(l, o, &facts);
    }
    tg_stride_reset(&l->identities); /* kin is written into its table */
    return status;
}

/* ---- who is to be looked at ---- */

/* Is the token one that two people hold, or that somebody parted by hand? */
static enum tg_status is_special(struct looking *l, const struct group *g, bool *special,
                                 struct tg_error *err)
{
    const unsigned number = column_of(l, g)->number;
    const unsigned char *hash = tg_posting_hash(posting_of(l, g));
    enum tg_status status = TG_OK;
    *special = false;
    if (l->has_shared)
        status = tg_stride_token(&l->shared, number, hash, special, err);
    if (!status && l->has_parted && !*special)
        status = tg_stride_token(&l->apart, number, hash, special, err);
    return status;
}

static bool agree(const struct tg_newcomer *newcomer, const struct group *g)
{
    return (newcomer->birth_month == TG_NO_MONTH || newcomer->birth_month == g->birth_month) &&
           (newcomer->sex == 0 || newcomer->sex == g->sex);
}

/* A new identity alone met one person: is it that person's? */
static bool may_join(const struct looking *l, const struct group *g, struct tg_newcomer *newcomer)
{
    if (g->odd || (newcomer->person && newcomer->person != g->person))
        return false;
    newcomer->person = g->person;
    for (size_t i = 0; i < 2; i++) {
        if (g->met[i] && g->met[i] != newcomer->met[0])
            newcomer->met[newcomer->met[0] != 0] = g->met[i];
    }
    if (!column_of(l, g)->number_like || !g->knows)
        return true;
    newcomer->joins = true;
    return agree(newcomer, g);
}

static enum tg_status judge_group(struct looking *l, const struct group *g, struct tg_error *err)
{
    const struct tg_posting *first = posting_of(l, g);
    bool special = false;
    if (g->others + g->n < 2)
        return TG_OK;
    enum tg_status status = is_special(l, g, &special, err);
    if (!status && (special || g->n > 1 || !may_join(l, g, only_one(l, g)))) {
        for (size_t i = 0; !status && i < g->n; i++)
            status = touch(l->in, tg_posting_identity(&first[i]), err);
    }
    if (!status && g->own + g->n > 1 && column_of(l, g)->number_like)
        status = mark_kin(l, g, err);
    return status;
}

static enum tg_status judge_groups(struct looking *l, struct tg_error *err)
{
    enum tg_status status = l->n_others ? read_others(l, err) : TG_OK;
    for (size_t k = 0; !status && k < l->n_groups; k++) {
        if (k + AHEAD < l->n_groups)
            __builtin_prefetch(only_one(l, &l->groups[k + AHEAD]), 1);
        status = judge_group(l, &l->groups[k], err);
    }
    l->n_groups = l->n_others = 0;
    return status;
}

/* Have all who were added from `before` on been met, so that nothing more can be learnt of them? */
static bool are_met(const struct looking *l, const struct group *g, size_t before)
{
    const struct tg_newcomer *newcomer = only_one(l, g);
    if (g->n > 1 || l->has_shared || l->has_parted || newcomer->looked ||
        (column_of(l, g)->number_like && !newcomer->joins))
        return false;
    for (size_t i = before; i < l->n_others; i++) {
        if (l->others[i].identity != newcomer->met[0] && l->others[i].identity != newcomer->met[1])
            return false;
    }
    return true;
}

static enum tg_status add_others(struct looking *l, const struct group *g, struct tg_error *err)
{
    bool row = false;
    enum tg_status status = tg_index_seek(&l->carriers, column_of(l, g)->number,
                                          tg_posting_hash(posting_of(l, g)), &row, err);
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
    if (are_met(l, g, before)) {
        l->n_others = before;
        return TG_OK;
    }
    status = tg_grow(&l->groups, &l->cap_groups, l->n_groups + 1, sizeof *l->groups, err);
    if (!status)
        l->groups[l->n_groups++] = *g;
    bool many = l->n_others >= OTHERS_MAX || l->n_groups >= OTHERS_MAX;
    return !status && many ? judge_groups(l, err) : status;
}

static enum tg_status has_rows_in(const struct looking *l, const char *sql, bool *has,
                                  struct tg_error *err)
{
    int64_t is = 0;
    enum tg_status status = tg_db_number(&l->in->store->db, sql, DB_NO_ARGS, &is, err);
    *has = is != 0;
    return status;
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

/* Postings `from` to `from` + `n` are all of a column. */
static enum tg_status look_at_column(struct looking *l, size_t from, size_t n, struct tg_error *err)
{
    const struct tg_posting *items = &l->in->pending[from];
    const struct tg_token_column *column = &l->in->columns[tg_posting_column(items)];
    if (!column->number_like && !column->bridging)
        return TG_OK;
    enum tg_status status = is_in_table(l, tg_posting_column(items), err);
    for (size_t i = 0, alike; !status && i < n; i += alike) {
        if (i + AHEAD < n)
            __builtin_prefetch(newcomer_of(l->in, &items[i + AHEAD]));
        alike = tg_postings_alike(&items[i], n - i);
        /* who is looked at anyway is followed to those of the same name */
        if (!column->number_like && all_are_touched(l->in, &items[i], alike))
            continue;
        if (l->there || alike > 1)
            status = add_group(l,
                               &(struct group){.first = (uint32_t)(from + i),
                                               .n = (uint32_t)alike,
                                               .newcomer = place_of(l->in, &items[i])},
                               err);
    }
    return status ? status : judge_groups(l, err);
}

/* Who met one person and shares a number with it is that person; who met somebody and does not, is
 * looked at. */
static enum tg_status join_newcomers(struct looking *l, struct tg_error *err)
{
    struct tg_interner *in = l->in;
    struct tg_rows updates = {0};
    enum tg_status status = tg_rows_prepare(
        &in->store->db,
        "UPDATE identity SET person_id = f.b FROM feed(?) f WHERE identity.id = f.a", NULL, 0,
        &updates, err);
    for (size_t i = 0; !status && i < in->n_newcomers; i++) {
        const struct tg_newcomer *newcomer = &in->newcomers[i];
        const int64_t id = in->first_newcomer + (int64_t)i;
        if (newcomer->looked || !newcomer->person)
            continue;
        if (!newcomer->joins) {
            status = touch(in, id, err);
            continue;
        }
        in->n_founders--;
        status = tg_rows_add(&updates, DB_ARGS(DB_INT(id), DB_INT(newcomer->person)), err);
        if (!status && tg_rows_are_many(&updates))
            status = tg_rows_put(&in->store->db, &updates, err);
    }
    if (!status)
        status = tg_rows_put(&in->store->db, &updates, err);
    tg_rows_free(&updates);
    return status;
}

static enum tg_status begin(struct looking *l, struct tg_error *err)
{
    const struct tg_db *db = &l->in->store->db;
    l->carriers.db = l->identities.db = l->shared.db = l->apart.db = db;
    enum tg_status status = tg_stride_prepare(
        &l->identities,
        "SELECT id, source_id, person_id, birth_month, sex, seen_from, conflict, watched, death"
        " FROM identity WHERE id >= ? ORDER BY id",
        err);
    if (!status)
        status = has_rows_in(l, "SELECT EXISTS (SELECT 1 FROM shared_token)", &l->has_shared, err);
    if (!status)
        status = has_rows_in(l, "SELECT EXISTS (SELECT 1 FROM person_apart)", &l->has_parted, err);
    if (!status)
        status = tg_stride_prepare(&l->shared,
                                   "SELECT token, hash FROM shared_token"
                                   " WHERE (token, hash) >= (?, ?) ORDER BY token, hash",
                                   err);
    if (!status)
        status = tg_stride_prepare(&l->apart,
                                   "SELECT token, hash FROM person_apart"
                                   " WHERE (token, hash) >= (?, ?) ORDER BY token, hash",
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

static void end(struct looking *l)
{
    tg_index_end(&l->carriers);
    tg_stride_free(&l->identities);
    tg_stride_free(&l->shared);
    tg_stride_free(&l->apart);
    (void)sqlite3_finalize(l->members);
    (void)sqlite3_finalize(l->mark_kin);
    free(l->groups);
    free(l->others);
    free(l->sorted);
    tg_ids_free(&l->own);
}

enum tg_status tg_sharing_look(struct tg_interner *in, struct tg_error *err)
{
    struct looking l = {.in = in, .carriers = {.index = TG_INDEX_TOKENS}};
    enum tg_status status = begin(&l, err);
    for (size_t i = 0, n; !status && i < in->n_pending; i += n) {
        size_t column = tg_posting_column(&in->pending[i]);
        n = tg_postings_of_column(&in->pending[i], in->n_pending - i);
        if (column < in->n_columns)
            status = look_at_column(&l, i, n, err);
    }
    tg_stride_reset(&l.shared);
    tg_stride_reset(&l.apart);
    if (!status)
        status = join_newcomers(&l, err);
    end(&l);
    return status;
}
