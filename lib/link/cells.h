/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Pairs counted by what they agree in and by how common their values are; private to the room.
 */
#ifndef TG_LINK_CELLS_H
#define TG_LINK_CELLS_H

#include "base/mem.h"

struct tg_cell {
    uint64_t levels;
    double commonness;
    size_t n;
};

/** All zero is an empty one. */
struct tg_cells {
    struct tg_cell *items; /**< in the order in which they came first */
    size_t n, cap;
    uint32_t *slots; /**< of a hash table: 1 + the cell's place, or 0 */
    size_t n_slots;
};

/** Counts a pair. @param place  out: its cell's. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_cells_count(struct tg_cells *cells, uint64_t levels, double commonness,
                                         uint32_t *place, struct tg_error *err);
/** The cells' places by levels, then by commonness; free() it. NULL with `err` set. */
TG_CHECKED uint32_t *tg_cells_order(const struct tg_cells *cells, struct tg_error *err);
void tg_cells_free(struct tg_cells *cells);

#endif
