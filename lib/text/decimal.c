/* SPDX-License-Identifier: Apache-2.0 */
#include "text/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum { FACTOR_DIGITS = 15, ZEROS_MAX = 20 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One more digit; `behind` the point or before it. */
static bool add_digit(struct tg_decimal *d, char c, bool behind)
{
    d->decimals += behind;
    if (d->n == 0 && c == '0')
        return d->decimals <= ZEROS_MAX;
    if (d->n == TG_DECIMAL_DIGITS)
        return false;
    d->digits[d->n++] = c;
    return true;
}

static void drop_zeros(struct tg_decimal *d)
{
    while (d->n && d->digits[d->n - 1] == '0') {
        d->n--;
        d->decimals--;
    }
    if (d->n == 0)
        *d = (struct tg_decimal){0};
}

static size_t sign_len(const char *s, size_t len, bool *negative)
{
    *negative = len && *s == '-';
    if (len && (*s == '-' || *s == '+'))
        return 1;
    *negative = len >= 3 && memcmp(s, "\xE2\x88\x92", 3) == 0;
    return *negative ? 3 : 0;
}

/* Digits before the point: all together or in threes. */
static bool read_whole(const char *s, size_t len, struct tg_decimal *d, size_t *at)
{
    size_t group = 0;
    bool grouped = false;
    for (; *at < len && (is_digit(s[*at]) || s[*at] == ','); ++*at) {
        if (s[*at] == ',') {
            if (group == 0 || group > 3 || (grouped && group != 3))
                return false;
            grouped = true;
            group = 0;
        } else if (!add_digit(d, s[*at], false)) {
            return false;
        } else {
            group++;
        }
    }
    return !grouped || group == 3;
}

bool tg_decimal_read(const char *s, size_t len, struct tg_decimal *out)
{
    struct tg_decimal d = {0};
    size_t at = sign_len(s, len, &d.negative), from = at;
    if (!read_whole(s, len, &d, &at))
        return false;
    size_t digits = at - from;
    if (at < len && s[at] == '.') {
        for (at++; at < len && is_digit(s[at]); at++, digits++) {
            if (!add_digit(&d, s[at], true))
                return false;
        }
    }
    if (at != len || digits == 0)
        return false;
    drop_zeros(&d);
    *out = d;
    return true;
}

size_t tg_decimal_write(const struct tg_decimal *d, char out[TG_DECIMAL_TEXT])
{
    size_t n = 0;
    int whole = d->n - d->decimals; /* digits before the point */
    if (d->negative)
        out[n++] = '-';
    if (whole <= 0)
        out[n++] = '0';
    for (int i = 0; i < whole; i++)
        out[n++] = i < d->n ? d->digits[i] : '0';
    if (d->decimals <= 0)
        return n;
    out[n++] = '.';
    for (int i = whole; i < d->n; i++)
        out[n++] = i < 0 ? '0' : d->digits[i];
    return n;
}

struct tg_decimal tg_decimal_of(double factor)
{
    char text[40];
    struct tg_decimal d = {.negative = factor < 0};
    int n = snprintf(text, sizeof text, "%.*e", FACTOR_DIGITS - 1, factor < 0 ? -factor : factor);
    int exponent = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] == 'e') {
            exponent = (int)strtol(text + i + 1, NULL, 10);
            break;
        }
        if (is_digit(text[i]))
            (void)add_digit(&d, text[i], i > 0);
    }
    d.decimals -= exponent;
    drop_zeros(&d);
    return d;
}

static wide whole_number(const struct tg_decimal *d)
{
    wide n = 0;
    for (int i = 0; i < d->n; i++)
        n = n * 10 + (unsigned)(d->digits[i] - '0');
    return n;
}

bool tg_decimal_yen(const struct tg_decimal *number, const struct tg_decimal *factor, int64_t *yen)
{
    wide product = whole_number(number) * whole_number(factor);
    int decimals = number->decimals + factor->decimals;
    const wide too_many = (wide)TG_YEN_MAX * 10;
    for (; decimals < 0 && product; decimals++) {
        if (product > too_many)
            return false;
        product *= 10;
    }
    for (; decimals > 1; decimals--)
        product /= 10; /* only the first digit behind the point decides */
    if (decimals == 1)
        product = (product + 5) / 10;
    if (product > (wide)TG_YEN_MAX)
        return false;
    *yen = number->negative != factor->negative ? -(int64_t)product : (int64_t)product;
    return true;
}

bool tg_decimal_fixed(const struct tg_decimal *number, int decimals, int64_t *out)
{
    wide units = whole_number(number);
    for (int i = number->decimals; i < decimals && units; i++) {
        if (units > INT64_MAX)
            return false;
        units *= 10;
    }
    if (number->decimals > decimals || units > INT64_MAX)
        return false;
    *out = number->negative ? -(int64_t)units : (int64_t)units;
    return true;
}

struct tg_decimal tg_decimal_of_fixed(int64_t units, int decimals)
{
    char text[24];
    struct tg_decimal d = {.negative = units < 0};
    uint64_t absolute = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)absolute);
    for (int i = 0; i < n; i++)
        (void)add_digit(&d, text[i], false);
    d.decimals += decimals;
    drop_zeros(&d);
    return d;
}
