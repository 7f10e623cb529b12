/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "store_help.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define BORN  "1950-03,1"
#define ROW_1 "@n1,@r1,@k1,@x2;@x1," BORN ",east,2015-04-01,"
#define ROW_2                                                                                      \
    "@n2,@r2,@k2,@x3,"                                                                             \
    "1951-01,2,west,,2024-12-31"
#define CLAIMS "@n1,@k1,,2025-01,E11,12000"

static enum tg_status try_import(const char *path)
{
    struct tg_import_result result;
    err = (struct tg_error){0};
    return tg_import(store, path, NULL, &result, &err);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_mode & 07777;
}

START_TEST(a_new_store_has_its_key_and_is_for_its_owner_alone)
{
    ck_assert_uint_eq(mode_of(db_path), 0600);
    ck_assert_uint_eq(mode_of(in_dir("site.key")), 0600);
    ck_assert_int_gt(number("PRAGMA user_version"), 1);
    ck_assert_int_eq(number("PRAGMA application_id"), 0x74747367);
}
END_TEST

START_TEST(a_second_run_is_told_to_wait)
{
    struct tg_store *other = NULL;
    ck_assert_int_eq(tg_store_open(db_path, study, &other, &err), TG_BUSY);
    ck_assert_ptr_null(other);
}
END_TEST

START_TEST(another_program_on_the_file_is_waited_for)
{
    sqlite3 *db;
    tg_store_close(&store);
    ck_assert_int_eq(sqlite3_open(db_path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(tg_store_open(db_path, study, &store, &err), TG_BUSY);
    ck_assert_int_eq(err.message, TG_MSG_STORE_BUSY);
    (void)sqlite3_close(db);
    open_store();
}
END_TEST

START_TEST(a_lost_site_key_is_never_made_again)
{
    tg_store_close(&store);
    ck_assert_int_eq(rename(in_dir("site.key"), in_dir("elsewhere")), 0);
    ck_assert_int_eq(tg_store_open(db_path, study, &store, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_SITE_KEY_MISSING);
    ck_assert(!tg_file_exists(in_dir("site.key")));
    ck_assert_int_eq(rename(in_dir("elsewhere"), in_dir("site.key")), 0);
    open_store();
}
END_TEST

START_TEST(another_site_key_is_refused)
{
    struct tg_key *key = NULL;
    tg_store_close(&store);
    OK(tg_key_generate("s-1", &key, &err));
    OK(tg_key_save(key, in_dir("site.key"), true, &err));
    tg_key_free(&key);
    ck_assert_int_eq(tg_store_open(db_path, study, &store, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_SITE_KEY_OTHER);
}
END_TEST

START_TEST(a_site_key_that_others_can_read_is_refused)
{
    tg_store_close(&store);
    ck_assert_int_eq(chmod(in_dir("site.key"), 0644), 0);
    ck_assert_int_eq(tg_store_open(db_path, study, &store, &err), TG_NO_PERMISSION);
}
END_TEST

START_TEST(other_files_are_no_stores)
{
    struct tg_store *other = NULL;
    const char *path = in_dir("other.db");
    ck_assert_int_eq(tg_store_open_existing(path, study, &other, &err), TG_NO_INPUT);
    ck_assert(!tg_file_exists(path));
    char text[4096];
    memset(text, 'x', sizeof text);
    OK(tg_file_write_whole(path, text, sizeof text, 0600, true, &err));
    ck_assert_int_eq(tg_store_open(path, study, &other, &err), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_STORE_NOT);
    tg_file_remove(path);
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE t(a)", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    ck_assert_int_eq(tg_store_open(path, study, &other, &err), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_STORE_NOT);
    ck_assert_int_eq(tg_store_open(dir, study, &other, &err), TG_CANT_CREATE);
    ck_assert_int_eq(tg_store_open(in_dir("no/such/x.db"), study, &other, &err), TG_CANT_CREATE);
}
END_TEST

START_TEST(stores_of_another_study_or_a_newer_program_are_refused)
{
    sqlite3 *db = open_raw();
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(tg_store_open(db_path, study, &store, &err), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_STORE_NEWER);
    char other[sizeof study_text];
    memcpy(other, study_text, sizeof other);
    memcpy(strstr(other, "s-1"), "s-2", 3);
    load_study(other);
    ck_assert_int_eq(tg_store_open(db_path, study, &store, &err), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_STORE_STUDY);
}
END_TEST

START_TEST(the_same_file_twice_is_nothing_new)
{
    struct tg_import_result r = take("roster", "2025-01", ROWS(ROW_1, ROW_2));
    ck_assert_uint_eq(r.outcome, TG_IMPORT_NEW);
    int64_t audit = number("SELECT count(*) FROM audit");
    r = take("roster", "2025-01", ROWS(ROW_1, ROW_2));
    ck_assert_uint_eq(r.outcome, TG_IMPORT_SAME);
    ck_assert_uint_eq(r.rows, 2);
    ck_assert_uint_eq(r.new_identities, 0);
    ck_assert_int_eq(number("SELECT count(*) FROM audit"), audit);
    ck_assert_int_eq(number("SELECT count(*) FROM roster_row"), 2);
}
END_TEST

START_TEST(the_same_source_and_period_replaces_every_kind)
{
    (void)take("roster", "2025-01", ROWS(ROW_1, ROW_2));
    (void)take("medical", "2025-01", ROWS(CLAIMS, "@n2,,,2025-01,I10,5", "@n3,,,2025-01,I10,7"));
    (void)take("medical", "2025-02", ROWS("@n3,,,2025-02,I10,9"));
    (void)take("users", "", ROWS("@a1,@k1,@x1,walk," BORN ",2025-01-02", "@a2,,,walk,,,"));
    (void)take("steps", "2025-01", ROWS("@a1,2025-01-05,1000,60.5", "@a2,2025-01-05,1,"));
    (void)take("consents", "",
               ROWS("@a1,walk,p,f1,web,2025-01-01,", "@a2,walk,p,f1,web,2025-01-01,"));
    ck_assert_uint_eq(take("roster", "2025-01", ROWS(ROW_1)).outcome, TG_IMPORT_REPLACED);
    ck_assert_uint_eq(take("medical", "2025-01", ROWS(CLAIMS)).outcome, TG_IMPORT_REPLACED);
    ck_assert_uint_eq(take("users", "", ROWS("@a1,@k1,@x1,walk," BORN ",2025-01-02")).outcome,
                      TG_IMPORT_REPLACED);
    ck_assert_uint_eq(take("steps", "2025-01", ROWS("@a1,2025-01-05,1000,60.5")).outcome,
                      TG_IMPORT_REPLACED);
    ck_assert_uint_eq(take("consents", "", ROWS("@a1,walk,p,f1,web,2025-01-01,")).outcome,
                      TG_IMPORT_REPLACED);
    ck_assert_int_eq(number("SELECT count(*) FROM roster_row"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM event_run"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM user_row"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM measure_run"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM consent_row"), 1);
    /* what nothing refers to any more is gone, but persons and those of other months stay */
    ck_assert_int_eq(number("SELECT count(*) FROM identity i JOIN source s ON s.id = i.source_id"
                            " WHERE s.name = 'medical' AND i.seen_from IS NOT NULL"),
                     2);
    ck_assert_int_eq(number("SELECT count(*) FROM identity WHERE digest IS NULL"), 4);
    ck_assert_int_eq(number("SELECT count(*) FROM identity_token t JOIN identity i"
                            " ON i.id = t.identity_id WHERE i.digest IS NULL"),
                     0);
    ck_assert_int_eq(number("SELECT count(*) FROM identity WHERE person_id IS NOT NULL"), 2);
    ck_assert_int_eq(number("SELECT seen_from FROM identity i JOIN source s ON s.id = i.source_id"
                            " WHERE s.name = 'medical' ORDER BY seen_from DESC"),
                     M(2025, 2));
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

START_TEST(months_in_any_order_leave_the_first_period)
{
    (void)take("roster", "2025-03", ROWS(ROW_1));
    (void)take("roster", "2025-01", ROWS(ROW_1));
    (void)take("roster", "2025-02", ROWS(ROW_1));
    ck_assert_int_eq(number("SELECT count(*) FROM identity"), 1);
    ck_assert_int_eq(number("SELECT seen_from FROM identity"), M(2025, 1));
    (void)take("roster", "2025-01", ROWS(ROW_2));
    ck_assert_int_eq(number("SELECT seen_from FROM identity WHERE id = 1"), M(2025, 2));
}
END_TEST

/* Whoever is known is found, however many of other sources came between. */
START_TEST(identities_lie_among_those_of_others)
{
    char rows[80][64];
    const char *others[80] = {NULL};
    size_t n = (size_t)_i;
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(rows[i], sizeof rows[i], "@c%zu,,@q%zu,,,,,,,", i, i);
        others[i] = rows[i];
    }
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,,,,,,"));
    (void)take("care", "2025-01", others);
    (void)take("roster", "2025-02", ROWS("@n1,@r1,@k1,,,,,,", "@n2,@r2,@k2,,,,,,"));
    struct tg_import_result r =
        take("roster", "2025-03", ROWS("@n1,@r1,@k1,,,,,,", "@n2,@r2,@k2,,,,,,"));
    ck_assert_uint_eq(r.new_identities, 0);
    ck_assert_int_eq(number("SELECT count(*) FROM identity"), (int64_t)n + 2);
}
END_TEST

START_TEST(no_token_is_stored_as_it_came)
{
    char hex[33], sql[128];
    (void)take("roster", "2025-01", ROWS(ROW_1));
    label_token("n1", 2, hex);
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM identity_token WHERE hex(hash) = upper('%s')", hex);
    ck_assert_int_eq(number(sql), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM identity_token"), 3);
    /* two hashes of 8 bytes, and two numbers */
    ck_assert_int_eq(number("SELECT sum(length(tokens)) FROM identity_evidence"), 18);
    struct tg_buf raw = {0}, token = {0};
    tg_store_close(&store);
    OK(tg_file_read_whole(db_path, 1 << 24, &raw, &err));
    OK(tg_buf_reserve(&token, TG_TOKEN_LEN, &err));
    ck_assert(tg_hex_decode(hex, TG_TOKEN_LEN, token.data));
    ck_assert_ptr_null(memmem(raw.data, raw.len, token.data, TG_TOKEN_LEN));
    ck_assert_ptr_null(memmem(raw.data, raw.len, hex, 32));
    tg_buf_free(&raw);
    tg_buf_free(&token);
}
END_TEST

START_TEST(evidence_goes_with_its_identity)
{
    (void)take("users", "2025-01",
               ROWS("@a1,@k1,@m1,walk,1950-01,1,", "@a2,@k2,@m2,walk,1950-01,1,"));
    ck_assert_int_eq(number("SELECT count(*) FROM identity_evidence"), 2);
    (void)take("users", "2025-01", ROWS("@a1,@k1,@m1,walk,1950-01,1,"));
    ck_assert_int_eq(number("SELECT count(*) FROM identity"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM identity_evidence e JOIN identity i"
                            " ON i.id = e.identity_id WHERE i.digest IS NOT NULL"),
                     1);
    ck_assert_int_eq(number("SELECT count(*) FROM identity_evidence"), 1);
}
END_TEST

START_TEST(two_stores_hash_differently)
{
    (void)take("roster", "2025-01", ROWS(ROW_1));
    int64_t here = number("SELECT unicode(hex(hash)) * 1000 + length(hash) FROM identity_token");
    char hash[2][40];
    for (int i = 0; i < 2; i++) {
        sqlite3_stmt *stmt;
        sqlite3 *db = open_raw();
        ck_assert_int_eq(
            sqlite3_prepare_v2(db, "SELECT hex(hash) FROM identity_token", -1, &stmt, NULL),
            SQLITE_OK);
        ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
        (void)snprintf(hash[i], sizeof hash[i], "%s", sqlite3_column_text(stmt, 0));
        (void)sqlite3_finalize(stmt);
        (void)sqlite3_close(db);
        if (i == 0) {
            tg_file_remove(db_path);
            tg_file_remove(in_dir("site.key"));
            open_store();
            (void)take("roster", "2025-01", ROWS(ROW_1));
        }
    }
    ck_assert_int_ne(here, 0);
    ck_assert_str_ne(hash[0], hash[1]);
    open_store();
}
END_TEST

START_TEST(files_that_do_not_fit_the_first_are_refused)
{
    (void)take("roster", "2025-01", ROWS(ROW_1));
    const char *tokens[] = {"insured", "resident", "person", "near"};
    const char *path = make_file("roster", "2025-02", ROWS(ROW_1));
    write_manifest(path, tg_study_source(study, "roster"), "2025-02", tokens, 4, 1,
                   "fedcba9876543210");
    ck_assert_int_eq(try_import(path), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_IMPORT_KEY);
    /* a study file that makes other tokens: what it makes fits it, but not the store */
    char other[sizeof study_text + 64];
    (void)snprintf(other, sizeof other, "%s  phone: [phone, birth_date]\n", study_text);
    tg_store_close(&store);
    load_study(other);
    open_store();
    ck_assert_int_eq(try_import(make_file("roster", "2025-02", ROWS(ROW_1))), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_IMPORT_DIGEST);
    ck_assert_int_eq(number("SELECT count(*) FROM delivery"), 1);
}
END_TEST

START_TEST(a_source_that_changed_its_kind_is_refused)
{
    (void)take("roster", "2025-01", ROWS(ROW_1));
    tamper("UPDATE source SET kind = 'users'");
    ck_assert_int_eq(try_import(make_file("roster", "2025-02", ROWS(ROW_1))), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_IMPORT_SOURCE);
}
END_TEST

/* Counts over the whole file that any change would change. */
static int64_t fingerprint(void)
{
    return number("SELECT (SELECT count(*) FROM identity) * 1000000"
                  " + (SELECT count(*) FROM identity_token) * 10000"
                  " + (SELECT count(*) FROM roster_row) * 1000"
                  " + (SELECT count(*) FROM delivery) * 100"
                  " + (SELECT count(*) FROM event_run) * 10 + (SELECT count(*) FROM audit)");
}

START_TEST(a_damaged_file_leaves_nothing)
{
    (void)take("roster", "2025-01", ROWS(ROW_1));
    int64_t before = fingerprint();
    const char *path = make_file("roster", "2025-02", ROWS(ROW_1, ROW_2));
    struct tg_buf text = {0};
    OK(tg_file_read_whole(path, 1 << 20, &text, &err));
    OK(tg_file_write_whole(path, text.data, text.len / 2, 0600, true, &err));
    ck_assert_int_eq(try_import(path), TG_DATA);
    char *district = memmem(text.data, text.len, "east", 4);
    memcpy(district, "West", 4);
    OK(tg_file_write_whole(path, text.data, text.len, 0600, true, &err));
    ck_assert_int_eq(try_import(path), TG_DATA);
    tg_buf_free(&text);
    ck_assert_int_eq(fingerprint(), before);
    ck_assert_int_eq(try_import(in_dir("none.csv")), TG_NO_INPUT);
}
END_TEST

START_TEST(malformed_cells_are_named_and_leave_nothing)
{
    static const struct {
        const char *source, *row, *column;
    } cases[] = {
        {"roster", "@n1,@r1,@k1,@x1,1950-13,1,,,", "birth_month"},
        {"roster", "@n1,@r1,@k1,@x1,1950-03,3,,,", "sex"},
        {"roster", "@n1,@r1,@k1,@x1,1950-03,1,,2015-02-30,", "enrolled_from"},
        {"roster", "@n1,@r1,@k1,@x1,1950-03,1,,,20250101", "enrolled_to"},
        {"medical", "@n1,,,2025,I10,1", "month"},
        {"medical", "@n1,,,,I10,1", "month"},
        {"medical", "@n1,,,2025-01,I10,1.5", "amount"},
        {"medical", "@n1,,,2025-01,I10,99999999999999999999", "amount"},
        {"medical", "@n1,,,2025-01,I10,1000000000000001", "amount"},
        {"medical", "@n1,,,2025-01,I10,-9223372036854775808", "amount"},
        {"steps", "@a1,2025-01-05,nan,", "steps"},
        {"steps", "@a1,2025-01-05,1e999,", "steps"},
        {"steps", "@a1,,1,", "date"},
        {"consents", "@a1,walk,p,f,web,yesterday,", "granted_on"},
    };
    int64_t before = fingerprint();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(try_import(make_file(cases[i].source, "2025-01", ROWS(cases[i].row))),
                         TG_DATA);
        ck_assert_int_eq(err.message, TG_MSG_IMPORT_CELL);
        ck_assert_str_eq(err.column, cases[i].column);
        ck_assert_uint_eq(err.line, 2);
    }
    ck_assert_int_eq(fingerprint(), before);
}
END_TEST

START_TEST(a_row_id_that_stands_twice_is_refused)
{
    const char *path = make_file("roster", "2025-01", ROWS(ROW_1, ROW_2));
    struct tg_buf text = {0};
    OK(tg_file_read_whole(path, 1 << 20, &text, &err));
    char *second = (char *)memchr(text.data, '\n', text.len) + 1;
    char *third = (char *)memchr(second, '\n', text.len - (size_t)(second - text.data)) + 1;
    memcpy(third, second, 32);
    OK(tg_file_write_whole(path, text.data, text.len, 0600, true, &err));
    tg_buf_free(&text);
    const char *tokens[] = {"insured", "resident", "person", "near"};
    write_manifest(path, tg_study_source(study, "roster"), "2025-01", tokens, 4, 2, KEY_ID);
    ck_assert_int_eq(try_import(path), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_IMPORT_ROW_TWICE);
    ck_assert_uint_eq(err.line, 3);
}
END_TEST

/* Enough rows for the database to spill before it commits. */
static const char *big_file(void)
{
    static char text[3000][96];
    static const char *rows[3001];
    for (size_t i = 0; i < 3000; i++) {
        (void)snprintf(text[i], sizeof text[i], "@n%zu,@r%zu,@k%zu,@x%zu," BORN ",d%zu,,", i, i, i,
                       i, i % 7);
        rows[i] = text[i];
    }
    return make_file("roster", "2025-06", rows);
}

/* The begin of a line of a text, from 1. */
static char *line_of(struct tg_buf *text, size_t line)
{
    char *p = text->data;
    while (--line > 0)
        p = (char *)memchr(p, '\n', text->len - (size_t)(p - text->data)) + 1;
    return p;
}

/* Rows are read ahead of those that are written: of two errors the first in the file is told. */
START_TEST(the_first_error_of_a_file_is_told)
{
    static const struct {
        size_t cell, token;
    } cases[] = {{2500, 2900}, {2900, 2500}, {2, 3000}, {3000, 2}, {2050, 2051}, {2051, 2050}};
    int64_t before = fingerprint();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = big_file();
        struct tg_buf text = {0};
        OK(tg_file_read_whole(path, 1 << 21, &text, &err));
        char *born = strstr(line_of(&text, cases[i].cell), "1950-");
        memcpy(born, "1950-99", 7);
        *line_of(&text, cases[i].token) = 'x';
        OK(tg_file_write_whole(path, text.data, text.len, 0600, true, &err));
        tg_buf_free(&text);
        ck_assert_int_eq(try_import(path), TG_DATA);
        bool cell = cases[i].cell < cases[i].token;
        ck_assert_uint_eq(err.line, cell ? cases[i].cell : cases[i].token);
        ck_assert_int_eq(err.message, cell ? TG_MSG_IMPORT_CELL : TG_MSG_TOKENS_ROW);
    }
    ck_assert_int_eq(fingerprint(), before);
}
END_TEST

/* Rows wait to be inserted together: of two errors it is still the first that is told. */
START_TEST(a_row_that_comes_twice_is_told_before_a_later_error)
{
    static const struct {
        size_t twice, cell;
    } cases[] = {{3, 4}, {3, 900}, {3, 2900}, {4, 3}, {900, 3}, {2900, 3}};
    const size_t twice = cases[_i].twice, cell = cases[_i].cell;
    const char *tokens[] = {"insured", "resident", "person", "near"};
    const char *path = big_file();
    struct tg_buf text = {0};
    OK(tg_file_read_whole(path, 1 << 21, &text, &err));
    memcpy(line_of(&text, twice), line_of(&text, twice - 1), 32);
    memcpy(strstr(line_of(&text, cell), "1950-"), "1950-99", 7);
    OK(tg_file_write_whole(path, text.data, text.len, 0600, true, &err));
    tg_buf_free(&text);
    write_manifest(path, tg_study_source(study, "roster"), "2025-06", tokens, 4, 3000, KEY_ID);
    ck_assert_int_eq(try_import(path), TG_DATA);
    ck_assert_uint_eq(err.line, twice < cell ? twice : cell);
    ck_assert_int_eq(err.message, twice < cell ? TG_MSG_IMPORT_ROW_TWICE : TG_MSG_IMPORT_CELL);
}
END_TEST

START_TEST(every_row_keeps_what_it_says)
{
    struct tg_import_result result;
    OK(tg_import(store, big_file(), NULL, &result, &err));
    ck_assert_uint_eq(result.rows, 3000);
    ck_assert_uint_eq(result.new_identities, 3000);
    ck_assert_int_eq(number("SELECT count(DISTINCT tokens) FROM identity"), 3000);
    for (int i = 0; i < 7; i++) {
        char sql[160];
        (void)snprintf(sql, sizeof sql,
                       "SELECT count(*) FROM roster_row r JOIN word w ON w.id = r.district"
                       " WHERE w.text = 'd%d'",
                       i);
        ck_assert_int_eq(number(sql), 428 + (i < 4));
    }
    /* the same rows again, from another month: all are known */
    static char text[3000][96];
    static const char *rows[3001];
    for (size_t i = 0; i < 3000; i++) {
        (void)snprintf(text[i], sizeof text[i], "@n%zu,@r%zu,@k%zu,@x%zu," BORN ",d%zu,,", i, i, i,
                       i, i % 7);
        rows[i] = text[i];
    }
    result = take("roster", "2025-07", rows);
    ck_assert_uint_eq(result.new_identities, 0);
}
END_TEST

struct stop {
    uint64_t at, asked;
};

static bool stop_at(void *ctx)
{
    struct stop *stop = ctx;
    return ++stop->asked >= stop->at;
}

START_TEST(a_cancelled_import_leaves_nothing)
{
    (void)take("roster", "2025-01", ROWS(ROW_1));
    int64_t before = fingerprint();
    const char *path = big_file();
    for (uint64_t at = 1;; at++) {
        struct stop stop = {.at = at};
        const struct tg_reporter reporter = {.ctx = &stop, .cancelled = stop_at};
        struct tg_import_result result;
        enum tg_status status = tg_import(store, path, &reporter, &result, &err);
        if (status == TG_OK)
            break;
        ck_assert_int_eq(status, TG_CANCELLED);
        ck_assert_int_eq(fingerprint(), before);
        ck_assert_uint_lt(at, 100);
    }
    ck_assert_int_ne(fingerprint(), before);
}
END_TEST

/* A limit on the file's size stands for a full disk. */
START_TEST(a_full_disk_leaves_nothing)
{
    (void)take("roster", "2025-01", ROWS(ROW_1));
    int64_t before = fingerprint();
    const char *path = big_file();
    tg_store_close(&store);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct tg_store *s = NULL;
        struct tg_import_result result;
        if (tg_store_open(db_path, study, &s, &err))
            _exit(200);
        (void)signal(SIGXFSZ, SIG_IGN);
        const struct rlimit limit = {256 * 1024, 256 * 1024};
        if (setrlimit(RLIMIT_FSIZE, &limit))
            _exit(201);
        _exit((int)tg_import(s, path, NULL, &result, &err));
    }
    int state = 0;
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert_msg(WIFEXITED(state), "signal %d", WTERMSIG(state));
    ck_assert_int_eq(WEXITSTATUS(state), TG_IO);
    open_store();
    ck_assert_int_eq(fingerprint(), before);
    OK(tg_store_verify(store, NULL, &err));
    ck_assert_int_eq(try_import(path), TG_OK);
}
END_TEST

static bool kill_at(void *ctx)
{
    struct stop *stop = ctx;
    if (++stop->asked >= stop->at)
        (void)raise(SIGKILL);
    return false;
}

/* Killed at each report in turn, and by the clock in between. */
START_TEST(a_kill_leaves_nothing)
{
    (void)take("roster", "2025-01", ROWS(ROW_1));
    int64_t before = fingerprint();
    const char *path = big_file();
    tg_store_close(&store);
    for (unsigned round = 0; round < 24; round++) {
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            struct stop stop = {.at = round < 4 ? round + 1 : UINT64_MAX};
            const struct tg_reporter reporter = {.ctx = &stop, .cancelled = kill_at};
            struct tg_import_result result;
            if (tg_store_open(db_path, study, &store, &err))
                _exit(200);
            (void)!tg_import(store, path, &reporter, &result, &err);
            (void)raise(SIGKILL);
        }
        if (round >= 4) {
            (void)usleep(2000 * (round - 3));
            (void)kill(child, SIGKILL);
        }
        int state = 0;
        ck_assert_int_eq(waitpid(child, &state, 0), child);
        ck_assert(WIFSIGNALED(state));
        open_store();
        OK(tg_store_verify(store, NULL, &err));
        int64_t after = fingerprint();
        if (after != before) {
            ck_assert_int_eq(number("SELECT count(*) FROM roster_row"), 3001);
            teardown();
            setup();
            (void)take("roster", "2025-01", ROWS(ROW_1));
            before = fingerprint();
            path = big_file();
        }
        tg_store_close(&store);
    }
    open_store();
    ck_assert_int_eq(try_import(path), TG_OK);
}
END_TEST

START_TEST(long_runs_are_cut_and_counted)
{
    static char text[5000][64];
    static const char *rows[5001];
    for (size_t i = 0; i < 5000; i++) {
        (void)snprintf(text[i], sizeof text[i], "@n1,,,20%02zu-%02zu,C%zu,%zu", i % 30, i % 12 + 1,
                       i % 5, i);
        rows[i] = text[i];
    }
    (void)take("medical", "2025-01", rows);
    ck_assert_int_eq(number("SELECT sum(n) FROM event_run"), 5000);
    ck_assert_int_eq(number("SELECT count(*) FROM event_run"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM identity"), 1);
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

START_TEST(attributes_and_measures_that_the_study_lost_are_left_out)
{
    const char *path = make_file("care", "2025-01", ROWS("@c1,@r1,@k1,," BORN ",,,,L\"12"));
    char other[sizeof study_text];
    memcpy(other, study_text, sizeof other);
    memcpy(strstr(other, "level: l"), "grade: l", 8);
    tg_store_close(&store);
    load_study(other);
    open_store();
    ck_assert_int_eq(try_import(path), TG_OK);
    ck_assert_int_eq(number("SELECT count(*) FROM roster_row WHERE attributes IS NOT NULL"), 0);
    tg_store_close(&store);
    load_study(study_text);
    open_store();
    (void)take("care", "2025-02", ROWS("@c1,@r1,@k1,," BORN ",,,,12"));
    ck_assert_int_eq(number("SELECT json_extract(w.text, '$.level') FROM roster_row r"
                            " JOIN word w ON w.id = r.attributes"),
                     12);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_import");
    TCase *t = tcase_create("store_import");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_new_store_has_its_key_and_is_for_its_owner_alone);
    tcase_add_test(t, a_second_run_is_told_to_wait);
    tcase_add_test(t, another_program_on_the_file_is_waited_for);
    tcase_add_test(t, a_lost_site_key_is_never_made_again);
    tcase_add_test(t, another_site_key_is_refused);
    tcase_add_test(t, a_site_key_that_others_can_read_is_refused);
    tcase_add_test(t, other_files_are_no_stores);
    tcase_add_test(t, stores_of_another_study_or_a_newer_program_are_refused);
    tcase_add_test(t, the_same_file_twice_is_nothing_new);
    tcase_add_test(t, the_same_source_and_period_replaces_every_kind);
    tcase_add_test(t, months_in_any_order_leave_the_first_period);
    tcase_add_loop_test(t, identities_lie_among_those_of_others, 61, 69);
    tcase_add_test(t, no_token_is_stored_as_it_came);
    tcase_add_test(t, evidence_goes_with_its_identity);
    tcase_add_test(t, two_stores_hash_differently);
    tcase_add_test(t, files_that_do_not_fit_the_first_are_refused);
    tcase_add_test(t, a_source_that_changed_its_kind_is_refused);
    tcase_add_test(t, a_damaged_file_leaves_nothing);
    tcase_add_test(t, malformed_cells_are_named_and_leave_nothing);
    tcase_add_test(t, a_row_id_that_stands_twice_is_refused);
    tcase_add_test(t, the_first_error_of_a_file_is_told);
    tcase_add_loop_test(t, a_row_that_comes_twice_is_told_before_a_later_error, 0, 6);
    tcase_add_test(t, every_row_keeps_what_it_says);
    tcase_add_test(t, a_cancelled_import_leaves_nothing);
    tcase_add_test(t, a_full_disk_leaves_nothing);
    tcase_add_test(t, a_kill_leaves_nothing);
    tcase_add_test(t, long_runs_are_cut_and_counted);
    tcase_add_test(t, attributes_and_measures_that_the_study_lost_are_left_out);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
