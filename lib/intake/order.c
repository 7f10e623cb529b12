/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/order.h"

#include <string.h>

enum {
    FEW = 20,        /* up to here insertion is faster than counting */
    LEVELS_MAX = 24, /* of agreeing prefixes, before a sort that needs no stack takes over */
    TOP_SHIFT = 56,
};

/* What to do with a group of entries that agree in their prefix. */
struct order {
    bool by_record;
    unsigned level;
    size_t depth; /* into the records, where the prefix begins */
};

static void sort(struct tg_entry *e, struct tg_entry *tmp, size_t n, struct order o);

int tg_bytes_compare(const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    if (order)
        return order;
    return (a_len > b_len) - (a_len < b_len);
}

static bool record_less(const struct tg_entry *a, const struct tg_entry *b, size_t depth)
{
    const struct tg_record *x = a->of.record, *y = b->of.record;
    return tg_bytes_compare(x->bytes + depth, x->len - depth, y->bytes + depth, y->len - depth) < 0;
}

static void sift(struct tg_entry *e, size_t root, size_t n, size_t depth)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && record_less(&e[child], &e[child + 1], depth))
            child++;
        if (!record_less(&e[root], &e[child], depth))
            return;
        struct tg_entry swap = e[root];
        e[root] = e[child];
        e[child] = swap;
    }
}

static void heap_sort(struct tg_entry *e, size_t n, size_t depth)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(e, i, n, depth);
    for (size_t i = n; i-- > 1;) {
        struct tg_entry swap = e[0];
        e[0] = e[i];
        e[i] = swap;
        sift(e, 0, i, depth);
    }
}

/* How far two records agree, looking from `at` on and not behind `limit`. */
static size_t agree(const struct tg_record *a, const struct tg_record *b, size_t at, size_t limit)
{
    while (at + 8 <= limit) {
        uint64_t x, y;
        memcpy(&x, a->bytes + at, sizeof x);
        memcpy(&y, b->bytes + at, sizeof y);
        if (x != y)
            break;
        at += 8;
    }
    while (at < limit && a->bytes[at] == b->bytes[at])
        at++;
    return at;
}

/* How far all of a group agree. */
static size_t agree_all(const struct tg_entry *e, size_t n, size_t depth)
{
    size_t limit = e[0].of.record->len;
    for (size_t i = 1; i < n && limit > depth; i++) {
        const struct tg_record *r = e[i].of.record;
        limit = agree(e[0].of.record, r, depth, r->len < limit ? r->len : limit);
    }
    return limit;
}

/* Records that end here are all the same; they go before the others. */
static size_t put_ended_first(struct tg_entry *e, size_t n, size_t depth)
{
    size_t ended = 0;
    for (size_t i = 0; i < n; i++) {
        if (e[i].of.record->len != depth)
            continue;
        struct tg_entry swap = e[ended];
        e[ended++] = e[i];
        e[i] = swap;
    }
    return ended;
}

static void sort_group(struct tg_entry *e, struct tg_entry *tmp, size_t n, struct order o)
{
    if (n < 2 || !o.by_record)
        return;
    if (o.level == LEVELS_MAX) {
        heap_sort(e, n, o.depth);
        return;
    }
    uint64_t prefix = e[0].prefix;
    for (size_t i = 0; i < n; i++)
        __builtin_prefetch(e[i].of.record->bytes + o.depth + 64);
    size_t depth = agree_all(e, n, o.depth);
    size_t ended = put_ended_first(e, n, depth);
    for (size_t i = ended; i < n; i++)
        e[i].prefix = tg_prefix_of(e[i].of.record->bytes, e[i].of.record->len, depth);
    sort(e + ended, tmp, n - ended, (struct order){true, o.level + 1, depth});
    for (size_t i = 0; i < n; i++)
        e[i].prefix = prefix;
}

static void sort_groups(struct tg_entry *e, struct tg_entry *tmp, size_t n, struct order o)
{
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && e[to].prefix == e[from].prefix;)
            to++;
        sort_group(e + from, tmp, to - from, o);
    }
}

static void insertion_sort(struct tg_entry *e, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct tg_entry x = e[i];
        size_t j = i;
        for (; j > 0 && e[j - 1].prefix > x.prefix; j--)
            e[j] = e[j - 1];
        e[j] = x;
    }
}

/* Sorts by the byte at `shift` and those below it. */
static void radix_sort(struct tg_entry *e, struct tg_entry *tmp, size_t n, int shift,
                       struct order o)
{
    if (n <= FEW) {
        insertion_sort(e, n);
        sort_groups(e, tmp, n, o);
        return;
    }
    size_t end[256] = {0};
    for (size_t i = 0; i < n; i++)
        end[e[i].prefix >> shift & 255]++;
    if (end[e[0].prefix >> shift & 255] == n) {
        if (shift)
            radix_sort(e, tmp, n, shift - 8, o);
        else
            sort_group(e, tmp, n, o);
        return;
    }
    for (size_t b = 0, sum = 0; b < 256; b++) {
        size_t count = end[b];
        end[b] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        tmp[end[e[i].prefix >> shift & 255]++] = e[i];
    memcpy(e, tmp, n * sizeof *e);
    for (size_t b = 0, from = 0; b < 256; from = end[b++]) {
        if (end[b] - from < 2)
            continue;
        if (shift)
            radix_sort(e + from, tmp, end[b] - from, shift - 8, o);
        else
            sort_group(e + from, tmp, end[b] - from, o);
    }
}

static void sort(struct tg_entry *e, struct tg_entry *tmp, size_t n, struct order o)
{
    if (n > 1)
        radix_sort(e, tmp, n, TOP_SHIFT, o);
}

void tg_sort_records(struct tg_entry *entries, struct tg_entry *tmp, size_t n)
{
    sort(entries, tmp, n, (struct order){.by_record = true});
}

void tg_sort_prefixes(struct tg_entry *entries, struct tg_entry *tmp, size_t n)
{
    sort(entries, tmp, n, (struct order){.by_record = false});
}
