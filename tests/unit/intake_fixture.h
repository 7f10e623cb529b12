/* SPDX-License-Identifier: Apache-2.0 */
/* A folder, a study, a key and raw files for the tests of the room intake; and tokens as OpenSSL's
 * one-call functions compute them, which the library does not use. */
#ifndef INTAKE_FIXTURE_H
#define INTAKE_FIXTURE_H

#include "crypto/digest.h"
#include "sys/file.h"

#include <totsugo/intake.h>

#include <check.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STUDY_ID "s-1"

struct fixture {
    char dir[64];
    struct tg_arena arena;
    struct tg_study *study;
    struct tg_key *key;
    struct tg_error err;
    struct tg_pseudonymize_result result;
    char warned[16][16]; /* codes of warnings, "W900" */
    size_t n_warned;
};

static inline char *at(struct fixture *f, const char *name)
{
    char *path = tg_path_join(&f->arena, f->dir, name, NULL);
    ck_assert_ptr_nonnull(path);
    return path;
}

static inline char *write_bytes(struct fixture *f, const char *name, const void *data, size_t len)
{
    char *path = at(f, name);
    ck_assert_int_eq(tg_file_write_whole(path, data, len, 0600, true, &f->err), TG_OK);
    return path;
}

static inline char *write_text(struct fixture *f, const char *name, const char *text)
{
    return write_bytes(f, name, text, strlen(text));
}

/* The file as text; NULL when there is none. */
static inline char *read_text(struct fixture *f, const char *name)
{
    struct tg_buf text = {0};
    if (!tg_file_exists(at(f, name)))
        return NULL;
    ck_assert_int_eq(tg_file_read_whole(at(f, name), 1 << 30, &text, &f->err), TG_OK);
    char *copy = tg_arena_strndup(&f->arena, text.len ? text.data : "", text.len, NULL);
    tg_buf_free(&text);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

static inline char *print(struct fixture *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline char *print(struct fixture *f, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ck_assert_int_ge(n, 0);
    char *text = tg_arena_alloc(&f->arena, (size_t)n + 1, 1, NULL);
    ck_assert_ptr_nonnull(text);
    (void)vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

static inline void fixture_begin(struct fixture *f, const char *study)
{
    static const char hex[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    memset(f, 0, sizeof *f);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/tg-test-intake-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->dir));
    write_text(f, "study.yaml", study);
    write_text(f, "key.hex", hex);
    char text[512] = "";
    if (tg_study_load(at(f, "study.yaml"), &f->study, &f->err))
        (void)tg_error_format(&f->err, TG_ENGLISH, text, sizeof text);
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(tg_key_import_hex(STUDY_ID, at(f, "key.hex"), &f->key, &f->err), TG_OK);
}

static inline void fixture_end(struct fixture *f)
{
    tg_pseudonymize_result_free(&f->result);
    tg_study_free(&f->study);
    tg_key_free(&f->key);
    ck_assert_int_eq(tg_dir_remove(f->dir, NULL), TG_OK);
    tg_arena_free(&f->arena);
}

static inline void on_warning(void *ctx, const struct tg_error *note)
{
    struct fixture *f = ctx;
    ck_assert(tg_message_is_warning(note->message));
    if (f->n_warned < 16)
        (void)snprintf(f->warned[f->n_warned++], 16, "W%d", (int)note->message);
}

static inline bool was_warned(const struct fixture *f, const char *code)
{
    for (size_t i = 0; i < f->n_warned; i++) {
        if (strcmp(f->warned[i], code) == 0)
            return true;
    }
    return false;
}

/* Options for one input that lies in the folder. `input` must live as long as they do. */
static inline struct tg_pseudonymize_options options(struct fixture *f, const char *source,
                                                     const char *const *input, size_t n)
{
    return (struct tg_pseudonymize_options){.study = f->study,
                                            .key = f->key,
                                            .source = source,
                                            .inputs = input,
                                            .n_inputs = n,
                                            .output = at(f, "out.csv"),
                                            .force = true};
}

static inline enum tg_status run(struct fixture *f, const struct tg_pseudonymize_options *o)
{
    const struct tg_reporter reporter = {.ctx = f, .warn = on_warning};
    tg_pseudonymize_result_free(&f->result);
    memset(&f->err, 0, sizeof f->err);
    f->n_warned = 0;
    return tg_pseudonymize(o, &reporter, &f->result, &f->err);
}

/* The token file that one raw text gives; NULL when it is refused. */
static inline char *pseudonymized(struct fixture *f, const char *source, const char *raw)
{
    const char *inputs[] = {write_text(f, "in.csv", raw)};
    struct tg_pseudonymize_options o = options(f, source, inputs, 1);
    tg_file_remove(o.output);
    if (run(f, &o))
        return NULL;
    return read_text(f, "out.csv");
}

/* How often `rule` was counted. */
static inline uint64_t counted(const struct tg_count *counts, size_t n, const char *rule)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(counts[i].rule, rule) == 0)
            return counts[i].n;
    }
    return 0;
}

/* HKDF-SHA-256 of the fixture's key. */
static inline void derive(const char *info, unsigned char key[32])
{
    unsigned char ikm[32];
    for (unsigned i = 0; i < sizeof ikm; i++)
        ikm[i] = (unsigned char)i;
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    char digest[] = "SHA256", salt[] = STUDY_ID, label[128];
    (void)snprintf(label, sizeof label, "%s", info);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm, sizeof ikm),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, strlen(salt)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, label, strlen(label)),
        OSSL_PARAM_construct_end()};
    ck_assert_int_eq(EVP_KDF_derive(ctx, key, 32, params), 1);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

/* 32 hex digits of the HMAC over fields, the last of which is NULL. */
static inline char *mac(struct fixture *f, const char *info, ...)
{
    unsigned char key[32], message[4096], out[32];
    size_t len = 0;
    va_list args;
    derive(info, key);
    va_start(args, info);
    for (const char *field; (field = va_arg(args, const char *)) != NULL;) {
        size_t n = strlen(field);
        message[len++] = 0;
        message[len++] = 0;
        message[len++] = (unsigned char)(n >> 8);
        message[len++] = (unsigned char)n;
        memcpy(message + len, field, n);
        len += n;
    }
    va_end(args);
    ck_assert_ptr_nonnull(HMAC(EVP_sha256(), key, sizeof key, message, len, out, NULL));
    char hex[33];
    for (size_t i = 0; i < 16; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", out[i]);
    return tg_arena_strndup(&f->arena, hex, 32, NULL);
}

#define TOKEN(f, name, ...) mac((f), "totsugo/n1/token/" name, __VA_ARGS__, NULL)
#define ROW_ID(f, ...)      mac((f), "totsugo/n1/row", __VA_ARGS__, NULL)

#endif
