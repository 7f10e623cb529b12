/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who shares a token of which key with whom, 8 bytes each, before it is folded to one pair; private
 * to the room.
 */
#ifndef TG_LINK_TRIPLES_H
#define TG_LINK_TRIPLES_H

#include "link/collect.h"

enum { TG_N_HEAPS = 256, TG_HEAP_BITS = 8 };

/** In heaps by the first bits of `a`, each of which fits a cache. All zero is an empty one. */
struct tg_triples {
    struct tg_list heaps[TG_N_HEAPS]; /**< of uint64_t: the other bits of a, then b, then the key */
    size_t limits[TG_N_HEAPS];        /**< so many chunks of it are folded; 0: the usual number */
    unsigned a_bits, b_bits;          /**< of a within a heap; of b */
    struct tg_chunks *chunks;         /**< borrowed */
    uint64_t *sorted, *scratch;       /**< of one heap */
    size_t cap;
};

/** A pair, and the keys of which it shares a token: from[0] to from[n − 1], with doubles. */
struct tg_triple_run {
    uint32_t a, b;
    const uint64_t *from;
    size_t n;
};

/** @param n_a, n_b  both sides' entities */
void tg_triples_begin(struct tg_triples *t, uint32_t n_a, uint32_t n_b, struct tg_chunks *chunks);
/** To be called when a heap's last chunk is full: makes the heap smaller where it is large. */
TG_CHECKED enum tg_status tg_triples_fold(struct tg_triples *t, size_t heap, struct tg_error *err);

/** Adds one. @param key  below 2^TG_ITEM_KEY_BITS. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED static inline enum tg_status tg_triples_add(struct tg_triples *t, uint32_t a, uint32_t b,
                                                       uint32_t key, struct tg_error *err)
{
    size_t heap = a >> t->a_bits;
    uint64_t rest = a & ((UINT64_C(1) << t->a_bits) - 1);
    uint64_t triple = (rest << t->b_bits | b) << TG_ITEM_KEY_BITS | key;
    struct tg_list *list = &t->heaps[heap];
    if (list->at == list->end && list->last && tg_triples_fold(t, heap, err))
        return TG_NO_MEMORY;
    uint64_t *added = tg_list_next(t->chunks, list, sizeof triple, err);
    if (!added)
        return TG_NO_MEMORY;
    *added = triple;
    return TG_OK;
}

/** Takes a heap's triples and sorts them by a, b. @param n  out: how many */
TG_CHECKED enum tg_status tg_triples_sort(struct tg_triples *t, size_t heap, size_t *n,
                                          struct tg_error *err);
/** The pair whose triples begin at place `at` of the sorted heap, of n. */
struct tg_triple_run tg_triples_run(const struct tg_triples *t, size_t heap, size_t at, size_t n);
static inline uint32_t tg_triple_key(uint64_t triple)
{
    return (uint32_t)triple & ((1u << TG_ITEM_KEY_BITS) - 1);
}
/** What belongs to it alone; its chunks are the lender's. */
void tg_triples_free(struct tg_triples *t);

#endif
