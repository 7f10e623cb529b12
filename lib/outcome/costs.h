/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Adding up amounts by person and by month around the index; private to the room.
 */
#ifndef TG_OUTCOME_COSTS_H
#define TG_OUTCOME_COSTS_H

#include "outcome/outcome.h"

/** Members by person: of person p they are rows[first[p]] … rows[first[p + 1] − 1]. */
struct tg_member_list {
    uint32_t *first;
    uint32_t *rows;
};
TG_CHECKED enum tg_status tg_member_list_make(const struct tg_people *people,
                                              const struct tg_cohort *cohort,
                                              struct tg_member_list *out, struct tg_error *err);
void tg_member_list_free(struct tg_member_list *list);

/** tg_people_find(), tried near the last one found first: rows mostly come person by person. */
size_t tg_people_find_near(const struct tg_people *people, int64_t id, size_t *last);

/** The place of a month in the windows around an index month: 0 … baseline + followup − 1; −1:
 * outside. */
int tg_window_place(const struct tg_windows *w, int32_t index_month, int32_t month);

/** Costs being added up. Everything but what it owns is borrowed. */
struct tg_costing {
    const struct tg_people *people;
    const struct tg_windows *windows;
    int32_t *index_month; /**< owned; by person; TG_NO_MONTH: of no interest */
    const struct tg_cohort *cohort;
    struct tg_member_list members; /**< owned */
    int32_t from, to;              /**< months that count for anybody; none when from > to */
    struct tg_costs costs;         /**< owned until tg_costing_end() */
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
