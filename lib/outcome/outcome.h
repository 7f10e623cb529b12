/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Effects: what a pair of arms cost before and after, and the difference in differences.
 */
#ifndef TG_OUTCOME_OUTCOME_H
#define TG_OUTCOME_OUTCOME_H

#include "cohort/cohort.h"

/** The windows around a person's index month. The index month is the first follow-up month. */
struct tg_windows {
    int baseline_months;
    int followup_months;
    int32_t first_month; /**< months outside first…last have no data and are not counted */
    int32_t last_month;
};

/** One person's sums for one outcome. */
struct tg_person_cost {
    int64_t before_yen, after_yen;
    uint16_t before_months, after_months; /**< insured months with data in the window */
};

/** Amounts of one source spread over everybody's windows. */
struct tg_costs {
    struct tg_person_cost *people;      /**< by person index */
    int n_relative;                     /**< baseline_months + followup_months */
    double *monthly[TG_N_ARMS];         /**< [n_relative] yen of the members of an arm */
    uint64_t *person_months[TG_N_ARMS]; /**< [n_relative] */
    struct tg_event_counts counts;
};

/**
 * Reads a source's amounts once and adds them up for every member (by their own index month) and
 * every eligible person (by the pseudo index month). Only months with data in which the person is
 * insured here count, so that amounts and months belong together.
 *
 * @param month  as of when: later deliveries are not seen
 * @param out    out: free it with tg_costs_free()
 * @return TG_OK; TG_DATA: a person's amounts cannot be added up; TG_NO_MEMORY; what the store says
 */
TG_CHECKED enum tg_status tg_costs_read(struct tg_store *store, const struct tg_source *source,
                                        int32_t month, const struct tg_people *people,
                                        const struct tg_cohort *cohort,
                                        const struct tg_windows *windows, struct tg_costs *out,
                                        struct tg_error *err);
void tg_costs_free(struct tg_costs *costs);
/** Yen per baseline month by person, NaN without one; for balance. `out`: n_people doubles. */
void tg_costs_baseline(const struct tg_costs *costs, size_t n_people, double *out);

/**
 * A row of outcomes.csv. Money in yen per person-month: each person's sum by their own months, so
 * that everybody counts once. NaN where undefined or hidden.
 */
struct tg_effect {
    const char *outcome;
    const char *design; /**< "before", "after": means of the arms; "did": mean change per person */
    uint64_t n[TG_N_ARMS];
    double mean[TG_N_ARMS];
    double effect;             /**< participants − controls */
    double ci_low, ci_high, p; /**< 95 %, Welch's t (Welch 1947); for "before" and "after" too */
    bool hidden;               /**< by disclosure control: an arm is too small */
};

/**
 * The three rows of one did outcome: "before", "after", "did". For "did" people count who have
 * months in both windows; each person's change is their mean after less their mean before. The arms
 * are compared as independent samples: where matched people are alike, the interval is rather too
 * wide than too narrow.
 *
 * @param name  borrowed by the rows
 * @param rows  out
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_effects_did(const char *name, const struct tg_cohort *cohort,
                                         const struct tg_costs *costs, struct tg_effect rows[3],
                                         struct tg_error *err);

/** @name Disclosure control (domain: small cells) */
/** @{ */

/** May a count be shown? 0 may, 1…min_cell−1 may not; min_cell UINT_MAX: nothing but 0 may. */
bool tg_count_may_show(uint64_t n, unsigned min_cell);

/**
 * Hides effects with fewer than `min_cell` (at least 10) in an arm, and "before" and "after" where
 * the few who are not in "did" could be computed by subtracting. The counts stay as they are: who
 * writes them asks tg_count_may_show().
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
