/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Sorting of records in memory: byte strings in the order of memcmp(), a shorter one before those
 * it begins.
 *
 * An entry holds the first 8 bytes of its record as a number, so that most comparisons touch no
 * record. The sort is a radix sort from the most significant byte (McIlroy, Bostic, McIlroy 1993)
 * that takes the next 8 bytes where a group agrees (caching multikey sort, Ng and Kakehi 2007).
 * The order is total up to equal bytes; time is bounded whatever the records.
 */
#ifndef TG_INTAKE_ORDER_H
#define TG_INTAKE_ORDER_H

#include "base/mem.h"

#include <string.h>

/** A record: `len` bytes that decide its order, then `tail_len` bytes that go along. */
struct tg_record {
    uint32_t len;
    uint32_t tail_len;
    unsigned char bytes[];
};

struct tg_entry {
    uint64_t prefix; /**< first 8 bytes, big-endian, filled up with zeros */
    union {
        const struct tg_record *record;
        uint64_t count; /**< where entries are counted by prefix alone */
    } of;
};

/** 8 bytes from `at` on as a big-endian number; what lies behind the end counts as zeros. */
static inline uint64_t tg_prefix_of(const unsigned char *bytes, size_t len, size_t at)
{
    uint64_t word = 0;
    if (at < len && len - at >= sizeof word) {
        memcpy(&word, bytes + at, sizeof word);
        return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? word : __builtin_bswap64(word);
    }
    for (size_t i = at; i < len; i++)
        word |= (uint64_t)bytes[i] << (56 - 8 * (i - at));
    return word;
}

/** Asks for a record's memory, which will be read soon. */
static inline void tg_record_fetch(const struct tg_record *r)
{
    __builtin_prefetch(r);
    __builtin_prefetch(r->bytes + 64);
    __builtin_prefetch(r->bytes + 128);
}

/** memcmp() with the shorter first. */
int tg_bytes_compare(const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len);

/** Sorts entries by their records. `tmp`: room for `n`. Prefixes are the same afterwards. */
void tg_sort_records(struct tg_entry *entries, struct tg_entry *tmp, size_t n);

/** Sorts entries by prefix alone. */
void tg_sort_prefixes(struct tg_entry *entries, struct tg_entry *tmp, size_t n);

#endif
