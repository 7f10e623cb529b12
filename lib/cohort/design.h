/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Covariates as numbers: one term for a number, one for every level of a text, one for "missing".
 */
#ifndef TG_COHORT_DESIGN_H
#define TG_COHORT_DESIGN_H

#include "cohort/sample.h"

#include <math.h>

enum { TG_TERMS_MAX = 500 };

/** What a term makes of its column's values. */
enum tg_term_kind { TG_TERM_NUMBER, TG_TERM_LEVEL, TG_TERM_MISSING };

struct tg_term {
    const char *name; /**< `age`, `race=black`, `bmi missing` */
    const struct tg_sample_column *column;
    enum tg_term_kind kind;
    double level;    /**< TG_TERM_LEVEL: which; NaN: missing text */
    double fill;     /**< TG_TERM_NUMBER: stands for a missing value, the mean of the others */
    bool binary;     /**< only 0 and 1 */
    bool reference;  /**< first level of a text: follows from the others */
    double mean, sd; /**< over all people; n − 1 */
};

struct tg_model {
    struct tg_term *terms;
    size_t n;
    struct tg_arena names;
};

/**
 * @param columns  the covariates, each once
 * @return TG_OK; TG_DATA: more than TG_TERMS_MAX terms; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_model_make(const struct tg_sample *sample,
                                        const struct tg_match_options *options,
                                        struct tg_model *out, struct tg_error *err);
void tg_model_free(struct tg_model *design);

/** A person's value. */
static inline double tg_term_value(const struct tg_term *t, uint32_t person)
{
    double x = t->column->values[person];
    if (t->kind == TG_TERM_NUMBER)
        return isnan(x) ? t->fill : x;
    if (t->kind == TG_TERM_MISSING || isnan(t->level))
        return isnan(x);
    return x == t->level;
}

#endif
