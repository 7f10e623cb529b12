/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The deliveries of rosters that a month sees, in the order in which they count.
 */
#ifndef TG_STORE_ROSTERS_H
#define TG_STORE_ROSTERS_H

#include "store/room.h"

struct tg_roster {
    int64_t delivery;
    int64_t source;
    int32_t period; /**< 0: none */
    uint32_t rank;  /**< of the source: first in the study comes first */
    bool newest;    /**< of its source */
    bool dated;     /**< the source says from when or until when somebody is enrolled */
};
/** Ascending by rank, newest period first. `*out`: free() it. */
TG_CHECKED enum tg_status tg_rosters_list(struct tg_store *store, int32_t month,
                                          struct tg_roster **out, size_t *n, struct tg_error *err);

/** A row of a roster, while it is walked over. */
struct tg_roster_row {
    unsigned char row_id[TG_TOKEN_LEN];
    int64_t identity;
    int64_t district;       /**< word; 0: none */
    uint32_t enrolled_from; /**< YYYYMMDD; 0: none */
    uint32_t enrolled_to;
    bool death; /**< by which it ends on that day */
};
typedef enum tg_status tg_on_roster_row(void *ctx, const struct tg_roster *roster,
                                        const struct tg_roster_row *row, struct tg_error *err);
/** All rows of one delivery, ascending by row id. `on` must not use the database. */
TG_CHECKED enum tg_status tg_roster_walk(struct tg_store *store, const struct tg_roster *roster,
                                         tg_on_roster_row *on, void *ctx, struct tg_error *err);

/** Where an identity was seen last. */
struct tg_newest_row {
    int64_t identity;
    bool has_row; /**< out, with the rest */
    int32_t period;
    unsigned char row_id[TG_TOKEN_LEN];
};
/**
 * The newest row of each: of its newest delivery the one of the smallest row id.
 *
 * @param month  no delivery of a later one is looked at
 * @param rows   in and out: ascending by identity, each once, nothing found yet
 */
TG_CHECKED enum tg_status tg_newest_rows(struct tg_store *store, int32_t month,
                                         struct tg_newest_row *rows, size_t n,
                                         struct tg_error *err);

#endif
