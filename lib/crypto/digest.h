/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Digests of files, and the keys that stay on the joining machine.
 */
#ifndef TG_CRYPTO_DIGEST_H
#define TG_CRYPTO_DIGEST_H

#include <totsugo/crypto.h>

enum { TG_DIGEST_LEN = 32, TG_DIGEST_HEX = 64 };

/** SHA-256 (FIPS 180-4) as it goes. One thread at a time. */
struct tg_digest;
/** @return TG_OK, TG_NO_MEMORY, TG_BUG */
TG_CHECKED enum tg_status tg_digest_new(struct tg_digest **out, struct tg_error *err);
void tg_digest_add(struct tg_digest *d, const void *data, size_t len);
/** Ends it: 64 lower-case hex digits and NUL. The object can only be freed afterwards. */
void tg_digest_hex(struct tg_digest *d, char out[TG_DIGEST_HEX + 1]);
void tg_digest_free(struct tg_digest **d);

/**
 * SHA-256 of bytes in memory as hex. Cannot fail: where a FIPS provider is asked for and cannot
 * work, this is computed without it, since it protects no secret.
 */
void tg_digest_of(const void *data, size_t len, char out[TG_DIGEST_HEX + 1]);
/** SHA-256 of a file. @return TG_OK, TG_NO_INPUT, TG_IO, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_digest_file(const char *path, char out[TG_DIGEST_HEX + 1],
                                         struct tg_error *err);

/** Do two secrets of the same length agree? The time taken does not depend on where they differ. */
bool tg_equal_secret(const void *a, const void *b, size_t len);

/**
 * A purpose-bound key derived from another: HKDF-SHA-256(key, salt = study, info = label). For the
 * site key: "totsugo/site/token" (stored tokens), "totsugo/site/identity" (digests of
 * combinations of tokens), "totsugo/site/subject" (subject ids),
 * "totsugo/site/audit" (seal of the audit log), "totsugo/site/order" (seeded draws).
 * Use with tg_token_compute() or tg_mac(). The key must be of this study.
 * @return TG_OK; TG_NO_PERMISSION: the key is of another study; TG_NO_MEMORY; TG_BUG
 */
TG_CHECKED enum tg_status tg_purpose_key_new(const struct tg_key *key, const char *study,
                                             const char *label, struct tg_token_key **out,
                                             struct tg_error *err);
/** All 32 bytes of HMAC-SHA-256 under a derived key. */
void tg_mac(const struct tg_token_key *key, const void *message, size_t len,
            unsigned char mac[TG_DIGEST_LEN]);

#endif
