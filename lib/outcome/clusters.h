/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who belongs together when a variance is estimated; private to the room.
 */
#ifndef TG_OUTCOME_CLUSTERS_H
#define TG_OUTCOME_CLUSTERS_H

#include "outcome/estimate.h"

/** A row's key with its place. */
struct tg_cluster_place {
    uint64_t key;
    uint32_t row;
};

/** Rows in the order of a key. */
struct tg_clusters {
    struct tg_cluster_place *by_set, *by_person;
    size_t n;
    uint64_t n_sets, n_persons;
    bool reused;     /**< somebody stands in several rows */
    bool by_persons; /**< sets are no matched sets: persons alone are clusters */
};

TG_CHECKED enum tg_status tg_clusters_make(const struct tg_row *rows, size_t n,
                                           struct tg_clusters *out, struct tg_error *err);
void tg_clusters_free(struct tg_clusters *c);

/** Different people of an arm. */
uint64_t tg_clusters_people(const struct tg_clusters *c, const struct tg_row *rows,
                            enum tg_arm arm);
/** Σ over clusters (Σ influence)². `adjusted`: each way of clustering by G/(G − 1). */
double tg_clusters_variance(const struct tg_clusters *c, const double *influence, bool adjusted);
/** How many clusters decide the degrees of freedom. */
uint64_t tg_clusters_count(const struct tg_clusters *c);

#endif
