/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/pay.h"
#include "table/study_read.h"
#include "text/decimal.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tg_error err;

#define HEAD                                                                                       \
    "version: 1\nstudy: s-1\n"                                                                     \
    "sources:\n"                                                                                   \
    "  r: {kind: roster, columns: {kana_name: K, birth_date: B, sex: S}}\n"                        \
    "  e: {kind: events, columns: {kana_name: K, birth_date: B, sex: S, month: M, amount: A}}\n"

static struct tg_study *load(const char *pfs)
{
    char text[4096], said[512];
    struct tg_study *study = NULL;
    int n = snprintf(text, sizeof text, "%s%s", HEAD, pfs);
    ck_assert_int_lt(n, (int)sizeof text);
    enum tg_status status = tg_study_parse("study.yaml", text, (size_t)n, &study, &err);
    (void)tg_error_format(&err, TG_ENGLISH, said, sizeof said);
    ck_assert_msg(status == TG_OK, "%s\n%s", said, text);
    return study;
}

static int64_t fixed(const char *text)
{
    struct tg_decimal number;
    int64_t value;
    ck_assert(tg_decimal_read(text, strlen(text), &number));
    ck_assert(tg_decimal_fixed(&number, TG_PAY_DECIMALS, &value));
    return value;
}

static struct tg_payment pay_n(const struct tg_study *study, size_t i, const char *value,
                               uint64_t n)
{
    struct tg_payment p = {
        .indicator = &study->pfs.indicators[i], .has_value = *value != '\0', .has_n = true, .n = n};
    if (p.has_value)
        p.value = fixed(value);
    tg_pay(&p);
    return p;
}

static void ck_pays(const struct tg_study *study, size_t i, const char *value, int64_t yen,
                    enum tg_pay_reason reason)
{
    struct tg_payment p = pay_n(study, i, value, 1000);
    ck_assert_msg(p.yen == yen && p.reason == reason, "%s: %lld yen for %d", value,
                  (long long)p.yen, (int)p.reason);
}

/* Hachioji's contract as published: caps, and what was paid; its steps are not, so these are made
 * to pass through what is known. */
static const char hachioji[] =
    "pfs:\n"
    "  cap: 9762000\n"
    "  indicators:\n"
    "    - {name: screening, floor: 0.09, steps: [[0.15, 1200000], [0.19, 2441000]]}\n"
    "    - {name: detailed_exam, floor: 0.79, cap: 0.87,\n"
    "       steps: [[0.79, 0], [0.80, 1480000], [0.82, 2960000], [0.85, 4000000], [0.87, "
    "4880000]]}\n"
    "    - {name: early_cancers, steps: [[1, 2441000]]}\n";

START_TEST(hachioji_is_paid_to_the_yen)
{
    struct tg_study *study = load(hachioji);
    struct tg_payment_row all[3] = {{.own = pay_n(study, 0, "0.268", 1)},
                                    {.own = pay_n(study, 1, "0.821", 1)},
                                    {.own = pay_n(study, 2, "0", 1)}};
    ck_assert_int_eq(all[0].own.yen, 2441000);
    ck_assert_int_eq(all[1].own.yen, 2960000);
    ck_assert_int_eq(all[2].own.yen, 0);
    struct tg_pay_total total = tg_pay_rows_sum(&study->pfs, all, 3, TG_PAY_OWN);
    ck_assert_int_eq(total.yen, 5401000);
    ck_assert(!total.capped && total.n_unknown == 0);
    all[2].own = pay_n(study, 2, "1", 1);
    all[1].own = pay_n(study, 1, "0.9", 1);
    ck_assert_int_eq(tg_pay_rows_sum(&study->pfs, all, 3, TG_PAY_OWN).yen, 9762000);
    study->pfs.fixed_yen = 1;
    total = tg_pay_rows_sum(&study->pfs, all, 3, TG_PAY_OWN);
    ck_assert_int_eq(total.yen, 9762000);
    ck_assert(total.capped);
    tg_study_free(&study);
}
END_TEST

/* A straight line pays 38.75 % where the table pays 60.7 %. */
START_TEST(line_and_table_differ)
{
    struct tg_study *study =
        load("pfs: {indicators: [{name: x, line: [[0.79, 0], [0.87, 4880000]]}]}\n");
    ck_pays(study, 0, "0.821", 1891000, TG_PAID_LINE);
    ck_assert_int_eq(1891000 * 10000LL / 4880000, 3875);
    ck_pays(study, 0, "0.79", 0, TG_PAID_LINE);
    ck_pays(study, 0, "0.789999999", 0, TG_PAID_NOT_YET);
    ck_pays(study, 0, "0.87", 4880000, TG_PAID_LAST);
    ck_pays(study, 0, "2", 4880000, TG_PAID_LAST);
    /* a part of a yen is cut off: 0.790000002 is 1.22 yen along */
    ck_pays(study, 0, "0.79000002", 1, TG_PAID_LINE);
    tg_study_free(&study);
}
END_TEST

START_TEST(toyota_is_paid_per_user)
{
    struct tg_study *study =
        load("pfs: {indicators: [{name: new, from: participants, unit: 3000},\n"
             " {name: kept, from: participants, active_months: 6, unit: 10000, max: 5000000}]}\n");
    ck_pays(study, 0, "1", 3000, TG_PAID_UNIT);
    ck_pays(study, 0, "1234", 3702000, TG_PAID_UNIT);
    ck_pays(study, 1, "1", 10000, TG_PAID_UNIT);
    ck_pays(study, 1, "499", 4990000, TG_PAID_UNIT);
    ck_pays(study, 1, "500", 5000000, TG_PAID_MAX);
    ck_pays(study, 1, "501", 5000000, TG_PAID_MAX);
    ck_pays(study, 1, "0", 0, TG_PAID_UNIT);
    ck_pays(study, 1, "-3", 0, TG_PAID_UNIT);
    ck_assert_int_eq(study->pfs.indicators[1].from, TG_PAY_FROM_PARTICIPANTS);
    ck_assert_int_eq(study->pfs.indicators[1].active_months, 6);
    tg_study_free(&study);
}
END_TEST

/* No step of a hundred is missed where it is reached, whatever a double would make of it. */
START_TEST(every_step_is_reached_exactly)
{
    char text[64];
    for (int i = 0; i <= 1000; i++) {
        (void)snprintf(text, sizeof text, "pfs: {indicators: [{name: x, steps: [[%d.%03d, 7]]}]}\n",
                       i / 1000, i % 1000);
        struct tg_study *study = load(text);
        int64_t value = tg_pay_share((uint64_t)i * 37, 37000);
        struct tg_payment p = {
            .indicator = study->pfs.indicators, .has_value = true, .value = value};
        tg_pay(&p);
        ck_assert_int_eq(p.yen, 7);
        p.value -= 1;
        tg_pay(&p);
        ck_assert_int_eq(p.yen, 0);
        ck_assert(tg_pay_number(i / 1000.0, &value));
        ck_assert_int_eq(value, (int64_t)i * 1000000);
        tg_study_free(&study);
    }
}
END_TEST

START_TEST(shares_are_cut_and_numbers_rounded_as_shown)
{
    int64_t value;
    ck_assert_int_eq(tg_pay_share(2, 3), 666666000);
    ck_assert_int_eq(tg_pay_share(789999999, 1000000000), 789999000);
    ck_assert(tg_pay_number(2.0 / 3, &value));
    ck_assert_int_eq(value, 666667000);
    ck_assert(tg_pay_number(-1234.5678905, &value));
    ck_assert_int_eq(value, INT64_C(-1234567890000)); /* the double lies below the half */
    ck_assert(!tg_pay_number(NAN, &value));
    ck_assert(!tg_pay_number(1e12, &value));
}
END_TEST

START_TEST(floor_cap_and_min_n)
{
    struct tg_study *study =
        load("pfs: {indicators: [{name: x, floor: 5, cap: 8, unit: 100, min_n: 50},\n"
             " {name: y, floor: 0.3, cap: 0.1, line: [[0.4, 0], [0, 1000]]}]}\n");
    ck_pays(study, 0, "4.999999999", 0, TG_PAID_FLOOR);
    ck_pays(study, 0, "5", 500, TG_PAID_UNIT);
    ck_pays(study, 0, "6.789", 678, TG_PAID_UNIT);
    ck_pays(study, 0, "9", 800, TG_PAID_UNIT);
    ck_assert(pay_n(study, 0, "9", 50).capped);
    ck_assert(!pay_n(study, 0, "8", 50).capped);
    ck_assert_int_eq(pay_n(study, 0, "9", 49).reason, TG_PAID_TOO_FEW);
    ck_assert_int_eq(pay_n(study, 0, "9", 49).yen, 0);
    ck_assert_int_eq(pay_n(study, 0, "", 49).reason, TG_PAID_NO_VALUE);
    /* falling: less is better */
    ck_assert(study->pfs.indicators[1].falling);
    ck_pays(study, 1, "0.31", 0, TG_PAID_FLOOR);
    ck_pays(study, 1, "0.3", 250, TG_PAID_LINE);
    ck_pays(study, 1, "0.1", 750, TG_PAID_LINE);
    ck_pays(study, 1, "0.05", 750, TG_PAID_LINE);
    tg_study_free(&study);
}
END_TEST

START_TEST(years_decide_what_is_due)
{
    struct tg_study *study =
        load("pfs: {indicators: [{name: x, unit: 1, years: [2025, 2027]}, {name: y, unit: 1}]}\n");
    const struct tg_indicator *x = &study->pfs.indicators[0], *y = &study->pfs.indicators[1];
    ck_assert(tg_pay_due(x, 0) && tg_pay_due(x, 2025) && tg_pay_due(x, 2027));
    ck_assert(!tg_pay_due(x, 2026) && tg_pay_due(y, 2026));
    ck_assert_int_eq(tg_fiscal_year(2026 * 12 + 2), 2025); /* March 2026 */
    ck_assert_int_eq(tg_fiscal_year(2026 * 12 + 3), 2026);
    tg_study_free(&study);
}
END_TEST

/* What is above the best point pays as much, and more reached never pays less on a rising line. */
START_TEST(random_lines_are_between_their_points)
{
    uint64_t state = (uint64_t)_i * 7919 + 1;
    struct tg_pay_point points[5];
    int64_t x = 0;
    for (int i = 0; i < 5; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        x += 1 + (int64_t)(state >> 34);
        points[i] = (struct tg_pay_point){x, (int64_t)(state >> 20) % 1000000000000000};
    }
    struct tg_indicator line = {
        .form = TG_PAY_LINE, .points = points, .n_points = 5, .max_yen = INT64_MAX};
    for (int i = 0; i < 4; i++) {
        struct tg_payment p = {.indicator = &line, .has_value = true, .value = points[i].value};
        tg_pay(&p);
        ck_assert_int_eq(p.yen, points[i].yen);
        p.value = points[i].value / 2 + points[i + 1].value / 2;
        tg_pay(&p);
        double a = (double)points[i].yen, b = (double)points[i + 1].yen;
        double share =
            (double)(p.value - points[i].value) / (double)(points[i + 1].value - points[i].value);
        ck_assert_double_eq_tol((double)p.yen, a + (b - a) * share, 2);
    }
}
END_TEST

static void ck_refused(const char *pfs, const char *key, const char *allowed)
{
    char text[2048];
    struct tg_study *study = NULL;
    int n = snprintf(text, sizeof text, "%s%s", HEAD, pfs);
    enum tg_status status = tg_study_parse("study.yaml", text, (size_t)n, &study, &err);
    ck_assert_msg(status == TG_CONFIG, "accepted: %s", pfs);
    ck_assert_msg(strstr(err.column, key) != NULL, "%s: %s", pfs, err.column);
    ck_assert_msg(strstr(err.rule, allowed) != NULL, "%s: %s", pfs, err.rule);
}

START_TEST(wrong_sections_are_refused)
{
    ck_refused("pfs: {}\n", "pfs", "indicators");
    ck_refused("pfs: {indicators: []}\n", "indicators", "1…64");
    ck_refused("pfs: {indicators: [{name: x}]}\n", "indicators", "steps, line, unit");
    ck_refused("pfs: {indicators: [{name: x, steps: [[1, 2]], line: [[1, 2], [2, 3]]}]}\n", "line",
               "one of");
    ck_refused("pfs: {indicators: [{name: x, steps: [[1, 2]], unit: 5}]}\n", "unit", "one of");
    ck_refused("pfs: {indicators: [{name: x, steps: [[1, 2], [1, 3]]}]}\n", "steps", "rise");
    ck_refused("pfs: {indicators: [{name: x, steps: [[2, 2], [1, 3], [1.5, 4]]}]}\n", "steps",
               "rise");
    ck_refused("pfs: {indicators: [{name: x, steps: [[1, 2.5]]}]}\n", "steps", "whole yen");
    ck_refused("pfs: {indicators: [{name: x, steps: [[a, 2]]}]}\n", "steps", "9 decimals");
    ck_refused("pfs: {indicators: [{name: x, line: [[1, 2]]}]}\n", "line", "[value, yen], [");
    ck_refused("pfs: {indicators: [{name: x, unit: 1}, {name: x, unit: 1}]}\n", "name", "once");
    ck_refused("pfs: {indicators: [{name: total, unit: 1}]}\n", "name", "total");
    ck_refused("pfs: {indicators: [{name: x, unit: 1, floor: 3, cap: 2}]}\n", "cap", "floor");
    ck_refused("pfs: {indicators: [{name: x, steps: [[1, 2]], max: 5}]}\n", "max", "unit");
    ck_refused("pfs: {indicators: [{name: x, unit: 1, active_months: 6}]}\n", "active_months",
               "participants");
    ck_refused("pfs: {indicators: [{name: x, unit: 1, from: {outcome: cost}}]}\n", "outcome",
               "outcome");
    ck_refused("pfs: {indicators: [{name: x, unit: 1, from: participant}]}\n", "from",
               "participants");
    ck_refused("pfs: {indicators: [{name: x, unit: 1, years: [25]}]}\n", "years", "2025");
    ck_refused("pfs: {indicators: [{name: x, unit: 1, price: 3}]}\n", "price", "unit");
    ck_refused("pfs: {cap: -1, indicators: [{name: x, unit: 1}]}\n", "cap", "whole yen");
}
END_TEST

START_TEST(outcome_indicators_find_their_outcome)
{
    struct tg_study *study =
        load("cohort: {index: 2025-04}\n"
             "outcomes: [{name: a, source: e}, {name: b, source: e}]\n"
             "pfs: {indicators: [{name: x, unit: 1, from: {outcome: b, value: participants,"
             " negate: true}}, {name: y, unit: 1, from: {outcome: a}}]}\n");
    const struct tg_indicator *x = &study->pfs.indicators[0], *y = &study->pfs.indicators[1];
    ck_assert(x->from == TG_PAY_FROM_OUTCOME && x->outcome == 1);
    ck_assert(x->value == TG_PAY_PARTICIPANTS && x->negate);
    ck_assert(y->outcome == 0 && y->value == TG_PAY_EFFECT && !y->negate);
    tg_study_free(&study);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pay");
    TCase *t = tcase_create("pay");
    tcase_add_test(t, hachioji_is_paid_to_the_yen);
    tcase_add_test(t, line_and_table_differ);
    tcase_add_test(t, toyota_is_paid_per_user);
    tcase_add_test(t, every_step_is_reached_exactly);
    tcase_add_test(t, shares_are_cut_and_numbers_rounded_as_shown);
    tcase_add_test(t, floor_cap_and_min_n);
    tcase_add_test(t, years_decide_what_is_due);
    tcase_add_loop_test(t, random_lines_are_between_their_points, 0, 100);
    tcase_add_test(t, wrong_sections_are_refused);
    tcase_add_test(t, outcome_indicators_find_their_outcome);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
