/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/decoders.h"

#include "text/utf8.h"

enum tg_status tg_decoders_new(struct tg_decoders *d, struct tg_error *err)
{
    return tg_decoder_new(TG_ENCODING_CP932, &d->cp932, err);
}

enum tg_status tg_decoders_read(struct tg_decoders *d, enum tg_encoding encoding, const char *raw,
                                size_t len, struct tg_decoded *out, bool *ok, struct tg_error *err)
{
    *out = (struct tg_decoded){raw, 0, len};
    *ok = tg_ascii_prefix(raw, len) == len;
    if (!*ok && encoding == TG_ENCODING_UTF8)
        *ok = tg_utf8_valid(raw, len);
    if (*ok || encoding == TG_ENCODING_UTF8)
        return TG_OK;
    out->raw = NULL;
    out->at = d->text.len;
    enum tg_status status = tg_decode(d->cp932, raw, len, &d->text, ok, err);
    out->len = d->text.len - out->at;
    return status;
}

const char *tg_decoded_text(const struct tg_decoders *d, const struct tg_decoded *cell)
{
    return cell->raw ? cell->raw : d->text.data + cell->at;
}

void tg_decoders_free(struct tg_decoders *d)
{
    tg_decoder_free(&d->cp932);
    tg_buf_free(&d->text);
}
