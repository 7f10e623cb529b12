/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that uses OpenSSL's low-level SHA-256, deprecated since 3.0: a token costs two
 * compressions there and several times as much through the providers. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/engine.h"

#include "base/mem.h"

#include <string.h>

enum { BLOCK = SHA256_CBLOCK, LENGTH_AT = BLOCK - 8, IPAD = 0x36, OPAD = 0x5C };

/* Whole words: at -O3 the loop over bytes becomes stores that the block function waits for. */
static uint32_t big_endian32(uint32_t word)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? word : __builtin_bswap32(word);
}

static uint64_t big_endian64(uint64_t word)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? word : __builtin_bswap64(word);
}

static void put_state(unsigned char *out, const SHA256_CTX *c)
{
    for (size_t i = 0; i < 8; i++) {
        uint32_t word = big_endian32((uint32_t)c->h[i]);
        memcpy(out + 4 * i, &word, sizeof word);
    }
}

/* The last `len` < BLOCK bytes of a message of `total` bytes, with the padding of FIPS 180-4. */
static void finish(SHA256_CTX *c, unsigned char block[BLOCK], size_t len, uint64_t total)
{
    block[len++] = 0x80;
    if (len > LENGTH_AT) {
        memset(block + len, 0, BLOCK - len);
        SHA256_Transform(c, block);
        len = 0;
    }
    memset(block + len, 0, LENGTH_AT - len);
    uint64_t bits = big_endian64(total * 8);
    memcpy(block + LENGTH_AT, &bits, sizeof bits);
    SHA256_Transform(c, block);
}

static void mac(const struct tg_token_key *key, const void *message, size_t len,
                unsigned char out[TG_DIGEST_LEN])
{
    SHA256_CTX c;
    unsigned char block[BLOCK];
    const unsigned char *p = message;
    size_t left = len;
    memcpy(c.h, key->inner, sizeof key->inner);
    for (; left >= BLOCK; p += BLOCK, left -= BLOCK)
        SHA256_Transform(&c, p);
    if (left)
        memcpy(block, p, left);
    finish(&c, block, left, BLOCK + (uint64_t)len);
    put_state(block, &c);
    memcpy(c.h, key->outer, sizeof key->outer);
    finish(&c, block, TG_DIGEST_LEN, BLOCK + TG_DIGEST_LEN);
    put_state(out, &c);
    tg_wipe(block, sizeof block);
}

static enum tg_status digest_start(struct tg_digest *d, struct tg_error *err)
{
    return SHA256_Init(&d->state.block) == 1 ? TG_OK : tg_openssl_failed(err);
}

static void digest_add(struct tg_digest *d, const void *data, size_t len)
{
    (void)SHA256_Update(&d->state.block, data, len);
}

static void digest_end(struct tg_digest *d, unsigned char out[TG_DIGEST_LEN])
{
    (void)SHA256_Final(out, &d->state.block);
}

static void digest_stop(struct tg_digest *d)
{
    tg_wipe(&d->state.block, sizeof d->state.block);
}

/* A state after one block of the key and a pad byte. */
static void prepare(uint32_t state[8], unsigned char pad[BLOCK], unsigned byte)
{
    SHA256_CTX c;
    (void)SHA256_Init(&c);
    for (size_t i = 0; i < BLOCK; i++)
        pad[i] = (unsigned char)(pad[i] ^ byte);
    SHA256_Transform(&c, pad);
    memcpy(state, c.h, sizeof c.h);
    tg_wipe(&c, sizeof c);
}

static enum tg_status mac_start(struct tg_token_key *key, const void *secret, size_t len,
                                struct tg_error *err)
{
    if (len > BLOCK) {
        struct tg_digest d;
        enum tg_status status = digest_start(&d, err);
        if (status)
            return status;
        digest_add(&d, secret, len);
        digest_end(&d, key->pad);
        digest_stop(&d);
    } else {
        memcpy(key->pad, secret, len);
    }
    prepare(key->inner, key->pad, IPAD);
    prepare(key->outer, key->pad, IPAD ^ OPAD);
    tg_wipe(key->pad, sizeof key->pad);
    return TG_OK;
}

static void mac_stop(struct tg_token_key *key)
{
    tg_wipe(key->inner, sizeof key->inner);
    tg_wipe(key->outer, sizeof key->outer);
}

const struct tg_engine tg_engine_block = {
    .name = "block",
    .digest_start = digest_start,
    .digest_add = digest_add,
    .digest_end = digest_end,
    .digest_stop = digest_stop,
    .mac_start = mac_start,
    .mac = mac,
    .mac_stop = mac_stop,
};
