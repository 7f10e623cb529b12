/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The report of a month: one HTML file, one workbook, one JSON file. It is told everything in
 * struct tg_report, after disclosure control, and asks nobody. Same struct, same bytes.
 */
#ifndef TG_REPORT_REPORT_H
#define TG_REPORT_REPORT_H

#include "cohort/cohort.h"
#include "link/engine.h"
#include "outcome/conceal.h"
#include "outcome/pay.h"
#include "store/placing.h"
#include "store/query.h"
#include "table/study.h"

/** What became of the month's users, by reason; the sum is `users`. */
struct tg_user_flow {
    uint64_t users, no_consent, withdrawn, not_found, ambiguous, review, conflict, linked;
};

/** One cost curve: yen per person-month by month relative to the index month. */
struct tg_curve {
    const char *outcome;
    int baseline_months, followup_months;
    const double *mean[TG_N_ARMS]; /**< [baseline + followup]; NaN: hidden or none */
};

struct tg_link_rule_report {
    const char *rule;
    struct tg_link_key_report counts;
};

struct tg_report {
    const struct tg_study *study;
    int32_t month;
    uint32_t as_of;
    const char *recipient;
    const struct tg_delivery *deliveries;
    size_t n_deliveries;
    const struct tg_gap *gaps; /**< months of sources that were missing */
    size_t n_gaps;
    uint64_t persons;          /**< known by the month */
    uint64_t person_conflicts; /**< components that contradict themselves */
    struct tg_user_flow flow;
    const struct tg_link_rule_report *rules;
    size_t n_rules;
    struct tg_link_estimate estimate; /**< what linkage expects of itself */
    bool has_cohort;                  /**< the rest is empty otherwise */
    struct tg_cohort_flow cohort;
    const struct tg_balance_row *balance; /**< without products */
    size_t n_balance;
    struct tg_cohort_quality quality;
    const struct tg_effect *effects;
    size_t n_effects;
    const struct tg_effect *subgroups; /**< of all outcomes, factor by factor */
    size_t n_subgroups;
    const struct tg_outcome_result *outcomes; /**< by outcome of the study; exact */
    const struct tg_outcome_shown *shown;     /**< by outcome of the study */
    const struct tg_withheld *withheld;       /**< cells left out of tables, for next month */
    size_t n_withheld;
    const struct tg_payment_row *payments; /**< by indicator of the study; exact; NULL: none */
    const struct tg_payment_row *payments_shown; /**< as they may leave */
    const struct tg_curve *curves;
    size_t n_curves;
    struct tg_release_counts release;
    size_t hidden_cells;                  /**< in balance, outcomes and curves */
    const struct tg_event_counts *events; /**< by outcome */
};

/**
 * The cells that a month's run.json says were left out; none when there is no such file, or it is
 * of an older version.
 * @param arena  where the names live
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_report_withheld(const char *path, struct tg_arena *arena,
                                             struct tg_withheld **out, size_t *n,
                                             struct tg_error *err);

/**
 * How many counts of people that two deliveries of a month show differ by 1…min_cell−1, by their
 * run.json: steps of the flows, people of the outcomes and of their groups. Who has both deliveries
 * can subtract them.
 *
 * @param min_cell  smallest count shown; UINT_MAX or at most 1: `*n` is 0, since nothing is shown,
 *                  or everything may be
 * @return TG_OK, TG_NO_INPUT, TG_IO, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_report_differing(const char *before, const char *now,
                                              unsigned min_cell, size_t *n, struct tg_error *err);

/** @name Files
 * Each appears whole under its name, mode 0600, and replaces nothing.
 * @return TG_OK; TG_CANT_CREATE: it is there, or cannot be made; TG_IO; TG_NO_MEMORY
 */
/** @{ */
/**
 * report.html: self-contained, no scripts, no network; Japanese and English. Counts of people are
 * masked as the study's disclosure section says (report/mask.h), since it goes to everybody.
 */
TG_CHECKED enum tg_status tg_report_html(const struct tg_report *r, const char *path,
                                         struct tg_error *err);
/**
 * report.xlsx: a sheet each for flow, balance, outcomes, costs by month; masked as the page is.
 * While it is made, `path`.making and short-lived files of the library lie beside it.
 */
TG_CHECKED enum tg_status tg_report_xlsx(const struct tg_report *r, const char *path,
                                         struct tg_error *err);
/**
 * run.json: counts of every step, digests of inputs and of `outputs`, settings, versions. It is for
 * the municipality's own batch jobs: counts stand in it as they are.
 */
TG_CHECKED enum tg_status tg_report_json(const struct tg_report *r,
                                         const struct tg_output_digest *outputs, size_t n_outputs,
                                         const char *path, struct tg_error *err);
/** @} */

/** The whole of what an earlier run.json says that linkage expected of itself. */
struct tg_expected_quality {
    bool known;               /**< there is such a file and it says so */
    double precision, recall; /**< NaN: not known */
    struct tg_link_interval precision_interval, recall_interval; /**< the same */
};
/** Reads it. A file that is not there, or is no run.json, is not known. @return TG_OK; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_report_expected(const char *path, struct tg_expected_quality *out,
                                             struct tg_error *err);
/** part / whole; NaN: there is no whole. */
double tg_report_share(double part, double whole);

#endif
