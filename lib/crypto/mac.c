/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/engine.h"
#include "crypto/key.h"

#include "base/mem.h"
#include "sys/file.h"

#include <totsugo/text.h>

#include <string.h>

enum tg_status tg_mac_key_new(const struct tg_engine *engine, const void *secret, size_t len,
                              struct tg_token_key **out, struct tg_error *err)
{
    struct tg_token_key *key = tg_secret_alloc(sizeof *key, err);
    if (!key)
        return TG_NO_MEMORY;
    key->engine = engine;
    enum tg_status status = engine->mac_start(key, secret, len, err);
    if (status) {
        tg_secret_free(key, sizeof *key);
        return status;
    }
    *out = key;
    return TG_OK;
}

void tg_token_key_free(struct tg_token_key **key)
{
    if (!key || !*key)
        return;
    (*key)->engine->mac_stop(*key);
    tg_secret_free(*key, sizeof **key);
    *key = NULL;
}

void tg_mac(const struct tg_token_key *key, const void *message, size_t len,
            unsigned char mac[TG_DIGEST_LEN])
{
    key->engine->mac(key, message, len, mac);
}

void tg_token_compute(const struct tg_token_key *key, const void *message, size_t len,
                      unsigned char token[TG_TOKEN_LEN])
{
    unsigned char mac[TG_DIGEST_LEN];
    key->engine->mac(key, message, len, mac);
    memcpy(token, mac, TG_TOKEN_LEN);
}

/* HMAC under a secret that is used once. */
static enum tg_status mac_once(const struct tg_engine *engine, const void *secret,
                               size_t secret_len, const void *message, size_t len,
                               unsigned char mac[TG_DIGEST_LEN], struct tg_error *err)
{
    struct tg_token_key *key = NULL;
    enum tg_status status = tg_mac_key_new(engine, secret, secret_len, &key, err);
    if (status)
        return status;
    tg_mac(key, message, len, mac);
    tg_token_key_free(&key);
    return TG_OK;
}

enum tg_status tg_hkdf(const struct tg_engine *engine, const void *ikm, size_t ikm_len,
                       const void *salt, size_t salt_len, const void *info, size_t info_len,
                       unsigned char okm[TG_KEY_LEN], struct tg_error *err)
{
    struct tg_buf step = {0};
    enum tg_status status = tg_buf_add(&step, info, info_len, err);
    if (!status)
        status = tg_buf_add_char(&step, 1, err);
    if (!status)
        status = mac_once(engine, salt, salt_len, ikm, ikm_len, okm, err);
    if (!status)
        status = mac_once(engine, okm, TG_KEY_LEN, step.data, step.len, okm, err);
    tg_buf_free(&step);
    return status;
}

enum tg_status tg_purpose_key_new(const struct tg_key *key, const char *study, const char *label,
                                  struct tg_token_key **out, struct tg_error *err)
{
    const struct tg_engine *engine;
    enum tg_status status = tg_key_of_study(key, study, err);
    if (!status)
        status = tg_engine_choose(&engine, err);
    if (status)
        return status;
    unsigned char *okm = tg_secret_alloc(TG_KEY_LEN, err);
    if (!okm)
        return TG_NO_MEMORY;
    status = tg_hkdf(engine, key->bytes, TG_KEY_LEN, study, strlen(study), label, strlen(label),
                     okm, err);
    if (!status)
        status = tg_mac_key_new(engine, okm, TG_KEY_LEN, out, err);
    tg_secret_free(okm, TG_KEY_LEN);
    return status;
}

enum tg_status tg_token_key_new(const struct tg_key *key, const char *study, const char *name,
                                struct tg_token_key **out, struct tg_error *err)
{
    struct tg_buf info = {0};
    const char *label = NULL;
    if (tg_buf_printf(&info, err, "totsugo/" TG_NORMALIZER "/token/%s", name) == TG_OK)
        label = tg_buf_text(&info, err);
    enum tg_status status = label ? tg_purpose_key_new(key, study, label, out, err) : TG_NO_MEMORY;
    tg_buf_free(&info);
    return status;
}

enum tg_status tg_row_key_new(const struct tg_key *key, const char *study,
                              struct tg_token_key **out, struct tg_error *err)
{
    return tg_purpose_key_new(key, study, "totsugo/" TG_NORMALIZER "/row", out, err);
}
