/* SPDX-License-Identifier: Apache-2.0 */
/* Who is one person without a common number: names, and the 75th birthday. */
#define _DEFAULT_SOURCE
#include "store_help.h"

/* Without resident numbers: insured or care number, name; birth month, sex, enrolled from and to.
 */
#define ROSTER(number, name, born, from, to) "@" number ",,@" name ",," born ",," from "," to
#define CARE(number, name, born, from, to)   "@" number ",,@" name ",," born ",," from "," to ","
/* Whose name the file lacks. */
#define UNNAMED(number, born, from, to) "@" number ",,,," born ",," from "," to ","
#define MAN                             "1950-03,1"

static int64_t roster(const char *period, size_t row)
{
    return person_of("roster", period, row);
}

static int64_t care(const char *period, size_t row)
{
    return person_of("care", period, row);
}

/* Rows of table person_bridge of a rule: 1 name, 2 birthday and name, 3 days alone, 4 undecided. */
static int64_t bridges(int rule)
{
    char sql[96];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM person_bridge WHERE rule = %d", rule);
    return number(sql);
}

START_TEST(the_same_resident_number_is_one_person)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," MAN ",,,"));
    (void)take("care", "2025-01", ROWS("@c1,@r1,@k2,," MAN ",,,,"));
    (void)take("roster", "2025-03", ROWS("@n9,@r1,@k3,," MAN ",,,"));
    (void)take("care", "2026-01", ROWS("@c2,@r2,@k1,," MAN ",,,,"));
    ck_assert_int_eq(care("2025-01", 0), roster("2025-01", 0));
    ck_assert_int_eq(roster("2025-03", 0), roster("2025-01", 0));
    ck_assert_int_ne(care("2026-01", 0), roster("2025-01", 0));
    ck_assert_int_eq(bridges(1), 0);
}
END_TEST

START_TEST(a_name_joins_those_without_a_common_number)
{
    struct tg_import_result r;
    (void)take("roster", "2025-01",
               ROWS(ROSTER("n1", "k1", MAN, "", ""), ROSTER("n2", "k2", MAN, "", "")));
    r = take("care", "2025-01", ROWS(CARE("c1", "k1", MAN, "", ""), CARE("c3", "k3", MAN, "", "")));
    ck_assert_uint_eq(r.new_persons, 1);
    ck_assert_uint_eq(r.undecided, 0);
    ck_assert_int_eq(care("2025-01", 0), roster("2025-01", 0));
    ck_assert_int_ne(care("2025-01", 1), roster("2025-01", 1));
    ck_assert_int_eq(bridges(1), 2);
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

START_TEST(a_name_that_two_have_joins_nobody)
{
    struct tg_import_result r;
    (void)take("roster", "2025-01",
               ROWS(ROSTER("n1", "k1", MAN, "", ""), ROSTER("n2", "k1", MAN, "", "")));
    r = take("care", "2025-01", ROWS(CARE("c1", "k1", MAN, "", "")));
    ck_assert_uint_eq(r.undecided, 1);
    ck_assert_int_ne(roster("2025-01", 0), roster("2025-01", 1));
    ck_assert_int_ne(care("2025-01", 0), roster("2025-01", 0));
    ck_assert_int_ne(care("2025-01", 0), roster("2025-01", 1));
    ck_assert_int_eq(bridges(4), 3);
    ck_assert_int_eq(bridges(1), 0);
}
END_TEST

START_TEST(two_in_one_roster_at_one_time_are_two_whatever_their_numbers)
{
    (void)take("roster", "2025-01",
               ROWS(ROSTER("n1", "k1", MAN, "", ""), ",@r2,@k1,," MAN ",,,",
                    ROSTER("n3", "k3", MAN, "2015-04-01", "2018-07-01"),
                    ",@r4,@k3,," MAN ",,2018-07-01,"));
    ck_assert_int_ne(roster("2025-01", 0), roster("2025-01", 1));
    ck_assert_int_eq(roster("2025-01", 2), roster("2025-01", 3));
}
END_TEST

START_TEST(two_of_the_other_side_keep_a_name_from_joining_too)
{
    (void)take("care", "2025-01",
               ROWS(CARE("c1", "k1", MAN, "", ""), CARE("c2", "k1", MAN, "", "")));
    (void)take("roster", "2025-01", ROWS(ROSTER("n1", "k1", MAN, "", "")));
    ck_assert_int_ne(roster("2025-01", 0), care("2025-01", 0));
    ck_assert_int_ne(roster("2025-01", 0), care("2025-01", 1));
}
END_TEST

START_TEST(somebody_who_comes_back_with_another_number_is_the_same)
{
    (void)take("roster", "2025-01",
               ROWS(ROSTER("n1", "k1", MAN, "2015-04-01", "2018-07-01"),
                    ROSTER("n2", "k1", MAN, "2018-07-01", ""),
                    ROSTER("n3", "k3", MAN, "2015-04-01", "2018-07-02"),
                    ROSTER("n4", "k3", MAN, "2018-07-01", "")));
    ck_assert_int_eq(roster("2025-01", 0), roster("2025-01", 1));
    /* a day on which both are enrolled */
    ck_assert_int_ne(roster("2025-01", 2), roster("2025-01", 3));
}
END_TEST

START_TEST(a_number_that_changes_between_two_files_is_no_overlap)
{
    (void)take("roster", "2025-01", ROWS(ROSTER("n1", "k1", MAN, "2015-04-01", "")));
    (void)take("roster", "2025-02", ROWS(ROSTER("n2", "k1", MAN, "2015-04-01", "")));
    int64_t first = roster("2025-01", 0);
    ck_assert_int_eq(roster("2025-02", 0), first);
    /* a file between them has both: they are two, each with a number of their own */
    (void)take(
        "roster", "2025-03",
        ROWS(ROSTER("n1", "k1", MAN, "2015-04-01", ""), ROSTER("n2", "k1", MAN, "2015-04-01", "")));
    ck_assert_int_eq(roster("2025-03", 0), first);
    ck_assert_int_ne(roster("2025-03", 1), first);
    ck_assert_int_eq(roster("2025-02", 0), roster("2025-03", 1));
    retract("roster", "2025-03");
    ck_assert_int_eq(roster("2025-02", 0), first);
}
END_TEST

START_TEST(different_resident_numbers_at_one_time_are_two)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," MAN ",,2015-04-01,"));
    (void)take("care", "2025-01", ROWS("@c1,@r2,@k1,," MAN ",,2020-01-01,,"));
    ck_assert_int_ne(care("2025-01", 0), roster("2025-01", 0));
    ck_assert_int_eq(bridges(5), 2);
    /* they end before the other begins: moved away and came back */
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," MAN ",,2015-04-01,2019-12-31"));
    ck_assert_int_eq(care("2025-01", 0), roster("2025-01", 0));
    ck_assert_int_eq(bridges(4), 0);
}
END_TEST

START_TEST(who_is_missing_from_the_newest_file_has_left)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," MAN ",,,"));
    (void)take("care", "2025-02", ROWS("@c1,@r2,@k1,," MAN ",,2025-02-01,,"));
    ck_assert_int_ne(care("2025-02", 0), roster("2025-01", 0));
    (void)take("roster", "2025-02", ROWS("@n5,@r5,@k5,," MAN ",,,"));
    ck_assert_int_eq(care("2025-02", 0), roster("2025-01", 0));
    retract("roster", "2025-02");
    ck_assert_int_ne(care("2025-02", 0), roster("2025-01", 0));
}
END_TEST

START_TEST(twins_in_one_household_are_two)
{
    (void)take("roster", "2025-01", ROWS("@home,,@ka,,2010-05,2,,,", "@home,,@kb,,2010-05,2,,,"));
    (void)take("care", "2025-01",
               ROWS(CARE("c1", "ka", "2010-05,2", "", ""), CARE("c2", "kb", "2010-05,2", "", "")));
    ck_assert_int_ne(roster("2025-01", 0), roster("2025-01", 1));
    ck_assert_int_eq(care("2025-01", 0), roster("2025-01", 0));
    ck_assert_int_eq(care("2025-01", 1), roster("2025-01", 1));
}
END_TEST

/* k1 alone would join n1 and c1, k2 alone c1 and n2, but n1 and n2 are enrolled at one time. */
START_TEST(names_that_contradict_each_other_join_nobody)
{
    (void)take(
        "roster", "2025-01",
        ROWS(ROSTER("n1", "k1", MAN, "2010-01-01", ""), ROSTER("n2", "k2", MAN, "2010-01-01", "")));
    (void)take("care", "2025-01", ROWS(CARE("c1", "k1", MAN, "", "")));
    int64_t id = roster("2025-01", 0);
    ck_assert_int_eq(care("2025-01", 0), id);
    struct tg_import_result r = take("care", "2025-02", ROWS(CARE("c1", "k2", MAN, "", "")));
    ck_assert_uint_eq(r.undecided, 2);
    ck_assert_int_eq(roster("2025-01", 0), id);
    ck_assert_int_ne(care("2025-01", 0), id);
    ck_assert_int_ne(roster("2025-01", 1), id);
    ck_assert_int_ne(care("2025-01", 0), roster("2025-01", 1));
    retract("care", "2025-02");
    ck_assert_int_eq(care("2025-01", 0), id);
}
END_TEST

START_TEST(nobody_is_bridged_to_a_conflict)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," MAN ",,,", "@n2,@r1,@k2,,1960-01,2,,,"));
    (void)take("care", "2025-01", ROWS(CARE("c1", "k1", MAN, "", "")));
    ck_assert_int_ne(care("2025-01", 0), roster("2025-01", 0));
    ck_assert_int_eq(bridges(4), 2);
}
END_TEST

START_TEST(a_bridge_goes_with_its_file_and_an_id_keeps_its_meaning)
{
    (void)take("care", "2025-01", ROWS(CARE("c1", "k1", MAN, "", "")));
    (void)take("roster", "2025-01", ROWS(ROSTER("n1", "k0", MAN, "", "")));
    int64_t first = care("2025-01", 0), second = roster("2025-01", 0);
    ck_assert_int_lt(first, second);
    (void)take("roster", "2025-02", ROWS(ROSTER("n1", "k1", MAN, "", "")));
    ck_assert_int_eq(roster("2025-01", 0), first);
    ck_assert_int_eq(number("SELECT from_person FROM person_change"), second);
    retract("roster", "2025-02");
    ck_assert_int_eq(care("2025-01", 0), first);
    ck_assert_int_eq(roster("2025-01", 0), second);
    ck_assert_int_eq(bridges(1), 0);
}
END_TEST

START_TEST(a_wrong_bridge_is_undone_and_stays_so)
{
    (void)take("roster", "2025-01", ROWS(ROSTER("n1", "k1", MAN, "", "")));
    (void)take("care", "2025-01", ROWS(CARE("c1", "k1", MAN, "", "")));
    int64_t id = roster("2025-01", 0);
    ck_assert_int_eq(care("2025-01", 0), id);
    const char *row = row_of("care", "2025-01", 0);
    OK(tg_person_split(store, &row, 1, NULL, &err));
    int64_t other = care("2025-01", 0);
    ck_assert_int_eq(roster("2025-01", 0), id);
    ck_assert_int_ne(other, id);
    /* both are called otherwise: the new name does not join them either */
    (void)take("roster", "2025-02", ROWS(ROSTER("n1", "k2", MAN, "", "")));
    (void)take("care", "2025-02", ROWS(CARE("c1", "k2", MAN, "", "")));
    ck_assert_int_eq(roster("2025-02", 0), id);
    ck_assert_int_eq(care("2025-02", 0), other);
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

/* Born in March 1950: 75 in March 2025. */
START_TEST(a_loss_and_a_gain_at_75_are_one_person)
{
    (void)take("roster", "2025-03",
               ROWS(ROSTER("n1", "k1", MAN, "2015-04-01", "2025-03-10"),
                    ROSTER("n2", "k2", "1950-03,2", "2015-04-01", "2025-03-10"),
                    ROSTER("n3", "k3", MAN, "2015-04-01", "2025-03-20")));
    (void)take("care", "2025-03",
               ROWS(UNNAMED("c1", MAN, "2025-03-10", ""),
                    UNNAMED("c2", "1950-03,2", "2025-03-11", ""),
                    UNNAMED("c3", MAN, "2025-03-22", "")));
    ck_assert_int_eq(care("2025-03", 0), roster("2025-03", 0));
    /* the day before the birthday, as laws count */
    ck_assert_int_eq(care("2025-03", 1), roster("2025-03", 1));
    ck_assert_int_ne(care("2025-03", 2), roster("2025-03", 2));
    ck_assert_int_eq(bridges(3), 4);
    retract("care", "2025-03");
    ck_assert_int_eq(bridges(3), 0);
}
END_TEST

START_TEST(only_the_75th_birthday_bridges_by_days)
{
    (void)take("roster", "2025-03",
               ROWS(ROSTER("n1", "k1", "1950-02,1", "", "2025-03-10"),
                    ROSTER("n2", "k2", "1950-04,1", "", "2025-03-11"),
                    ROSTER("n3", "k3", MAN, "", "2025-03-15"),
                    ROSTER("n4", "k4", "1950-03,2", "", "2025-03-20")));
    (void)take("care", "2025-03",
               ROWS(UNNAMED("c1", "1950-02,1", "2025-03-10", ""),
                    UNNAMED("c2", "1950-04,1", "2025-03-11", ""),
                    UNNAMED("c3", "1950-03,2", "2025-03-15", ""),
                    UNNAMED("c4", "1950-03,2", "2025-03-19", "")));
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_ne(care("2025-03", i), roster("2025-03", i));
    ck_assert_int_eq(bridges(3), 0);
}
END_TEST

START_TEST(two_losers_on_one_day_are_not_guessed_between)
{
    (void)take(
        "roster", "2025-03",
        ROWS(ROSTER("n1", "k1", MAN, "", "2025-03-10"), ROSTER("n2", "k2", MAN, "", "2025-03-10")));
    (void)take("care", "2025-03", ROWS(UNNAMED("c1", MAN, "2025-03-10", "")));
    ck_assert_int_ne(care("2025-03", 0), roster("2025-03", 0));
    ck_assert_int_ne(care("2025-03", 0), roster("2025-03", 1));
    /* a number says who the other one is: he is out of the way */
    (void)take("roster", "2025-04", ROWS("@n2,@r2,@k2,," MAN ",,,2025-03-10"));
    (void)take("care", "2025-04",
               ROWS(UNNAMED("c1", MAN, "2025-03-10", ""), "@c2,@r2,@k9,," MAN ",,2025-03-10,,"));
    ck_assert_int_eq(care("2025-04", 0), roster("2025-03", 0));
    ck_assert_int_eq(care("2025-04", 1), roster("2025-03", 1));
    ck_assert_int_ne(roster("2025-03", 0), roster("2025-03", 1));
}
END_TEST

START_TEST(at_75_a_name_pairs_where_it_is_not_unique_in_the_city)
{
    (void)take("roster", "2025-03",
               ROWS(ROSTER("n1", "k1", MAN, "2015-04-01", "2025-03-10"),
                    ROSTER("n2", "k2", MAN, "2015-04-01", "2025-03-10"),
                    ROSTER("n3", "k1", MAN, "2015-04-01", "")));
    (void)take(
        "care", "2025-03",
        ROWS(CARE("c2", "k2", MAN, "2025-03-10", ""), CARE("c1", "k1", MAN, "2025-03-10", "")));
    ck_assert_int_eq(care("2025-03", 1), roster("2025-03", 0));
    ck_assert_int_eq(care("2025-03", 0), roster("2025-03", 1));
    ck_assert_int_ne(roster("2025-03", 0), roster("2025-03", 2));
    ck_assert_int_eq(bridges(2), 4);
}
END_TEST

START_TEST(numbers_that_differ_keep_a_loss_and_a_gain_apart)
{
    (void)take("roster", "2025-03", ROWS("@n1,@r1,@k1,," MAN ",,,2025-03-10"));
    (void)take("care", "2025-03", ROWS("@c1,@r2,,," MAN ",,2025-03-10,,"));
    ck_assert_int_ne(care("2025-03", 0), roster("2025-03", 0));
    /* one roster and one kind of number: somebody else came */
    (void)take(
        "roster", "2025-04",
        ROWS(ROSTER("n5", "k5", "1950-04,1", "", "2025-04-10"), "@n6,,,,1950-04,1,,2025-04-10,"));
    ck_assert_int_ne(roster("2025-04", 0), roster("2025-04", 1));
}
END_TEST

START_TEST(a_wrong_bridge_at_75_is_undone_and_stays_so)
{
    (void)take("roster", "2025-03", ROWS(ROSTER("n1", "k1", MAN, "", "2025-03-10")));
    (void)take("care", "2025-03", ROWS(UNNAMED("c1", MAN, "2025-03-10", "")));
    int64_t id = roster("2025-03", 0);
    ck_assert_int_eq(care("2025-03", 0), id);
    const char *row = row_of("care", "2025-03", 0);
    OK(tg_person_split(store, &row, 1, NULL, &err));
    (void)take("care", "2025-04", ROWS(CARE("c1", "k1", MAN, "2025-03-10", "")));
    ck_assert_int_eq(roster("2025-03", 0), id);
    ck_assert_int_ne(care("2025-03", 0), id);
    ck_assert_int_eq(care("2025-04", 0), care("2025-03", 0));
}
END_TEST

START_TEST(a_day_that_is_corrected_undoes_its_bridge)
{
    (void)take("roster", "2025-03", ROWS(ROSTER("n1", "k1", MAN, "", "2025-03-10")));
    (void)take("care", "2025-03", ROWS(UNNAMED("c1", MAN, "2025-03-10", "")));
    ck_assert_int_eq(care("2025-03", 0), roster("2025-03", 0));
    (void)take("roster", "2025-04", ROWS(ROSTER("n1", "k1", MAN, "", "2025-01-10")));
    ck_assert_int_ne(care("2025-03", 0), roster("2025-03", 0));
    (void)take("roster", "2025-04", ROWS(ROSTER("n1", "k1", MAN, "", "2025-03-09")));
    ck_assert_int_eq(care("2025-03", 0), roster("2025-03", 0));
    (void)take("care", "2025-03", ROWS(UNNAMED("c1", MAN, "2025-03-12", "")));
    ck_assert_int_ne(care("2025-03", 0), roster("2025-03", 0));
}
END_TEST

/* A loss, or a gain, that the rows which are left say once more. */
START_TEST(a_day_that_comes_back_brings_its_bridge)
{
    const bool loss = _i == 0;
    (void)take("roster", "2025-03", ROWS(ROSTER("n1", "k1", MAN, "", "2025-03-10")));
    if (loss)
        (void)take("roster", "2025-04", ROWS(ROSTER("n1", "k1", MAN, "", "2025-01-10")));
    (void)take("care", "2025-03", ROWS(UNNAMED("c1", MAN, "2025-03-10", "")));
    if (!loss) {
        retract("roster", "2025-03");
        (void)take("care", "2025-04", ROWS(UNNAMED("c1", MAN, "2024-01-01", "")));
        (void)take("roster", "2025-03", ROWS(ROSTER("n1", "k1", MAN, "", "2025-03-10")));
    }
    ck_assert_int_ne(care("2025-03", 0), roster("2025-03", 0));
    retract(loss ? "roster" : "care", "2025-04");
    ck_assert_int_eq(care("2025-03", 0), roster("2025-03", 0));
    ck_assert_int_eq(bridges(3), 2);
}
END_TEST

static void history_of(const char *source, const char *period, struct tg_buf *text)
{
    text->len = 0;
    OK(tg_person_history(store, row_of(source, period, 0), NULL, NULL, in_dir("p.csv"), true,
                         &err));
    OK(tg_file_read_whole(in_dir("p.csv"), 1 << 20, text, &err));
}

START_TEST(the_history_tells_of_bridges)
{
    struct tg_buf text = {0};
    char line[256];
    (void)take("roster", "2025-01", ROWS(ROSTER("n1", "k1", MAN, "", "")));
    (void)take("roster", "2025-03", ROWS(ROSTER("n1", "k1", MAN, "", "")));
    (void)take("care", "2025-02", ROWS(CARE("c1", "k1", MAN, "", "")));
    history_of("care", "2025-02", &text);
    (void)snprintf(line, sizeof line, "\n%d,bridge_name,care,%s,person,", (int)roster("2025-01", 0),
                   row_of("roster", "2025-03", 0));
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), line));
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), ",2025-02,,,2"));
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), ",2025-01 2025-03,"));
    /* a month that was taken back was not seen */
    retract("roster", "2025-03");
    history_of("care", "2025-02", &text);
    ck_assert_ptr_null(strstr(tg_buf_text(&text, &err), "2025-03"));
    (void)take("roster", "2025-02",
               ROWS(ROSTER("n1", "k1", MAN, "", ""), ROSTER("n2", "k1", MAN, "", "")));
    history_of("care", "2025-02", &text);
    ck_assert_ptr_null(strstr(tg_buf_text(&text, &err), "bridge_name"));
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), ",no_bridge,roster,"));
    tg_buf_free(&text);
}
END_TEST

START_TEST(a_store_that_knew_numbers_alone_is_looked_at_anew)
{
    (void)take("roster", "2025-01", ROWS(ROSTER("n1", "k1", MAN, "", "")));
    (void)take("care", "2025-01", ROWS(CARE("c1", "k1", MAN, "", "")));
    (void)number("DELETE FROM person_bridge");
    (void)number("UPDATE identity SET person_id = id, watched = 0");
    (void)number("INSERT INTO meta VALUES('persons_stale', '1')");
    ck_assert_int_ne(care("2025-01", 0), roster("2025-01", 0));
    (void)take("roster", "2025-02", ROWS(ROSTER("n7", "k7", MAN, "", "")));
    ck_assert_int_eq(care("2025-01", 0), roster("2025-01", 0));
    ck_assert_int_eq(bridges(1), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM meta WHERE value = '1'"), 0);
}
END_TEST

/* So few rows that the table is asked for each: of those the source had, all but one left. */
START_TEST(few_rows_say_who_left_too)
{
    enum { MANY = 40 };
    static char text[MANY][96];
    const char *rows[MANY + 1] = {NULL};
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(text[i], sizeof text[i], "@n%zu,,@k%zu,," MAN ",,2015-04-01,", i, i);
        rows[i] = text[i];
    }
    (void)take("roster", "2025-01", rows);
    ck_assert_int_eq(number("SELECT count(*) FROM identity WHERE seen_to IS NULL"), MANY);
    (void)take("roster", "2025-03",
               ROWS(ROSTER("n0", "k0", MAN, "2014-04-01", "2014-07-01"),
                    ROSTER("n0", "k0", MAN, "2015-04-01", "")));
    (void)take("roster", "2025-02", ROWS(ROSTER("n1", "k1", MAN, "2015-04-01", "2025-02-10")));
    ck_assert_int_eq(number("SELECT count(*) FROM identity WHERE seen_to = 2025 * 12"), MANY - 2);
    ck_assert_int_eq(number("SELECT enrolled_to FROM identity WHERE seen_to = 2025 * 12 + 1"),
                     20250210);
    ck_assert_int_eq(number("SELECT enrolled_from FROM identity WHERE seen_to IS NULL"
                            " AND enrolled_to IS NULL"),
                     20140401);
    retract("roster", "2025-03");
    ck_assert_int_eq(number("SELECT count(*) FROM identity WHERE seen_to IS NULL"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM identity WHERE enrolled_from = 20150401"), MANY);
}
END_TEST

/* Rows of person_bridge whose hash is that of a token of their identity. */
static const char sound_bridges[] =
    "SELECT count(*) FROM person_bridge b JOIN identity_token t ON t.token = b.token"
    " AND t.hash = b.hash AND t.identity_id = b.identity_id";

START_TEST(bridges_outlive_a_rotation_of_the_site_key)
{
    (void)take("roster", "2025-01", ROWS(ROSTER("n1", "k1", MAN, "", "")));
    (void)take("care", "2025-01", ROWS(CARE("c1", "k1", MAN, "", "")));
    ck_assert_int_eq(number(sound_bridges), 2);
    OK(tg_store_rekey(store, NULL, &err));
    ck_assert_int_eq(number(sound_bridges), 2);
    (void)take("care", "2025-02", ROWS(CARE("c2", "k1", MAN, "", "")));
    (void)take("care", "2025-03", ROWS(CARE("c2", "k1", MAN, "", "")));
    ck_assert_int_eq(care("2025-01", 0), roster("2025-01", 0));
    ck_assert_int_eq(care("2025-03", 0), roster("2025-01", 0));
    ck_assert_int_eq(number(sound_bridges), 3);
    ck_assert_int_eq(bridges(1), 3);
}
END_TEST

static const char ledger_study[] =
    "version: 1\n"
    "study: s-1\n"
    "sources:\n"
    "  nhi: {kind: roster, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "        birth_date: d, sex: s}}\n"
    "  elderly: {kind: roster, columns: {late_elderly_number: n, birth_date: d, sex: s}}\n"
    "  ledger: {kind: roster, columns: {care_insured_number: n, late_elderly_number: e,\n"
    "           insurer_number: a, insured_symbol: b, insured_number: c, birth_date: d, sex: s}}\n"
    "tokens:\n"
    "  insured: [insurer_number, insured_symbol, insured_number, birth_date, sex]\n"
    "  elderly: [late_elderly_number]\n"
    "  care: [care_insured_number]\n";

START_TEST(a_row_of_the_care_ledger_with_several_numbers_bridges)
{
    tg_store_close(&store);
    load_study(ledger_study);
    open_store();
    (void)take("nhi", "2025-01", ROWS("@n1," MAN ",,,2024-06-10", "@n2," MAN ",,,"));
    (void)take("elderly", "2025-01", ROWS("@e1," MAN ",,2024-06-10,", "@e2," MAN ",,,"));
    int64_t first = person_of("nhi", "2025-01", 0), other = person_of("nhi", "2025-01", 1);
    ck_assert_int_ne(person_of("elderly", "2025-01", 0), first);
    (void)take("ledger", "2025-01", ROWS("@n1,@e1,@c1," MAN ",,,", ",@e2,@c2," MAN ",,,"));
    ck_assert_int_eq(person_of("elderly", "2025-01", 0), first);
    ck_assert_int_eq(person_of("ledger", "2025-01", 0), first);
    ck_assert_int_ne(person_of("elderly", "2025-01", 1), other);
    /* the ledger has the care number alone later on */
    (void)take("ledger", "2025-02", ROWS(",,@c1," MAN ",,,"));
    ck_assert_int_eq(person_of("ledger", "2025-02", 0), first);
    retract("ledger", "2025-01");
    ck_assert_int_ne(person_of("elderly", "2025-01", 0), first);
    ck_assert_int_eq(person_of("nhi", "2025-01", 0), first);
}
END_TEST

enum { FILES = 4, ROWS_EACH = 9 };
static const char *const periods[FILES] = {"2025-03", "2025-04", "2025-03", "2025-04"};
static uint64_t random_state;

static int pick(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

/* Files 0 and 1 are of those who lose their insurance at 75, the others of those who gain it. */
static void draw_file(size_t f, uint64_t world, char text[ROWS_EACH][96])
{
    random_state = world * 1000 + f % 2 + f / 2 * 7;
    for (int i = 0; i < ROWS_EACH; i++) {
        int name = pick(4) ? 10 * (int)f + i : pick(4), other = 1 + pick(28);
        int day = 1 + (3 * i + (int)world + (pick(5) == 0)) % 28;
        if (f < 2)
            (void)snprintf(text[i], 96, "@n%d,,@k%d,,1950-03,%d,,2015-03-%02d,2025-03-%02d", i,
                           name, 1 + i % 2, other, day);
        else if (name < 4)
            (void)snprintf(text[i], 96, "@c%d,,@k%d,,1950-03,%d,,2025-03-%02d,%s,", i, name,
                           1 + i % 2, day, pick(3) ? "" : "2026-01-01");
        else
            (void)snprintf(text[i], 96, "@c%d,,,,1950-03,%d,,2025-03-%02d,%s,", i, 1 + i % 2, day,
                           pick(3) ? "" : "2026-01-01");
    }
}

static void import_file(size_t f, uint64_t world)
{
    char text[ROWS_EACH][96];
    const char *rows[ROWS_EACH + 1] = {NULL};
    draw_file(f, world, text);
    for (size_t i = 0; i < ROWS_EACH; i++)
        rows[i] = text[i];
    (void)take(f < 2 ? "roster" : "care", periods[f], rows);
}

static void take_back(size_t f)
{
    retract(f < 2 ? "roster" : "care", periods[f]);
}

START_TEST(bridges_do_not_depend_on_the_order_of_files)
{
    /* at least two people of every world fit nobody else */
    same_in_any_order(FILES, import_file, take_back, (uint64_t)_i + 1, "\nbridge\t3\t");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_ties");
    TCase *t = tcase_create("store_ties");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_same_resident_number_is_one_person);
    tcase_add_test(t, a_name_joins_those_without_a_common_number);
    tcase_add_test(t, a_name_that_two_have_joins_nobody);
    tcase_add_test(t, two_in_one_roster_at_one_time_are_two_whatever_their_numbers);
    tcase_add_test(t, two_of_the_other_side_keep_a_name_from_joining_too);
    tcase_add_test(t, somebody_who_comes_back_with_another_number_is_the_same);
    tcase_add_test(t, a_number_that_changes_between_two_files_is_no_overlap);
    tcase_add_test(t, different_resident_numbers_at_one_time_are_two);
    tcase_add_test(t, who_is_missing_from_the_newest_file_has_left);
    tcase_add_test(t, twins_in_one_household_are_two);
    tcase_add_test(t, names_that_contradict_each_other_join_nobody);
    tcase_add_test(t, nobody_is_bridged_to_a_conflict);
    tcase_add_test(t, a_bridge_goes_with_its_file_and_an_id_keeps_its_meaning);
    tcase_add_test(t, a_wrong_bridge_is_undone_and_stays_so);
    tcase_add_test(t, a_loss_and_a_gain_at_75_are_one_person);
    tcase_add_test(t, only_the_75th_birthday_bridges_by_days);
    tcase_add_test(t, two_losers_on_one_day_are_not_guessed_between);
    tcase_add_test(t, at_75_a_name_pairs_where_it_is_not_unique_in_the_city);
    tcase_add_test(t, numbers_that_differ_keep_a_loss_and_a_gain_apart);
    tcase_add_test(t, a_wrong_bridge_at_75_is_undone_and_stays_so);
    tcase_add_test(t, a_day_that_is_corrected_undoes_its_bridge);
    tcase_add_loop_test(t, a_day_that_comes_back_brings_its_bridge, 0, 2);
    tcase_add_test(t, the_history_tells_of_bridges);
    tcase_add_test(t, a_store_that_knew_numbers_alone_is_looked_at_anew);
    tcase_add_test(t, few_rows_say_who_left_too);
    tcase_add_test(t, bridges_outlive_a_rotation_of_the_site_key);
    tcase_add_test(t, a_row_of_the_care_ledger_with_several_numbers_bridges);
    tcase_add_loop_test(t, bridges_do_not_depend_on_the_order_of_files, 0, 3);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
