/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/balance.h"

#include "base/reporter.h"

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

enum { NAME_MAX_LEN = 256 };

/* The order of tg_balance_row.n. */
enum { PARTICIPANTS, CONTROLS, CONTROLS_LEFT, PARTICIPANTS_LEFT };

static enum tg_status add(struct tg_balance *b, const struct tg_alike *a, const char *name,
                          bool product, const uint64_t n[TG_BALANCE_GROUPS], struct tg_error *err)
{
    enum tg_status status = tg_grow(&b->rows, &b->cap, b->n + 1, sizeof *b->rows, err);
    if (status)
        return status;
    struct tg_balance_row *row = &b->rows[b->n++];
    *row = (struct tg_balance_row){
        .covariate = name,
        .binary = a->binary,
        .product = product,
        .participants = a->participants[TG_BEFORE],
        .controls_before = a->controls[TG_BEFORE],
        .controls_after = a->controls[TG_AFTER],
        .smd_before = a->smd[TG_BEFORE],
        .smd_after = a->smd[TG_AFTER],
        .variance_ratio_after = a->variance_ratio[TG_AFTER],
        .participants_after = a->participants[TG_AFTER],
        .variance_ratio_before = a->variance_ratio[TG_BEFORE],
        .ecdf_max_before = a->ecdf_max[TG_BEFORE],
        .ecdf_max_after = a->ecdf_max[TG_AFTER],
    };
    memcpy(row->n, n, sizeof row->n);
    return TG_OK;
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

static void fill(struct tg_comparing *c, const struct tg_term *a, const struct tg_term *b)
{
    for (uint32_t i = 0; i < c->sample->n; i++)
        c->values[i] = tg_term_value(a, i) * (b ? tg_term_value(b, i) : 1);
}

static enum tg_status compare_product(struct tg_comparing *c, const struct tg_term *a,
                                      const struct tg_term *b, struct tg_balance *out,
                                      const uint64_t *n, struct tg_error *err)
{
    char text[NAME_MAX_LEN];
    if (a == b)
        (void)snprintf(text, sizeof text, "%s²", a->name);
    else
        (void)snprintf(text, sizeof text, "%s * %s", a->name, b->name);
    const char *name = tg_arena_strndup(&out->names, text, strlen(text), err);
    if (!name)
        return TG_NO_MEMORY;
    fill(c, a, b);
    struct tg_alike alike = tg_compare(c);
    return add(out, &alike, name, true, n, err);
}

/* Squares of numbers and products of terms; levels of one text exclude each other. */
static enum tg_status compare_products(struct tg_comparing *c, const struct tg_model *design,
                                       const struct tg_reporter *reporter, struct tg_balance *out,
                                       const uint64_t *n, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t j = 0; j < design->n && !status; j++) {
        const struct tg_term *a = &design->terms[j];
        for (size_t k = j; k < design->n && !status; k++) {
            const struct tg_term *b = &design->terms[k];
            if (j == k ? a->binary : a->column == b->column)
                continue;
            status = compare_product(c, a, b, out, n, err);
            if (!status)
                status = tg_progress(reporter, "products", j, design->n, err);
        }
    }
    return status;
}

static enum tg_status compare_all(struct tg_comparing *c, const struct tg_model *design,
                                  const double *eta, unsigned wishes,
                                  const struct tg_reporter *reporter, struct tg_balance *out,
                                  struct tg_error *err)
{
    uint64_t n[TG_BALANCE_GROUPS];
    enum tg_status status = TG_OK;
    count_people(c, n);
    if (eta) {
        memcpy(c->values, eta, c->sample->n * sizeof(double));
        struct tg_alike a = tg_compare(c);
        status = add(out, &a, "distance", false, n, err);
    }
    for (size_t j = 0; j < design->n && !status; j++) {
        fill(c, &design->terms[j], NULL);
        struct tg_alike a = tg_compare(c);
        const char *name = tg_arena_strndup(&out->names, design->terms[j].name,
                                            strlen(design->terms[j].name), err);
        status = name ? add(out, &a, name, false, n, err) : TG_NO_MEMORY;
        if (!status)
            status = tg_progress(reporter, "covariates", j, design->n, err);
    }
    if (status || !(wishes & TG_BALANCE_PRODUCTS))
        return status;
    struct tg_comparing plain = *c;
    if (!(wishes & TG_BALANCE_PRODUCTS_ECDF))
        plain.order = NULL;
    return compare_products(&plain, design, reporter, out, n, err);
}

enum tg_status tg_balance_make(const struct tg_sample *sample, const struct tg_model *design,
                               const struct tg_matched *matched, const double *eta,
                               const bool *left_out, unsigned wishes,
                               const struct tg_reporter *reporter, struct tg_balance *out,
                               struct tg_error *err)
{
    struct tg_comparing c;
    *out = (struct tg_balance){.effective_controls = NAN};
    enum tg_status status =
        tg_comparing_begin(sample, matched, (wishes & TG_BALANCE_ECDF) != 0, &c, err);
    c.left_out = left_out;
    if (!status)
        status = compare_all(&c, design, eta, wishes, reporter, out, err);
    if (!status)
        out->effective_controls = tg_effective_controls(&c);
    tg_comparing_end(&c);
    return status;
}

void tg_balance_free(struct tg_balance *b)
{
    free(b->rows);
    tg_arena_free(&b->names);
    *b = (struct tg_balance){0};
}
