/* SPDX-License-Identifier: Apache-2.0 */
#include "link/chunks.h"

#include <stdlib.h>

/* Blocks of chunks: the first one is small, for small files. */
enum { CHUNKS_BEGIN = 16, CHUNKS_MAX = 1024 };

static enum tg_status add_block(struct tg_chunks *chunks, struct tg_error *err)
{
    size_t n = chunks->n_next ? chunks->n_next : CHUNKS_BEGIN;
    enum tg_status status = tg_grow(&chunks->blocks, &chunks->cap_blocks, chunks->n_blocks + 1,
                                    sizeof *chunks->blocks, err);
    if (status)
        return status;
    chunks->at = malloc(n * sizeof *chunks->at); /* nothing is read before it is written */
    if (!chunks->at)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    chunks->blocks[chunks->n_blocks++] = chunks->at;
    chunks->n_left = n;
    chunks->n_next = n < CHUNKS_MAX ? 2 * n : n;
    return TG_OK;
}

enum tg_status tg_list_extend(struct tg_chunks *chunks, struct tg_list *list, size_t size,
                              struct tg_error *err)
{
    struct tg_chunk *chunk = chunks->unused;
    if (chunk) {
        chunks->unused = chunk->next;
    } else {
        if (chunks->n_left == 0 && add_block(chunks, err))
            return TG_NO_MEMORY;
        chunk = chunks->at++;
        chunks->n_left--;
    }
    chunk->next = NULL;
    if (list->last)
        list->last->next = chunk;
    else
        list->first = chunk;
    list->last = chunk;
    list->n_chunks++;
    list->at = chunk->items;
    list->end = chunk->items + sizeof chunk->items / size * size;
    return TG_OK;
}

void tg_list_drop(struct tg_chunks *chunks, struct tg_list *list)
{
    if (list->last) {
        list->last->next = chunks->unused;
        chunks->unused = list->first;
    }
    *list = (struct tg_list){NULL, NULL, NULL, NULL, 0};
}

void tg_list_take(struct tg_chunks *chunks, struct tg_list *list, size_t size, void *to)
{
    unsigned char *at = to;
    for (const struct tg_chunk *chunk = list->first; chunk; chunk = chunk->next) {
        size_t bytes = tg_chunk_bytes(list, chunk, size);
        memcpy(at, chunk->items, bytes);
        at += bytes;
    }
    tg_list_drop(chunks, list);
}

void tg_chunks_free(struct tg_chunks *chunks)
{
    for (size_t i = 0; i < chunks->n_blocks; i++)
        free(chunks->blocks[i]);
    free(chunks->blocks);
    *chunks = (struct tg_chunks){.unused = NULL};
}
