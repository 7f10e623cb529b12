/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include "base/mem.h"
#include "crypto/engine.h"
#include "sys/file.h"

#include <openssl/crypto.h>
#include <stdlib.h>

enum { CHUNK = 256 * 1024 };

enum tg_status tg_digest_new(struct tg_digest **out, struct tg_error *err)
{
    struct tg_digest *d = tg_calloc(1, sizeof *d, err);
    if (!d)
        return TG_NO_MEMORY;
    enum tg_status status = tg_engine_choose(&d->engine, err);
    if (!status)
        status = d->engine->digest_start(d, err);
    if (status) {
        free(d);
        return status;
    }
    *out = d;
    return TG_OK;
}

void tg_digest_add(struct tg_digest *d, const void *data, size_t len)
{
    if (len)
        d->engine->digest_add(d, data, len);
}

void tg_digest_hex(struct tg_digest *d, char out[TG_DIGEST_HEX + 1])
{
    unsigned char digest[TG_DIGEST_LEN];
    d->engine->digest_end(d, digest);
    tg_hex_encode(digest, sizeof digest, out);
    out[TG_DIGEST_HEX] = '\0';
}

void tg_digest_free(struct tg_digest **d)
{
    if (!d || !*d)
        return;
    (*d)->engine->digest_stop(*d);
    free(*d);
    *d = NULL;
}

void tg_digest_of(const void *data, size_t len, char out[TG_DIGEST_HEX + 1])
{
    struct tg_digest d;
    if (tg_engine_choose(&d.engine, NULL) || d.engine->digest_start(&d, NULL)) {
        d.engine = &tg_engine_block;
        if (d.engine->digest_start(&d, NULL))
            abort();
    }
    tg_digest_add(&d, data, len);
    tg_digest_hex(&d, out);
    d.engine->digest_stop(&d);
}

static enum tg_status digest_input(struct tg_input *in, struct tg_digest *d, struct tg_error *err)
{
    char *chunk = tg_calloc(CHUNK, 1, err);
    if (!chunk)
        return TG_NO_MEMORY;
    enum tg_status status;
    size_t got;
    do {
        got = 0;
        status = tg_input_read(in, chunk, CHUNK, &got, err);
        tg_digest_add(d, chunk, got);
    } while (!status && got > 0);
    tg_wipe(chunk, CHUNK);
    free(chunk);
    return status;
}

enum tg_status tg_digest_file(const char *path, char out[TG_DIGEST_HEX + 1], struct tg_error *err)
{
    struct tg_input *in = NULL;
    struct tg_digest *d = NULL;
    enum tg_status status = tg_input_open(path, &in, err);
    if (!status)
        status = tg_digest_new(&d, err);
    if (!status)
        status = digest_input(in, d, err);
    if (!status)
        tg_digest_hex(d, out);
    tg_digest_free(&d);
    tg_input_close(&in);
    return status;
}

bool tg_equal_secret(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}
