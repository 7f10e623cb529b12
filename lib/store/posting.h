/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Many tokens of many identities, sorted in memory.
 */
#ifndef TG_STORE_POSTING_H
#define TG_STORE_POSTING_H

#include "store/room.h"

#include <string.h>

enum { TG_POSTING_LEN = 2 + TG_TOKEN_LEN + 6 };

/** A stored hash and its identity. The numbers are big-endian, so that it is sorted as bytes. */
struct tg_posting {
    unsigned char bytes[TG_POSTING_LEN];
};

/**
 * @param column    below 65,536: what the hash is of; it is sorted by this first
 * @param identity  below 2^48
 */
static inline void tg_posting_put(struct tg_posting *p, size_t column,
                                  const unsigned char hash[TG_TOKEN_LEN], int64_t identity)
{
    p->bytes[0] = (unsigned char)(column >> 8);
    p->bytes[1] = (unsigned char)column;
    memcpy(p->bytes + 2, hash, TG_TOKEN_LEN);
    for (size_t i = 0; i < 6; i++)
        p->bytes[TG_POSTING_LEN - 1 - i] = (unsigned char)((uint64_t)identity >> (8 * i));
}

static inline size_t tg_posting_column(const struct tg_posting *p)
{
    return (size_t)p->bytes[0] << 8 | p->bytes[1];
}

static inline const unsigned char *tg_posting_hash(const struct tg_posting *p)
{
    return p->bytes + 2;
}

static inline int64_t tg_posting_identity(const struct tg_posting *p)
{
    uint64_t identity = 0;
    for (size_t i = 2 + TG_TOKEN_LEN; i < TG_POSTING_LEN; i++)
        identity = identity << 8 | p->bytes[i];
    return (int64_t)identity;
}

/** Ascending by column, hash and identity. */
void tg_postings_sort(struct tg_posting *items, size_t n);
/** How many of `n`, which are sorted, are of the column of the first; n is at least 1. */
size_t tg_postings_of_column(const struct tg_posting *items, size_t n);
/** How many there are from the first on with its column and hash; n is at least 1. */
size_t tg_postings_alike(const struct tg_posting *items, size_t n);

#endif
