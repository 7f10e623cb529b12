/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What every verb shares: options as data, and one way to speak.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <totsugo/base.h>
#include <totsugo/crypto.h>
#include <totsugo/store.h>
#include <totsugo/table.h>

/** One option of a verb. Options appear in help in the order of the table. */
struct option_def {
    const char *name;  /**< "study"; NULL ends the table */
    char letter;       /**< 's', or 0 */
    const char *value; /**< "FILE"; NULL: a flag */
    bool required;
    const char *en;
    const char *ja;
};

enum { MAX_OPTIONS = 24 };

/** What the command line said. `values` follows the verb's table; flags hold "". */
struct args {
    const char *values[MAX_OPTIONS];
    char *const *operands;
    size_t n_operands;
};

struct cli;

/** A verb: one row of the table in main.c. */
struct verb {
    const char *name;     /**< "key new" */
    const char *operands; /**< "INPUT…", or "" */
    size_t min_operands, max_operands;
    const struct option_def *options;
    const char *en;
    const char *ja;
    enum tg_status (*run)(struct cli *cli, const struct args *args, struct tg_error *err);
};

/** The process: its language and how it logs. */
struct cli {
    enum tg_language language;
    bool json;
    bool terminal;
    double progress_begin; /**< seconds, of the stage shown */
    double progress_shown;
    char stage[32];
    char job[48]; /**< a job of a scheduler's: its last line says what it came to; else empty */
    struct tg_reporter reporter;
};

/** Rows every verb's table ends with, so that each verb has them. */
#define COMMON_OPTIONS                                                                             \
    {"log-format",                                                                                 \
     0,                                                                                            \
     "FORMAT",                                                                                     \
     false,                                                                                        \
     "text, or json: one JSON object per line",                                                    \
     "text か json（1行に1つのJSON）"},                                                            \
        {"help", 'h', NULL, false, "show this help", "この説明を表示します"},                      \
    {                                                                                              \
        NULL, 0, NULL, false, NULL, NULL                                                           \
    }

/** A row for verbs that read a key file. */
#define PASSPHRASE_FD_OPTION                                                                       \
    {                                                                                              \
        "passphrase-fd", 0, "N", false,                                                            \
            "read the key's passphrase from file descriptor N, not from the terminal",             \
            "鍵のパスフレーズを端末でなくファイル記述子Nから読みます"   \
    }

/** @name speak.c */
/** @{ */
void cli_begin(struct cli *cli);
/** The error as one line on standard error. */
void cli_say_error(struct cli *cli, const struct tg_error *err);
/** One line of news, in the process's language. */
void cli_say(struct cli *cli, const char *en, const char *ja, ...)
    __attribute__((format(printf, 2, 0), format(printf, 3, 0)));
/** From now on this is a job that ends with one line of summary, whatever becomes of it. */
void cli_begin_job(struct cli *cli, const char *verb, const char *what);
/** The summary of a job that did what it was to do. */
void cli_say_end(struct cli *cli, const char *en, const char *ja, ...)
    __attribute__((format(printf, 2, 0), format(printf, 3, 0)));
/** The summary of a job that failed; nothing when there is no job. */
void cli_say_failed(struct cli *cli, enum tg_status status, const struct tg_error *err);
/** Ends a progress line that stands on a terminal. */
void cli_end_progress(struct cli *cli);
/** @} */

/** @name options.c */
/** @{ */
enum tg_status cli_parse(const struct verb *verb, int argc, char **argv, struct args *args,
                         struct tg_error *err);
/** Was this option's flag or value given? By its place in the verb's table. */
bool cli_has(const struct args *args, int option);
/** A whole number from low to high; `fallback` when the option is absent. */
enum tg_status cli_number(const struct verb *verb, const struct args *args, int option,
                          uint64_t low, uint64_t high, uint64_t fallback, uint64_t *out,
                          struct tg_error *err);
/** Bytes: digits and K, M or G (1024 based). */
enum tg_status cli_size(const struct verb *verb, const struct args *args, int option, uint64_t *out,
                        struct tg_error *err);
/** YYYY-MM-DD as YYYYMMDD. */
enum tg_status cli_day(const struct verb *verb, const struct args *args, int option,
                       uint32_t fallback, uint32_t *out, struct tg_error *err);
void cli_help(const struct verb *verb, enum tg_language language);
/** @} */

/** @name paths.c */
/** @{ */
/** `given`, or `name` beside the study file; free() it. NULL with `err` set. */
char *cli_beside(const char *study_path, const char *given, const char *name, struct tg_error *err);
/** @} */

/** @name store.c */
/** @{ */
/** A study and its store, open together. */
struct cli_store {
    struct tg_study *study;
    struct tg_store *store;
    char *path; /**< of the store */
};

/**
 * Opens both.
 *
 * @param store_path  NULL: totsugo.db beside the study file
 * @param must_exist  a missing store is an error and is not made
 * @param out         out: to be closed whatever is returned
 */
enum tg_status cli_store_open(const char *study_path, const char *store_path, bool must_exist,
                              struct cli_store *out, struct tg_error *err);
/** Opens them to look; a store that is not there is no error: `out->store` is NULL. */
enum tg_status cli_store_open_still(const char *study_path, const char *store_path,
                                    struct cli_store *out, struct tg_error *err);
void cli_store_close(struct cli_store *s);
/** @} */

/** @name secret.c */
/** @{ */
/**
 * A passphrase from the file descriptor that an option names, else from the terminal.
 *
 * @param path   the key file it is for, named in the prompt
 * @param fresh  it is a new one, asked for twice
 */
enum tg_status cli_passphrase(struct cli *cli, const struct verb *verb, const struct args *args,
                              int fd_option, const char *path, bool fresh,
                              struct tg_passphrase **out, struct tg_error *err);
/**
 * Reads a key file; asks for the passphrase where it has one.
 *
 * @param kept  NULL; or out: the passphrase, NULL where there is none; to be freed
 */
enum tg_status cli_key_load(struct cli *cli, const struct verb *verb, const struct args *args,
                            int fd_option, const char *path, struct tg_passphrase **kept,
                            struct tg_key **out, struct tg_error *err);
/** Writes a key file, under a passphrase unless that is NULL. */
enum tg_status cli_key_save(const struct tg_key *key, const struct tg_passphrase *passphrase,
                            const char *path, bool force, struct tg_error *err);
/** @} */

/** @name Verbs: rows of the table in main.c */
/** @{ */
extern const struct verb cli_init;
extern const struct verb cli_key_new;
extern const struct verb cli_key_import;
extern const struct verb cli_key_show;
extern const struct verb cli_key_passphrase;
extern const struct verb cli_key_rotate;
extern const struct verb cli_key_retire;
extern const struct verb cli_pseudonymize;
extern const struct verb cli_package_seal;
extern const struct verb cli_package_open;
extern const struct verb cli_inspect;
extern const struct verb cli_import;
extern const struct verb cli_consent_list;
extern const struct verb cli_consent_status, cli_consent_withdraw, cli_consent_purge,
    cli_store_status, cli_store_dump, cli_person_history, cli_person_split, cli_person_join,
    cli_person_apart, cli_person_undecided;
extern const struct verb cli_link;
extern const struct verb cli_match;
extern const struct verb cli_run;
extern const struct verb cli_review_list;
extern const struct verb cli_review_show;
extern const struct verb cli_review_apply;
extern const struct verb cli_pay;
extern const struct verb cli_verify_applicants;
extern const struct verb cli_evaluate;
extern const struct verb cli_store_rekey;
extern const struct verb cli_verify;
extern const struct verb cli_store_backup;
extern const struct verb cli_store_restore;
extern const struct verb cli_store_archive;
extern const struct verb cli_disclosures;
extern const struct verb cli_generate;
extern const struct verb cli_demo;
/** @} */

#endif
