/* SPDX-License-Identifier: Apache-2.0 */
/* What must not change a token file: threads, memory, encoding, order of rows. */
#define _DEFAULT_SOURCE
#include "intake_fixture.h"
#include "text/encode.h"

enum { PEOPLE = 26000, CLAIMS = 60000, VARIANTS = 5 };

static const char study[] =
    "version: 1\n"
    "study: " STUDY_ID "\n"
    "sources:\n"
    "  roster: {kind: roster, columns: {insurer_number: 保険者, insured_symbol: 記号,\n"
    "    insured_number: 番号, kana_name: カナ, name: 氏名, birth_date: 生年月日, sex: 性別,\n"
    "    district: 圏域}}\n"
    "  claims: {kind: events, columns: {insurer_number: 保険者, insured_symbol: 記号,\n"
    "    insured_number: 番号, kana_name: カナ, birth_date: 生年月日, sex: 性別, month: 月,\n"
    "    code: 病名, amount: 額}}\n"
    "tokens: japanese\n"
    "limits: {rejects: 0.5, unreadable: 0.5}\n";

static struct fixture f;

static void setup(void)
{
    fixture_begin(&f, study);
}

static void teardown(void)
{
    fixture_end(&f);
}

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void put_person(struct tg_buf *text, uint64_t person)
{
    static const char *const kana[] = {"ﾔﾏﾀﾞ ﾊﾅｺ", "ｽｽﾞｷ ｲﾁﾛｳ", "ﾀｶﾊｼ ｼﾞｭﾝ", "ﾜﾀﾅﾍﾞ ｹﾝ", "ｲﾄｳ"};
    uint64_t state = person + 1;
    const char *name = kana[next(&state) % 5];
    ck_assert_int_eq(
        tg_buf_printf(text, NULL, "138016,%s,%07llu,%s,3%02u%02u%02u,%u", person % 7 ? "神" : "神−",
                      (unsigned long long)person, name, (unsigned)(next(&state) % 60 + 1),
                      (unsigned)(next(&state) % 12 + 1), (unsigned)(next(&state) % 28 + 1),
                      (unsigned)(next(&state) % 2 + 1)),
        TG_OK);
}

/* Claims, some of which cannot be used and some of nobody in particular. */
static char *claims(size_t n, uint64_t seed)
{
    struct tg_buf text = {0};
    uint64_t state = seed;
    ck_assert_int_eq(tg_buf_printf(&text, NULL, "保険者,記号,番号,カナ,生年月日,性別,月,病名,額\n"),
                     TG_OK);
    for (size_t i = 0; i < n; i++) {
        uint64_t person = next(&state) % (PEOPLE / 4);
        if (person == 0)
            ck_assert_int_eq(tg_buf_printf(&text, NULL, ",,,,,"), TG_OK);
        else
            put_person(&text, person);
        ck_assert_int_eq(tg_buf_printf(&text, NULL, ",2024%02u,%c%02u,%u\n",
                                       (unsigned)(next(&state) % 13), 'A' + (int)(next(&state) % 8),
                                       (unsigned)(next(&state) % 90), (unsigned)next(&state) % 999),
                         TG_OK);
    }
    char *path = write_bytes(&f, "claims.csv", text.data, text.len);
    tg_buf_free(&text);
    return path;
}

static char *roster(enum tg_encoding encoding)
{
    struct tg_buf text = {0}, bytes = {0};
    struct tg_encoder *encoder = NULL;
    bool ok = false;
    ck_assert_int_eq(
        tg_buf_printf(&text, NULL, "台帳\n保険者,記号,番号,カナ,生年月日,性別,氏名,圏域\n"), TG_OK);
    for (uint64_t i = 0; i < PEOPLE; i++) {
        put_person(&text, i);
        ck_assert_int_eq(tg_buf_printf(&text, NULL, ",髙橋 﨑子,第①圏域\n"), TG_OK);
    }
    ck_assert_int_eq(tg_encoder_new(encoding, &encoder, NULL), TG_OK);
    ck_assert_int_eq(tg_encode(encoder, text.data, text.len, &bytes, &ok, NULL), TG_OK);
    ck_assert(ok);
    char *path = write_bytes(&f, "roster.csv", bytes.data, bytes.len);
    tg_encoder_free(&encoder);
    tg_buf_free(&text);
    tg_buf_free(&bytes);
    return path;
}

static char *result_of(const char *source, const char *input, unsigned threads, uint64_t memory)
{
    const char *inputs[] = {input};
    struct tg_pseudonymize_options o = options(&f, source, inputs, 1);
    o.threads = threads;
    o.memory = memory;
    ck_assert_int_eq(run(&f, &o), TG_OK);
    return read_text(&f, "out.csv");
}

/* Threads, and memory in MiB: 16 is the least there can be, and makes the sort use the disk. */
static const struct {
    unsigned threads;
    uint64_t mebi;
} variants[VARIANTS] = {{1, 4096}, {2, 4096}, {8, 4096}, {1, 16}, {8, 16}};

START_TEST(threads_and_memory_change_nothing)
{
    char *path = _i ? claims(CLAIMS * 4, 7) : roster(TG_ENCODING_CP932);
    const char *source = _i ? "claims" : "roster";
    char *first = result_of(source, path, variants[0].threads, variants[0].mebi << 20);
    char *manifest = read_text(&f, "out.csv.manifest.json");
    if (_i)
        ck_assert_uint_gt(strlen(first), 16 << 20);
    for (size_t i = 1; i < VARIANTS; i++) {
        char *again = result_of(source, path, variants[i].threads, variants[i].mebi << 20);
        ck_assert_msg(strcmp(again, first) == 0, "variant %zu", i);
        ck_assert_str_eq(read_text(&f, "out.csv.manifest.json"), manifest);
    }
}
END_TEST

START_TEST(rows_are_in_the_order_of_bytes)
{
    char *text = result_of("claims", claims(CLAIMS, 3), 2, 16 << 20);
    char *line = strchr(text, '\n') + 1;
    size_t rows = 0, none = 0, n_tokens = 0;
    for (const char *at = text; (at = strstr(at, "token_")) != NULL && at < line; at++)
        n_tokens++;
    for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1, rows++) {
        *end = '\0';
        none += strspn(line, ",") >= n_tokens;
        char *second = end + 1, *stop = strchr(second, '\n');
        if (!stop)
            continue;
        /* the insured token leads where there is one */
        size_t a = strspn(line, ","), b = strspn(second, ",");
        const char *x = strspn(line + a, "0123456789abcdef") == 32 ? line + a : "";
        const char *y = strspn(second + b, "0123456789abcdef") == 32 ? second + b : "";
        int order = strncmp(x, y, 32);
        *stop = '\0';
        ck_assert(order < 0 || (order == 0 && strcmp(line, second) <= 0));
        *stop = '\n';
    }
    ck_assert_uint_eq(rows, f.result.rows);
    ck_assert_uint_eq(none, f.result.no_token);
    ck_assert_uint_gt(none, 0);
    ck_assert_uint_gt(f.result.rejected, 0);
}
END_TEST

START_TEST(the_encoding_of_a_file_is_not_in_its_tokens)
{
    char *utf8 = result_of("roster", roster(TG_ENCODING_UTF8), 2, 0);
    char *cp932 = result_of("roster", roster(TG_ENCODING_CP932), 2, 0);
    ck_assert_str_eq(utf8, cp932);
    ck_assert_ptr_nonnull(strstr(utf8, ",第1圏域,"));
}
END_TEST

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The rows without their row ids, sorted. */
static char **rows_of(char *text, size_t *n)
{
    size_t cap = 0;
    char **rows = NULL;
    *n = 0;
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        ck_assert_int_eq(tg_grow(&rows, &cap, *n + 1, sizeof *rows, NULL), TG_OK);
        rows[(*n)++] = strchr(line, ',');
    }
    qsort(rows, *n, sizeof *rows, compare);
    return rows;
}

START_TEST(the_order_of_rows_is_only_in_the_row_ids)
{
    const char *header = "保険者,記号,番号,カナ,生年月日,性別,氏名,圏域\n";
    struct tg_buf there = {0}, back = {0};
    ck_assert_int_eq(tg_buf_printf(&there, NULL, "%s", header), TG_OK);
    ck_assert_int_eq(tg_buf_printf(&back, NULL, "%s", header), TG_OK);
    for (uint64_t i = 0; i < 500; i++) {
        put_person(&there, i);
        put_person(&back, 499 - i);
        ck_assert_int_eq(tg_buf_printf(&there, NULL, ",,\n"), TG_OK);
        ck_assert_int_eq(tg_buf_printf(&back, NULL, ",,\n"), TG_OK);
    }
    char *a = result_of("roster", write_bytes(&f, "a.csv", there.data, there.len), 1, 0);
    char *b = result_of("roster", write_bytes(&f, "b.csv", back.data, back.len), 1, 0);
    size_t n_a, n_b;
    char **rows_a = rows_of(a, &n_a), **rows_b = rows_of(b, &n_b);
    ck_assert_uint_eq(n_a, 501);
    ck_assert_uint_eq(n_b, n_a);
    for (size_t i = 0; i < n_a; i++)
        ck_assert_str_eq(rows_a[i], rows_b[i]);
    free(rows_a);
    free(rows_b);
    tg_buf_free(&there);
    tg_buf_free(&back);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake same");
    TCase *c = tcase_create("same");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 110);
    tcase_add_loop_test(c, threads_and_memory_change_nothing, 0, 2);
    tcase_add_test(c, rows_are_in_the_order_of_bytes);
    tcase_add_test(c, the_encoding_of_a_file_is_not_in_its_tokens);
    tcase_add_test(c, the_order_of_rows_is_only_in_the_row_ids);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
