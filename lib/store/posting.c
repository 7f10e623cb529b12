/* SPDX-License-Identifier: Apache-2.0 */
#include "store/posting.h"

#include <stdlib.h>
#include <string.h>

/* So many are sorted by comparing. */
enum { FEW = 32 };

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, TG_POSTING_LEN);
}

/* Puts everyone into the bucket of its byte `at`, in place (American flag sort: McIlroy, Bostic and
 * McIlroy, Engineering Radix Sort, 1993). `end[b]` out: where bucket b ends. */
static void put_into_buckets(struct tg_posting *items, size_t n, size_t at, size_t end[256])
{
    size_t next[256];
    memset(end, 0, 256 * sizeof *end);
    for (size_t i = 0; i < n; i++)
        end[items[i].bytes[at]]++;
    for (size_t b = 0, sum = 0; b < 256; b++) {
        next[b] = sum;
        end[b] = sum += end[b];
    }
    for (size_t b = 0; b < 256; b++) {
        while (next[b] < end[b]) {
            size_t from = next[b], to = next[items[from].bytes[at]]++;
            struct tg_posting kept = items[to];
            items[to] = items[from];
            items[from] = kept;
        }
    }
}

/* Insertion sort: of a few this is the quickest. */
static void sort_few(struct tg_posting *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct tg_posting kept = items[i];
        size_t j = i;
        for (; j > 0 && by_bytes(&items[j - 1], &kept) > 0; j--)
            items[j] = items[j - 1];
        items[j] = kept;
    }
}

/* Hashes lie evenly, so a pass or two over their bytes leave little to compare. */
static void sort_from(struct tg_posting *items, size_t n, size_t at)
{
    size_t end[256];
    if (n <= FEW || at == TG_POSTING_LEN) {
        sort_few(items, n);
        return;
    }
    put_into_buckets(items, n, at, end);
    for (size_t b = 0, from = 0; b < 256; from = end[b++])
        sort_from(items + from, end[b] - from, at + 1);
}

void tg_postings_sort(struct tg_posting *items, size_t n)
{
    sort_from(items, n, 0);
}

size_t tg_postings_alike(const struct tg_posting *items, size_t n)
{
    size_t alike = 1;
    while (alike < n && memcmp(items[alike].bytes, items[0].bytes, 2 + TG_TOKEN_LEN) == 0)
        alike++;
    return alike;
}
