/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "store_help.h"

/* insured, resident, person, near, birth month, sex, district, from, to */
#define BORN     "1950-03,1"
#define PERSON_1 "@n1,@r1,@k1,@x1," BORN ",east,,"

START_TEST(one_number_and_equal_birth_and_sex_join)
{
    struct tg_import_result r =
        take("roster", "2025-01", ROWS(PERSON_1, "@n2,@r2,@k2,,1951-01,2,,,"));
    ck_assert_uint_eq(r.outcome, TG_IMPORT_NEW);
    ck_assert_uint_eq(r.rows, 2);
    ck_assert_uint_eq(r.new_identities, 2);
    ck_assert_uint_eq(r.new_persons, 2);
    r = take("care", "2025-01", ROWS("@c1,@r1,@k1b,," BORN ",,,,12"));
    ck_assert_uint_eq(r.new_identities, 1);
    ck_assert_uint_eq(r.new_persons, 0);
    ck_assert_uint_eq(r.conflicts, 0);
    ck_assert_int_eq(person_of("care", "2025-01", 0), person_of("roster", "2025-01", 0));
    ck_assert_int_ne(person_of("roster", "2025-01", 1), person_of("roster", "2025-01", 0));
}
END_TEST

START_TEST(names_alone_join_nobody)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,@x1," BORN ",,,"));
    (void)take("care", "2025-01", ROWS("@c1,@r9,@k1,@x1," BORN ",,,,"));
    ck_assert_int_ne(person_of("care", "2025-01", 0), person_of("roster", "2025-01", 0));
}
END_TEST

START_TEST(a_person_keeps_its_id_when_numbers_and_names_change)
{
    (void)take("roster", "2025-01", ROWS(PERSON_1));
    int64_t id = person_of("roster", "2025-01", 0);
    (void)take("roster", "2025-02", ROWS("@n1,@r1,@k1married,," BORN ",,,"));
    (void)take("roster", "2025-03", ROWS("@n1moved,@r1,@k1married,," BORN ",,,"));
    (void)take("roster", "2025-05", ROWS(PERSON_1));
    ck_assert_int_eq(person_of("roster", "2025-02", 0), id);
    ck_assert_int_eq(person_of("roster", "2025-03", 0), id);
    ck_assert_int_eq(person_of("roster", "2025-05", 0), id);
}
END_TEST

START_TEST(different_birth_month_or_sex_is_a_conflict_and_never_merged)
{
    (void)take("roster", "2025-01", ROWS(PERSON_1, "@n3,@r3,@k3,,1960-01,2,,,"));
    struct tg_import_result r =
        take("care", "2025-01", ROWS("@c1,@r1,@k1,,1950-04,1,,,,", "@c3,@r3,@k3,,1960-01,1,,,,"));
    ck_assert_uint_eq(r.conflicts, 2);
    ck_assert_uint_eq(r.new_persons, 2);
    ck_assert_int_ne(person_of("care", "2025-01", 0), person_of("roster", "2025-01", 0));
    ck_assert_int_ne(person_of("care", "2025-01", 1), person_of("roster", "2025-01", 1));
    /* in one file too: it is a conflict, not a number that two hold */
    r = take("care", "2025-02", ROWS("@c9,@r9,@k9,,1950-03,1,,,,", "@c9,@r9,@k10,,1950-03,2,,,,"));
    ck_assert_uint_eq(r.conflicts, 3);
    ck_assert_int_eq(number("SELECT count(*) FROM shared_token"), 0);
}
END_TEST

START_TEST(in_a_conflict_those_who_agree_are_still_one)
{
    (void)take("roster", "2025-01", ROWS(PERSON_1));
    (void)take("roster", "2025-02", ROWS("@n1,@r1,@k1new,," BORN ",,,"));
    (void)take("care", "2025-02", ROWS("@c1,@r1,@k9,,1980-01,2,,,,"));
    ck_assert_int_eq(person_of("roster", "2025-01", 0), person_of("roster", "2025-02", 0));
    ck_assert_int_ne(person_of("roster", "2025-01", 0), person_of("care", "2025-02", 0));
}
END_TEST

struct conflict_list {
    uint64_t number[16];
    unsigned why[16];
    unsigned char row[16][TG_TOKEN_LEN];
    size_t n;
};

static enum tg_status on_conflict(void *ctx, uint64_t number,
                                  const unsigned char row_id[TG_TOKEN_LEN], unsigned why,
                                  struct tg_error *e)
{
    struct conflict_list *list = ctx;
    (void)e;
    list->number[list->n] = number;
    list->why[list->n] = why;
    memcpy(list->row[list->n++], row_id, TG_TOKEN_LEN);
    return TG_OK;
}

START_TEST(conflicts_are_listed_with_their_newest_rows)
{
    struct conflict_list list = {.n = 0};
    (void)take("roster", "2025-01", ROWS(PERSON_1));
    (void)take("roster", "2025-02", ROWS(PERSON_1));
    (void)take("care", "2025-03", ROWS("@c1,@r1,@k1,,1950-04,1,,,,"));
    OK(tg_store_conflicts(store, M(2025, 2), on_conflict, &list, &err));
    ck_assert_uint_eq(list.n, 0);
    OK(tg_store_conflicts(store, M(2025, 3), on_conflict, &list, &err));
    ck_assert_uint_eq(list.n, 2);
    ck_assert_uint_eq(list.number[0], 1);
    ck_assert_uint_eq(list.number[1], 1);
    ck_assert_uint_eq(list.why[0], TG_CONFLICT_BIRTH_MONTH);
    ck_assert_uint_eq(list.why[1], list.why[0]);
    ck_assert_int_lt(memcmp(list.row[0], list.row[1], TG_TOKEN_LEN), 0);
    char roster[33], care[33], first[33] = "", second[33] = "";
    row_id_of("roster", "2025-02", 0, roster);
    row_id_of("care", "2025-03", 0, care);
    tg_hex_encode(list.row[0], TG_TOKEN_LEN, first);
    tg_hex_encode(list.row[1], TG_TOKEN_LEN, second);
    bool roster_first = strcmp(roster, care) < 0;
    ck_assert_str_eq(first, roster_first ? roster : care);
    ck_assert_str_eq(second, roster_first ? care : roster);
}
END_TEST

static void list_of(const char *const order[], size_t n, struct conflict_list *list)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(order[i], "2025-01") == 0)
            (void)take("roster", order[i],
                       ROWS("@n1,@r1,@k1,,1950-03,2,,,", "@n2,@r2,@k2,,1960-03,1,,,"));
        else
            (void)take("care", order[i],
                       ROWS("@c1,@r1,@k1,,1950-03,1,,,,", "@c2,@r2,@k2,,1960-04,1,,,,"));
    }
    OK(tg_store_conflicts(store, M(2025, 3), on_conflict, list, &err));
}

START_TEST(conflicts_have_the_same_numbers_in_whatever_order_files_come)
{
    static const char *const forth[] = {"2025-01", "2025-02"}, *const back[] = {"2025-02",
                                                                                "2025-01"};
    struct conflict_list a = {.n = 0}, b = {.n = 0};
    list_of(forth, 2, &a);
    teardown();
    setup();
    list_of(back, 2, &b);
    ck_assert_uint_eq(a.n, 4);
    ck_assert_uint_eq(b.n, 4);
    for (size_t i = 0; i < a.n; i++) {
        ck_assert_uint_eq(a.number[i], i / 2 + 1);
        ck_assert_uint_eq(a.number[i], b.number[i]);
        ck_assert_uint_eq(a.why[i], b.why[i]);
        ck_assert_mem_eq(a.row[i], b.row[i], TG_TOKEN_LEN);
    }
    ck_assert_uint_eq(a.why[0] | a.why[2], TG_CONFLICT_BIRTH_MONTH | TG_CONFLICT_SEX);
    ck_assert_uint_ne(a.why[0], a.why[2]);
}
END_TEST

START_TEST(a_missing_birth_month_joins_only_where_one_is_known)
{
    (void)take("roster", "2025-01",
               ROWS(PERSON_1, "@n2,@r2,@k2,,,,,,", "@n3,@r3,@k3,,1960-01,2,,,"));
    (void)take("care", "2025-01",
               ROWS("@c1,@r1,@k1,,,1,,,,", "@c2,@r2,@k2,,,,,,,", "@c3,@r3,@k3,,1960-02,2,,,,",
                    "@c4,@r3,@k4,,,,,,,"));
    ck_assert_int_eq(person_of("care", "2025-01", 0), person_of("roster", "2025-01", 0));
    /* nobody knows anything */
    ck_assert_int_ne(person_of("care", "2025-01", 1), person_of("roster", "2025-01", 1));
    /* two are known */
    ck_assert_int_ne(person_of("care", "2025-01", 3), person_of("roster", "2025-01", 2));
    ck_assert_int_ne(person_of("care", "2025-01", 3), person_of("care", "2025-01", 2));
}
END_TEST

START_TEST(a_missing_sex_that_disagrees_on_birth_is_a_conflict)
{
    (void)take("roster", "2025-01", ROWS(PERSON_1));
    struct tg_import_result r = take("care", "2025-01", ROWS("@c1,@r1,@k1,,1950-04,,,,,"));
    ck_assert_uint_eq(r.conflicts, 1);
    ck_assert_int_ne(person_of("care", "2025-01", 0), person_of("roster", "2025-01", 0));
}
END_TEST

START_TEST(a_bridging_row_merges_two_persons_into_the_smaller_id)
{
    (void)take("roster", "2025-01", ROWS("@n1,,@k1,," BORN ",,,"));
    (void)take("care", "2025-01", ROWS("@c1,@r1,@k1b,," BORN ",,,,"));
    int64_t first = person_of("roster", "2025-01", 0), second = person_of("care", "2025-01", 0);
    ck_assert_int_lt(first, second);
    struct tg_import_result r = take("roster", "2025-02", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    ck_assert_uint_eq(r.new_persons, 0);
    ck_assert_int_eq(person_of("roster", "2025-02", 0), first);
    ck_assert_int_eq(person_of("care", "2025-01", 0), first);
    ck_assert_int_eq(number("SELECT from_person FROM person_change"), second);
    ck_assert_int_eq(number("SELECT to_person FROM person_change"), first);
}
END_TEST

/* Twins in one household: symbol, number, birth date and sex are the same. */
#define TWIN_A "@home,@ra,@ka,,2010-05,2,,,"
#define TWIN_B "@home,@rb,@kb,,2010-05,2,,,"

START_TEST(twins_in_one_file_are_two)
{
    struct tg_import_result r = take("roster", "2025-01", ROWS(TWIN_A, TWIN_B));
    ck_assert_uint_eq(r.new_persons, 2);
    ck_assert_uint_eq(r.conflicts, 0);
    ck_assert_int_ne(person_of("roster", "2025-01", 0), person_of("roster", "2025-01", 1));
    ck_assert_int_eq(number("SELECT count(*) FROM shared_token"), 1);
    /* and stay so when a name changes, each by the number of their own */
    (void)take("roster", "2025-02", ROWS("@home,@ra,@ka2,,2010-05,2,,,", TWIN_B));
    ck_assert_int_eq(person_of("roster", "2025-02", 0), person_of("roster", "2025-01", 0));
    ck_assert_int_eq(person_of("roster", "2025-02", 1), person_of("roster", "2025-01", 1));
    ck_assert_int_ne(person_of("roster", "2025-02", 0), person_of("roster", "2025-02", 1));
}
END_TEST

START_TEST(twins_that_were_taken_for_one_are_split_when_seen_together)
{
    (void)take("roster", "2025-01", ROWS("@home,,@ka,,2010-05,2,,,"));
    int64_t a = person_of("roster", "2025-01", 0);
    (void)take("roster", "2025-02", ROWS("@home,,@kb,,2010-05,2,,,"));
    ck_assert_int_eq(person_of("roster", "2025-02", 0), a);
    (void)take("roster", "2025-03", ROWS("@home,,@ka,,2010-05,2,,,", "@home,,@kb,,2010-05,2,,,"));
    ck_assert_int_eq(person_of("roster", "2025-03", 0), a);
    ck_assert_int_ne(person_of("roster", "2025-03", 1), a);
    ck_assert_int_eq(person_of("roster", "2025-02", 0), person_of("roster", "2025-03", 1));
}
END_TEST

START_TEST(a_name_change_in_a_ledger_still_joins)
{
    (void)take("roster", "2025-01",
               ROWS("@n1,@r1,@k1,," BORN ",,2015-04-01,2020-06-30",
                    "@n1,@r1,@k1married,," BORN ",,2020-07-01,",
                    "@n2,@r2,@k2,," BORN ",,2015-04-01,",
                    "@n2,@r2,@k2married,," BORN ",,2020-07-01,"));
    ck_assert_int_eq(person_of("roster", "2025-01", 0), person_of("roster", "2025-01", 1));
    ck_assert_int_ne(person_of("roster", "2025-01", 2), person_of("roster", "2025-01", 3));
    /* the day on which one ends and the other begins is no overlap */
    (void)take("care", "2025-01",
               ROWS("@c7,@r7,@k7,," BORN ",,2015-04-01,2020-07-01,",
                    "@c7,@r7,@k8,," BORN ",,2020-07-01,,"));
    ck_assert_int_eq(person_of("care", "2025-01", 0), person_of("care", "2025-01", 1));
}
END_TEST

START_TEST(rows_without_tokens_are_nobody)
{
    struct tg_import_result r =
        take("roster", "2025-01", ROWS(",,,," BORN ",,,", ",,,," BORN ",,,"));
    ck_assert_uint_eq(r.rows, 2);
    ck_assert_uint_eq(r.new_persons, 0);
    struct tg_people people;
    OK(tg_store_people(store, LATE, &people, &err));
    ck_assert_uint_eq(people.n, 0);
    tg_people_free(&people);
}
END_TEST

START_TEST(a_replaced_file_takes_its_wrong_bridge_with_it)
{
    (void)take("roster", "2025-01", ROWS("@n1,,@k1,," BORN ",,,", "@n2,,@k2,," BORN ",,,"));
    (void)take("care", "2025-01", ROWS("@c1,@r1,@k1,," BORN ",,,,", "@c2,@r2,@k2,," BORN ",,,,"));
    int64_t care_1 = person_of("care", "2025-01", 0), care_2 = person_of("care", "2025-01", 1);
    /* numbers in the wrong rows make one of two */
    (void)take("roster", "2025-02", ROWS("@n1,@r2,@k1,," BORN ",,,", "@n2,@r1,@k2,," BORN ",,,"));
    ck_assert_int_eq(person_of("care", "2025-01", 1), person_of("roster", "2025-01", 0));
    struct tg_import_result r =
        take("roster", "2025-02", ROWS("@n1,,@k1,," BORN ",,,", "@n2,,@k2,," BORN ",,,"));
    ck_assert_uint_eq(r.outcome, TG_IMPORT_REPLACED);
    ck_assert_int_eq(person_of("care", "2025-01", 0), care_1);
    ck_assert_int_eq(person_of("care", "2025-01", 1), care_2);
    ck_assert_int_ne(person_of("roster", "2025-01", 0), care_2);
}
END_TEST

START_TEST(a_corrected_row_keeps_the_person)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1wrong,," BORN ",,,"));
    int64_t id = person_of("roster", "2025-01", 0);
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    ck_assert_int_eq(person_of("roster", "2025-01", 0), id);
    (void)take("care", "2025-01", ROWS("@c1,@r1,@k1,," BORN ",,,,"));
    ck_assert_int_eq(person_of("care", "2025-01", 0), id);
}
END_TEST

START_TEST(sharing_shown_by_a_replaced_file_alone_is_forgotten)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    (void)take("roster", "2025-02", ROWS("@n1,@r1,@k1,," BORN ",,,", "@n1,@r1,@k9,," BORN ",,,"));
    (void)take("roster", "2025-03", ROWS("@n1,@r1,@k9,," BORN ",,,"));
    ck_assert_int_ne(person_of("roster", "2025-03", 0), person_of("roster", "2025-01", 0));
    (void)take("roster", "2025-02", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    ck_assert_int_eq(person_of("roster", "2025-03", 0), person_of("roster", "2025-01", 0));
    ck_assert_int_eq(number("SELECT count(*) FROM shared_token"), 0);
}
END_TEST

/* Files whose persons are as tangled as the rules allow. */
static const struct {
    const char *source, *period;
    const char *rows[8];
} tangle[] = {
    {"roster", "2025-01", {"@n1,@r1,@k1,," BORN ",,,", TWIN_A, "@n7,@r7,@k7,,1940-01,2,,,"}},
    {"roster", "2025-02", {"@n1,,@k1m,," BORN ",,,", TWIN_A, TWIN_B, "@n8,@r7,@k7,,1940-01,2,,,"}},
    {"roster", "2025-03", {"@n1b,@r1,@k1m,," BORN ",,,", "@home,,@kb2,,2010-05,2,,,"}},
    {"care", "2025-01", {"@c7,@r7,@k7,,1940-01,2,,,,", "@c8,@r8,@k8,,1941-01,2,,,,"}},
    {"care", "2025-02", {"@c7,@r8,@k7,,,2,,,,", "@c9,@r1,@k1,,,,,,,"}},
    {"care", "2025-03", {"@c9,@r9,@k1,,1950-03,,,,,", "@c5,@r9,@k5,,1950-03,1,,,,"}},
};
enum { TANGLE = sizeof tangle / sizeof tangle[0] };

/* Who is together, in a form that does not depend on numbers: for each row the first row of the
 * same person. */
static void partition(size_t out[32], size_t *n)
{
    int64_t persons[32];
    *n = 0;
    for (size_t f = 0; f < TANGLE; f++) {
        for (size_t r = 0; tangle[f].rows[r]; r++) {
            int64_t person = person_of(tangle[f].source, tangle[f].period, r);
            size_t first = 0;
            while (first < *n && persons[first] != person)
                first++;
            persons[*n] = person;
            out[(*n)++] = first;
        }
    }
}

START_TEST(persons_do_not_depend_on_the_order_of_files)
{
    size_t expected[32], found[32], n_expected, n_found;
    for (size_t f = 0; f < TANGLE; f++)
        (void)take(tangle[f].source, tangle[f].period, tangle[f].rows);
    partition(expected, &n_expected);
    int64_t conflicts = number("SELECT count(DISTINCT conflict) FROM identity");
    for (size_t shift = 1; shift < TANGLE; shift++) {
        teardown();
        setup();
        for (size_t f = 0; f < TANGLE; f++) {
            size_t at = shift % 2 ? (f + shift) % TANGLE : (TANGLE - 1 - f + shift) % TANGLE;
            (void)take(tangle[at].source, tangle[at].period, tangle[at].rows);
        }
        partition(found, &n_found);
        ck_assert_uint_eq(n_found, n_expected);
        for (size_t i = 0; i < n_found; i++)
            ck_assert_msg(found[i] == expected[i], "row %zu, order %zu: %zu, not %zu", i, shift,
                          found[i], expected[i]);
        ck_assert_int_eq(number("SELECT count(DISTINCT conflict) FROM identity"), conflicts);
    }
}
END_TEST

START_TEST(importing_a_file_anew_changes_no_person)
{
    size_t before[32], after[32], n;
    for (size_t f = 0; f < TANGLE; f++)
        (void)take(tangle[f].source, tangle[f].period, tangle[f].rows);
    partition(before, &n);
    int64_t sum = number("SELECT sum(id * person_id) FROM identity");
    for (size_t f = 0; f < TANGLE; f++) {
        (void)take(tangle[f].source, tangle[f].period, NO_ROWS);
        (void)take(tangle[f].source, tangle[f].period, tangle[f].rows);
    }
    partition(after, &n);
    ck_assert_int_eq(memcmp(before, after, n * sizeof before[0]), 0);
    ck_assert_int_eq(number("SELECT sum(id * person_id) FROM identity"), sum);
}
END_TEST

static enum tg_status split_off(const char *row)
{
    return tg_person_split(store, &row, 1, NULL, &err);
}

START_TEST(a_wrong_merge_is_undone_and_stays_so)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    (void)take("care", "2025-01", ROWS("@c2,@r1,@k2,," BORN ",,,,"));
    int64_t id = person_of("roster", "2025-01", 0);
    ck_assert_int_eq(person_of("care", "2025-01", 0), id);
    OK(split_off(row_of("care", "2025-01", 0)));
    int64_t other = person_of("care", "2025-01", 0);
    ck_assert_int_eq(person_of("roster", "2025-01", 0), id);
    ck_assert_int_ne(other, id);
    /* the same rows again, replaced files, and rows with the numbers that are each one's own */
    (void)take("care", "2025-02", ROWS("@c2,@r1,@k2,," BORN ",,,,"));
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",west,,"));
    (void)take("roster", "2025-02", ROWS("@n1,,@k1new,," BORN ",,,"));
    (void)take("care", "2025-03", ROWS("@c2,@r1,@k2new,," BORN ",,,,"));
    ck_assert_int_eq(person_of("care", "2025-02", 0), other);
    ck_assert_int_eq(person_of("care", "2025-03", 0), other);
    ck_assert_int_eq(person_of("roster", "2025-01", 0), id);
    ck_assert_int_eq(person_of("roster", "2025-02", 0), id);
    ck_assert_int_eq(number("SELECT count(*) FROM audit WHERE verb = 'person split'"), 1);
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

START_TEST(those_who_share_the_number_stay_together_on_each_side)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    (void)take("roster", "2025-02", ROWS("@n2,@r1,@k1,," BORN ",,,"));
    (void)take("care", "2025-01", ROWS("@c2,@r1,@k2,," BORN ",,,,"));
    (void)take("care", "2025-02", ROWS("@c3,@r1,@k2,," BORN ",,,,"));
    int64_t id = person_of("roster", "2025-01", 0);
    const char *rows[] = {row_of("care", "2025-01", 0), row_of("care", "2025-02", 0)};
    OK(tg_person_split(store, rows, 2, NULL, &err));
    ck_assert_int_eq(person_of("roster", "2025-01", 0), id);
    ck_assert_int_eq(person_of("roster", "2025-02", 0), id);
    ck_assert_int_ne(person_of("care", "2025-01", 0), id);
    ck_assert_int_eq(person_of("care", "2025-01", 0), person_of("care", "2025-02", 0));
}
END_TEST

START_TEST(what_cannot_be_split_is_refused)
{
    (void)take(
        "roster", "2025-01",
        ROWS("@n1,@r1,@k1,," BORN ",,,", "@n2,@r2,@k2,," BORN ",,,", "@n3,@r1,@k3,," BORN ",,,"));
    const char *two[] = {row_of("roster", "2025-01", 0), row_of("roster", "2025-01", 1)};
    ck_assert_int_eq(tg_person_split(store, two, 2, NULL, &err), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_PERSON_SEVERAL);
    ck_assert_int_eq(split_off(row_of("roster", "2025-01", 1)), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_PERSON_WHOLE);
    ck_assert_int_eq(split_off(row_of("roster", "2025-09", 0)), TG_NO_INPUT);
    ck_assert_int_eq(split_off("r1"), TG_USAGE);
    ck_assert_int_eq(number("SELECT count(*) FROM person_apart"), 0);
}
END_TEST

START_TEST(a_persons_history_is_told)
{
    struct tg_buf text = {0};
    char line[256];
    (void)take("roster", "2025-01", ROWS("@n1,,@k1,," BORN ",,,"));
    (void)take("care", "2025-01", ROWS("@c1,@r1,@k1b,," BORN ",,,,"));
    (void)take("care", "2025-02", ROWS("@c1,@r1,@k1b,," BORN ",,,,"));
    (void)take("care", "2025-04", ROWS("@c1,@r1,@k1b,," BORN ",,,,"));
    int64_t first = person_of("roster", "2025-01", 0), second = person_of("care", "2025-01", 0);
    (void)take("roster", "2025-02", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    OK(tg_person_history(store, row_of("care", "2025-01", 0), NULL, NULL, in_dir("p.csv"), false,
                         &err));
    OK(tg_file_read_whole(in_dir("p.csv"), 1 << 20, &text, &err));
    (void)snprintf(line, sizeof line, "\n%d,token,care,%s,care,", (int)first,
                   row_of("care", "2025-04", 0));
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), line));
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), ",2025-01..2025-02 2025-04,,,,\n"));
    (void)snprintf(line, sizeof line, "\n%d,moved,roster,,,,2025-02,%d,%d,", (int)first,
                   (int)second, (int)first);
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), line));
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), ",import\n"));
    tg_buf_free(&text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_persons");
    TCase *t = tcase_create("store_persons");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, one_number_and_equal_birth_and_sex_join);
    tcase_add_test(t, names_alone_join_nobody);
    tcase_add_test(t, a_person_keeps_its_id_when_numbers_and_names_change);
    tcase_add_test(t, different_birth_month_or_sex_is_a_conflict_and_never_merged);
    tcase_add_test(t, in_a_conflict_those_who_agree_are_still_one);
    tcase_add_test(t, conflicts_are_listed_with_their_newest_rows);
    tcase_add_test(t, conflicts_have_the_same_numbers_in_whatever_order_files_come);
    tcase_add_test(t, a_missing_birth_month_joins_only_where_one_is_known);
    tcase_add_test(t, a_missing_sex_that_disagrees_on_birth_is_a_conflict);
    tcase_add_test(t, a_bridging_row_merges_two_persons_into_the_smaller_id);
    tcase_add_test(t, twins_in_one_file_are_two);
    tcase_add_test(t, twins_that_were_taken_for_one_are_split_when_seen_together);
    tcase_add_test(t, a_name_change_in_a_ledger_still_joins);
    tcase_add_test(t, rows_without_tokens_are_nobody);
    tcase_add_test(t, a_replaced_file_takes_its_wrong_bridge_with_it);
    tcase_add_test(t, a_corrected_row_keeps_the_person);
    tcase_add_test(t, sharing_shown_by_a_replaced_file_alone_is_forgotten);
    tcase_add_test(t, persons_do_not_depend_on_the_order_of_files);
    tcase_add_test(t, a_wrong_merge_is_undone_and_stays_so);
    tcase_add_test(t, those_who_share_the_number_stay_together_on_each_side);
    tcase_add_test(t, what_cannot_be_split_is_refused);
    tcase_add_test(t, a_persons_history_is_told);
    tcase_add_test(t, importing_a_file_anew_changes_no_person);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
