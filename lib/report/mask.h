/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Small counts in a table whose sums are known: which cells to leave out so that nobody can work
 * them out again (domain: small cells, complementary suppression).
 *
 * Pure: no report, no text. An attacker is assumed to know every shown count, which cells are left
 * out as small (1…min_cell−1), which are left out to protect those (min_cell or more), and every
 * sum. Sums are bounded against each other until nothing changes; where the sums form a tree, as
 * in a flow, these bounds are exact.
 */
#ifndef TG_REPORT_MASK_H
#define TG_REPORT_MASK_H

#include <totsugo/base.h>

enum tg_mark {
    TG_MARK_SHOWN,
    TG_MARK_SMALL,  /**< 1…min_cell−1: shown as "<10" */
    TG_MARK_HIDDEN, /**< min_cell or more; would give a small one away */
};

/** One count. */
struct tg_mask_cell {
    uint64_t n;
    bool known;        /**< stands in another output: hiding it here would protect nothing */
    enum tg_mark mark; /**< out */
};

/** cells[total].n is the sum of the `n` cells from cells[first] on. */
struct tg_mask_sum {
    size_t total;
    size_t first;
    size_t n;
};

/** What the attacker can tell of one cell: it lies in low…high. */
struct tg_mask_range {
    int64_t low;
    int64_t high;
};

/** How one count is marked that stands in no sum. `min_cell` 0 or 1: everything is shown. */
enum tg_mark tg_mask_alone(uint64_t n, unsigned min_cell);

/**
 * Marks every small count, and as many others (few people rather than many) as it takes that each
 * small one could still be at least three different numbers, or all there are if fewer. Zeros are
 * shown always. When that cannot be had, everything that may be hidden is.
 *
 * @param cells     in: n, known; out: mark
 * @param sums      only sums that hold
 * @param min_cell  smallest count shown; UINT_MAX: none but 0; 0 or 1: all
 * @param ranges    scratch: n_cells ranges; out: what the attacker can tell
 * @return how many cells are not shown
 */
size_t tg_mask(struct tg_mask_cell *cells, size_t n_cells, const struct tg_mask_sum *sums,
               size_t n_sums, unsigned min_cell, struct tg_mask_range *ranges);

#endif
