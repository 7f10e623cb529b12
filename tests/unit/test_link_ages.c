/* SPDX-License-Identifier: Apache-2.0 */
#include "link/births.h"
#include "link/evidence.h"
#include "text/calendar.h"

#include <check.h>
#include <stdlib.h>

enum {
    N = 1000,
    N_OLD = 200, /* of the left; all of the right are */
    N_PARTNERS = 180,
    N_RELATIVES = 60,
    N_FIELDS = 4,
    BIRTH = 1,
    OLD = 1940 * 12,
    YOUNG = 1980 * 12
};

static struct tg_linkage linkage;
static struct tg_candidates candidates;
static int32_t birth[TG_N_SIDES][N];

static void make_ages(void)
{
    for (uint32_t i = 0; i < N; i++) {
        birth[TG_LEFT][i] = (i < N_OLD ? OLD : YOUNG) + (int32_t)(i % 12);
        birth[TG_RIGHT][i] = OLD + (int32_t)(i % 12);
    }
    linkage = (struct tg_linkage){.accept = 0.99, .n_fields = N_FIELDS, .birth_field = BIRTH};
    for (int side = 0; side < TG_N_SIDES; side++)
        linkage.facts[side] = (struct tg_link_facts){N, birth[side], NULL};
}

START_TEST(who_may_be_whom_follows_from_the_month)
{
    struct tg_births b;
    make_ages();
    birth[TG_LEFT][1] = TG_NO_MONTH;
    ck_assert_int_eq(tg_births_count(&linkage.facts[TG_RIGHT], &b, NULL), TG_OK);
    ck_assert_double_eq_tol(tg_births_with(&b, &linkage.facts[TG_LEFT], 0), 84, 1e-9);
    ck_assert_double_eq_tol(tg_births_with(&b, &linkage.facts[TG_LEFT], 1), 1000.0 / 12, 0.1);
    ck_assert_double_eq_tol(tg_births_with(&b, &linkage.facts[TG_LEFT], N - 1), 0, 1e-9);
    tg_births_free(&b);
    linkage.facts[TG_RIGHT].birth_month = NULL;
    ck_assert_int_eq(tg_births_count(&linkage.facts[TG_RIGHT], &b, NULL), TG_OK);
    ck_assert_double_eq_tol(tg_births_with(&b, &linkage.facts[TG_LEFT], 0), 1, 1e-9);
    tg_births_free(&b);
}
END_TEST

/* Half of the old and nobody else have field 0. */
START_TEST(what_somebody_has_depends_on_the_age)
{
    enum { ALL = (1 << N_FIELDS) - 1 };
    static uint32_t left[N], right[N];
    uint32_t *const fields[TG_N_SIDES] = {left, right};
    struct tg_holders h = {.n = 0};
    make_ages();
    birth[TG_RIGHT][0] = TG_NO_MONTH;
    for (uint32_t i = 0; i < N; i++) {
        left[i] = i < N_OLD / 2 ? ALL : ALL - 1;
        right[i] = ALL;
    }
    ck_assert_int_eq(tg_holders_count(&linkage, fields, &h, NULL), TG_OK);
    ck_assert_double_eq_tol(tg_holders_share(&h, ALL, ALL, false), 0.1, 1e-9);
    ck_assert_double_eq_tol(tg_holders_share(&h, ALL, ALL, true), 0.5, 1e-9);
    ck_assert_double_eq_tol(tg_holders_share(&h, ALL, 2, true), 1e-6, 1e-12); /* one pair of all */
    ck_assert_double_eq_tol(tg_holders_both(&h, TG_HOLDERS_ACROSS, 1, false), 0.1, 1e-9);
    ck_assert_double_eq_tol(tg_holders_both(&h, TG_HOLDERS_ACROSS, 1, true), 0.5, 1e-9);
    double old = 200.0 * 199, young = 800.0 * 799;
    ck_assert_double_eq_tol(tg_holders_both(&h, TG_HOLDERS_LEFT, 1, true),
                            100.0 * 99 / (old + young), 1e-9);
    ck_assert_double_eq_tol(tg_holders_both(&h, TG_HOLDERS_RIGHT, 1, true), 1, 1e-9);
    tg_holders_free(&h);
}
END_TEST

static void add_pair(uint32_t left, uint32_t right, bool all_same)
{
    const uint64_t three = TG_SAME | TG_SAME << 2 | TG_SAME << 4;
    const uint64_t no_sex = (uint64_t)TG_MISSING << 2 * TG_SEX_PLACE;
    candidates.across.items[candidates.across.n++] =
        (struct tg_pair){.left = left,
                         .right = right,
                         .levels = no_sex | three | (all_same ? TG_SAME << 6 : 0),
                         .commonness = 1,
                         .weight = 1};
}

/* The odds of those who agree on three fields of four, one of them the birth date. */
static double odds_of_three(void)
{
    candidates = (struct tg_candidates){.applies = true};
    candidates.across.items = calloc(N, sizeof *candidates.across.items);
    candidates.holders.items = calloc(1, sizeof *candidates.holders.items);
    *candidates.holders.items = (struct tg_holder_count){(1 << N_FIELDS) - 1, {N, N}};
    candidates.holders.n = 1;
    for (int side = 0; side < TG_N_SIDES; side++)
        candidates.within[side].of = (double)N * (N - 1) / 2;
    for (uint32_t i = 0; i < N_RELATIVES; i++)
        add_pair(i, N_OLD + i, false);
    for (uint32_t i = N_PARTNERS; i < N_OLD; i++)
        add_pair(i, N_OLD + i, false);
    for (uint32_t i = 0; i < N_PARTNERS; i++)
        add_pair(i, i, true);
    ck_assert_int_eq(tg_model_fit(&linkage, &candidates, NULL), TG_OK);
    double odds = candidates.across.items[0].odds;
    tg_candidates_free(&candidates);
    return odds;
}

/* Nearly all old ones have a partner, so these have met nearly all whom anybody meets by the birth
 * date. That they are 180 of 1,000 does not mean that others meet five times as many. */
START_TEST(partners_of_one_age_meet_most_of_it)
{
    make_ages();
    double by_age = odds_of_three();
    linkage.facts[TG_RIGHT].birth_month = NULL;
    ck_assert_double_gt(by_age, 1.1 * odds_of_three());
}
END_TEST

int main(void)
{
    Suite *s = suite_create("link ages");
    TCase *t = tcase_create("ages");
    tcase_add_test(t, who_may_be_whom_follows_from_the_month);
    tcase_add_test(t, what_somebody_has_depends_on_the_age);
    tcase_add_test(t, partners_of_one_age_meet_most_of_it);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
