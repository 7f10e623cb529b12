/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include "text/calendar.h"

#include <stdlib.h>

/* Of more sets of fields pairs are not counted by year of birth, nor are years apart before and
 * after these. */
enum { SETS_MAX = 256, FIRST_YEAR = 1850, N_YEARS = 200, MONTHS_A_YEAR = 12 };

/* Entities of each side by the set of their fields, as the holders have it, and year of birth; the
 * last one is of those whose year is unknown. */
struct births {
    double *n[TG_N_SIDES];
};

enum { N_PLACES = N_YEARS + 1 };

static enum tg_status add(struct tg_holders *h, enum tg_side side, uint32_t fields, size_t *set,
                          struct tg_error *err)
{
    size_t i = 0;
    while (i < h->n && h->items[i].fields != fields)
        i++;
    if (i == h->n) {
        if (tg_grow(&h->items, &h->cap, h->n + 1, sizeof *h->items, err))
            return TG_NO_MEMORY;
        h->items[h->n++] = (struct tg_holder_count){.fields = fields};
    }
    h->items[i].n[side]++;
    *set = i;
    return TG_OK;
}

static size_t year_of(const struct tg_link_facts *facts, uint32_t i)
{
    int32_t month = facts->birth_month ? facts->birth_month[i] : TG_NO_MONTH;
    if (month == TG_NO_MONTH)
        return N_YEARS;
    int32_t year = month / MONTHS_A_YEAR - FIRST_YEAR;
    return year < 0 ? 0 : year < N_YEARS ? (size_t)year : N_YEARS - 1;
}

static enum tg_status count_side(const struct tg_linkage *l, enum tg_side side,
                                 const uint32_t *fields, struct tg_holders *out, struct births *b,
                                 struct tg_error *err)
{
    const struct tg_link_facts *facts = &l->facts[side];
    enum tg_status status = TG_OK;
    b->n[side] = tg_calloc((size_t)SETS_MAX * N_PLACES, sizeof *b->n[side], err);
    if (!b->n[side])
        return TG_NO_MEMORY;
    for (uint32_t i = 0; !status && i < facts->n; i++) {
        uint32_t known = facts->sex && facts->sex[i] ? UINT32_C(1) << TG_SEX_PLACE : 0;
        size_t set = 0;
        status = add(out, side, fields[i] | known, &set, err);
        if (set < SETS_MAX)
            b->n[side][set * N_PLACES + year_of(facts, i)]++;
    }
    return status;
}

/* Those whose year is unknown are as likely of each as the others are. */
static void spread_unknown(const struct tg_holders *h, double *n)
{
    double years[N_YEARS] = {0}, sum = 0;
    for (size_t i = 0; i < h->n; i++) {
        for (size_t y = 0; y < N_YEARS; y++)
            years[y] += n[i * N_PLACES + y];
    }
    for (size_t y = 0; y < N_YEARS; y++)
        sum += years[y];
    for (size_t i = 0; i < h->n; i++) {
        double *set = &n[i * N_PLACES];
        for (size_t y = 0; y < N_YEARS && sum > 0; y++)
            set[y] += set[N_YEARS] * years[y] / sum;
    }
}

/* Pairs of two sets that are born in one year. */
static double count_born(const double *some, const double *others, bool are_same)
{
    double n = 0;
    for (size_t y = 0; y < N_YEARS; y++)
        n += some[y] * (others[y] > are_same ? others[y] - are_same : 0);
    return n;
}

static enum tg_status count_pairs(struct tg_holders *h, const struct births *b,
                                  struct tg_error *err)
{
    static const enum tg_side sides[TG_HOLDERS_N_PAIRS][2] = {
        [TG_HOLDERS_LEFT] = {TG_LEFT, TG_LEFT},
        [TG_HOLDERS_RIGHT] = {TG_RIGHT, TG_RIGHT},
        [TG_HOLDERS_ACROSS] = {TG_LEFT, TG_RIGHT},
    };
    for (int p = 0; p < TG_HOLDERS_N_PAIRS; p++) {
        const double *some = b->n[sides[p][0]], *others = b->n[sides[p][1]];
        double sum = 0;
        h->born[p] = tg_calloc(h->n * h->n, sizeof *h->born[p], err);
        if (!h->born[p])
            return TG_NO_MEMORY;
        for (size_t i = 0; i < h->n; i++) {
            for (size_t j = 0; j < h->n; j++) {
                double n = count_born(&some[i * N_PLACES], &others[j * N_PLACES],
                                      p != TG_HOLDERS_ACROSS && i == j);
                h->born[p][i * h->n + j] = n;
                sum += n;
            }
        }
        h->all_born[p] = sum;
    }
    return TG_OK;
}

enum tg_status tg_holders_count(const struct tg_linkage *l, uint32_t *const fields[TG_N_SIDES],
                                struct tg_holders *out, struct tg_error *err)
{
    struct births births = {{NULL, NULL}};
    enum tg_status status = TG_OK;
    for (int side = 0; !status && side < TG_N_SIDES; side++)
        status = count_side(l, (enum tg_side)side, fields[side], out, &births, err);
    if (!status && out->n <= SETS_MAX) {
        spread_unknown(out, births.n[TG_LEFT]);
        spread_unknown(out, births.n[TG_RIGHT]);
        status = count_pairs(out, &births, err);
    }
    free(births.n[TG_LEFT]);
    free(births.n[TG_RIGHT]);
    return status;
}

void tg_holders_free(struct tg_holders *h)
{
    free(h->items);
    for (int p = 0; p < TG_HOLDERS_N_PAIRS; p++)
        free(h->born[p]);
    *h = (struct tg_holders){.n = 0};
}

static bool knows_births(const struct tg_holders *h, enum tg_holders_pairs p, bool are_born)
{
    return are_born && h->all_born[p] > 0;
}

/* Pairs of two sets; of all pairs, or of those that are born in one year where that is known. */
static double pairs_of(const struct tg_holders *h, enum tg_holders_pairs p, bool are_born,
                       size_t some, size_t others)
{
    const struct tg_holder_count *i = &h->items[some], *j = &h->items[others];
    if (knows_births(h, p, are_born))
        return h->born[p][some * h->n + others];
    enum tg_side a = p == TG_HOLDERS_RIGHT ? TG_RIGHT : TG_LEFT;
    enum tg_side b = p == TG_HOLDERS_LEFT ? TG_LEFT : TG_RIGHT;
    return i->n[a] * (j->n[b] - (a == b && some == others));
}

/* Pairs of those who have the fields; `fields` 0: of all. */
static double pairs_with(const struct tg_holders *h, enum tg_holders_pairs p, uint32_t fields)
{
    double n[TG_N_SIDES] = {0, 0};
    for (size_t i = 0; i < h->n; i++) {
        bool has = (h->items[i].fields & fields) == fields;
        n[TG_LEFT] += has ? h->items[i].n[TG_LEFT] : 0;
        n[TG_RIGHT] += has ? h->items[i].n[TG_RIGHT] : 0;
    }
    enum tg_side a = p == TG_HOLDERS_RIGHT ? TG_RIGHT : TG_LEFT;
    enum tg_side b = p == TG_HOLDERS_LEFT ? TG_LEFT : TG_RIGHT;
    return n[a] > 0 ? n[a] * (n[b] - (a == b)) : 0;
}

static double all_pairs(const struct tg_holders *h, enum tg_holders_pairs p, bool are_born)
{
    return knows_births(h, p, are_born) ? h->all_born[p] : pairs_with(h, p, 0);
}

/* The same of those of one year of birth, of SETS_MAX sets at most. */
static double born_with(const struct tg_holders *h, enum tg_holders_pairs p, uint32_t fields)
{
    double n = 0;
    for (size_t i = 0; i < h->n; i++) {
        for (size_t j = 0; j < h->n && (h->items[i].fields & fields) == fields; j++)
            n += (h->items[j].fields & fields) == fields ? h->born[p][i * h->n + j] : 0;
    }
    return n;
}

double tg_holders_both(const struct tg_holders *h, enum tg_holders_pairs p, uint32_t fields,
                       bool are_born)
{
    double pairs = all_pairs(h, p, are_born);
    double both = knows_births(h, p, are_born) ? born_with(h, p, fields) : pairs_with(h, p, fields);
    return pairs > 0 ? both / pairs : 0;
}

double tg_holders_share(const struct tg_holders *h, uint32_t all, uint32_t fields, bool are_born)
{
    double both = 0, pairs = all_pairs(h, TG_HOLDERS_ACROSS, are_born);
    double least = all_pairs(h, TG_HOLDERS_ACROSS, false);
    for (size_t i = 0; i < h->n; i++) {
        for (size_t j = 0; j < h->n; j++) {
            if ((h->items[i].fields & h->items[j].fields & all) == fields)
                both += pairs_of(h, TG_HOLDERS_ACROSS, are_born, i, j);
        }
    }
    if (!(pairs > 0))
        return 1;
    return both / pairs > 1 / least ? both / pairs : 1 / least;
}

enum tg_link_level tg_sex_level(const struct tg_linkage *l, enum tg_side a, uint32_t x,
                                enum tg_side b, uint32_t y)
{
    uint8_t one = l->facts[a].sex ? l->facts[a].sex[x] : 0;
    uint8_t other = l->facts[b].sex ? l->facts[b].sex[y] : 0;
    return !one || !other ? TG_MISSING : one == other ? TG_SAME : TG_DIFFERENT;
}
