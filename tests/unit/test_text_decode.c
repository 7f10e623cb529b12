/* SPDX-License-Identifier: Apache-2.0 */
#include "text/encode.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct tg_decoder *decoder_of(enum tg_encoding encoding)
{
    struct tg_decoder *d = NULL;
    ck_assert_int_eq(tg_decoder_new(encoding, &d, NULL), TG_OK);
    return d;
}

/* NULL: the bytes are no text, and what stood in the buffer stays alone. */
static void decodes(enum tg_encoding encoding, const char *in, size_t len, const char *text)
{
    struct tg_decoder *d = decoder_of(encoding);
    struct tg_buf out = {0};
    bool ok = false;
    ck_assert_int_eq(tg_buf_add(&out, "x", 1, NULL), TG_OK);
    ck_assert_int_eq(tg_decode(d, in, len, &out, &ok, NULL), TG_OK);
    ck_assert_int_eq(ok, text != NULL);
    size_t n = text ? strlen(text) : 0;
    ck_assert_uint_eq(out.len, 1 + n);
    ck_assert(out.data[0] == 'x' && (n == 0 || memcmp(out.data + 1, text, n) == 0));
    tg_buf_free(&out);
    tg_decoder_free(&d);
}

#define CP932(bytes, text) decodes(TG_ENCODING_CP932, bytes, sizeof(bytes) - 1, text)
#define UTF8(bytes, text)  decodes(TG_ENCODING_UTF8, bytes, sizeof(bytes) - 1, text)

START_TEST(extensions)
{
    CP932("\xEE\xE0", "髙");
    CP932("\xFB\xFC", "髙");
    CP932("\xED\x95", "﨑");
    CP932("\xFA\xB1", "﨑");
    CP932("\x87\x40", "①");
    CP932("\xFA\x40", "ⅰ");
}
END_TEST

START_TEST(second_bytes)
{
    CP932("\x83\x5C", "ソ");
    CP932("\x95\x5C", "表");
    CP932("\x94\x5C", "能");
    CP932("\x83\x7C", "ポ");
    CP932("\x83\x5C\\a", "ソ\\a");
}
END_TEST

START_TEST(cp932_plain)
{
    CP932("", "");
    CP932("abc\\~", "abc\\~");
    CP932("\xB1\xB6\xDE", "ｱｶﾞ");
    CP932("\x8E\x52\x93\x63", "山田");
    CP932("a\x8E\x52\\~", "a山\\~");
    CP932("\x81\x7C\x81\x60\x81\x5B\x81\x40", "－～ー\u3000");
}
END_TEST

START_TEST(cp932_invalid)
{
    CP932("\x81", NULL);
    CP932("a\x8E", NULL);
    CP932("\x81\x20", NULL);
    CP932("\x81\x7F", NULL);
    CP932("\x81\xFF", NULL);
    CP932("\x81\xAD", NULL);
    CP932("\xFF", NULL);
    CP932("\xFD", NULL);
    CP932("\x85\x40", NULL);
    CP932("\x8E\x52\x81", NULL);
}
END_TEST

START_TEST(utf8_plain)
{
    UTF8("", "");
    UTF8("abc", "abc");
    UTF8("山田", "山田");
    UTF8("é𠮷", "é𠮷");
    /* a mark at the start is intake's */
    UTF8("\xEF\xBB\xBF"
         "a",
         "\xEF\xBB\xBF"
         "a");
    UTF8("\xED\x9F\xBF\xEE\x80\x80", "\xED\x9F\xBF\xEE\x80\x80");
    UTF8("\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF");
    UTF8("\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80", "\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80");
}
END_TEST

START_TEST(utf8_invalid)
{
    UTF8("\xC0\x80", NULL);
    UTF8("\xC1\xBF", NULL);
    UTF8("\xE0\x9F\xBF", NULL);
    UTF8("\xF0\x8F\xBF\xBF", NULL);
    UTF8("\xED\xA0\x80", NULL);
    UTF8("\xED\xBF\xBF", NULL);
    UTF8("\xF4\x90\x80\x80", NULL);
    UTF8("\xF5\x80\x80\x80", NULL);
    UTF8("\x80", NULL);
    UTF8("\xE5\xB1", NULL);
    UTF8("\xF0\xA0\xAE", NULL);
    UTF8("\xE5\x28\xB1", NULL);
    UTF8("abcdefgh\xFF", NULL);
}
END_TEST

START_TEST(valid_prefix)
{
    static const char text[] = "ab山田";
    ck_assert_uint_eq(tg_utf8_valid_prefix(text, 8), 8);
    ck_assert_uint_eq(tg_utf8_valid_prefix(text, 7), 5);
    ck_assert_uint_eq(tg_utf8_valid_prefix(text, 6), 5);
    ck_assert_uint_eq(tg_utf8_valid_prefix(text, 2), 2);
    ck_assert_uint_eq(tg_utf8_valid_prefix("", 0), 0);
    ck_assert_uint_eq(tg_utf8_valid_prefix("a\xFF"
                                           "b",
                                           3),
                      1);
}
END_TEST

START_TEST(one_encoding_only)
{
    struct tg_decoder *d = NULL;
    struct tg_encoder *e = NULL;
    ck_assert_int_eq(tg_decoder_new(TG_ENCODING_AUTO, &d, NULL), TG_BUG);
    ck_assert_int_eq(tg_encoder_new(TG_ENCODING_AUTO, &e, NULL), TG_BUG);
    ck_assert(!d && !e);
    tg_decoder_free(&d);
    tg_encoder_free(&e);
    tg_decoder_free(NULL);
    tg_encoder_free(NULL);
}
END_TEST

static void encodes(const char *text, const char *bytes, size_t len)
{
    struct tg_encoder *e = NULL;
    struct tg_buf out = {0};
    bool ok = false;
    ck_assert_int_eq(tg_encoder_new(TG_ENCODING_CP932, &e, NULL), TG_OK);
    ck_assert_int_eq(tg_encode(e, text, strlen(text), &out, &ok, NULL), TG_OK);
    ck_assert_int_eq(ok, bytes != NULL);
    ck_assert_uint_eq(out.len, len);
    ck_assert(len == 0 || memcmp(out.data, bytes, len) == 0);
    tg_buf_free(&out);
    tg_encoder_free(&e);
}

START_TEST(encoding)
{
    encodes("a山\\b", "a\x8E\x52\\b", 5);
    encodes("ｱ①", "\xB1\x87\x40", 3);
    encodes("髙", "\xFB\xFC", 2);
    encodes("a山𠮷", NULL, 0);
    encodes("", "", 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("text decode");
    TCase *t = tcase_create("encodings");
    tcase_add_test(t, extensions);
    tcase_add_test(t, second_bytes);
    tcase_add_test(t, cp932_plain);
    tcase_add_test(t, cp932_invalid);
    tcase_add_test(t, utf8_plain);
    tcase_add_test(t, utf8_invalid);
    tcase_add_test(t, valid_prefix);
    tcase_add_test(t, one_encoding_only);
    tcase_add_test(t, encoding);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
