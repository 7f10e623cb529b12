/* SPDX-License-Identifier: Apache-2.0 */
#include "report/draw.h"

#include <math.h>

enum {
    HEIGHT = 314,
    LEFT = 62,
    RIGHT = 472,
    TOP = 44,
    BOTTOM = 252,
    MARKERS_MAX = 40, /* months up to which each point has its mark */
};

struct scale {
    int first; /* month relative to the index month */
    int n;
    double low, high, step; /* yen */
};

static double x_of(const struct scale *s, double month)
{
    return LEFT + (month - s->first + 0.5) * (RIGHT - LEFT) / s->n;
}

static double y_of(const struct scale *s, double yen)
{
    return BOTTOM - (yen - s->low) * (BOTTOM - TOP) / (s->high - s->low);
}

/* The axis starts at 0 unless all means lie in the upper half; then it still spans 40 % of the
 * highest, so that chance does not look like a change. */
static void widen(struct scale *s, double least, double most)
{
    s->low = least > most / 2 ? most * 0.6 : fmin(least, 0);
    s->low = fmin(s->low, least);
    s->high = fmax(most, s->low + 1);
    s->step = tg_nice_step(s->high - s->low, 5);
    s->low = floor(s->low / s->step) * s->step;
    s->high = ceil(s->high / s->step) * s->step;
}

static bool make_scale(const struct tg_curve *c, struct scale *s)
{
    double least = INFINITY;
    double most = 0;
    *s = (struct scale){.first = -c->baseline_months, .n = c->baseline_months + c->followup_months};
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        for (int i = 0; i < s->n; i++) {
            double yen = c->mean[arm][i];
            if (isfinite(yen)) {
                least = fmin(least, yen);
                most = fmax(most, yen);
            }
        }
    }
    if (!isfinite(least))
        return false;
    widen(s, least, most);
    return true;
}

static void draw_yen_axis(struct tg_markup *m, const struct scale *s)
{
    int n = (int)lround((s->high - s->low) / s->step);
    for (int i = 0; i <= n; i++) {
        double yen = s->low + i * s->step;
        double y = y_of(s, yen);
        tg_svg_line(m, LEFT, y, RIGHT, y, fabs(yen) < s->step / 2 ? "axis" : "grid");
        tg_svg_text(m, LEFT - 7, y + 4, "tick end");
        tg_markup_raw(m, tg_number_real(yen, s->step < 1 ? 1 : 0).text);
        tg_svg_text_end(m);
    }
    tg_svg_text(m, LEFT - 7, TOP - 14, "tick end");
    tg_markup_word(m, TG_WORD_AXIS_YEN);
    tg_svg_text_end(m);
}

static int month_step(int n)
{
    static const int steps[] = {1, 3, 6, 12, 24, 60};
    size_t i = 0;
    while (n / steps[i] > 12 && i + 1 < sizeof steps / sizeof steps[0])
        i++;
    return steps[i];
}

static void draw_month_axis(struct tg_markup *m, const struct scale *s)
{
    int step = month_step(s->n);
    for (int i = 0; i < s->n; i++) {
        int month = s->first + i;
        if (month % step != 0)
            continue;
        tg_svg_line(m, x_of(s, month), BOTTOM, x_of(s, month), BOTTOM + 4, "axis");
        tg_svg_text(m, x_of(s, month), BOTTOM + 18, "tick mid");
        tg_markup_raw(m, tg_number_real(month, 0).text);
        tg_svg_text_end(m);
    }
    tg_svg_text(m, (LEFT + RIGHT) / 2.0, BOTTOM + 38, "tick mid");
    tg_markup_word(m, TG_WORD_AXIS_MONTHS);
    tg_svg_text_end(m);
    if (s->low <= 0)
        return;
    tg_svg_text(m, LEFT, BOTTOM + 56, "tick strong");
    tg_markup_word(m, TG_WORD_AXIS_CUT);
    tg_svg_text_end(m);
}

/* The months from the index month on are shaded; the line stands where they begin. */
static void draw_index(struct tg_markup *m, const struct scale *s)
{
    double x = x_of(s, -0.5);
    tg_svg_rect(m, x, TOP, RIGHT - x, BOTTOM - TOP, "after");
    tg_svg_line(m, x, TOP - 8, x, BOTTOM, "index");
    tg_svg_text(m, x + 5, TOP - 2, "tick strong");
    tg_markup_word(m, TG_WORD_AXIS_START);
    tg_svg_text_end(m);
}

static void draw_mark(struct tg_markup *m, double x, double y, int arm)
{
    if (arm == TG_PARTICIPANT)
        tg_markup_format(m, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.2\" class=\"mark users\"/>\n", x,
                         y);
    else
        tg_svg_rect(m, x - 3, y - 3, 6, 6, "mark others");
}

/* A hidden month breaks the line. */
static void draw_arm(struct tg_markup *m, const struct scale *s, const double *mean, int arm)
{
    bool drawing = false;
    tg_markup_format(m, "<path class=\"curve %s\" d=\"",
                     arm == TG_PARTICIPANT ? "users" : "others");
    for (int i = 0; i < s->n; i++) {
        bool shown = isfinite(mean[i]);
        if (shown)
            tg_markup_format(m, "%c%.1f %.1f", drawing ? 'L' : 'M', x_of(s, s->first + i),
                             y_of(s, mean[i]));
        drawing = shown;
    }
    tg_markup_raw(m, "\"/>\n");
    for (int i = 0; i < s->n && s->n <= MARKERS_MAX; i++) {
        if (isfinite(mean[i]))
            draw_mark(m, x_of(s, s->first + i), y_of(s, mean[i]), arm);
    }
}

static void draw_legend(struct tg_markup *m)
{
    static const struct {
        enum tg_word word;
        const char *line;
        int arm, x;
    } entries[] = {{TG_WORD_USERS, "curve users", TG_PARTICIPANT, LEFT},
                   {TG_WORD_NON_USERS, "curve others", TG_CONTROL, LEFT + 118}};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        int x = entries[i].x;
        tg_svg_line(m, x, 12, x + 34, 12, entries[i].line);
        draw_mark(m, x + 17, 12, entries[i].arm);
        tg_svg_text(m, x + 41, 16, "label");
        tg_markup_word(m, entries[i].word);
        tg_svg_text_end(m);
    }
}

bool tg_draw_curve(struct tg_markup *m, const struct tg_curve *curve, size_t index)
{
    struct scale s;
    if (!make_scale(curve, &s))
        return false;
    tg_svg_open(m, "curve", index, HEIGHT);
    TG_SAY(m, TG_WORD_CURVE_TITLE, curve->outcome);
    tg_svg_desc(m, "curve", index);
    TG_SAY(m, TG_WORD_CURVE_DESC, tg_number_real(s.first, 0).text,
           tg_number_real(s.first + s.n - 1, 0).text);
    tg_svg_ready(m);
    draw_index(m, &s);
    draw_yen_axis(m, &s);
    draw_month_axis(m, &s);
    draw_arm(m, &s, curve->mean[TG_CONTROL], TG_CONTROL);
    draw_arm(m, &s, curve->mean[TG_PARTICIPANT], TG_PARTICIPANT);
    draw_legend(m);
    tg_svg_close(m);
    return true;
}
