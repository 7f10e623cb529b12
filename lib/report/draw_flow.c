/* SPDX-License-Identifier: Apache-2.0 */
#include "report/draw.h"

enum {
    BOX_X = 4,
    BOX_WIDTH = 190,
    BOX_HEIGHT = 54,
    SIDE_X = 226,
    SIDE_WIDTH = 250,
    SIDE_PADDING = 9,
    LINE_HEIGHT = 20,
    GAP = 12,
    FOOT = 26,
};

static int side_height(const struct tg_flow_step *step)
{
    size_t lines = step->n_drops == 1 ? 1 : step->n_drops + 1;
    return (int)lines * LINE_HEIGHT + SIDE_PADDING;
}

static int gap_below(const struct tg_flow_step *step)
{
    return step->n_drops ? side_height(step) + 2 * GAP : 0;
}

static int height_of(const struct tg_view *v)
{
    int height = 4;
    for (size_t i = 0; i < v->n_steps; i++)
        height += BOX_HEIGHT + gap_below(&v->steps[i]);
    return height + FOOT;
}

static void put_people(struct tg_markup *m, const struct tg_view *v, enum tg_flow_cell cell)
{
    tg_markup_text(m, tg_view_cell_unit(v, cell, TG_WORD_PEOPLE, m->language).text);
}

/* The whole flow in words, for those who do not see the drawing. */
static void describe(struct tg_markup *m, const struct tg_view *v)
{
    for (size_t i = 0; i < v->n_steps; i++) {
        const struct tg_flow_step *step = &v->steps[i];
        tg_markup_raw(m, i ? "; " : "");
        tg_markup_word(m, step->label);
        tg_markup_raw(m, " ");
        put_people(m, v, step->total);
        for (size_t j = 0; j < step->n_drops; j++) {
            tg_markup_raw(m, j ? ", " : " (");
            tg_markup_word(m, step->drops[j].label);
            tg_markup_raw(m, " ");
            put_people(m, v, step->drops[j].cell);
        }
        tg_markup_raw(m, step->n_drops ? ")" : "");
    }
}

static void draw_box(struct tg_markup *m, const struct tg_view *v, const struct tg_flow_step *step,
                     int y, bool last)
{
    const double middle = BOX_X + BOX_WIDTH / 2.0;
    tg_svg_rect(m, BOX_X, y, BOX_WIDTH, BOX_HEIGHT, last ? "box last" : "box");
    tg_svg_text(m, middle, y + 20, "label mid");
    tg_markup_word(m, step->label);
    tg_svg_text_end(m);
    tg_svg_text(m, middle, y + 43, "big mid");
    put_people(m, v, step->total);
    tg_svg_text_end(m);
}

static void draw_side_line(struct tg_markup *m, const struct tg_view *v, enum tg_word label,
                           enum tg_flow_cell cell, int y, bool strong)
{
    tg_svg_text(m, SIDE_X + SIDE_PADDING, y, strong ? "label strong" : "label");
    tg_markup_word(m, label);
    tg_svg_text_end(m);
    tg_svg_text(m, SIDE_X + SIDE_WIDTH - SIDE_PADDING, y,
                strong ? "label end strong" : "label end");
    put_people(m, v, cell);
    tg_svg_text_end(m);
}

/* The arrow to the next box, and those who leave on the way. */
static void draw_drops(struct tg_markup *m, const struct tg_view *v,
                       const struct tg_flow_step *step, int y)
{
    const double middle = BOX_X + BOX_WIDTH / 2.0;
    const int height = side_height(step);
    const int bottom = y + gap_below(step);
    const double branch = y + GAP + height / 2.0;
    tg_svg_line(m, middle, y, middle, bottom - 7, "arrow");
    tg_markup_format(m, "<path d=\"M%.1f %d l-5 -9 h10 z\" class=\"head\"/>\n", middle, bottom);
    tg_svg_line(m, middle, branch, SIDE_X - 7, branch, "arrow");
    tg_markup_format(m, "<path d=\"M%d %.1f l-9 -5 v10 z\" class=\"head\"/>\n", SIDE_X, branch);
    tg_svg_rect(m, SIDE_X, y + GAP, SIDE_WIDTH, height, "side");
    int line = y + GAP + 18;
    if (step->n_drops > 1) {
        draw_side_line(m, v, TG_WORD_DROPPED, step->dropped, line, true);
        line += LINE_HEIGHT;
    }
    for (size_t i = 0; i < step->n_drops; i++, line += LINE_HEIGHT)
        draw_side_line(m, v, step->drops[i].label, step->drops[i].cell, line, false);
}

void tg_draw_flow(struct tg_markup *m, const struct tg_view *v)
{
    tg_svg_open(m, "flow", 0, height_of(v));
    tg_markup_word(m, TG_WORD_FLOW_TITLE);
    tg_svg_desc(m, "flow", 0);
    describe(m, v);
    tg_svg_ready(m);
    int y = 4;
    for (size_t i = 0; i < v->n_steps; i++) {
        const struct tg_flow_step *step = &v->steps[i];
        draw_box(m, v, step, y, i + 1 == v->n_steps);
        y += BOX_HEIGHT;
        if (step->n_drops)
            draw_drops(m, v, step, y);
        y += gap_below(step);
    }
    if (v->r->has_cohort) {
        struct tg_number n =
            tg_view_count(v, v->r->cohort.controls_eligible, TG_WORD_PEOPLE, m->language);
        tg_svg_text(m, BOX_X, y + 19, "label");
        TG_SAY(m, TG_WORD_FLOW_CONTROLS, n.text);
        tg_svg_text_end(m);
    }
    tg_svg_close(m);
}
