/* SPDX-License-Identifier: Apache-2.0 */
/* Pages on the gathered way: what is committed lies in the files, and the files are those of the
 * system's own way, byte by byte but for the checksums; what was changed there is not read. */
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

static sqlite3 *open_on(const char *path, const char *way)
{
    sqlite3 *db = NULL;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    ck_assert_int_eq(sqlite3_open_v2(path, &db, flags, way), SQLITE_OK);
    ck_assert_int_eq(sqlite3_extended_result_codes(db, 1), SQLITE_OK);
    return db;
}

/* With `reserved` bytes at the end of each page. */
static sqlite3 *begin(const char *path, const char *way, const char *journal, int page,
                      int reserved)
{
    sqlite3 *db = open_on(path, way);
    char sql[256];
    ck_assert_int_eq(sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved),
                     SQLITE_OK);
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

/* What is reserved lies at the end of each page of `a`, and is not looked at in `b`. */
static void check_same_bytes(const char *a, const char *b, size_t page, size_t reserved)
{
    struct tg_buf x = {0}, y = {0};
    ck_assert_int_eq(tg_file_read_whole(a, (size_t)1 << 30, &x, &err), TG_OK);
    ck_assert_int_eq(tg_file_read_whole(b, (size_t)1 << 30, &y, &err), TG_OK);
    ck_assert_uint_gt(x.len, 1 << 17);
    ck_assert_uint_eq(x.len, y.len);
    ck_assert_uint_eq(x.len % page, 0);
    for (size_t at = 0; at < x.len; at += page)
        ck_assert(memcmp(x.data + at, y.data + at, page - reserved) == 0);
    tg_buf_free(&x);
    tg_buf_free(&y);
}

static void check_all_pages(sqlite3 *db, const char *path, int page)
{
    run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    uint32_t n = (uint32_t)(tg_file_size(path) / (uint64_t)page);
    for (uint32_t i = 1; i <= n; i++)
        ck_assert_int_eq(tg_gather_check(db, i), SQLITE_OK);
    ck_assert_int_eq(tg_gather_check(db, n + 1), SQLITE_IOERR_SHORT_READ);
}

static void compare(const char *journal, int page, int reserved)
{
    const char *way = NULL;
    char gathered[PATH_LEN], plain[PATH_LEN];
    (void)snprintf(gathered, sizeof gathered, "%s/gathered%s%d", dir, journal, page);
    (void)snprintf(plain, sizeof plain, "%s/plain%s%d", dir, journal, page);
    ck_assert_int_eq(tg_gather_name(&way, &err), TG_OK);
    ck_assert_ptr_nonnull(way);
    sqlite3 *a = begin(gathered, way, journal, page, reserved);
    sqlite3 *b = begin(plain, NULL, journal, page, reserved);
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
    if (reserved)
        check_all_pages(a, gathered, page);
    ck_assert_int_eq(sqlite3_close(a), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(b), SQLITE_OK);
    check_same_bytes(gathered, plain, (size_t)page, (size_t)reserved);
    ck_assert_int_eq(unlink(gathered) | unlink(plain), 0);
}

START_TEST(the_files_are_those_of_the_systems_own_way)
{
    const int reserved = 8 * _i;
    compare("WAL", 1024, reserved);
    compare("WAL", 65536, reserved);
    compare("DELETE", 8192, reserved);
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
    sqlite3 *db = begin(path, way, "WAL", 4096, 8 * _i);
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

enum { PAGE = 1024, SUM = 8 };
static const char *way;
static char path[PATH_LEN];
static struct tg_buf whole; /* the file as it was written */

/* A database of many pages, closed, and its bytes. */
static void make(int reserved)
{
    (void)snprintf(path, sizeof path, "%s/db", dir);
    ck_assert_int_eq(tg_gather_name(&way, &err), TG_OK);
    sqlite3 *db = begin(path, way, "WAL", PAGE, reserved);
    run(db, "PRAGMA synchronous=OFF");
    run(db, changes[0]);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(tg_file_read_whole(path, (size_t)1 << 24, &whole, &err), TG_OK);
    ck_assert_uint_gt(whole.len, (size_t)200 * PAGE);
}

static void unmake(void)
{
    tg_buf_free(&whole);
    ck_assert_int_eq(unlink(path), 0);
}

/* These bytes instead of those at `at`. */
static void put(size_t at, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (long)at, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

/* What reading everything comes to; the hurt page, if any. */
static int read_all(uint32_t *hurt)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, way);
    if (rc)
        rc = sqlite3_extended_errcode(db);
    else
        rc = sqlite3_extended_result_codes(db, 1);
    if (!rc)
        rc = sqlite3_exec(db, "SELECT total(length(b)) FROM t NOT INDEXED", NULL, NULL, NULL);
    if (!rc)
        rc = sqlite3_exec(db, "SELECT count(*), max(b) FROM t INDEXED BY i", NULL, NULL, NULL);
    *hurt = tg_gather_hurt(db);
    (void)sqlite3_close(db);
    return rc;
}

static void flip(size_t at, int bit)
{
    char byte = (char)(whole.data[at] ^ 1 << bit);
    put(at, &byte, 1);
}

static void mend(size_t at)
{
    put(at, whole.data + at, 1);
}

START_TEST(a_page_that_was_changed_is_not_read)
{
    uint32_t hurt;
    make(SUM);
    ck_assert_int_eq(read_all(&hurt), SQLITE_OK);
    ck_assert_uint_eq(hurt, 0);
    size_t read = 0;
    for (size_t page = 1; page <= whole.len / PAGE; page += 2) {
        /* also in the checksum itself */
        size_t at =
            (page - 1) * PAGE + (page % 5 == 0 ? PAGE - SUM + page % SUM : page * 37 % PAGE);
        flip(at, (int)(page % 8));
        sqlite3 *db = NULL;
        if (!sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, way))
            ck_assert_int_eq(tg_gather_check(db, (uint32_t)page), SQLITE_IOERR_DATA);
        (void)sqlite3_close(db);
        int rc = read_all(&hurt);
        ck_assert(rc == SQLITE_IOERR_DATA || rc == SQLITE_OK);
        if (rc) {
            ck_assert_uint_eq(hurt, page);
            read++;
        }
        mend(at);
    }
    /* those that hold nothing are not */
    ck_assert_uint_gt(read * 20, whole.len / PAGE * 9);
    ck_assert_int_eq(read_all(&hurt), SQLITE_OK);
    unmake();
}
END_TEST

START_TEST(a_page_in_the_place_of_another_is_not_read)
{
    uint32_t hurt;
    make(SUM);
    put((size_t)50 * PAGE, whole.data + (size_t)60 * PAGE, PAGE);
    ck_assert_int_eq(read_all(&hurt), SQLITE_IOERR_DATA);
    ck_assert_uint_eq(hurt, 51);
    static const char nothing[PAGE];
    put((size_t)50 * PAGE, nothing, PAGE);
    ck_assert_int_eq(read_all(&hurt), SQLITE_IOERR_DATA);
    unmake();
}
END_TEST

START_TEST(a_hurt_header_is_not_taken_for_one_without_checksums)
{
    uint32_t hurt;
    make(SUM);
    for (size_t bit = 0; bit < 8 * 100; bit++) {
        flip(bit / 8, (int)(bit % 8));
        ck_assert_int_eq(read_all(&hurt), SQLITE_IOERR_DATA);
        mend(bit / 8);
    }
    static const char nothing[21];
    put(0, nothing, 18);
    ck_assert_int_eq(read_all(&hurt), SQLITE_IOERR_DATA);
    /* a header that never had any, and no database at all */
    unmake();
    make(0);
    ck_assert_int_eq(read_all(&hurt), SQLITE_OK);
    put(0, nothing, sizeof nothing);
    ck_assert_int_eq(read_all(&hurt), SQLITE_NOTADB);
    unmake();
}
END_TEST

/* As SQLite reads the pages of a long row when it is built to. */
START_TEST(part_of_a_page_is_read_of_a_sound_one)
{
    char part[100];
    sqlite3_file *file = NULL;
    const size_t at = (size_t)20 * PAGE;
    make(SUM);
    sqlite3 *db = open_on(path, way);
    run(db, "SELECT count(*) FROM t");
    ck_assert_int_eq(sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file), SQLITE_OK);
    ck_assert_int_eq(file->pMethods->xRead(file, part, sizeof part, (sqlite3_int64)at + 4),
                     SQLITE_OK);
    ck_assert(memcmp(part, whole.data + at + 4, sizeof part) == 0);
    flip(at + 900, 3);
    ck_assert_int_eq(file->pMethods->xRead(file, part, sizeof part, (sqlite3_int64)at + 4),
                     SQLITE_IOERR_DATA);
    ck_assert_uint_eq(tg_gather_hurt(db), 21);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    unmake();
}
END_TEST

START_TEST(written_anew_a_database_gets_checksums)
{
    int reserved = SUM;
    uint32_t hurt;
    make(0);
    sqlite3 *db = open_on(path, way), *other = open_on(path, way);
    sqlite3_int64 sum = sum_of(db);
    /* one that is open meanwhile learns of it, too, and works the rest of the journal in */
    run(other, "BEGIN; SELECT count(*) FROM t");
    ck_assert_int_eq(sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved),
                     SQLITE_OK);
    run(db, "VACUUM");
    ck_assert_int_eq(sum_of(other), sum);
    run(other, "COMMIT");
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(sum_of(other), sum);
    ck_assert_int_eq(sqlite3_close(other), SQLITE_OK);
    db = open_on(path, way);
    ck_assert_int_eq(sum_of(db), sum);
    check_all_pages(db, path, PAGE);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    flip((size_t)70 * PAGE + 5, 0);
    ck_assert_int_eq(read_all(&hurt), SQLITE_IOERR_DATA);
    unmake();
}
END_TEST

/* The one that ends last works the journal in, without having read anything since. */
START_TEST(who_was_there_before_the_checksums_writes_them)
{
    int reserved = SUM;
    make(0);
    sqlite3 *db = open_on(path, way), *other = open_on(path, way);
    run(other, "SELECT count(*) FROM t");
    ck_assert_int_eq(sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL), SQLITE_OK);
    run(db, "VACUUM; PRAGMA wal_checkpoint; INSERT INTO u VALUES(17)");
    sqlite3_int64 sum = sum_of(db);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(other), SQLITE_OK);
    db = open_on(path, way);
    ck_assert_int_eq(sum_of(db), sum);
    check_all_pages(db, path, PAGE);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    unmake();
}
END_TEST

START_TEST(what_another_program_writes_is_seen)
{
    uint32_t hurt;
    make(SUM);
    sqlite3 *db = open_on(path, NULL);
    ck_assert_int_ne(sum_of(db), 0);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(read_all(&hurt), SQLITE_OK);
    db = open_on(path, NULL);
    run(db, "UPDATE t SET b = b || 'x' WHERE a = 17");
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(read_all(&hurt), SQLITE_IOERR_DATA);
    unmake();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store gather");
    TCase *t = tcase_create("gather");
    tcase_add_checked_fixture(t, make_dir, remove_dir);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, the_files_are_those_of_the_systems_own_way, 0, 2);
    tcase_add_loop_test(t, others_see_what_is_committed, 0, 2);
    tcase_add_test(t, a_page_that_was_changed_is_not_read);
    tcase_add_test(t, a_page_in_the_place_of_another_is_not_read);
    tcase_add_test(t, a_hurt_header_is_not_taken_for_one_without_checksums);
    tcase_add_test(t, part_of_a_page_is_read_of_a_sound_one);
    tcase_add_test(t, written_anew_a_database_gets_checksums);
    tcase_add_test(t, who_was_there_before_the_checksums_writes_them);
    tcase_add_test(t, what_another_program_writes_is_seen);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
