/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a row or a whole file unusable, and that nothing is left behind then. */
#define _DEFAULT_SOURCE
#include "intake_fixture.h"

#include <unistd.h>
#include <zlib.h>

static const char study[] =
    "version: 1\n"
    "study: " STUDY_ID "\n"
    "sources:\n"
    "  roster: {kind: roster, columns: {resident_number: 宛名, name: 氏名, birth_date: 生年月日,\n"
    "    sex: 性別, district: 圏域}}\n"
    "  stated: {kind: roster, encoding: utf-8, header_row: 2,\n"
    "    columns: {resident_number: 宛名, name: 氏名, birth_date: 生年月日, sex: 性別,\n"
    "    district: 圏域}}\n"
    "  claims: {kind: events, columns: {resident_number: 宛名, month: 月, code: 病名,\n"
    "    amount: 額}}\n"
    "  checkup: {kind: measures, columns: {resident_number: 宛名, date: 日}, measures: {bmi: "
    "BMI}}\n"
    "  consents: {kind: consents, provider: w, columns: {app_user_id: u, purpose: p,\n"
    "    granted_on: g, withdrawn_on: x}}\n"
    "tokens:\n"
    "  resident: [resident_number]\n"
    "  name: [name, birth_date, sex]\n";

#define HEADER "宛名,氏名,生年月日,性別,圏域\n"
#define CLAIMS "宛名,月,病名,額\n"

static struct fixture f;

static void setup(void)
{
    fixture_begin(&f, study);
}

static void teardown(void)
{
    fixture_end(&f);
}

/* The message a raw text is refused with. */
static enum tg_message refused_bytes(const char *source, const void *raw, size_t len)
{
    const char *inputs[] = {write_bytes(&f, "in.csv", raw, len)};
    struct tg_pseudonymize_options o = options(&f, source, inputs, 1);
    tg_file_remove(o.output);
    tg_file_remove(at(&f, "out.csv.manifest.json"));
    enum tg_status status = run(&f, &o);
    ck_assert_int_ne(status, TG_OK);
    ck_assert_int_eq(status, f.err.status);
    ck_assert(!tg_file_exists(o.output));
    ck_assert_ptr_null(read_text(&f, "out.csv.manifest.json"));
    return f.err.message;
}

static enum tg_message refused(const char *source, const char *raw)
{
    return refused_bytes(source, raw, strlen(raw));
}

/* `n` rows that can be used, behind what `raw` holds. */
static char *padded(const char *raw, const char *row, int n)
{
    struct tg_buf text = {0};
    ck_assert_int_eq(tg_buf_printf(&text, NULL, "%s", raw), TG_OK);
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(tg_buf_printf(&text, NULL, "%s", row), TG_OK);
    char *copy = tg_arena_strndup(&f.arena, text.data, text.len, NULL);
    tg_buf_free(&text);
    return copy;
}

START_TEST(headers_must_be_there_once)
{
    ck_assert_int_eq(refused("roster", ""), TG_MSG_INPUT_EMPTY);
    ck_assert_int_eq(refused("roster", "宛名,氏名,生年月日,性別\n1,,,\n"), TG_MSG_INPUT_HEADER);
    ck_assert_str_eq(f.err.rule, "圏域");
    ck_assert_uint_eq(f.err.line, 1);
    ck_assert_int_eq(refused("roster", "宛名,氏名,生年月日,性別,圏域,宛名\n"),
                     TG_MSG_INPUT_HEADER_TWICE);
    ck_assert_str_eq(f.err.column, "宛名");
    ck_assert_ptr_nonnull(pseudonymized(&f, "roster", padded("", "前書き\n", 49)) ? NULL : "");
    ck_assert_ptr_nonnull(
        pseudonymized(&f, "roster", print(&f, "%s%s", padded("", "前書き\n", 49), HEADER)));
    ck_assert_int_eq(refused("roster", print(&f, "%s%s", padded("", "前書き\n", 50), HEADER)),
                     TG_MSG_INPUT_HEADER);
}
END_TEST

START_TEST(headers_are_compared_trimmed_and_in_one_width)
{
    ck_assert_ptr_nonnull(pseudonymized(&f, "checkup", "\"  宛名 \",日,ＢＭＩ\n1,2024-01-01,20\n"));
    ck_assert_ptr_nonnull(pseudonymized(&f, "checkup", "宛名,日,ＢＭＩ,BMI\n1,2024-01-01,x,20\n"));
    ck_assert_uint_eq(f.result.n_warnings, 0);
    ck_assert_int_eq(refused("checkup", "宛名,日,ＢＭＩ,ＢＭＩ\n"), TG_MSG_INPUT_HEADER_TWICE);
    ck_assert_int_eq(refused("checkup", "宛名,日,bmi\n"), TG_MSG_INPUT_HEADER);
}
END_TEST

START_TEST(a_stated_header_row_is_taken)
{
    ck_assert_ptr_nonnull(pseudonymized(&f, "stated", HEADER HEADER "1,,,,\n"));
    ck_assert_uint_eq(f.result.rows, 1);
    ck_assert_int_eq(refused("stated", HEADER "1,,,,\n"), TG_MSG_INPUT_HEADER);
    ck_assert_uint_eq(f.err.line, 2);
    ck_assert_int_eq(refused("stated", HEADER), TG_MSG_INPUT_HEADER);
}
END_TEST

START_TEST(each_reject_has_its_line_and_rule)
{
    const char *inputs[] = {write_text(&f, "in.csv",
                                       padded(CLAIMS "1,202404,I10\n"          /* 2 */
                                                     "1,202404,I10,5,6\n"      /* 3 */
                                                     "1,202413,I10,5\n"        /* 4 */
                                                     "1,,I10,5\n"              /* 5 */
                                                     "1,202404,I10,12a\n"      /* 6 */
                                                     "1,202404,I10,\n"         /* 7 */
                                                     "1,202404,I10,\"1,00\"\n" /* 8 */
                                                     "1,202404,I10,1e15\n"     /* 9 */
                                                     "1,202404,I10,5,,\n",
                                              "1,202404,I10,5\n", 1000))};
    struct tg_pseudonymize_options o = options(&f, "claims", inputs, 1);
    o.rejects = at(&f, "rejects.csv");
    ck_assert_int_eq(run(&f, &o), TG_OK);
    ck_assert_str_eq(read_text(&f, "rejects.csv"),
                     "line,column,rule\n2,,ragged\n3,,ragged\n4,月,month\n5,月,month\n"
                     "6,額,amount\n7,額,amount\n8,額,amount\n9,額,amount\n");
    ck_assert_uint_eq(f.result.rejected, 8);
    ck_assert_uint_eq(f.result.rows, 1001);
    ck_assert_uint_eq(counted(f.result.rejects, f.result.n_rejects, "ragged"), 2);
    ck_assert_uint_eq(counted(f.result.rejects, f.result.n_rejects, "month"), 2);
    ck_assert_uint_eq(counted(f.result.rejects, f.result.n_rejects, "amount"), 4);
}
END_TEST

START_TEST(a_day_that_matters_must_be_readable)
{
    ck_assert_ptr_nonnull(pseudonymized(
        &f, "checkup", padded("宛名,日,BMI\n1,2024-02-30,20\n", "1,2024-02-29,20\n", 200)));
    ck_assert_uint_eq(counted(f.result.rejects, f.result.n_rejects, "date"), 1);
    ck_assert_ptr_nonnull(pseudonymized(&f, "consents",
                                        padded("u,p,g,x\na,q,2024-01-01,2024-05-00\n"
                                               "b,q,2024-01-01,不詳\n"
                                               "c,q,2024-01-99,\n",
                                               "d,q,2024-01-01,-\n", 400)));
    ck_assert_uint_eq(counted(f.result.rejects, f.result.n_rejects, "withdrawn_on"), 2);
    ck_assert_uint_eq(counted(f.result.rejects, f.result.n_rejects, "granted_on"), 1);
}
END_TEST

START_TEST(too_many_rejects_refuse_the_file)
{
    const char *inputs[] = {
        write_text(&f, "in.csv", padded(CLAIMS "1,x,I10,5\n2,x,I10,5\n", "1,202404,,5\n", 198))};
    struct tg_pseudonymize_options o = options(&f, "claims", inputs, 1);
    ck_assert_int_eq(run(&f, &o), TG_OK); /* 1 % of 200 is allowed */
    tg_file_remove(o.output);
    inputs[0] =
        write_text(&f, "in.csv", padded(CLAIMS "1,x,I10,5\n2,x,I10,5\n", "1,202404,,5\n", 197));
    o.rejects = at(&f, "rejects.csv");
    ck_assert_int_eq(run(&f, &o), TG_DATA);
    ck_assert_int_eq(f.err.message, TG_MSG_INPUT_REJECTS);
    ck_assert_str_eq(f.err.rule, "2 / 199");
    ck_assert_uint_eq(f.err.line, 2);
    ck_assert_uint_eq(f.result.rejects[0].line, 2);
    ck_assert(!tg_file_exists(o.output));
    ck_assert_str_eq(read_text(&f, "rejects.csv"), "line,column,rule\n2,月,month\n3,月,month\n");
    ck_assert_uint_eq(f.result.rejected, 2);
}
END_TEST

START_TEST(unreadable_values_count_as_missing_up_to_a_limit)
{
    char *text = pseudonymized(&f, "roster",
                               padded(HEADER "1,佐藤,19991332,1,\n", "2,佐藤,19990101,1,\n", 19));
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(counted(f.result.warnings, f.result.n_warnings, "unreadable_birth_date"), 1);
    ck_assert_uint_eq(f.result.profiles[1].empty, 1);
    ck_assert_int_eq(
        refused("roster", padded(HEADER "1,佐藤,19991332,1,\n", "2,佐藤,19990101,1,\n", 18)),
        TG_MSG_INPUT_UNREADABLE);
    ck_assert_str_eq(f.err.column, "生年月日");
    ck_assert_str_eq(f.err.rule, "1 / 19");
    ck_assert_uint_eq(f.err.line, 2);
    /* the first of them, also where the same identity comes again, and behind rows that are read */
    ck_assert_int_eq(refused("roster", padded(padded(HEADER, "2,佐藤,19990101,1,\n", 4000),
                                              "3,佐藤,19991332,1,\n", 4000)),
                     TG_MSG_INPUT_UNREADABLE);
    ck_assert_uint_eq(f.err.line, 4002);
}
END_TEST

START_TEST(individual_numbers_are_refused)
{
    const char *half = HEADER "123456789018,,,,\n1,,,,\n";
    ck_assert_ptr_nonnull(pseudonymized(&f, "roster", half));
    ck_assert_int_eq(refused("roster", HEADER "123456789018,,,,\n123456789018,,,,\n1,,,,\n"),
                     TG_MSG_INPUT_MY_NUMBER);
    ck_assert_str_eq(f.err.column, "宛名");
    ck_assert_int_eq(refused("roster", HEADER "1,,,,１２３４５６７８９０１８\n"),
                     TG_MSG_INPUT_MY_NUMBER);
    ck_assert_str_eq(f.err.column, "圏域");
    /* a column that is mostly empty hides them no better */
    ck_assert_int_eq(
        refused("roster", padded(padded(HEADER, "123456789018,,,,\n", 20), ",,,,\n", 100)),
        TG_MSG_INPUT_MY_NUMBER);
}
END_TEST

START_TEST(a_rounded_number_refuses_the_file_at_its_first_line)
{
    char *raw = print(&f, "%s%s%s", padded(HEADER, "1,,,,\n", 9000), "1.23E+11,,,,\n",
                      padded("", "1.23E+11,,,,\n", 9000));
    const char *inputs[] = {write_text(&f, "a.csv", HEADER "5,,,,\n"),
                            write_text(&f, "b.csv", raw)};
    struct tg_pseudonymize_options o = options(&f, "roster", inputs, 2);
    for (o.threads = 1; o.threads < 9; o.threads += 7) {
        ck_assert_int_eq(run(&f, &o), TG_DATA);
        ck_assert_int_eq(f.err.message, TG_MSG_INPUT_EXPONENT);
        ck_assert_str_eq(f.err.file, inputs[1]);
        ck_assert_str_eq(f.err.column, "宛名");
        ck_assert_uint_eq(f.err.line, 9002);
    }
}
END_TEST

START_TEST(a_guessed_encoding_must_hold)
{
    /* UTF-8 for more than 1 MiB, then 佐 in CP932 */
    char *head = padded(HEADER, "1,佐藤,19990101,1,東\n", 45000);
    size_t len = strlen(head);
    ck_assert_uint_gt(len, 1024 * 1024);
    struct tg_buf text = {0};
    ck_assert_int_eq(tg_buf_add(&text, head, len, NULL), TG_OK);
    ck_assert_int_eq(tg_buf_printf(&text, NULL, "2,\x8d\xb2\x93\xa1,19990101,1,\n"), TG_OK);
    ck_assert_int_eq(refused_bytes("roster", text.data, text.len), TG_MSG_INPUT_ENCODING);
    ck_assert_uint_eq(f.err.line, 45002);
    ck_assert_str_eq(f.err.column, "氏名");
    /* where the study says what it is, the row is at fault */
    const char *inputs[] = {at(&f, "stated.csv")};
    struct tg_buf stated = {0};
    ck_assert_int_eq(tg_buf_printf(&stated, NULL, "題\n"), TG_OK);
    ck_assert_int_eq(tg_buf_add(&stated, text.data, text.len, NULL), TG_OK);
    write_bytes(&f, "stated.csv", stated.data, stated.len);
    struct tg_pseudonymize_options o = options(&f, "stated", inputs, 1);
    ck_assert_int_eq(run(&f, &o), TG_OK);
    ck_assert_uint_eq(counted(f.result.rejects, f.result.n_rejects, "encoding"), 1);
    tg_buf_free(&stated);
    tg_buf_free(&text);
}
END_TEST

START_TEST(what_is_no_csv_is_named)
{
    ck_assert_int_eq(refused_bytes("roster", "PK\x03\x04rest", 8), TG_MSG_INPUT_WORKBOOK);
    ck_assert_int_eq(refused_bytes("roster", "\xD0\xCF\x11\xE0rest", 8), TG_MSG_INPUT_WORKBOOK);
    ck_assert_int_eq(refused_bytes("roster", "\xFF\xFE\x9b\x5b", 4), TG_MSG_CSV_UTF16);
    ck_assert_int_eq(refused_bytes("roster", HEADER "1,\0,,,\n", sizeof HEADER + 6),
                     TG_MSG_CSV_BINARY);
    ck_assert_int_eq(refused("roster", HEADER "1,\"x,,,\n2,,,,\n"), TG_MSG_CSV_QUOTE_OPEN);
    ck_assert_uint_eq(f.err.line, 2);
}
END_TEST

static char *gzipped(const char *name, const char *text)
{
    char *path = at(&f, name);
    gzFile z = gzopen(path, "wb");
    ck_assert_ptr_nonnull(z);
    ck_assert_int_eq(gzwrite(z, text, (unsigned)strlen(text)), (int)strlen(text));
    ck_assert_int_eq(gzclose(z), Z_OK);
    return path;
}

START_TEST(gzip_is_read_and_its_damage_seen)
{
    char *raw = padded(HEADER, "1,佐藤,19990101,1,東\n", 50000);
    char *plain = pseudonymized(&f, "roster", raw);
    const char *inputs[] = {gzipped("in.csv.gz", raw)};
    struct tg_pseudonymize_options o = options(&f, "roster", inputs, 1);
    ck_assert_int_eq(run(&f, &o), TG_OK);
    ck_assert_str_eq(read_text(&f, "out.csv"), plain);
    /* two members, one after the other */
    struct tg_buf both = {0};
    gzipped("a.gz", HEADER "1,佐藤,19990101,1,東\n");
    gzipped("b.gz", "2,佐藤,19990101,1,東\n");
    ck_assert_int_eq(tg_file_read_whole(at(&f, "a.gz"), 1 << 20, &both, &f.err), TG_OK);
    ck_assert_int_eq(tg_file_read_whole(at(&f, "b.gz"), 1 << 20, &both, &f.err), TG_OK);
    inputs[0] = write_bytes(&f, "both.gz", both.data, both.len);
    ck_assert_int_eq(run(&f, &o), TG_OK);
    ck_assert_uint_eq(f.result.rows, 2);
    inputs[0] = write_bytes(&f, "cut.gz", both.data, both.len - 9);
    ck_assert_int_eq(run(&f, &o), TG_DATA);
    ck_assert_int_eq(f.err.message, TG_MSG_INPUT_GZIP);
    tg_buf_free(&both);
}
END_TEST

START_TEST(options_are_checked)
{
    const char *inputs[] = {write_text(&f, "in.csv", HEADER "1,,,,\n"), at(&f, "missing.csv")};
    struct tg_pseudonymize_options o = options(&f, "roster", inputs, 1);
    o.memory = 1 << 20;
    ck_assert_int_eq(run(&f, &o), TG_USAGE);
    o = options(&f, "roster", inputs, 1);
    o.period = "2025-13";
    ck_assert_int_eq(run(&f, &o), TG_USAGE);
    o = options(&f, "rooster", inputs, 1);
    ck_assert_int_ne(run(&f, &o), TG_OK);
    ck_assert_int_eq(f.err.message, TG_MSG_STUDY_SOURCE);
    o = options(&f, "roster", inputs, 1);
    o.lookup = o.output;
    ck_assert_int_eq(run(&f, &o), TG_USAGE);
    o.lookup = inputs[0];
    ck_assert_int_eq(run(&f, &o), TG_USAGE);
    o = options(&f, "claims", inputs, 1);
    o.lookup = at(&f, "lookup.csv");
    ck_assert_int_eq(run(&f, &o), TG_USAGE);
    o = options(&f, "roster", inputs, 2);
    ck_assert_int_eq(run(&f, &o), TG_NO_INPUT);
    o = options(&f, "roster", inputs, 1);
    o.force = false;
    ck_assert_int_eq(run(&f, &o), TG_OK);
    ck_assert_int_eq(run(&f, &o), TG_CANT_CREATE);
    tg_file_remove(o.output);
    ck_assert_int_eq(run(&f, &o), TG_CANT_CREATE); /* the manifest is still there */
    ck_assert_str_eq(f.err.file, at(&f, "out.csv.manifest.json"));
}
END_TEST

START_TEST(a_key_of_another_study_is_refused)
{
    const char *inputs[] = {write_text(&f, "in.csv", HEADER "1,,,,\n")};
    struct tg_pseudonymize_options o = options(&f, "roster", inputs, 1);
    struct tg_key *other = NULL;
    ck_assert_int_eq(tg_key_generate("s-2", &other, &f.err), TG_OK);
    o.key = other;
    ck_assert_int_eq(run(&f, &o), TG_NO_PERMISSION);
    ck_assert(!tg_file_exists(o.output));
    tg_key_free(&other);
}
END_TEST

static bool stop(void *ctx)
{
    return ++*(int *)ctx > 3;
}

START_TEST(a_request_to_stop_leaves_nothing)
{
    const char *inputs[] = {
        write_text(&f, "in.csv", padded(HEADER, "1,佐藤,19990101,1,東\n", 60000))};
    struct tg_pseudonymize_options o = options(&f, "roster", inputs, 1);
    int asked = 0;
    const struct tg_reporter reporter = {.ctx = &asked, .cancelled = stop};
    size_t n = 0;
    char **names;
    o.lookup = at(&f, "lookup.csv");
    ck_assert_int_eq(tg_pseudonymize(&o, &reporter, &f.result, &f.err), TG_CANCELLED);
    ck_assert_int_eq(tg_dir_list(f.dir, &f.arena, &names, &n, &f.err), TG_OK);
    ck_assert_uint_eq(n, 3); /* study, key and input */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake refusals");
    TCase *c = tcase_create("refusals");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, headers_must_be_there_once);
    tcase_add_test(c, headers_are_compared_trimmed_and_in_one_width);
    tcase_add_test(c, a_stated_header_row_is_taken);
    tcase_add_test(c, each_reject_has_its_line_and_rule);
    tcase_add_test(c, a_day_that_matters_must_be_readable);
    tcase_add_test(c, too_many_rejects_refuse_the_file);
    tcase_add_test(c, unreadable_values_count_as_missing_up_to_a_limit);
    tcase_add_test(c, individual_numbers_are_refused);
    tcase_add_test(c, a_rounded_number_refuses_the_file_at_its_first_line);
    tcase_add_test(c, a_guessed_encoding_must_hold);
    tcase_add_test(c, what_is_no_csv_is_named);
    tcase_add_test(c, gzip_is_read_and_its_damage_seen);
    tcase_add_test(c, options_are_checked);
    tcase_add_test(c, a_key_of_another_study_is_refused);
    tcase_add_test(c, a_request_to_stop_leaves_nothing);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
