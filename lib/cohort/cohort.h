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
    double probability;  /**< of its link */
};

struct tg_cohort_input {
    const struct tg_people *people;
    const struct tg_cohort_rules *rules;
    const struct tg_candidate *candidates; /**< one a person, ascending by person */
    size_t n_candidates;
    const bool *barred;  /**< by person: linked, or possibly a user; never a control; NULL: nobody
                              is but the candidates themselves, who never are controls */
    int32_t first_month; /**< months for which there is data; none when first > last */
    int32_t last_month;
};

/** Why somebody is not observed any longer. */
enum tg_end {
    TG_END_WINDOW, /**< the follow-up window is over */
    TG_END_DATA,   /**< no later data have come yet */
    TG_END_LEFT,   /**< no longer insured: death, move, loss of insurance */
};

/** One person in the comparison. A control has a member for every set it is in. */
struct tg_member {
    uint32_t person;
    enum tg_arm arm;
    uint32_t set; /**< matched set, from 1; 0: weighted without sets */
    int32_t index_month;
    int32_t start;      /**< first month of the follow-up: index month + landmark */
    int32_t last;       /**< last month under observation: insured without a gap since the index
                             month, in the window, with data */
    enum tg_end end;    /**< why not longer; of several reasons the first of the enum */
    double probability; /**< of a participant's link; 1 for a control */
    double weight;      /**< 1 */
    double propensity;  /**< NaN where the design has none */
};

/** How many dropped out at each step and why; each participant candidate is counted once. */
struct tg_cohort_flow {
    uint64_t candidates;
    uint64_t no_index_month;
    uint64_t age;         /**< outside the study's age range, or birth month or sex unknown */
    uint64_t no_baseline; /**< the baseline window has no month with data, so that nothing is
                               known of the time before: no matter of insurance */
    uint64_t not_insured; /**< not insured in every baseline month with data and the index month */
    uint64_t no_followup; /**< no insured month with data in the follow-up window */
    uint64_t no_control;  /**< no free control in the stratum */
    uint64_t matched;
    uint64_t controls_eligible; /**< not barred, and eligible in at least one index month of an
                                     eligible participant, whatever the stratum */
};

struct tg_cohort {
    struct tg_member *members; /**< ascending by set, participant first */
    size_t n;
    struct tg_cohort_flow flow;
    bool *eligible;       /**< by person: counted in controls_eligible */
    int32_t pseudo_index; /**< index month assumed for eligible people who were not drawn:
                               the participants' median, of two middle months the earlier;
                               TG_NO_MONTH when nobody was matched */
};

/**
 * Draws one control for each participant, without replacement.
 *
 * Eligible in an index month m: birth month and sex known; age in the study's range in m; insured
 * in every month with data of m − baseline_months … m − 1, of which there must be one, and in m;
 * insured in at least one month with data of m … m + followup_months − 1. A control gets its
 * participant's index month and must be eligible in it, and equal in the strata that the rules
 * name (sex, 5-year age band in m, district; "" is a district of its own).
 *
 * Participants draw in the order of a seeded hash of their ids, controls come in the order of
 * another; both orders are uniform, so that nobody is preferred. Time and memory are linear in the
 * number of people, up to sorting.
 *
 * @param input  borrowed; candidates one a person, ascending by person
 * @param out    out: the cohort; free it with tg_cohort_free()
 * @return TG_OK (also with nobody matched), TG_NO_MEMORY, TG_BUG: candidates are not as they must
 */
TG_CHECKED enum tg_status tg_cohort_draw(const struct tg_cohort_input *input, struct tg_cohort *out,
                                         struct tg_error *err);
/** Empties a cohort, also a half-built one. NULL is allowed. */
void tg_cohort_free(struct tg_cohort *cohort);

/** Full years reached by the end of a month; −1 for an unknown birth month, or before birth. */
int tg_age_in(int32_t birth_month, int32_t month);
/** The 5-year band's lower end: 0, 5, 10, …; −1 for a negative age. */
int tg_age_band(int age);
/** In how many months of from…to (both count; none when from > to) is the person insured here? */
int64_t tg_insured_months(const struct tg_people *people, const struct tg_person *person,
                          int32_t from, int32_t to);

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
    uint64_t n[3]; /**< people with a value: participants, controls before, controls after */
    double participants, controls_before, controls_after; /**< means or shares */
    double smd_before, smd_after; /**< divided by the participants' standard deviation */
    double variance_ratio_after;  /**< participants' to controls'; NaN for binary */
};

/**
 * Standardised mean differences before and after matching (Stuart 2010). The divisor is the
 * participants' standard deviation, as for the average effect on the treated and as R's MatchIt
 * has it: √(Σ(x − mean)² / (n − 1)) for a number, √(p(1 − p)) for a share. Where it is 0, or one
 * side has nobody, the difference is undefined. People without a value do not count.
 *
 * "Before" compares all matched participants with all eligible people, "after" with the drawn.
 *
 * @param rows  out: n rows; the caller gives room for them
 */
void tg_balance(const struct tg_cohort *cohort, size_t n_people,
                const struct tg_covariate *covariates, size_t n, struct tg_balance_row *rows);
/** @} */

#endif
