/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Bytes as numbers, the same on every machine.
 */
#ifndef TG_BASE_BYTES_H
#define TG_BASE_BYTES_H

#include <stdint.h>

/** Eight bytes as one number that compares as the bytes do. */
static inline uint64_t tg_load_be64(const unsigned char *p)
{
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
           (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
           (uint64_t)p[6] << 8 | (uint64_t)p[7];
}

/** The other way. */
static inline void tg_put_be64(unsigned char *p, uint64_t number)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(number >> (56 - 8 * i));
}

#endif
