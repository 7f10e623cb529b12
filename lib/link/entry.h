/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Comparing and walking sorted tokens; private to the room.
 */
#ifndef TG_LINK_ENTRY_H
#define TG_LINK_ENTRY_H

#include "link/engine.h"

/** Eight bytes as one number that compares as the bytes do. */
static inline uint64_t tg_load_be64(const unsigned char *p)
{
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
           (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
           (uint64_t)p[6] << 8 | (uint64_t)p[7];
}

/** −1, 0, 1 as memcmp of two tokens. */
static inline int tg_hash_compare(const unsigned char *a, const unsigned char *b)
{
    uint64_t x = tg_load_be64(a), y = tg_load_be64(b);
    if (x == y) {
        x = tg_load_be64(a + 8);
        y = tg_load_be64(b + 8);
    }
    return (x > y) - (x < y);
}

/** By token, then by entity: a total order. */
static inline int tg_entry_compare(const struct tg_link_entry *a, const struct tg_link_entry *b)
{
    int order = tg_hash_compare(a->hash, b->hash);
    return order ? order : (a->entity > b->entity) - (a->entity < b->entity);
}

/** Where the entries that carry the same token as entry `at` end. */
static inline size_t tg_group_end(const struct tg_link_entry *e, size_t n, size_t at)
{
    size_t end = at + 1;
    while (end < n && tg_hash_compare(e[end].hash, e[at].hash) == 0)
        end++;
    return end;
}

#endif
