/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Comparing and walking sorted tokens; private to the room.
 */
#ifndef TG_LINK_ENTRY_H
#define TG_LINK_ENTRY_H

#include "link/engine.h"

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

/** Entries of both sides that carry one and the same token. */
struct tg_meeting {
    size_t at[TG_N_SIDES], end[TG_N_SIDES];
};

/** The next token that both sides have; begins with an all zero meeting. */
static inline bool tg_next_meeting(const struct tg_link_key *key, struct tg_meeting *m)
{
    const struct tg_link_entry *left = key->entries[TG_LEFT], *right = key->entries[TG_RIGHT];
    size_t i = m->end[TG_LEFT], j = m->end[TG_RIGHT];
    while (i < key->n[TG_LEFT] && j < key->n[TG_RIGHT]) {
        int order = tg_hash_compare(left[i].hash, right[j].hash);
        if (order == 0) {
            *m = (struct tg_meeting){
                {i, j},
                {tg_group_end(left, key->n[TG_LEFT], i), tg_group_end(right, key->n[TG_RIGHT], j)}};
            return true;
        }
        i += order < 0;
        j += order > 0;
    }
    return false;
}

static inline bool tg_is_one_to_one(const struct tg_meeting *m)
{
    return m->end[TG_LEFT] - m->at[TG_LEFT] == 1 && m->end[TG_RIGHT] - m->at[TG_RIGHT] == 1;
}

#endif
