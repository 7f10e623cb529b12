/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Small token files for the tests of the store. In a row `@x` stands for the token of label x, so
 * that a test says who shares what; the row id is made of source, period and the row's place.
 */
#ifndef TG_TEST_STORE_HELP_H
#define TG_TEST_STORE_HELP_H

#include "crypto/digest.h"
#include "store/gather.h"
#include "store/index.h"
#include "store/query.h"
#include "sys/file.h"
#include "table/tokenfile.h"
#include "text/calendar.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char study_text[] =
    "version: 1\n"
    "study: s-1\n"
    "sources:\n"
    "  roster: {kind: roster, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "           resident_number: r, kana_name: k, birth_date: d, sex: s, district: z,\n"
    "           enrolled_from: f, enrolled_to: t}}\n"
    "  care: {kind: roster, columns: {care_insured_number: n, resident_number: r, kana_name: k,\n"
    "         birth_date: d, sex: s}, attributes: {level: l}}\n"
    "  medical: {kind: events, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "            birth_date: d, sex: s, kana_name: k, month: m, code: o, amount: y}}\n"
    "  users: {kind: users, provider: walk, columns: {app_user_id: u, kana_name: k,\n"
    "          birth_date: d, sex: s, registered_on: g}}\n"
    "  steps: {kind: measures, provider: walk, columns: {app_user_id: u, date: d},\n"
    "          measures: {steps: n, weight: w}}\n"
    "  consents: {kind: consents, provider: walk, columns: {app_user_id: u, purpose: p,\n"
    "             granted_on: g, withdrawn_on: w, form: f, method: m}}\n"
    "  other_users: {kind: users, provider: run, columns: {app_user_id: u, kana_name: k,\n"
    "                birth_date: d, sex: s}}\n"
    "tokens:\n"
    "  insured: [insurer_number, insured_symbol, insured_number, birth_date, sex]\n"
    "  care: [care_insured_number]\n"
    "  resident: [resident_number]\n"
    "  person: [kana_name_folded, birth_date, sex]\n"
    "  near: [kana_name_folded~1, birth_date, sex]\n";

/* The columns of each file, behind the row id.
 *   roster   insured resident person near | birth_month sex district from to
 *   care     care resident person near | birth_month sex district from to level
 *   medical  insured person near | month code amount
 *   users    app person near | provider birth_month sex registered_on
 *   steps    app | date steps weight
 *   consents app | provider purpose form method granted_on withdrawn_on */

static struct tg_error err;
static char dir[64];
static char db_path[96];
static struct tg_study *study;
static struct tg_store *store;

static inline const char *in_dir(const char *name)
{
    static char path[8][256];
    static size_t next;
    char *p = path[next++ % 8];
    (void)snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

#define OK(call)                                                                                   \
    ck_assert_msg((call) == TG_OK, "%s:%d: %d %s", __FILE__, __LINE__, err.message, err.rule)

static inline void load_study(const char *text)
{
    OK(tg_file_write_whole(in_dir("study.yaml"), text, strlen(text), 0600, true, &err));
    tg_study_free(&study);
    enum tg_status status = tg_study_load(in_dir("study.yaml"), &study, &err);
    ck_assert_msg(status == TG_OK, "study: %d line %d %s %s", err.message, (int)err.line,
                  err.column, err.rule);
}

static inline void make_room(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/tg-test-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(db_path, sizeof db_path, "%s/totsugo.db", dir);
    load_study(study_text);
}

static inline void open_store(void)
{
    OK(tg_store_open(db_path, study, &store, &err));
}

static inline void reopen(void)
{
    tg_store_close(&store);
    open_store();
}

static inline void setup(void)
{
    make_room();
    open_store();
}

static inline void teardown(void)
{
    tg_store_close(&store);
    tg_study_free(&study);
    ck_assert_int_eq(tg_dir_remove(dir, &err), TG_OK);
}

static inline void label_token(const char *label, size_t len, char hex[33])
{
    char digest[TG_DIGEST_HEX + 1];
    tg_digest_of(label, len, digest);
    memcpy(hex, digest, 32);
    hex[32] = '\0';
}

static inline void row_id_of(const char *source, const char *period, size_t row, char hex[33])
{
    char text[128];
    int n = snprintf(text, sizeof text, "row %s %s %zu", source, period, row);
    label_token(text, (size_t)n, hex);
}

static inline int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One line of the file: labels become tokens. */
static inline char *make_line(const struct tg_source *source, const char *period, size_t at,
                              const char *row)
{
    struct tg_buf line = {0};
    char hex[33];
    if (tg_kind_has_row_id(source->kind)) {
        row_id_of(source->name, period, at, hex);
        OK(tg_buf_printf(&line, &err, "%s,", hex));
    }
    while (*row) {
        if (*row != '@') {
            OK(tg_buf_add_char(&line, *row++, &err));
            continue;
        }
        size_t len = strcspn(++row, ",;");
        label_token(row, len, hex);
        OK(tg_buf_add(&line, hex, 32, &err));
        row += len;
    }
    OK(tg_buf_add_char(&line, '\n', &err));
    char *copy = tg_strndup(line.data, line.len, &err);
    tg_buf_free(&line);
    return copy;
}

static inline void make_header(const struct tg_source *source, struct tg_buf *out,
                               const char **tokens, size_t *n_tokens)
{
    const char *comma = "";
    *n_tokens = 0;
    if (tg_kind_has_row_id(source->kind)) {
        OK(tg_buf_printf(out, &err, "row_id"));
        comma = ",";
    }
    if (source->provider)
        tokens[(*n_tokens)++] = "app";
    for (size_t i = 0; i < study->n_tokens; i++) {
        if (tg_source_can_fill(source, &study->tokens[i]))
            tokens[(*n_tokens)++] = study->tokens[i].name;
    }
    for (size_t i = 0; i < *n_tokens; i++, comma = ",")
        OK(tg_buf_printf(out, &err, "%stoken_%s", comma, tokens[i]));
    for (const char *const *c = tg_kind_carries(source->kind); *c; c++)
        OK(tg_buf_printf(out, &err, ",%s", *c));
    const char *may = tg_kind_may_carry(source->kind);
    if (may && tg_source_column(source, may))
        OK(tg_buf_printf(out, &err, ",%s", may));
    for (size_t i = 0; i < source->n_measures; i++)
        OK(tg_buf_printf(out, &err, ",%s", source->measures[i].name));
    for (size_t i = 0; i < source->n_attributes; i++)
        OK(tg_buf_printf(out, &err, ",%s", source->attributes[i].name));
    OK(tg_buf_add_char(out, '\n', &err));
}

#define KEY_ID "0123456789abcdef"

static inline void write_manifest(const char *path, const struct tg_source *source,
                                  const char *period, const char **tokens, size_t n_tokens,
                                  size_t rows, const char *key_id)
{
    char sha256[TG_DIGEST_HEX + 1];
    struct tg_arena arena = {0};
    OK(tg_digest_file(path, sha256, &err));
    struct tg_manifest m = {.format = "totsugo-tokens/1",
                            .study = study->id,
                            .study_digest = study->digest,
                            .source = source->name,
                            .kind = tg_kind_name(source->kind),
                            .provider = source->provider ? source->provider : "",
                            .period = period,
                            .normalizer = TG_NORMALIZER,
                            .key_id = key_id,
                            .tokens = tokens,
                            .n_tokens = n_tokens,
                            .rows = rows,
                            .sha256 = sha256,
                            .tool = "totsugo 0.1.0"};
    OK(tg_manifest_write(tg_manifest_path(&arena, path, &err), &m, NULL, true, &err));
    tg_arena_free(&arena);
}

/* Writes a token file and its manifest; rows end with NULL. */
static inline const char *make_file(const char *name, const char *period, const char *const *rows)
{
    const struct tg_source *source = tg_study_source(study, name);
    const char *tokens[16];
    char *lines[8192], file[96];
    size_t n = 0, n_tokens;
    struct tg_buf text = {0};
    ck_assert_ptr_nonnull(source);
    make_header(source, &text, tokens, &n_tokens);
    for (; rows[n]; n++)
        lines[n] = make_line(source, period, n, rows[n]);
    qsort(lines, n, sizeof lines[0], by_text);
    for (size_t i = 0; i < n; i++) {
        OK(tg_buf_add(&text, lines[i], strlen(lines[i]), &err));
        free(lines[i]);
    }
    (void)snprintf(file, sizeof file, "%s-%s.csv", name, period);
    const char *path = in_dir(file);
    OK(tg_file_write_whole(path, text.data, text.len, 0600, true, &err));
    write_manifest(path, source, period, tokens, n_tokens, n, KEY_ID);
    tg_buf_free(&text);
    return path;
}
#define ROWS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_ROWS   ((const char *const[]){NULL})

static inline struct tg_import_result take(const char *name, const char *period,
                                           const char *const *rows)
{
    struct tg_import_result result;
    enum tg_status status = tg_import(store, make_file(name, period, rows), NULL, &result, &err);
    ck_assert_msg(status == TG_OK, "%s %s: %d %s %s", name, period, err.message, err.column,
                  err.rule);
    return result;
}

#define M(year, month) tg_month_of((year), (month))
#define LATE           M(2030, 1)

/* The file of the closed store. */
static inline sqlite3 *open_raw(void)
{
    struct tg_db db = {.path = db_path};
    const char *way;
    tg_store_close(&store);
    OK(tg_gather_name(&way, &err));
    ck_assert_int_eq(sqlite3_open_v2(db_path, &db.handle, SQLITE_OPEN_READWRITE, way), SQLITE_OK);
    OK(tg_index_register(&db, &err));
    return db.handle;
}

/* The first number of the first row that SQL yields on the closed file. */
static inline int64_t number(const char *sql)
{
    sqlite3_stmt *stmt;
    sqlite3 *db = open_raw();
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(db));
    int64_t value = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : INT64_MIN;
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    open_store();
    return value;
}

/* Runs SQL on the file behind the program's back. */
static inline void tamper(const char *sql)
{
    char *message = NULL;
    sqlite3 *db = open_raw();
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    (void)sqlite3_close(db);
    open_store();
}

/* The person of the `row`-th row of a delivery. */
static inline int64_t person_of(const char *source, const char *period, size_t row)
{
    char hex[33], sql[256];
    row_id_of(source, period, row, hex);
    (void)snprintf(sql, sizeof sql,
                   "SELECT i.person_id FROM roster_row r JOIN identity i ON i.id = r.identity_id"
                   " WHERE hex(r.row_id) = upper('%s')",
                   hex);
    return number(sql);
}

/* Valid for the next three calls. */
static inline const char *row_of(const char *source, const char *period, size_t at)
{
    static char hex[4][33];
    static size_t next;
    char *out = hex[next++ % 4];
    row_id_of(source, period, at, out);
    return out;
}

static inline int run_tests(Suite *s)
{
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline void retract(const char *source, const char *period)
{
    struct tg_import_result r;
    OK(tg_import_retract(store, source, period, NULL, &r, &err));
}

/* An empty store with the site key of the one before. */
static inline void start_again(void)
{
    tg_store_close(&store);
    tg_file_remove(db_path);
    open_store();
}

/* Identities of whom a day near the 75th birthday is not known as the one that it is. */
#define TURNED_WRONGLY                                                                             \
    "SELECT count(*) FROM identity WHERE turns <> (coalesce((enrolled_to / 10000 * 12"             \
    " + enrolled_to / 100 % 100 - 1) - birth_month IN (899, 900), 0) OR coalesce("                 \
    "(enrolled_from / 10000 * 12 + enrolled_from / 100 % 100 - 1) - birth_month = 900, 0))"

/* The whole store in one order. */
static inline void dump_store(struct tg_buf *out)
{
    out->len = 0;
    ck_assert_int_eq(number(TURNED_WRONGLY), 0);
    OK(tg_store_dump(store, in_dir("dump"), true, &err));
    OK(tg_file_read_whole(in_dir("dump"), 1 << 20, out, &err));
}

/* The files of a world give one store in any order: also where one of another world came first and
 * was taken back, and where all come again. `shows` is in its dump. */
static inline void same_in_any_order(size_t n_files, void (*put)(size_t file, uint64_t world),
                                     void (*take_back)(size_t file), uint64_t world,
                                     const char *shows)
{
    enum { ANOTHER = 77 };
    struct tg_buf expected = {0}, found = {0};
    for (size_t f = 0; f < n_files; f++)
        put(f, world);
    dump_store(&expected);
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&expected, &err), shows));
    for (size_t order = 1; order < n_files; order++) {
        start_again();
        put(order, world + ANOTHER);
        for (size_t f = 0; f < n_files; f++) {
            size_t at = (f * 3 + order) % n_files;
            put(at, world);
            if (f == order)
                take_back(at);
        }
        for (size_t f = 0; f < n_files; f++)
            put(n_files - 1 - f, world);
        dump_store(&found);
        ck_assert_msg(found.len == expected.len &&
                          memcmp(found.data, expected.data, found.len) == 0,
                      "world %d, order %zu", (int)world, order);
    }
    OK(tg_store_verify(store, NULL, &err));
    tg_buf_free(&expected);
    tg_buf_free(&found);
}

#endif
