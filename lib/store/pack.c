/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pack.h"

#include <string.h>

enum { EPOCH_MONTH = 1900 * 12, NUMBER_MAX = 10, REAL_LEN = 8 };

enum tg_status tg_pack_number(struct tg_buf *out, uint64_t number, struct tg_error *err)
{
    enum tg_status status = tg_buf_reserve(out, NUMBER_MAX, err);
    if (status)
        return status;
    for (; number >= 0x80; number >>= 7)
        out->data[out->len++] = (char)(unsigned char)(number | 0x80);
    out->data[out->len++] = (char)(unsigned char)number;
    return TG_OK;
}

enum tg_status tg_pack_signed(struct tg_buf *out, int64_t number, struct tg_error *err)
{
    uint64_t folded = (uint64_t)number << 1;
    return tg_pack_number(out, number < 0 ? ~folded : folded, err);
}

enum tg_status tg_pack_real(struct tg_buf *out, double number, struct tg_error *err)
{
    uint64_t bits;
    char bytes[REAL_LEN];
    memcpy(&bits, &number, sizeof bits);
    for (size_t i = 0; i < REAL_LEN; i++)
        bytes[i] = (char)(unsigned char)(bits >> (8 * i));
    return tg_buf_add(out, bytes, REAL_LEN, err);
}

bool tg_unpack_signed(struct tg_unpack *in, int64_t *number)
{
    uint64_t folded;
    if (!tg_unpack_number(in, &folded))
        return false;
    *number = (int64_t)(folded >> 1) ^ -(int64_t)(folded & 1);
    return true;
}

bool tg_unpack_real(struct tg_unpack *in, double *number)
{
    if (in->end - in->at < REAL_LEN)
        return false;
    uint64_t bits = 0;
    for (size_t i = 0; i < REAL_LEN; i++)
        bits |= (uint64_t)*in->at++ << (8 * i);
    memcpy(number, &bits, sizeof bits);
    return true;
}

enum tg_status tg_pack_event(struct tg_buf *out, const struct tg_packed_event *event,
                             struct tg_error *err)
{
    enum tg_status status = tg_pack_signed(out, (int64_t)event->month - EPOCH_MONTH, err);
    if (!status)
        status = tg_pack_number(out, (uint64_t)event->code, err);
    if (!status)
        status = tg_pack_signed(out, event->yen, err);
    if (!status)
        status = tg_pack_number(out, (uint64_t)event->attributes, err);
    return status;
}

bool tg_unpack_event(struct tg_unpack *in, struct tg_packed_event *event)
{
    int64_t month;
    uint64_t code, attributes;
    if (!tg_unpack_signed(in, &month) || !tg_unpack_number(in, &code) ||
        !tg_unpack_signed(in, &event->yen) || !tg_unpack_number(in, &attributes))
        return false;
    event->month = (int32_t)(month + EPOCH_MONTH);
    event->code = (int64_t)code;
    event->attributes = (int64_t)attributes;
    return true;
}
