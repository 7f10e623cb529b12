/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/base.h>

#include "base/mem.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

START_TEST(error_carries_place_and_rule)
{
    struct tg_error err;
    enum tg_status status = TG_FAIL(&err, TG_MSG_STUDY_UNKNOWN_KEY, .file = "study.yaml", .line = 7,
                                    .column = "sorces", .rule = "sources, tokens");
    ck_assert_int_eq(status, TG_CONFIG);
    char text[512];
    size_t len = tg_error_format(&err, TG_ENGLISH, text, sizeof text);
    ck_assert_uint_eq(len, strlen(text));
    ck_assert_str_eq(text, "E151 study.yaml:7: 'sorces': unknown key; allowed here: sources, "
                           "tokens; mend the spelling");
    ck_assert_uint_gt(tg_error_format(&err, TG_JAPANESE, text, sizeof text), 0);
    ck_assert_ptr_nonnull(strstr(text, "E151 study.yaml:7: 「sorces」: 知らないキー"));
}
END_TEST

START_TEST(what_is_allowed_is_said_in_the_language)
{
    static const struct {
        const char *rule, *ja;
    } cases[] = {{"one document", "使える値: 文書は一つだけです。"},
                 {"0…130, a whole number", "使える値: 0…130 の整数。"},
                 {"sum, a name", "使える値: sum, a name。"},
                 {"", "使える値: 。"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tg_error err;
        char text[512];
        (void)TG_FAIL(&err, TG_MSG_STUDY_VALUE, .rule = cases[i].rule);
        (void)tg_error_format(&err, TG_JAPANESE, text, sizeof text);
        ck_assert_msg(strstr(text, cases[i].ja) != NULL, "%s", text);
        (void)tg_error_format(&err, TG_ENGLISH, text, sizeof text);
        ck_assert_ptr_nonnull(strstr(text, cases[i].rule));
    }
}
END_TEST

START_TEST(why_the_system_refused_is_said_in_the_language)
{
    struct tg_error err;
    char text[512];
    (void)TG_FAIL(&err, TG_MSG_FILE_READ, .file = "a", .sys_errno = EACCES);
    (void)tg_error_format(&err, TG_JAPANESE, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "(権限がありません)"));
    (void)tg_error_format(&err, TG_ENGLISH, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "(Permission denied)"));
}
END_TEST

START_TEST(error_text_is_cut_not_overrun)
{
    struct tg_error err;
    char small[8];
    (void)TG_FAIL(&err, TG_MSG_FILE_MISSING, .file = "a\nb");
    size_t len = tg_error_format(&err, TG_ENGLISH, small, sizeof small);
    ck_assert_uint_gt(len, sizeof small);
    ck_assert_str_eq(small, "E200 a?");
}
END_TEST

START_TEST(long_names_are_cut_between_characters)
{
    struct tg_error err;
    char name[400] = "x";
    while (strlen(name) < 390)
        strncat(name, "あ", 4);
    (void)TG_FAIL(&err, TG_MSG_FILE_MISSING, .file = name);
    size_t len = strlen(err.file);
    ck_assert_uint_eq((len - 1) % 3, 0);
    ck_assert_uint_lt(len, sizeof err.file);
}
END_TEST

START_TEST(every_message_is_whole)
{
    static const enum tg_message all[] = {
#define TG_MESSAGE(name, number, status, en, en_do, ja, ja_do) TG_MSG_##name,
#include <totsugo/messages.def>
#undef TG_MESSAGE
    };
    size_t n = sizeof all / sizeof all[0];
    for (size_t i = 0; i < n; i++) {
        const char *en = tg_message_text(all[i], TG_ENGLISH);
        const char *ja = tg_message_text(all[i], TG_JAPANESE);
        ck_assert_msg(en[0] && ja[0], "message %d lacks a text", (int)all[i]);
        ck_assert_msg(!strstr(en, "{rule}") == !strstr(ja, "{rule}"), "message %d", (int)all[i]);
        ck_assert_msg(!tg_message_advice(all[i], TG_ENGLISH)[0] ==
                          !tg_message_advice(all[i], TG_JAPANESE)[0],
                      "message %d: advice in one language only", (int)all[i]);
        for (size_t j = i + 1; j < n; j++)
            ck_assert_msg(all[i] != all[j], "number %d stands twice", (int)all[i]);
    }
}
END_TEST

START_TEST(buffer_keeps_what_was_added)
{
    struct tg_buf b = {0};
    struct tg_error err;
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(tg_buf_printf(&b, &err, "%d,", i), TG_OK);
    ck_assert_int_eq(strncmp(tg_buf_text(&b, &err), "0,1,2,3,", 8), 0);
    ck_assert_uint_eq(b.len, 3890);
    ck_assert_int_eq(tg_buf_reserve(&b, SIZE_MAX - 10, &err), TG_NO_MEMORY);
    ck_assert_uint_eq(b.len, 3890);
    tg_buf_free(&b);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(arena_gives_zeroed_aligned_room)
{
    struct tg_arena a = {0};
    struct tg_error err;
    for (size_t size = 1; size < 300000; size = size * 3 + 1) {
        unsigned char *p = tg_arena_alloc(&a, 1, size, &err);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(p[i], 0);
        memset(p, 0xAA, size);
    }
    ck_assert_ptr_null(tg_arena_alloc(&a, SIZE_MAX / 2, 3, &err));
    ck_assert_str_eq(tg_arena_strndup(&a, "abcdef", 3, &err), "abc");
    tg_arena_free(&a);
}
END_TEST

START_TEST(grow_checks_sizes)
{
    int *array = NULL;
    size_t cap = 0;
    struct tg_error err;
    ck_assert_int_eq(tg_grow(&array, &cap, 100, sizeof *array, &err), TG_OK);
    ck_assert_uint_ge(cap, 100);
    size_t before = cap;
    ck_assert_int_eq(tg_grow(&array, &cap, SIZE_MAX / 2, sizeof *array, &err), TG_NO_MEMORY);
    ck_assert_uint_eq(cap, before);
    free(array);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base");
    TCase *t = tcase_create("base");
    tcase_add_test(t, error_carries_place_and_rule);
    tcase_add_test(t, what_is_allowed_is_said_in_the_language);
    tcase_add_test(t, why_the_system_refused_is_said_in_the_language);
    tcase_add_test(t, error_text_is_cut_not_overrun);
    tcase_add_test(t, long_names_are_cut_between_characters);
    tcase_add_test(t, every_message_is_whole);
    tcase_add_test(t, buffer_keeps_what_was_added);
    tcase_add_test(t, arena_gives_zeroed_aligned_room);
    tcase_add_test(t, grow_checks_sizes);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
