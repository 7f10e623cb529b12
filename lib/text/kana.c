/* SPDX-License-Identifier: Apache-2.0 */
#include "text/kana.h"

#include "text/chars.h"

enum { LONG_VOWEL = 0x30FC, REPEAT = 0x30FD, REPEAT_VOICED = 0x30FE };

static bool is_hiragana(int32_t cp)
{
    return tg_within(cp, 0x3041, 0x3096) || tg_within(cp, 0x309D, 0x309E);
}

static bool is_mark(int32_t cp)
{
    return cp == TG_MARK_VOICED || cp == TG_MARK_SEMIVOICED;
}

static bool is_repeat(int32_t cp)
{
    return cp == REPEAT || cp == REPEAT_VOICED;
}

bool tg_kana_strict(struct tg_reading *r)
{
    size_t n = 0;
    bool after_katakana = false;
    for (size_t i = 0; i < r->n; i++) {
        int32_t cp = r->cp[i];
        if (is_hiragana(cp))
            cp += TG_HIRAGANA_TO_KATAKANA;
        unsigned classes = tg_char_classes(cp);
        if (classes & (TG_CHAR_DASH | TG_CHAR_KANJI_ONE)) {
            cp = after_katakana ? LONG_VOWEL : '-';
        } else if (classes & (TG_CHAR_SPACE | TG_CHAR_NAME_MARK)) {
            after_katakana = false;
            continue;
        } else if (!is_mark(cp) && !is_repeat(cp)) {
            /* a mark and ヽ are what the letter before them is */
            after_katakana = tg_is_katakana(cp);
        }
        r->cp[n++] = tg_ascii_upper(cp);
    }
    r->n = n;
    return tg_reading_compose(r);
}

/* Small letters under a mark of their own grow first: the mark then finds its letter. */
static bool grow_marked(struct tg_reading *r)
{
    if (!r->general)
        return true;
    for (size_t i = 0; i + 1 < r->n; i++) {
        uint16_t large = is_mark(r->cp[i + 1]) ? tg_kana_of(r->cp[i])->folded : 0;
        if (large)
            r->cp[i] = large;
    }
    return tg_reading_compose(r);
}

static int32_t fold_letter(int32_t cp)
{
    uint16_t folded = tg_kana_of(cp)->folded;
    return folded ? folded : cp;
}

static int32_t voice(int32_t cp)
{
    uint16_t voiced = tg_kana_of(cp)->voiced;
    return voiced ? voiced : cp;
}

/* ヴ and the letter after it, if that counts. @return code points read */
static size_t fold_vu(const struct tg_reading *r, size_t i, int32_t out[2], size_t *n_out)
{
    const struct tg_vu *vu = tg_vu_table;
    int32_t next = i + 1 < r->n ? r->cp[i + 1] : 0;
    while (vu->next && vu->next != next)
        vu++;
    *n_out = vu->folded[1] ? 2 : 1;
    out[0] = vu->folded[0];
    out[1] = vu->folded[1];
    return vu->next ? 2 : 1;
}

bool tg_kana_folded(struct tg_reading *r)
{
    if (!grow_marked(r))
        return false;
    size_t n = 0;
    for (size_t i = 0; i < r->n;) {
        int32_t cp = r->cp[i];
        if (cp == u'ヴ') {
            int32_t out[2];
            size_t n_out;
            i += fold_vu(r, i, out, &n_out);
            for (size_t k = 0; k < n_out; k++)
                r->cp[n++] = out[k];
            continue;
        }
        if (is_repeat(cp) && n)
            cp = cp == REPEAT ? r->cp[n - 1] : voice(r->cp[n - 1]);
        r->cp[n++] = fold_letter(cp);
        i++;
    }
    r->n = n;
    return tg_reading_compose(r);
}

bool tg_kana_loose(struct tg_reading *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        int32_t cp = r->cp[i];
        if (cp == LONG_VOWEL || is_mark(cp))
            continue;
        uint16_t bare = tg_kana_of(cp)->bare;
        r->cp[n++] = bare ? bare : cp;
    }
    r->n = n;
    return tg_reading_compose(r);
}
