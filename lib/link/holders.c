/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

static enum tg_status add(struct tg_holders *h, enum tg_side side, uint32_t fields,
                          struct tg_error *err)
{
    size_t i = 0;
    while (i < h->n && h->items[i].fields != fields)
        i++;
    if (i == h->n) {
        if (tg_grow(&h->items, &h->cap, h->n + 1, sizeof *h->items, err))
            return TG_NO_MEMORY;
        h->items[h->n++] = (struct tg_holder_count){.fields = fields};
    }
    h->items[i].n[side]++;
    return TG_OK;
}

enum tg_status tg_holders_count(const struct tg_linkage *l, uint32_t *const fields[TG_N_SIDES],
                                struct tg_holders *out, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (int side = 0; side < TG_N_SIDES; side++) {
        const uint8_t *sex = l->facts[side].sex;
        for (uint32_t i = 0; !status && i < l->facts[side].n; i++) {
            uint32_t known = sex && sex[i] ? UINT32_C(1) << TG_SEX_PLACE : 0;
            status = add(out, (enum tg_side)side, fields[side][i] | known, err);
        }
    }
    return status;
}

void tg_holders_of(const struct tg_holders *h, uint32_t fields, double n[TG_N_SIDES])
{
    n[TG_LEFT] = n[TG_RIGHT] = 0;
    for (size_t i = 0; i < h->n; i++) {
        for (int side = 0; side < TG_N_SIDES; side++)
            n[side] += (h->items[i].fields & fields) == fields ? h->items[i].n[side] : 0;
    }
}

double tg_holders_share(const struct tg_holders *h, uint32_t all, uint32_t fields)
{
    double n[TG_N_SIDES] = {0, 0}, both = 0;
    for (size_t i = 0; i < h->n; i++) {
        n[TG_LEFT] += h->items[i].n[TG_LEFT];
        n[TG_RIGHT] += h->items[i].n[TG_RIGHT];
        for (size_t j = 0; j < h->n; j++) {
            if ((h->items[i].fields & h->items[j].fields & all) == fields)
                both += h->items[i].n[TG_LEFT] * h->items[j].n[TG_RIGHT];
        }
    }
    double pairs = n[TG_LEFT] * n[TG_RIGHT];
    return pairs > 0 ? (both > 1 ? both : 1) / pairs : 1;
}

enum tg_link_level tg_sex_level(const struct tg_linkage *l, enum tg_side a, uint32_t x,
                                enum tg_side b, uint32_t y)
{
    uint8_t one = l->facts[a].sex ? l->facts[a].sex[x] : 0;
    uint8_t other = l->facts[b].sex ? l->facts[b].sex[y] : 0;
    return !one || !other ? TG_MISSING : one == other ? TG_SAME : TG_DIFFERENT;
}
