/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include <limits.h>
#include <string.h>

static void start_item(struct tg_markup *m)
{
    tg_markup_raw(m, "<li>");
}

static void end_item(struct tg_markup *m)
{
    tg_markup_raw(m, "</li>\n");
}

static void put_item(struct tg_markup *m, enum tg_word word)
{
    tg_markup_element(m, "li", word);
}

static void put_reason(struct tg_markup *m, const struct tg_view *v)
{
    if (v->min_cell == UINT_MAX) {
        tg_page_paragraph(m, "lead", TG_WORD_HIDDEN_WHY_ALL);
        return;
    }
    unsigned mean_over = v->min_cell > 10 ? v->min_cell : 10;
    tg_markup_raw(m, "<p>");
    TG_SAY(m, TG_WORD_HIDDEN_WHY, tg_number_count(v->min_cell - 1).text,
           tg_number_count(mean_over).text);
    tg_markup_raw(m, "</p>\n");
}

static void put_number_item(struct tg_markup *m, enum tg_word word, uint64_t n)
{
    start_item(m);
    TG_SAY(m, word, tg_number_count(n).text);
    end_item(m);
}

static void put_release(struct tg_markup *m, const struct tg_view *v)
{
    const struct tg_release_counts *c = &v->r->release;
    enum tg_language l = m->language;
    start_item(m);
    TG_SAY(m, TG_WORD_HIDDEN_RELEASE, tg_view_count(v, c->districts, TG_WORD_LINES, l).text,
           tg_view_count(v, c->ages, TG_WORD_LINES, l).text,
           tg_view_count(v, c->sexes, TG_WORD_LINES, l).text,
           tg_view_count(v, c->left_out, TG_WORD_LINES, l).text);
    end_item(m);
}

void tg_page_hidden(struct tg_markup *m, const struct tg_view *v)
{
    tg_page_section(m, "hidden", TG_WORD_HIDDEN);
    if (v->min_cell <= 1) {
        tg_page_paragraph(m, "lead", TG_WORD_HIDDEN_NOTHING);
        tg_page_section_end(m);
        return;
    }
    put_reason(m, v);
    tg_markup_raw(m, "<ul class=\"plain\">\n");
    put_number_item(m, TG_WORD_HIDDEN_COUNTS, v->n_hidden);
    if (v->r->has_cohort) {
        put_number_item(m, TG_WORD_HIDDEN_CELLS, v->r->hidden_cells);
        put_release(m, v);
    }
    put_item(m, TG_WORD_HIDDEN_CSV);
    tg_markup_raw(m, "</ul>\n");
    tg_page_section_end(m);
}

/* Columns as a list of words, into `buf`. */
static void add_columns(struct tg_markup *m, struct tg_buf *buf, const char *const *names, size_t n)
{
    static const struct {
        const char *name;
        enum tg_word word;
    } known[] = {{"sex", TG_WORD_STRATUM_SEX},
                 {"age_band", TG_WORD_STRATUM_AGE},
                 {"age", TG_WORD_AGE},
                 {"district", TG_WORD_STRATUM_DISTRICT}};
    for (size_t i = 0; i < n && !m->status; i++) {
        const char *text = names[i];
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            if (strcmp(names[i], known[k].name) == 0)
                text = tg_word(known[k].word, m->language);
        }
        m->status = tg_buf_printf(buf, m->err, "%s%s",
                                  buf->len ? tg_word(TG_WORD_LIST_AND, m->language) : "", text);
    }
}

static const char *text_of(struct tg_markup *m, struct tg_buf *buf)
{
    const char *text = m->status ? NULL : tg_buf_text(buf, m->err);
    if (!text && !m->status)
        m->status = TG_NO_MEMORY;
    return text ? text : "";
}

static void say_pairs(struct tg_markup *m, const struct tg_cohort_rules *rules, const char *columns,
                      const char *equal)
{
    const struct tg_match_options *o = &rules->match;
    struct tg_number seed = tg_number_plain(rules->seed);
    if (o->method == TG_MATCH_IPW || o->method == TG_MATCH_OVERLAP)
        TG_SAY(m, TG_WORD_METHOD_WEIGHTS, columns);
    else if (o->method != TG_MATCH_NEAREST)
        TG_SAY(m, TG_WORD_METHOD_STRATA, equal);
    else if (o->n_covariates)
        TG_SAY(m, TG_WORD_METHOD_PROPENSITY, tg_number_plain(o->ratio ? o->ratio : 1).text,
               columns);
    else if (o->n_exact)
        TG_SAY(m, TG_WORD_METHOD_PAIRS, equal, seed.text);
    else
        TG_SAY(m, TG_WORD_METHOD_PAIRS_ANY, seed.text);
}

static void put_pairs(struct tg_markup *m, const struct tg_cohort_rules *rules)
{
    const struct tg_match_options *o = &rules->match;
    struct tg_buf columns = {0}, equal = {0};
    bool propensity = o->method == TG_MATCH_NEAREST && o->n_covariates;
    add_columns(m, &columns, o->covariates, o->n_covariates);
    add_columns(m, &equal, o->exact, o->n_exact);
    if (o->method == TG_MATCH_CEM)
        add_columns(m, &equal, o->covariates, o->n_covariates);
    const char *columns_text = text_of(m, &columns), *equal_text = text_of(m, &equal);
    start_item(m);
    say_pairs(m, rules, columns_text, equal_text);
    end_item(m);
    if (propensity && o->n_exact) {
        start_item(m);
        TG_SAY(m, TG_WORD_METHOD_EQUAL, equal_text);
        end_item(m);
    }
    if (rules->landmark)
        put_number_item(m, TG_WORD_METHOD_LANDMARK, (uint64_t)rules->landmark);
    tg_buf_free(&columns);
    tg_buf_free(&equal);
}

static void put_window(struct tg_markup *m, const struct tg_cohort_rules *rules)
{
    static const enum tg_word words[] = {
        [TG_INDEX_FIRST_CONSENT] = TG_WORD_INDEX_CONSENT,
        [TG_INDEX_FIRST_ACTIVITY] = TG_WORD_INDEX_ACTIVITY,
        [TG_INDEX_REGISTERED] = TG_WORD_INDEX_REGISTERED,
        [TG_INDEX_FIXED] = TG_WORD_INDEX_FIXED,
    };
    struct tg_buf index = {0};
    struct tg_number month = tg_number_month(rules->index_month, m->language);
    const char *args[] = {month.text};
    if (!m->status)
        m->status = tg_word_fill(&index, words[rules->index], m->language, args, 1, m->err);
    const char *text = m->status ? NULL : tg_buf_text(&index, m->err);
    start_item(m);
    TG_SAY(m, TG_WORD_METHOD_WINDOW, text ? text : "",
           tg_number_real(rules->baseline_months, 0).text,
           tg_number_real(rules->followup_months, 0).text, tg_number_real(rules->age_min, 0).text,
           tg_number_real(rules->age_max, 0).text);
    end_item(m);
    tg_buf_free(&index);
}

void tg_page_method(struct tg_markup *m, const struct tg_view *v)
{
    tg_page_section(m, "method", TG_WORD_METHOD);
    tg_markup_raw(m, "<ul class=\"plain\">\n");
    if (v->r->has_cohort) {
        put_window(m, &v->r->study->cohort);
        put_pairs(m, &v->r->study->cohort);
        put_item(m, TG_WORD_METHOD_DID);
        put_item(m, TG_WORD_LIMIT_PARALLEL);
        put_item(m, TG_WORD_LIMIT_SELECTION);
        put_item(m, TG_WORD_LIMIT_NON_USERS);
    }
    put_item(m, TG_WORD_LIMIT_LINKAGE);
    put_item(m, TG_WORD_LIMIT_PSEUDONYMISED);
    tg_markup_raw(m, "</ul>\n");
    tg_page_section_end(m);
}

static void put_digest(struct tg_markup *m, const char *name, const char *period,
                       const char *sha256)
{
    tg_markup_raw(m, "<tr>");
    tg_page_row_head(m, name);
    tg_page_cell(m, period);
    tg_markup_raw(m, "<td class=\"hash\">");
    tg_markup_text(m, sha256);
    tg_markup_raw(m, "</td></tr>\n");
}

void tg_page_inputs(struct tg_markup *m, const struct tg_view *v)
{
    static const struct tg_column columns[] = {
        {TG_WORD_SOURCE, false}, {TG_WORD_DELIVERY_PERIOD, false}, {TG_WORD_SHA256, false}};
    tg_page_section(m, "inputs", TG_WORD_INPUTS);
    tg_page_paragraph(m, "lead", TG_WORD_INPUTS_LEAD);
    (void)tg_page_wide(m, TG_WORD_INPUTS);
    tg_page_table(m, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < v->r->n_deliveries; i++) {
        const struct tg_delivery *d = &v->r->deliveries[i];
        put_digest(m, d->source, d->period, d->sha256);
    }
    put_digest(m, tg_word(TG_WORD_STUDY_DIGEST, m->language), "", v->r->study->digest);
    tg_page_table_end(m);
    tg_page_wide_end(m);
    tg_markup_raw(m, "<footer>");
    TG_SAY(m, TG_WORD_VERSIONS, tg_version(), TG_NORMALIZER);
    tg_markup_raw(m, "</footer>\n");
    tg_page_section_end(m);
}
