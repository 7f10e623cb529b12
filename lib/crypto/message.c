/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/message.h"

#include <string.h>

enum tg_status tg_message_add(struct tg_buf *message, const void *field, size_t len,
                              struct tg_error *err)
{
    if (len > UINT32_MAX)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "a field is shorter than 4 GiB");
    enum tg_status status = tg_buf_reserve(message, 4 + len, err);
    if (status)
        return status;
    (void)tg_message_put(message->data + message->len, field, len);
    message->len += 4 + len;
    return TG_OK;
}

enum tg_status tg_message_add_number(struct tg_buf *message, uint64_t number, struct tg_error *err)
{
    char digits[20]; /* of 2^64 − 1 */
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return tg_message_add(message, digits + at, sizeof digits - at, err);
}
