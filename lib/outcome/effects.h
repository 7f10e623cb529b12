/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * One outcome being compared; private to the room.
 */
#ifndef TG_OUTCOME_EFFECTS_H
#define TG_OUTCOME_EFFECTS_H

#include "outcome/outcome.h"

struct tg_comparison {
    const struct tg_outcome_question *question;
    const struct tg_observation *observed; /**< by member */
    struct tg_arena *arena;
    struct tg_row *rows; /**< room for a row a member */
    double *room;        /**< likewise */
};

/** Of two looks at a member, which one is compared. */
enum tg_look { TG_LOOK_BEFORE, TG_LOOK_AFTER, TG_LOOK_CHANGE };

const char *tg_design_name(enum tg_design design);
/** Months of the risk. */
int32_t tg_incidence_months(const struct tg_outcome_question *q);

/** Fills c->rows with the members who have a value; of them those whose `level` is `wanted`.
 * `level` NULL: all. @return how many */
size_t tg_effect_rows(const struct tg_comparison *c, enum tg_look look, const uint32_t *level,
                      uint32_t wanted);
/** The estimate of the outcome's design over c->rows. `curves` NULL: not kept. */
TG_CHECKED enum tg_status tg_effect_estimate(const struct tg_comparison *c, size_t n,
                                             const char *design,
                                             struct tg_survival curves[TG_N_ARMS],
                                             struct tg_effect *out, struct tg_error *err);

/** Fills r->subgroups. */
TG_CHECKED enum tg_status tg_subgroups_compare(const struct tg_comparison *c,
                                               struct tg_outcome_result *r, struct tg_error *err);
/** Fills r->transitions. */
TG_CHECKED enum tg_status tg_transitions_count(const struct tg_comparison *c,
                                               struct tg_outcome_result *r, struct tg_error *err);
/** Fills r->saving from the effect, or from levels and benefits. */
TG_CHECKED enum tg_status tg_saving_find(const struct tg_comparison *c, struct tg_outcome_result *r,
                                         struct tg_error *err);

#endif
