/* SPDX-License-Identifier: Apache-2.0 */
#include "link/collect.h"

#include <string.h>

enum {
    FEW = 64, /* so many are sorted by insertion alone */
    DIGIT_BITS = 11,
    N_DIGITS = 1 << DIGIT_BITS,
    N_LAST = 512,
};

static bool comes_before(const struct tg_item *a, const struct tg_item *b)
{
    if (a->hash != b->hash)
        return a->hash < b->hash;
    return a->key != b->key ? a->key < b->key : a->entity < b->entity;
}

static unsigned digit_of(uint64_t value, unsigned shift)
{
    return (unsigned)(value >> shift) & (N_DIGITS - 1);
}

/* One stable pass by a digit of the hash or of the entity. */
static void pass(const struct tg_item *from, struct tg_item *to, size_t n, unsigned shift,
                 bool by_entity)
{
    uint32_t next[N_DIGITS] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++)
        next[digit_of(by_entity ? from[i].entity : from[i].hash, shift)]++;
    for (size_t d = 0; d < N_DIGITS; d++) {
        uint32_t count = next[d];
        next[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[next[digit_of(by_entity ? from[i].entity : from[i].hash, shift)]++] = from[i];
}

/* Do the entities of each key come in order? Then those of each token do after the passes. */
static bool entities_ascend(const struct tg_item *items, size_t n)
{
    uint32_t last[N_LAST] = {0};
    for (size_t i = 0; i < n; i++) {
        uint32_t *before = &last[items[i].key % N_LAST];
        if (*before > items[i].entity)
            return false;
        *before = items[i].entity;
    }
    return true;
}

/* What the passes left: items whose first 31 bits are alike, or that are few. */
static void insert(struct tg_item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct tg_item moved = items[i];
        size_t j = i;
        for (; j > 0 && comes_before(&moved, &items[j - 1]); j--)
            items[j] = items[j - 1];
        items[j] = moved;
    }
}

static size_t drop_doubles(struct tg_item *items, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || comes_before(&items[kept - 1], &items[i]))
            items[kept++] = items[i];
    }
    return kept;
}

void tg_part_sort(struct tg_part *part, struct tg_item *scratch)
{
    struct tg_item *items = part->items;
    size_t n = part->n;
    if (n > FEW) {
        if (!entities_ascend(items, n)) {
            for (unsigned shift = 0; shift < 3 * DIGIT_BITS; shift += 2 * DIGIT_BITS) {
                pass(items, scratch, n, shift, true);
                pass(scratch, items, n, shift + DIGIT_BITS, true);
            }
        }
        pass(items, scratch, n, 64 - TG_PART_BITS - 2 * DIGIT_BITS, false);
        pass(scratch, items, n, 64 - TG_PART_BITS - DIGIT_BITS, false);
    }
    insert(items, n);
    part->n = drop_doubles(items, n);
}

void tg_items_sort(struct tg_item *items, struct tg_item *scratch, size_t n)
{
    struct tg_item *from = items, *to = scratch;
    uint64_t used = 0;
    for (size_t i = 0; i < n; i++)
        used |= items[i].hash;
    for (unsigned shift = 0; shift < 64 && used >> shift; shift += DIGIT_BITS) {
        if ((used >> shift & (N_DIGITS - 1)) == 0)
            continue;
        pass(from, to, n, shift, false);
        struct tg_item *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
}
