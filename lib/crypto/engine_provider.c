/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/engine.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdlib.h>

enum tg_status tg_openssl_failed(struct tg_error *err)
{
    bool no_memory = false;
    for (unsigned long code = ERR_get_error(); code; code = ERR_get_error())
        no_memory = no_memory || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
    return no_memory ? TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0)
                     : TG_FAIL(err, TG_MSG_CRYPTO_FAILED, .line = 0);
}

/* A wrong token would be worse than no program. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

static enum tg_status digest_start(struct tg_digest *d, struct tg_error *err)
{
    d->state.evp = EVP_MD_CTX_new();
    if (d->state.evp && EVP_DigestInit_ex(d->state.evp, EVP_sha256(), NULL) == 1)
        return TG_OK;
    EVP_MD_CTX_free(d->state.evp);
    return tg_openssl_failed(err);
}

static void digest_add(struct tg_digest *d, const void *data, size_t len)
{
    must(EVP_DigestUpdate(d->state.evp, data, len) == 1);
}

static void digest_end(struct tg_digest *d, unsigned char out[TG_DIGEST_LEN])
{
    must(EVP_DigestFinal_ex(d->state.evp, out, NULL) == 1);
}

static void digest_stop(struct tg_digest *d)
{
    EVP_MD_CTX_free(d->state.evp);
}

static enum tg_status mac_start(struct tg_token_key *key, const void *secret, size_t len,
                                struct tg_error *err)
{
    char sha256[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    key->evp = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    if (key->evp && EVP_MAC_init(key->evp, secret, len, params) == 1)
        return TG_OK;
    EVP_MAC_CTX_free(key->evp);
    return tg_openssl_failed(err);
}

/* A copy for each message: the keyed context is only read, so threads need no lock. */
static void mac(const struct tg_token_key *key, const void *message, size_t len,
                unsigned char out[TG_DIGEST_LEN])
{
    EVP_MAC_CTX *copy = EVP_MAC_CTX_dup(key->evp);
    size_t out_len = 0;
    must(copy && EVP_MAC_update(copy, message, len) == 1);
    must(EVP_MAC_final(copy, out, &out_len, TG_DIGEST_LEN) == 1 && out_len == TG_DIGEST_LEN);
    EVP_MAC_CTX_free(copy);
}

static void tokens(const struct tg_token_request *requests, size_t n, const unsigned char *messages,
                   unsigned char (*out)[TG_TOKEN_LEN])
{
    for (size_t i = 0; i < n; i++)
        tg_token_compute(requests[i].key, messages + requests[i].at, requests[i].len, out[i]);
}

static void mac_stop(struct tg_token_key *key)
{
    EVP_MAC_CTX_free(key->evp);
}

const struct tg_engine tg_engine_provider = {
    .name = "provider",
    .digest_start = digest_start,
    .digest_add = digest_add,
    .digest_end = digest_end,
    .digest_stop = digest_stop,
    .mac_start = mac_start,
    .mac = mac,
    .tokens = tokens,
    .mac_stop = mac_stop,
};

enum tg_status tg_openssl_ready(struct tg_error *err)
{
    return OSSL_LIB_CTX_get0_global_default() ? TG_OK : TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
}

enum tg_status tg_engine_choose(const struct tg_engine **out, struct tg_error *err)
{
    enum tg_status status = tg_openssl_ready(err);
    if (status)
        return status;
    bool fips = EVP_default_properties_is_fips_enabled(NULL) == 1;
    *out = fips ? &tg_engine_provider : &tg_engine_block;
    return TG_OK;
}
