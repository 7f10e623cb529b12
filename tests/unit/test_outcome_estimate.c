/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort_fixture.h"

#include "outcome/estimate.h"
#include "outcome/student.h"

#include <math.h>
#include <stdio.h>

enum { ROWS_MAX = 512, EXPECTED_MAX = 256, NAME = 40 };

static struct tg_error err;
static struct tg_row rows[ROWS_MAX];
static size_t n_rows;
static struct {
    char name[NAME];
    double value;
    bool seen;
} expected[EXPECTED_MAX];
static size_t n_expected;

static FILE *open_reference(const char *name, const char *header)
{
    char path[128], line[256];
    (void)snprintf(path, sizeof path, "testdata/reference/effects/%s", name);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    ck_assert_str_eq(line, header);
    return f;
}

/* The rest of a line of the case, behind its comma; NULL: of another case. */
static char *of_case(char *line, const char *name)
{
    size_t len = strlen(name);
    return strncmp(line, name, len) == 0 && line[len] == ',' ? line + len + 1 : NULL;
}

static void begin_case(const char *name)
{
    char line[256], *at;
    FILE *f = open_reference("rows.csv", "case,person,set,arm,weight,value,exposure,time,event\n");
    for (n_rows = 0; fgets(line, sizeof line, f);) {
        if (!(at = of_case(line, name)))
            continue;
        double v[8];
        for (int i = 0; i < 8; i++, at++)
            v[i] = strtod(at, &at);
        rows[n_rows++] = (struct tg_row){.person = (uint32_t)v[0],
                                         .set = (uint32_t)v[1],
                                         .arm = v[2] > 0 ? TG_PARTICIPANT : TG_CONTROL,
                                         .weight = v[3],
                                         .value = v[4],
                                         .exposure = v[5],
                                         .time = (int32_t)v[6],
                                         .event = v[7] > 0,
                                         .probability = 1};
    }
    fclose(f);
    ck_assert_uint_gt(n_rows, 40);
    f = open_reference("expected.csv", "case,quantity,value\n");
    for (n_expected = 0; fgets(line, sizeof line, f);) {
        if (!(at = of_case(line, name)))
            continue;
        char *comma = strchr(at, ',');
        *comma = '\0';
        (void)snprintf(expected[n_expected].name, NAME, "%s", at);
        expected[n_expected].seen = false;
        expected[n_expected++].value = strtod(comma + 1, NULL);
    }
    fclose(f);
    ck_assert_uint_gt(n_expected, 4);
}

static void ck_is(const char *name, double found)
{
    for (size_t i = 0; i < n_expected; i++) {
        if (strcmp(expected[i].name, name) != 0)
            continue;
        double want = expected[i].value;
        expected[i].seen = true;
        ck_assert_msg(fabs(found - want) <= 1e-9 * fmax(fabs(want), 1e-3), "%s: %.17g, not %.17g",
                      name, found, want);
        return;
    }
    ck_abort_msg("R has no %s", name);
}

static void end_case(void)
{
    for (size_t i = 0; i < n_expected; i++)
        ck_assert_msg(expected[i].seen, "%s was not compared", expected[i].name);
}

static void ck_inference(const struct tg_estimate *e)
{
    ck_is("participants", e->mean[TG_PARTICIPANT]);
    ck_is("controls", e->mean[TG_CONTROL]);
    ck_is("effect", e->effect);
    ck_is("error", e->error);
    ck_is("low", e->ci_low);
    ck_is("high", e->ci_high);
    ck_is("p", e->p);
}

START_TEST(means_and_rates_are_those_of_r)
{
    static const char *const cases[] = {"ratio", "replacement", "weights", "strata", "rate"};
    static const uint64_t sizes[][2] = {{60, 30}, {0, 40}, {100, 50}, {0, 0}, {80, 80}};
    for (size_t i = 0; i < 5; i++) {
        struct tg_estimate e;
        begin_case(cases[i]);
        bool rate = strcmp(cases[i], "rate") == 0;
        enum tg_status status = rate ? tg_estimate_rates(rows, n_rows, &e, &err)
                                     : tg_estimate_means(rows, n_rows, &e, &err);
        ck_assert_int_eq(status, TG_OK);
        ck_inference(&e);
        end_case();
        for (int arm = 0; arm < TG_N_ARMS; arm++) {
            if (sizes[i][arm])
                ck_assert_uint_eq(e.n[arm], sizes[i][arm]);
        }
    }
}
END_TEST

START_TEST(pairs_and_t_tests_are_those_of_r)
{
    struct tg_estimate e;
    double values[TG_N_ARMS][ROWS_MAX];
    uint64_t n[TG_N_ARMS] = {0};
    begin_case("pairs");
    ck_assert_int_eq(tg_estimate_means(rows, n_rows, &e, &err), TG_OK);
    ck_inference(&e);
    ck_assert_int_eq(tg_estimate_one_arm(rows, n_rows, TG_PARTICIPANT, &e, &err), TG_OK);
    ck_is("one_mean", e.effect);
    ck_is("one_low", e.ci_low);
    ck_is("one_high", e.ci_high);
    ck_is("one_p", e.p);
    for (size_t i = 0; i < n_rows; i++)
        values[rows[i].arm][n[rows[i].arm]++] = rows[i].value;
    struct tg_sample a = tg_sample_of(values[TG_PARTICIPANT], n[TG_PARTICIPANT]);
    struct tg_sample b = tg_sample_of(values[TG_CONTROL], n[TG_CONTROL]);
    struct tg_difference d = tg_welch(&a, &b);
    ck_is("welch_low", d.ci_low);
    ck_is("welch_high", d.ci_high);
    ck_is("welch_p", d.p);
    ck_is("welch_df", d.df);
    end_case();
}
END_TEST

static void ck_curves(const struct tg_survival curves[TG_N_ARMS])
{
    static const char *const arms[] = {"controls", "participants"};
    char name[NAME];
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        for (int32_t t = 1; t <= 12; t++) {
            (void)snprintf(name, sizeof name, "%s_risk_%d", arms[arm], (int)t);
            ck_is(name, curves[arm].risk[t]);
            (void)snprintf(name, sizeof name, "%s_low_%d", arms[arm], (int)t);
            ck_is(name, curves[arm].low[t]);
            (void)snprintf(name, sizeof name, "%s_high_%d", arms[arm], (int)t);
            ck_is(name, curves[arm].high[t]);
        }
    }
}

START_TEST(survival_is_that_of_r)
{
    struct tg_estimate e;
    struct tg_survival curves[TG_N_ARMS];
    begin_case("survival");
    ck_assert_int_eq(tg_estimate_risk(rows, n_rows, 12, curves, &e, &err), TG_OK);
    ck_curves(curves);
    ck_is("effect", e.effect);
    ck_is("error", e.error);
    ck_is("chisq", tg_log_rank(rows, n_rows, 12));
    ck_is("p", e.p);
    end_case();
    for (int arm = 0; arm < TG_N_ARMS; arm++)
        tg_survival_free(&curves[arm]);
    begin_case("survival_sets");
    ck_assert_int_eq(tg_estimate_risk(rows, n_rows, 12, curves, &e, &err), TG_OK);
    ck_inference(&e);
    end_case();
    for (int arm = 0; arm < TG_N_ARMS; arm++)
        tg_survival_free(&curves[arm]);
}
END_TEST

START_TEST(normal_and_chi_square)
{
    static const double z[][2] = {{1.959963984540054, 0.05},
                                  {2.5758293035489004, 0.01},
                                  {0.6744897501960817, 0.5},
                                  {5.326723886384098, 1e-7}};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(tg_normal_z(z[i][1]), z[i][0], 1e-9);
        ck_assert_double_eq_tol(tg_normal_p(-z[i][0]), z[i][1], 1e-12);
        ck_assert_double_eq_tol(tg_chi_square_1(z[i][0] * z[i][0]), z[i][1], 1e-12);
        ck_assert_double_eq_tol(tg_two_sided_t(z[i][1], INFINITY), z[i][0], 1e-9);
    }
    ck_assert(isnan(tg_normal_z(0)) && isnan(tg_chi_square_1(-1)) && isnan(tg_normal_p(NAN)));
}
END_TEST

START_TEST(small_and_strange_samples)
{
    struct tg_estimate e;
    struct tg_survival curves[TG_N_ARMS];
    ck_assert_int_eq(tg_estimate_means(rows, 0, &e, &err), TG_OK);
    ck_assert(isnan(e.effect) && isnan(e.p) && e.n[0] == 0);
    struct tg_row few[4] = {
        {.person = 1, .set = 1, .arm = TG_PARTICIPANT, .weight = 1, .value = 3, .exposure = 1},
        {.person = 2, .set = 1, .arm = TG_CONTROL, .weight = 1, .value = 1, .exposure = 1},
        {.person = 3, .set = 2, .arm = TG_PARTICIPANT, .weight = 1, .value = 3, .exposure = 1},
        {.person = 4, .set = 2, .arm = TG_CONTROL, .weight = 1, .value = 1, .exposure = 1}};
    ck_assert_int_eq(tg_estimate_means(few, 4, &e, &err), TG_OK);
    ck_assert(e.effect == 2 && isnan(e.ci_low) && isnan(e.p)); /* nothing varies */
    ck_assert_int_eq(tg_estimate_means(few, 1, &e, &err), TG_OK);
    ck_assert(isnan(e.effect) && e.mean[TG_PARTICIPANT] == 3);
    for (int i = 0; i < 4; i++)
        few[i].time = 3; /* nobody is followed for six months */
    ck_assert_int_eq(tg_estimate_risk(few, 4, 6, curves, &e, &err), TG_OK);
    ck_assert(isnan(e.effect) && curves[0].risk[3] == 0 && isnan(curves[0].risk[4]));
    for (int arm = 0; arm < TG_N_ARMS; arm++)
        tg_survival_free(&curves[arm]);
}
END_TEST

/* One wrong link in five: a true effect of 10 is seen as 8. */
START_TEST(wrong_links_attenuate)
{
    struct tg_row some[4] = {{.arm = TG_PARTICIPANT, .weight = 1, .probability = 0.7},
                             {.arm = TG_PARTICIPANT, .weight = 1, .probability = 0.9},
                             {.arm = TG_CONTROL, .weight = 1, .probability = 1},
                             {.arm = TG_CONTROL, .weight = 1, .probability = 1}};
    struct tg_estimate e = {.effect = 8, .ci_low = -4, .ci_high = 20};
    struct tg_linkage_range r = tg_linkage_range(some, 4, &e);
    ck_assert_double_eq_tol(r.probability, 0.8, 1e-12);
    ck_assert_double_eq_tol(r.low, 8, 1e-12);
    ck_assert_double_eq_tol(r.high, 10, 1e-12);
    ck_assert_double_eq_tol(r.ci_low, -5, 1e-12);
    ck_assert_double_eq_tol(r.ci_high, 25, 1e-12);
    e.effect = -8;
    ck_assert_double_eq_tol(tg_linkage_range(some, 4, &e).low, -10, 1e-12);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("estimate");
    TCase *t = tcase_create("estimate");
    tcase_add_test(t, means_and_rates_are_those_of_r);
    tcase_add_test(t, pairs_and_t_tests_are_those_of_r);
    tcase_add_test(t, survival_is_that_of_r);
    tcase_add_test(t, normal_and_chi_square);
    tcase_add_test(t, small_and_strange_samples);
    tcase_add_test(t, wrong_links_attenuate);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
