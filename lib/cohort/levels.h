/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Numbers for different texts, in the order of first use, found by hash.
 */
#ifndef TG_COHORT_LEVELS_H
#define TG_COHORT_LEVELS_H

#include "base/mem.h"

/** All zero is empty. Texts are copies, NUL-ended. */
struct tg_levels {
    char **texts;
    size_t n, cap;
    uint32_t *slots; /* number + 1, 0: free */
    size_t n_slots;
    struct tg_arena arena;
};

/** The number of a text: 0 for the first, 1 for the next new one, … At most 2³² − 2 texts. */
TG_CHECKED enum tg_status tg_levels_number(struct tg_levels *levels, const char *text, size_t len,
                                           uint32_t *number, struct tg_error *err);
void tg_levels_free(struct tg_levels *levels);

/** A hash of bytes, the same everywhere. */
uint64_t tg_levels_hash(const void *data, size_t len);

#endif
