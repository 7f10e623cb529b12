/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The characters that the normaliser treats in a way of their own, as data.
 */
#ifndef TG_TEXT_CHARS_H
#define TG_TEXT_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a code point is to the normaliser; bits. */
enum tg_char_class {
    TG_CHAR_DROPPED = 1 << 0,     /**< invisible; goes first of all */
    TG_CHAR_SPACE = 1 << 1,       /**< white space */
    TG_CHAR_DASH = 1 << 2,        /**< a hyphen, dash, rule or ー */
    TG_CHAR_KANJI_ONE = 1 << 3,   /**< 一, which stands for ー after katakana only */
    TG_CHAR_NAME_MARK = 1 << 4,   /**< carries no meaning in a kana name */
    TG_CHAR_SYMBOL_MARK = 1 << 5, /**< carries no meaning in an insured symbol or number */
    TG_CHAR_UNUSABLE = 1 << 6,    /**< stands for a kanji that could not be written */
    TG_CHAR_PHONE_MARK = 1 << 7,  /**< parts of a phone number */
    TG_CHAR_POSTAL_MARK = 1 << 8, /**< 〒 */
};

/** One run of code points of the same classes; the table is in ascending order. */
struct tg_char_range {
    int32_t first, last;
    unsigned classes;
};
extern const struct tg_char_range tg_char_ranges[];
extern const size_t tg_n_char_ranges;

/** The classes of a code point that is no plain one: a search in the table. */
unsigned tg_char_find(int32_t cp);

static inline bool tg_within(int32_t cp, int32_t first, int32_t last)
{
    return (uint32_t)cp - (uint32_t)first <= (uint32_t)last - (uint32_t)first;
}

static inline bool tg_is_digit(int32_t cp)
{
    return tg_within(cp, '0', '9');
}

static inline int32_t tg_ascii_upper(int32_t cp)
{
    return tg_within(cp, 'a', 'z') ? cp - 0x20 : cp;
}

/** ァ…ヺ and the small letters of Ainu. */
static inline bool tg_is_katakana(int32_t cp)
{
    return tg_within(cp, 0x30A1, 0x30FA) || tg_within(cp, 0x31F0, 0x31FF);
}

/** Bits of enum tg_char_class; the usual letters and digits cost no search. */
static inline unsigned tg_char_classes(int32_t cp)
{
    if (tg_is_digit(cp) || tg_within(cp, 'A', 'Z') || tg_within(cp, 'a', 'z') ||
        tg_within(cp, 0x3041, 0x30FA) || tg_within(cp, 0x4E01, 0x9FFF))
        return 0;
    return tg_char_find(cp);
}

/** U+30A0, the first code point that tg_kana has an entry for, and how many there are. */
enum { TG_KANA_FIRST = 0x30A0, TG_N_KANA = 96, TG_HIRAGANA_TO_KATAKANA = 0x60 };

/** A katakana letter's relatives; 0: none. */
struct tg_kana {
    uint16_t voiced;     /**< カ ガ */
    uint16_t semivoiced; /**< ハ パ */
    uint16_t folded;     /**< what kana_name_folded writes for it: ャ ヤ, ヂ ジ */
    uint16_t bare;       /**< without its mark: ガ カ */
};
extern const struct tg_kana tg_kana_table[TG_N_KANA];

/** The entry of a katakana letter; an empty one for anything else. */
static inline const struct tg_kana *tg_kana_of(int32_t cp)
{
    return &tg_kana_table[tg_within(cp, TG_KANA_FIRST, TG_KANA_FIRST + TG_N_KANA - 1)
                              ? cp - TG_KANA_FIRST
                              : 0];
}

/** What ヴ becomes before another letter; the last entry (next 0) before anything else. */
struct tg_vu {
    uint16_t next;      /**< the letter that follows and is used up */
    uint16_t folded[2]; /**< one or two letters */
};
extern const struct tg_vu tg_vu_table[];

/** U+FF61…U+FF9D, the half-width forms without the two marks, as full-width ones. */
enum { TG_HALFWIDTH_FIRST = 0xFF61, TG_HALFWIDTH_LAST = 0xFF9D };
extern const uint16_t tg_halfwidth_table[TG_HALFWIDTH_LAST - TG_HALFWIDTH_FIRST + 1];

/** The marks: combining, standing alone, half-width. */
enum {
    TG_MARK_VOICED = 0x3099,
    TG_MARK_SEMIVOICED = 0x309A,
    TG_MARK_ALONE_VOICED = 0x309B,
    TG_MARK_ALONE_SEMIVOICED = 0x309C,
    TG_MARK_HALFWIDTH_VOICED = 0xFF9E,
    TG_MARK_HALFWIDTH_SEMIVOICED = 0xFF9F,
};

#endif
