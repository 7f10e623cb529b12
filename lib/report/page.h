/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The parts of report.html. Each is written once a language, into the article of that language.
 */
#ifndef TG_REPORT_PAGE_H
#define TG_REPORT_PAGE_H

#include "report/draw.h"

/** The page's style sheet. */
extern const char tg_page_style[];

/** @name Building blocks */
/** @{ */
/** <section> with a heading, whose id is the language and `name`. */
void tg_page_section(struct tg_markup *m, const char *name, enum tg_word heading);
void tg_page_section_end(struct tg_markup *m);
/** A <p> of that class with a word. */
void tg_page_paragraph(struct tg_markup *m, const char *class_name, enum tg_word word);
/** A box that scrolls sideways where the screen is narrow, reachable by keyboard. @return where it
 * starts, for tg_page_wide_drop() */
size_t tg_page_wide(struct tg_markup *m, enum tg_word label);
void tg_page_wide_end(struct tg_markup *m);
/** Takes back a box that stayed empty. */
void tg_page_wide_drop(struct tg_markup *m, size_t start);

/** A column heading: its words, and whether numbers stand below it. */
struct tg_column {
    enum tg_word word;
    bool number;
};
/** <table> with its <thead>, up to and with <tbody>. */
void tg_page_table(struct tg_markup *m, const struct tg_column *columns, size_t n);
void tg_page_table_end(struct tg_markup *m);
void tg_page_cell(struct tg_markup *m, const char *text);
void tg_page_number(struct tg_markup *m, struct tg_number number);
/** A row's heading. */
void tg_page_row_head(struct tg_markup *m, const char *text);
/** One sentence: were the two arms alike before the index month? A caution where not. */
void tg_page_balance_state(struct tg_markup *m, const struct tg_report *r);
/** @} */

/** @name Sections, in the page's order */
/** @{ */
void tg_page_result(struct tg_markup *m, const struct tg_view *v);
void tg_page_curves(struct tg_markup *m, const struct tg_view *v);
void tg_page_effects(struct tg_markup *m, const struct tg_view *v);
void tg_page_payment(struct tg_markup *m, const struct tg_view *v);
void tg_page_savings(struct tg_markup *m, const struct tg_view *v);
void tg_page_risks(struct tg_markup *m, const struct tg_view *v);
void tg_page_transitions(struct tg_markup *m, const struct tg_view *v);
void tg_page_subgroups(struct tg_markup *m, const struct tg_view *v);
void tg_page_sensitivity(struct tg_markup *m, const struct tg_view *v);
void tg_page_flow(struct tg_markup *m, const struct tg_view *v);
void tg_page_balance(struct tg_markup *m, const struct tg_view *v);
void tg_page_joined(struct tg_markup *m, const struct tg_view *v);
void tg_page_keys(struct tg_markup *m, const struct tg_view *v);
void tg_page_hidden(struct tg_markup *m, const struct tg_view *v);
void tg_page_method(struct tg_markup *m, const struct tg_view *v);
void tg_page_inputs(struct tg_markup *m, const struct tg_view *v);
/** @} */

/** @name Has a section anything to show? */
/** @{ */
bool tg_page_has_risks(const struct tg_report *r);
bool tg_page_has_transitions(const struct tg_report *r);
bool tg_page_has_savings(const struct tg_report *r);
/** Is there a saving of outcome `i`, and is it not hidden? */
bool tg_page_shows_saving(const struct tg_report *r, size_t i);
/** @} */

#endif
