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
    struct tg_arena arena; /**< of everything below that has no free of its own */

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
    unsigned char (*subjects)[TG_TOKEN_LEN]; /**< by person */

    /* comparing.c; empty when the study has no cohort */
    struct tg_windows windows;
    struct tg_cohort cohort;
    struct tg_costs *costs; /**< by outcome */
    struct tg_effect *effects;
    size_t n_effects;
    struct tg_balance_row *balance;
    size_t n_balance;
    struct tg_curve *curves;        /**< by outcome */
    struct tg_event_counts *events; /**< by outcome */
    struct tg_released *released;   /**< by member */
    double *released_covariates;    /**< by member, as in the cohort */
    struct tg_release_counts release;
    size_t hidden_cells;
};

/** Imports every token file of a folder that has a manifest, in the order of their names. */
TG_CHECKED enum tg_status tg_month_import(struct tg_month *m, const char *inbox,
                                          struct tg_run_summary *summary, struct tg_error *err);

/** Says which months of which source are missing; TG_NO_INPUT when the study does not allow it. */
TG_CHECKED enum tg_status tg_month_find_gaps(struct tg_month *m, struct tg_error *err);

/** Reads people and users, honours consents, links, makes subject ids. */
TG_CHECKED enum tg_status tg_month_link(struct tg_month *m, struct tg_error *err);

/** Draws controls, measures outcomes and balance, hides small cells. */
TG_CHECKED enum tg_status tg_month_compare(struct tg_month *m, struct tg_error *err);

/** Writes all files of the month into `folder`, which exists and is empty, and records them. */
TG_CHECKED enum tg_status tg_month_write(struct tg_month *m, const char *folder,
                                         struct tg_output_digest **outputs, size_t *n_outputs,
                                         struct tg_error *err);

/** Writes the month beside out/YYYY-MM, records it and puts it in place in one step. */
TG_CHECKED enum tg_status tg_month_deliver(struct tg_month *m, const char *out,
                                           struct tg_run_summary *summary, struct tg_error *err);

/** Ends what an interrupted run began: months that were recorded are put in place, leftovers go. */
TG_CHECKED enum tg_status tg_month_mend(struct tg_month *m, const char *out, struct tg_error *err);

uint64_t tg_month_linked(const struct tg_month *m);

void tg_month_free(struct tg_month *m);

#endif
