/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "store_help.h"

/* A token of the second epoch is the first one's label with a 2 before it. */
#define NEW_KEY "fedcba9876543210"
#define PERSON(e, n, sex)                                                                          \
    "@" e "i" n ",@" e "r" n ",@" e "p" n ",@" e "n" n ",1950-03," sex ",north,2015-04-01,"
#define USER(e, app, p)            "@" e app ",@" e "p" p ",@" e "n" p ",walk,1950-03,1,"
#define GIVEN(e, app, on)          "@" e app ",walk,outcome-evaluation,f1,web," on ","
#define TAKEN_BACK(e, app, on, at) "@" e app ",walk,outcome-evaluation,f1,web," on "," at

/* The file's manifest again, with other keys. */
static void stamp(const char *path, const char *key, const char *row_key, const char *until)
{
    struct tg_arena arena = {0};
    struct tg_manifest m;
    char *manifest = tg_manifest_path(&arena, path, &err);
    OK(tg_manifest_read(manifest, &arena, &m, &err));
    m.key_id = key;
    m.row_key_id = row_key;
    m.overlap_until = until;
    OK(tg_manifest_write(manifest, &m, NULL, true, &err));
    tg_arena_free(&arena);
}

static enum tg_status try_new(const char *name, const char *period, const char *const *rows,
                              struct tg_import_result *result)
{
    const char *path = make_file(name, period, rows);
    stamp(path, NEW_KEY, "", "");
    return tg_import(store, path, NULL, result, &err);
}

static struct tg_import_result take_new(const char *name, const char *period,
                                        const char *const *rows)
{
    struct tg_import_result result;
    enum tg_status status = try_new(name, period, rows, &result);
    ck_assert_msg(status == TG_OK, "%s %s: %d %s", name, period, err.message, err.rule);
    return result;
}

static enum tg_status try_bridge(const char *name, const char *period, const char *const *rows,
                                 struct tg_bridge_result *result)
{
    const char *path = make_file(name, period, rows);
    stamp(path, NEW_KEY, KEY_ID, "2025-03");
    return tg_import_bridge(store, path, NULL, result, &err);
}

static struct tg_bridge_result bridge(const char *name, const char *period, const char *const *rows)
{
    struct tg_bridge_result result;
    enum tg_status status = try_bridge(name, period, rows, &result);
    ck_assert_msg(status == TG_OK, "%s %s: %d %s", name, period, err.message, err.rule);
    return result;
}

#define ROSTER(e) ROWS(PERSON(e, "1", "1"), PERSON(e, "2", "2"), PERSON(e, "3", "1"))

static void fill(void)
{
    (void)take("roster", "2025-01", ROSTER(""));
    (void)take("medical", "2025-01", ROWS("@i1,@p1,@n1,2025-01,I10,1200"));
    (void)take("users", "2025-01", ROWS(USER("", "a1", "1"), USER("", "a2", "2")));
    (void)take(
        "consents", "2025-01",
        ROWS(GIVEN("", "a1", "2025-01-10"), TAKEN_BACK("", "a2", "2025-01-10", "2025-01-20")));
}

static void bridge_all(void)
{
    (void)bridge("roster", "2025-01", ROSTER("2"));
    (void)bridge("users", "2025-01", ROWS(USER("2", "a1", "1"), USER("2", "a2", "2")));
}

static enum tg_consent_state state_of(const char *period, size_t user)
{
    struct tg_users users;
    char hex[33], found[33] = "";
    enum tg_consent_state state = TG_CONSENT_EXPIRED;
    row_id_of("users", period, user, hex);
    OK(tg_store_users(store, LATE, 20250601, &users, &err));
    for (size_t i = 0; i < users.n; i++) {
        tg_hex_encode(users.items[i].row_id, TG_TOKEN_LEN, found);
        if (strcmp(found, hex) == 0)
            state = users.items[i].consent;
    }
    tg_users_free(&users);
    return state;
}

START_TEST(persons_keep_their_number_in_the_new_epoch)
{
    fill();
    int64_t person[3];
    for (size_t i = 0; i < 3; i++)
        person[i] = person_of("roster", "2025-01", i);
    bridge_all();
    struct tg_import_result r = take_new("roster", "2025-02", ROSTER("2"));
    ck_assert_uint_eq(r.conflicts, 0);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(person_of("roster", "2025-02", i), person[i]);
    OK(tg_store_verify(store, NULL, &err));
    /* claims of the new epoch are the same person's as those of the old one */
    (void)take_new("medical", "2025-02", ROWS("@2i1,@2p1,@2n1,2025-02,I10,800"));
    ck_assert_int_eq(number("SELECT 10 * count(*) + count(DISTINCT hex(i.tokens)) FROM identity i"
                            " JOIN source s ON s.id = i.source_id WHERE s.name = 'medical'"),
                     21);
}
END_TEST

START_TEST(without_a_bridge_the_new_key_is_refused)
{
    struct tg_import_result result;
    fill();
    ck_assert_int_eq(try_new("roster", "2025-02", ROSTER("2"), &result), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_IMPORT_KEY);
}
END_TEST

START_TEST(both_epochs_link_while_they_overlap_and_the_old_one_ends)
{
    struct tg_import_result result;
    fill();
    int64_t one = person_of("roster", "2025-01", 0);
    bridge_all();
    /* an old file after the switch: led over as it comes, joined with the new epoch's people */
    struct tg_import_result r = take("roster", "2025-02", ROSTER(""));
    ck_assert_uint_eq(r.new_persons, 0);
    ck_assert_int_eq(person_of("roster", "2025-02", 0), one);
    (void)take_new("roster", "2025-03", ROSTER("2"));
    ck_assert_int_eq(person_of("roster", "2025-03", 0), one);
    /* somebody new in an old file, whose number is known under the new key */
    (void)take("roster", "2025-03", ROWS("@i8,@r1,@p8,,1950-03,1,south,2015-04-01,"));
    ck_assert_int_eq(person_of("roster", "2025-03", 0), one);
    /* beyond the stated month, and after the end */
    const char *late = make_file("roster", "2025-04", ROSTER(""));
    ck_assert_int_eq(tg_import(store, late, NULL, &result, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_KEY_RETIRED);
    OK(tg_store_retire_key(store, false, &err));
    late = make_file("roster", "2025-03", ROSTER(""));
    ck_assert_int_eq(tg_import(store, late, NULL, &result, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_IMPORT_KEY);
    ck_assert_int_eq(tg_store_retire_key(store, false, &err), TG_DATA);
    ck_assert_int_eq(number("SELECT count(*) FROM bridge"), 0);
    (void)take_new("roster", "2025-04", ROSTER("2"));
    ck_assert_int_eq(person_of("roster", "2025-04", 0), one);
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

START_TEST(who_withdrew_stays_withdrawn_in_the_new_epoch)
{
    struct tg_import_result result;
    fill();
    (void)bridge("roster", "2025-01", ROSTER("2"));
    /* the provider's tombstone is not led over yet */
    ck_assert_int_eq(
        try_new("users", "2025-02", ROWS(USER("2", "a1", "1"), USER("2", "a2", "2")), &result),
        TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_BRIDGE_WITHDRAWALS);
    ck_assert_int_eq(tg_store_retire_key(store, false, &err), TG_CHECK_FAILED);
    struct tg_bridge_result b = bridge(
        "consents", "2025-01",
        ROWS(GIVEN("2", "a1", "2025-01-10"), TAKEN_BACK("2", "a2", "2025-01-10", "2025-01-20")));
    ck_assert_uint_eq(b.withdrawals_left, 0);
    (void)take_new("users", "2025-02", ROWS(USER("2", "a1", "1"), USER("2", "a2", "2")));
    /* an old ledger under the new key does not revive it */
    (void)take_new("consents", "2025-02",
                   ROWS(GIVEN("2", "a1", "2025-01-10"), GIVEN("2", "a2", "2025-01-10")));
    ck_assert_int_eq(state_of("2025-02", 0), TG_CONSENT_IN_FORCE);
    ck_assert_int_eq(state_of("2025-02", 1), TG_CONSENT_WITHDRAWN);
    OK(tg_store_retire_key(store, false, &err));
    ck_assert_int_eq(state_of("2025-02", 1), TG_CONSENT_WITHDRAWN);
}
END_TEST

/* A withdrawal that arrives under the old key during the overlap, of somebody nobody led over. */
START_TEST(a_late_withdrawal_under_the_old_key_is_not_lost)
{
    struct tg_import_result result;
    fill();
    bridge_all();
    (void)bridge(
        "consents", "2025-01",
        ROWS(GIVEN("2", "a1", "2025-01-10"), TAKEN_BACK("2", "a2", "2025-01-10", "2025-01-20")));
    (void)take("consents", "2025-02", ROWS(TAKEN_BACK("", "a9", "2025-01-01", "2025-02-01")));
    ck_assert_int_eq(try_new("users", "2025-03", ROWS(USER("2", "a9", "1")), &result),
                     TG_NO_PERMISSION);
    ck_assert_int_eq(tg_store_retire_key(store, false, &err), TG_CHECK_FAILED);
    (void)bridge("consents", "2025-02", ROWS(TAKEN_BACK("2", "a9", "2025-01-01", "2025-02-01")));
    (void)take_new("users", "2025-03", ROWS(USER("2", "a9", "1")));
    (void)take_new("consents", "2025-03", ROWS(GIVEN("2", "a9", "2025-01-01")));
    ck_assert_int_eq(state_of("2025-03", 0), TG_CONSENT_WITHDRAWN);
    /* one under the old key of somebody who was led over counts at once */
    (void)take("consents", "2025-03", ROWS(TAKEN_BACK("", "a1", "2025-01-10", "2025-03-01")));
    (void)take_new("users", "2025-04", ROWS(USER("2", "a1", "1")));
    ck_assert_int_eq(state_of("2025-04", 0), TG_CONSENT_WITHDRAWN);
    OK(tg_store_retire_key(store, true, &err));
}
END_TEST

static void assert_refused(enum tg_status want, enum tg_message message, const char *name,
                           const char *period, const char *const *rows)
{
    struct tg_bridge_result result;
    enum tg_status status = try_bridge(name, period, rows, &result);
    ck_assert_msg(status == want && err.message == message, "%s %s: %d E%d", name, period,
                  (int)status, (int)err.message);
}

START_TEST(what_does_not_fit_is_refused_and_changes_nothing)
{
    struct tg_bridge_result result;
    fill();
    int64_t before = number("SELECT count(*) FROM identity_token");
    assert_refused(TG_DATA, TG_MSG_BRIDGE_DELIVERY, "roster", "2025-07", ROSTER("2"));
    assert_refused(TG_DATA, TG_MSG_BRIDGE_DELIVERY, "roster", "2025-01",
                   ROWS(PERSON("2", "1", "1"), PERSON("2", "2", "2")));
    /* a column that was empty */
    assert_refused(TG_DATA, TG_MSG_BRIDGE_ROW, "roster", "2025-01",
                   ROWS(PERSON("2", "1", "1"), PERSON("2", "2", "2"),
                        ",@2r3,@2p3,@2n3,1950-03,1,north,2015-04-01,"));
    /* two old tokens, one new one */
    assert_refused(TG_DATA, TG_MSG_BRIDGE_ROW, "roster", "2025-01",
                   ROWS(PERSON("2", "1", "1"), PERSON("2", "1", "2"), PERSON("2", "3", "1")));
    /* an ordinary file, and a bridge that is taken for one */
    const char *path = make_file("roster", "2025-01", ROSTER("2"));
    ck_assert_int_eq(tg_import_bridge(store, path, NULL, &result, &err), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_BRIDGE_NONE);
    struct tg_import_result import;
    stamp(path, NEW_KEY, KEY_ID, "");
    ck_assert_int_eq(tg_import(store, path, NULL, &import, &err), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_BRIDGE_IS_ONE);
    stamp(path, NEW_KEY, "0000000000000000", "");
    ck_assert_int_eq(tg_import_bridge(store, path, NULL, &result, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_BRIDGE_KEY);
    ck_assert_int_eq(number("SELECT count(*) FROM identity_token"), before);
    ck_assert_int_eq(number("SELECT count(*) FROM bridge"), 0);
    OK(tg_store_verify(store, NULL, &err));
    /* the old key still counts */
    (void)take("roster", "2025-02", ROSTER(""));
}
END_TEST

START_TEST(a_bridge_twice_and_a_rotation_of_the_site_key_between)
{
    fill();
    bridge_all();
    OK(tg_store_rekey(store, NULL, &err));
    bridge_all();
    int64_t one = person_of("roster", "2025-01", 0);
    (void)take("roster", "2025-02", ROSTER(""));
    (void)take_new("roster", "2025-03", ROSTER("2"));
    ck_assert_int_eq(person_of("roster", "2025-02", 0), one);
    ck_assert_int_eq(person_of("roster", "2025-03", 0), one);
    /* a third epoch has to wait for the end of the first */
    struct tg_bridge_result result;
    const char *path = make_file("roster", "2025-03", ROSTER("3"));
    stamp(path, "3333333333333333", NEW_KEY, "");
    ck_assert_int_eq(tg_import_bridge(store, path, NULL, &result, &err), TG_NO_PERMISSION);
    OK(tg_store_retire_key(store, true, &err));
    OK(tg_import_bridge(store, path, NULL, &result, &err));
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store bridge");
    TCase *c = tcase_create("bridge");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, persons_keep_their_number_in_the_new_epoch);
    tcase_add_test(c, without_a_bridge_the_new_key_is_refused);
    tcase_add_test(c, both_epochs_link_while_they_overlap_and_the_old_one_ends);
    tcase_add_test(c, who_withdrew_stays_withdrawn_in_the_new_epoch);
    tcase_add_test(c, a_late_withdrawal_under_the_old_key_is_not_lost);
    tcase_add_test(c, what_does_not_fit_is_refused_and_changes_nothing);
    tcase_add_test(c, a_bridge_twice_and_a_rotation_of_the_site_key_between);
    suite_add_tcase(s, c);
    return run_tests(s);
}
