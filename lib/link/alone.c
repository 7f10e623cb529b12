/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>

enum { MONTHS_A_YEAR = 12, NEIGHBOURS = 2 };

/* Entities of one side by year of birth; the last stratum is of those whose birth is unknown. */
struct strata {
    const int32_t *birth; /* by entity: the month; NULL: all are unknown */
    int32_t first;        /* year */
    size_t n_strata;
    double n_all, matched_all;
    double *n, *linked, *matched; /* by stratum */
    double *factor, *ratio;       /* by stratum: of the odds as they are now; to those before */
};

struct tg_alone {
    struct strata sides[TG_N_SIDES];
};

static int32_t year_of(int32_t month)
{
    return month / MONTHS_A_YEAR - (month % MONTHS_A_YEAR < 0);
}

static size_t stratum_of(const struct strata *s, uint32_t entity)
{
    bool known = s->birth && s->birth[entity] != TG_NO_MONTH;
    return known ? (size_t)(year_of(s->birth[entity]) - s->first) : s->n_strata - 1;
}

static void find_years(const struct tg_link_facts *facts, struct strata *s)
{
    int32_t first = INT32_MAX, last = INT32_MIN;
    s->birth = facts->birth_month;
    for (uint32_t i = 0; s->birth && i < facts->n; i++) {
        int32_t year = year_of(s->birth[i]);
        if (s->birth[i] == TG_NO_MONTH)
            continue;
        first = year < first ? year : first;
        last = year > last ? year : last;
    }
    s->first = first;
    s->n_strata = last >= first ? (size_t)((int64_t)last - first) + 2 : 1;
}

static enum tg_status make_strata(const struct tg_link_facts *facts, struct strata *s,
                                  struct tg_error *err)
{
    double **arrays[] = {&s->n, &s->linked, &s->matched, &s->factor, &s->ratio};
    find_years(facts, s);
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        *arrays[i] = tg_calloc(s->n_strata, sizeof **arrays[i], err);
        if (!*arrays[i])
            return TG_NO_MEMORY;
    }
    for (uint32_t i = 0; i < facts->n; i++)
        s->n[stratum_of(s, i)]++;
    s->n_all = facts->n;
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

/* How many entities the share of the whole side counts for in that of a stratum: the fewer the
 * more the strata differ (beta-binomial, by moments: Kleinman 1973). */
static double weight_of_all(const struct strata *s, double share)
{
    static const double least = 5, most = 1e6;
    double squares = 0, n_squares = 0, n = 0, k = 0, noise = share * (1 - share);
    for (size_t i = 0; i + 1 < s->n_strata; i++) {
        double off = s->n[i] > 0 ? open_of(s, i) / s->n[i] - share : 0;
        squares += s->n[i] * off * off;
        n_squares += s->n[i] * s->n[i];
        n += s->n[i];
        k += s->n[i] > 0;
    }
    double room = n > 0 ? (n - n_squares / n - (k - 1)) * noise : 0;
    double rho = room > 0 ? (squares - (k - 1) * noise) / room : 0;
    double weight = rho > 0 ? 1 / rho - 1 : most;
    return weight < least ? least : weight < most ? weight : most;
}

/* Of a year and those beside it. An unknown one may be any. */
static double factor_of(const struct strata *s, size_t stratum, double weight, double share)
{
    size_t last = s->n_strata - 1;
    size_t from = stratum > NEIGHBOURS ? stratum - NEIGHBOURS : 0;
    size_t end = stratum + NEIGHBOURS < last ? stratum + NEIGHBOURS + 1 : last;
    double n = weight, open = weight * share;
    if (stratum == last)
        return 1 / share;
    for (size_t i = from; i < end; i++) {
        n += s->n[i];
        open += open_of(s, i);
    }
    return n / open;
}

static void update_side(struct strata *s)
{
    double open = 0;
    for (size_t i = 0; i < s->n_strata; i++)
        open += open_of(s, i);
    double share = s->n_all > open + 1 ? (open + 1) / s->n_all : 1;
    double weight = weight_of_all(s, share);
    for (size_t i = 0; i < s->n_strata; i++) {
        double factor = factor_of(s, i, weight, share);
        s->ratio[i] = factor / s->factor[i];
        s->factor[i] = factor;
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
