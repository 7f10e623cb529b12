/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include "report/headline.h"
#include "report/page.h"
#include "sys/file.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <xlsxwriter.h>

enum {
    WORKBOOK_MAX = 256 * 1024 * 1024,
    PAPER_A4 = 9,
    LINE_POINTS = 15,
    PROSE_WIDTH = 90 /* of its column, in digits */
};

enum style { STYLE_NONE, STYLE_HEAD, STYLE_YEN, STYLE_SHARE, STYLE_REAL, STYLE_PROSE, N_STYLES };

/* The workbook being made. The first call that fails is remembered; later ones do nothing. */
struct book {
    lxw_workbook *file;
    lxw_format *styles[N_STYLES];
    lxw_worksheet *sheet;
    lxw_row_t row;
    lxw_col_t column;
    struct tg_buf text;
    enum tg_status status;
    struct tg_error *err;
};

/* The library asks for char * but only copies. */
static char *lent(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void check(struct book *b, lxw_error e)
{
    if (e && !b->status)
        b->status = TG_FAIL(b->err, TG_MSG_NO_MEMORY, .file = b->file->filename);
}

static void put_text(struct book *b, const char *text, enum style style)
{
    if (!b->status)
        check(b, worksheet_write_string(b->sheet, b->row, b->column++, text, b->styles[style]));
}

/* What is hidden or undefined stays an empty cell. */
static void put_number(struct book *b, double x, enum style style)
{
    if (!b->status && isfinite(x))
        check(b, worksheet_write_number(b->sheet, b->row, b->column, x, b->styles[style]));
    b->column++;
}

static void end_row(struct book *b)
{
    b->row++;
    b->column = 0;
}

static void set_lines(struct book *b, size_t n)
{
    if (!b->status)
        check(b, worksheet_set_row(b->sheet, b->row, (double)(LINE_POINTS * n), NULL));
}

/* A row of sentences. Not every program finds the height of a cell by itself: letters are taken for
 * as wide as a digit, others for twice that, and a line breaks early. */
static void put_prose(struct book *b, const char *text)
{
    size_t width = 0;
    for (const char *at = text; *at; at++) {
        if (((unsigned char)*at & 0xC0) != 0x80)
            width += (unsigned char)*at < 0x80 ? 1 : 2;
    }
    b->column = 1;
    set_lines(b, 1 + width / (PROSE_WIDTH * 9 / 10));
    put_text(b, text, STYLE_PROSE);
    end_row(b);
}

/* Both languages in one cell. */
static const char *both(struct book *b, enum tg_word word)
{
    b->text.len = 0;
    if (!b->status)
        b->status = tg_buf_printf(&b->text, b->err, "%s / %s", tg_word(word, TG_JAPANESE),
                                  tg_word(word, TG_ENGLISH));
    const char *text = b->status ? NULL : tg_buf_text(&b->text, b->err);
    if (!text && !b->status)
        b->status = TG_NO_MEMORY;
    return text ? text : "";
}

static void put_word(struct book *b, enum tg_word word, enum style style)
{
    put_text(b, both(b, word), style);
}

static void put_count(struct book *b, const struct tg_view *v, size_t cell)
{
    const struct tg_mask_cell *c = &v->cells[cell];
    if (c->mark == TG_MARK_SHOWN)
        put_number(b, (double)c->n, STYLE_YEN);
    else if (c->mark == TG_MARK_SMALL)
        put_text(b, tg_view_cell(v, cell, TG_JAPANESE).text, STYLE_NONE);
    else
        put_word(b, TG_WORD_NOT_SHOWN, STYLE_NONE);
}

static void start_sheet(struct book *b, enum tg_word name, const enum tg_word *columns, size_t n,
                        double first_width)
{
    b->sheet = b->status ? NULL : workbook_add_worksheet(b->file, tg_word(name, TG_JAPANESE));
    b->row = 0;
    b->column = 0;
    if (!b->sheet) {
        check(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return;
    }
    check(b, worksheet_set_column(b->sheet, 0, 0, first_width, NULL));
    check(b, worksheet_set_column(b->sheet, 1, 15, 20, NULL));
    worksheet_set_paper(b->sheet, PAPER_A4);
    worksheet_set_landscape(b->sheet);
    worksheet_fit_to_pages(b->sheet, 1, 0);
    if (n > 0)
        set_lines(b, 2);
    for (size_t i = 0; i < n; i++)
        put_word(b, columns[i], STYLE_HEAD);
    if (n > 0) {
        worksheet_freeze_panes(b->sheet, 1, 1);
        check(b, worksheet_repeat_rows(b->sheet, 0, 0));
        end_row(b);
    }
}

static void put_pair(struct book *b, enum tg_word word, const char *text)
{
    put_word(b, word, STYLE_HEAD);
    put_text(b, text, STYLE_NONE);
    end_row(b);
}

static void put_sentence(struct book *b, const struct tg_sentence *s, enum tg_language language)
{
    b->text.len = 0;
    if (!b->status)
        b->status = tg_word_fill(&b->text, s->word, language, s->args, TG_SENTENCE_ARGS, b->err);
    const char *text = b->status ? NULL : tg_buf_text(&b->text, b->err);
    if (text)
        put_prose(b, text);
}

static void about_sheet(struct book *b, const struct tg_view *v)
{
    static const enum tg_language languages[] = {TG_JAPANESE, TG_ENGLISH};
    const struct tg_report *r = v->r;
    start_sheet(b, TG_WORD_SHEET_ABOUT, NULL, 0, 30);
    if (b->sheet)
        check(b, worksheet_set_column(b->sheet, 1, 1, PROSE_WIDTH, NULL));
    put_pair(b, TG_WORD_STUDY, r->study->id);
    put_pair(b, TG_WORD_MONTH, tg_number_month(r->month, TG_JAPANESE).text);
    put_pair(b, TG_WORD_AS_OF, tg_number_day(r->as_of, TG_JAPANESE).text);
    put_pair(b, TG_WORD_RECIPIENT, r->recipient);
    end_row(b);
    put_word(b, TG_WORD_RESULT, STYLE_HEAD);
    end_row(b);
    for (size_t i = 0; i < 2; i++) {
        struct tg_sentence s;
        bool good;
        size_t at = 0;
        while (tg_headline_next(v, languages[i], &at, &s))
            put_sentence(b, &s, languages[i]);
        if (!r->has_cohort || tg_headline_count(r, true) == 0)
            continue;
        tg_headline_balance(r, &s, &good);
        put_sentence(b, &s, languages[i]);
    }
    end_row(b);
    for (size_t i = 0; i < 2; i++)
        put_prose(b, tg_word(TG_WORD_LIMIT_PSEUDONYMISED, languages[i]));
}

static void flow_sheet(struct book *b, const struct tg_view *v)
{
    static const enum tg_word columns[] = {TG_WORD_STEP, TG_WORD_REASON, TG_WORD_N_PEOPLE};
    start_sheet(b, TG_WORD_SHEET_FLOW, columns, sizeof columns / sizeof columns[0], 40);
    for (size_t i = 0; i < v->n_steps; i++) {
        const struct tg_flow_step *step = &v->steps[i];
        put_word(b, step->label, STYLE_HEAD);
        put_text(b, "", STYLE_NONE);
        put_count(b, v, step->total);
        end_row(b);
        for (size_t j = 0; j < step->n_drops; j++) {
            put_word(b, step->label, STYLE_NONE);
            put_word(b, step->drops[j].label, STYLE_NONE);
            put_count(b, v, step->drops[j].cell);
            end_row(b);
        }
    }
    if (!b->status && b->sheet)
        check(b, worksheet_set_column(b->sheet, 1, 1, 44, NULL));
}

static void balance_sheet(struct book *b, const struct tg_view *v)
{
    const struct tg_report *r = v->r;
    static const enum tg_word columns[] = {
        TG_WORD_ITEM,       TG_WORD_USERS,     TG_WORD_ALL_NON_USERS,  TG_WORD_NON_USERS,
        TG_WORD_SMD_BEFORE, TG_WORD_SMD_AFTER, TG_WORD_VARIANCE_RATIO, TG_WORD_ECDF_MAX};
    start_sheet(b, TG_WORD_SHEET_BALANCE, columns, sizeof columns / sizeof columns[0], 30);
    for (size_t i = 0; i < r->n_balance; i++) {
        const struct tg_balance_row *row = &r->balance[i];
        enum style style = row->binary ? STYLE_SHARE : STYLE_REAL;
        put_text(b, row->covariate, STYLE_NONE);
        put_number(b, row->participants, style);
        put_number(b, row->controls_before, style);
        put_number(b, row->controls_after, style);
        put_number(b, row->smd_before, STYLE_REAL);
        put_number(b, row->smd_after, STYLE_REAL);
        put_number(b, row->variance_ratio_after, STYLE_REAL);
        put_number(b, row->ecdf_max_after, STYLE_REAL);
        end_row(b);
    }
    static const enum tg_language languages[] = {TG_JAPANESE, TG_ENGLISH};
    end_row(b);
    for (size_t i = 0; i < 2; i++) {
        struct tg_sentence s;
        size_t at = 0;
        while (tg_headline_quality(v, languages[i], &at, &s))
            put_sentence(b, &s, languages[i]);
    }
}

/* Means, people, difference, interval and p of a row. */
static void put_effect(struct book *b, const struct tg_view *v, const struct tg_effect *e)
{
    static const enum tg_arm arms[] = {TG_PARTICIPANT, TG_CONTROL};
    static const enum style styles[] = {[TG_UNIT_YEN] = STYLE_YEN,
                                        [TG_UNIT_SHARE] = STYLE_SHARE,
                                        [TG_UNIT_RATE] = STYLE_REAL,
                                        [TG_UNIT_VALUE] = STYLE_REAL};
    enum style style = styles[e->unit];
    for (size_t arm = 0; arm < TG_N_ARMS; arm++) {
        uint64_t n = e->n[arms[arm]];
        bool shown = !e->hidden && tg_mask_alone(n, v->min_cell) == TG_MARK_SHOWN;
        put_number(b, e->hidden ? NAN : e->mean[arms[arm]], style);
        put_number(b, shown ? (double)n : NAN, STYLE_YEN);
    }
    put_number(b, e->hidden ? NAN : e->effect, style);
    put_number(b, e->hidden ? NAN : e->ci_low, style);
    put_number(b, e->hidden ? NAN : e->ci_high, style);
    put_number(b, e->hidden ? NAN : e->p, STYLE_REAL);
    end_row(b);
}

static void effects_sheet(struct book *b, const struct tg_view *v, enum tg_word name,
                          enum tg_word second, const struct tg_effect *rows, size_t n)
{
    const enum tg_word columns[] = {
        TG_WORD_OUTCOME,       second,           TG_WORD_USERS,      TG_WORD_N_PEOPLE,
        TG_WORD_NON_USERS,     TG_WORD_N_PEOPLE, TG_WORD_DIFFERENCE, TG_WORD_INTERVAL_LOW,
        TG_WORD_INTERVAL_HIGH, TG_WORD_P_VALUE};
    start_sheet(b, name, columns, sizeof columns / sizeof columns[0], 30);
    for (size_t i = 0; i < n; i++) {
        put_text(b, rows[i].outcome, STYLE_NONE);
        if (rows[i].subgroup)
            put_text(b, rows[i].subgroup, STYLE_NONE);
        else
            put_word(b, tg_effect_word(&rows[i]), STYLE_NONE);
        put_effect(b, v, &rows[i]);
    }
}

static void risks_sheet(struct book *b, const struct tg_report *r)
{
    static const enum tg_word columns[] = {TG_WORD_OUTCOME, TG_WORD_AXIS_MONTHS, TG_WORD_USERS,
                                           TG_WORD_NON_USERS};
    start_sheet(b, TG_WORD_RISKS, columns, sizeof columns / sizeof columns[0], 30);
    for (size_t i = 0; i < r->study->n_outcomes; i++) {
        const struct tg_outcome_result *o = &r->outcomes[i];
        for (int32_t t = 1; o->curves[0].at_risk && t <= o->curves[0].months; t++) {
            put_text(b, o->rule->name, STYLE_NONE);
            put_number(b, t, STYLE_NONE);
            for (int arm = TG_PARTICIPANT; arm >= TG_CONTROL; arm--) {
                bool shown = !r->shown[i].hidden && r->shown[i].months[arm][t];
                put_number(b, shown ? o->curves[arm].risk[t] : (double)NAN, STYLE_SHARE);
            }
            end_row(b);
        }
    }
}

static void transitions_sheet(struct book *b, const struct tg_report *r)
{
    static const enum tg_word columns[] = {TG_WORD_OUTCOME, TG_WORD_BEFORE, TG_WORD_AFTER,
                                           TG_WORD_USERS, TG_WORD_NON_USERS};
    start_sheet(b, TG_WORD_TRANSITIONS, columns, sizeof columns / sizeof columns[0], 30);
    for (size_t i = 0; i < r->study->n_outcomes; i++) {
        const struct tg_transitions *t = &r->outcomes[i].transitions;
        for (size_t k = 0; k < t->n * t->n; k++) {
            put_text(b, r->outcomes[i].rule->name, STYLE_NONE);
            put_number(b, t->levels[k / t->n], STYLE_NONE);
            put_number(b, t->levels[k % t->n], STYLE_NONE);
            for (int arm = TG_PARTICIPANT; arm >= TG_CONTROL; arm--)
                put_number(b, r->shown[i].moves[arm][k] ? (double)NAN : (double)t->counts[arm][k],
                           STYLE_YEN);
            end_row(b);
        }
    }
}

static void savings_sheet(struct book *b, const struct tg_view *v)
{
    static const enum tg_word columns[] = {
        TG_WORD_OUTCOME, TG_WORD_SAVING_BASIS, TG_WORD_N_PEOPLE,     TG_WORD_MONTHS_ALL,
        TG_WORD_SAVING,  TG_WORD_INTERVAL_LOW, TG_WORD_INTERVAL_HIGH};
    start_sheet(b, TG_WORD_SAVINGS, columns, sizeof columns / sizeof columns[0], 30);
    for (size_t i = 0; i < v->r->study->n_outcomes; i++) {
        const struct tg_saving *s = &v->r->outcomes[i].saving;
        if (!tg_page_shows_saving(v->r, i))
            continue;
        bool counted = tg_mask_alone(s->people, v->min_cell) == TG_MARK_SHOWN;
        put_text(b, v->r->outcomes[i].rule->name, STYLE_NONE);
        put_word(b, s->from_levels ? TG_WORD_SAVING_LEVELS : TG_WORD_SAVING_COST, STYLE_NONE);
        put_number(b, counted ? (double)s->people : (double)NAN, STYLE_YEN);
        put_number(b, s->months, STYLE_YEN);
        put_number(b, s->yen, STYLE_YEN);
        put_number(b, s->ci_low, STYLE_YEN);
        put_number(b, s->ci_high, STYLE_YEN);
        end_row(b);
    }
}

static double shown_yen(const struct tg_payment *p, bool known)
{
    bool has = known && p->reason != TG_PAID_HIDDEN && p->reason != TG_PAID_NO_VALUE;
    return has ? (double)p->yen : (double)NAN;
}

static void payment_sheet(struct book *b, const struct tg_report *r)
{
    static const enum tg_word columns[] = {TG_WORD_INDICATOR, TG_WORD_VALUE, TG_WORD_AMOUNT,
                                           TG_WORD_PAY_LOW, TG_WORD_PAY_HIGH};
    static const enum tg_pay_end ends[] = {TG_PAY_OWN, TG_PAY_LOW, TG_PAY_HIGH};
    const struct tg_pfs *pfs = &r->study->pfs;
    start_sheet(b, TG_WORD_PAYMENT, columns, sizeof columns / sizeof columns[0], 30);
    for (size_t i = 0; i < pfs->n; i++) {
        const struct tg_payment_row *row = &r->payments_shown[i];
        bool shown = row->own.has_value && row->own.reason != TG_PAID_HIDDEN;
        put_text(b, row->own.indicator->name, STYLE_NONE);
        put_number(b, shown ? (double)row->own.value / 1e9 : (double)NAN, STYLE_NONE);
        put_number(b, shown_yen(&row->own, true), STYLE_YEN);
        put_number(b, shown_yen(&row->low, row->has_interval), STYLE_YEN);
        put_number(b, shown_yen(&row->high, row->has_interval), STYLE_YEN);
        end_row(b);
    }
    put_word(b, TG_WORD_PAY_TOTAL, STYLE_HEAD);
    put_text(b, "", STYLE_NONE);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct tg_pay_total total = tg_pay_rows_sum(pfs, r->payments_shown, pfs->n, ends[i]);
        put_number(b, total.hidden ? (double)NAN : (double)total.yen, STYLE_YEN);
    }
    end_row(b);
}

static void months_sheet(struct book *b, const struct tg_report *r)
{
    static const enum tg_word columns[] = {TG_WORD_OUTCOME, TG_WORD_AXIS_MONTHS, TG_WORD_USERS,
                                           TG_WORD_NON_USERS};
    start_sheet(b, TG_WORD_SHEET_MONTHS, columns, sizeof columns / sizeof columns[0], 30);
    for (size_t i = 0; i < r->n_curves; i++) {
        const struct tg_curve *c = &r->curves[i];
        for (int j = 0; j < c->baseline_months + c->followup_months; j++) {
            put_text(b, c->outcome, STYLE_NONE);
            put_number(b, j - c->baseline_months, STYLE_NONE);
            put_number(b, c->mean[TG_PARTICIPANT][j], STYLE_YEN);
            put_number(b, c->mean[TG_CONTROL][j], STYLE_YEN);
            end_row(b);
        }
    }
}

static void make_styles(struct book *b)
{
    static const char *const formats[N_STYLES] = {
        [STYLE_YEN] = "#,##0", [STYLE_SHARE] = "0.0%", [STYLE_REAL] = "#,##0.000"};
    for (int i = STYLE_HEAD; i < N_STYLES; i++) {
        b->styles[i] = workbook_add_format(b->file);
        if (b->styles[i] && formats[i])
            format_set_num_format(b->styles[i], formats[i]);
    }
    if (b->styles[STYLE_HEAD])
        format_set_bold(b->styles[STYLE_HEAD]);
    static const enum style wrapped[] = {STYLE_HEAD, STYLE_PROSE};
    for (size_t i = 0; i < sizeof wrapped / sizeof wrapped[0]; i++) {
        lxw_format *style = b->styles[wrapped[i]];
        if (!style)
            continue;
        format_set_text_wrap(style);
        format_set_align(style, LXW_ALIGN_VERTICAL_TOP);
    }
}

/* The first day of the month, 00:00 UTC: the file must not tell when it was made. */
static time_t created_on(int32_t month)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t year = month / 12;
    int64_t past = year - 1;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t days = past * 365 + past / 4 - past / 100 + past / 400 - 719162;
    days += before[month % 12] + (leap && month % 12 > 1);
    return (time_t)(days * 86400);
}

static void set_properties(struct book *b, const struct tg_report *r)
{
    lxw_doc_properties properties = {
        .title = lent(tg_word(TG_WORD_KICKER, TG_JAPANESE)),
        .subject = lent(r->study->id),
        .comments = lent("totsugo " TG_VERSION),
        .created = created_on(r->month),
    };
    check(b, workbook_set_properties(b->file, &properties));
}

static void fill(struct book *b, const struct tg_view *v)
{
    make_styles(b);
    set_properties(b, v->r);
    about_sheet(b, v);
    flow_sheet(b, v);
    if (v->r->payments_shown)
        payment_sheet(b, v->r);
    if (!v->r->has_cohort)
        return;
    balance_sheet(b, v);
    effects_sheet(b, v, TG_WORD_SHEET_OUTCOMES, TG_WORD_PERIOD, v->r->effects, v->r->n_effects);
    months_sheet(b, v->r);
    if (v->r->n_subgroups)
        effects_sheet(b, v, TG_WORD_SUBGROUPS, TG_WORD_GROUP, v->r->subgroups, v->r->n_subgroups);
    if (tg_page_has_risks(v->r))
        risks_sheet(b, v->r);
    if (tg_page_has_transitions(v->r))
        transitions_sheet(b, v->r);
    if (tg_page_has_savings(v->r))
        savings_sheet(b, v);
}

struct making {
    const struct tg_view *view;
    const char *path, *dir;
};

/* Makes the workbook at `path`, with the library's own temporary files beside it. */
static enum tg_status write_workbook(void *ctx, struct tg_error *err)
{
    const struct making *m = ctx;
    lxw_workbook_options options = {.constant_memory = LXW_FALSE, .tmpdir = lent(m->dir)};
    struct book b = {.file = workbook_new_opt(m->path, &options), .err = err};
    if (!b.file)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = m->path);
    fill(&b, m->view);
    errno = 0;
    lxw_error e = workbook_close(b.file);
    int why = errno;
    tg_buf_free(&b.text);
    if (b.status || !e)
        return b.status;
    if (e == LXW_ERROR_MEMORY_MALLOC_FAILED || why == ENOMEM)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = m->path);
    return TG_FAIL(err, TG_MSG_WRITE_FAILED, .file = m->path, .sys_errno = why);
}

/* The library opens its file by name and with the process's umask: it is given an empty one of
 * mode 0600 to fill, whose bytes then go the way of every output. */
static enum tg_status make_bytes(const struct tg_view *v, const char *made, const char *dir,
                                 struct tg_buf *bytes, struct tg_error *err)
{
    enum tg_status status = tg_file_write_whole(made, "", 0, 0600, true, err);
    struct making making = {v, made, dir};
    /* the library writes to a null pointer where a small allocation fails */
    if (!status)
        status = tg_child_run(write_workbook, &making, made, err);
    if (!status)
        status = tg_file_read_whole(made, WORKBOOK_MAX, bytes, err);
    tg_file_remove(made);
    return status;
}

/* The library does not look whether its temporary files took what it wrote. So the workbook is made
 * twice, with those files on different media where there are two: a write that was lost shows. */
static enum tg_status make_twice(const struct tg_view *v, const char *made, const char *dir,
                                 const char *memory, struct tg_buf *bytes, struct tg_error *err)
{
    struct tg_buf again = {0};
    enum tg_status status = make_bytes(v, made, dir, bytes, err);
    if (!status)
        status = make_bytes(v, made, memory ? memory : dir, &again, err);
    if (!status && (bytes->len != again.len || memcmp(bytes->data, again.data, again.len) != 0))
        status = TG_FAIL(err, TG_MSG_WRITE_FAILED, .file = made);
    tg_buf_free(&again);
    return status;
}

/* Nor whether they went: they get folders of their own, which have to. */
static enum tg_status write_checked(const struct tg_view *v, const char *path, const char *made,
                                    const char *dir, struct tg_error *err)
{
    struct tg_arena arena = {0};
    struct tg_buf bytes = {0};
    char *memory = NULL;
    char *above = tg_path_dir(&arena, path, err);
    enum tg_status status = above ? TG_OK : TG_NO_MEMORY;
    if (!status && !tg_dir_exists(above))
        status = TG_FAIL(err, TG_MSG_OUTPUT_CREATE, .file = path);
    if (!status)
        status = tg_dir_make(dir, err);
    if (!status)
        status = tg_dir_make_in_memory(&arena, &memory, err);
    if (!status)
        status = make_twice(v, made, dir, memory, &bytes, err);
    if (memory)
        tg_dir_discard(memory);
    if (status)
        tg_dir_discard(dir);
    else
        status = tg_dir_remove(dir, err);
    if (!status)
        status = tg_file_write_whole(path, bytes.data, bytes.len, 0600, false, err);
    tg_buf_free(&bytes);
    tg_arena_free(&arena);
    return status;
}

static char *with_suffix(struct tg_arena *arena, const char *path, const char *suffix,
                         struct tg_error *err)
{
    struct tg_buf name = {0};
    enum tg_status status = tg_buf_printf(&name, err, "%s%s", path, suffix);
    char *kept = status ? NULL : tg_arena_strndup(arena, (const char *)name.data, name.len, err);
    tg_buf_free(&name);
    return kept;
}

enum tg_status tg_report_xlsx(const struct tg_report *r, const char *path, struct tg_error *err)
{
    struct tg_arena arena = {0};
    struct tg_view v = {0};
    char *dir = with_suffix(&arena, path, ".parts", err);
    char *made = dir ? with_suffix(&arena, dir, "/workbook", err) : NULL;
    enum tg_status status = made ? tg_view_make(r, &v, err) : TG_NO_MEMORY;
    if (!status)
        status = write_checked(&v, path, made, dir, err);
    tg_view_free(&v);
    tg_arena_free(&arena);
    return status;
}
