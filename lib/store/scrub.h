/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What was deleted leaves the file too: copies that moving rows from page to page left behind, and
 * old pages in the write-ahead log.
 */
#ifndef TG_STORE_SCRUB_H
#define TG_STORE_SCRUB_H

#include "store/room.h"

#define TG_META_SCRUB "scrub"

/** Notes, in the caller's transaction, that the file has to be rewritten. */
TG_CHECKED enum tg_status tg_scrub_note(struct tg_store *store, struct tg_error *err);
/** Rewrites the file when that was noted, now or by a run that was cut off. */
TG_CHECKED enum tg_status tg_scrub(struct tg_store *store, const struct tg_reporter *reporter,
                                   struct tg_error *err);

#endif
