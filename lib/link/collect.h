/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Tokens that may meet another one, in parts that fit a cache; private to the room.
 */
#ifndef TG_LINK_COLLECT_H
#define TG_LINK_COLLECT_H

#include "link/chunks.h"
#include "link/engine.h"
#include "link/sample.h"

enum { TG_N_PARTS = 512, TG_PART_BITS = 9, TG_ITEM_KEY_BITS = 8 };

/** A token in a part. Its name is its hash (mixed with the key) without the first bits, which are
 * the part's number, then the key. */
struct tg_item {
    uint32_t high, low; /**< of the name; the last bit: the entity is of the sample */
    uint32_t entity;
};

/** @param key  below 2^TG_ITEM_KEY_BITS */
static inline struct tg_item tg_item_of(uint64_t hash, uint32_t key, bool sampled, uint32_t entity)
{
    uint64_t name = hash << TG_PART_BITS | key << 1 | sampled;
    return (struct tg_item){(uint32_t)(name >> 32), (uint32_t)name, entity};
}

/** The name and the bit. */
static inline uint64_t tg_item_order(const struct tg_item *item)
{
    return (uint64_t)item->high << 32 | item->low;
}

static inline bool tg_item_is_sampled(const struct tg_item *item)
{
    return item->low & 1;
}

static inline uint32_t tg_item_key(const struct tg_item *item)
{
    return item->low >> 1 & ((1u << TG_ITEM_KEY_BITS) - 1);
}

static inline size_t tg_part_of(uint64_t hash)
{
    return (size_t)(hash >> (64 - TG_PART_BITS));
}

/** The hash of an item of a part. */
static inline uint64_t tg_item_hash(const struct tg_item *item, size_t part)
{
    return (uint64_t)part << (64 - TG_PART_BITS) | tg_item_order(item) >> TG_PART_BITS;
}

/** Tokens of one side whose hashes begin alike; sorted by name, those of the sample last, and by
 * entity, without doubles once tg_part_sort() was there. */
struct tg_part {
    struct tg_item *items;
    size_t n, cap;
};

struct tg_collected {
    struct tg_list parts[TG_N_SIDES][TG_N_PARTS]; /**< of struct tg_item */
    struct tg_chunks chunks;                      /**< theirs */
    uint32_t *fields[TG_N_SIDES];                 /**< by entity: bits of the fields that it has */
    struct tg_recall *recall; /**< borrowed; what is remembered (link/recall.h) */
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
/** Adds an item, growing. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_part_add(struct tg_part *part, const struct tg_item *item,
                                      struct tg_error *err);
void tg_part_free(struct tg_part *part);
void tg_collected_free(struct tg_collected *c);

#endif
