/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores that older versions of the program made, kept as SQL in testdata/stores: opened by this
 * one they say what a new store says that was made of the same files.
 */
#define _DEFAULT_SOURCE
#include "store_help.h"

#include "store/room.h"

#include <sys/stat.h>

static const int versions[] = {1, 5, 9, 15, 16};
enum { N_VERSIONS = sizeof versions / sizeof versions[0] };

/* What was imported into the old stores, too. */
static void fill(void)
{
    /* the wrong version of a file, which is replaced */
    (void)take("roster", "2025-01", ROWS("@n1,@r9,@k9,@x9,1950-01,1,east,2010-04-01,"));
    (void)take("roster", "2025-01",
               ROWS("@n1,@r1,@k1,@y1;@x1,1950-01,1,east,2010-04-01,",
                    "@n2,@r2,@k2,@x2,1950-02,2,west,2011-04-01,", /* twins */
                    "@n2,@r3,@k3,@x3,1950-02,2,west,2011-04-01,",
                    "@n4,@r4,@k4,@x4,1950-04,1,,,", /* a conflict with the one of 2025-02 */
                    ",,@k5,@x5;@y5,1950-05,2,north,2015-01-01,2025-01-31", /* evidence only */
                    ",,,,1950-06,1,,,"));
    (void)take("roster", "2025-02",
               ROWS("@n1,@r1,@k1,@y1;@x1,1950-01,1,south,2010-04-01,",
                    "@n4,@r4,@k6,@x6,1950-05,1,east,2020-04-01,",
                    "@n7,@r7,@k7,@x7,1950-07,2,east,2020-04-01,"));
    (void)take("care", "2025-01",
               ROWS("@c1,@r1,@k1,@y1;@x1,1950-01,1,,,,2", "@c7,@r8,@k7,@x7,1950-07,2,,,,"));
    /* the person of number n7 and the one of r8 turn out to be one */
    (void)take("roster", "2025-03", ROWS("@n7,@r8,@k7,@x7,1950-07,2,east,2020-04-01,"));
    (void)take("medical", "2025-01",
               ROWS("@n1,@k1,@y1;@x1,2025-01,I10,12300", "@n1,@k1,@y1;@x1,2024-12,E11,-200",
                    "@n2,@k2,@x2,2025-01,J00,1", "@n99,@k99,@x99,2025-01,,5000"));
    (void)take("users", "2025-01",
               ROWS("@a1,@k1,@y1;@x1,walk,1950-01,1,2025-01-10", "@a2,@k2,@x2,walk,1950-02,2,",
                    "@a3,@k8,@x8,walk,,,2025-01-11"));
    (void)take("steps", "2025-01",
               ROWS("@a1,2025-01-10,8000.5,62", "@a1,2025-01-11,,61.5", "@a2,2025-01-10,100,"));
    (void)take("consents", "2025-01",
               ROWS("@a1,walk,outcome-evaluation,f1,web,2025-01-05,",
                    "@a2,walk,outcome-evaluation,f1,paper,2025-01-05,2025-01-20",
                    "@a3,walk,,f2,web,2025-01-06,"));
}

static void put_key(void)
{
    struct tg_buf key = {0};
    OK(tg_file_read_whole("testdata/stores/site.key", 4096, &key, &err));
    OK(tg_file_write_whole(in_dir("site.key"), key.data, key.len, 0600, true, &err));
    tg_buf_free(&key);
}

/* The file of a store as an older version left it, in the place of the one there is. */
static void put_old_store(int version)
{
    char path[64];
    struct tg_buf sql = {0};
    sqlite3 *db;
    char *message = NULL;
    tg_store_close(&store);
    tg_file_remove(db_path);
    (void)snprintf(path, sizeof path, "testdata/stores/v%d.sql", version);
    OK(tg_file_read_whole(path, 1 << 20, &sql, &err));
    ck_assert_int_eq(sqlite3_open(db_path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, tg_buf_text(&sql, &err), NULL, NULL, &message) == SQLITE_OK,
                  "%s: %s", path, message);
    (void)sqlite3_close(db);
    ck_assert_int_eq(chmod(db_path, 0600), 0);
    tg_buf_free(&sql);
}

static void dump(struct tg_buf *out)
{
    out->len = 0;
    OK(tg_store_dump(store, in_dir("dump"), true, &err));
    OK(tg_file_read_whole(in_dir("dump"), 1 << 24, out, &err));
    ck_assert_uint_gt(out->len, 1000);
}

/* How the tables are made, and how much is in those that a dump does not show. */
static void describe(struct tg_buf *out)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    out->len = 0;
    OK(tg_db_prepare(&store->db,
                     "SELECT type, name, coalesce(sql, '') FROM sqlite_schema"
                     " UNION ALL SELECT 'version', user_version, '' FROM pragma_user_version"
                     " UNION ALL SELECT 'foreign', foreign_keys, '' FROM pragma_foreign_keys"
                     " UNION ALL SELECT 'tokens', count(*), sum(token) FROM identity_token"
                     " UNION ALL SELECT 'evidence', count(*), sum(length(tokens))"
                     "  FROM identity_evidence"
                     " ORDER BY 1, 2",
                     &stmt, &err));
    while (row) {
        OK(tg_db_next(&store->db, stmt, &row, &err));
        for (int c = 0; row && c < 3; c++)
            OK(tg_buf_printf(out, &err, "%s\n", (const char *)sqlite3_column_text(stmt, c)));
    }
    (void)sqlite3_finalize(stmt);
}

static void next_month(void)
{
    struct tg_import_result r =
        take("roster", "2025-04",
             ROWS("@n1,@r1,@k1,@y1;@x1,1950-01,1,south,2010-04-01,", "@n2,@r2,@k2,@x2,1950-02,2,,,",
                  "@n11,@r11,@k11,@x11,1950-07,2,east,2020-04-01,"));
    ck_assert_uint_eq(r.new_identities, 1);
}

static void same(const struct tg_buf *a, const struct tg_buf *b)
{
    ck_assert_uint_eq(a->len, b->len);
    ck_assert_int_eq(memcmp(a->data, b->data, a->len), 0);
}

START_TEST(a_store_of_an_older_version_says_what_a_new_one_says)
{
    struct tg_buf expected[3] = {{0}}, found = {0};
    make_room();
    put_key();
    open_store();
    fill();
    dump(&expected[0]);
    describe(&expected[1]);
    next_month();
    dump(&expected[2]);
    put_old_store(versions[_i]);
    open_store();
    ck_assert(tg_db_has_checksums(&store->db));
    OK(tg_store_verify(store, NULL, &err));
    dump(&found);
    same(&expected[0], &found);
    describe(&found);
    same(&expected[1], &found);
    next_month();
    dump(&found);
    same(&expected[2], &found);
    reopen();
    OK(tg_store_verify(store, NULL, &err));
    for (size_t i = 0; i < 3; i++)
        tg_buf_free(&expected[i]);
    tg_buf_free(&found);
    teardown();
}
END_TEST

/* Of identities 1 and 2 a day lies near the 75th birthday, of identity 4 none. */
START_TEST(who_turns_75_is_known_of_an_older_version)
{
    sqlite3 *db;
    make_room();
    put_key();
    put_old_store(15);
    ck_assert_int_eq(sqlite3_open(db_path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db,
                                  "UPDATE identity SET birth_month = 23400, enrolled_to = 20250115"
                                  " WHERE id = 1; UPDATE identity SET birth_month = 23400,"
                                  " enrolled_from = 20250101 WHERE id = 2; UPDATE identity SET"
                                  " birth_month = 23400, enrolled_to = 20250228 WHERE id = 4",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    (void)sqlite3_close(db);
    open_store();
    ck_assert_int_eq(number("SELECT sum(turns) FROM identity WHERE id IN (1, 2)"), 2);
    ck_assert_int_eq(number("SELECT turns FROM identity WHERE id = 4"), 0);
    ck_assert_int_eq(number(TURNED_WRONGLY), 0);
    teardown();
}
END_TEST

START_TEST(a_store_of_a_newer_version_is_left_alone)
{
    make_room();
    put_key();
    put_old_store(versions[_i]);
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(db_path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version=1000", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    ck_assert_int_eq(tg_store_open(db_path, study, &store, &err), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_STORE_NEWER);
    teardown();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_upgrade");
    TCase *t = tcase_create("store_upgrade");
    tcase_add_loop_test(t, a_store_of_an_older_version_says_what_a_new_one_says, 0, N_VERSIONS);
    tcase_add_test(t, who_turns_75_is_known_of_an_older_version);
    tcase_add_loop_test(t, a_store_of_a_newer_version_is_left_alone, 0, N_VERSIONS);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
