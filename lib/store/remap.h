/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Every stored hash of a token becomes another one, wherever it stands.
 */
#ifndef TG_STORE_REMAP_H
#define TG_STORE_REMAP_H

#include "store/room.h"

/**
 * What a stored hash becomes.
 *
 * @param token  the number of the token's name; TG_APP_NUMBER for the app's own
 */
typedef enum tg_status tg_remap_hash(void *ctx, int64_t token,
                                     const unsigned char hash[TG_TOKEN_LEN],
                                     unsigned char out[TG_TOKEN_LEN], struct tg_error *err);

struct tg_remap {
    tg_remap_hash *hash;
    /** What a digest of an identity becomes. */
    void (*digest)(void *ctx, const unsigned char digest[TG_TOKEN_LEN],
                   unsigned char out[TG_TOKEN_LEN]);
    void *ctx;
    bool bridge; /**< also what the bridge between two epochs holds */
};

/**
 * Rewrites all of them, in the caller's transaction. Memory is bounded: large tables are sorted in
 * files that SQLite removes as soon as they are opened.
 */
TG_CHECKED enum tg_status tg_remap_all(struct tg_store *store, const struct tg_remap *remap,
                                       const struct tg_reporter *reporter, struct tg_error *err);

#endif
