/* SPDX-License-Identifier: Apache-2.0 */
/* Who is called alike, or turns 75 on one day, and is not the same person. */
#define _DEFAULT_SOURCE
#include "store_help.h"

static const char two_systems[] =
    "version: 1\n"
    "study: s-1\n"
    "sources:\n"
    "  roster: {kind: roster, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "           kana_name: k, name: w, birth_date: d, sex: s, enrolled_from: f, enrolled_to: t}}\n"
    "  elderly: {kind: roster, columns: {late_elderly_number: n, kana_name: k, name: w,\n"
    "            birth_date: d, sex: s, enrolled_from: f, enrolled_to: t}}\n"
    "tokens:\n"
    "  insured: [insurer_number, insured_symbol, insured_number, birth_date, sex]\n"
    "  late_elderly: [late_elderly_number]\n"
    "  person: [kana_name_folded, birth_date, sex]\n"
    "  name: [name, birth_date, sex]\n";

/* number, reading, written name | birth month, sex, district, from, to */
#define BORN "1950-03,1,"

static void two_systems_setup(void)
{
    make_room();
    load_study(two_systems);
    open_store();
}

static bool is_one(const char *first, const char *source, const char *second)
{
    (void)take("roster", "2025-03", ROWS(first));
    (void)take(source, "2025-06", ROWS(second));
    return person_of("roster", "2025-03", 0) == person_of(source, "2025-06", 0);
}

START_TEST(who_comes_back_with_a_new_number_is_the_same)
{
    ck_assert(is_one("@n1,@k1,@w1," BORN ",2020-01-01,2025-03-20", "roster",
                     "@n2,@k1,@w1," BORN ",2025-06-01,"));
}
END_TEST

START_TEST(a_namesake_who_writes_the_name_otherwise_is_another)
{
    ck_assert(!is_one("@n1,@k1,@w1," BORN ",2020-01-01,2025-03-20", "roster",
                      "@n2,@k1,@w2," BORN ",2025-06-01,"));
}
END_TEST

START_TEST(a_name_that_one_file_lacks_speaks_against_nobody)
{
    ck_assert(is_one("@n1,@k1,@w1," BORN ",2020-01-01,2025-03-20", "roster",
                     "@n2,@k1,," BORN ",2025-06-01,"));
}
END_TEST

START_TEST(a_name_written_in_two_ways_meets_either)
{
    (void)take("roster", "2025-01", ROWS("@n1,@k1,@w2," BORN ",2020-01-01,"));
    ck_assert(is_one("@n1,@k1,@w1," BORN ",2020-01-01,2025-03-20", "roster",
                     "@n2,@k1,@w2," BORN ",2025-06-01,"));
}
END_TEST

START_TEST(a_corrected_reading_is_no_other_person)
{
    ck_assert(is_one("@n1,@k1,@w1," BORN ",2020-01-01,2025-03-20", "roster",
                     "@n2,@k1corrected,@w1," BORN ",2025-06-01,"));
}
END_TEST

START_TEST(at_75_systems_may_write_a_name_differently)
{
    ck_assert(is_one("@n1,@k1,@w1," BORN ",2020-01-01,2025-03-20", "elderly",
                     "@l1,@k1,@w2," BORN ",2025-03-20,"));
}
END_TEST

START_TEST(a_birthday_in_common_joins_nobody_of_another_name)
{
    ck_assert(!is_one("@n1,@k1,@w1," BORN ",2020-01-01,2025-03-20", "elderly",
                      "@l1,@k2,@w2," BORN ",2025-03-20,"));
}
END_TEST

START_TEST(a_birthday_in_common_joins_whose_name_is_missing)
{
    ck_assert(is_one("@n1,@k1,@w1," BORN ",2020-01-01,2025-03-20", "elderly",
                     "@l1,,," BORN ",2025-03-20,"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_namesakes");
    TCase *tcase = tcase_create("namesakes");
    tcase_add_checked_fixture(tcase, two_systems_setup, teardown);
    tcase_add_test(tcase, who_comes_back_with_a_new_number_is_the_same);
    tcase_add_test(tcase, a_namesake_who_writes_the_name_otherwise_is_another);
    tcase_add_test(tcase, a_name_that_one_file_lacks_speaks_against_nobody);
    tcase_add_test(tcase, a_name_written_in_two_ways_meets_either);
    tcase_add_test(tcase, a_corrected_reading_is_no_other_person);
    tcase_add_test(tcase, at_75_systems_may_write_a_name_differently);
    tcase_add_test(tcase, a_birthday_in_common_joins_nobody_of_another_name);
    tcase_add_test(tcase, a_birthday_in_common_joins_whose_name_is_missing);
    suite_add_tcase(suite, tcase);
    return run_tests(suite);
}
