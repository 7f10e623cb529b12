/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Events and measures of one identity packed into a blob: about 8 bytes an event, and one row of
 * the database for what lies together in the token file.
 *
 * Numbers are little-endian base 128 (7 bits a byte, the top bit says that more follow); signed
 * ones are folded first (0, −1, 1, −2, …). Event: month − 1900 × 12 (signed), word of the code,
 * yen (signed), word of the attributes. Measure: day YYYYMMDD, word of the attributes, number of
 * values; for each its word and an IEEE 754 double, 8 bytes, little-endian.
 */
#ifndef TG_STORE_PACK_H
#define TG_STORE_PACK_H

#include "base/mem.h"

TG_CHECKED enum tg_status tg_pack_number(struct tg_buf *out, uint64_t number, struct tg_error *err);
TG_CHECKED enum tg_status tg_pack_signed(struct tg_buf *out, int64_t number, struct tg_error *err);
TG_CHECKED enum tg_status tg_pack_real(struct tg_buf *out, double number, struct tg_error *err);

/** Bytes being unpacked. */
struct tg_unpack {
    const unsigned char *at;
    const unsigned char *end;
};
/** False when the bytes end or are no number. */
TG_CHECKED static inline bool tg_unpack_number(struct tg_unpack *in, uint64_t *number)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        unsigned char byte = *in->at++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) {
            *number = value;
            return true;
        }
    }
    return false;
}
TG_CHECKED bool tg_unpack_signed(struct tg_unpack *in, int64_t *number);
TG_CHECKED bool tg_unpack_real(struct tg_unpack *in, double *number);

struct tg_packed_event {
    int32_t month;
    int64_t code; /**< word; 0: none */
    int64_t yen;
    int64_t attributes; /**< word; 0: none */
};
TG_CHECKED enum tg_status tg_pack_event(struct tg_buf *out, const struct tg_packed_event *event,
                                        struct tg_error *err);
TG_CHECKED bool tg_unpack_event(struct tg_unpack *in, struct tg_packed_event *event);

#endif
