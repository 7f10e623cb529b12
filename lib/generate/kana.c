/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/kana.h"

#include <stdio.h>
#include <string.h>

enum {
    MAX_CHARS = 64,
    FIRST_KANA = 0x30a1,
    LAST_KANA = 0x30f4,
    LONG_MARK = 0x30fc,
    WIDE_SPACE = 0x3000,
    HIRAGANA = 0x60, /* katakana − hiragana */
    VOICED = 0x3099,
    HALF_VOICED = 0x309a,
};

/* Each kana from ァ to ヴ: half-width base less U+FF00, mark, and what a large spelling has. */
struct kana {
    uint8_t half;
    char mark;     /* 'v' voiced, 's' semi-voiced, 0 none */
    uint8_t large; /* to add: 1 where the next one is the large form */
};

/* clang-format off */
static const struct kana kana_table[LAST_KANA - FIRST_KANA + 1] = {
    {0x67, 0, 1}, {0x71, 0, 0}, {0x68, 0, 1}, {0x72, 0, 0}, {0x69, 0, 1}, {0x73, 0, 0},     /* ァアィイゥウ */
    {0x6a, 0, 1}, {0x74, 0, 0}, {0x6b, 0, 1}, {0x75, 0, 0},                                 /* ェエォオ */
    {0x76, 0, 0}, {0x76, 'v', 0}, {0x77, 0, 0}, {0x77, 'v', 0}, {0x78, 0, 0}, {0x78, 'v', 0}, /* カからグ */
    {0x79, 0, 0}, {0x79, 'v', 0}, {0x7a, 0, 0}, {0x7a, 'v', 0},                             /* ケゲコゴ */
    {0x7b, 0, 0}, {0x7b, 'v', 0}, {0x7c, 0, 0}, {0x7c, 'v', 0}, {0x7d, 0, 0}, {0x7d, 'v', 0}, /* サからズ */
    {0x7e, 0, 0}, {0x7e, 'v', 0}, {0x7f, 0, 0}, {0x7f, 'v', 0},                             /* セゼソゾ */
    {0x80, 0, 0}, {0x80, 'v', 0}, {0x81, 0, 0}, {0x81, 'v', 0},                             /* タダチヂ */
    {0x6f, 0, 1}, {0x82, 0, 0}, {0x82, 'v', 0}, {0x83, 0, 0}, {0x83, 'v', 0},               /* ッツヅテデ */
    {0x84, 0, 0}, {0x84, 'v', 0},                                                           /* トド */
    {0x85, 0, 0}, {0x86, 0, 0}, {0x87, 0, 0}, {0x88, 0, 0}, {0x89, 0, 0},                   /* ナからノ */
    {0x8a, 0, 0}, {0x8a, 'v', 0}, {0x8a, 's', 0}, {0x8b, 0, 0}, {0x8b, 'v', 0}, {0x8b, 's', 0}, /* ハからピ */
    {0x8c, 0, 0}, {0x8c, 'v', 0}, {0x8c, 's', 0}, {0x8d, 0, 0}, {0x8d, 'v', 0}, {0x8d, 's', 0}, /* フからペ */
    {0x8e, 0, 0}, {0x8e, 'v', 0}, {0x8e, 's', 0},                                           /* ホボポ */
    {0x8f, 0, 0}, {0x90, 0, 0}, {0x91, 0, 0}, {0x92, 0, 0}, {0x93, 0, 0},                   /* マからモ */
    {0x6c, 0, 1}, {0x94, 0, 0}, {0x6d, 0, 1}, {0x95, 0, 0}, {0x6e, 0, 1}, {0x96, 0, 0},     /* ャからヨ */
    {0x97, 0, 0}, {0x98, 0, 0}, {0x99, 0, 0}, {0x9a, 0, 0}, {0x9b, 0, 0},                   /* ラからロ */
    {0x9c, 0, 1}, {0x9c, 0, 0}, {0x72, 0, 0}, {0x74, 0, 0}, {0x66, 0, 0}, {0x9d, 0, 0},     /* ヮワヰヱヲン */
    {0x73, 'v', 0},                                                                         /* ヴ */
};
/* clang-format on */

static const struct kana *kana_of(uint32_t c)
{
    return c >= FIRST_KANA && c <= LAST_KANA ? &kana_table[c - FIRST_KANA] : NULL;
}

/* Readings hold ASCII and characters of three bytes only. */
static size_t read_chars(const char *text, uint32_t *chars, size_t max)
{
    size_t n = 0;
    const unsigned char *p = (const unsigned char *)text;
    while (*p && n < max) {
        if (*p < 0x80) {
            chars[n++] = *p++;
            continue;
        }
        chars[n++] = ((p[0] & 0x0fu) << 12) | ((p[1] & 0x3fu) << 6) | (p[2] & 0x3fu);
        p += 3;
    }
    return n;
}

static char *put_char(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    *out++ = (char)(0xe0 | (c >> 12));
    *out++ = (char)(0x80 | ((c >> 6) & 0x3f));
    *out++ = (char)(0x80 | (c & 0x3f));
    return out;
}

static char *put_half(char *out, uint32_t c)
{
    const struct kana *k = kana_of(c);
    if (!k)
        return put_char(out, c == LONG_MARK ? 0xff70u : c);
    out = put_char(out, 0xff00u + k->half);
    if (k->mark)
        out = put_char(out, k->mark == 'v' ? 0xff9eu : 0xff9fu);
    return out;
}

/* The base kana stands one before the voiced and two before the semi-voiced one; ウ before ヴ. */
static char *put_decomposed(char *out, uint32_t c)
{
    const struct kana *k = kana_of(c);
    if (!k || !k->mark)
        return put_char(out, c);
    uint32_t base = c == LAST_KANA ? 0x30a6u : k->mark == 'v' ? c - 1 : c - 2;
    out = put_char(out, base);
    return put_char(out, k->mark == 'v' ? VOICED : HALF_VOICED);
}

static uint32_t large_of(uint32_t c)
{
    const struct kana *k = kana_of(c);
    return k ? c + k->large : c;
}

static char *put_spelled(char *out, enum tg_gen_spelling spelling, uint32_t c)
{
    switch (spelling) {
    case TG_GEN_HALF_LARGE:
        return put_half(out, large_of(c));
    case TG_GEN_HALF:
        return put_half(out, c);
    case TG_GEN_FULL_LARGE:
        return put_char(out, large_of(c));
    case TG_GEN_HIRAGANA:
    case TG_GEN_HIRAGANA_JOINED:
        return put_char(out, kana_of(c) ? c - HIRAGANA : c);
    case TG_GEN_DECOMPOSED:
        return put_decomposed(out, c);
    default:
        return put_char(out, c);
    }
}

static uint32_t space_of(enum tg_gen_spelling spelling)
{
    switch (spelling) {
    case TG_GEN_FULL:
    case TG_GEN_FULL_LARGE:
    case TG_GEN_HIRAGANA:
        return WIDE_SPACE;
    case TG_GEN_FULL_JOINED:
    case TG_GEN_HIRAGANA_JOINED:
        return 0;
    default:
        return ' ';
    }
}

static char *put_part(char *out, enum tg_gen_spelling spelling, const char *part)
{
    uint32_t chars[MAX_CHARS];
    uint32_t space = space_of(spelling);
    size_t n = read_chars(part, chars, MAX_CHARS / 2);
    for (size_t i = 0; i < n; i++) {
        if (chars[i] != ' ')
            out = put_spelled(out, spelling, chars[i]);
        else if (space)
            out = put_char(out, space);
    }
    return out;
}

void tg_gen_spell(enum tg_gen_spelling spelling, const char *family, const char *given, char *out)
{
    uint32_t space = space_of(spelling);
    out = put_part(out, spelling, family);
    if (space)
        out = put_char(out, space);
    out = put_part(out, spelling, given);
    *out = '\0';
}

void tg_gen_cut(char *text, size_t n)
{
    while (*text) {
        if (((unsigned char)*text & 0xc0) != 0x80 && n-- == 0)
            break;
        text++;
    }
    *text = '\0';
}

static uint32_t other_voicing(uint32_t c)
{
    const struct kana *k = kana_of(c);
    if (!k || c == LAST_KANA)
        return c;
    if (k->mark)
        return k->mark == 'v' ? c - 1 : c - 2;
    const struct kana *next = kana_of(c + 1);
    return next && next->mark == 'v' && next->half == k->half ? c + 1 : c;
}

static size_t delete_at(uint32_t *chars, size_t n, size_t at)
{
    memmove(&chars[at], &chars[at + 1], (n - at - 1) * sizeof *chars);
    return n - 1;
}

static size_t double_at(uint32_t *chars, size_t n, size_t at)
{
    memmove(&chars[at + 1], &chars[at], (n - at) * sizeof *chars);
    return n + 1;
}

/* ウ ends long syllables: ユウコ becomes ユーコ, サトウ サトオ. False when there is none. */
static bool change_long(struct tg_gen_rng *r, uint32_t *chars, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (chars[i] == 0x30a6) {
            chars[i] = tg_gen_chance(r, 0.5) ? LONG_MARK : 0x30aau;
            return true;
        }
    }
    return false;
}

static size_t slip(struct tg_gen_rng *r, uint32_t *chars, size_t n)
{
    size_t at = tg_gen_below(r, (uint32_t)n - 1);
    uint32_t kind = tg_gen_below(r, 100);
    if (kind < 30 && other_voicing(chars[at]) != chars[at]) {
        chars[at] = other_voicing(chars[at]);
        return n;
    }
    if (kind < 50 && change_long(r, chars, n))
        return n;
    if (kind < 75 || chars[at] == chars[at + 1])
        return n > 2 ? delete_at(chars, n, at) : double_at(chars, n, at);
    if (kind < 90) {
        uint32_t c = chars[at];
        chars[at] = chars[at + 1];
        chars[at + 1] = c;
        return n;
    }
    return double_at(chars, n, at);
}

void tg_gen_mistype(struct tg_gen_rng *r, char *kana, size_t size)
{
    uint32_t chars[MAX_CHARS + 1];
    size_t n = read_chars(kana, chars, MAX_CHARS);
    if (n < 2 || (n + 1) * 3 >= size)
        return;
    n = slip(r, chars, n);
    char *out = kana;
    for (size_t i = 0; i < n; i++)
        out = put_char(out, chars[i]);
    *out = '\0';
}

void tg_gen_correct(struct tg_gen_rng *r, char *kana)
{
    uint32_t chars[MAX_CHARS];
    size_t at[MAX_CHARS], n_at = 0;
    size_t n = read_chars(kana, chars, MAX_CHARS);
    for (size_t i = 1; i < n; i++) {
        if (other_voicing(chars[i]) != chars[i])
            at[n_at++] = i;
    }
    if (!n_at)
        return;
    size_t one = at[tg_gen_below(r, (uint32_t)n_at)];
    chars[one] = other_voicing(chars[one]);
    for (size_t i = 0; i < n; i++)
        kana = put_char(kana, chars[i]);
}
