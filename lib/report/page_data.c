/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_mask_note(struct tg_markup *m, const struct tg_view *v)
{
    if (v->n_hidden == 0)
        return;
    if (v->min_cell == UINT_MAX) {
        tg_page_paragraph(m, "note", TG_WORD_FLOW_MASKED_ALL);
        return;
    }
    tg_markup_raw(m, "<p class=\"note\">");
    TG_SAY(m, TG_WORD_FLOW_MASKED, tg_number_count(v->min_cell).text,
           tg_number_count(v->min_cell - 1).text);
    tg_markup_raw(m, "</p>\n");
}

void tg_page_flow(struct tg_markup *m, const struct tg_view *v)
{
    tg_page_section(m, "flow", TG_WORD_FLOW);
    tg_page_paragraph(m, "lead", TG_WORD_FLOW_LEAD);
    tg_markup_raw(m, "<figure>\n");
    (void)tg_page_wide(m, TG_WORD_FLOW_TITLE);
    tg_draw_flow(m, v);
    tg_page_wide_end(m);
    tg_markup_raw(m, "</figure>\n");
    put_mask_note(m, v);
    tg_page_section_end(m);
}

static void put_deliveries(struct tg_markup *m, const struct tg_view *v)
{
    static const struct tg_column columns[] = {{TG_WORD_SOURCE, false},
                                               {TG_WORD_KIND, false},
                                               {TG_WORD_DELIVERY_PERIOD, false},
                                               {TG_WORD_ROWS, true}};
    (void)tg_page_wide(m, TG_WORD_JOINED);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < v->r->n_deliveries; i++) {
        const struct tg_delivery *d = &v->r->deliveries[i];
        enum tg_word kind = tg_word_of_kind(d->kind);
        tg_markup_raw(m, "<tr>");
        tg_page_row_head(m, d->source);
        tg_page_cell(m, kind == TG_WORD_NONE ? d->kind : tg_word(kind, m->language));
        tg_page_cell(m, d->period[0] ? d->period : tg_number_real(NAN, 0).text);
        tg_page_number(m, tg_view_cell(v, v->delivery[i], m->language));
        tg_markup_raw(m, "</tr>\n");
    }
    tg_page_table_end(m);
    tg_page_wide_end(m);
}

static void put_count_item(struct tg_markup *m, const struct tg_view *v, enum tg_word word,
                           uint64_t n, enum tg_word unit)
{
    tg_markup_raw(m, "<li>");
    TG_SAY(m, word, tg_view_count(v, n, unit, m->language).text);
    tg_markup_raw(m, "</li>\n");
}

static void put_unassigned(struct tg_markup *m, const struct tg_view *v)
{
    const struct tg_study *study = v->r->study;
    tg_page_paragraph(m, "lead", TG_WORD_UNASSIGNED_LEAD);
    tg_markup_raw(m, "<ul class=\"plain\">\n");
    for (size_t i = 0; i < study->n_outcomes; i++) {
        const struct tg_event_counts *e = &v->r->events[i];
        enum tg_mark mark = tg_view_part_mark(v, e->unassigned, e->events);
        struct tg_number some = tg_view_marked(v, e->unassigned, mark, TG_WORD_CLAIMS, m->language);
        struct tg_number all = tg_view_count(v, e->events, TG_WORD_CLAIMS, m->language);
        bool share = mark == TG_MARK_SHOWN && e->events > 0;
        tg_markup_raw(m, "<li>");
        TG_SAY(m, share ? TG_WORD_UNASSIGNED_SHARE : TG_WORD_UNASSIGNED, study->outcomes[i].name,
               some.text, all.text,
               tg_number_share(share ? (double)e->unassigned / (double)e->events : NAN).text);
        tg_markup_raw(m, "</li>\n");
    }
    tg_markup_raw(m, "</ul>\n");
}

void tg_page_joined(struct tg_markup *m, const struct tg_view *v)
{
    const struct tg_report *r = v->r;
    tg_page_section(m, "joined", TG_WORD_JOINED);
    put_deliveries(m, v);
    tg_markup_raw(m, "<ul class=\"plain\">\n");
    put_count_item(m, v, TG_WORD_JOINED_PERSONS, r->persons, TG_WORD_PEOPLE);
    put_count_item(m, v, TG_WORD_JOINED_CONFLICTS, r->person_conflicts, TG_WORD_GROUPS);
    tg_markup_raw(m, "</ul>\n");
    if (r->has_cohort && r->events && r->study->n_outcomes > 0)
        put_unassigned(m, v);
    tg_page_section_end(m);
}

static const struct tg_token_def *token_of(const struct tg_study *study, const char *rule)
{
    for (size_t i = 0; i < study->n_tokens; i++) {
        if (strcmp(study->tokens[i].name, rule) == 0)
            return &study->tokens[i];
    }
    return NULL;
}

/* What the key is made of, in the reader's words. */
static void put_fields(struct tg_markup *m, const struct tg_token_def *token)
{
    tg_markup_raw(m, "<td>");
    for (size_t i = 0; token && i < token->n_parts; i++) {
        const struct tg_token_part *part = &token->parts[i];
        enum tg_word word = tg_word_of_field(part->field->name);
        if (i > 0)
            tg_markup_word(m, TG_WORD_FIELD_AND);
        if (word == TG_WORD_NONE)
            tg_markup_text(m, part->field->name);
        else
            tg_markup_word(m, word);
        if (part->form == TG_PART_ONE_MISSING)
            tg_markup_word(m, TG_WORD_ONE_MISSING);
    }
    tg_markup_raw(m, "</td>");
}

static void put_part(struct tg_markup *m, const struct tg_view *v, uint64_t n, uint64_t whole)
{
    enum tg_mark mark = tg_view_part_mark(v, n, whole);
    tg_page_number(m, tg_view_marked(v, n, mark, TG_WORD_NONE, m->language));
}

static void put_key(struct tg_markup *m, const struct tg_view *v, size_t i)
{
    const struct tg_link_rule_report *rule = &v->r->rules[i];
    const struct tg_link_key_report *c = &rule->counts;
    const struct tg_user_flow *flow = &v->r->flow;
    tg_markup_raw(m, "<tr>");
    tg_page_row_head(m, rule->rule);
    put_fields(m, token_of(v->r->study, rule->rule));
    put_part(m, v, c->with_token[TG_LEFT], v->cells[TG_CELL_CONSENTED].n);
    put_part(m, v, c->with_token[TG_RIGHT], v->r->persons);
    put_part(m, v, c->shared_by_others, c->with_token[TG_RIGHT]);
    tg_page_number(m, tg_view_cell(v, v->rules + i, m->language));
    tg_page_number(m, flow->linked && c->linked ? tg_number_probability(c->probability)
                                                : tg_number_real(NAN, 0));
    tg_markup_raw(m, "</tr>\n");
}

/* A rate of fewer people than a cell may show says too much of them. */
static unsigned fewest_links(const struct tg_view *v)
{
    enum { RATE_MIN = 10 };
    return v->min_cell > RATE_MIN ? v->min_cell : v->min_cell ? RATE_MIN : 1;
}

/* Whole percents, outward: the exact width of a small group's interval says how many are in it. */
static void put_interval(struct tg_markup *m, struct tg_link_interval interval, bool shown)
{
    char low[72], high[72];
    tg_markup_raw(m, "<td class=\"number\">");
    if (shown && isfinite(interval.low) && isfinite(interval.high)) {
        (void)snprintf(low, sizeof low, "%s%%", tg_number_real(floor(100 * interval.low), 0).text);
        (void)snprintf(high, sizeof high, "%s%%",
                       tg_number_real(ceil(100 * interval.high), 0).text);
        TG_SAY(m, TG_WORD_RANGE, low, high);
    } else {
        tg_markup_text(m, tg_number_real((double)NAN, 0).text);
    }
    tg_markup_raw(m, "</td>");
}

static void put_quality(struct tg_markup *m, const struct tg_view *v, const char *group,
                        const struct tg_link_share *s)
{
    bool shown = s->links >= fewest_links(v), found = shown && !v->r->estimate.blind;
    bool estimated = found && !tg_link_recall_is_bound(s);
    if (s->links <= 0)
        return;
    tg_markup_raw(m, "<tr>");
    tg_page_row_head(m, group);
    tg_page_number(m, tg_number_share(shown ? tg_report_share(s->correct, s->links) : (double)NAN));
    put_interval(m, tg_link_precision_interval(s), shown);
    tg_page_number(
        m, tg_number_share(estimated ? tg_report_share(s->correct, s->matches) : (double)NAN));
    put_interval(m, tg_link_recall_interval(s), found);
    tg_markup_raw(m, "</tr>\n");
}

static void put_expected(struct tg_markup *m, const struct tg_view *v)
{
    static const struct tg_column columns[] = {{TG_WORD_EXPECTED_GROUP, false},
                                               {TG_WORD_EXPECTED_PRECISION, true},
                                               {TG_WORD_INTERVAL, true},
                                               {TG_WORD_EXPECTED_RECALL, true},
                                               {TG_WORD_INTERVAL, true}};
    static const enum tg_word sexes[TG_LINK_N_SEXES] = {TG_WORD_NONE, TG_WORD_MALE, TG_WORD_FEMALE};
    const struct tg_link_estimate *e = &v->r->estimate;
    if (e->all.links <= 0)
        return;
    tg_markup_raw(m, "<p class=\"lead\">");
    TG_SAY(m, TG_WORD_EXPECTED_LEAD, tg_number_count(fewest_links(v)).text);
    tg_markup_raw(m, "</p>\n");
    if (!e->blind && tg_link_recall_is_bound(&e->all))
        tg_page_paragraph(m, "lead", TG_WORD_EXPECTED_BOUND);
    (void)tg_page_wide(m, TG_WORD_EXPECTED);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    put_quality(m, v, tg_word(TG_WORD_EXPECTED_ALL, m->language), &e->all);
    for (size_t i = 1; i < TG_LINK_N_SEXES; i++)
        put_quality(m, v, tg_word(sexes[i], m->language), &e->sex[i]);
    for (size_t i = 0; i < TG_LINK_N_AGES; i++) {
        char ages[16];
        size_t from = i * TG_LINK_AGE_YEARS;
        if (i + 1 < TG_LINK_N_AGES)
            (void)snprintf(ages, sizeof ages, "%zu–%zu", from, from + TG_LINK_AGE_YEARS - 1);
        else
            (void)snprintf(ages, sizeof ages, "%zu–", from);
        put_quality(m, v, ages, &e->age[i]);
    }
    tg_page_table_end(m);
    tg_page_wide_end(m);
}

void tg_page_keys(struct tg_markup *m, const struct tg_view *v)
{
    static const struct tg_column columns[] = {
        {TG_WORD_KEY, false},           {TG_WORD_KEY_FIELDS, false}, {TG_WORD_KEY_USERS, true},
        {TG_WORD_KEY_PERSONS, true},    {TG_WORD_KEY_SHARED, true},  {TG_WORD_KEY_LINKED, true},
        {TG_WORD_KEY_PROBABILITY, true}};
    if (v->r->n_rules == 0)
        return;
    tg_page_section(m, "keys", TG_WORD_KEYS);
    tg_page_paragraph(m, "lead", TG_WORD_KEYS_LEAD);
    (void)tg_page_wide(m, TG_WORD_KEYS);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < v->r->n_rules; i++)
        put_key(m, v, i);
    tg_page_table_end(m);
    tg_page_wide_end(m);
    put_expected(m, v);
    tg_page_section_end(m);
}
