/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The one way in which fields become a message for HMAC: a 4-byte big-endian length, the bytes.
 */
#ifndef TG_CRYPTO_MESSAGE_H
#define TG_CRYPTO_MESSAGE_H

#include "base/mem.h"

/** Appends one field. Fields longer than 2^32−1 bytes are refused (TG_BUG). */
TG_CHECKED enum tg_status tg_message_add(struct tg_buf *message, const void *field, size_t len,
                                         struct tg_error *err);
/** Appends a number as decimal digits. */
TG_CHECKED enum tg_status tg_message_add_number(struct tg_buf *message, uint64_t number,
                                                struct tg_error *err);

#endif
