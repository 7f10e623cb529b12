/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "store_help.h"

#include "store/placing.h"

#define BORN "1950-03,1"

struct notes {
    enum tg_message message[32];
    char file[32][sizeof err.file];
    char rule[32][sizeof err.rule];
    size_t n;
};
static struct notes notes;

static void on_warn(void *ctx, const struct tg_error *note)
{
    (void)ctx;
    ck_assert_uint_lt(notes.n, 32);
    ck_assert(tg_message_is_warning(note->message));
    notes.message[notes.n] = note->message;
    (void)snprintf(notes.file[notes.n], sizeof notes.file[0], "%s", note->file);
    (void)snprintf(notes.rule[notes.n++], sizeof notes.rule[0], "%s", note->rule);
}

static enum tg_status verify(void)
{
    const struct tg_reporter reporter = {.warn = on_warn};
    notes.n = 0;
    return tg_store_verify(store, &reporter, &err);
}

static bool found(enum tg_message message, const char *rule)
{
    for (size_t i = 0; i < notes.n; i++) {
        if (notes.message[i] == message && (!rule || strcmp(notes.rule[i], rule) == 0))
            return true;
    }
    return false;
}

static void four_entries(void)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    (void)take("roster", "2025-02", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    (void)take("medical", "2025-01", ROWS("@n1,,,2025-01,I10,100", "@n2,,,2025-01,I10,100"));
    ck_assert_int_eq(verify(), TG_OK);
    ck_assert_uint_eq(notes.n, 0);
}

START_TEST(entries_say_what_was_done)
{
    four_entries();
    ck_assert_int_eq(number("SELECT count(*) FROM audit"), 4);
    ck_assert_int_eq(number("SELECT json_extract(detail, '$.rows') FROM audit WHERE seq = 4"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM audit a JOIN delivery d"
                            " ON json_extract(a.detail, '$.sha256') = d.sha256"),
                     3);
    ck_assert_int_eq(number("SELECT count(*) FROM audit WHERE length(user) > 0 AND at LIKE '2%Z'"),
                     4);
}
END_TEST

START_TEST(a_changed_entry_is_found)
{
    static const char *const changes[] = {
        "UPDATE audit SET detail = replace(detail, 'roster', 'rooster') WHERE seq = 2",
        "UPDATE audit SET user = 'nobody' WHERE seq = 2",
        "UPDATE audit SET at = '2001-01-01T00:00:00Z' WHERE seq = 2",
        "UPDATE audit SET verb = 'looked' WHERE seq = 2",
        "UPDATE audit SET mac = randomblob(32) WHERE seq = 2",
        "UPDATE audit SET mac = x'00' WHERE seq = 2",
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        four_entries();
        tamper(changes[i]);
        ck_assert_int_eq(verify(), TG_CHECK_FAILED);
        ck_assert(found(TG_MSG_AUDIT_CHANGED, "2"));
        teardown();
        setup();
    }
}
END_TEST

START_TEST(a_removed_entry_is_found)
{
    four_entries();
    tamper("DELETE FROM audit WHERE seq = 2");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_AUDIT_BROKEN, "3"));
    /* also when those behind it move up */
    tamper("UPDATE audit SET seq = seq - 1 WHERE seq > 2");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_AUDIT_CHANGED, "2"));
}
END_TEST

START_TEST(removed_last_and_first_entries_are_found)
{
    four_entries();
    tamper("DELETE FROM audit WHERE seq = 4");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert_uint_eq(notes.n, 1);
    ck_assert(found(TG_MSG_AUDIT_HEAD, NULL));
    teardown();
    setup();
    four_entries();
    tamper("DELETE FROM audit WHERE seq = 1");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_AUDIT_BROKEN, "2"));
    tamper("DELETE FROM audit");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_AUDIT_HEAD, NULL));
}
END_TEST

START_TEST(reordered_entries_are_found)
{
    four_entries();
    tamper("UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3;"
           "UPDATE audit SET seq = 3 WHERE seq = 99");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_AUDIT_CHANGED, "2") && found(TG_MSG_AUDIT_CHANGED, "3"));
    ck_assert(found(TG_MSG_AUDIT_BROKEN, "2") && found(TG_MSG_AUDIT_BROKEN, "3"));
}
END_TEST

START_TEST(an_entry_sealed_by_another_store_is_found)
{
    four_entries();
    tamper("INSERT INTO audit SELECT seq + 1, at, user, verb, detail, mac, mac FROM audit"
           " WHERE seq = 4");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_AUDIT_CHANGED, "5"));
}
END_TEST

START_TEST(dangling_rows_and_lost_rows_are_found)
{
    four_entries();
    tamper("DELETE FROM event_run WHERE id = 1");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_STORE_COUNT, "medical 2025-01"));
    tamper("UPDATE roster_row SET identity_id = 4711 WHERE delivery_id = 1");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_STORE_DANGLING, "roster_row"));
    ck_assert_int_eq(err.message, TG_MSG_STORE_FINDINGS);
}
END_TEST

START_TEST(a_broken_page_is_found)
{
    four_entries();
    int64_t page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'roster_row'");
    int64_t size = number("PRAGMA page_size");
    tg_store_close(&store);
    FILE *file = fopen(db_path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (long)((page - 1) * size + 8), SEEK_SET), 0);
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(fputc(0xA5, file), 0xA5);
    ck_assert_int_eq(fclose(file), 0);
    open_store();
    enum tg_status status = verify();
    ck_assert(status == TG_CHECK_FAILED || status == TG_DATA);
    ck_assert(status == TG_DATA || found(TG_MSG_STORE_UNSOUND, NULL));
}
END_TEST

static void write_output(const char *name, const char *text)
{
    OK(tg_file_write_whole(in_dir(name), text, strlen(text), 0600, true, &err));
}

static void record(const char *const *names, size_t n, const char *recipient)
{
    struct tg_output_digest files[4];
    for (size_t i = 0; i < n; i++) {
        files[i].name = names[i];
        OK(tg_digest_file(in_dir(names[i]), files[i].sha256, &err));
    }
    const struct tg_run_record run = {.month = M(2025, 1),
                                      .recipient = recipient,
                                      .folder = dir,
                                      .made = in_dir("made"),
                                      .files = files,
                                      .n = n,
                                      .detail = "{\"users\":3}"};
    OK(tg_store_run_begin(store, &run, &err));
    OK(tg_store_run_end(store, dir, &err));
}

START_TEST(outputs_are_held_against_what_was_recorded)
{
    four_entries();
    write_output("links.csv", "a,b\n");
    write_output("cohort.csv", "c,d\n");
    record((const char *const[]){"links.csv", "cohort.csv"}, 2, "evaluator");
    ck_assert_int_eq(verify(), TG_OK);
    ck_assert_int_eq(number("SELECT json_extract(detail, '$.detail.users') FROM audit"
                            " WHERE verb = 'run'"),
                     3);
    write_output("links.csv", "a,B\n");
    tg_file_remove(in_dir("cohort.csv"));
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert_uint_eq(notes.n, 2);
    ck_assert(found(TG_MSG_OUTPUT_CHANGED, NULL) && found(TG_MSG_OUTPUT_MISSING, NULL));
    ck_assert_ptr_nonnull(strstr(notes.file[0], "cohort.csv"));
    /* the month done again: what it wrote counts from now on */
    record((const char *const[]){"links.csv"}, 1, "evaluator");
    ck_assert_int_eq(verify(), TG_OK);
    ck_assert_int_eq(number("SELECT count(*) FROM output"), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_verify");
    TCase *t = tcase_create("store_verify");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, entries_say_what_was_done);
    tcase_add_test(t, a_changed_entry_is_found);
    tcase_add_test(t, a_removed_entry_is_found);
    tcase_add_test(t, removed_last_and_first_entries_are_found);
    tcase_add_test(t, reordered_entries_are_found);
    tcase_add_test(t, an_entry_sealed_by_another_store_is_found);
    tcase_add_test(t, dangling_rows_and_lost_rows_are_found);
    tcase_add_test(t, a_broken_page_is_found);
    tcase_add_test(t, outputs_are_held_against_what_was_recorded);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
