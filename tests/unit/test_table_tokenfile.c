/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "crypto/digest.h"
#include "table/study_read.h"
#include "table/tokenfile.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct tg_error err;
static char dir[] = "/tmp/tg-test-tokens-XXXXXX";
static char path[256], manifest_path[280];
static struct tg_arena arena;

#define T1 "00112233445566778899aabbccddeeff"
#define T2 "ffeeddccbbaa99887766554433221100"
#define T3 "ffeeddccbbaa99887766554433221101"

static const char study_text[] =
    "version: 1\nstudy: s-1\nsources:\n"
    "  app_users: {kind: users, provider: walk, columns: {app_user_id: u, kana_name: k,\n"
    "              birth_date: b, sex: s}, attributes: {plan: p}}\n"
    "  steps: {kind: measures, provider: walk, columns: {app_user_id: u, date: d},\n"
    "          measures: {steps: n}}\n"
    "tokens:\n"
    "  person: [kana_name_folded, birth_date, sex]\n"
    "  near: [kana_name_folded~1, birth_date, sex]\n";

static struct tg_study *study;

#define CARRIED "provider,birth_month,sex,registered_on"

static const char users_header[] = "row_id,token_app,token_person,token_near," CARRIED ",plan\n";

static const char *user_tokens[] = {"app", "person", "near"};

static struct tg_manifest user_manifest(void)
{
    static const struct tg_count warnings[] = {{"check_digit", 3, 0}, {"padded_zeros", 1, 0}};
    return (struct tg_manifest){
        .format = "totsugo-tokens/1",
        .study = "s-1",
        .study_digest = study->digest,
        .source = "app_users",
        .kind = "users",
        .provider = "walk",
        .period = "2025-04",
        .normalizer = TG_NORMALIZER,
        .key_id = "0123456789abcdef",
        .tokens = user_tokens,
        .n_tokens = 3,
        .rejected = 2,
        .warnings = warnings,
        .n_warnings = 2,
        .tool = "totsugo 0.1.0",
    };
}

/* Replaces the token file's bytes and leaves its manifest. */
static void overwrite(const char *data, size_t len)
{
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
}

/* Writes the text as a token file and a manifest that fits it, but for what the caller changed. */
static void write_files(const char *text, struct tg_manifest m, const char *extra)
{
    char sha256[TG_DIGEST_HEX + 1];
    size_t lines = 0;
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    tg_digest_of(text, strlen(text), sha256);
    if (!m.sha256)
        m.sha256 = sha256;
    if (!m.rows)
        m.rows = lines - 1;
    overwrite(text, strlen(text));
    ck_assert_int_eq(tg_manifest_write(manifest_path, &m, extra, true, &err), TG_OK);
}

static const char *file_text(const char *name)
{
    static struct tg_buf b;
    tg_buf_free(&b);
    ck_assert_int_eq(tg_file_read_whole(name, 1 << 20, &b, &err), TG_OK);
    return tg_buf_text(&b, &err);
}

/* Opens and reads to the end: what it came to. */
static enum tg_message read_all(const struct tg_study *of, uint64_t *rows)
{
    struct tg_token_file *f = NULL;
    err = (struct tg_error){0};
    *rows = 0;
    enum tg_status status = tg_token_file_open(path, of, &f, &err);
    bool end = false;
    while (!status && !end) {
        const struct tg_token_row *row;
        status = tg_token_file_next(f, &row, &end, &err);
        *rows += !status && !end;
    }
    ck_assert_int_eq(status, err.status);
    tg_token_file_close(&f);
    ck_assert_ptr_null(f);
    return err.message;
}

#define ROW_1 T1 "," T2 "," T1 "," T2 ";" T3 ",walk,1950-01,2,2025-01-01,\"a,b\"\n"
#define ROW_2 T2 ",,,,walk,,,,\n"

START_TEST(rows_are_read_as_written)
{
    unsigned char t1[TG_TOKEN_LEN], t3[TG_TOKEN_LEN];
    ck_assert(tg_hex_decode(T1, TG_TOKEN_LEN, t1) && tg_hex_decode(T3, TG_TOKEN_LEN, t3));
    char text[2048];
    (void)snprintf(text, sizeof text, "%s%s%s", users_header, ROW_1, ROW_2);
    write_files(text, user_manifest(), NULL);

    struct tg_token_file *f = NULL;
    const struct tg_token_row *row;
    bool end;
    size_t n;
    ck_assert_int_eq(tg_token_file_open(path, study, &f, &err), TG_OK);
    ck_assert_int_eq(tg_token_file_kind(f), TG_KIND_USERS);
    ck_assert_str_eq(tg_token_file_tokens(f, &n)[2], "near");
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(tg_token_file_carried(f, &n)[4], "plan");
    ck_assert_uint_eq(n, 5);
    ck_assert_int_eq(tg_token_file_next(f, &row, &end, &err), TG_OK);
    ck_assert(!end && row->has_row_id);
    ck_assert(!memcmp(row->row_id, t1, TG_TOKEN_LEN));
    ck_assert_uint_eq(row->line, 2);
    ck_assert_uint_eq(row->tokens[0].n, 1);
    ck_assert_uint_eq(row->tokens[2].n, 2);
    ck_assert(!memcmp(row->tokens[1].tokens[0], t1, TG_TOKEN_LEN));
    ck_assert(!memcmp(row->tokens[2].tokens[1], t3, TG_TOKEN_LEN));
    ck_assert_uint_eq(row->carried[4].len, 3);
    ck_assert(!memcmp(row->carried[4].data, "a,b", 3));
    ck_assert_int_eq(tg_token_file_next(f, &row, &end, &err), TG_OK);
    ck_assert(!end);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(row->tokens[i].n, 0);
    ck_assert_uint_eq(row->carried[1].len, 0);
    ck_assert_int_eq(tg_token_file_next(f, &row, &end, &err), TG_OK);
    ck_assert(end);
    tg_token_file_close(&f);
}
END_TEST

START_TEST(manifest_is_read_as_written)
{
    write_files(users_header, user_manifest(), "{\"tokens\": {\"app\": {\"empty\": 0}}}");
    const char *text = file_text(manifest_path);
    static const char *const keys[] = {"format",   "study",    "study_digest", "source",
                                       "kind",     "provider", "period",       "normalizer",
                                       "key_id",   "tokens",   "rows",         "rejected",
                                       "warnings", "sha256",   "tool",         "profile"};
    const char *at = text;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char key[40];
        (void)snprintf(key, sizeof key, "\n  \"%s\": ", keys[i]);
        at = strstr(at, key);
        ck_assert_msg(at != NULL, "%s is missing or out of order in\n%s", keys[i], text);
    }
    struct tg_manifest m;
    ck_assert_int_eq(tg_manifest_read(manifest_path, &arena, &m, &err), TG_OK);
    ck_assert_str_eq(m.period, "2025-04");
    ck_assert_uint_eq(m.n_tokens, 3);
    ck_assert_str_eq(m.tokens[1], "person");
    ck_assert_uint_eq(m.rows, 0);
    ck_assert_uint_eq(m.rejected, 2);
    ck_assert_str_eq(m.warnings[0].rule, "check_digit");
    ck_assert_uint_eq(m.warnings[0].n, 3);
    write_files(users_header, user_manifest(), NULL);
    ck_assert_ptr_null(strstr(file_text(manifest_path), "profile"));
    ck_assert_int_eq(tg_manifest_write(manifest_path, &m, NULL, false, &err), TG_CANT_CREATE);
    ck_assert_int_eq(tg_manifest_write(manifest_path, &m, "[1]", true, &err), TG_BUG);
}
END_TEST

/* Replaces `from` by `to` in a sound manifest and reads it. */
static enum tg_message changed(const char *from, const char *to)
{
    static struct tg_buf b;
    write_files(users_header, user_manifest(), NULL);
    const char *text = file_text(manifest_path);
    const char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "'%s' is not in\n%s", from, text);
    tg_buf_free(&b);
    ck_assert_int_eq(tg_buf_add(&b, text, (size_t)(at - text), &err), TG_OK);
    ck_assert_int_eq(tg_buf_add(&b, to, strlen(to), &err), TG_OK);
    ck_assert_int_eq(tg_buf_add(&b, at + strlen(from), strlen(at + strlen(from)), &err), TG_OK);
    struct tg_manifest m;
    err = (struct tg_error){0};
    enum tg_status status = tg_manifest_parse("m.json", b.data, b.len, &arena, &m, &err);
    ck_assert_int_eq(status, err.status);
    return err.message;
}

START_TEST(manifest_is_strict)
{
    static const struct {
        const char *from, *to;
        enum tg_message message;
        const char *column;
    } cases[] = {
        {"\"tool\"", "\"other\": {}, \"tool\"", TG_MSG_MANIFEST_CHANGED, ""},
        {"\"2025-04\"", "\"\"", TG_MSG_MANIFEST_CHANGED, ""},
        {"\"manifest_sha256\": \"", "\"manifest_sha256\": \"0", TG_MSG_MANIFEST_VALUE,
         "manifest_sha256"},
        {"\"manifest_sha256\"", "\"signed_by_others\"", TG_MSG_MANIFEST_CHANGED, ""},
        {"tokens/1", "tokens/2", TG_MSG_MANIFEST_FORMAT, ""},
        {"\"rows\": 0", "\"rows\": -1", TG_MSG_MANIFEST_VALUE, "rows"},
        {"\"rows\": 0", "\"rows\": 0.0", TG_MSG_MANIFEST_VALUE, "rows"},
        {"\"rows\": 0", "\"rows\": \"0\"", TG_MSG_MANIFEST_VALUE, "rows"},
        {"\"rows\": 0,", "", TG_MSG_MANIFEST_VALUE, "rows"},
        {"\"rows\": 0", "\"rows\": 99999999999999999999", TG_MSG_MANIFEST_SYNTAX, ""},
        {"\"rejected\": 2", "\"rejected\": null", TG_MSG_MANIFEST_VALUE, "rejected"},
        {"\"2025-04\"", "\"2025-13\"", TG_MSG_MANIFEST_VALUE, "period"},
        {"\"2025-04\"", "null", TG_MSG_MANIFEST_VALUE, "period"},
        {"\"users\"", "\"user\"", TG_MSG_MANIFEST_VALUE, "kind"},
        {"0123456789abcdef", "0123456789ABCDEF", TG_MSG_MANIFEST_VALUE, "key_id"},
        {"0123456789abcdef", "0123456789abcde", TG_MSG_MANIFEST_VALUE, "key_id"},
        {"\"app\"", "\"person\"", TG_MSG_MANIFEST_VALUE, "tokens"},
        {"\"app\"", "7", TG_MSG_MANIFEST_VALUE, "tokens"},
        {"\"check_digit\": 3", "\"check_digit\": \"3\"", TG_MSG_MANIFEST_VALUE, "warnings"},
        {"\"s-1\"", "\"\"", TG_MSG_MANIFEST_VALUE, "study"},
        {"\"s-1\"", "\"s\", \"study\": \"t\"", TG_MSG_MANIFEST_SYNTAX, ""},
        {"{", "", TG_MSG_MANIFEST_SYNTAX, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum tg_message message = changed(cases[i].from, cases[i].to);
        ck_assert_msg(message == cases[i].message, "%s -> %s: %d %s", cases[i].from, cases[i].to,
                      (int)message, err.column);
        ck_assert_str_eq(err.column, cases[i].column);
    }
}
END_TEST

START_TEST(every_changed_digit_is_found)
{
    write_files(users_header, user_manifest(), NULL);
    size_t len = strlen(file_text(manifest_path)), n = 0;
    char *text = malloc(len + 1);
    ck_assert_ptr_nonnull(text);
    memcpy(text, file_text(manifest_path), len + 1);
    for (size_t i = 0; i < len; i++) {
        char was = text[i];
        if (was < '0' || was > '9')
            continue;
        struct tg_manifest m;
        text[i] = was == '9' ? '8' : (char)(was + 1);
        ck_assert_msg(tg_manifest_parse("m.json", text, len, &arena, &m, &err) == TG_DATA,
                      "the digit at %zu may change", i);
        text[i] = was;
        n++;
    }
    ck_assert_uint_gt(n, 100);
    free(text);
}
END_TEST

START_TEST(another_study_is_refused)
{
    uint64_t rows;
    struct tg_manifest m = user_manifest();
    m.study = "s-2";
    write_files(users_header, m, NULL);
    ck_assert_int_eq(read_all(study, &rows), TG_MSG_TOKENS_STUDY);
    ck_assert_int_eq(read_all(NULL, &rows), TG_MSG_NONE);
    m = user_manifest();
    m.study_digest = "0000000000000000000000000000000000000000000000000000000000000000";
    write_files(users_header, m, NULL);
    ck_assert_int_eq(read_all(study, &rows), TG_MSG_TOKENS_DIGEST);
    ck_assert_int_eq(err.status, TG_DATA);
    m = user_manifest();
    m.normalizer = "n2";
    write_files(users_header, m, NULL);
    ck_assert_int_eq(read_all(study, &rows), TG_MSG_TOKENS_NORMALIZER);
    m = user_manifest();
    m.source = "steps";
    write_files(users_header, m, NULL);
    ck_assert_int_eq(read_all(study, &rows), TG_MSG_TOKENS_SOURCE);
    ck_assert_str_eq(err.rule, "app_users, steps");
    m = user_manifest();
    m.provider = "run";
    write_files(users_header, m, NULL);
    ck_assert_int_eq(read_all(study, &rows), TG_MSG_TOKENS_SOURCE);
}
END_TEST

START_TEST(header_must_fit_the_manifest)
{
    static const char *const wrong[] = {
        "",
        "row_id\n",
        "token_app,row_id,token_person,token_near," CARRIED ",plan\n",
        "row_id,token_app,token_near,token_person," CARRIED ",plan\n",
        "row_id,token_app,token_person," CARRIED ",plan\n",
        "row_id,token_app,token_person,token_near,provider,birth_month,sex,plan\n",
        "row_id,token_app,token_person,token_near," CARRIED ",plan,plan\n",
        "row_id,token_app,token_person,token_near," CARRIED ",\n",
        "row_id,token_app,token_person,token_near," CARRIED ",token_x\n",
    };
    uint64_t rows;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct tg_manifest m = user_manifest();
        m.rows = 1;
        write_files(wrong[i], m, NULL);
        ck_assert_msg(read_all(NULL, &rows) == TG_MSG_TOKENS_HEADER, "%s", wrong[i]);
    }
    struct tg_manifest m = user_manifest();
    m.provider = "";
    write_files(users_header, m, NULL);
    ck_assert_int_eq(read_all(NULL, &rows), TG_MSG_TOKENS_HEADER);
}
END_TEST

START_TEST(rows_must_be_whole)
{
    static const struct {
        const char *row;
        const char *column;
    } cases[] = {
        {T1 "\n", ""},
        {ROW_1 T2 ",,,,walk,,,\n", ""},
        {ROW_1 T2 ",,,,walk,,,,,\n", ""},
        {",,,,walk,,,,\n", "row_id"},
        {"0" T1 ",,,,walk,,,,\n", "row_id"},
        {T1 "," T1 ";" T2 ",,,walk,,,,\n", "app"},
        {T1 ",," T1 ";" T2 ",,walk,,,,\n", "person"},
        {T1 ",,0123,,walk,,,,\n", "person"},
        {T1 ",,FFEEDDCCBBAA99887766554433221100,,walk,,,,\n", "person"},
        {T1 ",,," T2 ";" T1 ",walk,,,,\n", "near"},
        {T1 ",,," T2 ";" T2 ",walk,,,,\n", "near"},
        {T1 ",,," T1 ":" T2 ",walk,,,,\n", "near"},
        {T1 ",,," T1 ";,walk,,,,\n", "near"},
        {T1 ",,,,walk,,,,\xFF\n", "plan"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[2048];
        uint64_t rows;
        (void)snprintf(text, sizeof text, "%s%s", users_header, cases[i].row);
        write_files(text, user_manifest(), NULL);
        ck_assert_msg(read_all(study, &rows) == TG_MSG_TOKENS_ROW, "%s: %d", cases[i].row,
                      (int)err.message);
        ck_assert_str_eq(err.column, cases[i].column);
        ck_assert_uint_eq(err.line, rows + 2);
    }
}
END_TEST

START_TEST(any_changed_byte_is_found)
{
    char text[2048], damaged[2048];
    uint64_t rows;
    (void)snprintf(text, sizeof text, "%s%s%s", users_header, ROW_1, ROW_2);
    size_t len = strlen(text);
    write_files(text, user_manifest(), NULL);
    ck_assert_int_eq(read_all(study, &rows), TG_MSG_NONE);
    for (size_t i = 0; i < len; i++) {
        memcpy(damaged, text, len);
        damaged[i] = damaged[i] == '0' ? '1' : '0';
        overwrite(damaged, len);
        ck_assert_msg(read_all(study, &rows) != TG_MSG_NONE, "byte %zu", i);
        ck_assert_int_eq(err.status, TG_DATA);
        overwrite(text, i);
        ck_assert_msg(read_all(study, &rows) != TG_MSG_NONE, "cut at %zu", i);
    }
    struct tg_manifest m = user_manifest();
    m.rows = 3;
    write_files(text, m, NULL);
    ck_assert_int_eq(read_all(study, &rows), TG_MSG_TOKENS_ROWS);
    m.rows = 2;
    m.sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
    write_files(text, m, NULL);
    ck_assert_int_eq(read_all(study, &rows), TG_MSG_TOKENS_SHA256);
}
END_TEST

START_TEST(missing_files_are_no_input)
{
    struct tg_token_file *f = NULL;
    struct tg_inspection i;
    write_files(users_header, user_manifest(), NULL);
    tg_file_remove(manifest_path);
    ck_assert_int_eq(tg_token_file_open(path, study, &f, &err), TG_NO_INPUT);
    ck_assert_int_eq(err.message, TG_MSG_TOKENS_NO_MANIFEST);
    ck_assert_int_eq(tg_inspect(path, &i, &err), TG_NO_INPUT);
    ck_assert_int_eq(tg_token_file_open(dir, study, &f, &err), TG_NO_INPUT);
    tg_file_remove(path);
    ck_assert_int_eq(tg_token_file_open(path, study, &f, &err), TG_NO_INPUT);
    ck_assert_int_eq(tg_inspect(path, &i, &err), TG_NO_INPUT);
    ck_assert_ptr_null(f);
}
END_TEST

START_TEST(measures_have_no_row_id)
{
    static const char text[] = "token_app,date,steps\n" T1 ",2025-04-01,8000\n";
    static const char *tokens[] = {"app"};
    struct tg_manifest m = user_manifest();
    m.source = "steps";
    m.kind = "measures";
    m.tokens = tokens;
    m.n_tokens = 1;
    uint64_t rows;
    write_files(text, m, NULL);
    ck_assert_int_eq(read_all(study, &rows), TG_MSG_NONE);
    ck_assert_uint_eq(rows, 1);
}
END_TEST

START_TEST(inspection_says_whether_it_holds)
{
    char text[2048];
    struct tg_inspection i;
    (void)snprintf(text, sizeof text, "%s%s%s", users_header, ROW_1, ROW_2);
    write_files(text, user_manifest(), NULL);
    ck_assert_int_eq(tg_inspect(path, &i, &err), TG_OK);
    ck_assert(i.sha256_holds && i.rows_hold);
    ck_assert_uint_eq(i.rows_found, 2);
    ck_assert_uint_eq(i.n_columns, 9);
    ck_assert_str_eq(i.columns[3], "token_near");
    ck_assert_uint_eq(i.filled[0], 2);
    ck_assert_uint_eq(i.filled[3], 1);
    ck_assert_uint_eq(i.filled[4], 2);
    ck_assert_str_eq(i.manifest.source, "app_users");
    tg_inspection_free(&i);
    ck_assert_ptr_null(i.owner);
    /* cut inside a quoted cell */
    size_t cut = (size_t)(strstr(text, ",b\"") - text);
    overwrite(text, cut);
    ck_assert_int_eq(tg_inspect(path, &i, &err), TG_OK);
    ck_assert(!i.sha256_holds && !i.rows_hold);
    ck_assert_uint_eq(i.rows_found, 0);
    tg_inspection_free(&i);
    overwrite("", 0);
    ck_assert_int_eq(tg_inspect(path, &i, &err), TG_OK);
    ck_assert(!i.sha256_holds && !i.rows_hold);
    ck_assert_uint_eq(i.n_columns, 0);
    tg_inspection_free(&i);
    tg_inspection_free(NULL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("table tokenfile");
    TCase *t = tcase_create("tokenfile");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, rows_are_read_as_written);
    tcase_add_test(t, manifest_is_read_as_written);
    tcase_add_test(t, manifest_is_strict);
    tcase_add_test(t, every_changed_digit_is_found);
    tcase_add_test(t, another_study_is_refused);
    tcase_add_test(t, header_must_fit_the_manifest);
    tcase_add_test(t, rows_must_be_whole);
    tcase_add_test(t, any_changed_byte_is_found);
    tcase_add_test(t, missing_files_are_no_input);
    tcase_add_test(t, measures_have_no_row_id);
    tcase_add_test(t, inspection_says_whether_it_holds);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    if (!mkdtemp(dir))
        return EXIT_FAILURE;
    (void)snprintf(path, sizeof path, "%s/users.csv", dir);
    (void)snprintf(manifest_path, sizeof manifest_path, "%s.manifest.json", path);
    if (tg_study_parse("study.yaml", study_text, sizeof study_text - 1, &study, &err))
        return EXIT_FAILURE;
    SRunner *r = srunner_create(suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    tg_study_free(&study);
    tg_arena_free(&arena);
    tg_dir_discard(dir);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
