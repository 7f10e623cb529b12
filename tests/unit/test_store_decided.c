/* SPDX-License-Identifier: Apache-2.0 */
/* What names leave undecided, and what somebody decides by hand. */
#define _DEFAULT_SOURCE
#include "store_help.h"

static const char two_systems[] =
    "version: 1\n"
    "study: s-1\n"
    "sources:\n"
    "  roster: {kind: roster, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "           resident_number: r, kana_name: k, name: w, birth_date: d, sex: s,\n"
    "           enrolled_from: f, enrolled_to: t}}\n"
    "  ledger: {kind: roster, columns: {care_insured_number: n, resident_number: r, kana_name: k,\n"
    "           birth_date: d, sex: s}}\n"
    "tokens:\n"
    "  insured: [insurer_number, insured_symbol, insured_number, birth_date, sex]\n"
    "  resident: [resident_number]\n"
    "  care: [care_insured_number]\n"
    "  person: [kana_name_folded, birth_date, sex]\n"
    "  name: [name, birth_date, sex]\n";

/* insured, resident, reading, written name | birth month, sex, district, from, to */
#define GONE     "@n1,,@k1,@w1,1950-03,1,,2020-01-01,2025-03-20"
#define NEWCOMER "@n2,,@k1,@w2,1950-03,1,,2025-06-01,"
#define FIRST    "@n1,@r1,@k1,@w1,1950-03,1,,2020-01-01,"
#define SECOND   "@n2,@r2,@k1,@w2,1950-03,1,,2020-01-01,"
/* resident, care, reading | the same */
#define EITHER ",@c1,@k1,1950-03,1,,,"

static void begin(void)
{
    make_room();
    load_study(two_systems);
    open_store();
}

static bool are_one(const char *a, const char *a_period, size_t i, const char *b,
                    const char *b_period, size_t j)
{
    return person_of(a, a_period, i) == person_of(b, b_period, j);
}

static bool is_back(void)
{
    return are_one("roster", "2025-03", 0, "roster", "2025-06", 0);
}

typedef enum tg_status decision(struct tg_store *, const char *const *, size_t,
                                const struct tg_reporter *, struct tg_error *);

static enum tg_status decide(decision *how, const char *a, const char *b)
{
    const char *rows[] = {a, b};
    return how(store, rows, b ? 2 : 1, NULL, &err);
}

/* The list, with the numbers of persons, which depend on the order of files, as they are. */
static const char *undecided(void)
{
    static struct tg_buf text;
    text.len = 0;
    OK(tg_person_undecided(store, in_dir("undecided"), true, &err));
    OK(tg_file_read_whole(in_dir("undecided"), 1 << 20, &text, &err));
    return tg_buf_text(&text, &err);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

/* Somebody gone and somebody new who write their name differently. */
static void take_both(void)
{
    (void)take("roster", "2025-03", ROWS(GONE));
    (void)take("roster", "2025-06", ROWS(NEWCOMER));
}

START_TEST(what_is_undecided_is_listed)
{
    char expected[512], number[2][24];
    take_both();
    const char *rows[] = {row_of("roster", "2025-03", 0), row_of("roster", "2025-06", 0)};
    size_t first = strcmp(rows[0], rows[1]) > 0;
    for (size_t i = 0; i < 2; i++)
        (void)snprintf(number[i], sizeof number[i], "%lld",
                       (long long)person_of("roster", i ? "2025-06" : "2025-03", 0));
    (void)snprintf(expected, sizeof expected,
                   "name,person,roster_row_id,token,reason\n1,%s,%s,person,written\n"
                   "1,%s,%s,person,written\n",
                   number[first], rows[first], number[!first], rows[!first]);
    ck_assert_str_eq(undecided(), expected);
}
END_TEST

START_TEST(of_each_person_the_newest_row_is_listed)
{
    take_both();
    (void)take("roster", "2025-07", ROWS(NEWCOMER));
    (void)take("roster", "2025-05", ROWS("@n2,,@k1,@w3,1950-03,1,,2025-06-01,"));
    const char *list = undecided();
    ck_assert_uint_eq(count(list, "\n1,"), 2);
    ck_assert_ptr_nonnull(strstr(list, row_of("roster", "2025-07", 0)));
    ck_assert_ptr_null(strstr(list, row_of("roster", "2025-06", 0)));
    ck_assert_ptr_null(strstr(list, row_of("roster", "2025-05", 0)));
}
END_TEST

START_TEST(names_and_rows_are_in_the_order_of_row_ids)
{
    enum { NAMES = 12 };
    static char text[2 * NAMES][96];
    const char *rows[2 * NAMES + 1] = {NULL};
    for (size_t i = 0; i < (size_t)2 * NAMES; i++) {
        (void)snprintf(text[i], sizeof text[i], "@n%zu,,@k%zu,,1950-03,1,,,", i, i % NAMES);
        rows[i] = text[i];
    }
    (void)take("roster", "2025-03", rows);
    char before[40] = "";
    size_t n = 0;
    for (const char *line = strchr(undecided(), '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        char row[40];
        ck_assert_int_eq(sscanf(line, "%*d,%*d,%32[0-9a-f],", row), 1);
        ck_assert_uint_eq(strtoul(line, NULL, 10), n / 2 + 1);
        if (n % 2)
            ck_assert_str_gt(row, before);
        else if (n)
            ck_assert_str_gt(row, text[0]);
        if (n % 2 == 0)
            memcpy(text[0], row, sizeof row);
        memcpy(before, row, sizeof row);
        n++;
    }
    ck_assert_uint_eq(n, 2 * NAMES);
}
END_TEST

START_TEST(the_reason_says_what_is_to_be_decided)
{
    (void)take("roster", "2025-03", ROWS(FIRST, SECOND));
    ck_assert_uint_eq(count(undecided(), ",person,namesakes\n"), 2);
    (void)take("ledger", "2025-03", ROWS(EITHER));
    const char *list = undecided();
    ck_assert_uint_eq(count(list, ",person,several\n"), 3);
    ck_assert_uint_eq(count(list, "\n"), 4);
}
END_TEST

START_TEST(somebody_can_say_who_it_is)
{
    (void)take("roster", "2025-03", ROWS(FIRST, SECOND));
    (void)take("ledger", "2025-03", ROWS(EITHER));
    OK(decide(tg_person_join, row_of("ledger", "2025-03", 0), row_of("roster", "2025-03", 1)));
    ck_assert(are_one("ledger", "2025-03", 0, "roster", "2025-03", 1));
    ck_assert(!are_one("ledger", "2025-03", 0, "roster", "2025-03", 0));
    ck_assert_uint_eq(count(undecided(), ",person,namesakes\n"), 2);
}
END_TEST

START_TEST(a_join_stays_and_is_told)
{
    struct tg_buf text = {0};
    char moved[64];
    take_both();
    ck_assert(!is_back());
    int64_t first = person_of("roster", "2025-03", 0), second = person_of("roster", "2025-06", 0);
    OK(decide(tg_person_join, row_of("roster", "2025-06", 0), row_of("roster", "2025-03", 0)));
    ck_assert_int_eq(person_of("roster", "2025-06", 0), first);
    ck_assert_int_eq(person_of("roster", "2025-03", 0), first);
    ck_assert_uint_eq(count(undecided(), "\n"), 1);
    (void)take("roster", "2025-07", ROWS(NEWCOMER, "@n3,,@k1,@w3,1950-03,1,,2025-07-01,"));
    (void)take("roster", "2025-03", ROWS(GONE));
    ck_assert(is_back());
    ck_assert_int_ne(person_of("roster", "2025-07", 1), first);
    OK(tg_person_history(store, row_of("roster", "2025-06", 0), NULL, NULL, in_dir("history"), true,
                         &err));
    OK(tg_file_read_whole(in_dir("history"), 1 << 20, &text, &err));
    (void)snprintf(moved, sizeof moved, "%d,moved,,,,,,%d,%d,", (int)first, (int)second,
                   (int)first);
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), moved));
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), ",person join\n"));
    ck_assert_int_eq(number("SELECT count(*) FROM audit WHERE verb = 'person join'"), 1);
    OK(tg_store_verify(store, NULL, &err));
    tg_buf_free(&text);
}
END_TEST

START_TEST(a_wrong_join_is_undone)
{
    take_both();
    int64_t second = person_of("roster", "2025-06", 0);
    OK(decide(tg_person_join, row_of("roster", "2025-03", 0), row_of("roster", "2025-06", 0)));
    OK(decide(tg_person_split, row_of("roster", "2025-06", 0), NULL));
    ck_assert_int_eq(person_of("roster", "2025-06", 0), second);
    ck_assert(!is_back());
    (void)take("roster", "2025-08", ROWS(NEWCOMER));
    ck_assert(!is_back());
    OK(decide(tg_person_join, row_of("roster", "2025-03", 0), row_of("roster", "2025-06", 0)));
    ck_assert(is_back());
}
END_TEST

START_TEST(a_wrong_split_is_undone)
{
    (void)take("roster", "2025-03", ROWS(GONE));
    (void)take("roster", "2025-06", ROWS("@n2,,@k1,@w1,1950-03,1,,2025-06-01,"));
    ck_assert(is_back());
    OK(decide(tg_person_split, row_of("roster", "2025-06", 0), NULL));
    ck_assert(!is_back());
    OK(decide(tg_person_join, row_of("roster", "2025-06", 0), row_of("roster", "2025-03", 0)));
    ck_assert(is_back());
    (void)take("roster", "2025-07", ROWS("@n2,,@k1,@w1,1950-03,1,,2025-06-01,"));
    ck_assert(are_one("roster", "2025-03", 0, "roster", "2025-07", 0));
}
END_TEST

START_TEST(those_who_leave_together_stay_together)
{
    (void)take("roster", "2025-03",
               ROWS("@n1,,,@w1,1950-03,1,,,", "@n2,,,@w2,1950-03,1,,,", "@n3,,,@w3,1950-03,1,,,"));
    const char *all[] = {row_of("roster", "2025-03", 0), row_of("roster", "2025-03", 1),
                         row_of("roster", "2025-03", 2)};
    OK(tg_person_join(store, all, 3, NULL, &err));
    ck_assert(are_one("roster", "2025-03", 0, "roster", "2025-03", 2));
    OK(tg_person_split(store, all + 1, 2, NULL, &err));
    ck_assert(!are_one("roster", "2025-03", 0, "roster", "2025-03", 1));
    ck_assert(are_one("roster", "2025-03", 1, "roster", "2025-03", 2));
}
END_TEST

START_TEST(who_contradict_each_other_are_not_joined)
{
    (void)take("roster", "2025-03",
               ROWS(FIRST, "@n2,@r2,@k2,@w2,1950-03,2,,,", "@n3,@r3,@k3,@w3,1951-03,1,,,"));
    for (size_t i = 1; i < 3; i++) {
        ck_assert_int_eq(
            decide(tg_person_join, row_of("roster", "2025-03", 0), row_of("roster", "2025-03", i)),
            TG_DATA);
        ck_assert_int_eq(err.message, TG_MSG_PERSON_CONTRADICTS);
    }
    ck_assert_int_eq(
        decide(tg_person_join, row_of("roster", "2025-03", 0), row_of("roster", "2025-03", 0)),
        TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_PERSON_SAME);
    ck_assert_int_eq(number("SELECT count(*) FROM person_joined"), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM identity WHERE conflict IS NOT NULL"), 0);
}
END_TEST

/* The file of one of them is taken back: who was joined through it stands alone, until it is there
 * again. */
START_TEST(a_join_goes_with_its_rows)
{
    (void)take("roster", "2025-03", ROWS("@n1,,,@w1,1950-03,1,,,", "@n5,@r5,,,1950-03,1,,,"));
    (void)take("ledger", "2025-04", ROWS("@r5,@c1,@k9,1950-03,1,,,"));
    OK(decide(tg_person_join, row_of("roster", "2025-03", 0), row_of("ledger", "2025-04", 0)));
    ck_assert(are_one("roster", "2025-03", 0, "roster", "2025-03", 1));
    retract("ledger", "2025-04");
    ck_assert(!are_one("roster", "2025-03", 0, "roster", "2025-03", 1));
    (void)take("ledger", "2025-05", ROWS("@r5,@c1,@k9,1950-03,1,,,"));
    ck_assert(are_one("roster", "2025-03", 0, "roster", "2025-03", 1));
}
END_TEST

START_TEST(somebody_can_say_that_they_are_two)
{
    take_both();
    OK(decide(tg_person_apart, row_of("roster", "2025-03", 0), row_of("roster", "2025-06", 0)));
    ck_assert_uint_eq(count(undecided(), ",person,namesakes\n"), 2);
    /* the written name in common would have joined them */
    (void)take("roster", "2025-07", ROWS("@n2,,@k1,@w1,1950-03,1,,2025-06-01,"));
    ck_assert(!is_back());
    ck_assert_int_eq(number("SELECT count(*) FROM audit WHERE verb = 'person apart'"), 1);
    OK(decide(tg_person_join, row_of("roster", "2025-03", 0), row_of("roster", "2025-06", 0)));
    ck_assert(is_back());
    ck_assert_int_eq(
        decide(tg_person_apart, row_of("roster", "2025-03", 0), row_of("roster", "2025-06", 0)),
        TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_PERSON_ONE);
}
END_TEST

START_TEST(of_three_each_is_apart_from_each)
{
    (void)take("roster", "2025-03", ROWS(GONE));
    (void)take("ledger", "2025-06", ROWS(EITHER));
    retract("ledger", "2025-06");
    (void)take("roster", "2025-06", ROWS(NEWCOMER));
    (void)take("ledger", "2025-06", ROWS(EITHER));
    const char *all[] = {row_of("roster", "2025-03", 0), row_of("roster", "2025-06", 0),
                         row_of("ledger", "2025-06", 0)};
    ck_assert_uint_eq(count(undecided(), ",person,written\n"), 3);
    OK(tg_person_apart(store, all, 3, NULL, &err));
    ck_assert_uint_eq(count(undecided(), ",person,namesakes\n"), 3);
}
END_TEST

/* Decided of the same rows, whatever comes before and after. */
START_TEST(decisions_do_not_depend_on_the_order_of_files)
{
    struct tg_buf dumps[2] = {{0}, {0}};
    const char *more[] = {"@n2,,@k2,@w2,1950-03,1,,2025-06-01,", "@n7,,@k1,@w7,1950-03,1,,,"};
    for (size_t i = 0; i < 2; i++) {
        (void)take("roster", i ? "2025-06" : "2025-03", ROWS(i ? NEWCOMER : GONE));
        (void)take("roster", i ? "2025-03" : "2025-06", ROWS(i ? GONE : NEWCOMER));
        OK(decide(tg_person_join, row_of("roster", "2025-03", 0), row_of("roster", "2025-06", 0)));
        if (i) {
            (void)take("ledger", "2025-08", ROWS(EITHER));
            (void)take("roster", "2025-06", ROWS(more[1]));
            retract("ledger", "2025-08");
            (void)take("roster", "2025-06", ROWS(NEWCOMER));
        }
        (void)take("roster", i ? "2025-08" : "2025-07", ROWS(more[i]));
        (void)take("roster", i ? "2025-07" : "2025-08", ROWS(more[!i]));
        (void)take("ledger", "2025-08", ROWS(EITHER));
        dump_store(&dumps[i]);
        ck_assert_ptr_nonnull(strstr(tg_buf_text(&dumps[i], &err), "\njoined\t"));
        tg_store_close(&store);
        tg_file_remove(i ? "" : db_path);
        open_store();
    }
    ck_assert_uint_eq(dumps[0].len, dumps[1].len);
    ck_assert_mem_eq(dumps[0].data, dumps[1].data, dumps[0].len);
    OK(tg_store_rekey(store, NULL, &err));
    ck_assert(is_back());
    tg_buf_free(&dumps[0]);
    tg_buf_free(&dumps[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_decided");
    TCase *tcase = tcase_create("decided");
    tcase_add_checked_fixture(tcase, begin, teardown);
    tcase_add_test(tcase, what_is_undecided_is_listed);
    tcase_add_test(tcase, of_each_person_the_newest_row_is_listed);
    tcase_add_test(tcase, names_and_rows_are_in_the_order_of_row_ids);
    tcase_add_test(tcase, the_reason_says_what_is_to_be_decided);
    tcase_add_test(tcase, somebody_can_say_who_it_is);
    tcase_add_test(tcase, a_join_stays_and_is_told);
    tcase_add_test(tcase, a_wrong_join_is_undone);
    tcase_add_test(tcase, a_wrong_split_is_undone);
    tcase_add_test(tcase, those_who_leave_together_stay_together);
    tcase_add_test(tcase, who_contradict_each_other_are_not_joined);
    tcase_add_test(tcase, a_join_goes_with_its_rows);
    tcase_add_test(tcase, somebody_can_say_that_they_are_two);
    tcase_add_test(tcase, of_three_each_is_apart_from_each);
    tcase_add_test(tcase, decisions_do_not_depend_on_the_order_of_files);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return run_tests(suite);
}
