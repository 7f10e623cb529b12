/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include "sys/file.h"

static const char *language_of(const struct tg_markup *m)
{
    return m->language == TG_JAPANESE ? "ja" : "en";
}

void tg_page_section(struct tg_markup *m, const char *name, enum tg_word heading)
{
    const char *language = language_of(m);
    tg_markup_format(m, "<section aria-labelledby=\"%s-%s\">\n<h2 id=\"%s-%s\">", language, name,
                     language, name);
    tg_markup_word(m, heading);
    tg_markup_raw(m, "</h2>\n");
}

void tg_page_section_end(struct tg_markup *m)
{
    tg_markup_raw(m, "</section>\n");
}

void tg_page_paragraph(struct tg_markup *m, const char *class_name, enum tg_word word)
{
    tg_markup_format(m, "<p class=\"%s\">", class_name);
    tg_markup_word(m, word);
    tg_markup_raw(m, "</p>\n");
}

size_t tg_page_wide(struct tg_markup *m, enum tg_word label)
{
    size_t start = m->buf->len;
    tg_markup_raw(m, "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"");
    tg_markup_word(m, label);
    tg_markup_raw(m, "\">\n");
    return start;
}

void tg_page_wide_drop(struct tg_markup *m, size_t start)
{
    m->buf->len = start;
}

void tg_page_wide_end(struct tg_markup *m)
{
    tg_markup_raw(m, "</div>\n");
}

void tg_page_table(struct tg_markup *m, const struct tg_column *columns, size_t n)
{
    tg_markup_raw(m, "<table>\n<thead><tr>");
    for (size_t i = 0; i < n; i++) {
        tg_markup_raw(m, columns[i].number ? "<th scope=\"col\" class=\"number\">"
                                           : "<th scope=\"col\">");
        tg_markup_word(m, columns[i].word);
        tg_markup_raw(m, "</th>");
    }
    tg_markup_raw(m, "</tr></thead>\n<tbody>\n");
}

void tg_page_table_end(struct tg_markup *m)
{
    tg_markup_raw(m, "</tbody>\n</table>\n");
}

void tg_page_cell(struct tg_markup *m, const char *text)
{
    tg_markup_raw(m, "<td>");
    tg_markup_text(m, text);
    tg_markup_raw(m, "</td>");
}

void tg_page_number(struct tg_markup *m, struct tg_number number)
{
    tg_markup_raw(m, "<td class=\"number\">");
    tg_markup_text(m, number.text);
    tg_markup_raw(m, "</td>");
}

void tg_page_row_head(struct tg_markup *m, const char *text)
{
    tg_markup_raw(m, "<th scope=\"row\">");
    tg_markup_text(m, text);
    tg_markup_raw(m, "</th>");
}

/* The page's order; a section without a title of its own is not in the contents. */
struct section {
    void (*write)(struct tg_markup *m, const struct tg_view *v);
    const char *name;
    enum tg_word title;
    bool cohort_only;
    bool (*is_there)(const struct tg_report *r); /* NULL: always */
};

static bool has_payment(const struct tg_report *r)
{
    return r->payments_shown != NULL && r->study->pfs.n > 0;
}

static bool has_subgroups(const struct tg_report *r)
{
    return r->n_subgroups > 0;
}

static bool has_results(const struct tg_report *r)
{
    return r->outcomes != NULL;
}

static const struct section sections[] = {
    {tg_page_result, "result", TG_WORD_NONE, false, NULL},
    {tg_page_curves, "curves", TG_WORD_CURVES, true, NULL},
    {tg_page_effects, "effects", TG_WORD_EFFECTS, true, NULL},
    {tg_page_sensitivity, "sensitivity", TG_WORD_SENSITIVITY, true, has_results},
    {tg_page_risks, "risks", TG_WORD_RISKS, true, tg_page_has_risks},
    {tg_page_transitions, "transitions", TG_WORD_TRANSITIONS, true, tg_page_has_transitions},
    {tg_page_subgroups, "subgroups", TG_WORD_SUBGROUPS, true, has_subgroups},
    {tg_page_savings, "savings", TG_WORD_SAVINGS, true, tg_page_has_savings},
    {tg_page_payment, "payment", TG_WORD_PAYMENT, false, has_payment},
    {tg_page_flow, "flow", TG_WORD_FLOW, false, NULL},
    {tg_page_balance, "balance", TG_WORD_BALANCE, true, NULL},
    {tg_page_joined, "joined", TG_WORD_JOINED, false, NULL},
    {tg_page_keys, "keys", TG_WORD_KEYS, false, NULL},
    {tg_page_hidden, "hidden", TG_WORD_HIDDEN, false, NULL},
    {tg_page_method, "method", TG_WORD_METHOD, false, NULL},
    {tg_page_inputs, "inputs", TG_WORD_INPUTS, false, NULL},
};

enum { N_SECTIONS = sizeof sections / sizeof sections[0] };

static bool is_there(const struct section *s, const struct tg_report *r)
{
    if (s->is_there && !s->is_there(r))
        return false;
    return !s->cohort_only || (r->has_cohort && r->n_effects + r->n_balance > 0);
}

static void put_contents(struct tg_markup *m, const struct tg_report *r)
{
    tg_markup_raw(m, "<nav class=\"contents\" aria-label=\"");
    tg_markup_word(m, TG_WORD_CONTENTS);
    tg_markup_raw(m, "\"><ul>\n");
    for (size_t i = 0; i < N_SECTIONS; i++) {
        if (sections[i].title == TG_WORD_NONE || !is_there(&sections[i], r))
            continue;
        tg_markup_format(m, "<li><a href=\"#%s-%s\">", language_of(m), sections[i].name);
        tg_markup_word(m, sections[i].title);
        tg_markup_raw(m, "</a></li>\n");
    }
    tg_markup_raw(m, "</ul></nav>\n");
}

static void put_fact(struct tg_markup *m, enum tg_word term, const char *text)
{
    tg_markup_raw(m, "<div><dt>");
    tg_markup_word(m, term);
    tg_markup_raw(m, "</dt><dd>");
    tg_markup_text(m, text);
    tg_markup_raw(m, "</dd></div>\n");
}

static void put_header(struct tg_markup *m, const struct tg_report *r)
{
    tg_markup_raw(m, "<header>\n");
    tg_page_paragraph(m, "kicker", TG_WORD_KICKER);
    tg_markup_raw(m, "<h1>");
    TG_SAY(m, TG_WORD_TITLE, tg_number_month(r->month, m->language).text);
    tg_markup_raw(m, "</h1>\n<dl class=\"facts\">\n");
    put_fact(m, TG_WORD_STUDY, r->study->id);
    put_fact(m, TG_WORD_AS_OF, tg_number_day(r->as_of, m->language).text);
    put_fact(m, TG_WORD_RECIPIENT, r->recipient);
    tg_markup_raw(m, "</dl>\n");
    if (r->study->for_municipality)
        tg_page_paragraph(m, "caution", TG_WORD_INSIDE_ONLY);
    tg_markup_raw(m, "</header>\n");
}

static void put_article(struct tg_markup *m, const struct tg_view *v)
{
    tg_markup_format(m, "<article lang=\"%s\" xml:lang=\"%s\">\n", language_of(m), language_of(m));
    put_header(m, v->r);
    for (size_t i = 0; i < N_SECTIONS; i++) {
        if (is_there(&sections[i], v->r))
            sections[i].write(m, v);
        if (i == 0)
            put_contents(m, v->r);
    }
    tg_markup_raw(m, "</article>\n");
}

/* The policy says to the browser what holds anyway: nothing is run, nothing is fetched. */
static void put_head(struct tg_markup *m, const struct tg_report *r)
{
    tg_markup_raw(m, "<!DOCTYPE html>\n"
                     "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"ja\" xml:lang=\"ja\">\n"
                     "<head>\n<meta charset=\"UTF-8\"/>\n"
                     "<meta http-equiv=\"Content-Security-Policy\" "
                     "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                     "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>");
    TG_SAY(m, TG_WORD_TITLE, tg_number_month(r->month, m->language).text);
    tg_markup_raw(m, " ");
    tg_markup_text(m, r->study->id);
    tg_markup_raw(m, "</title>\n<style>\n");
    tg_markup_raw(m, tg_page_style);
    tg_markup_raw(m, "</style>\n</head>\n");
}

static void put_page(struct tg_markup *m, const struct tg_view *v)
{
    put_head(m, v->r);
    tg_markup_raw(m, "<body>\n"
                     "<input class=\"switch\" type=\"radio\" name=\"language\" id=\"show-ja\" "
                     "checked=\"checked\"/>\n"
                     "<input class=\"switch\" type=\"radio\" name=\"language\" id=\"show-en\"/>\n"
                     "<div class=\"languages\"><label for=\"show-ja\">日本語</label>"
                     "<label for=\"show-en\" lang=\"en\" xml:lang=\"en\">English</label></div>\n"
                     "<main>\n");
    static const enum tg_language languages[] = {TG_JAPANESE, TG_ENGLISH};
    for (size_t i = 0; i < 2; i++) {
        m->language = languages[i];
        put_article(m, v);
    }
    tg_markup_raw(m, "</main>\n</body>\n</html>\n");
}

enum tg_status tg_report_html(const struct tg_report *r, const char *path, struct tg_error *err)
{
    struct tg_view v;
    struct tg_buf buf = {0};
    enum tg_status status = tg_view_make(r, &v, err);
    if (status)
        return status;
    struct tg_markup m = {&buf, TG_JAPANESE, TG_OK, err};
    put_page(&m, &v);
    status = m.status;
    if (!status)
        status = tg_file_write_whole(path, buf.data, buf.len, 0600, false, err);
    tg_buf_free(&buf);
    tg_view_free(&v);
    return status;
}
