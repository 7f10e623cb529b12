/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/crypto.h>

void tg_hex_encode(const void *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = data;
    for (size_t i = 0; i < len; i++) {
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
