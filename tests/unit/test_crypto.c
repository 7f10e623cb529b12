/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/checksum.h"
#include "crypto/engine.h"
#include "crypto/message.h"
#include "sys/thread.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEN_MAX = 300, N_THREADS = 4, N_MESSAGES = 20000 };

/* Numbers that look random and are the same in every run (xorshift64). */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void fill_random(uint64_t *state, unsigned char *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)(next_random(state) >> 32);
}

static struct tg_token_key *key_for(const struct tg_engine *engine, const void *secret, size_t len)
{
    struct tg_token_key *key = NULL;
    ck_assert_int_eq(tg_mac_key_new(engine, secret, len, &key, NULL), TG_OK);
    return key;
}

START_TEST(engines_give_the_same_macs)
{
    uint64_t random = 0x9E3779B97F4A7C15u;
    unsigned char secret[LEN_MAX], message[LEN_MAX], a[TG_DIGEST_LEN], b[TG_DIGEST_LEN];
    for (size_t len = 0; len <= LEN_MAX; len++) {
        size_t secret_len = len % 2 ? TG_KEY_LEN : len;
        fill_random(&random, secret, secret_len);
        fill_random(&random, message, len);
        struct tg_token_key *block = key_for(&tg_engine_block, secret, secret_len);
        struct tg_token_key *provider = key_for(&tg_engine_provider, secret, secret_len);
        for (size_t again = 0; again < 3; again++) {
            tg_mac(block, message, len, a);
            tg_mac(provider, message, len, b);
            ck_assert_mem_eq(a, b, sizeof a);
        }
        tg_token_compute(provider, len ? message : NULL, len, b);
        ck_assert_mem_eq(a, b, TG_TOKEN_LEN);
        tg_token_key_free(&block);
        tg_token_key_free(&provider);
        ck_assert_ptr_null(block);
    }
}
END_TEST

/* Messages of all lengths under keys of both engines in turn, so that a batch changes engine. */
START_TEST(a_batch_gives_the_tokens_of_each_message)
{
    uint64_t random = 0xD1B54A32D192ED03u;
    unsigned char secret[TG_KEY_LEN], token[TG_TOKEN_LEN];
    struct tg_token_batch batch = {0};
    fill_random(&random, secret, sizeof secret);
    struct tg_token_key *keys[] = {key_for(&tg_engine_block, secret, sizeof secret),
                                   key_for(&tg_engine_block, secret, 1),
                                   key_for(&tg_engine_provider, secret, sizeof secret)};
    for (size_t n = 0; n <= LEN_MAX; n += n < 40 ? 1 : 65) {
        tg_token_batch_begin(&batch);
        for (size_t i = 0; i < n; i++) {
            char *message = tg_token_batch_room(&batch, i + 10, NULL);
            ck_assert_ptr_nonnull(message);
            fill_random(&random, (unsigned char *)message, i);
            tg_token_batch_put(&batch, keys[i / 7 % 3], i);
        }
        tg_token_batch_compute(&batch);
        for (size_t i = 0; i < n; i++) {
            const struct tg_token_request *r = &batch.requests[i];
            ck_assert_uint_eq(r->len, i);
            tg_token_compute(r->key, batch.messages.data + r->at, r->len, token);
            ck_assert_mem_eq(batch.tokens[i], token, sizeof token);
        }
    }
    for (size_t i = 0; i < 3; i++)
        tg_token_key_free(&keys[i]);
    tg_token_batch_free(&batch);
}
END_TEST

/* SHA-256 by one engine, the data given in pieces. */
static void digest_with(const struct tg_engine *engine, const unsigned char *data, size_t len,
                        size_t piece, char hex[TG_DIGEST_HEX + 1])
{
    struct tg_digest d = {.engine = engine};
    ck_assert_int_eq(engine->digest_start(&d, NULL), TG_OK);
    for (size_t at = 0; at < len; at += piece)
        tg_digest_add(&d, data + at, len - at < piece ? len - at : piece);
    tg_digest_hex(&d, hex);
    engine->digest_stop(&d);
}

START_TEST(engines_give_the_same_digests)
{
    uint64_t random = 88172645463325252u;
    unsigned char data[LEN_MAX];
    char whole[TG_DIGEST_HEX + 1], pieces[TG_DIGEST_HEX + 1];
    fill_random(&random, data, sizeof data);
    for (size_t len = 0; len <= LEN_MAX; len++) {
        tg_digest_of(data, len, whole);
        size_t piece = 1 + next_random(&random) % 70;
        digest_with(&tg_engine_block, data, len, piece, pieces);
        ck_assert_str_eq(whole, pieces);
        digest_with(&tg_engine_provider, data, len, piece, pieces);
        ck_assert_str_eq(whole, pieces);
    }
}
END_TEST

START_TEST(digest_of_known_text)
{
    /* FIPS 180-4 examples of NIST */
    char hex[TG_DIGEST_HEX + 1];
    tg_digest_of("abc", 3, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    tg_digest_of(NULL, 0, hex);
    ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    struct tg_digest *d = NULL;
    ck_assert_int_eq(tg_digest_new(&d, NULL), TG_OK);
    for (int i = 0; i < 1000000; i++)
        tg_digest_add(d, "a", 1);
    tg_digest_hex(d, hex);
    ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    tg_digest_free(&d);
    ck_assert_ptr_null(d);
    tg_digest_free(&d);
    tg_digest_free(NULL);
}
END_TEST

struct work {
    const struct tg_token_key *key;
    unsigned char sum[TG_TOKEN_LEN];
};

/* The exclusive or of many tokens of one key. */
static void sum_tokens(void *ctx)
{
    struct work *w = ctx;
    uint64_t random = 4101842887655102017u;
    for (int i = 0; i < N_MESSAGES; i++) {
        unsigned char message[LEN_MAX], token[TG_TOKEN_LEN];
        size_t len = next_random(&random) % 90;
        fill_random(&random, message, len);
        tg_token_compute(w->key, message, len, token);
        for (size_t k = 0; k < TG_TOKEN_LEN; k++)
            w->sum[k] = (unsigned char)(w->sum[k] ^ token[k]);
    }
}

START_TEST(one_key_serves_many_threads)
{
    const struct tg_engine *engines[] = {&tg_engine_block, &tg_engine_provider};
    for (size_t e = 0; e < 2; e++) {
        struct tg_token_key *key = key_for(engines[e], "0123456789abcdef0123456789abcdef", 32);
        struct work alone = {.key = key};
        sum_tokens(&alone);
        struct work works[N_THREADS] = {{0}};
        struct tg_thread *threads[N_THREADS];
        for (size_t i = 0; i < N_THREADS; i++) {
            works[i].key = key;
            ck_assert_int_eq(tg_thread_start(sum_tokens, &works[i], &threads[i], NULL), TG_OK);
        }
        for (size_t i = 0; i < N_THREADS; i++) {
            tg_thread_join(&threads[i]);
            ck_assert_mem_eq(works[i].sum, alone.sum, TG_TOKEN_LEN);
        }
        tg_token_key_free(&key);
    }
}
END_TEST

START_TEST(a_made_key_keeps_no_scratch)
{
    struct tg_token_key *key = key_for(&tg_engine_block, "0123456789abcdef0123456789abcdef", 32);
    for (size_t i = 0; i < sizeof key->pad; i++)
        ck_assert_uint_eq(key->pad[i], 0);
    tg_token_key_free(&key);
    tg_token_key_free(&key);
    tg_token_key_free(NULL);
}
END_TEST

static const struct tg_engine *chosen(void)
{
    const struct tg_engine *engine = NULL;
    ck_assert_int_eq(tg_engine_choose(&engine, NULL), TG_OK);
    return engine;
}

START_TEST(fips_chooses_the_provider)
{
    struct tg_key *key = NULL;
    struct tg_token_key *token_key = NULL;
    struct tg_error err;
    ck_assert_ptr_eq(chosen(), &tg_engine_block);
    ck_assert_int_eq(tg_key_generate("a-study", &key, NULL), TG_OK);
    ck_assert_int_eq(EVP_default_properties_enable_fips(NULL, 1), 1);
    ck_assert_ptr_eq(chosen(), &tg_engine_provider);
    /* no FIPS provider here: that must be told, and nothing be computed outside of it */
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    enum tg_status status = tg_token_key_new(key, "a-study", "person", &token_key, &err);
    if (hmac) {
        ck_assert_int_eq(status, TG_OK);
    } else {
        ck_assert_int_eq(status, TG_BUG);
        ck_assert_int_eq(err.message, TG_MSG_CRYPTO_FAILED);
        ck_assert_ptr_null(token_key);
    }
    EVP_MAC_free(hmac);
    ck_assert_int_eq(EVP_default_properties_enable_fips(NULL, 0), 1);
    ck_assert_ptr_eq(chosen(), &tg_engine_block);
    tg_token_key_free(&token_key);
    tg_key_free(&key);
}
END_TEST

START_TEST(message_keeps_fields_apart)
{
    struct tg_buf m = {0};
    ck_assert_int_eq(tg_message_add(&m, "ab", 2, NULL), TG_OK);
    ck_assert_int_eq(tg_message_add(&m, NULL, 0, NULL), TG_OK);
    ck_assert_int_eq(tg_message_add_number(&m, UINT64_MAX, NULL), TG_OK);
    ck_assert_int_eq(tg_message_add_number(&m, 0, NULL), TG_OK);
    static const char expected[] = "\0\0\0\2ab\0\0\0\0\0\0\0\x14"
                                   "18446744073709551615\0\0\0\1"
                                   "0";
    ck_assert_uint_eq(m.len, sizeof expected - 1);
    ck_assert_mem_eq(m.data, expected, m.len);
    tg_buf_free(&m);
}
END_TEST

START_TEST(message_refuses_what_has_no_length)
{
    struct tg_buf m = {0};
    struct tg_error err;
    ck_assert_int_eq(tg_message_add(&m, "", (size_t)UINT32_MAX + 1, &err), TG_BUG);
    ck_assert_uint_eq(m.len, 0);
    tg_buf_free(&m);
}
END_TEST

START_TEST(message_length_is_big_endian)
{
    struct tg_buf m = {0};
    char *field = calloc(0x10203, 1);
    ck_assert_ptr_nonnull(field);
    ck_assert_int_eq(tg_message_add(&m, field, 0x10203, NULL), TG_OK);
    ck_assert_mem_eq(m.data, "\0\1\2\3", 4);
    ck_assert_uint_eq(m.len, 0x10203 + 4);
    free(field);
    tg_buf_free(&m);
}
END_TEST

START_TEST(hex_is_lower_case_and_strict)
{
    unsigned char all[256], back[256];
    char hex[512];
    for (size_t i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    tg_hex_encode(all, sizeof all, hex);
    ck_assert_mem_eq(hex, "000102", 6);
    ck_assert_mem_eq(hex + 506, "fdfeff", 6);
    ck_assert(tg_hex_decode(hex, sizeof all, back));
    ck_assert_mem_eq(all, back, sizeof all);
    for (int c = 0; c < 256; c++) {
        char pair[2] = {'0', (char)c};
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        ck_assert_int_eq(tg_hex_decode(pair, 1, back), digit);
        pair[0] = (char)c;
        pair[1] = '0';
        ck_assert_int_eq(tg_hex_decode(pair, 1, back), digit);
    }
    for (size_t at = 0; at < 64; at++) {
        char one = hex[at];
        for (int c = 0; c < 256; c++) {
            hex[at] = (char)c;
            bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            ck_assert_int_eq(tg_hex_decode(hex, 33, back), digit);
            int value = at % 2 ? back[at / 2] & 15 : back[at / 2] >> 4;
            if (digit)
                ck_assert_int_eq(value, c <= '9' ? c - '0' : c - 'a' + 10);
        }
        hex[at] = one;
    }
    ck_assert(tg_hex_decode("", 0, back));
}
END_TEST

START_TEST(hex_of_every_length)
{
    uint64_t random = 2463534242u;
    for (size_t len = 0; len <= 40; len++) {
        unsigned char data[40];
        char hex[84], expected[84];
        fill_random(&random, data, len);
        memset(hex, '#', sizeof hex);
        memset(expected, '#', sizeof expected);
        for (size_t i = 0; i < len; i++)
            (void)snprintf(expected + 2 * i, 3, "%02x", (unsigned)data[i]);
        expected[2 * len] = '#';
        tg_hex_encode(data, len, hex);
        ck_assert_mem_eq(hex, expected, sizeof hex);
    }
}
END_TEST

START_TEST(secrets_are_compared_whole)
{
    unsigned char a[TG_KEY_LEN] = {0}, b[TG_KEY_LEN] = {0};
    ck_assert(tg_equal_secret(a, b, sizeof a));
    ck_assert(tg_equal_secret(a, b, 0));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] = 1;
        ck_assert(!tg_equal_secret(a, b, sizeof a));
        b[i] = 0;
    }
}
END_TEST

/* `openssl mac -cipher AES-128-GCM -macopt hexkey:746f747375676f2f706167652f73756d
 * -macopt hexiv:070000000000000000000000 GMAC` of the same text: files have it. */
START_TEST(a_checksum_is_of_bytes_and_place)
{
    static const unsigned char known[] = {0x2B, 0x3B, 0x57, 0xCB, 0x63, 0x92, 0x8A, 0x89};
    char text[] = "a page of a database";
    unsigned char sum[TG_CHECKSUM_LEN];
    struct tg_checksum *c = NULL;
    ck_assert_int_eq(tg_checksum_new(&c, NULL), TG_OK);
    for (size_t bit = 0; bit < 8 * (sizeof text - 1); bit++) {
        ck_assert(tg_checksum_of(c, 7, text, sizeof text - 1, sum));
        ck_assert(memcmp(sum, known, sizeof sum) == 0);
        text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        ck_assert(tg_checksum_of(c, 7, text, sizeof text - 1, sum));
        ck_assert(memcmp(sum, known, sizeof sum) != 0);
        text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
    }
    ck_assert(tg_checksum_of(c, 8, text, sizeof text - 1, sum));
    ck_assert(memcmp(sum, known, sizeof sum) != 0);
    tg_checksum_free(&c);
    ck_assert_ptr_null(c);
    tg_checksum_free(&c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("crypto");
    TCase *t = tcase_create("crypto");
    tcase_add_test(t, engines_give_the_same_macs);
    tcase_add_test(t, a_batch_gives_the_tokens_of_each_message);
    tcase_add_test(t, engines_give_the_same_digests);
    tcase_add_test(t, digest_of_known_text);
    tcase_add_test(t, one_key_serves_many_threads);
    tcase_add_test(t, a_made_key_keeps_no_scratch);
    tcase_add_test(t, fips_chooses_the_provider);
    tcase_add_test(t, message_keeps_fields_apart);
    tcase_add_test(t, message_refuses_what_has_no_length);
    tcase_add_test(t, message_length_is_big_endian);
    tcase_add_test(t, hex_is_lower_case_and_strict);
    tcase_add_test(t, hex_of_every_length);
    tcase_add_test(t, secrets_are_compared_whole);
    tcase_add_test(t, a_checksum_is_of_bytes_and_place);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
