/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Deciding by evidence; private to the room. The method is that of Fellegi and Sunter (1969) with
 * the match classes and their weights found by expectation-maximisation (Winkler 1988), and these
 * answers to its weaknesses:
 *
 * Candidates are the pairs that share a token. A field is the same where some shared key holds its
 * whole value, near where only forms of it that forgive an error are shared, missing where one side
 * has no token with it, else different.
 *
 * Chance: how often different people agree is taken from pairs of two entities of the same file,
 * without those that share a number or all that both have: they are different people. From the
 * pairs that agree on two fields follows by least squares of logarithms how often each level of
 * each field is met by chance; a pair of fields that agrees more often together than their own
 * rates say (over twice) is dependent and keeps its joint rate. A pattern that was seen more often
 * than that within the files has the rate seen.
 *
 * Rarity: chance is weighed with how many others share a pair's tokens, relative to the mean.
 *
 * Matches: two classes, records without and with many errors, since errors come together; 60
 * rounds.
 *
 * One to one: with odds o of a pair, and the sum s of the odds of all pairs of either of the two,
 * its probability is o / (1 + s): where two are equally good neither is above one half.
 */
#ifndef TG_LINK_EVIDENCE_H
#define TG_LINK_EVIDENCE_H

#include "link/engine.h"

/** Two bits a field. */
enum tg_link_level { TG_DIFFERENT, TG_NEAR, TG_MISSING, TG_SAME, TG_N_LEVELS };

static inline enum tg_link_level tg_level_of(uint64_t levels, size_t field)
{
    return (enum tg_link_level)(levels >> (2 * field) & 3);
}

/** Two entities that share a token. */
struct tg_pair {
    uint32_t left, right;
    uint64_t levels;  /**< by field: enum tg_link_level */
    uint32_t key;     /**< the first one shared */
    uint32_t pattern; /**< set by the model */
    double others;    /**< entities besides that share its whole tokens */
    double usual;     /**< their mean number for these keys */
    double odds;      /**< set by the model: match against chance */
};

struct tg_pairs {
    struct tg_pair *items;
    size_t n, cap;
};

/**
 * The pairs of two sides, or of one side with itself (each pair once), that share a token; in no
 * order. A token that would make more than 3,600 pairs says little and makes none.
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_pairs_join(const struct tg_linkage *l, enum tg_side a, enum tg_side b,
                                        struct tg_pairs *out, struct tg_error *err);
/** Sorts by levels, rarity, entities: sums over them do not depend on how entities are numbered
 * but for pairs of one value. */
void tg_pairs_sort(struct tg_pairs *pairs);
void tg_pairs_free(struct tg_pairs *pairs);

/**
 * Sets the odds of all pairs, which are sorted.
 * @param within  for each side: its pairs with itself, sorted
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_model_fit(const struct tg_linkage *l, struct tg_pairs *pairs,
                                       const struct tg_pairs within[TG_N_SIDES],
                                       struct tg_error *err);

/** Are there as many evidence keys with tokens on both sides as levels to be weighed? */
bool tg_evidence_applies(const struct tg_linkage *l);
/**
 * Decides for the left entities that are not linked yet; pairs with linked entities are left out.
 * @param decisions  in and out
 */
TG_CHECKED enum tg_status tg_evidence_decide(const struct tg_linkage *l,
                                             struct tg_link_decision *decisions,
                                             struct tg_error *err);

#endif
