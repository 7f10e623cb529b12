/* SPDX-License-Identifier: Apache-2.0 */
#include "link/collect.h"

enum {
    FEW = 64, /* so many are sorted by insertion alone */
    DIGIT_BITS = 11,
    N_DIGITS = 1 << DIGIT_BITS,
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

static bool entities_ascend(const struct tg_item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (items[i - 1].entity > items[i].entity)
            return false;
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
