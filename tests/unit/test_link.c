/* SPDX-License-Identifier: Apache-2.0 */
#include "link_fixture.h"

static void expect_link(uint32_t left, uint32_t right, uint32_t key)
{
    ck_assert_int_eq(decisions[left].state, TG_LINK_LINKED);
    ck_assert_uint_eq(decisions[left].right, right);
    ck_assert_uint_eq(decisions[left].key, key);
    ck_assert_double_eq(decisions[left].probability, reports[key].probability);
}

START_TEST(unique_token_links)
{
    begin(2, 3, 1);
    add(0, TG_LEFT, 7, 1);
    add(0, TG_RIGHT, 7, 2);
    add(0, TG_RIGHT, 8, 0);
    add(0, TG_RIGHT, 9, 1);
    decide();
    expect_state(0, TG_LINK_NOT_FOUND);
    expect_link(1, 2, 0);
    /* three have the token, nobody shares it: c = 0.1 / 1003; nobody is unmet, one is met alone */
    ck_assert_double_eq_tol(reports[0].probability, 1 - 0.1 / 1003 / 2, 1e-15);
    ck_assert_uint_eq(reports[0].met, 1);
    ck_assert_uint_eq(reports[0].met_alone, 1);
    ck_assert_uint_eq(reports[0].with_token[TG_LEFT], 1);
    ck_assert_uint_eq(reports[0].with_token[TG_RIGHT], 3);
    ck_assert_uint_eq(reports[0].shared_by_others, 0);
    ck_assert_uint_eq(reports[0].linked, 1);
    for (int i = 0; i < 3; i++)
        ck_assert(!candidates[i]);
    end();
}
END_TEST

START_TEST(token_of_two_links_nobody)
{
    begin(3, 4, 1);
    add(0, TG_LEFT, 1, 0); /* two right ones have it */
    add(0, TG_RIGHT, 1, 0);
    add(0, TG_RIGHT, 1, 1);
    add(0, TG_LEFT, 2, 1); /* two left ones have it */
    add(0, TG_LEFT, 2, 2);
    add(0, TG_RIGHT, 2, 2);
    decide();
    for (uint32_t i = 0; i < 3; i++)
        expect_state(i, TG_LINK_AMBIGUOUS);
    ck_assert_uint_eq(reports[0].shared_by_others, 2);
    ck_assert(candidates[0] && candidates[1] && candidates[2] && !candidates[3]);
    end();
}
END_TEST

START_TEST(weaker_key_decides_where_the_stronger_is_ambiguous)
{
    begin(1, 2, 2);
    add(0, TG_LEFT, 1, 0);
    add(0, TG_RIGHT, 1, 0);
    add(0, TG_RIGHT, 1, 1);
    add(1, TG_LEFT, 5, 0);
    add(1, TG_RIGHT, 5, 1);
    decide();
    expect_link(0, 1, 1);
    ck_assert(!candidates[0]);
    end();
}
END_TEST

START_TEST(strongest_key_names_the_rule)
{
    begin(1, 1, 3);
    for (size_t k = 1; k < 3; k++) {
        add(k, TG_LEFT, 1, 0);
        add(k, TG_RIGHT, 1, 0);
    }
    decide();
    expect_link(0, 0, 1);
    ck_assert_uint_eq(reports[1].linked, 1);
    ck_assert_uint_eq(reports[2].linked, 0);
    end();
}
END_TEST

START_TEST(keys_that_name_different_people_conflict)
{
    begin(1, 2, 2);
    for (uint32_t k = 0; k < 2; k++) {
        add(k, TG_LEFT, 1, 0);
        add(k, TG_RIGHT, 1, k);
    }
    decide();
    expect_state(0, TG_LINK_CONFLICT);
    ck_assert(candidates[0] && candidates[1]);
    end();
}
END_TEST

START_TEST(birth_month_and_sex_must_not_both_disagree)
{
    static const struct {
        int32_t left_birth, right_birth;
        uint8_t left_sex, right_sex;
        bool plain, number_like; /* is it a link? */
    } cases[] = {
        {100, 100, 1, 1, true, true},          {100, 101, 1, 1, true, false},
        {100, 100, 1, 2, true, false},         {100, 101, 1, 2, false, false},
        {TG_NO_MONTH, 101, 1, 2, true, false}, {TG_NO_MONTH, 101, 1, 1, true, true},
        {100, TG_NO_MONTH, 0, 2, true, true},  {100, 101, 1, 0, true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int number = 0; number < 2; number++) {
            begin(1, 1, 1);
            birth[TG_LEFT][0] = cases[i].left_birth;
            birth[TG_RIGHT][0] = cases[i].right_birth;
            sex[TG_LEFT][0] = cases[i].left_sex;
            sex[TG_RIGHT][0] = cases[i].right_sex;
            linkage.keys[0].number_like = number;
            add(0, TG_LEFT, 1, 0);
            add(0, TG_RIGHT, 1, 0);
            decide();
            bool link = number ? cases[i].number_like : cases[i].plain;
            ck_assert_msg(decisions[0].state == (link ? TG_LINK_LINKED : TG_LINK_NOT_FOUND),
                          "case %zu, number %d", i, number);
            end();
        }
    }
}
END_TEST

START_TEST(facts_may_be_missing_altogether)
{
    begin(1, 1, 1);
    linkage.facts[TG_LEFT].birth_month = NULL;
    linkage.facts[TG_RIGHT].sex = NULL;
    linkage.keys[0].number_like = true;
    add(0, TG_LEFT, 1, 0);
    add(0, TG_RIGHT, 1, 0);
    decide();
    expect_link(0, 0, 0);
    end();
}
END_TEST

/* 60 of 101 right ones share key 0: c = 60.1 / 1101 = 5.5 %, p = 0.973 when all meet somebody. */
static void begin_with_weak_key(uint32_t n_left, size_t n_keys)
{
    begin(n_left, 101, n_keys);
    for (uint32_t i = 0; i < 60; i++)
        add(0, TG_RIGHT, 1000 + i / 2, 41 + i);
    for (uint32_t i = 0; i < 41; i++)
        add(0, TG_RIGHT, i, i);
}

START_TEST(weak_key_is_for_a_clerk)
{
    begin_with_weak_key(2, 1);
    add(0, TG_LEFT, 3, 0);
    decide();
    ck_assert_double_eq_tol(reports[0].probability, 1 - 60.1 / 1101 / 2, 1e-15);
    ck_assert_uint_eq(reports[0].shared_by_others, 60);
    ck_assert_int_eq(decisions[0].state, TG_LINK_REVIEW);
    ck_assert_uint_eq(decisions[0].right, 3);
    ck_assert_uint_eq(decisions[0].key, 0);
    ck_assert_uint_eq(reports[0].linked, 0);
    ck_assert(candidates[3]);
    forget();

    linkage.review = 0.98; /* too weak even for that */
    decide();
    expect_state(0, TG_LINK_NOT_FOUND);
    ck_assert(!candidates[3]);
    end();
}
END_TEST

/* The same key: everybody on the left has a counterpart: nobody takes another's place. */
START_TEST(shared_key_is_sound_where_nobody_is_missing)
{
    begin_with_weak_key(41, 1);
    for (uint32_t i = 0; i < 41; i++)
        add(0, TG_LEFT, i, i);
    decide();
    ck_assert_double_eq_tol(reports[0].probability, 1 - 60.1 / 1101 / 42, 1e-15);
    expect_link(7, 7, 0);
    forget();
    for (uint32_t i = 1; i < 41; i++) /* and here nearly everybody is a stranger */
        linkage.keys[0].entries[TG_LEFT][i].hash[0] ^= 0x55;
    decide();
    ck_assert_uint_eq(reports[0].met_alone, 1);
    ck_assert_double_eq(reports[0].probability, 0); /* 1 − 5.5 % · 41 / 2 is below */
    end();
}
END_TEST

START_TEST(accepting_key_goes_before_a_stronger_weak_one)
{
    begin_with_weak_key(1, 2);
    add(0, TG_LEFT, 3, 0);
    add(1, TG_LEFT, 9, 0);
    add(1, TG_RIGHT, 9, 5);
    decide();
    expect_link(0, 5, 1);
    end();
}
END_TEST

START_TEST(one_right_one_is_linked_once)
{
    begin(5, 3, 2);
    add(0, TG_LEFT, 1, 0); /* 0 by key 0 and 1 by key 1 both mean right 0 */
    add(0, TG_RIGHT, 1, 0);
    add(1, TG_LEFT, 2, 1);
    add(1, TG_RIGHT, 2, 0);
    add(1, TG_LEFT, 3, 2); /* 2 and 3 by key 1, by two tokens of right 1 */
    add(1, TG_LEFT, 4, 3);
    add(1, TG_RIGHT, 3, 1);
    add(1, TG_RIGHT, 4, 1);
    add(1, TG_LEFT, 5, 4);
    add(1, TG_RIGHT, 5, 2);
    decide();
    expect_link(0, 0, 0);
    expect_state(1, TG_LINK_CONFLICT);
    expect_state(2, TG_LINK_CONFLICT);
    expect_state(3, TG_LINK_CONFLICT);
    expect_link(4, 2, 1);
    ck_assert(candidates[0] && candidates[1] && !candidates[2]);
    end();
}
END_TEST

START_TEST(pair_for_review_yields_to_a_link)
{
    begin_with_weak_key(2, 2);
    add(0, TG_LEFT, 3, 0);
    add(1, TG_LEFT, 9, 1);
    add(1, TG_RIGHT, 9, 3);
    decide();
    expect_state(0, TG_LINK_CONFLICT);
    expect_link(1, 3, 1);
    end();
}
END_TEST

/* An accident agrees on nothing else: it is among the few whom one key names alone. */
START_TEST(nobody_seconds_an_accident)
{
    enum { N = 300, N_UNMET = 60 };
    begin(N + N_UNMET + 1, N + 1, 2);
    for (uint32_t i = 0; i < N; i++) {
        for (size_t k = 0; k < 2; k++) {
            add(k, TG_LEFT, 10 + i, i);
            add(k, TG_RIGHT, 10 + i, i);
        }
    }
    for (uint32_t i = 0; i < N_UNMET; i++)
        add(0, TG_LEFT, 5000 + i, N + i);
    add(0, TG_LEFT, 9000, N + N_UNMET); /* the first key alone names this one */
    add(0, TG_RIGHT, 9000, N);
    linkage.accept = 0.999;
    decide();
    expect_link(0, 0, 0);
    ck_assert_double_eq_tol(reports[0].probability, 1 - 0.1 / 1301 * 61 / 302, 1e-12);
    expect_state(N + N_UNMET, TG_LINK_REVIEW);
    ck_assert_double_eq_tol(decisions[N + N_UNMET].probability, 1 - 0.1 / 1301 * 61 / 2, 1e-12);
    end();
}
END_TEST

/* Of a key with the birth date: those who meet nobody were born when nobody on the right was. */
START_TEST(nobody_is_taken_for_one_of_another_age)
{
    enum { N = 50, N_UNMET = 200 };
    static const double unmet[] = {N_UNMET, N_UNMET / 2.0, 0};
    for (int old = 0; old < 3; old++) { /* nobody, half or all of the unmet are of another age */
        begin(N + N_UNMET, N, 1);
        linkage.birth_field = 1;
        linkage.keys[0].parts = calloc(2, sizeof *linkage.keys[0].parts);
        linkage.keys[0].n_parts = 2;
        linkage.keys[0].parts[0] = (struct tg_link_part){0, true};
        linkage.keys[0].parts[1] = (struct tg_link_part){1, true};
        for (uint32_t i = 0; i < N + N_UNMET; i++) {
            add(0, TG_LEFT, i, i);
            if (i < N)
                add(0, TG_RIGHT, i, i);
            birth[TG_RIGHT][i % N] = 240;
            birth[TG_LEFT][i] = i < N || (old == 1 ? i % 2 : !old) ? 240 : 600;
        }
        decide();
        ck_assert_double_eq_tol(reports[0].probability,
                                1 - 0.1 / (N + 1000) * (unmet[old] + 1) / (N + 1), 1e-12);
        end();
    }
}
END_TEST

START_TEST(several_tokens_of_one_key)
{
    begin(3, 4, 1);
    add(0, TG_LEFT, 1, 0); /* both tokens mean right 0 */
    add(0, TG_LEFT, 2, 0);
    add(0, TG_RIGHT, 1, 0);
    add(0, TG_RIGHT, 2, 0);
    add(0, TG_LEFT, 3, 1); /* its tokens mean right 1 and right 2 */
    add(0, TG_LEFT, 4, 1);
    add(0, TG_RIGHT, 3, 1);
    add(0, TG_RIGHT, 4, 2);
    add(0, TG_LEFT, 5, 2); /* the same token twice is one token */
    add(0, TG_LEFT, 5, 2);
    add(0, TG_RIGHT, 5, 3);
    add(0, TG_RIGHT, 5, 3);
    decide();
    expect_state(1, TG_LINK_AMBIGUOUS);
    for (uint32_t left = 0; left < 3; left += 2) {
        ck_assert_int_eq(decisions[left].state, TG_LINK_LINKED);
        ck_assert_uint_eq(decisions[left].right, left ? 3 : 0);
        /* two are named, one of the three met alone means two */
        ck_assert_double_eq_tol(decisions[left].probability, 1 - 0.1 / 1004 / 3, 1e-15);
    }
    ck_assert_uint_eq(reports[0].with_token[TG_LEFT], 3);
    ck_assert_uint_eq(reports[0].with_token[TG_RIGHT], 4);
    ck_assert_uint_eq(reports[0].shared_by_others, 0);
    end();
}
END_TEST

START_TEST(near_tokens_decide_nothing)
{
    begin(1, 2, 1);
    linkage.keys[0].exact = false;
    add(0, TG_LEFT, 1, 0);
    add(0, TG_RIGHT, 1, 0);
    add(0, TG_RIGHT, 1, 1);
    decide();
    expect_state(0, TG_LINK_NOT_FOUND);
    ck_assert_uint_eq(reports[0].with_token[TG_RIGHT], 2);
    ck_assert(!candidates[0]);
    end();
}
END_TEST

START_TEST(nobody_on_a_side)
{
    begin(0, 0, 1);
    decide();
    ck_assert_double_eq_tol(reports[0].probability, 0.9999, 1e-15); /* the prior's own */
    end();
    begin(1, 0, 0);
    decide();
    expect_state(0, TG_LINK_NOT_FOUND);
    end();
}
END_TEST

START_TEST(broken_promises_are_found)
{
    struct tg_error err;
    begin(2, 2, 1);
    add(0, TG_RIGHT, 1, 0);
    add(0, TG_RIGHT, 1, 0);
    ck_assert_int_eq(tg_linkage_decide(&linkage, &decisions, &reports, &candidates, &err), TG_BUG);
    ck_assert_ptr_null(decisions);
    end();
    begin(2, 2, 1);
    add(0, TG_LEFT, 1, 2);
    tg_linkage_sort(&linkage);
    ck_assert_int_eq(tg_linkage_decide(&linkage, &decisions, &reports, &candidates, &err), TG_BUG);
    end();
}
END_TEST

static void add_cases(TCase *t)
{
    tcase_add_test(t, unique_token_links);
    tcase_add_test(t, token_of_two_links_nobody);
    tcase_add_test(t, weaker_key_decides_where_the_stronger_is_ambiguous);
    tcase_add_test(t, strongest_key_names_the_rule);
    tcase_add_test(t, keys_that_name_different_people_conflict);
    tcase_add_test(t, birth_month_and_sex_must_not_both_disagree);
    tcase_add_test(t, facts_may_be_missing_altogether);
    tcase_add_test(t, weak_key_is_for_a_clerk);
    tcase_add_test(t, shared_key_is_sound_where_nobody_is_missing);
    tcase_add_test(t, accepting_key_goes_before_a_stronger_weak_one);
    tcase_add_test(t, one_right_one_is_linked_once);
    tcase_add_test(t, pair_for_review_yields_to_a_link);
    tcase_add_test(t, several_tokens_of_one_key);
    tcase_add_test(t, nobody_seconds_an_accident);
    tcase_add_test(t, nobody_is_taken_for_one_of_another_age);
    tcase_add_test(t, near_tokens_decide_nothing);
    tcase_add_test(t, nobody_on_a_side);
    tcase_add_test(t, broken_promises_are_found);
}

int main(void)
{
    Suite *s = suite_create("link");
    TCase *cases = tcase_create("cases");
    add_cases(cases);
    suite_add_tcase(s, cases);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
