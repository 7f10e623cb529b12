/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "store_help.h"

#include "store/evidence.h"

#define PERSON(n, sex)             "@i" n ",@r" n ",@p" n ",@n" n ",1950-03," sex ",north,2015-04-01,"
#define USER(app)                  "@" app ",,,walk,1950-03,1,"
#define GIVEN(app, on)             "@" app ",walk,outcome-evaluation,f1,web," on ","
#define TAKEN_BACK(app, given, on) "@" app ",walk,outcome-evaluation,f1,web," given "," on

static void fill(void)
{
    (void)take("roster", "2025-01", ROWS(PERSON("1", "1"), PERSON("2", "2"), PERSON("3", "1")));
    (void)take("care", "2025-01", ROWS("@c1,@r1,@p1,@n1,1950-03,1,,,,"));
    (void)take("users", "2025-01", ROWS(USER("a1"), USER("a2")));
    (void)take("consents", "2025-01",
               ROWS(GIVEN("a1", "2025-01-10"), TAKEN_BACK("a2", "2025-01-10", "2025-01-20")));
    (void)take("medical", "2025-01", ROWS("@i1,@p1,@n1,2025-01,I10,1200"));
}

static enum tg_consent_state state_of(size_t user)
{
    struct tg_users users;
    char hex[33], found[33] = "";
    enum tg_consent_state state = TG_CONSENT_NONE;
    row_id_of("users", "2025-01", user, hex);
    OK(tg_store_users(store, LATE, 20250601, &users, &err));
    for (size_t i = 0; i < users.n; i++) {
        tg_hex_encode(users.items[i].row_id, TG_TOKEN_LEN, found);
        if (strcmp(found, hex) == 0)
            state = users.items[i].consent;
    }
    tg_users_free(&users);
    return state;
}

/* All hashes as one number, so that it tells whether any of them changed. */
static int64_t count_hashes(void)
{
    return number("SELECT (SELECT count(*) FROM identity_token) * 1000 +"
                  " (SELECT count(*) FROM identity)");
}

START_TEST(a_rekeyed_store_knows_what_it_knew)
{
    fill();
    int64_t before = count_hashes(), one = person_of("roster", "2025-01", 0);
    for (int round = 0; round < 3; round++) {
        OK(tg_store_rekey(store, NULL, &err));
        ck_assert_int_eq(count_hashes(), before);
        OK(tg_store_verify(store, NULL, &err));
        ck_assert_int_eq(person_of("roster", "2025-01", 0), one);
        ck_assert_int_eq(person_of("care", "2025-01", 0), one);
        ck_assert_int_eq(state_of(0), TG_CONSENT_IN_FORCE);
        ck_assert_int_eq(state_of(1), TG_CONSENT_WITHDRAWN);
        /* a month like the one before: every token is hashed as the stored ones are */
        char period[8];
        (void)snprintf(period, sizeof period, "2025-%02d", round + 2);
        struct tg_import_result again =
            take("roster", period, ROWS(PERSON("1", "1"), PERSON("2", "2"), PERSON("3", "1")));
        ck_assert_uint_eq(again.new_identities, 0);
        ck_assert_uint_eq(again.new_persons, 0);
        again = take("care", period, ROWS("@c1,@r1,@p1,@n1,1950-03,1,,,,"));
        ck_assert_uint_eq(again.new_identities, 0);
        /* an old ledger does not revive the consent */
        (void)take("consents", period, ROWS(GIVEN("a2", "2025-01-15")));
        ck_assert_int_eq(state_of(1), TG_CONSENT_WITHDRAWN);
    }
    ck_assert_int_eq(number("SELECT count(*) FROM audit WHERE verb = 'store rekey'"), 3);
}
END_TEST

/* Somebody new, by the hash of one token only: joins whom it joined before. */
START_TEST(new_rows_join_old_persons_by_their_numbers)
{
    fill();
    int64_t one = person_of("roster", "2025-01", 0);
    OK(tg_store_rekey(store, NULL, &err));
    (void)take("roster", "2025-02", ROWS("@i9,@r1,@p9,,1950-03,1,south,2015-04-01,"));
    ck_assert_int_eq(person_of("roster", "2025-02", 0), one);
}
END_TEST

/* How many identities have the evidence that most have: that of number 1. */
static int64_t like_the_first(void)
{
    return number("SELECT max(n) FROM (SELECT count(*) AS n FROM identity_evidence"
                  " GROUP BY tokens)");
}

/* Somebody new by all numbers, of whom a near form of the name agrees with the first. */
static void meet_the_first(int round)
{
    char row[96], period[8];
    int64_t before = like_the_first();
    ck_assert_int_ge(before, 3); /* roster, care, medical */
    (void)snprintf(period, sizeof period, "2025-%02d", round + 2);
    (void)snprintf(row, sizeof row, "@j%d,@s%d,@q%d,@n1,1950-03,1,north,2015-04-01,", round, round,
                   round);
    ck_assert_uint_eq(take("roster", period, ROWS(row)).new_identities, 1);
    ck_assert_int_eq(like_the_first(), before + 1);
}

START_TEST(new_rows_have_the_evidence_of_old_ones)
{
    fill();
    for (int round = 0; round < 3; round++) {
        meet_the_first(round);
        OK(tg_store_rekey(store, NULL, &err));
    }
    meet_the_first(3);
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

/* Evidence as a program left it that kept it whole. */
static void keep_whole(const char *label)
{
    struct tg_buf message = {0};
    char hex[33], sql[256], whole[33] = "", kept[33] = "";
    unsigned char token[TG_TOKEN_LEN], hash[TG_TOKEN_LEN];
    label_token(label, strlen(label), hex);
    ck_assert(tg_hex_decode(hex, TG_TOKEN_LEN, token));
    OK(tg_store_hash(store, "near", token, &message, hash, &err));
    tg_hex_encode(hash, TG_TOKEN_LEN, whole);
    OK(tg_store_hash_evidence(store, "near", token, &message, hash, &err));
    tg_hex_encode(hash, TG_TOKEN_LEN, kept);
    ck_assert_int_ne(memcmp(whole, kept, 16), 0); /* one key later it matters what went on */
    ck_assert_str_eq(kept + 16, "0000000000000000");
    (void)snprintf(sql, sizeof sql,
                   "UPDATE identity_evidence SET tokens = CAST((SELECT char(id) || char(0) FROM"
                   " token_name WHERE name = 'near') || x'%s' AS BLOB)"
                   " WHERE substr(tokens, -8) = x'%.16s'",
                   whole, kept);
    OK(tg_db_exec(&store->db, sql, &err));
    tg_buf_free(&message);
}

START_TEST(a_store_that_kept_evidence_whole_meets_new_rows)
{
    fill();
    OK(tg_store_rekey(store, NULL, &err));
    keep_whole("n1");
    keep_whole("n2");
    keep_whole("n3");
    ck_assert_int_eq(number("SELECT min(length(tokens)) FROM identity_evidence"), TG_PACKED_LEN);
    OK(tg_evidence_convert(&store->db, &err));
    OK(tg_meta_set(&store->db, TG_META_WHOLE, "0", &err)); /* as version 18 does */
    reopen();
    ck_assert_int_eq(number("SELECT max(length(tokens)) FROM identity_evidence"), 9);
    for (int round = 0; round < 3; round++) {
        meet_the_first(round);
        OK(tg_store_rekey(store, NULL, &err));
        reopen();
    }
    meet_the_first(3);
}
END_TEST

static size_t file_bytes(const char *path, char **out)
{
    struct tg_buf b = {0};
    if (!tg_file_exists(path)) {
        *out = NULL;
        return 0;
    }
    OK(tg_file_read_whole(path, 1 << 26, &b, &err));
    *out = b.data;
    return b.len;
}

static bool stands_in(const char *path, const unsigned char *needle, size_t len)
{
    char *bytes;
    size_t n = file_bytes(path, &bytes);
    bool found = n >= len && memmem(bytes, n, needle, len) != NULL;
    free(bytes);
    return found;
}

/* One blob of the closed store; returns its length. */
static size_t blob(const char *sql, unsigned char out[TG_TOKEN_LEN])
{
    sqlite3_stmt *stmt;
    sqlite3 *db = open_raw();
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 0);
    ck_assert(len == TG_TOKEN_LEN || len == TG_EVIDENCE_LEN);
    memcpy(out, sqlite3_column_blob(stmt, 0), len);
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    open_store();
    return len;
}

START_TEST(no_old_hash_is_left_in_any_file)
{
    static const char *const kinds[] = {
        "SELECT hash FROM identity_token ORDER BY hash LIMIT 1",
        "SELECT substr(tokens, -8) FROM identity_evidence LIMIT 1",
        "SELECT digest FROM identity LIMIT 1",
        "SELECT digest FROM identity_digest LIMIT 1",
        "SELECT app FROM withdrawal",
        "SELECT app FROM consent_row ORDER BY app LIMIT 1",
    };
    enum { N = sizeof kinds / sizeof kinds[0] };
    unsigned char old[N][TG_TOKEN_LEN];
    size_t len[N];
    fill();
    for (size_t i = 0; i < N; i++)
        len[i] = blob(kinds[i], old[i]);
    reopen();
    for (size_t i = 0; i < N; i++)
        ck_assert(stands_in(db_path, old[i], len[i]));
    OK(tg_store_rekey(store, NULL, &err));
    /* also while it is open */
    for (size_t i = 0; i < N; i++) {
        ck_assert_msg(!stands_in(db_path, old[i], len[i]), "%s", kinds[i]);
        ck_assert_msg(!stands_in(in_dir("totsugo.db-wal"), old[i], len[i]), "%s", kinds[i]);
    }
    reopen();
    for (size_t i = 0; i < N; i++)
        ck_assert_msg(!stands_in(db_path, old[i], len[i]), "%s", kinds[i]);
}
END_TEST

/* Columns of bytes that the rewriting knows. A new one that holds stored tokens has to be named
 * `app`, or to be added to the steps of remap.c; then it goes here. */
START_TEST(no_column_of_hashes_is_forgotten)
{
    ck_assert_int_eq(
        number("SELECT count(*) FROM sqlite_schema t JOIN pragma_table_info(t.name) c"
               " WHERE t.type = 'table' AND c.type = 'BLOB' AND c.name <> 'app'"
               " AND c.name <> 'row_id' AND t.name || '.' || c.name NOT IN ("
               " 'person_apart.hash', 'person_bridge.hash',"
               " 'identity.digest', 'identity.tokens', 'identity_evidence.tokens',"
               " 'digest_chunk.postings', 'token_chunk.postings', 'shared_token.hash', "
               "'run_users.users',"
               " 'bridge.old', 'bridge.new', 'link_memory.data',"
               " 'event_run.events', 'measure_run.measures', 'audit.prev', 'audit.mac')"),
        0);
}
END_TEST

static void copy(const char *from, const char *to)
{
    char *bytes;
    size_t n = file_bytes(from, &bytes);
    OK(tg_file_write_whole(to, bytes, n, 0600, true, &err));
    free(bytes);
}

START_TEST(a_cut_off_rotation_is_finished_or_forgotten)
{
    fill();
    tg_store_close(&store);
    copy(in_dir("site.key"), in_dir("old.key"));
    copy(db_path, in_dir("old.db"));
    open_store();
    OK(tg_store_rekey(store, NULL, &err));
    copy(in_dir("site.key"), in_dir("new.key"));
    tg_store_close(&store);
    /* killed after the commit: the new key lies beside */
    copy(in_dir("new.key"), in_dir("site.key.next"));
    copy(in_dir("old.key"), in_dir("site.key"));
    open_store();
    OK(tg_store_verify(store, NULL, &err));
    ck_assert(!tg_file_exists(in_dir("site.key.next")));
    ck_assert_int_eq(state_of(1), TG_CONSENT_WITHDRAWN);
    tg_store_close(&store);
    open_store();
    OK(tg_store_verify(store, NULL, &err));
    /* killed before it */
    tg_store_close(&store);
    copy(in_dir("old.db"), db_path);
    copy(in_dir("old.key"), in_dir("site.key"));
    copy(in_dir("new.key"), in_dir("site.key.next"));
    open_store();
    ck_assert(!tg_file_exists(in_dir("site.key.next")));
    OK(tg_store_verify(store, NULL, &err));
    ck_assert_int_eq(state_of(0), TG_CONSENT_IN_FORCE);
    /* a next key that is nobody's does not help a wrong one */
    tg_store_close(&store);
    copy(in_dir("new.key"), in_dir("site.key"));
    copy(in_dir("new.key"), in_dir("site.key.next"));
    ck_assert_int_eq(tg_store_open(db_path, study, &store, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_SITE_KEY_OTHER);
    copy(in_dir("old.key"), in_dir("site.key"));
    open_store();
}
END_TEST

static void note_warning(void *ctx, const struct tg_error *note)
{
    *(enum tg_message *)ctx = note->message;
}

/* Who had the old key cannot write the log anew, neither before the rotation nor after it. */
START_TEST(the_log_is_sealed_under_both_keys)
{
    static const char *const attacks[] = {
        "UPDATE audit SET detail = '{}' WHERE seq = 2",
        "UPDATE audit SET detail = '{}' WHERE verb = 'store rekey'",
        "UPDATE audit SET verb = 'import' WHERE verb = 'store rekey'",
        "UPDATE audit SET verb = 'store rekey' WHERE seq = 2",
        "DELETE FROM audit WHERE verb = 'store rekey'",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
    };
    fill();
    OK(tg_store_rekey(store, NULL, &err));
    (void)take("roster", "2025-02", ROWS(PERSON("1", "1")));
    tg_store_close(&store);
    copy(db_path, in_dir("good.db"));
    open_store();
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        enum tg_message seen = TG_MSG_NONE;
        const struct tg_reporter reporter = {.ctx = &seen, .warn = note_warning};
        tamper(attacks[i]);
        ck_assert_msg(tg_store_verify(store, &reporter, &err) == TG_CHECK_FAILED, "%s", attacks[i]);
        ck_assert_msg(seen == TG_MSG_AUDIT_CHANGED || seen == TG_MSG_AUDIT_BROKEN ||
                          seen == TG_MSG_AUDIT_HEAD,
                      "%s: W%d", attacks[i], (int)seen);
        /* and a store in which something is wrong is not rekeyed */
        ck_assert_int_eq(tg_store_rekey(store, NULL, &err), TG_CHECK_FAILED);
        tg_store_close(&store);
        copy(in_dir("good.db"), db_path);
        open_store();
    }
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

static bool stop_at_once(void *ctx)
{
    (void)ctx;
    return true;
}

START_TEST(a_rotation_that_is_stopped_changes_nothing)
{
    const struct tg_reporter reporter = {.cancelled = stop_at_once};
    fill();
    copy(in_dir("site.key"), in_dir("old.key"));
    ck_assert_int_ne(tg_store_rekey(store, &reporter, &err), TG_OK);
    ck_assert(!tg_file_exists(in_dir("site.key.next")));
    OK(tg_store_verify(store, NULL, &err));
    struct tg_import_result again =
        take("roster", "2025-02", ROWS(PERSON("1", "1"), PERSON("2", "2"), PERSON("3", "1")));
    ck_assert_uint_eq(again.new_identities, 0);
    reopen();
    ck_assert_int_eq(state_of(1), TG_CONSENT_WITHDRAWN);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store rekey");
    TCase *c = tcase_create("rekey");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_rekeyed_store_knows_what_it_knew);
    tcase_add_test(c, new_rows_join_old_persons_by_their_numbers);
    tcase_add_test(c, new_rows_have_the_evidence_of_old_ones);
    tcase_add_test(c, a_store_that_kept_evidence_whole_meets_new_rows);
    tcase_add_test(c, no_old_hash_is_left_in_any_file);
    tcase_add_test(c, no_column_of_hashes_is_forgotten);
    tcase_add_test(c, a_cut_off_rotation_is_finished_or_forgotten);
    tcase_add_test(c, the_log_is_sealed_under_both_keys);
    tcase_add_test(c, a_rotation_that_is_stopped_changes_nothing);
    suite_add_tcase(s, c);
    return run_tests(s);
}
