/* SPDX-License-Identifier: Apache-2.0 */
#include "link/cells.h"

#include "link/sample.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_BEGIN = 1024 };

/* Numbers above zero are in the order of their bits. */
static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Where the cell is, or would be put. */
static uint32_t *slot_of(const struct tg_cells *c, uint64_t levels, double commonness)
{
    uint64_t common = bits_of(commonness);
    uint64_t mixed = tg_mix64(levels + common * UINT64_C(0x9e3779b97f4a7c15));
    size_t at = (size_t)mixed & (c->n_slots - 1);
    while (c->slots[at]) {
        const struct tg_cell *cell = &c->items[c->slots[at] - 1];
        if (cell->levels == levels && bits_of(cell->commonness) == common)
            break;
        at = (at + 1) & (c->n_slots - 1);
    }
    return &c->slots[at];
}

static enum tg_status enlarge(struct tg_cells *c, struct tg_error *err)
{
    size_t n_slots = c->n_slots ? 2 * c->n_slots : SLOTS_BEGIN;
    uint32_t *slots = tg_calloc(n_slots, sizeof *slots, err);
    if (!slots)
        return TG_NO_MEMORY;
    free(c->slots);
    c->slots = slots;
    c->n_slots = n_slots;
    for (size_t i = 0; i < c->n; i++)
        *slot_of(c, c->items[i].levels, c->items[i].commonness) = (uint32_t)i + 1;
    return TG_OK;
}

enum tg_status tg_cells_count(struct tg_cells *c, uint64_t levels, double commonness,
                              uint32_t *place, struct tg_error *err)
{
    enum tg_status status = 2 * c->n >= c->n_slots ? enlarge(c, err) : TG_OK;
    if (status)
        return status;
    uint32_t *slot = slot_of(c, levels, commonness);
    if (!*slot) {
        if (c->n >= UINT32_MAX - 1)
            return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
        status = tg_grow(&c->items, &c->cap, c->n + 1, sizeof *c->items, err);
        if (status)
            return status;
        c->items[c->n++] = (struct tg_cell){levels, commonness, 0};
        *slot = (uint32_t)c->n;
    }
    *place = *slot - 1;
    c->items[*place].n++;
    return TG_OK;
}

struct ordered {
    uint64_t levels, common;
    uint32_t place;
};

static int in_order(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    if (x->levels != y->levels)
        return x->levels < y->levels ? -1 : 1;
    return (x->common > y->common) - (x->common < y->common);
}

uint32_t *tg_cells_order(const struct tg_cells *c, struct tg_error *err)
{
    uint32_t *places = tg_calloc(c->n, sizeof *places, err);
    struct ordered *cells = places ? tg_calloc(c->n, sizeof *cells, err) : NULL;
    if (!cells) {
        free(places);
        return NULL;
    }
    for (size_t i = 0; i < c->n; i++)
        cells[i] =
            (struct ordered){c->items[i].levels, bits_of(c->items[i].commonness), (uint32_t)i};
    if (c->n)
        qsort(cells, c->n, sizeof *cells, in_order);
    for (size_t i = 0; i < c->n; i++)
        places[i] = cells[i].place;
    free(cells);
    return places;
}

void tg_cells_free(struct tg_cells *c)
{
    free(c->items);
    free(c->slots);
    *c = (struct tg_cells){NULL, 0, 0, NULL, 0};
}
