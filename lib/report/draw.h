/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The drawings, as SVG inside the page. They are drawn for a width of 480 and scale with the
 * screen; shape and dash tell things apart as well as colour does, so they survive a
 * black-and-white printer.
 */
#ifndef TG_REPORT_DRAW_H
#define TG_REPORT_DRAW_H

#include "report/markup.h"
#include "report/view.h"

enum { TG_DRAW_WIDTH = 480 };

/** Starts a drawing and its <title>; write the title, then tg_svg_desc(), the description, then
 * tg_svg_ready(). `name` and `index` make its ids. */
void tg_svg_open(struct tg_markup *m, const char *name, size_t index, int height);
void tg_svg_desc(struct tg_markup *m, const char *name, size_t index);
void tg_svg_ready(struct tg_markup *m);
void tg_svg_close(struct tg_markup *m);

/** Starts a text at x, y; its class says size and anchor. End it with tg_svg_text_end(). */
void tg_svg_text(struct tg_markup *m, double x, double y, const char *class_name);
void tg_svg_text_end(struct tg_markup *m);
void tg_svg_line(struct tg_markup *m, double x1, double y1, double x2, double y2,
                 const char *class_name);
void tg_svg_rect(struct tg_markup *m, double x, double y, double width, double height,
                 const char *class_name);

/** A step of 1, 2 or 5 times a power of ten so that about `n` of them make `span` (above 0). */
double tg_nice_step(double span, int n);

/** From users to the people compared. */
void tg_draw_flow(struct tg_markup *m, const struct tg_view *v);
/** Both arms by month; false, with nothing drawn, when no month can be shown. */
bool tg_draw_curve(struct tg_markup *m, const struct tg_curve *curve, size_t index);
/** Standardised differences; false, with nothing drawn, when there is none. */
bool tg_draw_love(struct tg_markup *m, const struct tg_report *r);
/** How likely both arms were to take part; false when there was no regression. */
bool tg_draw_support(struct tg_markup *m, const struct tg_view *v);
/** The difference of each outcome with its interval; false when there is none. */
bool tg_draw_forest(struct tg_markup *m, const struct tg_report *r);
/** The difference in each subgroup of one outcome; false when none can be shown. */
bool tg_draw_subgroups(struct tg_markup *m, const struct tg_report *r,
                       const struct tg_effect *subgroups, size_t n, size_t index);
/** Both arms' risk by month; false, with nothing drawn, when there are no months. */
bool tg_draw_risk(struct tg_markup *m, const struct tg_outcome_result *r,
                  const struct tg_outcome_shown *shown, size_t index);

#endif
