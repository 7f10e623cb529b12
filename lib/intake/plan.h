/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What one source of a study asks of its files, worked out once: which columns, which fields are
 * made of them, which tokens of the fields, what is carried along.
 */
#ifndef TG_INTAKE_PLAN_H
#define TG_INTAKE_PLAN_H

#include <totsugo/intake.h>

#include "table/study.h"
#include "table/tokenfile.h"

/** None of the plan's columns or fields. */
#define TG_PLAN_NONE SIZE_MAX

/** A column of the raw file. */
struct tg_plan_column {
    const char *name;   /**< as the study calls it */
    const char *header; /**< as the file calls it */
};

/** One normalised value of a row. */
struct tg_plan_field {
    const struct tg_field *field;
    size_t column;
    bool speaks; /**< its notes are counted: one field a column does that */
};

struct tg_plan_part {
    size_t field; /**< TG_PLAN_NONE: `constant` */
    const char *constant;
    enum tg_part_form form; /**< EITHER_ORDER: of this and the next part */
    size_t n_characters;    /**< FIRST and LAST */
};

struct tg_plan_token {
    const char *name;
    struct tg_plan_part *parts;
    size_t n_parts;
    bool evidence;    /**< a cell may hold several */
    bool one_missing; /**< some part is TG_PART_ONE_MISSING */
    struct tg_token_key *key;
};

/** How a carried column is made. */
enum tg_carry {
    TG_CARRY_PROVIDER,    /**< the source's */
    TG_CARRY_BIRTH_MONTH, /**< of the identity */
    TG_CARRY_SEX,         /**< of the identity */
    TG_CARRY_TEXT,        /**< one width, trimmed */
    TG_CARRY_DAY,         /**< YYYY-MM-DD; unreadable: empty and counted */
    TG_CARRY_DAY_OR_NONE, /**< the same, but unreadable rejects the row: a withdrawal must not get
                               lost */
    TG_CARRY_DAY_NEEDED,  /**< missing or unreadable rejects the row */
    TG_CARRY_MONTH,       /**< YYYY-MM; missing or unreadable rejects the row */
    TG_CARRY_AMOUNT,      /**< whole yen; missing or unreadable rejects the row */
    TG_CARRY_NUMBER,      /**< decimal text; unreadable: empty and counted */
    TG_CARRY_LOSS_REASON, /**< TG_DEATH; empty for any other reason */
};

/** A column of the token file behind the tokens. */
struct tg_plan_carry {
    const char *name;
    enum tg_carry how;
    size_t column; /**< TG_PLAN_NONE: the source has none */
};

struct tg_plan {
    const struct tg_study *study;
    const struct tg_source *source;
    const char *period; /**< "": none */
    bool has_row_id;
    struct tg_plan_column *columns; /**< those of the identity first */
    size_t n_columns, n_identity;
    struct tg_plan_field *fields;
    size_t n_fields;
    struct tg_plan_token *tokens; /**< "app" first where there is a provider */
    size_t n_tokens;
    size_t n_turned; /**< values that begin elsewhere: of a token, at most */
    struct tg_plan_carry *carries;
    size_t n_carries;
    size_t birth_date, sex; /**< fields that are carried, or TG_PLAN_NONE */
    const char **header;    /**< of the token file */
    size_t n_header;
    struct tg_token_key *row_key; /**< NULL without row ids */
    struct tg_arena arena;
};

/**
 * @param options  source, period (NULL: none) and key; without a key the plan has no tokens
 * @return TG_OK; TG_USAGE: no such source, or `period` is no month; TG_NO_PERMISSION: the key is of
 *         another study; TG_NO_MEMORY; TG_BUG
 */
TG_CHECKED enum tg_status tg_plan_make(const struct tg_pseudonymize_options *options,
                                       struct tg_plan *out, struct tg_error *err);
/** Wipes keys and frees; an empty plan is allowed. */
void tg_plan_free(struct tg_plan *plan);

#endif
