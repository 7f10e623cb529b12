/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * A table asked for many keys in their order: a near one is reached by stepping, a far one is
 * sought, so that neither many nor few keys pay for what lies between them.
 */
#ifndef TG_STORE_STRIDE_H
#define TG_STORE_STRIDE_H

#include "store/room.h"

/** All zero but `db` is a valid beginning. Nothing may be written to its table between two asks
 * unless it is reset. */
struct tg_stride {
    const struct tg_db *db;
    sqlite3_stmt *stmt; /**< its row is what is found; tg_stride_free() ends it */
    bool begun, row;    /**< it runs; it is at a row */
    unsigned patience;  /**< so many steps are tried before the key is sought */
    unsigned char sought[TG_TOKEN_LEN];
};

/** @param sql  as the functions below say */
TG_CHECKED enum tg_status tg_stride_prepare(struct tg_stride *s, const char *sql,
                                            struct tg_error *err);
/**
 * The row of an identity. Its statement: SELECT id, … FROM … WHERE id >= ? ORDER BY id.
 *
 * @param id     not below the one before
 * @param there  out: is there one?
 */
TG_CHECKED enum tg_status tg_stride_identity(struct tg_stride *s, int64_t id, bool *there,
                                             struct tg_error *err);
/**
 * The first row of a token. Its statement: SELECT token, hash, … FROM … WHERE (token, hash) >=
 * (?, ?) ORDER BY token, hash.
 *
 * @param token, hash  not below those before
 */
TG_CHECKED enum tg_status tg_stride_token(struct tg_stride *s, unsigned token,
                                          const unsigned char hash[TG_TOKEN_LEN], bool *there,
                                          struct tg_error *err);
/** The next row of the same token. */
TG_CHECKED enum tg_status tg_stride_again(struct tg_stride *s, unsigned token,
                                          const unsigned char hash[TG_TOKEN_LEN], bool *there,
                                          struct tg_error *err);
/** Lets go of the table; the next key may be any. */
void tg_stride_reset(struct tg_stride *s);
void tg_stride_free(struct tg_stride *s);

#endif
