/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/compare.h"
#include "cohort/logit.h"
#include "cohort/matched.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 60, STRATA = 3, WORLDS = 2000 };

static uint64_t state;

static uint32_t below(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((state >> 33) % n);
}

/* A small world on a grid, so that ties abound. */
struct world {
    bool treated[PEOPLE];
    double eta[PEOPLE];
    uint32_t stratum[PEOPLE];
    struct tg_sample sample;
    struct tg_strata strata;
    struct tg_match_options options;
    struct tg_matching in;
};

static void make_world(struct world *w, uint64_t seed)
{
    static const double widths[] = {INFINITY, 0, 0.25, 0.5};
    state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    *w = (struct world){.sample = {.n = 4 + below(PEOPLE - 4), .treated = w->treated},
                        .strata = {.of = w->stratum, .n = 1 + below(STRATA)}};
    for (uint32_t i = 0; i < w->sample.n; i++) {
        w->treated[i] = below(3) == 0;
        w->sample.n_treated += w->treated[i];
        w->eta[i] = (double)below(24) / 8;
        w->stratum[i] = below(w->strata.n);
    }
    w->options = (struct tg_match_options){
        .ratio = 1 + below(3), .replacement = below(2), .order = (enum tg_match_order)below(3)};
    w->in = (struct tg_matching){.sample = &w->sample,
                                 .options = &w->options,
                                 .strata = &w->strata,
                                 .eta = w->eta,
                                 .width = widths[below(4)]};
}

static bool chooses_before(const struct world *w, uint32_t a, uint32_t b)
{
    double d = w->eta[a] - w->eta[b];
    if (w->options.order == TG_ORDER_DATA || !(d < 0 || d > 0))
        return a < b;
    return w->options.order == TG_ORDER_LARGEST ? d > 0 : d < 0;
}

static uint32_t list_participants(const struct world *w, uint32_t *order)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->sample.n; i++) {
        if (!w->treated[i])
            continue;
        uint32_t at = n++;
        for (; at > 0 && chooses_before(w, i, order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return n;
}

/* Everybody is looked at, by the words of the header. */
static uint32_t nearest_of_all(const struct world *w, uint32_t p, const bool *taken)
{
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < w->sample.n; i++) {
        double d = fabs(w->eta[i] - w->eta[p]);
        if (w->treated[i] || taken[i] || w->stratum[i] != w->stratum[p] || !(d <= w->in.width))
            continue;
        double least = best == UINT32_MAX ? INFINITY : fabs(w->eta[best] - w->eta[p]);
        if (d < least || (d <= least && w->eta[i] > w->eta[best]))
            best = i;
    }
    return best;
}

static void match_slowly(const struct world *w, bool pairs[PEOPLE][PEOPLE])
{
    uint32_t order[PEOPLE], n = list_participants(w, order);
    bool taken[PEOPLE] = {false};
    for (uint32_t round = 0; round < w->options.ratio; round++) {
        for (uint32_t i = 0; i < n; i++) {
            uint32_t p = order[i];
            bool own[PEOPLE];
            for (uint32_t k = 0; k < PEOPLE; k++)
                own[k] = w->options.replacement ? pairs[p][k] : taken[k];
            uint32_t found = nearest_of_all(w, p, own);
            if (found == UINT32_MAX)
                continue;
            pairs[p][found] = true;
            taken[found] = true;
        }
    }
}

static void collect(const struct world *w, const struct tg_matched *m, bool pairs[PEOPLE][PEOPLE])
{
    uint32_t participant[PEOPLE + 1] = {0};
    for (size_t i = 0; i < m->n; i++) {
        const struct tg_matched_row *r = &m->rows[i];
        ck_assert_uint_ge(r->set, 1);
        ck_assert_uint_le(r->set, m->n_sets);
        if (w->treated[r->person])
            participant[r->set] = r->person;
    }
    for (size_t i = 0; i < m->n; i++) {
        const struct tg_matched_row *r = &m->rows[i];
        if (w->treated[r->person])
            continue;
        ck_assert(!pairs[participant[r->set]][r->person]);
        pairs[participant[r->set]][r->person] = true;
    }
}

START_TEST(nearest_is_what_looking_at_everybody_gives)
{
    struct world w;
    size_t n_pairs = 0;
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        static const bool none[PEOPLE][PEOPLE];
        bool fast[PEOPLE][PEOPLE], slow[PEOPLE][PEOPLE];
        struct tg_matched m = {0};
        memcpy(fast, none, sizeof fast);
        memcpy(slow, none, sizeof slow);
        make_world(&w, seed);
        ck_assert_int_eq(tg_match_nearest(&w.in, &m, NULL), TG_OK);
        ck_assert_uint_eq(m.n_sets + m.n_unmatched, w.sample.n_treated);
        collect(&w, &m, fast);
        match_slowly(&w, slow);
        ck_assert_msg(memcmp(fast, slow, sizeof fast) == 0, "world %llu", (unsigned long long)seed);
        n_pairs += m.n - m.n_sets;
        tg_matched_free(&m);
    }
    ck_assert_uint_gt(n_pairs, WORLDS);
}
END_TEST

START_TEST(control_weights_add_up_to_the_controls_used)
{
    struct world w;
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        struct tg_matched m = {0};
        bool used[PEOPLE] = {false};
        double sum = 0, n = 0;
        make_world(&w, seed);
        ck_assert_int_eq(tg_match_nearest(&w.in, &m, NULL), TG_OK);
        for (size_t i = 0; i < m.n; i++) {
            uint32_t person = m.rows[i].person;
            if (w.treated[person])
                continue;
            sum += m.rows[i].weight;
            n += !used[person];
            used[person] = true;
        }
        ck_assert_double_eq_tol(sum, n, 1e-9);
        tg_matched_free(&m);
    }
}
END_TEST

START_TEST(exponential_is_as_good_as_the_libraries)
{
    double worst = 0;
    for (double x = -700; x < 700; x += 0.0371)
        worst = fmax(worst, fabs(tg_exp(x) / exp(x) - 1));
    ck_assert_double_lt(worst, 4 * DBL_EPSILON);
    ck_assert_double_eq(tg_exp(0), 1);
    ck_assert_double_eq(tg_exp(-INFINITY), 0);
    ck_assert(isinf(tg_exp(710)));
    ck_assert(isnan(tg_exp(NAN)));
    ck_assert_double_eq(tg_logistic(0), 0.5);
}
END_TEST

START_TEST(numbers_are_read_as_strtod_reads_them)
{
    static const char *const numbers[] = {"0",
                                          "-0",
                                          "1",
                                          "+1",
                                          "1.5",
                                          ".5",
                                          "5.",
                                          "1e3",
                                          "1E-3",
                                          "007",
                                          "0.1",
                                          "123456789012345678",
                                          "2.2250738585072014e-308",
                                          "1e22",
                                          "1e23",
                                          "9930.046",
                                          "-1.75",
                                          "0.30000000000000004",
                                          "179769313486231570000e288"};
    static const char *const texts[] = {"",    "-",     "1e",  "e1", "1.2.3", "0x10", "nan",
                                        "inf", "1e999", "1 2", "１", "1,5",   "--1",  "1e12345"};
    double x;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        ck_assert_msg(tg_sample_number(numbers[i], strlen(numbers[i]), &x), "%s", numbers[i]);
        ck_assert_msg(x == strtod(numbers[i], NULL), "%s", numbers[i]);
        ck_assert(!signbit(x) || x < 0);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(!tg_sample_number(texts[i], strlen(texts[i]), &x), "%s", texts[i]);
}
END_TEST

START_TEST(levels_are_found_again)
{
    struct tg_levels levels = {0};
    char text[16];
    uint32_t number;
    for (uint32_t twice = 0; twice < 2; twice++) {
        for (uint32_t i = 0; i < 5000; i++) {
            int len = snprintf(text, sizeof text, "%u", i * 7919);
            ck_assert_int_eq(tg_levels_number(&levels, text, (size_t)len, &number, NULL), TG_OK);
            ck_assert_uint_eq(number, i);
        }
    }
    ck_assert_uint_eq(levels.n, 5000);
    ck_assert_int_eq(tg_levels_number(&levels, "", 0, &number, NULL), TG_OK);
    ck_assert_uint_eq(number, 5000);
    tg_levels_free(&levels);
}
END_TEST

static bool say_stop(void *ctx)
{
    (void)ctx;
    return true;
}

START_TEST(a_caller_can_stop_it)
{
    const char *const covariates[] = {"age"};
    const struct tg_reporter reporter = {.cancelled = say_stop};
    const struct tg_match_options o = {.input = "testdata/reference/lalonde/lalonde.csv",
                                       .treatment = "treat",
                                       .covariates = covariates,
                                       .n_covariates = 1,
                                       .output = "/nowhere/that/exists"};
    struct tg_error err = {0};
    ck_assert_int_eq(tg_match_file(&o, &reporter, NULL, &err), TG_CANCELLED);
    ck_assert_int_eq(tg_match_file(&o, NULL, NULL, &err), TG_CANT_CREATE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match");
    TCase *c = tcase_create("match");
    tcase_add_test(c, nearest_is_what_looking_at_everybody_gives);
    tcase_add_test(c, control_weights_add_up_to_the_controls_used);
    tcase_add_test(c, exponential_is_as_good_as_the_libraries);
    tcase_add_test(c, numbers_are_read_as_strtod_reads_them);
    tcase_add_test(c, levels_are_found_again);
    tcase_add_test(c, a_caller_can_stop_it);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
