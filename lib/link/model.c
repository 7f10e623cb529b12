/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include <math.h>
#include <stdlib.h>

enum {
    N_CLASSES = 2,
    N_ROUNDS = 60,
    N_UNKNOWN_MAX = 2 * TG_LINK_FIELDS_MAX, /* near and same of each field */
    FEW_PAIRS = 5,
};

/* Levels by which a field can agree: unknown 2·f is near, 2·f + 1 the same. */
static const double few = 0.3, ridge = 1e-6, ridge_log = -5, dependent_above = 2;

/* How often levels of fields are met by chance; logarithms of rates. */
struct chance {
    size_t n; /* unknowns */
    double n_pairs;
    double joint[N_UNKNOWN_MAX][N_UNKNOWN_MAX]; /* pairs seen that have both levels */
    double rate[N_UNKNOWN_MAX];
    double extra[N_UNKNOWN_MAX][N_UNKNOWN_MAX]; /* of dependent fields */
    bool dependent[TG_LINK_FIELDS_MAX][TG_LINK_FIELDS_MAX];
    double rows[N_UNKNOWN_MAX][N_UNKNOWN_MAX + 1];
};

struct pattern {
    uint64_t levels;
    double seen;   /* within the files */
    double chance; /* pairs of the two files expected without a match */
    double match[N_CLASSES];
    double got[N_CLASSES];
};

struct match_class {
    double n;
    double share[TG_LINK_FIELDS_MAX][TG_N_LEVELS];
};

struct model {
    const struct tg_linkage *l;
    struct chance *chance;
    struct pattern *patterns;
    size_t n_patterns;
    struct match_class classes[N_CLASSES];
};

static bool agrees(enum tg_link_level level)
{
    return level == TG_NEAR || level == TG_SAME;
}

/* The unknowns of the fields that agree. */
static size_t list_agreeing(uint64_t levels, size_t n_fields, size_t out[TG_LINK_FIELDS_MAX])
{
    size_t n = 0;
    for (size_t f = 0; f < n_fields; f++) {
        enum tg_link_level level = tg_level_of(levels, f);
        if (agrees(level))
            out[n++] = 2 * f + (level == TG_SAME);
    }
    return n;
}

static size_t run_end(const struct tg_pairs *pairs, size_t at)
{
    size_t end = at + 1;
    while (end < pairs->n && pairs->items[end].levels == pairs->items[at].levels)
        end++;
    return end;
}

static void count_joint(struct chance *c, const struct tg_patterns *within)
{
    for (size_t p = 0; p < within->n; p++) {
        size_t agreeing[TG_LINK_FIELDS_MAX];
        size_t n = list_agreeing(within->items[p].levels, c->n / 2, agreeing);
        for (size_t i = 0; i < n; i++) {
            for (size_t j = i + 1; j < n; j++)
                c->joint[agreeing[i]][agreeing[j]] += within->items[p].n;
        }
    }
}

/* Keys hold at least one field whole, so two near fields are not seen as often as they occur. */
static bool is_observed(size_t a, size_t b)
{
    return a / 2 < b / 2 && (a % 2 || b % 2);
}

static double log_rate(const struct chance *c, size_t a, size_t b)
{
    return log((c->joint[a][b] + few) / c->n_pairs);
}

static void add_equation(struct chance *c, size_t a, size_t b)
{
    double weight = c->joint[a][b] + few, y = weight * log_rate(c, a, b);
    c->rows[a][a] += weight;
    c->rows[b][b] += weight;
    c->rows[a][b] += weight;
    c->rows[b][a] += weight;
    c->rows[a][c->n] += y;
    c->rows[b][c->n] += y;
}

/* Gauss and Jordan; the matrix is symmetric and, by the ridge, positive definite. */
static void solve(struct chance *c)
{
    size_t n = c->n;
    for (size_t i = 0; i < n; i++) {
        for (size_t r = 0; r < n; r++) {
            double factor = r == i ? 0 : c->rows[r][i] / c->rows[i][i];
            for (size_t k = i; k <= n && r != i; k++)
                c->rows[r][k] -= factor * c->rows[i][k];
        }
    }
    for (size_t i = 0; i < n; i++)
        c->rate[i] = c->rows[i][n] / c->rows[i][i];
}

/* Least squares of the logarithms, weighed by the pairs seen. */
static void fit_rates(struct chance *c)
{
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k <= c->n; k++)
            c->rows[i][k] = 0;
        c->rows[i][i] = ridge;
        c->rows[i][c->n] = ridge * ridge_log;
    }
    for (size_t a = 0; a < c->n; a++) {
        for (size_t b = a + 1; b < c->n; b++) {
            if (is_observed(a, b) && !c->dependent[a / 2][b / 2])
                add_equation(c, a, b);
        }
    }
    solve(c);
}

static double surplus(const struct chance *c, size_t a, size_t b)
{
    return log_rate(c, a, b) - c->rate[a] - c->rate[b];
}

/* Takes the two fields that agree together most evidently too often out of the equations. */
static bool find_dependent(struct chance *c)
{
    double most = 0;
    size_t first = 0, second = 0;
    for (size_t a = 1; a < c->n; a += 2) {
        for (size_t b = a + 2; b < c->n; b += 2) {
            double s = surplus(c, a, b), evident = s * sqrt(c->joint[a][b]);
            if (c->dependent[a / 2][b / 2] || c->joint[a][b] < FEW_PAIRS ||
                s <= log(dependent_above))
                continue;
            if (evident > most) {
                most = evident;
                first = a / 2;
                second = b / 2;
            }
        }
    }
    if (most > 0)
        c->dependent[first][second] = true;
    return most > 0;
}

static void set_extra(struct chance *c, size_t f, size_t g)
{
    size_t a = 2 * f, b = 2 * g;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            double s = surplus(c, a + i, b + j);
            if (i || j)
                c->extra[a + i][b + j] = s > 0 ? s : 0;
        }
    }
    double x = c->extra[a][b + 1], y = c->extra[a + 1][b];
    c->extra[a][b] = x < y ? x : y;
}

static void fit_chance(struct chance *c)
{
    do {
        fit_rates(c);
    } while (find_dependent(c));
    for (size_t f = 0; f < c->n / 2; f++) {
        for (size_t g = f + 1; g < c->n / 2; g++) {
            if (c->dependent[f][g])
                set_extra(c, f, g);
        }
    }
    for (size_t i = 0; i < c->n; i++)
        c->rate[i] = c->rate[i] < -ridge ? c->rate[i] : -ridge;
}

/* The share of pairs of different people that show the pattern: as the rates say, or as seen. */
static double chance_of(const struct chance *c, const struct pattern *p)
{
    size_t agreeing[TG_LINK_FIELDS_MAX];
    size_t n = list_agreeing(p->levels, c->n / 2, agreeing);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += c->rate[agreeing[i]];
        for (size_t j = i + 1; j < n; j++)
            sum += c->extra[agreeing[i]][agreeing[j]];
    }
    double by_rates = exp(sum < 0 ? sum : 0), as_seen = p->seen / c->n_pairs;
    return by_rates > as_seen ? by_rates : as_seen;
}

/* One pattern for each run of pairs with the same levels. */
static enum tg_status list_patterns(struct model *m, struct tg_pairs *pairs, struct tg_error *err)
{
    for (size_t at = 0; at < pairs->n; at = run_end(pairs, at))
        m->n_patterns++;
    m->patterns = tg_calloc(m->n_patterns, sizeof *m->patterns, err);
    if (!m->patterns)
        return TG_NO_MEMORY;
    size_t n = 0;
    for (size_t at = 0, end; at < pairs->n; at = end, n++) {
        end = run_end(pairs, at);
        m->patterns[n].levels = pairs->items[at].levels;
        for (size_t i = at; i < end; i++)
            pairs->items[i].pattern = (uint32_t)n;
    }
    return TG_OK;
}

/* Both are in order. */
static void count_seen(struct model *m, const struct tg_patterns *within)
{
    size_t p = 0;
    for (size_t i = 0; i < within->n; i++) {
        while (p < m->n_patterns && m->patterns[p].levels < within->items[i].levels)
            p++;
        if (p < m->n_patterns && m->patterns[p].levels == within->items[i].levels)
            m->patterns[p].seen += within->items[i].n;
    }
}

/* Clean records, and records in which errors come together. */
static void begin_classes(struct model *m)
{
    static const double begin[N_CLASSES][TG_N_LEVELS] = {
        {[TG_DIFFERENT] = 0.03, [TG_NEAR] = 0.07, [TG_SAME] = 0.9},
        {[TG_DIFFERENT] = 0.3, [TG_NEAR] = 0.3, [TG_SAME] = 0.4},
    };
    double left = m->l->facts[TG_LEFT].n, right = m->l->facts[TG_RIGHT].n;
    double most = left < right ? left : right;
    m->classes[0].n = 0.5 * most;
    m->classes[1].n = 0.1 * most;
    for (int c = 0; c < N_CLASSES; c++) {
        for (size_t f = 0; f < m->l->n_fields; f++) {
            for (int level = 0; level < TG_N_LEVELS; level++)
                m->classes[c].share[f][level] = begin[c][level];
        }
    }
}

static void expect_patterns(struct model *m)
{
    for (size_t p = 0; p < m->n_patterns; p++) {
        struct pattern *pattern = &m->patterns[p];
        for (int c = 0; c < N_CLASSES; c++) {
            double n = m->classes[c].n;
            for (size_t f = 0; f < m->l->n_fields; f++) {
                enum tg_link_level level = tg_level_of(pattern->levels, f);
                n *= level == TG_MISSING ? 1 : m->classes[c].share[f][level];
            }
            pattern->match[c] = n;
            pattern->got[c] = 0;
        }
    }
}

/* Chance is higher where many others share the pair's values, lower where fewer than usual do. */
static double chance_of_pair(const struct model *m, const struct tg_pair *pair)
{
    return m->patterns[pair->pattern].chance * (pair->others + 1) / (pair->usual + 1);
}

static void share_out(struct model *m, const struct tg_pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++) {
        struct pattern *p = &m->patterns[pairs->items[i].pattern];
        double all = chance_of_pair(m, &pairs->items[i]) + p->match[0] + p->match[1];
        for (int c = 0; c < N_CLASSES && all > 0; c++)
            p->got[c] += pairs->items[i].weight * p->match[c] / all;
    }
}

static void learn_class(struct model *m, int c)
{
    static const double prior = 0.1;
    struct match_class *class = &m->classes[c];
    class->n = 0;
    for (size_t p = 0; p < m->n_patterns; p++)
        class->n += m->patterns[p].got[c];
    for (size_t f = 0; f < m->l->n_fields; f++) {
        double got[TG_N_LEVELS] = {prior, prior, prior, prior}, sum = 0;
        for (size_t p = 0; p < m->n_patterns; p++)
            got[tg_level_of(m->patterns[p].levels, f)] += m->patterns[p].got[c];
        for (int level = 0; level < TG_N_LEVELS; level++)
            sum += level == TG_MISSING ? 0 : got[level];
        for (int level = 0; level < TG_N_LEVELS; level++)
            class->share[f][level] = got[level] / sum;
    }
}

static void learn(struct model *m, struct tg_pairs *pairs)
{
    begin_classes(m);
    for (int round = 0; round < N_ROUNDS; round++) {
        expect_patterns(m);
        share_out(m, pairs);
        for (int c = 0; c < N_CLASSES; c++)
            learn_class(m, c);
    }
    expect_patterns(m);
    for (size_t i = 0; i < pairs->n; i++) {
        const struct pattern *p = &m->patterns[pairs->items[i].pattern];
        pairs->items[i].odds = (p->match[0] + p->match[1]) / chance_of_pair(m, &pairs->items[i]);
    }
}

enum tg_status tg_model_fit(const struct tg_linkage *l, struct tg_candidates *c,
                            struct tg_error *err)
{
    struct model m = {.l = l};
    uint32_t left = l->facts[TG_LEFT].n, right = l->facts[TG_RIGHT].n;
    m.chance = tg_calloc(1, sizeof *m.chance, err);
    enum tg_status status = m.chance ? list_patterns(&m, &c->across, err) : TG_NO_MEMORY;
    if (!status) {
        m.chance->n = 2 * l->n_fields;
        m.chance->n_pairs = 1 + c->within[TG_LEFT].of + c->within[TG_RIGHT].of;
        for (int side = 0; side < TG_N_SIDES; side++) {
            count_joint(m.chance, &c->within[side]);
            count_seen(&m, &c->within[side]);
        }
        fit_chance(m.chance);
        for (size_t p = 0; p < m.n_patterns; p++)
            m.patterns[p].chance = (double)left * right * chance_of(m.chance, &m.patterns[p]);
        learn(&m, &c->across);
    }
    free(m.chance);
    free(m.patterns);
    return status;
}
