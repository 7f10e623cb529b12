/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Tokens that may meet another one, in parts that fit a cache; private to the room.
 */
#ifndef TG_LINK_COLLECT_H
#define TG_LINK_COLLECT_H

#include "link/engine.h"
#include "link/sample.h"

enum { TG_N_PARTS = 512, TG_PART_BITS = 9 };

/** A token: `hash` is mixed with the key. */
struct tg_item {
    uint64_t hash;
    uint32_t entity, key;
};

/** Tokens of one side whose hashes begin alike; sorted by hash, key, entity, without doubles once
 * tg_part_sort() was there. */
struct tg_part {
    struct tg_item *items;
    size_t n, cap;
};

struct tg_collected {
    struct tg_part parts[TG_N_SIDES][TG_N_PARTS];
    uint32_t *fields[TG_N_SIDES]; /**< by entity: bits of the fields that it has */
    struct tg_recall *recall;     /**< borrowed; what is remembered (link/recall.h) */
};

/**
 * Keeps the tokens that an entity of the sample has, whoever has them; by accident some others.
 * Those of the right side's rows go into out->recall where there is a memory.
 *
 * @param reports  out: with_token of evidence keys
 */
TG_CHECKED enum tg_status tg_collect(const struct tg_linkage *l,
                                     const struct tg_link_sample *sample,
                                     struct tg_link_key_report *reports, struct tg_collected *out,
                                     struct tg_error *err);
/** @param scratch  room for as many items as the part has */
void tg_part_sort(struct tg_part *part, struct tg_item *scratch);
/** Sorts by all of `hash`, stable. @param scratch  room for n */
void tg_items_sort(struct tg_item *items, struct tg_item *scratch, size_t n);
void tg_part_free(struct tg_part *part);
void tg_collected_free(struct tg_collected *c);

#endif
