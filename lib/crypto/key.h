/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The inside of a key, for this room only.
 */
#ifndef TG_CRYPTO_KEY_H
#define TG_CRYPTO_KEY_H

#include <totsugo/crypto.h>

#include "base/mem.h"

/** Lies in secret memory as a whole. */
struct tg_key {
    unsigned char bytes[TG_KEY_LEN];
    unsigned char before[TG_KEY_EPOCHS_MAX - 1][TG_KEY_LEN]; /**< of earlier epochs, newest first */
    size_t n_before;
    struct tg_key_info info;
};

/** A passphrase. Lies in secret memory as a whole. */
struct tg_passphrase {
    size_t len;
    char text[TG_PASSPHRASE_MAX + 1];
};

/** How much work scrypt (RFC 7914) makes of a guess: N, r, p. */
struct tg_scrypt_cost {
    uint64_t n;
    uint32_t r, p;
};

/** An empty key in secret memory. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_key_alloc(struct tg_key **out, struct tg_error *err);

/** Is it 1…63 of [a-z0-9-]? `id` need not be NUL-ended. */
TG_CHECKED bool tg_study_id_valid(const char *id, size_t len);

/** The id of 32 key bytes: 16 hex digits and NUL. @return TG_OK, TG_NO_MEMORY, TG_BUG */
TG_CHECKED enum tg_status tg_key_make_id(const unsigned char bytes[TG_KEY_LEN],
                                         char id[TG_KEY_ID_HEX + 1], struct tg_error *err);

/**
 * scrypt (RFC 7914) by the cryptographic library.
 *
 * @param out  `out_len` bytes, secret memory
 * @return TG_OK; TG_NO_PERMISSION: the library does not offer it (FIPS); TG_NO_MEMORY; TG_BUG
 */
TG_CHECKED enum tg_status tg_scrypt(const void *secret, size_t secret_len, const void *salt,
                                    size_t salt_len, const struct tg_scrypt_cost *cost,
                                    unsigned char *out, size_t out_len, struct tg_error *err);
/** Is this a cost that a key file may ask for? At most 1 GiB and some seconds. */
TG_CHECKED bool tg_scrypt_cost_sane(const struct tg_scrypt_cost *cost);

enum { TG_SEAL_SALT = 16, TG_SEAL_NONCE = 12, TG_SEAL_TAG = 16 };

/** What stands in the clear of a sealed secret. */
struct tg_seal {
    struct tg_scrypt_cost cost;
    unsigned char salt[TG_SEAL_SALT];
    unsigned char nonce[TG_SEAL_NONCE];
};

/** N = 131072, r = 8, p = 1: of new files. */
extern const struct tg_scrypt_cost tg_scrypt_cost_new;
/** A fresh random salt and nonce. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_seal_new(const struct tg_scrypt_cost *cost, struct tg_seal *out,
                                      struct tg_error *err);
/** tg_key_wrap() at a given cost. */
TG_CHECKED enum tg_status tg_key_wrap_at(const struct tg_key *key,
                                         const struct tg_passphrase *passphrase,
                                         const struct tg_scrypt_cost *cost, const char *path,
                                         bool force, struct tg_error *err);
/**
 * AES-256-GCM under the key that scrypt makes of the passphrase.
 *
 * @param header  bytes that are bound to the secret, `header_len`
 * @param out     out: `len` bytes and the tag, TG_SEAL_TAG more
 */
TG_CHECKED enum tg_status tg_seal_close(const struct tg_seal *seal, const struct tg_passphrase *p,
                                        const void *header, size_t header_len, const void *secret,
                                        size_t len, unsigned char *out, struct tg_error *err);
/**
 * The inverse.
 *
 * @param sealed  `len` bytes, the tag among them
 * @param out     out: len − TG_SEAL_TAG bytes, secret memory; undefined unless TG_OK
 * @return TG_OK; TG_NO_PERMISSION: another passphrase, or anything was changed; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_seal_open(const struct tg_seal *seal, const struct tg_passphrase *p,
                                       const void *header, size_t header_len,
                                       const unsigned char *sealed, size_t len, unsigned char *out,
                                       struct tg_error *err);

#endif
