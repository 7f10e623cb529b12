/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort_fixture.h"

/* A random town: index months, gaps in insurance, people who are barred. */
static void make_town(uint64_t seed, uint32_t n)
{
    static const char *const districts[] = {"north", "south", "", "west"};
    uint64_t state = seed;
    begin_town();
    rules.seed = seed;
    set_exact(below(&state, 8));
    rules.age_min = 50;
    rules.age_max = 90;
    rules.baseline_months = 6;
    rules.followup_months = 6;
    for (uint32_t i = 0; i < n; i++) {
        int32_t born = JAN_2020 - 45 * 12 - (int32_t)below(&state, 50 * 12);
        uint32_t p = add_person(below(&state, 50) ? born : TG_NO_MONTH, (uint8_t)below(&state, 3),
                                districts[below(&state, 4)]);
        if (below(&state, 4) == 0)
            stretches[p].from = JAN_2020 + (int32_t)below(&state, 30);
        if (below(&state, 4) == 0)
            stretches[p].to = JAN_2020 + 10 + (int32_t)below(&state, 30);
        barred[p] = below(&state, 10) == 0;
        if (below(&state, 5) == 0)
            add_candidate(p, below(&state, 20) ? JAN_2020 + 3 + (int32_t)below(&state, 8) * 4
                                               : TG_NO_MONTH);
    }
}

/* The rules of eligibility once more, month by month. */
static bool insured(const struct tg_person *p, int32_t month)
{
    const struct tg_stretch *s = &stretches[p->first_stretch];
    return month >= s->from && month <= s->to;
}

static bool eligible_in(uint32_t person, int32_t m)
{
    const struct tg_person *p = &persons[person];
    if (m == TG_NO_MONTH || p->birth_month == TG_NO_MONTH || p->sex == 0)
        return false;
    int32_t age = (m - p->birth_month) / 12;
    if (age < rules.age_min || age > rules.age_max || !insured(p, m))
        return false;
    int before = 0, after = 0;
    for (int32_t i = m - rules.baseline_months; i < m + rules.followup_months; i++) {
        if (i < input.first_month || i > input.last_month)
            continue;
        if (i < m && !insured(p, i))
            return false;
        before += i < m;
        after += i >= m && insured(p, i);
    }
    return before > 0 && after > 0;
}

static bool same_stratum(uint32_t a, uint32_t b, int32_t m)
{
    const struct tg_person *x = &persons[a], *y = &persons[b];
    if ((rules.exact & TG_STRATUM_SEX) && x->sex != y->sex)
        return false;
    if ((rules.exact & TG_STRATUM_DISTRICT) && strcmp(x->district, y->district) != 0)
        return false;
    return !(rules.exact & TG_STRATUM_AGE_BAND) ||
           (m - x->birth_month) / 60 == (m - y->birth_month) / 60;
}

START_TEST(draws_are_proper_and_complete)
{
    static bool used[MAX_PEOPLE], is_candidate[MAX_PEOPLE];
    make_town((uint64_t)_i + 1, 600);
    memset(used, 0, sizeof used);
    memset(is_candidate, 0, sizeof is_candidate);
    draw_cohort();
    for (size_t i = 0; i < input.n_candidates; i++)
        is_candidate[candidates[i].person] = true;
    for (size_t i = 0; i < cohort.n; i += 2) {
        const struct tg_member *p = &cohort.members[i], *c = p + 1;
        ck_assert(p->arm == TG_PARTICIPANT && c->arm == TG_CONTROL && p->set == c->set);
        ck_assert(!used[p->person] && !used[c->person]);
        used[p->person] = used[c->person] = true;
        ck_assert(is_candidate[p->person] && !is_candidate[c->person] && !barred[c->person]);
        ck_assert(p->index_month == c->index_month);
        ck_assert(eligible_in(p->person, p->index_month));
        ck_assert(eligible_in(c->person, c->index_month));
        ck_assert(same_stratum(p->person, c->person, p->index_month));
    }
    /* nobody goes without while a control is free for them */
    uint64_t eligible = 0;
    for (size_t i = 0; i < input.n_candidates; i++) {
        const struct tg_candidate *c = &candidates[i];
        if (!eligible_in(c->person, c->index_month))
            continue;
        eligible++;
        for (uint32_t q = 0; !used[c->person] && q < people.n; q++) {
            bool free_control = !used[q] && !barred[q] && !is_candidate[q] &&
                                cohort.index_month[q] == c->index_month;
            ck_assert(!(free_control && eligible_in(q, c->index_month) &&
                        same_stratum(c->person, q, c->index_month)));
        }
    }
    const struct tg_cohort_flow *f = &cohort.flow;
    ck_assert_uint_eq(f->matched + f->no_control, eligible);
    ck_assert_uint_eq(f->candidates, f->no_index_month + f->age + f->no_baseline + f->not_insured +
                                         f->no_followup + f->no_control + f->matched);
    tg_cohort_free(&cohort);
}
END_TEST

START_TEST(controls_have_a_month_in_which_they_are_eligible)
{
    make_town((uint64_t)_i + 1, 300);
    draw_cohort();
    uint64_t n = 0;
    for (uint32_t q = 0; q < people.n; q++) {
        bool is_candidate = false, known = false;
        int32_t month = cohort.index_month[q];
        for (size_t i = 0; i < input.n_candidates; i++) {
            const struct tg_candidate *c = &candidates[i];
            is_candidate |= c->person == q;
            known |= eligible_in(c->person, c->index_month) && c->index_month == month;
        }
        ck_assert_int_eq(cohort.eligible[q], month != TG_NO_MONTH && !is_candidate);
        ck_assert(month == TG_NO_MONTH || (known && eligible_in(q, month)));
        ck_assert(!cohort.eligible[q] || !barred[q]);
        n += cohort.eligible[q];
    }
    ck_assert_uint_eq(cohort.flow.controls_eligible, n);
    tg_cohort_free(&cohort);
}
END_TEST

/* Ten participants of one month and twenty of another: so are the months of 300 others. */
START_TEST(months_are_drawn_as_participants_have_them)
{
    begin_town();
    for (int i = 0; i < 30; i++)
        add_candidate(add_person(JAN_2020 - 70 * 12, 1, "x"), JAN_2020 + (i < 10 ? 12 : 20));
    for (int i = 0; i < 300; i++)
        add_person(JAN_2020 - 70 * 12, 1, "x");
    draw_cohort();
    unsigned early = 0, late = 0;
    for (uint32_t q = 30; q < people.n; q++) {
        early += cohort.index_month[q] == JAN_2020 + 12;
        late += cohort.index_month[q] == JAN_2020 + 20;
    }
    ck_assert_uint_eq(early, 100);
    ck_assert_uint_eq(late, 200);
    tg_cohort_free(&cohort);
}
END_TEST

/* When somebody will leave must not decide in which month they are looked at. */
START_TEST(months_do_not_depend_on_later_fate)
{
    static int32_t months[MAX_PEOPLE];
    make_town((uint64_t)_i + 1, 400);
    draw_cohort();
    memcpy(months, cohort.index_month, people.n * sizeof months[0]);
    uint32_t leaver = 0;
    while (!cohort.eligible[leaver])
        leaver++;
    tg_cohort_free(&cohort);
    for (int32_t after = 0; after < 12; after++) {
        stretches[leaver].to = months[leaver] + after;
        draw_cohort();
        for (uint32_t q = 0; q < people.n; q++)
            ck_assert_int_eq(cohort.index_month[q], months[q]);
        tg_cohort_free(&cohort);
    }
}
END_TEST

static int64_t id_of(const struct tg_member *m)
{
    return persons[m->person].id;
}

START_TEST(order_of_people_changes_nothing)
{
    static int64_t ids[2 * MAX_PEOPLE];
    make_town((uint64_t)_i + 1, 500);
    draw_cohort();
    size_t n = cohort.n;
    for (size_t i = 0; i < n; i++)
        ids[i] = id_of(&cohort.members[i]);
    tg_cohort_free(&cohort);
    uint32_t last = (uint32_t)people.n - 1;
    for (uint32_t i = 0, j = last; i < j; i++, j--) {
        struct tg_person held = persons[i];
        bool held_bar = barred[i];
        persons[i] = persons[j];
        persons[j] = held;
        barred[i] = barred[j];
        barred[j] = held_bar;
    }
    for (size_t i = 0, j = input.n_candidates; i < j--; i++) {
        struct tg_candidate held = candidates[i];
        candidates[i] = candidates[j];
        candidates[j] = held;
    }
    for (size_t i = 0; i < input.n_candidates; i++)
        candidates[i].person = last - candidates[i].person;
    draw_cohort();
    ck_assert_uint_eq(cohort.n, n);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(id_of(&cohort.members[i]), ids[i]);
    tg_cohort_free(&cohort);
}
END_TEST

/* One participant, ten alike, born in two blocks of five years: over 4,000 seeds each must come
 * about 400 times (sd 19). */
START_TEST(every_control_has_the_same_chance)
{
    unsigned times[11] = {0};
    begin_town();
    add_candidate(add_person(JAN_2020 + 12 - 72 * 12, 1, "x"), JAN_2020 + 12);
    for (int i = 0; i < 10; i++)
        add_person(JAN_2020 + 12 - 70 * 12 - 6 * i, 1, "x");
    for (uint64_t seed = 0; seed < 4000; seed++) {
        rules.seed = seed;
        draw_cohort();
        ck_assert_uint_eq(cohort.n, 2);
        times[cohort.members[1].person]++;
        tg_cohort_free(&cohort);
    }
    for (int i = 1; i <= 10; i++)
        ck_assert_msg(times[i] > 400 - 85 && times[i] < 400 + 85, "%d: %u", i, times[i]);
}
END_TEST

/* Twenty participants want five controls: over 4,000 seeds each gets one 1,000 times (sd 27). */
START_TEST(every_participant_has_the_same_chance)
{
    unsigned times[20] = {0};
    begin_town();
    for (uint32_t i = 0; i < 20; i++)
        add_candidate(add_person(JAN_2020 - 70 * 12, 1, "x"), JAN_2020 + 12 + (int32_t)i % 3);
    for (int i = 0; i < 5; i++)
        add_person(JAN_2020 - 70 * 12, 1, "x");
    for (uint64_t seed = 0; seed < 4000; seed++) {
        rules.seed = seed;
        draw_cohort();
        for (size_t i = 0; i < cohort.n; i += 2)
            times[cohort.members[i].person]++;
        tg_cohort_free(&cohort);
    }
    for (int i = 0; i < 20; i++)
        ck_assert_msg(times[i] > 1000 - 125 && times[i] < 1000 + 125, "%d: %u", i, times[i]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cohort properties");
    TCase *t = tcase_create("random towns");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, draws_are_proper_and_complete, 0, 64);
    tcase_add_loop_test(t, controls_have_a_month_in_which_they_are_eligible, 0, 16);
    tcase_add_test(t, months_are_drawn_as_participants_have_them);
    tcase_add_loop_test(t, months_do_not_depend_on_later_fate, 0, 8);
    tcase_add_loop_test(t, order_of_people_changes_nothing, 0, 32);
    tcase_add_test(t, every_control_has_the_same_chance);
    tcase_add_test(t, every_participant_has_the_same_chance);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
