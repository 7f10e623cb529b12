/* SPDX-License-Identifier: Apache-2.0 */
#include "report/draw.h"

#include <math.h>

enum { LEFT = 20, RIGHT = 462, TOP = 22, HALF = 70, FOOT = 40, TICKS = 5 };

/* The tallest bar of both arms, as a share of its arm. */
static double tallest(const struct tg_cohort_quality *q, const uint64_t total[TG_N_ARMS])
{
    double most = 0;
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        for (int i = 0; i < TG_SUPPORT_BINS; i++) {
            double share = total[arm] ? (double)q->bins[arm][i] / (double)total[arm] : 0;
            most = share > most ? share : most;
        }
    }
    return most;
}

static void draw_bar(struct tg_markup *m, enum tg_arm arm, int bin, double share,
                     const char *class_name)
{
    double width = (double)(RIGHT - LEFT) / TG_SUPPORT_BINS;
    double height = share * (HALF - 6), middle = TOP + HALF;
    if (height <= 0)
        return;
    tg_svg_rect(m, LEFT + bin * width + 1, arm == TG_PARTICIPANT ? middle - height : middle,
                width - 2, height, class_name);
}

/* Bins of fewer people are left out. Where the arm's total would tell of too few who were, more
 * are. */
static uint64_t fewest_drawn(const struct tg_view *v, const uint64_t bins[TG_SUPPORT_BINS])
{
    uint64_t fewest = v->min_cell;
    for (;;) {
        uint64_t hidden = 0, next = UINT64_MAX;
        for (int i = 0; i < TG_SUPPORT_BINS; i++) {
            if (bins[i] < fewest)
                hidden += bins[i];
            else if (bins[i] < next)
                next = bins[i];
        }
        if (tg_mask_alone(hidden, v->min_cell) == TG_MARK_SHOWN || next == UINT64_MAX)
            return fewest;
        fewest = next + 1;
    }
}

static void draw_arm(struct tg_markup *m, const struct tg_view *v, enum tg_arm arm, uint64_t total,
                     double most)
{
    const struct tg_cohort_quality *q = &v->r->quality;
    uint64_t fewest = fewest_drawn(v, q->bins[arm]);
    for (int i = 0; i < TG_SUPPORT_BINS; i++) {
        uint64_t all = q->bins[arm][i], left = q->bins_after[arm][i];
        left = left > all ? all : left;
        double unit = (double)total * most;
        if (all < fewest)
            continue;
        draw_bar(m, arm, i, (double)all / unit, "box");
        if (tg_view_part_mark(v, left, all) == TG_MARK_SHOWN)
            draw_bar(m, arm, i, (double)left / unit, arm == TG_PARTICIPANT ? "bar" : "bar other");
    }
}

static void draw_ticks(struct tg_markup *m, const struct tg_cohort_quality *q)
{
    for (int i = 0; i <= TICKS; i++) {
        double eta = q->bins_from + (q->bins_to - q->bins_from) * i / TICKS;
        double x = LEFT + (double)(RIGHT - LEFT) * i / TICKS;
        tg_svg_text(m, x, TOP + 2 * HALF + 16, "tick mid");
        tg_markup_raw(m, tg_number_share(1 / (1 + exp(-eta))).text);
        tg_svg_text_end(m);
    }
    tg_svg_text(m, (LEFT + RIGHT) / 2.0, TOP + 2 * HALF + 34, "tick mid");
    tg_markup_word(m, TG_WORD_SUPPORT_AXIS);
    tg_svg_text_end(m);
}

bool tg_draw_support(struct tg_markup *m, const struct tg_view *v)
{
    const struct tg_cohort_quality *q = &v->r->quality;
    uint64_t total[TG_N_ARMS] = {0};
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        for (int i = 0; i < TG_SUPPORT_BINS; i++)
            total[arm] += q->bins[arm][i];
    }
    double most = tallest(q, total);
    if (!(most > 0) || !(q->bins_from < q->bins_to))
        return false;
    tg_svg_open(m, "support", 0, TOP + 2 * HALF + FOOT);
    tg_markup_word(m, TG_WORD_SUPPORT_TITLE);
    tg_svg_desc(m, "support", 0);
    tg_markup_word(m, TG_WORD_SUPPORT_DESC);
    tg_svg_ready(m);
    tg_svg_text(m, LEFT, 14, "label");
    tg_markup_word(m, TG_WORD_USERS);
    tg_svg_text_end(m);
    draw_arm(m, v, TG_PARTICIPANT, total[TG_PARTICIPANT], most);
    draw_arm(m, v, TG_CONTROL, total[TG_CONTROL], most);
    tg_svg_line(m, LEFT, TOP + HALF, RIGHT, TOP + HALF, "axis");
    draw_ticks(m, q);
    tg_svg_close(m);
    return true;
}
