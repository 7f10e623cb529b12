/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a token costs: HMAC-SHA-256 of 40 bytes in six ways, each against two bare compressions in
 * the same run. Every message depends on the token before it, so that no two overlap in the
 * processor but those of one row where they are computed together. Ends with 1 when the library's
 * own way costs more than LIMIT times the bare pair.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/engine.h"

#include <totsugo/sys.h>

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE = 40, ROUNDS = 200, BATCH = 29 /* tokens of a roster row */ };

static const double LIMIT = 1.3;

struct bench {
    struct tg_token_key *block;
    struct tg_token_key *provider;
    EVP_MAC_CTX *reinit;
    struct tg_token_batch batch;
    unsigned char secret[TG_KEY_LEN];
    unsigned char message[SHA256_CBLOCK];
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench_hmac: %s failed\n", what);
    exit(EXIT_FAILURE);
}

static void run_bare(struct bench *b, int n)
{
    SHA256_CTX c;
    must(SHA256_Init(&c) == 1, "SHA256_Init");
    for (int i = 0; i < n; i++) {
        SHA256_Transform(&c, b->message);
        SHA256_Transform(&c, b->message);
    }
    memcpy(b->message, c.h, TG_TOKEN_LEN);
}

static void run_block(struct bench *b, int n)
{
    for (int i = 0; i < n; i++)
        tg_token_compute(b->block, b->message, MESSAGE, b->message);
}

/* As a roster is read: the tokens of a row together, rows one after the other. */
static void run_batch(struct bench *b, int n)
{
    for (int i = 0; i < n; i += BATCH) {
        tg_token_batch_begin(&b->batch);
        for (int j = 0; j < BATCH; j++) {
            char *message = tg_token_batch_room(&b->batch, MESSAGE, NULL);
            must(message != NULL, "tg_token_batch_room");
            memcpy(message, b->message, MESSAGE);
            tg_token_batch_put(&b->batch, b->block, MESSAGE);
        }
        tg_token_batch_compute(&b->batch);
        memcpy(b->message, b->batch.tokens[BATCH - 1], TG_TOKEN_LEN);
    }
}

static void run_provider(struct bench *b, int n)
{
    for (int i = 0; i < n; i++)
        tg_token_compute(b->provider, b->message, MESSAGE, b->message);
}

static void run_reinit(struct bench *b, int n)
{
    for (int i = 0; i < n; i++) {
        unsigned char mac[TG_DIGEST_LEN];
        size_t len;
        must(EVP_MAC_init(b->reinit, NULL, 0, NULL) == 1 &&
                 EVP_MAC_update(b->reinit, b->message, MESSAGE) == 1 &&
                 EVP_MAC_final(b->reinit, mac, &len, sizeof mac) == 1,
             "EVP_MAC");
        memcpy(b->message, mac, TG_TOKEN_LEN);
    }
}

static void run_one_shot(struct bench *b, int n)
{
    for (int i = 0; i < n; i++) {
        unsigned char mac[TG_DIGEST_LEN];
        must(HMAC(EVP_sha256(), b->secret, TG_KEY_LEN, b->message, MESSAGE, mac, NULL) != NULL,
             "HMAC");
        memcpy(b->message, mac, TG_TOKEN_LEN);
    }
}

static const struct {
    const char *name;
    void (*run)(struct bench *b, int n);
    int n;
} ways[] = {
    {"two bare compressions", run_bare, 20000},
    {"prepared states (tg_token_compute)", run_block, 20000},
    {"prepared states, tokens of a row together", run_batch, 690 * BATCH},
    {"EVP_MAC copy (FIPS path of tg_token_compute)", run_provider, 5000},
    {"EVP_MAC re-init", run_reinit, 5000},
    {"one-shot HMAC()", run_one_shot, 2000},
};

enum { N_WAYS = sizeof ways / sizeof ways[0] };

static void setup(struct bench *b)
{
    char sha256[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    for (size_t i = 0; i < sizeof b->secret; i++)
        b->secret[i] = (unsigned char)i;
    must(tg_mac_key_new(&tg_engine_block, b->secret, TG_KEY_LEN, &b->block, NULL) == TG_OK &&
             tg_mac_key_new(&tg_engine_provider, b->secret, TG_KEY_LEN, &b->provider, NULL) ==
                 TG_OK,
         "tg_mac_key_new");
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    b->reinit = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    must(b->reinit && EVP_MAC_init(b->reinit, b->secret, TG_KEY_LEN, params) == 1, "EVP_MAC_init");
}

/* Seconds a message, the best of many rounds taken in turn: each is short enough to fall between
 * what else the machine does. */
static void measure(struct bench *b, double seconds[N_WAYS])
{
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < N_WAYS; i++) {
            double begin = tg_clock_seconds();
            ways[i].run(b, ways[i].n);
            double each = (tg_clock_seconds() - begin) / ways[i].n;
            if (round == 0 || each < seconds[i])
                seconds[i] = each;
        }
    }
}

int main(void)
{
    struct bench b = {0};
    double seconds[N_WAYS];
    setup(&b);
    measure(&b, seconds);
    printf("HMAC-SHA-256 of %d bytes, one thread, best of %d rounds\n", MESSAGE, ROUNDS);
    for (size_t i = 0; i < N_WAYS; i++)
        printf("%-46s %7.2f M/s %7.2f x\n", ways[i].name, 1e-6 / seconds[i],
               seconds[i] / seconds[0]);
    bool kept = seconds[1] <= LIMIT * seconds[0];
    printf("limit for prepared states: %.2f x, %s\n", LIMIT, kept ? "kept" : "broken");
    EVP_MAC_CTX_free(b.reinit);
    tg_token_key_free(&b.block);
    tg_token_key_free(&b.provider);
    tg_token_batch_free(&b.batch);
    return kept ? EXIT_SUCCESS : EXIT_FAILURE;
}
