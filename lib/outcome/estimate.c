/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/estimate.h"

#include "outcome/clusters.h"
#include "outcome/student.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

/* Coefficients of a regression on the arm: what HC1 takes off the degrees of freedom. */
enum { N_COEFFICIENTS = 2 };

static const struct tg_estimate nothing = {.mean = {NAN, NAN},
                                           .effect = NAN,
                                           .error = NAN,
                                           .df = NAN,
                                           .ci_low = NAN,
                                           .ci_high = NAN,
                                           .p = NAN};

/* Interval and p from effect, error and df. */
static void infer(struct tg_estimate *e)
{
    if (!(e->error > 0) || !(e->df > 0))
        return;
    double half = tg_two_sided_t(0.05, e->df) * e->error;
    e->ci_low = e->effect - half;
    e->ci_high = e->effect + half;
    e->p = tg_two_sided_p(e->effect / e->error, e->df);
}

static double sign_of(enum tg_arm arm)
{
    return arm == TG_PARTICIPANT ? 1 : -1;
}

/* A value of which an arm has no two different ones varies by rounding alone. */
static bool varies(const struct tg_row *rows, size_t n)
{
    double low[TG_N_ARMS] = {INFINITY, INFINITY}, high[TG_N_ARMS] = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++) {
        double x = rows[i].value / rows[i].exposure;
        low[rows[i].arm] = fmin(low[rows[i].arm], x);
        high[rows[i].arm] = fmax(high[rows[i].arm], x);
    }
    return low[0] < high[0] || low[1] < high[1];
}

static void set_error(const struct tg_clusters *c, const double *influence, bool small_sample,
                      struct tg_estimate *e)
{
    double rows = (double)c->n;
    double variance = tg_clusters_variance(c, influence, small_sample);
    if (small_sample)
        variance *= (rows - 1) / (rows - N_COEFFICIENTS);
    e->clusters = tg_clusters_count(c);
    e->df = small_sample ? (double)e->clusters - 1 : (double)INFINITY;
    e->error = variance > 0 && isfinite(variance) ? sqrt(variance) : (double)NAN;
}

static void count_people(const struct tg_clusters *c, const struct tg_row *rows,
                         struct tg_estimate *e)
{
    for (int arm = 0; arm < TG_N_ARMS; arm++)
        e->n[arm] = tg_clusters_people(c, rows, (enum tg_arm)arm);
}

/* Σ w·value / Σ w·exposure in each arm. A mean is the rate with exposure 1. */
static enum tg_status compare_ratios(const struct tg_row *rows, size_t n, struct tg_estimate *out,
                                     struct tg_error *err)
{
    struct tg_clusters c;
    double value[TG_N_ARMS] = {0}, exposure[TG_N_ARMS] = {0};
    struct tg_estimate e = nothing;
    double *influence = tg_calloc(n, sizeof *influence, err);
    enum tg_status status = influence ? tg_clusters_make(rows, n, &c, err) : TG_NO_MEMORY;
    if (status) {
        free(influence);
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        value[rows[i].arm] += rows[i].weight * rows[i].value;
        exposure[rows[i].arm] += rows[i].weight * rows[i].exposure;
    }
    for (int arm = 0; arm < TG_N_ARMS; arm++)
        e.mean[arm] = exposure[arm] > 0 ? value[arm] / exposure[arm] : (double)NAN;
    for (size_t i = 0; i < n; i++) {
        const struct tg_row *r = &rows[i];
        influence[i] = sign_of(r->arm) * r->weight * (r->value - e.mean[r->arm] * r->exposure) /
                       exposure[r->arm];
    }
    e.effect = e.mean[TG_PARTICIPANT] - e.mean[TG_CONTROL];
    count_people(&c, rows, &e);
    if (!isnan(e.effect) && n > N_COEFFICIENTS && varies(rows, n)) {
        set_error(&c, influence, true, &e);
        infer(&e);
    }
    *out = e;
    tg_clusters_free(&c);
    free(influence);
    return TG_OK;
}

enum tg_status tg_estimate_rates(const struct tg_row *rows, size_t n, struct tg_estimate *out,
                                 struct tg_error *err)
{
    return compare_ratios(rows, n, out, err);
}

enum tg_status tg_estimate_means(const struct tg_row *rows, size_t n, struct tg_estimate *out,
                                 struct tg_error *err)
{
    return compare_ratios(rows, n, out, err);
}

enum tg_status tg_estimate_one_arm(const struct tg_row *rows, size_t n, enum tg_arm arm,
                                   struct tg_estimate *out, struct tg_error *err)
{
    struct tg_estimate e = nothing;
    size_t kept = 0;
    double *values = tg_calloc(n, sizeof *values, err);
    if (!values)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].arm == arm)
            values[kept++] = rows[i].value;
    }
    struct tg_sample sample = tg_sample_of(values, kept);
    e.n[arm] = kept;
    e.effect = e.mean[arm] = sample.mean;
    if (sample.variance > 0) {
        e.error = sqrt(sample.variance / (double)kept);
        e.df = (double)kept - 1;
        infer(&e);
    }
    free(values);
    *out = e;
    return TG_OK;
}

/* --- survival --- */

void tg_survival_free(struct tg_survival *s)
{
    free(s->at_risk);
    free(s->events);
    free(s->risk);
    free(s->low);
    free(s->high);
    free(s->event_persons);
    *s = (struct tg_survival){0};
}

static enum tg_status make_survival(int32_t months, struct tg_survival *s, struct tg_error *err)
{
    size_t n = (size_t)months + 1;
    *s = (struct tg_survival){.months = months};
    s->at_risk = tg_calloc(n, sizeof *s->at_risk, err);
    s->events = tg_calloc(n, sizeof *s->events, err);
    s->risk = tg_calloc(n, sizeof *s->risk, err);
    s->low = tg_calloc(n, sizeof *s->low, err);
    s->high = tg_calloc(n, sizeof *s->high, err);
    s->event_persons = tg_calloc(n, sizeof *s->event_persons, err);
    return s->at_risk && s->events && s->risk && s->low && s->high && s->event_persons
               ? TG_OK
               : TG_NO_MEMORY;
}

static void count_events(const struct tg_row *rows, size_t n, enum tg_arm arm,
                         struct tg_survival *s)
{
    for (size_t i = 0; i < n; i++) {
        const struct tg_row *r = &rows[i];
        if (r->arm != arm)
            continue;
        int32_t last = r->time < s->months ? r->time : s->months;
        for (int32_t t = 0; t <= last; t++)
            s->at_risk[t] += r->weight;
        if (r->event && r->time <= s->months) {
            s->events[r->time] += r->weight;
            s->event_persons[r->time]++;
        }
    }
    for (int32_t t = 1; t <= s->months; t++)
        s->event_persons[t] += s->event_persons[t - 1];
}

/* Greenwood's variance of log S, and the log-log interval of the risk. */
static void draw_survival(struct tg_survival *s)
{
    double survival = 1, greenwood = 0, z = tg_normal_z(0.05);
    for (int32_t t = 1; t <= s->months; t++) {
        double y = s->at_risk[t], d = s->events[t];
        if (d > 0) {
            survival *= 1 - d / y;
            greenwood += d / (y * (y - d));
        }
        bool known = y > 0 && isfinite(s->risk[t - 1]);
        s->risk[t] = known ? 1 - survival : (double)NAN;
        s->low[t] = s->high[t] = s->risk[t];
        if (!known || survival >= 1)
            continue;
        double half = survival > 0 ? z * sqrt(greenwood) / fabs(log(survival)) : (double)NAN;
        s->low[t] = 1 - pow(survival, exp(-half));
        s->high[t] = 1 - pow(survival, exp(half));
    }
}

/* d risk / d weight of a row: S Σ_{t ≤ its time} (dN − Y dΛ) / (Y (1 − dΛ)). */
static double risk_influence(const struct tg_survival *s, const double *hazard_sum,
                             const struct tg_row *r)
{
    int32_t last = r->time < s->months ? r->time : s->months;
    double sum = -hazard_sum[last];
    if (r->event && r->time <= s->months)
        sum += 1 / (s->at_risk[r->time] - s->events[r->time]);
    return (1 - s->risk[s->months]) * sum * r->weight;
}

/* Σ dΛ / (Y (1 − dΛ)) up to each month. */
static void sum_hazard(const struct tg_survival *s, double *out)
{
    out[0] = 0;
    for (int32_t t = 1; t <= s->months; t++) {
        double y = s->at_risk[t], d = s->events[t];
        out[t] = out[t - 1] + (d > 0 ? d / (y * (y - d)) : 0);
    }
}

double tg_log_rank(const struct tg_row *rows, size_t n, int32_t months)
{
    double difference = 0, variance = 0;
    for (int32_t t = 1; t <= months; t++) {
        double at_risk[TG_N_ARMS] = {0}, events[TG_N_ARMS] = {0};
        for (size_t i = 0; i < n; i++) {
            at_risk[rows[i].arm] += rows[i].time >= t;
            events[rows[i].arm] += rows[i].event && rows[i].time == t;
        }
        double y = at_risk[0] + at_risk[1], d = events[0] + events[1];
        if (d == 0)
            continue;
        double share = at_risk[TG_PARTICIPANT] / y;
        difference += events[TG_PARTICIPANT] - d * share;
        if (y > 1)
            variance += d * share * (1 - share) * (y - d) / (y - 1);
    }
    return variance > 0 ? difference * difference / variance : (double)NAN;
}

static bool is_plain(const struct tg_row *rows, size_t n, const struct tg_clusters *c)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].weight < 1 || rows[i].weight > 1)
            return false;
    }
    return !c->reused;
}

static enum tg_status risk_error(const struct tg_row *rows, size_t n, const struct tg_clusters *c,
                                 const struct tg_survival *curves, struct tg_estimate *e,
                                 struct tg_error *err)
{
    size_t months = (size_t)curves[0].months + 1;
    double *influence = tg_calloc(n, sizeof *influence, err);
    double *hazards = tg_calloc(months, TG_N_ARMS * sizeof *hazards, err);
    if (influence && hazards) {
        for (size_t arm = 0; arm < TG_N_ARMS; arm++)
            sum_hazard(&curves[arm], hazards + arm * months);
        for (size_t i = 0; i < n; i++)
            influence[i] = sign_of(rows[i].arm) *
                           risk_influence(&curves[rows[i].arm],
                                          hazards + (size_t)rows[i].arm * months, &rows[i]);
        set_error(c, influence, false, e);
        infer(e);
    }
    bool done = influence && hazards;
    free(influence);
    free(hazards);
    return done ? TG_OK : TG_NO_MEMORY;
}

enum tg_status tg_estimate_risk(const struct tg_row *rows, size_t n, int32_t months,
                                struct tg_survival curves[TG_N_ARMS], struct tg_estimate *out,
                                struct tg_error *err)
{
    struct tg_clusters c = {0};
    struct tg_estimate e = nothing;
    enum tg_status status = tg_clusters_make(rows, n, &c, err);
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        curves[arm] = (struct tg_survival){0};
        if (!status)
            status = make_survival(months, &curves[arm], err);
        if (status)
            continue;
        count_events(rows, n, (enum tg_arm)arm, &curves[arm]);
        draw_survival(&curves[arm]);
        e.mean[arm] = curves[arm].risk[months];
    }
    if (!status) {
        count_people(&c, rows, &e);
        e.effect = e.mean[TG_PARTICIPANT] - e.mean[TG_CONTROL];
    }
    if (!status && !isnan(e.effect))
        status = risk_error(rows, n, &c, curves, &e, err);
    if (!status && !isnan(e.effect) && is_plain(rows, n, &c))
        e.p = tg_chi_square_1(tg_log_rank(rows, n, months));
    tg_clusters_free(&c);
    for (int arm = 0; status && arm < TG_N_ARMS; arm++)
        tg_survival_free(&curves[arm]);
    *out = e;
    return status;
}

struct tg_linkage_range tg_linkage_range(const struct tg_row *rows, size_t n,
                                         const struct tg_estimate *e)
{
    double weights = 0, probabilities = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].arm != TG_PARTICIPANT)
            continue;
        weights += rows[i].weight;
        probabilities += rows[i].weight * rows[i].probability;
    }
    double p = weights > 0 ? probabilities / weights : (double)NAN;
    return (struct tg_linkage_range){.probability = p,
                                     .low = fmin(e->effect, e->effect / p),
                                     .high = fmax(e->effect, e->effect / p),
                                     .ci_low = fmin(e->ci_low, e->ci_low / p),
                                     .ci_high = fmax(e->ci_high, e->ci_high / p)};
}
