/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who is who: decides pairs from joined tokens. The engine knows entities as numbers 0…n−1 on two
 * sides and their tokens per match key; it does not know where they come from.
 */
#ifndef TG_LINK_ENGINE_H
#define TG_LINK_ENGINE_H

#include <totsugo/crypto.h>
#include <totsugo/link.h>

#include "base/mem.h"

enum tg_side { TG_LEFT, TG_RIGHT, TG_N_SIDES };

/** One token of one entity. */
struct tg_link_entry {
    unsigned char hash[TG_TOKEN_LEN];
    uint32_t entity;
};

/** One match key: all its tokens on both sides. An entity may have several. */
struct tg_link_key {
    const char *rule;    /**< the token's name */
    bool exact;          /**< false for ~1 tokens: evidence only */
    bool number_like;    /**< counts only where birth month and sex do not disagree */
    struct tg_link_entry *entries[TG_N_SIDES]; /**< owned; sorted by tg_linkage_sort() */
    size_t n[TG_N_SIDES], cap[TG_N_SIDES];
};

/** What is known of the entities of one side in clear; arrays of n, or NULL. */
struct tg_link_facts {
    uint32_t n;
    const int32_t *birth_month; /**< TG_NO_MONTH: unknown */
    const uint8_t *sex;         /**< 0: unknown */
};

/** The match keys, strongest first. */
struct tg_linkage {
    struct tg_link_facts facts[TG_N_SIDES];
    struct tg_link_key *keys;
    size_t n_keys;
    double accept; /**< probability from which a pair is a link */
    double review; /**< from which it goes to a clerk */
};

TG_CHECKED enum tg_status tg_linkage_add(struct tg_link_key *key, enum tg_side side,
                                         const unsigned char hash[TG_TOKEN_LEN], uint32_t entity,
                                         struct tg_error *err);
/** Sorts and removes doubles; call once before tg_linkage_decide(). */
void tg_linkage_sort(struct tg_linkage *l);
void tg_linkage_free(struct tg_linkage *l);

enum tg_link_state {
    TG_LINK_NOT_FOUND, /**< no token of it is on the other side */
    TG_LINK_LINKED,
    TG_LINK_REVIEW,    /**< a pair whose probability is between review and accept */
    TG_LINK_AMBIGUOUS, /**< its tokens point to several on either side */
    TG_LINK_CONFLICT,  /**< two keys point to different ones, or two rows to the same one */
};

/** What became of one left entity. */
struct tg_link_decision {
    enum tg_link_state state;
    uint32_t right;     /**< LINKED and REVIEW: the other side's entity */
    uint32_t key;       /**< LINKED and REVIEW: which key decided */
    double probability; /**< LINKED and REVIEW */
};

/** How one key did. */
struct tg_link_key_report {
    uint64_t with_token[TG_N_SIDES]; /**< entities that have it */
    uint64_t shared_by_others;       /**< right entities that share one of its tokens with another */
    uint64_t linked;
    double probability;              /**< that a unique agreement is no accident */
};

/**
 * Decides for every left entity.
 *
 * @param decisions   out: array of facts[TG_LEFT].n; free() it
 * @param reports     out: array of n_keys; free() it
 * @param candidates  out: array of facts[TG_RIGHT].n flags, true where some left entity that was
 *                    not linked points to it (such people are no controls); free() it
 */
TG_CHECKED enum tg_status tg_linkage_decide(const struct tg_linkage *l,
                                            struct tg_link_decision **decisions,
                                            struct tg_link_key_report **reports, bool **candidates,
                                            struct tg_error *err);
const char *tg_link_state_name(enum tg_link_state state);

#endif
