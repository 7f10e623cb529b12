/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Whom entities of the left may be by their month of birth; private to the room.
 */
#ifndef TG_LINK_BIRTHS_H
#define TG_LINK_BIRTHS_H

#include "link/engine.h"

/** Entities of the right by month of birth. */
struct tg_births {
    int32_t first;
    size_t n_months; /**< 0: unknown */
    double *n;
    double usual; /**< how many there are of one's month, on average */
};

/**
 * @param right  months of birth of another range than people's count as unknown
 * @param out    tg_births_free() it
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_births_count(const struct tg_link_facts *right, struct tg_births *out,
                                          struct tg_error *err);
/** How many of the right are born in the month of the i-th of the left; the usual number where its
 * own is unknown. 1 where those of the right are. */
double tg_births_with(const struct tg_births *b, const struct tg_link_facts *left, uint32_t i);
void tg_births_free(struct tg_births *b);

#endif
