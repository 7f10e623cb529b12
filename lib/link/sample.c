/* SPDX-License-Identifier: Apache-2.0 */
#include "link/sample.h"

#include "link/entry.h"

#include <stdlib.h>
#include <string.h>

/* Sums over the exact tokens of each entity; 0: it has none. */
static enum tg_status hash_entities(const struct tg_linkage *l, enum tg_side side, uint64_t **out,
                                    struct tg_error *err)
{
    uint64_t *sums = tg_calloc(l->facts[side].n, sizeof *sums, err);
    if (!sums)
        return TG_NO_MEMORY;
    for (size_t k = 0; k < l->n_keys; k++) {
        const struct tg_link_key *key = &l->keys[k];
        for (size_t i = 0; key->exact && i < key->n[side]; i++) {
            const struct tg_link_entry *e = &key->entries[side][i];
            sums[e->entity] += tg_mix_token(tg_load_be64(e->hash), k);
        }
    }
    *out = sums;
    return TG_OK;
}

/* Chooses about TG_SAMPLE_SIZE of the n entities that are not left out. */
static uint32_t choose(const uint64_t *sums, uint32_t n_all, const bool *of, uint32_t n, bool *out)
{
    uint32_t chosen = 0;
    uint64_t below = n > TG_LOOKED_AT_MAX ? UINT64_MAX / n * TG_SAMPLE_SIZE : 0;
    for (uint32_t i = 0; i < n_all && below; i++) {
        if ((!of || of[i]) && sums[i] && tg_mix64(sums[i]) < below) {
            out[i] = true;
            chosen++;
        }
    }
    if (chosen >= TG_SAMPLE_SIZE / 2)
        return chosen;
    for (uint32_t i = 0; i < n_all; i++)
        out[i] = out[i] || !of || of[i];
    return n;
}

static enum tg_status choose_within(const struct tg_linkage *l, enum tg_side side,
                                    const uint64_t *sums, struct tg_link_sample *s,
                                    struct tg_error *err)
{
    uint32_t n = l->facts[side].n;
    s->within[side] = tg_calloc(n, sizeof *s->within[side], err);
    if (!s->within[side])
        return TG_NO_MEMORY;
    s->n[side] = choose(sums, n, NULL, n, s->within[side]);
    s->whole[side] = s->n[side] == n;
    return TG_OK;
}

static enum tg_status choose_across(const struct tg_linkage *l, const uint64_t *sums,
                                    struct tg_link_sample *s, struct tg_error *err)
{
    uint32_t n = l->facts[TG_LEFT].n, n_settled = 0;
    s->across = tg_calloc(n, sizeof *s->across, err);
    s->left = tg_calloc(n, sizeof *s->left, err);
    if (!s->across || !s->left)
        return TG_NO_MEMORY;
    s->weight = 1;
    for (uint32_t i = 0; i < n && s->settled; i++)
        n_settled += s->settled[i];
    if (n_settled)
        s->weight = (double)n_settled / choose(sums, n, s->settled, n_settled, s->across);
    for (uint32_t i = 0; i < n; i++) {
        s->across[i] = s->across[i] || !s->settled || !s->settled[i];
        s->left[i] = s->across[i] || s->within[TG_LEFT][i];
    }
    return TG_OK;
}

enum tg_status tg_link_sample_choose(const struct tg_linkage *l, const bool *settled,
                                     struct tg_link_sample *out, struct tg_error *err)
{
    struct tg_link_sample s = {.settled = settled};
    enum tg_status status = TG_OK;
    for (int side = 0; !status && side < TG_N_SIDES; side++) {
        uint64_t *sums = NULL;
        status = hash_entities(l, (enum tg_side)side, &sums, err);
        if (!status)
            status = choose_within(l, (enum tg_side)side, sums, &s, err);
        if (!status && side == TG_LEFT)
            status = choose_across(l, sums, &s, err);
        free(sums);
    }
    if (status)
        tg_link_sample_free(&s);
    else
        *out = s;
    return status;
}

void tg_link_sample_free(struct tg_link_sample *s)
{
    free(s->within[TG_LEFT]);
    free(s->within[TG_RIGHT]);
    free(s->across);
    free(s->left);
    *s = (struct tg_link_sample){.settled = NULL};
}
