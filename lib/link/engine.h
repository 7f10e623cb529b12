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

#include "base/bytes.h"
#include "base/mem.h"

enum tg_side { TG_LEFT, TG_RIGHT, TG_N_SIDES };

/** One token of one entity. */
struct tg_link_entry {
    unsigned char hash[TG_TOKEN_LEN];
    uint32_t entity;
};

enum { TG_LINK_FIELDS_MAX = 31 };

/** What a shared token of a key says of one field. */
struct tg_link_part {
    uint8_t field; /**< 0…TG_LINK_FIELDS_MAX − 1, the linkage's own numbers */
    bool whole;    /**< the whole value is shared; false: a form that forgives an error */
};

/** One evidence token kept in memory: 8 bytes of its hash, and whose it is. */
struct tg_link_short {
    uint32_t high, low;
    uint32_t entity;
};

/** One match key: its tokens on both sides. An entity may have several. */
struct tg_link_key {
    const char *rule; /**< the token's name */
    bool exact;       /**< false: evidence only */
    bool number_like; /**< counts only where birth month and sex do not disagree */
    struct tg_link_entry *entries[TG_N_SIDES]; /**< owned; of an exact key; sorted by
                                                    tg_linkage_sort() */
    struct tg_link_short *shorts[TG_N_SIDES];  /**< owned; of an evidence key */
    size_t n[TG_N_SIDES], cap[TG_N_SIDES];
    struct tg_link_part *parts; /**< owned; NULL: nothing is known of its fields */
    size_t n_parts;
    bool with_sex; /**< the sex is in its tokens, too */
};

/** What is known of the entities of one side in clear; arrays of n, or NULL. */
struct tg_link_facts {
    uint32_t n;
    const int32_t *birth_month; /**< TG_NO_MONTH: unknown */
    const uint8_t *sex;         /**< 0: unknown */
};

/** What a clerk decided of a pair; it stands above all keys. */
struct tg_link_ruling {
    uint32_t left, right;
    bool same; /**< false: never a pair */
};
/** In place of a key's number: a clerk's ruling decided. */
enum { TG_LINK_BY_RULING = INT32_MAX };

/**
 * One token on its way to the weighing of evidence. The first eight bytes of the hash, as
 * tg_load_be64() reads them, decide: of n and m
 * tokens n · m / 2^64 pairs are expected to meet by chance, 0.0002 for 5 million rows of 36 tokens
 * against 1 million of 25, and a meeting by chance is one field pair that agrees, not a link.
 */
struct tg_evidence_token {
    uint64_t hash;
    uint32_t entity;
    uint32_t key;
};
typedef enum tg_status tg_on_evidence(void *ctx, const struct tg_evidence_token *tokens, size_t n,
                                      struct tg_error *err);
/** Where evidence tokens come from, so that they need not be in memory all at once. */
struct tg_evidence_source {
    /**
     * Hands on the tokens of evidence keys of one side, in any order, doubles allowed. It is
     * called several times and gives the same tokens each time.
     *
     * @param of  NULL: of all entities; else flags, by entity: of these
     */
    enum tg_status (*walk)(void *ctx, enum tg_side side, const bool *of, tg_on_evidence *on,
                           void *on_ctx, struct tg_error *err);
    void *ctx;
};

/** How many links there are, how many of them are expected to be right, and how many pairs of one
 * person there are to be found; sums of probabilities. correct / links is the expected precision,
 * correct / matches the expected recall. */
struct tg_link_share {
    double links, correct, matches;
    double hidden; /**< so many of the matches may be chance, or be missing among what is taken for
                        chance */
    double unmet;  /**< matches that share no token */
    double unmet_most; /**< at most so many do */
};

/** 95 %. */
struct tg_link_interval {
    double low, high;
};
/**
 * Two things make the real precision and recall differ from the expected ones. Which pairs happen
 * to have errors: the score interval of a share (Wilson 1927), which holds for few pairs and for
 * shares of 0 and 1, too. And what the model does not know: that chance is off by some tenths, and
 * how many pairs share nothing. Both are added as independent.
 *
 * @return NAN, NAN where the share has no links
 */
struct tg_link_interval tg_link_precision_interval(const struct tg_link_share *s);
/** @return NAN, NAN where the share has no matches */
struct tg_link_interval tg_link_recall_interval(const struct tg_link_share *s);
/** May more than one match in a hundred be missing beyond the ones expected, so that the expected
 * recall is an upper bound rather than an estimate? */
bool tg_link_recall_is_bound(const struct tg_link_share *s);

enum { TG_LINK_N_SEXES = 3, TG_LINK_AGE_YEARS = 5, TG_LINK_N_AGES = 21 };

/** The quality that a linkage expects of itself, without truth. */
struct tg_link_estimate {
    bool blind; /**< no evidence was weighed: `matches` counts only what was linked */
    struct tg_link_share all;
    struct tg_link_share sex[TG_LINK_N_SEXES];    /**< of the left entity; 0: unknown */
    struct tg_link_share age[TG_LINK_N_AGES + 1]; /**< 0–4, … 100 and over; the last: unknown */
};

/** The match keys, strongest first. facts[].n is below UINT32_MAX. */
struct tg_linkage {
    struct tg_link_facts facts[TG_N_SIDES];
    struct tg_link_key *keys;
    size_t n_keys;
    const struct tg_link_ruling *rulings; /**< borrowed; ascending by left, then right; everybody
                                               is the same as one at most */
    size_t n_rulings;
    double accept;                    /**< probability from which a pair is a link */
    double review;                    /**< from which it goes to a clerk */
    size_t n_fields;                  /**< that parts of keys name; sex is none of them */
    uint8_t ends[TG_LINK_FIELDS_MAX]; /**< of a field whose beginning and end are in keys, too: 1
                                           + the number these have as a field, which may
                                           have shorter ones; else 0 */
    size_t birth_field;               /**< the one that is the birth date; SIZE_MAX: none */
    double margin; /**< a link's odds are at least exp(margin) times those of any other pair of the
                        two; else it is for a clerk */
    struct tg_evidence_source evidence; /**< no walk: the keys' own */
    struct tg_link_memory *memory;      /**< borrowed; of the source's right side (link/memory.h);
                                             NULL: nothing is remembered */
    int32_t month;                      /**< in which ages are counted */
    struct tg_link_estimate *estimate;  /**< borrowed; NULL, or tg_linkage_decide() adds to it */
};

struct tg_study;
/** Says of every key, found by its rule's name, what fields it is made of. Call it when all keys
 * are there. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_linkage_describe(struct tg_linkage *l, const struct tg_study *study,
                                              struct tg_error *err);

/** Is the field the beginning and end of another one? */
bool tg_linkage_is_ends(const struct tg_linkage *l, size_t field);

/** Adds a token of an entity; in any order, doubles allowed. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_linkage_add(struct tg_link_key *key, enum tg_side side,
                                         const unsigned char hash[TG_TOKEN_LEN], uint32_t entity,
                                         struct tg_error *err);
/** Sorts and removes doubles; call once before tg_linkage_decide(). Takes no memory. */
void tg_linkage_sort(struct tg_linkage *l);
/** Frees keys and entries, not the facts, which are borrowed. NULL is allowed. */
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
    uint32_t right;     /**< LINKED and REVIEW: the other side's entity; else UINT32_MAX */
    uint32_t key;       /**< LINKED and REVIEW: which key decided; else UINT32_MAX */
    double probability; /**< LINKED and REVIEW */
};

/** How one key did. */
struct tg_link_key_report {
    uint64_t with_token[TG_N_SIDES]; /**< entities that have it */
    uint64_t shared_by_others; /**< right entities that share one of its tokens with another; of an
                                    evidence key of a large file an estimate,
                                    and 0 where no evidence is weighed */
    uint64_t met;       /**< exact keys: left entities one of whose tokens is on the right, too */
    uint64_t met_alone; /**< exact keys: those with a token that one entity on each side carries */
    uint64_t linked;
    double probability; /**< exact keys: that a unique agreement is no accident, of all that it
                             makes; else the mean of its links */
};

/**
 * Decides for every left entity: by exact passes, and for those that these neither link nor find
 * torn between two by evidence (link/evidence.h), where there are as many evidence keys as field
 * levels to be weighed. Small files, from which no evidence can be learned, still have the passes.
 *
 * A unique agreement is an accident only where the true counterpart is missing and somebody else
 * takes its place. A key's probability is therefore p = 1 − c · (u + 1) / (a + 1), at least 0:
 * c = (s + 0.1) / (n + 1000), s of n right entities with a token of the key sharing one with
 * another right entity, is the rate at which different people agree on it, with the weight of 1,000
 * more people of whom one in 10,000 does, so that small files are not ruled by chance; u left
 * entities with a token of the key meet nobody, a meet somebody uniquely. An accident agrees on
 * nothing else: where no other exact key with a further field names the same entity, a is the
 * number of those whom the key names alone. Nobody of 50 is taken for one of 80: of a key with the
 * whole birth date each of the u counts as many times as there are right entities of its month of
 * birth, relative to how many there are of a right entity's own month on average. Keys with p <
 * review and keys that are not exact decide nothing.
 *
 * A token that one entity on each side carries proposes that pair, unless birth month and sex both
 * disagree (for number-like keys: either); a token of several on either side proposes nobody.
 * Proposals with p ≥ accept go before the others; among them the strongest key
 * decides, and if two keys name different entities it is a conflict. A right entity goes to one
 * left entity only: to a link before a pair for review, then to the stronger key; the others are
 * conflicts, and with equal claims all are.
 *
 * The result does not depend on the order of entries or on how entities are numbered.
 *
 * @param decisions   out: array of facts[TG_LEFT].n; free() it
 * @param reports     out: array of n_keys; free() it
 * @param candidates  out: array of facts[TG_RIGHT].n flags, true where some left entity that was
 *                    not linked carries one of its tokens of a key with p ≥ review, whatever birth
 *                    month and sex say (such people are no controls); free() it
 * @return TG_OK; TG_NO_MEMORY; TG_BUG: entries are not sorted, or of entities that are not there
 */
TG_CHECKED enum tg_status tg_linkage_decide(const struct tg_linkage *l,
                                            struct tg_link_decision **decisions,
                                            struct tg_link_key_report **reports, bool **candidates,
                                            struct tg_error *err);
/** Did a clerk decide that the two are different people? */
bool tg_linkage_ruled_out(const struct tg_linkage *l, uint32_t left, uint32_t right);
/** What decided, as links.csv names it: the key's token, or "review". For LINKED and REVIEW. */
const char *tg_linkage_rule(const struct tg_linkage *l, const struct tg_link_decision *decision);
/** "not_found", "linked", "review", "ambiguous", "conflict": the words of unlinked.csv. */
const char *tg_link_state_name(enum tg_link_state state);

#endif
