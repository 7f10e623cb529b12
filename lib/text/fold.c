/* SPDX-License-Identifier: Apache-2.0 */
#include "text/fold.h"

#include "base/mem.h"
#include "text/chars.h"
#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

enum { MARKS_MAX = 30 };

static const utf8proc_option_t COMPOSE = (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
static const utf8proc_option_t DECOMPOSE =
    (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);

/* No byte above 0x7F and no 0x1A, the one ASCII character that is dropped. */
static bool is_plain_ascii(const char *s, size_t len)
{
    const uint64_t ones = 0x0101010101010101U, high = ones * 0x80;
    for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
        uint64_t eight = ones * ' ';
        memcpy(&eight, s + i, len - i < sizeof eight ? len - i : sizeof eight);
        uint64_t differs = eight ^ ones * 0x1A;
        if ((eight | ((differs - ones) & ~differs)) & high)
            return false;
    }
    return true;
}

static uint16_t with_mark(int32_t base, bool semivoiced)
{
    bool hiragana = tg_within(base, 0x3041, 0x309E);
    const struct tg_kana *k = tg_kana_of(hiragana ? base + TG_HIRAGANA_TO_KATAKANA : base);
    uint16_t marked = semivoiced ? k->semivoiced : k->voiced;
    if (!hiragana || !marked)
        return marked;
    /* わ and its like have a voiced form in katakana only */
    return tg_within(marked, 0x30F7, 0x30FA) ? 0 : (uint16_t)(marked - TG_HIRAGANA_TO_KATAKANA);
}

/* What NFKC makes of one character that no neighbour changes; 0: the general way knows. */
static int32_t fold_one(int32_t cp)
{
    if (tg_within(cp, 0x30A1, 0x30FE) || tg_within(cp, 0x3041, 0x3096) ||
        tg_within(cp, 0x4E00, 0x9FFF) || tg_within(cp, 0x3005, 0x3007) ||
        tg_within(cp, 0x309D, 0x309E))
        return cp;
    if (tg_within(cp, TG_HALFWIDTH_FIRST, TG_HALFWIDTH_LAST))
        return tg_halfwidth_table[cp - TG_HALFWIDTH_FIRST];
    if (tg_within(cp, 0xFF01, 0xFF5E))
        return cp - 0xFF01 + '!';
    return cp == 0x3000 ? ' ' : 0;
}

/* A mark goes onto the letter before it; one that cannot is left to the general way. */
static bool fold_mark(struct tg_reading *r, int32_t cp)
{
    bool voiced = cp == TG_MARK_HALFWIDTH_VOICED || cp == TG_MARK_ALONE_VOICED;
    if (!voiced && cp != TG_MARK_HALFWIDTH_SEMIVOICED && cp != TG_MARK_ALONE_SEMIVOICED)
        return false;
    uint16_t marked = r->n ? with_mark(r->cp[r->n - 1], !voiced) : 0;
    if (!marked)
        return false;
    r->cp[r->n - 1] = marked;
    return true;
}

static bool fold_fast(const char *s, size_t len, struct tg_reading *r)
{
    for (size_t i = 0; i < len;) {
        int32_t cp;
        if (tg_utf8_three(s + i, len - i, &cp)) {
            int32_t folded = fold_one(cp);
            if (folded)
                r->cp[r->n++] = folded;
            else if (!fold_mark(r, cp))
                return false;
            i += 3;
        } else if ((unsigned char)s[i] < 0x80) {
            if (s[i] != 0x1A)
                r->cp[r->n++] = s[i];
            i++;
        } else {
            return false;
        }
    }
    return true;
}

static unsigned char combining_class(int32_t cp)
{
    return (unsigned char)utf8proc_get_property(cp)->combining_class;
}

/* The canonical order: marks of one letter by class, those of one class as they came. */
static bool order_marks(struct tg_reading *r)
{
    size_t run = 0;
    for (size_t i = 0; i < r->n; i++) {
        int32_t mark = r->cp[i];
        unsigned char class = combining_class(mark);
        run = class ? run + 1 : 0;
        if (run > MARKS_MAX)
            return false;
        size_t to = i;
        for (; to > i + 1 - run && run && combining_class(r->cp[to - 1]) > class; to--)
            r->cp[to] = r->cp[to - 1];
        r->cp[to] = mark;
    }
    return true;
}

static bool append_decomposed(struct tg_reading *r, int32_t cp)
{
    const utf8proc_ssize_t room = (utf8proc_ssize_t)(TG_VALUE_LEN_MAX - r->n);
    int unused = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(cp, r->cp + r->n, room, DECOMPOSE, &unused);
    if (n < 0 || n > room) {
        r->n_used = TG_VALUE_LEN_MAX; /* a part of it may have been written */
        return false;
    }
    r->n += (size_t)n;
    return true;
}

static bool order_and_compose(struct tg_reading *r)
{
    if (r->n > r->n_used)
        r->n_used = r->n;
    if (!order_marks(r))
        return false;
    utf8proc_ssize_t n = utf8proc_normalize_utf32(r->cp, (utf8proc_ssize_t)r->n, COMPOSE);
    if (n < 0)
        return false;
    r->n = (size_t)n;
    return true;
}

static int32_t combining_form(int32_t cp)
{
    if (cp == TG_MARK_ALONE_VOICED)
        return TG_MARK_VOICED;
    return cp == TG_MARK_ALONE_SEMIVOICED ? TG_MARK_SEMIVOICED : cp;
}

static bool fold_general(const char *s, size_t len, struct tg_reading *r)
{
    r->n = 0;
    r->general = true;
    for (size_t i = 0; i < len;) {
        int32_t cp;
        size_t bytes = tg_utf8_decode(s + i, len - i, &cp);
        if (!bytes)
            return false;
        i += bytes;
        if (tg_char_classes(cp) & TG_CHAR_DROPPED)
            continue;
        if (!append_decomposed(r, combining_form(cp)))
            return false;
    }
    return order_and_compose(r);
}

bool tg_reading_compose(struct tg_reading *r)
{
    if (!r->general)
        return true;
    int32_t before[TG_VALUE_LEN_MAX];
    size_t n = r->n;
    bool ok = true;
    memcpy(before, r->cp, n * sizeof before[0]);
    r->n = 0;
    for (size_t i = 0; i < n && ok; i++)
        ok = append_decomposed(r, before[i]);
    ok = ok && order_and_compose(r);
    tg_wipe(before, n * sizeof before[0]);
    return ok;
}

/* UTF-8 is never longer than the code points it is made of, so it takes their place. */
static void encode(struct tg_reading *r)
{
    char *bytes = (char *)r->cp;
    size_t len = 0;
    for (size_t i = 0; i < r->n; i++) {
        char one[4];
        size_t n = tg_utf8_encode(r->cp[i], one);
        memcpy(bytes + len, one, n);
        len += n;
    }
    r->text = bytes;
    r->len = len;
    r->in_cp = false;
}

static bool all_ascii(const struct tg_reading *r)
{
    int32_t any = 0;
    for (size_t i = 0; i < r->n; i++)
        any |= r->cp[i];
    return any < 0x80;
}

bool tg_read(enum tg_fold_way way, const char *value, size_t len, struct tg_reading *r)
{
    r->notes = 0;
    r->general = false;
    r->in_cp = false;
    r->n = 0;
    r->n_used = 0;
    if (len > TG_VALUE_LEN_MAX)
        return false;
    if (tg_strip_formula(&value, &len))
        r->notes |= TG_NOTE_EXCEL_FORMULA;
    r->raw = r->text = value;
    r->raw_len = r->len = len;
    r->ascii = way == TG_FOLD_FASTEST && is_plain_ascii(value, len);
    if (r->ascii)
        return true;
    bool ok = way == TG_FOLD_FASTEST && fold_fast(value, len, r);
    r->n_used = r->n;
    if (!ok && !fold_general(value, len, r))
        return false;
    r->in_cp = true;
    r->ascii = all_ascii(r);
    if (r->ascii)
        encode(r);
    return true;
}

static bool trims(int32_t cp)
{
    return tg_char_classes(cp) & TG_CHAR_SPACE;
}

static void trim(const char **text, size_t *len)
{
    int32_t cp;
    size_t n;
    while ((n = tg_utf8_decode(*text, *len, &cp)) && trims(cp)) {
        *text += n;
        *len -= n;
    }
    while (*len) {
        size_t last = 1;
        while (last < *len && last < 4 && ((unsigned char)(*text)[*len - last] & 0xC0) == 0x80)
            last++;
        if (!tg_utf8_decode(*text + *len - last, last, &cp) || !trims(cp))
            return;
        *len -= last;
    }
}

void tg_reading_to_text(struct tg_reading *r)
{
    if (r->in_cp)
        encode(r);
    trim(&r->text, &r->len);
    while (tg_strip_formula(&r->text, &r->len)) {
        r->notes |= TG_NOTE_EXCEL_FORMULA;
        trim(&r->text, &r->len);
    }
}

void tg_reading_wipe(struct tg_reading *r)
{
    size_t n = r->n > r->n_used ? r->n : r->n_used;
    tg_wipe(r->cp, n * sizeof r->cp[0]);
}

bool tg_strip_formula(const char **text, size_t *len)
{
    bool found = false;
    while (*len >= 3 && (*text)[0] == '=' && (*text)[1] == '"' && (*text)[*len - 1] == '"') {
        *text += 2;
        *len -= 3;
        found = true;
    }
    return found;
}

struct missing_word {
    const char *word;
    bool repeats; /* any number of times: a field filled up with it */
};

static const struct missing_word missing_words[] = {
    {"*", true},
    {"-", true},
    {"NULL", false},
    {"不詳", false},
};

bool tg_is_missing(const char *text, size_t len)
{
    if (!len)
        return true;
    for (size_t i = 0; i < sizeof missing_words / sizeof missing_words[0]; i++) {
        const struct missing_word *m = &missing_words[i];
        size_t n = strlen(m->word), at = 0;
        while (len - at >= n && memcmp(text + at, m->word, n) == 0) {
            at += n;
            if (!m->repeats)
                break;
        }
        if (at == len)
            return true;
    }
    return false;
}
