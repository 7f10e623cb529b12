/* SPDX-License-Identifier: Apache-2.0 */
#include "text/utf8.h"

#include "text/decode.h"

#include <string.h>

static const uint64_t HIGH_BITS = 0x8080808080808080U;

size_t tg_ascii_prefix(const char *s, size_t len)
{
    size_t i = 0;
    for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t eight;
        memcpy(&eight, s + i, sizeof eight);
        if (eight & HIGH_BITS)
            break;
    }
    while (i < len && (unsigned char)s[i] < 0x80)
        i++;
    return i;
}

/* What a lead byte promises: the length, its own bits, the range of the second byte. */
struct lead {
    unsigned char first, last;
    unsigned char len, bits;
    unsigned char second_min, second_max;
};

static const struct lead leads[] = {
    {0x00, 0x7F, 1, 0x7F, 0, 0},       {0xC2, 0xDF, 2, 0x1F, 0x80, 0xBF},
    {0xE0, 0xE0, 3, 0x0F, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x0F, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x0F, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x0F, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x07, 0x90, 0xBF}, {0xF1, 0xF3, 4, 0x07, 0x80, 0xBF},
    {0xF4, 0xF4, 4, 0x07, 0x80, 0x8F},
};

static const struct lead *find_lead(unsigned char byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    }
    return NULL;
}

size_t tg_utf8_decode(const char *s, size_t len, int32_t *cp)
{
    const unsigned char *u = (const unsigned char *)s;
    const struct lead *l = len ? find_lead(u[0]) : NULL;
    if (!l || l->len > len)
        return 0;
    if (l->len > 1 && (u[1] < l->second_min || u[1] > l->second_max))
        return 0;
    int32_t c = u[0] & l->bits;
    for (size_t i = 1; i < l->len; i++) {
        if ((u[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (u[i] & 0x3F);
    }
    *cp = c;
    return l->len;
}

size_t tg_utf8_valid_prefix(const char *s, size_t len)
{
    size_t i = 0;
    for (;;) {
        int32_t cp;
        i += tg_ascii_prefix(s + i, len - i);
        while (tg_utf8_three(s + i, len - i, &cp))
            i += 3;
        size_t n = tg_utf8_decode(s + i, len - i, &cp);
        if (!n)
            return i;
        i += n;
    }
}

bool tg_utf8_valid(const char *s, size_t len)
{
    return tg_utf8_valid_prefix(s, len) == len;
}

/* The first place from `at` on where a character begins. */
static size_t next_character(const char *s, size_t len, size_t at)
{
    while (at < len && ((unsigned char)s[at] & 0xC0) == 0x80)
        at++;
    return at;
}

size_t tg_utf8_least_rotation(const char *s, size_t len)
{
    size_t a = 0, b = next_character(s, len, 1), same = 0;
    while (a < len && b < len && same < len) {
        unsigned char x = (unsigned char)s[(a + same) % len];
        unsigned char y = (unsigned char)s[(b + same) % len];
        if (x == y) {
            same++;
            continue;
        }
        /* no rotation that begins within what was the same is less than the other one's */
        size_t *loser = x > y ? &a : &b;
        *loser = next_character(s, len, *loser + same + 1);
        if (a == b)
            b = next_character(s, len, b + 1);
        same = 0;
    }
    return a < b ? a : b;
}
