/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "crypto/key.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/totsugo-test-XXXXXX";
static char path[64];
/* the least that a file may have, so that the tests are quick */
static const struct tg_scrypt_cost cheap = {16384, 8, 1};

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

/* What tg_passphrase_read() makes of a text. */
static enum tg_status read_passphrase(const char *text, size_t len, bool fresh,
                                      struct tg_passphrase **out, struct tg_error *err)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(write(fds[1], text, len), (ssize_t)len);
    close(fds[1]);
    enum tg_status status = tg_passphrase_read(fds[0], fresh, out, err);
    close(fds[0]);
    return status;
}

static struct tg_passphrase *passphrase(const char *text)
{
    struct tg_passphrase *p = NULL;
    ck_assert_int_eq(read_passphrase(text, strlen(text), true, &p, NULL), TG_OK);
    return p;
}

/* RFC 7914, section 12; the last one takes 1 GiB and is left out. */
START_TEST(scrypt_is_that_of_rfc_7914)
{
    static const struct {
        const char *secret, *salt;
        struct tg_scrypt_cost cost;
        const char *want;
    } cases[] = {
        {"",
         "",
         {16, 1, 1},
         "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
         "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"},
        {"password",
         "NaCl",
         {1024, 8, 16},
         "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
         "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
        {"pleaseletmein",
         "SodiumChloride",
         {16384, 8, 1},
         "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
         "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char got[64];
        char text[129] = "";
        ck_assert_int_eq(tg_scrypt(cases[i].secret, strlen(cases[i].secret), cases[i].salt,
                                   strlen(cases[i].salt), &cases[i].cost, got, sizeof got, NULL),
                         TG_OK);
        tg_hex_encode(got, sizeof got, text);
        ck_assert_str_eq(text, cases[i].want);
    }
}
END_TEST

START_TEST(costs_have_limits)
{
    static const struct {
        struct tg_scrypt_cost cost;
        bool sane;
    } cases[] = {
        {{131072, 8, 1}, true},    {{16384, 8, 1}, true},        {{1048576, 8, 1}, true},
        {{8192, 8, 1}, false},     {{131073, 8, 1}, false},      {{2097152, 8, 1}, false},
        {{131072, 7, 1}, false},   {{131072, 8, 0}, false},      {{131072, 8, 64}, false},
        {{1048576, 64, 1}, false}, {{4294967296u, 8, 1}, false}, {{131072, 0, 1}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(tg_scrypt_cost_sane(&cases[i].cost) == cases[i].sane, "case %zu", i);
}
END_TEST

START_TEST(passphrases_have_a_length)
{
    struct tg_passphrase *p = NULL;
    struct tg_error err;
    char long_text[TG_PASSPHRASE_MAX + 2];
    memset(long_text, 'x', sizeof long_text);
    ck_assert_int_eq(read_passphrase("", 0, false, &p, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_PASSPHRASE_LENGTH);
    ck_assert_int_eq(read_passphrase("\nsecond line", 12, false, &p, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(read_passphrase("eleven byte", 11, true, &p, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(read_passphrase(long_text, sizeof long_text, false, &p, &err),
                     TG_NO_PERMISSION);
    ck_assert_int_eq(tg_passphrase_read(987, false, &p, &err), TG_NO_INPUT);
    ck_assert_ptr_null(p);
    ck_assert_int_eq(read_passphrase("eleven byte\nrest", 16, false, &p, &err), TG_OK);
    ck_assert_uint_eq(p->len, 11);
    tg_passphrase_free(&p);
    ck_assert_int_eq(read_passphrase(long_text, TG_PASSPHRASE_MAX, true, &p, &err), TG_OK);
    tg_passphrase_free(&p);
    ck_assert_ptr_null(p);
    tg_passphrase_free(&p);
    tg_passphrase_free(NULL);
}
END_TEST

static void assert_same_keys(const struct tg_key *a, const struct tg_key *b)
{
    ck_assert_mem_eq(a->bytes, b->bytes, TG_KEY_LEN);
    ck_assert_uint_eq(a->n_before, b->n_before);
    ck_assert_mem_eq(a->before, b->before, sizeof a->before);
    ck_assert_str_eq(a->info.study, b->info.study);
    ck_assert_str_eq(a->info.id, b->info.id);
    ck_assert_str_eq(a->info.created, b->info.created);
    ck_assert_uint_eq(a->info.epoch, b->info.epoch);
    ck_assert_str_eq(a->info.overlap_until, b->info.overlap_until);
}

START_TEST(a_wrapped_key_is_opened_by_its_passphrase_alone)
{
    struct tg_passphrase *right = passphrase("correct horse battery"),
                         *wrong = passphrase("correct horse batterx");
    struct tg_key *key = NULL, *again = NULL;
    struct tg_error err;
    struct stat st;
    bool wrapped = false;
    ck_assert_int_eq(tg_key_generate("a-study", &key, NULL), TG_OK);
    ck_assert_int_eq(tg_key_wrap(key, right, path, false, NULL), TG_OK);
    ck_assert_int_eq(tg_key_wrap(key, right, path, false, NULL), TG_CANT_CREATE);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(tg_key_is_wrapped(path, &wrapped, NULL), TG_OK);
    ck_assert(wrapped);
    ck_assert_int_eq(tg_key_load(path, &again, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_KEY_WRAPPED);
    ck_assert_int_eq(tg_key_unwrap(path, wrong, &again, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_KEY_PASSPHRASE);
    ck_assert_str_eq(err.file, path);
    ck_assert_ptr_null(again);
    ck_assert_int_eq(tg_key_unwrap(path, right, &again, NULL), TG_OK);
    assert_same_keys(key, again);
    tg_key_free(&again);
    ck_assert_int_eq(tg_key_save(key, path, true, NULL), TG_OK);
    ck_assert_int_eq(tg_key_is_wrapped(path, &wrapped, NULL), TG_OK);
    ck_assert(!wrapped);
    ck_assert_int_eq(tg_key_unwrap(path, right, &again, NULL), TG_OK);
    assert_same_keys(key, again);
    tg_key_free(&again);
    tg_key_free(&key);
    tg_passphrase_free(&right);
    tg_passphrase_free(&wrong);
}
END_TEST

static size_t get_file(char *out, size_t size)
{
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    size_t len = fread(out, 1, size - 1, f);
    out[len] = '\0';
    fclose(f);
    return len;
}

static void put_file(const char *text, size_t len)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
}

static void assert_refused(const char *text, size_t len, const struct tg_passphrase *p,
                           const char *why)
{
    struct tg_key *key = NULL;
    put_file(text, len);
    ck_assert_msg(tg_key_unwrap(path, p, &key, NULL) == TG_NO_PERMISSION, "accepted: %s", why);
    ck_assert_ptr_null(key);
}

/* Each line in turn gets a value that its form allows: only the seal can find it. */
START_TEST(every_changed_line_of_a_wrapped_key_is_found)
{
    static const struct {
        const char *prefix, *value;
    } lines[] = {
        {"study: ", "b-study"},
        {"id: ", "0123456789abcdef"},
        {"created: ", "2020-01-01T00:00:00Z"},
        {"epoch: ", "3"},
        {"overlap_until: ", "2031-01"},
        {"kdf: ", "scrypt 32768 8 1"},
        {"salt: ", "00112233445566778899aabbccddeeff"},
        {"nonce: ", "00112233445566778899aabb"},
    };
    struct tg_passphrase *p = passphrase("correct horse battery");
    struct tg_key *key = NULL, *next = NULL;
    char whole[4096], bent[4096];
    ck_assert_int_eq(tg_key_generate("a-study", &key, NULL), TG_OK);
    ck_assert_int_eq(tg_key_rotate(key, "2026-06", &next, NULL), TG_OK);
    ck_assert_int_eq(tg_key_wrap_at(next, p, &cheap, path, false, NULL), TG_OK);
    size_t len = get_file(whole, sizeof whole);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *at = strstr(whole, lines[i].prefix);
        ck_assert_ptr_nonnull(at);
        int n = snprintf(bent, sizeof bent, "%.*s%s%s%s", (int)(at - whole), whole, lines[i].prefix,
                         lines[i].value, strchr(at, '\n'));
        assert_refused(bent, (size_t)n, p, lines[i].prefix);
    }
    const char *sealed = strstr(whole, "sealed: ") + 8;
    for (const size_t *at = (const size_t[]){0, 63, 64, 127, 128, 159, SIZE_MAX}; *at != SIZE_MAX;
         at++) {
        memcpy(bent, whole, len);
        char *digit = &bent[(size_t)(sealed - whole) + *at];
        *digit = *digit == '0' ? '1' : '0';
        assert_refused(bent, len, p, "a digit of the sealed keys");
    }
    /* one key fewer, one line more */
    size_t head = (size_t)(sealed - whole);
    memcpy(bent, whole, head);
    memcpy(bent + head, whole + head + 64, len - head - 64);
    assert_refused(bent, len - 64, p, "a key cut out");
    memcpy(bent, whole, len);
    memcpy(bent + len, "x\n", 2);
    assert_refused(bent, len + 2, p, "a line more");
    tg_key_free(&key);
    tg_key_free(&next);
    tg_passphrase_free(&p);
}
END_TEST

START_TEST(every_cut_of_a_wrapped_key_is_refused)
{
    struct tg_passphrase *p = passphrase("correct horse battery");
    struct tg_key *key = NULL;
    char whole[4096];
    ck_assert_int_eq(tg_key_generate("a-study", &key, NULL), TG_OK);
    ck_assert_int_eq(tg_key_wrap(key, p, path, false, NULL), TG_OK);
    size_t len = get_file(whole, sizeof whole);
    for (size_t cut = 0; cut < len; cut++)
        assert_refused(whole, cut, p, "a cut file");
    tg_key_free(&key);
    tg_passphrase_free(&p);
}
END_TEST

START_TEST(no_byte_of_the_key_stands_in_a_wrapped_file)
{
    struct tg_passphrase *p = passphrase("correct horse battery");
    struct tg_key *key = NULL;
    char whole[4096], part[17] = "";
    ck_assert_int_eq(tg_key_generate("a-study", &key, NULL), TG_OK);
    ck_assert_int_eq(tg_key_wrap(key, p, path, false, NULL), TG_OK);
    (void)get_file(whole, sizeof whole);
    for (size_t i = 0; i + 8 <= TG_KEY_LEN; i++) {
        tg_hex_encode(key->bytes + i, 8, part);
        ck_assert_ptr_null(strstr(whole, part));
    }
    tg_key_free(&key);
    tg_passphrase_free(&p);
}
END_TEST

START_TEST(a_rotated_key_remembers_those_before_it)
{
    struct tg_key *first = NULL, *second = NULL, *third = NULL, *again = NULL, *back = NULL;
    struct tg_error err;
    ck_assert_int_eq(tg_key_generate("a-study", &first, NULL), TG_OK);
    ck_assert_int_eq(tg_key_rotate(first, "2026-13", &second, NULL), TG_USAGE);
    ck_assert_int_eq(tg_key_rotate(first, "2026-06", &second, NULL), TG_OK);
    ck_assert_int_eq(tg_key_rotate(second, NULL, &third, NULL), TG_OK);
    ck_assert_uint_eq(tg_key_info(third)->epoch, 3);
    ck_assert_str_eq(tg_key_info(third)->overlap_until, "");
    ck_assert_int_eq(tg_key_save(third, path, false, NULL), TG_OK);
    ck_assert_int_eq(tg_key_load(path, &again, NULL), TG_OK);
    assert_same_keys(third, again);
    ck_assert_int_eq(tg_key_before(again, 1, &back, NULL), TG_OK);
    ck_assert_mem_eq(back->bytes, second->bytes, TG_KEY_LEN);
    ck_assert_str_eq(tg_key_info(back)->id, tg_key_info(second)->id);
    ck_assert_uint_eq(tg_key_info(back)->epoch, 2);
    ck_assert_uint_eq(back->n_before, 1);
    tg_key_free(&back);
    ck_assert_int_eq(tg_key_before(again, 2, &back, NULL), TG_OK);
    ck_assert_mem_eq(back->bytes, first->bytes, TG_KEY_LEN);
    tg_key_free(&back);
    ck_assert_int_eq(tg_key_before(again, 3, &back, &err), TG_NO_PERMISSION);
    ck_assert_int_eq(tg_key_before(again, 0, &back, &err), TG_NO_PERMISSION);
    for (unsigned epoch = 4; epoch <= TG_KEY_EPOCHS_MAX; epoch++) {
        struct tg_key *next = NULL;
        ck_assert_int_eq(tg_key_rotate(third, NULL, &next, NULL), TG_OK);
        tg_key_free(&third);
        third = next;
    }
    ck_assert_int_eq(tg_key_rotate(third, NULL, &back, &err), TG_USAGE);
    ck_assert_int_eq(err.message, TG_MSG_KEY_EPOCHS);
    ck_assert_int_eq(tg_key_save(third, path, true, NULL), TG_OK);
    tg_key_free(&again);
    ck_assert_int_eq(tg_key_load(path, &again, NULL), TG_OK);
    assert_same_keys(third, again);
    tg_key_free(&first);
    tg_key_free(&second);
    tg_key_free(&third);
    tg_key_free(&again);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sealed keys");
    TCase *plain = tcase_create("plain"), *files = tcase_create("files");
    tcase_set_timeout(plain, 60);
    tcase_set_timeout(files, 120);
    tcase_add_test(plain, scrypt_is_that_of_rfc_7914);
    tcase_add_test(plain, costs_have_limits);
    tcase_add_test(plain, passphrases_have_a_length);
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_test(files, a_wrapped_key_is_opened_by_its_passphrase_alone);
    tcase_add_test(files, every_changed_line_of_a_wrapped_key_is_found);
    tcase_add_test(files, every_cut_of_a_wrapped_key_is_refused);
    tcase_add_test(files, no_byte_of_the_key_stands_in_a_wrapped_file);
    tcase_add_test(files, a_rotated_key_remembers_those_before_it);
    suite_add_tcase(suite, plain);
    suite_add_tcase(suite, files);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
