/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/levels.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

/* Eight bytes at a time, each mixed in by a multiplication and a fold. */
uint64_t tg_levels_hash(const void *data, size_t len)
{
    const unsigned char *p = data;
    uint64_t hash = UINT64_C(0x9E3779B97F4A7C15) ^ len;
    while (len > 0) {
        uint64_t word = 0;
        size_t part = len < 8 ? len : 8;
        for (size_t i = 0; i < part; i++)
            word |= (uint64_t)p[i] << (8 * i);
        hash = (hash ^ word) * UINT64_C(0xBF58476D1CE4E5B9);
        hash ^= hash >> 29;
        p += part;
        len -= part;
    }
    return hash ^ hash >> 32;
}

/* The slot where the text is, or where it goes. */
static size_t find_slot(const struct tg_levels *l, const char *text, size_t len)
{
    size_t at = (size_t)tg_levels_hash(text, len) & (l->n_slots - 1);
    while (l->slots[at]) {
        const char *known = l->texts[l->slots[at] - 1];
        if (strlen(known) == len && memcmp(known, text, len) == 0)
            break;
        at = (at + 1) & (l->n_slots - 1);
    }
    return at;
}

static enum tg_status widen(struct tg_levels *l, struct tg_error *err)
{
    size_t n = l->n_slots ? 2 * l->n_slots : FIRST_SLOTS;
    uint32_t *slots = tg_calloc(n, sizeof *slots, err);
    if (!slots)
        return TG_NO_MEMORY;
    free(l->slots);
    l->slots = slots;
    l->n_slots = n;
    for (size_t i = 0; i < l->n; i++)
        l->slots[find_slot(l, l->texts[i], strlen(l->texts[i]))] = (uint32_t)(i + 1);
    return TG_OK;
}

enum tg_status tg_levels_number(struct tg_levels *l, const char *text, size_t len, uint32_t *number,
                                struct tg_error *err)
{
    if (l->n >= l->n_slots / 2 && widen(l, err))
        return TG_NO_MEMORY;
    size_t at = find_slot(l, text, len);
    if (!l->slots[at]) {
        if (l->n >= UINT32_MAX - 1)
            return TG_FAIL(err, TG_MSG_MATCH_TOO_MANY, .rule = "4294967294");
        char *copy = tg_arena_strndup(&l->arena, text, len, err);
        if (!copy || tg_grow(&l->texts, &l->cap, l->n + 1, sizeof *l->texts, err))
            return TG_NO_MEMORY;
        l->texts[l->n++] = copy;
        l->slots[at] = (uint32_t)l->n;
    }
    *number = l->slots[at] - 1;
    return TG_OK;
}

void tg_levels_free(struct tg_levels *l)
{
    free(l->texts);
    free(l->slots);
    tg_arena_free(&l->arena);
    *l = (struct tg_levels){0};
}
