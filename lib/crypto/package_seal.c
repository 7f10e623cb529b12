/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/package.h"

#include "base/reporter.h"
#include "crypto/engine.h"
#include "sys/file.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 * 1024 };

struct sealing {
    const struct tg_package_seal *seal;
    const struct tg_reporter *reporter;
    X509 *to, *cert;
    EVP_PKEY *key;
    struct tg_package_head head;
    struct tg_buf text, envelope; /* text: the first, later both */
    struct tg_output *out;
    struct tg_digest *content, *whole;
    uint64_t done;
};

static enum tg_status put(struct sealing *s, const void *data, size_t len, struct tg_error *err)
{
    tg_digest_add(s->whole, data, len);
    return tg_output_write(s->out, data, len, err);
}

static enum tg_status put_encrypted(void *ctx, const void *data, size_t len, struct tg_error *err)
{
    struct sealing *s = ctx;
    tg_digest_add(s->content, data, len);
    return put(s, data, len, err);
}

/* "from: FINGERPRINT SUBJECT": the subject as RFC 4514 has it, without characters of its own. */
static enum tg_status add_party(struct sealing *s, const char *name, X509 *cert,
                                struct tg_error *err)
{
    char fingerprint[TG_DIGEST_HEX + 1], *subject = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    long len = 0;
    enum tg_status status = tg_cert_fingerprint(cert, fingerprint, err);
    if (!bio || X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253) < 0)
        status = status ? status : tg_openssl_failed(err);
    else
        len = BIO_get_mem_data(bio, &subject);
    if (!status)
        status = tg_buf_printf(&s->text, err, "%s: %s %.*s\n", name, fingerprint,
                               (int)(len > 500 ? 500 : len), subject);
    BIO_free(bio);
    return status;
}

static enum tg_status load(struct sealing *s, struct tg_error *err)
{
    const struct tg_package_seal *seal = s->seal;
    char now[21];
    tg_clock_iso(tg_clock_unix(), now, sizeof now);
    enum tg_status status = tg_cert_load(seal->to, TG_CERT_RECEIVES, &s->to, err);
    if (!status)
        status = tg_cert_valid_at(s->to, now, seal->to, err);
    if (!status)
        status = tg_cert_load(seal->cert, TG_CERT_SIGNS, &s->cert, err);
    if (!status)
        status = tg_cert_valid_at(s->cert, now, seal->cert, err);
    if (!status)
        status = tg_private_key_load(seal->key, s->cert, seal->passphrase, &s->key, err);
    if (!status)
        status = tg_buf_printf(&s->text, err, "totsugo-package/1\n");
    if (!status)
        status = add_party(s, "from", s->cert, err);
    if (!status)
        status = add_party(s, "to", s->to, err);
    return status ? status : tg_buf_printf(&s->text, err, "sealed: %s\n", now);
}

/* Sizes and digests of all files, for the first text. */
static enum tg_status list_files(struct sealing *s, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < s->seal->n_files; i++) {
        const struct tg_package_file *in = &s->seal->files[i];
        struct tg_packed_file file = {.name = tg_path_base(in->path),
                                      .size = tg_file_size(in->path)};
        status = tg_digest_file(in->path, file.sha256, err);
        if (!status)
            status = tg_package_head_add(&s->head, &file, in->about, &s->text, err);
        if (status == TG_USAGE && err)
            (void)snprintf(err->file, sizeof err->file, "%s", in->path);
    }
    return status ? status : tg_buf_add_char(&s->text, '\n', err);
}

/* The contents of one file, which must be what was listed. */
static enum tg_status encrypt_file(struct sealing *s, struct tg_envelope *e, size_t i, char *chunk,
                                   struct tg_error *err)
{
    const char *path = s->seal->files[i].path;
    char sha256[TG_DIGEST_HEX + 1];
    struct tg_input *in = NULL;
    struct tg_digest *digest = NULL;
    size_t got = 1;
    uint64_t size = 0;
    enum tg_status status = tg_input_open(path, &in, err);
    if (!status)
        status = tg_digest_new(&digest, err);
    while (!status && got > 0) {
        status = tg_input_read(in, chunk, CHUNK, &got, err);
        if (status || got == 0)
            break;
        tg_digest_add(digest, chunk, got);
        size += got;
        s->done += got;
        status = tg_envelope_add(e, chunk, got, err);
        if (!status)
            status = tg_progress(s->reporter, "seal", s->done, s->head.size, err);
    }
    if (!status) {
        tg_digest_hex(digest, sha256);
        if (size != s->head.files[i].size || strcmp(sha256, s->head.files[i].sha256) != 0)
            status = TG_FAIL(err, TG_MSG_PACKAGE_MOVED, .file = path);
    }
    tg_digest_free(&digest);
    tg_input_close(&in);
    return status;
}

static enum tg_status encrypt(struct sealing *s, struct tg_error *err)
{
    struct tg_envelope *e = NULL;
    char *chunk = tg_calloc(CHUNK, 1, err);
    enum tg_status status =
        chunk ? tg_envelope_new(s->to, put_encrypted, s, &e, err) : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < s->head.n; i++)
        status = encrypt_file(s, e, i, chunk, err);
    if (!status)
        status = tg_envelope_end(e, &s->envelope, err);
    tg_envelope_free(&e);
    if (chunk)
        tg_wipe(chunk, CHUNK);
    free(chunk);
    return status ? status : put(s, s->envelope.data, s->envelope.len, err);
}

static enum tg_status sign(struct sealing *s, struct tg_error *err)
{
    struct tg_buf signature = {0};
    char sha256[TG_DIGEST_HEX + 1], end[TG_PACKAGE_END + 1];
    size_t first = s->text.len;
    tg_digest_hex(s->content, sha256);
    enum tg_status status = tg_package_trailer(sha256, &s->envelope, &s->text, err);
    if (!status)
        status = put(s, s->text.data + first, s->text.len - first, err);
    if (!status)
        status = tg_cms_sign(&s->text, s->cert, s->key, &signature, err);
    if (!status)
        status = put(s, signature.data, signature.len, err);
    if (!status) {
        tg_digest_hex(s->whole, sha256);
        (void)snprintf(end, sizeof end, "totsugo-package-end %08zu %08zu %s\n", s->text.len - first,
                       signature.len, sha256);
        status = tg_output_write(s->out, end, TG_PACKAGE_END, err);
    }
    tg_buf_free(&signature);
    return status;
}

static enum tg_status write_all(struct sealing *s, struct tg_error *err)
{
    enum tg_status status = tg_digest_new(&s->content, err);
    if (!status)
        status = tg_digest_new(&s->whole, err);
    if (!status)
        status =
            tg_output_begin(s->seal->output, s->seal->force ? TG_OUTPUT_FORCE : 0, &s->out, err);
    if (!status)
        status = put(s, s->text.data, s->text.len, err);
    if (!status)
        status = encrypt(s, err);
    if (!status)
        status = sign(s, err);
    return status ? status : tg_output_commit(&s->out, err);
}

enum tg_status tg_package_seal(const struct tg_package_seal *seal,
                               const struct tg_reporter *reporter, struct tg_error *err)
{
    struct sealing s = {.seal = seal, .reporter = reporter};
    enum tg_status status = load(&s, err);
    if (!status)
        status = list_files(&s, err);
    if (!status)
        status = write_all(&s, err);
    tg_output_discard(&s.out);
    tg_digest_free(&s.content);
    tg_digest_free(&s.whole);
    tg_buf_free(&s.text);
    tg_buf_free(&s.envelope);
    tg_package_head_free(&s.head);
    EVP_PKEY_free(s.key);
    X509_free(s.cert);
    X509_free(s.to);
    return status;
}
