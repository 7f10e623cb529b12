/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/match.h>

#include "cohort/engine.h"
#include "cohort/matchwrite.h"

#include <string.h>

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

enum tg_status tg_match_file(const struct tg_match_options *options,
                             const struct tg_reporter *reporter, struct tg_match_counts *counts,
                             struct tg_error *err)
{
    struct tg_sample sample = {0};
    struct tg_engine e = {.matched = {0}};
    enum tg_status status = check(options, err);
    if (!status)
        status = tg_sample_read(options, reporter, &sample, err);
    if (!status)
        status = tg_engine_run(&sample, options, reporter, &e, err);
    if (!status && e.matched.n == 0)
        status = TG_FAIL(err, TG_MSG_MATCH_NOBODY, .file = options->input);
    if (!status)
        status = tg_match_write(&e.in, &e.matched, &e.counts, err);
    if (!status && counts)
        *counts = e.counts;
    tg_engine_free(&e);
    tg_sample_free(&sample);
    return status;
}
