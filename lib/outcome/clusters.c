/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/clusters.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
    const struct tg_cluster_place *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Orders rows by key; tells how many different keys there are. */
static uint64_t order(struct tg_cluster_place *places, size_t n)
{
    uint64_t different = 0;
    if (n)
        qsort(places, n, sizeof *places, by_key);
    for (size_t i = 0; i < n; i++)
        different += i == 0 || places[i].key != places[i - 1].key;
    return different;
}

/* Does a set hold more than one participant? Then it is a stratum. */
static bool has_strata(const struct tg_clusters *c, const struct tg_row *rows)
{
    uint32_t last = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct tg_row *row = &rows[c->by_set[i].row];
        if (row->set == 0 || row->arm != TG_PARTICIPANT)
            continue;
        if (row->set == last)
            return true;
        last = row->set;
    }
    return false;
}

enum tg_status tg_clusters_make(const struct tg_row *rows, size_t n, struct tg_clusters *out,
                                struct tg_error *err)
{
    struct tg_clusters c = {.n = n};
    c.by_set = tg_calloc(n, sizeof *c.by_set, err);
    c.by_person = tg_calloc(n, sizeof *c.by_person, err);
    if (!c.by_set || !c.by_person) {
        tg_clusters_free(&c);
        return TG_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        /* a row without a set is one of its own: numbers beyond those of sets */
        uint64_t alone = ((uint64_t)1 << 32) + rows[i].person;
        c.by_person[i] = (struct tg_cluster_place){rows[i].person, (uint32_t)i};
        c.by_set[i] = (struct tg_cluster_place){rows[i].set ? rows[i].set : alone, (uint32_t)i};
    }
    c.n_persons = order(c.by_person, n);
    c.n_sets = order(c.by_set, n);
    c.reused = c.n_persons < n;
    c.by_persons = has_strata(&c, rows);
    *out = c;
    return TG_OK;
}

void tg_clusters_free(struct tg_clusters *c)
{
    free(c->by_set);
    free(c->by_person);
    *c = (struct tg_clusters){0};
}

uint64_t tg_clusters_people(const struct tg_clusters *c, const struct tg_row *rows, enum tg_arm arm)
{
    uint64_t n = 0;
    uint32_t last = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct tg_row *row = &rows[c->by_person[i].row];
        if (row->arm != arm)
            continue;
        n += n == 0 || row->person != last;
        last = row->person;
    }
    return n;
}

/* Σ over keys (Σ influence)², by G/(G − 1) where that is asked for. */
static double squares(const struct tg_cluster_place *places, size_t n, const double *influence,
                      bool adjusted)
{
    double sum = 0, clusters = 0;
    for (size_t at = 0, end; at < n; at = end, clusters++) {
        double cluster = 0;
        for (end = at; end < n && places[end].key == places[at].key; end++)
            cluster += influence[places[end].row];
        sum += cluster * cluster;
    }
    return adjusted ? sum * (clusters / (clusters - 1)) : sum;
}

static double squares_of_rows(size_t n, const double *influence, bool adjusted)
{
    double sum = 0, rows = (double)n;
    for (size_t i = 0; i < n; i++)
        sum += influence[i] * influence[i];
    return adjusted ? sum * (rows / (rows - 1)) : sum;
}

double tg_clusters_variance(const struct tg_clusters *c, const double *influence, bool adjusted)
{
    double persons = squares(c->by_person, c->n, influence, adjusted);
    if (c->by_persons)
        return persons;
    double sets = squares(c->by_set, c->n, influence, adjusted);
    if (!c->reused)
        return sets;
    double both = sets + persons - squares_of_rows(c->n, influence, adjusted);
    return both > 0 ? both : fmax(sets, persons); /* the two-way sum may fall below 0 */
}

uint64_t tg_clusters_count(const struct tg_clusters *c)
{
    return c->by_persons || (c->reused && c->n_persons < c->n_sets) ? c->n_persons : c->n_sets;
}
