/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/match.h>

#include "cohort/matchwrite.h"

#include <stdlib.h>
#include <string.h>

static bool needs_logit(const struct tg_match_options *o)
{
    return o->method != TG_MATCH_EXACT && o->method != TG_MATCH_CEM;
}

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* What a method does not use, nobody must believe it used. */
static enum tg_status check(const struct tg_match_options *o, struct tg_error *err)
{
    const char *wrong = NULL;
    bool nearest = o->method == TG_MATCH_NEAREST;
    if (!o->input || !o->output || !o->treatment)
        return TG_FAIL(err, TG_MSG_USAGE_MISSING, .rule = "--in, --treatment, --output");
    if (o->n_covariates == 0 && (o->method != TG_MATCH_EXACT || o->n_exact == 0))
        return TG_FAIL(err, TG_MSG_USAGE_MISSING, .rule = "--covariates");
    if (is_same(o->output, o->balance) || is_same(o->output, o->unmatched) ||
        is_same(o->balance, o->unmatched))
        return TG_FAIL(err, TG_MSG_INPUT_IS_OUTPUT, .file = o->output);
    if (!nearest && (o->ratio > 1 || o->caliper > 0 || o->replacement))
        wrong = "--ratio, --caliper and --replacement are for --method nearest";
    if (!nearest && o->distance != TG_DISTANCE_LOGIT)
        wrong = "--distance is for --method nearest";
    if (o->method != TG_MATCH_CEM && o->n_cutpoints)
        wrong = "--cutpoints is for --method cem";
    if (o->n_exact && (o->method == TG_MATCH_IPW || o->method == TG_MATCH_OVERLAP))
        wrong = "--exact is for sets, not for weights";
    if (!(o->caliper >= 0))
        wrong = "--caliper is not negative";
    return wrong ? TG_FAIL(err, TG_MSG_MATCH_OPTIONS, .rule = wrong) : TG_OK;
}

static double standard_deviation(const double *x, uint32_t n)
{
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += x[i];
    double mean = sum / n;
    for (uint32_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return n > 1 ? sqrt(squares / (n - 1)) : 0;
}

static void set_caliper(struct tg_matching *in, struct tg_match_counts *counts)
{
    in->width = INFINITY;
    counts->caliper_width = NAN;
    if (in->options->caliper > 0) {
        in->width = in->options->caliper * standard_deviation(in->eta, in->sample->n);
        counts->caliper_width = in->width;
    }
}

static void find_support(const struct tg_matching *in, struct tg_match_counts *counts)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    counts->support_low = counts->support_high = NAN;
    if (!in->eta)
        return;
    for (uint32_t i = 0; i < in->sample->n; i++) {
        bool arm = in->sample->treated[i];
        low[arm] = fmin(low[arm], in->eta[i]);
        high[arm] = fmax(high[arm], in->eta[i]);
    }
    counts->support_low = tg_logistic(fmax(low[0], low[1]));
    counts->support_high = tg_logistic(fmin(high[0], high[1]));
}

static enum tg_status count(const struct tg_matching *in, const struct tg_matched *m,
                            struct tg_match_counts *counts, struct tg_error *err)
{
    uint64_t *const why[TG_N_UNMATCHED] = {&counts->no_stratum, &counts->outside_caliper,
                                           &counts->used_up};
    bool *seen = tg_calloc(in->sample->n, sizeof *seen, err);
    if (!seen)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->n; i++) {
        uint32_t person = m->rows[i].person;
        bool treated = in->sample->treated[person];
        counts->matched += !seen[person] && treated;
        counts->controls_used += !seen[person] && !treated;
        seen[person] = true;
    }
    for (size_t i = 0; i < m->n_unmatched; i++)
        ++*why[m->unmatched[i].why];
    free(seen);
    counts->sets = m->n_sets;
    counts->participants = in->sample->n_treated;
    counts->controls = in->sample->n - in->sample->n_treated;
    find_support(in, counts);
    return TG_OK;
}

static enum tg_status match(const struct tg_matching *in, struct tg_matched *out,
                            struct tg_error *err)
{
    switch (in->options->method) {
    case TG_MATCH_NEAREST:
        return tg_match_nearest(in, out, err);
    case TG_MATCH_EXACT:
    case TG_MATCH_CEM:
        return tg_match_strata(in, out, err);
    case TG_MATCH_IPW:
    case TG_MATCH_OVERLAP:
        return tg_match_weights(in, out, err);
    }
    return TG_FAIL(err, TG_MSG_BUG, .rule = "a method of matching");
}

static enum tg_status match_sample(struct tg_matching *in, struct tg_match_counts *counts,
                                   struct tg_error *err)
{
    struct tg_matched matched = {0};
    set_caliper(in, counts);
    enum tg_status status = match(in, &matched, err);
    if (!status && matched.n == 0)
        status = TG_FAIL(err, TG_MSG_MATCH_NOBODY, .file = in->options->input);
    if (!status)
        status = count(in, &matched, counts, err);
    if (!status)
        status = tg_match_write(in, &matched, counts, err);
    tg_matched_free(&matched);
    return status;
}

enum tg_status tg_match_file(const struct tg_match_options *options,
                             const struct tg_reporter *reporter, struct tg_match_counts *counts,
                             struct tg_error *err)
{
    struct tg_sample sample = {0};
    struct tg_design design = {0};
    struct tg_strata strata = {0};
    struct tg_logit logit = {0};
    struct tg_match_counts found = {.worst_smd = NAN};
    enum tg_status status = check(options, err);
    if (!status)
        status = tg_sample_read(options, reporter, &sample, err);
    if (!status)
        status = tg_design_make(&sample, options, &design, err);
    if (!status)
        status = tg_strata_make(&sample, options, &strata, err);
    if (!status && needs_logit(options))
        status = tg_logit_fit(&sample, &design, options->input, reporter, &logit, err);
    struct tg_matching in = {.sample = &sample,
                             .options = options,
                             .design = &design,
                             .strata = &strata,
                             .eta = logit.eta,
                             .reporter = reporter};
    if (!status)
        status = match_sample(&in, &found, err);
    if (!status && counts)
        *counts = found;
    tg_logit_free(&logit);
    tg_strata_free(&strata);
    tg_design_free(&design);
    tg_sample_free(&sample);
    return status;
}
