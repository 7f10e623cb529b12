/* SPDX-License-Identifier: Apache-2.0 */
#include "report/draw.h"

#include <math.h>

enum { HEIGHT = 296, LEFT = 62, RIGHT = 472, TOP = 34, BOTTOM = 236, MONTH_MARKS = 12 };

struct scale {
    int32_t months;
    double high, step;
};

static double x_of(const struct scale *s, double month)
{
    return LEFT + month * (RIGHT - LEFT) / s->months;
}

static double y_of(const struct scale *s, double risk)
{
    return BOTTOM - risk * (BOTTOM - TOP) / s->high;
}

static bool make_scale(const struct tg_outcome_result *r, const struct tg_outcome_shown *shown,
                       struct scale *s)
{
    double most = 0;
    *s = (struct scale){.months = r->curves[0].months};
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        for (int32_t t = 1; t <= s->months; t++) {
            const struct tg_survival *c = &r->curves[arm];
            if (shown->months[arm][t] && isfinite(c->risk[t]))
                most = fmax(most, isfinite(c->high[t]) ? c->high[t] : c->risk[t]);
        }
    }
    s->high = most > 0 ? most : 0.01;
    s->step = tg_nice_step(s->high, 5);
    s->high = ceil(s->high / s->step) * s->step;
    return s->months > 0;
}

static void draw_axes(struct tg_markup *m, const struct scale *s)
{
    int n = (int)lround(s->high / s->step);
    for (int i = 0; i <= n; i++) {
        double y = y_of(s, i * s->step);
        tg_svg_line(m, LEFT, y, RIGHT, y, i == 0 ? "axis" : "grid");
        tg_svg_text(m, LEFT - 7, y + 4, "tick end");
        tg_markup_raw(m, tg_number_share(i * s->step).text);
        tg_svg_text_end(m);
    }
    int every = 1 + (s->months - 1) / MONTH_MARKS;
    for (int32_t t = 0; t <= s->months; t += every) {
        tg_svg_line(m, x_of(s, t), BOTTOM, x_of(s, t), BOTTOM + 4, "axis");
        tg_svg_text(m, x_of(s, t), BOTTOM + 18, "tick mid");
        tg_markup_raw(m, tg_number_real(t, 0).text);
        tg_svg_text_end(m);
    }
    tg_svg_text(m, (LEFT + RIGHT) / 2.0, BOTTOM + 38, "tick mid");
    tg_markup_word(m, TG_WORD_AXIS_MONTHS);
    tg_svg_text_end(m);
}

/* Steps from one month that may be shown to the next, and the interval at each. */
static void draw_arm(struct tg_markup *m, const struct scale *s, const struct tg_survival *c,
                     const bool *shown, int arm)
{
    double last = 0;
    tg_markup_format(m, "<path class=\"curve %s\" d=\"M%.1f %.1f",
                     arm == TG_PARTICIPANT ? "users" : "others", x_of(s, 0), y_of(s, 0));
    for (int32_t t = 1; t <= s->months; t++) {
        if (!shown[t] || !isfinite(c->risk[t]))
            continue;
        tg_markup_format(m, "L%.1f %.1f", x_of(s, t), y_of(s, last));
        tg_markup_format(m, "L%.1f %.1f", x_of(s, t), y_of(s, c->risk[t]));
        last = c->risk[t];
    }
    tg_markup_raw(m, "\"/>\n");
    for (int32_t t = 1; t <= s->months; t++) {
        double x = x_of(s, t) + (arm == TG_PARTICIPANT ? -2 : 2);
        if (shown[t] && isfinite(c->low[t]) && c->low[t] < c->high[t])
            tg_svg_line(m, x, y_of(s, c->low[t]), x, y_of(s, c->high[t]), "moved");
    }
}

static void draw_legend(struct tg_markup *m)
{
    static const struct {
        enum tg_word word;
        const char *line;
        int x;
    } entries[] = {{TG_WORD_USERS, "curve users", LEFT},
                   {TG_WORD_NON_USERS, "curve others", LEFT + 118}};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        tg_svg_line(m, entries[i].x, 12, entries[i].x + 34, 12, entries[i].line);
        tg_svg_text(m, entries[i].x + 41, 16, "label");
        tg_markup_word(m, entries[i].word);
        tg_svg_text_end(m);
    }
}

bool tg_draw_risk(struct tg_markup *m, const struct tg_outcome_result *r,
                  const struct tg_outcome_shown *shown, size_t index)
{
    struct scale s;
    if (!make_scale(r, shown, &s))
        return false;
    tg_svg_open(m, "risk", index, HEIGHT);
    TG_SAY(m, TG_WORD_RISK_TITLE, r->rule->name);
    tg_svg_desc(m, "risk", index);
    TG_SAY(m, TG_WORD_RISK_DESC, tg_number_real(s.months, 0).text);
    tg_svg_ready(m);
    draw_axes(m, &s);
    for (int arm = 0; arm < TG_N_ARMS; arm++)
        draw_arm(m, &s, &r->curves[arm], shown->months[arm], arm);
    draw_legend(m);
    tg_svg_close(m);
    return true;
}
