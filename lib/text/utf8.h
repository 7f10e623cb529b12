/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * UTF-8, one code point at a time (RFC 3629).
 */
#ifndef TG_TEXT_UTF8_H
#define TG_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes at the start of `s` that are ASCII. */
size_t tg_ascii_prefix(const char *s, size_t len);

/**
 * Reads the code point at `s`.
 * @return its bytes, 1…4; 0 when `s` is empty or no well-formed character stands there
 */
size_t tg_utf8_decode(const char *s, size_t len, int32_t *cp);

/**
 * Where the least of a text's rotations begins: by bytes, which is the order of code points. What
 * is put together of the same parts in the same round has one least rotation, wherever it begins.
 *
 * Method: two candidates are compared until they differ, and the loser is moved on behind what was
 * compared (Shiloach 1981); time in proportion to `len`.
 *
 * @param s  well-formed
 * @return an offset below `len`, where a character begins; 0 for an empty text
 */
size_t tg_utf8_least_rotation(const char *s, size_t len);

/**
 * Reads the usual characters of Japanese text: three bytes, U+1000…U+CFFF and U+E000…U+FFFF.
 * @return whether one stands at `s`
 */
static inline bool tg_utf8_three(const char *s, size_t len, int32_t *cp)
{
    const unsigned char *u = (const unsigned char *)s;
    if (len < 3 || u[0] <= 0xE0 || u[0] == 0xED || u[0] > 0xEF)
        return false;
    if ((u[1] & 0xC0) != 0x80 || (u[2] & 0xC0) != 0x80)
        return false;
    *cp = (u[0] & 0x0F) << 12 | (u[1] & 0x3F) << 6 | (u[2] & 0x3F);
    return true;
}

/** Writes a code point into 4 bytes at most. @return the bytes written, 1…4 */
static inline size_t tg_utf8_encode(int32_t cp, char *out)
{
    uint32_t c = (uint32_t)cp;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

#endif
