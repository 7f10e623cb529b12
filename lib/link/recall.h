/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * A memory while it is used; private to the room.
 */
#ifndef TG_LINK_RECALL_H
#define TG_LINK_RECALL_H

#include "link/collect.h"
#include "link/memory.h"

/** In place of a left entity: one of the right side asks. */
#define TG_ASKED_BY_RIGHT UINT32_MAX

/** All zero: nothing is remembered. */
struct tg_recall {
    struct tg_link_memory *memory;    /**< borrowed; NULL: there is none, or it is too small */
    struct tg_part asked[TG_N_PARTS]; /**< tokens asked for; entity: who asks */
    size_t n_asked, n_keys;
    struct tg_part fresh[TG_N_PARTS]; /**< tokens found now; entity: row */
    bool *known;                      /**< by row: remembered, and somebody's */
    uint64_t *keys;                   /**< by row: bits of the keys it has tokens of */
    uint64_t *anew;                   /**< hashes that were not asked for before, ascending */
    size_t n_anew, cap_anew;
};

/** Notes a token that is asked for, and who asks. When they are too many the memory is given up. */
TG_CHECKED enum tg_status tg_recall_ask(struct tg_recall *r, uint64_t hash, uint32_t who,
                                        struct tg_error *err);
/**
 * When all is asked: finds which rows are known and what was not asked for before, and counts both.
 * @param n_left, n_right  entities. @return TG_OK; TG_NO_MEMORY; TG_BUG: a row of none of them
 */
TG_CHECKED enum tg_status tg_recall_begin(struct tg_recall *r, size_t n_keys, uint32_t n_left,
                                          uint32_t n_right, struct tg_error *err);
/** When all rows are walked: writes down the rows. */
TG_CHECKED enum tg_status tg_recall_rows(struct tg_recall *r, struct tg_error *err);
/** Adds the right side's tokens of a part to `right`, and writes the part down. Once a part. */
TG_CHECKED enum tg_status tg_recall_part(struct tg_recall *r, size_t part, struct tg_part *right,
                                         struct tg_error *err);
/** NULL is allowed. */
void tg_recall_free(struct tg_recall *r);

#endif
