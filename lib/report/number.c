/* SPDX-License-Identifier: Apache-2.0 */
#include "report/number.h"

#include "text/calendar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char no_number[] = "\u2013";
static const char minus[] = "\u2212";

static const char *const month_names[12] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};

/* Puts a comma before each third digit of the whole part. */
static void group(char *out, size_t size, const char *digits)
{
    size_t whole = strcspn(digits, ".");
    size_t len = 0;
    for (size_t i = 0; digits[i] && len + 2 < size; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            out[len++] = ',';
        out[len++] = digits[i];
    }
    out[len] = '\0';
}

struct tg_number tg_number_count(uint64_t n)
{
    struct tg_number number;
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    group(number.text, sizeof number.text, digits);
    return number;
}

struct tg_number tg_number_plain(uint64_t n)
{
    struct tg_number number;
    (void)snprintf(number.text, sizeof number.text, "%llu", (unsigned long long)n);
    return number;
}

/* The absolute value with separators; false when there is none to print. */
static bool print_absolute(char *out, size_t size, double x, int decimals, bool *negative)
{
    char digits[48];
    if (!isfinite(x) || fabs(x) >= 1e18)
        return false;
    (void)snprintf(digits, sizeof digits, "%.*f", decimals, fabs(x));
    *negative = x < 0 && strspn(digits, "0.") < strlen(digits);
    group(out, size, digits);
    return true;
}

static struct tg_number none(void)
{
    struct tg_number number;
    (void)snprintf(number.text, sizeof number.text, "%s", no_number);
    return number;
}

struct tg_number tg_number_real(double x, int decimals)
{
    struct tg_number number;
    char digits[40];
    bool negative;
    if (!print_absolute(digits, sizeof digits, x, decimals, &negative))
        return none();
    (void)snprintf(number.text, sizeof number.text, "%s%s", negative ? minus : "", digits);
    return number;
}

struct tg_number tg_number_yen(double yen, enum tg_language language)
{
    struct tg_number number;
    char digits[40];
    bool negative;
    bool ja = language == TG_JAPANESE;
    if (!print_absolute(digits, sizeof digits, yen, 0, &negative))
        return none();
    (void)snprintf(number.text, sizeof number.text, "%s%s%s%s", negative ? minus : "",
                   ja ? "" : "\u00A5", digits, ja ? "円" : "");
    return number;
}

static struct tg_number percent(double share, int decimals)
{
    struct tg_number number = tg_number_real(share * 100, decimals);
    size_t len = strlen(number.text);
    if (isfinite(share))
        (void)snprintf(number.text + len, sizeof number.text - len, "%%");
    return number;
}

struct tg_number tg_number_share(double share)
{
    return percent(share, 1);
}

struct tg_number tg_number_probability(double probability)
{
    struct tg_number number;
    if (!isfinite(probability) || probability < 0.9999)
        return percent(probability, 2);
    (void)snprintf(number.text, sizeof number.text, "%s", probability < 1 ? ">99.99%" : "100%");
    return number;
}

struct tg_number tg_number_p(double p)
{
    struct tg_number number;
    if (!isfinite(p) || p >= 0.001)
        return tg_number_real(p, 3);
    (void)snprintf(number.text, sizeof number.text, "<0.001");
    return number;
}

struct tg_number tg_number_month(int32_t month, enum tg_language language)
{
    struct tg_number number;
    if (month < 0)
        return none();
    if (language == TG_JAPANESE)
        (void)snprintf(number.text, sizeof number.text, "%d年%d月", month / 12, month % 12 + 1);
    else
        (void)snprintf(number.text, sizeof number.text, "%s %d", month_names[month % 12],
                       month / 12);
    return number;
}

struct tg_number tg_number_day(uint32_t day, enum tg_language language)
{
    struct tg_number number;
    if (day == TG_NO_DAY)
        return none();
    struct tg_number month = tg_number_month(tg_month_of_day(day), language);
    if (language == TG_JAPANESE)
        (void)snprintf(number.text, sizeof number.text, "%.40s%u日", month.text, day % 100);
    else
        (void)snprintf(number.text, sizeof number.text, "%u %.40s", day % 100, month.text);
    return number;
}
