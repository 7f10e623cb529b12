/* SPDX-License-Identifier: Apache-2.0 */
#include "text/encode.h"

#include "text/utf8.h"

#include <iconv.h>
#include <stdlib.h>

#define NO_ICONV ((iconv_t)-1)

struct tg_encoder {
    iconv_t to_cp932; /* NO_ICONV for UTF-8 */
};

enum tg_status tg_encoder_new(enum tg_encoding encoding, struct tg_encoder **out,
                              struct tg_error *err)
{
    if (encoding != TG_ENCODING_UTF8 && encoding != TG_ENCODING_CP932)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "an encoder is of one encoding");
    struct tg_encoder *e = tg_calloc(1, sizeof *e, err);
    if (!e)
        return TG_NO_MEMORY;
    e->to_cp932 = NO_ICONV;
    if (encoding == TG_ENCODING_CP932) {
        e->to_cp932 = iconv_open("CP932", "UTF-8");
        if (e->to_cp932 == NO_ICONV) {
            free(e);
            return TG_FAIL(err, TG_MSG_NO_CP932, .line = 0);
        }
    }
    *out = e;
    return TG_OK;
}

static size_t other_run(const char *in, size_t len)
{
    size_t n = 0;
    while (n < len && (unsigned char)in[n] >= 0x80)
        n++;
    return n;
}

/* Two bytes of CP932 come of at least two of UTF-8. */
static enum tg_status encode_run(struct tg_encoder *e, const char *in, size_t len,
                                 struct tg_buf *out, bool *ok, struct tg_error *err)
{
    enum tg_status status = tg_buf_reserve(out, len, err);
    if (status)
        return status;
    char *from = (char *)in, *to = out->data + out->len;
    size_t from_len = len, to_len = len;
    (void)iconv(e->to_cp932, NULL, NULL, NULL, NULL);
    *ok = iconv(e->to_cp932, &from, &from_len, &to, &to_len) == 0 && from_len == 0;
    out->len += len - to_len;
    return TG_OK;
}

enum tg_status tg_encode(struct tg_encoder *e, const char *in, size_t len, struct tg_buf *out,
                         bool *ok, struct tg_error *err)
{
    *ok = true;
    if (e->to_cp932 == NO_ICONV) {
        *ok = tg_utf8_valid(in, len);
        return *ok ? tg_buf_add(out, in, len, err) : TG_OK;
    }
    size_t start = out->len;
    while (len > 0) {
        size_t n = tg_ascii_prefix(in, len);
        enum tg_status status = tg_buf_add(out, in, n, err);
        size_t other = other_run(in + n, len - n);
        if (!status && other)
            status = encode_run(e, in + n, other, out, ok, err);
        if (status || !*ok) {
            tg_wipe(out->data + start, out->len - start);
            out->len = start;
            return status;
        }
        in += n + other;
        len -= n + other;
    }
    return TG_OK;
}

void tg_encoder_free(struct tg_encoder **e)
{
    if (!e || !*e)
        return;
    if ((*e)->to_cp932 != NO_ICONV)
        (void)iconv_close((*e)->to_cp932);
    free(*e);
    *e = NULL;
}
