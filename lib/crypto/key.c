/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include "base/mem.h"
#include "crypto/engine.h"
#include "sys/file.h"
#include "text/calendar.h"

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

enum tg_status tg_key_of_study(const struct tg_key *key, const char *study, struct tg_error *err)
{
    return strcmp(study, key->info.study) == 0 ? TG_OK : TG_FAIL(err, TG_MSG_KEY_STUDY, .line = 0);
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

enum tg_status tg_key_make_id(const unsigned char bytes[TG_KEY_LEN], char id[TG_KEY_ID_HEX + 1],
                              struct tg_error *err)
{
    static const char label[] = "totsugo/key-id";
    const struct tg_engine *engine;
    struct tg_token_key *mac_key = NULL;
    enum tg_status status = tg_engine_choose(&engine, err);
    if (!status)
        status = tg_mac_key_new(engine, bytes, TG_KEY_LEN, &mac_key, err);
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
        status = tg_key_make_id(key->bytes, key->info.id, err);
    if (status) {
        tg_key_free(&key);
        return status;
    }
    memcpy(key->info.study, study, len);
    tg_clock_iso(tg_clock_unix(), key->info.created, sizeof key->info.created);
    key->info.epoch = 1;
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

enum tg_status tg_key_rotate(const struct tg_key *key, const char *overlap_until,
                             struct tg_key **out, struct tg_error *err)
{
    int32_t month;
    struct tg_key *next = NULL;
    if (overlap_until && !tg_month_scan(overlap_until, strlen(overlap_until), &month))
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = "overlap-until", .rule = "YYYY-MM");
    if (key->n_before + 1 >= TG_KEY_EPOCHS_MAX)
        return TG_FAIL(err, TG_MSG_KEY_EPOCHS, .line = 0);
    enum tg_status status = tg_key_generate(key->info.study, &next, err);
    if (status)
        return status;
    memcpy(next->before[0], key->bytes, TG_KEY_LEN);
    memcpy(next->before[1], key->before[0], key->n_before * TG_KEY_LEN);
    next->n_before = key->n_before + 1;
    next->info.epoch = key->info.epoch + 1;
    if (overlap_until)
        memcpy(next->info.overlap_until, overlap_until, sizeof next->info.overlap_until);
    *out = next;
    return TG_OK;
}

enum tg_status tg_key_before(const struct tg_key *key, size_t back, struct tg_key **out,
                             struct tg_error *err)
{
    struct tg_key *old = NULL;
    if (back < 1 || back > key->n_before)
        return TG_FAIL(err, TG_MSG_KEY_NO_BEFORE, .line = 0);
    enum tg_status status = tg_key_alloc(&old, err);
    if (!status)
        status = tg_key_make_id(key->before[back - 1], old->info.id, err);
    if (status) {
        tg_key_free(&old);
        return status;
    }
    memcpy(old->bytes, key->before[back - 1], TG_KEY_LEN);
    old->n_before = key->n_before - back;
    memcpy(old->before[0], key->before[back], old->n_before * TG_KEY_LEN);
    memcpy(old->info.study, key->info.study, sizeof old->info.study);
    memcpy(old->info.created, key->info.created, sizeof old->info.created);
    old->info.epoch = key->info.epoch - (unsigned)back;
    *out = old;
    return TG_OK;
}
