/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The result in plain sentences: one an outcome, or one that says why there is none.
 */
#ifndef TG_REPORT_HEADLINE_H
#define TG_REPORT_HEADLINE_H

#include "report/view.h"

enum { TG_SENTENCE_ARGS = 4 };

/** A word and what fills its places. `args` may point into `numbers`: do not copy. */
struct tg_sentence {
    enum tg_word word;
    const char *args[TG_SENTENCE_ARGS];
    struct tg_number numbers[TG_SENTENCE_ARGS];
};

/**
 * The next sentence of the headline.
 *
 * @param at  in and out: 0 before the first
 * @return false when there is no further one
 */
bool tg_headline_next(const struct tg_view *v, enum tg_language language, size_t *at,
                      struct tg_sentence *out);

/** Outcomes with a result, and of them those whose difference is shown. */
size_t tg_headline_count(const struct tg_report *r, bool shown_only);

/** How alike the two arms were before the index month. */
void tg_headline_balance(const struct tg_report *r, struct tg_sentence *out, bool *good);

/**
 * The next sentence about how matching went: controls, caliper, common support, products.
 *
 * @param at  in and out: 0 before the first
 * @return false when there is no further one
 */
bool tg_headline_quality(const struct tg_view *v, enum tg_language language, size_t *at,
                         struct tg_sentence *out);

#endif
