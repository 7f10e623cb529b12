/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What linking remembers from month to month, so that it need not compare anew what has not
 * changed. Stored hashes only; a purge, and whatever changes hashes, forgets it. It is no content
 * of the store: it can go at any time, and neither the canonical dump nor the audit log knows it.
 */
#ifndef TG_STORE_REMEMBERED_H
#define TG_STORE_REMEMBERED_H

#include <totsugo/store.h>

#include "base/mem.h"

/**
 * Reads what is remembered of a provider's users.
 *
 * @param settings  what it rests on beside the store's content, in a form without doubt; what was
 *                  saved under other settings, in another number of parts, or is damaged, is not
 *                  read
 * @param parts     out: n empty buffers; they stay empty when nothing fits
 * @return TG_OK; TG_NO_MEMORY; what SQLite fails with
 */
TG_CHECKED enum tg_status tg_memory_load(struct tg_store *store, const char *provider,
                                         const struct tg_buf *settings, struct tg_buf *parts,
                                         size_t n, struct tg_error *err);
/** Puts this in place of what was remembered of the provider's users, in one transaction. */
TG_CHECKED enum tg_status tg_memory_save(struct tg_store *store, const char *provider,
                                         const struct tg_buf *settings, const struct tg_buf *parts,
                                         size_t n, struct tg_error *err);

#endif
