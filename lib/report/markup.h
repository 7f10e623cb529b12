/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Writing HTML and SVG that is well-formed XML too. What comes from outside goes through
 * tg_markup_text(), which leaves no way to break out of an element or an attribute.
 *
 * The first call that fails is remembered and later ones do nothing, so that a page reads as a
 * page; whoever made the writer looks at `status` at the end.
 */
#ifndef TG_REPORT_MARKUP_H
#define TG_REPORT_MARKUP_H

#include "base/mem.h"
#include "report/words.h"

struct tg_markup {
    struct tg_buf *buf;
    enum tg_language language;
    enum tg_status status;
    struct tg_error *err;
};

/** Markup as it is: literals only. */
void tg_markup_raw(struct tg_markup *m, const char *markup);
/** Markup with numbers in it; never with text from outside. */
void tg_markup_format(struct tg_markup *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Text: escaped; bytes that are no UTF-8 and characters XML does not know become U+FFFD. */
void tg_markup_text(struct tg_markup *m, const char *text);
/** Text of at most `width` columns (kana and kanji are two wide), cut with an ellipsis. */
void tg_markup_text_cut(struct tg_markup *m, const char *text, size_t width);
/** Columns that a text takes. */
size_t tg_text_width(const char *text);

/** A word without places. */
void tg_markup_word(struct tg_markup *m, enum tg_word word);
/** A word with its places filled; {1!} becomes <strong>. */
void tg_markup_fill(struct tg_markup *m, enum tg_word word, const char *const *args, size_t n);
/** tg_markup_fill() with the texts for the places named in place. */
#define TG_SAY(m, word, ...)                                                                       \
    tg_markup_fill((m), (word), (const char *const[]){__VA_ARGS__},                                \
                   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/** <element>word</element>; `element` may carry attributes: "p class=\"lead\"". */
void tg_markup_element(struct tg_markup *m, const char *element, enum tg_word word);
/** </element> for the same string. */
void tg_markup_close(struct tg_markup *m, const char *element);

#endif
