/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts and measured values as exact decimals; keys with a character left out. */
#define _DEFAULT_SOURCE
#include "text/decimal.h"
#include "intake/near.h"
#include "intake_fixture.h"

static const struct {
    const char *text, *canonical; /* NULL: no number */
} decimals[] = {
    {"0", "0"},
    {"-0.00", "0"},
    {"007", "7"},
    {"22.50", "22.5"},
    {".5", "0.5"},
    {"5.", "5"},
    {"-0.05", "-0.05"},
    {"+1,234,567.80", "1234567.8"},
    {"−3", "-3"},
    {"1000", "1000"},
    {"12345678901234567890", "12345678901234567890"},
    {"0.00000000000000000001", "0.00000000000000000001"},
    {"123456789012345678901", NULL},
    {"", NULL},
    {"-", NULL},
    {".", NULL},
    {"1,23", NULL},
    {"1234,567", NULL},
    {",123", NULL},
    {"1,234,56", NULL},
    {"1.2.3", NULL},
    {"1e3", NULL},
    {"1 000", NULL},
    {"0x10", NULL},
};

START_TEST(decimals_are_read_exactly)
{
    struct tg_decimal d;
    char out[TG_DECIMAL_TEXT + 1];
    const char *text = decimals[_i].text;
    bool ok = tg_decimal_read(text, strlen(text), &d);
    ck_assert_msg(ok == (decimals[_i].canonical != NULL), "'%s'", text);
    if (!ok)
        return;
    out[tg_decimal_write(&d, out)] = '\0';
    ck_assert_str_eq(out, decimals[_i].canonical);
}
END_TEST

static const struct {
    const char *amount;
    double scale;
    bool ok;
    int64_t yen;
} amounts[] = {
    {"1234", 10, true, 12340},
    {"1.005", 1000, true, 1005},
    {"0.5", 1, true, 1},
    {"-0.5", 1, true, -1},
    {"0.49999999999999999999", 1, true, 0},
    {"2.5", 1, true, 3},
    {"-2.45", 1, true, -2},
    {"3", 0.1, true, 0},
    {"5", 0.1, true, 1},
    {"1", 11.4, true, 11},
    {"100", 11.4, true, 1140},
    {"0", 10, true, 0},
    {"1000000000000000", 1, true, 1000000000000000},
    {"1000000000000000.4", 1, true, 1000000000000000},
    {"1000000000000001", 1, false, 0},
    {"99999999999999999999", 1e15, false, 0},
    {"1", 1e-15, true, 0},
};

START_TEST(yen_are_rounded_half_away_from_zero)
{
    struct tg_decimal d;
    const char *amount = amounts[_i].amount;
    int64_t yen = -1;
    ck_assert(tg_decimal_read(amount, strlen(amount), &d));
    struct tg_decimal scale = tg_decimal_of(amounts[_i].scale);
    ck_assert_msg(tg_decimal_yen(&d, &scale, &yen) == amounts[_i].ok, "%s", amount);
    if (amounts[_i].ok)
        ck_assert_int_eq(yen, amounts[_i].yen);
}
END_TEST

static struct fixture f;
static struct tg_near near;
static struct tg_token_batch batch;
static size_t n_tokens;

static void setup(void)
{
    fixture_begin(&f, "version: 1\nstudy: " STUDY_ID "\n"
                      "sources: {r: {kind: roster, columns: {surname: s, given_name: g}}}\n"
                      "tokens: {k: [surname]}\n");
}

static void teardown(void)
{
    tg_near_free(&near);
    tg_token_batch_free(&batch);
    fixture_end(&f);
}

/* How many tokens two values have, each with or without ~1. */
static size_t tokens_of(const char *a, bool a_missing, const char *b, bool b_missing)
{
    struct tg_plan_part parts[] = {{.field = 0, .form = a_missing},
                                   {.field = 1, .form = b_missing}};
    struct tg_plan_token token = {.name = "k", .parts = parts, .n_parts = 2, .evidence = true};
    ck_assert_int_eq(tg_token_key_new(f.key, STUDY_ID, "k", &token.key, &f.err), TG_OK);
    ck_assert_int_eq(tg_near_reserve(&near, 2, &f.err), TG_OK);
    near.parts[0] = (struct tg_near_part){.value = a, .len = strlen(a)};
    near.parts[1] = (struct tg_near_part){.value = b, .len = strlen(b)};
    tg_token_batch_begin(&batch);
    ck_assert_int_eq(tg_near_messages(&near, &token, &batch, &f.err), TG_OK);
    tg_token_batch_compute(&batch);
    n_tokens = tg_near_distinct(batch.tokens, batch.n);
    for (size_t i = 1; i < n_tokens; i++)
        ck_assert(memcmp(batch.tokens[i - 1], batch.tokens[i], TG_TOKEN_LEN) < 0);
    tg_token_key_free(&token.key);
    return n_tokens;
}

static bool has(const char *hex)
{
    unsigned char token[TG_TOKEN_LEN];
    ck_assert(tg_hex_decode(hex, sizeof token, token));
    for (size_t i = 0; i < n_tokens; i++) {
        if (memcmp(batch.tokens[i], token, sizeof token) == 0)
            return true;
    }
    return false;
}

START_TEST(one_character_left_out_of_one_or_more_fields)
{
    ck_assert_uint_eq(tokens_of("ABC", true, "X", true), 1); /* too short */
    ck_assert_uint_eq(tokens_of("ABCD", false, "WXYZ", false), 1);
    ck_assert_uint_eq(tokens_of("ABCD", true, "WXYZ", false), 5);
    ck_assert(has(TOKEN(&f, "k", "ABCD", "WXYZ")) && has(TOKEN(&f, "k", "ACD", "WXYZ")));
    ck_assert(!has(TOKEN(&f, "k", "ABCD", "XYZ")));
    ck_assert_uint_eq(tokens_of("ABCD", true, "WXYZ", true), 25);
    ck_assert(has(TOKEN(&f, "k", "ABD", "WYZ")));
    ck_assert_uint_eq(tokens_of("AAAA", true, "X", false), 2); /* all that is left is the same */
    ck_assert_uint_eq(tokens_of("カガカガ", true, "X", false), 5);
    ck_assert(has(TOKEN(&f, "k", "カカガ", "X")));
}
END_TEST

START_TEST(long_values_cost_little)
{
    char long_value[4000], half[200];
    for (size_t i = 0; i < sizeof long_value; i++)
        long_value[i] = (char)('A' + i % 26);
    long_value[sizeof long_value - 1] = '\0';
    memcpy(half, long_value, sizeof half);
    half[sizeof half - 1] = '\0';
    ck_assert_uint_eq(tokens_of(long_value, true, "X", false), 1);
    ck_assert_uint_eq(tokens_of(half, true, "X", false), sizeof half);
    ck_assert_uint_eq(tokens_of(half, true, half, true), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake values");
    TCase *c = tcase_create("decimals");
    tcase_add_loop_test(c, decimals_are_read_exactly, 0,
                        (int)(sizeof decimals / sizeof decimals[0]));
    tcase_add_loop_test(c, yen_are_rounded_half_away_from_zero, 0,
                        (int)(sizeof amounts / sizeof amounts[0]));
    suite_add_tcase(suite, c);
    c = tcase_create("near");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, one_character_left_out_of_one_or_more_fields);
    tcase_add_test(c, long_values_cost_little);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
