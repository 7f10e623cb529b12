/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The store of the joining machine: what was imported, who is one person, what was agreed to, and
 * what was done with it.
 *
 * One SQLite file with its site key beside it. A store belongs to one thread at a time. Every call
 * that writes is one transaction. tg_store_open() takes the lock beside the store, so a second run
 * gets TG_BUSY.
 */
#ifndef TOTSUGO_STORE_H
#define TOTSUGO_STORE_H

#include <totsugo/base.h>
#include <totsugo/table.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tg_store;

/**
 * Opens a store, making it and its site key when it is missing, and migrates an older schema.
 *
 * @param path   the SQLite file, for example "totsugo.db"; `site.key` and a lock file lie beside it
 * @param study  borrowed until tg_store_close(); a store belongs to one study
 * @return TG_OK; TG_BUSY; TG_NO_PERMISSION: site key of another study or readable by others;
 *         TG_DATA: not a store, of another study, damaged, or made by a newer program;
 *         TG_CANT_CREATE; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_store_open(const char *path, const struct tg_study *study,
                                               struct tg_store **out, struct tg_error *err);
/** As tg_store_open(), but TG_NO_INPUT when there is no store yet. */
TG_API TG_CHECKED enum tg_status tg_store_open_existing(const char *path,
                                                        const struct tg_study *study,
                                                        struct tg_store **out,
                                                        struct tg_error *err);
/**
 * Opens a store to look into it: nothing is made, migrated or changed, no file is added, and the
 * site key is not needed. Only functions that say so take such a store.
 *
 * @return TG_OK; TG_BUSY: a run is at work; TG_NO_INPUT: there is no store; TG_DATA: not a store,
 * of another study, damaged, or of another version of the program
 */
TG_API TG_CHECKED enum tg_status tg_store_open_still(const char *path, const struct tg_study *study,
                                                     struct tg_store **out, struct tg_error *err);
TG_API void tg_store_close(struct tg_store **store);

enum tg_import_outcome {
    TG_IMPORT_NEW,      /**< rows were added */
    TG_IMPORT_SAME,     /**< this very file was there: nothing changed */
    TG_IMPORT_REPLACED, /**< the same source and period was there: its rows were replaced */
};

struct tg_import_result {
    enum tg_import_outcome outcome;
    uint64_t rows;
    uint64_t new_identities; /**< combinations of tokens not seen before in this source */
    uint64_t new_persons;
    uint64_t conflicts; /**< components with two birth months or sexes, in the whole store */
    uint64_t undecided; /**< names that join nobody, for they may be of several people; likewise */
};

/**
 * Imports a token file in one transaction. Every token is hashed again under the site key first.
 *
 * Whether it is the same file is told by its manifest; anything else is held against its SHA-256
 * before it counts. Memory: at most about 450 MiB, and for rosters 250 bytes more for each
 * combination of tokens that shares a number or a name with another and is new or changed.
 *
 * @return TG_OK; TG_NO_INPUT; TG_DATA: damaged, or of another study, digest or normaliser;
 *         TG_NO_PERMISSION: made with another shared key than the store's files; TG_IO;
 *         TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_import(struct tg_store *store, const char *token_path,
                                           const struct tg_reporter *reporter,
                                           struct tg_import_result *result, struct tg_error *err);

/**
 * Takes a file back that its sender has withdrawn: as if it had never come, except that withdrawals
 * of consent that it brought stay. Into the audit log.
 *
 * @param source  its name in the study
 * @param period  YYYY-MM; NULL or "": the delivery without a period
 * @param result  out: rows that went; conflicts left
 * @return TG_OK; TG_USAGE; TG_NO_INPUT: no such delivery; TG_IO; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_import_retract(struct tg_store *store, const char *source,
                                                   const char *period,
                                                   const struct tg_reporter *reporter,
                                                   struct tg_import_result *result,
                                                   struct tg_error *err);
/**
 * Writes which periods of which source the store has, as CSV: `source,kind,provider,period,state,
 * rows,purged,sha256`, sources in the study's order. States: `there`; `missing`: a month between
 * the first one of the source and the newest of the store; `none`: the source never came.
 *
 * @param path  output, "-" for standard output
 */
TG_API TG_CHECKED enum tg_status tg_store_status(struct tg_store *store, const char *path,
                                                 bool force, struct tg_error *err);
/**
 * Writes everything that was imported, and who is one person, as lines of text in one order, so
 * that two stores with the same site key can be compared: files imported in any order, repeated,
 * replaced or retracted give the same bytes. The audit log, outputs and the history of merges are
 * not part of it. It holds stored hashes: as private as the store.
 *
 * @param path  output, "-" for standard output
 */
TG_API TG_CHECKED enum tg_status tg_store_dump(struct tg_store *store, const char *path, bool force,
                                               struct tg_error *err);
/** What a bridge brought. */
struct tg_bridge_result {
    uint64_t rows;
    uint64_t tokens;           /**< led over, each time one was met */
    uint64_t withdrawals_left; /**< users who withdrew and are not led over yet */
};

/**
 * Imports a bridge: a file made by pseudonymize with the next epoch's key of the very raw file of a
 * delivery (roster, users or consents) that the store has, its row ids made with the key before.
 * Row by row it says what the tokens of the old epoch are in the new one. Every stored hash that is
 * known so becomes that of the new epoch, in one transaction. The first bridge makes the new key
 * the store's; from then on files of both epochs are taken, the old one's up to the month that the
 * bridge states, and link with each other. Files of users and consents under the new key are only
 * taken when all withdrawals of their provider are led over.
 *
 * @return TG_OK; TG_NO_INPUT; TG_DATA: no bridge, or not of a delivery that the store has;
 *         TG_NO_PERMISSION: it does not begin at the store's key, or an older overlap is not
 *         retired; TG_IO; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_import_bridge(struct tg_store *store, const char *token_path,
                                                  const struct tg_reporter *reporter,
                                                  struct tg_bridge_result *result,
                                                  struct tg_error *err);
/**
 * Ends an overlap: files of the old epoch are refused from now on.
 *
 * @param force  also when withdrawals would be lost
 * @return TG_OK; TG_DATA: there is no overlap; TG_CHECK_FAILED: withdrawals are not led over; TG_IO
 */
TG_API TG_CHECKED enum tg_status tg_store_retire_key(struct tg_store *store, bool force,
                                                     struct tg_error *err);

/** The state of one consent on a day. */
enum tg_consent_state {
    TG_CONSENT_NONE, /**< never given, or not yet */
    TG_CONSENT_IN_FORCE,
    TG_CONSENT_WITHDRAWN,
    TG_CONSENT_EXPIRED,
};
TG_API const char *tg_consent_state_name(enum tg_consent_state state);

/** Counts of one provider and purpose. */
struct tg_consent_counts {
    const char *provider;
    const char *purpose;
    uint64_t in_force, withdrawn, expired, none;
};

/**
 * Writes the consent registry as CSV: provider, purpose, user_row_id (the newest row of users that
 * carries this app token, empty when none does), form, method, granted_on, withdrawn_on, state.
 *
 * @param on    the day asked about, YYYYMMDD
 * @param path  output, "-" for standard output
 */
TG_API TG_CHECKED enum tg_status tg_consent_list(struct tg_store *store, uint32_t on,
                                                 const char *path, bool force,
                                                 struct tg_error *err);
/**
 * Counts users by consent state on a day.
 * @param out  out: array of `*n`, sorted by provider and purpose; free with tg_consent_counts_free
 */
TG_API TG_CHECKED enum tg_status tg_consent_status(struct tg_store *store, uint32_t on,
                                                   struct tg_consent_counts **out, size_t *n,
                                                   struct tg_error *err);
TG_API void tg_consent_counts_free(struct tg_consent_counts *counts, size_t n);

/**
 * Writes all that is known of one app user's consents as CSV: `provider,purpose,day,fact,form,
 * method,expires_on,state,source,period,row_id,sha256`, by purpose and day.
 *
 * Facts: `granted`, `granted_other_form` (a text version that the study does not name, so it does
 * not count), `withdrawn`; `state` is that after the fact. `delivered`: a run in which the user was
 * linked; its day, month (`period`) and recipient (`source`). Last `asked`: the state on day `on`.
 *
 * @param user  row id of a users or consents file, or the app token; 32 hexadecimal digits
 * @param on    YYYYMMDD
 * @param path  output, "-" for standard output
 * @return TG_OK; TG_USAGE; TG_NO_INPUT: nobody; TG_CANT_CREATE; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_consent_history(struct tg_store *store, const char *user,
                                                    uint32_t on, const char *path, bool force,
                                                    struct tg_error *err);
/**
 * Records a withdrawal that was made at the counter, in the registry and in the audit log. It
 * stays whatever is imported; only a consent given on a later day counts again.
 *
 * @param provider  the one that the user is of; nobody else's consents are touched
 * @param user      as for tg_consent_history()
 * @param purpose   NULL: all purposes of the provider
 * @param on        the day, YYYYMMDD
 * @return TG_OK; TG_USAGE: no such provider; TG_NO_INPUT: the provider has no such user; TG_IO;
 *         TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_consent_withdraw(struct tg_store *store, const char *provider,
                                                     const char *user, const char *purpose,
                                                     uint32_t on,
                                                     const struct tg_reporter *reporter,
                                                     struct tg_error *err);

struct tg_purge_result {
    uint64_t users;
    uint64_t rows;       /**< of users, measures and events files */
    uint64_t deliveries; /**< runs with one of them, each user counted */
};
/**
 * Erases what providers delivered of those who have withdrawn from the study's purpose: their rows
 * of users, measures and events, clerks' decisions about them and what was remembered of their
 * links. Facts of consents stay. Then the whole file is rewritten, so that nothing of it is left in
 * free pages or in the write-ahead log; that takes as much free space again, beside the store and
 * where SQLite keeps temporary files.
 *
 * @param on    the day asked about, YYYYMMDD: today
 * @param path  output, "-" for standard output: CSV `provider,user_row_id,month,recipient,run_at`,
 *              a row for each run that had the user, or one with empty cells
 */
TG_API TG_CHECKED enum tg_status tg_consent_purge(struct tg_store *store, uint32_t on,
                                                  const char *path, bool force,
                                                  const struct tg_reporter *reporter,
                                                  struct tg_purge_result *result,
                                                  struct tg_error *err);

/** @name Persons */
/** @{ */
/**
 * Explains one person as CSV:
 * `person,fact,source,row_id,token,mark,months,from_person,to_person,at, verb`. Facts: `token`: one
 * that a roster row of the person carries, the first 8 digits of its stored hash as `mark`, the
 * newest row, and the months in which it was seen, those of the files that have it now;
 * `bridge_name`, `bridge_birthday`, `bridge_days`: rows that no number joins to the rest but a name
 * with birth date and sex, that and a loss and a gain at 75, or these alone, by which file
 * (`months`: its period) and command; `no_bridge`: a name that joins nobody, for it may be of
 * several people; `moved`: rows that came from one person to another, likewise. `person` is who
 * they are now. Reads all roster rows once, or twice where there are bridges.
 *
 * @param named      row id of a roster file; with a month: a subject id; 32 hexadecimal digits
 * @param month      YYYY-MM or NULL
 * @param recipient  with a month; NULL: "evaluator"
 * @param path       output, "-" for standard output
 * @return TG_OK; TG_USAGE; TG_NO_INPUT: nobody; TG_CANT_CREATE; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_person_history(struct tg_store *store, const char *named,
                                                   const char *month, const char *recipient,
                                                   const char *path, bool force,
                                                   struct tg_error *err);
/**
 * Undoes a wrong merge: these rows, and all others with the same tokens, are another person from
 * now on. Numbers and names that both people carried join them no more, nor anybody who comes
 * later; what each carries alone goes on to. No name and no day at 75 joins the two again, only a
 * number that both have would. Stays in force in later imports; into the audit log.
 * tg_person_join() undoes it.
 *
 * @param rows  row ids of roster files, all of one person
 * @return TG_OK; TG_USAGE; TG_NO_INPUT: no such row; TG_DATA: of several persons, or of all of one;
 *         TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_person_split(struct tg_store *store, const char *const *rows,
                                                 size_t n, const struct tg_reporter *reporter,
                                                 struct tg_error *err);
/**
 * Says that rows are of one person, whatever names and days say: they, and all others with the same
 * tokens, have one number from now on, the oldest. Stays in force in later imports; into the audit
 * log. tg_person_split() undoes it, and it undoes a split.
 *
 * @param rows  row ids of roster files
 * @return TG_OK; TG_USAGE; TG_NO_INPUT: no such row; TG_DATA: all have the same tokens, or birth
 *         months or sexes contradict each other; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_person_join(struct tg_store *store, const char *const *rows,
                                                size_t n, const struct tg_reporter *reporter,
                                                struct tg_error *err);
/**
 * Says that people are different: no name and no day at 75 joins any two of them, only a number
 * that both have would. Stays in force in later imports; into the audit log. tg_person_join()
 * undoes it.
 *
 * @param rows  row ids of roster files, one of each person
 * @return TG_OK; TG_USAGE; TG_NO_INPUT: no such row; TG_DATA: two of one person; TG_IO;
 *         TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_person_apart(struct tg_store *store, const char *const *rows,
                                                 size_t n, const struct tg_reporter *reporter,
                                                 struct tg_error *err);
/**
 * Writes the names that join nobody as CSV, a line for each name and person who carries it:
 * `name` (1, 2 …), `person` (number), `roster_row_id` (the newest with the name), `token`,
 * `reason`. Reasons: `several` (some who carry it are different people, and others could be
 * either), `namesakes` (all of them are different people: nothing is left to decide), `written`
 * (a reading; written names have nothing in common), `together` (with other names it would join
 * different people).
 *
 * @param path  output, "-" for standard output
 * @return TG_OK; TG_CANT_CREATE; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_person_undecided(struct tg_store *store, const char *path,
                                                     bool force, struct tg_error *err);
/** @} */

/** @name Clerical review */
/** @{ */
struct tg_review_counts {
    uint64_t same, different, undone; /**< decisions that changed something */
    uint64_t unchanged;
};
/**
 * Takes a clerk's decisions: a CSV with the columns `user_row_id`, `roster_row_id` and `decision`
 * (`same`, `different` or `undo`); others are passed over. All or nothing, and into the audit log.
 *
 * A decision is about the app user and the person, so it stays in force in later months, whatever
 * rows they have then, until another decision about the two replaces it.
 *
 * @param path    "-": standard input
 * @param counts  out
 * @return TG_OK; TG_DATA: a row that no delivery had, a word that is no decision, or a user who
 *         would be two persons, or a person two users of one provider; TG_NO_INPUT; TG_IO;
 *         TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_review_apply(struct tg_store *store, const char *path,
                                                 struct tg_review_counts *counts,
                                                 struct tg_error *err);
/**
 * Writes the pairs of a month's review.csv that nobody has decided yet, in its form.
 *
 * @param month  YYYY-MM; NULL: the newest month that was run
 * @param path   output, "-" for standard output
 * @param n      out: pairs written
 * @return TG_OK; TG_USAGE; TG_NO_INPUT: no such run, or its file is gone; TG_DATA: the file is not
 *         the one that was written; TG_CANT_CREATE; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_review_list(struct tg_store *store, const char *month,
                                                const char *path, bool force, uint64_t *n,
                                                struct tg_error *err);
/** @} */

/**
 * Gives the store a new site key, in one transaction: every stored hash and digest is hashed once
 * more under it. The new key file holds the keys before it, which new tokens still go through
 * first. The audit log is checked before, and a log in which anything is found is left alone. A
 * process that is killed at any instant leaves the old store with its old key or the new one with
 * its new key; tg_store_open() finishes what is left to do.
 *
 * Memory is bounded; on the disk there has to be room for a second copy of the store.
 *
 * @return TG_OK; TG_CHECK_FAILED: the audit log is not as it was written; TG_USAGE: 16 keys are
 * reached; TG_IO; TG_CANT_CREATE; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status
tg_store_rekey(struct tg_store *store, const struct tg_reporter *reporter, struct tg_error *err);

/**
 * Checks the store: SQLite's own check, foreign keys, the chain and seal of the audit log, and
 * that outputs on disk are those that were recorded. Each finding is a warning to the reporter.
 *
 * @return TG_OK: nothing found; TG_CHECK_FAILED: something was; or what kept it from looking
 */
TG_API TG_CHECKED enum tg_status
tg_store_verify(struct tg_store *store, const struct tg_reporter *reporter, struct tg_error *err);

/**
 * Warns when the system's clock is before the last entry of the audit log, by more than an hour, or
 * more than 400 days after it. No fact takes its day from the clock; what is asked for "today"
 * does.
 *
 * @param fits  out: false after a warning; may be NULL
 * @return TG_OK, also after a warning; TG_IO, TG_DATA, TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_store_check_clock(struct tg_store *store,
                                                      const struct tg_reporter *reporter,
                                                      bool *fits, struct tg_error *err);

/**
 * Copies a store into one file, also while a run is at work: what it has not committed yet is not
 * in the copy. The site key is not in it either. FILE.manifest.json is written last; a backup
 * without it is none.
 *
 * @param store_path  need not be open
 * @param path        output, mode 0600
 * @return TG_OK; TG_NO_INPUT: there is no store; TG_DATA: not a store, or of another study;
 *         TG_CANT_CREATE; TG_IO; TG_BUSY; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_store_backup(const char *store_path,
                                                 const struct tg_study *study, const char *path,
                                                 bool force, const struct tg_reporter *reporter,
                                                 struct tg_error *err);
/**
 * Puts a backup in a store's place. It is copied beside it first, held against its manifest, opened
 * with the site key that lies beside the store, and checked: database, references, audit log. The
 * log gets an entry.
 *
 * @param store_path  must not be open
 * @param force       replace a store that is there
 * @return TG_OK; TG_NO_INPUT; TG_DATA: not a sound backup; TG_NO_PERMISSION: another site key;
 *         TG_BUSY; TG_CANT_CREATE: there is a store and not `force`; TG_IO; TG_CANCELLED;
 *         TG_NO_MEMORY. The store is as it was
 */
TG_API TG_CHECKED enum tg_status tg_store_restore(const char *store_path,
                                                  const struct tg_study *study, const char *backup,
                                                  bool force, const struct tg_reporter *reporter,
                                                  struct tg_error *err);

/** The last entry of the audit log, to be noted elsewhere: see tg_store_audit_noted(). */
struct tg_audit_seal {
    uint64_t entry; /**< from 1 */
    char seal[33];  /**< the first half of its seal, hex */
};
TG_API TG_CHECKED enum tg_status
tg_store_audit_seal(struct tg_store *store, struct tg_audit_seal *out, struct tg_error *err);
/**
 * Does the log have an entry with the seal that somebody noted? That it has not is the one trace of
 * an older copy of a whole store in the place of the newer one.
 *
 * @param noted  "ENTRY:SEAL", at least 8 digits of the seal
 * @return TG_OK; TG_CHECK_FAILED, with a warning; TG_USAGE: not of that form
 */
TG_API TG_CHECKED enum tg_status tg_store_audit_noted(struct tg_store *store, const char *noted,
                                                      const struct tg_reporter *reporter,
                                                      struct tg_error *err);
/**
 * Writes what was delivered to whom as CSV, from the audit log, which is checked first: entry, at,
 * user, month, recipient ("municipality" for what stays there), folder, file, sha256, rows (empty:
 * no table), state: `current`, `replaced` (the month was done again), `undone` (never came into its
 * place).
 *
 * @param month  YYYY-MM; NULL: all
 * @param path   output, "-" for standard output
 * @return TG_OK; TG_CHECK_FAILED: the log is not as it was sealed, nothing is written
 */
TG_API TG_CHECKED enum tg_status tg_store_disclosures(struct tg_store *store, const char *month,
                                                      const char *path, bool force,
                                                      const struct tg_reporter *reporter,
                                                      struct tg_error *err);
/**
 * Looks for tokens of token files in the bytes of a store that nobody has open, free pages and
 * journal included, binary and as hex: the store must hold none as it arrived. The first 8 bytes of
 * one count, too, since of evidence tokens no more would be there; where so many are sought in so
 * large a store that these may agree by accident, two such places do.
 *
 * @param most    so many rows of each file; 0: all
 * @param sought  out: how many tokens were looked for
 * @return TG_OK; TG_CHECK_FAILED, with a warning for each place; TG_BUSY; TG_NO_INPUT; TG_DATA;
 *         TG_CANCELLED; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status
tg_store_seek_tokens(const char *store_path, char *const *token_paths, size_t n, uint64_t most,
                     const struct tg_reporter *reporter, uint64_t *sought, struct tg_error *err);

#ifdef __cplusplus
}
#endif
#endif
