/* SPDX-License-Identifier: Apache-2.0 */
#include "link/entry.h"
#include "link/evidence.h"

#include <stdlib.h>
#include <string.h>

enum { PAIRS_OF_A_TOKEN_MAX = 3600, SLOTS_MIN = 1024 };

#define NOBODY UINT32_MAX

/* Pairs being collected: open addressing, a power of two of slots. */
struct collecting {
    const struct tg_linkage *l;
    bool one_side;
    struct tg_pair *slots;
    size_t n, n_slots;
    uint32_t *present[TG_N_SIDES]; /* by entity: bits of the fields that it has */
};

static uint64_t mix(uint32_t left, uint32_t right)
{
    uint64_t x = (uint64_t)left << 32 | right;
    x = (x ^ x >> 31) * UINT64_C(0x7fb5d329728ea185);
    x = (x ^ x >> 27) * UINT64_C(0x81dadef4bc2dd44d);
    return x ^ x >> 33;
}

static struct tg_pair *find_slot(struct tg_pair *slots, size_t n_slots, uint32_t left,
                                 uint32_t right)
{
    size_t at = (size_t)mix(left, right) & (n_slots - 1);
    while (slots[at].left != NOBODY && (slots[at].left != left || slots[at].right != right))
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

static enum tg_status grow(struct collecting *c, struct tg_error *err)
{
    size_t n_slots = c->n_slots ? 2 * c->n_slots : SLOTS_MIN;
    struct tg_pair *slots = tg_calloc(n_slots, sizeof *slots, err);
    if (!slots)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < n_slots; i++)
        slots[i].left = NOBODY;
    for (size_t i = 0; i < c->n_slots; i++) {
        if (c->slots[i].left != NOBODY)
            *find_slot(slots, n_slots, c->slots[i].left, c->slots[i].right) = c->slots[i];
    }
    free(c->slots);
    c->slots = slots;
    c->n_slots = n_slots;
    return TG_OK;
}

/* What one shared token adds to a pair. */
struct shared {
    uint32_t key;
    uint64_t levels;
    double others, usual;
};

static enum tg_status add_pair(struct collecting *c, uint32_t left, uint32_t right,
                               const struct shared *shared, struct tg_error *err)
{
    if (c->n >= c->n_slots / 2) {
        enum tg_status status = grow(c, err);
        if (status)
            return status;
    }
    struct tg_pair *pair = find_slot(c->slots, c->n_slots, left, right);
    if (pair->left == NOBODY) {
        *pair = (struct tg_pair){.left = left, .right = right, .key = shared->key};
        c->n++;
    }
    pair->levels |= shared->levels;
    pair->others += shared->others;
    pair->usual += shared->usual;
    return TG_OK;
}

static enum tg_status add_meeting(struct collecting *c, const struct tg_link_key *key,
                                  const struct tg_meeting *m, struct shared *shared,
                                  bool counts_others, struct tg_error *err)
{
    size_t n_left = m->end[TG_LEFT] - m->at[TG_LEFT], n_right = m->end[TG_RIGHT] - m->at[TG_RIGHT];
    if (n_left > PAIRS_OF_A_TOKEN_MAX / n_right)
        return TG_OK;
    shared->others = counts_others ? (double)(n_left + n_right - 2) : 0;
    for (size_t i = m->at[TG_LEFT]; i < m->end[TG_LEFT]; i++) {
        uint32_t left = key->entries[TG_LEFT][i].entity;
        for (size_t j = m->at[TG_RIGHT]; j < m->end[TG_RIGHT]; j++) {
            uint32_t right = key->entries[TG_RIGHT][j].entity;
            enum tg_status status = TG_OK;
            if (!c->one_side || left < right)
                status = add_pair(c, left, right, shared, err);
            if (status)
                return status;
        }
    }
    return TG_OK;
}

/* For an entity of either side, the mean number of others of its side with its token, twice. */
static double usual_others(const struct tg_link_key *key)
{
    double shared = 0, n = 0;
    for (int side = 0; side < TG_N_SIDES; side++) {
        const struct tg_link_entry *e = key->entries[side];
        for (size_t at = 0, end; at < key->n[side]; at = end) {
            end = tg_group_end(e, key->n[side], at);
            shared += (double)(end - at) * (double)(end - at - 1);
            n += (double)(end - at);
        }
    }
    return n > 0 ? 2 * shared / n : 0;
}

/* A key's view on one side with itself, or as it is. */
static struct tg_link_key key_of(const struct tg_link_key *key, enum tg_side a, enum tg_side b)
{
    struct tg_link_key view = *key;
    view.entries[TG_LEFT] = key->entries[a];
    view.entries[TG_RIGHT] = key->entries[b];
    view.n[TG_LEFT] = key->n[a];
    view.n[TG_RIGHT] = key->n[b];
    return view;
}

static enum tg_status join_key(struct collecting *c, uint32_t k, enum tg_side a, enum tg_side b,
                               struct tg_error *err)
{
    const struct tg_link_key *key = &c->l->keys[k];
    struct shared shared = {.key = k};
    bool all_whole = true;
    for (size_t i = 0; i < key->n_parts; i++) {
        uint64_t level = key->parts[i].whole ? TG_SAME : TG_NEAR;
        shared.levels |= level << (2 * key->parts[i].field);
        all_whole = all_whole && key->parts[i].whole;
    }
    bool counts_others = all_whole && !key->exact;
    shared.usual = counts_others ? usual_others(key) : 0;
    struct tg_link_key view = key_of(key, a, b);
    enum tg_status status = TG_OK;
    for (struct tg_meeting m = {{0}, {0}}; !status && tg_next_meeting(&view, &m);)
        status = add_meeting(c, &view, &m, &shared, counts_others, err);
    return status;
}

static enum tg_status find_fields(struct collecting *c, enum tg_side side, struct tg_error *err)
{
    const struct tg_linkage *l = c->l;
    c->present[side] = tg_calloc(l->facts[side].n, sizeof *c->present[side], err);
    if (!c->present[side])
        return TG_NO_MEMORY;
    for (size_t k = 0; k < l->n_keys; k++) {
        const struct tg_link_key *key = &l->keys[k];
        uint32_t fields = 0;
        for (size_t i = 0; i < key->n_parts; i++)
            fields |= UINT32_C(1) << key->parts[i].field;
        for (size_t i = 0; i < key->n[side]; i++)
            c->present[side][key->entries[side][i].entity] |= fields;
    }
    return TG_OK;
}

/* Moves the pairs to the front of their slots and says which fields are missing. */
static void gather(struct collecting *c, enum tg_side a, enum tg_side b, struct tg_pairs *out)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_slots; i++) {
        struct tg_pair pair = c->slots[i];
        if (pair.left == NOBODY)
            continue;
        uint32_t both = c->present[a][pair.left] & c->present[b][pair.right];
        for (size_t f = 0; f < c->l->n_fields; f++) {
            if (!(both >> f & 1))
                pair.levels = (pair.levels & ~(UINT64_C(3) << (2 * f))) | (uint64_t)TG_MISSING
                                                                              << (2 * f);
        }
        c->slots[n++] = pair;
    }
    *out = (struct tg_pairs){c->slots, n, c->n_slots};
    c->slots = NULL;
}

enum tg_status tg_pairs_join(const struct tg_linkage *l, enum tg_side a, enum tg_side b,
                             struct tg_pairs *out, struct tg_error *err)
{
    struct collecting c = {.l = l, .one_side = a == b};
    enum tg_status status = grow(&c, err);
    for (int side = 0; !status && side < TG_N_SIDES; side++)
        status = find_fields(&c, (enum tg_side)side, err);
    for (uint32_t k = 0; !status && k < l->n_keys; k++)
        status = join_key(&c, k, a, b, err);
    if (!status)
        gather(&c, a, b, out);
    free(c.slots);
    free(c.present[TG_LEFT]);
    free(c.present[TG_RIGHT]);
    return status;
}

static int by_value(const void *a, const void *b)
{
    const struct tg_pair *x = a, *y = b;
    if (x->levels != y->levels)
        return x->levels < y->levels ? -1 : 1;
    if (x->others < y->others || x->others > y->others)
        return x->others < y->others ? -1 : 1;
    if (x->usual < y->usual || x->usual > y->usual)
        return x->usual < y->usual ? -1 : 1;
    if (x->left != y->left)
        return x->left < y->left ? -1 : 1;
    return (x->right > y->right) - (x->right < y->right);
}

void tg_pairs_sort(struct tg_pairs *pairs)
{
    if (pairs->n)
        qsort(pairs->items, pairs->n, sizeof *pairs->items, by_value);
}

void tg_pairs_free(struct tg_pairs *pairs)
{
    free(pairs->items);
    *pairs = (struct tg_pairs){NULL, 0, 0};
}
