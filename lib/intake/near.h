/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The tokens of a key with `~1` parts: of the values themselves and of each with one character left
 * out, every part's variants with every other's.
 *
 * A value of fewer than 4 or more than 255 characters gives only itself, and so do all where there
 * would be more than 4,096 combinations: what a row costs is bounded.
 */
#ifndef TG_INTAKE_NEAR_H
#define TG_INTAKE_NEAR_H

#include "intake/plan.h"

#include "crypto/batch.h"

enum { TG_NEAR_CHARACTERS_MIN = 4, TG_NEAR_CHARACTERS_MAX = 255, TG_NEAR_COMBINATIONS_MAX = 4096 };

/** Bytes that are left out of a value; none: 0 and 0. */
struct tg_near_cut {
    uint32_t at, len;
};

/** A part of a token with its value. */
struct tg_near_part {
    const char *value; /**< UTF-8 */
    char date[8];      /**< room for a value that is put together */
    size_t len;
    size_t first, n; /**< its cuts */
    size_t now;      /**< the cut in force */
};

/** Room that is used again and again. All zero is empty. */
struct tg_near {
    struct tg_near_part *parts; /**< in: `value` and `len` of each part of the token */
    size_t cap_parts;
    struct tg_near_cut *cuts;
    size_t n_cuts, cap_cuts;
};

/** Room for `n` parts. */
TG_CHECKED enum tg_status tg_near_reserve(struct tg_near *near, size_t n, struct tg_error *err);
/** Puts the messages of a token into a batch. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_near_messages(struct tg_near *near, const struct tg_plan_token *token,
                                           struct tg_token_batch *batch, struct tg_error *err);
/** Sorts what the batch made of them and drops what is there twice. @return how many are left */
size_t tg_near_distinct(unsigned char (*tokens)[TG_TOKEN_LEN], size_t n);
/** Wipes and frees. */
void tg_near_free(struct tg_near *near);

#endif
