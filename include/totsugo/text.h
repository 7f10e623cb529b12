/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Values as municipal files hold them, made canonical: the normaliser `n1`.
 *
 * Pure functions: no state, any thread. Changing any result means a new normaliser version, since
 * tokens are made of it.
 */
#ifndef TOTSUGO_TEXT_H
#define TOTSUGO_TEXT_H

#include <totsugo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The version of the normaliser, part of every token key. */
#define TG_NORMALIZER "n1"

/** The longest value that is read, in bytes; a longer one is TG_VALUE_UNREADABLE. */
enum { TG_VALUE_LEN_MAX = 4096 };

/** How a field is normalised. The last six are the types a study may give to own fields. */
enum tg_field_type {
    TG_FIELD_INSURER_NUMBER,      /**< digits, 8, padded left with 0 */
    TG_FIELD_INSURED_SYMBOL,      /**< one width, no dashes and spaces; all digits: no leading 0 */
    TG_FIELD_INSURED_NUMBER,      /**< as the symbol */
    TG_FIELD_INSURED_BRANCH,      /**< digits, 2 */
    TG_FIELD_LATE_ELDERLY_NUMBER, /**< digits, 8 */
    TG_FIELD_CARE_INSURER_NUMBER, /**< digits, 6 */
    TG_FIELD_CARE_INSURED_NUMBER, /**< 10 characters */
    TG_FIELD_RESIDENT_NUMBER,     /**< digits, no leading 0 */
    TG_FIELD_KANA_STRICT,         /**< kana_name */
    TG_FIELD_KANA_FOLDED,         /**< kana_name_folded */
    TG_FIELD_KANA_LOOSE,          /**< for review lists only */
    TG_FIELD_NAME,                /**< kanji name */
    TG_FIELD_BIRTH_DATE,          /**< YYYYMMDD */
    TG_FIELD_SEX,                 /**< 1 or 2 */
    TG_FIELD_POSTAL_CODE,         /**< 7 digits */
    TG_FIELD_PHONE,               /**< digits, +81 becomes 0 */
    TG_FIELD_APP_USER_ID,         /**< trimmed */
    TG_FIELD_TEXT,                /**< letters and digits, upper case */
    TG_FIELD_DIGITS,              /**< digits */
    TG_FIELD_ID,                  /**< trimmed, otherwise as it is */
};

/** What became of a value. */
enum tg_value {
    TG_VALUE_OK,         /**< a canonical value was written */
    TG_VALUE_MISSING,    /**< empty, `*`, `-`, NULL, 不詳, an unknown month or day, a kanji name
                              with an unknown glyph, a number of zeros only */
    TG_VALUE_UNREADABLE, /**< something stands there that its type cannot be: counts as missing */
};

/** Observations about a value that are worth counting; bits. */
enum tg_value_note {
    TG_NOTE_CHECK_DIGIT = 1 << 0,  /**< insurer number with a wrong check digit */
    TG_NOTE_PADDED_ZEROS = 1 << 1, /**< leading zeros were put back */
    TG_NOTE_UNKNOWN_GLYPH =
        1 << 2,                 /**< a kanji name with ●, 〓, ?, U+FFFD or a private-use glyph */
    TG_NOTE_MAYBE_CUT = 1 << 3, /**< kana of exactly 25 half-width characters */
    TG_NOTE_EXCEL_FORMULA = 1 << 4, /**< ="0123" was read as 0123 */
    TG_NOTE_ERA_OVERRUN = 1 << 5,   /**< a year past its era's end, read by arithmetic */
    TG_NOTE_EXPONENT = 1 << 6,      /**< 1.23E+11 in an identifier: the caller refuses the file */
    TG_NOTE_MY_NUMBER = 1 << 7,     /**< 12 digits with the individual number's check digit */
};
enum { TG_N_NOTES = 8 };

/** The permanent rule name of one note bit, as manifests count it ("check_digit", …). */
TG_API const char *tg_value_note_name(enum tg_value_note note);

/**
 * Makes a value canonical (normaliser n1). A canonical value is its own canonical form, but for
 * one case that the rules' order brings along: a dash after a space or dot in a kana name stays a
 * dash, and would be a long vowel once the space is gone.
 *
 * A wrong check digit, lost zeros and the like are notes and never make a value unreadable. The
 * notes are set whatever the result. No memory is allocated; the stack holds about 50 KiB at most.
 *
 * @param type   how
 * @param value  UTF-8, `len` bytes, valid; need not be NUL-ended
 * @param out    out: the canonical UTF-8 value, not NUL-ended
 * @param size   bytes at `out`; tg_normalize_bound(len) is always enough
 * @param out_len out: bytes written; 0 unless TG_VALUE_OK
 * @param notes  out: bits of enum tg_value_note; never NULL
 * @return what the value was; TG_VALUE_UNREADABLE also when `size` is too small, UTF-8 is broken,
 *         the value is longer than TG_VALUE_LEN_MAX (also once it is in NFKC) or more than 30 marks
 *         stand on one letter
 */
TG_API TG_CHECKED enum tg_value tg_normalize(enum tg_field_type type, const char *value, size_t len,
                                             char *out, size_t size, size_t *out_len,
                                             unsigned *notes);

/** Bytes that are enough for the canonical form of any value of `len` bytes; 45,072 at most. */
TG_API size_t tg_normalize_bound(size_t len);

/** A day. month 1…12, day 1…31; always a day that exists. */
struct tg_date {
    int year; /**< Gregorian, 1868…9999 */
    int month;
    int day;
};

/**
 * Reads a date in any of the forms that municipal files have: YYYYMMDD, YYYY-MM-DD, YYYY/M/D,
 * GYYMMDD, S10.5.3, S100503, 昭和10年5月3日, 元年, full-width digits. A day before its era's start,
 * 6 digits and a spreadsheet's serial number are unreadable; a day past its era's end is read by
 * arithmetic.
 *
 * @param value  UTF-8, `len` bytes
 * @param out    out: set only on TG_VALUE_OK
 * @param notes  out: bits of enum tg_value_note
 */
TG_API TG_CHECKED enum tg_value tg_date_parse(const char *value, size_t len, struct tg_date *out,
                                              unsigned *notes);

/**
 * Reads a month: YYYYMM, YYYY-MM, GYYMM, or the month of any date that tg_date_parse() reads.
 * @param out  out: year × 12 + month − 1, set only on TG_VALUE_OK
 */
TG_API TG_CHECKED enum tg_value tg_month_parse(const char *value, size_t len, int32_t *out,
                                               unsigned *notes);

/** Is it 12 ASCII digits with the check digit of an individual number (マイナンバー)? */
TG_API bool tg_is_my_number(const char *digits, size_t len);

/**
 * A value as a terminal may get it: what is not a character to be seen (control characters, escape
 * sequences, turns of the direction of writing, broken UTF-8) becomes U+FFFD.
 *
 * @param size     bytes at `out`; 3 × len is always enough; what does not fit is left out
 * @param columns  out: how many columns it takes, full-width characters two (UAX #11)
 * @return bytes written, not NUL-ended
 */
TG_API size_t tg_text_show(const char *value, size_t len, char *out, size_t size, size_t *columns);

#ifdef __cplusplus
}
#endif
#endif
