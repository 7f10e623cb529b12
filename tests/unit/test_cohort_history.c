/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken from the time before the index month, and who is excluded by it. */
#include "cohort_fixture.h"

#include <math.h>

enum { M = JAN_2020 + 24 };

/* A store with the events and measures of the test in the place of the real one. */
struct event {
    uint32_t person;
    int32_t month; /* from the index month on */
    int64_t yen;
};
struct measured {
    uint32_t person;
    uint32_t day;
    double value;
};
static const struct event *events;
static const struct measured *measures;
static size_t n_events, n_measures;
static int32_t first_data, last_data;
static const char *asked_measure;
static size_t asked_codes;

static unsigned n_passes; /* over a source */

enum tg_status tg_store_amounts(struct tg_store *store, const struct tg_asked_source *asked,
                                const struct tg_amount_question *q, size_t n, tg_on_amounts *on,
                                void *ctx, struct tg_event_counts *counts, struct tg_error *err)
{
    (void)store, (void)asked;
    asked_codes = q[0].n_codes;
    n_passes++;
    enum tg_status status = TG_OK;
    for (uint32_t k = 0; k < n; k++)
        counts[k] = (struct tg_event_counts){.first_month = first_data, .last_month = last_data};
    for (size_t i = 0; i < n_events && !status; i++) {
        int32_t month = M + events[i].month;
        for (uint32_t k = 0; k < n && !status; k++) {
            const struct tg_amount a = {persons[events[i].person].id, events[i].yen, month, 2, k};
            if (month >= q[k].from && month <= q[k].to)
                status = on(ctx, &a, 1, err);
        }
    }
    return status;
}

enum tg_status tg_store_measures(struct tg_store *store, const struct tg_asked_source *asked,
                                 const struct tg_measure_question *q, size_t n, tg_on_measured *on,
                                 void *ctx, struct tg_event_counts *counts, struct tg_error *err)
{
    (void)store, (void)asked;
    asked_measure = q[0].measure;
    n_passes++;
    enum tg_status status = TG_OK;
    for (uint32_t k = 0; k < n; k++)
        counts[k] = (struct tg_event_counts){.first_month = TG_NO_MONTH};
    for (size_t i = 0; i < n_measures && !status; i++) {
        for (uint32_t k = 0; k < n && !status; k++) {
            const struct tg_measured v = {persons[measures[i].person].id, measures[i].value,
                                          measures[i].day, k};
            if (v.day >= q[k].from_day && v.day <= q[k].to_day)
                status = on(ctx, &v, 1, err);
        }
    }
    return status;
}

size_t tg_people_find(const struct tg_people *p, int64_t id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->items[i].id == id)
            return i;
    }
    return SIZE_MAX;
}

static struct tg_covariate_rule covariate;
static struct tg_exclusion exclusion;

/* Person 0 takes part in M, person 1 is like them. */
static void begin_pair(void)
{
    begin_town();
    add_candidate(add_person(JAN_2020 - 70 * 12, 1, "x"), M);
    add_person(JAN_2020 - 70 * 12, 1, "x");
    covariate = (struct tg_covariate_rule){.name = "x", .missing = NAN};
    rules.covariates = &covariate;
    rules.n_covariates = 1;
    n_events = n_measures = 0;
    first_data = JAN_2020;
    last_data = JAN_2020 + 47;
}

/* The covariate of participant and control. */
static void expect(const char *why, double participant, double control)
{
    draw_cohort();
    ck_assert_uint_eq(cohort.n, 2);
    const double want[] = {participant, control};
    for (int i = 0; i < 2; i++) {
        double found = cohort.covariates[i];
        ck_assert_msg(isnan(want[i]) ? isnan(found) : fabs(found - want[i]) < 1e-12,
                      "%s: %g, not %g", why, found, want[i]);
    }
    tg_cohort_free(&cohort);
}

START_TEST(amounts_before_the_index_month)
{
    static const struct event list[] = {{0, -1, 1200}, {0, -12, 2400}, {0, -13, 5000},
                                        {0, 0, 7000},  {1, -3, 12},    {1, 3, 9000}};
    begin_pair();
    events = list;
    n_events = 6;
    covariate.history.quantity = TG_SUM_AMOUNT;
    expect("yen a month", 300, 1);
    covariate.history.months = 13;
    expect("a month more", 8600.0 / 13, 12.0 / 13);
    covariate.history.months = 1;
    expect("one month", 1200, 0);
    covariate.history.months = 0;
    covariate.history.quantity = TG_COUNT_EVENTS;
    expect("events a month", 4.0 / 12, 2.0 / 12);
    covariate.history.quantity = TG_ANY_EVENT;
    covariate.history.n_codes = 3;
    expect("any", 1, 1);
    ck_assert_uint_eq(asked_codes, 3);
    covariate.history.months = 1;
    expect("any in the last month", 1, 0);
}
END_TEST

/* What others have before their later index months is after this one's. */
START_TEST(everybody_looks_back_from_their_own_month)
{
    static const struct event list[] = {{0, 0, 7000}, {0, 2, 7000}, {2, 0, 12}, {2, 2, 24}};
    begin_pair();
    add_candidate(add_person(JAN_2020 - 70 * 12, 1, "x"), M + 3);
    add_person(JAN_2020 - 70 * 12, 1, "x");
    events = list;
    n_events = 4;
    covariate.history.quantity = TG_SUM_AMOUNT;
    draw_cohort();
    ck_assert_uint_eq(cohort.n, 4);
    for (size_t i = 0; i < cohort.n; i++)
        ck_assert_double_eq(cohort.covariates[i], cohort.members[i].person == 2 ? 3 : 0);
    tg_cohort_free(&cohort);
}
END_TEST

START_TEST(only_months_with_data_divide)
{
    static const struct event list[] = {{0, -1, 1200}, {0, -4, 2400}};
    begin_pair();
    events = list;
    n_events = 2;
    covariate.history.quantity = TG_SUM_AMOUNT;
    first_data = M - 4;
    expect("four months", 900, 0);
    last_data = M - 3;
    expect("two of them", 1800, 0);
    first_data = M;
    last_data = M + 5;
    expect("nothing before", NAN, NAN);
    covariate.missing = 7;
    expect("nothing before, and a number for it", 7, 7);
    covariate.history.quantity = TG_ANY_EVENT;
    covariate.missing = NAN;
    expect("nothing is known of any event", NAN, NAN);
}
END_TEST

START_TEST(the_last_measure_counts)
{
    /* M is 2022-01 */
    static const struct measured list[] = {{0, 20210301, 9},  {0, 20211231, 5}, {0, 20211231, 6},
                                           {0, 20220101, 50}, {1, 20180101, 3}, {0, 20211230, 8}};
    begin_pair();
    measures = list;
    n_measures = 6;
    covariate.history = (struct tg_history){.quantity = TG_LAST_MEASURE, .measure = "bmi"};
    expect("the larger of the last day; any time before", 6, 3);
    ck_assert_str_eq(asked_measure, "bmi");
    covariate.history.months = 12;
    expect("not too long ago", 6, NAN);
    n_measures = 1;
    covariate.history.months = 9;
    expect("too long ago for both", NAN, NAN);
    covariate.history.months = 10;
    expect("just not too long", 9, NAN);
}
END_TEST

/* Three looks at one source and one at another are two passes, and each is what it is alone. */
START_TEST(looks_at_one_source_go_together)
{
    static const struct event list[] = {{0, -1, 1200}, {0, -12, 2400}, {1, -3, 12}};
    static const struct measured values[] = {{0, 20211231, 6}};
    static const struct tg_source medical = {.kind = TG_KIND_EVENTS},
                                  checkup = {.kind = TG_KIND_MEASURES};
    static struct tg_covariate_rule four[] = {
        {.name = "yen", .history = {.source = &medical, .quantity = TG_SUM_AMOUNT}},
        {.name = "bmi",
         .history = {.source = &checkup, .quantity = TG_LAST_MEASURE, .measure = "bmi"}},
        {.name = "claims", .history = {.source = &medical, .quantity = TG_COUNT_EVENTS}},
        {.name = "any", .history = {.source = &medical, .quantity = TG_ANY_EVENT, .months = 2}}};
    static const double want[2][4] = {{300, 6, 4.0 / 12, 1}, {1, -1, 2.0 / 12, 0}};
    begin_pair();
    four[1].missing = -1;
    rules.covariates = four;
    rules.n_covariates = 4;
    events = list;
    n_events = 3;
    measures = values;
    n_measures = 1;
    n_passes = 0;
    draw_cohort();
    ck_assert_uint_eq(n_passes, 2);
    ck_assert_uint_eq(cohort.n, 2);
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 4; k++)
            ck_assert_double_eq(cohort.covariates[i * 4 + k], want[cohort.members[i].person][k]);
    }
    tg_cohort_free(&cohort);
}
END_TEST

START_TEST(conditions_keep_people_out)
{
    static const struct measured list[] = {{0, 20211201, 12}, {1, 20211201, 11}};
    static const struct {
        enum tg_compare compare;
        double value;
        size_t n;
        bool participant, control; /* excluded */
    } cases[] = {
        {TG_AT_LEAST, 12, 2, true, false},  {TG_ABOVE, 12, 2, false, false},
        {TG_ABOVE, 11, 2, true, false},     {TG_AT_MOST, 11, 2, false, true},
        {TG_BELOW, 11, 2, false, false},    {TG_BELOW, 12, 2, false, true},
        {TG_IS_MISSING, 0, 1, false, true}, {TG_AT_LEAST, 0, 1, true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_pair();
        rules.n_covariates = 0;
        measures = list;
        n_measures = cases[i].n;
        exclusion = (struct tg_exclusion){
            {.quantity = TG_LAST_MEASURE, .measure = "level"}, cases[i].compare, cases[i].value};
        rules.exclusions = &exclusion;
        rules.n_exclusions = 1;
        draw_cohort();
        ck_assert_msg(cohort.flow.excluded == cases[i].participant, "case %zu", i);
        ck_assert_msg(cohort.flow.controls_eligible == !cases[i].control, "case %zu", i);
        ck_assert_uint_eq(cohort.flow.matched, !cases[i].participant && !cases[i].control);
        ck_assert_uint_eq(cohort.flow.no_stratum, !cases[i].participant && cases[i].control);
        tg_cohort_free(&cohort);
    }
}
END_TEST

START_TEST(earlier_users_take_no_part_unless_allowed)
{
    begin_pair();
    rules.n_covariates = 0;
    candidates[0].earlier_use = true;
    draw_cohort();
    ck_assert_uint_eq(cohort.flow.earlier_use, 1);
    ck_assert_uint_eq(cohort.flow.matched + cohort.flow.controls_eligible, 0);
    tg_cohort_free(&cohort);
    rules.allow_earlier_use = true;
    draw_cohort();
    ck_assert_uint_eq(cohort.flow.matched, 1);
    tg_cohort_free(&cohort);
}
END_TEST

/* Follow-up begins at the landmark, and both must be observed until then. */
START_TEST(landmarks_hold_for_both)
{
    const struct {
        int32_t participant, control, data;
        bool eligible, matched;
    } cases[] = {
        {M + 6, M + 6, M + 6, true, true},
        {M + 5, M + 6, M + 20, false, false},
        {M + 6, M + 5, M + 20, true, false},
        {M + 6, M + 6, M + 5, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_pair();
        rules.n_covariates = 0;
        rules.landmark = 6;
        stretches[0].to = cases[i].participant;
        stretches[1].to = cases[i].control;
        input.last_month = cases[i].data;
        draw_cohort();
        ck_assert_msg(cohort.flow.no_followup == !cases[i].eligible, "case %zu", i);
        ck_assert_msg(cohort.flow.matched == cases[i].matched, "case %zu", i);
        if (cohort.n) {
            ck_assert_int_eq(cohort.members[0].start, M + 6);
            ck_assert_int_eq(cohort.members[0].last, M + 6);
        }
        tg_cohort_free(&cohort);
    }
}
END_TEST

static enum tg_message told;

static void on_warning(void *ctx, const struct tg_error *note)
{
    (void)ctx;
    told = note->message;
}

/* A covariate that tells who takes part leaves nobody to compare; the month goes on. */
START_TEST(separated_arms_are_said)
{
    static const char *propensity[] = {"x"};
    static const struct tg_reporter reporter = {.warn = on_warning};
    struct event list[30];
    begin_town();
    for (uint32_t i = 0; i < 60; i++) {
        uint32_t p = add_person(JAN_2020 - 70 * 12, 1, "x");
        if (i < 30) {
            add_candidate(p, M);
            list[i] = (struct event){p, -1, 1000 + i};
        }
    }
    events = list;
    n_events = 30;
    first_data = JAN_2020;
    last_data = JAN_2020 + 47;
    covariate = (struct tg_covariate_rule){
        .name = "x", .history = {.quantity = TG_SUM_AMOUNT}, .missing = NAN};
    rules.covariates = &covariate;
    rules.n_covariates = 1;
    rules.match.covariates = propensity;
    rules.match.n_covariates = 1;
    input.reporter = &reporter;
    told = TG_MSG_NONE;
    draw_cohort();
    ck_assert_uint_eq(cohort.flow.separated, 30);
    ck_assert_uint_eq(cohort.flow.no_control, 30);
    ck_assert_uint_eq(cohort.n + cohort.flow.matched, 0);
    ck_assert_int_eq(told, TG_MSG_COHORT_SEPARATED);
    tg_cohort_free(&cohort);
    /* one control who is alike is enough for a regression */
    events = list;
    list[29].person = 45;
    told = TG_MSG_NONE;
    rules.match.order = TG_ORDER_LARGEST;
    draw_cohort();
    ck_assert_uint_eq(cohort.flow.separated, 0);
    ck_assert_uint_gt(cohort.flow.matched, 0);
    ck_assert_str_eq(cohort.balance[0].covariate, "distance");
    ck_assert_str_eq(cohort.balance[1].covariate, "age");
    ck_assert_uint_gt(cohort.quality.products, 0);
    ck_assert(cohort.balance[cohort.n_balance - 1].product);
    ck_assert_double_le(cohort.quality.effective_controls,
                        (double)cohort.flow.controls_used + 1e-9);
    uint64_t in_bins = 0;
    for (int i = 0; i < TG_SUPPORT_BINS; i++)
        in_bins += cohort.quality.bins[TG_PARTICIPANT][i];
    ck_assert_uint_eq(in_bins, 30);
    tg_cohort_free(&cohort);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cohort history");
    TCase *t = tcase_create("looking back");
    tcase_add_test(t, amounts_before_the_index_month);
    tcase_add_test(t, everybody_looks_back_from_their_own_month);
    tcase_add_test(t, only_months_with_data_divide);
    tcase_add_test(t, the_last_measure_counts);
    tcase_add_test(t, looks_at_one_source_go_together);
    tcase_add_test(t, conditions_keep_people_out);
    tcase_add_test(t, earlier_users_take_no_part_unless_allowed);
    tcase_add_test(t, landmarks_hold_for_both);
    tcase_add_test(t, separated_arms_are_said);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
