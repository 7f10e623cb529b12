/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * When each identity of a roster was seen and enrolled, kept up as files come, are replaced and
 * taken back: columns seen_from, seen_to, enrolled_from, enrolled_to and death of table identity.
 * They are a function of the rows in the store, whatever the order in which they came. Identities
 * on whose days it depends who is one person are added to the interner's `touched` when their days
 * change. Other sources have their first period alone.
 */
#ifndef TG_STORE_ENROLLED_H
#define TG_STORE_ENROLLED_H

#include "store/intern.h"

/** @param replaces  a delivery of this source and period was there before */
TG_CHECKED enum tg_status tg_file_time_of(const struct tg_store *store, int64_t source_id,
                                          int32_t period, bool replaces, bool roster,
                                          struct tg_file_time *out, struct tg_error *err);

/** @name What is known of an identity; any thread */
/** @{ */
enum { TG_ENROLLED_COLUMNS = 5 };
/**
 * @param columns  seen_from, seen_to, enrolled_from, enrolled_to and death of table identity; NULL
 *                 is 0
 */
void tg_enrolled_read(const int64_t columns[TG_ENROLLED_COLUMNS], int32_t newest,
                      struct tg_known_identity *out);
/** An identity whose first row this is. */
struct tg_known_identity tg_enrolled_fresh(const struct tg_file_time *time,
                                           const struct tg_identity_facts *facts, int64_t id);
/** A row of a known identity: what is known changes, and `found` says whether and to what. */
void tg_enrolled_see(const struct tg_file_time *time, const struct tg_identity_facts *facts,
                     struct tg_known_identity *known, struct tg_found *found);
/** Column `turns`, of which these are the days. */
bool tg_enrolled_turns(uint32_t from, uint32_t to, int32_t birth_month);
/** @} */

/** @name In the store; the thread that writes */
/** @{ */
/** Notes that the file has named an identity. */
TG_CHECKED enum tg_status tg_enrolled_meet(struct tg_interner *in, int64_t id,
                                           struct tg_error *err);
bool tg_enrolled_was_met(const struct tg_interner *in, int64_t id);
/** Writes what tg_enrolled_see() found. */
TG_CHECKED enum tg_status tg_enrolled_change(struct tg_interner *in, const struct tg_found *found,
                                             struct tg_error *err);
/** Touches somebody of those whose enrolment begins or ends near their 75th birthday: they reach
 * the rest. `sex` 0 or no `birth_month`: nobody. */
TG_CHECKED enum tg_status tg_enrolled_touch_birthday(struct tg_interner *in, int32_t birth_month,
                                                     int sex, struct tg_error *err);
/** All rows are in: who is missing from the newest file of the source has left it. */
TG_CHECKED enum tg_status tg_enrolled_end(struct tg_interner *in, const struct tg_known *known,
                                          struct tg_error *err);
/**
 * Looks all rows of the source through for the identities in temp.dropped, whose column `period`
 * becomes the first period that still has it, NULL when none has.
 *
 * @param gone  a delivery that is about to go; 0: none
 */
TG_CHECKED enum tg_status tg_enrolled_again(struct tg_interner *in, int64_t gone,
                                            struct tg_error *err);
/** @} */

#endif
