/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"
#include "crypto/key.h"

#include "base/mem.h"
#include "sys/file.h"

#include <string.h>

enum { KEY_FILE_MAX = 4096 };

static bool take_nothing(const char *value, size_t len, struct tg_key *key)
{
    (void)value;
    (void)key;
    return len == 0;
}

static bool take_study(const char *value, size_t len, struct tg_key *key)
{
    if (!tg_study_id_valid(value, len))
        return false;
    memcpy(key->info.study, value, len);
    return true;
}

static bool take_id(const char *value, size_t len, struct tg_key *key)
{
    unsigned char id[TG_KEY_ID_HEX / 2];
    if (len != TG_KEY_ID_HEX || !tg_hex_decode(value, sizeof id, id))
        return false;
    memcpy(key->info.id, value, len);
    return true;
}

static bool take_created(const char *value, size_t len, struct tg_key *key)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    if (len != sizeof form - 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool digit = value[i] >= '0' && value[i] <= '9';
        if (form[i] == '0' ? !digit : value[i] != form[i])
            return false;
    }
    memcpy(key->info.created, value, len);
    return true;
}

static bool take_key(const char *value, size_t len, struct tg_key *key)
{
    return len == 2 * (size_t)TG_KEY_LEN && tg_hex_decode(value, TG_KEY_LEN, key->bytes);
}

/* The lines of a key file, all of them, in this order. */
static const struct {
    const char *prefix;
    bool (*take)(const char *value, size_t len, struct tg_key *key);
    const char *rule;
} lines[] = {
    {"totsugo-key/1", take_nothing, "the first line is `totsugo-key/1`"},
    {"study: ", take_study, "`study: ` and 1 to 63 of a-z 0-9 -"},
    {"id: ", take_id, "`id: ` and 16 hexadecimal digits"},
    {"created: ", take_created, "`created: ` and YYYY-MM-DDThh:mm:ssZ"},
    {"key: ", take_key, "`key: ` and 64 hexadecimal digits"},
};

enum { N_LINES = sizeof lines / sizeof lines[0] };

static bool parse_line(size_t i, const char *text, size_t len, struct tg_key *key)
{
    size_t prefix = strlen(lines[i].prefix);
    return len >= prefix && memcmp(text, lines[i].prefix, prefix) == 0 &&
           lines[i].take(text + prefix, len - prefix, key);
}

static enum tg_status parse(const struct tg_buf *text, const char *path, struct tg_key *key,
                            struct tg_error *err)
{
    const char *p = text->data;
    size_t left = text->len;
    for (size_t i = 0; i < N_LINES; i++) {
        const char *end = left ? memchr(p, '\n', left) : NULL;
        size_t len = end ? (size_t)(end - p) : 0;
        bool cr = len > 0 && p[len - 1] == '\r';
        if (!end || !parse_line(i, p, len - cr, key))
            return TG_FAIL(err, TG_MSG_KEY_FORMAT, .file = path, .line = i + 1,
                           .rule = lines[i].rule);
        p = end + 1;
        left -= len + 1;
    }
    return left ? TG_FAIL(err, TG_MSG_KEY_FORMAT, .file = path, .line = N_LINES + 1,
                          .rule = "nothing stands below the key")
                : TG_OK;
}

/* Holds the id against the key, so that a damaged file or a wrong key is found at once. */
static enum tg_status check_id(const struct tg_key *key, const char *path, struct tg_error *err)
{
    char id[TG_KEY_ID_HEX + 1];
    enum tg_status status = tg_key_make_id(key, id, err);
    if (status)
        return status;
    if (!tg_equal_secret(id, key->info.id, TG_KEY_ID_HEX))
        return TG_FAIL(err, TG_MSG_KEY_FORMAT, .file = path, .rule = "the id belongs to the key");
    return TG_OK;
}

static enum tg_status read_text(const char *path, struct tg_buf *text, struct tg_error *err)
{
    enum tg_status status = tg_file_read_secret(path, KEY_FILE_MAX, text, err);
    return status == TG_DATA
               ? TG_FAIL(err, TG_MSG_KEY_FORMAT, .file = path, .rule = "a key file has five lines")
               : status;
}

enum tg_status tg_key_load(const char *path, struct tg_key **out, struct tg_error *err)
{
    struct tg_buf text = {0};
    struct tg_key *key = NULL;
    enum tg_status status = tg_key_alloc(&key, err);
    if (!status)
        status = read_text(path, &text, err);
    if (!status)
        status = parse(&text, path, key, err);
    if (!status)
        status = check_id(key, path, err);
    tg_buf_free(&text);
    if (status) {
        tg_key_free(&key);
        return status;
    }
    *out = key;
    return TG_OK;
}

enum tg_status tg_key_save(const struct tg_key *key, const char *path, bool force,
                           struct tg_error *err)
{
    struct tg_buf text = {0};
    size_t digits = 2 * (size_t)TG_KEY_LEN;
    enum tg_status status = tg_buf_printf(
        &text, err, "totsugo-key/1\nstudy: %s\nid: %s\ncreated: %s\nkey: ", key->info.study,
        key->info.id, key->info.created);
    if (!status)
        status = tg_buf_reserve(&text, digits + 1, err);
    if (!status) {
        tg_hex_encode(key->bytes, TG_KEY_LEN, text.data + text.len);
        text.len += digits;
        text.data[text.len++] = '\n';
        status = tg_file_write_whole(path, text.data, text.len, 0600, force, err);
    }
    tg_buf_free(&text);
    return status;
}
