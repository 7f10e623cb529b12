/* SPDX-License-Identifier: Apache-2.0 */
/* A secret under a passphrase: scrypt (RFC 7914) and AES-256-GCM (NIST SP 800-38D). */
#include "crypto/engine.h"
#include "crypto/key.h"

#include "sys/file.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

enum { AES_KEY_LEN = 32 };

/* 128 MiB and some tenths of a second a guess. */
const struct tg_scrypt_cost tg_scrypt_cost_new = {131072, 8, 1};
static const uint64_t max_memory = 1ull << 30, max_work = 1ull << 25;

bool tg_scrypt_cost_sane(const struct tg_scrypt_cost *cost)
{
    /* below this a key file would only look protected */
    const uint64_t min_n = 1 << 14;
    if (cost->n < min_n || (cost->n & (cost->n - 1)) || cost->r < 8 || cost->p < 1)
        return false;
    return cost->r <= 64 && cost->p <= 64 && cost->n <= max_memory / 128 / cost->r &&
           cost->n * cost->r * cost->p <= max_work;
}

enum tg_status tg_scrypt(const void *secret, size_t secret_len, const void *salt, size_t salt_len,
                         const struct tg_scrypt_cost *cost, unsigned char *out, size_t out_len,
                         struct tg_error *err)
{
    uint64_t n = cost->n, memory = 2 * max_memory;
    uint32_t r = cost->r, p = cost->p;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, (void *)secret, secret_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_len),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end(),
    };
    enum tg_status status = tg_openssl_ready(err);
    if (status)
        return status;
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_SCRYPT, NULL);
    if (!kdf) {
        status = tg_openssl_failed(err);
        return status == TG_NO_MEMORY ? status : TG_FAIL(err, TG_MSG_KEY_NO_SCRYPT, .line = 0);
    }
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);
    if (!ctx || EVP_KDF_derive(ctx, out, out_len, params) != 1)
        status = tg_openssl_failed(err);
    EVP_KDF_CTX_free(ctx);
    return status;
}

enum tg_status tg_seal_new(const struct tg_scrypt_cost *cost, struct tg_seal *out,
                           struct tg_error *err)
{
    enum tg_status status = tg_openssl_ready(err);
    if (status)
        return status;
    out->cost = *cost;
    if (RAND_bytes(out->salt, TG_SEAL_SALT) == 1 && RAND_bytes(out->nonce, TG_SEAL_NONCE) == 1)
        return TG_OK;
    (void)tg_openssl_failed(NULL);
    return TG_FAIL(err, TG_MSG_NO_RANDOMNESS, .line = 0);
}

/* A cipher context keyed by the passphrase, the header taken in. */
static enum tg_status begin(const struct tg_seal *seal, const struct tg_passphrase *p,
                            const void *header, size_t header_len, int encrypt,
                            EVP_CIPHER_CTX **out, struct tg_error *err)
{
    unsigned char *key = tg_secret_alloc(AES_KEY_LEN, err);
    if (!key)
        return TG_NO_MEMORY;
    enum tg_status status =
        tg_scrypt(p->text, p->len, seal->salt, TG_SEAL_SALT, &seal->cost, key, AES_KEY_LEN, err);
    if (!status) {
        int len;
        EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        if (ctx &&
            EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, seal->nonce, encrypt) == 1 &&
            EVP_CipherUpdate(ctx, NULL, &len, header, (int)header_len) == 1) {
            *out = ctx;
        } else {
            EVP_CIPHER_CTX_free(ctx);
            status = tg_openssl_failed(err);
        }
    }
    tg_secret_free(key, AES_KEY_LEN);
    return status;
}

enum tg_status tg_seal_close(const struct tg_seal *seal, const struct tg_passphrase *p,
                             const void *header, size_t header_len, const void *secret, size_t len,
                             unsigned char *out, struct tg_error *err)
{
    EVP_CIPHER_CTX *ctx = NULL;
    int n = 0, rest = 0;
    enum tg_status status = begin(seal, p, header, header_len, 1, &ctx, err);
    if (status)
        return status;
    if (EVP_CipherUpdate(ctx, out, &n, secret, (int)len) != 1 ||
        EVP_CipherFinal_ex(ctx, out + n, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TG_SEAL_TAG, out + len) != 1)
        status = tg_openssl_failed(err);
    EVP_CIPHER_CTX_free(ctx);
    return status;
}

enum tg_status tg_seal_open(const struct tg_seal *seal, const struct tg_passphrase *p,
                            const void *header, size_t header_len, const unsigned char *sealed,
                            size_t len, unsigned char *out, struct tg_error *err)
{
    EVP_CIPHER_CTX *ctx = NULL;
    unsigned char tag[TG_SEAL_TAG];
    int n = 0, rest = 0;
    size_t secret_len = len - TG_SEAL_TAG;
    enum tg_status status = begin(seal, p, header, header_len, 0, &ctx, err);
    if (status)
        return status;
    memcpy(tag, sealed + secret_len, sizeof tag);
    if (EVP_CipherUpdate(ctx, out, &n, sealed, (int)secret_len) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TG_SEAL_TAG, tag) != 1)
        status = tg_openssl_failed(err);
    else if (EVP_CipherFinal_ex(ctx, out + n, &rest) != 1) {
        ERR_clear_error();
        status = TG_FAIL(err, TG_MSG_KEY_PASSPHRASE, .line = 0);
    }
    EVP_CIPHER_CTX_free(ctx);
    return status;
}
