/* SPDX-License-Identifier: Apache-2.0 */
#include "link/entry.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEW = 32, /* so many are sorted by insertion */
    KEY_BYTES = TG_TOKEN_LEN + 4,
    N_DIGITS = 256,
};

static enum tg_status add_short(struct tg_link_key *key, enum tg_side side,
                                const unsigned char hash[TG_TOKEN_LEN], uint32_t entity,
                                struct tg_error *err)
{
    enum tg_status status = tg_grow(&key->shorts[side], &key->cap[side], key->n[side] + 1,
                                    sizeof *key->shorts[side], err);
    if (status)
        return status;
    uint64_t first = tg_load_be64(hash);
    key->shorts[side][key->n[side]++] =
        (struct tg_link_short){(uint32_t)(first >> 32), (uint32_t)first, entity};
    return TG_OK;
}

enum tg_status tg_linkage_add(struct tg_link_key *key, enum tg_side side,
                              const unsigned char hash[TG_TOKEN_LEN], uint32_t entity,
                              struct tg_error *err)
{
    if (!key->exact)
        return add_short(key, side, hash, entity, err);
    enum tg_status status = tg_grow(&key->entries[side], &key->cap[side], key->n[side] + 1,
                                    sizeof *key->entries[side], err);
    if (status)
        return status;
    struct tg_link_entry *e = &key->entries[side][key->n[side]++];
    memcpy(e->hash, hash, TG_TOKEN_LEN);
    e->entity = entity;
    return TG_OK;
}

static unsigned digit(const struct tg_link_entry *e, unsigned depth)
{
    if (depth < TG_TOKEN_LEN)
        return e->hash[depth];
    return e->entity >> (8 * (KEY_BYTES - 1 - depth)) & 0xFF;
}

static void sort_few(struct tg_link_entry *e, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct tg_link_entry moved = e[i];
        size_t j = i;
        for (; j > 0 && tg_entry_compare(&moved, &e[j - 1]) < 0; j--)
            e[j] = e[j - 1];
        e[j] = moved;
    }
}

/* Puts every entry into the run of its digit, in place, following cycles of displaced entries. */
static void distribute(struct tg_link_entry *e, unsigned depth, size_t next[N_DIGITS],
                       const size_t end[N_DIGITS])
{
    for (unsigned d = 0; d < N_DIGITS; d++) {
        while (next[d] < end[d]) {
            struct tg_link_entry held = e[next[d]];
            unsigned to = digit(&held, depth);
            while (to != d) {
                struct tg_link_entry displaced = e[next[to]];
                e[next[to]++] = held;
                held = displaced;
                to = digit(&held, depth);
            }
            e[next[d]++] = held;
        }
    }
}

/* American flag sort (McIlroy, Bostic, McIlroy 1993): needs no second array, so it cannot fail. */
static void sort_from(struct tg_link_entry *e, size_t n, unsigned depth)
{
    if (n <= FEW || depth == KEY_BYTES) {
        sort_few(e, n);
        return;
    }
    size_t next[N_DIGITS] = {0}, end[N_DIGITS];
    for (size_t i = 0; i < n; i++)
        next[digit(&e[i], depth)]++;
    if (next[digit(&e[0], depth)] == n) {
        sort_from(e, n, depth + 1);
        return;
    }
    size_t sum = 0;
    for (unsigned d = 0; d < N_DIGITS; d++) {
        size_t count = next[d];
        next[d] = sum;
        sum += count;
        end[d] = sum;
    }
    distribute(e, depth, next, end);
    for (unsigned d = 0; d < N_DIGITS; d++) {
        size_t start = d ? end[d - 1] : 0;
        sort_from(e + start, end[d] - start, depth + 1);
    }
}

static bool is_ascending(const struct tg_link_entry *e, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (tg_entry_compare(&e[i - 1], &e[i]) >= 0)
            return false;
    }
    return true;
}

static size_t drop_doubles(struct tg_link_entry *e, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || tg_entry_compare(&e[kept - 1], &e[i]) != 0)
            e[kept++] = e[i];
    }
    return kept;
}

void tg_linkage_sort(struct tg_linkage *l)
{
    for (size_t k = 0; k < l->n_keys; k++) {
        struct tg_link_key *key = &l->keys[k];
        for (int side = 0; side < TG_N_SIDES; side++) {
            struct tg_link_entry *e = key->entries[side];
            if (!key->exact || is_ascending(e, key->n[side]))
                continue;
            sort_from(e, key->n[side], 0);
            key->n[side] = drop_doubles(e, key->n[side]);
        }
    }
}

void tg_linkage_free(struct tg_linkage *l)
{
    if (!l)
        return;
    for (size_t k = 0; k < l->n_keys; k++) {
        for (int side = 0; side < TG_N_SIDES; side++) {
            free(l->keys[k].entries[side]);
            free(l->keys[k].shorts[side]);
        }
        free(l->keys[k].parts);
    }
    free(l->keys);
    *l = (struct tg_linkage){0};
}
