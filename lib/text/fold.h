/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * How a value is read before its type applies: steps 1 to 3 of the kana rules (invisible code
 * points go, lone voicing marks become combining ones, NFKC), what spreadsheets do to a cell, and
 * the words for "nothing".
 *
 * There are two ways to the same bytes. The fast one knows ASCII, kana of both widths, full-width
 * ASCII and the unified ideographs; whatever else stands in a value sends all of it the general
 * way, through the Unicode tables. The property tests hold the two together.
 */
#ifndef TG_TEXT_FOLD_H
#define TG_TEXT_FOLD_H

#include <totsugo/text.h>

/** The ways; FASTEST takes the general one where it must. */
enum tg_fold_way { TG_FOLD_FASTEST, TG_FOLD_GENERAL };

/** A value after steps 1 to 3. Lives on the stack; the text is borrowed from it or the value. */
struct tg_reading {
    const char *text; /**< UTF-8; while `in_cp`, not valid */
    size_t len;       /**< bytes at `text` */
    const char *raw;  /**< the value as it stands in the file, out of ="…" */
    size_t raw_len;   /**< bytes at `raw` */
    unsigned notes;   /**< bits of enum tg_value_note */
    bool ascii;       /**< all of it is ASCII; then `in_cp` is false */
    bool in_cp;       /**< the value is in `cp` */
    bool general;     /**< marks may be there: compose again after a change */
    size_t n;         /**< code points in `cp` */
    size_t n_used;    /**< how much of `cp` was ever written */
    int32_t cp[TG_VALUE_LEN_MAX];
};

/**
 * Reads a value.
 * @return false when it is longer than TG_VALUE_LEN_MAX, not UTF-8, grows beyond the room in `cp`,
 *         or has more than 30 marks on one letter (the limit of UAX #15, Stream-Safe Text Format)
 */
TG_CHECKED bool tg_read(enum tg_fold_way way, const char *value, size_t len, struct tg_reading *r);
/** NFKC of `cp` again, after code points were dropped or changed. @return as tg_read() */
TG_CHECKED bool tg_reading_compose(struct tg_reading *r);
/** Makes `text` valid: trimmed, and out of ="…". After that `cp` is used up. */
void tg_reading_to_text(struct tg_reading *r);
/** Wipes what was copied out of the value. */
void tg_reading_wipe(struct tg_reading *r);

/** Is it one of the words for a missing value, or nothing at all? */
bool tg_is_missing(const char *text, size_t len);
/** Takes ="…" off, as often as it is there. @return whether it was there */
bool tg_strip_formula(const char **text, size_t *len);

/** tg_normalize() by one of the ways. */
TG_CHECKED enum tg_value tg_normalize_way(enum tg_fold_way way, enum tg_field_type type,
                                          const char *value, size_t len, char *out, size_t size,
                                          size_t *out_len, unsigned *notes);

#endif
