/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * From a reading to a canonical value, by kind of field.
 */
#ifndef TG_TEXT_VALUES_H
#define TG_TEXT_VALUES_H

#include "text/fold.h"

/** Where a canonical value goes. */
struct tg_sink {
    char *data;
    size_t size; /**< bytes at `data` */
    size_t len;  /**< bytes written */
};

/** Appends a byte. @return whether there was room */
static inline bool tg_sink_put(struct tg_sink *s, char c)
{
    if (s->len == s->size)
        return false;
    s->data[s->len++] = c;
    return true;
}

/** Digits with a rule: see the table in number.c. */
TG_CHECKED enum tg_value tg_number_write(enum tg_field_type type, struct tg_reading *r,
                                         struct tg_sink *out);
/** Letters: kana, names, symbols, free text. */
TG_CHECKED enum tg_value tg_letters_write(enum tg_field_type type, struct tg_reading *r,
                                          struct tg_sink *out);
/** YYYYMMDD. */
TG_CHECKED enum tg_value tg_birth_date_write(struct tg_reading *r, struct tg_sink *out);
/** 1 or 2; whatever is neither is missing. */
TG_CHECKED enum tg_value tg_sex_write(struct tg_reading *r, struct tg_sink *out);
/** Is a canonical TG_FIELD_ID a word for death, as files give it for the loss of insurance? */
bool tg_is_death(const char *value, size_t len);
/** Trimmed, otherwise as it is. */
TG_CHECKED enum tg_value tg_id_write(struct tg_reading *r, struct tg_sink *out);

/** Takes leading zeros off. */
void tg_strip_zeros(struct tg_sink *s);
bool tg_all_digits(const char *s, size_t len);
/** A number that a spreadsheet has rounded: 1.23E+11. */
bool tg_is_exponent(const char *s, size_t len);

#endif
