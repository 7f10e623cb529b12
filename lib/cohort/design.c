/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/design.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum tg_status add_term(struct tg_model *d, struct tg_term term, const char *level,
                               struct tg_error *err)
{
    const char *name = term.column->name;
    if (d->n == TG_TERMS_MAX)
        return TG_FAIL(err, TG_MSG_MATCH_LEVELS, .column = name, .rule = "500");
    size_t len = strlen(name) + strlen(level) + 2;
    char *text = tg_arena_alloc(&d->names, len, 1, err);
    if (!text)
        return TG_NO_MEMORY;
    const char *between = term.kind == TG_TERM_LEVEL     ? "="
                          : term.kind == TG_TERM_MISSING ? " "
                                                         : "";
    (void)snprintf(text, len, "%s%s%s", name, between, level);
    term.name = text;
    d->terms[d->n++] = term;
    return TG_OK;
}

static double mean_of_known(const struct tg_sample_column *c, uint32_t n)
{
    double sum = 0;
    uint32_t known = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (isnan(c->values[i]))
            continue;
        sum += c->values[i];
        known++;
    }
    return known ? sum / known : 0;
}

static enum tg_status add_number(struct tg_model *d, const struct tg_sample_column *c, uint32_t n,
                                 struct tg_error *err)
{
    struct tg_term term = {.column = c, .kind = TG_TERM_NUMBER};
    if (c->n_missing)
        term.fill = mean_of_known(c, n);
    enum tg_status status = add_term(d, term, "", err);
    if (!status && c->n_missing)
        status =
            add_term(d, (struct tg_term){.column = c, .kind = TG_TERM_MISSING}, "missing", err);
    return status;
}

static enum tg_status add_levels(struct tg_model *d, const struct tg_sample_column *c,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < c->levels.n && !status; i++) {
        struct tg_term term = {
            .column = c, .kind = TG_TERM_LEVEL, .level = (double)i, .reference = i == 0};
        status = add_term(d, term, c->levels.texts[i], err);
    }
    struct tg_term missing = {.column = c, .kind = TG_TERM_LEVEL, .level = NAN};
    return !status && c->n_missing ? add_term(d, missing, "", err) : status;
}

static void describe(struct tg_term *t, uint32_t n)
{
    double sum = 0, squares = 0;
    t->binary = true;
    for (uint32_t i = 0; i < n; i++) {
        double x = tg_term_value(t, i);
        sum += x;
        t->binary &= x == 0 || x == 1;
    }
    t->mean = sum / n;
    for (uint32_t i = 0; i < n; i++) {
        double x = tg_term_value(t, i) - t->mean;
        squares += x * x;
    }
    t->sd = n > 1 ? sqrt(squares / (n - 1)) : 0;
}

enum tg_status tg_model_make(const struct tg_sample *sample, const struct tg_match_options *options,
                             struct tg_model *out, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    *out = (struct tg_model){.terms = tg_calloc(TG_TERMS_MAX, sizeof *out->terms, err)};
    if (!out->terms)
        return TG_NO_MEMORY;
    for (size_t j = 0; j < options->n_covariates && !status; j++) {
        const struct tg_sample_column *c = tg_sample_find(sample, options->covariates[j]);
        bool named_before = false;
        for (size_t k = 0; k < j; k++)
            named_before |= strcmp(options->covariates[j], options->covariates[k]) == 0;
        if (!named_before)
            status = c->text ? add_levels(out, c, err) : add_number(out, c, sample->n, err);
    }
    for (size_t j = 0; j < out->n && !status; j++)
        describe(&out->terms[j], sample->n);
    return status;
}

void tg_model_free(struct tg_model *design)
{
    free(design->terms);
    tg_arena_free(&design->names);
    *design = (struct tg_model){0};
}
