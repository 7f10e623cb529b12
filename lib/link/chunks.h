/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Lists that grow without moving, in chunks of one size that they share: what one list gives back
 * the next one takes, so that no more memory is touched than is in use at once; private to the
 * room.
 */
#ifndef TG_LINK_CHUNKS_H
#define TG_LINK_CHUNKS_H

#include "base/mem.h"

#include <string.h>

enum { TG_CHUNK_BYTES = 4096 };

struct tg_chunk {
    struct tg_chunk *next;
    unsigned char items[TG_CHUNK_BYTES - sizeof(struct tg_chunk *)];
};

/** All zero is an empty one. */
struct tg_chunks {
    struct tg_chunk *unused; /**< given back */
    struct tg_chunk *at;     /**< never used, n_left of them */
    size_t n_left, n_next;
    void **blocks; /**< owned */
    size_t n_blocks, cap_blocks;
};

/** Items of one size, which the caller knows. All zero is an empty one. */
struct tg_list {
    unsigned char *at, *end; /**< where the next item goes, and where the chunk ends for it */
    struct tg_chunk *first, *last;
    size_t n_chunks;
};

/** Frees all chunks; lists that have some must not be used any more. */
void tg_chunks_free(struct tg_chunks *chunks);
/** Room for one item more. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_list_extend(struct tg_chunks *chunks, struct tg_list *list,
                                         size_t size, struct tg_error *err);

/** Adds an item of `size` bytes, which the caller fills. NULL with `err` set: TG_NO_MEMORY */
TG_CHECKED static inline void *tg_list_next(struct tg_chunks *chunks, struct tg_list *list,
                                            size_t size, struct tg_error *err)
{
    if (list->at == list->end && tg_list_extend(chunks, list, size, err))
        return NULL;
    void *item = list->at;
    list->at += size;
    return item;
}

/** How many of a chunk's bytes are items. */
static inline size_t tg_chunk_bytes(const struct tg_list *list, const struct tg_chunk *chunk,
                                    size_t size)
{
    return chunk == list->last ? (size_t)(list->at - chunk->items)
                               : sizeof chunk->items / size * size;
}

/** How many items there are. */
static inline size_t tg_list_count(const struct tg_list *list, size_t size)
{
    size_t in_chunk = sizeof list->last->items / size;
    return list->n_chunks ? list->n_chunks * in_chunk - (size_t)(list->end - list->at) / size : 0;
}
/** Gives the chunks back. */
void tg_list_drop(struct tg_chunks *chunks, struct tg_list *list);
/** Copies all items, in the order in which they came, to where there is room for them, and gives
 * the chunks back. */
void tg_list_take(struct tg_chunks *chunks, struct tg_list *list, size_t size, void *to);

#endif
