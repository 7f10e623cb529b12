/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/compare.h"

#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, N_DIGITS = 1 << DIGIT_BITS, N_PASSES = 6 };

struct moments {
    double weight, squares_of_weights;
    double low, high, mean, variance;
};

enum tg_status tg_comparing_begin(const struct tg_sample *sample, const struct tg_matched *matched,
                                  bool distributions, struct tg_comparing *out,
                                  struct tg_error *err)
{
    *out = (struct tg_comparing){.sample = sample,
                                 .weights = tg_calloc(sample->n, sizeof(double), err),
                                 .values = tg_calloc(sample->n, sizeof(double), err)};
    out->left = tg_calloc(sample->n, sizeof *out->left, err);
    if (distributions) {
        out->order = tg_calloc(sample->n, sizeof *out->order, err);
        out->scratch = tg_calloc(sample->n, sizeof *out->scratch, err);
    }
    if (!out->weights || !out->values || !out->left ||
        (distributions && (!out->order || !out->scratch)))
        return TG_NO_MEMORY;
    for (size_t i = 0; i < matched->n; i++)
        out->weights[matched->rows[i].person] += matched->rows[i].weight;
    for (uint32_t i = 0; i < sample->n; i++) {
        if (out->weights[i] > 0)
            out->left[out->n_left++] = i;
    }
    return TG_OK;
}

enum tg_status tg_comparing_share(const struct tg_comparing *first, struct tg_comparing *out,
                                  struct tg_error *err)
{
    *out = *first;
    out->shares = true;
    out->order = out->scratch = NULL;
    out->values = tg_calloc(first->sample->n, sizeof *out->values, err);
    return out->values ? TG_OK : TG_NO_MEMORY;
}

void tg_comparing_end(struct tg_comparing *c)
{
    if (!c->shares) {
        free(c->weights);
        free(c->left);
    }
    free(c->values);
    free(c->order);
    free(c->scratch);
    *c = (struct tg_comparing){0};
}

static double weight_of(const struct tg_comparing *c, int time, uint32_t person)
{
    if (time == TG_AFTER)
        return c->weights[person];
    return c->left_out && c->left_out[person] ? 0 : 1;
}

/* How many count, and the k-th of them: after matching only who is left. */
static uint32_t n_of(const struct tg_comparing *c, int time)
{
    return time == TG_AFTER ? c->n_left : c->sample->n;
}

static uint32_t person_at(const struct tg_comparing *c, int time, uint32_t k)
{
    return time == TG_AFTER ? c->left[k] : k;
}

/* People of one arm who follow each other, from the k-th on: their sums stay in registers, where
 * they are added to in the same order. @return the first of the other arm */
static uint32_t add_values(const struct tg_comparing *c, int time, uint32_t k, bool arm,
                           struct moments *out)
{
    struct moments m = *out;
    uint32_t n = n_of(c, time);
    for (; k < n && c->sample->treated[person_at(c, time, k)] == arm; k++) {
        uint32_t i = person_at(c, time, k);
        double w = weight_of(c, time, i), value = c->values[i];
        if (!(w > 0))
            continue;
        m.weight += w;
        m.squares_of_weights += w * w;
        m.mean += w * value;
        m.low = value < m.low ? value : m.low;
        m.high = value > m.high ? value : m.high;
    }
    *out = m;
    return k;
}

static uint32_t add_squares(const struct tg_comparing *c, int time, uint32_t k, bool arm,
                            struct moments *m)
{
    double mean = m->mean, variance = m->variance;
    uint32_t n = n_of(c, time);
    for (; k < n && c->sample->treated[person_at(c, time, k)] == arm; k++) {
        uint32_t i = person_at(c, time, k);
        double d = c->values[i] - mean;
        variance += weight_of(c, time, i) * d * d;
    }
    m->variance = variance;
    return k;
}

static void add_mean(const struct tg_comparing *c, int time, struct moments m[2])
{
    m[0] = m[1] = (struct moments){.low = INFINITY, .high = -INFINITY};
    for (uint32_t k = 0; k < n_of(c, time);) {
        bool arm = c->sample->treated[person_at(c, time, k)];
        k = add_values(c, time, k, arm, &m[arm]);
    }
    for (int arm = 0; arm < 2; arm++) {
        /* rounding must not make a constant vary */
        if (m[arm].low < m[arm].high)
            m[arm].mean /= m[arm].weight;
        else
            m[arm].mean = m[arm].weight > 0 ? m[arm].low : NAN;
    }
}

/* Weighted, unbiased for weights that say how much is known: as R's cov.wt() has it. */
static void add_variance(const struct tg_comparing *c, int time, bool binary, struct moments m[2])
{
    for (uint32_t k = 0; k < n_of(c, time);) {
        bool arm = c->sample->treated[person_at(c, time, k)];
        k = add_squares(c, time, k, arm, &m[arm]);
    }
    for (int arm = 0; arm < 2; arm++) {
        struct moments *a = &m[arm];
        double share = a->squares_of_weights / (a->weight * a->weight);
        a->variance /= a->weight * (1 - share);
        if (binary)
            a->variance = a->mean * (1 - a->mean);
    }
}

/* Numbers that ascend as their bits do; 0 and -0 are one. */
static uint64_t rank_of(double value)
{
    uint64_t bits;
    double one_zero = value + 0.0;
    memcpy(&bits, &one_zero, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static unsigned digit_of(double value, int pass)
{
    return (unsigned)(rank_of(value) >> (DIGIT_BITS * pass)) & (N_DIGITS - 1);
}

/* One stable pass; nothing to do where all have the same digit. */
static void sort_by_digit(struct tg_comparing *c, int pass)
{
    uint32_t next[N_DIGITS] = {0}, n = c->sample->n, sum = 0;
    for (uint32_t i = 0; i < n; i++)
        next[digit_of(c->order[i].value, pass)]++;
    if (n == 0 || next[digit_of(c->order[0].value, pass)] == n)
        return;
    for (size_t d = 0; d < N_DIGITS; d++) {
        uint32_t count = next[d];
        next[d] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < n; i++)
        c->scratch[next[digit_of(c->order[i].value, pass)]++] = c->order[i];
    struct tg_ordered_value *sorted = c->scratch;
    c->scratch = c->order;
    c->order = sorted;
}

/* By value, then by person. */
static void sort_values(struct tg_comparing *c)
{
    for (uint32_t i = 0; i < c->sample->n; i++)
        c->order[i] = (struct tg_ordered_value){c->values[i], i};
    for (int pass = 0; pass < N_PASSES; pass++)
        sort_by_digit(c, pass);
}

static double ecdf_distance(const struct tg_comparing *c, int time, const struct moments m[2])
{
    double difference = 0, most = 0;
    for (uint32_t i = 0; i < c->sample->n; i++) {
        uint32_t person = c->order[i].person;
        bool arm = c->sample->treated[person];
        double w = weight_of(c, time, person) / m[arm].weight;
        difference += arm ? w : -w;
        if (i + 1 == c->sample->n || c->order[i].value < c->order[i + 1].value)
            most = fmax(most, fabs(difference));
    }
    return most;
}

static bool only_0_and_1(const struct tg_comparing *c)
{
    for (uint32_t i = 0; i < c->sample->n; i++) {
        if (c->values[i] != 0 && c->values[i] != 1)
            return false;
    }
    return true;
}

struct tg_alike tg_compare(struct tg_comparing *c)
{
    struct tg_alike a = {.binary = only_0_and_1(c)};
    double sd = NAN;
    if (!a.binary && c->order)
        sort_values(c);
    for (int time = TG_BEFORE; time < TG_N_TIMES; time++) {
        struct moments m[2];
        add_mean(c, time, m);
        add_variance(c, time, a.binary, m);
        if (time == TG_BEFORE)
            sd = sqrt(m[1].variance);
        double difference = m[1].mean - m[0].mean;
        a.participants[time] = m[1].mean;
        a.controls[time] = m[0].mean;
        bool vary = m[0].low < m[0].high && isfinite(m[0].variance);
        a.variance_ratio[time] = !a.binary && vary ? m[1].variance / m[0].variance : NAN;
        a.ecdf_max[time] = a.binary ? fabs(difference) : c->order ? ecdf_distance(c, time, m) : NAN;
        a.smd[time] = sd > 0 ? difference / sd : NAN;
    }
    return a;
}

double tg_effective_controls(const struct tg_comparing *c)
{
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < c->sample->n; i++) {
        if (c->sample->treated[i])
            continue;
        sum += c->weights[i];
        squares += c->weights[i] * c->weights[i];
    }
    return squares > 0 ? sum * sum / squares : 0;
}
