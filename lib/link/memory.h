/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What linking remembers from month to month, so that only new and changed rows are compared.
 *
 * The right side is made of rows that keep their numbers and never change their tokens. Remembered
 * are the tokens that were asked for (those of open and sampled entities of either side), which
 * rows have them, and of which keys each row has tokens. The next time
 *
 * - rows that are new are asked for all tokens;
 * - rows that are remembered are asked only for tokens that nobody asked for before: those of left
 *   entities that are new, changed, or open or sampled for the first time;
 * - what remembered rows have of remembered tokens is not looked for again.
 *
 * What is paired then is the same as without a memory, and so is what is remembered next: it
 * depends on the rows and tokens of the month alone.
 *
 * Parts 0 to TG_MEMORY_PARTS − 2 hold tokens by the first bits of their hashes (mixed with the
 * key), ascending: difference to the hash before, number of rows, and for each the key and the row
 * (after the first of a key: the difference to the row before). The last part holds the rows: the
 * number of distinct sets of keys, these as numbers of one bit a key, then for each row, ascending,
 * the difference to the row before and the place of its set. All numbers as store/pack.h has them.
 */
#ifndef TG_LINK_MEMORY_H
#define TG_LINK_MEMORY_H

#include "link/engine.h"

enum {
    TG_MEMORY_PARTS = 513,
    TG_MEMORY_KEYS_MAX = 64,      /**< with more keys nothing is remembered */
    TG_MEMORY_ASKED_MAX = 1 << 22 /**< nor when more tokens are asked for; 16 bytes each */
};

struct tg_link_memory {
    const uint32_t *entity_of; /**< borrowed; by row: its right entity + 1, or 0: nobody's now */
    size_t n_rows;
    /** Hands on the evidence tokens of the flagged rows; a token's `entity` is its row. */
    enum tg_status (*walk_rows)(void *ctx, const bool *rows, tg_on_evidence *on, void *on_ctx,
                                struct tg_error *err);
    void *ctx;
    struct tg_buf old[TG_MEMORY_PARTS];  /**< in: what is remembered; all empty: nothing. What is
                                              damaged counts as nothing. */
    struct tg_buf next[TG_MEMORY_PARTS]; /**< out: what to remember, when `made` */
    bool made;
    uint64_t asking, asking_anew; /**< out: left entities whose tokens were asked for; those with a
                                       token that was not asked for before */
    uint64_t rows, rows_anew;     /**< out: of somebody; those that were not remembered */
};

/** Frees the parts. */
void tg_link_memory_free(struct tg_link_memory *memory);

#endif
