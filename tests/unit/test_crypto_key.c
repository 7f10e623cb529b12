/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "crypto/digest.h"
#include "crypto/key.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ID    "cd5a6a1e43e960f8"
#define HEAD  "totsugo-key/1\nstudy: a-study\nid: " ID "\ncreated: 2026-04-01T09:30:00Z\nkey: "
#define WHOLE HEAD HEX "\n"

static char dir[] = "/tmp/totsugo-test-XXXXXX";
static char path[64];

static void setup(void)
{
    memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/a.key", dir);
}

static void teardown(void)
{
    (void)unlink(path);
    ck_assert_int_eq(rmdir(dir), 0);
}

static void put_file(const char *text, size_t len, mode_t mode)
{
    (void)unlink(path);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static size_t get_file(char *out, size_t size)
{
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    size_t len = fread(out, 1, size - 1, f);
    out[len] = '\0';
    fclose(f);
    return len;
}

/* No eight characters of the secret stand in any text of the error. */
static void assert_tells_nothing(const struct tg_error *err, const char *secret)
{
    for (int language = 0; language < 2; language++) {
        char text[1024];
        (void)tg_error_format(err, (enum tg_language)language, text, sizeof text);
        for (size_t i = 0; i + 8 <= strlen(secret); i++) {
            char part[9] = "";
            memcpy(part, secret + i, 8);
            ck_assert_ptr_null(strstr(text, part));
        }
    }
}

static void assert_refused(const char *text, size_t len, uint64_t line)
{
    struct tg_key *key = NULL;
    struct tg_error err = {0};
    put_file(text, len, 0600);
    enum tg_status status = tg_key_load(path, &key, &err);
    ck_assert_msg(status == TG_NO_PERMISSION, "status %d of: %.*s", (int)status, (int)len, text);
    ck_assert_int_eq(err.message, TG_MSG_KEY_FORMAT);
    ck_assert_uint_eq(err.line, line);
    ck_assert_str_eq(err.file, path);
    ck_assert_ptr_null(key);
    assert_tells_nothing(&err, HEX);
}

START_TEST(a_new_key_is_saved_and_loaded)
{
    struct tg_key *key = NULL, *again = NULL;
    char text[1024];
    struct stat st;
    ck_assert_int_eq(tg_key_generate("hachioji-pfs-2026", &key, NULL), TG_OK);
    ck_assert_int_eq(tg_key_save(key, path, false, NULL), TG_OK);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(tg_key_load(path, &again, NULL), TG_OK);
    ck_assert_mem_eq(key->bytes, again->bytes, TG_KEY_LEN);
    ck_assert_mem_eq(tg_key_info(key), tg_key_info(again), sizeof(struct tg_key_info));
    ck_assert_str_eq(tg_key_info(again)->study, "hachioji-pfs-2026");
    ck_assert_uint_eq(strlen(tg_key_info(again)->id), TG_KEY_ID_HEX);
    ck_assert_uint_eq(strlen(tg_key_info(again)->created), 20);
    ck_assert_uint_eq(get_file(text, sizeof text),
                      strlen(WHOLE) + strlen("hachioji-pfs-2026") - strlen("a-study"));
    tg_key_free(&key);
    tg_key_free(&again);
    ck_assert_ptr_null(key);
    tg_key_free(&key);
    tg_key_free(NULL);
}
END_TEST

START_TEST(new_keys_differ)
{
    struct tg_key *a = NULL, *b = NULL;
    ck_assert_int_eq(tg_key_generate("s", &a, NULL), TG_OK);
    ck_assert_int_eq(tg_key_generate("s", &b, NULL), TG_OK);
    ck_assert(memcmp(a->bytes, b->bytes, TG_KEY_LEN) != 0);
    ck_assert_str_ne(tg_key_info(a)->id, tg_key_info(b)->id);
    tg_key_free(&a);
    tg_key_free(&b);
}
END_TEST

START_TEST(a_key_is_replaced_only_by_force)
{
    struct tg_key *key = NULL;
    struct tg_error err;
    char text[1024];
    ck_assert_int_eq(tg_key_generate("s", &key, NULL), TG_OK);
    put_file("mine", 4, 0600);
    ck_assert_int_eq(tg_key_save(key, path, false, &err), TG_CANT_CREATE);
    ck_assert_int_eq(err.message, TG_MSG_OUTPUT_EXISTS);
    (void)get_file(text, sizeof text);
    ck_assert_str_eq(text, "mine");
    ck_assert_int_eq(tg_key_save(key, path, true, &err), TG_OK);
    tg_key_free(&key);
    ck_assert_int_eq(tg_key_load(path, &key, NULL), TG_OK);
    tg_key_free(&key);
}
END_TEST

START_TEST(line_ends_may_be_crlf)
{
    static const char crlf[] = "totsugo-key/1\r\nstudy: a-study\r\nid: " ID
                               "\r\ncreated: 2026-04-01T09:30:00Z\r\nkey: " HEX "\r\n";
    struct tg_key *a = NULL, *b = NULL;
    put_file(WHOLE, strlen(WHOLE), 0600);
    ck_assert_int_eq(tg_key_load(path, &a, NULL), TG_OK);
    put_file(crlf, strlen(crlf), 0400);
    ck_assert_int_eq(tg_key_load(path, &b, NULL), TG_OK);
    ck_assert_mem_eq(a->bytes, b->bytes, TG_KEY_LEN);
    ck_assert_mem_eq(&a->info, &b->info, sizeof a->info);
    ck_assert_str_eq(tg_key_info(a)->created, "2026-04-01T09:30:00Z");
    ck_assert_str_eq(tg_key_info(a)->id, ID);
    tg_key_free(&a);
    tg_key_free(&b);
}
END_TEST

START_TEST(damaged_key_files_are_refused)
{
    static const struct {
        const char *text;
        uint64_t line;
    } cases[] = {
        {"", 1},
        {"\n", 1},
        {"totsugo-key/3\nstudy: a-study\n", 1},
        {"totsugo-key/2\nstudy: a-study\nid: " ID "\ncreated: 2026-04-01T09:30:00Z\nkey: " HEX "\n",
         5},
        {" " WHOLE, 1},
        {"\xEF\xBB\xBF" WHOLE, 1},
        {WHOLE "\n", 6},
        {WHOLE "note: x\n", 6},
        {HEAD HEX "\r\r\n", 5},
        {HEAD HEX " \n", 5},
        {HEAD HEX "00\n", 5},
        {HEAD " " HEX "\n", 5},
        {HEAD "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n", 5},
        {HEAD "100102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0},
        {"totsugo-key/1\nstudy: \nid: " ID "\n", 2},
        {"totsugo-key/1\nstudy: A\nid: " ID "\n", 2},
        {"totsugo-key/1\nstudy: a b\nid: " ID "\n", 2},
        {"totsugo-key/1\nid: " ID "\nstudy: a-study\n", 2},
        {"totsugo-key/1\nstudy: a-study\nid: cd5a6a1e43e960f\n", 3},
        {"totsugo-key/1\nstudy: a-study\nid: CD5A6A1E43E960F8\n", 3},
        {"totsugo-key/1\nstudy: a-study\nid: " ID "\ncreated: 2026-04-01 09:30:00Z\n", 4},
        {"totsugo-key/1\nstudy: a-study\nid: " ID "\ncreated: 2026-04-01T09:30:00ZZ\n", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i].text, strlen(cases[i].text), cases[i].line);
    assert_refused("totsugo-key/1\nstudy: a\0b\n", 25, 2);
}
END_TEST

START_TEST(long_study_ids_are_refused)
{
    char text[512], study[TG_STUDY_ID_MAX + 2];
    struct tg_key *key = NULL;
    memset(study, 'a', sizeof study);
    study[TG_STUDY_ID_MAX + 1] = '\0';
    (void)snprintf(text, sizeof text, "totsugo-key/1\nstudy: %s\nid: " ID "\n", study);
    assert_refused(text, strlen(text), 2);
    ck_assert_int_eq(tg_key_generate(study, &key, NULL), TG_USAGE);
    study[TG_STUDY_ID_MAX] = '\0';
    ck_assert_int_eq(tg_key_generate(study, &key, NULL), TG_OK);
    ck_assert_str_eq(tg_key_info(key)->study, study);
    tg_key_free(&key);
}
END_TEST

START_TEST(every_cut_of_a_key_file_is_refused)
{
    size_t lines = 0;
    for (size_t len = 0; len < strlen(WHOLE); len++) {
        assert_refused(WHOLE, len, lines + 1);
        lines += WHOLE[len] == '\n';
    }
}
END_TEST

START_TEST(every_flipped_bit_of_id_and_key_is_found)
{
    char text[sizeof WHOLE];
    memcpy(text, WHOLE, sizeof WHOLE);
    const char *marks[] = {"id: ", "key: "};
    for (size_t m = 0; m < 2; m++) {
        size_t from = (size_t)(strstr(strstr(text, "study"), marks[m]) - text);
        for (size_t i = from; text[i] != '\n'; i++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                struct tg_key *key = NULL;
                text[i] = (char)(text[i] ^ (1 << bit));
                put_file(text, strlen(text), 0600);
                ck_assert_int_eq(tg_key_load(path, &key, NULL), TG_NO_PERMISSION);
                text[i] = (char)(text[i] ^ (1 << bit));
            }
        }
    }
}
END_TEST

START_TEST(a_huge_file_is_no_key)
{
    size_t len = 1024 * 1024;
    char *text = malloc(len);
    ck_assert_ptr_nonnull(text);
    memset(text, '\n', len);
    memcpy(text, WHOLE, strlen(WHOLE));
    assert_refused(text, len, 0);
    free(text);
}
END_TEST

START_TEST(a_key_that_others_can_read_is_refused)
{
    static const mode_t modes[] = {0644, 0640, 0604, 0660, 0602, 0610};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct tg_key *key = NULL;
        struct tg_error err;
        put_file(WHOLE, strlen(WHOLE), modes[i]);
        ck_assert_int_eq(tg_key_load(path, &key, &err), TG_NO_PERMISSION);
        ck_assert_int_eq(err.message, TG_MSG_KEY_MODE);
        put_file(HEX, strlen(HEX), modes[i]);
        ck_assert_int_eq(tg_key_import_hex("s", path, &key, &err), TG_NO_PERMISSION);
        ck_assert_int_eq(err.message, TG_MSG_KEY_MODE);
        ck_assert_ptr_null(key);
    }
}
END_TEST

START_TEST(missing_files_and_folders_are_told)
{
    struct tg_key *key = NULL;
    ck_assert_int_eq(tg_key_load(path, &key, NULL), TG_NO_INPUT);
    ck_assert_int_eq(tg_key_import_hex("s", path, &key, NULL), TG_NO_INPUT);
    ck_assert_int_eq(tg_key_load(dir, &key, NULL), TG_NO_INPUT);
    ck_assert_ptr_null(key);
}
END_TEST

START_TEST(hex_is_imported_with_space_around_it)
{
    static const char *const texts[] = {
        HEX,
        HEX "\n",
        HEX "\r\n",
        " \t\n" HEX "\n\n \t",
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1b1c1d1e1F\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tg_key *key = NULL;
        put_file(texts[i], strlen(texts[i]), 0600);
        ck_assert_int_eq(tg_key_import_hex("a-study", path, &key, NULL), TG_OK);
        for (unsigned k = 0; k < TG_KEY_LEN; k++)
            ck_assert_uint_eq(key->bytes[k], k);
        ck_assert_str_eq(tg_key_info(key)->id, ID);
        ck_assert_str_eq(tg_key_info(key)->study, "a-study");
        tg_key_free(&key);
    }
}
END_TEST

START_TEST(what_is_no_hex_key_is_refused)
{
    static const char *const texts[] = {
        "",
        "\n",
        HEX "0",
        "0" HEX,
        HEX " " HEX,
        HEX "00",
        "0001020304050607 08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1",
        "g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "G00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "@00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tg_key *key = NULL;
        struct tg_error err;
        put_file(texts[i], strlen(texts[i]), 0600);
        ck_assert_int_eq(tg_key_import_hex("a-study", path, &key, &err), TG_DATA);
        ck_assert_int_eq(err.message, TG_MSG_KEY_HEX);
        ck_assert_ptr_null(key);
        assert_tells_nothing(&err, HEX);
    }
}
END_TEST

START_TEST(a_study_needs_an_id)
{
    static const char *const ids[] = {"", "A", "a b", "a/b", "あ", "a\n", "a_b"};
    put_file(HEX, strlen(HEX), 0600);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct tg_key *key = NULL;
        ck_assert_int_eq(tg_key_generate(ids[i], &key, NULL), TG_USAGE);
        ck_assert_int_eq(tg_key_import_hex(ids[i], path, &key, NULL), TG_USAGE);
        ck_assert_ptr_null(key);
    }
}
END_TEST

START_TEST(a_key_serves_its_own_study_only)
{
    struct tg_key *key = NULL;
    struct tg_token_key *derived = NULL;
    struct tg_error err;
    ck_assert_int_eq(tg_key_generate("a-study", &key, NULL), TG_OK);
    ck_assert_int_eq(tg_token_key_new(key, "b-study", "app", &derived, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_KEY_STUDY);
    ck_assert_int_eq(tg_row_key_new(key, "a-stud", &derived, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(tg_purpose_key_new(key, "", "x", &derived, &err), TG_NO_PERMISSION);
    ck_assert_ptr_null(derived);
    tg_key_free(&key);
}
END_TEST

START_TEST(purposes_give_different_keys)
{
    static const char *const labels[] = {"totsugo/site/token", "totsugo/site/subject",
                                         "totsugo/site/audit", "totsugo/site/order",
                                         "totsugo/n1/row"};
    enum { N = sizeof labels / sizeof labels[0] };
    unsigned char macs[N][TG_DIGEST_LEN];
    struct tg_key *key = NULL;
    ck_assert_int_eq(tg_key_generate("a-study", &key, NULL), TG_OK);
    for (size_t i = 0; i < N; i++) {
        struct tg_token_key *derived = NULL;
        ck_assert_int_eq(tg_purpose_key_new(key, "a-study", labels[i], &derived, NULL), TG_OK);
        tg_mac(derived, "x", 1, macs[i]);
        tg_token_key_free(&derived);
        for (size_t j = 0; j < i; j++)
            ck_assert(memcmp(macs[i], macs[j], TG_DIGEST_LEN) != 0);
    }
    struct tg_token_key *row = NULL;
    unsigned char mac[TG_DIGEST_LEN];
    ck_assert_int_eq(tg_row_key_new(key, "a-study", &row, NULL), TG_OK);
    tg_mac(row, "x", 1, mac);
    ck_assert_mem_eq(mac, macs[N - 1], TG_DIGEST_LEN);
    tg_token_key_free(&row);
    tg_key_free(&key);
}
END_TEST

START_TEST(files_have_digests)
{
    char hex[TG_DIGEST_HEX + 1], expected[TG_DIGEST_HEX + 1];
    size_t len = 3 * 256 * 1024 + 17;
    char *text = malloc(len);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(i * 31 % 251);
    static const size_t lens[] = {0, 1, 256 * 1024, 256 * 1024 + 1, 3 * 256 * 1024 + 17};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        put_file(text, lens[i], 0600);
        ck_assert_int_eq(tg_digest_file(path, hex, NULL), TG_OK);
        tg_digest_of(text, lens[i], expected);
        ck_assert_str_eq(hex, expected);
    }
    free(text);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(tg_digest_file(path, hex, NULL), TG_NO_INPUT);
    ck_assert_int_eq(tg_digest_file(dir, hex, NULL), TG_NO_INPUT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("crypto key");
    TCase *t = tcase_create("key");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_new_key_is_saved_and_loaded);
    tcase_add_test(t, new_keys_differ);
    tcase_add_test(t, a_key_is_replaced_only_by_force);
    tcase_add_test(t, line_ends_may_be_crlf);
    tcase_add_test(t, damaged_key_files_are_refused);
    tcase_add_test(t, long_study_ids_are_refused);
    tcase_add_test(t, every_cut_of_a_key_file_is_refused);
    tcase_add_test(t, every_flipped_bit_of_id_and_key_is_found);
    tcase_add_test(t, a_huge_file_is_no_key);
    tcase_add_test(t, a_key_that_others_can_read_is_refused);
    tcase_add_test(t, missing_files_and_folders_are_told);
    tcase_add_test(t, hex_is_imported_with_space_around_it);
    tcase_add_test(t, what_is_no_hex_key_is_refused);
    tcase_add_test(t, a_study_needs_an_id);
    tcase_add_test(t, a_key_serves_its_own_study_only);
    tcase_add_test(t, purposes_give_different_keys);
    tcase_add_test(t, files_have_digests);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
