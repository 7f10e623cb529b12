/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Adding up amounts by person and by month around the index; private to the room.
 */
#ifndef TG_OUTCOME_COSTS_H
#define TG_OUTCOME_COSTS_H

#include "outcome/outcome.h"

/** Costs being added up. Everything but what it owns is borrowed. */
struct tg_costing {
    const struct tg_people *people;
    const struct tg_windows *windows;
    int32_t *index_month;  /**< owned; by person; TG_NO_MONTH: of no interest */
    uint8_t *arm;          /**< owned; by person; TG_N_ARMS: no member */
    int32_t from, to;      /**< months that count for anybody; none when from > to */
    struct tg_costs costs; /**< owned until tg_costing_end() */
};

/** Sets up windows and counts insured months. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_costing_begin(struct tg_costing *c, const struct tg_people *people,
                                           const struct tg_cohort *cohort,
                                           const struct tg_windows *windows, struct tg_error *err);
/** Adds an amount of a person (an index) where it counts. @return TG_OK, TG_DATA: too large */
TG_CHECKED enum tg_status tg_costing_add(struct tg_costing *c, size_t person, int32_t month,
                                         int64_t yen, struct tg_error *err);
/** Hands the costs over and frees the rest. */
void tg_costing_end(struct tg_costing *c, struct tg_costs *out);
/** Frees all of it. */
void tg_costing_free(struct tg_costing *c);

#endif
