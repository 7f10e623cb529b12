/* SPDX-License-Identifier: Apache-2.0 */
/** @file How postings lie in the tables of an index; for the index alone. */
#ifndef TG_STORE_INDEX_ROOM_H
#define TG_STORE_INDEX_ROOM_H

#include "store/index.h"

#include <string.h>

enum { TG_INDEX_HASH_BITS = 47, TG_INDEX_COLUMNS = 1 << 16 };

/** The number of a chunk that begins with a hash. */
static inline int64_t tg_index_key(int64_t column, const unsigned char *hash)
{
    uint64_t first = 0;
    for (size_t i = 0; i < 8; i++)
        first = first << 8 | hash[i];
    return (int64_t)((uint64_t)column << TG_INDEX_HASH_BITS | first >> (64 - TG_INDEX_HASH_BITS));
}

static inline int64_t tg_index_column_of(int64_t key)
{
    return key >> TG_INDEX_HASH_BITS;
}

static inline int64_t tg_indexed_identity(const unsigned char *posting)
{
    const unsigned char *p = posting + TG_TOKEN_LEN;
    return (int64_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
}

static inline void tg_indexed_put(unsigned char to[TG_INDEXED_LEN], const unsigned char *hash,
                                  int64_t identity)
{
    memcpy(to, hash, TG_TOKEN_LEN);
    for (size_t i = 0; i < 4; i++)
        to[TG_TOKEN_LEN + i] = (unsigned char)((uint64_t)identity >> (24 - 8 * i));
}

/** The table of an index. */
const char *tg_index_table(enum tg_index index);
/** A statement on it, in whose text %s stands for its name. */
TG_CHECKED enum tg_status tg_index_prepare(const struct tg_db *db, enum tg_index index,
                                           const char *format, sqlite3_stmt **out,
                                           struct tg_error *err);
/** The postings of a row whose second column they are; a length that cannot be is TG_DATA. */
TG_CHECKED enum tg_status tg_index_postings(const struct tg_db *db, enum tg_index index,
                                            const void *blob, size_t len, size_t *n,
                                            struct tg_error *err);

#endif
