/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who of the new identities of a roster shares a token with somebody.
 */
#ifndef TG_STORE_SHARING_H
#define TG_STORE_SHARING_H

#include "store/intern.h"

/**
 * Looks at the tokens that wait for their tables: what a new identity shares with others of rosters
 * says who it is.
 *
 * One who meets others of one person alone, shares a number with one of them whose birth month and
 * sex are known and does not contradict it, is that person: nothing it has leads elsewhere, and
 * what they have led nowhere else before. That holds where no name, no day and no death speaks into
 * who they are (`watched` and `conflict` of table identity say so), the token is not one that two
 * people hold or that was parted by hand, and no other new identity has it. A look at everybody
 * (graph.h) says the same of them. All others that share a token that may join are added to the
 * interner's `touched`. Whoever shares a number with another of its source is marked as kin.
 * Memory: 80 MiB.
 *
 * @param in  its `pending` is sorted and not in the tables yet; `n_founders` loses those who are
 *            one with somebody
 */
TG_CHECKED enum tg_status tg_sharing_look(struct tg_interner *in, struct tg_error *err);

#endif
