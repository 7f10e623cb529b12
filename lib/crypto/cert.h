/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Certificates and private keys in PEM, and CMS (RFC 5652, RFC 5083) with them.
 */
#ifndef TG_CRYPTO_CERT_H
#define TG_CRYPTO_CERT_H

#include <totsugo/crypto.h>

#include "base/mem.h"

#include <openssl/x509.h>

enum tg_cert_use { TG_CERT_SIGNS, TG_CERT_RECEIVES };

/**
 * A certificate that may be used so.
 * @return TG_OK; TG_NO_INPUT; TG_NO_PERMISSION: no certificate, or not for this use; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_cert_load(const char *path, enum tg_cert_use use, X509 **out,
                                       struct tg_error *err);
/** Was it valid at this ISO 8601 UTC time? @return TG_OK, TG_NO_PERMISSION */
TG_CHECKED enum tg_status tg_cert_valid_at(X509 *cert, const char *time, const char *path,
                                           struct tg_error *err);
/** SHA-256 of the certificate as hex. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_cert_fingerprint(X509 *cert, char hex[65], struct tg_error *err);

/**
 * The private key that belongs to a certificate.
 *
 * @param path        a regular file that only its owner can read
 * @param passphrase  NULL: the key lies open
 * @return TG_OK; TG_NO_INPUT; TG_NO_PERMISSION: others can read it, no key, another passphrase, or
 *         a key of another certificate; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_private_key_load(const char *path, X509 *cert,
                                              const struct tg_passphrase *passphrase,
                                              EVP_PKEY **out, struct tg_error *err);

/** Takes bytes on. */
typedef enum tg_status tg_on_bytes(void *ctx, const void *data, size_t len, struct tg_error *err);

/** An encryption to a certificate: AES-256-GCM, the content outside of the structure. */
struct tg_envelope;
/** @param on  gets the encrypted bytes, as many as go in */
TG_CHECKED enum tg_status tg_envelope_new(X509 *to, tg_on_bytes *on, void *ctx,
                                          struct tg_envelope **out, struct tg_error *err);
/** The inverse. @param on  gets the decrypted bytes, not yet authenticated
 * @return TG_OK; TG_NO_PERMISSION: not for this certificate */
TG_CHECKED enum tg_status tg_envelope_open(const struct tg_buf *der, X509 *cert, EVP_PKEY *key,
                                           tg_on_bytes *on, void *ctx, struct tg_envelope **out,
                                           struct tg_error *err);
TG_CHECKED enum tg_status tg_envelope_add(struct tg_envelope *e, const void *data, size_t len,
                                          struct tg_error *err);
/** Ends an encryption: the structure in DER. */
TG_CHECKED enum tg_status tg_envelope_end(struct tg_envelope *e, struct tg_buf *der,
                                          struct tg_error *err);
/** Ends a decryption. @return TG_OK; TG_NO_PERMISSION: the content was changed */
TG_CHECKED enum tg_status tg_envelope_check(struct tg_envelope *e, struct tg_error *err);
void tg_envelope_free(struct tg_envelope **e);

/** A detached signature in DER. */
TG_CHECKED enum tg_status tg_cms_sign(const struct tg_buf *text, X509 *cert, EVP_PKEY *key,
                                      struct tg_buf *der, struct tg_error *err);
/** @return TG_OK; TG_NO_PERMISSION: not this text, or not this certificate's */
TG_CHECKED enum tg_status tg_cms_verify(const struct tg_buf *text, const struct tg_buf *der,
                                        X509 *cert, struct tg_error *err);

#endif
