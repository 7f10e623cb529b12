/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/engine.h"

#include <stdlib.h>

static bool needs_logit(const struct tg_match_options *o)
{
    return o->n_covariates && o->method != TG_MATCH_EXACT && o->method != TG_MATCH_CEM;
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
    if (in->options->caliper > 0 && in->eta) {
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

enum tg_status tg_engine_run(const struct tg_sample *sample, const struct tg_match_options *options,
                             const struct tg_reporter *reporter, struct tg_engine *out,
                             struct tg_error *err)
{
    *out = (struct tg_engine){.counts = {.worst_smd = NAN, .caliper_width = NAN}};
    enum tg_status status = tg_model_make(sample, options, &out->design, err);
    if (!status)
        status = tg_strata_make(sample, options, &out->strata, err);
    if (!status && needs_logit(options))
        status = tg_logit_fit(sample, &out->design, options->input, reporter, &out->logit, err);
    out->in = (struct tg_matching){.sample = sample,
                                   .options = options,
                                   .design = &out->design,
                                   .strata = &out->strata,
                                   .eta = out->logit.eta,
                                   .reporter = reporter};
    if (status)
        return status;
    set_caliper(&out->in, &out->counts);
    status = match(&out->in, &out->matched, err);
    return status ? status : count(&out->in, &out->matched, &out->counts, err);
}

void tg_engine_free(struct tg_engine *e)
{
    tg_matched_free(&e->matched);
    tg_logit_free(&e->logit);
    tg_strata_free(&e->strata);
    tg_model_free(&e->design);
}
