/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
/* One file of each kind, byte by byte, and what the files beside it hold. */
#include "intake_fixture.h"

#define INSURED                                                                                    \
    "insurer_number: 保険者番号, insured_symbol: 記号, insured_number: 番号, "            \
    "birth_date: 生年月日, sex: 性別"

static const char study[] =
    "version: 1\n"
    "study: " STUDY_ID "\n"
    "sources:\n"
    "  roster: {kind: roster, columns: {" INSURED ", kana_name: カナ氏名, district: 圏域,\n"
    "    enrolled_from: 取得日, enrolled_to: 喪失日}, attributes: {ward: 町名}}\n"
    "  leavers: {kind: roster, columns: {resident_number: 番号, enrolled_to: 喪失日,\n"
    "    loss_reason: 事由}, death: ['05', 事由9], attributes: {ward: 町名}}\n"
    "  medical: {kind: events, scale: 10, columns: {" INSURED ", month: 診療年月,\n"
    "    code: 病名, amount: 点数}}\n"
    "  checkup: {kind: measures, columns: {" INSURED ", date: 健診日},\n"
    "    measures: {hba1c: HbA1c, bmi: BMI}}\n"
    "  users: {kind: users, provider: walk, columns: {app_user_id: uid, kana_name: kana,\n"
    "    birth_date: birth, sex: sex, registered_on: reg}}\n"
    "  consents: {kind: consents, provider: walk, columns: {app_user_id: uid, purpose: p,\n"
    "    form: f, method: m, granted_on: g, withdrawn_on: w}}\n"
    "tokens:\n"
    "  insured: [insurer_number, insured_symbol, insured_number, birth_date, sex]\n"
    "  person: [kana_name_folded, birth_date, sex]\n"
    "  near: [kana_name_folded~1, birth_date, sex]\n"
    "limits: {rejects: 0.5}\n";

static struct fixture f;

static void setup(void)
{
    fixture_begin(&f, study);
}

static void teardown(void)
{
    fixture_end(&f);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines as the token file orders them, below their header. */
static char *sorted(const char *header, char **lines, size_t n)
{
    struct tg_buf text = {0};
    qsort(lines, n, sizeof *lines, compare);
    ck_assert_int_eq(tg_buf_printf(&text, NULL, "%s\n", header), TG_OK);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(tg_buf_printf(&text, NULL, "%s\n", lines[i]), TG_OK);
    char *copy = tg_arena_strndup(&f.arena, text.data, text.len, NULL);
    tg_buf_free(&text);
    return copy;
}

#define ROSTER_HEADER                                                                              \
    "row_id,token_insured,token_person,token_near,birth_month,sex,district,enrolled_from,"         \
    "enrolled_to,ward"

/* ヤマダ: the value itself and what is left without one of four characters. */
static char *near_yamada(const char *birth, const char *sex)
{
    char *tokens[] = {
        TOKEN(&f, "near", "ヤマダイ", birth, sex), TOKEN(&f, "near", "マダイ", birth, sex),
        TOKEN(&f, "near", "ヤダイ", birth, sex), TOKEN(&f, "near", "ヤマイ", birth, sex),
        TOKEN(&f, "near", "ヤマダ", birth, sex)};
    qsort(tokens, 5, sizeof *tokens, compare);
    return print(&f, "%s;%s;%s;%s;%s", tokens[0], tokens[1], tokens[2], tokens[3], tokens[4]);
}

START_TEST(roster_is_what_the_contract_says)
{
    const char *inputs[] = {
        write_text(&f, "in.csv",
                   "国保台帳\n\n"
                   "カナ氏名,保険者番号,記号,番号,生年月日,性別,町名,圏域,取得日,喪失日\n"
                   "ﾔﾏﾀﾞ ｲ,138016,神-12,0000101,S10.5.3,女,\"東,西\",第1,H20.4.1,\n"
                   "ノ,138016,,101,1990-01-31,1,南,,20100401,2025-03-31\n"
                   "ノ,,,,不詳,,,,,\n")};
    struct tg_pseudonymize_options o = options(&f, "roster", inputs, 1);
    o.period = "2025-03";
    o.lookup = at(&f, "lookup.csv");
    ck_assert_int_eq(run(&f, &o), TG_OK);
    char *ids[] = {ROW_ID(&f, "roster", "2025-03", "4"), ROW_ID(&f, "roster", "2025-03", "5"),
                   ROW_ID(&f, "roster", "2025-03", "6")};
    char *lines[] = {
        print(&f, "%s,%s,%s,%s,1935-05,2,第1,2008-04-01,,\"東,西\"", ids[0],
              TOKEN(&f, "insured", "00138016", "神12", "101", "19350503", "2"),
              TOKEN(&f, "person", "ヤマダイ", "19350503", "2"), near_yamada("19350503", "2")),
        print(&f, "%s,,%s,%s,1990-01,1,,2010-04-01,2025-03-31,南", ids[1],
              TOKEN(&f, "person", "ノ", "19900131", "1"), TOKEN(&f, "near", "ノ", "19900131", "1")),
        print(&f, "%s,,,,,,,,,", ids[2])};
    ck_assert_str_eq(read_text(&f, "out.csv"), sorted(ROSTER_HEADER, lines, 3));
    char *pairs[] = {print(&f, "%s,4", ids[0]), print(&f, "%s,5", ids[1]),
                     print(&f, "%s,6", ids[2])};
    ck_assert_str_eq(read_text(&f, "lookup.csv"), sorted("row_id,line", pairs, 3));
    ck_assert_uint_eq(f.result.rows, 3);
    ck_assert_uint_eq(f.result.no_token, 1);
}
END_TEST

/* Words are known, the study adds values of its own; other reasons stay where they are. */
START_TEST(of_a_loss_only_death_is_carried)
{
    static const struct {
        const char *says, *carried;
    } cells[] = {{"死亡", "death"}, {" 死亡 ", "death"}, {"Died", "death"},
                 {"05", "death"},   {"０５", "death"},   {"事由９", "death"},
                 {"転出", ""},      {"5", ""},           {"死亡届待ち", ""},
                 {"", ""},          {"1.2E+11", ""},     {"*", ""}};
    enum { N = sizeof cells / sizeof cells[0] };
    for (size_t i = 0; i < N; i++) {
        char *text = pseudonymized(
            &f, "leavers", print(&f, "番号,喪失日,事由,町名\n7,2025-03-31,%s,南\n", cells[i].says));
        const char *row = strchr(text, '\n') + 1;
        ck_assert_ptr_nonnull(strstr(text, "enrolled_from,enrolled_to,loss_reason,ward\n"));
        ck_assert_msg(strstr(row, print(&f, ",,,,,2025-03-31,%s,南\n", cells[i].carried)), "%s",
                      cells[i].says);
        ck_assert_uint_eq(f.result.rejected, 0);
    }
}
END_TEST

#define EVENT(line) "138016,神,101,3100503,2," line "\n"

START_TEST(events_are_what_the_contract_says)
{
    char *text = pseudonymized(
        &f, "medical",
        "保険者番号,記号,番号,生年月日,性別,診療年月,病名,点数\n" EVENT("202404,I10,1234")
            EVENT("R6.4.1,Ｅ１１,\"1,000.55\"") EVENT("50603,,-7") ",,,,,2024-05,J00,0\n");
    char *token = TOKEN(&f, "insured", "00138016", "神", "101", "19350503", "2");
    char *lines[] = {print(&f, "%s,2024-04,I10,12340", token),
                     print(&f, "%s,2024-04,E11,10006", token), print(&f, "%s,2024-03,,-70", token),
                     print(&f, ",2024-05,J00,0")};
    ck_assert_str_eq(text, sorted("token_insured,month,code,amount", lines, 4));
    ck_assert_uint_eq(f.result.no_token, 1);
    ck_assert_uint_eq(f.result.profiles[0].empty, 1);
    ck_assert_uint_eq(f.result.profiles[0].distinct, 1);
    ck_assert_uint_eq(f.result.profiles[0].largest[0], 3);
}
END_TEST

START_TEST(measures_are_what_the_contract_says)
{
    char *text = pseudonymized(&f, "checkup",
                               "保険者番号,記号,番号,生年月日,性別,健診日,BMI,HbA1c\n" EVENT(
                                   "R6.5.1,０22.50,6") EVENT("2024/5/2,未実施,*"));
    char *token = TOKEN(&f, "insured", "00138016", "神", "101", "19350503", "2");
    char *lines[] = {print(&f, "%s,2024-05-01,22.5,6", token), print(&f, "%s,2024-05-02,,", token)};
    ck_assert_str_eq(text, sorted("token_insured,date,bmi,hba1c", lines, 2));
    ck_assert_uint_eq(counted(f.result.warnings, f.result.n_warnings, "unreadable_bmi"), 1);
}
END_TEST

START_TEST(users_and_consents_carry_the_app_token)
{
    char *text = pseudonymized(&f, "users",
                               "uid,kana,birth,sex,reg\nu-1,やまだ い,1935-05-03,F,2024-04-01\n");
    char *app = TOKEN(&f, "app", "walk", "u-1");
    char *lines[] = {
        print(&f, "%s,%s,%s,%s,walk,1935-05,2,2024-04-01", ROW_ID(&f, "users", "", "2"), app,
              TOKEN(&f, "person", "ヤマダイ", "19350503", "2"), near_yamada("19350503", "2"))};
    ck_assert_str_eq(text, sorted("row_id,token_app,token_person,token_near,provider,birth_month,"
                                  "sex,registered_on",
                                  lines, 1));
    text =
        pseudonymized(&f, "consents", "uid,p,f,m,g,w\nu-1,outcome-evaluation,v1,web,2024/4/1,\n");
    char *row[] = {print(&f, "%s,%s,walk,outcome-evaluation,v1,web,2024-04-01,",
                         ROW_ID(&f, "consents", "", "2"), app)};
    ck_assert_str_eq(text, sorted("row_id,token_app,provider,purpose,form,method,granted_on,"
                                  "withdrawn_on",
                                  row, 1));
}
END_TEST

START_TEST(manifest_says_what_the_file_is)
{
    char digest[TG_DIGEST_HEX + 1];
    struct tg_inspection seen;
    char *text = pseudonymized(&f, "medical",
                               "保険者番号,記号,番号,生年月日,性別,診療年月,病名,点数\n" EVENT(
                                   "202404,I10,1") EVENT("?,I10,1"));
    ck_assert_ptr_nonnull(text);
    tg_digest_of(text, strlen(text), digest);
    ck_assert_int_eq(tg_inspect(at(&f, "out.csv"), &seen, &f.err), TG_OK);
    ck_assert(seen.sha256_holds && seen.rows_hold);
    ck_assert_str_eq(seen.manifest.sha256, digest);
    ck_assert_str_eq(seen.manifest.format, "totsugo-tokens/1");
    ck_assert_str_eq(seen.manifest.kind, "events");
    ck_assert_str_eq(seen.manifest.source, "medical");
    ck_assert_str_eq(seen.manifest.key_id, tg_key_info(f.key)->id);
    ck_assert_uint_eq(seen.manifest.n_tokens, 1);
    ck_assert_str_eq(seen.manifest.tokens[0], "insured");
    ck_assert_uint_eq(seen.manifest.rows, 1);
    ck_assert_uint_eq(seen.manifest.rejected, 1);
    tg_inspection_free(&seen);
    char *manifest = read_text(&f, "out.csv.manifest.json");
    ck_assert_ptr_nonnull(strstr(manifest, "\"profile\""));
    ck_assert_ptr_nonnull(strstr(manifest, "\"distinct\": 1"));
    ck_assert_ptr_nonnull(strstr(manifest, "\"month\": 1"));
}
END_TEST

START_TEST(check_only_writes_nothing_but_rejects)
{
    const char *inputs[] = {write_text(&f, "in.csv", "uid,kana,birth,sex,reg\nu-1,ノ,,,\n")};
    struct tg_pseudonymize_options o = options(&f, "users", inputs, 1);
    o.check_only = true;
    o.lookup = at(&f, "lookup.csv");
    o.rejects = at(&f, "rejects.csv");
    ck_assert_int_eq(run(&f, &o), TG_OK);
    ck_assert_uint_eq(f.result.rows, 1);
    ck_assert_uint_eq(f.result.profiles[0].distinct, 1);
    ck_assert(!tg_file_exists(o.output) && !tg_file_exists(o.lookup));
    ck_assert_str_eq(read_text(&f, "rejects.csv"), "line,column,rule\n");
    o.output = NULL;
    ck_assert_int_eq(run(&f, &o), TG_OK);
    inputs[0] =
        write_text(&f, "in.csv", "uid,kana,birth,sex,reg\nu-1,ノ,,,\nu-2,ノ,,,,x\nu-3,ノ,,,,x\n");
    ck_assert_int_eq(run(&f, &o), TG_DATA);
    ck_assert_str_eq(read_text(&f, "rejects.csv"), "line,column,rule\n3,,ragged\n4,,ragged\n");
}
END_TEST

START_TEST(lines_are_counted_on_through_inputs)
{
    const char *inputs[] = {write_text(&f, "a.csv", "uid,kana,birth,sex,reg\nu-1,,,,\nu-2,,,,\n"),
                            write_text(&f, "b.csv", "題名\nreg,uid,sex,birth,kana\n,u-3,,,\n")};
    struct tg_pseudonymize_options o = options(&f, "users", inputs, 2);
    o.lookup = at(&f, "lookup.csv");
    ck_assert_int_eq(run(&f, &o), TG_OK);
    char *pairs[] = {print(&f, "%s,2", ROW_ID(&f, "users", "", "2")),
                     print(&f, "%s,3", ROW_ID(&f, "users", "", "3")),
                     print(&f, "%s,6", ROW_ID(&f, "users", "", "6"))};
    ck_assert_str_eq(read_text(&f, "lookup.csv"), sorted("row_id,line", pairs, 3));
    ck_assert_ptr_nonnull(strstr(read_text(&f, "out.csv"), TOKEN(&f, "app", "walk", "u-3")));
}
END_TEST

START_TEST(warnings_tell_what_is_wrong_with_a_file)
{
    struct tg_buf text = {0};
    ck_assert_int_eq(tg_buf_printf(&text, NULL, "uid,kana,birth,sex,reg\n"), TG_OK);
    for (int i = 0; i < 3000; i++)
        ck_assert_int_eq(
            tg_buf_printf(&text, NULL, "%s%d,,,,\n", i < 300 ? "same" : "u", i < 300 ? 0 : i),
            TG_OK);
    const char *inputs[] = {write_bytes(&f, "in.csv", text.data, text.len)};
    struct tg_pseudonymize_options o = options(&f, "users", inputs, 1);
    ck_assert_int_eq(run(&f, &o), TG_OK);
    tg_buf_free(&text);
    ck_assert(was_warned(&f, "W906")); /* nobody has a name: no row has a person token */
    ck_assert(!was_warned(&f, "W900"));
    ck_assert(was_warned(&f, "W901")); /* one app token has 300 rows */
    ck_assert_uint_eq(f.result.profiles[0].largest[0], 300);
    ck_assert_uint_eq(f.result.profiles[0].largest[1], 1);
    ck_assert_uint_eq(f.result.profiles[0].distinct, 2701);
    ck_assert_ptr_nonnull(pseudonymized(&f, "users", "uid,kana,birth,sex,reg\n"));
    ck_assert(was_warned(&f, "W902"));
}
END_TEST

START_TEST(rows_that_stand_twice_are_told)
{
    struct tg_buf text = {0};
    for (int copies = 1; copies <= 2; copies++) {
        text.len = 0;
        ck_assert_int_eq(
            tg_buf_printf(&text, NULL, "保険者番号,記号,番号,生年月日,性別,診療年月,病名,点数\n"),
            TG_OK);
        for (int i = 0; i < 40 * copies; i++)
            ck_assert_int_eq(
                tg_buf_printf(&text, NULL, "138016,1,%d,19500101,1,202404,I10,5\n", i % 40 + 1),
                TG_OK);
        const char *inputs[] = {write_bytes(&f, "in.csv", text.data, text.len)};
        struct tg_pseudonymize_options o = options(&f, "medical", inputs, 1);
        ck_assert_int_eq(run(&f, &o), TG_OK);
        ck_assert_int_eq(was_warned(&f, "W909"), copies == 2);
        ck_assert_uint_eq(f.result.rows, 40 * (size_t)copies);
    }
    tg_buf_free(&text);
}
END_TEST

START_TEST(days_that_cannot_be_read_are_told)
{
    const char *raw = "宛名,氏名,生年月日,性別,圏域,取得\n1,佐藤,19990101,1,北,Apr-24\n"
                      "2,鈴木,19990102,1,北,R6.4.1\n";
    fixture_end(&f);
    fixture_begin(&f, "version: 1\nstudy: " STUDY_ID "\nsources: {roster: {kind: roster, columns: "
                      "{resident_number: 宛名, enrolled_from: 取得}}}\n");
    ck_assert_ptr_nonnull(pseudonymized(&f, "roster", raw));
    ck_assert(was_warned(&f, "W908"));
    ck_assert_uint_eq(f.result.warnings[0].line, 2);
    ck_assert_ptr_nonnull(pseudonymized(&f, "roster", "宛名,取得\n1,R6.4.1\n2,\n"));
    ck_assert(!was_warned(&f, "W908"));
}
END_TEST

/* Three columns that are empty, for the same rows and for others, and tokens made of them. */
START_TEST(a_column_without_values_is_told_once)
{
    static const char many_tokens[] =
        "version: 1\nstudy: " STUDY_ID "\n"
        "sources: {r: {kind: roster, columns: {insured_symbol: s, insured_number: n, kana_name: k,"
        " birth_date: b, phone: p}}}\n"
        "tokens: {a: [insured_symbol, insured_number], c: [insured_number], d: [kana_name, phone],"
        " e: [birth_date, phone], g: [kana_name, birth_date]}\n";
    static const char *const filled[] = {"ヤマダ,19500101,", "ヤマダ,,", ",19500101,"};
    struct tg_buf text = {0};
    fixture_end(&f);
    fixture_begin(&f, many_tokens);
    ck_assert_int_eq(tg_buf_printf(&text, NULL, "s,n,k,b,p\n"), TG_OK);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(tg_buf_printf(&text, NULL, ",,%s\n", filled[i % 3]), TG_OK);
    const char *inputs[] = {write_bytes(&f, "in.csv", text.data, text.len)};
    struct tg_pseudonymize_options o = options(&f, "r", inputs, 1);
    ck_assert_int_eq(run(&f, &o), TG_OK);
    tg_buf_free(&text);
    size_t columns = 0, tokens = 0;
    for (size_t i = 0; i < f.n_warned; i++) {
        columns += strcmp(f.warned[i], "W906") == 0;
        tokens += strcmp(f.warned[i], "W900") == 0;
    }
    ck_assert_uint_eq(columns, 3); /* s: a; n: c; p: d and e */
    ck_assert_uint_eq(tokens, 1);  /* g: a third has both */
    ck_assert_uint_eq(f.result.profiles[4].empty, 66);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake");
    TCase *c = tcase_create("files");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, roster_is_what_the_contract_says);
    tcase_add_test(c, of_a_loss_only_death_is_carried);
    tcase_add_test(c, events_are_what_the_contract_says);
    tcase_add_test(c, measures_are_what_the_contract_says);
    tcase_add_test(c, users_and_consents_carry_the_app_token);
    tcase_add_test(c, manifest_says_what_the_file_is);
    tcase_add_test(c, check_only_writes_nothing_but_rejects);
    tcase_add_test(c, lines_are_counted_on_through_inputs);
    tcase_add_test(c, warnings_tell_what_is_wrong_with_a_file);
    tcase_add_test(c, rows_that_stand_twice_are_told);
    tcase_add_test(c, days_that_cannot_be_read_are_told);
    tcase_add_test(c, a_column_without_values_is_told_once);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
