/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort_fixture.h"

#include "outcome/outcome.h"

#include <math.h>

/* Events and measures in the place of the store's. */
struct fact {
    int who;       /* person index */
    uint32_t when; /* events: months since January 2020; measures: a day */
    double value;
};
static const struct fact *facts;
static size_t n_facts;

static unsigned n_passes; /* over a source */

enum tg_status tg_store_amounts(struct tg_store *store, const struct tg_asked_source *asked,
                                const struct tg_amount_question *q, size_t n, tg_on_amounts *on,
                                void *ctx, struct tg_event_counts *counts, struct tg_error *err)
{
    (void)store, (void)asked;
    n_passes++;
    enum tg_status status = TG_OK;
    for (uint32_t k = 0; k < n; k++)
        counts[k] = (struct tg_event_counts){.events = n_facts};
    for (size_t i = 0; !status && i < n_facts; i++) {
        int32_t month = JAN_2020 + (int32_t)facts[i].when;
        for (uint32_t k = 0; k < n && !status; k++) {
            const struct tg_amount a = {persons[facts[i].who].id, (int64_t)facts[i].value, month, 1,
                                        k};
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
    n_passes++;
    enum tg_status status = TG_OK;
    for (uint32_t k = 0; k < n; k++)
        counts[k] = (struct tg_event_counts){.events = n_facts};
    for (size_t i = 0; !status && i < n_facts; i++) {
        for (uint32_t k = 0; k < n && !status; k++) {
            const struct tg_measured v = {persons[facts[i].who].id, facts[i].value, facts[i].when,
                                          k};
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

enum { N_MEMBERS = 5 };
static struct tg_member some[N_MEMBERS];
static struct tg_windows windows;
static struct tg_source source;
static struct tg_outcome_rule rule;
static struct tg_observation seen[N_MEMBERS];

/* Two sets; person 1 is the control of both, from January and from July 2021; person 2 has left in
 * March 2021. Six months before, twelve after. Person 4 of no set is a row of its own. */
static void begin(enum tg_kind kind, enum tg_design design)
{
    static const struct {
        uint32_t person;
        enum tg_arm arm;
        uint32_t set;
        int32_t index, last;
    } rows[N_MEMBERS] = {{0, TG_PARTICIPANT, 1, 12, 23},
                         {1, TG_CONTROL, 1, 12, 23},
                         {2, TG_PARTICIPANT, 2, 12, 14},
                         {3, TG_PARTICIPANT, 3, 18, 29},
                         {1, TG_CONTROL, 3, 18, 29}};
    begin_town();
    for (int i = 0; i < 4; i++)
        add_person(0, 1, "");
    for (size_t i = 0; i < N_MEMBERS; i++)
        some[i] = (struct tg_member){.person = rows[i].person,
                                     .arm = rows[i].arm,
                                     .set = rows[i].set,
                                     .index_month = JAN_2020 + rows[i].index,
                                     .start = JAN_2020 + rows[i].index,
                                     .last = JAN_2020 + rows[i].last,
                                     .weight = 1,
                                     .probability = 1};
    cohort = (struct tg_cohort){.members = some, .n = N_MEMBERS};
    windows = (struct tg_windows){6, 12, JAN_2020, JAN_2020 + 35, 0};
    source = (struct tg_source){.kind = kind};
    rule = (struct tg_outcome_rule){.name = "x", .source = &source, .design = design};
}

static void observe(const struct fact *list, size_t n)
{
    struct tg_error err;
    struct tg_event_counts counts;
    struct tg_observation *const out = seen;
    const struct tg_outcome_question q = {.rule = &rule,
                                          .month = JAN_2020 + 35,
                                          .people = &people,
                                          .cohort = &cohort,
                                          .windows = &windows};
    facts = list;
    n_facts = n;
    ck_assert_int_eq(tg_outcomes_observe(NULL, &q, 1, &out, &counts, &err), TG_OK);
    ck_assert_uint_eq(counts.events, n);
}

START_TEST(rates_count_what_is_under_observation)
{
    static const struct fact list[] = {{0, 11, 5}, {0, 12, 5}, {0, 23, 5}, {0, 24, 5}, {1, 13, 5},
                                       {1, 20, 5}, {1, 29, 5}, {2, 14, 5}, {2, 15, 5}};
    begin(TG_KIND_EVENTS, TG_DESIGN_RATE);
    observe(list, sizeof list / sizeof list[0]);
    static const double counts[] = {2, 2, 1, 0, 2}, years[] = {1, 1, 0.25, 1, 1};
    for (int i = 0; i < N_MEMBERS; i++) {
        ck_assert_double_eq(seen[i].count, counts[i]);
        ck_assert_double_eq(seen[i].years, years[i]);
    }
}
END_TEST

START_TEST(levels_of_events_are_yen_a_month)
{
    static const struct fact list[] = {{0, 12, 1200}, {0, 13, 1200}, {1, 18, 600}, {2, 13, 300}};
    begin(TG_KIND_EVENTS, TG_DESIGN_LEVEL);
    observe(list, 4);
    static const double after[] = {200, 50, 100, 0, 50};
    for (int i = 0; i < N_MEMBERS; i++)
        ck_assert_double_eq(seen[i].after, after[i]);
    rule.has_threshold = true;
    rule.threshold = 100;
    observe(list, 4);
    ck_assert(seen[0].after == 1 && seen[1].after == 0 && seen[2].after == 1);
}
END_TEST

/* Outcomes of one source are read together, and each is what it is alone. */
START_TEST(outcomes_of_a_source_are_one_pass)
{
    enum { N = 4 };
    static const struct fact list[] = {{0, 11, 700}, {0, 12, 1200}, {0, 13, 1200}, {1, 18, 600},
                                       {1, 17, 1},   {2, 13, 300},  {3, 11, 1},    {3, 25, 1}};
    static const enum tg_design designs[N] = {TG_DESIGN_RATE, TG_DESIGN_LEVEL, TG_DESIGN_INCIDENCE,
                                              TG_DESIGN_LEVEL};
    struct tg_outcome_rule rules_of[N];
    struct tg_outcome_question questions[N];
    struct tg_observation rows[N][N_MEMBERS];
    struct tg_observation *out[N];
    struct tg_event_counts counts[N];
    struct tg_error err;
    begin(TG_KIND_EVENTS, TG_DESIGN_RATE);
    for (size_t k = 0; k < N; k++) {
        rules_of[k] = rule;
        rules_of[k].design = designs[k];
        rules_of[k].has_threshold = k == 3;
        rules_of[k].threshold = 100;
        questions[k] = (struct tg_outcome_question){.rule = &rules_of[k],
                                                    .month = JAN_2020 + 35,
                                                    .people = &people,
                                                    .cohort = &cohort,
                                                    .windows = &windows};
        out[k] = rows[k];
    }
    facts = list;
    n_facts = sizeof list / sizeof list[0];
    n_passes = 0;
    ck_assert_int_eq(tg_outcomes_observe(NULL, questions, N, out, counts, &err), TG_OK);
    ck_assert_uint_eq(n_passes, 1);
    for (size_t k = 0; k < N; k++) {
        rule = rules_of[k];
        observe(list, n_facts);
        for (size_t i = 0; i < N_MEMBERS; i++) {
            ck_assert_double_eq(rows[k][i].count, seen[i].count);
            ck_assert_int_eq(rows[k][i].time, seen[i].time);
            ck_assert_int_eq(rows[k][i].event, seen[i].event);
            ck_assert(isnan(rows[k][i].after) ? isnan(seen[i].after)
                                              : rows[k][i].after == seen[i].after);
        }
    }
    ck_assert(rows[0][0].count == 2 && rows[1][0].after == 200 && rows[3][0].after == 1);
}
END_TEST

START_TEST(risk_starts_with_those_who_had_not_had_it)
{
    static const struct fact list[] = {{0, 20, 1}, {0, 15, 1}, /* in April 2021, the fourth month */
                                       {1, 17, 1},             /* before July: no risk in set 3 */
                                       {2, 15, 1},             /* after it was last seen */
                                       {3, 11, 1}, {3, 25, 1}}; /* too long ago to count */
    begin(TG_KIND_EVENTS, TG_DESIGN_INCIDENCE);
    observe(list, 6);
    static const int32_t times[] = {4, 6, 3, 8, 0};
    static const bool events[] = {true, true, false, true, false};
    for (int i = 0; i < N_MEMBERS; i++) {
        ck_assert_int_eq(seen[i].time, times[i]);
        ck_assert(times[i] == 0 || seen[i].event == events[i]);
    }
    some[0].start = some[0].index_month + 6; /* a landmark: what was before it is before */
    some[0].last = some[0].start + 11;
    windows.landmark = 6;
    observe(list, 6);
    ck_assert_int_eq(seen[0].time, 0);
}
END_TEST

START_TEST(care_levels_reach_a_threshold_once)
{
    static const struct fact list[] = {{0, 20190401, 1},  {0, 20210315, 12}, {0, 20210615, 21},
                                       {1, 20180101, 12}, /* long ago still counts */
                                       {2, 20210301, 1},  {3, 20220601, 13}};
    begin(TG_KIND_MEASURES, TG_DESIGN_INCIDENCE);
    rule.measure = "care_level";
    rule.has_threshold = true;
    rule.threshold = 12;
    observe(list, 6);
    static const int32_t times[] = {3, 0, 3, 12, 0};
    for (int i = 0; i < N_MEMBERS; i++)
        ck_assert_int_eq(seen[i].time, times[i]);
    ck_assert(seen[0].event && seen[3].event && !seen[2].event);
}
END_TEST

START_TEST(changes_need_both_values)
{
    static const struct fact list[] = {{0, 20200701, 7.0}, {0, 20201201, 6.8}, {0, 20201201, 6.6},
                                       {0, 20210601, 6.0}, {0, 20211201, 6.1}, {0, 20220101, 9.9},
                                       {1, 20200601, 8.0}, {1, 20210701, 7.0}, {1, 20210301, 7.5},
                                       {2, 20201231, 7.0}};
    begin(TG_KIND_MEASURES, TG_DESIGN_CHANGE);
    rule.measure = "hba1c";
    observe(list, sizeof list / sizeof list[0]);
    ck_assert_double_eq(seen[0].before, 6.8); /* of one day the larger */
    ck_assert_double_eq(seen[0].after, 6.1);
    ck_assert(isnan(seen[1].before) && seen[1].after == 7.0); /* June is too early */
    ck_assert(seen[2].before == 7.0 && isnan(seen[2].after));
    ck_assert_double_eq(seen[4].before, 7.5);
    ck_assert_double_eq(seen[4].after, 7.0);
    rule.has_threshold = true;
    rule.threshold = 6.5;
    observe(list, sizeof list / sizeof list[0]);
    ck_assert(seen[0].before == 1 && seen[0].after == 0);
    rule.at_most = true;
    observe(list, sizeof list / sizeof list[0]);
    ck_assert(seen[0].before == 0 && seen[0].after == 1);
    rule.has_threshold = rule.at_most = false;
    rule.per_year = 1; /* 365 days from 1 December to 1 December */
    observe(list, sizeof list / sizeof list[0]);
    ck_assert_double_eq_tol(seen[0].after - seen[0].before, -0.7 * 365.25 / 365, 1e-12);
}
END_TEST

START_TEST(any_row_is_attendance)
{
    static const struct fact list[] = {{0, 20210701, 1}, {1, 20210601, 1}};
    begin(TG_KIND_MEASURES, TG_DESIGN_LEVEL);
    observe(list, 2);
    static const double after[] = {1, 1, 0, 0, 0};
    for (int i = 0; i < N_MEMBERS; i++)
        ck_assert_double_eq(seen[i].after, after[i]);
    rule.measure = "bmi"; /* a value, where there is one */
    observe(list, 2);
    ck_assert(seen[0].after == 1 && isnan(seen[2].after));
}
END_TEST

START_TEST(transitions_and_their_benefits)
{
    static const struct fact list[] = {{0, 20150401, 12}, {0, 20210601, 21}, {1, 20200401, 12},
                                       {1, 20210301, 12}, {1, 20211001, 21}, {3, 20211001, 1}};
    static struct tg_benefit benefits[] = {{1, 0}, {12, 10000}, {21, 70000}};
    struct tg_error err;
    struct tg_arena arena = {0};
    struct tg_outcome_result r;
    begin(TG_KIND_MEASURES, TG_DESIGN_TRANSITION);
    rule.measure = "care_level";
    rule.has_missing = true;
    rule.missing = 1;
    rule.benefits = benefits;
    rule.n_benefits = 3;
    rule.by = TG_BY_LEVEL;
    observe(list, 6);
    ck_assert(seen[0].before == 12 && seen[0].after == 21);
    ck_assert(seen[1].before == 12 && seen[1].after == 21);
    ck_assert(seen[2].before == 1 && seen[2].after == 1);
    ck_assert(seen[4].before == 12 && seen[4].after == 21);
    const struct tg_outcome_question q = {
        .rule = &rule, .people = &people, .cohort = &cohort, .windows = &windows};
    ck_assert_int_eq(tg_outcome_compare(&q, seen, &arena, &r, &err), TG_OK);
    const struct tg_effect *e = tg_outcome_main(&r);
    ck_assert_str_eq(e->design, "transition");
    ck_assert_double_eq_tol(e->mean[TG_PARTICIPANT], 2.0 / 3, 1e-12);
    ck_assert_double_eq(e->mean[TG_CONTROL], 0);
    ck_assert_uint_eq(e->n[TG_CONTROL], 1);
    ck_assert_uint_eq(e->cases[TG_PARTICIPANT], 2);
    ck_assert_uint_eq(r.transitions.n, 3);
    ck_assert_uint_eq(r.transitions.counts[TG_PARTICIPANT][1 * 3 + 2], 1);
    ck_assert_uint_eq(r.transitions.counts[TG_PARTICIPANT][0], 2);
    ck_assert_uint_eq(r.transitions.counts[TG_CONTROL][1 * 3 + 2], 1); /* people, not rows */
    ck_assert_uint_eq(r.n_subgroups, 2);
    ck_assert_str_eq(r.subgroups[0].subgroup, "level=1");
    ck_assert_str_eq(r.subgroups[1].subgroup, "level=12");
    /* participants cost 20,000 more a month each, the control's rows 60,000: 40,000 × 3 × 12 */
    ck_assert(r.saving.known && r.saving.from_levels);
    ck_assert_double_eq_tol(r.saving.yen, 40000.0 * 36, 1e-6);
    tg_outcome_result_free(&r);
    tg_arena_free(&arena);
}
END_TEST

/* Levels of a factor are its people once each; the seldom ones and the unknown are no level. */
START_TEST(subgroups_split_the_people)
{
    static struct tg_member many[400];
    static struct tg_observation values[400];
    static const char *const districts[] = {"north", "south", ""};
    struct tg_error err;
    struct tg_arena arena = {0};
    struct tg_outcome_result r;
    begin(TG_KIND_MEASURES, TG_DESIGN_CHANGE);
    begin_town();
    for (uint32_t i = 0; i < 400; i++) {
        uint32_t age = 50 + i % 45;
        add_person(JAN_2020 - 12 * (int32_t)age, (uint8_t)(1 + i % 2), districts[i % 3]);
        many[i] = (struct tg_member){.person = i,
                                     .arm = i % 2 ? TG_CONTROL : TG_PARTICIPANT,
                                     .set = i / 2 + 1,
                                     .index_month = JAN_2020,
                                     .weight = 1,
                                     .probability = 1};
        values[i] = (struct tg_observation){.before = i % 7, .after = i % 11};
    }
    cohort = (struct tg_cohort){.members = many, .n = 400};
    rule.by = TG_BY_SEX | TG_BY_AGE_BAND | TG_BY_DISTRICT | TG_BY_LEVEL;
    const struct tg_outcome_question q = {
        .rule = &rule, .people = &people, .cohort = &cohort, .windows = &windows};
    ck_assert_int_eq(tg_outcome_compare(&q, values, &arena, &r, &err), TG_OK);
    uint64_t total[4] = {0};
    static const char *const factors[] = {"sex=", "age_band=", "district=", "level="};
    for (size_t i = 0; i < r.n_subgroups; i++) {
        const struct tg_effect *e = &r.subgroups[i];
        ck_assert(!tg_effect_is_main(e));
        for (int f = 0; f < 4; f++) {
            if (strncmp(e->subgroup, factors[f], strlen(factors[f])) == 0)
                total[f] += e->n[0] + e->n[1];
        }
    }
    ck_assert_uint_eq(r.n_subgroups, 2 + 4 + 2 + 3);
    ck_assert(total[0] == 400 && total[1] == 400 && total[3] == 400);
    ck_assert_uint_eq(total[2], 267);
    tg_outcome_result_free(&r);
    tg_arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("outcome observe");
    TCase *t = tcase_create("observe");
    tcase_add_test(t, rates_count_what_is_under_observation);
    tcase_add_test(t, levels_of_events_are_yen_a_month);
    tcase_add_test(t, outcomes_of_a_source_are_one_pass);
    tcase_add_test(t, risk_starts_with_those_who_had_not_had_it);
    tcase_add_test(t, care_levels_reach_a_threshold_once);
    tcase_add_test(t, changes_need_both_values);
    tcase_add_test(t, any_row_is_attendance);
    tcase_add_test(t, transitions_and_their_benefits);
    tcase_add_test(t, subgroups_split_the_people);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
