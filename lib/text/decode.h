/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * From a file's bytes to UTF-8.
 */
#ifndef TG_TEXT_DECODE_H
#define TG_TEXT_DECODE_H

#include "base/mem.h"

enum tg_encoding {
    TG_ENCODING_AUTO, /**< BOM, then strict UTF-8, then CP932 */
    TG_ENCODING_UTF8,
    TG_ENCODING_CP932,
};

/** Is it well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
bool tg_utf8_valid(const char *s, size_t len);

/** Length of the longest prefix that is valid UTF-8 and does not end inside a character. */
size_t tg_utf8_valid_prefix(const char *s, size_t len);

struct tg_decoder;

/**
 * A decoder of one encoding (not AUTO). One thread at a time. A CP932 decoder asks iconv for every
 * character once, here; tg_decode() then only looks up.
 *
 * @return TG_OK; TG_NO_MEMORY; TG_NO_INPUT: the system cannot convert CP932
 */
TG_CHECKED enum tg_status tg_decoder_new(enum tg_encoding encoding, struct tg_decoder **out,
                                         struct tg_error *err);
/**
 * Decodes one value, complete in itself. ASCII costs a scan and a copy.
 *
 * @param in   `len` bytes in the decoder's encoding
 * @param out  UTF-8 is appended
 * @param ok   out: false when the bytes are no text of this encoding (nothing was appended)
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_decode(struct tg_decoder *d, const char *in, size_t len,
                                    struct tg_buf *out, bool *ok, struct tg_error *err);
void tg_decoder_free(struct tg_decoder **d);

#endif
