/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tg_wipe(void *p, size_t len)
{
    if (len)
        explicit_bzero(p, len);
}

static enum tg_status no_memory(struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
}

void *tg_calloc(size_t n, size_t size, struct tg_error *err)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p)
        (void)no_memory(err);
    return p;
}

enum tg_status tg_grow(void *p, size_t *cap, size_t need, size_t size, struct tg_error *err)
{
    void **array = p;
    if (need <= *cap)
        return TG_OK;
    size_t want = *cap < 8 ? 8 : *cap;
    while (want < need) {
        if (want > SIZE_MAX / 2)
            return no_memory(err);
        want *= 2;
    }
    size_t bytes;
    if (__builtin_mul_overflow(want, size, &bytes))
        return no_memory(err);
    void *grown = realloc(*array, bytes);
    if (!grown)
        return no_memory(err);
    *array = grown;
    *cap = want;
    return TG_OK;
}

char *tg_strndup(const char *s, size_t len, struct tg_error *err)
{
    char *copy = len < SIZE_MAX ? malloc(len + 1) : NULL;
    if (!copy) {
        (void)no_memory(err);
        return NULL;
    }
    if (len)
        memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

enum tg_status tg_buf_enlarge(struct tg_buf *b, size_t extra, struct tg_error *err)
{
    size_t need;
    if (__builtin_add_overflow(b->len, extra, &need) || need > SIZE_MAX / 2)
        return no_memory(err);
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need)
        cap *= 2;
    /* realloc would leave a copy of the old bytes behind */
    char *data = malloc(cap);
    if (!data)
        return no_memory(err);
    if (b->len)
        memcpy(data, b->data, b->len);
    tg_wipe(b->data, b->cap);
    free(b->data);
    b->data = data;
    b->cap = cap;
    return TG_OK;
}

enum tg_status tg_buf_add(struct tg_buf *b, const void *p, size_t len, struct tg_error *err)
{
    enum tg_status status = tg_buf_reserve(b, len, err);
    if (status)
        return status;
    if (len)
        memcpy(b->data + b->len, p, len);
    b->len += len;
    return TG_OK;
}

enum tg_status tg_buf_add_char(struct tg_buf *b, char c, struct tg_error *err)
{
    return tg_buf_add(b, &c, 1, err);
}

enum tg_status tg_buf_printf(struct tg_buf *b, struct tg_error *err, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    enum tg_status status = n < 0 ? TG_FAIL(err, TG_MSG_BUG, .rule = "a format that can be printed")
                                  : tg_buf_reserve(b, (size_t)n + 1, err);
    if (!status) {
        (void)vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
    return status;
}

const char *tg_buf_text(struct tg_buf *b, struct tg_error *err)
{
    if (tg_buf_reserve(b, 1, err))
        return NULL;
    b->data[b->len] = '\0';
    return b->data;
}

void tg_buf_free(struct tg_buf *b)
{
    if (!b)
        return;
    tg_wipe(b->data, b->cap);
    free(b->data);
    *b = (struct tg_buf){0};
}

struct tg_arena_block {
    struct tg_arena_block *next;
    size_t used;
    size_t size;
    max_align_t bytes[];
};

enum { ARENA_BLOCK = 64 * 1024 };

void *tg_arena_alloc(struct tg_arena *a, size_t n, size_t size, struct tg_error *err)
{
    const size_t align = sizeof(max_align_t);
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 2) {
        (void)no_memory(err);
        return NULL;
    }
    bytes = (bytes + align) / align * align;
    struct tg_arena_block *block = a->block;
    if (!block || block->size - block->used < bytes) {
        size_t room = bytes > ARENA_BLOCK ? bytes : ARENA_BLOCK;
        block = calloc(1, sizeof *block + room);
        if (!block) {
            (void)no_memory(err);
            return NULL;
        }
        block->size = room;
        block->next = a->block;
        a->block = block;
    }
    void *p = (char *)block->bytes + block->used;
    block->used += bytes;
    return p;
}

char *tg_arena_strndup(struct tg_arena *a, const char *s, size_t len, struct tg_error *err)
{
    char *copy = tg_arena_alloc(a, len + 1, 1, err);
    if (copy && len)
        memcpy(copy, s, len);
    return copy;
}

void tg_arena_free(struct tg_arena *a)
{
    if (!a)
        return;
    while (a->block) {
        struct tg_arena_block *block = a->block;
        a->block = block->next;
        tg_wipe(block->bytes, block->used);
        free(block);
    }
}
