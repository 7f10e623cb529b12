/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Names with their readings, drawn as often as they are met.
 */
#ifndef TG_GENERATE_NAMES_H
#define TG_GENERATE_NAMES_H

#include "generate/random.h"

enum { TG_GEN_NAME_BYTES = 64 };

/** A name in UTF-8: kanji (or Latin letters) and full-width kana with small kana. */
struct tg_gen_name {
    char family[TG_GEN_NAME_BYTES];
    char given[TG_GEN_NAME_BYTES];
    char family_kana[TG_GEN_NAME_BYTES];
    char given_kana[TG_GEN_NAME_BYTES];
};

/** Draws a surname into `family` and `family_kana`. */
void tg_gen_family_name(struct tg_gen_rng *r, struct tg_gen_name *name);
/**
 * Draws a given name into `given` and `given_kana`.
 * @param sex         1 male, 2 female
 * @param birth_year  fashions change
 */
void tg_gen_given_name(struct tg_gen_rng *r, int sex, int birth_year, struct tg_gen_name *name);
/** Draws a whole name of a resident with another nationality. */
void tg_gen_foreign_name(struct tg_gen_rng *r, int sex, struct tg_gen_name *name);

#endif
