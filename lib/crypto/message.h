/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The one way in which fields become a message for HMAC: a 4-byte big-endian length, the bytes.
 */
#ifndef TG_CRYPTO_MESSAGE_H
#define TG_CRYPTO_MESSAGE_H

#include "base/mem.h"

#include <string.h>

/** Puts the length of a field, less than 2^32, where there is room for 4 bytes. @return behind it
 */
static inline char *tg_message_put_len(char *to, size_t len)
{
    const unsigned char head[4] = {(unsigned char)(len >> 24), (unsigned char)(len >> 16),
                                   (unsigned char)(len >> 8), (unsigned char)len};
    memcpy(to, head, sizeof head);
    return to + sizeof head;
}

/** Puts such a field where there is room for 4 bytes more than it has. @return behind it */
static inline char *tg_message_put(char *to, const void *field, size_t len)
{
    to = tg_message_put_len(to, len);
    if (len)
        memcpy(to, field, len);
    return to + len;
}

/** Appends one field. Fields longer than 2^32−1 bytes are refused (TG_BUG). */
TG_CHECKED enum tg_status tg_message_add(struct tg_buf *message, const void *field, size_t len,
                                         struct tg_error *err);
/** Appends a number as decimal digits. */
TG_CHECKED enum tg_status tg_message_add_number(struct tg_buf *message, uint64_t number,
                                                struct tg_error *err);

#endif
