/* SPDX-License-Identifier: Apache-2.0 */
#include "text/calendar.h"

#include "text/chars.h"

enum { YEAR_MIN = 1, YEAR_MAX = 9999, MONTHS = 12 };

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

bool tg_date_exists(int year, int month, int day)
{
    return year >= YEAR_MIN && year <= YEAR_MAX && month >= 1 && month <= MONTHS && day >= 1 &&
           day <= days_in(year, month);
}

int32_t tg_month_of(int year, int month)
{
    return (int32_t)(year * MONTHS + month - 1);
}

int32_t tg_month_of_day(uint32_t yyyymmdd)
{
    return tg_month_of((int)(yyyymmdd / 10000), (int)(yyyymmdd / 100 % 100));
}

uint32_t tg_day_number(const struct tg_date *d)
{
    return (uint32_t)(d->year * 10000 + d->month * 100 + d->day);
}

uint32_t tg_month_last_day(int32_t month)
{
    struct tg_date last = {.year = month / MONTHS, .month = month % MONTHS + 1};
    last.day = days_in(last.year, last.month);
    return tg_day_number(&last);
}

static char *put_digits(char *out, unsigned number, size_t n)
{
    for (size_t i = n; i-- > 0; number /= 10)
        out[i] = (char)('0' + number % 10);
    return out + n;
}

void tg_month_format(int32_t month, char out[8])
{
    if (month >= 0 && month < (YEAR_MAX + 1) * MONTHS) {
        out = put_digits(out, (unsigned)(month / MONTHS), 4);
        *out++ = '-';
        out = put_digits(out, (unsigned)(month % MONTHS + 1), 2);
    }
    *out = '\0';
}

void tg_day_format(uint32_t yyyymmdd, char out[11])
{
    if (yyyymmdd != TG_NO_DAY && yyyymmdd / 10000 <= YEAR_MAX) {
        out = put_digits(out, yyyymmdd / 10000, 4);
        *out++ = '-';
        out = put_digits(out, yyyymmdd / 100 % 100, 2);
        *out++ = '-';
        out = put_digits(out, yyyymmdd % 100, 2);
    }
    *out = '\0';
}

/* Digits where the pattern has 0, and itself elsewhere. */
static bool has_shape(const char *s, size_t len, const char *pattern)
{
    size_t i = 0;
    for (; i < len && pattern[i]; i++) {
        if (pattern[i] == '0' ? !tg_is_digit(s[i]) : s[i] != pattern[i])
            return false;
    }
    return i == len && !pattern[i];
}

static int number(const char *s, size_t len)
{
    int n = 0;
    for (size_t i = 0; i < len; i++)
        n = n * 10 + (s[i] - '0');
    return n;
}

bool tg_month_scan(const char *s, size_t len, int32_t *out)
{
    if (!has_shape(s, len, "0000-00") || !tg_date_exists(number(s, 4), number(s + 5, 2), 1))
        return false;
    *out = tg_month_of(number(s, 4), number(s + 5, 2));
    return true;
}

bool tg_day_scan(const char *s, size_t len, uint32_t *out)
{
    if (!has_shape(s, len, "0000-00-00"))
        return false;
    struct tg_date d = {number(s, 4), number(s + 5, 2), number(s + 8, 2)};
    if (!tg_date_exists(d.year, d.month, d.day))
        return false;
    *out = tg_day_number(&d);
    return true;
}

/* Days since 0000-03-01, in which the leap day stands last of its year. */
static int32_t day_count(uint32_t day)
{
    int32_t year = (int32_t)(day / 10000), month = (int32_t)(day / 100 % 100);
    year -= month < 3;
    int32_t since_march = month < 3 ? month + 9 : month - 3;
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * since_march + 2) / 5 +
           (int32_t)(day % 100) - 1;
}

int32_t tg_days_between(uint32_t from, uint32_t to)
{
    return day_count(to) - day_count(from);
}
