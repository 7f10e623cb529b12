/* SPDX-License-Identifier: Apache-2.0 */
#include "text/chars.h"

#include <uchar.h>

#define NAME_AND_SYMBOL (TG_CHAR_NAME_MARK | TG_CHAR_SYMBOL_MARK)

/* White space is the White_Space property of Unicode. */
const struct tg_char_range tg_char_ranges[] = {
    {0x0009, 0x000D, TG_CHAR_SPACE},
    {0x001A, 0x001A, TG_CHAR_DROPPED}, /* the end mark of old DOS files */
    {' ', ' ', TG_CHAR_SPACE},
    {'\'', '\'', TG_CHAR_NAME_MARK},
    {'(', ')', TG_CHAR_PHONE_MARK},
    {',', ',', TG_CHAR_NAME_MARK},
    {'-', '-', TG_CHAR_DASH},
    {'.', '.', NAME_AND_SYMBOL | TG_CHAR_PHONE_MARK},
    {'/', '/', TG_CHAR_PHONE_MARK},
    {'?', '?', TG_CHAR_UNUSABLE},
    {0x0085, 0x0085, TG_CHAR_SPACE},
    {0x00A0, 0x00A0, TG_CHAR_SPACE},
    {0x00AD, 0x00AD, TG_CHAR_DROPPED},   /* soft hyphen */
    {0x00B7, 0x00B7, TG_CHAR_NAME_MARK}, /* · */
    {0x1680, 0x1680, TG_CHAR_SPACE},
    {0x2000, 0x200A, TG_CHAR_SPACE},
    {0x200B, 0x200D, TG_CHAR_DROPPED},
    {0x2010, 0x2015, TG_CHAR_DASH},
    {0x2019, 0x2019, TG_CHAR_NAME_MARK}, /* ’ */
    {0x2022, 0x2022, TG_CHAR_NAME_MARK}, /* • */
    {0x2027, 0x2027, TG_CHAR_NAME_MARK}, /* ‧ */
    {0x2028, 0x2029, TG_CHAR_SPACE},
    {0x202F, 0x202F, TG_CHAR_SPACE},
    {0x205F, 0x205F, TG_CHAR_SPACE},
    {0x2060, 0x2060, TG_CHAR_DROPPED},
    {0x2212, 0x2212, TG_CHAR_DASH},
    {0x2500, 0x2501, TG_CHAR_DASH},
    {0x25CF, 0x25CF, TG_CHAR_UNUSABLE}, /* ● */
    {0x3000, 0x3000, TG_CHAR_SPACE},
    {0x3012, 0x3012, TG_CHAR_POSTAL_MARK}, /* 〒 */
    {0x3013, 0x3013, TG_CHAR_UNUSABLE},    /* 〓 */
    {0x30FB, 0x30FB, NAME_AND_SYMBOL},     /* ・ */
    {0x30FC, 0x30FC, TG_CHAR_DASH},        /* ー */
    {0x4E00, 0x4E00, TG_CHAR_KANJI_ONE},   /* 一 */
    {0xE000, 0xF8FF, TG_CHAR_UNUSABLE},
    {0xFE00, 0xFE0F, TG_CHAR_DROPPED}, /* variation selectors */
    {0xFEFF, 0xFEFF, TG_CHAR_DROPPED},
    {0xFFFD, 0xFFFD, TG_CHAR_UNUSABLE},
    {0xE0100, 0xE01EF, TG_CHAR_DROPPED}, /* ideographic variation selectors */
    {0xF0000, 0xFFFFD, TG_CHAR_UNUSABLE},
    {0x100000, 0x10FFFD, TG_CHAR_UNUSABLE},
};
const size_t tg_n_char_ranges = sizeof tg_char_ranges / sizeof tg_char_ranges[0];

unsigned tg_char_find(int32_t cp)
{
    size_t low = 0, high = tg_n_char_ranges;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tg_char_ranges[middle].last < cp)
            low = middle + 1;
        else
            high = middle;
    }
    return low < tg_n_char_ranges && tg_char_ranges[low].first <= cp ? tg_char_ranges[low].classes
                                                                     : 0;
}

#define KANA(c)               [(c)-TG_KANA_FIRST]
#define SMALL(small, large)   KANA(small) = {.folded = (large)}
#define VOICED(plain, marked) KANA(plain) = {.voiced = (marked)}, KANA(marked) = {.bare = (plain)}
#define BOTH(plain, marked, half)                                                                  \
    KANA(plain) = {.voiced = (marked), .semivoiced = (half)}, KANA(marked) = {.bare = (plain)},    \
    KANA(half) = {.bare = (plain)}

const struct tg_kana tg_kana_table[TG_N_KANA] = {
    SMALL(u'ァ', u'ア'),
    SMALL(u'ィ', u'イ'),
    SMALL(u'ゥ', u'ウ'),
    SMALL(u'ェ', u'エ'),
    SMALL(u'ォ', u'オ'),
    SMALL(u'ッ', u'ツ'),
    SMALL(u'ャ', u'ヤ'),
    SMALL(u'ュ', u'ユ'),
    SMALL(u'ョ', u'ヨ'),
    SMALL(u'ヮ', u'ワ'),
    SMALL(u'ヵ', u'カ'),
    SMALL(u'ヶ', u'ケ'),
    VOICED(u'カ', u'ガ'),
    VOICED(u'キ', u'ギ'),
    VOICED(u'ク', u'グ'),
    VOICED(u'ケ', u'ゲ'),
    VOICED(u'コ', u'ゴ'),
    VOICED(u'サ', u'ザ'),
    VOICED(u'シ', u'ジ'),
    VOICED(u'ス', u'ズ'),
    VOICED(u'セ', u'ゼ'),
    VOICED(u'ソ', u'ゾ'),
    VOICED(u'タ', u'ダ'),
    KANA(u'チ') = {.voiced = u'ヂ'},
    KANA(u'ヂ') = {.folded = u'ジ', .bare = u'チ'},
    KANA(u'ツ') = {.voiced = u'ヅ'},
    KANA(u'ヅ') = {.folded = u'ズ', .bare = u'ツ'},
    VOICED(u'テ', u'デ'),
    VOICED(u'ト', u'ド'),
    BOTH(u'ハ', u'バ', u'パ'),
    BOTH(u'ヒ', u'ビ', u'ピ'),
    BOTH(u'フ', u'ブ', u'プ'),
    BOTH(u'ヘ', u'ベ', u'ペ'),
    BOTH(u'ホ', u'ボ', u'ポ'),
    KANA(u'ウ') = {.voiced = u'ヴ'},
    KANA(u'ヴ') = {.folded = u'ブ', .bare = u'ウ'},
    VOICED(u'ワ', u'ヷ'),
    KANA(u'ヰ') = {.voiced = u'ヸ', .folded = u'イ'},
    KANA(u'ヱ') = {.voiced = u'ヹ', .folded = u'エ'},
    KANA(u'ヲ') = {.voiced = u'ヺ', .folded = u'オ'},
    KANA(u'ヸ') = {.bare = u'イ'},
    KANA(u'ヹ') = {.bare = u'エ'},
    KANA(u'ヺ') = {.bare = u'オ'},
    VOICED(u'ヽ', u'ヾ'),
};

const struct tg_vu tg_vu_table[] = {
    {u'ァ', {u'バ', 0}},     {u'ィ', {u'ビ', 0}},     {u'ェ', {u'ベ', 0}}, {u'ォ', {u'ボ', 0}},
    {u'ア', {u'バ', 0}},     {u'イ', {u'ビ', 0}},     {u'エ', {u'ベ', 0}}, {u'オ', {u'ボ', 0}},
    {u'ュ', {u'ビ', u'ユ'}}, {u'ユ', {u'ビ', u'ユ'}}, {0, {u'ブ', 0}},
};

const uint16_t tg_halfwidth_table[] = {
    u'。', u'「', u'」', u'、', u'・', u'ヲ', u'ァ', u'ィ', u'ゥ', u'ェ', u'ォ', u'ャ', u'ュ',
    u'ョ', u'ッ', u'ー', u'ア', u'イ', u'ウ', u'エ', u'オ', u'カ', u'キ', u'ク', u'ケ', u'コ',
    u'サ', u'シ', u'ス', u'セ', u'ソ', u'タ', u'チ', u'ツ', u'テ', u'ト', u'ナ', u'ニ', u'ヌ',
    u'ネ', u'ノ', u'ハ', u'ヒ', u'フ', u'ヘ', u'ホ', u'マ', u'ミ', u'ム', u'メ', u'モ', u'ヤ',
    u'ユ', u'ヨ', u'ラ', u'リ', u'ル', u'レ', u'ロ', u'ワ', u'ン',
};
