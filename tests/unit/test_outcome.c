/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort_fixture.h"

#include "outcome/costs.h"
#include "outcome/student.h"

#include <math.h>
#include <stdio.h>

static void ck_close(double found, double expected, double relative, const char *why)
{
    ck_assert_msg(fabs(found - expected) <= relative * fabs(expected), "%s: %.17g, not %.17g", why,
                  found, expected);
}

START_TEST(student_agrees_with_vectors)
{
    FILE *f = fopen("testdata/vectors/student.csv", "r");
    ck_assert_ptr_nonnull(f);
    char line[512];
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    ck_assert_str_eq(line, "t,df,p,why\n");
    int n = 0;
    for (; fgets(line, sizeof line, f); n++) {
        char *at = line;
        double t = strtod(at, &at);
        double df = strtod(at + 1, &at);
        double p = strtod(at + 1, &at);
        double found = tg_student_p(t, df);
        ck_close(found, p, 2e-13, at + 1);
        if (p < 1 && p > 1e-200)
            ck_close(tg_student_t(p, df), fabs(t), p > 0.99 ? 1e-6 : 1e-10, at + 1);
    }
    fclose(f);
    ck_assert_int_ge(n, 20);
}
END_TEST

/* Table values of the two-sided 5 % point. */
START_TEST(student_quantiles_are_those_of_the_tables)
{
    static const struct {
        double df, t;
    } cases[] = {{1, 12.706204736174707},   {2, 4.302652729749464},   {5, 2.570581835636314},
                 {10, 2.228138851964938},   {30, 2.042272456301238},  {100, 1.983971518523552},
                 {1000, 1.962339080826408}, {1e9, 1.9599639869123254}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_close(tg_student_t(0.05, cases[i].df), cases[i].t, 1e-11, "t .975");
}
END_TEST

START_TEST(student_is_closed_form_for_few_degrees)
{
    for (double t = 1e-6; t < 1e9; t *= 1.37) {
        ck_close(tg_student_p(t, 1), 2 * atan(1 / t) / acos(-1), 1e-11, "df 1");
        ck_close(tg_student_p(t, 2), 2 / (sqrt(2 + t * t) * (sqrt(2 + t * t) + t)), 1e-11, "df 2");
    }
}
END_TEST

START_TEST(student_falls_with_t_and_df)
{
    for (double df = 0.5; df < 1e7; df *= 1.9) {
        double before = 1;
        for (double t = 0.01; t < 30; t *= 1.2) {
            double p = tg_student_p(t, df);
            ck_assert(p <= before && p >= 0);
            ck_assert(p >= tg_student_p(t, df * 1.5) - 1e-13);
            before = p;
        }
    }
}
END_TEST

START_TEST(student_refuses_nonsense)
{
    ck_assert(isnan(tg_student_p(NAN, 3)) && isnan(tg_student_p(1, NAN)));
    ck_assert(isnan(tg_student_p(1, 0)) && isnan(tg_student_t(0, 3)) && isnan(tg_student_t(2, 3)));
    ck_assert_double_eq(tg_student_p(INFINITY, 3), 0);
    ck_assert_double_eq(tg_student_p(1e200, 3), 0);
}
END_TEST

/* Student's sleep data (1908); R's t.test(extra ~ group) prints t = -1.8608, df = 17.776,
 * p-value = 0.07939, -3.3654832 0.2054832. */
START_TEST(welch_agrees_with_r)
{
    static const double a[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
    static const double b[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    struct tg_sample x = tg_sample_of(a, 10), y = tg_sample_of(b, 10);
    struct tg_difference d = tg_welch(&x, &y);
    ck_close(d.effect, -1.58, 1e-12, "effect");
    ck_close(d.df, 17.776473516178490143, 1e-12, "df");
    ck_close(d.p, 0.079394140187358138337, 1e-11, "p");
    ck_close(d.ci_low, -3.3654832307117109713, 1e-11, "low");
    ck_close(d.ci_high, 0.20548323071171097135, 1e-10, "high");
    struct tg_difference turned = tg_welch(&y, &x);
    ck_assert_double_eq(turned.p, d.p);
    ck_assert_double_eq(turned.ci_low, -d.ci_high);
}
END_TEST

START_TEST(welch_knows_when_it_cannot_tell)
{
    static const double same[] = {.1, .1, .1, .1, .1, .1, .1}, other[] = {1, 2, 3};
    struct tg_sample none = tg_sample_of(same, 0), one = tg_sample_of(other, 1);
    struct tg_sample constant = tg_sample_of(same, 7), varied = tg_sample_of(other, 3);
    ck_assert_double_eq(constant.mean, .1);
    ck_assert_double_eq(constant.variance, 0);
    struct tg_difference d = tg_welch(&none, &varied);
    ck_assert(isnan(d.effect) && isnan(d.p));
    d = tg_welch(&one, &varied);
    ck_assert(d.effect == -1 && isnan(d.p) && isnan(d.ci_low));
    d = tg_welch(&constant, &constant);
    ck_assert(d.effect == 0 && isnan(d.p));
    d = tg_welch(&varied, &constant); /* only one varies: t with 2 degrees of freedom */
    ck_close(d.df, 2, 1e-12, "df");
    ck_close(d.p, tg_student_p(1.9 * sqrt(3), 2), 1e-11, "p");
}
END_TEST

/* Costs are skewed and the arms differ in size; still p must be uniform without an effect. Of 4,000
 * worlds each tenth has 400 expected (sd 19); χ² with 9 degrees exceeds 33.7 once in 10,000. */
START_TEST(p_is_uniform_without_effect)
{
    enum { WORLDS = 4000, A = 120, B = 80 };
    double a[A], b[B];
    unsigned count[10] = {0}, covered = 0;
    uint64_t state = 20260131;
    for (int w = 0; w < WORLDS; w++) {
        for (int i = 0; i < A + B; i++) {
            double u = ((double)(next_random(&state) >> 11) + 0.5) / 9007199254740992.0;
            double cost = floor(-20000 * log(u)); /* exponential */
            *(i < A ? &a[i] : &b[i - A]) = cost;
        }
        struct tg_sample x = tg_sample_of(a, A), y = tg_sample_of(b, B);
        struct tg_difference d = tg_welch(&x, &y);
        count[d.p < 1 ? (int)(d.p * 10) : 9]++;
        covered += d.ci_low <= 0 && d.ci_high >= 0;
    }
    double chi = 0;
    for (int i = 0; i < 10; i++)
        chi += (count[i] - 400.0) * (count[i] - 400.0) / 400;
    ck_assert_msg(chi < 33.7, "chi square %g", chi);
    ck_assert_msg(covered > WORLDS * 0.93 && covered < WORLDS * 0.97, "covered %u", covered);
}
END_TEST

/* One participant and one control with index month March, data from January to June 2020, two
 * months before and three after; a third person is eligible only, around May; a fourth nobody asks
 * for. */
static struct tg_member pair[2];
static bool eligible[4] = {false, true, true, false};
static struct tg_windows windows;
static struct tg_member_list list;

static void begin_pair(void)
{
    struct tg_error err;
    begin_town();
    for (int i = 0; i < 4; i++)
        add_person(0, 1, "");
    windows = (struct tg_windows){2, 3, JAN_2020, JAN_2020 + 5, 0};
    pair[0] = (struct tg_member){
        .person = 0, .arm = TG_PARTICIPANT, .set = 1, .index_month = JAN_2020 + 2, .weight = 1};
    pair[1] = (struct tg_member){
        .person = 1, .arm = TG_CONTROL, .set = 1, .index_month = JAN_2020 + 2, .weight = 1};
    cohort = (struct tg_cohort){
        .members = pair, .n = 2, .eligible = eligible, .pseudo_index = JAN_2020 + 4};
    ck_assert_int_eq(tg_member_list_make(&people, &cohort, &list, &err), TG_OK);
}

static void add_yen(struct tg_costing *c, size_t person, int32_t month, int64_t yen)
{
    struct tg_error err;
    ck_assert_int_eq(tg_costing_add(c, person, JAN_2020 + month, yen, &err), TG_OK);
}

START_TEST(costs_fall_into_their_months)
{
    struct tg_error err;
    struct tg_costing costing;
    struct tg_costs costs;
    struct tg_observation seen[2];
    begin_pair();
    stretches[1].to = JAN_2020 + 3; /* the control leaves in April */
    ck_assert_int_eq(tg_costing_begin(&costing, &people, &cohort, &list, &windows, &err), TG_OK);
    ck_assert_int_eq(costing.from, JAN_2020);
    ck_assert_int_eq(costing.to, JAN_2020 + 5);
    for (int32_t month = -1; month < 7; month++) {
        for (size_t person = 0; person < 4; person++)
            add_yen(&costing, person, month, (int64_t)(person + 1) * 1000 + 10 * month);
    }
    add_yen(&costing, 0, 1, -10); /* a correction */
    tg_costing_end(&costing, &costs);

    ck_assert_int_eq(costs.members[0].before_yen, 1000 + 1010 - 10);
    ck_assert_int_eq(costs.members[0].after_yen, 1020 + 1030 + 1040);
    ck_assert_uint_eq(costs.members[0].before_months, 2);
    ck_assert_uint_eq(costs.members[0].after_months, 3);
    ck_assert_int_eq(costs.members[1].after_yen, 2020 + 2030);
    ck_assert_uint_eq(costs.members[1].after_months, 2);

    ck_assert_int_eq(costs.n_relative, 5);
    static const double monthly[TG_N_ARMS][5] = {{2000, 2010, 2020, 2030, 0},
                                                 {1000, 1000, 1020, 1030, 1040}};
    static const uint64_t months[TG_N_ARMS][5] = {{1, 1, 1, 1, 0}, {1, 1, 1, 1, 1}};
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        for (int r = 0; r < 5; r++) {
            ck_assert_double_eq(costs.monthly[arm][r], monthly[arm][r]);
            ck_assert_uint_eq(costs.person_months[arm][r], months[arm][r]);
        }
    }
    tg_costs_observe(&costs, 2, seen);
    ck_assert_double_eq(seen[0].before, 1000);
    ck_assert_double_eq(seen[1].after, 2025);
    ck_assert_uint_eq(seen[1].months, 2);
    tg_costs_free(&costs);
    tg_member_list_free(&list);
}
END_TEST

START_TEST(months_without_data_do_not_count)
{
    struct tg_error err;
    struct tg_costing costing;
    struct tg_costs costs;
    begin_pair();
    windows.first_month = JAN_2020 + 1;
    windows.last_month = JAN_2020 + 2;
    ck_assert_int_eq(tg_costing_begin(&costing, &people, &cohort, &list, &windows, &err), TG_OK);
    for (int32_t month = 0; month < 6; month++)
        add_yen(&costing, 0, month, 100);
    tg_costing_end(&costing, &costs);
    ck_assert_int_eq(costs.members[0].before_yen, 100);
    ck_assert_uint_eq(costs.members[0].before_months, 1);
    ck_assert_int_eq(costs.members[0].after_yen, 100);
    ck_assert_uint_eq(costs.members[0].after_months, 1);
    tg_costs_free(&costs);
    tg_member_list_free(&list);
}
END_TEST

START_TEST(amounts_beyond_counting_are_refused)
{
    struct tg_error err;
    struct tg_costing costing;
    begin_pair();
    ck_assert_int_eq(tg_costing_begin(&costing, &people, &cohort, &list, &windows, &err), TG_OK);
    add_yen(&costing, 0, 0, INT64_MAX);
    ck_assert_int_eq(tg_costing_add(&costing, 0, JAN_2020 + 1, 1, &err), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_OUTCOME_TOO_LARGE);
    tg_costing_free(&costing);
    tg_member_list_free(&list);
}
END_TEST

static struct tg_outcome_rule rule;

/* The rows of one did outcome. */
static size_t effects_of(const struct tg_cohort *c, struct tg_person_cost *sums,
                         struct tg_arena *arena, struct tg_outcome_result *r)
{
    static const struct tg_source source = {.kind = TG_KIND_EVENTS};
    struct tg_error err;
    struct tg_observation observed[16];
    rule = (struct tg_outcome_rule){.name = "care", .source = &source, .design = TG_DESIGN_DID};
    windows = (struct tg_windows){2, 3, JAN_2020, JAN_2020 + 5, 0};
    const struct tg_costs costs = {.members = sums};
    const struct tg_outcome_question q = {
        .rule = &rule, .people = &people, .cohort = c, .windows = &windows};
    for (size_t i = 0; i < c->n; i++)
        observed[i] = (struct tg_observation){.before = NAN, .after = NAN};
    tg_costs_observe(&costs, c->n, observed);
    ck_assert_int_eq(tg_outcome_compare(&q, observed, arena, r, &err), TG_OK);
    return r->n_effects;
}

START_TEST(effects_by_hand)
{
    struct tg_arena arena = {0};
    struct tg_outcome_result r;
    struct tg_member members[8];
    static struct tg_person_cost all[8] = {
        {200, 600, 2, 3}, /* participants: 100 → 200, 200 → 200, 300 → 100, 400 → nothing */
        {400, 200, 2, 1}, {300, 200, 1, 2},  {400, 0, 1, 0},
        {100, 100, 1, 1}, /* controls: 100 → 100, 100 → 300, 100 → 500, nothing → 900 */
        {200, 300, 2, 1}, {300, 1000, 3, 2}, {0, 900, 0, 1},
    };
    struct tg_person_cost sums[8];
    begin_town();
    for (uint32_t i = 0; i < 8; i++) {
        add_person(0, 1, "");
        sums[i] = all[i % 2 * 4 + i / 2];
        members[i] = (struct tg_member){.person = i,
                                        .arm = i % 2 ? TG_CONTROL : TG_PARTICIPANT,
                                        .set = i / 2 + 1,
                                        .weight = 1,
                                        .probability = 1};
    }
    const struct tg_cohort c = {.members = members, .n = 8};
    ck_assert_uint_eq(effects_of(&c, sums, &arena, &r), 4);
    const struct tg_effect *rows = r.effects;
    static const char *const designs[] = {"before", "after", "did", "alone"};
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(rows[i].outcome, "care");
        ck_assert_str_eq(rows[i].design, designs[i]);
        ck_assert(!rows[i].hidden && rows[i].unit == TG_UNIT_YEN);
    }
    ck_assert_ptr_eq(tg_outcome_main(&r), &rows[2]);
    ck_assert_uint_eq(rows[0].n[TG_PARTICIPANT], 4);
    ck_assert_uint_eq(rows[0].n[TG_CONTROL], 3);
    ck_assert_double_eq(rows[0].mean[TG_PARTICIPANT], 250);
    ck_assert_double_eq(rows[0].mean[TG_CONTROL], 100);
    ck_assert_double_eq(rows[0].effect, 150);
    ck_assert_double_eq_tol(rows[1].mean[TG_PARTICIPANT], 500.0 / 3, 1e-9);
    ck_assert_double_eq_tol(rows[1].mean[TG_CONTROL], 450, 1e-9);
    /* changes: 100, 0, −200 against 0, 200, 400: within sets 100, 200 and 600 apart */
    ck_assert_uint_eq(rows[2].n[TG_PARTICIPANT], 3);
    ck_assert_uint_eq(rows[2].n[TG_CONTROL], 3);
    ck_assert_double_eq_tol(rows[2].mean[TG_PARTICIPANT], -100.0 / 3, 1e-9);
    ck_assert_double_eq_tol(rows[2].mean[TG_CONTROL], 200, 1e-9);
    ck_assert_double_eq_tol(rows[2].effect, -700.0 / 3, 1e-9);
    /* influences by set (400, 100, −500) / 9 … squared, HC1: 3/2 × 5/4, t with 2 degrees */
    double sets[3] = {(100 + 100.0 / 3) / 3 + 200.0 / 3, (100.0 / 3) / 3,
                      (-500.0 / 3) / 3 - 200.0 / 3};
    double error = sqrt(1.5 * 1.25 * (sets[0] * sets[0] + sets[1] * sets[1] + sets[2] * sets[2]));
    ck_close(rows[2].p, tg_student_p(700.0 / 3 / error, 2), 1e-10, "p");
    ck_close(rows[2].ci_high, -700.0 / 3 + tg_student_t(.05, 2) * error, 1e-10, "high");
    /* as if nobody were matched: variances 70000/3 and 40000, se² = 190000/9 */
    double plain = sqrt(190000.0 / 9);
    double df = 190000.0 * 190000 / 81 / (70000.0 * 70000 / 81 / 2 + 40000.0 * 40000 / 9 / 2);
    ck_close(rows[2].welch.ci_high, -700.0 / 3 + tg_student_t(.05, df) * plain, 1e-10, "welch");
    /* participants alone: −33.3 with variance 70000/3 */
    ck_assert_double_eq_tol(rows[3].effect, -100.0 / 3, 1e-9);
    ck_close(rows[3].p, tg_student_p(100.0 / 3 / sqrt(70000.0 / 9), 2), 1e-10, "alone");
    ck_assert_uint_eq(rows[3].n[TG_CONTROL], 0);
    ck_assert(isnan(rows[3].mean[TG_CONTROL]));
    /* 3 + 1 + 2 months of participants with both */
    ck_assert(r.saving.known && r.saving.people == 3);
    ck_assert_double_eq(r.saving.months, 6);
    ck_assert_double_eq_tol(r.saving.yen, 1400, 1e-9);
    ck_assert_double_eq_tol(r.saving.ci_low, -6 * rows[2].ci_high, 1e-9);
    tg_outcome_result_free(&r);
    tg_arena_free(&arena);
}
END_TEST

START_TEST(effects_of_nobody)
{
    struct tg_arena arena = {0};
    struct tg_outcome_result r;
    const struct tg_cohort c = {0};
    begin_town();
    ck_assert_uint_eq(effects_of(&c, NULL, &arena, &r), 4);
    const struct tg_effect *rows = r.effects;
    ck_assert(rows[2].n[0] == 0 && isnan(rows[2].effect) && isnan(rows[2].mean[TG_CONTROL]));
    ck_assert(!r.saving.known);
    tg_outcome_result_free(&r);
    tg_arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("outcome");
    TCase *t = tcase_create("outcome");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, student_agrees_with_vectors);
    tcase_add_test(t, student_quantiles_are_those_of_the_tables);
    tcase_add_test(t, student_is_closed_form_for_few_degrees);
    tcase_add_test(t, student_falls_with_t_and_df);
    tcase_add_test(t, student_refuses_nonsense);
    tcase_add_test(t, welch_agrees_with_r);
    tcase_add_test(t, welch_knows_when_it_cannot_tell);
    tcase_add_test(t, p_is_uniform_without_effect);
    tcase_add_test(t, costs_fall_into_their_months);
    tcase_add_test(t, months_without_data_do_not_count);
    tcase_add_test(t, amounts_beyond_counting_are_refused);
    tcase_add_test(t, effects_by_hand);
    tcase_add_test(t, effects_of_nobody);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
