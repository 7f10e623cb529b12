/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The report's texts in both languages; they stand in words.def.
 */
#ifndef TG_REPORT_WORDS_H
#define TG_REPORT_WORDS_H

#include "base/mem.h"

enum tg_word {
#define TG_WORD(name, en, ja) TG_WORD_##name,
#include "report/words.def"
#undef TG_WORD
    TG_N_WORDS
};

/** A text with its places unfilled; a static string, never NULL. */
const char *tg_word(enum tg_word word, enum tg_language language);

/** One stretch of a text: literal bytes, or a place to be filled. */
struct tg_word_part {
    const char *text;
    size_t len;
    unsigned place; /**< from 1; 0: literal */
    bool emphasis;
};
/** Takes the next stretch off `*text`; false at the end. */
bool tg_word_next(const char **text, struct tg_word_part *part);

/** The text with its places filled, as plain text. `args`: as many as the text has places. */
TG_CHECKED enum tg_status tg_word_fill(struct tg_buf *out, enum tg_word word,
                                       enum tg_language language, const char *const *args,
                                       size_t n_args, struct tg_error *err);

/** The word for a name of the program's own (a field, a kind), or TG_WORD_NONE. */
enum tg_word tg_word_of_field(const char *name);
enum tg_word tg_word_of_kind(const char *name);

#endif
