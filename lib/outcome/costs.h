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

/** The place of a month in the windows around an index month: 0 … baseline + followup − 1; −1:
 * outside. */
int tg_window_place(const struct tg_windows *w, int32_t index_month, int32_t month);

/** Costs being added up. Everything but what it owns is borrowed. */
struct tg_costing {
    const struct tg_people *people;
    const struct tg_windows *windows;
    const struct tg_cohort *cohort;
    const struct tg_member_list *members;
    int32_t from, to;      /**< months that count for anybody; none when from > to */
    struct tg_costs costs; /**< owned until tg_costing_end() */
};

/** Sets up windows and counts insured months. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_costing_begin(struct tg_costing *c, const struct tg_people *people,
                                           const struct tg_cohort *cohort,
                                           const struct tg_member_list *members,
                                           const struct tg_windows *windows, struct tg_error *err);
/** Adds an amount of a person (an index) where it counts. @return TG_OK, TG_DATA: too large */
TG_CHECKED enum tg_status tg_costing_add(struct tg_costing *c, size_t person, int32_t month,
                                         int64_t yen, struct tg_error *err);
/** Hands the costs over and frees the rest. */
void tg_costing_end(struct tg_costing *c, struct tg_costs *out);
/** Frees all of it. */
void tg_costing_free(struct tg_costing *c);
/** What the costs say of every member: yen a month by each one's own months. */
void tg_costs_observe(const struct tg_costs *costs, size_t n_members, struct tg_observation *out);

#endif
