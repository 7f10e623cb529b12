/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include "text/decimal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A value as the study writes it. */
static struct tg_number value_text(int64_t value)
{
    struct tg_number number;
    char text[TG_DECIMAL_TEXT];
    struct tg_decimal decimal = tg_decimal_of_fixed(value, TG_PAY_DECIMALS);
    size_t len = tg_decimal_write(&decimal, text);
    (void)snprintf(number.text, sizeof number.text, "%.*s", (int)len, text);
    return number;
}

static struct tg_number yen_text(int64_t yen, enum tg_language language)
{
    return tg_number_yen((double)yen, language);
}

/* How an amount came about, step by step. */
static void put_steps(struct tg_markup *m, const struct tg_payment *p)
{
    const struct tg_indicator *i = p->indicator;
    enum tg_language l = m->language;
    if (p->capped)
        TG_SAY(m, TG_WORD_PAY_CAPPED, value_text(p->value).text, value_text(p->used).text);
    struct tg_number used = value_text(p->used), low = value_text(p->low.value);
    struct tg_number high = value_text(p->high.value), amount = yen_text(p->yen, l);
    switch (p->reason) {
    case TG_PAID_NO_VALUE:
        tg_markup_word(m, TG_WORD_PAY_NO_VALUE);
        return;
    case TG_PAID_HIDDEN:
        tg_markup_word(m, TG_WORD_PAY_HIDDEN);
        return;
    case TG_PAID_NOT_DUE:
        tg_markup_word(m, TG_WORD_PAY_NOT_DUE);
        return;
    case TG_PAID_TOO_FEW:
        TG_SAY(m, TG_WORD_PAY_TOO_FEW, tg_number_count(i->min_n).text);
        return;
    case TG_PAID_FLOOR:
        TG_SAY(m, TG_WORD_PAY_FLOOR, used.text, value_text(i->floor).text);
        return;
    case TG_PAID_NOT_YET:
        TG_SAY(m, TG_WORD_PAY_FLOOR, used.text, high.text);
        return;
    case TG_PAID_STEP:
        TG_SAY(m, TG_WORD_PAY_STEP, used.text, low.text, high.text, amount.text);
        return;
    case TG_PAID_LINE:
        TG_SAY(m, TG_WORD_PAY_LINE, used.text, low.text, yen_text(p->low.yen, l).text, high.text,
               yen_text(p->high.yen, l).text, amount.text);
        return;
    case TG_PAID_LAST:
        TG_SAY(m, TG_WORD_PAY_LAST, used.text, low.text, amount.text);
        return;
    case TG_PAID_UNIT:
        TG_SAY(m, TG_WORD_PAY_UNIT, used.text, yen_text(i->unit_yen, l).text, amount.text);
        return;
    case TG_PAID_MAX:
        TG_SAY(m, TG_WORD_PAY_MAX, used.text, yen_text(i->unit_yen, l).text, amount.text);
        return;
    case TG_N_PAY_REASONS:
        return;
    }
}

static void put_amount(struct tg_markup *m, const struct tg_payment *p, bool known)
{
    bool hidden = p->reason == TG_PAID_HIDDEN || p->reason == TG_PAID_NO_VALUE;
    tg_page_number(m, tg_number_yen(known && !hidden ? (double)p->yen : (double)NAN, m->language));
}

static void put_payment(struct tg_markup *m, const struct tg_view *v,
                        const struct tg_payment_row *row)
{
    const struct tg_payment *p = &row->own;
    bool hidden = p->reason == TG_PAID_HIDDEN;
    tg_markup_raw(m, "<tr>");
    tg_page_row_head(m, p->indicator->name);
    tg_page_number(m, p->has_value && !hidden ? value_text(p->value) : tg_number_real(NAN, 0));
    if (p->has_n && !hidden)
        tg_page_number(m, tg_view_count(v, p->n, TG_WORD_PEOPLE, m->language));
    else
        tg_page_number(m, tg_number_real(NAN, 0));
    tg_markup_raw(m, "<td>");
    put_steps(m, p);
    tg_markup_raw(m, "</td>");
    put_amount(m, p, true);
    put_amount(m, &row->low, row->has_interval && !hidden);
    put_amount(m, &row->high, row->has_interval && !hidden);
    tg_markup_raw(m, "</tr>\n");
}

static void put_fixed(struct tg_markup *m, int64_t yen)
{
    tg_markup_raw(m, "<tr>");
    tg_page_row_head(m, tg_word(TG_WORD_PAY_FIXED, m->language));
    tg_markup_raw(m, "<td></td><td></td><td></td>");
    for (int i = 0; i < 3; i++)
        tg_page_number(m, yen_text(yen, m->language));
    tg_markup_raw(m, "</tr>\n");
}

static void put_total(struct tg_markup *m, const struct tg_report *r)
{
    static const enum tg_pay_end ends[] = {TG_PAY_OWN, TG_PAY_LOW, TG_PAY_HIGH};
    const struct tg_pfs *pfs = &r->study->pfs;
    tg_markup_raw(m, "<tr class=\"main\">");
    tg_page_row_head(m, tg_word(TG_WORD_PAY_TOTAL, m->language));
    tg_markup_raw(m, "<td></td><td></td><td>");
    if (pfs->cap_yen < INT64_MAX)
        TG_SAY(m, TG_WORD_PAY_TOTAL_CAP, yen_text(pfs->cap_yen, m->language).text);
    tg_markup_raw(m, "</td>");
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct tg_pay_total total = tg_pay_rows_sum(pfs, r->payments_shown, pfs->n, ends[i]);
        tg_page_number(m,
                       tg_number_yen(total.hidden ? (double)NAN : (double)total.yen, m->language));
    }
    tg_markup_raw(m, "</tr>\n");
}

void tg_page_payment(struct tg_markup *m, const struct tg_view *v)
{
    static const struct tg_column columns[] = {{TG_WORD_INDICATOR, false}, {TG_WORD_VALUE, true},
                                               {TG_WORD_N_PEOPLE, true},   {TG_WORD_PAY_HOW, false},
                                               {TG_WORD_AMOUNT, true},     {TG_WORD_PAY_LOW, true},
                                               {TG_WORD_PAY_HIGH, true}};
    const struct tg_report *r = v->r;
    tg_page_section(m, "payment", TG_WORD_PAYMENT);
    tg_page_paragraph(m, "lead", TG_WORD_PAYMENT_LEAD);
    (void)tg_page_wide(m, TG_WORD_PAYMENT);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < r->study->pfs.n; i++)
        put_payment(m, v, &r->payments_shown[i]);
    if (r->study->pfs.fixed_yen)
        put_fixed(m, r->study->pfs.fixed_yen);
    put_total(m, r);
    tg_page_table_end(m);
    tg_page_wide_end(m);
    tg_page_paragraph(m, "note", TG_WORD_PAYMENT_NOTE);
    tg_page_section_end(m);
}
