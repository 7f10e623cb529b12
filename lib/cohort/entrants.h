/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * People with their index months, before they are matched; private to the room.
 */
#ifndef TG_COHORT_ENTRANTS_H
#define TG_COHORT_ENTRANTS_H

#include "cohort/cohort.h"
#include "cohort/sample.h"

struct tg_entrant {
    uint64_t rank; /**< seeded, uniform */
    uint32_t person;
    int32_t month; /**< index month */
    double probability;
    enum tg_arm arm;
};

struct tg_entrants {
    const struct tg_cohort_input *input;
    struct tg_entrant *items; /**< participants by rank, then controls by rank */
    size_t n, n_participants;
    uint32_t *at; /**< by person: place + 1; 0: none */
};

/** Screens candidates, draws months for everybody else, keeps who is eligible by age and
 * insurance. */
TG_CHECKED enum tg_status tg_entrants_find(const struct tg_cohort_input *input,
                                           struct tg_entrants *out, struct tg_cohort_flow *flow,
                                           struct tg_error *err);
/** Drops those for whom `drop` says so; counts participants among them. */
uint64_t tg_entrants_drop(struct tg_entrants *e, const bool *drop);
void tg_entrants_free(struct tg_entrants *e);

/** One look back for everybody. */
struct tg_look_back {
    const struct tg_history *history;
    double *values; /**< out: by entrant; NaN: none */
};
/** Looks at one source at a time: of a measure each costs 4 bytes an entrant besides its values. */
enum { TG_LOOKS_A_PASS = 16 };
/**
 * history.c: fills the values of looks back. Those at one source are answered together, by
 * TG_LOOKS_A_PASS in a pass over it.
 * @param step  what the reporter is told of, in looks
 */
TG_CHECKED enum tg_status tg_history_read(const struct tg_entrants *e,
                                          const struct tg_look_back *looks, size_t n,
                                          const char *step, struct tg_error *err);
/** history.c: months of activity from the index month until follow-up begins, in the index month
 * where it begins at once. Only participants have any. */
TG_CHECKED enum tg_status tg_activity_read(const struct tg_entrants *e, unsigned *months,
                                           struct tg_error *err);

/** people.c: entrants as a sample, in their order, with the columns that matching and balance want.
 * @param covariates  the rules' covariates, by rule, then by entrant */
TG_CHECKED enum tg_status tg_sample_of_entrants(const struct tg_entrants *e,
                                                double *const *covariates, struct tg_sample *out,
                                                struct tg_error *err);
/** The columns of the balance table: age, sex, district (unless there are too many), covariates.
 * `names` has room for 3 + n_covariates. */
size_t tg_balance_columns(const struct tg_sample *sample, const struct tg_cohort_rules *rules,
                          const char **names);

#endif
