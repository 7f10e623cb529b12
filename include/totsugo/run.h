/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The monthly job on the joining machine: import what is new, link, cohort, outcomes, disclosure
 * control, report.
 */
#ifndef TOTSUGO_RUN_H
#define TOTSUGO_RUN_H

#include <totsugo/base.h>
#include <totsugo/store.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tg_run_options {
    const struct tg_study *study; /**< required */
    struct tg_store *store;       /**< required; open */
    const char *month;            /**< required; YYYY-MM */
    const char *as_of;            /**< YYYY-MM-DD; NULL: the last day of the month */
    const char *inbox;            /**< every *.csv with a manifest is imported; NULL: nothing is */
    const char *out;              /**< required; out/YYYY-MM/ is made */
    const char *recipient;        /**< NULL: "evaluator" */
};

/** What would become of a file of the inbox. */
struct tg_planned_file {
    const char *path;
    enum {
        TG_PLAN_NEW,
        TG_PLAN_SAME,        /**< it is there already */
        TG_PLAN_REPLACES,    /**< its source and period are there, or stand in a file before it */
        TG_PLAN_REFUSED,     /**< `why` says so; the run would end there */
        TG_PLAN_NO_MANIFEST, /**< it would be left alone */
    } what;
    const char *source;  /**< NULL when refused or without a manifest */
    char period[8];      /**< YYYY-MM; empty: none */
    uint64_t rows;       /**< as its manifest says */
    struct tg_error why; /**< of TG_PLAN_REFUSED */
};

/** A source of the study of which there would be nothing for the month itself. */
struct tg_planned_lack {
    const char *source;
    char newest[8]; /**< YYYY-MM of what would be used instead; empty: there is nothing */
};

/** What tg_run() would do. */
struct tg_run_plan {
    bool makes_store;
    const char *folder;   /**< where the month would lie */
    bool replaces_folder; /**< there is one already */
    size_t n_unfinished;  /**< months that an interrupted run left to be put in place first */
    struct tg_planned_file *files; /**< in the order of import */
    size_t n_files;
    struct tg_planned_lack *lacks; /**< in the order of the study */
    size_t n_lacks;
    void *owner; /**< of everything above */
};

/** How much of the month was linked anew; of all providers together. The same links come out
 * whatever was remembered. */
struct tg_linked_anew {
    uint64_t asking;      /**< users whose tokens that forgive an error were asked for */
    uint64_t asking_anew; /**< those with a token that no month before had asked for */
    uint64_t rows;        /**< identities of the rosters' people */
    uint64_t rows_anew;   /**< those that were not remembered, and so were asked for all tokens */
};

/** What the job came to, for the last line a scheduler keeps. */
struct tg_run_summary {
    uint64_t imported, unchanged; /**< files */
    uint64_t users, linked, matched;
    struct tg_linked_anew anew;
    bool same;        /**< the month lay there already as it would be now: nothing was done */
    char folder[256]; /**< where the month lies */
};

/**
 * Does the month. Doing it again replaces it; same inputs, same bytes. When nothing that it rests
 * on has changed (what is in the store, the study file, month, day, recipient, version) and its
 * files are as they were recorded, nothing is done. The month appears in one step when everything
 * is whole; until then what was there stays.
 *
 * @return TG_OK; TG_USAGE: no such month or day; TG_DATA, TG_NO_PERMISSION: a file of the inbox was
 *         refused; TG_NO_INPUT: no users or no roster up to this month; TG_CANT_CREATE; TG_IO;
 *         TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_run(const struct tg_run_options *options,
                                        const struct tg_reporter *reporter,
                                        struct tg_run_summary *summary, struct tg_error *err);

/** @name Applicants: the check of who somebody is, without names */
/** @{ */
enum tg_applicant_status {
    TG_APPLICANT_NOT_FOUND,
    TG_APPLICANT_VERIFIED,  /**< a decisive token names one person, sure enough to be a link */
    TG_APPLICANT_PARTLY,    /**< a weaker decisive token does, or one that forgives an error */
    TG_APPLICANT_AMBIGUOUS, /**< tokens name several people, or two rows the same one */
    TG_N_APPLICANT_STATUSES
};
struct tg_applicant_options {
    const struct tg_study *study; /**< required */
    struct tg_store *store;       /**< required; open; nothing is written into it */
    const char *input;            /**< required; a token file with row ids */
    const char *month;            /**< YYYY-MM: the rosters known by then; NULL: all */
    const char *output;           /**< required; row_id,status,key; "-" for standard output */
    bool force;
};
struct tg_applicant_counts {
    uint64_t by_status[TG_N_APPLICANT_STATUSES];
};
/**
 * Says of every row of a token file whether the rosters know this person: `verified`, `partly` with
 * the token that agreed, `not_found`, `ambiguous`; sorted by row id, mode 0600. Nothing is stored.
 * Nobody whose birth month and sex both differ is found.
 *
 * @param counts  out
 * @return TG_OK; TG_NO_INPUT: no file, or no roster by then; TG_DATA: damaged, of another study or
 *         of a kind without row ids; TG_NO_PERMISSION: made with another key than the store's
 *         files; TG_USAGE; TG_CANT_CREATE; TG_IO; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_verify_applicants(const struct tg_applicant_options *options,
                                                      const struct tg_reporter *reporter,
                                                      struct tg_applicant_counts *counts,
                                                      struct tg_error *err);
/** @} */

/**
 * Moves delivered months to another folder, each whole: copied, held against its record, synced,
 * recorded, and only then removed where it was. What moved is watched over by tg_store_verify()
 * where it lies now. The same brings them back.
 *
 * @param before  YYYY-MM: all months before it; NULL: see `month`
 * @param month   YYYY-MM: this one; NULL: see `before`
 * @param to      a folder, made when it is missing
 * @param moved   out: how many
 * @return TG_OK; TG_USAGE; TG_DATA: a file is not as it was delivered; TG_CANT_CREATE: the month is
 *         there already; TG_IO; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_archive_months(struct tg_store *store, const char *before,
                                                   const char *month, const char *to,
                                                   const struct tg_reporter *reporter,
                                                   uint64_t *moved, struct tg_error *err);

/** Paths of token files; free with tg_token_paths_free(). */
struct tg_token_paths {
    char **paths;
    size_t n;
    void *owner;
};
/** Those files of a folder that tg_run() would import, by name; none when there is no folder. */
TG_API TG_CHECKED enum tg_status tg_inbox_files(const char *inbox, struct tg_token_paths *out,
                                                struct tg_error *err);
TG_API void tg_token_paths_free(struct tg_token_paths *paths);

/**
 * Says what tg_run() would do with the same options and changes nothing.
 *
 * @param options  `store` was opened by tg_store_open_still(), or is NULL: there is none yet
 * @param out      out: also filled when the run would fail; free with tg_run_plan_free()
 * @return TG_OK; else what tg_run() would end with, as far as it can be told before
 */
TG_API TG_CHECKED enum tg_status tg_run_plan(const struct tg_run_options *options,
                                             const struct tg_reporter *reporter,
                                             struct tg_run_plan *out, struct tg_error *err);
TG_API void tg_run_plan_free(struct tg_run_plan *plan);

#ifdef __cplusplus
}
#endif
#endif
