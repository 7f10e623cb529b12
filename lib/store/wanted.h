/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Words that a question is about: codes in ranges.
 */
#ifndef TG_STORE_WANTED_H
#define TG_STORE_WANTED_H

#include "store/room.h"

/** By number of the word; `words` NULL: all, also those without a word. */
struct tg_wanted {
    bool *words;
    size_t n;
};

/** @param n  0: all codes are wanted */
TG_CHECKED enum tg_status tg_wanted_codes(const struct tg_db *db,
                                          const struct tg_code_range *ranges, size_t n,
                                          struct tg_wanted *out, struct tg_error *err);
static inline bool tg_is_wanted(const struct tg_wanted *w, int64_t word)
{
    return !w->words || (word > 0 && (uint64_t)word < w->n && w->words[word]);
}
void tg_wanted_free(struct tg_wanted *w);

#endif
