/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that a thread reads ahead: all of them, in their order, up to what ends them. */
#include "store/pump.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 60000, LONG = 300000, EVERY = 15000 };

#define NUMBERS "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?) "

static struct tg_db db;
static struct tg_error err;

static void open_db(void)
{
    ck_assert_int_eq(sqlite3_open(":memory:", &db.handle), SQLITE_OK);
}

static void close_db(void)
{
    tg_db_close(&db);
}

struct seen {
    int64_t n, refuse_at, wrong;
    bool bytes;
};

static enum tg_status on_row(void *ctx, const struct tg_pumped *row, struct tg_error *e)
{
    struct seen *s = ctx;
    int64_t x = ++s->n;
    if (x == s->refuse_at)
        return TG_FAIL(e, TG_MSG_CANCELLED, .line = 5);
    size_t len = !s->bytes ? 0 : x % EVERY ? sizeof "x" : LONG;
    s->wrong += row->numbers[0] != x || row->numbers[1] != (x % 7 ? -x : 0) || row->len != len ||
                (len == sizeof "x" && memcmp(row->bytes, "x", len) != 0);
    return TG_OK;
}

static enum tg_status pump(const char *sql, int64_t n, struct seen *seen)
{
    sqlite3_stmt *stmt = NULL;
    ck_assert_int_eq(tg_db_prepare(&db, sql, &stmt, &err), TG_OK);
    ck_assert_int_eq(tg_db_bind(&db, stmt, DB_ARGS(DB_INT(n)), &err), TG_OK);
    enum tg_status status = tg_pump(&db, stmt, 2, on_row, seen, &err);
    ck_assert_int_eq(seen->wrong, 0);
    /* the database is the caller's again */
    int64_t one = 0;
    ck_assert_int_eq(tg_db_number(&db, "SELECT 1", DB_NO_ARGS, &one, &err), TG_OK);
    ck_assert_int_eq(one, 1);
    (void)sqlite3_finalize(stmt);
    return status;
}

static const char with_bytes[] =
    NUMBERS "SELECT x, CASE x % 7 WHEN 0 THEN NULL ELSE -x END,"
            " CASE x % 15000 WHEN 0 THEN zeroblob(300000) ELSE x'7800' END FROM n WHERE ?1 > 0";
static const char without[] = NUMBERS "SELECT x, CASE x % 7 WHEN 0 THEN NULL ELSE -x END FROM n"
                                      " WHERE ?1 > 0";

START_TEST(all_rows_come_in_their_order)
{
    static const int64_t counts[] = {0, 1, 2, 1000, MANY};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct seen seen = {.bytes = true};
        ck_assert_int_eq(pump(with_bytes, counts[i], &seen), TG_OK);
        ck_assert_int_eq(seen.n, counts[i]);
        seen = (struct seen){.n = 0};
        ck_assert_int_eq(pump(without, counts[i], &seen), TG_OK);
        ck_assert_int_eq(seen.n, counts[i]);
    }
}
END_TEST

START_TEST(who_uses_them_may_end_them)
{
    static const int64_t at[] = {1, 100, MANY / 2, MANY};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        struct seen seen = {.refuse_at = at[i], .bytes = true};
        ck_assert_int_eq(pump(with_bytes, MANY, &seen), TG_CANCELLED);
        ck_assert_int_eq(seen.n, at[i]);
        ck_assert_uint_eq(err.line, 5);
    }
}
END_TEST

/* abs() of the least number has no answer. */
START_TEST(what_came_before_a_failure_is_used)
{
    static const int64_t at[] = {1, 45001};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        struct seen seen = {.n = 0};
        char sql[512];
        (void)snprintf(sql, sizeof sql,
                       NUMBERS "SELECT abs(CASE x WHEN %lld THEN -9223372036854775807 - 1 ELSE x"
                               " END), CASE x %% 7 WHEN 0 THEN NULL ELSE -x END FROM n",
                       (long long)at[i]);
        ck_assert_int_ne(pump(sql, MANY, &seen), TG_OK);
        ck_assert_int_eq(seen.n, at[i] - 1);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store pump");
    TCase *t = tcase_create("pump");
    tcase_add_checked_fixture(t, open_db, close_db);
    tcase_add_test(t, all_rows_come_in_their_order);
    tcase_add_test(t, who_uses_them_may_end_them);
    tcase_add_test(t, what_came_before_a_failure_is_used);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
