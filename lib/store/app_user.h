/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * An app user as somebody at the counter names them.
 */
#ifndef TG_STORE_APP_USER_H
#define TG_STORE_APP_USER_H

#include "store/room.h"

struct tg_app_user {
    unsigned char app[TG_TOKEN_LEN]; /**< stored hash of the app token */
    char provider[TG_META_SIZE];
};

/**
 * Finds an app user by a row id of any users or consents file, or by the app token as the token
 * file has it.
 *
 * @param named     32 hexadecimal digits
 * @param provider  NULL: any; the same row or token under another provider is nobody
 * @return TG_OK; TG_USAGE: not such a text; TG_NO_INPUT: nobody; TG_IO; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_app_user_find(struct tg_store *store, const char *named,
                                           const char *provider, struct tg_app_user *out,
                                           struct tg_error *err);

#endif
