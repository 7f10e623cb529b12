/* SPDX-License-Identifier: Apache-2.0 */
#include "report/headline.h"
#include "report/page.h"

#include <math.h>

static struct tg_number mean_text(const struct tg_balance_row *row, double value, bool yen,
                                  enum tg_language language)
{
    if (row->binary)
        return tg_number_share(value);
    return yen ? tg_number_yen(value, language) : tg_number_real(value, 1);
}

static void put_smd(struct tg_markup *m, double smd, bool judge)
{
    tg_markup_raw(m, judge && fabs(smd) >= 0.1 ? "<td class=\"number far\">"
                                               : "<td class=\"number\">");
    tg_markup_text(m, tg_number_real(smd, 3).text);
    tg_markup_raw(m, "</td>");
}

static void put_balance_row(struct tg_markup *m, const struct tg_report *r,
                            const struct tg_balance_row *row)
{
    struct tg_covariate_label label = tg_view_covariate(r, row->covariate);
    const double means[] = {row->participants, row->controls_before, row->controls_after};
    tg_markup_raw(m, "<tr><th scope=\"row\">");
    tg_markup_word(m, label.word);
    tg_markup_text(m, label.name);
    tg_markup_raw(m, "</th>");
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++)
        tg_page_number(m, mean_text(row, means[i], label.yen, m->language));
    put_smd(m, row->smd_before, false);
    put_smd(m, row->smd_after, true);
    tg_page_number(m, tg_number_real(row->variance_ratio_after, 2));
    tg_page_number(m, tg_number_real(row->ecdf_max_after, 3));
    tg_markup_raw(m, "</tr>\n");
}

static void put_quality(struct tg_markup *m, const struct tg_view *v)
{
    struct tg_sentence s;
    size_t at = 0;
    tg_markup_element(m, "h3", TG_WORD_QUALITY);
    tg_markup_raw(m, "<ul class=\"plain\">\n");
    while (tg_headline_quality(v, m->language, &at, &s)) {
        tg_markup_raw(m, "<li>");
        TG_SAY(m, s.word, s.args[0], s.args[1], s.args[2], s.args[3]);
        tg_markup_raw(m, "</li>\n");
    }
    tg_markup_raw(m, "</ul>\n");
}

static void put_support(struct tg_markup *m, const struct tg_view *v)
{
    tg_markup_raw(m, "<figure>\n");
    size_t start = tg_page_wide(m, TG_WORD_SUPPORT_TITLE);
    if (tg_draw_support(m, v))
        tg_page_wide_end(m);
    else
        tg_page_wide_drop(m, start);
    tg_markup_raw(m, "</figure>\n");
}

void tg_page_balance(struct tg_markup *m, const struct tg_view *v)
{
    static const struct tg_column columns[] = {
        {TG_WORD_ITEM, false},          {TG_WORD_USERS, true},      {TG_WORD_ALL_NON_USERS, true},
        {TG_WORD_NON_USERS, true},      {TG_WORD_SMD_BEFORE, true}, {TG_WORD_SMD_AFTER, true},
        {TG_WORD_VARIANCE_RATIO, true}, {TG_WORD_ECDF_MAX, true}};
    const struct tg_report *r = v->r;
    if (r->n_balance == 0)
        return;
    tg_page_section(m, "balance", TG_WORD_BALANCE);
    tg_page_balance_state(m, r);
    tg_page_paragraph(m, "lead", TG_WORD_BALANCE_LEAD);
    size_t start = tg_page_wide(m, TG_WORD_LOVE_TITLE);
    if (tg_draw_love(m, r))
        tg_page_wide_end(m);
    else
        tg_page_wide_drop(m, start);
    (void)tg_page_wide(m, TG_WORD_BALANCE);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < r->n_balance; i++)
        put_balance_row(m, r, &r->balance[i]);
    tg_page_table_end(m);
    tg_page_wide_end(m);
    put_quality(m, v);
    put_support(m, v);
    tg_page_section_end(m);
}
