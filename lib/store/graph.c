/* SPDX-License-Identifier: Apache-2.0 */
#include "store/graph.h"

#include "base/reporter.h"
#include "store/ties.h"
#include "text/calendar.h"

#include <stdlib.h>

/* So many new identities are looked at together: what is kept of those whom they reach is some ten
 * MiB for each 32,768. */
enum { TOGETHER = 1 << 17 };

/* What the known birth months and sexes of a component say; kept at its root. */
struct summary {
    int64_t first; /* smallest identity */
    int32_t birth_month;
    uint8_t sex;
    bool complete;   /* some identity has both */
    bool differ;     /* they contradict each other */
    bool outlived;   /* a death does not end it */
    uint32_t died;   /* the first death; 0: none */
    uint32_t begins; /* the last first day that a file says */
};

struct decision {
    struct summary *components; /* by root of the component */
    bool *whole;                /* the same: all of it is one person */
    struct tg_ties ties;
    int64_t *person; /* by group */
};

static bool is_complete(const struct tg_node *node)
{
    return node->birth_month != TG_NO_MONTH && node->sex != 0;
}

static void add_to_summary(struct summary *s, const struct tg_node *node)
{
    if (s->first == 0 || node->id < s->first)
        s->first = node->id;
    if (node->birth_month != TG_NO_MONTH) {
        s->differ |= s->birth_month != TG_NO_MONTH && s->birth_month != node->birth_month;
        s->birth_month = node->birth_month;
    }
    if (node->sex) {
        s->differ |= s->sex && s->sex != node->sex;
        s->sex = node->sex;
    }
    s->complete |= is_complete(node);
    if (node->death == TG_DEATH_ENDS && (s->died == 0 || node->enrolled_to < s->died))
        s->died = node->enrolled_to;
    if (node->enrolled_from > s->begins)
        s->begins = node->enrolled_from;
    s->outlived |= node->death == TG_DEATH_OUTLIVED || (s->died && s->begins >= s->died);
}

static bool is_conflict(const struct summary *s)
{
    return s->differ || s->outlived;
}

static void summarise(struct tg_reach *reach, struct summary *components)
{
    for (size_t i = 0; i < reach->n; i++)
        components[i].birth_month = TG_NO_MONTH;
    for (size_t i = 0; i < reach->n; i++)
        add_to_summary(&components[tg_reach_root(reach, TG_COMPONENT, i)], &reach->nodes[i]);
}

/* A group is one person; a death before its end leaves it so, but nothing is added to it. */
static void group_nodes(struct tg_reach *reach, struct decision *d)
{
    for (size_t i = 0; i < reach->n; i++) {
        size_t root = tg_reach_root(reach, TG_COMPONENT, i);
        const struct summary *s = &d->components[root];
        bool whole = s->complete && !s->differ;
        d->whole[root] = whole && !s->outlived;
        reach->nodes[i].group = (uint32_t)(whole ? root : tg_reach_root(reach, TG_AGREEING, i));
    }
}

struct writer {
    const struct tg_db *db;
    struct tg_rows updates;
    sqlite3_stmt *log;
    int64_t first_new, delivery_id;
    int64_t joined_new;
};

static enum tg_status write_node(struct writer *w, const struct tg_node *node, int64_t person,
                                 int64_t conflict, bool watched, struct tg_error *err)
{
    bool is_new = node->id >= w->first_new;
    if (is_new)
        w->joined_new += (person != node->id) - (node->person != node->id);
    if (node->person == person && node->conflict == conflict && node->watched == watched)
        return TG_OK;
    enum tg_status status = tg_rows_add(&w->updates,
                                        DB_ARGS(DB_INT(node->id), DB_INT(person),
                                                DB_MAYBE(conflict != 0, conflict), DB_INT(watched)),
                                        err);
    if (!status && tg_rows_are_many(&w->updates))
        status = tg_rows_put(w->db, &w->updates, err);
    if (status || is_new || node->person == person)
        return status;
    return tg_db_run(
        w->db, w->log,
        DB_ARGS(DB_INT(node->id), DB_INT(node->person), DB_INT(person), DB_INT(w->delivery_id)),
        err);
}

static int by_id(const void *a, const void *b)
{
    const struct tg_ranked *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static enum tg_status write_all(struct tg_reach *reach, const struct decision *d, struct writer *w,
                                struct tg_error *err)
{
    struct tg_ranked *order = tg_calloc(reach->n, sizeof *order, err);
    if (!order)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < reach->n; i++)
        order[i] = (struct tg_ranked){reach->nodes[i].id, i};
    qsort(order, reach->n, sizeof *order, by_id);
    enum tg_status status =
        tg_db_prepare(w->db,
                      "UPDATE identity SET person_id = f.b, conflict = f.c, watched = f.d"
                      " FROM feed(?) f WHERE identity.id = f.a",
                      &w->updates.insert, err);
    if (!status)
        status = tg_db_prepare(w->db,
                               "INSERT INTO person_change(identity_id, from_person, to_person,"
                               " source_id, period, audit) VALUES(?1, ?2, ?3,"
                               " (SELECT source_id FROM delivery WHERE id = ?4),"
                               " (SELECT period FROM delivery WHERE id = ?4),"
                               " (SELECT coalesce(max(seq), 0) + 1 FROM audit))",
                               &w->log, err);
    for (size_t i = 0; !status && i < reach->n; i++) {
        size_t at = order[i].index;
        size_t root = tg_reach_root(reach, TG_COMPONENT, at);
        const struct summary *s = &d->components[root];
        status = write_node(w, &reach->nodes[at], d->person[reach->nodes[at].group],
                            is_conflict(s) ? s->first : 0, d->ties.watched[root], err);
    }
    if (!status)
        status = tg_rows_put(w->db, &w->updates, err);
    tg_rows_free(&w->updates);
    (void)sqlite3_finalize(w->log);
    free(order);
    return status;
}

static enum tg_status decide(struct tg_reach *reach, struct decision *d, struct tg_error *err)
{
    d->components = tg_calloc(reach->n, sizeof *d->components, err);
    d->whole = tg_calloc(reach->n, sizeof *d->whole, err);
    d->person = tg_calloc(reach->n, sizeof *d->person, err);
    if (!d->components || !d->whole || !d->person)
        return TG_NO_MEMORY;
    summarise(reach, d->components);
    group_nodes(reach, d);
    enum tg_status status = tg_ties_decide(reach, d->whole, &d->ties, err);
    return status ? status : tg_number_groups(reach, d->person, err);
}

/* New identities that were looked at, up to the last that is touched. */
struct reached {
    bool *is; /* by new identity */
    size_t n;
};

static void mark_reached(const struct tg_reach *reach, struct reached *reached)
{
    for (size_t i = 0; i < reach->n; i++) {
        int64_t at = reach->nodes[i].id - reach->first_new;
        if (at >= 0 && (size_t)at < reached->n)
            reached->is[at] = true;
    }
}

/* Looks at some who are touched, and at all whom they reach. */
static enum tg_status update_some(struct tg_store *store, const struct tg_graph_change *change,
                                  const struct tg_ids *some, const struct tg_reporter *reporter,
                                  struct writer *w, struct reached *reached, struct tg_error *err)
{
    struct tg_reach reach = {
        .store = store, .first_new = change->first_new, .revived = change->revived};
    struct decision d = {0};
    enum tg_status status = tg_reach_load(&reach, some, reporter, err);
    if (!status && reach.n) {
        status = decide(&reach, &d, err);
        if (!status)
            status = write_all(&reach, &d, w, err);
        if (!status)
            status = tg_ties_write(&reach, &d.ties, change->delivery_id, err);
    }
    mark_reached(&reach, reached);
    free(d.components);
    free(d.whole);
    free(d.person);
    tg_ties_free(&d.ties);
    tg_reach_free(&reach);
    return status;
}

/* The next of those who are touched and were not reached yet: all that are not new, and so many
 * that are. */
static enum tg_status take_some(const struct tg_graph_change *change, const struct reached *reached,
                                size_t *at, struct tg_ids *some, struct tg_error *err)
{
    const struct tg_ids *touched = change->touched;
    const size_t most = change->together ? change->together : (size_t)TOGETHER;
    enum tg_status status = TG_OK;
    some->n = 0;
    for (size_t n = 0; !status && *at < touched->n && n < most; ++*at) {
        int64_t id = touched->items[*at];
        bool is_new = id >= change->first_new;
        if (is_new && reached->is[id - change->first_new])
            continue;
        n += is_new;
        status = tg_ids_add(some, id, err);
    }
    return status;
}

/* Components do not meet: so those that are looked at together say nothing about the others. */
enum tg_status tg_graph_update(struct tg_store *store, const struct tg_graph_change *change,
                               const struct tg_reporter *reporter, int64_t *joined_new,
                               struct tg_error *err)
{
    const struct tg_ids *touched = change->touched;
    struct writer w = {
        .db = &store->db, .first_new = change->first_new, .delivery_id = change->delivery_id};
    int64_t last = touched->n ? touched->items[touched->n - 1] : 0;
    struct tg_ids some = {0};
    *joined_new = 0;
    struct reached reached = {0};
    if (last >= change->first_new)
        reached.n = (size_t)(last - change->first_new) + 1;
    reached.is = tg_calloc(reached.n, sizeof *reached.is, err);
    enum tg_status status = reached.is ? TG_OK : TG_NO_MEMORY;
    for (size_t at = 0; !status && at < touched->n;) {
        status = take_some(change, &reached, &at, &some, err);
        if (!status && some.n)
            status = update_some(store, change, &some, reporter, &w, &reached, err);
    }
    *joined_new = w.joined_new;
    tg_ids_free(&some);
    free(reached.is);
    return status;
}
