/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Deciding by evidence; private to the room. The method is that of Fellegi and Sunter (1969) with
 * the match classes and their weights found by expectation-maximisation (Winkler 1988), and these
 * answers to its weaknesses:
 *
 * Candidates are the pairs that share a token, of each left entity that is still open. Of those
 * that are linked a sample stands for all: from it is learned what matches look like. A field is
 * the same where some shared key holds its whole value, near where only forms of it that forgive an
 * error are shared, missing where one side has no token with it, else different.
 *
 * Chance: how often different people agree is taken from pairs of two entities of the same file,
 * without those that share a number or all that both have: they are different people. Of a file of
 * more than 20,000 a sample of 10,000 is paired with all. From the pairs that agree on two fields
 * follows by least squares of logarithms how often each level of each field is met by chance; keys
 * of three parts have equations, too. Two fields that agree together more often than their own
 * rates say (over twice, and the equations are clearly better without theirs) are dependent and
 * keep their joint rate. What the rates say of a pattern is weighed with how often it was seen (a
 * Gamma prior worth half a pair). Names tell the sex, so the rate of equal sexes is that among
 * pairs that agree on the field that says most of it. At last the rates are learned again from the
 * pairs of the two files, as far as they are no matches: the files may be of other people. What
 * those who have a partner share with others bounds what the rest may share by chance, and where
 * they surely share more than the rates say, as relatives do, so does everybody.
 *
 * Rarity: chance is weighed with how common the pair's shared values are, relative to the usual
 * ones (link/rarity.h), so that over pairs that met by chance its inverse is one on average.
 *
 * Matches: two classes, records without and with many errors, since errors come together; 60
 * rounds. Pairs most of whose fields differ teach them nothing: relatives and neighbours would be
 * taken for bad records. Where no value is equal it is not seen whether one differs by one error or
 * by more; the classes say which is how likely. Fields of one person's records depend on each other
 * in more ways than classes say: what they say of a pattern is weighed with its own count in the
 * same way, 20 rounds. Rates of chance are off by three tenths or so, so a count says the less, the
 * more of it chance brings: its weight is n / (n + (0.3 · chance)²), the variance of a Poisson
 * count to that of one whose mean is not quite known (quasi-likelihood, Wedderburn 1974). Matches
 * that chance hides would be counted as none without that, and what is missed be taken for less
 * than it is. A class less than half of whose matches have such weight is taken back: it stands
 * for what the rates of chance miss, as clean files leave a class free to do.
 *
 * One to one: with odds o of a pair, and the sum s of the odds of all pairs of either of the two,
 * its probability is o / (1 + s): where two are equally good neither is above one half. Odds of two
 * entities at random grow when they are known to have nobody else: of n entities of a side of whom
 * m have matches n − m are left, so odds are multiplied by n / (n − m + 1) for each side. The share
 * that is left may depend on the month of birth (a file of those over 75 meets one of all ages):
 * months are split where two shares say more than one (binary segmentation with the criterion of
 * Schwarz 1978). So may it on where somebody comes from: of the users of a town's app those with a
 * postal code of the town are nearly all in its files. Left entities of whose values one is hardly
 * anybody else's have a share of their own where that says more. 3 rounds.
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

/** Of beginnings and ends: is one of them the same? */
static inline bool tg_is_shared(enum tg_link_level level)
{
    return level == TG_NEAR || level == TG_SAME;
}

/** Does the field differ by one error or by more? It is near, and so are its ends: not seen. */
static inline bool tg_is_unseen(const struct tg_linkage *l, uint64_t levels, size_t field)
{
    return field < l->n_fields && l->ends[field] && tg_level_of(levels, field) == TG_NEAR &&
           tg_is_shared(tg_level_of(levels, l->ends[field] - 1u)) && !tg_linkage_is_ends(l, field);
}

/** Where the levels of a pair say whether the sexes agree; the fields are before it. */
enum { TG_SEX_PLACE = TG_LINK_FIELDS_MAX };

/** Two entities that share a token. */
struct tg_pair {
    uint32_t left, right;
    uint64_t levels;   /**< by field: enum tg_link_level */
    uint32_t key;      /**< the first one shared */
    uint32_t pattern;  /**< set by the model */
    double commonness; /**< how many times commoner than usual its whole values are */
    double odds;       /**< set by the model: match against chance */
    double weight; /**< pairs of the file that this one stands for; 1 unless it is of a sample */
};

struct tg_pairs {
    struct tg_pair *items;
    size_t n, cap;
};

/** Pairs of one file with itself, counted by what they agree in; ascending by levels. */
struct tg_patterns {
    struct tg_pattern_count {
        uint64_t levels;
        double n;
    } * items;
    size_t n, cap;
    double of; /**< pairs that were looked at, most of which share nothing */
};

/** Pairs of entities: of two of one side, or of one of each. */
enum tg_holders_pairs { TG_HOLDERS_LEFT, TG_HOLDERS_RIGHT, TG_HOLDERS_ACROSS, TG_HOLDERS_N_PAIRS };

/** Entities counted by the fields that they have. */
struct tg_holders {
    struct tg_holder_count {
        uint32_t fields; /**< as bits; bit TG_SEX_PLACE: the sex is known */
        double n[TG_N_SIDES];
    } * items;
    size_t n, cap;
    double *born[TG_HOLDERS_N_PAIRS];    /**< by two of the items: pairs of one year of birth */
    double all_born[TG_HOLDERS_N_PAIRS]; /**< these together; 0: unknown */
};

/** Is a value of a left entity hardly anybody else's (link/rarity.h)? */
enum tg_link_origin { TG_FROM_HERE, TG_FOREIGN, TG_NOT_LOOKED_AT };

/** All pairs that the model needs. */
struct tg_candidates {
    bool applies; /**< tg_evidence_applies(); if not there are no pairs */
    struct tg_pairs across;
    struct tg_patterns within[TG_N_SIDES]; /**< without two rows that share a number */
    struct tg_holders holders;
    uint8_t *origins;  /**< by left entity: enum tg_link_origin */
    double unmet;      /**< set by the model: matches expected beside what odds say */
    double unmet_most; /**< the same: they are hardly more than so many */
    float *hidden; /**< the same, owned; by pattern: the share of its matches that may be chance */
};

/**
 * The pairs that share a token. A token that would make more than 3,600 pairs says little and makes
 * none.
 *
 * Cost: evidence tokens are walked once for the filter (those of open and sampled entities) and
 * once more (all). Those that may be met are kept, 12 bytes each, in 512 parts by their hash; each
 * part is sorted in the cache and joined. Every pair and key that meet take 8 bytes, in heaps by
 * one of the two, each of which is sorted in the cache and folded. What is gathered lies in chunks
 * that are used again for what is gathered next.
 *
 * @param decisions  of the exact passes, by left entity; NULL: all are open
 * @param reports    out: with_token and shared_by_others of evidence keys
 * @param out        tg_candidates_free() it; across is sorted by levels, rarity, entities: sums
 *                   over it do not depend on how entities are numbered but for pairs of one value
 * @return TG_OK, TG_NO_MEMORY, what the walk returns
 */
TG_CHECKED enum tg_status tg_candidates_find(const struct tg_linkage *l,
                                             const struct tg_link_decision *decisions,
                                             struct tg_link_key_report *reports,
                                             struct tg_candidates *out, struct tg_error *err);
void tg_candidates_free(struct tg_candidates *c);

/** @param fields  by entity of each side: bits of its fields. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_holders_count(const struct tg_linkage *l,
                                           uint32_t *const fields[TG_N_SIDES],
                                           struct tg_holders *out, struct tg_error *err);
void tg_holders_free(struct tg_holders *h);
/**
 * Of the pairs, the share of those both of whom have the fields.
 *
 * @param are_born  of pairs that are born in one year: what somebody has depends on the age, and
 *                  those who agree on the birth date are of one; where no years are known, of all
 */
double tg_holders_both(const struct tg_holders *h, enum tg_holders_pairs p, uint32_t fields,
                       bool are_born);
/** Of the pairs of the two sides, the share that have these of all fields in common and no others;
 * 1 pair at least. */
double tg_holders_share(const struct tg_holders *h, uint32_t all, uint32_t fields, bool are_born);

/** The sex as a level. */
enum tg_link_level tg_sex_level(const struct tg_linkage *l, enum tg_side a, uint32_t x,
                                enum tg_side b, uint32_t y);

/** @param sums  out, by entity of each side: the odds of all its pairs */
void tg_odds_add_up(const struct tg_linkage *l, const struct tg_pairs *pairs,
                    double *const sums[TG_N_SIDES]);
/** One to one: how likely the pair is a match, as its odds are to those of the two with others. */
double tg_odds_probability(double *const sums[TG_N_SIDES], const struct tg_pair *pair);

/** How often different people agree. */
struct tg_chance;
/** @param c  borrowed until tg_chance_free(). @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_chance_learn(const struct tg_linkage *l, const struct tg_candidates *c,
                                          struct tg_chance **out, struct tg_error *err);
/**
 * How many pairs of different people have these levels: as the rates of levels say, weighed with
 * the number that was seen within the files and, when it is known, between the two.
 *
 * @param pattern  its place among the levels of the pairs across, which ascend
 * @param n_pairs  pairs of the two files that have the fields which are not missing, and no others
 */
double tg_chance_of(const struct tg_chance *c, uint64_t levels, size_t pattern, double n_pairs);
/**
 * The two files may be of other people: takes the rates from their own pairs, as far as their odds
 * say that they are no matches. Odds that are too low would feed matches to chance, which lowers
 * them further. So whoever has found a partner says what chance is like, for all their other pairs
 * are of different people; others agree by chance at most as often.
 *
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_chance_learn_across(struct tg_chance *c, struct tg_error *err);
void tg_chance_free(struct tg_chance *c);

/** What two records of one person say of a field. */
enum tg_outcome {
    TG_OUTCOME_SAME,
    TG_OUTCOME_NEAR,
    TG_OUTCOME_ENDS,  /**< different, with the same beginning or end */
    TG_OUTCOME_APART, /**< different in all */
    TG_N_OUTCOMES
};
/**
 * Of matches whose fields are independent, those that classes are not learned from: more than half
 * of the fields differ, or no equal value comes with another one that shares something.
 *
 * @param share   by field: how likely each outcome is; sums to 1
 * @param n       1…TG_LINK_FIELDS_MAX
 * @param unseen  out, by field: how likely it is that an outcome comes and the match is not seen
 * @return how likely it is that a match is not seen
 */
double tg_unseen(double share[][TG_N_OUTCOMES], size_t n, double unseen[][TG_N_OUTCOMES]);

/** Sets the odds of all pairs across. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_model_fit(const struct tg_linkage *l, struct tg_candidates *c,
                                       struct tg_error *err);

/** How likely those of each month of birth and origin have nobody else. */
struct tg_alone;
/**
 * @param decisions  whose links count
 * @param origins    by left entity: enum tg_link_origin; borrowed; NULL: all are from here
 * @param out        tg_alone_free() it
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_alone_begin(const struct tg_linkage *l,
                                         const struct tg_link_decision *decisions,
                                         const uint8_t *origins, struct tg_alone **out,
                                         struct tg_error *err);
/** Counts the two as matched, as far as the probability says. */
void tg_alone_add(struct tg_alone *a, const struct tg_pair *pair, double probability);
/** Takes what was added since the last update. */
void tg_alone_update(struct tg_alone *a);
/** By what the last update changes the odds of a pair. */
double tg_alone_ratio(const struct tg_alone *a, const struct tg_pair *pair);
/** NULL is allowed. */
void tg_alone_free(struct tg_alone *a);

/** Are there as many evidence keys with tokens on both sides as levels to be weighed? */
bool tg_evidence_applies(const struct tg_linkage *l, const struct tg_link_key_report *reports);
/** Matches that are expected beside the links. */
struct tg_link_expected {
    double *by_left; /**< of entities that are not linked yet; NULL: nothing is known; free() it */
    double *hidden;  /**< as many of these may be chance, or be missing; the same */
    double unmet;    /**< of which no pair tells */
    double unmet_most; /**< they are hardly more than so many */
};
/**
 * Decides for the left entities that are not linked yet; pairs with linked entities are left out.
 * @param decisions  in and out
 * @param reports    in: with_token of exact keys; out: of evidence keys
 * @param expected   out, where evidence applies
 */
TG_CHECKED enum tg_status tg_evidence_decide(const struct tg_linkage *l,
                                             struct tg_link_decision *decisions,
                                             struct tg_link_key_report *reports,
                                             struct tg_link_expected *expected,
                                             struct tg_error *err);
/** Adds to the linkage's estimate. */
void tg_estimate_links(const struct tg_linkage *l, const struct tg_link_decision *decisions,
                       const struct tg_link_expected *expected);

#endif
