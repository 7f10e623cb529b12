/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "store_help.h"

#include "store/placing.h"
#include "store/room.h"

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
    ck_assert_uint_eq(notes.n, 2);
    ck_assert(found(TG_MSG_AUDIT_HEAD, NULL) && found(TG_MSG_DELIVERY_UNLOGGED, "medical 2025-01"));
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

/* A chunk with its first posting twice, without it, of another identity, with another hash, as a
 * piece, empty, of another column, and of a row number above its first hash. */
#define SET(chunk, value) "UPDATE " chunk " SET postings = CAST(" value " AS BLOB)"
#define CHANGES(chunk)                                                                             \
    SET(chunk, "substr(postings, 1, 20) || postings"),                                             \
        SET(chunk, "substr(postings, 21) || substr(postings, 1, 20)"),                             \
        SET(chunk, "substr(postings, 21)") " WHERE length(postings) > 20",                         \
        SET(chunk, "substr(postings, 1, 19) || x'FE' || substr(postings, 21)"),                    \
        SET(chunk, "x'FF' || substr(postings, 2)"), SET(chunk, "substr(postings, 2)"),             \
        SET(chunk, "x''"), "DELETE FROM " chunk, "UPDATE " chunk " SET id = id + (4711 << 47)",    \
        "UPDATE " chunk " SET id = id + 1"
enum { N_CHANGES = 10 };

START_TEST(indexes_that_do_not_follow_their_identities_are_found)
{
    static const char *const changes[] = {
        CHANGES("token_chunk"),
        CHANGES("digest_chunk"),
        "UPDATE identity SET source_id = source_id + 1 WHERE id = 1",
    };
    four_entries();
    ck_assert_int_eq(number("SELECT count(*) FROM identity_digest"), number("SELECT count(*)"
                                                                            " FROM identity"));
    OK(tg_store_verify(store, NULL, &err));
    tamper(changes[_i]);
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_STORE_DANGLING, _i < N_CHANGES ? "token_chunk" : "digest_chunk"));
}
END_TEST

START_TEST(a_broken_page_is_found)
{
    four_entries();
    int64_t page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'roster_row'");
    int64_t size = number("PRAGMA page_size"), pages = number("PRAGMA page_count");
    tg_store_close(&store);
    FILE *file = fopen(db_path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (long)((page - 1) * size + 8), SEEK_SET), 0);
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(fputc(0xA5, file), 0xA5);
    ck_assert_int_eq(fclose(file), 0);
    open_store();
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    char rule[64];
    (void)snprintf(rule, sizeof rule, "%lld (1/%lld)", (long long)page, (long long)pages);
    ck_assert(found(TG_MSG_PAGE_CHANGED, rule));
    ck_assert_uint_eq(notes.n, 1);
}
END_TEST

static void flip(FILE *file, long at, int bit)
{
    ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
    int byte = fgetc(file);
    ck_assert_int_ne(byte, EOF);
    ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
    ck_assert_int_eq(fputc(byte ^ 1 << bit, file), byte ^ 1 << bit);
    ck_assert_int_eq(fflush(file), 0);
}

static enum tg_status dump(struct tg_buf *out)
{
    out->len = 0;
    enum tg_status status = tg_store_dump(store, in_dir("dump"), true, &err);
    return status ? status : tg_file_read_whole(in_dir("dump"), 1 << 24, out, &err);
}

/* Bits of all pages, of those that hold nothing as well. Verifying finds each; a store that opens
 * all the same dumps what it did, or not at all. */
START_TEST(every_flipped_bit_is_found)
{
    enum { FLIPS = 300 };
    struct tg_buf sound = {0}, now = {0};
    int refused = 0, dumped = 0;
    four_entries();
    OK(dump(&sound));
    long size = (long)number("PRAGMA page_size"), pages = (long)number("PRAGMA page_count");
    tg_store_close(&store);
    FILE *file = fopen(db_path, "r+b");
    ck_assert_ptr_nonnull(file);
    for (long i = 0; i < FLIPS; i++) {
        long page = i % pages, at = page * size + (page ? (i * 7919 + 31) % size : i % 100);
        flip(file, at, (int)(i % 8));
        enum tg_status status = tg_store_open(db_path, study, &store, &err);
        if (status) {
            ck_assert_int_eq(err.message, TG_MSG_STORE_PAGE);
            refused++;
        } else {
            ck_assert_int_eq(verify(), TG_CHECK_FAILED);
            ck_assert(found(TG_MSG_PAGE_CHANGED, NULL));
            if (!dump(&now))
                dumped++, ck_assert(now.len == sound.len && !memcmp(now.data, sound.data, now.len));
            else
                ck_assert_int_eq(err.message, TG_MSG_STORE_PAGE);
        }
        tg_store_close(&store);
        flip(file, at, (int)(i % 8));
    }
    ck_assert_int_eq(fclose(file), 0);
    ck_assert(refused > 0 && dumped > 0 && refused + dumped < FLIPS);
    open_store();
    ck_assert_int_eq(verify(), TG_OK);
    tg_buf_free(&sound);
    tg_buf_free(&now);
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
        files[i] = (struct tg_output_digest){.name = names[i], .rows = 1};
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

/* Rows of a file that is made by take(), again as a file of its own. */
static uint64_t sought;
static enum tg_status seek(uint64_t most)
{
    const struct tg_reporter reporter = {.warn = on_warn};
    char path[256];
    (void)snprintf(path, sizeof path, "%s", in_dir("roster-2025-01.csv"));
    char *paths[] = {path};
    tg_store_close(&store);
    notes.n = 0;
    enum tg_status status = tg_store_seek_tokens(db_path, paths, 1, most, &reporter, &sought, &err);
    open_store();
    return status;
}

START_TEST(no_token_stands_as_it_arrived)
{
    char hex[33], sql[256];
    four_entries();
    OK(seek(0));
    ck_assert_uint_eq(sought, 3);
    label_token("r1", 2, hex);
    (void)snprintf(sql, sizeof sql, "INSERT INTO meta VALUES('x', '%s')", hex);
    tamper(sql);
    ck_assert_int_eq(seek(0), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_TOKEN_STORED, NULL));
    /* also when the row is gone and its bytes are not */
    tamper("PRAGMA secure_delete=OFF; DELETE FROM meta WHERE name = 'x'");
    ck_assert_int_eq(seek(1), TG_CHECK_FAILED);
    tamper("PRAGMA secure_delete=ON; VACUUM");
    OK(seek(0));
    label_token("k1", 2, hex);
    (void)snprintf(sql, sizeof sql,
                   "UPDATE identity SET digest = x'%s' WHERE id = 1;"
                   "UPDATE digest_chunk SET postings ="
                   " CAST(x'%s' || substr(postings, 17) AS BLOB)"
                   " WHERE id = (SELECT min(id) FROM digest_chunk)",
                   hex, hex);
    tamper(sql);
    ck_assert_int_eq(seek(0), TG_CHECK_FAILED);
    ck_assert_uint_eq(notes.n, 2); /* both tables */
    label_token("r1", 2, hex);
    (void)snprintf(sql, sizeof sql,
                   "UPDATE identity SET digest = NULL WHERE id = 1; DELETE FROM digest_chunk;"
                   "INSERT OR REPLACE INTO identity_evidence VALUES(1, x'0a%.16s')",
                   hex);
    tamper(sql);
    ck_assert_int_eq(seek(0), TG_CHECK_FAILED); /* as much of it as is kept of evidence */
    ck_assert_uint_eq(notes.n, 1);
    (void)snprintf(sql, sizeof sql,
                   "UPDATE identity_evidence SET tokens = x'0a%.14s00' WHERE identity_id = 1", hex);
    tamper(sql);
    OK(seek(0));
}
END_TEST

/* With an old head the chain is whole: what tells is the rest of the store, or a note outside. */
START_TEST(a_log_put_back_to_an_older_state_is_found)
{
    char sql[256], head[TG_META_SIZE], noted[64];
    const struct tg_reporter reporter = {.warn = on_warn};
    struct tg_audit_seal seal;
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    OK(tg_meta_get(&store->db, TG_META_AUDIT_HEAD, head, &err));
    (void)take("roster", "2025-02", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    OK(tg_store_audit_seal(store, &seal, &err));
    ck_assert_uint_eq(seal.entry, 3);
    (void)snprintf(noted, sizeof noted, "3:%s", seal.seal);
    OK(tg_store_audit_noted(store, noted, &reporter, &err));
    noted[12] = '\0';
    OK(tg_store_audit_noted(store, noted, &reporter, &err));
    noted[2] = noted[2] == '0' ? '1' : '0';
    notes.n = 0;
    ck_assert_int_eq(tg_store_audit_noted(store, noted, &reporter, &err), TG_CHECK_FAILED);
    ck_assert(found(TG_MSG_AUDIT_NOTED, noted));
    static const char *const wrong[] = {"", "3", "3:", "3:abc", "0:00000000", "3:0000000g", "x:1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_int_eq(tg_store_audit_noted(store, wrong[i], &reporter, &err), TG_USAGE);
    (void)snprintf(sql, sizeof sql,
                   "DELETE FROM audit WHERE seq = 3;"
                   "UPDATE meta SET value = '%s' WHERE name = 'audit_head'",
                   head);
    tamper(sql);
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert_uint_eq(notes.n, 1);
    ck_assert(found(TG_MSG_DELIVERY_UNLOGGED, "roster 2025-02"));
    (void)snprintf(noted, sizeof noted, "3:%s", seal.seal);
    ck_assert_int_eq(tg_store_audit_noted(store, noted, &reporter, &err), TG_CHECK_FAILED);
}
END_TEST

START_TEST(disclosures_come_from_a_sound_log)
{
    struct tg_buf text = {0};
    four_entries();
    write_output("links.csv", "a,b\n");
    record((const char *const[]){"links.csv"}, 1, "evaluator");
    record((const char *const[]){"links.csv"}, 1, "auditor");
    ck_assert_int_eq(number("SELECT json_extract(detail, '$.inputs') FROM audit WHERE seq = 5"), 2);
    OK(tg_store_disclosures(store, NULL, in_dir("list"), false, NULL, &err));
    OK(tg_file_read_whole(in_dir("list"), 10000, &text, &err));
    const char *list = tg_buf_text(&text, &err);
    ck_assert_ptr_nonnull(strstr(list, ",2025-01,evaluator,"));
    ck_assert_ptr_nonnull(strstr(list, ",1,replaced\n6,"));
    ck_assert_ptr_nonnull(strstr(list, ",2025-01,auditor,"));
    ck_assert_ptr_nonnull(strstr(list, ",1,current\n"));
    text.len = 0;
    OK(tg_store_disclosures(store, "2025-02", in_dir("list"), true, NULL, &err));
    OK(tg_file_read_whole(in_dir("list"), 10000, &text, &err));
    ck_assert_ptr_null(strchr(strchr(tg_buf_text(&text, &err), '\n') + 1, ','));
    tg_buf_free(&text);
    tamper("UPDATE audit SET detail = replace(detail, 'auditor', 'nobody') WHERE seq = 6");
    ck_assert_int_eq(tg_store_disclosures(store, NULL, in_dir("none"), false, NULL, &err),
                     TG_CHECK_FAILED);
    ck_assert(!tg_file_exists(in_dir("none")));
    tamper("DELETE FROM audit WHERE seq = 6");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
}
END_TEST

START_TEST(a_recorded_output_without_an_entry_is_found)
{
    four_entries();
    write_output("links.csv", "a,b\n");
    record((const char *const[]){"links.csv"}, 1, "evaluator");
    tamper("INSERT INTO output SELECT folder, 'cohort.csv', month, recipient, sha256 FROM output");
    write_output("cohort.csv", "a,b\n");
    ck_assert_int_eq(verify(), TG_CHECK_FAILED);
    ck_assert_uint_eq(notes.n, 1);
    ck_assert(found(TG_MSG_OUTPUT_UNLOGGED, NULL));
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
    tcase_add_loop_test(t, indexes_that_do_not_follow_their_identities_are_found, 0,
                        2 * N_CHANGES + 1);
    tcase_add_test(t, a_broken_page_is_found);
    tcase_add_test(t, every_flipped_bit_is_found);
    tcase_add_test(t, outputs_are_held_against_what_was_recorded);
    tcase_add_test(t, no_token_stands_as_it_arrived);
    tcase_add_test(t, a_log_put_back_to_an_older_state_is_found);
    tcase_add_test(t, disclosures_come_from_a_sound_log);
    tcase_add_test(t, a_recorded_output_without_an_entry_is_found);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
