/* SPDX-License-Identifier: Apache-2.0 */
#include "text/values.h"

#include "text/chars.h"
#include "text/kana.h"
#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

enum { LEDGER_KANA_MAX = 25, CUT_BYTES_MAX = LEDGER_KANA_MAX * 3 };

typedef bool fold_step(struct tg_reading *r);

/* How a field of letters is written. */
struct letters_rule {
    unsigned dropped;          /* classes that carry no meaning */
    bool upper;                /* ASCII letters become upper case */
    bool alnum;                /* letters and digits only, and upper case of every script */
    bool strips_zeros;         /* if only digits are left, leading zeros carry no meaning */
    bool identifier;           /* a number may stand here: exponents and individual numbers count */
    bool kana;                 /* may have been cut at the ledger's width */
    unsigned unusable;         /* classes that make the whole value useless as a key */
    fold_step *const steps[3]; /* for kana, one after the other */
};

#define SYMBOL                                                                                     \
    {                                                                                              \
        .dropped = TG_CHAR_SPACE | TG_CHAR_DASH | TG_CHAR_SYMBOL_MARK, .upper = true,              \
        .strips_zeros = true, .identifier = true                                                   \
    }
#define KANA .dropped = TG_CHAR_SPACE | TG_CHAR_NAME_MARK, .upper = true, .kana = true

static const struct letters_rule rules[] = {
    [TG_FIELD_INSURED_SYMBOL] = SYMBOL,
    [TG_FIELD_INSURED_NUMBER] = SYMBOL,
    [TG_FIELD_KANA_STRICT] = {KANA, .steps = {tg_kana_strict}},
    [TG_FIELD_KANA_FOLDED] = {KANA, .steps = {tg_kana_strict, tg_kana_folded}},
    [TG_FIELD_KANA_LOOSE] = {KANA, .steps = {tg_kana_strict, tg_kana_folded, tg_kana_loose}},
    [TG_FIELD_NAME] = {.dropped = TG_CHAR_SPACE, .unusable = TG_CHAR_UNUSABLE},
    [TG_FIELD_TEXT] = {.alnum = true, .upper = true, .identifier = true},
};

/* As the file has it: 25 characters, all of them half-width, spaces at the end not counted. */
static bool may_be_cut(const char *s, size_t len)
{
    while (len && s[len - 1] == ' ')
        len--;
    if (len < LEDGER_KANA_MAX || len > CUT_BYTES_MAX)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < len; n++) {
        int32_t cp;
        size_t bytes = tg_utf8_decode(s + i, len - i, &cp);
        if (!bytes || !(tg_within(cp, ' ', '~') ||
                        tg_within(cp, TG_HALFWIDTH_FIRST, TG_MARK_HALFWIDTH_SEMIVOICED)))
            return false;
        i += bytes;
    }
    return n == LEDGER_KANA_MAX;
}

static bool is_letter_or_digit(int32_t cp)
{
    utf8proc_category_t category = utf8proc_category(cp);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           category == UTF8PROC_CATEGORY_ND;
}

static bool is_ascii_alnum(int32_t cp)
{
    return tg_is_digit(cp) || tg_within(tg_ascii_upper(cp), 'A', 'Z');
}

static enum tg_value unusable(struct tg_reading *r)
{
    r->notes |= TG_NOTE_UNKNOWN_GLYPH;
    return TG_VALUE_MISSING;
}

static enum tg_value write_ascii(const struct letters_rule *rule, struct tg_reading *r,
                                 struct tg_sink *out)
{
    for (size_t i = 0; i < r->len; i++) {
        char c = r->text[i];
        if (rule->alnum && !is_ascii_alnum(c))
            continue;
        unsigned classes = tg_char_classes(c);
        if (classes & rule->unusable)
            return unusable(r);
        if (classes & rule->dropped)
            continue;
        if (!tg_sink_put(out, rule->upper ? (char)tg_ascii_upper(c) : c))
            return TG_VALUE_UNREADABLE;
    }
    return TG_VALUE_OK;
}

static int32_t upper(const struct letters_rule *rule, int32_t cp)
{
    if (cp < 0x80)
        return rule->upper ? tg_ascii_upper(cp) : cp;
    return rule->alnum ? utf8proc_toupper(cp) : cp;
}

/* The general form of write_ascii(), on code points. */
static bool apply(const struct letters_rule *rule, struct tg_reading *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        int32_t cp = r->cp[i];
        if (rule->alnum ? !is_letter_or_digit(cp) : (tg_char_classes(cp) & rule->dropped) != 0)
            continue;
        r->cp[n++] = upper(rule, cp);
    }
    r->n = n;
    return tg_reading_compose(r);
}

static bool any_of(const struct tg_reading *r, unsigned classes)
{
    for (size_t i = 0; i < r->n; i++) {
        if (tg_char_classes(r->cp[i]) & classes)
            return true;
    }
    return false;
}

static enum tg_value write_unicode(const struct letters_rule *rule, struct tg_reading *r,
                                   struct tg_sink *out)
{
    if (rule->unusable && any_of(r, rule->unusable))
        return unusable(r);
    bool ok = true;
    for (size_t i = 0; i < 3 && rule->steps[i] && ok; i++)
        ok = rule->steps[i](r);
    if (!rule->steps[0])
        ok = apply(rule, r);
    if (!ok)
        return TG_VALUE_UNREADABLE;
    for (size_t i = 0; i < r->n; i++) {
        char one[4];
        size_t n = tg_utf8_encode(r->cp[i], one);
        if (n > out->size - out->len)
            return TG_VALUE_UNREADABLE;
        memcpy(out->data + out->len, one, n);
        out->len += n;
    }
    return TG_VALUE_OK;
}

/* What was dropped can bring ="…", a rounded number or a word for nothing to light. */
static enum tg_value finish(const struct letters_rule *rule, struct tg_reading *r,
                            struct tg_sink *out)
{
    const char *s = out->data;
    if (tg_strip_formula(&s, &out->len)) {
        r->notes |= TG_NOTE_EXCEL_FORMULA;
        memmove(out->data, s, out->len);
    }
    if (rule->identifier && tg_is_exponent(out->data, out->len)) {
        r->notes |= TG_NOTE_EXPONENT;
        return TG_VALUE_UNREADABLE;
    }
    if (rule->identifier && tg_is_my_number(out->data, out->len))
        r->notes |= TG_NOTE_MY_NUMBER;
    if (rule->strips_zeros && tg_all_digits(out->data, out->len))
        tg_strip_zeros(out);
    return tg_is_missing(out->data, out->len) ? TG_VALUE_MISSING : TG_VALUE_OK;
}

enum tg_value tg_letters_write(enum tg_field_type type, struct tg_reading *r, struct tg_sink *out)
{
    const struct letters_rule *rule = &rules[type];
    if (rule->kana && may_be_cut(r->raw, r->raw_len))
        r->notes |= TG_NOTE_MAYBE_CUT;
    if (r->ascii)
        tg_reading_to_text(r);
    if (rule->identifier && r->ascii && tg_is_exponent(r->text, r->len)) {
        r->notes |= TG_NOTE_EXPONENT;
        return TG_VALUE_UNREADABLE;
    }
    enum tg_value value = r->ascii ? write_ascii(rule, r, out) : write_unicode(rule, r, out);
    return value == TG_VALUE_OK ? finish(rule, r, out) : value;
}
