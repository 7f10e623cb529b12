/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/crypto.h>

#include <stdint.h>
#include <string.h>

/* The digits of every byte. */
static const char pairs[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                            "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                            "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                            "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                            "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                            "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                            "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

/* Two digits a step. */
static void encode_bytes(const unsigned char *p, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        memcpy(out + 2 * i, pairs + 2 * (size_t)p[i], 2);
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define HAS_SHUFFLE 1
#endif
#endif

#ifdef HAS_SHUFFLE
enum { WIDE = 16 };
typedef unsigned char wide __attribute__((vector_size(WIDE)));

static wide digits(wide values)
{
    wide letters = (wide)(values > 9);
    return values + '0' + (letters & ('a' - '0' - 10));
}

/* 32 digits a step. */
static void encode_wide(const unsigned char *p, char *out)
{
    wide bytes;
    memcpy(&bytes, p, sizeof bytes);
    wide high = digits(bytes >> 4), low = digits(bytes & 15);
    wide first =
        __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    wide second = __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29,
                                          14, 30, 15, 31);
    memcpy(out, &first, sizeof first);
    memcpy(out + WIDE, &second, sizeof second);
}
#endif

void tg_hex_encode(const void *data, size_t len, char *out)
{
    const unsigned char *p = data;
    size_t at = 0;
#ifdef HAS_SHUFFLE
    for (; len - at >= WIDE; at += WIDE)
        encode_wide(p + at, out + 2 * at);
#endif
    encode_bytes(p + at, len - at, out + 2 * at);
}

#define NO    0x80
#define NO_16 NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO

/* The value of a lower-case hex digit; NO for anything else. */
static const unsigned char values[256] = {
    NO_16, NO_16, NO_16, 0,     1,     2,     3,     4,     5,     6,     7,  8,
    9,     NO,    NO,    NO,    NO,    NO,    NO,    NO_16, NO_16, NO,    10, 11,
    12,    13,    14,    15,    NO,    NO,    NO,    NO,    NO,    NO,    NO, NO,
    NO,    NO_16, NO_16, NO_16, NO_16, NO_16, NO_16, NO_16, NO_16, NO_16,
};

#ifdef HAS_SHUFFLE
/* The values of digits; where one is no digit `wrong` gets bits. */
static wide values_of(wide digits, wide *wrong)
{
    wide letters = (wide)(digits >= 'a');
    wide value = digits - '0' - (letters & ('a' - '0' - 10));
    *wrong |= (wide)(value > 15) | ((wide)(value > 9) & ~letters);
    return value;
}

/* 32 digits a step. @return bits where some are none */
static uint64_t decode_wide(const char *hex, unsigned char *out)
{
    wide first, second, wrong = {0};
    uint64_t bits[WIDE / sizeof(uint64_t)];
    memcpy(&first, hex, sizeof first);
    memcpy(&second, hex + WIDE, sizeof second);
    first = values_of(first, &wrong);
    second = values_of(second, &wrong);
    wide high = __builtin_shufflevector(first, second, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22,
                                        24, 26, 28, 30);
    wide low = __builtin_shufflevector(first, second, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25,
                                       27, 29, 31);
    wide bytes = high << 4 | low;
    memcpy(out, &bytes, sizeof bytes);
    memcpy(bits, &wrong, sizeof bits);
    return bits[0] | bits[1];
}
#endif

bool tg_hex_decode(const char *hex, size_t len, void *out)
{
    unsigned char *p = out;
    unsigned wrong = 0;
    size_t i = 0;
#ifdef HAS_SHUFFLE
    for (; len - i >= WIDE; i += WIDE)
        wrong |= decode_wide(hex + 2 * i, p + i) ? NO : 0;
#endif
    for (; i < len; i++) {
        unsigned high = values[(unsigned char)hex[2 * i]];
        unsigned low = values[(unsigned char)hex[2 * i + 1]];
        wrong |= high | low;
        p[i] = (unsigned char)(high << 4 | low);
    }
    return !(wrong & NO);
}
