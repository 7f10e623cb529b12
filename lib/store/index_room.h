/* SPDX-License-Identifier: Apache-2.0 */
/** @file How postings lie in the tables of an index; for the index alone. */
#ifndef TG_STORE_INDEX_ROOM_H
#define TG_STORE_INDEX_ROOM_H

#include "store/index.h"

#include <string.h>

enum { TG_INDEX_HASH_BITS = 47, TG_INDEX_COLUMNS = 1 << 16 };
/** So many postings lie in a chunk: two of those fill a page of 8,192 bytes. */
enum { TG_INDEX_CHUNK = 203 };

/**
 * What stands before the bits of a hash in a chunk's number: the column, and below zero that of the
 * fresh level.
 */
static inline int64_t tg_index_part(int64_t column, int level)
{
    return level == TG_INDEX_MAIN ? column : column - TG_INDEX_COLUMNS;
}

/** The first number of a part. */
static inline int64_t tg_index_floor(int64_t part)
{
    return part * (INT64_C(1) << TG_INDEX_HASH_BITS);
}

static inline int64_t tg_index_ceiling(int64_t part)
{
    return tg_index_floor(part) + ((INT64_C(1) << TG_INDEX_HASH_BITS) - 1);
}

/** The number of a chunk that begins with a hash. */
static inline int64_t tg_index_key(int64_t part, const unsigned char *hash)
{
    uint64_t first = 0;
    for (size_t i = 0; i < 8; i++)
        first = first << 8 | hash[i];
    return tg_index_floor(part) + (int64_t)(first >> (64 - TG_INDEX_HASH_BITS));
}

static inline int64_t tg_index_part_of(int64_t key)
{
    return key >> TG_INDEX_HASH_BITS;
}

static inline int64_t tg_index_column_of(int64_t key)
{
    return tg_index_part_of(key) & (TG_INDEX_COLUMNS - 1);
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
/** A statement on it, in whose text each %s stands for its name. */
TG_CHECKED enum tg_status tg_index_prepare(const struct tg_db *db, enum tg_index index,
                                           const char *format, sqlite3_stmt **out,
                                           struct tg_error *err);
/** The postings of a row whose second column they are; a length that cannot be is TG_DATA. */
TG_CHECKED enum tg_status tg_index_postings(const struct tg_db *db, enum tg_index index,
                                            const void *blob, size_t len, size_t *n,
                                            struct tg_error *err);

/**
 * Puts postings into a part, or takes them out: what is there already is left out, and what is to
 * go and is not there is no matter.
 *
 * @param items  as of tg_index_add()
 */
TG_CHECKED enum tg_status tg_index_change(const struct tg_db *db, enum tg_index index, int64_t part,
                                          bool takes, const struct tg_posting *items, size_t n,
                                          struct tg_error *err);

#endif
