/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who of the new identities of a roster shares a token with somebody.
 */
#ifndef TG_STORE_SHARING_H
#define TG_STORE_SHARING_H

#include "store/intern.h"

/**
 * Looks at the tokens that wait for their tables: those new identities that share one that may join
 * with another identity of a roster are added to the interner's `touched`, and whoever shares a
 * number with another of its source is marked as kin. Memory: 64 MiB.
 *
 * @param in  its `pending` is sorted and not in the tables yet
 */
TG_CHECKED enum tg_status tg_sharing_look(struct tg_interner *in, struct tg_error *err);

#endif
