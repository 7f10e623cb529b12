/* SPDX-License-Identifier: Apache-2.0 */
#include "link/collect.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEW = 64, /* so many are sorted by insertion */
    DIGIT_BITS = 11,
    N_DIGITS = 1 << DIGIT_BITS,
    HIGH_SHIFT = 64 - DIGIT_BITS, /* of a name */
    LOW_SHIFT = 64 - 2 * DIGIT_BITS,
};

static bool comes_before(const struct tg_item *a, const struct tg_item *b)
{
    uint64_t x = tg_item_order(a), y = tg_item_order(b);
    return x < y || (x == y && a->entity < b->entity);
}

static unsigned digit_of(const struct tg_item *item, unsigned shift)
{
    return (unsigned)(tg_item_order(item) >> shift) & (N_DIGITS - 1);
}

/* One stable pass by a digit of the name. */
static void pass(const struct tg_item *from, struct tg_item *to, size_t n, unsigned shift)
{
    size_t next[N_DIGITS] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++)
        next[digit_of(&from[i], shift)]++;
    for (size_t d = 0; d < N_DIGITS; d++) {
        size_t count = next[d];
        next[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[next[digit_of(&from[i], shift)]++] = from[i];
}

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

/* Merges sorted runs of `len` two by two. */
static void merge(const struct tg_item *from, struct tg_item *to, size_t n, size_t len)
{
    for (size_t at = 0; at < n; at += 2 * len) {
        size_t i = at, middle = n - at > len ? at + len : n, j = middle;
        size_t end = n - middle > len ? middle + len : n;
        for (size_t k = at; k < end; k++) {
            bool second = i == middle || (j < end && comes_before(&from[j], &from[i]));
            to[k] = second ? from[j++] : from[i++];
        }
    }
}

/* What the passes leave to be done: nearly always few, or in order. */
static void sort_alike(struct tg_item *items, struct tg_item *scratch, size_t n)
{
    for (size_t at = 0; at < n; at += FEW)
        insert(items + at, n - at < FEW ? n - at : FEW);
    for (size_t len = FEW; len < n; len *= 2) {
        merge(items, scratch, n, len);
        memcpy(items, scratch, n * sizeof *items);
    }
}

/* Items whose names begin alike lie together; puts them in order where they are not. */
static void finish(struct tg_item *items, struct tg_item *scratch, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (!comes_before(&items[i], &items[i - 1]))
            continue;
        size_t from = i - 1, end = i + 1;
        uint64_t begin = tg_item_order(&items[i]) >> LOW_SHIFT;
        while (from > 0 && tg_item_order(&items[from - 1]) >> LOW_SHIFT == begin)
            from--;
        while (end < n && tg_item_order(&items[end]) >> LOW_SHIFT == begin)
            end++;
        sort_alike(items + from, scratch, end - from);
        i = end - 1;
    }
}

static size_t drop_doubles(struct tg_item *items, size_t n)
{
    size_t kept = n ? 1 : 0;
    for (size_t i = 1; i < n; i++) {
        items[kept] = items[i];
        kept += comes_before(&items[kept - 1], &items[i]);
    }
    return kept;
}

void tg_part_sort(struct tg_part *part, struct tg_item *scratch)
{
    if (part->n <= FEW) {
        insert(part->items, part->n);
    } else {
        pass(part->items, scratch, part->n, LOW_SHIFT);
        pass(scratch, part->items, part->n, HIGH_SHIFT);
        finish(part->items, scratch, part->n);
    }
    part->n = drop_doubles(part->items, part->n);
}

enum tg_status tg_part_add(struct tg_part *part, const struct tg_item *item, struct tg_error *err)
{
    if (part->n == part->cap) {
        enum tg_status status =
            tg_grow(&part->items, &part->cap, part->n + 1, sizeof *part->items, err);
        if (status)
            return status;
    }
    part->items[part->n++] = *item;
    return TG_OK;
}

void tg_part_free(struct tg_part *part)
{
    free(part->items);
    *part = (struct tg_part){NULL, 0, 0};
}
