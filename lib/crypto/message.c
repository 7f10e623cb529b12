/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/message.h"

#include <stdio.h>
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
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    return tg_message_add(message, digits, (size_t)n, err);
}
