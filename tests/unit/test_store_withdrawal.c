/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "store_help.h"

#include "store/placing.h"
#include "store/room.h"

#define PURPOSE                    "outcome-evaluation"
#define USER(app)                  "@" app ",@k" app ",@x" app ",walk,1950-03,1,"
#define GIVEN(app, on)             "@" app ",walk," PURPOSE ",f1,web," on ","
#define TAKEN_BACK(app, given, on) "@" app ",walk," PURPOSE ",f1,web," given "," on

/* The study with one more source, and its consents as `consent` says. */
static void restart(const char *consent)
{
    char text[sizeof study_text + 512];
    const char *tokens = strstr(study_text, "tokens:\n");
    (void)snprintf(text, sizeof text,
                   "%.*s  run_consents: {kind: consents, provider: run, columns: {app_user_id: u,\n"
                   "                 purpose: p, granted_on: g, withdrawn_on: w, form: f}}\n%s%s",
                   (int)(tokens - study_text), study_text, tokens, consent);
    tg_store_close(&store);
    load_study(text);
    open_store();
}

static enum tg_consent_state state_of(size_t row, uint32_t day)
{
    struct tg_users users;
    char hex[33], found[33] = "";
    enum tg_consent_state state = TG_CONSENT_NONE;
    bool there = false;
    OK(tg_store_users(store, LATE, day, &users, &err));
    row_id_of("users", "2025-01", row, hex);
    for (size_t i = 0; i < users.n; i++) {
        tg_hex_encode(users.items[i].row_id, TG_TOKEN_LEN, found);
        if (strcmp(found, hex) != 0)
            continue;
        there = true;
        state = users.items[i].consent;
    }
    tg_users_free(&users);
    ck_assert(there);
    return state;
}

static const char *row(const char *source, const char *period, size_t at)
{
    static char hex[33];
    row_id_of(source, period, at, hex);
    return hex;
}

static const char *token(const char *label)
{
    static char hex[33];
    label_token(label, strlen(label), hex);
    return hex;
}

static enum tg_status withdraw(const char *user, const char *purpose, uint32_t on)
{
    return tg_consent_withdraw(store, "walk", user, purpose, on, NULL, &err);
}

START_TEST(a_withdrawal_at_the_counter_ends_all_purposes)
{
    (void)take("users", "2025-01", ROWS(USER("a1"), USER("a2")));
    (void)take("consents", "2025-01", ROWS(GIVEN("a1", "2025-01-10"), GIVEN("a2", "2025-01-10")));
    OK(withdraw(row("users", "2025-01", 0), NULL, 20250301));
    ck_assert_int_eq(state_of(0, 20250228), TG_CONSENT_IN_FORCE);
    ck_assert_int_eq(state_of(0, 20250301), TG_CONSENT_WITHDRAWN);
    ck_assert_int_eq(state_of(1, 20250301), TG_CONSENT_IN_FORCE);
    /* no old ledger revives it, whatever its purposes; a later consent does */
    (void)take("consents", "2025-04", ROWS(GIVEN("a1", "2025-02-10")));
    ck_assert_int_eq(state_of(0, 20250501), TG_CONSENT_WITHDRAWN);
    (void)take("consents", "2025-05", ROWS(GIVEN("a1", "2025-03-02")));
    ck_assert_int_eq(state_of(0, 20250501), TG_CONSENT_IN_FORCE);
    ck_assert_int_eq(number("SELECT count(*) FROM audit WHERE verb = 'consent withdraw'"), 1);
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

START_TEST(users_are_named_by_row_or_token)
{
    (void)take("users", "2025-01", ROWS(USER("a1"), USER("a2"), USER("a3")));
    (void)take(
        "consents", "2025-01",
        ROWS(GIVEN("a1", "2025-01-10"), GIVEN("a2", "2025-01-10"), GIVEN("a3", "2025-01-10")));
    OK(withdraw(row("consents", "2025-01", 1), NULL, 20250301));
    OK(withdraw(token("a3"), NULL, 20250301));
    ck_assert_int_eq(state_of(0, 20250401), TG_CONSENT_IN_FORCE);
    ck_assert_int_eq(state_of(1, 20250401), TG_CONSENT_WITHDRAWN);
    ck_assert_int_eq(state_of(2, 20250401), TG_CONSENT_WITHDRAWN);
}
END_TEST

START_TEST(nobody_is_withdrawn_by_a_wrong_name)
{
    (void)take("users", "2025-01", ROWS(USER("a1")));
    (void)take("other_users", "2025-01", ROWS("@b1,,,run,1950-03,1,"));
    ck_assert_int_eq(withdraw(token("nobody"), NULL, 20250301), TG_NO_INPUT);
    ck_assert_int_eq(err.message, TG_MSG_CONSENT_UNKNOWN_USER);
    ck_assert_int_eq(withdraw(row("other_users", "2025-01", 0), NULL, 20250301), TG_NO_INPUT);
    ck_assert_int_eq(withdraw(token("b1"), NULL, 20250301), TG_NO_INPUT);
    ck_assert_int_eq(withdraw("a1", NULL, 20250301), TG_USAGE);
    ck_assert_int_eq(tg_consent_withdraw(store, "swim", token("a1"), NULL, 20250301, NULL, &err),
                     TG_USAGE);
    ck_assert_int_eq(number("SELECT count(*) FROM withdrawal"), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM audit WHERE verb LIKE 'consent%'"), 0);
}
END_TEST

START_TEST(one_purpose_can_be_withdrawn_alone)
{
    (void)take("users", "2025-01", ROWS(USER("a1")));
    (void)take("consents", "2025-01",
               ROWS(GIVEN("a1", "2025-01-10"), "@a1,walk,advertising,f1,web,2025-01-10,"));
    OK(withdraw(token("a1"), "advertising", 20250301));
    ck_assert_int_eq(state_of(0, 20250401), TG_CONSENT_IN_FORCE);
    struct tg_consent_counts *counts;
    size_t n;
    OK(tg_consent_status(store, 20250401, &counts, &n, &err));
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(counts[0].purpose, "advertising");
    ck_assert_uint_eq(counts[0].withdrawn, 1);
    ck_assert_uint_eq(counts[1].in_force, 1);
    tg_consent_counts_free(counts, n);
}
END_TEST

START_TEST(a_providers_file_says_nothing_about_another_providers_users)
{
    restart("");
    (void)take("users", "2025-01", ROWS(USER("a1"), USER("a2")));
    (void)take("consents", "2025-01", ROWS(GIVEN("a2", "2025-01-10")));
    (void)take(
        "run_consents", "2025-01",
        ROWS("@a1,run," PURPOSE ",,,2025-01-10,", "@a2,run," PURPOSE ",,,2025-01-10,2025-01-11"));
    ck_assert_int_eq(state_of(0, 20250401), TG_CONSENT_NONE);
    ck_assert_int_eq(state_of(1, 20250401), TG_CONSENT_IN_FORCE);
    /* nor does the same withdrawal by both shadow the right one */
    (void)take("consents", "2025-02", ROWS(TAKEN_BACK("a2", "2025-01-10", "2025-01-11")));
    ck_assert_int_eq(state_of(1, 20250401), TG_CONSENT_WITHDRAWN);
}
END_TEST

START_TEST(a_consent_to_another_text_does_not_count)
{
    restart("consent: {forms: [f2, f3]}\n");
    (void)take("users", "2025-01", ROWS(USER("a1"), USER("a2"), USER("a3")));
    (void)take("consents", "2025-01",
               ROWS(GIVEN("a1", "2025-01-10"), "@a2,walk," PURPOSE ",f2,web,2025-01-10,",
                    "@a3,walk," PURPOSE ",,web,2025-01-10,"));
    ck_assert_int_eq(state_of(0, 20250401), TG_CONSENT_NONE);
    ck_assert_int_eq(state_of(1, 20250401), TG_CONSENT_IN_FORCE);
    ck_assert_int_eq(state_of(2, 20250401), TG_CONSENT_NONE);
    (void)take("consents", "2025-02", ROWS("@a1,walk," PURPOSE ",f3,web,2025-03-01,"));
    ck_assert_int_eq(state_of(0, 20250401), TG_CONSENT_IN_FORCE);
    ck_assert_int_eq(state_of(0, 20250228), TG_CONSENT_NONE);
    restart("consent: {form: f1}\n");
    ck_assert_int_eq(state_of(0, 20250401), TG_CONSENT_IN_FORCE);
    ck_assert_int_eq(state_of(1, 20250401), TG_CONSENT_NONE);
}
END_TEST

static void read_text(const char *path, struct tg_buf *out)
{
    OK(tg_file_read_whole(path, 1 << 20, out, &err));
    ck_assert_ptr_nonnull(tg_buf_text(out, &err));
}

START_TEST(the_whole_history_of_one_user)
{
    restart("consent: {valid_months: 12, forms: [f1]}\n");
    (void)take("users", "2025-01", ROWS(USER("a1"), USER("a2")));
    (void)take("consents", "2025-02",
               ROWS(TAKEN_BACK("a1", "2025-01-10", "2025-02-01"), GIVEN("a2", "2025-01-01"),
                    "@a1,walk," PURPOSE ",f0,paper,2025-03-01,", GIVEN("a1", "2025-04-01")));
    OK(withdraw(token("a1"), NULL, 20250501));
    OK(tg_consent_history(store, token("a1"), 20250601, in_dir("a1.csv"), false, &err));
    char rows[3][33], sha[TG_DIGEST_HEX + 1], expected[2048];
    row_id_of("consents", "2025-02", 0, rows[0]);
    row_id_of("consents", "2025-02", 2, rows[1]);
    row_id_of("consents", "2025-02", 3, rows[2]);
    OK(tg_digest_file(in_dir("consents-2025-02.csv"), sha, &err));
    (void)snprintf(
        expected, sizeof expected,
        "provider,purpose,day,fact,form,method,expires_on,state,source,period,row_id,sha256\n"
        "walk,*,2025-05-01,withdrawn,,counter,,withdrawn,,,,\n"
        "walk," PURPOSE ",2025-01-10,granted,f1,web,2026-01-10,in_force,consents,2025-02,%s,%s\n"
        "walk," PURPOSE ",2025-02-01,withdrawn,f1,web,,withdrawn,consents,2025-02,%s,%s\n"
        "walk," PURPOSE ",2025-03-01,granted_other_form,f0,paper,2026-03-01,withdrawn,consents,"
        "2025-02,%s,%s\n"
        "walk," PURPOSE ",2025-04-01,granted,f1,web,2026-04-01,in_force,consents,2025-02,%s,%s\n"
        "walk," PURPOSE ",2025-06-01,asked,,,,withdrawn,,,,\n",
        rows[0], sha, rows[0], sha, rows[1], sha, rows[2], sha);
    struct tg_buf text = {0};
    read_text(in_dir("a1.csv"), &text);
    ck_assert_str_eq(tg_buf_text(&text, &err), expected);
    tg_buf_free(&text);
}
END_TEST

/* Does some file of the store hold these bytes? */
static bool store_holds(const void *bytes, size_t len)
{
    static const char *const suffixes[] = {"", "-wal", "-journal", "-shm"};
    bool found = false;
    for (size_t s = 0; s < sizeof suffixes / sizeof suffixes[0]; s++) {
        struct tg_buf text = {0};
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", db_path, suffixes[s]);
        if (!tg_file_exists(path))
            continue;
        OK(tg_file_read_whole(path, 1 << 28, &text, &err));
        found |= memmem(text.data, text.len, bytes, len) != NULL;
        tg_buf_free(&text);
    }
    return found;
}

struct trace {
    unsigned char bytes[TG_TOKEN_LEN];
    size_t len;
};

static struct trace trace_row(const char *source, size_t at)
{
    struct trace t = {.len = TG_TOKEN_LEN};
    ck_assert(tg_hex_decode(row(source, "2025-01", at), TG_TOKEN_LEN, t.bytes));
    return t;
}

static struct trace trace_token(const char *name, const char *label)
{
    struct trace t = {.len = TG_TOKEN_LEN};
    unsigned char arrived[TG_TOKEN_LEN];
    struct tg_buf scratch = {0};
    ck_assert(tg_hex_decode(token(label), TG_TOKEN_LEN, arrived));
    OK(tg_store_hash(store, name, arrived, &scratch, t.bytes, &err));
    tg_buf_free(&scratch);
    return t;
}

static struct trace trace_number(double number)
{
    struct trace t = {.len = sizeof number};
    memcpy(t.bytes, &number, sizeof number);
    return t;
}

enum { CROWD = 400 };

/* Many users before and after the one in question, so that rows move between pages. */
static void take_crowd(const char *source, bool users, const char *own)
{
    static char text[CROWD][96];
    const char *rows[CROWD + 1] = {NULL};
    for (int i = 0; i < CROWD; i++) {
        if (users)
            (void)snprintf(text[i], sizeof text[i], "@u%d,@ku%d,@xu%d,walk,1950-03,1,", i, i, i);
        else
            (void)snprintf(text[i], sizeof text[i], "@u%d,2025-01-05,1234,", i);
        rows[i] = text[i];
    }
    rows[0] = own;
    (void)take(source, "2025-01", rows);
}

static void record_run(int32_t month, const char *recipient)
{
    struct tg_users users;
    OK(tg_store_users(store, month, 20250131, &users, &err));
    int64_t *ids = tg_calloc(users.n, sizeof *ids, &err);
    size_t n = 0;
    for (size_t i = 0; i < users.n; i++) {
        if (users.items[i].consent == TG_CONSENT_IN_FORCE)
            ids[n++] = users.items[i].identity;
    }
    ck_assert_uint_eq(n, 1);
    const struct tg_run_record run = {.month = month,
                                      .recipient = recipient,
                                      .folder = dir,
                                      .made = in_dir("made"),
                                      .users = ids,
                                      .n_users = n,
                                      .detail = "{}"};
    OK(tg_store_run_begin(store, &run, &err));
    OK(tg_store_run_end(store, dir, &err));
    free(ids);
    tg_users_free(&users);
}

/* A clerk says that the app user of a row is the person of roster row 0. */
static void decide(const char *user_row)
{
    struct tg_review_counts counts;
    struct tg_buf text = {0};
    char user[33];
    (void)snprintf(user, sizeof user, "%s", user_row);
    OK(tg_buf_printf(&text, &err, "user_row_id,roster_row_id,decision\n%s,%s,same\n", user,
                     row("roster", "2025-01", 0)));
    OK(tg_file_write_whole(in_dir("decided.csv"), text.data, text.len, 0600, true, &err));
    OK(tg_review_apply(store, in_dir("decided.csv"), &counts, &err));
    ck_assert_uint_eq(counts.same, 1);
    tg_buf_free(&text);
}

START_TEST(what_was_purged_cannot_be_found_in_any_byte)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,,1950-03,1,,,"));
    (void)take("users", "2024-12", ROWS(USER("a1")));
    take_crowd("users", true, USER("a1"));
    take_crowd("steps", false, "@a1,2025-01-05,31337.5,77.25");
    (void)take("steps", "2025-02", ROWS("@a1,2025-02-05,31337.5,77.25", "@u5,2025-02-05,10,"));
    (void)take("consents", "2025-01", ROWS(GIVEN("a1", "2025-01-10")));
    record_run(M(2025, 1), "evaluator");
    record_run(M(2025, 1), "evaluator");
    record_run(M(2025, 1), "auditor");
    decide(row("users", "2025-01", 0));
    OK(withdraw(token("a1"), NULL, 20250301));
    const struct trace traces[] = {trace_row("users", 0), trace_token("person", "ka1"),
                                   trace_number(31337.5), trace_number(77.25)};
    enum { N_TRACES = sizeof traces / sizeof traces[0] };
    for (size_t i = 0; i < N_TRACES; i++)
        ck_assert_msg(store_holds(traces[i].bytes, traces[i].len), "trace %zu", i);
    struct tg_purge_result r;
    OK(tg_consent_purge(store, 20250401, in_dir("purged.csv"), false, NULL, &r, &err));
    ck_assert_uint_eq(r.users, 1);
    ck_assert_uint_eq(r.rows, 4);
    ck_assert_uint_eq(r.deliveries, 2);
    for (size_t i = 0; i < N_TRACES; i++)
        ck_assert_msg(!store_holds(traces[i].bytes, traces[i].len), "trace %zu", i);
    ck_assert_int_eq(number("SELECT count(*) FROM review_decision"), 0);
    struct tg_buf text = {0};
    char line[128];
    read_text(in_dir("purged.csv"), &text);
    (void)snprintf(line, sizeof line, "\nwalk,%s,2025-01,auditor,", row("users", "2025-01", 0));
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), line));
    tg_buf_free(&text);
    OK(tg_store_verify(store, NULL, &err));
    /* the tombstone stays, and so does what is known of earlier runs */
    (void)take("users", "2025-02", ROWS(USER("a1")));
    (void)take("consents", "2025-02", ROWS(GIVEN("a1", "2025-01-20")));
    OK(tg_consent_history(store, token("a1"), 20250401, in_dir("a1.csv"), false, &err));
    read_text(in_dir("a1.csv"), &text);
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), "delivered,,,,,evaluator,2025-01,,\n"));
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&text, &err), "asked,,,,withdrawn,"));
    tg_buf_free(&text);
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

START_TEST(those_who_did_not_withdraw_are_not_purged)
{
    struct tg_purge_result r;
    (void)take("users", "2025-01", ROWS(USER("a1"), USER("a2"), USER("a3")));
    (void)take("steps", "2025-01", ROWS("@a1,2025-01-05,1,", "@a2,2025-01-05,2,"));
    (void)take("consents", "2025-01", ROWS(GIVEN("a1", "2025-01-10")));
    OK(withdraw(token("a1"), NULL, 20250301));
    OK(withdraw(token("a2"), "advertising", 20250301));
    (void)take("consents", "2025-03", ROWS(GIVEN("a1", "2025-03-10")));
    OK(tg_consent_purge(store, 20250401, in_dir("purged.csv"), false, NULL, &r, &err));
    ck_assert_uint_eq(r.users + r.rows, 0);
    ck_assert_int_eq(number("SELECT count(*) FROM user_row"), 3);
    ck_assert_int_eq(number("SELECT count(*) FROM measure_run"), 2);
    /* between the two days a1 had withdrawn */
    OK(tg_consent_purge(store, 20250305, in_dir("purged.csv"), true, NULL, &r, &err));
    ck_assert_uint_eq(r.users, 1);
    ck_assert_int_eq(number("SELECT count(*) FROM user_row"), 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_withdrawal");
    TCase *t = tcase_create("store_withdrawal");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_withdrawal_at_the_counter_ends_all_purposes);
    tcase_add_test(t, users_are_named_by_row_or_token);
    tcase_add_test(t, nobody_is_withdrawn_by_a_wrong_name);
    tcase_add_test(t, one_purpose_can_be_withdrawn_alone);
    tcase_add_test(t, a_providers_file_says_nothing_about_another_providers_users);
    tcase_add_test(t, a_consent_to_another_text_does_not_count);
    tcase_add_test(t, the_whole_history_of_one_user);
    tcase_add_test(t, what_was_purged_cannot_be_found_in_any_byte);
    tcase_add_test(t, those_who_did_not_withdraw_are_not_purged);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
