/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Arithmetic with days and months, and their one written form.
 */
#ifndef TG_TEXT_CALENDAR_H
#define TG_TEXT_CALENDAR_H

#include <totsugo/text.h>

/** A month as one number: year × 12 + month − 1. INT32_MIN: none. */
#define TG_NO_MONTH INT32_MIN
/** A day as one number YYYYMMDD; 0: none. Such numbers compare as the days do. */
#define TG_NO_DAY 0u

int32_t tg_month_of(int year, int month);
/** The month in which the day YYYYMMDD lies. */
int32_t tg_month_of_day(uint32_t yyyymmdd);
uint32_t tg_day_number(const struct tg_date *d);
/** The last day of a month as YYYYMMDD. */
uint32_t tg_month_last_day(int32_t month);
/** Days from one day YYYYMMDD to a later one; negative the other way. Both must exist. */
int32_t tg_days_between(uint32_t from, uint32_t to);
bool tg_date_exists(int year, int month, int day);
/** "YYYY-MM" and NUL into 8 bytes; empty for TG_NO_MONTH. */
void tg_month_format(int32_t month, char out[8]);
/** "YYYY-MM-DD" and NUL into 11 bytes; empty for TG_NO_DAY. */
void tg_day_format(uint32_t yyyymmdd, char out[11]);
/** Strict forms, as the program's own files and options have them. */
bool tg_month_scan(const char *s, size_t len, int32_t *out); /**< YYYY-MM */
bool tg_day_scan(const char *s, size_t len, uint32_t *out);  /**< YYYY-MM-DD */

#endif
