/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * One reading, written in the eight ways in which files hold it, and the slips of people who type.
 *
 * Readings come in as full-width katakana with small kana, U+30A1 to U+30FC, and ASCII spaces.
 * All spellings of one reading have the same `kana_name_folded`.
 */
#ifndef TG_GENERATE_KANA_H
#define TG_GENERATE_KANA_H

#include "generate/random.h"

enum tg_gen_spelling {
    TG_GEN_HALF_LARGE,      /**< ｻﾄｳ ｼﾞﾕﾝ: municipal systems */
    TG_GEN_HALF,            /**< ｻﾄｳ ｼﾞｭﾝ */
    TG_GEN_FULL,            /**< サトウ　ジュン */
    TG_GEN_FULL_LARGE,      /**< サトウ　ジユン */
    TG_GEN_FULL_JOINED,     /**< サトウジュン */
    TG_GEN_HIRAGANA,        /**< さとう　じゅん */
    TG_GEN_HIRAGANA_JOINED, /**< さとうじゅん */
    TG_GEN_DECOMPOSED,      /**< サトウ ジュン, voicing marks as characters of their own */
    TG_GEN_N_SPELLINGS
};

enum {
    TG_GEN_SPELLED_MAX = 512, /**< bytes that any spelling of a name fits in, NUL included */
    TG_GEN_KANA_CUT = 25,     /**< half-width characters that a municipal file keeps */
};

/**
 * Writes a name in one spelling, as UTF-8 and NUL.
 *
 * @param family, given  readings; each at most 20 characters
 * @param out            TG_GEN_SPELLED_MAX bytes
 */
void tg_gen_spell(enum tg_gen_spelling spelling, const char *family, const char *given, char *out);

/** Keeps the first `n` characters of UTF-8 text. */
void tg_gen_cut(char *text, size_t n);

/**
 * Makes one slip in a reading: a character left out, doubled, swapped with the next, its voicing
 * lost or put on, or the vowel of a long syllable written otherwise.
 *
 * @param kana  full-width katakana of two characters or more; `size` bytes there
 */
void tg_gen_mistype(struct tg_gen_rng *r, char *kana, size_t size);

/**
 * Corrects the voicing of one character that is not the first, as in ヤマサキ and ヤマザキ. A
 * reading that has no such character stays.
 *
 * @param kana  full-width katakana
 */
void tg_gen_correct(struct tg_gen_rng *r, char *kana);

#endif
