/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Disclosure control of tables whose sums are known: which cells are left out beside the small
 * ones, so that none can be computed from the others, nor from last month's table.
 *
 * An attacker knows every number shown, every sum, and may know that a cell has not changed since
 * last month. So what is left out always comes to a group that may be shown, is never one small
 * cell alone, and what was left out last month stays so until all of it has changed by as many
 * people as a shown count must have; then what it was can no longer be told from what it is.
 */
#ifndef TG_OUTCOME_CONCEAL_H
#define TG_OUTCOME_CONCEAL_H

#include "outcome/outcome.h"

/** A cell that was left out, by a name that stays the same from month to month. */
struct tg_withheld {
    const char *cell;
    uint64_t n[TG_N_ARMS]; /**< when it was left out first */
};

/** What was left out last month, and what is left out now. */
struct tg_concealing {
    unsigned min_cell; /**< UINT_MAX: nothing may be shown */
    const struct tg_withheld *before;
    size_t n_before;
    struct tg_withheld *now;
    size_t n_now, cap_now;
    struct tg_arena *arena; /**< of the names in `now` */
    size_t hidden;          /**< numbers that are not shown */
};
/** What of an outcome's curve and table may be shown. */
struct tg_outcome_shown {
    bool hidden;             /**< the outcome itself is not */
    bool *months[TG_N_ARMS]; /**< INCIDENCE: by month */
    bool *moves[TG_N_ARMS];  /**< TRANSITION: [from × n + to], true: hidden */
};

/** Frees `now`. */
void tg_concealing_end(struct tg_concealing *c);

/**
 * Hides subgroups: those too small, and of each factor as many more as it takes. People of no level
 * are a level that is never shown.
 *
 * @param rows   factor by factor, outcome by outcome
 * @param mains  the outcomes' own rows, hidden already where they must be; a factor whose outcome
 *               is hidden is hidden as a whole
 */
TG_CHECKED enum tg_status tg_subgroups_hide(struct tg_concealing *c, struct tg_effect *rows,
                                            size_t n, const struct tg_effect *mains, size_t n_mains,
                                            struct tg_error *err);

/**
 * Hides cells of a table from level to level. Known are the sums of people who kept their level or
 * got better and of the others, when the outcome is shown; and the same of each level before whose
 * subgroup is shown.
 *
 * @param subgroups  of all outcomes, hidden already
 * @param hidden     out: by arm, [from × n + to]; the caller's room
 */
TG_CHECKED enum tg_status tg_transitions_hide(struct tg_concealing *c,
                                              const struct tg_outcome_result *r,
                                              const struct tg_effect *main,
                                              const struct tg_effect *subgroups, size_t n_subgroups,
                                              bool *hidden[TG_N_ARMS], struct tg_error *err);

/**
 * Which months of a risk curve may be shown: none whose step from the last one shown, or to the
 * end, is made by too few people.
 * @param shown  out: months + 1; month 0 is shown
 * @return how many are not
 */
size_t tg_survival_shown(const struct tg_survival *s, unsigned min_cell, bool *shown);

#endif
