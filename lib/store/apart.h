/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who cannot be one person, of what was reached.
 */
#ifndef TG_STORE_APART_H
#define TG_STORE_APART_H

#include "store/reach.h"

/** Whom somebody parted by hand. */
struct tg_parted {
    int64_t identity;
    int64_t audit;
    int64_t side;
};

struct tg_apart {
    struct tg_reach *reach;
    struct tg_parted *parted; /**< ascending by identity, then by audit */
    size_t n, cap;
};
/** @param out  out: free it with tg_apart_free(), also after a failure */
TG_CHECKED enum tg_status tg_apart_load(struct tg_reach *reach, struct tg_apart *out,
                                        struct tg_error *err);
void tg_apart_free(struct tg_apart *apart);

/** The first and the last day of enrolment; 0 and UINT32_MAX: open. */
uint32_t tg_node_first_day(const struct tg_node *node);
uint32_t tg_node_last_day(const struct tg_node *node);

/** Are the units of two nodes (their rings) two people? */
TG_CHECKED enum tg_status tg_apart_units(const struct tg_apart *apart, size_t a, size_t b,
                                         bool *two, struct tg_error *err);
/** Have two nodes different numbers of one kind? @param kinds  out: is there a kind that only one
 * of them has? */
TG_CHECKED enum tg_status tg_apart_numbers(const struct tg_apart *apart, size_t a, size_t b,
                                           bool *differ, bool *kinds, struct tg_error *err);

/** Have the units of two nodes names of one kind, of some, and none of that kind in common? */
TG_CHECKED enum tg_status tg_apart_names(const struct tg_apart *apart, size_t a, size_t b,
                                         const struct tg_numbers *kinds, bool *differ,
                                         struct tg_error *err);

#endif
