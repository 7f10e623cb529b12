/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Decimal numbers as files have them, exactly: no binary fraction comes near an amount.
 */
#ifndef TG_TEXT_DECIMAL_H
#define TG_TEXT_DECIMAL_H

#include "base/mem.h"

enum {
    TG_DECIMAL_DIGITS = 20,
    TG_DECIMAL_TEXT = 2 * TG_DECIMAL_DIGITS + 4, /**< bytes that tg_decimal_write() may need */
};

/** (−1)^negative × digits × 10^−decimals, digits without zeros at either end. */
struct tg_decimal {
    bool negative;
    char digits[TG_DECIMAL_DIGITS]; /**< '0'…'9' */
    int n;                          /**< 0: the number 0 */
    int decimals;                   /**< may be negative */
};

/**
 * Reads a sign (+ - −), digits with or without a comma before each three of them, a point and
 * more digits.
 *
 * @param s  UTF-8 after NFKC, trimmed
 * @return false when it is no such number or has more than TG_DECIMAL_DIGITS digits or 20 zeros
 */
TG_CHECKED bool tg_decimal_read(const char *s, size_t len, struct tg_decimal *out);

/** Writes "-12.5", "0.07", "0"; no NUL. @return its length */
size_t tg_decimal_write(const struct tg_decimal *d, char out[TG_DECIMAL_TEXT]);

/** The decimal number that a study file's factor was written as (15 digits). */
struct tg_decimal tg_decimal_of(double factor);

/** The largest amount of a row, either way. */
#define TG_YEN_MAX INT64_C(1000000000000000)

/**
 * number × factor in whole yen, rounded half away from zero.
 * @return false beyond ±TG_YEN_MAX
 */
TG_CHECKED bool tg_decimal_yen(const struct tg_decimal *number, const struct tg_decimal *factor,
                               int64_t *yen);

/**
 * The number in units of 10^−decimals, exactly.
 * @param decimals  0…18
 * @return false when it has more decimals than that, or does not fit
 */
TG_CHECKED bool tg_decimal_fixed(const struct tg_decimal *number, int decimals, int64_t *out);
/** The way back: `units` of 10^−decimals each. */
struct tg_decimal tg_decimal_of_fixed(int64_t units, int decimals);

#endif
