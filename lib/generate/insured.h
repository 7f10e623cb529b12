/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * How claims, check-ups and the app's checked numbers name an insured person.
 */
#ifndef TG_GENERATE_INSURED_H
#define TG_GENERATE_INSURED_H

#include "generate/file.h"
#include "generate/format.h"

/** Empty texts where the person's insurance has none. */
struct tg_gen_insured {
    char insurer[TG_GEN_FORMAT_BYTES];
    char symbol[TG_GEN_FORMAT_BYTES];
    char number[TG_GEN_FORMAT_BYTES];
    char branch[TG_GEN_FORMAT_BYTES];
    char late_number[TG_GEN_FORMAT_BYTES];
    char birth[TG_GEN_FORMAT_BYTES];
    const char *sex; /**< "1", "2" */
};

/**
 * The numbers a person has in a month. From the month of the 75th birthday on those of the
 * late-elderly system; damage and symbol style are drawn from `r`.
 */
void tg_gen_insure(uint64_t seed, const struct tg_gen_person *p, int32_t month,
                   struct tg_gen_rng *r, struct tg_gen_insured *out);

/** The columns of tg_gen_put_insured(). */
#define TG_GEN_INSURED_HEADER "保険者番号,記号,番号,枝番,後期被保険者番号,生年月日,性別"
void tg_gen_put_insured(struct tg_gen_file *f, const struct tg_gen_insured *id);

#endif
