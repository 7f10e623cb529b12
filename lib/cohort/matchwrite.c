/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/matchwrite.h"

#include "base/reporter.h"
#include "cohort/balance.h"
#include "table/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DECIMALS = 12 };

/* A row with all it is sorted by. */
struct line {
    const char *id;
    uint32_t person, set;
    bool treated;
    double weight;
};

static int by_set(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->set != y->set)
        return x->set < y->set ? -1 : 1;
    if (x->treated != y->treated)
        return x->treated ? -1 : 1;
    return strcmp(x->id, y->id);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->id, ((const struct line *)b)->id);
}

/* Numbers the sets anew, by the id of their first line. */
static enum tg_status number_sets(struct line *lines, size_t n, uint32_t n_sets,
                                  struct tg_error *err)
{
    struct line *heads = tg_calloc(n_sets, sizeof *heads, err);
    uint32_t *number = tg_calloc((size_t)n_sets + 1, sizeof *number, err);
    size_t n_heads = 0;
    if (heads && number) {
        qsort(lines, n, sizeof *lines, by_set);
        for (size_t i = 0; i < n; i++) {
            if (i == 0 || lines[i].set != lines[i - 1].set)
                heads[n_heads++] = lines[i];
        }
        qsort(heads, n_heads, sizeof *heads, by_id);
        for (size_t i = 0; i < n_heads; i++)
            number[heads[i].set] = (uint32_t)(i + 1);
        for (size_t i = 0; i < n; i++)
            lines[i].set = number[lines[i].set];
        qsort(lines, n, sizeof *lines, by_set);
    }
    bool done = heads && number;
    free(heads);
    free(number);
    return done ? TG_OK : TG_NO_MEMORY;
}

static enum tg_status put_line(const struct tg_matching *in, const struct line *l,
                               struct tg_csv_writer *w, struct tg_error *err)
{
    enum tg_status status = tg_csv_put_text(w, l->id, err);
    if (!status)
        status = tg_csv_put_text(w, l->treated ? "participant" : "control", err);
    if (!status)
        status = l->set ? tg_csv_put_int(w, l->set, err) : tg_csv_put(w, "", 0, err);
    if (!status)
        status = tg_csv_put_real(w, l->weight, DECIMALS, err);
    if (!status)
        status = tg_csv_put_real(w, in->eta ? tg_logistic(in->eta[l->person]) : NAN, DECIMALS, err);
    return status ? status : tg_csv_end_row(w, err);
}

static enum tg_status write_sets(const struct tg_matching *in, const struct tg_matched *m,
                                 struct tg_csv_writer *w, struct tg_error *err)
{
    static const char *const header[] = {"id", "arm", "set", "weight", "propensity"};
    struct line *lines = tg_calloc(m->n, sizeof *lines, err);
    if (!lines)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->n; i++) {
        const struct tg_matched_row *r = &m->rows[i];
        lines[i] = (struct line){in->sample->ids.texts[r->person], r->person, r->set,
                                 in->sample->treated[r->person], r->weight};
    }
    enum tg_status status = TG_OK;
    if (m->n_sets)
        status = number_sets(lines, m->n, m->n_sets, err);
    else
        qsort(lines, m->n, sizeof *lines, by_id);
    if (!status)
        status = tg_csv_put_row(w, header, 5, err);
    for (size_t i = 0; i < m->n && !status; i++)
        status = put_line(in, &lines[i], w, err);
    free(lines);
    return status;
}

static enum tg_status write_unmatched(const struct tg_matching *in, const struct tg_matched *m,
                                      struct tg_csv_writer *w, struct tg_error *err)
{
    static const char *const header[] = {"id", "reason"};
    static const char *const reasons[] = {
        [TG_NO_STRATUM] = "no_control_in_stratum",
        [TG_OUTSIDE_CALIPER] = "outside_caliper",
        [TG_USED_UP] = "controls_used_up",
    };
    struct line *lines = tg_calloc(m->n_unmatched, sizeof *lines, err);
    if (!lines)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->n_unmatched; i++)
        lines[i] = (struct line){.id = in->sample->ids.texts[m->unmatched[i].person],
                                 .set = (uint32_t)m->unmatched[i].why};
    qsort(lines, m->n_unmatched, sizeof *lines, by_id);
    enum tg_status status = tg_csv_put_row(w, header, 2, err);
    for (size_t i = 0; i < m->n_unmatched && !status; i++) {
        const char *const cells[] = {lines[i].id, reasons[lines[i].set]};
        status = tg_csv_put_row(w, cells, 2, err);
    }
    free(lines);
    return status;
}

static enum tg_status put_balance(struct tg_csv_writer *w, const struct tg_balance_row *b,
                                  struct tg_error *err)
{
    const double numbers[] = {
        b->participants,       b->controls_before,
        b->controls_after,     b->smd_before,
        b->smd_after,          b->variance_ratio_after,
        b->participants_after, b->variance_ratio_before,
        b->ecdf_max_before,    b->ecdf_max_after,
    };
    enum tg_status status = tg_csv_put_text(w, b->covariate, err);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && !status; i++)
        status = tg_csv_put_real(w, numbers[i], DECIMALS, err);
    return status ? status : tg_csv_end_row(w, err);
}

/* What matching was to balance: not the linear predictor, no products. */
static void judge(const struct tg_matching *in, const struct tg_balance_row *b,
                  struct tg_match_counts *counts)
{
    char rule[32];
    double smd = fabs(b->smd_after);
    counts->worst_smd = fmax(counts->worst_smd, smd);
    if (!(smd >= TG_UNBALANCED))
        return;
    counts->unbalanced++;
    (void)snprintf(rule, sizeof rule, "%.3f", b->smd_after);
    TG_WARN(in->reporter, TG_MSG_MATCH_UNBALANCED, .column = b->covariate, .rule = rule);
}

static enum tg_status write_balance(const struct tg_matching *in, const struct tg_matched *m,
                                    struct tg_csv_writer *w, struct tg_match_counts *counts,
                                    struct tg_error *err)
{
    struct tg_balance b;
    unsigned wishes = w ? TG_BALANCE_ECDF : 0;
    if (w && in->options->interactions)
        wishes |= TG_BALANCE_PRODUCTS | TG_BALANCE_PRODUCTS_ECDF;
    enum tg_status status = tg_balance_make(in->sample, in->design, m, w ? in->eta : NULL, NULL,
                                            wishes, in->reporter, &b, err);
    size_t first = w && in->eta;
    for (size_t i = first; i < b.n && !status; i++) {
        if (!b.rows[i].product)
            judge(in, &b.rows[i], counts);
    }
    if (!status && w)
        status = tg_csv_put_row(w, tg_balance_header, TG_BALANCE_COLUMNS, err);
    for (size_t i = 0; w && i < b.n && !status; i++)
        status = put_balance(w, &b.rows[i], err);
    counts->effective_controls = b.effective_controls;
    tg_balance_free(&b);
    return status;
}

enum { SETS, UNMATCHED, BALANCE, N_FILES };

static enum tg_status put_in_place(struct tg_csv_writer *w[N_FILES], struct tg_error *err)
{
    struct tg_output *outputs[N_FILES] = {NULL}, **there[N_FILES];
    size_t n = 0;
    enum tg_status status = TG_OK;
    for (int i = 0; i < N_FILES && !status; i++) {
        if (!w[i])
            continue;
        status = tg_csv_finish(&w[i], NULL, &outputs[i], err);
        there[n++] = &outputs[i];
    }
    if (!status)
        return tg_output_commit_all(there, n, err);
    for (int i = 0; i < N_FILES; i++)
        tg_output_discard(&outputs[i]);
    return status;
}

enum tg_status tg_match_write(const struct tg_matching *in, const struct tg_matched *matched,
                              struct tg_match_counts *counts, struct tg_error *err)
{
    const struct tg_match_options *o = in->options;
    const char *const paths[N_FILES] = {o->output, o->unmatched, o->balance};
    struct tg_csv_writer *w[N_FILES] = {NULL};
    enum tg_status status = TG_OK;
    for (int i = 0; i < N_FILES && !status; i++) {
        unsigned flags = (o->force ? (unsigned)TG_OUTPUT_FORCE : 0u) |
                         (i == BALANCE ? (unsigned)TG_OUTPUT_PUBLIC : 0u);
        status = paths[i] ? tg_csv_create(paths[i], flags, &w[i], err) : TG_OK;
    }
    if (!status)
        status = write_sets(in, matched, w[SETS], err);
    if (!status && w[UNMATCHED])
        status = write_unmatched(in, matched, w[UNMATCHED], err);
    if (!status)
        status = write_balance(in, matched, w[BALANCE], counts, err);
    if (!status)
        status = put_in_place(w, err);
    for (int i = 0; i < N_FILES; i++)
        tg_csv_discard(&w[i]);
    return status;
}
