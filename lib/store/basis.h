/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What a finished month rests on, so that the same month is not done again for nothing. Whatever
 * changes what is in the store leaves an entry in the audit log; runs do not change it. So the last
 * entry that is of no run stands for the content.
 */
#ifndef TG_STORE_BASIS_H
#define TG_STORE_BASIS_H

#include <totsugo/store.h>

#include "base/mem.h"
#include "crypto/digest.h"

/**
 * A digest of what is in the store, of what other folders' months are, and of `settings`.
 *
 * @param folder    where the month lies or will lie; its parent exists, or it never lay there
 * @param settings  what else the month rests on, in a form without doubt
 */
TG_CHECKED enum tg_status tg_basis_now(struct tg_store *store, const char *folder,
                                       const struct tg_buf *settings, char out[TG_DIGEST_HEX + 1],
                                       struct tg_error *err);

/** What the month came to. */
struct tg_basis_counts {
    uint64_t users, linked, matched;
};
/**
 * Does the month in `folder` rest on this basis, is it the one that was noted, and are all its
 * files as they were recorded?
 *
 * @param counts  out, when `*same`
 */
TG_CHECKED enum tg_status tg_basis_holds(struct tg_store *store, const char *folder,
                                         const char *basis, struct tg_basis_counts *counts,
                                         bool *same, struct tg_error *err);
/** Notes the basis of the month that is recorded for `folder` now. */
TG_CHECKED enum tg_status tg_basis_note(struct tg_store *store, const char *folder,
                                        const char *basis, const struct tg_basis_counts *counts,
                                        struct tg_error *err);

#endif
