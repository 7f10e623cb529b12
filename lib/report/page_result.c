/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include "report/headline.h"

#include <math.h>
#include <string.h>

static void put_sentence(struct tg_markup *m, const char *class_name, const struct tg_sentence *s)
{
    tg_markup_format(m, "<p class=\"%s\">", class_name);
    tg_markup_fill(m, s->word, s->args, TG_SENTENCE_ARGS);
    tg_markup_raw(m, "</p>\n");
}

void tg_page_balance_state(struct tg_markup *m, const struct tg_report *r)
{
    struct tg_sentence s;
    bool good;
    tg_headline_balance(r, &s, &good);
    put_sentence(m, good ? "good" : "caution", &s);
}

static void put_tile(struct tg_markup *m, const struct tg_view *v, enum tg_flow_cell cell,
                     enum tg_word word)
{
    tg_markup_raw(m, "<li><b>");
    tg_markup_text(m, tg_view_cell_unit(v, cell, TG_WORD_PEOPLE, m->language).text);
    tg_markup_raw(m, "</b>");
    tg_markup_word(m, word);
    tg_markup_raw(m, "</li>\n");
}

static void put_tiles(struct tg_markup *m, const struct tg_view *v)
{
    tg_markup_raw(m, "<ul class=\"tiles\">\n");
    put_tile(m, v, TG_CELL_USERS, TG_WORD_TILE_USERS);
    put_tile(m, v, TG_CELL_LINKED, TG_WORD_TILE_LINKED);
    if (v->r->has_cohort)
        put_tile(m, v, TG_CELL_MATCHED, TG_WORD_TILE_MATCHED);
    tg_markup_raw(m, "</ul>\n");
}

void tg_page_result(struct tg_markup *m, const struct tg_view *v)
{
    const struct tg_report *r = v->r;
    struct tg_sentence sentence;
    size_t at = 0;
    tg_markup_raw(m, "<div class=\"result\">\n");
    tg_page_section(m, "result", TG_WORD_RESULT);
    while (tg_headline_next(v, m->language, &at, &sentence))
        put_sentence(m, "headline", &sentence);
    if (r->has_cohort && tg_headline_count(r, true) > 0) {
        tg_page_balance_state(m, r);
        tg_page_paragraph(m, "note", TG_WORD_NOT_PROOF);
    }
    put_tiles(m, v);
    tg_page_section_end(m);
    tg_markup_raw(m, "</div>\n");
}

static void put_interval(struct tg_markup *m, const struct tg_effect *e)
{
    tg_markup_raw(m, "<td class=\"number\">");
    if (!isfinite(e->ci_low) || !isfinite(e->ci_high))
        tg_markup_text(m, tg_number_real(NAN, 0).text);
    else
        TG_SAY(m, TG_WORD_RANGE, tg_effect_number(e, e->ci_low, m->language).text,
               tg_effect_number(e, e->ci_high, m->language).text);
    tg_markup_raw(m, "</td>");
}

static void put_hidden_cells(struct tg_markup *m, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tg_markup_raw(m, "<td class=\"number\">");
        tg_markup_word(m, TG_WORD_NOT_SHOWN);
        tg_markup_raw(m, "</td>");
    }
}

static void put_effect(struct tg_markup *m, const struct tg_view *v, const struct tg_effect *e)
{
    tg_markup_raw(m, tg_effect_is_main(e) ? "<tr class=\"main\">" : "<tr>");
    tg_page_row_head(m, tg_word(tg_effect_word(e), m->language));
    if (e->hidden) {
        put_hidden_cells(m, 7);
    } else {
        static const enum tg_arm arms[] = {TG_PARTICIPANT, TG_CONTROL};
        for (size_t i = 0; i < TG_N_ARMS; i++) {
            tg_page_number(m, tg_effect_number(e, e->mean[arms[i]], m->language));
            tg_page_number(m, tg_view_count(v, e->n[arms[i]], TG_WORD_PEOPLE, m->language));
        }
        tg_page_number(m, tg_effect_number(e, e->effect, m->language));
        put_interval(m, e);
        tg_page_number(m, tg_number_p(e->p));
    }
    tg_markup_raw(m, "</tr>\n");
}

static void put_effects_head(struct tg_markup *m)
{
    static const enum tg_word below[] = {TG_WORD_MEAN, TG_WORD_N_PEOPLE, TG_WORD_MEAN,
                                         TG_WORD_N_PEOPLE};
    static const enum tg_word right[] = {TG_WORD_DIFFERENCE, TG_WORD_INTERVAL, TG_WORD_P_VALUE};
    tg_markup_raw(m, "<table>\n<thead>\n<tr>");
    tg_markup_element(m, "th scope=\"col\" rowspan=\"2\"", TG_WORD_PERIOD);
    tg_markup_element(m, "th scope=\"colgroup\" colspan=\"2\" class=\"number\"", TG_WORD_USERS);
    tg_markup_element(m, "th scope=\"colgroup\" colspan=\"2\" class=\"number\"", TG_WORD_NON_USERS);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        tg_markup_element(m, "th scope=\"col\" rowspan=\"2\" class=\"number\"", right[i]);
    tg_markup_raw(m, "</tr>\n<tr>");
    for (size_t i = 0; i < sizeof below / sizeof below[0]; i++)
        tg_markup_element(m, "th scope=\"col\" class=\"number\"", below[i]);
    tg_markup_raw(m, "</tr>\n</thead>\n");
}

/* The three rows of an outcome stand together under its name. */
static void put_effects(struct tg_markup *m, const struct tg_view *v)
{
    const struct tg_report *r = v->r;
    for (size_t i = 0; i < r->n_effects; i++) {
        const struct tg_effect *e = &r->effects[i];
        if (i == 0 || strcmp(e->outcome, r->effects[i - 1].outcome) != 0) {
            tg_markup_raw(m, i == 0 ? "<tbody>\n" : "</tbody>\n<tbody>\n");
            tg_markup_raw(m, "<tr><th scope=\"rowgroup\" colspan=\"8\">");
            tg_markup_text(m, e->outcome);
            tg_markup_raw(m, "</th></tr>\n");
        }
        put_effect(m, v, e);
    }
    tg_page_table_end(m);
}

void tg_page_effects(struct tg_markup *m, const struct tg_view *v)
{
    if (v->r->n_effects == 0)
        return;
    size_t n_outcomes = tg_headline_count(v->r, false);
    tg_page_section(m, "effects", TG_WORD_EFFECTS);
    tg_page_paragraph(m, "lead", TG_WORD_EFFECTS_LEAD);
    size_t start = tg_page_wide(m, TG_WORD_FOREST_TITLE);
    if (tg_draw_forest(m, v->r))
        tg_page_wide_end(m);
    else
        tg_page_wide_drop(m, start);
    (void)tg_page_wide(m, TG_WORD_EFFECTS);
    put_effects_head(m);
    put_effects(m, v);
    tg_page_wide_end(m);
    tg_page_paragraph(m, "note", TG_WORD_P_NOTE);
    if (n_outcomes > 1) {
        tg_markup_raw(m, "<p class=\"note\">");
        TG_SAY(m, TG_WORD_MANY_OUTCOMES, tg_number_count(n_outcomes).text);
        tg_markup_raw(m, "</p>\n");
    }
    tg_page_section_end(m);
}
