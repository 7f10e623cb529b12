/* SPDX-License-Identifier: Apache-2.0 */
#include "text/calendar.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(days_that_exist)
{
    ck_assert(tg_date_exists(2024, 2, 29));
    ck_assert(!tg_date_exists(2023, 2, 29));
    ck_assert(!tg_date_exists(1900, 2, 29));
    ck_assert(tg_date_exists(2000, 2, 29));
    ck_assert(!tg_date_exists(2024, 4, 31));
    ck_assert(tg_date_exists(2024, 12, 31));
    ck_assert(!tg_date_exists(2024, 12, 32));
    ck_assert(!tg_date_exists(2024, 13, 1));
    ck_assert(!tg_date_exists(2024, 0, 1));
    ck_assert(!tg_date_exists(2024, 1, 0));
    ck_assert(!tg_date_exists(2024, -1, 1));
    ck_assert(tg_date_exists(1, 1, 1));
    ck_assert(!tg_date_exists(0, 1, 1));
    ck_assert(tg_date_exists(9999, 12, 31));
    ck_assert(!tg_date_exists(10000, 1, 1));
}
END_TEST

START_TEST(months_as_numbers)
{
    ck_assert_int_eq(tg_month_of(2026, 1), 2026 * 12);
    ck_assert_int_eq(tg_month_of(2026, 12) + 1, tg_month_of(2027, 1));
    ck_assert_int_eq(tg_month_of_day(20260430), 2026 * 12 + 3);
    ck_assert_uint_eq(tg_day_number(&(struct tg_date){2026, 4, 30}), 20260430);
}
END_TEST

START_TEST(last_days)
{
    static const unsigned last[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (unsigned m = 1; m <= 12; m++)
        ck_assert_uint_eq(tg_month_last_day(tg_month_of(2023, (int)m)),
                          20230000 + m * 100 + last[m - 1]);
    ck_assert_uint_eq(tg_month_last_day(tg_month_of(2024, 2)), 20240229);
    ck_assert_uint_eq(tg_month_last_day(tg_month_of(1900, 2)), 19000228);
}
END_TEST

START_TEST(written_forms)
{
    char month[8], day[11];
    tg_month_format(tg_month_of(2026, 4), month);
    ck_assert_str_eq(month, "2026-04");
    tg_month_format(TG_NO_MONTH, month);
    ck_assert_str_eq(month, "");
    tg_month_format(tg_month_of(9999, 12), month);
    ck_assert_str_eq(month, "9999-12");
    tg_month_format(tg_month_of(10000, 1), month);
    ck_assert_str_eq(month, "");
    tg_day_format(20260430, day);
    ck_assert_str_eq(day, "2026-04-30");
    tg_day_format(TG_NO_DAY, day);
    ck_assert_str_eq(day, "");
}
END_TEST

static bool scans_month(const char *s)
{
    int32_t month;
    return tg_month_scan(s, strlen(s), &month);
}

static bool scans_day(const char *s)
{
    uint32_t day;
    return tg_day_scan(s, strlen(s), &day);
}

START_TEST(strict_forms)
{
    int32_t month = 0;
    uint32_t day = 0;
    ck_assert(tg_month_scan("2026-04", 7, &month));
    ck_assert_int_eq(month, tg_month_of(2026, 4));
    ck_assert(tg_day_scan("2024-02-29", 10, &day));
    ck_assert_uint_eq(day, 20240229);
    static const char *const no_months[] = {"",        "2026-4",   "2026-00", "2026-13", "0000-01",
                                            "2026/04", "2026-04-", "202604",  " 2026-04"};
    for (size_t i = 0; i < sizeof no_months / sizeof no_months[0]; i++)
        ck_assert_msg(!scans_month(no_months[i]), "%s", no_months[i]);
    static const char *const no_days[] = {"",           "2026-04",    "2026-4-30",
                                          "2023-02-29", "2026-04-31", "2026-04-00",
                                          "2026/04/30", "20260430",   "2026-04-300"};
    for (size_t i = 0; i < sizeof no_days / sizeof no_days[0]; i++)
        ck_assert_msg(!scans_day(no_days[i]), "%s", no_days[i]);
    ck_assert_int_eq(month, tg_month_of(2026, 4));
}
END_TEST

/* Every day from 1868 to 2100: format, scan and the parser agree; days and months follow. */
START_TEST(every_day)
{
    for (int32_t m = tg_month_of(1868, 1); m <= tg_month_of(2100, 12); m++) {
        unsigned last = tg_month_last_day(m) % 100;
        ck_assert(last >= 28 && last <= 31);
        for (unsigned d = 1; d <= last; d++) {
            uint32_t day = tg_month_last_day(m) - last + d, scanned;
            char text[11];
            unsigned notes;
            struct tg_date parsed;
            tg_day_format(day, text);
            ck_assert(tg_day_scan(text, 10, &scanned));
            ck_assert_uint_eq(scanned, day);
            ck_assert_int_eq(tg_date_parse(text, 10, &parsed, &notes), TG_VALUE_OK);
            ck_assert_uint_eq(tg_day_number(&parsed), day);
            ck_assert_int_eq(tg_month_of_day(day), m);
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("text calendar");
    TCase *t = tcase_create("calendar");
    tcase_add_test(t, days_that_exist);
    tcase_add_test(t, months_as_numbers);
    tcase_add_test(t, last_days);
    tcase_add_test(t, written_forms);
    tcase_add_test(t, strict_forms);
    tcase_add_test(t, every_day);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
