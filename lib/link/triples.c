/* SPDX-License-Identifier: Apache-2.0 */
#include "link/triples.h"

#include <stdlib.h>
#include <string.h>

enum {
    A_BITS_MIN = 6,  /* few entities take few heaps */
    FOLD_FROM = 256, /* fewer chunks are not worth a sort */
    DIGIT_BITS_MAX = 11,
};

static unsigned bits_of(uint32_t n)
{
    unsigned bits = 0;
    while (bits < 32 && n >> bits)
        bits++;
    return bits;
}

void tg_triples_begin(struct tg_triples *t, uint32_t n_a, uint32_t n_b, struct tg_chunks *chunks)
{
    unsigned bits = bits_of(n_a);
    t->a_bits = bits > TG_HEAP_BITS + A_BITS_MIN ? bits - TG_HEAP_BITS : A_BITS_MIN;
    t->b_bits = bits_of(n_b);
    t->chunks = chunks;
}

/* One stable pass by the bits from `shift` on. */
static void pass(const uint64_t *from, uint64_t *to, size_t n, unsigned shift, unsigned bits)
{
    size_t next[1 << DIGIT_BITS_MAX], sum = 0, n_digits = (size_t)1 << bits;
    memset(next, 0, n_digits * sizeof *next);
    for (size_t i = 0; i < n; i++)
        next[from[i] >> shift & (n_digits - 1)]++;
    for (size_t d = 0; d < n_digits; d++) {
        size_t count = next[d];
        next[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[next[from[i] >> shift & (n_digits - 1)]++] = from[i];
}

/* By all bits from `shift` on, in as many passes as need be. */
static void sort(struct tg_triples *t, size_t n, unsigned shift)
{
    unsigned end = t->a_bits + t->b_bits + TG_ITEM_KEY_BITS;
    unsigned n_passes = (end - shift + DIGIT_BITS_MAX - 1) / DIGIT_BITS_MAX;
    unsigned bits = (end - shift + n_passes - 1) / n_passes;
    for (unsigned i = 0; i < n_passes; i++, shift += bits) {
        pass(t->sorted, t->scratch, n, shift, bits);
        uint64_t *sorted = t->scratch;
        t->scratch = t->sorted;
        t->sorted = sorted;
    }
}

/* Takes a heap's triples and sorts them by the bits from `shift` on. */
static enum tg_status take_sorted(struct tg_triples *t, size_t heap, unsigned shift, size_t *n,
                                  struct tg_error *err)
{
    *n = tg_list_count(&t->heaps[heap], sizeof *t->sorted);
    if (*n > t->cap) {
        size_t cap = 2 * *n;
        free(t->sorted);
        free(t->scratch);
        t->sorted = tg_calloc(cap, sizeof *t->sorted, err);
        t->scratch = tg_calloc(cap, sizeof *t->scratch, err);
        t->cap = t->sorted && t->scratch ? cap : 0;
        if (!t->cap)
            return TG_NO_MEMORY;
    }
    tg_list_take(t->chunks, &t->heaps[heap], sizeof *t->sorted, t->sorted);
    if (*n)
        sort(t, *n, shift);
    return TG_OK;
}

enum tg_status tg_triples_fold(struct tg_triples *t, size_t heap, struct tg_error *err)
{
    struct tg_list *list = &t->heaps[heap];
    size_t limit = t->limits[heap] ? t->limits[heap] : FOLD_FROM, n = 0;
    if (list->n_chunks < limit)
        return TG_OK;
    enum tg_status status = take_sorted(t, heap, 0, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        if (i > 0 && t->sorted[i - 1] == t->sorted[i])
            continue;
        uint64_t *kept = tg_list_next(t->chunks, list, sizeof *kept, err);
        if (kept)
            *kept = t->sorted[i];
        else
            status = TG_NO_MEMORY;
    }
    /* so that it is not folded again and again */
    t->limits[heap] = 2 * list->n_chunks > limit ? 2 * list->n_chunks : limit;
    return status;
}

enum tg_status tg_triples_sort(struct tg_triples *t, size_t heap, size_t *n, struct tg_error *err)
{
    return take_sorted(t, heap, TG_ITEM_KEY_BITS, n, err);
}

struct tg_triple_run tg_triples_run(const struct tg_triples *t, size_t heap, size_t at, size_t n)
{
    uint64_t pair = t->sorted[at] >> TG_ITEM_KEY_BITS;
    size_t end = at + 1;
    while (end < n && t->sorted[end] >> TG_ITEM_KEY_BITS == pair)
        end++;
    return (struct tg_triple_run){
        .a = (uint32_t)((uint64_t)heap << t->a_bits | pair >> t->b_bits),
        .b = (uint32_t)(pair & ((UINT64_C(1) << t->b_bits) - 1)),
        .from = t->sorted + at,
        .n = end - at,
    };
}

void tg_triples_free(struct tg_triples *t)
{
    free(t->sorted);
    free(t->scratch);
    *t = (struct tg_triples){.chunks = NULL};
}
