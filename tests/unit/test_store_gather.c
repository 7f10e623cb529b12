/* SPDX-License-Identifier: Apache-2.0 */
/* Pages on the gathered way: what is committed lies in the files, and the files are those of the
 * system's own way, byte by byte. */
#define _GNU_SOURCE /* mkdtemp() */
#include "store/gather.h"

#include "sys/file.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than waits at once, many times over; the cache holds less than one such change. */
#define CHANGES                                                                                    \
    "BEGIN;"                                                                                       \
    "INSERT INTO t SELECT x, printf('%*c', 900 + x % 700, 'a') FROM"                               \
    " (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 500)"              \
    "  SELECT x FROM n);"                                                                          \
    "UPDATE t SET b = printf('%*c', 1000 + a % 900, 'b') WHERE a % 3 = 0;"                         \
    "SAVEPOINT s; DELETE FROM t WHERE a % 2; UPDATE t SET b = 'lost'; ROLLBACK TO s; COMMIT;",     \
        "BEGIN; DELETE FROM t WHERE a > 100; UPDATE t SET b = 'never'; ROLLBACK;",                 \
        "UPDATE t SET b = printf('%*c', 2000 - a % 500, 'c') WHERE a % 7 = 0;",                    \
        "DELETE FROM t WHERE a % 5 = 1;", "DROP TABLE u; CREATE TABLE u(x); VACUUM;"

static const char *const changes[] = {CHANGES};
enum { N_CHANGES = sizeof changes / sizeof changes[0], DIR_LEN = 64, PATH_LEN = 128 };

static struct tg_error err;
static char dir[DIR_LEN];

static void make_dir(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/gatherXXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
    ck_assert_int_eq(tg_dir_remove(dir, &err), TG_OK);
}

static void run(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    int rc = sqlite3_exec(db, sql, NULL, NULL, &message);
    ck_assert_msg(rc == SQLITE_OK, "%s", message ? message : "");
}

static sqlite3 *begin(const char *path, const char *way, const char *journal, int page)
{
    sqlite3 *db = NULL;
    char sql[256];
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    ck_assert_int_eq(sqlite3_open_v2(path, &db, flags, way), SQLITE_OK);
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA page_size=%d; PRAGMA cache_size=-200; PRAGMA journal_mode=%s;"
                   " PRAGMA wal_autocheckpoint=0; CREATE TABLE t(a INTEGER PRIMARY KEY, b);"
                   " CREATE INDEX i ON t(b); CREATE TABLE u(x)",
                   page, journal);
    run(db, sql);
    return db;
}

static sqlite3_int64 sum_of(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    const char *sql = "SELECT total(a * length(b) + unicode(b)) FROM t WHERE"
                      " (SELECT group_concat(integrity_check) = 'ok' FROM pragma_integrity_check)";
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    sqlite3_int64 sum = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return sum;
}

static void copy(const char *from, const char *to)
{
    char cmd[4 * PATH_LEN];
    (void)snprintf(cmd, sizeof cmd, "cp %s %s 2>/dev/null", from, to);
    (void)!system(cmd);
}

/* The files as they lie there, opened as after a crash. */
static sqlite3_int64 sum_of_files(const char *path)
{
    char made[PATH_LEN + 8], from[PATH_LEN + 16], to[PATH_LEN + 16];
    sqlite3 *db = NULL;
    (void)snprintf(made, sizeof made, "%s.copy", path);
    (void)snprintf(from, sizeof from, "%s-wal", path);
    (void)snprintf(to, sizeof to, "%s-wal", made);
    copy(path, made);
    copy(from, to);
    ck_assert_int_eq(sqlite3_open(made, &db), SQLITE_OK);
    sqlite3_int64 sum = sum_of(db);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(unlink(made), 0);
    return sum;
}

static void check_same_bytes(const char *a, const char *b)
{
    struct tg_buf x = {0}, y = {0};
    ck_assert_int_eq(tg_file_read_whole(a, (size_t)1 << 30, &x, &err), TG_OK);
    ck_assert_int_eq(tg_file_read_whole(b, (size_t)1 << 30, &y, &err), TG_OK);
    ck_assert_uint_gt(x.len, 1 << 17);
    ck_assert_uint_eq(x.len, y.len);
    ck_assert(memcmp(x.data, y.data, x.len) == 0);
    tg_buf_free(&x);
    tg_buf_free(&y);
}

static void compare(const char *journal, int page)
{
    const char *way = NULL;
    char gathered[PATH_LEN], plain[PATH_LEN];
    (void)snprintf(gathered, sizeof gathered, "%s/gathered%s%d", dir, journal, page);
    (void)snprintf(plain, sizeof plain, "%s/plain%s%d", dir, journal, page);
    ck_assert_int_eq(tg_gather_name(&way, &err), TG_OK);
    ck_assert_ptr_nonnull(way);
    sqlite3 *a = begin(gathered, way, journal, page), *b = begin(plain, NULL, journal, page);
    for (size_t i = 0; i < N_CHANGES; i++) {
        run(a, changes[i]);
        run(b, changes[i]);
        sqlite3_int64 sum = sum_of(b);
        ck_assert_int_ne(sum, 0);
        ck_assert_int_eq(sum_of(a), sum);
        ck_assert_int_eq(sum_of_files(gathered), sum);
        if (i % 2)
            run(a, "PRAGMA wal_checkpoint"), run(b, "PRAGMA wal_checkpoint");
    }
    ck_assert_int_eq(sqlite3_close(a), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(b), SQLITE_OK);
    check_same_bytes(gathered, plain);
}

START_TEST(the_files_are_those_of_the_systems_own_way)
{
    const int pages[] = {1024, 65536};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        compare("WAL", pages[i]);
    compare("DELETE", 8192);
}
END_TEST

static int count_writes(sqlite3 *db)
{
    int now = 0, high = 0;
    (void)sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_SPILL, &now, &high, 0);
    return now;
}

/* What another connection sees while pages of a change wait is what was there before. */
START_TEST(others_see_what_is_committed)
{
    const char *way = NULL;
    char path[PATH_LEN];
    sqlite3 *other = NULL;
    (void)snprintf(path, sizeof path, "%s/others", dir);
    ck_assert_int_eq(tg_gather_name(&way, &err), TG_OK);
    sqlite3 *db = begin(path, way, "WAL", 4096);
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    run(db, changes[0]);
    sqlite3_int64 sum = sum_of(db);
    ck_assert_int_eq(sum_of(other), sum);
    run(db, "BEGIN; UPDATE t SET b = 'x' || b; DELETE FROM t WHERE a % 3 = 1");
    ck_assert_int_gt(count_writes(db), 0);
    ck_assert_int_eq(sum_of(other), sum);
    run(db, "COMMIT");
    ck_assert_int_ne(sum_of(db), sum);
    ck_assert_int_eq(sum_of(other), sum_of(db));
    ck_assert_int_eq(sqlite3_close(other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store gather");
    TCase *t = tcase_create("gather");
    tcase_add_checked_fixture(t, make_dir, remove_dir);
    tcase_add_test(t, the_files_are_those_of_the_systems_own_way);
    tcase_add_test(t, others_see_what_is_committed);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
