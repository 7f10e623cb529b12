/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who is one person because somebody said so: table person_joined, while nodes are reached.
 */
#ifndef TG_STORE_JOINED_H
#define TG_STORE_JOINED_H

#include "store/reach.h"

/** One who was joined by hand. */
struct tg_joined {
    int64_t audit, side; /**< those who have both in common are one person */
    int64_t identity;
};

/** Loads the table, which is as small as what people decide: reach->joined. */
TG_CHECKED enum tg_status tg_joined_load(struct tg_reach *reach, struct tg_error *err);
/** Who is joined with a node and is none yet: into reach->ids, ascending. */
TG_CHECKED enum tg_status tg_joined_list(struct tg_reach *reach, struct tg_error *err);
/** Joins those that are nodes. Again is as good as once. */
void tg_joined_unite(struct tg_reach *reach);

#endif
