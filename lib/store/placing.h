/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * How a finished month comes to be seen: recorded first, then put in its place, then settled.
 *
 * The record is committed before the folder moves, so that nothing is ever visible that is not
 * recorded. A process that dies in between leaves a month that is whole, recorded and either still
 * beside its place or in it; tg_store_unplaced() tells which, and the next run finishes it.
 */
#ifndef TG_STORE_PLACING_H
#define TG_STORE_PLACING_H

#include <totsugo/store.h>

#include "base/mem.h"

/** One file of a month. */
struct tg_output_digest {
    const char *name;
    char sha256[65]; /**< hex */
    int64_t rows;    /**< without the header; -1: it is no table */
    bool internal;   /**< stays at the municipality, whoever the recipient is */
};

/** A finished month. */
struct tg_run_record {
    int32_t month;
    const char *recipient;
    const char *folder; /**< where it is going to lie */
    const char *made;   /**< where it lies, whole and synced; in an existing folder */
    const struct tg_output_digest *files;
    size_t n;
    const int64_t *users; /**< identities of the linked users, in any order */
    size_t n_users;
    const char *detail; /**< a JSON object of counts and settings; no values of persons */
};

/** Enters a month into the audit log and the list of outputs; its folder may move from now on. */
TG_CHECKED enum tg_status tg_store_run_begin(struct tg_store *store,
                                             const struct tg_run_record *record,
                                             struct tg_error *err);
/** Settles it when the folder is in place: its files are those that tg_store_verify() wants. */
TG_CHECKED enum tg_status tg_store_run_end(struct tg_store *store, const char *folder,
                                           struct tg_error *err);
/** Takes it back when the folder could not be put in place; the audit log says so. */
TG_CHECKED enum tg_status tg_store_run_undo(struct tg_store *store, const char *folder,
                                            struct tg_error *err);

/** A month whose record was begun and neither settled nor taken back. */
struct tg_unplaced {
    const char *folder, *made; /**< from the root; in the arena */
    enum {
        TG_UNPLACED_READY, /**< whole at `made` */
        TG_UNPLACED_DONE,  /**< whole at `folder` */
        TG_UNPLACED_LOST   /**< whole nowhere */
    } state;
};
/** All of them, by folder. Files are read and held against their record. */
TG_CHECKED enum tg_status tg_store_unplaced(struct tg_store *store, struct tg_arena *arena,
                                            struct tg_unplaced **out, size_t *n,
                                            struct tg_error *err);

/** @name Months that move to another folder */
/** @{ */
/** Folders, from the root, of outputs of months before one, or of a month; both may be INT32_MIN.
 */
TG_CHECKED enum tg_status tg_store_month_folders(struct tg_store *store, int32_t before,
                                                 int32_t month, struct tg_arena *arena, char ***out,
                                                 size_t *n, struct tg_error *err);
/** Copies a folder's recorded files. @return TG_OK; TG_DATA: one is not as it was recorded; … */
TG_CHECKED enum tg_status tg_store_copy_month(struct tg_store *store, const char *from,
                                              const char *to, struct tg_error *err);
/** Records that they lie elsewhere now; the audit log says so. */
TG_CHECKED enum tg_status tg_store_month_moved(struct tg_store *store, const char *from,
                                               const char *to, struct tg_error *err);
/** @} */

#endif
