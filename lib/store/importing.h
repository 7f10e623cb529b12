/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * A token file on its way into the store: what the steps of an import share.
 */
#ifndef TG_STORE_IMPORTING_H
#define TG_STORE_IMPORTING_H

#include "store/graph.h"
#include "store/intern.h"
#include "store/resolve.h"
#include "table/leak.h"

/** Rows of events and measures that lie together and have the same tokens. */
struct tg_run {
    unsigned char digest[TG_TOKEN_LEN]; /**< of the identity */
    struct tg_buf packed;
    int64_t identity;
    uint64_t n;
    uint32_t first_day;
    bool open;
    int64_t next_id;
    int64_t first_id, last_id; /**< rows written; 0: none */
};

/** A measure or an attribute: the study may have got or lost some since the file was made. */
struct tg_extra {
    const char *name;
    size_t column; /**< among the carried ones */
    int64_t word;
};

struct tg_importing {
    struct tg_store *store;
    const char *path;
    const struct tg_reporter *reporter;
    struct tg_token_file *file;
    struct tg_ahead *ahead;
    struct tg_resolver resolver;  /**< of the thread that looks ahead, as is `leak` */
    const struct tg_found *found; /**< of the row at hand */
    const struct tg_manifest *manifest;
    const struct tg_source *source;
    const struct tg_kind_table *kind;

    int32_t period; /**< 0: none */
    bool may_carry; /**< the file has the column of tg_kind_may_carry() */
    int64_t source_id, delivery_id;
    bool replaces;
    struct tg_token_column *columns;
    struct tg_interner interner;
    struct tg_words words;
    struct tg_buf scratch;
    struct tg_leak *leak; /**< NULL: rows have no ids */

    struct tg_rows add; /**< rows that wait; see tg_import_add() */
    sqlite3_stmt *add_withdrawal;
    int64_t provider;                       /**< word */
    struct tg_extra *measures, *attributes; /**< those that the study and the file have */
    size_t n_measures, n_attributes;
    struct tg_run run;
    int32_t first_month, last_month; /**< of events; TG_NO_MONTH: none yet */
    uint64_t rows, without_user;
};

/** What differs from kind to kind. */
struct tg_kind_table {
    enum tg_kind kind;
    const char *table;
    bool in_runs; /**< rows of the table are runs, its key is a row number */
    const char *insert;
    enum tg_status (*row)(struct tg_importing *im, const struct tg_token_row *row,
                          struct tg_error *err);
    enum tg_status (*end)(struct tg_importing *im, struct tg_error *err); /**< NULL: nothing */
};
const struct tg_kind_table *tg_kind_table(enum tg_kind kind);

/** @name Steps: one row of each kind */
/** @{ */
TG_CHECKED enum tg_status tg_import_roster(struct tg_importing *im, const struct tg_token_row *row,
                                           struct tg_error *err);
TG_CHECKED enum tg_status tg_import_user(struct tg_importing *im, const struct tg_token_row *row,
                                         struct tg_error *err);
TG_CHECKED enum tg_status tg_import_consent(struct tg_importing *im, const struct tg_token_row *row,
                                            struct tg_error *err);
TG_CHECKED enum tg_status tg_import_event(struct tg_importing *im, const struct tg_token_row *row,
                                          struct tg_error *err);
TG_CHECKED enum tg_status tg_import_measure(struct tg_importing *im, const struct tg_token_row *row,
                                            struct tg_error *err);
/** What a row of a roster or of users says of its person; any thread may ask. */
TG_CHECKED enum tg_status tg_import_facts(const void *importing, const struct tg_token_row *row,
                                          struct tg_identity_facts *facts, struct tg_error *err);
/** Adds a row of the kind's table; it may wait for others. The first value is its line, or, where
 * rows are runs, its number. */
TG_CHECKED enum tg_status tg_import_add(struct tg_importing *im, const struct tg_arg *args,
                                        size_t n, struct tg_error *err);
/** Inserts the rows that wait. @return TG_OK; TG_DATA: a row id comes twice */
TG_CHECKED enum tg_status tg_import_put(struct tg_importing *im, struct tg_error *err);
/** Writes the run that is open. */
TG_CHECKED enum tg_status tg_import_end_run(struct tg_importing *im, struct tg_error *err);
/** @} */

/** @name Cells; a malformed one is TG_DATA */
/** @{ */
/** @param form  the form it must have */
enum tg_status tg_cell_malformed(const struct tg_importing *im, const struct tg_token_row *row,
                                 size_t column, const char *form, struct tg_error *err);
TG_CHECKED enum tg_status tg_cell_day(const struct tg_importing *im, const struct tg_token_row *row,
                                      size_t column, uint32_t *day, struct tg_error *err);
TG_CHECKED enum tg_status tg_cell_month(const struct tg_importing *im,
                                        const struct tg_token_row *row, size_t column,
                                        int32_t *month, struct tg_error *err);
TG_CHECKED enum tg_status tg_cell_sex(const struct tg_importing *im, const struct tg_token_row *row,
                                      size_t column, uint8_t *sex, struct tg_error *err);
TG_CHECKED enum tg_status tg_cell_yen(const struct tg_importing *im, const struct tg_token_row *row,
                                      size_t column, int64_t *yen, struct tg_error *err);
TG_CHECKED enum tg_status tg_cell_real(const struct tg_importing *im,
                                       const struct tg_token_row *row, size_t column, double *value,
                                       struct tg_error *err);
TG_CHECKED enum tg_status tg_cell_word(struct tg_importing *im, const struct tg_token_row *row,
                                       size_t column, int64_t *word, struct tg_error *err);
/** All attributes of the row as one word, a JSON object; 0 when it has none. */
TG_CHECKED enum tg_status tg_cell_attributes(struct tg_importing *im,
                                             const struct tg_token_row *row, int64_t *word,
                                             struct tg_error *err);
/** @} */

/** @name Ends of an import */
/** @{ */
/** Who is one person now that the rows have changed; nothing for kinds that found no persons. */
TG_CHECKED enum tg_status tg_import_persons(struct tg_importing *im,
                                            struct tg_import_result *result, struct tg_error *err);
/** Statements have to go before the transaction ends. */
void tg_import_free_steps(struct tg_importing *im);
/** @} */

/** @name The same source and period again */
/** @{ */
/** Removes the rows of the delivery and remembers whose they were. */
TG_CHECKED enum tg_status tg_replace_begin(struct tg_importing *im, struct tg_error *err);
/**
 * When the new rows are in: lets go of identities that no row refers to any more.
 *
 * @param goes  there are no new rows, and the delivery goes too
 */
TG_CHECKED enum tg_status tg_replace_end(struct tg_importing *im, bool goes, struct tg_error *err);
/** @} */

#endif
