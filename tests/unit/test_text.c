/* SPDX-License-Identifier: Apache-2.0 */
#include "text/calendar.h"
#include "text/date.h"
#include "text/fold.h"

#include "text_vectors.h"

#include <stdint.h>

static enum tg_field_type type_of(const char *name)
{
    for (unsigned i = 0; i < N_FIELD_TYPES; i++) {
        if (strcmp(field_type_names[i], name) == 0)
            return (enum tg_field_type)i;
    }
    ck_abort_msg("no type is called %s", name);
}

static void check(const struct text_vector *v, const char *way, enum tg_value result,
                  const char *out, size_t len, unsigned notes)
{
    ck_assert_msg(result == v->result, "line %zu (%s, %s way): result %d, not %d", v->line, v->why,
                  way, (int)result, (int)v->result);
    ck_assert_msg(len == v->out_len && memcmp(out, v->out, len) == 0,
                  "line %zu (%s, %s way): %.*s, not %.*s", v->line, v->why, way, (int)len, out,
                  (int)v->out_len, v->out);
    ck_assert_msg(notes == v->notes, "line %zu (%s, %s way): notes %x, not %x", v->line, v->why,
                  way, notes, v->notes);
}

static void check_value(const struct text_vector *v)
{
    static const char *const ways[] = {"fast", "general"};
    for (unsigned way = 0; way < 2; way++) {
        char out[TG_VALUE_LEN_MAX];
        size_t len;
        unsigned notes;
        enum tg_value result = tg_normalize_way((enum tg_fold_way)way, type_of(v->type), v->in,
                                                v->in_len, out, sizeof out, &len, &notes);
        check(v, ways[way], result, out, len, notes);
    }
}

START_TEST(values)
{
    ck_assert_uint_ge(each_vector("testdata/vectors/normalize.csv", check_value), 280);
}
END_TEST

static void check_date(const struct text_vector *v)
{
    ck_assert_str_eq(v->type, "date");
    struct tg_date date = {0};
    unsigned notes;
    char out[16] = "";
    enum tg_value result = tg_date_parse(v->in, v->in_len, &date, &notes);
    if (result == TG_VALUE_OK)
        (void)snprintf(out, sizeof out, "%08u", (unsigned)tg_day_number(&date));
    check(v, "date", result, out, strlen(out), notes);
    size_t len;
    char birth[16];
    result = tg_normalize(TG_FIELD_BIRTH_DATE, v->in, v->in_len, birth, sizeof birth, &len, &notes);
    check(v, "birth date", result, birth, len, notes);
}

START_TEST(dates)
{
    ck_assert_uint_ge(each_vector("testdata/vectors/dates.csv", check_date), 90);
}
END_TEST

static void check_month(const struct text_vector *v)
{
    ck_assert_str_eq(v->type, "month");
    int32_t month = TG_NO_MONTH;
    unsigned notes;
    char out[8];
    enum tg_value result = tg_month_parse(v->in, v->in_len, &month, &notes);
    tg_month_format(month, out);
    check(v, "month", result, out, strlen(out), notes);
}

START_TEST(months)
{
    ck_assert_uint_ge(each_vector("testdata/vectors/months.csv", check_month), 40);
}
END_TEST

static enum tg_value read_name(const char *value, size_t len)
{
    static char out[TG_VALUE_LEN_MAX * 11 + 16];
    size_t out_len;
    unsigned notes;
    return tg_normalize(TG_FIELD_NAME, value, len, out, sizeof out, &out_len, &notes);
}

START_TEST(too_long)
{
    static char value[TG_VALUE_LEN_MAX + 1];
    memset(value, 'a', sizeof value);
    ck_assert_int_eq(read_name(value, TG_VALUE_LEN_MAX), TG_VALUE_OK);
    ck_assert_int_eq(read_name(value, TG_VALUE_LEN_MAX + 1), TG_VALUE_UNREADABLE);
}
END_TEST

/* U+FDFA becomes 18 code points: 227 of them fit, 228 do not. */
static void shows(const char *value, const char *want, size_t want_columns)
{
    char out[128];
    size_t columns;
    size_t len = tg_text_show(value, strlen(value), out, sizeof out, &columns);
    ck_assert_msg(len == strlen(want) && memcmp(out, want, len) == 0, "%.*s, not %s", (int)len, out,
                  want);
    ck_assert_uint_eq(columns, want_columns);
}

START_TEST(shown_values)
{
    shows("", "", 0);
    shows("Aｱ亜", "Aｱ亜", 4);
    shows("か\u3099", "か\u3099", 2);                       /* a mark takes no column */
    shows("a\x1B[2Jb\x7F\n", "a\uFFFD[2Jb\uFFFD\uFFFD", 8); /* escape, delete, line end */
    shows("\xC2\x9B"
          "1\u202E",
          "\uFFFD"
          "1\uFFFD",
          3);                             /* C1, right-to-left override */
    shows("\xE3\x81", "\uFFFD\uFFFD", 2); /* broken UTF-8 */
    char out[4];
    size_t columns;
    ck_assert_uint_eq(tg_text_show("亜亜", 6, out, sizeof out, &columns), 3);
    ck_assert_uint_eq(columns, 2);
}
END_TEST

START_TEST(too_long_in_nfkc)
{
    static char value[228 * 3];
    for (size_t i = 0; i < sizeof value; i += 3)
        memcpy(value + i, "\xEF\xB7\xBA", 3);
    ck_assert_int_eq(read_name(value, 227 * 3), TG_VALUE_OK);
    ck_assert_int_eq(read_name(value, 228 * 3), TG_VALUE_UNREADABLE);
}
END_TEST

START_TEST(too_many_marks)
{
    char value[1 + 31 * 2] = "q";
    for (size_t i = 1; i < sizeof value; i += 2)
        memcpy(value + i, "\xCC\x81", 2);
    ck_assert_int_eq(read_name(value, 1 + 30 * 2), TG_VALUE_OK);
    ck_assert_int_eq(read_name(value, sizeof value), TG_VALUE_UNREADABLE);
}
END_TEST

START_TEST(broken_utf8)
{
    ck_assert_int_eq(read_name("\xE5\xB1", 2), TG_VALUE_UNREADABLE);
    ck_assert_int_eq(read_name("\xED\xA0\x80", 3), TG_VALUE_UNREADABLE);
    ck_assert_int_eq(read_name("a\xFF", 2), TG_VALUE_UNREADABLE);
}
END_TEST

START_TEST(note_names)
{
    static const char *const names[TG_N_NOTES] = {
        "check_digit",   "padded_zeros", "unknown_glyph", "maybe_cut",
        "excel_formula", "era_overrun",  "exponent",      "my_number",
    };
    for (unsigned i = 0; i < TG_N_NOTES; i++)
        ck_assert_str_eq(tg_value_note_name(1U << i), names[i]);
    ck_assert_str_eq(tg_value_note_name(1U << TG_N_NOTES), "");
}
END_TEST

START_TEST(my_numbers)
{
    ck_assert(tg_is_my_number("123456789018", 12));
    ck_assert(!tg_is_my_number("12345678901", 11));
    ck_assert(!tg_is_my_number("1234567890180", 13));
    ck_assert(!tg_is_my_number("12345678901a", 12));
    for (char c = '0'; c <= '9'; c++) {
        char number[] = "123456789010";
        number[11] = c;
        ck_assert_int_eq(tg_is_my_number(number, 12), c == '8');
    }
    /* r = 0 and r = 1 (2 × 6 = 11 + 1) both have the check digit 0; r = 2 has 9 */
    ck_assert(tg_is_my_number("000000000000", 12));
    ck_assert(tg_is_my_number("000000000060", 12));
    ck_assert(tg_is_my_number("000000000019", 12));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("text");
    TCase *t = tcase_create("values");
    tcase_add_test(t, values);
    tcase_add_test(t, dates);
    tcase_add_test(t, months);
    tcase_add_test(t, too_long);
    tcase_add_test(t, shown_values);
    tcase_add_test(t, too_long_in_nfkc);
    tcase_add_test(t, too_many_marks);
    tcase_add_test(t, broken_utf8);
    tcase_add_test(t, note_names);
    tcase_add_test(t, my_numbers);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
