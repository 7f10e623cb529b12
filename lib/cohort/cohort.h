/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who is compared with whom: participants, controls drawn by exact strata, balance.
 *
 * The draw is deterministic: it depends on the people, the rules and the seed alone.
 */
#ifndef TG_COHORT_COHORT_H
#define TG_COHORT_COHORT_H

#include "store/query.h"

enum tg_arm { TG_CONTROL, TG_PARTICIPANT, TG_N_ARMS };

/** A linked user with consent. */
struct tg_candidate {
    uint32_t person;     /**< index into tg_people */
    int32_t index_month; /**< TG_NO_MONTH: the study's index rule found none */
};

struct tg_cohort_input {
    const struct tg_people *people;
    const struct tg_cohort_rules *rules;
    const struct tg_candidate *candidates; /**< one a person, ascending by person */
    size_t n_candidates;
    const bool *barred;   /**< by person: linked, or possibly a user; never a control */
    int32_t first_month;  /**< months for which there is data */
    int32_t last_month;
};

/** One person in the comparison. */
struct tg_member {
    uint32_t person;
    enum tg_arm arm;
    uint32_t set;        /**< matched set, from 1 */
    int32_t index_month;
    double weight;       /**< 1 */
    double propensity;   /**< NaN where the design has none */
};

/** How many dropped out at each step and why; each participant candidate is counted once. */
struct tg_cohort_flow {
    uint64_t candidates;
    uint64_t no_index_month;
    uint64_t age;           /**< outside the study's age range, or birth month or sex unknown */
    uint64_t not_insured;   /**< not insured in every baseline month and the index month */
    uint64_t no_followup;   /**< no insured month with data in the follow-up window */
    uint64_t no_control;    /**< no free control in the stratum */
    uint64_t matched;
    uint64_t controls_eligible; /**< people who could have been drawn for at least one index month */
};

struct tg_cohort {
    struct tg_member *members; /**< ascending by set, participant first */
    size_t n;
    struct tg_cohort_flow flow;
    bool *eligible;            /**< by person: counted in controls_eligible */
    int32_t pseudo_index;      /**< index month assumed for eligible people who were not drawn:
                                    the participants' median */
};

TG_CHECKED enum tg_status tg_cohort_draw(const struct tg_cohort_input *input,
                                         struct tg_cohort *out, struct tg_error *err);
void tg_cohort_free(struct tg_cohort *cohort);

/** Full years in a month, and the 5-year band's lower end; −1 for an unknown birth month. */
int tg_age_in(int32_t birth_month, int32_t month);
int tg_age_band(int age);

/** @name Balance */
/** @{ */

/** One covariate over all people in question: by person index; NaN: missing. */
struct tg_covariate {
    const char *name;
    bool binary;          /**< 0/1: a share */
    const double *values; /**< by person */
};

/** A row of balance.csv. NaN where undefined. */
struct tg_balance_row {
    const char *covariate;
    bool binary;
    uint64_t n[3];  /**< people with a value: participants, controls before, controls after */
    double participants, controls_before, controls_after; /**< means or shares */
    double smd_before, smd_after; /**< divided by the participants' standard deviation */
    double variance_ratio_after;  /**< participants' to controls'; NaN for binary */
};

/**
 * Standardised mean differences before and after matching (Stuart 2010; the divisor is the
 * participants' standard deviation, n − 1, as for the average effect on the treated).
 *
 * "Before" compares all matched participants with all eligible people, "after" with the drawn.
 *
 * @param rows  out: n rows; the caller gives room for them
 */
void tg_balance(const struct tg_cohort *cohort, size_t n_people,
                const struct tg_covariate *covariates, size_t n, struct tg_balance_row *rows);
/** @} */

#endif
