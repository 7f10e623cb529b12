/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/balance.h"
#include "cohort/eligible.h"
#include "cohort/engine.h"
#include "cohort/entrants.h"

#include "base/reporter.h"
#include "text/calendar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Conditions that are looked at together: 8 bytes an entrant each. */
enum { CONDITIONS_AT_ONCE = 8 };

struct drawing {
    const struct tg_cohort_input *input;
    struct tg_entrants entrants;
    double **covariates; /* by rule, then by entrant */
    struct tg_sample sample;
    const char **exact; /* the rules' and the index month */
    struct tg_match_options options;
    struct tg_engine engine;
    struct tg_cohort cohort;
};

static bool fulfils(const struct tg_exclusion *x, double value)
{
    switch (x->compare) {
    case TG_NOT_ZERO:
        return value > 0;
    case TG_AT_LEAST:
        return value >= x->value;
    case TG_AT_MOST:
        return value <= x->value;
    case TG_ABOVE:
        return value > x->value;
    case TG_BELOW:
        return value < x->value;
    case TG_IS_MISSING:
        break;
    }
    return isnan(value);
}

/* Marks who fulfils one of some conditions. */
static enum tg_status judge(struct drawing *d, const struct tg_exclusion *exclusions, size_t n,
                            bool *drop, struct tg_error *err)
{
    struct tg_entrants *e = &d->entrants;
    struct tg_look_back looks[CONDITIONS_AT_ONCE];
    double *values = tg_calloc(n, e->n * sizeof *values, err);
    if (!values)
        return TG_NO_MEMORY;
    for (size_t x = 0; x < n; x++)
        looks[x] = (struct tg_look_back){&exclusions[x].history, values + x * e->n};
    enum tg_status status = tg_history_read(e, looks, n, "conditions", err);
    for (size_t x = 0; x < n && !status; x++) {
        for (size_t i = 0; i < e->n; i++)
            drop[i] |= fulfils(&exclusions[x], looks[x].values[i]);
    }
    free(values);
    return status;
}

static enum tg_status exclude(struct drawing *d, struct tg_error *err)
{
    const struct tg_cohort_rules *rules = d->input->rules;
    struct tg_entrants *e = &d->entrants;
    if (rules->n_exclusions == 0 || e->n == 0)
        return TG_OK;
    bool *drop = tg_calloc(e->n, sizeof *drop, err);
    enum tg_status status = drop ? TG_OK : TG_NO_MEMORY;
    for (size_t x = 0; x < rules->n_exclusions && !status; x += CONDITIONS_AT_ONCE) {
        size_t left = rules->n_exclusions - x;
        status = judge(d, &rules->exclusions[x],
                       left < CONDITIONS_AT_ONCE ? left : CONDITIONS_AT_ONCE, drop, err);
    }
    if (!status)
        d->cohort.flow.excluded = tg_entrants_drop(e, drop);
    free(drop);
    return status;
}

static enum tg_status drop_inactive(struct drawing *d, struct tg_error *err)
{
    struct tg_entrants *e = &d->entrants;
    unsigned wanted = (unsigned)d->input->rules->active_months;
    if (wanted == 0 || e->n == 0)
        return TG_OK;
    bool *drop = tg_calloc(e->n, sizeof *drop, err);
    unsigned *months = tg_calloc(e->n, sizeof *months, err);
    enum tg_status status = drop && months ? tg_activity_read(e, months, err) : TG_NO_MEMORY;
    for (size_t i = 0; i < e->n && !status; i++)
        drop[i] = e->items[i].arm == TG_PARTICIPANT && months[i] < wanted;
    if (!status)
        d->cohort.flow.inactive = tg_entrants_drop(e, drop);
    free(drop);
    free(months);
    return status;
}

static enum tg_status read_covariates(struct drawing *d, struct tg_error *err)
{
    const struct tg_cohort_rules *rules = d->input->rules;
    enum tg_status status = TG_OK;
    d->covariates = tg_calloc(rules->n_covariates, sizeof *d->covariates, err);
    if (!d->covariates)
        return TG_NO_MEMORY;
    struct tg_look_back *looks = tg_calloc(rules->n_covariates, sizeof *looks, err);
    if (!looks)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < rules->n_covariates && !status; i++) {
        d->covariates[i] = tg_calloc(d->entrants.n, sizeof **d->covariates, err);
        looks[i] = (struct tg_look_back){&rules->covariates[i].history, d->covariates[i]};
        status = d->covariates[i] ? TG_OK : TG_NO_MEMORY;
    }
    if (!status)
        status = tg_history_read(&d->entrants, looks, rules->n_covariates, "covariates", err);
    free(looks);
    return status;
}

/* Sets share the index month; without sets the months are alike by how they were drawn. */
static enum tg_status set_options(struct drawing *d, struct tg_error *err)
{
    const struct tg_match_options *o = &d->input->rules->match;
    d->options = *o;
    d->options.input = d->input->study ? d->input->study->path : NULL;
    d->options.flag_missing = true;
    if (o->method == TG_MATCH_IPW || o->method == TG_MATCH_OVERLAP)
        return TG_OK;
    d->exact = tg_calloc(o->n_exact + 1, sizeof *d->exact, err);
    if (!d->exact)
        return TG_NO_MEMORY;
    if (o->n_exact)
        memcpy(d->exact, o->exact, o->n_exact * sizeof *d->exact);
    d->exact[o->n_exact] = "index_month";
    d->options.exact = d->exact;
    d->options.n_exact = o->n_exact + 1;
    return TG_OK;
}

/* Covariates that separate the arms leave nobody to compare: that is a finding, not a failure. */
static enum tg_status run_engine(struct drawing *d, struct tg_error *err)
{
    struct tg_error own = {0};
    struct tg_cohort_flow *f = &d->cohort.flow;
    const struct tg_match_counts *c = &d->engine.counts;
    size_t n = d->entrants.n_participants;
    if (n == 0 || n == d->entrants.n) {
        f->no_stratum = f->no_control = n;
        return TG_OK;
    }
    enum tg_status status =
        tg_engine_run(&d->sample, &d->options, d->input->reporter, &d->engine, &own);
    if (status && own.message == TG_MSG_MATCH_SEPARATED) {
        f->separated = f->no_control = n;
        TG_WARN(d->input->reporter, TG_MSG_COHORT_SEPARATED, .file = own.file,
                .column = own.column);
        return TG_OK;
    }
    if (status && err)
        *err = own;
    f->no_stratum = c->no_stratum;
    f->outside_caliper = c->outside_caliper;
    f->used_up = c->used_up;
    f->no_control = c->no_stratum + c->outside_caliper + c->used_up;
    f->matched = c->matched;
    f->controls_used = c->controls_used;
    return status;
}

/* A row of the matched, with its set numbered by the first of its participants. */
struct row {
    uint32_t set, entrant;
    bool control;
    double weight;
};

static int by_set(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->set != y->set)
        return x->set < y->set ? -1 : 1;
    if (x->control != y->control)
        return x->control ? 1 : -1;
    return (x->entrant > y->entrant) - (x->entrant < y->entrant);
}

/* By old number of a set: one more than its first participant. The old numbers tell who has the
 * highest propensity. */
static enum tg_status list_rows(const struct drawing *d, struct row *rows, struct tg_error *err)
{
    const struct tg_matched *m = &d->engine.matched;
    uint32_t *first = tg_calloc((size_t)m->n_sets + 1, sizeof *first, err);
    if (!first)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->n; i++) {
        const struct tg_matched_row *r = &m->rows[i];
        if (r->set != TG_NO_SET && d->sample.treated[r->person] &&
            (first[r->set] == 0 || r->person + 1 < first[r->set]))
            first[r->set] = r->person + 1;
    }
    for (size_t i = 0; i < m->n; i++) {
        const struct tg_matched_row *r = &m->rows[i];
        rows[i] = (struct row){first[r->set], r->person, !d->sample.treated[r->person], r->weight};
    }
    qsort(rows, m->n, sizeof *rows, by_set);
    free(first);
    return TG_OK;
}

static void make_member(struct drawing *d, const struct row *row, uint32_t set, size_t at)
{
    const struct tg_entrant *e = &d->entrants.items[row->entrant];
    const double *eta = d->engine.logit.eta;
    size_t n = d->input->rules->n_covariates;
    struct tg_member *member = &d->cohort.members[at];
    *member = (struct tg_member){.person = e->person,
                                 .arm = e->arm,
                                 .set = set,
                                 .index_month = e->month,
                                 .probability = e->probability,
                                 .weight = row->weight,
                                 .propensity = eta ? tg_logistic(eta[row->entrant]) : (double)NAN};
    tg_observe(d->input, member);
    for (size_t i = 0; i < n; i++) {
        double value = d->covariates[i][row->entrant];
        d->cohort.covariates[at * n + i] =
            isnan(value) ? d->input->rules->covariates[i].missing : value;
    }
}

static enum tg_status make_members(struct drawing *d, struct tg_error *err)
{
    size_t n = d->engine.matched.n;
    struct tg_cohort *c = &d->cohort;
    c->n_covariates = d->input->rules->n_covariates;
    struct row *rows = tg_calloc(n, sizeof *rows, err);
    c->members = tg_calloc(n, sizeof *c->members, err);
    c->covariates = tg_calloc(n, d->input->rules->n_covariates * sizeof *c->covariates, err);
    enum tg_status status =
        rows && c->members && c->covariates ? list_rows(d, rows, err) : TG_NO_MEMORY;
    uint32_t set = 0;
    for (size_t i = 0; i < n && !status; i++) {
        if (rows[i].set)
            set += i == 0 || rows[i].set != rows[i - 1].set;
        make_member(d, &rows[i], set, i);
        c->n++;
    }
    free(rows);
    return status;
}

static int by_month(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static enum tg_status note_people(struct drawing *d, struct tg_error *err)
{
    struct tg_cohort *c = &d->cohort;
    size_t n = d->input->people->n, matched = 0;
    c->eligible = tg_calloc(n, sizeof *c->eligible, err);
    c->index_month = tg_calloc(n, sizeof *c->index_month, err);
    int32_t *months = tg_calloc(c->n, sizeof *months, err);
    if (!c->eligible || !c->index_month || !months) {
        free(months);
        return TG_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++)
        c->index_month[i] = TG_NO_MONTH;
    for (size_t i = 0; i < d->entrants.n; i++) {
        const struct tg_entrant *e = &d->entrants.items[i];
        c->index_month[e->person] = e->month;
        c->eligible[e->person] = e->arm == TG_CONTROL;
    }
    for (size_t i = 0; i < c->n; i++) {
        if (c->members[i].arm == TG_PARTICIPANT)
            months[matched++] = c->members[i].index_month;
    }
    qsort(months, matched, sizeof *months, by_month);
    c->pseudo_index = matched ? months[(matched - 1) / 2] : TG_NO_MONTH;
    free(months);
    return TG_OK;
}

static void count_products(struct tg_cohort *c)
{
    for (size_t i = 0; i < c->n_balance; i++) {
        c->quality.n_product_rows += c->balance[i].product;
        if (!c->balance[i].product || isnan(c->balance[i].smd_after))
            continue;
        c->quality.products++;
        c->quality.products_unbalanced += fabs(c->balance[i].smd_after) >= TG_UNBALANCED;
    }
}

static void warn_of_imbalance(const struct drawing *d)
{
    size_t judged = 0, beyond = 0;
    char rule[64];
    for (size_t i = 0; i < d->cohort.n_balance; i++) {
        const struct tg_balance_row *b = &d->cohort.balance[i];
        if (b->product || isnan(b->smd_after) || strcmp(b->covariate, "distance") == 0)
            continue;
        judged++;
        beyond += fabs(b->smd_after) >= TG_UNBALANCED;
    }
    (void)snprintf(rule, sizeof rule, "%zu / %zu", beyond, judged);
    if (beyond)
        TG_WARN(d->input->reporter, TG_MSG_COHORT_UNBALANCED, .rule = rule);
}

/* From means of all and means of those who remain, those of the few who do not could be told:
 * then they count nowhere. `*out`: by entrant, or NULL. */
static enum tg_status leave_few_out(const struct drawing *d, bool **out, struct tg_error *err)
{
    const struct tg_study *study = d->input->study;
    unsigned fewest = study && study->min_cell > 10 ? study->min_cell : 10;
    uint64_t n = d->cohort.flow.no_control;
    *out = NULL;
    if (n == 0 || n >= fewest || (study && study->for_municipality))
        return TG_OK;
    *out = tg_calloc(d->sample.n, sizeof **out, err);
    for (size_t i = 0; *out && i < d->engine.matched.n_unmatched; i++)
        (*out)[d->engine.matched.unmatched[i].person] = true;
    return *out ? TG_OK : TG_NO_MEMORY;
}

static enum tg_status make_balance(struct drawing *d, struct tg_error *err)
{
    struct tg_balance b = {0};
    struct tg_model design = {0};
    const char **names = tg_calloc(3 + d->input->rules->n_covariates, sizeof *names, err);
    if (!names)
        return TG_NO_MEMORY;
    const struct tg_match_options columns = {
        .covariates = names,
        .n_covariates = tg_balance_columns(&d->sample, d->input->rules, names)};
    bool *few = NULL;
    enum tg_status status = tg_model_make(&d->sample, &columns, &design, err);
    if (!status)
        status = leave_few_out(d, &few, err);
    if (!status)
        status =
            tg_balance_make(&d->sample, &design, &d->engine.matched, d->engine.logit.eta, few,

                            TG_BALANCE_ECDF | TG_BALANCE_PRODUCTS, d->input->reporter, &b, err);
    if (!status) {
        d->cohort.balance = b.rows;
        d->cohort.n_balance = b.n;
        d->cohort.names = b.names;
        d->cohort.quality.effective_controls = b.effective_controls;
        count_products(&d->cohort);
        warn_of_imbalance(d);
        b = (struct tg_balance){0};
    }
    tg_balance_free(&b);
    tg_model_free(&design);
    free(few);
    free(names);
    return status;
}

static size_t bin_of(const struct tg_cohort_quality *q, double eta)
{
    double share = (eta - q->bins_from) / (q->bins_to - q->bins_from);
    size_t bin = share > 0 ? (size_t)(share * TG_SUPPORT_BINS) : 0;
    return bin < TG_SUPPORT_BINS ? bin : TG_SUPPORT_BINS - 1;
}

static void find_support(struct drawing *d)
{
    struct tg_cohort_quality *q = &d->cohort.quality;
    const struct tg_matched *m = &d->engine.matched;
    const double *eta = d->engine.logit.eta;
    q->caliper_width = d->engine.counts.caliper_width;
    q->support_low = d->engine.counts.support_low;
    q->support_high = d->engine.counts.support_high;
    q->bins_from = q->bins_to = NAN;
    if (!eta)
        return;
    q->bins_from = INFINITY;
    q->bins_to = -INFINITY;
    for (uint32_t i = 0; i < d->sample.n; i++) {
        q->bins_from = fmin(q->bins_from, eta[i]);
        q->bins_to = fmax(q->bins_to, eta[i]);
    }
    for (uint32_t i = 0; i < d->sample.n; i++) {
        double p = tg_logistic(eta[i]);
        q->bins[d->sample.treated[i]][bin_of(q, eta[i])]++;
        q->outside[d->sample.treated[i]] += p < q->support_low || p > q->support_high;
    }
    for (size_t i = 0; i < m->n; i++) {
        uint32_t entrant = m->rows[i].person;
        q->bins_after[d->sample.treated[entrant]][bin_of(q, eta[entrant])]++;
    }
}

static enum tg_status compare(struct drawing *d, struct tg_error *err)
{
    enum tg_status status = read_covariates(d, err);
    if (!status)
        status = tg_sample_of_entrants(&d->entrants, d->covariates, &d->sample, err);
    if (!status)
        status = set_options(d, err);
    if (!status)
        status = run_engine(d, err);
    if (!status)
        status = make_members(d, err);
    if (!status && d->cohort.n)
        status = make_balance(d, err);
    if (!status && d->cohort.n)
        find_support(d);
    return status ? status : note_people(d, err);
}

enum tg_status tg_cohort_draw(const struct tg_cohort_input *input, struct tg_cohort *out,
                              struct tg_error *err)
{
    struct drawing d = {.input = input,
                        .cohort = {.quality = {.caliper_width = NAN,
                                               .effective_controls = NAN,
                                               .support_low = NAN,
                                               .support_high = NAN,
                                               .bins_from = NAN,
                                               .bins_to = NAN}}};
    enum tg_status status = tg_entrants_find(input, &d.entrants, &d.cohort.flow, err);
    if (!status)
        status = exclude(&d, err);
    if (!status)
        status = drop_inactive(&d, err);
    d.cohort.flow.controls_eligible = status ? 0 : d.entrants.n - d.entrants.n_participants;
    if (!status)
        status = compare(&d, err);
    if (!status) {
        *out = d.cohort;
        d.cohort = (struct tg_cohort){0};
    }
    tg_cohort_free(&d.cohort);
    tg_engine_free(&d.engine);
    for (size_t i = 0; d.covariates && i < input->rules->n_covariates; i++)
        free(d.covariates[i]);
    free(d.covariates);
    free(d.exact);
    tg_sample_free(&d.sample);
    tg_entrants_free(&d.entrants);
    return status;
}

void tg_cohort_free(struct tg_cohort *cohort)
{
    if (!cohort)
        return;
    free(cohort->members);
    free(cohort->covariates);
    free(cohort->balance);
    tg_arena_free(&cohort->names);
    free(cohort->eligible);
    free(cohort->index_month);
    *cohort = (struct tg_cohort){0};
}
