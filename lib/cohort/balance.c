/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/balance.h"

#include "base/reporter.h"
#include "sys/parallel.h"
#include "sys/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const tg_balance_header[TG_BALANCE_COLUMNS] = {"covariate",
                                                           "participants",
                                                           "controls_before",
                                                           "controls_after",
                                                           "smd_before",
                                                           "smd_after",
                                                           "variance_ratio_after",
                                                           "participants_after",
                                                           "variance_ratio_before",
                                                           "ecdf_max_before",
                                                           "ecdf_max_after"};

enum {
    NAME_MAX_LEN = 256,
    THREADS_MAX = 4, /* 8 bytes a person each */
};

/* The order of tg_balance_row.n. */
enum { PARTICIPANTS, CONTROLS, CONTROLS_LEFT, PARTICIPANTS_LEFT };

/* What a row compares: a term or the product of two; none: the linear predictor. */
struct compared {
    const struct tg_term *a, *b;
};

/* All rows of a table; each is found by itself, so it does not matter by which thread. The first
 * thread begins with the first row. The others begin with the last one, as long as nothing has to
 * be sorted, and so need no room for that. */
struct table {
    struct tg_comparing *comparing; /* by thread */
    size_t n_threads;
    const double *eta;
    struct compared *rows;
    size_t cap;
    size_t n_plain; /* rows at the end that are not sorted */
    bool sort_products;
    struct tg_balance *out;
    const struct tg_reporter *reporter;
    struct tg_mutex *mutex;
    size_t front, back; /* rows taken from both ends; under the mutex */
};

static enum tg_status add(struct table *t, const char *text, struct compared what,
                          const uint64_t n[TG_BALANCE_GROUPS], struct tg_error *err)
{
    struct tg_balance *b = t->out;
    enum tg_status status = tg_grow(&b->rows, &b->cap, b->n + 1, sizeof *b->rows, err);
    if (!status)
        status = tg_grow(&t->rows, &t->cap, b->n + 1, sizeof *t->rows, err);
    const char *name = status ? NULL : tg_arena_strndup(&b->names, text, strlen(text), err);
    if (!name)
        return TG_NO_MEMORY;
    t->rows[b->n] = what;
    struct tg_balance_row *row = &b->rows[b->n++];
    *row = (struct tg_balance_row){.covariate = name, .product = what.b != NULL};
    memcpy(row->n, n, sizeof row->n);
    return TG_OK;
}

static void set(struct tg_balance_row *row, const struct tg_alike *a)
{
    row->binary = a->binary;
    row->participants = a->participants[TG_BEFORE];
    row->controls_before = a->controls[TG_BEFORE];
    row->controls_after = a->controls[TG_AFTER];
    row->smd_before = a->smd[TG_BEFORE];
    row->smd_after = a->smd[TG_AFTER];
    row->variance_ratio_after = a->variance_ratio[TG_AFTER];
    row->participants_after = a->participants[TG_AFTER];
    row->variance_ratio_before = a->variance_ratio[TG_BEFORE];
    row->ecdf_max_before = a->ecdf_max[TG_BEFORE];
    row->ecdf_max_after = a->ecdf_max[TG_AFTER];
}

static void count_people(const struct tg_comparing *c, uint64_t n[TG_BALANCE_GROUPS])
{
    memset(n, 0, TG_BALANCE_GROUPS * sizeof *n);
    for (uint32_t i = 0; i < c->sample->n; i++) {
        bool treated = c->sample->treated[i], left = c->weights[i] > 0;
        if (c->left_out && c->left_out[i])
            continue;
        n[treated ? PARTICIPANTS : CONTROLS]++;
        n[treated ? PARTICIPANTS_LEFT : CONTROLS_LEFT] += left;
    }
}

static void fill(struct tg_comparing *c, const double *eta, struct compared what)
{
    if (!what.a) {
        memcpy(c->values, eta, c->sample->n * sizeof *eta);
        return;
    }
    for (uint32_t i = 0; i < c->sample->n; i++)
        c->values[i] = tg_term_value(what.a, i) * (what.b ? tg_term_value(what.b, i) : 1);
}

/* Squares of numbers and products of terms; levels of one text exclude each other. */
static enum tg_status add_products(struct table *t, const struct tg_model *design,
                                   const uint64_t *n, struct tg_error *err)
{
    char text[NAME_MAX_LEN];
    enum tg_status status = TG_OK;
    for (size_t j = 0; j < design->n && !status; j++) {
        const struct tg_term *a = &design->terms[j];
        for (size_t k = j; k < design->n && !status; k++) {
            const struct tg_term *b = &design->terms[k];
            if (j == k ? a->binary : a->column == b->column)
                continue;
            if (a == b)
                (void)snprintf(text, sizeof text, "%s²", a->name);
            else
                (void)snprintf(text, sizeof text, "%s * %s", a->name, b->name);
            status = add(t, text, (struct compared){a, b}, n, err);
        }
    }
    return status;
}

static enum tg_status list_rows(struct table *t, const struct tg_model *design, unsigned wishes,
                                struct tg_error *err)
{
    uint64_t n[TG_BALANCE_GROUPS];
    enum tg_status status = TG_OK;
    count_people(&t->comparing[0], n);
    if (t->eta)
        status = add(t, "distance", (struct compared){NULL, NULL}, n, err);
    for (size_t j = 0; j < design->n && !status; j++)
        status = add(t, design->terms[j].name, (struct compared){&design->terms[j], NULL}, n, err);
    size_t n_terms = t->out->n;
    if (!status && (wishes & TG_BALANCE_PRODUCTS))
        status = add_products(t, design, n, err);
    t->n_plain = !(wishes & TG_BALANCE_ECDF) ? t->out->n
                 : t->sort_products          ? 0
                                             : t->out->n - n_terms;
    return status;
}

/* The next row for a thread; false: there is none any more. */
static bool take(struct table *t, size_t thread, size_t *row)
{
    tg_mutex_lock(t->mutex);
    bool any = t->front + t->back < t->out->n && (thread == 0 || t->back < t->n_plain);
    if (any)
        *row = thread == 0 ? t->front++ : t->out->n - ++t->back;
    tg_mutex_unlock(t->mutex);
    return any;
}

static void stop(struct table *t)
{
    tg_mutex_lock(t->mutex);
    t->front = t->out->n;
    tg_mutex_unlock(t->mutex);
}

/* The first thread is the caller's, and tells of progress. */
static enum tg_status compare_rows(void *ctx, size_t thread, struct tg_error *err)
{
    struct table *t = ctx;
    struct tg_comparing *c = &t->comparing[thread];
    struct tg_comparing plain = *c;
    enum tg_status status = TG_OK;
    plain.order = plain.scratch = NULL;
    for (size_t i; !status && take(t, thread, &i);) {
        struct tg_balance_row *row = &t->out->rows[i];
        struct tg_comparing *with = row->product && !t->sort_products ? &plain : c;
        fill(with, t->eta, t->rows[i]);
        struct tg_alike alike = tg_compare(with);
        set(row, &alike);
        if (thread == 0)
            status = tg_progress(t->reporter, row->product ? "products" : "covariates", i,
                                 t->out->n, err);
    }
    if (status)
        stop(t);
    return status;
}

static enum tg_status begin(struct table *t, const struct tg_sample *sample,
                            const struct tg_matched *matched, const bool *left_out, bool sorted,
                            struct tg_error *err)
{
    size_t n = tg_cpu_count();
    t->n_threads = n < THREADS_MAX ? n : (size_t)THREADS_MAX;
    t->comparing = tg_calloc(t->n_threads, sizeof *t->comparing, err);
    if (!t->comparing)
        return TG_NO_MEMORY;
    enum tg_status status = tg_comparing_begin(sample, matched, sorted, &t->comparing[0], err);
    t->comparing[0].left_out = left_out;
    if (!status)
        status = tg_mutex_new(&t->mutex, err);
    for (size_t i = 1; i < t->n_threads && !status; i++)
        status = tg_comparing_share(&t->comparing[0], &t->comparing[i], err);
    return status;
}

enum tg_status tg_balance_make(const struct tg_sample *sample, const struct tg_model *design,
                               const struct tg_matched *matched, const double *eta,
                               const bool *left_out, unsigned wishes,
                               const struct tg_reporter *reporter, struct tg_balance *out,
                               struct tg_error *err)
{
    struct table t = {.eta = eta,
                      .sort_products = (wishes & TG_BALANCE_PRODUCTS_ECDF) != 0,
                      .out = out,
                      .reporter = reporter};
    *out = (struct tg_balance){.effective_controls = NAN};
    enum tg_status status =
        begin(&t, sample, matched, left_out, (wishes & TG_BALANCE_ECDF) != 0, err);
    if (!status)
        status = list_rows(&t, design, wishes, err);
    if (!status)
        status = tg_parallel(compare_rows, &t, t.n_threads, err);
    if (!status)
        out->effective_controls = tg_effective_controls(&t.comparing[0]);
    for (size_t i = t.comparing ? t.n_threads : 0; i-- > 0;)
        tg_comparing_end(&t.comparing[i]);
    tg_mutex_free(&t.mutex);
    free(t.comparing);
    free(t.rows);
    return status;
}

void tg_balance_free(struct tg_balance *b)
{
    free(b->rows);
    tg_arena_free(&b->names);
    *b = (struct tg_balance){0};
}
