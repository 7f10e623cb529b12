/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What the rotation of the site key needs besides room.h.
 */
#ifndef TG_STORE_SITE_H
#define TG_STORE_SITE_H

#include "store/room.h"

/** What a site key gives; to be forgotten also on failure. */
TG_CHECKED enum tg_status tg_site_derive(struct tg_store *store, const struct tg_key *key,
                                         struct tg_site *site, struct tg_error *err);
void tg_site_forget(struct tg_site *site);
/** Where the next site key waits until the store is committed under it; in the store's arena. */
TG_CHECKED char *tg_site_next_path(struct tg_store *store, struct tg_error *err);

#endif
