/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_CLASSES = 2, N_ROUNDS = 60, N_ROUNDS_OF_PATTERNS = 20, KNOWN_MAX = 256 };
/* With three fields what is seen has as many cells as one class has numbers; two classes need
 * more (Goodman 1974). */
enum { FIELDS_MIN = 3, FIELDS_OF_TWO = 4 };

/* What the classes say of a pattern counts as much as half a pair seen. */
static const double trust_in_classes = 0.5;
/* Rates of chance are off by this share of them; one standard deviation. */
static const double misfit = 0.3;

struct pattern {
    uint64_t levels;
    uint32_t fields; /* that it knows, as bits */
    double share;    /* of pairs of one age: they have the fields that this one knows */
    double n_pairs;  /* of the two files: they have these fields */
    double chance;   /* pairs of the two files expected without a match */
    bool teaches;    /* of classes */
    double match[N_CLASSES];
    double got[N_CLASSES];
    double matches; /* expected in all */
    double scale;   /* of commonness */
};

struct match_class {
    double n;
    double share[TG_SEX_PLACE + 1][TG_N_LEVELS];
};

/* Pairs of one pattern and equal commonness; they are as likely as each other. */
struct cell {
    uint32_t pattern;
    double commonness; /* others who share their values, relative to the usual number */
    double weight;     /* of them all */
};

struct model {
    const struct tg_linkage *l;
    size_t places[TG_SEX_PLACE + 1], n_places; /* of levels: the fields, and sex */
    struct pattern *patterns;
    size_t n_patterns;
    struct cell *cells;
    size_t n_cells;
    struct match_class classes[N_CLASSES];
    int n_classes;    /* the first ones of them */
    bool adds_unseen; /* to what classes are learned from */
    double n_unseen;  /* so many in the last round */
};

static size_t run_end(const struct tg_pairs *pairs, size_t at)
{
    size_t end = at + 1;
    while (end < pairs->n && pairs->items[end].levels == pairs->items[at].levels)
        end++;
    return end;
}

/* Where most fields differ, relatives and neighbours who agree more than chance says would be taken
 * for a class of bad records. */
static bool is_mostly_same(const struct model *m, uint64_t levels)
{
    size_t n = 0, different = 0;
    for (size_t f = 0; f < m->l->n_fields; f++) {
        if (tg_linkage_is_ends(m->l, f) || tg_level_of(levels, f) == TG_MISSING)
            continue;
        n++;
        different += tg_level_of(levels, f) == TG_DIFFERENT;
    }
    return 2 * different <= n;
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
        m->patterns[n].teaches = is_mostly_same(m, pairs->items[at].levels);
        for (size_t i = at; i < end; i++)
            pairs->items[i].pattern = (uint32_t)n;
    }
    return TG_OK;
}

/* Chance is higher where many others share the pair's values, lower where fewer than usual do. */
static bool is_like(const struct tg_pair *x, const struct tg_pair *y)
{
    return x->levels == y->levels &&
           !(x->commonness < y->commonness || x->commonness > y->commonness);
}

/* Pairs are sorted, so those of one cell lie together. */
static enum tg_status list_cells(struct model *m, const struct tg_pairs *pairs,
                                 struct tg_error *err)
{
    const struct tg_pair *items = pairs->items;
    size_t n = 0;
    for (size_t i = 0; i < pairs->n; i++)
        n += i == 0 || !is_like(&items[i - 1], &items[i]);
    m->cells = tg_calloc(n, sizeof *m->cells, err);
    if (!m->cells)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < pairs->n; i++) {
        if (i == 0 || !is_like(&items[i - 1], &items[i]))
            m->cells[m->n_cells++] = (struct cell){items[i].pattern, items[i].commonness, 0};
        m->cells[m->n_cells - 1].weight += items[i].weight;
    }
    return TG_OK;
}

/* Clean records, and records in which errors come together. */
static const double begin[N_CLASSES][TG_N_LEVELS] = {
    {[TG_DIFFERENT] = 0.03, [TG_NEAR] = 0.07, [TG_SAME] = 0.9},
    {[TG_DIFFERENT] = 0.3, [TG_NEAR] = 0.3, [TG_SAME] = 0.4},
};

/* What is thought of a class before anything is seen. Ends are of values that differ by more than
 * one error, and nothing is known of these. */
static double begin_share(const struct model *m, int c, size_t place, enum tg_link_level level)
{
    bool is_ends = level != TG_MISSING && tg_linkage_is_ends(m->l, place);
    return is_ends ? 1.0 / (TG_N_LEVELS - 1) : begin[c][level];
}

static void begin_classes(struct model *m)
{
    double left = m->l->facts[TG_LEFT].n, right = m->l->facts[TG_RIGHT].n;
    double most = left < right ? left : right;
    m->classes[0].n = 0.5 * most;
    m->classes[1].n = 0.1 * most;
    for (int c = 0; c < N_CLASSES; c++) {
        for (size_t i = 0; i < m->n_places; i++) {
            size_t f = m->places[i];
            for (int level = 0; level < TG_N_LEVELS; level++)
                m->classes[c].share[f][level] = begin_share(m, c, f, (enum tg_link_level)level);
        }
    }
}

/* Of matches of a class whose field differs, the share with the same beginning or end. */
static double share_of_ends(const struct model *m, const struct match_class *class, size_t field)
{
    if (field >= m->l->n_fields || !m->l->ends[field]) /* the sex is no field */
        return 0;
    const double *share = class->share[m->l->ends[field] - 1];
    return share[TG_NEAR] + share[TG_SAME];
}

/* The share of matches of a class with the pattern's level at one place. */
static double share_at(const struct model *m, const struct match_class *class, uint64_t levels,
                       size_t place)
{
    enum tg_link_level level = tg_level_of(levels, place);
    if (level == TG_MISSING)
        return 1;
    if (tg_is_unseen(m->l, levels, place)) /* times that of the ends, one of which is the same */
        return class->share[place][TG_DIFFERENT] +
               class->share[place][TG_NEAR] / share_of_ends(m, class, place);
    return class->share[place][level];
}

static void expect_patterns(struct model *m)
{
    for (size_t p = 0; p < m->n_patterns; p++) {
        struct pattern *pattern = &m->patterns[p];
        for (int c = 0; c < N_CLASSES; c++) {
            double n = c < m->n_classes ? m->classes[c].n * pattern->share : 0;
            for (size_t i = 0; i < m->n_places; i++)
                n *= share_at(m, &m->classes[c], pattern->levels, m->places[i]);
            pattern->match[c] = n;
            pattern->got[c] = 0;
        }
    }
}

/* How much a pattern's own count says of its matches: the variance of a count that is Poisson's to
 * that of one whose chance is not quite known (quasi-likelihood; Wedderburn 1974). Where chance
 * brings many pairs, more or fewer than that are mostly what the rates are off by. */
static double weight_of_count(const struct pattern *p)
{
    double off = misfit * p->chance, n = p->chance + p->match[0] + p->match[1];
    return n > 0 ? n / (n + off * off) : 0;
}

/* A class nearly all of whose matches are where chance may be off by as many stands for what the
 * rates of chance miss: it goes. */
static void doubt_classes(struct model *m)
{
    static const double least = 0.5;
    for (int c = 0; c < N_CLASSES; c++) {
        double all = 0, sure = 0;
        for (size_t p = 0; p < m->n_patterns; p++) {
            all += m->patterns[p].got[c];
            sure += m->patterns[p].got[c] * weight_of_count(&m->patterns[p]);
        }
        double kept = all > 0 && sure < least * all ? sure / (least * all) : 1;
        for (size_t p = 0; p < m->n_patterns && kept < 1; p++)
            m->patterns[p].got[c] *= kept;
    }
}

static void share_out(struct model *m)
{
    for (size_t i = 0; i < m->n_cells; i++) {
        const struct cell *cell = &m->cells[i];
        struct pattern *p = &m->patterns[cell->pattern];
        double all = p->chance * cell->commonness + p->match[0] + p->match[1];
        for (int c = 0; c < N_CLASSES && p->teaches && all > 0; c++)
            p->got[c] += cell->weight * p->match[c] / all;
    }
}

/* The value whose beginning and end a place is; the place itself if it is none. */
static size_t value_of(const struct model *m, size_t place)
{
    size_t f = 0;
    while (f < m->l->n_fields && m->l->ends[f] != place + 1)
        f++;
    return f < m->l->n_fields ? f : place;
}

/* Of matches of a class whose value differs, it is not seen by how much: the share of those where
 * it is by more than one error. */
static double share_by_more(const struct model *m, const struct match_class *class, size_t value)
{
    double ends = share_of_ends(m, class, value);
    double more = class->share[value][TG_DIFFERENT] * ends;
    return more > 0 ? more / (more + class->share[value][TG_NEAR]) : 0;
}

/* Adds what a class has of each level of a place. Ends are of those that differ by more than one
 * error. */
static void count_levels(const struct model *m, int c, size_t place, double got[TG_N_LEVELS])
{
    size_t value = value_of(m, place);
    double by_more = share_by_more(m, &m->classes[c], value);
    for (size_t p = 0; p < m->n_patterns; p++) {
        uint64_t levels = m->patterns[p].levels;
        double n = m->patterns[p].got[c];
        bool unseen = tg_is_unseen(m->l, levels, value);
        if (unseen && value == place) {
            got[TG_DIFFERENT] += n * by_more;
            got[TG_NEAR] += n * (1 - by_more);
        } else {
            got[tg_level_of(levels, place)] += unseen ? n * by_more : n;
        }
    }
}

/* The fields, beginnings and ends apart, that are not missing, as bits. */
static uint32_t fields_of(const struct model *m, uint64_t levels)
{
    uint32_t fields = 0;
    for (size_t i = 0; i < m->n_places; i++) {
        size_t f = m->places[i];
        bool is_there = tg_level_of(levels, f) != TG_MISSING && !tg_linkage_is_ends(m->l, f);
        fields |= is_there ? UINT32_C(1) << f : 0;
    }
    return fields;
}

/* Without the sex. */
static uint32_t value_fields(uint32_t fields)
{
    return fields & ~(UINT32_C(1) << TG_SEX_PLACE);
}

/* How many these are. */
static size_t count_fields(uint32_t fields)
{
    size_t n = 0;
    for (; fields; fields &= fields - 1)
        n++;
    return n;
}

/* Matches of a class with the same fields. */
struct known {
    uint32_t fields;
    double n;
};

static size_t list_known(const struct model *m, int c, struct known out[KNOWN_MAX])
{
    size_t n = 0;
    for (size_t p = 0; p < m->n_patterns; p++) {
        uint32_t fields = value_fields(m->patterns[p].fields);
        size_t i = 0;
        while (i < n && out[i].fields != fields)
            i++;
        if (i == KNOWN_MAX)
            continue;
        if (i == n)
            out[n++] = (struct known){fields, 0};
        out[i].n += m->patterns[p].got[c];
    }
    return n;
}

static void share_outcomes(const struct model *m, const struct match_class *class, size_t field,
                           double out[TG_N_OUTCOMES])
{
    double ends = share_of_ends(m, class, field);
    ends = ends < 1 ? ends : 1;
    out[TG_OUTCOME_SAME] = class->share[field][TG_SAME];
    out[TG_OUTCOME_NEAR] = class->share[field][TG_NEAR];
    out[TG_OUTCOME_ENDS] = class->share[field][TG_DIFFERENT] * ends;
    out[TG_OUTCOME_APART] = class->share[field][TG_DIFFERENT] * (1 - ends);
}

static void add_outcomes(const struct model *m, const struct match_class *class, size_t field,
                         const double n[TG_N_OUTCOMES], double got[][TG_N_LEVELS])
{
    got[field][TG_SAME] += n[TG_OUTCOME_SAME];
    got[field][TG_NEAR] += n[TG_OUTCOME_NEAR];
    got[field][TG_DIFFERENT] += n[TG_OUTCOME_ENDS] + n[TG_OUTCOME_APART];
    if (!m->l->ends[field])
        return;
    size_t ends = m->l->ends[field] - 1u;
    const double *share = class->share[ends];
    double both = share[TG_NEAR] + share[TG_SAME];
    if (both > 0) {
        got[ends][TG_NEAR] += n[TG_OUTCOME_ENDS] * share[TG_NEAR] / both;
        got[ends][TG_SAME] += n[TG_OUTCOME_ENDS] * share[TG_SAME] / both;
    }
    got[ends][TG_DIFFERENT] += n[TG_OUTCOME_APART];
}

/* Adds the matches of a class that are not seen, as many as those that are say. A class of which
 * much is not seen says little of how much. @return how many */
static double add_unseen(const struct model *m, int c, double got[][TG_N_LEVELS])
{
    static const double most = 0.25;
    const struct match_class *class = &m->classes[c];
    struct known known[KNOWN_MAX];
    size_t n_known = list_known(m, c, known);
    double sum = 0;
    for (size_t k = 0; k < n_known; k++) {
        double share[TG_LINK_FIELDS_MAX][TG_N_OUTCOMES], unseen[TG_LINK_FIELDS_MAX][TG_N_OUTCOMES];
        size_t fields[TG_LINK_FIELDS_MAX], n = 0;
        for (size_t f = 0; f < m->l->n_fields; f++) {
            if (!(known[k].fields >> f & 1))
                continue;
            share_outcomes(m, class, f, share[n]);
            fields[n++] = f;
        }
        double all = n < FIELDS_MIN ? 1 : tg_unseen(share, n, unseen);
        if (all > most)
            continue;
        double times = known[k].n / (1 - all);
        sum += times * all;
        for (size_t i = 0; i < n; i++) {
            for (int o = 0; o < TG_N_OUTCOMES; o++)
                unseen[i][o] *= times;
            add_outcomes(m, class, fields[i], unseen[i], got);
        }
    }
    return sum;
}

static void learn_class(struct model *m, int c)
{
    double unseen[TG_SEX_PLACE + 1][TG_N_LEVELS] = {{0}};
    double n_unseen = m->adds_unseen ? add_unseen(m, c, unseen) : 0;

    static const double prior = 1; /* as much as one pair seen before */
    struct match_class *class = &m->classes[c];
    class->n = prior + n_unseen;
    m->n_unseen += n_unseen;
    for (size_t p = 0; p < m->n_patterns; p++)
        class->n += m->patterns[p].got[c];
    for (size_t i = 0; i < m->n_places; i++) {
        size_t f = m->places[i];
        double got[TG_N_LEVELS], sum = 0;
        for (int level = 0; level < TG_N_LEVELS; level++)
            got[level] = unseen[f][level] + prior * begin_share(m, c, f, (enum tg_link_level)level);
        count_levels(m, c, f, got);
        for (int level = 0; level < TG_N_LEVELS; level++)
            sum += level == TG_MISSING ? 0 : got[level];
        for (int level = 0; level < TG_N_LEVELS; level++)
            class->share[f][level] = got[level] / sum;
    }
}

/* Commonness is in relation to the values that people have, and chance meets each of these by as
 * much as it is common: over pairs that met by chance its inverse is one on average. It is made so,
 * for a rare value would be taken for a match where there is none, the more the more there are. */
static void scale_commonness(struct model *m)
{
    static const double few = 10; /* pairs count as much as what should be */
    for (size_t p = 0; p < m->n_patterns; p++)
        m->patterns[p].got[0] = m->patterns[p].got[1] = few;
    for (size_t i = 0; i < m->n_cells; i++) {
        const struct cell *cell = &m->cells[i];
        struct pattern *p = &m->patterns[cell->pattern];
        double chance = p->chance * cell->commonness;
        double n = cell->weight * chance / (chance + p->match[0] + p->match[1]);
        p->got[0] += n / cell->commonness;
        p->got[1] += n;
    }
    for (size_t p = 0; p < m->n_patterns; p++)
        m->patterns[p].scale = m->patterns[p].got[0] / m->patterns[p].got[1];
}

/* Fields of one person's records depend on each other in ways that classes do not say: a pattern's
 * own count is weighed with theirs. */
static void learn_patterns(struct model *m)
{
    for (size_t p = 0; p < m->n_patterns; p++)
        m->patterns[p].matches = m->patterns[p].match[0] + m->patterns[p].match[1];
    for (int round = 0; round < N_ROUNDS_OF_PATTERNS; round++) {
        for (size_t p = 0; p < m->n_patterns; p++)
            m->patterns[p].got[0] = 0;
        for (size_t i = 0; i < m->n_cells; i++) {
            const struct cell *cell = &m->cells[i];
            struct pattern *p = &m->patterns[cell->pattern];
            double chance = p->chance * p->scale * cell->commonness;
            p->got[0] += cell->weight * p->matches / (p->matches + chance);
        }
        for (size_t p = 0; p < m->n_patterns; p++) {
            struct pattern *pattern = &m->patterns[p];
            double expected = pattern->match[0] + pattern->match[1];
            double weight = weight_of_count(pattern);
            pattern->matches = (weight * pattern->got[0] + trust_in_classes) /
                               (weight + trust_in_classes / expected);
        }
    }
}

static void learn_classes(struct model *m)
{
    for (int round = 0; round < N_ROUNDS; round++) {
        m->n_unseen = 0;
        expect_patterns(m);
        share_out(m);
        doubt_classes(m);
        for (int c = 0; c < m->n_classes; c++)
            learn_class(m, c);
    }
    expect_patterns(m);
}

static void learn(struct model *m, struct tg_pairs *pairs)
{
    m->n_classes = N_CLASSES;
    begin_classes(m);
    learn_classes(m);
    scale_commonness(m);
    learn_patterns(m);
    for (size_t i = 0; i < pairs->n; i++) {
        struct tg_pair *pair = &pairs->items[i];
        const struct pattern *p = &m->patterns[pair->pattern];
        pair->odds = p->matches / (p->chance * p->scale * pair->commonness);
    }
}

/* The share of a class's matches without an equal value that share parts of several. */
static double share_met_by_ends(const struct model *m, const struct match_class *class)
{
    double best = 0;
    for (size_t k = 0; k < m->l->n_keys; k++) {
        const struct tg_link_key *key = &m->l->keys[k];
        double all = key->n_parts > 0;
        for (size_t i = 0; i < key->n_parts; i++) {
            size_t base = 0;
            while (base < m->l->n_fields && m->l->ends[base] != key->parts[i].field + 1u)
                base++;
            const double *share = base < m->l->n_fields ? class->share[base] : NULL;
            all *= share ? (share[TG_NEAR] + share[TG_DIFFERENT] * share_of_ends(m, class, base)) /
                               (share[TG_NEAR] + share[TG_DIFFERENT])
                         : 0;
        }
        best = all > best ? all : best;
    }
    return best;
}

/* The share of a class's matches with the fields of a pattern that share no token: without an
 * equal value, or with one and nothing else. */
static double share_unmet(const struct model *m, const struct match_class *class, uint64_t levels,
                          double met_by_ends)
{
    double none_equal = 1, nothing = 1, one_equal = 0;
    for (size_t f = 0; f < m->l->n_fields; f++) {
        const double *share = class->share[f];
        if (tg_level_of(levels, f) == TG_MISSING || tg_linkage_is_ends(m->l, f))
            continue;
        double different = share[TG_DIFFERENT] * (1 - share_of_ends(m, class, f));
        one_equal = one_equal * different + nothing * share[TG_SAME];
        nothing *= different;
        none_equal *= 1 - share[TG_SAME];
    }
    return none_equal * (1 - met_by_ends) + one_equal;
}

static double count_unmet(const struct model *m)
{
    double sum = 0;
    for (int c = 0; c < N_CLASSES; c++) {
        const struct match_class *class = &m->classes[c];
        double met_by_ends = share_met_by_ends(m, class);
        for (size_t p = 0; p < m->n_patterns; p++) {
            const struct pattern *pattern = &m->patterns[p];
            double all = pattern->match[0] + pattern->match[1];
            double unmet = share_unmet(m, class, pattern->levels, met_by_ends);
            double got = all > 0 ? pattern->got[0] * pattern->match[c] / all : 0;
            sum += unmet < 1 ? got * unmet / (1 - unmet) : 0;
        }
    }
    return sum;
}

/* A pattern meets only those who have its fields. What somebody has may depend on the age, and
 * matches are of one, as those are who agree by birth. Patterns of the same fields lie together
 * mostly. */
static void share_fields(struct model *m, const struct tg_holders *holders)
{
    double all_pairs = (double)m->l->facts[TG_LEFT].n * m->l->facts[TG_RIGHT].n;
    uint32_t all = fields_of(m, 0), last = 0;
    double share = -1, share_of_all = -1;
    for (size_t p = 0; p < m->n_patterns; p++) {
        struct pattern *pattern = &m->patterns[p];
        size_t birth = m->l->birth_field;
        bool by_birth = birth < m->l->n_fields && tg_is_shared(tg_level_of(pattern->levels, birth));
        uint32_t fields = fields_of(m, pattern->levels);
        if (share < 0 || fields != last) {
            share = tg_holders_share(holders, all, fields, true);
            share_of_all = tg_holders_share(holders, all, fields, false);
        }
        last = fields;
        pattern->fields = fields;
        pattern->share = share;
        pattern->n_pairs = all_pairs * (by_birth ? share : share_of_all);
    }
}

/* Of all pairs, the share that have no two fields in common, so that no token can be shared. */
static double share_without_two(const struct model *m, const struct tg_holders *holders)
{
    const uint32_t all = fields_of(m, 0), sex = UINT32_C(1) << TG_SEX_PLACE;
    double sum =
        tg_holders_share(holders, all, 0, true) + tg_holders_share(holders, all, sex, true);
    for (size_t f = 0; f < m->l->n_fields; f++) {
        uint32_t field = UINT32_C(1) << f;
        if (all & field)
            sum += tg_holders_share(holders, all, field, true) +
                   tg_holders_share(holders, all, field | sex, true);
    }
    return sum;
}

static double count_met(const struct model *m)
{
    double sum = 0;
    for (size_t i = 0; i < m->n_cells; i++) {
        const struct cell *cell = &m->cells[i];
        const struct pattern *p = &m->patterns[cell->pattern];
        sum += cell->weight * p->matches / (p->matches + p->chance * p->scale * cell->commonness);
    }
    return sum;
}

/* Matches expected beside what the odds of the pairs say. That classes are learned from pairs most
 * of whose fields agree makes errors look rarer than they are, which is right where a pair is to be
 * decided and wrong where those are to be counted that are missed. */
static double expect_unmet(struct model *m)
{
    double met = count_met(m), unmet = count_unmet(m);
    m->adds_unseen = true;
    m->n_classes = count_fields(value_fields(fields_of(m, 0))) < FIELDS_OF_TWO ? 1 : N_CLASSES;
    learn_classes(m);
    if (m->n_unseen <= 0)
        return unmet;
    learn_patterns(m);
    double all = count_met(m) + count_unmet(m);
    return all > met ? all - met : 0;
}

/* Matches whose pattern chance brings, too, may be chance, or chance hide as many more: its count
 * is Poisson's, and its rates are off by a share of them. */
static enum tg_status doubt_hidden(const struct model *m, float **out, struct tg_error *err)
{
    static const double z = 1.96; /* 95 % */
    double *chance = tg_calloc(m->n_patterns, sizeof *chance, err);
    float *hidden = tg_calloc(m->n_patterns, sizeof *hidden, err);
    for (size_t i = 0; chance && hidden && i < m->n_cells; i++) {
        const struct cell *cell = &m->cells[i];
        const struct pattern *p = &m->patterns[cell->pattern];
        double by_chance = p->chance * p->scale * cell->commonness;
        chance[cell->pattern] += cell->weight * by_chance / (p->matches + by_chance);
    }
    for (size_t p = 0; chance && hidden && p < m->n_patterns; p++) {
        double off = z * sqrt(chance[p] + misfit * misfit * chance[p] * chance[p]);
        hidden[p] = off < m->patterns[p].got[0] ? (float)(off / m->patterns[p].got[0]) : 1;
    }
    *out = hidden;
    enum tg_status status = chance && hidden ? TG_OK : TG_NO_MEMORY;
    free(chance);
    return status;
}

/* The fields that share something, as bits. */
static uint32_t shared_fields(const struct model *m, uint64_t levels)
{
    uint32_t fields = 0;
    for (size_t f = 0; f < m->l->n_fields; f++) {
        enum tg_link_level level = tg_level_of(levels, f);
        bool by_ends = m->l->ends[f] && tg_is_shared(tg_level_of(levels, m->l->ends[f] - 1u));
        bool shared = tg_is_shared(level) || (level == TG_DIFFERENT && by_ends);
        fields |= shared && !tg_linkage_is_ends(m->l, f) ? UINT32_C(1) << f : 0;
    }
    return fields;
}

/* What is known of matches by their fields. */
struct groups {
    struct known known[KNOWN_MAX]; /* those with more fields first */
    double most[KNOWN_MAX];        /* unmet, at most; by group */
    size_t n;
    uint32_t *shared;                                      /* by pattern */
    double by_two[TG_LINK_FIELDS_MAX][TG_LINK_FIELDS_MAX]; /* of one group: two fields share
                                                              something, and no others do */
};

static void find_by_two(const struct model *m, struct groups *g, uint32_t fields)
{
    memset(g->by_two, 0, sizeof g->by_two);
    for (size_t p = 0; p < m->n_patterns; p++) {
        uint32_t shared = g->shared[p];
        size_t low = 0, high = m->l->n_fields;
        if (value_fields(m->patterns[p].fields) != fields || count_fields(shared) != 2)
            continue;
        while (!(shared >> low & 1))
            low++;
        while (!(shared >> high & 1))
            high--;
        g->by_two[low][high] += m->patterns[p].got[0];
        g->by_two[high][low] += m->patterns[p].got[0];
    }
}

/* Whatever other fields share, a field of one person's records shares something more often than
 * not. So those of whom one field alone does are at most as many as those of whom another one does,
 * too, and those of whom none does as many as these. */
static double most_by_two(const struct model *m, const struct groups *g, uint32_t fields)
{
    double sum = 0, least = INFINITY;
    for (size_t a = 0; a < m->l->n_fields; a++) {
        double one = INFINITY;
        for (size_t b = 0; b < m->l->n_fields; b++) {
            if (a != b && fields >> a & fields >> b & 1)
                one = g->by_two[a][b] < one ? g->by_two[a][b] : one;
        }
        sum += isfinite(one) ? one : 0;
        least = one < least ? one : least;
    }
    return sum + (isfinite(least) ? least : 0);
}

/* Two fields are both needed, so nobody is seen of whom one is wrong. Those who have more fields
 * are met by these, and say how often these two alone would not be enough. One more pair is added,
 * for where they are few they say little. */
static double most_by_others(const struct model *m, const struct groups *g, size_t group)
{
    uint32_t fields = g->known[group].fields;
    double met = 0, unmet = 1;
    for (size_t k = 0; k < group; k++)
        unmet += (g->known[k].fields & fields) == fields ? g->most[k] : 0;
    for (size_t p = 0; p < m->n_patterns; p++) {
        uint32_t has = value_fields(m->patterns[p].fields);
        if (has != fields && (has & fields) == fields)
            *(count_fields(g->shared[p] & fields) < 2 ? &unmet : &met) += m->patterns[p].got[0];
    }
    return met > 0 ? g->known[group].n * unmet / met : INFINITY;
}

static void sort_groups(struct groups *g)
{
    for (size_t i = 1; i < g->n; i++) {
        struct known here = g->known[i];
        size_t n = count_fields(here.fields), at = i;
        for (; at > 0 && count_fields(g->known[at - 1].fields) < n; at--)
            g->known[at] = g->known[at - 1];
        g->known[at] = here;
    }
}

/* At most how many matches share no token? */
static enum tg_status bound_unmet(const struct model *m, double *out, struct tg_error *err)
{
    struct groups *g = tg_calloc(1, sizeof *g, err);
    uint32_t *shared = tg_calloc(m->n_patterns, sizeof *shared, err);
    *out = 0;
    if (g && shared) {
        for (size_t p = 0; p < m->n_patterns; p++)
            shared[p] = shared_fields(m, m->patterns[p].levels);
        g->shared = shared;
        g->n = list_known(m, 0, g->known);
        sort_groups(g);
    }
    for (size_t k = 0; g && shared && k < g->n; k++) {
        find_by_two(m, g, g->known[k].fields);
        double most = most_by_two(m, g, g->known[k].fields);
        double others =
            count_fields(g->known[k].fields) < FIELDS_MIN ? most_by_others(m, g, k) : most;
        g->most[k] = most < others ? most : others;
        *out += g->most[k];
    }
    enum tg_status status = g && shared ? TG_OK : TG_NO_MEMORY;
    free(shared);
    free(g);
    return status;
}

static void weigh_chance(struct model *m, const struct tg_chance *chance)
{
    for (size_t p = 0; p < m->n_patterns; p++)
        m->patterns[p].chance =
            tg_chance_of(chance, m->patterns[p].levels, p, m->patterns[p].n_pairs);
}

/* Nobody sees these, but how many have so few fields is known. */
static void add_without_two(const struct model *m, struct tg_candidates *c)
{
    double without = share_without_two(m, &c->holders);
    double unmet = without < 1 ? count_met(m) * without / (1 - without) : 0;
    c->unmet += unmet;
    c->unmet_most += unmet;
}

enum tg_status tg_model_fit(const struct tg_linkage *l, struct tg_candidates *c,
                            struct tg_error *err)
{
    struct model m = {.l = l};
    struct tg_chance *chance = NULL;
    for (size_t f = 0; f < l->n_fields; f++)
        m.places[m.n_places++] = f;
    m.places[m.n_places++] = TG_SEX_PLACE;
    enum tg_status status = tg_chance_learn(l, c, &chance, err);
    if (!status)
        status = list_patterns(&m, &c->across, err);
    if (!status)
        status = list_cells(&m, &c->across, err);
    if (!status) {
        share_fields(&m, &c->holders);
        weigh_chance(&m, chance);
        learn(&m, &c->across);
        status = tg_chance_learn_across(chance, err);
    }
    if (!status) {
        weigh_chance(&m, chance);
        learn(&m, &c->across);
        status = doubt_hidden(&m, &c->hidden, err);
    }
    if (!status)
        status = bound_unmet(&m, &c->unmet_most, err);
    if (!status) {
        c->unmet = expect_unmet(&m);
        add_without_two(&m, c);
    }
    tg_chance_free(chance);
    free(m.patterns);
    free(m.cells);
    return status;
}
