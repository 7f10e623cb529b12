/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/batch.h"

#include "crypto/engine.h"

#include <stdlib.h>

void tg_token_batch_begin(struct tg_token_batch *b)
{
    b->n = 0;
    b->messages.len = 0;
}

char *tg_token_batch_room(struct tg_token_batch *b, size_t len, struct tg_error *err)
{
    if (tg_buf_reserve(&b->messages, len, err) ||
        tg_grow(&b->requests, &b->cap, b->n + 1, sizeof *b->requests, err) ||
        tg_grow(&b->tokens, &b->cap_tokens, b->n + 1, sizeof *b->tokens, err))
        return NULL;
    return b->messages.data + b->messages.len;
}

void tg_token_batch_put(struct tg_token_batch *b, const struct tg_token_key *key, size_t len)
{
    b->requests[b->n++] = (struct tg_token_request){key, b->messages.len, len};
    b->messages.len += len;
}

/* Keys of one run have one engine as a rule. */
void tg_token_batch_compute(struct tg_token_batch *b)
{
    for (size_t from = 0, to; from < b->n; from = to) {
        const struct tg_engine *engine = b->requests[from].key->engine;
        for (to = from + 1; to < b->n && b->requests[to].key->engine == engine;)
            to++;
        engine->tokens(b->requests + from, to - from, (unsigned char *)b->messages.data,
                       b->tokens + from);
    }
}

void tg_token_batch_free(struct tg_token_batch *b)
{
    tg_buf_free(&b->messages);
    free(b->requests);
    free(b->tokens);
    *b = (struct tg_token_batch){0};
}
