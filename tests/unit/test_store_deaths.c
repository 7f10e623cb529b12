/* SPDX-License-Identifier: Apache-2.0 */
/* Whom death took out of a roster is nobody who comes later. */
#define _DEFAULT_SOURCE
#include "store_help.h"

static const char two_systems[] =
    "version: 1\n"
    "study: s-1\n"
    "sources:\n"
    "  roster: {kind: roster, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "           resident_number: r, kana_name: k, birth_date: d, sex: s, enrolled_from: f,\n"
    "           enrolled_to: t, loss_reason: l}, attributes: {ward: w}}\n"
    "  elderly: {kind: roster, columns: {late_elderly_number: n, kana_name: k, birth_date: d,\n"
    "            sex: s, enrolled_from: f, enrolled_to: t, loss_reason: l}}\n"
    "  ledger: {kind: roster, columns: {care_insured_number: n, kana_name: k, birth_date: d,\n"
    "           sex: s}}\n"
    "tokens:\n"
    "  insured: [insurer_number, insured_symbol, insured_number, birth_date, sex]\n"
    "  resident: [resident_number]\n"
    "  late_elderly: [late_elderly_number]\n"
    "  care: [care_insured_number]\n"
    "  person: [kana_name_folded, birth_date, sex]\n";

/* insured, resident, reading | birth month, sex, district, from, to, loss reason, ward */
#define ROSTER(number, name, from, to, why)                                                        \
    "@" number ",,@" name ",1950-03,1,," from "," to "," why ","
/* late_elderly, reading | the same without the ward */
#define ELDERLY(number, name, from, to, why) "@" number ",@" name ",1950-03,1,," from "," to "," why
/* care, reading */
#define LEDGER(number, name) "@" number ",@" name ",1950-03,1,,,"
#define DEAD                 ROSTER("n1", "k1", "2020-01-01", "2025-03-20", "death")
#define GONE                 ROSTER("n1", "k1", "2020-01-01", "2025-03-20", "")
#define NEWCOMER             ROSTER("n2", "k1", "2025-06-01", "", "")

static void begin(void)
{
    make_room();
    load_study(two_systems);
    open_store();
}

static bool are_one(const char *a, const char *a_period, const char *b, const char *b_period)
{
    return person_of(a, a_period, 0) == person_of(b, b_period, 0);
}

START_TEST(who_comes_after_a_death_is_another)
{
    (void)take("roster", "2025-03", ROWS(DEAD));
    struct tg_import_result r = take("roster", "2025-06", ROWS(NEWCOMER));
    ck_assert(!are_one("roster", "2025-03", "roster", "2025-06"));
    ck_assert_uint_eq(r.undecided, 1);
    ck_assert_uint_eq(r.conflicts, 0);
}
END_TEST

START_TEST(who_only_left_comes_back)
{
    (void)take("roster", "2025-03", ROWS(GONE));
    (void)take("roster", "2025-06", ROWS(NEWCOMER));
    ck_assert(are_one("roster", "2025-03", "roster", "2025-06"));
}
END_TEST

START_TEST(the_day_of_the_loss_is_the_first_one_after)
{
    (void)take("roster", "2025-03", ROWS(DEAD));
    (void)take("elderly", "2025-03", ROWS(ELDERLY("e1", "k1", "2025-03-20", "", "")));
    ck_assert(!are_one("roster", "2025-03", "elderly", "2025-03"));
    (void)take("elderly", "2025-04", ROWS(ELDERLY("e1", "k1", "2025-03-19", "", "")));
    ck_assert(are_one("roster", "2025-03", "elderly", "2025-04"));
}
END_TEST

START_TEST(in_a_file_without_days_the_month_counts)
{
    (void)take("roster", "2025-03", ROWS(DEAD));
    (void)take("ledger", "2025-03", ROWS(LEDGER("c1", "k1")));
    ck_assert(are_one("roster", "2025-03", "ledger", "2025-03"));
    retract("ledger", "2025-03");
    (void)take("ledger", "2025-04", ROWS(LEDGER("c2", "k1")));
    ck_assert(!are_one("roster", "2025-03", "ledger", "2025-04"));
}
END_TEST

START_TEST(a_death_without_a_day_says_nothing)
{
    (void)take("roster", "2025-03", ROWS(ROSTER("n1", "k1", "2020-01-01", "", "death")));
    (void)take("roster", "2025-06", ROWS(NEWCOMER));
    ck_assert(are_one("roster", "2025-03", "roster", "2025-06"));
}
END_TEST

/* What the newest file says holds; and what it said before, once it is taken back. */
START_TEST(a_death_that_was_an_error_is_corrected)
{
    (void)take("roster", "2025-03", ROWS(DEAD));
    (void)take("elderly", "2025-06", ROWS(ELDERLY("e1", "k1", "2025-06-01", "", "")));
    ck_assert(!are_one("roster", "2025-03", "elderly", "2025-06"));
    (void)take("roster", "2025-04", ROWS(GONE));
    ck_assert(are_one("roster", "2025-03", "elderly", "2025-06"));
    retract("roster", "2025-04");
    ck_assert(!are_one("roster", "2025-03", "elderly", "2025-06"));
    (void)take("roster", "2025-03", ROWS(GONE));
    ck_assert(are_one("roster", "2025-03", "elderly", "2025-06"));
    (void)take("roster", "2025-02", ROWS(DEAD));
    ck_assert(are_one("roster", "2025-03", "elderly", "2025-06"));
}
END_TEST

struct listed {
    size_t n;
    char row[4][33];
};

static enum tg_status on_conflict(void *ctx, uint64_t number,
                                  const unsigned char row_id[TG_TOKEN_LEN], unsigned why,
                                  struct tg_error *e)
{
    struct listed *list = ctx;
    (void)e;
    ck_assert_uint_eq(number, 1);
    ck_assert_uint_eq(why, TG_CONFLICT_DEATH);
    ck_assert_uint_lt(list->n, 4);
    tg_hex_encode(row_id, TG_TOKEN_LEN, list->row[list->n++]);
    return TG_OK;
}

static size_t conflicts(int32_t month)
{
    struct listed list = {0};
    OK(tg_store_conflicts(store, month, on_conflict, &list, &err));
    return list.n;
}

/* The number decides that they are one; somebody must look at it, and no name adds to it. */
START_TEST(the_same_number_after_a_death_is_listed)
{
    (void)take("roster", "2025-03", ROWS("@n1,@r1,@k1,1950-03,1,,2020-01-01,2025-03-20,death,"));
    (void)take("ledger", "2025-03", ROWS(LEDGER("c1", "k1")));
    ck_assert(are_one("roster", "2025-03", "ledger", "2025-03"));
    struct tg_import_result r =
        take("roster", "2025-05", ROWS("@n2,@r1,@k2,1950-03,1,,2025-06-01,,,"));
    ck_assert_uint_eq(r.conflicts, 1);
    ck_assert(are_one("roster", "2025-03", "roster", "2025-05"));
    ck_assert(!are_one("roster", "2025-03", "ledger", "2025-03"));
    ck_assert_uint_eq(conflicts(M(2025, 5)), 0);
    ck_assert_uint_eq(conflicts(M(2025, 6)), 2);
    r = take("roster", "2025-07",
             ROWS("@n1,@r1,@k1,1950-03,1,,2020-01-01,2025-03-20,,",
                  "@n2,@r1,@k2,1950-03,1,,2025-06-01,,,"));
    ck_assert_uint_eq(r.conflicts, 0);
    ck_assert(are_one("roster", "2025-03", "ledger", "2025-03"));
    ck_assert_uint_eq(conflicts(LATE), 0);
}
END_TEST

/* Of the one person: what a run of the month knows of two months. */
static bool insured(int32_t month)
{
    struct tg_people people = {0};
    OK(tg_store_people(store, LATE, &people, &err));
    ck_assert_uint_eq(people.n, 1);
    bool is = tg_person_insured(&people, &people.items[0], month);
    tg_people_free(&people);
    return is;
}

START_TEST(a_death_ends_observation_also_where_another_roster_has_not_heard_of_it)
{
    (void)take("elderly", "2025-05", ROWS(ELDERLY("e1", "k1", "2020-01-01", "", "")));
    (void)take("roster", "2025-03", ROWS(GONE));
    ck_assert(are_one("roster", "2025-03", "elderly", "2025-05"));
    ck_assert(insured(M(2025, 4)));
    (void)take("roster", "2025-03", ROWS(DEAD));
    ck_assert(are_one("roster", "2025-03", "elderly", "2025-05"));
    ck_assert(insured(M(2025, 3)));
    ck_assert(!insured(M(2025, 4)));
}
END_TEST

START_TEST(a_death_on_the_last_of_a_month_ends_it_with_that_month)
{
    (void)take("roster", "2025-05", ROWS(ROSTER("n1", "k1", "2020-01-01", "2025-04-01", "death")));
    ck_assert(insured(M(2025, 3)));
    ck_assert(!insured(M(2025, 4)));
}
END_TEST

START_TEST(a_death_that_is_outlived_ends_no_observation)
{
    (void)take("roster", "2025-03", ROWS(DEAD));
    (void)take("roster", "2025-07",
               ROWS("@n1,@r1,@k1,1950-03,1,,2020-01-01,2025-03-20,death,",
                    "@n1,@r1,@k1,1950-03,1,,2025-03-20,,,"));
    ck_assert(insured(M(2025, 3)));
    ck_assert(insured(M(2025, 6)));
}
END_TEST

START_TEST(who_goes_on_in_the_file_that_tells_of_the_death_is_listed)
{
    const char *later = ROSTER("n1", "k1", "2025-06-01", "", "");
    struct tg_import_result r = take("roster", "2025-06", ROWS(DEAD, later));
    ck_assert_uint_eq(r.conflicts, 1);
    ck_assert_uint_eq(conflicts(LATE), 1);
    r = take("roster", "2025-07", ROWS(later, DEAD));
    ck_assert_uint_eq(r.conflicts, 1);
    r = take("roster", "2025-08", ROWS(GONE, later));
    ck_assert_uint_eq(r.conflicts, 0);
    retract("roster", "2025-08");
    ck_assert_uint_eq(conflicts(LATE), 1);
    (void)take("roster", "2025-08", ROWS(GONE, later));
    /* an earlier end is no death, and the last one is */
    r = take("roster", "2025-09",
             ROWS(GONE, ROSTER("n1", "k1", "2025-06-01", "2025-09-10", "death")));
    ck_assert_uint_eq(r.conflicts, 0);
    ck_assert_int_eq(number("SELECT death FROM identity"), 1);
}
END_TEST

#define LATER ROSTER("n1", "k1", "2025-06-01", "", "")

/* The row that told of the death is in the newest files no more. */
START_TEST(who_goes_on_in_a_later_file_is_listed)
{
    (void)take("roster", "2025-03", ROWS(DEAD));
    struct tg_import_result r = take("roster", "2025-06", ROWS(LATER));
    ck_assert_uint_eq(r.conflicts, 1);
    r = take("roster", "2025-07", ROWS(LATER));
    ck_assert_uint_eq(r.conflicts, 1);
    r = take("roster", "2025-08", ROWS(ROSTER("n1", "k1", "2025-06-01", "2025-08-01", "death")));
    ck_assert_uint_eq(r.conflicts, 1);
    ck_assert_uint_eq(conflicts(LATE), 1);
    /* a file that says that there was no death, and what is left when it is taken back */
    r = take("roster", "2025-05", ROWS(GONE));
    ck_assert_uint_eq(r.conflicts, 0);
    retract("roster", "2025-05");
    ck_assert_uint_eq(conflicts(LATE), 1);
    r = take("roster", "2025-03", ROWS(GONE));
    ck_assert_uint_eq(r.conflicts, 0);
    r = take("roster", "2025-03", ROWS(DEAD));
    ck_assert_uint_eq(r.conflicts, 1);
    r = take("roster", "2025-09", ROWS(GONE, LATER));
    ck_assert_uint_eq(r.conflicts, 0);
}
END_TEST

START_TEST(a_death_that_is_told_late_is_outlived_too)
{
    (void)take("roster", "2025-06", ROWS(LATER));
    struct tg_import_result r = take("roster", "2025-03", ROWS(DEAD));
    ck_assert_uint_eq(r.conflicts, 1);
    /* what a file repeats of it is no contradiction */
    r = take("roster", "2025-02", ROWS(ROSTER("n1", "k1", "2020-01-01", "", "")));
    ck_assert_uint_eq(r.conflicts, 1);
    retract("roster", "2025-06");
    ck_assert_uint_eq(conflicts(LATE), 0);
    r = take("roster", "2025-07", ROWS(DEAD));
    ck_assert_uint_eq(r.conflicts, 0);
    ck_assert_int_eq(number("SELECT death FROM identity"), 1);
}
END_TEST

/* So few rows that the table is asked for each. */
START_TEST(few_rows_tell_of_a_death_too)
{
    enum { MANY = 40 };
    static char text[MANY][96];
    const char *rows[MANY + 1] = {NULL};
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(text[i], sizeof text[i], "@n%zu,,@k%zu,1950-03,1,,2015-04-01,,,", i, i);
        rows[i] = text[i];
    }
    (void)take("roster", "2025-01", rows);
    (void)take("roster", "2025-03", ROWS(DEAD));
    (void)take("elderly", "2025-06", ROWS(ELDERLY("e1", "k1", "2025-06-01", "", "")));
    ck_assert(!are_one("roster", "2025-03", "elderly", "2025-06"));
    (void)take("roster", "2025-05", ROWS(GONE, ROSTER("n2", "k2", "2015-04-01", "2025-05-01", "")));
    ck_assert(are_one("roster", "2025-03", "elderly", "2025-06"));
}
END_TEST

START_TEST(a_reason_that_is_no_word_of_the_format_is_refused)
{
    struct tg_import_result result;
    const char *path =
        make_file("roster", "2025-03", ROWS(ROSTER("n1", "k1", "", "2025-03-20", "moved")));
    ck_assert_int_eq(tg_import(store, path, NULL, &result, &err), TG_DATA);
    ck_assert_str_eq(err.column, "loss_reason");
}
END_TEST

START_TEST(attributes_stand_behind_the_reason)
{
    (void)take("roster", "2025-03", ROWS(DEAD "north"));
    ck_assert_int_eq(number("SELECT count(*) FROM word WHERE text = '{\"ward\":\"north\"}'"), 1);
}
END_TEST

enum { FILES = 5, ROWS_EACH = 12 };
static const struct {
    const char *source, *period;
} files[FILES] = {{"roster", "2025-01"},
                  {"roster", "2025-02"},
                  {"roster", "2025-03"},
                  {"elderly", "2025-02"},
                  {"elderly", "2025-03"}};
static uint64_t random_state;

static int pick(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

/* A person may have several rows, in any order. */
static void import_file(size_t f, uint64_t world)
{
    char text[ROWS_EACH][96];
    const char *rows[ROWS_EACH + 1] = {NULL};
    random_state = world * 1000 + f;
    for (int i = 0; i < ROWS_EACH; i++) {
        int who = pick(7), from = 1 + pick(9), to = from + 1 + pick(2);
        char end[16] = "";
        if (pick(3))
            (void)snprintf(end, sizeof end, "2024-%02d-01", to);
        const char *why = *end && pick(2) ? "death" : "";
        if (f < 3)
            (void)snprintf(text[i], sizeof text[i], "@n%d,@r%d,@k%d,1950-03,1,,2024-%02d-01,%s,%s,",
                           who, who / 2, who % 5, from, end, why);
        else
            (void)snprintf(text[i], sizeof text[i], "@e%d,@k%d,1950-03,1,,2024-%02d-01,%s,%s", who,
                           who % 5, from, end, why);
        rows[i] = text[i];
    }
    (void)take(files[f].source, files[f].period, rows);
}

static void take_back(size_t f)
{
    retract(files[f].source, files[f].period);
}

START_TEST(deaths_do_not_depend_on_the_order_of_files)
{
    same_in_any_order(FILES, import_file, take_back, (uint64_t)_i + 1, "\ndeath\t");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_deaths");
    TCase *tcase = tcase_create("deaths");
    tcase_add_checked_fixture(tcase, begin, teardown);
    tcase_add_test(tcase, who_comes_after_a_death_is_another);
    tcase_add_test(tcase, who_only_left_comes_back);
    tcase_add_test(tcase, the_day_of_the_loss_is_the_first_one_after);
    tcase_add_test(tcase, in_a_file_without_days_the_month_counts);
    tcase_add_test(tcase, a_death_without_a_day_says_nothing);
    tcase_add_test(tcase, a_death_that_was_an_error_is_corrected);
    tcase_add_test(tcase, the_same_number_after_a_death_is_listed);
    tcase_add_test(tcase, a_death_ends_observation_also_where_another_roster_has_not_heard_of_it);
    tcase_add_test(tcase, a_death_on_the_last_of_a_month_ends_it_with_that_month);
    tcase_add_test(tcase, a_death_that_is_outlived_ends_no_observation);
    tcase_add_test(tcase, who_goes_on_in_the_file_that_tells_of_the_death_is_listed);
    tcase_add_test(tcase, who_goes_on_in_a_later_file_is_listed);
    tcase_add_test(tcase, a_death_that_is_told_late_is_outlived_too);
    tcase_add_test(tcase, few_rows_tell_of_a_death_too);
    tcase_add_test(tcase, a_reason_that_is_no_word_of_the_format_is_refused);
    tcase_add_test(tcase, attributes_stand_behind_the_reason);
    tcase_add_loop_test(tcase, deaths_do_not_depend_on_the_order_of_files, 0, 12);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return run_tests(suite);
}
