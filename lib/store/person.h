/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * One person as somebody names them.
 */
#ifndef TG_STORE_PERSON_H
#define TG_STORE_PERSON_H

#include "store/intern.h"

/** A roster row by its id. */
struct tg_named_row {
    int64_t identity;
    int64_t person;
};
/** @return TG_OK; TG_USAGE: not 32 hexadecimal digits; TG_NO_INPUT: no delivery has such a row */
TG_CHECKED enum tg_status tg_named_row_find(struct tg_store *store, const char *named,
                                            struct tg_named_row *out, struct tg_error *err);
/**
 * Who had a subject id in the month, as the store stands today.
 * @param month   YYYY-MM
 * @param person  out
 * @return TG_OK; TG_USAGE: no such id or month; TG_NO_INPUT: nobody has it; TG_IO; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_subject_find(struct tg_store *store, const char *named,
                                          const char *month, const char *recipient, int64_t *person,
                                          struct tg_error *err);

/** @name What decisions by hand share; in the caller's transaction */
/** @{ */
/** Adds the identities with rows that are the person; sorts all. */
TG_CHECKED enum tg_status tg_person_members(struct tg_store *store, int64_t person,
                                            struct tg_ids *members, struct tg_error *err);
/** Decides anew who is one person, of those and all whom they reach.
 * @param identities  ascending */
TG_CHECKED enum tg_status tg_person_decide(struct tg_store *store, const struct tg_ids *identities,
                                           const struct tg_reporter *reporter,
                                           struct tg_error *err);
/** Writes the entry of the audit log: the verb, a person's number and row ids. */
TG_CHECKED enum tg_status tg_person_audit(struct tg_store *store, const char *verb, int64_t person,
                                          const char *const *rows, size_t n, struct tg_error *err);
/** @} */

#endif
