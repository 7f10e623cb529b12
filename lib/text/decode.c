/* SPDX-License-Identifier: Apache-2.0 */
#include "text/decode.h"

#include "text/utf8.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

/* Two-byte characters: first byte 0x81…0x9F or 0xE0…0xFC, second 0x40…0xFC. */
enum {
    LEAD_LOW = 0x81,
    LEAD_LOW_LAST = 0x9F,
    LEAD_HIGH = 0xE0,
    LEAD_HIGH_LAST = 0xFC,
    N_LEADS = (LEAD_LOW_LAST - LEAD_LOW + 1) + (LEAD_HIGH_LAST - LEAD_HIGH + 1),
    TRAIL_FIRST = 0x40,
    TRAIL_LAST = 0xFC,
    N_TRAILS = TRAIL_LAST - TRAIL_FIRST + 1,
    GROWTH = 3, /* a half-width kana: one byte becomes three */
};

/* Code points, 0: no character. All of CP932 lies in the basic plane. */
struct cp932 {
    uint16_t single[256];
    uint16_t pair[N_LEADS][N_TRAILS];
};

struct tg_decoder {
    struct cp932 *cp932; /* NULL: the encoding is UTF-8 */
};

static int lead_index(unsigned char byte)
{
    if (byte >= LEAD_LOW && byte <= LEAD_LOW_LAST)
        return byte - LEAD_LOW;
    if (byte >= LEAD_HIGH && byte <= LEAD_HIGH_LAST)
        return byte - LEAD_HIGH + LEAD_LOW_LAST - LEAD_LOW + 1;
    return -1;
}

static unsigned char lead_byte(int index)
{
    const int n_low = LEAD_LOW_LAST - LEAD_LOW + 1;
    return (unsigned char)(index < n_low ? LEAD_LOW + index : LEAD_HIGH + index - n_low);
}

static uint16_t convert(iconv_t cd, const unsigned char *bytes, size_t len)
{
    char in[2], out[8];
    memcpy(in, bytes, len);
    char *from = in, *to = out;
    size_t in_left = len, out_left = sizeof out;
    (void)iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &from, &in_left, &to, &out_left) == (size_t)-1 || in_left)
        return 0;
    int32_t cp;
    size_t n = sizeof out - out_left;
    return tg_utf8_decode(out, n, &cp) == n && cp <= 0xFFFF ? (uint16_t)cp : 0;
}

static void fill(struct cp932 *table, iconv_t cd)
{
    for (unsigned b = 1; b < 256; b++)
        table->single[b] = convert(cd, &(const unsigned char){(unsigned char)b}, 1);
    for (int lead = 0; lead < N_LEADS; lead++) {
        for (unsigned trail = 0; trail < N_TRAILS; trail++) {
            const unsigned char bytes[] = {lead_byte(lead), (unsigned char)(TRAIL_FIRST + trail)};
            table->pair[lead][trail] = convert(cd, bytes, sizeof bytes);
        }
    }
}

static enum tg_status cp932_new(struct cp932 **out, struct tg_error *err)
{
    iconv_t cd = iconv_open("UTF-8", "CP932");
    if (cd == (iconv_t)-1)
        return TG_FAIL(err, TG_MSG_NO_CP932, .line = 0);
    struct cp932 *table = tg_calloc(1, sizeof *table, err);
    if (table)
        fill(table, cd);
    (void)iconv_close(cd);
    *out = table;
    return table ? TG_OK : TG_NO_MEMORY;
}

enum tg_status tg_decoder_new(enum tg_encoding encoding, struct tg_decoder **out,
                              struct tg_error *err)
{
    if (encoding != TG_ENCODING_UTF8 && encoding != TG_ENCODING_CP932)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "a decoder is of one encoding");
    struct tg_decoder *d = tg_calloc(1, sizeof *d, err);
    if (!d)
        return TG_NO_MEMORY;
    enum tg_status status = encoding == TG_ENCODING_CP932 ? cp932_new(&d->cp932, err) : TG_OK;
    if (status)
        tg_decoder_free(&d);
    else
        *out = d;
    return status;
}

void tg_decoder_free(struct tg_decoder **d)
{
    if (!d || !*d)
        return;
    free((*d)->cp932);
    free(*d);
    *d = NULL;
}

/* @return bytes used, 0 when no character stands there */
static size_t cp932_next(const struct cp932 *table, const char *in, size_t len, int32_t *cp)
{
    const unsigned char *u = (const unsigned char *)in;
    int lead = lead_index(u[0]);
    if (lead < 0) {
        *cp = table->single[u[0]];
        return *cp || u[0] == 0;
    }
    if (len < 2 || u[1] < TRAIL_FIRST || u[1] > TRAIL_LAST)
        return 0;
    *cp = table->pair[lead][u[1] - TRAIL_FIRST];
    return *cp ? 2 : 0;
}

static bool cp932_decode(const struct cp932 *table, const char *in, size_t len, struct tg_buf *out)
{
    const size_t before = out->len;
    for (size_t i = 0; i < len;) {
        int32_t cp;
        size_t n = cp932_next(table, in + i, len - i, &cp);
        if (!n) {
            tg_wipe(out->data + before, out->len - before);
            out->len = before;
            return false;
        }
        out->len += tg_utf8_encode(cp, out->data + out->len);
        i += n;
    }
    return true;
}

enum tg_status tg_decode(struct tg_decoder *d, const char *in, size_t len, struct tg_buf *out,
                         bool *ok, struct tg_error *err)
{
    size_t room = len;
    bool ascii = tg_ascii_prefix(in, len) == len;
    *ok = ascii || d->cp932 || tg_utf8_valid(in, len);
    if (!*ok)
        return TG_OK;
    if (ascii || !d->cp932)
        return tg_buf_add(out, in, len, err);
    if (__builtin_mul_overflow(len, (size_t)GROWTH, &room))
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    enum tg_status status = tg_buf_reserve(out, room, err);
    if (!status)
        *ok = cp932_decode(d->cp932, in, len, out);
    return status;
}
