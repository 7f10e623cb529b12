/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort_fixture.h"

#include <math.h>

START_TEST(age_counts_full_years)
{
    int32_t birth = 1950 * 12 + 4; /* May 1950 */
    ck_assert_int_eq(tg_age_in(birth, 2020 * 12 + 3), 69);
    ck_assert_int_eq(tg_age_in(birth, 2020 * 12 + 4), 70);
    ck_assert_int_eq(tg_age_in(birth, birth), 0);
    ck_assert_int_eq(tg_age_in(birth, birth - 1), -1);
    ck_assert_int_eq(tg_age_in(TG_NO_MONTH, 2020 * 12), -1);
    ck_assert_int_eq(tg_age_band(0), 0);
    ck_assert_int_eq(tg_age_band(4), 0);
    ck_assert_int_eq(tg_age_band(5), 5);
    ck_assert_int_eq(tg_age_band(79), 75);
    ck_assert_int_eq(tg_age_band(-1), -1);
}
END_TEST

START_TEST(insured_months_add_up_over_stretches)
{
    begin_town();
    uint32_t p = add_person(0, 1, "");
    stretches[0] = (struct tg_stretch){10, 14};
    stretches[1] = (struct tg_stretch){17, INT32_MAX};
    persons[p].n_stretches = 2;
    ck_assert_int_eq(tg_insured_months(&people, &persons[p], 10, 20), 9);
    ck_assert_int_eq(tg_insured_months(&people, &persons[p], 15, 16), 0);
    ck_assert_int_eq(tg_insured_months(&people, &persons[p], 0, 10), 1);
    ck_assert_int_eq(tg_insured_months(&people, &persons[p], 20, 19), 0);
    stretches[0] = (struct tg_stretch){INT32_MIN, INT32_MAX};
    persons[p].n_stretches = 1;
    ck_assert_int_eq(tg_insured_months(&people, &persons[p], INT32_MIN, INT32_MAX),
                     INT64_C(4294967296));
}
END_TEST

/* Each case: one participant, and one control who is like them but for being insured always. */
START_TEST(every_way_to_drop_out)
{
    enum way { INDEX, AGE, BASELINE, INSURED, FOLLOWUP, MATCHED };
    const int32_t m = JAN_2020 + 12, born = JAN_2020 - 70 * 12;
    const struct {
        const char *why;
        int32_t index_month, birth_month, from, to, first, last;
        uint8_t sex;
        enum way way;
    } cases[] = {
        {"as it should be", m, born, m - 12, m + 11, m - 12, m + 11, 1, MATCHED},
        {"no index month", TG_NO_MONTH, born, m - 12, m + 11, m - 12, m + 11, 1, INDEX},
        {"too young by a month", m, m - 40 * 12 + 1, m - 99, m + 11, m - 12, m + 11, 1, AGE},
        {"just old enough", m, m - 40 * 12, m - 99, m + 11, m - 12, m + 11, 1, MATCHED},
        {"just not too old", m, m - 81 * 12 + 1, m - 99, m + 11, m - 12, m + 11, 1, MATCHED},
        {"too old by a month", m, m - 81 * 12, m - 99, m + 11, m - 12, m + 11, 1, AGE},
        {"birth month unknown", m, TG_NO_MONTH, m - 12, m + 11, m - 12, m + 11, 1, AGE},
        {"sex unknown", m, born, m - 12, m + 11, m - 12, m + 11, 0, AGE},
        {"no data before the index", m, born, m - 12, m + 11, m, m + 11, 1, BASELINE},
        {"no data at all", m, born, m - 12, m + 11, 1, 0, 1, BASELINE},
        {"one month of data before", m, born, m - 1, m + 11, m - 1, m + 11, 1, MATCHED},
        {"came a month too late", m, born, m - 11, m + 11, m - 12, m + 11, 1, INSURED},
        {"the month it misses has no data", m, born, m - 11, m + 11, m - 11, m + 11, 1, MATCHED},
        {"left before the index month", m, born, m - 12, m - 1, m - 12, m + 11, 1, INSURED},
        {"left in the index month", m, born, m - 12, m, m - 12, m + 11, 1, MATCHED},
        {"left before data goes on", m, born, m - 12, m, m - 12, m - 1, 1, FOLLOWUP},
        {"data ends with the index month", m, born, m - 12, m + 11, m - 12, m, 1, MATCHED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_town();
        rules.age_min = 40;
        rules.age_max = 80;
        input.first_month = cases[i].first;
        input.last_month = cases[i].last;
        uint32_t p = add_person(cases[i].birth_month, cases[i].sex, "x");
        stretches[0] = (struct tg_stretch){cases[i].from, cases[i].to};
        add_person(cases[i].birth_month, cases[i].sex, "x");
        add_candidate(p, cases[i].index_month);
        draw_cohort();
        const struct tg_cohort_flow *f = &cohort.flow;
        const uint64_t found[] = {[INDEX] = f->no_index_month, [AGE] = f->age,
                                  [BASELINE] = f->no_baseline, [INSURED] = f->not_insured,
                                  [FOLLOWUP] = f->no_followup, [MATCHED] = f->matched};
        for (int way = INDEX; way <= MATCHED; way++)
            ck_assert_msg(found[way] == (way == (int)cases[i].way), "%s: way %d", cases[i].why,
                          way);
        ck_assert_uint_eq(f->candidates, 1);
        ck_assert_uint_eq(f->no_control, 0);
        tg_cohort_free(&cohort);
    }
}
END_TEST

START_TEST(observation_ends_for_one_reason)
{
    const int32_t m = JAN_2020 + 12, open = INT32_MAX;
    const struct {
        int32_t to, again, data, last;
        enum tg_end end;
    } cases[] = {
        {open, open, m + 30, m + 11, TG_END_WINDOW}, {m + 11, open, m + 11, m + 11, TG_END_WINDOW},
        {open, open, m + 4, m + 4, TG_END_DATA},     {m + 4, open, m + 4, m + 4, TG_END_DATA},
        {m + 3, open, m + 4, m + 3, TG_END_LEFT},    {m, m + 2, m + 4, m, TG_END_LEFT}, /* a gap */
        {m, m + 1, m + 30, m + 11, TG_END_WINDOW}, /* another number, no gap */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_town();
        uint32_t p = add_person(m - 900, 1, "x");
        stretches[0] = (struct tg_stretch){INT32_MIN, cases[i].to};
        stretches[1] = (struct tg_stretch){cases[i].again, open};
        persons[p].n_stretches = cases[i].again < open ? 2u : 1u;
        people.n_stretches = persons[p].n_stretches;
        add_person(m - 900, 1, "x");
        input.last_month = cases[i].data;
        add_candidate(p, m);
        draw_cohort();
        const struct tg_member *member = &cohort.members[0];
        ck_assert_uint_eq(cohort.n, 2);
        ck_assert_int_eq(member->start, m);
        ck_assert_msg(member->last == cases[i].last && member->end == cases[i].end,
                      "case %zu: %d, not %d", i, member->last - m, cases[i].last - m);
        ck_assert_double_eq(member->probability, 0.999);
        ck_assert_double_eq(cohort.members[1].probability, 1);
        ck_assert_int_eq(cohort.members[1].end,
                         cases[i].data < m + 11 ? TG_END_DATA : TG_END_WINDOW);
        tg_cohort_free(&cohort);
    }
}
END_TEST

START_TEST(follow_up_may_be_the_index_month_alone)
{
    begin_town();
    rules.baseline_months = rules.followup_months = 1;
    add_candidate(add_person(JAN_2020 - 70 * 12, 1, "x"), JAN_2020 + 1);
    stretches[0] = (struct tg_stretch){JAN_2020, JAN_2020 + 1};
    add_person(JAN_2020 - 70 * 12, 1, "x");
    draw_cohort();
    ck_assert_uint_eq(cohort.flow.matched, 1);
    tg_cohort_free(&cohort);
}
END_TEST

START_TEST(insurance_may_go_on_under_another_number)
{
    begin_town();
    uint32_t p = add_person(JAN_2020 - 75 * 12, 1, "x");
    stretches[0] = (struct tg_stretch){INT32_MIN, JAN_2020 + 5};
    stretches[1] = (struct tg_stretch){JAN_2020 + 6, INT32_MAX};
    persons[p].n_stretches = 2;
    people.n_stretches = 2;
    add_person(JAN_2020 - 75 * 12, 1, "x");
    add_candidate(p, JAN_2020 + 12);
    draw_cohort();
    ck_assert_uint_eq(cohort.flow.matched, 1);
    tg_cohort_free(&cohort);
}
END_TEST

START_TEST(control_equals_in_the_strata_that_apply)
{
    const int32_t m = JAN_2020 + 12;
    static const struct {
        const char *why;
        int32_t birth_month; /* of the only control; the participant's is 70 years before m */
        uint8_t sex;
        const char *district;
        unsigned exact;
        bool matched;
    } cases[] = {
        {"alike", JAN_2020 - 70 * 12, 1, "x", 7, true},
        {"other sex", JAN_2020 - 70 * 12, 2, "x", 7, false},
        {"other sex does not matter", JAN_2020 - 70 * 12, 2, "x", 6, true},
        {"other district", JAN_2020 - 70 * 12, 1, "y", 7, false},
        {"other district does not matter", JAN_2020 - 70 * 12, 1, "y", 3, true},
        {"unknown district", JAN_2020 - 70 * 12, 1, "", 7, false},
        {"youngest of the band", JAN_2020 + 12 - 70 * 12, 1, "x", 7, true},
        {"a month too young", JAN_2020 + 12 - 70 * 12 + 1, 1, "x", 7, false},
        {"oldest of the band", JAN_2020 + 12 - 75 * 12 + 1, 1, "x", 7, true},
        {"a month too old", JAN_2020 + 12 - 75 * 12, 1, "x", 7, false},
        {"age does not matter", JAN_2020 - 20 * 12, 1, "x", 5, true},
        {"nothing matters", JAN_2020 - 20 * 12, 2, "y", 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_town();
        set_exact(cases[i].exact);
        add_candidate(add_person(JAN_2020 - 70 * 12, 1, "x"), m);
        add_person(cases[i].birth_month, cases[i].sex, cases[i].district);
        draw_cohort();
        ck_assert_msg(cohort.flow.matched == cases[i].matched, "%s", cases[i].why);
        ck_assert_uint_eq(cohort.flow.no_control, !cases[i].matched);
        ck_assert_uint_eq(cohort.flow.controls_eligible, 1);
        ck_assert_int_eq(cohort.pseudo_index, cases[i].matched ? m : TG_NO_MONTH);
        tg_cohort_free(&cohort);
    }
}
END_TEST

START_TEST(members_are_whole)
{
    begin_town();
    for (int i = 0; i < 3; i++)
        add_candidate(add_person(JAN_2020 - 70 * 12, 1, "x"), JAN_2020 + 12 + i);
    uint32_t user = add_person(JAN_2020 - 70 * 12, 1, "x");
    barred[user] = true;
    add_person(JAN_2020 - 70 * 12, 1, "x");
    add_person(JAN_2020 - 70 * 12, 1, "x");
    draw_cohort();
    ck_assert_uint_eq(cohort.n, 4);
    ck_assert_uint_eq(cohort.flow.matched, 2);
    ck_assert_uint_eq(cohort.flow.no_control, 1);
    ck_assert_uint_eq(cohort.flow.controls_eligible, 2);
    ck_assert(!cohort.eligible[0] && !cohort.eligible[user]);
    ck_assert(cohort.eligible[4] && cohort.eligible[5]);
    for (size_t i = 0; i < 4; i++) {
        const struct tg_member *m = &cohort.members[i];
        ck_assert_uint_eq(m->set, i / 2 + 1);
        ck_assert_int_eq(m->arm, i % 2 ? TG_CONTROL : TG_PARTICIPANT);
        ck_assert(i % 2 ? m->person > user : m->person < user);
        ck_assert_int_eq(m->index_month, cohort.members[i / 2 * 2].index_month);
        ck_assert_double_eq(m->weight, 1);
        ck_assert(isnan(m->propensity));
    }
    tg_cohort_free(&cohort);
}
END_TEST

START_TEST(pseudo_index_is_the_earlier_middle)
{
    begin_town();
    static const int32_t months[] = {20, 14, 12, 17};
    for (size_t i = 0; i < 4; i++)
        add_candidate(add_person(JAN_2020 - 70 * 12, 1, "x"), JAN_2020 + months[i]);
    for (int i = 0; i < 4; i++)
        add_person(JAN_2020 - 70 * 12, 1, "x");
    draw_cohort();
    ck_assert_uint_eq(cohort.flow.matched, 4);
    ck_assert_int_eq(cohort.pseudo_index, JAN_2020 + 14);
    tg_cohort_free(&cohort);
}
END_TEST

START_TEST(broken_candidates_are_found)
{
    struct tg_error err;
    begin_town();
    add_person(0, 1, "");
    add_candidate(1, 5);
    ck_assert_int_eq(tg_cohort_draw(&input, &cohort, &err), TG_BUG);
    candidates[0].person = 0;
    add_candidate(0, 5);
    ck_assert_int_eq(tg_cohort_draw(&input, &cohort, &err), TG_BUG);
}
END_TEST

START_TEST(empty_town)
{
    begin_town();
    draw_cohort();
    ck_assert_uint_eq(cohort.n, 0);
    ck_assert_int_eq(cohort.pseudo_index, TG_NO_MONTH);
    tg_cohort_free(&cohort);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cohort");
    TCase *t = tcase_create("cohort");
    tcase_add_test(t, age_counts_full_years);
    tcase_add_test(t, insured_months_add_up_over_stretches);
    tcase_add_test(t, every_way_to_drop_out);
    tcase_add_test(t, observation_ends_for_one_reason);
    tcase_add_test(t, follow_up_may_be_the_index_month_alone);
    tcase_add_test(t, insurance_may_go_on_under_another_number);
    tcase_add_test(t, control_equals_in_the_strata_that_apply);
    tcase_add_test(t, members_are_whole);
    tcase_add_test(t, pseudo_index_is_the_earlier_middle);
    tcase_add_test(t, broken_candidates_are_found);
    tcase_add_test(t, empty_town);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
