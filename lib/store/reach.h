/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * All identities that can be reached from some by number-like tokens, and two union-finds over
 * them.
 */
#ifndef TG_STORE_REACH_H
#define TG_STORE_REACH_H

#include "store/graph.h"

enum tg_union {
    TG_COMPONENT, /**< joined by tokens */
    TG_AGREEING,  /**< joined by tokens, and agree on birth month and sex */
    TG_N_UNIONS
};

/** An identity of a roster that has rows. */
struct tg_node {
    int64_t id;
    int64_t person;
    int64_t conflict; /**< 0: none */
    int32_t birth_month;
    uint8_t sex;
    uint32_t parent[TG_N_UNIONS];
};

/** A node that has, or stands beside one that had, the number of an identity without rows. */
struct tg_claim {
    int64_t person;
    int64_t member; /**< the node's identity */
};

/** A node by its identity. */
struct tg_ranked {
    int64_t id;
    size_t index;
};

struct tg_reach {
    struct tg_store *store; /**< given by the caller, the rest zero */
    struct tg_node *nodes;
    size_t n, cap;
    struct tg_claim *claims;
    size_t n_claims, cap_claims;

    struct tg_numbers numbers;
    uint32_t *slots; /**< node index + 1 by identity, open addressing */
    size_t n_slots;
    struct tg_seen_hash *seen; /**< tokens whose carriers are already joined */
    size_t n_seen, cap_seen;
    sqlite3_stmt *load, *tokens, *shared, *carriers, *alive, *holders;
    struct tg_buf packed;
    struct tg_carrier *group;
    size_t cap_group;
};

TG_CHECKED enum tg_status tg_reach_load(struct tg_reach *reach, const struct tg_ids *from,
                                        const struct tg_reporter *reporter, struct tg_error *err);
/** The node that stands for the set of node `at`. */
size_t tg_reach_root(struct tg_reach *reach, enum tg_union which, size_t at);
/** The node of an identity; SIZE_MAX: it was not reached. */
size_t tg_reach_find(const struct tg_reach *reach, int64_t id);
/** Is the number of an identity without rows held by nobody who was not reached? */
TG_CHECKED enum tg_status tg_reach_is_free(struct tg_reach *reach, int64_t person, bool *is_free,
                                           struct tg_error *err);
void tg_reach_free(struct tg_reach *reach);

#endif
