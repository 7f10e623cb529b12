/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Epochs of the shared key in the store. While two overlap, table `bridge` holds what stored hashes
 * of the old epoch's tokens became; everything in the store is under the new epoch where it is
 * known, and rows of old files are led over as they come.
 */
#ifndef TG_STORE_BRIDGE_H
#define TG_STORE_BRIDGE_H

#include "store/query.h"
#include "store/room.h"
#include "table/tokenfile.h"

enum { TG_BRIDGE_TOKENS_MAX = 257 };

/** Key ids of the store's files. */
struct tg_epoch {
    char key[TG_META_SIZE];    /**< empty: no file yet */
    char before[TG_META_SIZE]; /**< empty: no overlap */
    int32_t until;             /**< last month of the epoch before; 0: none stated */
};
TG_CHECKED enum tg_status tg_epoch_read(const struct tg_store *store, struct tg_epoch *out,
                                        struct tg_error *err);
/** @return TG_OK; TG_NO_PERMISSION: the file is of no epoch that is in force for its period */
TG_CHECKED enum tg_status tg_epoch_accepts(const struct tg_store *store, const char *path,
                                           const struct tg_manifest *m, struct tg_error *err);
/** From here to tg_epoch_end() tg_store_hash() leads hashes over, if the file is of the old epoch.
 */
TG_CHECKED enum tg_status tg_epoch_begin(struct tg_store *store, const char *key_id,
                                         struct tg_error *err);
void tg_epoch_end(struct tg_store *store);
TG_CHECKED enum tg_status tg_epoch_translate(const struct tg_store *store, const char *name,
                                             unsigned char hash[TG_TOKEN_LEN],
                                             struct tg_error *err);
/**
 * A file of the new epoch may not come while the provider has withdrawals that its tokens would not
 * meet: somebody who withdrew would come back as somebody new. @return TG_OK, TG_NO_PERMISSION
 */
TG_CHECKED enum tg_status tg_epoch_check_withdrawals(const struct tg_store *store, const char *path,
                                                     const char *provider, const char *key_id,
                                                     struct tg_error *err);

/** Same study digest and normaliser as the store's files; the key aside. @return TG_OK, TG_DATA */
TG_CHECKED enum tg_status tg_store_same_tokens(const struct tg_store *store, const char *path,
                                               const struct tg_manifest *manifest,
                                               struct tg_error *err);

#endif
