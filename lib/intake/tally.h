/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What is counted while rows go by. One a thread; they are added up at the end.
 */
#ifndef TG_INTAKE_TALLY_H
#define TG_INTAKE_TALLY_H

#include "intake/plan.h"

/** Why a row cannot be used. */
enum tg_reject {
    TG_REJECT_NONE,
    TG_REJECT_RAGGED,
    TG_REJECT_ENCODING,
    TG_REJECT_MONTH,
    TG_REJECT_AMOUNT,
    TG_REJECT_DATE,
    TG_REJECT_GRANTED_ON,
    TG_REJECT_WITHDRAWN_ON,
    TG_N_REJECTS
};
/** The rule's permanent name, "ragged". */
const char *tg_reject_name(enum tg_reject reject);
/** The rule that bears a carried column's name. */
enum tg_reject tg_reject_of(const char *name);

struct tg_tally {
    uint64_t rows; /**< used */
    uint64_t rejected;
    uint64_t no_token; /**< used rows without any token */
    uint64_t rejects[TG_N_REJECTS];
    uint64_t notes[TG_N_NOTES];
    uint64_t *filled;     /**< by plan column: values that are there */
    uint64_t *unreadable; /**< by plan column */
    uint64_t *my_numbers; /**< by plan column: values that are valid individual numbers */
    uint64_t line; /**< in: of the row that is being counted, counted on through all inputs */
    uint64_t rejected_at[TG_N_REJECTS]; /**< first line of each, 0: none; so is the next one */
    uint64_t *unreadable_at;            /**< by plan column */
    uint64_t *empty;                    /**< by token: rows without it */
    size_t n_columns, n_tokens;
};

TG_CHECKED enum tg_status tg_tally_init(struct tg_tally *t, const struct tg_plan *plan,
                                        struct tg_error *err);
/** The row at `line` cannot be used. */
void tg_tally_reject(struct tg_tally *t, enum tg_reject reject, uint64_t line);
/** The row at `t->line` has a value in this column that cannot be read. Counts nothing. */
void tg_tally_unreadable_here(struct tg_tally *t, size_t column);
/** `uses` rows have a value with these notes in a column. */
void tg_tally_notes(struct tg_tally *t, size_t column, unsigned notes, uint64_t uses);
void tg_tally_add(struct tg_tally *to, const struct tg_tally *from);
/**
 * Are the study's limits kept, and is no column one of individual numbers?
 * @param file      named in `err`
 * @param one_file  lines are lines of it
 * @return TG_OK; TG_DATA: `err` says which limit or column, and where it begins
 */
TG_CHECKED enum tg_status tg_tally_judge(const struct tg_tally *t, const struct tg_plan *plan,
                                         const char *file, bool one_file, struct tg_error *err);
void tg_tally_free(struct tg_tally *t);

#endif
