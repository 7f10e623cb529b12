/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/package.h"

#include "base/reporter.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 * 1024 };

struct opening {
    const struct tg_package_open *open;
    const struct tg_reporter *reporter;
    X509 *from, *cert;
    EVP_PKEY *key;
    struct tg_input *in;
    struct tg_buf head_text, rest; /* rest: all behind the content */
    struct tg_package_head head;
    char content_sha256[TG_DIGEST_HEX + 1];
    char *chunk;
    size_t from_chunk, in_chunk; /* bytes of the chunk that are not used yet */
    /* the folder that is being made */
    struct tg_arena arena;
    char *made;
    size_t file;
    uint64_t left, done;
    struct tg_output *out;
    struct tg_digest *digest;
};

static enum tg_status touched(const struct opening *o, const char *rule, struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_PACKAGE_TOUCHED, .file = o->open->input, .rule = rule);
}

static enum tg_status fill(struct opening *o, struct tg_error *err)
{
    if (o->in_chunk > 0)
        return TG_OK;
    o->from_chunk = 0;
    return tg_input_read(o->in, o->chunk, CHUNK, &o->in_chunk, err);
}

static const char *take(struct opening *o, size_t n)
{
    const char *p = o->chunk + o->from_chunk;
    o->from_chunk += n;
    o->in_chunk -= n;
    return p;
}

/* Up to the empty line. */
static enum tg_status read_head(struct opening *o, struct tg_error *err)
{
    struct tg_buf *text = &o->head_text;
    while (text->len < TG_PACKAGE_TEXT_MAX) {
        enum tg_status status = fill(o, err);
        if (!status && o->in_chunk == 0)
            return touched(o, "it is whole", err);
        if (!status)
            status = tg_buf_add_char(text, *take(o, 1), err);
        if (status)
            return status;
        if (text->len > 1 && memcmp(text->data + text->len - 2, "\n\n", 2) == 0)
            return TG_OK;
    }
    return touched(o, "the list of files", err);
}

/* Hands `size` bytes on. */
static enum tg_status each_chunk(struct opening *o, uint64_t size,
                                 enum tg_status (*on)(void *ctx, const void *data, size_t len,
                                                      struct tg_error *err),
                                 void *ctx, struct tg_error *err)
{
    while (size > 0) {
        enum tg_status status = fill(o, err);
        if (!status && o->in_chunk == 0)
            return touched(o, "it is whole", err);
        size_t n = o->in_chunk < size ? o->in_chunk : (size_t)size;
        if (!status)
            status = on(ctx, take(o, n), n, err);
        if (status)
            return status;
        size -= n;
    }
    return TG_OK;
}

static enum tg_status hash_content(void *ctx, const void *data, size_t len, struct tg_error *err)
{
    struct tg_digest **digests = ctx;
    (void)err;
    tg_digest_add(digests[0], data, len);
    tg_digest_add(digests[1], data, len);
    return TG_OK;
}

static enum tg_status read_rest(struct opening *o, struct tg_error *err)
{
    for (;;) {
        enum tg_status status = fill(o, err);
        size_t n = o->in_chunk;
        if (status || n == 0)
            return status;
        if (o->rest.len + n > TG_PACKAGE_TEXT_MAX)
            return touched(o, "nothing stands behind its end", err);
        status = tg_buf_add(&o->rest, take(o, n), n, err);
        if (status)
            return status;
    }
}

static enum tg_status rewind_input(struct opening *o, struct tg_error *err)
{
    tg_input_close(&o->in);
    o->in_chunk = 0;
    return tg_input_open(o->open->input, &o->in, err);
}

/* Reads it once, without any key: the texts, and the digests of everything. */
static enum tg_status look_through(struct opening *o, char whole_sha256[TG_DIGEST_HEX + 1],
                                   struct tg_error *err)
{
    struct tg_digest *digests[2] = {NULL, NULL}; /* content, whole */
    enum tg_status status = rewind_input(o, err);
    for (size_t i = 0; !status && i < 2; i++)
        status = tg_digest_new(&digests[i], err);
    if (!status)
        status = read_head(o, err);
    if (!status)
        status = tg_package_head_parse(&o->head_text, o->open->input, &o->head, err);
    if (!status) {
        tg_digest_add(digests[1], o->head_text.data, o->head_text.len);
        status = each_chunk(o, o->head.size, hash_content, digests, err);
    }
    if (!status)
        status = read_rest(o, err);
    if (!status && o->rest.len < TG_PACKAGE_END)
        status = touched(o, "it is whole", err);
    if (!status) {
        tg_digest_add(digests[1], o->rest.data, o->rest.len - TG_PACKAGE_END);
        tg_digest_hex(digests[0], o->content_sha256);
        tg_digest_hex(digests[1], whole_sha256);
    }
    tg_digest_free(&digests[0]);
    tg_digest_free(&digests[1]);
    return status;
}

static bool scan_size(const char *s, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < 8; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        *out = *out * 10 + (size_t)(s[i] - '0');
    }
    return true;
}

/* Splits what is behind the content, and holds it against the last line. */
static enum tg_status split(struct opening *o, const char whole_sha256[TG_DIGEST_HEX + 1],
                            struct tg_buf *envelope, struct tg_buf *trailer,
                            struct tg_buf *signature, struct tg_error *err)
{
    size_t len = o->rest.len - TG_PACKAGE_END, trailer_len, signature_len;
    const char *end = o->rest.data + len;
    char want[TG_PACKAGE_END + 1];
    if (!scan_size(end + 20, &trailer_len) || !scan_size(end + 29, &signature_len) ||
        trailer_len > len || signature_len > len - trailer_len)
        return touched(o, "its last line", err);
    (void)snprintf(want, sizeof want, "totsugo-package-end %08zu %08zu %s\n", trailer_len,
                   signature_len, whole_sha256);
    if (memcmp(end, want, TG_PACKAGE_END) != 0)
        return touched(o, "its SHA-256", err);
    const char *p = o->rest.data;
    size_t envelope_len = len - trailer_len - signature_len;
    enum tg_status status = tg_buf_add(envelope, p, envelope_len, err);
    if (!status)
        status = tg_buf_add(trailer, p + envelope_len, trailer_len, err);
    return status ? status
                  : tg_buf_add(signature, p + envelope_len + trailer_len, signature_len, err);
}

static enum tg_status check_parties(struct opening *o, struct tg_error *err)
{
    char from[TG_DIGEST_HEX + 1], to[TG_DIGEST_HEX + 1];
    enum tg_status status = tg_cert_fingerprint(o->from, from, err);
    if (!status)
        status = tg_cert_fingerprint(o->cert, to, err);
    if (status)
        return status;
    if (strcmp(from, o->head.from) != 0)
        return TG_FAIL(err, TG_MSG_PACKAGE_SIGNER, .file = o->open->input);
    if (strcmp(to, o->head.to) != 0)
        return TG_FAIL(err, TG_MSG_PACKAGE_RECEIVER, .file = o->open->input);
    return tg_cert_valid_at(o->from, o->head.sealed, o->open->from, err);
}

/* All that can be said without decrypting. */
static enum tg_status check(struct opening *o, struct tg_buf *envelope, struct tg_error *err)
{
    struct tg_buf trailer = {0}, signature = {0}, want = {0};
    char whole_sha256[TG_DIGEST_HEX + 1];
    enum tg_status status = look_through(o, whole_sha256, err);
    if (!status)
        status = split(o, whole_sha256, envelope, &trailer, &signature, err);
    if (!status)
        status = tg_package_trailer(o->content_sha256, envelope, &want, err);
    if (!status && (want.len != trailer.len || memcmp(want.data, trailer.data, want.len) != 0))
        status = touched(o, "its digests", err);
    if (!status)
        status = check_parties(o, err);
    if (!status)
        status = tg_buf_add(&o->head_text, trailer.data, trailer.len, err);
    if (!status)
        status = tg_cms_verify(&o->head_text, &signature, o->from, err);
    tg_buf_free(&trailer);
    tg_buf_free(&signature);
    tg_buf_free(&want);
    return status;
}

static enum tg_status begin_file(struct opening *o, struct tg_error *err)
{
    const struct tg_packed_file *file = &o->head.files[o->file];
    char *path = tg_path_join(&o->arena, o->made, file->name, err);
    o->left = file->size;
    enum tg_status status = path ? tg_output_begin(path, 0, &o->out, err) : TG_NO_MEMORY;
    return status ? status : tg_digest_new(&o->digest, err);
}

static enum tg_status end_file(struct opening *o, struct tg_error *err)
{
    char sha256[TG_DIGEST_HEX + 1];
    tg_digest_hex(o->digest, sha256);
    tg_digest_free(&o->digest);
    if (strcmp(sha256, o->head.files[o->file++].sha256) != 0)
        return touched(o, "the SHA-256 of a file inside", err);
    return tg_output_commit(&o->out, err);
}

/* Files of no bytes begin and end here, too. */
static enum tg_status step(struct opening *o, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    while (!status && o->left == 0) {
        if (o->out)
            status = end_file(o, err);
        if (status || o->file == o->head.n)
            return status;
        status = begin_file(o, err);
    }
    return status;
}

static enum tg_status put_decrypted(void *ctx, const void *data, size_t len, struct tg_error *err)
{
    struct opening *o = ctx;
    const char *p = data;
    while (len > 0) {
        enum tg_status status = step(o, err);
        size_t n = len < o->left ? len : (size_t)o->left;
        if (!status && n == 0)
            status = touched(o, "the list of files", err);
        if (status)
            return status;
        tg_digest_add(o->digest, p, n);
        status = tg_output_write(o->out, p, n, err);
        if (status)
            return status;
        p += n;
        len -= n;
        o->left -= n;
        o->done += n;
    }
    return tg_progress(o->reporter, "open", o->done, o->head.size, err);
}

static enum tg_status add_encrypted(void *ctx, const void *data, size_t len, struct tg_error *err)
{
    return tg_envelope_add(ctx, data, len, err);
}

static enum tg_status decrypt(struct opening *o, const struct tg_buf *envelope,
                              struct tg_error *err)
{
    struct tg_envelope *e = NULL;
    o->head_text.len = 0;
    enum tg_status status = rewind_input(o, err);
    if (!status)
        status = read_head(o, err);
    if (!status)
        status = tg_envelope_open(envelope, o->cert, o->key, put_decrypted, o, &e, err);
    if (!status)
        status = each_chunk(o, o->head.size, add_encrypted, e, err);
    if (!status)
        status = tg_envelope_check(e, err);
    tg_envelope_free(&e);
    return status ? status : step(o, err);
}

static enum tg_status load(struct opening *o, struct tg_error *err)
{
    const struct tg_package_open *open = o->open;
    enum tg_status status = tg_cert_load(open->from, TG_CERT_SIGNS, &o->from, err);
    if (!status)
        status = tg_cert_load(open->cert, TG_CERT_RECEIVES, &o->cert, err);
    if (!status)
        status = tg_private_key_load(open->key, o->cert, open->passphrase, &o->key, err);
    o->chunk = status ? NULL : tg_calloc(CHUNK, 1, err);
    return !status && !o->chunk ? TG_NO_MEMORY : status;
}

/* The folder is made beside, so that it appears whole or not at all. */
static enum tg_status make_folder(struct opening *o, const struct tg_buf *envelope,
                                  struct tg_error *err)
{
    static const char suffix[] = ".partial";
    size_t len = strlen(o->open->folder);
    while (len > 1 && o->open->folder[len - 1] == '/')
        len--;
    if (tg_file_exists(o->open->folder) || tg_dir_exists(o->open->folder))
        return TG_FAIL(err, TG_MSG_OUTPUT_EXISTS, .file = o->open->folder);
    o->made = tg_arena_alloc(&o->arena, len + sizeof suffix, 1, err);
    if (!o->made)
        return TG_NO_MEMORY;
    memcpy(o->made, o->open->folder, len);
    memcpy(o->made + len, suffix, sizeof suffix);
    enum tg_status status = tg_dir_remove(o->made, err);
    if (!status)
        status = tg_dir_make(o->made, err);
    if (!status)
        status = decrypt(o, envelope, err);
    tg_output_discard(&o->out);
    if (!status)
        status = tg_dir_replace(o->made, o->open->folder, err);
    if (status)
        tg_dir_discard(o->made);
    return status;
}

enum tg_status tg_package_open(const struct tg_package_open *open,
                               const struct tg_reporter *reporter, size_t *n_files,
                               struct tg_error *err)
{
    struct opening o = {.open = open, .reporter = reporter};
    struct tg_buf envelope = {0};
    enum tg_status status = load(&o, err);
    if (!status)
        status = check(&o, &envelope, err);
    if (!status)
        status = make_folder(&o, &envelope, err);
    if (!status)
        *n_files = o.head.n;
    tg_digest_free(&o.digest);
    if (o.chunk)
        tg_wipe(o.chunk, CHUNK);
    free(o.chunk);
    tg_input_close(&o.in);
    tg_buf_free(&envelope);
    tg_buf_free(&o.head_text);
    tg_buf_free(&o.rest);
    tg_package_head_free(&o.head);
    tg_arena_free(&o.arena);
    EVP_PKEY_free(o.key);
    X509_free(o.cert);
    X509_free(o.from);
    return status;
}
