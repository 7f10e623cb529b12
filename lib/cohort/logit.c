/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/logit.h"

#include "base/reporter.h"
#include "sys/parallel.h"
#include "sys/thread.h"

#include <lapacke.h>

#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 256, /* of a block whose terms stand side by side */
    BATCH = 64, /* blocks that are made, and then added up */
    THREADS_MAX = 4,
    MOST_ITERATIONS = 25,
    BITS = 40,
};

#define STEP_DONE  1e-9  /* in standard deviations; the error left is its square */
#define DEPENDENT  1e-11 /* share of a term's variance that the others leave */
#define LOG_3      1.0986122886681098
#define START_MEAN 0.75

/* What the rows weigh: as correlations want it; at the start; then by what is known so far. */
enum phase { CORRELATING, STARTING, GOING_ON };

/* Terms in use, standardised, with a leading column of ones. */
struct fitting {
    const struct tg_sample *sample;
    const struct tg_model *design;
    const struct tg_reporter *reporter;
    size_t *use; /* terms */
    size_t p;    /* columns: the terms in use and the constant */
    double *gram, *right, *beta;

    /* a batch of blocks: columns of ROWS each, and for each row its weight and response */
    enum phase phase;
    uint32_t first; /* row */
    size_t n_blocks, n_threads;
    double *blocks, *weights, *z;
};

double tg_exp(double x)
{
    static const double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
    if (isnan(x))
        return x;
    if (x > 709)
        return INFINITY;
    if (x < -708)
        return 0;
    double k = floor(x * 1.4426950408889634 + 0.5);
    double r = (x - k * ln2_high) - k * ln2_low;
    double sum = 1;
    for (int i = 14; i > 0; i--)
        sum = 1 + r * sum / i;
    return ldexp(sum, (int)k);
}

double tg_logistic(double eta)
{
    return 1 / (1 + tg_exp(-eta));
}

static double round_bits(double x)
{
    int exponent;
    double m = frexp(x, &exponent);
    return ldexp(floor(ldexp(m, BITS) + 0.5), exponent - BITS);
}

enum tg_status tg_independent(const double *gram, size_t p, bool *kept, struct tg_error *err)
{
    double *l = tg_calloc(p * p, sizeof *l, err);
    if (!l)
        return TG_NO_MEMORY;
    for (size_t j = 0; j < p; j++) {
        double left = gram[j * p + j];
        for (size_t k = 0; k < j; k++) {
            if (!kept[k])
                continue;
            double x = gram[j * p + k];
            for (size_t m = 0; m < k; m++)
                x -= l[j * p + m] * l[k * p + m];
            l[j * p + k] = x / l[k * p + k];
            left -= l[j * p + k] * l[j * p + k];
        }
        kept[j] = left > DEPENDENT;
        l[j * p + j] = kept[j] ? sqrt(left) : 0;
    }
    free(l);
    return TG_OK;
}

static double *block_of(const struct fitting *f, size_t b)
{
    return f->blocks + b * f->p * ROWS;
}

static size_t rows_of(const struct fitting *f, size_t b)
{
    size_t before = f->first + b * ROWS;
    return f->sample->n - before < ROWS ? f->sample->n - before : (size_t)ROWS;
}

/* Column by column, so that sums run along memory. */
static void fill_block(const struct fitting *f, size_t b)
{
    size_t n = rows_of(f, b);
    uint32_t first = f->first + (uint32_t)(b * ROWS);
    double *block = block_of(f, b);
    for (size_t i = 0; i < n; i++)
        block[i] = 1;
    for (size_t j = 1; j < f->p; j++) {
        const struct tg_term *t = &f->design->terms[f->use[j - 1]];
        double *to = block + j * ROWS;
        for (size_t i = 0; i < n; i++)
            to[i] = (tg_term_value(t, first + (uint32_t)i) - t->mean) / t->sd;
    }
}

/* Four sums in turn: a fixed order that processors can do side by side. */
static double dot(const double *a, const double *b, size_t n)
{
    double s[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (size_t k = 0; k < 4; k++)
            s[k] += a[i + k] * b[i + k];
    }
    for (; i < n; i++)
        s[0] += a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static double predict(const struct fitting *f, const double *block, size_t i)
{
    double eta = 0;
    for (size_t j = 0; j < f->p; j++)
        eta += f->beta[j] * block[j * ROWS + i];
    return eta;
}

/* Working weights and responses of a block; the first time as R starts: half way to the data. */
static void weigh_block(const struct fitting *f, size_t b)
{
    bool start = f->phase == STARTING;
    const bool *treated = f->sample->treated + f->first + b * ROWS;
    double *weight = f->weights + b * ROWS, *z = f->z + b * ROWS;
    for (size_t i = 0; i < rows_of(f, b); i++) {
        if (f->phase == CORRELATING) {
            weight[i] = 1 / (double)f->sample->n;
            z[i] = 0;
            continue;
        }
        bool y = treated[i];
        double eta = start ? (y ? LOG_3 : -LOG_3) : predict(f, block_of(f, b), i);
        double mu = start ? (y ? START_MEAN : 1 - START_MEAN) : tg_logistic(eta);
        weight[i] = mu * (1 - mu);
        z[i] = weight[i] > 0 ? eta + (y - mu) / weight[i] : eta;
    }
}

static enum tg_status make_blocks(void *ctx, size_t thread, struct tg_error *err)
{
    const struct fitting *f = ctx;
    (void)err;
    for (size_t b = thread; b < f->n_blocks; b += f->n_threads) {
        fill_block(f, b);
        weigh_block(f, b);
    }
    return TG_OK;
}

/* Adds blocks to rows of XᵀWX (lower triangle) and XᵀWz: each sum is one thread's, block by block.
 */
static enum tg_status add_blocks(void *ctx, size_t thread, struct tg_error *err)
{
    const struct fitting *f = ctx;
    double weighted[ROWS];
    (void)err;
    for (size_t j = thread; j < f->p; j += f->n_threads) {
        for (size_t b = 0; b < f->n_blocks; b++) {
            size_t n = rows_of(f, b);
            const double *block = block_of(f, b), *weight = f->weights + b * ROWS;
            for (size_t i = 0; i < n; i++)
                weighted[i] = weight[i] * block[j * ROWS + i];
            for (size_t k = 0; k <= j; k++)
                f->gram[j * f->p + k] += dot(weighted, block + k * ROWS, n);
            f->right[j] += dot(weighted, f->z + b * ROWS, n);
        }
    }
    return TG_OK;
}

static enum tg_status sum_up(struct fitting *f, enum phase phase, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    f->phase = phase;
    memset(f->gram, 0, f->p * f->p * sizeof *f->gram);
    memset(f->right, 0, f->p * sizeof *f->right);
    for (uint64_t first = 0; first < f->sample->n && !status; first += ROWS * BATCH) {
        uint64_t blocks = (f->sample->n - first + ROWS - 1) / ROWS;
        f->first = (uint32_t)first;
        f->n_blocks = blocks < BATCH ? (size_t)blocks : (size_t)BATCH;
        status = tg_parallel(make_blocks, f, f->n_threads, err);
        if (!status)
            status = tg_parallel(add_blocks, f, f->n_threads, err);
    }
    return status ? status : tg_progress(f->reporter, "regression", 0, 0, err);
}

/* One step. `*size`: the largest change of a coefficient; negative: the equations have no
 * solution any more. */
static enum tg_status iterate(struct fitting *f, bool start, double *size, struct tg_error *err)
{
    enum tg_status status = sum_up(f, start ? STARTING : GOING_ON, err);
    if (status)
        return status;
    lapack_int p = (lapack_int)f->p;
    lapack_int info = LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', p, 1, f->gram, p, f->right, 1);
    *size = -1;
    if (info < 0)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    for (size_t j = 0; j < f->p && info == 0; j++) {
        if (!isfinite(f->right[j]))
            return TG_OK;
        *size = fmax(*size, fabs(f->right[j] - f->beta[j]));
    }
    if (info == 0)
        memcpy(f->beta, f->right, f->p * sizeof *f->beta);
    return TG_OK;
}

static enum tg_status iterate_all(struct fitting *f, struct tg_logit *out, struct tg_error *err)
{
    while (out->iterations < MOST_ITERATIONS && !out->converged) {
        double size;
        enum tg_status status = iterate(f, out->iterations == 0, &size, err);
        if (status)
            return status;
        if (size < 0)
            break;
        out->iterations++;
        out->converged = size < STEP_DONE;
    }
    return TG_OK;
}

/* Which terms are of use, by their correlations. */
static enum tg_status choose_terms(struct fitting *f, const char *file, struct tg_error *err)
{
    bool *kept = tg_calloc(f->p, sizeof *kept, err);
    if (!kept)
        return TG_NO_MEMORY;
    enum tg_status status = sum_up(f, CORRELATING, err);
    if (!status)
        status = tg_independent(f->gram, f->p, kept, err);
    size_t p = 1;
    for (size_t j = 1; j < f->p && !status; j++) {
        if (kept[j])
            f->use[p++ - 1] = f->use[j - 1];
        else
            TG_WARN(f->reporter, TG_MSG_MATCH_COLLINEAR, .file = file,
                    .column = f->design->terms[f->use[j - 1]].name);
    }
    f->p = p;
    free(kept);
    return status;
}

static enum tg_status begin(struct fitting *f, const char *file, struct tg_error *err)
{
    size_t most = f->design->n + 1;
    f->use = tg_calloc(most, sizeof *f->use, err);
    f->n_threads = f->sample->n > ROWS * BATCH ? tg_cpu_count() : 1;
    f->n_threads = f->n_threads < THREADS_MAX ? f->n_threads : (size_t)THREADS_MAX;
    f->blocks = tg_calloc(most * ROWS, BATCH * sizeof *f->blocks, err);
    f->weights = tg_calloc((size_t)ROWS * BATCH, sizeof *f->weights, err);
    f->z = tg_calloc((size_t)ROWS * BATCH, sizeof *f->z, err);
    f->gram = tg_calloc(most * most, sizeof *f->gram, err);
    f->right = tg_calloc(most, sizeof *f->right, err);
    f->beta = tg_calloc(most, sizeof *f->beta, err);
    if (!f->use || !f->blocks || !f->weights || !f->z || !f->gram || !f->right || !f->beta)
        return TG_NO_MEMORY;
    f->p = 1;
    for (size_t j = 0; j < f->design->n; j++) {
        const struct tg_term *t = &f->design->terms[j];
        if (t->sd > 0 && !t->reference)
            f->use[f->p++ - 1] = j;
        else if (!t->reference)
            TG_WARN(f->reporter, TG_MSG_MATCH_COLLINEAR, .file = file, .column = t->name);
    }
    return choose_terms(f, file, err);
}

/* Back from standard deviations, rounded. */
static void unscale(const struct fitting *f, struct tg_logit *out)
{
    double intercept = f->beta[0], largest = -1;
    for (size_t j = 0; j < f->design->n; j++)
        out->coefficients[j] = NAN;
    for (size_t j = 1; j < f->p; j++) {
        const struct tg_term *t = &f->design->terms[f->use[j - 1]];
        out->coefficients[f->use[j - 1]] = round_bits(f->beta[j] / t->sd);
        intercept -= f->beta[j] / t->sd * t->mean;
        if (fabs(f->beta[j]) > largest) {
            largest = fabs(f->beta[j]);
            out->separating = f->use[j - 1];
        }
    }
    out->intercept = round_bits(intercept);
}

static void predict_all(const struct fitting *f, struct tg_logit *out)
{
    for (uint32_t i = 0; i < f->sample->n; i++) {
        double eta = out->intercept;
        for (size_t j = 1; j < f->p; j++) {
            size_t term = f->use[j - 1];
            eta += out->coefficients[term] * tg_term_value(&f->design->terms[term], i);
        }
        out->eta[i] = eta;
    }
}

static enum tg_status judge(const struct fitting *f, const struct tg_logit *fit, const char *file,
                            struct tg_error *err)
{
    if (fit->converged || f->p < 2)
        return TG_OK;
    double lowest[2] = {INFINITY, INFINITY}, highest[2] = {-INFINITY, -INFINITY};
    for (uint32_t i = 0; i < f->sample->n; i++) {
        bool arm = f->sample->treated[i];
        lowest[arm] = fmin(lowest[arm], fit->eta[i]);
        highest[arm] = fmax(highest[arm], fit->eta[i]);
    }
    const char *name = f->design->terms[fit->separating].name;
    if (lowest[1] > highest[0])
        return TG_FAIL(err, TG_MSG_MATCH_SEPARATED, .file = file, .column = name);
    TG_WARN(f->reporter, TG_MSG_MATCH_SEPARATION, .file = file, .column = name);
    return TG_OK;
}

enum tg_status tg_logit_fit(const struct tg_sample *sample, const struct tg_model *design,
                            const char *file, const struct tg_reporter *reporter,
                            struct tg_logit *out, struct tg_error *err)
{
    struct fitting f = {.sample = sample, .design = design, .reporter = reporter};
    *out = (struct tg_logit){.eta = tg_calloc(sample->n, sizeof *out->eta, err),
                             .coefficients = tg_calloc(design->n, sizeof(double), err)};
    enum tg_status status = out->eta && out->coefficients ? TG_OK : TG_NO_MEMORY;
    if (!status)
        status = begin(&f, file, err);
    if (!status)
        status = iterate_all(&f, out, err);
    if (!status) {
        unscale(&f, out);
        predict_all(&f, out);
        status = judge(&f, out, file, err);
    }
    free(f.use);
    free(f.blocks);
    free(f.weights);
    free(f.z);
    free(f.gram);
    free(f.right);
    free(f.beta);
    return status;
}

void tg_logit_free(struct tg_logit *logit)
{
    free(logit->eta);
    free(logit->coefficients);
    *logit = (struct tg_logit){0};
}
