/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert.h"

#include "crypto/digest.h"
#include "crypto/engine.h"
#include "crypto/key.h"
#include "sys/file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { PEM_MAX = 256 * 1024 };

/* The first certificate of a PEM file. */
static enum tg_status parse(const struct tg_buf *text, const char *path, X509 **out,
                            struct tg_error *err)
{
    BIO *bio = BIO_new_mem_buf(text->data, (int)text->len);
    if (!bio)
        return tg_openssl_failed(err);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (!cert) {
        ERR_clear_error();
        return TG_FAIL(err, TG_MSG_CERT_FORMAT, .file = path);
    }
    *out = cert;
    return TG_OK;
}

enum tg_status tg_cert_load(const char *path, enum tg_cert_use use, X509 **out,
                            struct tg_error *err)
{
    /* a certificate that does not say what it is for may be used for all */
    const uint32_t needed = use == TG_CERT_SIGNS
                                ? X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_NON_REPUDIATION
                                : X509v3_KU_KEY_ENCIPHERMENT | X509v3_KU_KEY_AGREEMENT;
    struct tg_buf text = {0};
    X509 *cert = NULL;
    enum tg_status status = tg_openssl_ready(err);
    if (!status)
        status = tg_file_read_whole(path, PEM_MAX, &text, err);
    if (!status)
        status = parse(&text, path, &cert, err);
    tg_buf_free(&text);
    if (status)
        return status;
    if (!(X509_get_key_usage(cert) & needed)) {
        X509_free(cert);
        return TG_FAIL(err, TG_MSG_CERT_USE, .file = path,
                       .rule = use == TG_CERT_SIGNS ? "digitalSignature"
                                                    : "keyEncipherment, keyAgreement");
    }
    *out = cert;
    return TG_OK;
}

static bool iso_of(const ASN1_TIME *time, char out[21])
{
    struct tm tm;
    return ASN1_TIME_to_tm(time, &tm) == 1 && strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) == 20;
}

enum tg_status tg_cert_valid_at(X509 *cert, const char *time, const char *path,
                                struct tg_error *err)
{
    char from[21], to[21];
    if (iso_of(X509_get0_notBefore(cert), from) && iso_of(X509_get0_notAfter(cert), to) &&
        strcmp(from, time) <= 0 && strcmp(time, to) <= 0)
        return TG_OK;
    ERR_clear_error();
    return TG_FAIL(err, TG_MSG_CERT_EXPIRED, .file = path, .rule = time);
}

enum tg_status tg_cert_fingerprint(X509 *cert, char hex[65], struct tg_error *err)
{
    unsigned char digest[TG_DIGEST_LEN];
    unsigned len = 0;
    if (X509_digest(cert, EVP_sha256(), digest, &len) != 1 || len != sizeof digest)
        return tg_openssl_failed(err);
    tg_hex_encode(digest, sizeof digest, hex);
    hex[64] = '\0';
    return TG_OK;
}

static int give_passphrase(char *out, int size, int writing, void *ctx)
{
    const struct tg_passphrase *p = ctx;
    (void)writing;
    if (!p || p->len > (size_t)size)
        return -1;
    memcpy(out, p->text, p->len);
    return (int)p->len;
}

enum tg_status tg_private_key_load(const char *path, X509 *cert,
                                   const struct tg_passphrase *passphrase, EVP_PKEY **out,
                                   struct tg_error *err)
{
    struct tg_buf text = {0};
    EVP_PKEY *key = NULL;
    enum tg_status status = tg_openssl_ready(err);
    if (!status)
        status = tg_file_read_secret(path, PEM_MAX, &text, err);
    BIO *bio = status ? NULL : BIO_new_mem_buf(text.data, (int)text.len);
    if (!status && !bio)
        status = tg_openssl_failed(err);
    if (!status)
        key = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, (void *)passphrase);
    BIO_free(bio);
    tg_buf_free(&text);
    if (!status && (!key || X509_check_private_key(cert, key) != 1)) {
        ERR_clear_error();
        status = TG_FAIL(err, TG_MSG_PRIVATE_KEY, .file = path);
    }
    if (status) {
        EVP_PKEY_free(key);
        return status;
    }
    *out = key;
    return TG_OK;
}
