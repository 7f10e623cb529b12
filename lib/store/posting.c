/* SPDX-License-Identifier: Apache-2.0 */
#include "store/posting.h"

#include "sys/thread.h"

#include <stdlib.h>
#include <string.h>

/* So many are sorted by comparing, and from so many on a thread is worth its start. */
enum { FEW = 32, MANY = 1 << 16 };

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

/* Columns `first` to `last`, each in its bucket. */
struct share {
    struct tg_posting *items;
    const size_t *end;
    size_t first, last;
};

static void sort_share(void *ctx)
{
    const struct share *s = ctx;
    for (size_t b = s->first, from = b ? s->end[b - 1] : 0; b <= s->last; from = s->end[b++])
        sort_from(s->items + from, s->end[b] - from, 2);
}

/* Half of the columns are sorted by a thread of their own. Which half is no matter. */
static void sort_columns(struct tg_posting *items, size_t n)
{
    size_t end[256], middle = 0;
    struct tg_thread *thread = NULL;
    put_into_buckets(items, n, 1, end);
    while (middle < 255 && end[middle] < n / 2)
        middle++;
    struct share mine = {items, end, 0, middle}, other = {items, end, middle + 1, 255};
    bool alone = middle == 255 || end[middle] == n ||
                 tg_thread_start(sort_share, &other, &thread, NULL) != TG_OK;
    sort_share(&mine);
    if (alone)
        sort_share(&other);
    tg_thread_join(&thread);
}

void tg_postings_sort(struct tg_posting *items, size_t n)
{
    bool few_columns = n >= MANY;
    for (size_t i = 0; few_columns && i < n; i++)
        few_columns = items[i].bytes[0] == 0;
    if (few_columns)
        sort_columns(items, n);
    else
        sort_from(items, n, 0);
}

size_t tg_postings_of_column(const struct tg_posting *items, size_t n)
{
    size_t low = 1, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tg_posting_column(&items[middle]) == tg_posting_column(items))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t tg_postings_alike(const struct tg_posting *items, size_t n)
{
    size_t alike = 1;
    while (alike < n && memcmp(items[alike].bytes, items[0].bytes, 2 + TG_TOKEN_LEN) == 0)
        alike++;
    return alike;
}
