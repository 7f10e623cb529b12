/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * One month on its way through the job: each step reads what earlier steps left here.
 */
#ifndef TG_RUN_MONTH_H
#define TG_RUN_MONTH_H

#include <totsugo/run.h>

#include "report/report.h"

/** What became of one row of the users files, in the words of unlinked.csv. */
enum tg_user_state {
    TG_USER_LINKED,
    TG_USER_NO_CONSENT,
    TG_USER_WITHDRAWN,
    TG_USER_NOT_FOUND,
    TG_USER_AMBIGUOUS,
    TG_USER_REVIEW,
    TG_USER_CONFLICT,
    TG_N_USER_STATES
};

struct tg_user_result {
    enum tg_user_state state;
    uint32_t person;    /**< index into people; LINKED and REVIEW */
    const char *rule;   /**< LINKED and REVIEW */
    double probability; /**< LINKED and REVIEW */
};

struct tg_month {
    const struct tg_study *study;
    struct tg_store *store;
    const struct tg_reporter *reporter;
    int32_t month;
    uint32_t as_of;
    const char *recipient;
    const char *out;       /**< where the months lie */
    struct tg_arena arena; /**< of everything below that has no free of its own */
    const char
        *before; /**< run.json of the newest month before that the recipient got; NULL: none */

    /* lacking.c */
    struct tg_gap *gaps;
    size_t n_gaps;

    /* linking.c */
    struct tg_people people;
    struct tg_users users;
    struct tg_user_result *results; /**< by user */
    bool *barred;                   /**< by person: never a control */
    struct tg_link_rule_report *rules;
    size_t n_rules;
    struct tg_link_estimate estimate;
    struct tg_linked_anew anew;
    unsigned char (*subjects)[TG_TOKEN_LEN]; /**< by person */

    /* comparing.c; empty when the study has no cohort */
    struct tg_windows windows;
    struct tg_cohort cohort;
    struct tg_costs *costs;        /**< by outcome */
    struct tg_linked_user *linked; /**< app users who were found; for sources of an app */
    size_t n_linked;
    struct tg_outcome_result *outcomes; /**< by outcome */
    struct tg_effect *effects;          /**< of all outcomes, as outcomes.csv has them */
    size_t n_effects;
    struct tg_effect *subgroups; /**< of all outcomes */
    size_t n_subgroups;
    struct tg_balance_row *balance;
    size_t n_balance;
    struct tg_payment_row *payments;       /**< by indicator, exact */
    struct tg_payment_row *payments_shown; /**< the same as they leave */
    struct tg_outcome_shown *shown;        /**< by outcome */
    struct tg_withheld *withheld;          /**< cells left out of tables */
    size_t n_withheld;
    struct tg_curve *curves; /**< of outcomes with costs by month */
    size_t n_curves;
    struct tg_event_counts *events; /**< by outcome */
    struct tg_released *released;   /**< by member */
    double *released_covariates;    /**< by member, as in the cohort */
    struct tg_release_counts release;
    size_t hidden_cells;
};

/** Paths of the token files of a folder, by name: those that tg_month_import() takes. In the
 * arena; a folder that is not there has none. */
TG_CHECKED enum tg_status tg_inbox_list(const char *inbox, struct tg_arena *arena, char ***paths,
                                        size_t *n, struct tg_error *err);

/** Month and day of the options; nothing else of the month is filled. */
TG_CHECKED enum tg_status tg_month_begin(struct tg_month *m, const struct tg_run_options *o,
                                         const struct tg_reporter *reporter, struct tg_error *err);

/** Imports every token file of a folder that has a manifest, in the order of their names. */
TG_CHECKED enum tg_status tg_month_import(struct tg_month *m, const char *inbox,
                                          struct tg_run_summary *summary, struct tg_error *err);

/** Says which months of which source are missing; TG_NO_INPUT when the study does not allow it. */
TG_CHECKED enum tg_status tg_month_find_gaps(struct tg_month *m, struct tg_error *err);
/** Warns of files that came under two periods, of a newest file much longer or shorter than the one
 * before it, and of sources that results rest on and that never came. */
TG_CHECKED enum tg_status tg_month_find_unusual(struct tg_month *m, struct tg_error *err);
/** Is the month on disk what would be made now? Then `summary` says so. Call it when everything is
 * imported. */
TG_CHECKED enum tg_status tg_month_find_unchanged(struct tg_month *m, const char *out,
                                                  struct tg_run_summary *summary,
                                                  struct tg_error *err);
/** Notes what the delivered month rests on, for the next time. Where that cannot be written the
 * month is delivered all the same, and done again the next time. */
void tg_month_note_basis(struct tg_month *m, const char *out, const struct tg_run_summary *summary);

/** Reads people and users, honours consents, links, makes subject ids. */
TG_CHECKED enum tg_status tg_month_link(struct tg_month *m, struct tg_error *err);

/** Finds the month before, wherever it lies now; warns when its run.json is gone or was changed. */
TG_CHECKED enum tg_status tg_month_find_before(struct tg_month *m, struct tg_error *err);
/** Warns where linkage expects of itself what the month before did not. */
TG_CHECKED enum tg_status tg_month_drift(struct tg_month *m, struct tg_error *err);

/** Draws controls, measures outcomes and balance, hides small cells. */
TG_CHECKED enum tg_status tg_month_compare(struct tg_month *m, struct tg_error *err);

/** Measures every outcome: costs, effects, subgroups, curves. */
TG_CHECKED enum tg_status tg_month_measure(struct tg_month *m, struct tg_error *err);
/** What the outcomes and the participants' activity come to by the study's payment table. */
TG_CHECKED enum tg_status tg_month_pay(struct tg_month *m, struct tg_error *err);
/** Fills `linked`. */
TG_CHECKED enum tg_status tg_month_list_linked(struct tg_month *m, struct tg_error *err);
/** Applies disclosure control to what was measured. */
TG_CHECKED enum tg_status tg_month_hide_outcomes(struct tg_month *m, struct tg_error *err);
/** The smallest count that may be shown; for the municipality's own use every one may. */
unsigned tg_month_min_cell(const struct tg_month *m);

/** Writes all files of the month into `folder`, which exists and is empty, and records them. */
TG_CHECKED enum tg_status tg_month_write(struct tg_month *m, const char *folder,
                                         struct tg_output_digest **outputs, size_t *n_outputs,
                                         struct tg_error *err);

/** Warns when the recipient got this month before and what lies in `made` differs from it by so few
 * people that subtracting shows what each delivery hides; or when nobody can say any more. */
TG_CHECKED enum tg_status tg_month_warn_of_differences(struct tg_month *m, const char *made,
                                                       struct tg_error *err);

/** Writes the month beside out/YYYY-MM, records it and puts it in place in one step. */
TG_CHECKED enum tg_status tg_month_deliver(struct tg_month *m, const char *out,
                                           struct tg_run_summary *summary, struct tg_error *err);

/** Ends what an interrupted run began: months that were recorded are put in place, leftovers go. */
TG_CHECKED enum tg_status tg_month_mend(struct tg_month *m, const char *out, struct tg_error *err);

uint64_t tg_month_linked(const struct tg_month *m);

void tg_month_free(struct tg_month *m);

#endif
