/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The numbers a person has on a day: the insurer renumbers everybody once, who comes back is a new
 * insured person, and who moved back may be new to the city as well.
 */
#ifndef TG_GENERATE_NUMBERS_H
#define TG_GENERATE_NUMBERS_H

#include "generate/format.h"

void tg_gen_resident_on(uint64_t seed, const struct tg_gen_person *p, uint32_t day,
                        char out[TG_GEN_FORMAT_BYTES]);
/** National Health Insurance: symbol and number. */
void tg_gen_symbol_on(const struct tg_gen_person *p, uint32_t day, enum tg_gen_symbol_style style,
                      char out[TG_GEN_FORMAT_BYTES]);
void tg_gen_insured_on_day(uint64_t seed, const struct tg_gen_person *p, uint32_t day,
                           char out[TG_GEN_FORMAT_BYTES]);
void tg_gen_late_on(uint64_t seed, const struct tg_gen_person *p, uint32_t day,
                    char out[TG_GEN_FORMAT_BYTES]);
void tg_gen_care_on(uint64_t seed, const struct tg_gen_person *p, uint32_t day,
                    char out[TG_GEN_FORMAT_BYTES]);

#endif
