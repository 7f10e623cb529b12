/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Raw cells as UTF-8; what is UTF-8 already is not copied.
 */
#ifndef TG_INTAKE_DECODERS_H
#define TG_INTAKE_DECODERS_H

#include "text/decode.h"

/** One a thread. All zero is empty. */
struct tg_decoders {
    struct tg_decoder *cp932;
    struct tg_buf text; /**< what was decoded since it was last emptied (`len` = 0) */
};

/** A cell in UTF-8; see tg_decoded_text(). */
struct tg_decoded {
    const char *raw; /**< the raw bytes are UTF-8; or NULL */
    size_t at;       /**< otherwise where it begins in the decoders' text */
    size_t len;
};

TG_CHECKED enum tg_status tg_decoders_new(struct tg_decoders *d, struct tg_error *err);
/**
 * Decodes a cell.
 *
 * @param ok  out: is it text of this encoding?
 */
TG_CHECKED enum tg_status tg_decoders_read(struct tg_decoders *d, enum tg_encoding encoding,
                                           const char *raw, size_t len, struct tg_decoded *out,
                                           bool *ok, struct tg_error *err);
/** Its bytes; they may move when another cell is decoded. */
const char *tg_decoded_text(const struct tg_decoders *d, const struct tg_decoded *cell);
/** Wipes and frees. */
void tg_decoders_free(struct tg_decoders *d);

#endif
