/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include "base/mem.h"
#include "crypto/engine.h"
#include "sys/file.h"

#include <openssl/rand.h>
#include <string.h>

enum { HEX_FILE_MAX = 4096 };

enum tg_status tg_key_alloc(struct tg_key **out, struct tg_error *err)
{
    struct tg_key *key = tg_secret_alloc(sizeof *key, err);
    if (!key)
        return TG_NO_MEMORY;
    *out = key;
    return TG_OK;
}

void tg_key_free(struct tg_key **key)
{
    if (!key || !*key)
        return;
    tg_secret_free(*key, sizeof **key);
    *key = NULL;
}

const struct tg_key_info *tg_key_info(const struct tg_key *key)
{
    return &key->info;
}

bool tg_study_id_valid(const char *id, size_t len)
{
    if (len < 1 || len > TG_STUDY_ID_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = id[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

enum tg_status tg_key_make_id(const struct tg_key *key, char id[TG_KEY_ID_HEX + 1],
                              struct tg_error *err)
{
    static const char label[] = "totsugo/key-id";
    const struct tg_engine *engine;
    struct tg_token_key *mac_key = NULL;
    enum tg_status status = tg_engine_choose(&engine, err);
    if (!status)
        status = tg_mac_key_new(engine, key->bytes, TG_KEY_LEN, &mac_key, err);
    if (status)
        return status;
    unsigned char mac[TG_DIGEST_LEN];
    tg_mac(mac_key, label, sizeof label - 1, mac);
    tg_token_key_free(&mac_key);
    tg_hex_encode(mac, TG_KEY_ID_HEX / 2, id);
    id[TG_KEY_ID_HEX] = '\0';
    return TG_OK;
}

/* A key for a study, made now, whose bytes `fill` gives. */
static enum tg_status make(const char *study,
                           enum tg_status (*fill)(unsigned char bytes[TG_KEY_LEN], const char *path,
                                                  struct tg_error *err),
                           const char *path, struct tg_key **out, struct tg_error *err)
{
    size_t len = strlen(study);
    if (!tg_study_id_valid(study, len))
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .rule = "a study id: 1 to 63 of a-z 0-9 -");
    struct tg_key *key = NULL;
    enum tg_status status = tg_openssl_ready(err);
    if (!status)
        status = tg_key_alloc(&key, err);
    if (!status)
        status = fill(key->bytes, path, err);
    if (!status)
        status = tg_key_make_id(key, key->info.id, err);
    if (status) {
        tg_key_free(&key);
        return status;
    }
    memcpy(key->info.study, study, len);
    tg_clock_iso(tg_clock_unix(), key->info.created, sizeof key->info.created);
    *out = key;
    return TG_OK;
}

static enum tg_status fill_random(unsigned char bytes[TG_KEY_LEN], const char *path,
                                  struct tg_error *err)
{
    (void)path;
    if (RAND_priv_bytes(bytes, TG_KEY_LEN) == 1)
        return TG_OK;
    (void)tg_openssl_failed(NULL);
    return TG_FAIL(err, TG_MSG_NO_RANDOMNESS, .line = 0);
}

enum tg_status tg_key_generate(const char *study, struct tg_key **out, struct tg_error *err)
{
    return make(study, fill_random, NULL, out, err);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool decode_hex(struct tg_buf *text, unsigned char bytes[TG_KEY_LEN])
{
    size_t from = 0;
    size_t to = text->len;
    while (from < to && is_space(text->data[from]))
        from++;
    while (to > from && is_space(text->data[to - 1]))
        to--;
    if (to - from != 2 * (size_t)TG_KEY_LEN)
        return false;
    for (size_t i = from; i < to; i++) {
        if (text->data[i] >= 'A' && text->data[i] <= 'F')
            text->data[i] = (char)(text->data[i] + ('a' - 'A'));
    }
    return tg_hex_decode(text->data + from, TG_KEY_LEN, bytes);
}

static enum tg_status fill_from_hex(unsigned char bytes[TG_KEY_LEN], const char *path,
                                    struct tg_error *err)
{
    struct tg_buf text = {0};
    enum tg_status status = tg_file_read_secret(path, HEX_FILE_MAX, &text, err);
    if (!status && !decode_hex(&text, bytes))
        status = TG_FAIL(err, TG_MSG_KEY_HEX, .file = path);
    tg_buf_free(&text);
    return status;
}

enum tg_status tg_key_import_hex(const char *study, const char *hex_path, struct tg_key **out,
                                 struct tg_error *err)
{
    return make(study, fill_from_hex, hex_path, out, err);
}
