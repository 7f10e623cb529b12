/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who is compared with whom: participants, their controls, and how alike the two are.
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
    bool earlier_use;    /**< used the app before its index month */
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

    /** Where conditions, activity and covariates are read from; unused when the rules have none. */
    struct tg_store *store;
    const struct tg_study *study;        /**< for the app's sources */
    int32_t month;                       /**< as of when: later deliveries are not seen */
    const struct tg_linked_user *linked; /**< to whom activity belongs */
    size_t n_linked;
    const struct tg_reporter *reporter; /**< NULL, or told of progress and of what is odd */
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
    uint64_t no_followup; /**< not observed until follow-up begins, or no data from there on */
    uint64_t earlier_use; /**< used the app before */
    uint64_t excluded;    /**< fulfils one of the study's conditions */
    uint64_t inactive;    /**< too few months of activity */
    uint64_t no_control;  /**< eligible, and nobody to be compared with; the sum of the next four */
    uint64_t no_stratum;  /**< nobody eligible was equal where the study wants it */
    uint64_t outside_caliper; /**< nobody was near enough */
    uint64_t used_up;         /**< all who were had been given to others */
    uint64_t separated;       /**< the covariates tell the arms apart, so nobody is comparable */
    uint64_t matched;
    uint64_t
        controls_eligible;  /**< not barred, and eligible in the month that was drawn for them */
    uint64_t controls_used; /**< different people */
};

/** @name Balance */
/** @{ */

enum { TG_BALANCE_GROUPS = 4 };

/** The columns of balance.csv, of `match` and of `run`. */
enum { TG_BALANCE_COLUMNS = 11 };
extern const char *const tg_balance_header[TG_BALANCE_COLUMNS];

/** A row of balance.csv. NaN where undefined. */
struct tg_balance_row {
    const char *covariate;         /**< `age`, `race=black`, `age²`, `age * bmi`, `distance` */
    bool binary;                   /**< 0/1: means are shares */
    bool product;                  /**< a square, or two covariates multiplied */
    uint64_t n[TG_BALANCE_GROUPS]; /**< different people: all participants, all controls, controls
                                        and participants who remain */
    double participants, controls_before, controls_after; /**< means or shares */
    double smd_before, smd_after; /**< divided by all participants' standard deviation */
    double variance_ratio_after;  /**< participants' to controls'; NaN for binary */
    double participants_after;
    double variance_ratio_before;
    double ecdf_max_before, ecdf_max_after;
};
/** @} */

enum { TG_SUPPORT_BINS = 20 };

/** How well matching went. NaN where there was no regression. */
struct tg_cohort_quality {
    double caliper_width;             /**< on the linear predictor; NaN: none */
    double effective_controls;        /**< (Σw)² / Σw² */
    double support_low, support_high; /**< propensities that both arms have */
    uint64_t outside[TG_N_ARMS];      /**< eligible people beyond them */
    double bins_from, bins_to;        /**< linear predictors, in TG_SUPPORT_BINS equal bins */
    uint64_t bins[TG_N_ARMS][TG_SUPPORT_BINS];       /**< all eligible people */
    uint64_t bins_after[TG_N_ARMS][TG_SUPPORT_BINS]; /**< who remain */
    size_t n_product_rows;                           /**< of the balance, at its end */
    uint64_t products;                               /**< squares and products compared */
    uint64_t products_unbalanced;                    /**< of them, |SMD| of 0.1 or more */
};

struct tg_cohort {
    struct tg_member *members; /**< ascending by set, participants first */
    size_t n;
    double *covariates; /**< by member, the rules' covariates each; NaN: no value */
    size_t n_covariates;
    struct tg_cohort_flow flow;
    struct tg_cohort_quality quality;
    struct tg_balance_row *balance; /**< the linear predictor, covariates, then products */
    size_t n_balance;
    struct tg_arena names; /**< of the balance's rows */
    int32_t *index_month;  /**< by person: own, or drawn for a possible control; TG_NO_MONTH: not
                                eligible */
    bool *eligible;        /**< by person: counted in controls_eligible */
    int32_t pseudo_index;  /**< the matched participants' median index month, of two middle months
                                the earlier; TG_NO_MONTH when nobody was matched */
};

/**
 * Who is compared with whom.
 *
 * Eligible in an index month m: birth month and sex known; age in the study's range in m; insured
 * in every month with data of m − baseline_months … m − 1, of which there must be one, and without
 * a gap from m until follow-up begins in m + landmark, for which there must be data; none of the
 * study's exclusions; for participants no earlier use, and enough months of activity in
 * m … m + max(landmark, 1) − 1.
 *
 * Every other person who is not barred gets one month of a participant's for their own, by a draw
 * that looks at nothing but sex, district and five years of birth where members of a set must be
 * equal in them: in shares as the participants there have them. The draw does not look at whether
 * the person is eligible in it, so that nobody's later fate decides when they are looked at (Suissa
 * 2008 on time that is immortal). Who is not eligible in it is no control.
 *
 * Covariates are from before the index month. Matching is that of tg_match_file(); a set is
 * always equal in the index month. Ties and, without a regression, all choices go by a seeded hash
 * of the persons' numbers, uniform over people. Time is O(n log n) and memory linear in people and
 * covariates.
 *
 * @param input  borrowed; candidates one a person, ascending by person
 * @param out    out: the cohort; free it with tg_cohort_free()
 * @return TG_OK (also with nobody matched), TG_DATA: more levels than matching takes,
 *         TG_CANCELLED, TG_NO_MEMORY, what the store says, TG_BUG: candidates are not as they must
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

#endif
