/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/engine.h"
#include "crypto/key.h"
#include "crypto/message.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_MAX = 4096, CELLS_MAX = 12 };

static const struct tg_engine *const engines[] = {&tg_engine_block, &tg_engine_provider};

/* Calls `test` with the cells of each line below the header; there are no quotes in these files. */
static void each_row(const char *path, const char *header, size_t min_rows,
                     void (*test)(char **cells))
{
    FILE *f = fopen(path, "r");
    ck_assert_msg(f, "%s cannot be read; run this in the project's root", path);
    char row[ROW_MAX];
    size_t rows = 0;
    while (fgets(row, sizeof row, f)) {
        size_t len = strcspn(row, "\n");
        ck_assert_msg(row[len] == '\n', "%s: a line without an end", path);
        row[len] = '\0';
        if (rows++ == 0) {
            ck_assert_str_eq(row, header);
            continue;
        }
        char *cells[CELLS_MAX];
        size_t n = 0;
        for (char *p = row; p && n < CELLS_MAX; n++) {
            cells[n] = p;
            p = strchr(p, ',');
            if (p)
                *p++ = '\0';
        }
        test(cells);
    }
    fclose(f);
    ck_assert_msg(rows > min_rows, "%s: only %zu lines", path, rows);
}

static size_t unhex(const char *hex, unsigned char *out)
{
    size_t len = strlen(hex) / 2;
    ck_assert(len * 2 == strlen(hex) && len * 2 < ROW_MAX);
    ck_assert(tg_hex_decode(hex, len, out));
    return len;
}

static void assert_hex(const void *data, size_t len, const char *hex, const char *why)
{
    char text[2 * TG_DIGEST_LEN + 1] = "";
    ck_assert_uint_lt(2 * len, sizeof text);
    tg_hex_encode(data, len, text);
    ck_assert_msg(strcmp(text, hex) == 0, "%s: got %s, not %s", why, text, hex);
}

/* A key of a study with given bytes, as a key file would give it. */
static struct tg_key *key_of(const char *hex, const char *study)
{
    struct tg_key *key = NULL;
    ck_assert_int_eq(tg_key_alloc(&key, NULL), TG_OK);
    ck_assert_uint_eq(unhex(hex, key->bytes), TG_KEY_LEN);
    ck_assert_uint_lt(strlen(study), sizeof key->info.study);
    memcpy(key->info.study, study, strlen(study));
    return key;
}

static void check_hmac(char **cell)
{
    unsigned char secret[ROW_MAX], data[ROW_MAX], mac[TG_DIGEST_LEN];
    size_t secret_len = unhex(cell[1], secret);
    size_t len = unhex(cell[2], data);
    for (size_t i = 0; i < 2; i++) {
        struct tg_token_key *key = NULL;
        ck_assert_int_eq(tg_mac_key_new(engines[i], secret, secret_len, &key, NULL), TG_OK);
        tg_mac(key, data, len, mac);
        assert_hex(mac, sizeof mac, cell[3], cell[4]);
        tg_token_key_free(&key);
    }
}

START_TEST(hmac_sha256)
{
    each_row("testdata/vectors/hmac_rfc4231.csv", "case,key_hex,data_hex,mac_hex,why", 20,
             check_hmac);
}
END_TEST

static void check_hkdf(char **cell)
{
    unsigned char ikm[ROW_MAX], salt[ROW_MAX], info[ROW_MAX], okm[TG_KEY_LEN];
    size_t ikm_len = unhex(cell[1], ikm);
    size_t salt_len = unhex(cell[2], salt);
    size_t info_len = unhex(cell[3], info);
    /* longer outputs begin as the shorter ones do (RFC 5869 section 2.3) */
    ck_assert_uint_ge(strlen(cell[5]), 2 * sizeof okm);
    cell[5][2 * sizeof okm] = '\0';
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(
            tg_hkdf(engines[i], ikm, ikm_len, salt, salt_len, info, info_len, okm, NULL), TG_OK);
        assert_hex(okm, sizeof okm, cell[5], cell[6]);
    }
}

START_TEST(hkdf_sha256)
{
    each_row("testdata/vectors/hkdf_rfc5869.csv",
             "case,ikm_hex,salt_hex,info_hex,length,okm_hex,why", 10, check_hkdf);
}
END_TEST

static void check_key_id(char **cell)
{
    struct tg_key *key = key_of(cell[0], "any");
    char id[TG_KEY_ID_HEX + 1];
    ck_assert_int_eq(tg_key_make_id(key->bytes, id, NULL), TG_OK);
    ck_assert_msg(strcmp(id, cell[1]) == 0, "%s: got %s", cell[2], id);
    tg_key_free(&key);
}

START_TEST(key_ids)
{
    each_row("testdata/vectors/key_ids.csv", "key_hex,key_id,why", 5, check_key_id);
}
END_TEST

/* Holds a message against its hex and the token it gives. */
static void check_token(const struct tg_token_key *key, struct tg_buf *message, const char *hex,
                        const char *token_hex, const char *why)
{
    unsigned char expected[ROW_MAX], token[TG_TOKEN_LEN];
    size_t len = unhex(hex, expected);
    ck_assert_msg(len == message->len && memcmp(expected, message->data, len) == 0,
                  "%s: another message", why);
    tg_token_compute(key, message->data, message->len, token);
    assert_hex(token, sizeof token, token_hex, why);
    tg_buf_free(message);
}

static void check_token_row(char **cell)
{
    struct tg_key *key = key_of(cell[0], cell[1]);
    struct tg_token_key *token_key = NULL;
    struct tg_buf message = {0};
    ck_assert_int_eq(tg_token_key_new(key, cell[1], cell[2], &token_key, NULL), TG_OK);
    tg_key_free(&key);
    for (char *p = cell[3]; p;) {
        char *end = strchr(p, '|');
        size_t len = end ? (size_t)(end - p) : strlen(p);
        ck_assert_int_eq(tg_message_add(&message, p, len, NULL), TG_OK);
        p = end ? end + 1 : NULL;
    }
    check_token(token_key, &message, cell[5], cell[6], cell[7]);
    tg_token_key_free(&token_key);
}

START_TEST(tokens)
{
    each_row("testdata/vectors/tokens.csv",
             "key_hex,study,token,fields,token_key_hex,message_hex,token_hex,why", 30,
             check_token_row);
}
END_TEST

static void check_row_id(char **cell)
{
    struct tg_key *key = key_of(cell[0], cell[1]);
    struct tg_token_key *row_key = NULL;
    struct tg_buf message = {0};
    ck_assert_int_eq(tg_row_key_new(key, cell[1], &row_key, NULL), TG_OK);
    tg_key_free(&key);
    ck_assert_int_eq(tg_message_add(&message, cell[2], strlen(cell[2]), NULL), TG_OK);
    ck_assert_int_eq(tg_message_add(&message, cell[3], strlen(cell[3]), NULL), TG_OK);
    ck_assert_int_eq(tg_message_add_number(&message, strtoull(cell[4], NULL, 10), NULL), TG_OK);
    check_token(row_key, &message, cell[6], cell[7], cell[8]);
    tg_token_key_free(&row_key);
}

START_TEST(row_ids)
{
    each_row("testdata/vectors/row_ids.csv",
             "key_hex,study,source,period,line,row_key_hex,message_hex,row_id_hex,why", 9,
             check_row_id);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("crypto vectors");
    TCase *t = tcase_create("vectors");
    tcase_add_test(t, hmac_sha256);
    tcase_add_test(t, hkdf_sha256);
    tcase_add_test(t, key_ids);
    tcase_add_test(t, tokens);
    tcase_add_test(t, row_ids);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
