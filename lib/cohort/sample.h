/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * A CSV of people in memory: ids, arms and the columns that matching asks for.
 */
#ifndef TG_COHORT_SAMPLE_H
#define TG_COHORT_SAMPLE_H

#include <totsugo/match.h>

#include "cohort/levels.h"

/** One column, by person in the input's order. */
struct tg_sample_column {
    const char *name; /**< borrowed from the options */
    size_t at;        /**< its place in a row */
    bool text;        /**< values are numbers of levels, in the order of the levels' bytes */
    double *values;   /**< NaN: missing */
    struct tg_levels levels;
    uint64_t n_missing;
};

struct tg_sample {
    uint32_t n;
    bool *treated;
    uint32_t n_treated;
    struct tg_levels ids; /**< texts in the input's order */
    struct tg_sample_column *columns;
    size_t n_columns;
};

/**
 * Reads id, treatment and all columns that the options name. A column is of numbers when all its
 * values are; else it is of text, and what is a number there stands as its shortest spelling, so
 * that 1 and 1.0 are one level. Missing are the empty cell, `*`, `-`, `NA`, `NULL` and `不詳`.
 */
TG_CHECKED enum tg_status tg_sample_read(const struct tg_match_options *options,
                                         const struct tg_reporter *reporter, struct tg_sample *out,
                                         struct tg_error *err);
/** Numbers the levels of a column of text anew, in the order of their bytes. */
TG_CHECKED enum tg_status tg_sample_sort_levels(struct tg_sample_column *c, uint32_t n,
                                                struct tg_error *err);
/** The column of this name; NULL: the options did not name it. */
const struct tg_sample_column *tg_sample_find(const struct tg_sample *sample, const char *name);
/** Empties a sample, also a half-read one. */
void tg_sample_free(struct tg_sample *sample);

/** Reads a decimal number with an optional exponent; false: it is none, or not finite. */
bool tg_sample_number(const char *text, size_t len, double *out);

#endif
