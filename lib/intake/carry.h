/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What a row carries along in clear, as text of the token file.
 */
#ifndef TG_INTAKE_CARRY_H
#define TG_INTAKE_CARRY_H

#include "intake/identity.h"
#include "intake/tally.h"

/** Reads carried cells; one a thread. */
struct tg_carrier;

/** What a row's carried cells came to. */
struct tg_carried {
    const char *text; /**< cells with commas between them, without those of the identity */
    size_t len;
    size_t facts_at;       /**< in `text`: where birth month and sex go; TG_PLAN_NONE: nowhere */
    enum tg_reject reject; /**< TG_REJECT_NONE: the row can be used */
    size_t column;         /**< plan column of the reject */
};

/** @param tally  takes the counts of notes and unreadable values; both are borrowed */
TG_CHECKED enum tg_status tg_carrier_new(const struct tg_plan *plan, struct tg_tally *tally,
                                         struct tg_carrier **out, struct tg_error *err);
/**
 * @param raw  the carried cells of a row as struct tg_batch has them
 * @param out  out: valid until the next call
 */
TG_CHECKED enum tg_status tg_carry_row(struct tg_carrier *c, enum tg_encoding encoding,
                                       const char *raw, struct tg_carried *out,
                                       struct tg_error *err);
/** Wipes and frees. */
void tg_carrier_free(struct tg_carrier **c);

#endif
