/* SPDX-License-Identifier: Apache-2.0 */
#include "link/engine.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static struct tg_link_share share(double links, double correct, double matches)
{
    return (struct tg_link_share){.links = links, .correct = correct, .matches = matches};
}

/* xorshift64* (Vigna 2014) */
static double random_share(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)((*state * UINT64_C(2685821657736338717)) >> 11) * 0x1p-53;
}

static double count(uint64_t *state, int n, double probability)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += random_share(state) < probability;
    return sum;
}

static double width(struct tg_link_interval i)
{
    return i.high - i.low;
}

START_TEST(nothing_is_known_of_nothing)
{
    const struct tg_link_share none = share(0, 0, 0);
    ck_assert(isnan(tg_link_precision_interval(&none).low));
    ck_assert(isnan(tg_link_precision_interval(&none).high));
    ck_assert(isnan(tg_link_recall_interval(&none).low));
    ck_assert(isnan(tg_link_recall_interval(&none).high));
    ck_assert(!tg_link_recall_is_bound(&none));
}
END_TEST

/* 90 of 100: 0.8256 to 0.9448 (Wilson 1927), 0.8412 to 0.9588 (normal); of either end the farther.
 */
START_TEST(few_have_a_wide_interval)
{
    const struct tg_link_share few = share(90, 90, 100);
    struct tg_link_interval recall = tg_link_recall_interval(&few);
    ck_assert_double_eq_tol(recall.low, 0.8256, 1e-4);
    ck_assert_double_eq_tol(recall.high, 0.9588, 1e-4);
    struct tg_link_interval precision = tg_link_precision_interval(&few);
    ck_assert_double_eq_tol(precision.low, 1 / (1 + 1.96 * 1.96 / 90), 1e-4);
    ck_assert_double_eq(precision.high, 1);
}
END_TEST

START_TEST(many_have_a_narrow_one)
{
    double last = 1;
    for (double n = 10; n < 1e7; n *= 10) {
        const struct tg_link_share s = share(0.96 * n, 0.95 * n, n);
        struct tg_link_interval recall = tg_link_recall_interval(&s);
        ck_assert_double_lt(recall.low, 0.95);
        ck_assert_double_gt(recall.high, 0.95);
        ck_assert_double_lt(width(recall), 0.4 * last);
        last = width(recall);
    }
}
END_TEST

/* What the model does not know stays however many there are. */
START_TEST(doubts_of_the_model_do_not_shrink)
{
    struct tg_link_share s = share(0.96e6, 0.95e6, 1e6), plain = s;
    s.hidden = 0.02e6;
    struct tg_link_interval i = tg_link_recall_interval(&s);
    ck_assert_double_eq_tol(i.low, 0.95 / 1.02, 1e-4);
    ck_assert_double_eq_tol(i.high, 0.95 / 0.98, 1e-4);
    s = plain;
    s.unmet = 0.01e6;
    s.unmet_most = 0.06e6;
    i = tg_link_recall_interval(&s);
    ck_assert_double_eq_tol(i.low, 0.95 / 1.05, 1e-4);
    ck_assert_double_eq_tol(i.high, 0.95 / 0.99, 1e-4);
    /* 2 of 1,000 are wrong, and 6 are if chance is three times as high */
    s = share(1e6, 0.998e6, 1e6);
    i = tg_link_precision_interval(&s);
    ck_assert_double_eq_tol(i.low, 1 - 0.002 * exp(1.96 * 0.6), 1e-4);
    ck_assert_double_eq_tol(i.high, 1, 1e-4);
}
END_TEST

START_TEST(an_interval_stays_between_0_and_1)
{
    struct tg_link_share s = share(2, 1, 3);
    s.hidden = 100;
    s.unmet_most = 1e9;
    ck_assert_double_eq(tg_link_recall_interval(&s).low, 0);
    ck_assert_double_eq(tg_link_recall_interval(&s).high, 1);
    s = share(2, 0.1, 3);
    ck_assert_double_ge(tg_link_precision_interval(&s).low, 0);
    s = share(3, 3.0000001, 3); /* sums are rounded */
    ck_assert_double_le(tg_link_recall_interval(&s).high, 1);
    ck_assert(!isnan(tg_link_recall_interval(&s).low));
    ck_assert(!isnan(tg_link_precision_interval(&s).low));
}
END_TEST

START_TEST(an_estimate_of_what_is_not_seen_is_a_bound)
{
    struct tg_link_share s = share(95, 95, 100);
    s.unmet = 3;
    s.unmet_most = 3.9;
    ck_assert(!tg_link_recall_is_bound(&s));
    s.unmet_most = 4.1;
    ck_assert(tg_link_recall_is_bound(&s));
}
END_TEST

/* Of n people each is found with the probability that is expected. The share that is really found
 * lies within the interval 95 times in 100, of few and of many, where nearly all are found and
 * where not. */
START_TEST(it_holds_95_times_in_100)
{
    static const int sizes[] = {100, 300, 3000};
    static const double rates[] = {0.6, 0.9, 0.97, 0.995, 0.9995};
    enum { TIMES = 1000 };
    uint64_t state = 7;
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
            int n = sizes[k], inside = 0;
            for (int i = 0; i < TIMES; i++) {
                const struct tg_link_share s = share(n, rates[r] * n, n);
                double real = count(&state, n, rates[r]) / n;
                struct tg_link_interval interval = tg_link_recall_interval(&s);
                inside += interval.low <= real && real <= interval.high;
            }
            ck_assert_int_ge(inside, TIMES * 94 / 100);
        }
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("interval");
    tcase_add_test(t, nothing_is_known_of_nothing);
    tcase_add_test(t, few_have_a_wide_interval);
    tcase_add_test(t, many_have_a_narrow_one);
    tcase_add_test(t, doubts_of_the_model_do_not_shrink);
    tcase_add_test(t, an_interval_stays_between_0_and_1);
    tcase_add_test(t, an_estimate_of_what_is_not_seen_is_a_bound);
    tcase_add_test(t, it_holds_95_times_in_100);
    Suite *s = suite_create("link interval");
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
