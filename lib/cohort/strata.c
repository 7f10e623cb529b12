/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/strata.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What divides strata: the stratum so far and the next column's value. */
struct part {
    uint64_t bits;
    uint32_t stratum;
    uint32_t number; /* + 1; 0: free */
};

struct parts {
    struct part *slots;
    size_t n_slots;
};

static uint64_t bits_of(double x)
{
    uint64_t bits;
    x = isnan(x) ? NAN : x + 0.0; /* one NaN, one zero */
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static struct part *find_part(const struct parts *p, uint32_t stratum, uint64_t bits)
{
    const uint64_t key[2] = {bits, stratum};
    size_t at = (size_t)tg_levels_hash(key, sizeof key) & (p->n_slots - 1);
    while (p->slots[at].number && (p->slots[at].bits != bits || p->slots[at].stratum != stratum))
        at = (at + 1) & (p->n_slots - 1);
    return &p->slots[at];
}

static enum tg_status widen(struct parts *p, struct tg_error *err)
{
    struct parts wide = {.n_slots = p->n_slots ? 2 * p->n_slots : 64};
    wide.slots = tg_calloc(wide.n_slots, sizeof *wide.slots, err);
    if (!wide.slots)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < p->n_slots; i++) {
        const struct part *old = &p->slots[i];
        if (old->number)
            *find_part(&wide, old->stratum, old->bits) = *old;
    }
    free(p->slots);
    *p = wide;
    return TG_OK;
}

/* How many of the cuts, ascending, are at or below x. */
static double coarsen(const double *cuts, size_t n, double x)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cuts[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low;
}

/* @param cuts  ascending; NULL: values divide as they are */
static enum tg_status divide(struct tg_strata *s, const struct tg_sample_column *c, uint32_t n,
                             const double *cuts, size_t n_cuts, struct tg_error *err)
{
    struct parts parts = {0};
    uint32_t found = 0;
    enum tg_status status = TG_OK;
    for (uint32_t i = 0; i < n && !status; i++) {
        if (found >= parts.n_slots / 2)
            status = widen(&parts, err);
        if (status)
            break;
        double x = c->values[i];
        uint64_t bits = bits_of(cuts && !isnan(x) ? coarsen(cuts, n_cuts, x) : x);
        struct part *p = find_part(&parts, s->of[i], bits);
        if (!p->number)
            *p = (struct part){bits, s->of[i], ++found};
        s->of[i] = p->number - 1;
    }
    s->n = found;
    free(parts.slots);
    return status;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Inner edges of ⌈log₂ n + 1⌉ bins of one width (Sturges 1926). */
static enum tg_status cut_automatically(const struct tg_sample_column *c, uint32_t n, double **cuts,
                                        size_t *n_cuts, struct tg_error *err)
{
    double low = INFINITY, high = -INFINITY;
    size_t bins = 1;
    for (uint32_t i = 1; i<n; i = i> UINT32_MAX / 2 ? UINT32_MAX : 2 * i)
        bins++;
    for (uint32_t i = 0; i < n; i++) {
        low = fmin(low, c->values[i]);
        high = fmax(high, c->values[i]);
    }
    *cuts = tg_calloc(bins, sizeof **cuts, err);
    if (!*cuts)
        return TG_NO_MEMORY;
    *n_cuts = low < high ? bins - 1 : 0;
    for (size_t i = 0; i < *n_cuts; i++)
        (*cuts)[i] = low + (double)(i + 1) * ((high - low) / (double)bins);
    return TG_OK;
}

static enum tg_status cut(const struct tg_match_options *o, const struct tg_sample_column *c,
                          uint32_t n, double **cuts, size_t *n_cuts, struct tg_error *err)
{
    for (size_t i = 0; i < o->n_cutpoints; i++) {
        const struct tg_cutpoints *given = &o->cutpoints[i];
        if (strcmp(given->column, c->name) != 0)
            continue;
        *cuts = tg_calloc(given->n, sizeof **cuts, err);
        if (!*cuts)
            return TG_NO_MEMORY;
        *n_cuts = given->n;
        if (given->n)
            memcpy(*cuts, given->cuts, given->n * sizeof **cuts);
        qsort(*cuts, *n_cuts, sizeof **cuts, by_value);
        return TG_OK;
    }
    return cut_automatically(c, n, cuts, n_cuts, err);
}

static enum tg_status divide_by_covariate(struct tg_strata *s, const struct tg_match_options *o,
                                          const struct tg_sample_column *c, uint32_t n,
                                          struct tg_error *err)
{
    double *cuts = NULL;
    size_t n_cuts = 0;
    enum tg_status status = TG_OK;
    if (o->method == TG_MATCH_CEM && !c->text)
        status = cut(o, c, n, &cuts, &n_cuts, err);
    if (!status)
        status = divide(s, c, n, cuts, n_cuts, err);
    free(cuts);
    return status;
}

static enum tg_status check_cutpoints(const struct tg_sample *sample,
                                      const struct tg_match_options *o, struct tg_error *err)
{
    for (size_t i = 0; i < o->n_cutpoints; i++) {
        bool covariate = false;
        const char *name = o->cutpoints[i].column;
        for (size_t j = 0; j < o->n_covariates; j++)
            covariate |= strcmp(o->covariates[j], name) == 0;
        if (!covariate || tg_sample_find(sample, name)->text)
            return TG_FAIL(err, TG_MSG_MATCH_CUTPOINTS, .file = o->input, .column = name);
    }
    return TG_OK;
}

enum tg_status tg_strata_make(const struct tg_sample *sample,
                              const struct tg_match_options *options, struct tg_strata *out,
                              struct tg_error *err)
{
    *out = (struct tg_strata){.of = tg_calloc(sample->n, sizeof *out->of, err), .n = 1};
    if (!out->of)
        return TG_NO_MEMORY;
    enum tg_status status = check_cutpoints(sample, options, err);
    for (size_t j = 0; j < options->n_exact && !status; j++)
        status = divide(out, tg_sample_find(sample, options->exact[j]), sample->n, NULL, 0, err);
    if (options->method != TG_MATCH_EXACT && options->method != TG_MATCH_CEM)
        return status;
    for (size_t j = 0; j < options->n_covariates && !status; j++)
        status = divide_by_covariate(out, options, tg_sample_find(sample, options->covariates[j]),
                                     sample->n, err);
    return status;
}

void tg_strata_free(struct tg_strata *strata)
{
    free(strata->of);
    *strata = (struct tg_strata){0};
}
