/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * How common an entity's values are; private to the room. No token stands for a value alone, but
 * one that is common is so together with any other: of all tokens of two values that an entity has
 * it is counted how many others have them, whoever they are, and what each value's share in that
 * is follows as in a table of two ways.
 */
#ifndef TG_LINK_RARITY_H
#define TG_LINK_RARITY_H

#include "link/collect.h"
#include "link/engine.h"

struct tg_rarity;

/**
 * @param of         by left entity: whose values are wanted; borrowed
 * @param collected  borrowed
 * @param out        tg_rarity_free() it
 */
TG_CHECKED enum tg_status tg_rarity_begin(const struct tg_linkage *l, const bool *of,
                                          const struct tg_collected *collected,
                                          struct tg_rarity **out, struct tg_error *err);
/** n left entities and n_right right ones have one token of a key. */
void tg_rarity_note(struct tg_rarity *r, uint32_t key, const struct tg_item *lefts, size_t n,
                    size_t n_right);
/** To be called when all is noted. */
void tg_rarity_finish(struct tg_rarity *r);
/** How many times as common as usual the values are that the levels say are shared; the left
 * entity's, of which tg_rarity_begin() was told. Fast when it is asked of one after another. */
double tg_rarity_of(struct tg_rarity *r, uint32_t left, uint64_t levels);
/** Has the left entity a whole value that hardly anybody shares, though many share another one with
 * those who have a usual one? Such a value comes from elsewhere, or is mistyped. */
bool tg_rarity_is_foreign(const struct tg_rarity *r, uint32_t left);
/** NULL is allowed. */
void tg_rarity_free(struct tg_rarity *r);

#endif
