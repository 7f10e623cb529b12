/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct era {
    uint32_t first_day;
    const char *kanji;
    char letter;
    int digit;
};

/* newest first; the municipality's oldest people were born in 大正 */
static const struct era eras[] = {
    {20190501, "令和", 'R', 5}, {19890108, "平成", 'H', 4}, {19261225, "昭和", 'S', 3},
    {19120730, "大正", 'T', 2}, {18680125, "明治", 'M', 1},
};

__attribute__((format(printf, 2, 3))) static void print(char out[TG_GEN_FORMAT_BYTES],
                                                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out, TG_GEN_FORMAT_BYTES, format, args);
    va_end(args);
}

static const struct era *era_of(uint32_t day)
{
    const struct era *e = eras;
    while (day < e->first_day && e->digit > 1)
        e++;
    return e;
}

static void print_era(enum tg_gen_date_style style, const struct era *e, unsigned y, unsigned m,
                      unsigned d, char out[TG_GEN_FORMAT_BYTES])
{
    unsigned year = y - e->first_day / 10000 + 1;
    if (style == TG_GEN_ERA_SHORT)
        print(out, "%c%u.%u.%u", e->letter, year, m, d);
    else if (style == TG_GEN_ERA_DIGITS)
        print(out, "%d%02u%02u%02u", e->digit, year, m, d);
    else if (year == 1)
        print(out, "%s元年%u月%u日", e->kanji, m, d);
    else
        print(out, "%s%u年%u月%u日", e->kanji, year, m, d);
}

void tg_gen_date(enum tg_gen_date_style style, uint32_t day, char out[TG_GEN_FORMAT_BYTES])
{
    unsigned y = day / 10000, m = day / 100 % 100, d = day % 100;
    if (!day)
        out[0] = '\0';
    else if (style == TG_GEN_ISO)
        print(out, "%04u-%02u-%02u", y, m, d);
    else if (style == TG_GEN_SLASHES)
        print(out, "%u/%u/%u", y, m, d);
    else if (style == TG_GEN_DIGITS)
        print(out, "%08u", day);
    else
        print_era(style, era_of(day), y, m, d, out);
}

void tg_gen_month_era(int32_t month, char out[TG_GEN_FORMAT_BYTES])
{
    uint32_t day = tg_gen_day(month, 1);
    const struct era *e = era_of(day);
    print(out, "%d%02u%02u", e->digit, day / 10000 - e->first_day / 10000 + 1, day / 100 % 100);
}

void tg_gen_month_digits(int32_t month, char out[TG_GEN_FORMAT_BYTES])
{
    print(out, "%06u", tg_gen_day(month, 1) / 100);
}

/* A multiplier without a common factor with a power of ten permutes 0…range−1. */
static uint64_t permute(uint64_t seed, uint64_t salt, uint64_t i, uint64_t range)
{
    uint64_t shift = tg_gen_mix(seed ^ tg_gen_mix(salt)) % range;
    return (i % range * UINT64_C(6180339) + shift) % range;
}

void tg_gen_resident_number(uint64_t seed, uint64_t id, char out[TG_GEN_FORMAT_BYTES])
{
    print(out, "%010llu", (unsigned long long)permute(seed, 1, id, 1000000000));
}

void tg_gen_insured_number(uint64_t seed, uint64_t household, char out[TG_GEN_FORMAT_BYTES])
{
    print(out, "%07llu", (unsigned long long)permute(seed, 2, household, 10000000));
}

void tg_gen_late_number(uint64_t seed, uint64_t id, char out[TG_GEN_FORMAT_BYTES])
{
    print(out, "%08llu", (unsigned long long)permute(seed, 3, id, 100000000));
}

/* People on public assistance have an H. */
void tg_gen_care_number(uint64_t seed, uint64_t id, char out[TG_GEN_FORMAT_BYTES])
{
    uint64_t number = permute(seed, 4, id, 1000000000);
    print(out, "%c%09llu", tg_gen_mix(seed ^ id) % 64 == 0 ? 'H' : '0', (unsigned long long)number);
}

void tg_gen_branch(uint8_t branch, char out[TG_GEN_FORMAT_BYTES])
{
    print(out, "%02u", branch);
}

void tg_gen_mobile(uint64_t seed, uint64_t id, char out[TG_GEN_FORMAT_BYTES])
{
    uint64_t number = permute(seed, 5, id, 100000000);
    print(out, "0%u0-%04u-%04u", 7 + (unsigned)(tg_gen_mix(id) % 3), (unsigned)(number / 10000),
          (unsigned)(number % 10000));
}

void tg_gen_landline(uint64_t seed, uint64_t household, char out[TG_GEN_FORMAT_BYTES])
{
    uint64_t number = permute(seed, 6, household, 10000000);
    print(out, "042-%03u-%04u", (unsigned)(number / 10000), (unsigned)(number % 10000));
}

void tg_gen_postal_code(const struct tg_gen_person *p, char out[TG_GEN_FORMAT_BYTES])
{
    print(out, "199-%02u%02u", p->district + 1u, (unsigned)(tg_gen_mix(p->household) % 14));
}

/* ASCII digits and the dash become full-width. */
static void widen(const char *narrow, char out[TG_GEN_FORMAT_BYTES])
{
    size_t n = 0;
    for (; *narrow && n + 4 < TG_GEN_FORMAT_BYTES; narrow++) {
        unsigned c = (unsigned char)*narrow;
        if (c >= 0x80) {
            out[n++] = *narrow;
            continue;
        }
        unsigned wide = c == ' ' ? 0x3000u : 0xff00u + c - 0x20u;
        out[n++] = (char)(0xe0 | (wide >> 12));
        out[n++] = (char)(0x80 | ((wide >> 6) & 0x3f));
        out[n++] = (char)(0x80 | (wide & 0x3f));
    }
    out[n] = '\0';
}

void tg_gen_symbol(enum tg_gen_symbol_style style, uint8_t symbol, char out[TG_GEN_FORMAT_BYTES])
{
    unsigned office = symbol / 4 % 60, last = symbol % 4;
    bool kanji = symbol % 2 == 1;
    char narrow[TG_GEN_FORMAT_BYTES];
    if (style == TG_GEN_SYMBOL_BARE && kanji)
        print(out, "突%02u%u", office, last);
    else if (style == TG_GEN_SYMBOL_BARE)
        print(out, "%u", office * 10 + last + 1);
    else if (style == TG_GEN_SYMBOL_NARROW && kanji)
        print(out, "突%02u-%u", office, last);
    else if (kanji)
        print(narrow, "突 %02u-%u", office, last);
    else if (style == TG_GEN_SYMBOL_NARROW)
        print(out, "%04u", office * 10 + last + 1);
    else
        print(narrow, "%04u", office * 10 + last + 1);
    if (style == TG_GEN_SYMBOL_WIDE)
        widen(narrow, out);
}

/* Digit sum of the products with 2, 1, 2, 1, … from the right, to the next ten. */
static void print_with_check_digit(const char *digits, char out[TG_GEN_FORMAT_BYTES])
{
    unsigned sum = 0, weight = 2;
    for (size_t i = strlen(digits); i-- > 0; weight = 3 - weight) {
        unsigned product = (unsigned)(digits[i] - '0') * weight;
        sum += product / 10 + product % 10;
    }
    print(out, "%s%u", digits, (10 - sum % 10) % 10);
}

void tg_gen_insurer(char out[TG_GEN_FORMAT_BYTES])
{
    print_with_check_digit("13999", out);
}

void tg_gen_late_insurer(char out[TG_GEN_FORMAT_BYTES])
{
    print_with_check_digit("3913999", out);
}

void tg_gen_care_insurer(char out[TG_GEN_FORMAT_BYTES])
{
    print_with_check_digit("13998", out);
}

const char *tg_gen_without_zeros(const char *digits)
{
    while (*digits == '0' && digits[1])
        digits++;
    return digits;
}
