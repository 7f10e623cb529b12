/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_range(struct tg_markup *m, const struct tg_effect *e, double low, double high)
{
    tg_markup_raw(m, "<td class=\"number\">");
    if (!isfinite(low) || !isfinite(high))
        tg_markup_text(m, tg_number_real(NAN, 0).text);
    else
        TG_SAY(m, TG_WORD_RANGE, tg_effect_number(e, low, m->language).text,
               tg_effect_number(e, high, m->language).text);
    tg_markup_raw(m, "</td>");
}

static void put_caption(struct tg_markup *m, const char *text)
{
    tg_markup_raw(m, "<h3>");
    tg_markup_text(m, text);
    tg_markup_raw(m, "</h3>\n");
}

/* --- other ways to the same number --- */

static void put_sensitivity(struct tg_markup *m, const struct tg_effect *e)
{
    tg_markup_raw(m, "<tr>");
    tg_page_row_head(m, e->outcome);
    tg_page_number(m, tg_effect_number(e, e->effect, m->language));
    put_range(m, e, e->ci_low, e->ci_high);
    tg_page_number(m, tg_effect_number(e, e->welch.effect, m->language));
    put_range(m, e, e->welch.ci_low, e->welch.ci_high);
    tg_page_number(m, tg_number_probability(e->linkage.probability));
    put_range(m, e, e->linkage.low, e->linkage.high);
    put_range(m, e, e->linkage.ci_low, e->linkage.ci_high);
    tg_markup_raw(m, "</tr>\n");
}

void tg_page_sensitivity(struct tg_markup *m, const struct tg_view *v)
{
    static const struct tg_column columns[] = {
        {TG_WORD_OUTCOME, false},   {TG_WORD_DIFFERENCE, true},   {TG_WORD_INTERVAL, true},
        {TG_WORD_UNWEIGHTED, true}, {TG_WORD_INTERVAL, true},     {TG_WORD_LINK_PROBABILITY, true},
        {TG_WORD_LINK_RANGE, true}, {TG_WORD_LINK_INTERVAL, true}};
    tg_page_section(m, "sensitivity", TG_WORD_SENSITIVITY);
    tg_page_paragraph(m, "lead", TG_WORD_SENSITIVITY_LEAD);
    (void)tg_page_wide(m, TG_WORD_SENSITIVITY);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < v->r->n_effects; i++) {
        const struct tg_effect *e = &v->r->effects[i];
        if (tg_effect_is_main(e) && !e->hidden)
            put_sensitivity(m, e);
    }
    tg_page_table_end(m);
    tg_page_wide_end(m);
    tg_page_section_end(m);
}

/* --- subgroups --- */

static void put_subgroup(struct tg_markup *m, const struct tg_view *v, const struct tg_effect *e)
{
    static const enum tg_arm arms[] = {TG_PARTICIPANT, TG_CONTROL};
    struct tg_covariate_label label = tg_view_covariate(v->r, e->subgroup);
    tg_markup_raw(m, "<tr><th scope=\"row\">");
    tg_markup_word(m, label.word);
    tg_markup_text(m, label.name);
    tg_markup_raw(m, "</th>");
    if (e->hidden) {
        tg_markup_raw(m, "<td colspan=\"7\" class=\"number\">");
        tg_markup_word(m, TG_WORD_NOT_SHOWN);
        tg_markup_raw(m, "</td></tr>\n");
        return;
    }
    for (size_t i = 0; i < TG_N_ARMS; i++) {
        tg_page_number(m, tg_effect_number(e, e->mean[arms[i]], m->language));
        tg_page_number(m, tg_view_count(v, e->n[arms[i]], TG_WORD_PEOPLE, m->language));
    }
    tg_page_number(m, tg_effect_number(e, e->effect, m->language));
    put_range(m, e, e->ci_low, e->ci_high);
    tg_page_number(m, tg_number_p(e->p));
    tg_markup_raw(m, "</tr>\n");
}

static void put_subgroups(struct tg_markup *m, const struct tg_view *v, size_t from, size_t to)
{
    static const struct tg_column columns[] = {{TG_WORD_GROUP, false},   {TG_WORD_USERS, true},
                                               {TG_WORD_N_PEOPLE, true}, {TG_WORD_NON_USERS, true},
                                               {TG_WORD_N_PEOPLE, true}, {TG_WORD_DIFFERENCE, true},
                                               {TG_WORD_INTERVAL, true}, {TG_WORD_P_VALUE, true}};
    const struct tg_effect *rows = v->r->subgroups;
    put_caption(m, rows[from].outcome);
    size_t start = tg_page_wide(m, TG_WORD_SUBGROUPS);
    if (tg_draw_subgroups(m, v->r, rows + from, to - from, from))
        tg_page_wide_end(m);
    else
        tg_page_wide_drop(m, start);
    (void)tg_page_wide(m, TG_WORD_SUBGROUPS);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = from; i < to; i++)
        put_subgroup(m, v, &rows[i]);
    tg_page_table_end(m);
    tg_page_wide_end(m);
}

void tg_page_subgroups(struct tg_markup *m, const struct tg_view *v)
{
    const struct tg_effect *rows = v->r->subgroups;
    tg_page_section(m, "subgroups", TG_WORD_SUBGROUPS);
    tg_markup_raw(m, "<p class=\"lead\">");
    TG_SAY(m, TG_WORD_SUBGROUPS_LEAD, tg_number_count(v->r->n_subgroups).text,
           tg_number_real((double)v->r->n_subgroups / 20, 1).text);
    tg_markup_raw(m, "</p>\n");
    for (size_t at = 0, end; at < v->r->n_subgroups; at = end) {
        for (end = at; end < v->r->n_subgroups && strcmp(rows[end].outcome, rows[at].outcome) == 0;)
            end++;
        put_subgroups(m, v, at, end);
    }
    tg_page_section_end(m);
}

/* --- risk by month --- */

static void put_risk_numbers(struct tg_markup *m, const struct tg_outcome_result *r,
                             const struct tg_outcome_shown *shown)
{
    static const struct tg_column columns[] = {{TG_WORD_AXIS_MONTHS, true},
                                               {TG_WORD_USERS, true},
                                               {TG_WORD_INTERVAL, true},
                                               {TG_WORD_NON_USERS, true},
                                               {TG_WORD_INTERVAL, true}};
    static const enum tg_arm arms[] = {TG_PARTICIPANT, TG_CONTROL};
    static const struct tg_effect share = {.unit = TG_UNIT_SHARE};
    tg_markup_raw(m, "<details>");
    tg_markup_element(m, "summary", TG_WORD_CURVE_NUMBERS);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    for (int32_t t = 1; t <= r->curves[0].months; t++) {
        tg_markup_raw(m, "<tr>");
        tg_page_number(m, tg_number_real(t, 0));
        for (size_t i = 0; i < TG_N_ARMS; i++) {
            const struct tg_survival *c = &r->curves[arms[i]];
            bool show = shown->months[arms[i]][t];
            tg_page_number(m, tg_number_share(show ? c->risk[t] : (double)NAN));
            put_range(m, &share, show ? c->low[t] : (double)NAN, show ? c->high[t] : (double)NAN);
        }
        tg_markup_raw(m, "</tr>\n");
    }
    tg_page_table_end(m);
    tg_markup_raw(m, "</details>\n");
}

bool tg_page_has_risks(const struct tg_report *r)
{
    for (size_t i = 0; r->outcomes && i < r->study->n_outcomes; i++) {
        if (r->outcomes[i].curves[0].at_risk)
            return true;
    }
    return false;
}

void tg_page_risks(struct tg_markup *m, const struct tg_view *v)
{
    const struct tg_report *r = v->r;
    tg_page_section(m, "risks", TG_WORD_RISKS);
    tg_page_paragraph(m, "lead", TG_WORD_RISKS_LEAD);
    for (size_t i = 0; i < r->study->n_outcomes; i++) {
        const struct tg_outcome_result *o = &r->outcomes[i];
        if (!o->curves[0].at_risk)
            continue;
        put_caption(m, o->rule->name);
        if (r->shown[i].hidden) {
            tg_page_paragraph(m, "note", TG_WORD_NOT_SHOWN);
            continue;
        }
        (void)tg_page_wide(m, TG_WORD_RISKS);
        (void)tg_draw_risk(m, o, &r->shown[i], i + 1);
        tg_page_wide_end(m);
        put_risk_numbers(m, o, &r->shown[i]);
    }
    tg_page_section_end(m);
}

/* --- from level to level --- */

static void put_transitions(struct tg_markup *m, const struct tg_view *v,
                            const struct tg_transitions *t, const bool *hidden, enum tg_arm arm)
{
    tg_markup_raw(m, "<table>\n<caption>");
    tg_markup_word(m, arm == TG_PARTICIPANT ? TG_WORD_USERS : TG_WORD_NON_USERS);
    tg_markup_raw(m, "</caption><thead><tr>");
    tg_markup_element(m, "th scope=\"col\"", TG_WORD_FROM_TO);
    for (size_t to = 0; to < t->n; to++) {
        tg_markup_raw(m, "<th scope=\"col\" class=\"number\">");
        tg_markup_format(m, "%g</th>", t->levels[to]);
    }
    tg_markup_raw(m, "</tr></thead>\n<tbody>\n");
    for (size_t from = 0; from < t->n; from++) {
        tg_markup_format(m, "<tr><th scope=\"row\">%g</th>", t->levels[from]);
        for (size_t to = 0; to < t->n; to++) {
            size_t at = from * t->n + to;
            enum tg_mark mark = hidden[at] ? TG_MARK_HIDDEN : TG_MARK_SHOWN;
            tg_page_number(m,
                           tg_view_marked(v, t->counts[arm][at], mark, TG_WORD_NONE, m->language));
        }
        tg_markup_raw(m, "</tr>\n");
    }
    tg_page_table_end(m);
}

bool tg_page_has_transitions(const struct tg_report *r)
{
    for (size_t i = 0; r->outcomes && i < r->study->n_outcomes; i++) {
        if (r->outcomes[i].transitions.n)
            return true;
    }
    return false;
}

void tg_page_transitions(struct tg_markup *m, const struct tg_view *v)
{
    static const enum tg_arm arms[] = {TG_PARTICIPANT, TG_CONTROL};
    const struct tg_report *r = v->r;
    tg_page_section(m, "transitions", TG_WORD_TRANSITIONS);
    tg_page_paragraph(m, "lead", TG_WORD_TRANSITIONS_LEAD);
    for (size_t i = 0; i < r->study->n_outcomes; i++) {
        const struct tg_transitions *t = &r->outcomes[i].transitions;
        if (t->n == 0)
            continue;
        put_caption(m, r->outcomes[i].rule->name);
        for (size_t k = 0; k < TG_N_ARMS; k++) {
            (void)tg_page_wide(m, TG_WORD_TRANSITIONS);
            put_transitions(m, v, t, r->shown[i].moves[arms[k]], arms[k]);
            tg_page_wide_end(m);
        }
    }
    tg_page_section_end(m);
}

/* --- savings --- */

bool tg_page_shows_saving(const struct tg_report *r, size_t i)
{
    const struct tg_saving *s = &r->outcomes[i].saving;
    return s->known && !(r->shown && r->shown[i].hidden);
}

bool tg_page_has_savings(const struct tg_report *r)
{
    for (size_t i = 0; r->outcomes && i < r->study->n_outcomes; i++) {
        if (tg_page_shows_saving(r, i))
            return true;
    }
    return false;
}

void tg_page_savings(struct tg_markup *m, const struct tg_view *v)
{
    static const struct tg_column columns[] = {
        {TG_WORD_OUTCOME, false},   {TG_WORD_SAVING_BASIS, false}, {TG_WORD_N_PEOPLE, true},
        {TG_WORD_MONTHS_ALL, true}, {TG_WORD_SAVING, true},        {TG_WORD_INTERVAL, true}};
    const struct tg_report *r = v->r;
    static const struct tg_effect yen = {.unit = TG_UNIT_YEN};
    tg_page_section(m, "savings", TG_WORD_SAVINGS);
    tg_page_paragraph(m, "lead", TG_WORD_SAVINGS_LEAD);
    (void)tg_page_wide(m, TG_WORD_SAVINGS);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < r->study->n_outcomes; i++) {
        const struct tg_saving *s = &r->outcomes[i].saving;
        if (!tg_page_shows_saving(r, i))
            continue;
        tg_markup_raw(m, "<tr>");
        tg_page_row_head(m, r->outcomes[i].rule->name);
        tg_page_cell(
            m, tg_word(s->from_levels ? TG_WORD_SAVING_LEVELS : TG_WORD_SAVING_COST, m->language));
        tg_page_number(m, tg_view_count(v, s->people, TG_WORD_PEOPLE, m->language));
        tg_page_number(m, tg_number_real(s->months, 0));
        tg_page_number(m, tg_number_yen(s->yen, m->language));
        put_range(m, &yen, s->ci_low, s->ci_high);
        tg_markup_raw(m, "</tr>\n");
    }
    tg_page_table_end(m);
    tg_page_wide_end(m);
    tg_page_section_end(m);
}
