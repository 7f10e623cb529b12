/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Which questions want which words: codes in ranges.
 */
#ifndef TG_STORE_WANTED_H
#define TG_STORE_WANTED_H

#include "store/room.h"

/** Questions that fit into one set. */
enum { TG_WANTED_MAX = 64 };

/** Sets of questions, bit by bit. All zero: nobody wants anything. */
struct tg_wanted {
    uint64_t
        *words; /**< by number of the word, of questions that want some; NULL: there are none */
    size_t n;
    uint64_t all; /**< those that want every code, also where there is none */
};

/**
 * Notes what a question wants.
 * @param question  below TG_WANTED_MAX
 * @param n         0: all codes are wanted
 */
TG_CHECKED enum tg_status tg_wanted_codes(const struct tg_db *db, unsigned question,
                                          const struct tg_code_range *ranges, size_t n,
                                          struct tg_wanted *wanted, struct tg_error *err);
/** The questions that want a word. */
static inline uint64_t tg_wanted_by(const struct tg_wanted *w, int64_t word)
{
    return w->all | (word > 0 && (uint64_t)word < w->n ? w->words[word] : 0);
}
void tg_wanted_free(struct tg_wanted *w);

#endif
