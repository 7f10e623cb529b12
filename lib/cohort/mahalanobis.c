/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/matched.h"

#include <lapacke.h>

#include <stdlib.h>

/* Covariance of the terms within the arms, of standardised values. */
struct pooling {
    const struct tg_sample *sample;
    const struct tg_model *design;
    size_t *use;
    size_t q;
    double *mean[2]; /* by arm and term */
    double *covariance;
};

static double standard(const struct tg_term *t, uint32_t person)
{
    return (tg_term_value(t, person) - t->mean) / t->sd;
}

static void pool(struct pooling *p)
{
    const struct tg_sample *s = p->sample;
    const uint32_t n[2] = {s->n - s->n_treated, s->n_treated};
    for (uint32_t i = 0; i < s->n; i++) {
        bool arm = s->treated[i];
        for (size_t j = 0; j < p->q; j++)
            p->mean[arm][j] += standard(&p->design->terms[p->use[j]], i) / n[arm];
    }
    double row[TG_TERMS_MAX];
    for (uint32_t i = 0; i < s->n; i++) {
        for (size_t j = 0; j < p->q; j++) {
            row[j] = standard(&p->design->terms[p->use[j]], i) - p->mean[s->treated[i]][j];
            for (size_t k = 0; k <= j; k++)
                p->covariance[j * p->q + k] += row[j] * row[k];
        }
    }
    double freedom = s->n > 2 ? (double)s->n - 2 : 1;
    for (size_t i = 0; i < p->q * p->q; i++)
        p->covariance[i] /= freedom;
}

/* Leaves out terms that follow from others: they add nothing to any distance. */
static enum tg_status reduce(struct pooling *p, struct tg_error *err)
{
    bool kept[TG_TERMS_MAX];
    double *correlation = tg_calloc(p->q * p->q, sizeof *correlation, err);
    if (!correlation)
        return TG_NO_MEMORY;
    for (size_t j = 0; j < p->q; j++) {
        for (size_t k = 0; k <= j; k++) {
            double scale = sqrt(p->covariance[j * p->q + j] * p->covariance[k * p->q + k]);
            correlation[j * p->q + k] = scale > 0 ? p->covariance[j * p->q + k] / scale : 0;
        }
    }
    enum tg_status status = tg_independent(correlation, p->q, kept, err);
    free(correlation);
    if (status)
        return status;
    size_t q = 0;
    for (size_t j = 0; j < p->q; j++) {
        if (!kept[j])
            continue;
        for (size_t k = 0, to = 0; k <= j; k++) {
            if (kept[k])
                p->covariance[q * p->q + to++] = p->covariance[j * p->q + k];
        }
        p->use[q++] = p->use[j];
    }
    for (size_t j = 0; j < q; j++) {
        for (size_t k = 0; k <= j; k++)
            p->covariance[j * q + k] = p->covariance[j * p->q + k];
    }
    p->q = q;
    return TG_OK;
}

/* L of LLᵀ = covariance; L⁻¹x has the identity as covariance. */
static enum tg_status transform(const struct pooling *p, struct tg_whitened *out,
                                struct tg_error *err)
{
    lapack_int q = (lapack_int)p->q;
    if (q && LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', q, p->covariance, q) != 0)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "independent terms have a Cholesky decomposition");
    out->q = p->q;
    out->coordinates = tg_calloc(p->q, p->sample->n * sizeof(double), err);
    if (!out->coordinates)
        return TG_NO_MEMORY;
    for (uint32_t i = 0; i < p->sample->n; i++) {
        double *x = out->coordinates + (size_t)i * p->q;
        for (size_t j = 0; j < p->q; j++) {
            x[j] = standard(&p->design->terms[p->use[j]], i);
            for (size_t k = 0; k < j; k++)
                x[j] -= p->covariance[j * p->q + k] * x[k];
            x[j] /= p->covariance[j * p->q + j];
        }
    }
    return TG_OK;
}

enum tg_status tg_whiten(const struct tg_sample *sample, const struct tg_model *design,
                         struct tg_whitened *out, struct tg_error *err)
{
    struct pooling p = {.sample = sample, .design = design};
    size_t n = design->n;
    p.use = tg_calloc(n, sizeof *p.use, err);
    p.mean[0] = tg_calloc(n, sizeof(double), err);
    p.mean[1] = tg_calloc(n, sizeof(double), err);
    p.covariance = tg_calloc(n * n, sizeof(double), err);
    enum tg_status status = TG_NO_MEMORY;
    if (p.use && p.mean[0] && p.mean[1] && p.covariance) {
        for (size_t j = 0; j < n; j++) {
            if (design->terms[j].sd > 0 && !design->terms[j].reference)
                p.use[p.q++] = j;
        }
        pool(&p);
        status = reduce(&p, err);
    }
    if (!status)
        status = transform(&p, out, err);
    free(p.use);
    free(p.mean[0]);
    free(p.mean[1]);
    free(p.covariance);
    return status;
}

void tg_whitened_free(struct tg_whitened *w)
{
    free(w->coordinates);
    *w = (struct tg_whitened){0};
}
