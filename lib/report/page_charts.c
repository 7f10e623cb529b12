/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include <math.h>

static void put_curve_numbers(struct tg_markup *m, const struct tg_curve *c)
{
    static const struct tg_column columns[] = {
        {TG_WORD_AXIS_MONTHS, true}, {TG_WORD_USERS, true}, {TG_WORD_NON_USERS, true}};
    tg_markup_raw(m, "<details>");
    tg_markup_element(m, "summary", TG_WORD_CURVE_NUMBERS);
    (void)tg_page_wide(m, TG_WORD_CURVE_NUMBERS);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < c->baseline_months + c->followup_months; i++) {
        tg_markup_raw(m, "<tr><th scope=\"row\" class=\"number\">");
        tg_markup_text(m, tg_number_real(i - c->baseline_months, 0).text);
        tg_markup_raw(m, "</th>");
        tg_page_number(m, tg_number_yen(c->mean[TG_PARTICIPANT][i], m->language));
        tg_page_number(m, tg_number_yen(c->mean[TG_CONTROL][i], m->language));
        tg_markup_raw(m, "</tr>\n");
    }
    tg_page_table_end(m);
    tg_page_wide_end(m);
    tg_markup_raw(m, "</details>\n");
}

static bool has_gap(const struct tg_curve *c)
{
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        for (int i = 0; i < c->baseline_months + c->followup_months; i++) {
            if (!isfinite(c->mean[arm][i]))
                return true;
        }
    }
    return false;
}

static void put_curve(struct tg_markup *m, const struct tg_curve *c, size_t index)
{
    tg_markup_raw(m, "<figure>\n<figcaption>");
    tg_markup_text(m, c->outcome);
    tg_markup_raw(m, "</figcaption>\n");
    size_t start = tg_page_wide(m, TG_WORD_CURVES);
    if (tg_draw_curve(m, c, index)) {
        tg_page_wide_end(m);
        if (has_gap(c))
            tg_page_paragraph(m, "note", TG_WORD_CURVE_GAPS);
        put_curve_numbers(m, c);
    } else {
        tg_page_wide_drop(m, start);
        tg_page_paragraph(m, "note", TG_WORD_CURVE_EMPTY);
    }
    tg_markup_raw(m, "</figure>\n");
}

void tg_page_curves(struct tg_markup *m, const struct tg_view *v)
{
    if (v->r->n_curves == 0)
        return;
    tg_page_section(m, "curves", TG_WORD_CURVES);
    tg_page_paragraph(m, "lead", TG_WORD_CURVES_LEAD);
    for (size_t i = 0; i < v->r->n_curves; i++)
        put_curve(m, &v->r->curves[i], i + 1);
    tg_page_section_end(m);
}
