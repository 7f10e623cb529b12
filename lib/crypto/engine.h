/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * SHA-256 and HMAC in two ways that give the same bytes: on OpenSSL's block function with states
 * prepared once a key, and through the providers where FIPS is asked for.
 */
#ifndef TG_CRYPTO_ENGINE_H
#define TG_CRYPTO_ENGINE_H

#include "crypto/batch.h"
#include "crypto/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

struct tg_digest {
    const struct tg_engine *engine;
    union {
        SHA256_CTX block;
        EVP_MD_CTX *evp;
    } state;
};

struct tg_token_key {
    const struct tg_engine *engine;
    uint32_t inner[8];                /**< SHA-256 after the block of key and ipad (RFC 2104) */
    uint32_t outer[8];                /**< after the block of key and opad */
    EVP_MAC_CTX *evp;                 /**< keyed, never used itself, only copied */
    unsigned char pad[SHA256_CBLOCK]; /**< scratch while the key is made; zero afterwards */
};

/** One way to compute. What a start function failed to start need not be stopped. */
struct tg_engine {
    const char *name;
    enum tg_status (*digest_start)(struct tg_digest *d, struct tg_error *err);
    void (*digest_add)(struct tg_digest *d, const void *data, size_t len);
    void (*digest_end)(struct tg_digest *d, unsigned char out[TG_DIGEST_LEN]);
    void (*digest_stop)(struct tg_digest *d);
    enum tg_status (*mac_start)(struct tg_token_key *key, const void *secret, size_t len,
                                struct tg_error *err);
    void (*mac)(const struct tg_token_key *key, const void *message, size_t len,
                unsigned char mac[TG_DIGEST_LEN]);
    /** The first 16 bytes of mac() for each request. */
    void (*tokens)(const struct tg_token_request *requests, size_t n, const unsigned char *messages,
                   unsigned char (*tokens)[TG_TOKEN_LEN]);
    void (*mac_stop)(struct tg_token_key *key);
};

extern const struct tg_engine tg_engine_block;
extern const struct tg_engine tg_engine_provider;

/**
 * To be asked before anything else of OpenSSL 3.0, which crashes where it could not set itself up
 * for want of memory. @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_openssl_ready(struct tg_error *err);

/**
 * The engine for this process: the provider's where OpenSSL's default properties ask for FIPS.
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_engine_choose(const struct tg_engine **out, struct tg_error *err);

/** A failure of OpenSSL as TG_NO_MEMORY or TG_BUG, whichever its error queue tells; empties it. */
enum tg_status tg_openssl_failed(struct tg_error *err);

/** A key for tg_mac() made of any secret of `len` bytes (not NULL). @return TG_OK, TG_NO_MEMORY,
 * TG_BUG */
TG_CHECKED enum tg_status tg_mac_key_new(const struct tg_engine *engine, const void *secret,
                                         size_t len, struct tg_token_key **out,
                                         struct tg_error *err);

/**
 * HKDF-SHA-256 (RFC 5869), the first 32 bytes, which are one step of its expansion.
 *
 * @param ikm   input keying material, `ikm_len` bytes
 * @param salt  `salt_len` bytes, not NULL
 * @param info  `info_len` bytes
 * @param okm   out: 32 bytes; secret memory
 * @return TG_OK, TG_NO_MEMORY, TG_BUG
 */
TG_CHECKED enum tg_status tg_hkdf(const struct tg_engine *engine, const void *ikm, size_t ikm_len,
                                  const void *salt, size_t salt_len, const void *info,
                                  size_t info_len, unsigned char okm[TG_KEY_LEN],
                                  struct tg_error *err);

#endif
