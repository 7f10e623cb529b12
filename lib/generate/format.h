/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Dates and numbers as files write them. Strings are UTF-8 or ASCII and NUL-ended.
 */
#ifndef TG_GENERATE_FORMAT_H
#define TG_GENERATE_FORMAT_H

#include "generate/person.h"

enum { TG_GEN_FORMAT_BYTES = 40 };

/** Styles of a day YYYYMMDD; 0 is written as the empty text. */
enum tg_gen_date_style {
    TG_GEN_ERA_KANJI,  /**< 昭和10年5月3日, 令和元年5月1日 */
    TG_GEN_ERA_SHORT,  /**< S10.5.3 */
    TG_GEN_ERA_DIGITS, /**< 3100503 */
    TG_GEN_ISO,        /**< 1935-05-03 */
    TG_GEN_SLASHES,    /**< 1935/5/3 */
    TG_GEN_DIGITS,     /**< 19350503 */
};
void tg_gen_date(enum tg_gen_date_style style, uint32_t day, char out[TG_GEN_FORMAT_BYTES]);

/** A month as GYYMM (50704) or YYYYMM. */
void tg_gen_month_era(int32_t month, char out[TG_GEN_FORMAT_BYTES]);
void tg_gen_month_digits(int32_t month, char out[TG_GEN_FORMAT_BYTES]);

/** @name Numbers: different for different people (households), without order */
/** @{ */
void tg_gen_resident_number(uint64_t seed, uint64_t id, char out[TG_GEN_FORMAT_BYTES]);
void tg_gen_insured_number(uint64_t seed, uint64_t household, char out[TG_GEN_FORMAT_BYTES]);
void tg_gen_late_number(uint64_t seed, uint64_t id, char out[TG_GEN_FORMAT_BYTES]);
void tg_gen_care_number(uint64_t seed, uint64_t id, char out[TG_GEN_FORMAT_BYTES]);
/** 01 */
void tg_gen_branch(uint8_t branch, char out[TG_GEN_FORMAT_BYTES]);
/** 090-1234-5678 */
void tg_gen_mobile(uint64_t seed, uint64_t id, char out[TG_GEN_FORMAT_BYTES]);
/** 042-123-4567 */
void tg_gen_landline(uint64_t seed, uint64_t household, char out[TG_GEN_FORMAT_BYTES]);
/** 199-0104 */
void tg_gen_postal_code(const struct tg_gen_person *p, char out[TG_GEN_FORMAT_BYTES]);
/** @} */

/** Ways to write one symbol; they have the same canonical form. */
enum tg_gen_symbol_style {
    TG_GEN_SYMBOL_WIDE,   /**< 突　０１－２, ０１０２ */
    TG_GEN_SYMBOL_NARROW, /**< 突01-2, 0102 */
    TG_GEN_SYMBOL_BARE,   /**< 突012, 102 */
};
void tg_gen_symbol(enum tg_gen_symbol_style style, uint8_t symbol, char out[TG_GEN_FORMAT_BYTES]);

/** Insurer numbers with their check digits: 6 digits, 8 digits, 6 digits. */
void tg_gen_insurer(char out[TG_GEN_FORMAT_BYTES]);
void tg_gen_late_insurer(char out[TG_GEN_FORMAT_BYTES]);
void tg_gen_care_insurer(char out[TG_GEN_FORMAT_BYTES]);

/** What a spreadsheet leaves of a number: without leading zeros. */
const char *tg_gen_without_zeros(const char *digits);

#endif
