/* SPDX-License-Identifier: Apache-2.0 */
#include "text/encode.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* Text of one encoding, or nothing. @return whether it was text */
static bool decode(enum tg_encoding encoding, const uint8_t *data, size_t size, struct tg_buf *out)
{
    struct tg_decoder *d = NULL;
    bool ok = false;
    must(tg_decoder_new(encoding, &d, NULL) == TG_OK);
    must(tg_decode(d, (const char *)data, size, out, &ok, NULL) == TG_OK);
    tg_decoder_free(&d);
    must(ok || out->len == 0);
    must(tg_utf8_valid(out->data ? out->data : "", out->len));
    return ok;
}

/* What CP932 gave, it takes back, and gives again. */
static void there_and_back(const struct tg_buf *text)
{
    struct tg_encoder *e = NULL;
    struct tg_buf bytes = {0}, again = {0};
    bool ok = false;
    must(tg_encoder_new(TG_ENCODING_CP932, &e, NULL) == TG_OK);
    must(tg_encode(e, text->data, text->len, &bytes, &ok, NULL) == TG_OK);
    must(ok && decode(TG_ENCODING_CP932, (const uint8_t *)bytes.data, bytes.len, &again));
    must(again.len == text->len && memcmp(again.data, text->data, text->len) == 0);
    tg_buf_free(&bytes);
    tg_buf_free(&again);
    tg_encoder_free(&e);
}

/* The first byte chooses the encoding. What is decoded is UTF-8; what is refused left nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_buf out = {0};
    if (size < 2)
        return 0;
    const bool cp932 = data[0] % 2;
    bool ok = decode(cp932 ? TG_ENCODING_CP932 : TG_ENCODING_UTF8, data + 1, size - 1, &out);
    must(cp932 || ok == tg_utf8_valid((const char *)data + 1, size - 1));
    must(cp932 || !ok || (out.len == size - 1 && memcmp(out.data, data + 1, size - 1) == 0));
    if (cp932 && ok)
        there_and_back(&out);
    tg_buf_free(&out);
    return 0;
}
