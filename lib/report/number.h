/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Numbers as people read them: thousands separators, a real minus (U+2212), yen as each language
 * writes them. What is not a finite number becomes an en dash. No locale is asked.
 */
#ifndef TG_REPORT_NUMBER_H
#define TG_REPORT_NUMBER_H

#include <totsugo/base.h>

/** A number's text, UTF-8, ended by NUL. */
struct tg_number {
    char text[64];
};

/** 1234567 → "1,234,567". */
struct tg_number tg_number_count(uint64_t n);
/** 1234567 → "1234567": a number that is a name. */
struct tg_number tg_number_plain(uint64_t n);
/** −1234.5 with 1 decimal → "−1,234.5"; `decimals` 0…6; what rounds to 0 has no sign. */
struct tg_number tg_number_real(double x, int decimals);
/** Whole yen: "−1,234円" in Japanese, "−¥1,234" in English. */
struct tg_number tg_number_yen(double yen, enum tg_language language);
/** 0.1234 → "12.3%". */
struct tg_number tg_number_share(double share);
/** A probability near 1, never rounded up to it: "99.87%", ">99.99%". */
struct tg_number tg_number_probability(double probability);
/** A p value with three decimals: "0.012", "<0.001". */
struct tg_number tg_number_p(double p);
/** A month: "2026年1月", "January 2026". */
struct tg_number tg_number_month(int32_t month, enum tg_language language);
/** A day YYYYMMDD: "2026年1月31日", "31 January 2026"; an en dash for none. */
struct tg_number tg_number_day(uint32_t day, enum tg_language language);

#endif
