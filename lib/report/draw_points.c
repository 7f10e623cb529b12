/* SPDX-License-Identifier: Apache-2.0 */
#include "report/draw.h"

#include <math.h>

/* Two drawings of the same make: names on the left, points on a common scale on the right. */
enum {
    LEFT = 168,
    RIGHT = 462,
    TOP = 34,
    ROW_HEIGHT = 24,
    FOOT = 44,
    NAME_WIDTH = 23, /* columns of a name */
};

struct scale {
    double low, high, step;
    int bottom;
};

static double x_of(const struct scale *s, double value)
{
    double v = value < s->low ? s->low : value > s->high ? s->high : value;
    return LEFT + (v - s->low) * (RIGHT - LEFT) / (s->high - s->low);
}

static double y_of(size_t row)
{
    return TOP + ((double)row + 0.5) * ROW_HEIGHT;
}

static void draw_axis(struct tg_markup *m, const struct scale *s, int decimals, enum tg_word label)
{
    int n = (int)lround((s->high - s->low) / s->step);
    for (int i = 0; i <= n; i++) {
        double value = s->low + i * s->step;
        double x = x_of(s, value);
        tg_svg_line(m, x, TOP, x, s->bottom, fabs(value) < s->step / 2 ? "axis" : "grid");
        tg_svg_text(m, x, s->bottom + 16, "tick mid");
        tg_markup_raw(m, tg_number_real(value, decimals).text);
        tg_svg_text_end(m);
    }
    tg_svg_text(m, (LEFT + RIGHT) / 2.0, s->bottom + 36, "tick mid");
    tg_markup_word(m, label);
    tg_svg_text_end(m);
}

static void draw_circle(struct tg_markup *m, double x, double y, const char *class_name)
{
    tg_markup_format(m, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" class=\"%s\"/>\n", x, y,
                     class_name);
}

static void draw_name(struct tg_markup *m, size_t row, enum tg_word word, const char *name)
{
    size_t used = tg_text_width(tg_word(word, m->language));
    tg_svg_text(m, LEFT - 10, y_of(row) + 4.5, "label end");
    if (used >= NAME_WIDTH / 2) {
        used = 0;
        word = TG_WORD_NONE;
    }
    tg_markup_word(m, word);
    tg_markup_text_cut(m, name, NAME_WIDTH - used);
    tg_svg_text_end(m);
}

/* A difference of the means beyond 2 standard deviations is drawn at the edge. */
static bool love_scale(const struct tg_report *r, struct scale *s)
{
    double most = 0.25;
    bool any = false;
    for (size_t i = 0; i < r->n_balance; i++) {
        const double smd[] = {r->balance[i].smd_before, r->balance[i].smd_after};
        for (size_t j = 0; j < 2; j++) {
            any = any || isfinite(smd[j]);
            most = isfinite(smd[j]) && fabs(smd[j]) > most ? fabs(smd[j]) : most;
        }
    }
    most = most > 2 ? 2 : most;
    s->step = most <= 0.5 ? 0.1 : 0.5;
    s->high = ceil(most / s->step - 1e-9) * s->step;
    s->low = -s->high;
    s->bottom = TOP + (int)r->n_balance * ROW_HEIGHT;
    return any;
}

static void draw_love_legend(struct tg_markup *m)
{
    draw_circle(m, LEFT + 8, 12, "mark hollow");
    tg_svg_text(m, LEFT + 18, 16, "label");
    tg_markup_word(m, TG_WORD_LOVE_BEFORE);
    tg_svg_text_end(m);
    draw_circle(m, LEFT + 140, 12, "mark users");
    tg_svg_text(m, LEFT + 150, 16, "label");
    tg_markup_word(m, TG_WORD_LOVE_AFTER);
    tg_svg_text_end(m);
}

static void draw_love_row(struct tg_markup *m, const struct tg_report *r, const struct scale *s,
                          size_t i)
{
    const struct tg_balance_row *row = &r->balance[i];
    struct tg_covariate_label label = tg_view_covariate(r, row->covariate);
    draw_name(m, i, label.word, label.name);
    if (isfinite(row->smd_before) && isfinite(row->smd_after))
        tg_svg_line(m, x_of(s, row->smd_before), y_of(i), x_of(s, row->smd_after), y_of(i),
                    "moved");
    if (isfinite(row->smd_before))
        draw_circle(m, x_of(s, row->smd_before), y_of(i), "mark hollow");
    if (isfinite(row->smd_after))
        draw_circle(m, x_of(s, row->smd_after), y_of(i), "mark users");
}

bool tg_draw_love(struct tg_markup *m, const struct tg_report *r)
{
    struct scale s;
    if (!love_scale(r, &s))
        return false;
    tg_svg_open(m, "love", 0, s.bottom + FOOT);
    tg_markup_word(m, TG_WORD_LOVE_TITLE);
    tg_svg_desc(m, "love", 0);
    tg_markup_word(m, TG_WORD_LOVE_DESC);
    tg_svg_ready(m);
    tg_svg_rect(m, x_of(&s, -0.1), TOP, x_of(&s, 0.1) - x_of(&s, -0.1), s.bottom - TOP, "after");
    draw_axis(m, &s, 1, TG_WORD_LOVE_AXIS);
    tg_svg_line(m, x_of(&s, -0.1), TOP, x_of(&s, -0.1), s.bottom, "limit");
    tg_svg_line(m, x_of(&s, 0.1), TOP, x_of(&s, 0.1), s.bottom, "limit");
    for (size_t i = 0; i < r->n_balance; i++)
        draw_love_row(m, r, &s, i);
    draw_love_legend(m);
    tg_svg_close(m);
    return true;
}

/* Only what is counted in yen has a common scale. */
static bool in_forest(const struct tg_effect *e)
{
    return tg_effect_is_main(e) && e->unit == TG_UNIT_YEN &&
           tg_effect_verdict(e) <= TG_VERDICT_UNCLEAR;
}

/* What a drawing of differences shows, row by row. */
struct forest {
    const struct tg_report *r;
    const struct tg_effect *effects;
    size_t n;
    bool (*is_in)(const struct tg_effect *e);
};

static bool is_subgroup_shown(const struct tg_effect *e)
{
    return tg_effect_verdict(e) <= TG_VERDICT_UNCLEAR;
}

static bool forest_scale(const struct forest *f, enum tg_unit unit_of_all, struct scale *s)
{
    size_t rows = 0;
    *s = (struct scale){0};
    for (size_t i = 0; i < f->n; i++) {
        const struct tg_effect *e = &f->effects[i];
        if (!f->is_in(e))
            continue;
        double unit = e->unit == TG_UNIT_SHARE ? 100 : 1;
        rows++;
        s->low = fmin(s->low, e->ci_low * unit);
        s->high = fmax(s->high, e->ci_high * unit);
    }
    double least = unit_of_all == TG_UNIT_YEN ? 1 : 0.01;
    if (s->high - s->low < least)
        s->high = s->low + least;
    s->step = tg_nice_step(s->high - s->low, 4);
    s->low = floor(s->low / s->step) * s->step;
    s->high = ceil(s->high / s->step) * s->step;
    s->bottom = TOP + (int)rows * ROW_HEIGHT;
    return rows > 0;
}

static void draw_forest_row(struct tg_markup *m, const struct forest *f, const struct tg_effect *e,
                            const struct scale *s, size_t row)
{
    double y = y_of(row), unit = e->unit == TG_UNIT_SHARE ? 100 : 1;
    double low = x_of(s, e->ci_low * unit), high = x_of(s, e->ci_high * unit);
    struct tg_covariate_label label = {TG_WORD_NONE, e->outcome, false};
    if (e->subgroup)
        label = tg_view_covariate(f->r, e->subgroup);
    draw_name(m, row, label.word, label.name);
    tg_svg_line(m, low, y, high, y, "interval");
    tg_svg_line(m, low, y - 5, low, y + 5, "interval");
    tg_svg_line(m, high, y - 5, high, y + 5, "interval");
    draw_circle(m, x_of(s, e->effect * unit), y, "mark users");
}

static int decimals_of(double step)
{
    return step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
}

static enum tg_word axis_of(enum tg_unit unit)
{
    static const enum tg_word words[] = {[TG_UNIT_YEN] = TG_WORD_FOREST_AXIS,
                                         [TG_UNIT_SHARE] = TG_WORD_FOREST_AXIS_SHARE,
                                         [TG_UNIT_RATE] = TG_WORD_FOREST_AXIS_RATE,
                                         [TG_UNIT_VALUE] = TG_WORD_FOREST_AXIS_VALUE};
    return words[unit];
}

/* Everything below the title. */
static void draw_forest(struct tg_markup *m, const struct forest *f, const struct scale *s,
                        enum tg_unit unit)
{
    draw_axis(m, s, decimals_of(s->step), axis_of(unit));
    tg_svg_text(m, LEFT, TOP - 12, "label");
    tg_markup_word(m, TG_WORD_FOREST_LESS);
    tg_svg_text_end(m);
    tg_svg_text(m, RIGHT, TOP - 12, "label end");
    tg_markup_word(m, TG_WORD_FOREST_MORE);
    tg_svg_text_end(m);
    for (size_t i = 0, row = 0; i < f->n; i++) {
        if (f->is_in(&f->effects[i]))
            draw_forest_row(m, f, &f->effects[i], s, row++);
    }
    tg_svg_close(m);
}

bool tg_draw_forest(struct tg_markup *m, const struct tg_report *r)
{
    struct scale s;
    const struct forest f = {r, r->effects, r->n_effects, in_forest};
    if (!forest_scale(&f, TG_UNIT_YEN, &s))
        return false;
    tg_svg_open(m, "forest", 0, s.bottom + FOOT);
    tg_markup_word(m, TG_WORD_FOREST_TITLE);
    tg_svg_desc(m, "forest", 0);
    tg_markup_word(m, TG_WORD_FOREST_DESC);
    tg_svg_ready(m);
    draw_forest(m, &f, &s, TG_UNIT_YEN);
    return true;
}

bool tg_draw_subgroups(struct tg_markup *m, const struct tg_report *r,
                       const struct tg_effect *subgroups, size_t n, size_t index)
{
    struct scale s;
    const struct forest f = {r, subgroups, n, is_subgroup_shown};
    if (!forest_scale(&f, subgroups[0].unit, &s))
        return false;
    tg_svg_open(m, "subgroups", index, s.bottom + FOOT);
    TG_SAY(m, TG_WORD_SUBGROUPS_TITLE, subgroups[0].outcome);
    tg_svg_desc(m, "subgroups", index);
    tg_markup_word(m, TG_WORD_FOREST_DESC);
    tg_svg_ready(m);
    draw_forest(m, &f, &s, subgroups[0].unit);
    return true;
}
