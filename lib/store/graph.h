/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Persons: which identities of rosters are one and the same.
 *
 * Two identities belong together when they share the stored hash of a number-like token that is
 * not known to be shared by two people, and agree on birth month and sex. All identities joined by
 * such tokens, whatever their birth months and sexes, are a component; whom somebody joined by hand
 * counts as if they shared one. A component with two birth
 * months or two sexes is a conflict, and so is one in which somebody begins after a death that took
 * somebody out of a roster, or goes on in the file that tells of it; nothing but numbers joins
 * anybody to a conflict. In one whose birth months and sexes agree and with at least one
 * identity that has both, all are one person, also those that lack one of them; elsewhere an
 * identity that lacks one of them stands alone. What numbers left apart may be joined by a name
 * with birth date and sex, and by the change of systems at 75: see ties.h.
 *
 * So who is one person is a function of what is in the store and not of the order in which it
 * came. Numbers are stable: a person has the number of its first identity and keeps it, the
 * smallest survives a merge, and after a split each part gets the number it had or would have had.
 */
#ifndef TG_STORE_GRAPH_H
#define TG_STORE_GRAPH_H

#include "store/intern.h"

/** Tokens of one sort as the store numbers them. */
struct tg_numbers {
    unsigned *items;
    size_t n;
};
TG_CHECKED enum tg_status tg_numbers_load(const struct tg_store *store, struct tg_numbers *out,
                                          struct tg_error *err);
/** A token of a name, a birth date and a sex, and nothing else, that decides. */
bool tg_token_bridges(const struct tg_token_def *def);
/** Bridging tokens likewise. */
TG_CHECKED enum tg_status tg_bridging_load(const struct tg_store *store, struct tg_numbers *out,
                                           struct tg_error *err);
/** And of these, those of the written name: people called alike write it differently, while one
 * person's reading may be corrected. */
TG_CHECKED enum tg_status tg_written_load(const struct tg_store *store, struct tg_numbers *out,
                                          struct tg_error *err);
void tg_numbers_free(struct tg_numbers *numbers);
bool tg_numbers_has(const struct tg_numbers *numbers, unsigned token);

/** What changed in rosters. */
struct tg_graph_change {
    const struct tg_ids *touched; /**< ascending; those without rows are passed over */
    const struct tg_ids *revived; /**< had no rows before this delivery; ascending */
    int64_t first_new;            /**< identities from this number on are new in this delivery */
    int64_t delivery_id;          /**< what brought the change; 0: no file did */
    size_t together;              /**< so many new ones are looked at together; 0: 131,072 */
};

/**
 * Looks anew at the components of the identities that are touched, in the caller's transaction: of
 * all that are not new, then of some of the new ones at a time. Memory: about 400 bytes for each
 * identity that these reach, and as tg_reach_load() says.
 *
 * @param joined_new  out: how many more new identities than before are of a person of a smaller
 *                    number
 */
TG_CHECKED enum tg_status tg_graph_update(struct tg_store *store,
                                          const struct tg_graph_change *change,
                                          const struct tg_reporter *reporter, int64_t *joined_new,
                                          struct tg_error *err);

/**
 * Finds number-like tokens that two people of a delivery hold at the same time: two rows carry it,
 * differ in another token and have stretches that overlap (twins in one household, for one). They
 * join nobody from now on; those who carry them are added to `touched`.
 *
 * @param n_shared  out: tokens that were not known to be shared
 */
TG_CHECKED enum tg_status tg_twins_find(struct tg_store *store, int64_t delivery_id,
                                        struct tg_ids *touched, uint64_t *n_shared,
                                        struct tg_error *err);

/** Adds the roster identities that carry a token and have rows. */
TG_CHECKED enum tg_status tg_graph_touch(struct tg_store *store, unsigned token,
                                         const unsigned char hash[TG_TOKEN_LEN],
                                         struct tg_ids *touched, struct tg_error *err);

#endif
