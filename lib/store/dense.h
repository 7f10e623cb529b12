/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Maps from identities to whom they belong, one number for each identity of the store: 4 bytes
 * each, and walks over tokens with them.
 */
#ifndef TG_STORE_DENSE_H
#define TG_STORE_DENSE_H

#include "store/intern.h"

/** By identity; 0: nobody. */
struct tg_owners {
    uint32_t *of;
    size_t n;
};
/** Room for all identities of the store, all 0. */
TG_CHECKED enum tg_status tg_owners_new(const struct tg_db *db, struct tg_owners *out,
                                        struct tg_error *err);
/** Sets the owners that a statement yields as (identity, owner), and finalizes it. */
TG_CHECKED enum tg_status tg_owners_fill(const struct tg_db *db, sqlite3_stmt *stmt,
                                         struct tg_owners *owners, struct tg_error *err);
/** The persons of the identities of rosters that were seen by a month. */
TG_CHECKED enum tg_status tg_owners_of_persons(const struct tg_db *db, int32_t month,
                                               struct tg_owners *out, struct tg_error *err);
static inline uint32_t tg_owner(const struct tg_owners *owners, int64_t identity)
{
    return identity > 0 && (uint64_t)identity < owners->n ? owners->of[identity] : 0;
}
void tg_owners_free(struct tg_owners *owners);

/** All identities that carry one token; `identities` in ascending order, reusable by the callee. */
typedef enum tg_status tg_on_group(void *ctx, const unsigned char hash[TG_TOKEN_LEN],
                                   const struct tg_ids *identities, struct tg_error *err);
/** Groups of a token, ascending by hash. A token the store does not know has none. `on` must not use
 * the database. */
TG_CHECKED enum tg_status tg_walk_token(const struct tg_db *db, const char *token, tg_on_group *on,
                                        void *ctx, struct tg_error *err);

#endif
