/* SPDX-License-Identifier: Apache-2.0 */
/* CMS (RFC 5652) with authenticated encryption (RFC 5083, RFC 5084). Contents stay outside of the
 * structures, so that they are never in memory as a whole. */
#include "crypto/cert.h"
#include "crypto/engine.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

struct tg_envelope {
    CMS_ContentInfo *cms;
    BIO_METHOD *method;
    BIO *sink, *chain; /* chain: OpenSSL's filters, ending in the sink */
    tg_on_bytes *on;
    void *ctx;
    enum tg_status status; /* of the callback */
    struct tg_error err;
};

static int on_write(BIO *bio, const char *data, int len)
{
    struct tg_envelope *e = BIO_get_data(bio);
    if (len <= 0)
        return 0;
    if (!e->status)
        e->status = e->on(e->ctx, data, (size_t)len, &e->err);
    return e->status ? -1 : len;
}

static long on_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static enum tg_status make_sink(struct tg_envelope *e, struct tg_error *err)
{
    e->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "bytes");
    if (!e->method || BIO_meth_set_write(e->method, on_write) != 1 ||
        BIO_meth_set_ctrl(e->method, on_control) != 1)
        return tg_openssl_failed(err);
    e->sink = BIO_new(e->method);
    if (!e->sink)
        return tg_openssl_failed(err);
    BIO_set_data(e->sink, e);
    BIO_set_init(e->sink, 1);
    return TG_OK;
}

void tg_envelope_free(struct tg_envelope **out)
{
    if (!out || !*out)
        return;
    struct tg_envelope *e = *out;
    /* the filters stand before the sink, which is ours */
    while (e->chain && e->chain != e->sink) {
        BIO *next = BIO_pop(e->chain);
        BIO_free(e->chain);
        e->chain = next;
    }
    BIO_free(e->sink);
    BIO_meth_free(e->method);
    CMS_ContentInfo_free(e->cms);
    ERR_clear_error();
    free(e);
    *out = NULL;
}

/* OAEP (RFC 8017) for RSA keys; other kinds agree on a key as OpenSSL has it. */
static bool add_receiver(CMS_ContentInfo *cms, X509 *to)
{
    CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms, to, CMS_KEY_PARAM);
    if (!info)
        return false;
    if (CMS_RecipientInfo_type(info) != CMS_RECIPINFO_TRANS)
        return true;
    EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(info);
    return ctx && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0;
}

static enum tg_status start(struct tg_envelope *e, struct tg_error *err)
{
    enum tg_status status = make_sink(e, err);
    if (!status) {
        e->chain = CMS_dataInit(e->cms, e->sink);
        if (!e->chain)
            status = tg_openssl_failed(err);
    }
    return status;
}

static enum tg_status new_envelope(tg_on_bytes *on, void *ctx, struct tg_envelope **out,
                                   struct tg_error *err)
{
    enum tg_status status = tg_openssl_ready(err);
    if (status)
        return status;
    *out = tg_calloc(1, sizeof **out, err);
    if (!*out)
        return TG_NO_MEMORY;
    (*out)->on = on;
    (*out)->ctx = ctx;
    return TG_OK;
}

enum tg_status tg_envelope_new(X509 *to, tg_on_bytes *on, void *ctx, struct tg_envelope **out,
                               struct tg_error *err)
{
    struct tg_envelope *e = NULL;
    enum tg_status status = new_envelope(on, ctx, &e, err);
    if (status)
        return status;
    e->cms = CMS_AuthEnvelopedData_create(EVP_aes_256_gcm());
    if (!e->cms || !add_receiver(e->cms, to) || CMS_set_detached(e->cms, 1) != 1)
        status = tg_openssl_failed(err);
    if (!status)
        status = start(e, err);
    if (status)
        tg_envelope_free(&e);
    else
        *out = e;
    return status;
}

static enum tg_status is_not_ours(struct tg_error *err)
{
    ERR_clear_error();
    return TG_FAIL(err, TG_MSG_PACKAGE_RECEIVER, .line = 0);
}

static CMS_ContentInfo *parse(const struct tg_buf *der)
{
    const unsigned char *p = (const unsigned char *)der->data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der->len);
    if (cms && p != (const unsigned char *)der->data + der->len) {
        CMS_ContentInfo_free(cms);
        return NULL;
    }
    return cms;
}

enum tg_status tg_envelope_open(const struct tg_buf *der, X509 *cert, EVP_PKEY *key,
                                tg_on_bytes *on, void *ctx, struct tg_envelope **out,
                                struct tg_error *err)
{
    struct tg_envelope *e = NULL;
    enum tg_status status = new_envelope(on, ctx, &e, err);
    if (status)
        return status;
    e->cms = parse(der);
    if (!e->cms || OBJ_obj2nid(CMS_get0_type(e->cms)) != NID_id_smime_ct_authEnvelopedData ||
        CMS_decrypt_set1_pkey(e->cms, key, cert) != 1)
        status = is_not_ours(err);
    if (!status)
        status = start(e, err);
    if (status)
        tg_envelope_free(&e);
    else
        *out = e;
    return status;
}

/* A failure of the callback, of the content's authentication, or of OpenSSL. */
static enum tg_status failed(const struct tg_envelope *e, struct tg_error *err)
{
    if (!e->status)
        return tg_openssl_failed(err);
    ERR_clear_error();
    if (err)
        *err = e->err;
    return e->status;
}

enum tg_status tg_envelope_add(struct tg_envelope *e, const void *data, size_t len,
                               struct tg_error *err)
{
    const char *p = data;
    while (len > 0) {
        int n = len > 1 << 20 ? 1 << 20 : (int)len;
        if (BIO_write(e->chain, p, n) != n)
            return failed(e, err);
        p += n;
        len -= (size_t)n;
    }
    return TG_OK;
}

enum tg_status tg_envelope_end(struct tg_envelope *e, struct tg_buf *der, struct tg_error *err)
{
    if (BIO_flush(e->chain) != 1 || CMS_dataFinal(e->cms, e->chain) != 1)
        return failed(e, err);
    unsigned char *bytes = NULL;
    int len = i2d_CMS_ContentInfo(e->cms, &bytes);
    if (len <= 0)
        return tg_openssl_failed(err);
    enum tg_status status = tg_buf_add(der, bytes, (size_t)len, err);
    OPENSSL_free(bytes);
    return status;
}

enum tg_status tg_envelope_check(struct tg_envelope *e, struct tg_error *err)
{
    if (BIO_flush(e->chain) == 1 && BIO_get_cipher_status(e->chain) == 1)
        return TG_OK;
    if (e->status)
        return failed(e, err);
    ERR_clear_error();
    return TG_FAIL(err, TG_MSG_PACKAGE_TOUCHED, .rule = "its content is as it was encrypted");
}

enum { SIGN_FLAGS = CMS_DETACHED | CMS_BINARY | CMS_NOCERTS | CMS_NOSMIMECAP };

/* PSS (RFC 8017) for RSA keys. */
static bool add_signer(CMS_ContentInfo *cms, X509 *cert, EVP_PKEY *key)
{
    CMS_SignerInfo *info =
        CMS_add1_signer(cms, cert, key, EVP_sha256(), SIGN_FLAGS | CMS_KEY_PARAM);
    if (!info)
        return false;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
        return true;
    EVP_PKEY_CTX *ctx = CMS_SignerInfo_get0_pkey_ctx(info);
    return ctx && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
}

enum tg_status tg_cms_sign(const struct tg_buf *text, X509 *cert, EVP_PKEY *key, struct tg_buf *der,
                           struct tg_error *err)
{
    unsigned char *bytes = NULL;
    int len = 0;
    enum tg_status status = tg_openssl_ready(err);
    if (status)
        return status;
    BIO *in = BIO_new_mem_buf(text->data, (int)text->len);
    CMS_ContentInfo *cms = in ? CMS_sign(NULL, NULL, NULL, in, SIGN_FLAGS | CMS_PARTIAL) : NULL;
    if (!cms || !add_signer(cms, cert, key) || CMS_final(cms, in, NULL, SIGN_FLAGS) != 1 ||
        (len = i2d_CMS_ContentInfo(cms, &bytes)) <= 0)
        status = tg_openssl_failed(err);
    else
        status = tg_buf_add(der, bytes, (size_t)len, err);
    OPENSSL_free(bytes);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return status;
}

enum tg_status tg_cms_verify(const struct tg_buf *text, const struct tg_buf *der, X509 *cert,
                             struct tg_error *err)
{
    enum tg_status status = tg_openssl_ready(err);
    if (status)
        return status;
    CMS_ContentInfo *cms = parse(der);
    STACK_OF(X509) *certs = sk_X509_new_null();
    BIO *in = BIO_new_mem_buf(text->data, (int)text->len);
    bool pushed = certs && sk_X509_push(certs, cert) > 0;
    if (!in || !pushed)
        status = tg_openssl_failed(err);
    /* the certificate is the one that was named: there is no chain to follow on this machine */
    else if (!cms || CMS_verify(cms, certs, NULL, in, NULL,
                                CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY) != 1) {
        ERR_clear_error();
        status = TG_FAIL(err, TG_MSG_PACKAGE_SIGNER, .line = 0);
    }
    sk_X509_free(certs);
    BIO_free(in);
    CMS_ContentInfo_free(cms);
    return status;
}
