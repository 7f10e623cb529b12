/* SPDX-License-Identifier: Apache-2.0 */
#include "text/values.h"

#include <string.h>

#include "text/chars.h"

/* NFKC's worst is U+FDFA: 3 bytes become 33. A padded number is never longer than PADDING. */
enum { GROWTH = 11, PADDING = 16 };

static const char *const note_names[TG_N_NOTES] = {
    "check_digit",   "padded_zeros", "unknown_glyph", "maybe_cut",
    "excel_formula", "era_overrun",  "exponent",      "my_number",
};

const char *tg_value_note_name(enum tg_value_note note)
{
    for (unsigned i = 0; i < TG_N_NOTES; i++) {
        if (note == 1U << i)
            return note_names[i];
    }
    return "";
}

size_t tg_normalize_bound(size_t len)
{
    return (len < TG_VALUE_LEN_MAX ? len : TG_VALUE_LEN_MAX) * GROWTH + PADDING;
}

enum tg_value tg_id_write(struct tg_reading *r, struct tg_sink *out)
{
    tg_reading_to_text(r);
    if (tg_is_missing(r->text, r->len))
        return TG_VALUE_MISSING;
    if (tg_is_exponent(r->text, r->len)) {
        r->notes |= TG_NOTE_EXPONENT;
        return TG_VALUE_UNREADABLE;
    }
    if (tg_is_my_number(r->text, r->len))
        r->notes |= TG_NOTE_MY_NUMBER;
    if (r->len > out->size)
        return TG_VALUE_UNREADABLE;
    memcpy(out->data, r->text, r->len);
    out->len = r->len;
    return TG_VALUE_OK;
}

struct sex_word {
    const char *word; /* in upper case */
    char sex;
};

static const struct sex_word sex_words[] = {
    {"1", '1'}, {"男", '1'}, {"男性", '1'}, {"M", '1'}, {"MALE", '1'},
    {"2", '2'}, {"女", '2'}, {"女性", '2'}, {"F", '2'}, {"FEMALE", '2'},
};

static bool same_word(const char *s, size_t len, const char *word)
{
    size_t i = 0;
    while (i < len && word[i] && tg_ascii_upper(s[i]) == word[i])
        i++;
    return i == len && !word[i];
}

/* In upper case. */
static const char *const death_words[] = {"死亡", "死亡喪失", "DEATH", "DIED", "DECEASED"};

bool tg_is_death(const char *value, size_t len)
{
    for (size_t i = 0; i < sizeof death_words / sizeof death_words[0]; i++) {
        if (same_word(value, len, death_words[i]))
            return true;
    }
    return false;
}

enum tg_value tg_sex_write(struct tg_reading *r, struct tg_sink *out)
{
    tg_reading_to_text(r);
    for (size_t i = 0; i < sizeof sex_words / sizeof sex_words[0]; i++) {
        if (same_word(r->text, r->len, sex_words[i].word))
            return tg_sink_put(out, sex_words[i].sex) ? TG_VALUE_OK : TG_VALUE_UNREADABLE;
    }
    return TG_VALUE_MISSING;
}

static enum tg_value write(enum tg_field_type type, struct tg_reading *r, struct tg_sink *out)
{
    switch (type) {
    case TG_FIELD_INSURER_NUMBER:
    case TG_FIELD_INSURED_BRANCH:
    case TG_FIELD_LATE_ELDERLY_NUMBER:
    case TG_FIELD_CARE_INSURER_NUMBER:
    case TG_FIELD_CARE_INSURED_NUMBER:
    case TG_FIELD_RESIDENT_NUMBER:
    case TG_FIELD_POSTAL_CODE:
    case TG_FIELD_PHONE:
    case TG_FIELD_DIGITS:
        return tg_number_write(type, r, out);
    case TG_FIELD_INSURED_SYMBOL:
    case TG_FIELD_INSURED_NUMBER:
    case TG_FIELD_KANA_STRICT:
    case TG_FIELD_KANA_FOLDED:
    case TG_FIELD_KANA_LOOSE:
    case TG_FIELD_NAME:
    case TG_FIELD_TEXT:
        return tg_letters_write(type, r, out);
    case TG_FIELD_BIRTH_DATE:
        return tg_birth_date_write(r, out);
    case TG_FIELD_SEX:
        return tg_sex_write(r, out);
    case TG_FIELD_APP_USER_ID:
    case TG_FIELD_ID:
        return tg_id_write(r, out);
    }
    return TG_VALUE_UNREADABLE;
}

enum tg_value tg_normalize_way(enum tg_fold_way way, enum tg_field_type type, const char *value,
                               size_t len, char *out, size_t size, size_t *out_len, unsigned *notes)
{
    struct tg_reading r;
    struct tg_sink sink = {out, size, 0};
    enum tg_value result =
        tg_read(way, value, len, &r) ? write(type, &r, &sink) : TG_VALUE_UNREADABLE;
    tg_reading_wipe(&r);
    *notes = r.notes;
    *out_len = result == TG_VALUE_OK ? sink.len : 0;
    return result;
}

enum tg_value tg_normalize(enum tg_field_type type, const char *value, size_t len, char *out,
                           size_t size, size_t *out_len, unsigned *notes)
{
    return tg_normalize_way(TG_FOLD_FASTEST, type, value, len, out, size, out_len, notes);
}
