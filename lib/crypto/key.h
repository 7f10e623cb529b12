/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The inside of a key, for this room only.
 */
#ifndef TG_CRYPTO_KEY_H
#define TG_CRYPTO_KEY_H

#include <totsugo/crypto.h>

/** Lies in secret memory as a whole. */
struct tg_key {
    unsigned char bytes[TG_KEY_LEN];
    struct tg_key_info info;
};

/** An empty key in secret memory. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_key_alloc(struct tg_key **out, struct tg_error *err);

/** Is it 1…63 of [a-z0-9-]? `id` need not be NUL-ended. */
TG_CHECKED bool tg_study_id_valid(const char *id, size_t len);

/** The id of the key's bytes: 16 hex digits and NUL. @return TG_OK, TG_NO_MEMORY, TG_BUG */
TG_CHECKED enum tg_status tg_key_make_id(const struct tg_key *key, char id[TG_KEY_ID_HEX + 1],
                                         struct tg_error *err);

#endif
