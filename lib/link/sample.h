/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Which entities stand for all where there are many; private to the room.
 */
#ifndef TG_LINK_SAMPLE_H
#define TG_LINK_SAMPLE_H

#include "link/engine.h"

/** So many entities are looked at one by one; of more a sample is. */
enum { TG_LOOKED_AT_MAX = 20000, TG_SAMPLE_SIZE = 10000 };

struct tg_link_sample {
    bool *within[TG_N_SIDES]; /**< by entity: is paired with all of its side */
    bool whole[TG_N_SIDES];   /**< everybody is */
    uint32_t n[TG_N_SIDES];   /**< how many are */
    bool *across;             /**< by left entity: is paired with the right side */
    bool *left;               /**< by left entity: either */
    double weight;            /**< settled ones that one of them in `across` stands for */
    const bool *settled;      /**< borrowed; by left entity; NULL: nobody is */
};

/**
 * Chooses by a hash over all exact tokens of an entity, so that the choice does not depend on order
 * or numbers, and that who shares one token is not chosen together. Where most entities have no
 * exact token, all are taken.
 *
 * @param settled  by left entity: it needs no pairs of its own; NULL: nobody is. Borrowed.
 */
TG_CHECKED enum tg_status tg_link_sample_choose(const struct tg_linkage *l, const bool *settled,
                                                struct tg_link_sample *out, struct tg_error *err);
void tg_link_sample_free(struct tg_link_sample *s);

/** A bijection whose every output bit depends on every input bit. */
static inline uint64_t tg_mix64(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x7fb5d329728ea185);
    x = (x ^ x >> 27) * UINT64_C(0x81dadef4bc2dd44d);
    return x ^ x >> 33;
}

/** Hash of a token of a key: tokens of different keys have nothing in common. */
static inline uint64_t tg_mix_token(uint64_t hash, size_t key)
{
    return tg_mix64(hash + ((uint64_t)key + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

#endif
