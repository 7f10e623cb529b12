/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"
#include "crypto/key.h"

#include "sys/file.h"
#include "text/calendar.h"

#include <stdio.h>
#include <string.h>

enum { KEY_FILE_MAX = 4096, SEALED_MAX = TG_KEY_EPOCHS_MAX * TG_KEY_LEN + TG_SEAL_TAG };

#define OPEN_1  "totsugo-key/1"
#define OPEN_2  "totsugo-key/2"
#define WRAPPED "totsugo-wrapped-key/1"

/* A key file on its way in. */
struct reader {
    const char *path;
    const char *p;
    size_t left;
    uint64_t line;
    struct tg_key *key;
    struct tg_seal seal;
    unsigned char sealed[SEALED_MAX];
    size_t sealed_len;
};

static bool take_study(struct reader *r, const char *value, size_t len)
{
    if (!tg_study_id_valid(value, len))
        return false;
    memcpy(r->key->info.study, value, len);
    return true;
}

static bool take_id(struct reader *r, const char *value, size_t len)
{
    unsigned char id[TG_KEY_ID_HEX / 2];
    if (len != TG_KEY_ID_HEX || !tg_hex_decode(value, sizeof id, id))
        return false;
    memcpy(r->key->info.id, value, len);
    return true;
}

static bool take_created(struct reader *r, const char *value, size_t len)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    if (len != sizeof form - 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool digit = value[i] >= '0' && value[i] <= '9';
        if (form[i] == '0' ? !digit : value[i] != form[i])
            return false;
    }
    memcpy(r->key->info.created, value, len);
    return true;
}

/* Digits without a leading zero, so that a number has one spelling; `*used` of them. */
static bool scan_number(const char *s, size_t len, uint64_t *out, size_t *used)
{
    uint64_t n = 0;
    size_t i = 0;
    for (; i < len && i < 10 && s[i] >= '0' && s[i] <= '9'; i++)
        n = n * 10 + (uint64_t)(s[i] - '0');
    *out = n;
    *used = i;
    return i > 0 && s[0] != '0';
}

static bool take_epoch(struct reader *r, const char *value, size_t len)
{
    uint64_t n;
    size_t used;
    if (!scan_number(value, len, &n, &used) || used != len || n > 9999)
        return false;
    r->key->info.epoch = (unsigned)n;
    return true;
}

static bool take_overlap(struct reader *r, const char *value, size_t len)
{
    int32_t month;
    if (len == 1 && value[0] == '-')
        return true;
    if (len != 7 || !tg_month_scan(value, len, &month))
        return false;
    memcpy(r->key->info.overlap_until, value, len);
    return true;
}

static bool take_key(struct reader *r, const char *value, size_t len)
{
    return len == 2 * (size_t)TG_KEY_LEN && tg_hex_decode(value, TG_KEY_LEN, r->key->bytes);
}

static bool take_before(struct reader *r, const char *value, size_t len)
{
    struct tg_key *key = r->key;
    return len == 2 * (size_t)TG_KEY_LEN && key->n_before + 1 < TG_KEY_EPOCHS_MAX &&
           tg_hex_decode(value, TG_KEY_LEN, key->before[key->n_before++]);
}

static bool take_kdf(struct reader *r, const char *value, size_t len)
{
    static const char name[] = "scrypt";
    uint64_t numbers[3];
    size_t at = sizeof name - 1, used;
    if (len < at || memcmp(value, name, at) != 0)
        return false;
    for (size_t i = 0; i < 3; i++, at += used) {
        if (at >= len || value[at++] != ' ' ||
            !scan_number(value + at, len - at, &numbers[i], &used) || numbers[i] > UINT32_MAX)
            return false;
    }
    r->seal.cost = (struct tg_scrypt_cost){numbers[0], (uint32_t)numbers[1], (uint32_t)numbers[2]};
    return at == len && tg_scrypt_cost_sane(&r->seal.cost);
}

static bool take_salt(struct reader *r, const char *value, size_t len)
{
    return len == 2 * (size_t)TG_SEAL_SALT && tg_hex_decode(value, TG_SEAL_SALT, r->seal.salt);
}

static bool take_nonce(struct reader *r, const char *value, size_t len)
{
    return len == 2 * (size_t)TG_SEAL_NONCE && tg_hex_decode(value, TG_SEAL_NONCE, r->seal.nonce);
}

/* As many keys as there are epochs, and a tag. */
static bool take_sealed(struct reader *r, const char *value, size_t len)
{
    size_t bytes = len / 2;
    if (len % 2 || bytes > SEALED_MAX || bytes < TG_KEY_LEN + TG_SEAL_TAG ||
        (bytes - TG_SEAL_TAG) % TG_KEY_LEN)
        return false;
    r->sealed_len = bytes;
    r->key->n_before = (bytes - TG_SEAL_TAG) / TG_KEY_LEN - 1;
    return tg_hex_decode(value, bytes, r->sealed);
}

struct line {
    const char *prefix;
    bool (*take)(struct reader *r, const char *value, size_t len);
    const char *rule;
};

static const struct line study_line = {"study: ", take_study, "`study: ` and 1 to 63 of a-z 0-9 -"},
                         id_line = {"id: ", take_id, "`id: ` and 16 hexadecimal digits"},
                         created_line = {"created: ", take_created,
                                         "`created: ` and YYYY-MM-DDThh:mm:ssZ"},
                         epoch_line = {"epoch: ", take_epoch, "`epoch: ` and a number"},
                         overlap_line = {"overlap_until: ", take_overlap,
                                         "`overlap_until: ` and YYYY-MM or -"},
                         key_line = {"key: ", take_key, "`key: ` and 64 hexadecimal digits"},
                         before_line = {"before: ", take_before,
                                        "`before: ` and 64 hexadecimal digits, a line an epoch"},
                         kdf_line = {"kdf: ", take_kdf, "`kdf: scrypt` and N, r, p within limits"},
                         salt_line = {"salt: ", take_salt, "`salt: ` and 32 hexadecimal digits"},
                         nonce_line = {"nonce: ", take_nonce,
                                       "`nonce: ` and 24 hexadecimal digits"},
                         sealed_line = {"sealed: ", take_sealed,
                                        "`sealed: ` and the keys in hexadecimal digits"};

/* The lines below the first, all of them, in this order. */
static const struct line *const open_1[] = {&study_line, &id_line, &created_line, &key_line, NULL},
                                *const open_2[] = {&study_line, &id_line,      &created_line,
                                                   &epoch_line, &overlap_line, &key_line,
                                                   NULL},
                                *const wrapped[] = {&study_line, &id_line,      &created_line,
                                                    &epoch_line, &overlap_line, &kdf_line,
                                                    &salt_line,  &nonce_line,   &sealed_line,
                                                    NULL};

/* The line at hand without its end; false: it has none, or there is no line. */
static bool look(const struct reader *r, size_t *len, size_t *whole)
{
    const char *end = r->left ? memchr(r->p, '\n', r->left) : NULL;
    if (!end)
        return false;
    *len = (size_t)(end - r->p);
    *whole = *len + 1;
    if (*len > 0 && r->p[*len - 1] == '\r')
        --*len;
    return true;
}

static void skip(struct reader *r, size_t whole)
{
    r->p += whole;
    r->left -= whole;
    r->line++;
}

static enum tg_status wrong(const struct reader *r, const char *rule, struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_KEY_FORMAT, .file = r->path, .line = r->line + 1, .rule = rule);
}

static enum tg_status take(struct reader *r, const struct line *line, struct tg_error *err)
{
    size_t len, whole, prefix = strlen(line->prefix);
    if (!look(r, &len, &whole) || len < prefix || memcmp(r->p, line->prefix, prefix) != 0 ||
        !line->take(r, r->p + prefix, len - prefix))
        return wrong(r, line->rule, err);
    skip(r, whole);
    return TG_OK;
}

static bool is_first(const struct reader *r, const char *name)
{
    size_t len, whole;
    return look(r, &len, &whole) && len == strlen(name) && memcmp(r->p, name, len) == 0;
}

/* The form of the file by its first line; NULL: none of ours. */
static const struct line *const *form_of(const struct reader *r)
{
    return is_first(r, OPEN_1)    ? open_1
           : is_first(r, OPEN_2)  ? open_2
           : is_first(r, WRAPPED) ? wrapped
                                  : NULL;
}

static enum tg_status parse(struct reader *r, struct tg_error *err)
{
    const struct line *const *form = form_of(r);
    size_t len, whole;
    enum tg_status status = TG_OK;
    if (!form || !look(r, &len, &whole))
        return wrong(r, "the first line is `" OPEN_1 "`", err);
    skip(r, whole);
    r->key->info.epoch = 1;
    for (const struct line *const *line = form; !status && *line; line++)
        status = take(r, *line, err);
    while (!status && form == open_2 && r->left)
        status = take(r, &before_line, err);
    if (status)
        return status;
    if (r->left)
        return wrong(r, "nothing stands below the key", err);
    return form == open_1 || r->key->info.epoch > r->key->n_before
               ? TG_OK
               : wrong(r, "an epoch has no more keys before it than its number says", err);
}

static enum tg_status head(const struct tg_key *key, const char *first, bool epochs,
                           struct tg_buf *text, struct tg_error *err)
{
    const struct tg_key_info *info = &key->info;
    enum tg_status status = tg_buf_printf(text, err, "%s\nstudy: %s\nid: %s\ncreated: %s\n", first,
                                          info->study, info->id, info->created);
    if (status || !epochs)
        return status;
    return tg_buf_printf(text, err, "epoch: %u\noverlap_until: %s\n", info->epoch,
                         info->overlap_until[0] ? info->overlap_until : "-");
}

static enum tg_status add_hex(struct tg_buf *text, const char *name, const void *data, size_t len,
                              struct tg_error *err)
{
    enum tg_status status = tg_buf_printf(text, err, "%s: ", name);
    if (!status)
        status = tg_buf_reserve(text, 2 * len + 1, err);
    if (status)
        return status;
    tg_hex_encode(data, len, text->data + text->len);
    text->len += 2 * len;
    text->data[text->len++] = '\n';
    return TG_OK;
}

/* All that the seal binds: every line above `sealed`, in its one spelling. */
static enum tg_status wrapped_head(const struct tg_key *key, const struct tg_seal *seal,
                                   struct tg_buf *text, struct tg_error *err)
{
    enum tg_status status = head(key, WRAPPED, true, text, err);
    if (!status)
        status =
            tg_buf_printf(text, err, "kdf: scrypt %llu %lu %lu\n", (unsigned long long)seal->cost.n,
                          (unsigned long)seal->cost.r, (unsigned long)seal->cost.p);
    if (!status)
        status = add_hex(text, "salt", seal->salt, TG_SEAL_SALT, err);
    return status ? status : add_hex(text, "nonce", seal->nonce, TG_SEAL_NONCE, err);
}

static enum tg_status unseal(struct reader *r, const struct tg_passphrase *passphrase,
                             struct tg_error *err)
{
    struct tg_buf bound = {0};
    unsigned char *keys = tg_secret_alloc(SEALED_MAX, err);
    if (!keys)
        return TG_NO_MEMORY;
    enum tg_status status = wrapped_head(r->key, &r->seal, &bound, err);
    if (!status)
        status = tg_seal_open(&r->seal, passphrase, bound.data, bound.len, r->sealed, r->sealed_len,
                              keys, err);
    if (status == TG_NO_PERMISSION && err)
        (void)snprintf(err->file, sizeof err->file, "%s", r->path);
    if (!status) {
        memcpy(r->key->bytes, keys, TG_KEY_LEN);
        memcpy(r->key->before, keys + TG_KEY_LEN, r->key->n_before * TG_KEY_LEN);
    }
    tg_secret_free(keys, SEALED_MAX);
    tg_buf_free(&bound);
    return status;
}

/* Holds the id against the key, so that a damaged file or a wrong key is found at once. */
static enum tg_status check_id(const struct tg_key *key, const char *path, struct tg_error *err)
{
    char id[TG_KEY_ID_HEX + 1];
    enum tg_status status = tg_key_make_id(key->bytes, id, err);
    if (status)
        return status;
    if (!tg_equal_secret(id, key->info.id, TG_KEY_ID_HEX))
        return TG_FAIL(err, TG_MSG_KEY_FORMAT, .file = path, .rule = "the id belongs to the key");
    return TG_OK;
}

static enum tg_status read_text(const char *path, struct tg_buf *text, struct tg_error *err)
{
    enum tg_status status = tg_file_read_secret(path, KEY_FILE_MAX, text, err);
    return status == TG_DATA ? TG_FAIL(err, TG_MSG_KEY_FORMAT, .file = path,
                                       .rule = "a key file has at most 4096 bytes")
                             : status;
}

enum tg_status tg_key_is_wrapped(const char *path, bool *out, struct tg_error *err)
{
    struct tg_buf text = {0};
    enum tg_status status = read_text(path, &text, err);
    const struct reader r = {.p = text.data, .left = text.len};
    if (!status)
        *out = is_first(&r, WRAPPED);
    tg_buf_free(&text);
    return status;
}

static enum tg_status load(struct reader *r, const struct tg_passphrase *passphrase,
                           struct tg_error *err)
{
    bool is_wrapped = is_first(r, WRAPPED);
    if (is_wrapped && !passphrase)
        return TG_FAIL(err, TG_MSG_KEY_WRAPPED, .file = r->path);
    enum tg_status status = parse(r, err);
    if (!status && is_wrapped)
        status = unseal(r, passphrase, err);
    return status ? status : check_id(r->key, r->path, err);
}

enum tg_status tg_key_unwrap(const char *path, const struct tg_passphrase *passphrase,
                             struct tg_key **out, struct tg_error *err)
{
    struct tg_buf text = {0};
    struct reader r = {.path = path};
    enum tg_status status = tg_key_alloc(&r.key, err);
    if (!status)
        status = read_text(path, &text, err);
    r.p = text.data;
    r.left = text.len;
    if (!status)
        status = load(&r, passphrase, err);
    tg_buf_free(&text);
    if (status) {
        tg_key_free(&r.key);
        return status;
    }
    *out = r.key;
    return TG_OK;
}

enum tg_status tg_key_load(const char *path, struct tg_key **out, struct tg_error *err)
{
    return tg_key_unwrap(path, NULL, out, err);
}

enum tg_status tg_key_save(const struct tg_key *key, const char *path, bool force,
                           struct tg_error *err)
{
    struct tg_buf text = {0};
    bool epochs = key->info.epoch > 1;
    enum tg_status status = head(key, epochs ? OPEN_2 : OPEN_1, epochs, &text, err);
    if (!status)
        status = add_hex(&text, "key", key->bytes, TG_KEY_LEN, err);
    for (size_t i = 0; !status && i < key->n_before; i++)
        status = add_hex(&text, "before", key->before[i], TG_KEY_LEN, err);
    if (!status)
        status = tg_file_write_whole(path, text.data, text.len, 0600, force, err);
    tg_buf_free(&text);
    return status;
}

enum tg_status tg_key_wrap(const struct tg_key *key, const struct tg_passphrase *passphrase,
                           const char *path, bool force, struct tg_error *err)
{
    return tg_key_wrap_at(key, passphrase, &tg_scrypt_cost_new, path, force, err);
}

enum tg_status tg_key_wrap_at(const struct tg_key *key, const struct tg_passphrase *passphrase,
                              const struct tg_scrypt_cost *cost, const char *path, bool force,
                              struct tg_error *err)
{
    struct tg_buf text = {0};
    struct tg_seal seal;
    unsigned char sealed[SEALED_MAX];
    size_t len = (1 + key->n_before) * TG_KEY_LEN;
    unsigned char *keys = tg_secret_alloc(SEALED_MAX, err);
    if (!keys)
        return TG_NO_MEMORY;
    memcpy(keys, key->bytes, TG_KEY_LEN);
    memcpy(keys + TG_KEY_LEN, key->before, len - TG_KEY_LEN);
    enum tg_status status = tg_seal_new(cost, &seal, err);
    if (!status)
        status = wrapped_head(key, &seal, &text, err);
    if (!status)
        status = tg_seal_close(&seal, passphrase, text.data, text.len, keys, len, sealed, err);
    tg_secret_free(keys, SEALED_MAX);
    if (!status)
        status = add_hex(&text, "sealed", sealed, len + TG_SEAL_TAG, err);
    if (!status)
        status = tg_file_write_whole(path, text.data, text.len, 0600, force, err);
    tg_buf_free(&text);
    return status;
}
