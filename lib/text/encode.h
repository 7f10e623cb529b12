/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * From UTF-8 to the bytes of a municipal file.
 */
#ifndef TG_TEXT_ENCODE_H
#define TG_TEXT_ENCODE_H

#include "text/decode.h"

struct tg_encoder;

/**
 * An encoder to one encoding (not AUTO). One thread at a time.
 *
 * @return TG_OK; TG_NO_MEMORY; TG_NO_INPUT: the system cannot convert CP932
 */
TG_CHECKED enum tg_status tg_encoder_new(enum tg_encoding encoding, struct tg_encoder **out,
                                         struct tg_error *err);
/**
 * Encodes text. ASCII costs a scan and a copy.
 *
 * @param in   `len` bytes of UTF-8
 * @param out  the encoded bytes are appended
 * @param ok   out: false when the text has a character that the encoding lacks (nothing was
 *             appended)
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_encode(struct tg_encoder *e, const char *in, size_t len,
                                    struct tg_buf *out, bool *ok, struct tg_error *err);
void tg_encoder_free(struct tg_encoder **e);

#endif
