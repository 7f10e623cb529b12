/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/crypto.h>

/* 8 digits of 4 bytes at once: every byte of `x` becomes a nibble, and then its digit. */
static void encode_word(const unsigned char *p, char *out)
{
    uint64_t x = (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | p[3];
    x = (x | x << 16) & UINT64_C(0x0000FFFF0000FFFF);
    x = (x | x << 8) & UINT64_C(0x00FF00FF00FF00FF);
    x = (x | x << 4) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    uint64_t letters = (x + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    x += UINT64_C(0x3030303030303030) + letters * ('a' - '9' - 1);
    for (int i = 0; i < 8; i++)
        out[i] = (char)(unsigned char)(x >> (56 - 8 * i));
}

void tg_hex_encode(const void *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = data;
    size_t i = 0;
    for (; i + 4 <= len; i += 4)
        encode_word(p + i, out + 2 * i);
    for (; i < len; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
}

/* The value of a lower-case hex digit, or 16. */
static unsigned digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a' + 10);
    return 16;
}

bool tg_hex_decode(const char *hex, size_t len, void *out)
{
    unsigned char *p = out;
    for (size_t i = 0; i < len; i++) {
        unsigned high = digit(hex[2 * i]);
        unsigned low = digit(hex[2 * i + 1]);
        if (high > 15 || low > 15)
            return false;
        p[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}
