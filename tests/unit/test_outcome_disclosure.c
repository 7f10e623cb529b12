/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort_fixture.h"

#include "outcome/outcome.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

START_TEST(counts_that_may_show)
{
    static const struct {
        uint64_t n;
        unsigned min_cell;
        bool show;
    } cases[] = {
        {0, 10, true},
        {1, 10, false},
        {9, 10, false},
        {10, 10, true},
        {19, 20, false},
        {20, 20, true},
        {0, UINT_MAX, true},
        {1, UINT_MAX, false},
        {UINT_MAX, UINT_MAX, false},
        {UINT64_MAX, UINT_MAX, false},
        {1, 1, true},
        {1, 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(tg_count_may_show(cases[i].n, cases[i].min_cell) == cases[i].show, "%zu", i);
}
END_TEST

static struct tg_effect effect(const char *outcome, const char *design, uint64_t controls,
                               uint64_t participants)
{
    return (struct tg_effect){.outcome = outcome,
                              .design = design,
                              .n = {controls, participants},
                              .mean = {1, 2},
                              .effect = 1,
                              .ci_low = 0,
                              .ci_high = 2,
                              .p = 0.1,
                              .welch = {NAN, NAN, NAN}};
}

static bool is_blank(const struct tg_effect *e)
{
    return isnan(e->mean[0]) && isnan(e->mean[1]) && isnan(e->effect) && isnan(e->ci_low) &&
           isnan(e->ci_high) && isnan(e->p);
}

START_TEST(effects_over_few_are_hidden)
{
    static const struct {
        uint64_t controls, participants;
        unsigned min_cell;
        bool hidden;
    } cases[] = {
        {10, 10, 10, false}, {9, 10, 10, true},   {10, 9, 10, true},
        {19, 50, 20, true},  {20, 50, 20, false}, {9, 50, 5, true},
        {10, 50, 5, false},  {0, 50, 10, true},   {500, 500, UINT_MAX, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tg_effect e = effect("care", "did", cases[i].controls, cases[i].participants);
        size_t cells = tg_effects_hide(&e, 1, cases[i].min_cell);
        ck_assert_msg(e.hidden == cases[i].hidden, "case %zu", i);
        ck_assert_uint_eq(cells, cases[i].hidden ? 6 : 0);
        ck_assert(is_blank(&e) == cases[i].hidden);
        ck_assert_uint_eq(e.n[TG_CONTROL], cases[i].controls);
    }
    struct tg_effect e = effect("care", "did", 3, 3);
    e.p = NAN;
    ck_assert_uint_eq(tg_effects_hide(&e, 1, 10), 5);
    ck_assert_uint_eq(tg_effects_hide(&e, 1, 10), 0);
}
END_TEST

START_TEST(few_without_follow_up_cannot_be_subtracted)
{
    struct tg_effect rows[] = {effect("care", "before", 50, 53), effect("care", "after", 50, 50),
                               effect("care", "did", 50, 50),    effect("drug", "before", 50, 60),
                               effect("drug", "after", 50, 50),  effect("drug", "did", 50, 50)};
    ck_assert_uint_eq(tg_effects_hide(rows, 6, 10), 6);
    ck_assert(rows[0].hidden && is_blank(&rows[0]));
    for (int i = 1; i < 6; i++)
        ck_assert(!rows[i].hidden);
}
END_TEST

static struct tg_balance_row share(const char *name, uint64_t n, uint64_t participants,
                                   uint64_t before, uint64_t after)
{
    return (struct tg_balance_row){.covariate = name,
                                   .binary = true,
                                   .n = {n, 10 * n, n, n},
                                   .participants_after = (double)participants / (double)n,
                                   .variance_ratio_before = NAN,
                                   .ecdf_max_before = NAN,
                                   .ecdf_max_after = NAN,
                                   .participants = (double)participants / (double)n,
                                   .controls_before = (double)before / (double)(10 * n),
                                   .controls_after = (double)after / (double)n,
                                   .smd_before = 0.1,
                                   .smd_after = 0.2,
                                   .variance_ratio_after = NAN};
}

/* Which of participants, before, after, smd before, smd after, ratio are shown, as bits. */
static unsigned shown(const struct tg_balance_row *r)
{
    const double cells[] = {r->participants, r->controls_before, r->controls_after,
                            r->smd_before,   r->smd_after,       r->variance_ratio_after};
    unsigned bits = 0;
    for (unsigned i = 0; i < 6; i++)
        bits |= isnan(cells[i]) ? 0 : 1u << i;
    return bits;
}

START_TEST(means_over_few_are_hidden)
{
    struct tg_balance_row row = {.covariate = "cost",
                                 .n = {12, 300, 9, 12},
                                 .participants_after = 5,
                                 .variance_ratio_before = NAN,
                                 .ecdf_max_before = NAN,
                                 .ecdf_max_after = NAN,
                                 .participants = 5,
                                 .controls_before = 6,
                                 .controls_after = 7,
                                 .smd_before = 0.1,
                                 .smd_after = 0.2,
                                 .variance_ratio_after = 1.1};
    struct tg_balance_row again = row;
    ck_assert_uint_eq(tg_balance_hide(&row, 1, 10), 3);
    ck_assert_uint_eq(shown(&row), 1 | 2 | 8);
    again.n[2] = 10;
    ck_assert_uint_eq(tg_balance_hide(&again, 1, 10), 0);
    ck_assert_uint_eq(tg_balance_hide(&again, 1, 20), 6);
    ck_assert_uint_eq(shown(&again), 2);
}
END_TEST

START_TEST(shares_of_few_are_hidden)
{
    struct tg_balance_row few = share("ill", 100, 9, 500, 50);
    ck_assert_uint_eq(tg_balance_hide(&few, 1, 10), 4);
    ck_assert_uint_eq(shown(&few), 2 | 4);
    struct tg_balance_row many = share("ill", 100, 50, 500, 91);
    ck_assert_uint_eq(tg_balance_hide(&many, 1, 10), 2);
    ck_assert_uint_eq(shown(&many), 1 | 2 | 8);
    struct tg_balance_row before = share("ill", 100, 50, 5, 50);
    ck_assert_uint_eq(tg_balance_hide(&before, 1, 10), 2);
    ck_assert_uint_eq(shown(&before), 1 | 4 | 16);
    struct tg_balance_row none = share("ill", 100, 0, 1000, 90);
    ck_assert_uint_eq(tg_balance_hide(&none, 1, 10), 0);
}
END_TEST

START_TEST(products_show_differences_only)
{
    struct tg_balance_row rows[] = {share("ill", 100, 50, 500, 50),
                                    share("a * b", 100, 50, 500, 50),
                                    share("a * c", 100, 9, 500, 50)};
    rows[1].product = rows[2].product = true;
    ck_assert_uint_eq(tg_balance_hide(rows, 3, 10), 2);
    ck_assert_uint_eq(shown(&rows[0]), 31);
    ck_assert_uint_eq(shown(&rows[1]), 8 | 16);
    ck_assert(isnan(rows[1].participants_after));
    ck_assert_uint_eq(shown(&rows[2]), 0);
}
END_TEST

START_TEST(what_the_others_would_tell_is_hidden)
{
    struct tg_balance_row rows[] = {
        share("district=a", 100, 60, 250, 60), share("district=b", 100, 5, 250, 10),
        share("district=c", 100, 20, 250, 10), share("district=d", 100, 15, 250, 20),
        share("district2=e", 100, 40, 500, 40)};
    tg_balance_hide(rows, 5, 10);
    ck_assert_uint_eq(shown(&rows[0]), 31);
    ck_assert_uint_eq(shown(&rows[1]), 2 | 4);
    ck_assert_uint_eq(shown(&rows[2]), 31);
    ck_assert_uint_eq(shown(&rows[3]), 2 | 4); /* the next smallest */
    ck_assert_uint_eq(shown(&rows[4]), 31);
}
END_TEST

START_TEST(two_hidden_may_still_be_too_few_together)
{
    struct tg_balance_row rows[] = {share("d=a", 100, 1, 400, 30), share("d=b", 100, 1, 300, 30),
                                    share("d=c", 100, 58, 200, 20), share("d=d", 100, 40, 100, 20)};
    tg_balance_hide(rows, 4, 10);
    ck_assert(isnan(rows[0].participants) && isnan(rows[1].participants));
    ck_assert(isnan(rows[3].participants));
    ck_assert(!isnan(rows[2].participants));
    ck_assert(!isnan(rows[3].controls_before));
}
END_TEST

START_TEST(names_decide_not_the_order_of_rows)
{
    struct tg_balance_row a[] = {share("d=x", 100, 3, 500, 50), share("d=y", 100, 40, 250, 25),
                                 share("d=z", 100, 57, 250, 25)};
    a[1].participants = a[2].participants = 0.485;
    struct tg_balance_row b[] = {a[2], a[1], a[0]};
    tg_balance_hide(a, 3, 10);
    tg_balance_hide(b, 3, 10);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(shown(&a[i]), shown(&b[2 - i]));
}
END_TEST

/* No hidden share of a factor, nor the sum of all hidden ones, can be told by subtracting. */
START_TEST(random_factors_do_not_leak)
{
    static const char *const names[] = {"d=a", "d=b", "d=c", "d=d", "d=e", "d=f"};
    struct tg_balance_row rows[6];
    uint64_t state = (uint64_t)_i + 1, counts[6];
    size_t n = 2 + below(&state, 5);
    uint64_t n_people = 0;
    for (size_t i = 0; i < n; i++) {
        counts[i] = below(&state, below(&state, 2) ? 12 : 60);
        n_people += counts[i];
    }
    if (n_people == 0)
        return;
    for (size_t i = 0; i < n; i++)
        rows[i] = share(names[i], n_people, counts[i], 0, 0);
    tg_balance_hide(rows, n, 10);
    uint64_t hidden = 0, n_hidden = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(rows[i].participants)) {
            hidden += counts[i];
            n_hidden++;
            ck_assert(isnan(rows[i].smd_before) && isnan(rows[i].smd_after));
        } else {
            ck_assert(tg_count_may_show(counts[i], 10));
        }
    }
    ck_assert_msg(n_hidden != 1, "one can be told");
    ck_assert_msg(n_hidden == 0 || hidden >= 10 || n_people < 10, "%d too few", (int)hidden);
}
END_TEST

/* Sets of two in a town where everybody's index month is January 2020. */
static struct tg_member members[MAX_PEOPLE];
static struct tg_released released[MAX_PEOPLE];
static struct tg_release_counts counts;
static double covariates[2 * MAX_PEOPLE], values[2 * MAX_PEOPLE];

static void begin_release(void)
{
    begin_town();
    cohort = (struct tg_cohort){.members = members, .covariates = covariates, .n_covariates = 2};
}

static void add_member(enum tg_arm arm, uint32_t set, int age, uint8_t sex, const char *district)
{
    uint32_t person = add_person(JAN_2020 - age * 12, sex, district);
    members[cohort.n++] = (struct tg_member){.person = person,
                                             .arm = arm,
                                             .set = set,
                                             .index_month = JAN_2020,
                                             .weight = 1,
                                             .propensity = NAN};
}

static void add_sets(unsigned n, int age, uint8_t sex, const char *district)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t set = (uint32_t)(cohort.n / 2 + 1);
        add_member(TG_PARTICIPANT, set, age, sex, district);
        add_member(TG_CONTROL, set, age, sex, district);
    }
}

static void release(unsigned min_cell)
{
    struct tg_error err;
    ck_assert_int_eq(tg_cohort_release(&cohort, &people, min_cell, released, values, &counts, &err),
                     TG_OK);
}

static void ck_row(size_t i, int band, uint8_t sex, const char *district)
{
    const struct tg_released *r = &released[i];
    ck_assert_uint_eq(r->member, i);
    ck_assert(!r->left_out);
    ck_assert_int_eq(r->age_band, band);
    ck_assert_uint_eq(r->sex, sex);
    if (district)
        ck_assert_pstr_eq(r->district, district);
    else
        ck_assert_ptr_null(r->district);
}

START_TEST(release_coarsens_step_by_step)
{
    begin_release();
    add_sets(10, 70, 1, "a"); /* 0: enough as they are */
    add_sets(6, 75, 1, "a");  /* 20: enough without district */
    add_sets(4, 75, 1, "b");  /* 32 */
    add_sets(6, 80, 2, "a");  /* 40: enough without age */
    add_sets(4, 85, 2, "a");  /* 52 */
    add_sets(5, 60, 1, "a");  /* 60: enough without sex, with the next */
    add_sets(6, 60, 2, "c");  /* 70: with those at 40 enough without age */
    release(10);
    ck_row(0, 70, 1, "a");
    ck_row(20, 75, 1, NULL);
    ck_row(39, 75, 1, NULL);
    ck_row(40, -1, 2, NULL);
    ck_row(59, -1, 2, NULL);
    ck_row(70, -1, 2, NULL);
    ck_assert(released[60].left_out); /* five men alone: nothing helps */
    ck_assert(released[60].district == NULL && released[60].age_band == -1);
    ck_assert_uint_eq(counts.left_out, 10);
    ck_assert_uint_eq(counts.districts, 20 + 32);
    ck_assert_uint_eq(counts.ages, 32);
    ck_assert_uint_eq(counts.sexes, 0);
}
END_TEST

START_TEST(release_hides_sex_at_last)
{
    begin_release();
    add_sets(6, 70, 1, "a");
    add_sets(5, 80, 2, "b");
    release(10);
    for (size_t i = 0; i < cohort.n; i++)
        ck_row(i, -1, 0, NULL);
    ck_assert_uint_eq(counts.sexes, 22);
    ck_assert_uint_eq(counts.left_out, 0);
}
END_TEST

START_TEST(oldest_are_one_band)
{
    begin_release();
    add_sets(5, 90, 1, "a");
    add_sets(5, 104, 1, "a");
    release(10);
    ck_row(0, 90, 1, "a");
    ck_row(19, 90, 1, "a");
}
END_TEST

START_TEST(sets_stay_together)
{
    begin_release();
    add_sets(10, 70, 1, "a");
    uint32_t set = (uint32_t)(cohort.n / 2 + 1);
    add_member(TG_PARTICIPANT, set, 70, 1, "a");
    add_member(TG_CONTROL, set, 70, 2, "b"); /* a control of its own kind */
    release(10);
    ck_assert(released[20].left_out && released[21].left_out);
    ck_row(0, 70, 1, "a");
    ck_assert_uint_eq(counts.left_out, 2);
    release(11); /* eleven men are enough, ten of the other arm are not: all go along */
    ck_assert_uint_eq(counts.sexes, 22);
    release(12);
    ck_assert_uint_eq(counts.left_out, 22);
}
END_TEST

START_TEST(smallest_towns_release_nothing)
{
    begin_release();
    add_sets(50, 70, 1, "a");
    release(UINT_MAX);
    ck_assert_uint_eq(counts.left_out, 100);
    release(0);
    ck_assert_uint_eq(counts.left_out + counts.districts, 0);
    cohort.n = 0;
    release(10);
    ck_assert_uint_eq(counts.left_out, 0);
}
END_TEST

static bool same_cell(size_t i, size_t j)
{
    const struct tg_released *a = &released[i], *b = &released[j];
    return members[i].arm == members[j].arm && a->age_band == b->age_band && a->sex == b->sex &&
           (a->district && b->district ? strcmp(a->district, b->district) == 0
                                       : a->district == b->district) &&
           strcmp(a->index_month, b->index_month) == 0;
}

/* Whether what two rows show is the same in everything. */
static bool same_row(size_t i, size_t j)
{
    return same_cell(i, j) && memcmp(&values[2 * i], &values[2 * j], 2 * sizeof *values) == 0 &&
           memcmp(&released[i].propensity, &released[j].propensity, sizeof(double)) == 0 &&
           memcmp(&released[i].weight, &released[j].weight, sizeof(double)) == 0;
}

/* As an evaluator would: no combination of anything a row shows belongs to fewer people. */
START_TEST(nobody_is_alone_with_what_a_row_shows)
{
    uint64_t state = (uint64_t)_i + 77;
    unsigned min_cell = 3 + below(&state, 12);
    uint32_t n_sets = 30 + below(&state, 120);
    begin_release();
    for (uint32_t set = 1; set <= n_sets; set++) {
        for (int arm = TG_PARTICIPANT; arm >= TG_CONTROL; arm--) {
            add_member((enum tg_arm)arm, set, 60 + (int)below(&state, 20), 1, "a");
            struct tg_member *m = &members[cohort.n - 1];
            m->index_month = JAN_2020 + (int32_t)below(&state, 30);
            m->propensity = (double)below(&state, 1000) / 1000;
            m->weight = 1 + (double)below(&state, 3);
            covariates[2 * cohort.n - 2] = (double)below(&state, 1000000);
            covariates[2 * cohort.n - 1] =
                below(&state, 3) ? (double)below(&state, 2) : (double)NAN;
        }
    }
    /* a control in many sets is one person */
    bool repeats = below(&state, 2);
    for (size_t i = 1; i < cohort.n && repeats; i += 4) {
        uint32_t set = members[i].set;
        double weight = members[i].weight;
        members[i] = members[1];
        members[i].set = set;
        members[i].weight = weight;
        memcpy(&covariates[2 * i], &covariates[2], 2 * sizeof *covariates);
    }
    release(min_cell);
    for (size_t i = 0; i < cohort.n; i++) {
        uint32_t persons_seen[MAX_PEOPLE];
        unsigned n = 0;
        for (size_t j = 0; j < cohort.n && !released[i].left_out; j++) {
            bool seen = released[j].left_out || !same_row(i, j);
            for (unsigned k = 0; k < n && !seen; k++)
                seen = persons_seen[k] == members[j].person;
            if (!seen)
                persons_seen[n++] = members[j].person;
        }
        ck_assert_msg(released[i].left_out || n >= min_cell, "row %zu: %u of %u", i, n, min_cell);
    }
}
END_TEST

START_TEST(months_are_coarsened_first)
{
    begin_release();
    for (unsigned i = 0; i < 36; i++) {
        add_sets(1, 70, 1, "a");
        int32_t month = i < 10 ? 0 : i < 20 ? 3 + (int32_t)i % 3 : i < 34 ? 6 + (int32_t)i % 6 : 30;
        members[2 * i].index_month = members[2 * i + 1].index_month = JAN_2020 + month;
    }
    release(10);
    ck_assert_str_eq(released[0].index_month, "2020-01");
    ck_assert_str_eq(released[20].index_month, "2020-Q2");
    ck_assert_str_eq(released[40].index_month, "2020");
    ck_assert(released[71].left_out || released[71].index_month[0] == '\0');
    release(1);
    ck_assert_str_eq(released[71].index_month, "2022-07");
    ck_assert_uint_eq(counts.months, 0);
}
END_TEST

START_TEST(random_releases_hold_the_threshold)
{
    static const char *const districts[] = {"a", "b", "c", "d", "e", ""};
    uint64_t state = (uint64_t)_i + 1;
    unsigned min_cell = 2 + below(&state, 20);
    uint32_t n_sets = below(&state, 120);
    bool alike = below(&state, 2);
    begin_release();
    for (uint32_t set = 1; set <= n_sets; set++) {
        int age = 60 + (int)below(&state, 45);
        uint8_t sex = (uint8_t)(1 + below(&state, 2));
        const char *district = districts[below(&state, 6)];
        add_member(TG_PARTICIPANT, set, age, sex, district);
        for (uint32_t k = 0; k <= below(&state, 2); k++)
            add_member(TG_CONTROL, set, alike ? age : 60 + (int)below(&state, 45),
                       alike ? sex : (uint8_t)(1 + below(&state, 2)),
                       alike ? district : districts[below(&state, 6)]);
    }
    release(min_cell);
    struct tg_release_counts found = {0};
    for (size_t i = 0; i < cohort.n; i++) {
        const struct tg_released *r = &released[i];
        if (i > 0 && members[i].set == members[i - 1].set) {
            ck_assert(r->left_out == released[i - 1].left_out);
            ck_assert(!r->district == !released[i - 1].district);
        }
        found.left_out += r->left_out;
        if (r->left_out)
            continue;
        unsigned others = 0;
        for (size_t j = 0; j < cohort.n; j++)
            others += !released[j].left_out && same_cell(i, j);
        ck_assert_uint_ge(others, min_cell);
        found.months += strlen(r->index_month) != 7 || r->index_month[5] == 'Q';
        found.districts += !r->district;
        found.ages += r->age_band < 0;
        found.sexes += r->sex == 0;
    }
    ck_assert_mem_eq(&found, &counts, sizeof found);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("disclosure");
    TCase *t = tcase_create("hide");
    tcase_add_test(t, counts_that_may_show);
    tcase_add_test(t, effects_over_few_are_hidden);
    tcase_add_test(t, few_without_follow_up_cannot_be_subtracted);
    tcase_add_test(t, means_over_few_are_hidden);
    tcase_add_test(t, shares_of_few_are_hidden);
    tcase_add_test(t, products_show_differences_only);
    tcase_add_test(t, what_the_others_would_tell_is_hidden);
    tcase_add_test(t, two_hidden_may_still_be_too_few_together);
    tcase_add_test(t, names_decide_not_the_order_of_rows);
    tcase_add_loop_test(t, random_factors_do_not_leak, 0, 500);
    suite_add_tcase(s, t);
    TCase *u = tcase_create("release");
    tcase_add_test(u, release_coarsens_step_by_step);
    tcase_add_test(u, months_are_coarsened_first);
    tcase_add_loop_test(u, nobody_is_alone_with_what_a_row_shows, 0, 32);
    tcase_add_test(u, release_hides_sex_at_last);
    tcase_add_test(u, oldest_are_one_band);
    tcase_add_test(u, sets_stay_together);
    tcase_add_test(u, smallest_towns_release_nothing);
    tcase_add_loop_test(u, random_releases_hold_the_threshold, 0, 300);
    suite_add_tcase(s, u);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
