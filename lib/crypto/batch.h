/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Many tokens at once. The rounds of SHA-256 wait for each other; those of another message do not,
 * and the processor overlaps them: together tokens cost little more than half of what they cost
 * one by one. The bytes are those of tg_token_compute().
 */
#ifndef TG_CRYPTO_BATCH_H
#define TG_CRYPTO_BATCH_H

#include "base/mem.h"

#include <totsugo/crypto.h>

/** A token to be computed. */
struct tg_token_request {
    const struct tg_token_key *key;
    size_t at, len; /**< of its message in the batch's messages */
};

/** Messages of one row or of many. All zero is empty; `n` = 0 and `messages.len` = 0 begin anew. */
struct tg_token_batch {
    struct tg_buf messages;
    struct tg_token_request *requests;
    size_t n, cap;
    unsigned char (*tokens)[TG_TOKEN_LEN]; /**< out of tg_token_batch_compute(), by request */
    size_t cap_tokens;
};

/** Empties the batch; its room stays. */
void tg_token_batch_begin(struct tg_token_batch *b);
/** Room for one more message of up to `len` bytes and its token; NULL with `err` set. */
TG_CHECKED char *tg_token_batch_room(struct tg_token_batch *b, size_t len, struct tg_error *err);
/** The message that was put into that room, `len` bytes of it, is to become a token of `key`. */
void tg_token_batch_put(struct tg_token_batch *b, const struct tg_token_key *key, size_t len);
/** Computes all tokens. */
void tg_token_batch_compute(struct tg_token_batch *b);
/** Wipes and frees. */
void tg_token_batch_free(struct tg_token_batch *b);

#endif
