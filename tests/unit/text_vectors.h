/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of testdata/vectors that hold one value each. */
#ifndef TEXT_VECTORS_H
#define TEXT_VECTORS_H

#include "text/utf8.h"

#include <totsugo/text.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VECTOR_ROW_MAX = 1024, VECTOR_CELLS = 6 };

/** One line: what goes in, and what must come out. */
struct text_vector {
    char type[32], why[256];
    char in[VECTOR_ROW_MAX], out[VECTOR_ROW_MAX];
    size_t in_len, out_len;
    enum tg_value result;
    unsigned notes;
    size_t line;
};

/* \u{XXXX} becomes the character; the rest stays. */
static inline size_t vector_unescape(const char *s, char *out)
{
    size_t n = 0;
    while (*s) {
        if (strncmp(s, "\\u{", 3) != 0) {
            out[n++] = *s++;
            continue;
        }
        char *end;
        long cp = strtol(s + 3, &end, 16);
        ck_assert_int_eq(*end, '}');
        n += tg_utf8_encode((int32_t)cp, out + n);
        s = end + 1;
    }
    return n;
}

static inline enum tg_value vector_result(const char *word)
{
    if (strcmp(word, "ok") == 0)
        return TG_VALUE_OK;
    if (strcmp(word, "missing") == 0)
        return TG_VALUE_MISSING;
    ck_assert_str_eq(word, "unreadable");
    return TG_VALUE_UNREADABLE;
}

/* Names of notes, joined by +. */
static inline unsigned vector_notes(char *names)
{
    unsigned notes = 0;
    for (char *p = names; p && *p;) {
        char *end = strchr(p, '+');
        if (end)
            *end++ = '\0';
        unsigned bit = 1;
        while (bit < 1U << TG_N_NOTES && strcmp(tg_value_note_name(bit), p) != 0)
            bit <<= 1;
        ck_assert_msg(bit < 1U << TG_N_NOTES, "no note is called %s", p);
        notes |= bit;
        p = end;
    }
    return notes;
}

static inline void vector_parse(char *row, struct text_vector *v)
{
    char *cells[VECTOR_CELLS];
    for (size_t i = 0; i < VECTOR_CELLS; i++) {
        ck_assert_msg(row != NULL, "line %zu: too few columns", v->line);
        cells[i] = row;
        row = strchr(row, ',');
        if (row)
            *row++ = '\0';
    }
    ck_assert_msg(row == NULL, "line %zu: too many columns", v->line);
    ck_assert_uint_lt(strlen(cells[0]), sizeof v->type);
    ck_assert_uint_lt(strlen(cells[5]), sizeof v->why);
    memcpy(v->type, cells[0], strlen(cells[0]) + 1);
    memcpy(v->why, cells[5], strlen(cells[5]) + 1);
    v->in_len = vector_unescape(cells[1], v->in);
    v->result = vector_result(cells[2]);
    v->out_len = vector_unescape(cells[3], v->out);
    v->notes = vector_notes(cells[4]);
}

/** Calls `test` with each line below the header. @return how many there were */
static inline size_t each_vector(const char *path, void (*test)(const struct text_vector *v))
{
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s cannot be read; run this in the project's root", path);
    char row[VECTOR_ROW_MAX];
    struct text_vector v = {0};
    while (fgets(row, sizeof row, f)) {
        size_t len = strcspn(row, "\n");
        ck_assert_msg(row[len] == '\n', "%s: a line without an end", path);
        row[len] = '\0';
        if (v.line++ == 0) {
            ck_assert_str_eq(row, "type,input,result,output,notes,why");
            continue;
        }
        vector_parse(row, &v);
        test(&v);
    }
    fclose(f);
    return v.line - 1;
}

static const char *const field_type_names[] = {
    [TG_FIELD_INSURER_NUMBER] = "insurer_number",
    [TG_FIELD_INSURED_SYMBOL] = "insured_symbol",
    [TG_FIELD_INSURED_NUMBER] = "insured_number",
    [TG_FIELD_INSURED_BRANCH] = "insured_branch",
    [TG_FIELD_LATE_ELDERLY_NUMBER] = "late_elderly_number",
    [TG_FIELD_CARE_INSURER_NUMBER] = "care_insurer_number",
    [TG_FIELD_CARE_INSURED_NUMBER] = "care_insured_number",
    [TG_FIELD_RESIDENT_NUMBER] = "resident_number",
    [TG_FIELD_KANA_STRICT] = "kana_name",
    [TG_FIELD_KANA_FOLDED] = "kana_name_folded",
    [TG_FIELD_KANA_LOOSE] = "kana_name_loose",
    [TG_FIELD_NAME] = "name",
    [TG_FIELD_BIRTH_DATE] = "birth_date",
    [TG_FIELD_SEX] = "sex",
    [TG_FIELD_POSTAL_CODE] = "postal_code",
    [TG_FIELD_PHONE] = "phone",
    [TG_FIELD_APP_USER_ID] = "app_user_id",
    [TG_FIELD_TEXT] = "text",
    [TG_FIELD_DIGITS] = "digits",
    [TG_FIELD_ID] = "id",
};
enum { N_FIELD_TYPES = sizeof field_type_names / sizeof field_type_names[0] };

#endif
