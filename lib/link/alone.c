/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>

enum { N_MONTHS_MAX = 120000 };

/* Entities of one side by month of birth; the last one is of those whose birth is unknown. */
struct strata {
    const int32_t *birth; /* by entity; NULL: all are unknown */
    int32_t first;
    size_t n_strata;
    double *n, *linked, *matched; /* by stratum */
    double *factor, *ratio;       /* by stratum: of the odds as they are now; to those before */
};

struct tg_alone {
    struct strata sides[TG_N_SIDES];
};

static size_t stratum_of(const struct strata *s, uint32_t entity)
{
    bool known = s->birth && s->birth[entity] != TG_NO_MONTH;
    return known ? (size_t)((int64_t)s->birth[entity] - s->first) : s->n_strata - 1;
}

static void find_months(const struct tg_link_facts *facts, struct strata *s)
{
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (uint32_t i = 0; facts->birth_month && i < facts->n; i++) {
        int32_t month = facts->birth_month[i];
        if (month == TG_NO_MONTH)
            continue;
        first = month < first ? month : first;
        last = month > last ? month : last;
    }
    int64_t n = (int64_t)last - first + 1;
    bool are_known = n > 0 && n <= N_MONTHS_MAX;
    s->birth = are_known ? facts->birth_month : NULL;
    s->first = first;
    s->n_strata = are_known ? (size_t)n + 1 : 1;
}

static enum tg_status make_strata(const struct tg_link_facts *facts, struct strata *s,
                                  struct tg_error *err)
{
    double **arrays[] = {&s->n, &s->linked, &s->matched, &s->factor, &s->ratio};
    find_months(facts, s);
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        *arrays[i] = tg_calloc(s->n_strata, sizeof **arrays[i], err);
        if (!*arrays[i])
            return TG_NO_MEMORY;
    }
    for (uint32_t i = 0; i < facts->n; i++)
        s->n[stratum_of(s, i)]++;
    for (size_t i = 0; i < s->n_strata; i++)
        s->factor[i] = 1;
    return TG_OK;
}

enum tg_status tg_alone_begin(const struct tg_linkage *l, const struct tg_link_decision *decisions,
                              struct tg_alone **out, struct tg_error *err)
{
    struct tg_alone *a = tg_calloc(1, sizeof *a, err);
    enum tg_status status = a ? TG_OK : TG_NO_MEMORY;
    for (int side = 0; !status && side < TG_N_SIDES; side++)
        status = make_strata(&l->facts[side], &a->sides[side], err);
    if (status) {
        tg_alone_free(a);
        return status;
    }
    for (uint32_t i = 0; i < l->facts[TG_LEFT].n; i++) {
        if (decisions[i].state != TG_LINK_LINKED)
            continue;
        a->sides[TG_LEFT].linked[stratum_of(&a->sides[TG_LEFT], i)]++;
        a->sides[TG_RIGHT].linked[stratum_of(&a->sides[TG_RIGHT], decisions[i].right)]++;
    }
    *out = a;
    return TG_OK;
}

void tg_alone_add(struct tg_alone *a, const struct tg_pair *pair, double probability)
{
    a->sides[TG_LEFT].matched[stratum_of(&a->sides[TG_LEFT], pair->left)] += probability;
    a->sides[TG_RIGHT].matched[stratum_of(&a->sides[TG_RIGHT], pair->right)] += probability;
}

static double open_of(const struct strata *s, size_t i)
{
    double open = s->n[i] - s->linked[i] - s->matched[i];
    return open > 0 ? open : 0;
}

/* Months from one on; those without somebody are none. */
struct span {
    size_t from, end;
    double n, open;
};

/* Of n entities of whom `open` have nobody, the logarithm of what their share makes of it. */
static double likelihood(double n, double open)
{
    double matched = n - open, sum = 0;
    sum += open > 0 ? open * log(open / n) : 0;
    sum += matched > 0 ? matched * log(matched / n) : 0;
    return sum;
}

static struct span span_of(const struct strata *s, size_t from, size_t end)
{
    struct span span = {from, end, 0, 0};
    for (size_t i = from; i < end; i++) {
        span.n += s->n[i];
        span.open += open_of(s, i);
    }
    return span;
}

/* Where two shares say most more than one; 0: nowhere more than a share costs (Schwarz 1978). */
static size_t find_split(const struct strata *s, const struct span *span)
{
    double most = likelihood(span->n, span->open) + log(span->n + 1);
    struct span left = {span->from, span->from, 0, 0};
    size_t best = 0;
    for (size_t i = span->from; i + 1 < span->end; i++) {
        left.n += s->n[i];
        left.open += open_of(s, i);
        double n = span->n - left.n, open = span->open - left.open;
        if (s->n[i] <= 0 || n < 1)
            continue;
        double both = likelihood(left.n, left.open) + likelihood(n, open > 0 ? open : 0);
        if (both > most) {
            most = both;
            best = i + 1;
        }
    }
    return best;
}

static void set_factor(struct strata *s, const struct span *span)
{
    double factor = span->n / (span->open + 1);
    for (size_t i = span->from; i < span->end; i++) {
        s->ratio[i] = (factor > 1 ? factor : 1) / s->factor[i];
        s->factor[i] = factor > 1 ? factor : 1;
    }
}

/* Splits the months as long as that says something, each span from the left (binary segmentation).
 */
static void update_side(struct strata *s)
{
    size_t last = s->n_strata - 1, from = 0, end = last;
    struct span all = span_of(s, 0, s->n_strata);
    all.from = last;
    all.end = s->n_strata;
    set_factor(s, &all);
    while (from < last) {
        struct span span = span_of(s, from, end);
        size_t split = find_split(s, &span);
        if (split) {
            end = split;
        } else {
            set_factor(s, &span);
            from = end;
            end = last;
        }
    }
    for (size_t i = 0; i < s->n_strata; i++)
        s->matched[i] = 0;
}

void tg_alone_update(struct tg_alone *a)
{
    for (int side = 0; side < TG_N_SIDES; side++)
        update_side(&a->sides[side]);
}

double tg_alone_ratio(const struct tg_alone *a, const struct tg_pair *pair)
{
    const struct strata *left = &a->sides[TG_LEFT], *right = &a->sides[TG_RIGHT];
    return left->ratio[stratum_of(left, pair->left)] * right->ratio[stratum_of(right, pair->right)];
}

void tg_alone_free(struct tg_alone *a)
{
    for (int side = 0; a && side < TG_N_SIDES; side++) {
        struct strata *s = &a->sides[side];
        free(s->n);
        free(s->linked);
        free(s->matched);
        free(s->factor);
        free(s->ratio);
    }
    free(a);
}
