/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that uses OpenSSL's low-level SHA-256, deprecated since 3.0: a token costs two
 * compressions there and several times as much through the providers. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/engine.h"

#include "base/mem.h"

#include <string.h>

enum {
    BLOCK = SHA256_CBLOCK,
    LENGTH_AT = BLOCK - 8,
    IPAD = 0x36,
    OPAD = 0x5C,
    LANES = 16, /* messages whose compressions follow each other without waiting */
};

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

/* The last `len` < BLOCK bytes of a message of `total` bytes become its last block, with the
 * padding of FIPS 180-4. */
static void pad(SHA256_CTX *c, unsigned char block[BLOCK], size_t len, uint64_t total)
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
}

/* The inner hash, behind the whole blocks of its message: up to its last block. */
static void end_inner(SHA256_CTX *c, unsigned char block[BLOCK], const unsigned char *message,
                      size_t len)
{
    size_t left = len % BLOCK;
    if (left)
        memcpy(block, message + len - left, left);
    pad(c, block, left, BLOCK + (uint64_t)len);
}

/* The outer hash of the inner one's result, which is one block. */
static void begin_outer(SHA256_CTX *c, unsigned char block[BLOCK], const struct tg_token_key *key)
{
    put_state(block, c);
    memcpy(c->h, key->outer, sizeof key->outer);
    pad(c, block, TG_DIGEST_LEN, BLOCK + TG_DIGEST_LEN);
}

static void mac(const struct tg_token_key *key, const void *message, size_t len,
                unsigned char out[TG_DIGEST_LEN])
{
    SHA256_CTX c;
    unsigned char block[BLOCK];
    memcpy(c.h, key->inner, sizeof key->inner);
    for (size_t at = 0; at + BLOCK <= len; at += BLOCK)
        SHA256_Transform(&c, (const unsigned char *)message + at);
    end_inner(&c, block, message, len);
    SHA256_Transform(&c, block);
    begin_outer(&c, block, key);
    SHA256_Transform(&c, block);
    put_state(out, &c);
    tg_wipe(block, sizeof block);
}

struct lanes {
    SHA256_CTX c[LANES];
    unsigned char blocks[LANES][BLOCK];
};

static void compress(struct lanes *l, size_t n)
{
    for (size_t i = 0; i < n; i++)
        SHA256_Transform(&l->c[i], l->blocks[i]);
}

/* A block of each message in turn, as long as there are any. */
static void begin_inners(struct lanes *l, const struct tg_token_request *r, size_t n,
                         const unsigned char *messages)
{
    bool more = true;
    for (size_t i = 0; i < n; i++)
        memcpy(l->c[i].h, r[i].key->inner, sizeof r[i].key->inner);
    for (size_t at = 0; more; at += BLOCK) {
        more = false;
        for (size_t i = 0; i < n; i++) {
            if (at + BLOCK > r[i].len)
                continue;
            SHA256_Transform(&l->c[i], messages + r[i].at + at);
            more = true;
        }
    }
    for (size_t i = 0; i < n; i++)
        end_inner(&l->c[i], l->blocks[i], messages + r[i].at, r[i].len);
}

static void tokens(const struct tg_token_request *requests, size_t n, const unsigned char *messages,
                   unsigned char (*out)[TG_TOKEN_LEN])
{
    struct lanes l;
    for (size_t from = 0, some; from < n; from += some) {
        const struct tg_token_request *r = requests + from;
        some = n - from < LANES ? n - from : LANES;
        begin_inners(&l, r, some, messages);
        compress(&l, some);
        for (size_t i = 0; i < some; i++)
            begin_outer(&l.c[i], l.blocks[i], r[i].key);
        compress(&l, some);
        for (size_t i = 0; i < some; i++) {
            put_state(l.blocks[i], &l.c[i]);
            memcpy(out[from + i], l.blocks[i], TG_TOKEN_LEN);
        }
    }
    tg_wipe(&l, sizeof l);
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
    .tokens = tokens,
    .mac_stop = mac_stop,
};
