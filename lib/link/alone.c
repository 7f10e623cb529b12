/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>

enum { N_MONTHS_MAX = 120000, N_ORIGINS = 2 };

/* Entities of one side by origin and, within that, by month of birth; the last one of each is of
 * those whose birth is unknown. */
struct strata {
    const int32_t *birth;   /* by entity; NULL: all are unknown */
    const uint8_t *origins; /* by entity; NULL: all are from here */
    double foreign;         /* the share of foreign ones among those who were not looked at */
    int32_t first;
    size_t n_months, n_strata;
    double *n, *linked, *matched; /* by stratum */
    double *factor, *ratio;       /* by stratum: of the odds as they are now; to those before */
};

struct tg_alone {
    struct strata sides[TG_N_SIDES];
};

static size_t stratum_of(const struct strata *s, uint32_t entity)
{
    bool known = s->birth && s->birth[entity] != TG_NO_MONTH;
    size_t month = known ? (size_t)((int64_t)s->birth[entity] - s->first) : s->n_months - 1;
    bool foreign = s->origins && s->origins[entity] == TG_FOREIGN;
    return month + (foreign ? s->n_months : 0);
}

/* Those who were not looked at are of either origin, as far as the others say. */
static void add_entity(const struct strata *s, double *sums, uint32_t entity)
{
    size_t at = stratum_of(s, entity);
    bool unseen = s->origins && s->origins[entity] == TG_NOT_LOOKED_AT;
    sums[at] += unseen ? 1 - s->foreign : 1;
    if (unseen)
        sums[at + s->n_months] += s->foreign;
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
    s->n_months = are_known ? (size_t)n + 1 : 1;
    s->n_strata = N_ORIGINS * s->n_months;
}

/* Of settled entities, for these are the ones of whom not all were looked at. */
static double share_of_foreign(const uint8_t *origins, const struct tg_link_decision *decisions,
                               uint32_t n)
{
    double seen = 0, foreign = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool counts = decisions[i].state == TG_LINK_LINKED && origins[i] != TG_NOT_LOOKED_AT;
        seen += counts;
        foreign += counts && origins[i] == TG_FOREIGN;
    }
    return seen > 0 ? foreign / seen : 0;
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
        add_entity(s, s->n, i);
    for (size_t i = 0; i < s->n_strata; i++)
        s->factor[i] = 1;
    return TG_OK;
}

enum tg_status tg_alone_begin(const struct tg_linkage *l, const struct tg_link_decision *decisions,
                              const uint8_t *origins, struct tg_alone **out, struct tg_error *err)
{
    struct tg_alone *a = tg_calloc(1, sizeof *a, err);
    enum tg_status status = a ? TG_OK : TG_NO_MEMORY;
    if (a && origins) {
        a->sides[TG_LEFT].origins = origins;
        a->sides[TG_LEFT].foreign = share_of_foreign(origins, decisions, l->facts[TG_LEFT].n);
    }
    for (int side = 0; !status && side < TG_N_SIDES; side++)
        status = make_strata(&l->facts[side], &a->sides[side], err);
    if (status) {
        tg_alone_free(a);
        return status;
    }
    for (uint32_t i = 0; i < l->facts[TG_LEFT].n; i++) {
        if (decisions[i].state != TG_LINK_LINKED)
            continue;
        add_entity(&a->sides[TG_LEFT], a->sides[TG_LEFT].linked, i);
        add_entity(&a->sides[TG_RIGHT], a->sides[TG_RIGHT].linked, decisions[i].right);
    }
    *out = a;
    return TG_OK;
}

void tg_alone_add(struct tg_alone *a, const struct tg_pair *pair, double probability)
{
    a->sides[TG_LEFT].matched[stratum_of(&a->sides[TG_LEFT], pair->left)] += probability;
    a->sides[TG_RIGHT].matched[stratum_of(&a->sides[TG_RIGHT], pair->right)] += probability;
}

/* The origins that are taken together. */
struct origins {
    size_t from, end;
};

static double number_of(const struct strata *s, const struct origins *o, size_t month)
{
    double n = 0;
    for (size_t i = o->from; i < o->end; i++)
        n += s->n[i * s->n_months + month];
    return n;
}

static double open_of(const struct strata *s, const struct origins *o, size_t month)
{
    double open = 0;
    for (size_t i = o->from; i < o->end; i++) {
        size_t at = i * s->n_months + month;
        open += s->n[at] - s->linked[at] - s->matched[at];
    }
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

static struct span span_of(const struct strata *s, const struct origins *o, size_t from, size_t end)
{
    struct span span = {from, end, 0, 0};
    for (size_t i = from; i < end; i++) {
        span.n += number_of(s, o, i);
        span.open += open_of(s, o, i);
    }
    return span;
}

/* Where two shares say most more than one; 0: nowhere more than a share costs (Schwarz 1978). */
static size_t find_split(const struct strata *s, const struct origins *o, const struct span *span)
{
    double most = likelihood(span->n, span->open) + log(span->n + 1);
    struct span left = {span->from, span->from, 0, 0};
    size_t best = 0;
    for (size_t i = span->from; i + 1 < span->end; i++) {
        double here = number_of(s, o, i);
        left.n += here;
        left.open += open_of(s, o, i);
        double n = span->n - left.n, open = span->open - left.open;
        if (here <= 0 || n < 1)
            continue;
        double both = likelihood(left.n, left.open) + likelihood(n, open > 0 ? open : 0);
        if (both > most) {
            most = both;
            best = i + 1;
        }
    }
    return best;
}

static void set_factor(struct strata *s, const struct origins *o, const struct span *span)
{
    double factor = span->n / (span->open + 1);
    for (size_t k = o->from; k < o->end; k++) {
        for (size_t i = span->from; i < span->end; i++) {
            size_t at = k * s->n_months + i;
            s->ratio[at] = (factor > 1 ? factor : 1) / s->factor[at];
            s->factor[at] = factor > 1 ? factor : 1;
        }
    }
}

/* Splits the months as long as that says something, each span from the left (binary segmentation).
 */
static void update_months(struct strata *s, const struct origins *o)
{
    size_t last = s->n_months - 1, from = 0, end = last;
    struct span all = span_of(s, o, 0, s->n_months);
    all.from = last;
    all.end = s->n_months;
    set_factor(s, o, &all);
    while (from < last) {
        struct span span = span_of(s, o, from, end);
        size_t split = find_split(s, o, &span);
        if (split) {
            end = split;
        } else {
            set_factor(s, o, &span);
            from = end;
            end = last;
        }
    }
}

/* The origins are taken apart where that says more than it costs, too. */
static void update_side(struct strata *s)
{
    const struct origins all = {0, N_ORIGINS}, here = {0, 1}, foreign = {1, 2};
    struct span of_all = span_of(s, &all, 0, s->n_months);
    struct span of_here = span_of(s, &here, 0, s->n_months);
    struct span of_foreign = span_of(s, &foreign, 0, s->n_months);
    double both = likelihood(of_here.n, of_here.open) + likelihood(of_foreign.n, of_foreign.open);
    if (both > likelihood(of_all.n, of_all.open) + log(of_all.n + 1)) {
        update_months(s, &here);
        update_months(s, &foreign);
    } else {
        update_months(s, &all);
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
