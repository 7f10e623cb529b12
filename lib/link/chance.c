/* SPDX-License-Identifier: Apache-2.0 */
#include "link/births.h"
#include "link/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_UNKNOWN_MAX = 2 * TG_LINK_FIELDS_MAX, /* near and same of each field */
    N_TRIPLES_MAX = 64,
    FEW_PAIRS = 5,
    PARTNERS_MIN = 2,
};

/* Counts are as uncertain as Poisson's, and the rule that fields are independent is never quite
 * true: a log rate has at least this standard deviation. */
static const double few = 0.3, misfit = 0.3, ridge = 1e-6, ridge_log = -5;
/* Dependent: together more often than this, and the equations are clearly better without them. */
static const double dependent_above = 2, clearly_better = 4;
/* What is computed from rates counts as much as half a pair seen. */
static const double trust_in_rates = 0.5;

enum set { WITHIN, ACROSS, N_SETS }; /* pairs of one file; pairs of the two that are no matches */

/* How often levels are met; logarithms of rates. Unknown 2·f is near, 2·f + 1 the same. */
struct rates {
    double joint[N_UNKNOWN_MAX][N_UNKNOWN_MAX];           /* pairs seen that have both levels */
    double pairs[TG_LINK_FIELDS_MAX][TG_LINK_FIELDS_MAX]; /* pairs that have both fields */
    double joint_of_three[N_TRIPLES_MAX], pairs_of_three[N_TRIPLES_MAX]; /* by triple */
    double rate[N_UNKNOWN_MAX];
    double before[N_UNKNOWN_MAX], weight_before; /* what is known without the pairs */
};

/* The unknowns of a key of three parts. */
struct triple {
    size_t of[3];
};

/* Pairs of the two files with the same levels, as far as they are no matches: of those who have a
 * partner, and of all. */
struct met {
    double of_partners, of_all;
};

struct tg_chance {
    const struct tg_linkage *l;
    size_t n_fields, n; /* n unknowns */
    const struct tg_candidates *seen;
    double sides[TG_N_SIDES];                    /* entities */
    bool observed[N_UNKNOWN_MAX][N_UNKNOWN_MAX]; /* some key is made of the two */
    struct triple triples[N_TRIPLES_MAX];
    size_t n_triples;
    struct rates rates[N_SETS];
    bool knows_across;
    struct met *met; /* by pattern of the pairs of the two files */
    size_t n_met, cap_met;
    /* Of all pairs of the two files, and of those of one month of birth: the share that is of left
     * entities with a partner. */
    double of_partners[2];
    double extra[N_UNKNOWN_MAX][N_UNKNOWN_MAX]; /* of dependent fields */
    bool dependent[TG_LINK_FIELDS_MAX][TG_LINK_FIELDS_MAX];
    double sexes[N_UNKNOWN_MAX][TG_N_LEVELS]; /* pairs seen by what their sexes say */
    double rows[N_UNKNOWN_MAX][N_UNKNOWN_MAX + 1];
};

/* The unknowns of the fields that agree. */
static size_t list_agreeing(const struct tg_linkage *l, uint64_t levels,
                            size_t out[TG_LINK_FIELDS_MAX])
{
    size_t n = 0;
    for (size_t f = 0; f < l->n_fields; f++) {
        enum tg_link_level level = tg_level_of(levels, f);
        if (tg_is_unseen(l, levels, f))
            continue;
        if (level == TG_NEAR || level == TG_SAME)
            out[n++] = 2 * f + (level == TG_SAME);
    }
    return n;
}

/* Do the two agree on all that both have? */
static bool is_all_same(const struct tg_linkage *l, uint64_t levels)
{
    bool same = true;
    for (size_t f = 0; f < l->n_fields; f++) {
        enum tg_link_level level = tg_level_of(levels, f);
        same = same && level != TG_DIFFERENT && level != TG_NEAR;
    }
    return same;
}

static void count_joint(const struct tg_chance *c, struct rates *r, uint64_t levels, double times)
{
    size_t agreeing[TG_LINK_FIELDS_MAX];
    size_t n = list_agreeing(c->l, levels, agreeing);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++)
            r->joint[agreeing[i]][agreeing[j]] += times;
    }
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++)
        bits |= UINT64_C(1) << agreeing[i];
    for (size_t t = 0; t < c->n_triples; t++) {
        const size_t *of = c->triples[t].of;
        r->joint_of_three[t] += (bits >> of[0] & bits >> of[1] & bits >> of[2] & 1) ? times : 0;
    }
}

static void count_sexes(struct tg_chance *c, uint64_t levels, double times)
{
    size_t agreeing[TG_LINK_FIELDS_MAX];
    size_t n = list_agreeing(c->l, levels, agreeing);
    for (size_t i = 0; i < n; i++)
        c->sexes[agreeing[i]][tg_level_of(levels, TG_SEX_PLACE)] += times;
}

static size_t unknown_of(const struct tg_link_part *part)
{
    return 2 * (size_t)part->field + part->whole;
}

/* Levels are seen as often as they occur only where a key is made of them and nothing else. */
static void note_observed(struct tg_chance *c, const struct tg_linkage *l)
{
    for (size_t k = 0; k < l->n_keys; k++) {
        const struct tg_link_key *key = &l->keys[k];
        const struct tg_link_part *parts = key->parts;
        if (key->with_sex)
            continue;
        if (key->n_parts == 2) {
            size_t a = unknown_of(&parts[0]), b = unknown_of(&parts[1]);
            c->observed[a < b ? a : b][a < b ? b : a] = true;
        }
        if (key->n_parts == 3 && c->n_triples < N_TRIPLES_MAX)
            c->triples[c->n_triples++] = (struct triple){
                {unknown_of(&parts[0]), unknown_of(&parts[1]), unknown_of(&parts[2])}};
    }
}

static double log_rate(const struct rates *r, size_t a, size_t b)
{
    return log((r->joint[a][b] + few) / r->pairs[a / 2][b / 2]);
}

static double weight_of(double joint)
{
    return 1 / (1 / (joint + few) + misfit * misfit);
}

static bool is_equation(const struct tg_chance *c, const struct rates *r, size_t a, size_t b)
{
    return c->observed[a][b] && !c->dependent[a / 2][b / 2] && r->pairs[a / 2][b / 2] >= 1;
}

static bool are_dependent(const struct tg_chance *c, size_t f, size_t g)
{
    return f < g ? c->dependent[f][g] : c->dependent[g][f];
}

static bool is_equation_of_three(const struct tg_chance *c, const struct rates *r, size_t triple)
{
    const size_t *of = c->triples[triple].of;
    return r->pairs_of_three[triple] >= 1 && !are_dependent(c, of[0] / 2, of[1] / 2) &&
           !are_dependent(c, of[0] / 2, of[2] / 2) && !are_dependent(c, of[1] / 2, of[2] / 2);
}

/* The sum of the unknowns is the logarithm of a rate. */
static void add_equation(struct tg_chance *c, const size_t *unknowns, size_t n, double weight,
                         double log_rate)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            c->rows[unknowns[i]][unknowns[j]] += weight;
        c->rows[unknowns[i]][c->n] += weight * log_rate;
    }
}

static void add_equations(struct tg_chance *c, const struct rates *r)
{
    for (size_t a = 0; a < c->n; a++) {
        for (size_t b = a + 1; b < c->n; b++) {
            if (is_equation(c, r, a, b))
                add_equation(c, (const size_t[]){a, b}, 2, weight_of(r->joint[a][b]),
                             log_rate(r, a, b));
        }
    }
    for (size_t t = 0; t < c->n_triples; t++) {
        double joint = r->joint_of_three[t];
        if (is_equation_of_three(c, r, t))
            add_equation(c, c->triples[t].of, 3, weight_of(joint),
                         log((joint + few) / r->pairs_of_three[t]));
    }
}

/* Gauss and Jordan; the matrix is symmetric and, by the ridge, positive definite. */
static void solve(struct tg_chance *c, struct rates *r)
{
    size_t n = c->n;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double factor = j == i ? 0 : c->rows[j][i] / c->rows[i][i];
            for (size_t k = i; k <= n && j != i; k++)
                c->rows[j][k] -= factor * c->rows[i][k];
        }
    }
    for (size_t i = 0; i < n; i++)
        r->rate[i] = c->rows[i][n] / c->rows[i][i];
}

static double surplus(const struct rates *r, size_t a, size_t b)
{
    return log_rate(r, a, b) - r->rate[a] - r->rate[b];
}

/* Least squares of the logarithms. @return the sum of squares */
static double fit_rates(struct tg_chance *c, struct rates *r)
{
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k <= c->n; k++)
            c->rows[i][k] = 0;
        c->rows[i][i] = r->weight_before;
        c->rows[i][c->n] = r->weight_before * r->before[i];
    }
    add_equations(c, r);
    solve(c, r);
    double sum = 0;
    for (size_t a = 0; a < c->n; a++) {
        for (size_t b = a + 1; b < c->n; b++) {
            double s = is_equation(c, r, a, b) ? surplus(r, a, b) : 0;
            sum += weight_of(r->joint[a][b]) * s * s;
        }
    }
    return sum;
}

/* Fields whose joint rates with this one still say what its own rate is. */
static size_t count_partners(const struct tg_chance *c, size_t field)
{
    size_t n = 0;
    for (size_t g = 0; g < c->n_fields; g++) {
        size_t f = field < g ? field : g, h = field < g ? g : field;
        n += g != field && is_equation(c, &c->rates[WITHIN], 2 * f + 1, 2 * h + 1);
    }
    return n;
}

/* How much better the equations are without those of the two fields. */
static double gain_without(struct tg_chance *c, size_t f, size_t g, double before)
{
    struct rates *r = &c->rates[WITHIN];
    size_t a = 2 * f + 1, b = 2 * g + 1;
    if (!is_equation(c, r, a, b) || r->joint[a][b] < FEW_PAIRS ||
        count_partners(c, f) <= PARTNERS_MIN || count_partners(c, g) <= PARTNERS_MIN)
        return 0;
    c->dependent[f][g] = true;
    double gain = before - fit_rates(c, r);
    bool together = surplus(r, a, b) > log(dependent_above);
    c->dependent[f][g] = false;
    return together ? gain : 0;
}

/* Takes the two fields that explain most of what is amiss out of the equations. */
static bool find_dependent(struct tg_chance *c)
{
    double before = fit_rates(c, &c->rates[WITHIN]), most = clearly_better;
    size_t first = 0, second = 0;
    for (size_t f = 0; f < c->n_fields; f++) {
        for (size_t g = f + 1; g < c->n_fields; g++) {
            double gain = gain_without(c, f, g, before);
            if (gain > most) {
                most = gain;
                first = f;
                second = g;
            }
        }
    }
    c->dependent[first][second] = second > 0;
    return second > 0;
}

/* Is a third field the same, so that it is seen whether `g` is and what the unknown is? */
static bool is_seen_by_third(const struct tg_chance *c, uint64_t levels, size_t g, size_t unknown)
{
    for (size_t h = 0; h < c->n_fields; h++) {
        size_t a = 2 * h + 1, b = 2 * g + 1;
        if (h != g && h != unknown / 2 && tg_level_of(levels, h) == TG_SAME &&
            c->observed[a < b ? a : b][a < b ? b : a] &&
            c->observed[a < unknown ? a : unknown][a < unknown ? unknown : a])
            return true;
    }
    return false;
}

/* Ends of field f, which depends on field g: no key need be made of the two. Of pairs that agree on
 * g and on a third field and differ on f, how many have them? Values that should be the same differ
 * by errors, and these leave the one end or the other: that counts as much as one pair seen. */
static void set_extra_of_ends(struct tg_chance *c, size_t f, size_t g, size_t unknown)
{
    size_t a = 2 * g + 1, low = a < unknown ? a : unknown, high = a < unknown ? unknown : a;
    double n = 1, with = 0.5, rate = exp(c->rates[WITHIN].rate[unknown]);
    for (int side = 0; side < TG_N_SIDES; side++) {
        const struct tg_patterns *within = &c->seen->within[side];
        for (size_t i = 0; i < within->n; i++) {
            uint64_t levels = within->items[i].levels;
            enum tg_link_level ends = tg_level_of(levels, unknown / 2);
            if (tg_level_of(levels, g) != TG_SAME || tg_level_of(levels, f) != TG_DIFFERENT ||
                !is_seen_by_third(c, levels, g, unknown))
                continue;
            n += within->items[i].n;
            with += ends == (unknown % 2 ? TG_SAME : TG_NEAR) ? within->items[i].n : 0;
        }
    }
    if (!c->observed[low][high] && with / n > rate)
        c->extra[low][high] = log(with / n / rate);
}

static void set_extra_of_both_ends(struct tg_chance *c, size_t f, size_t g)
{
    if (!c->l->ends[f])
        return;
    set_extra_of_ends(c, f, g, 2 * (c->l->ends[f] - 1u));
    set_extra_of_ends(c, f, g, 2 * (c->l->ends[f] - 1u) + 1);
}

static void set_extra(struct tg_chance *c, size_t f, size_t g)
{
    size_t a = 2 * f, b = 2 * g;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 2; j++) {
            double s = surplus(&c->rates[WITHIN], a + i, b + j);
            c->extra[a + i][b + j] = c->observed[a + i][b + j] && s > 0 ? s : 0;
        }
    }
    double x = c->extra[a][b + 1], y = c->extra[a + 1][b];
    if (!c->observed[a][b])
        c->extra[a][b] = x < y ? x : y;
    set_extra_of_both_ends(c, f, g);
    set_extra_of_both_ends(c, g, f);
}

static void keep_below_one(const struct tg_chance *c, struct rates *r)
{
    for (size_t i = 0; i < c->n; i++)
        r->rate[i] = r->rate[i] < -ridge ? r->rate[i] : -ridge;
}

static void fit_within(struct tg_chance *c)
{
    struct rates *r = &c->rates[WITHIN];
    r->weight_before = ridge;
    for (size_t i = 0; i < c->n; i++)
        r->before[i] = ridge_log;
    while (find_dependent(c)) {
    }
    (void)fit_rates(c, r);
    for (size_t f = 0; f < c->n_fields; f++) {
        for (size_t g = f + 1; g < c->n_fields; g++) {
            if (c->dependent[f][g])
                set_extra(c, f, g);
        }
    }
    keep_below_one(c, r);
}

/* Of those who agree on `a`, the share that differs on field `g`, which depends on it. */
static double share_different(const struct tg_chance *c, const struct rates *r, size_t a, size_t g)
{
    static const double least = 0.02;
    double agree = 0;
    for (size_t b = 2 * g; b < 2 * g + 2; b++)
        agree += exp(r->rate[b] + (a < b ? c->extra[a][b] : c->extra[b][a]));
    return 1 - agree > least ? 1 - agree : least;
}

static double by_rates(const struct tg_chance *c, const struct rates *r, uint64_t levels)
{
    size_t agreeing[TG_LINK_FIELDS_MAX];
    size_t n = list_agreeing(c->l, levels, agreeing);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        size_t f = agreeing[i] / 2;
        sum += r->rate[agreeing[i]];
        for (size_t j = i + 1; j < n; j++)
            sum += c->extra[agreeing[i]][agreeing[j]];
        for (size_t g = 0; g < c->n_fields; g++) {
            if (are_dependent(c, f, g) && tg_level_of(levels, g) == TG_DIFFERENT)
                sum += log(share_different(c, r, agreeing[i], g));
        }
    }
    return exp(sum < 0 ? sum : 0);
}

/* Names tell the sex: the field that agrees and says most of it decides. */
static double share_of_sex(const struct tg_chance *c, uint64_t levels)
{
    enum tg_link_level sex = tg_level_of(levels, TG_SEX_PLACE);
    size_t agreeing[TG_LINK_FIELDS_MAX];
    size_t n = list_agreeing(c->l, levels, agreeing);
    double most = 0.5;
    if (sex == TG_MISSING)
        return 1;
    for (size_t i = 0; i < n; i++) {
        const double *seen = c->sexes[agreeing[i]];
        double same = (seen[TG_SAME] + 1) / (seen[TG_SAME] + seen[TG_DIFFERENT] + 2);
        most = same > most ? same : most;
    }
    return sex == TG_SAME ? most : 1 - most;
}

/* Both bits of every field that is not missing. */
static uint64_t known_places(uint64_t levels)
{
    uint64_t high = levels >> 1 & UINT64_C(0x5555555555555555);
    uint64_t low = levels & UINT64_C(0x5555555555555555);
    uint64_t known = ~(high & ~low) & UINT64_C(0x5555555555555555);
    return known | known << 1;
}

/* The fields whose levels are not missing, as bits. */
static uint32_t known_fields(const struct tg_chance *c, uint64_t levels)
{
    uint32_t fields = 0;
    for (size_t f = 0; f <= TG_SEX_PLACE; f++) {
        bool is_place = f < c->n_fields || f == TG_SEX_PLACE;
        if (is_place && tg_level_of(levels, f) != TG_MISSING)
            fields |= UINT32_C(1) << f;
    }
    return fields;
}

static uint32_t fields_of(const struct triple *t)
{
    return UINT32_C(1) << t->of[0] / 2 | UINT32_C(1) << t->of[1] / 2 | UINT32_C(1) << t->of[2] / 2;
}

/* Is it near or the same? */
static bool is_by_birth(const struct tg_chance *c, uint64_t levels)
{
    return c->l->birth_field < c->n_fields && tg_is_shared(tg_level_of(levels, c->l->birth_field));
}

static bool has_birth(const struct tg_chance *c, uint32_t fields)
{
    return c->l->birth_field < c->n_fields && fields >> c->l->birth_field & 1;
}

/* Pairs within the files, of people who both have the fields; in relation to those who do not, as
 * it is among those of one age where they agree by birth. */
static double pairs_with(const struct tg_chance *c, uint32_t fields, bool by_birth)
{
    const struct tg_holders *h = &c->seen->holders;
    return c->seen->within[TG_LEFT].of * tg_holders_both(h, TG_HOLDERS_LEFT, fields, by_birth) +
           c->seen->within[TG_RIGHT].of * tg_holders_both(h, TG_HOLDERS_RIGHT, fields, by_birth);
}

/* The same of the two files. */
static double pairs_across(const struct tg_chance *c, uint32_t fields)
{
    return c->sides[TG_LEFT] * c->sides[TG_RIGHT] *
           tg_holders_both(&c->seen->holders, TG_HOLDERS_ACROSS, fields, has_birth(c, fields));
}

/* Two rows of one file that agree on all may be one person, or relatives whom the fields do not
 * tell apart. Of relatives one field says what another one is: so many of them there may be. */
static double most_all_same(const struct tg_chance *c, uint64_t levels, double expected)
{
    size_t agreeing[TG_LINK_FIELDS_MAX];
    size_t n = list_agreeing(c->l, levels, agreeing);
    double least = 0;
    for (size_t i = 0; i < n; i++)
        least =
            c->rates[WITHIN].rate[agreeing[i]] < least ? c->rates[WITHIN].rate[agreeing[i]] : least;
    return expected / exp(least);
}

/* Pairs within the files with these levels where they are known. */
static double count_seen(const struct tg_chance *c, uint64_t levels, double expected)
{
    uint64_t known = known_places(levels);
    double seen = 0, same = 0;
    for (int side = 0; side < TG_N_SIDES; side++) {
        const struct tg_patterns *within = &c->seen->within[side];
        for (size_t i = 0; i < within->n; i++) {
            if ((within->items[i].levels ^ levels) & known)
                continue;
            *(is_all_same(c->l, within->items[i].levels) ? &same : &seen) += within->items[i].n;
        }
    }
    double most = same > 0 ? most_all_same(c, levels, expected) : 0;
    return seen + (same < most ? same : most);
}

/* The rate of a pattern within the files, or across as far as the rates of levels tell. */
static double rate_of(const struct tg_chance *c, uint64_t levels)
{
    double n_pairs = pairs_with(c, known_fields(c, levels), is_by_birth(c, levels));
    double sex = share_of_sex(c, levels);
    double expected = n_pairs * by_rates(c, &c->rates[WITHIN], levels) * sex;
    double seen = count_seen(c, levels, expected);
    double more = (seen + trust_in_rates) / (expected + trust_in_rates);
    double surely = seen > 1 ? (seen - sqrt(seen)) / expected : 0; /* where rates are far off */
    more = more > surely ? more : surely;
    return more * sex * by_rates(c, &c->rates[c->knows_across ? ACROSS : WITHIN], levels);
}

/* Relatives and neighbours agree more often than rates say. Whoever has a partner meets others by
 * chance alone; where there are surely more of these than expected, that is so for all, as far as
 * the others' pairs may be by chance, too. */
double tg_chance_of(const struct tg_chance *c, uint64_t levels, size_t pattern, double n_pairs)
{
    double expected = n_pairs * rate_of(c, levels);
    if (!c->knows_across)
        return expected;
    const struct met *met = &c->met[pattern];
    double share = c->of_partners[is_by_birth(c, levels)];
    double surely = met->of_partners - sqrt(met->of_partners);
    double of_partners = surely / (expected * share + trust_in_rates);
    double of_all = (met->of_all + trust_in_rates) / (expected + trust_in_rates);
    double more = of_all < of_partners ? of_all : of_partners;
    return more > 1 ? expected * more : expected;
}

/* Whoever has a partner, and what all who have none make of odds. */
struct partners {
    double *sums[TG_N_SIDES];
    bool *has; /* by left entity */
    struct tg_births births;
};

static enum tg_status find_partners(struct tg_chance *c, struct partners *p, struct tg_error *err)
{
    static const double surely = 0.99;
    const struct tg_link_facts *left = &c->l->facts[TG_LEFT];
    double of_all = 0;
    const struct tg_pairs *pairs = &c->seen->across;
    for (int side = 0; side < TG_N_SIDES; side++) {
        p->sums[side] = tg_calloc(c->l->facts[side].n, sizeof *p->sums[side], err);
        if (!p->sums[side])
            return TG_NO_MEMORY;
    }
    p->has = tg_calloc(c->l->facts[TG_LEFT].n, sizeof *p->has, err);
    if (!p->has)
        return TG_NO_MEMORY;
    enum tg_status status = tg_births_count(&c->l->facts[TG_RIGHT], &p->births, err);
    tg_odds_add_up(c->l, pairs, p->sums);
    for (size_t i = 0; !status && i < pairs->n; i++) {
        const struct tg_pair *pair = &pairs->items[i];
        if (tg_odds_probability(p->sums, pair) < surely)
            continue;
        p->has[pair->left] = true;
        c->of_partners[0] += pair->weight;
        c->of_partners[1] += pair->weight * tg_births_with(&p->births, left, pair->left);
    }
    for (uint32_t i = 0; !status && i < left->n; i++)
        of_all += tg_births_with(&p->births, left, i);
    c->of_partners[0] /= c->sides[TG_LEFT];
    c->of_partners[1] = of_all > 0 ? c->of_partners[1] / of_all : c->of_partners[0];
    return status;
}

static void free_partners(struct partners *p)
{
    tg_births_free(&p->births);
    for (int side = 0; side < TG_N_SIDES; side++)
        free(p->sums[side]);
    free(p->has);
}

/* Adds what others share, at most as many times as there are more of them; where those who have a
 * partner are few (their values are rare ones), at least as much as chance `within` the files makes
 * of all. */
static void add_bounded(double *sum, double others, double times, double within)
{
    static const double one_of_few = 9;
    double most = (*sum + 1) * times;
    most = times > one_of_few && within - *sum > most ? within - *sum : most;
    *sum += others < most ? others : most;
}

/* Pairs of the two files that would have both levels if these were what they are within them. */
static double expect_joint(const struct tg_chance *c, size_t a, size_t b)
{
    const struct rates *r = &c->rates[WITHIN];
    double pairs = r->pairs[a / 2][b / 2];
    uint32_t fields = UINT32_C(1) << a / 2 | UINT32_C(1) << b / 2;
    return pairs > 0 ? r->joint[a][b] / pairs * pairs_across(c, fields) : 0;
}

static double expect_joint_of_three(const struct tg_chance *c, size_t t)
{
    const struct rates *r = &c->rates[WITHIN];
    double pairs = r->pairs_of_three[t];
    return pairs > 0 ? r->joint_of_three[t] / pairs * pairs_across(c, fields_of(&c->triples[t]))
                     : 0;
}

/* Counts the pairs of each pattern. */
static enum tg_status count_met(struct tg_chance *c, const struct partners *partners,
                                struct tg_error *err)
{
    const struct tg_pairs *pairs = &c->seen->across;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < pairs->n;) {
        const uint64_t levels = pairs->items[i].levels;
        struct met met = {0, 0};
        for (; i < pairs->n && pairs->items[i].levels == levels; i++) {
            const struct tg_pair *pair = &pairs->items[i];
            bool has = partners->has[pair->left];
            double n = has ? pair->weight * (1 - tg_odds_probability(partners->sums, pair))
                           : pair->weight / (1 + pair->odds);
            met.of_all += n;
            met.of_partners += has ? n : 0;
        }
        status = tg_grow(&c->met, &c->cap_met, c->n_met + 1, sizeof *c->met, err);
        if (!status)
            c->met[c->n_met++] = met;
    }
    return status;
}

/* For each pair by chance of those who have a partner, how many do the others make? */
static double others_per_partner(const struct tg_chance *c, const size_t *unknowns, size_t n)
{
    bool by_birth = false;
    for (size_t i = 0; i < n; i++)
        by_birth = by_birth || unknowns[i] / 2 == c->l->birth_field;
    double share = c->of_partners[by_birth];
    return share < 1 ? (1 - share) / (share + 1 / c->sides[TG_LEFT]) : 0;
}

static enum tg_status count_across(struct tg_chance *c, struct rates *r, struct tg_error *err)
{
    const struct tg_pairs *pairs = &c->seen->across;
    struct partners partners = {.has = NULL};
    struct rates *others = tg_calloc(1, sizeof *others, err);
    enum tg_status status = others ? find_partners(c, &partners, err) : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < pairs->n; i++) {
        const struct tg_pair *pair = &pairs->items[i];
        count_joint(c, partners.has[pair->left] ? r : others, pair->levels,
                    pair->weight / (1 + pair->odds));
    }
    for (size_t a = 0; !status && a < c->n; a++) {
        for (size_t b = a + 1; b < c->n; b++)
            add_bounded(&r->joint[a][b], others->joint[a][b],
                        others_per_partner(c, (const size_t[]){a, b}, 2), expect_joint(c, a, b));
    }
    for (size_t t = 0; !status && t < c->n_triples; t++)
        add_bounded(&r->joint_of_three[t], others->joint_of_three[t],
                    others_per_partner(c, c->triples[t].of, 3), expect_joint_of_three(c, t));
    if (!status)
        status = count_met(c, &partners, err);
    free_partners(&partners);
    free(others);
    return status;
}

enum tg_status tg_chance_learn_across(struct tg_chance *c, struct tg_error *err)
{
    struct rates *r = &c->rates[ACROSS];
    enum tg_status status = count_across(c, r, err);
    if (status)
        return status;
    for (size_t f = 0; f < c->n_fields; f++) {
        for (size_t g = 0; g < c->n_fields; g++)
            r->pairs[f][g] = pairs_across(c, UINT32_C(1) << f | UINT32_C(1) << g);
    }
    for (size_t t = 0; t < c->n_triples; t++)
        r->pairs_of_three[t] = pairs_across(c, fields_of(&c->triples[t]));
    r->weight_before = 1;
    memcpy(r->before, c->rates[WITHIN].rate, sizeof r->before);
    (void)fit_rates(c, r);
    keep_below_one(c, r);
    c->knows_across = true;
    return TG_OK;
}

static double pairs_of_fields(const struct tg_chance *c, uint32_t fields)
{
    return pairs_with(c, fields, has_birth(c, fields));
}

static void count_within(struct tg_chance *c)
{
    struct rates *r = &c->rates[WITHIN];
    for (int side = 0; side < TG_N_SIDES; side++) {
        const struct tg_patterns *within = &c->seen->within[side];
        for (size_t i = 0; i < within->n; i++) {
            if (is_all_same(c->l, within->items[i].levels))
                continue;
            count_joint(c, r, within->items[i].levels, within->items[i].n);
            count_sexes(c, within->items[i].levels, within->items[i].n);
        }
    }
    for (size_t f = 0; f < c->n_fields; f++) {
        for (size_t g = 0; g < c->n_fields; g++)
            r->pairs[f][g] = pairs_of_fields(c, UINT32_C(1) << f | UINT32_C(1) << g);
    }
    for (size_t t = 0; t < c->n_triples; t++)
        r->pairs_of_three[t] = pairs_of_fields(c, fields_of(&c->triples[t]));
}

enum tg_status tg_chance_learn(const struct tg_linkage *l, const struct tg_candidates *seen,
                               struct tg_chance **out, struct tg_error *err)
{
    struct tg_chance *c = tg_calloc(1, sizeof *c, err);
    if (!c)
        return TG_NO_MEMORY;
    c->l = l;
    c->n_fields = l->n_fields;
    c->n = 2 * l->n_fields;
    c->seen = seen;
    for (int side = 0; side < TG_N_SIDES; side++)
        c->sides[side] = l->facts[side].n;
    note_observed(c, l);
    count_within(c);
    fit_within(c);
    *out = c;
    return TG_OK;
}

void tg_chance_free(struct tg_chance *c)
{
    if (c)
        free(c->met);
    free(c);
}
