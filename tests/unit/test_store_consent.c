/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "store_help.h"

#define PURPOSE                    "outcome-evaluation"
#define USER(app)                  "@" app ",,,walk,1950-03,1,"
#define GIVEN(app, on)             "@" app ",walk," PURPOSE ",f1,web," on ","
#define TAKEN_BACK(app, given, on) "@" app ",walk," PURPOSE ",f1,web," given "," on

static enum tg_consent_state state_on(uint32_t day, uint32_t *since)
{
    struct tg_users users;
    OK(tg_store_users(store, LATE, day, &users, &err));
    ck_assert_uint_ge(users.n, 1);
    char hex[33], found[33] = "";
    row_id_of("users", "2025-01", 0, hex);
    enum tg_consent_state state = TG_CONSENT_NONE;
    for (size_t i = 0; i < users.n; i++) {
        tg_hex_encode(users.items[i].row_id, TG_TOKEN_LEN, found);
        if (strcmp(found, hex) != 0)
            continue;
        state = users.items[i].consent;
        *since = users.items[i].consented_on;
    }
    tg_users_free(&users);
    return state;
}

static void expect(uint32_t day, enum tg_consent_state state, uint32_t since)
{
    uint32_t found = 99;
    enum tg_consent_state is = state_on(day, &found);
    ck_assert_msg(is == state && found == since, "%u: %s since %u", day, tg_consent_state_name(is),
                  found);
}

START_TEST(a_grant_counts_from_its_day)
{
    (void)take("users", "2025-01", ROWS(USER("a1")));
    expect(20250301, TG_CONSENT_NONE, 0);
    (void)take("consents", "2025-02", ROWS(GIVEN("a1", "2025-02-10"), GIVEN("a2", "2024-01-01")));
    expect(20250209, TG_CONSENT_NONE, 0);
    expect(20250210, TG_CONSENT_IN_FORCE, 20250210);
    expect(20290101, TG_CONSENT_IN_FORCE, 20250210);
}
END_TEST

START_TEST(a_withdrawal_ends_it_and_wins_on_its_day)
{
    (void)take("users", "2025-01", ROWS(USER("a1")));
    (void)take("consents", "2025-02",
               ROWS(TAKEN_BACK("a1", "2025-02-10", "2025-03-01"), GIVEN("a1", "2025-03-01")));
    expect(20250228, TG_CONSENT_IN_FORCE, 20250210);
    expect(20250301, TG_CONSENT_WITHDRAWN, 0);
    expect(20260101, TG_CONSENT_WITHDRAWN, 0);
}
END_TEST

START_TEST(a_later_consent_counts_anew)
{
    (void)take("users", "2025-01", ROWS(USER("a1")));
    (void)take("consents", "2025-02",
               ROWS(TAKEN_BACK("a1", "2025-02-10", "2025-03-01"), GIVEN("a1", "2025-04-01"),
                    GIVEN("a1", "2025-05-01")));
    expect(20250331, TG_CONSENT_WITHDRAWN, 0);
    expect(20250601, TG_CONSENT_IN_FORCE, 20250401);
}
END_TEST

START_TEST(facts_count_by_their_own_date_not_by_import)
{
    (void)take("users", "2025-01", ROWS(USER("a1")));
    (void)take("consents", "2025-06", ROWS(GIVEN("a1", "2025-05-01")));
    (void)take("consents", "2025-03", ROWS(TAKEN_BACK("a1", "2025-02-10", "2025-03-01")));
    expect(20250401, TG_CONSENT_WITHDRAWN, 0);
    expect(20250601, TG_CONSENT_IN_FORCE, 20250501);
}
END_TEST

START_TEST(a_withdrawal_survives_an_older_ledger)
{
    (void)take("users", "2025-01", ROWS(USER("a1")));
    (void)take("consents", "2025-03", ROWS(TAKEN_BACK("a1", "2025-02-10", "2025-03-01")));
    expect(20250401, TG_CONSENT_WITHDRAWN, 0);
    struct tg_import_result r = take("consents", "2025-03", ROWS(GIVEN("a1", "2025-02-10")));
    ck_assert_uint_eq(r.outcome, TG_IMPORT_REPLACED);
    expect(20250401, TG_CONSENT_WITHDRAWN, 0);
    (void)take("consents", "2025-02", ROWS(GIVEN("a1", "2025-02-10")));
    expect(20250401, TG_CONSENT_WITHDRAWN, 0);
    (void)take("consents", "2025-04", ROWS(GIVEN("a1", "2025-04-02")));
    expect(20250402, TG_CONSENT_IN_FORCE, 20250402);
}
END_TEST

START_TEST(a_month_does_not_see_later_grants_but_every_withdrawal)
{
    struct tg_users users;
    (void)take("users", "2025-01", ROWS(USER("a1")));
    (void)take("consents", "2025-02", ROWS(GIVEN("a1", "2025-01-10")));
    OK(tg_store_users(store, M(2025, 1), 20250131, &users, &err));
    ck_assert_int_eq(users.items[0].consent, TG_CONSENT_NONE);
    tg_users_free(&users);
    (void)take("consents", "2025-03", ROWS(TAKEN_BACK("a1", "2025-01-10", "2025-02-20")));
    OK(tg_store_users(store, M(2025, 2), 20250228, &users, &err));
    ck_assert_int_eq(users.items[0].consent, TG_CONSENT_WITHDRAWN);
    tg_users_free(&users);
}
END_TEST

START_TEST(a_consent_ends_after_the_studys_months)
{
    char text[sizeof study_text + 64];
    (void)snprintf(text, sizeof text, "%sconsent: {purpose: outcome-evaluation, valid_months: 6}\n",
                   study_text);
    tg_store_close(&store);
    load_study(text);
    open_store();
    (void)take("users", "2025-01", ROWS(USER("a1")));
    (void)take("consents", "2025-01", ROWS(GIVEN("a1", "2024-08-31")));
    expect(20250227, TG_CONSENT_IN_FORCE, 20240831);
    expect(20250228, TG_CONSENT_EXPIRED, 0);
    /* renewed before the end it goes on, after it it begins anew */
    (void)take("consents", "2025-02", ROWS(GIVEN("a1", "2025-02-27"), GIVEN("a1", "2025-09-01")));
    expect(20250301, TG_CONSENT_IN_FORCE, 20240831);
    expect(20250827, TG_CONSENT_EXPIRED, 0);
    expect(20250901, TG_CONSENT_IN_FORCE, 20250901);
}
END_TEST

START_TEST(other_purposes_providers_and_undated_rows_do_not_count)
{
    (void)take("users", "2025-01", ROWS(USER("a1")));
    (void)take("consents", "2025-01",
               ROWS("@a1,walk,advertising,f1,web,2025-01-01,", "@a1,walk," PURPOSE ",f1,web,,",
                    "@a1,walk,,f1,web,2025-01-01,", ",walk," PURPOSE ",f1,web,2025-01-01,"));
    (void)take("other_users", "2025-01", ROWS("@b1,,,run,1950-03,1,"));
    expect(20250601, TG_CONSENT_NONE, 0);
    struct tg_consent_counts *counts;
    size_t n;
    OK(tg_consent_status(store, 20250601, &counts, &n, &err));
    ck_assert_uint_eq(n, 4);
    static const struct {
        const char *provider, *purpose;
        uint64_t in_force, none;
    } rows[] = {{"run", PURPOSE, 0, 1},
                {"walk", "-", 1, 0},
                {"walk", "advertising", 1, 0},
                {"walk", PURPOSE, 0, 1}};
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(counts[i].provider, rows[i].provider);
        ck_assert_str_eq(counts[i].purpose, rows[i].purpose);
        ck_assert_uint_eq(counts[i].in_force, rows[i].in_force);
        ck_assert_uint_eq(counts[i].none, rows[i].none);
        ck_assert_uint_eq(counts[i].withdrawn + counts[i].expired, 0);
    }
    tg_consent_counts_free(counts, n);
}
END_TEST

struct notes {
    enum tg_message message[8];
    char rule[8][sizeof err.rule];
    size_t n;
};

static void on_warn(void *ctx, const struct tg_error *note)
{
    struct notes *notes = ctx;
    notes->message[notes->n] = note->message;
    (void)snprintf(notes->rule[notes->n++], sizeof notes->rule[0], "%s", note->rule);
}

START_TEST(consents_of_nobody_are_told)
{
    struct notes notes = {.n = 0};
    const struct tg_reporter reporter = {.ctx = &notes, .warn = on_warn};
    struct tg_import_result result;
    const char *path =
        make_file("consents", "2025-01",
                  ROWS(GIVEN("a1", "2025-01-01"), ",walk," PURPOSE ",f1,web,2025-01-01,"));
    OK(tg_import(store, path, &reporter, &result, &err));
    ck_assert_uint_eq(notes.n, 1);
    ck_assert_int_eq(notes.message[0], TG_MSG_CONSENT_NO_USER);
    ck_assert_str_eq(notes.rule[0], "1");
}
END_TEST

START_TEST(users_are_counted_by_state)
{
    (void)take("users", "2025-01",
               ROWS(USER("a1"), USER("a2"), USER("a3"), USER("a4"), ",,,walk,,,"));
    (void)take("users", "2025-02", ROWS(USER("a1"), USER("a2"), USER("a3"), ",,,walk,,,"));
    (void)take("consents", "2025-01",
               ROWS(GIVEN("a1", "2025-01-01"), TAKEN_BACK("a2", "2025-01-01", "2025-01-05"),
                    GIVEN("a4", "2025-01-01"), GIVEN("a9", "2025-01-01")));
    struct tg_consent_counts *counts;
    size_t n;
    OK(tg_consent_status(store, 20250601, &counts, &n, &err));
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(counts[0].in_force, 1);
    ck_assert_uint_eq(counts[0].withdrawn, 1);
    ck_assert_uint_eq(counts[0].none, 2);
    tg_consent_counts_free(counts, n);
}
END_TEST

START_TEST(the_registry_is_written_as_csv)
{
    (void)take("users", "2025-01", ROWS(USER("a1"), USER("a2")));
    (void)take("users", "2025-02", ROWS(USER("a1")));
    (void)take("consents", "2025-01",
               ROWS(GIVEN("a1", "2025-01-01"), TAKEN_BACK("a2", "2025-01-01", "2025-01-05"),
                    "@a3,walk,\"x,y\",f2,face,2026-01-01,"));
    OK(tg_consent_list(store, 20250601, in_dir("list.csv"), false, &err));
    ck_assert_int_eq(tg_consent_list(store, 20250601, in_dir("list.csv"), false, &err),
                     TG_CANT_CREATE);
    OK(tg_consent_list(store, 20250601, in_dir("list.csv"), true, &err));
    char row_1[33], row_2[33], expected[1024], line_1[256], line_2[256];
    row_id_of("users", "2025-02", 0, row_1);
    row_id_of("users", "2025-01", 1, row_2);
    (void)snprintf(line_1, sizeof line_1, "walk," PURPOSE ",%s,f1,web,2025-01-01,,in_force\n",
                   row_1);
    (void)snprintf(line_2, sizeof line_2,
                   "walk," PURPOSE ",%s,f1,web,2025-01-01,2025-01-05,withdrawn\n", row_2);
    bool swap = strcmp(row_1, row_2) > 0;
    (void)snprintf(expected, sizeof expected,
                   "provider,purpose,user_row_id,form,method,granted_on,withdrawn_on,state\n"
                   "%s%swalk,\"x,y\",,,,,,none\n",
                   swap ? line_2 : line_1, swap ? line_1 : line_2);
    struct tg_buf text = {0};
    OK(tg_file_read_whole(in_dir("list.csv"), 1 << 16, &text, &err));
    ck_assert_str_eq(tg_buf_text(&text, &err), expected);
    tg_buf_free(&text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_consent");
    TCase *t = tcase_create("store_consent");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_grant_counts_from_its_day);
    tcase_add_test(t, a_withdrawal_ends_it_and_wins_on_its_day);
    tcase_add_test(t, a_later_consent_counts_anew);
    tcase_add_test(t, facts_count_by_their_own_date_not_by_import);
    tcase_add_test(t, a_withdrawal_survives_an_older_ledger);
    tcase_add_test(t, a_month_does_not_see_later_grants_but_every_withdrawal);
    tcase_add_test(t, a_consent_ends_after_the_studys_months);
    tcase_add_test(t, other_purposes_providers_and_undated_rows_do_not_count);
    tcase_add_test(t, consents_of_nobody_are_told);
    tcase_add_test(t, users_are_counted_by_state);
    tcase_add_test(t, the_registry_is_written_as_csv);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
