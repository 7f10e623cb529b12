/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Looking into a sorted array.
 */
#ifndef TG_BASE_SEARCH_H
#define TG_BASE_SEARCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * The first of `n` items whose key is not below `key`; n: none.
 * @param items  ascending by their keys; each begins with its key, an int64_t
 * @param size   of an item, in bytes; at least 8
 */
static inline size_t tg_lower_bound(const void *items, size_t n, size_t size, int64_t key)
{
    const unsigned char *bytes = items;
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t at;
        memcpy(&at, bytes + middle * size, sizeof at);
        if (at < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/**
 * The first of `n` items, from `low` on, whose key is not below `key`; n: none. Steps double until
 * it is passed, so what is near is found with few looks (Bentley and Yao, An almost optimal
 * algorithm for unbounded searching, 1976).
 *
 * @param items    ascending by the first `key_len` bytes of each, compared as bytes
 * @param size     of an item, in bytes; at least key_len
 */
static inline size_t tg_lower_bound_near(const void *items, size_t low, size_t n, size_t size,
                                         const void *key, size_t key_len)
{
    const unsigned char *bytes = items;
    size_t high = low, step = 1;
    while (high < n && memcmp(bytes + high * size, key, key_len) < 0) {
        low = high + 1;
        high += step;
        step *= 2;
    }
    high = high < n ? high : n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(bytes + middle * size, key, key_len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
