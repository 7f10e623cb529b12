/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Effects: what a pair of arms cost before and after, and the difference in differences.
 */
#ifndef TG_OUTCOME_OUTCOME_H
#define TG_OUTCOME_OUTCOME_H

#include "cohort/cohort.h"
#include "outcome/estimate.h"

/** The windows around a person's index month: the months before it, and those from `landmark`
 * months behind it on. */
struct tg_windows {
    int baseline_months;
    int followup_months;
    int32_t first_month; /**< months outside first…last have no data and are not counted */
    int32_t last_month;
    int landmark; /**< 0: the index month is the first follow-up month */
};

/** One person's sums for one outcome. */
struct tg_person_cost {
    int64_t before_yen, after_yen;
    uint16_t before_months, after_months; /**< insured months with data in the window */
};

/** Amounts of one source spread over the members' windows. */
struct tg_costs {
    struct tg_person_cost *members;     /**< by member, around its own index month */
    int n_relative;                     /**< baseline_months + followup_months */
    double *monthly[TG_N_ARMS];         /**< [n_relative] weighted yen of an arm's members */
    double *weights[TG_N_ARMS];         /**< [n_relative] weights of those insured in the month */
    uint64_t *person_months[TG_N_ARMS]; /**< [n_relative] */
};
void tg_costs_free(struct tg_costs *costs);

/** What an effect is counted in. */
enum tg_unit {
    TG_UNIT_YEN,   /**< yen per person-month */
    TG_UNIT_SHARE, /**< 0…1 of the people */
    TG_UNIT_RATE,  /**< per person-year */
    TG_UNIT_VALUE, /**< of the measure */
};

/** Another way to the same number. NaN where undefined. */
struct tg_sensitivity {
    double effect, ci_low, ci_high;
};

/**
 * A row of outcomes.csv. Money in yen per person-month: each person's sum by their own months, so
 * that everybody counts once. NaN where undefined or hidden.
 */
struct tg_effect {
    const char *outcome;
    const char *design; /**< that of the study; of did also "before", "after": means of the arms;
                             "alone": participants' own change, without controls */
    uint64_t n[TG_N_ARMS];
    double mean[TG_N_ARMS];
    double effect;             /**< participants − controls; "alone": their mean change */
    double ci_low, ci_high, p; /**< 95 %; see outcome/estimate.h */
    bool hidden;               /**< by disclosure control: an arm is too small */

    enum tg_unit unit;
    const char *subgroup;            /**< "sex=1", as covariates are named; NULL: everybody */
    bool is_count;                   /**< each mean is `cases` of n: small ones are cells */
    uint64_t cases[TG_N_ARMS];       /**< people who had it */
    struct tg_sensitivity welch;     /**< unweighted, as if nobody were matched (Welch 1947) */
    struct tg_linkage_range linkage; /**< if links are wrong as often as they say */
};
/** Is this the outcome's own result, for everybody? */
bool tg_effect_is_main(const struct tg_effect *e);

/** What is known of one member for an outcome. NaN: nothing. */
struct tg_observation {
    double before, after;
    double count; /**< of a rate */
    double years; /**< under observation in the follow-up */
    int32_t time; /**< of incidence: months until it happened or observation ended; 0: had it */
    bool event;
    uint32_t months; /**< under observation in the follow-up */
};

/** People from level to level. */
struct tg_transitions {
    double *levels; /**< ascending */
    size_t n;
    uint64_t *counts[TG_N_ARMS]; /**< [from × n + to]; people, not rows */
};

/** Yen that the effect comes to over all participants. */
struct tg_saving {
    bool known;
    uint64_t people;
    double months; /**< person-months */
    double yen;    /**< positive: saved */
    double ci_low, ci_high;
    bool from_levels; /**< by the study's table of benefits */
};

/** All that is found of one outcome. */
struct tg_outcome_result {
    const struct tg_outcome_rule *rule;
    struct tg_effect *effects; /**< rows of outcomes.csv, the main one last but "alone" */
    size_t n_effects;
    struct tg_effect *subgroups; /**< factor by factor */
    size_t n_subgroups;
    struct tg_survival curves[TG_N_ARMS]; /**< INCIDENCE */
    struct tg_transitions transitions;    /**< TRANSITION */
    struct tg_saving saving;
    struct tg_event_counts counts;
};
/** The row of the result itself; NULL: none. */
struct tg_effect *tg_outcome_main(const struct tg_outcome_result *r);

/** What is asked of an outcome. Everything is borrowed. */
struct tg_outcome_question {
    const struct tg_outcome_rule *rule;
    int32_t month;
    const struct tg_people *people;
    const struct tg_cohort *cohort;
    const struct tg_windows *windows;
    struct tg_costs *costs; /**< DID: filled; free them with tg_costs_free(). Else unused */
    const struct tg_linked_user *linked;
    size_t n_linked;
};

/**
 * Reads what is known of every member for outcomes of one source, in one pass; see
 * docs/EVALUATION.md for each design. It needs about TG_OBSERVING_BYTES a member and outcome, of
 * which `out` is a part. Of costs only months with data in which the person is insured here count,
 * so that amounts and months belong together.
 *
 * @param questions  of one source, cohort and month
 * @param out        out: by question, then by member; the caller's room
 * @param counts     out: by question; of costs in the months that count for a member, or around the
 *                   pseudo index month for anybody eligible
 * @return TG_OK; TG_DATA: a person's amounts cannot be added up; TG_NO_MEMORY; what the store says
 */
enum { TG_OBSERVING_BYTES = 80 };
TG_CHECKED enum tg_status tg_outcomes_observe(struct tg_store *store,
                                              const struct tg_outcome_question *questions, size_t n,
                                              struct tg_observation *const *out,
                                              struct tg_event_counts *counts, struct tg_error *err);

/**
 * Effects, subgroups, curves, transitions and saving of one outcome.
 *
 * @param observed  by member
 * @param arena     where the rows of the result live
 * @param out       out: free it with tg_outcome_result_free()
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_outcome_compare(const struct tg_outcome_question *question,
                                             const struct tg_observation *observed,
                                             struct tg_arena *arena, struct tg_outcome_result *out,
                                             struct tg_error *err);
void tg_outcome_result_free(struct tg_outcome_result *r);

/** @name Disclosure control (domain: small cells) */
/** @{ */

/** May a count be shown? 0 may, 1…min_cell−1 may not; min_cell UINT_MAX: nothing but 0 may. */
bool tg_count_may_show(uint64_t n, unsigned min_cell);

/** May this row be shown by itself: are its arms large enough, and of a share the people who had it
 * and those who had not? */
bool tg_effect_may_show(const struct tg_effect *e, unsigned min_cell);

/**
 * Hides effects with fewer than `min_cell` (at least 10) in an arm, shares of few cases, and
 * "before" and "after" where the few who are not in "did" could be computed by subtracting. The
 * counts stay as they are: who writes them asks tg_count_may_show().
 * @return how many cells were hidden that held a number
 */
size_t tg_effects_hide(struct tg_effect *rows, size_t n, unsigned min_cell);

/**
 * Hides means over fewer than `min_cell` (at least 10), and shares whose count or complement is too
 * small. Rows named alike up to "=" ("district=…") are one factor: where a hidden share could be
 * computed from the others, or all hidden ones together are too few, the next smallest is hidden
 * as well. A difference goes with either of its sides. Of products, which stand at the end, only
 * differences are shown.
 * @return how many cells were hidden that held a number
 */
size_t tg_balance_hide(struct tg_balance_row *rows, size_t n, unsigned min_cell);

enum { TG_RELEASED_MONTH = 16 };

/** A row of cohort.csv as it leaves. */
struct tg_released {
    uint32_t member;      /**< index into cohort members */
    int age_band;         /**< lower end of 5 years, 90 means 90 and over; −1: hidden */
    uint8_t sex;          /**< 0: hidden */
    const char *district; /**< NULL: hidden */
    char index_month[TG_RELEASED_MONTH]; /**< "2025-04", "2025-Q2", "2025"; "": hidden */
    double weight, propensity;           /**< means over the row's group; NaN: none */
    bool left_out;
};

/** Rows by what was hidden in them, without those left out; and those. */
struct tg_release_counts {
    uint64_t districts, ages, sexes, left_out;
    uint64_t months; /**< index month no longer exact */
};
/**
 * Coarsens the index month (to quarter, year, nothing), then district, age and sex, until every
 * combination of index month, age band, sex, district and arm is that of at least `min_cell`
 * people; rows that cannot be are left out. A matched set is coarsened, leaves or stays as a whole:
 * its members are alike in their strata, so what is hidden of one could be read from the other.
 *
 * Rows of one combination are then put into groups of at least `min_cell` people, neighbours by
 * propensity or, without one, by the first covariate: weight, propensity and covariates are the
 * group's means, so that nobody is alone with anything the row shows.
 *
 * @param rows    out: cohort->n rows, by member
 * @param values  out: cohort->n × cohort->n_covariates, by member; NaN: none, or known of too few
 * @param counts  out
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_cohort_release(const struct tg_cohort *cohort,
                                            const struct tg_people *people, unsigned min_cell,
                                            struct tg_released *rows, double *values,
                                            struct tg_release_counts *counts, struct tg_error *err);
/** @} */

#endif
