/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/matched.h"

#include "base/reporter.h"

#include <stdlib.h>
#include <string.h>

enum {
    STEP = 4096,    /* searches between two looks at the reporter */
    LONG_STEP = 64, /* the same where each looks at many controls */
    NONE = -1,
    NEIGHBOURS = 256,
};

/* Distances of mirror images differ by rounding alone, and no processor's rounding may decide: on
 * the line the higher linear predictor is taken, among covariates what comes first in the input. */
#define TIE 1e-10

/* A control on the line of linear predictors. */
struct spot {
    double eta;
    uint32_t person, stratum;
};

struct seeker {
    double eta;
    uint32_t person;
    uint32_t set;
    bool done; /* found nobody: there will be nobody in later rounds either */
};

/* Controls by stratum, then linear predictor, then input. Given ones are skipped: `right[i]` leads
 * towards the first free spot at or after i, `left[i + 1]` towards the last free one at or before
 * i (disjoint sets with path halving, Tarjan and van Leeuwen 1984). */
struct search {
    const struct tg_matching *in;
    struct spot *spots;
    size_t n_spots;
    uint32_t *begin; /* by stratum, and one more */
    uint32_t *right, *left;
    struct seeker *seekers;
    size_t n_seekers;
    struct tg_whitened whitened;
    double *places; /* the controls' coordinates, in the order of spots */
};

static int by_spot(const void *a, const void *b)
{
    const struct spot *x = a, *y = b;
    if (x->stratum != y->stratum)
        return x->stratum < y->stratum ? -1 : 1;
    if (x->eta < y->eta || x->eta > y->eta)
        return x->eta < y->eta ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static int by_eta(const void *a, const void *b)
{
    const struct seeker *x = a, *y = b;
    if (x->eta < y->eta || x->eta > y->eta)
        return x->eta < y->eta ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static int by_eta_falling(const void *a, const void *b)
{
    const struct seeker *x = a, *y = b;
    if (x->eta < y->eta || x->eta > y->eta)
        return x->eta > y->eta ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static uint32_t find(uint32_t *next, uint32_t i)
{
    while (next[i] != i) {
        next[i] = next[next[i]];
        i = next[i];
    }
    return i;
}

static void give_away(struct search *s, uint32_t spot)
{
    s->right[spot] = spot + 1;
    s->left[spot + 1] = spot;
}

/* The first spot of low…high − 1 whose linear predictor is not below eta; high: none. */
static uint32_t lower_bound(const struct search *s, uint32_t low, uint32_t high, double eta)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->spots[middle].eta < eta)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Free controls of a stratum by distance from a place; of equal ones the higher, of those at one
 * place the first of the input. To the left, those with equal
 * linear predictors are a group, gone through from its beginning. */
struct walk {
    struct search *s;
    double eta;
    uint32_t begin, end;
    uint32_t right;
    uint32_t group, group_begin, group_end; /* group == group_end: none left */
};

static void enter_group(struct walk *w)
{
    uint32_t last = find(w->s->left, w->group_begin); /* one more than the spot */
    if (last <= w->begin) {
        w->group = w->group_end = w->group_begin = w->begin;
        return;
    }
    w->group_end = last;
    w->group_begin = lower_bound(w->s, w->begin, last - 1, w->s->spots[last - 1].eta);
    w->group = find(w->s->right, w->group_begin);
}

static struct walk begin_walk(struct search *s, uint32_t stratum, double eta)
{
    struct walk w = {.s = s, .eta = eta, .begin = s->begin[stratum], .end = s->begin[stratum + 1]};
    uint32_t at = lower_bound(s, w.begin, w.end, eta);
    w.right = find(s->right, at);
    w.group_begin = at;
    enter_group(&w);
    return w;
}

/* The next spot within the caliper, or NONE. */
static int64_t step(struct walk *w)
{
    const struct spot *spots = w->s->spots;
    bool has_right = w->right < w->end, has_left = w->group < w->group_end;
    double right = has_right ? fabs(spots[w->right].eta - w->eta) : INFINITY;
    double left = has_left ? fabs(spots[w->group].eta - w->eta) : INFINITY;
    bool go_left = has_left && (!has_right || left < right - TIE);
    if ((!has_left && !has_right) || !(fmin(left, right) <= w->s->in->width))
        return NONE;
    if (!go_left) {
        uint32_t found = w->right;
        w->right = find(w->s->right, found + 1);
        return found;
    }
    uint32_t found = w->group;
    w->group = find(w->s->right, found + 1);
    if (w->group >= w->group_end)
        enter_group(w);
    return found;
}

/* Squared; what exceeds `enough` need not be known exactly. */
static double distance_to(const struct search *s, uint32_t person, uint32_t spot, double enough)
{
    size_t q = s->whitened.q;
    const double *x = s->whitened.coordinates + (size_t)person * q,
                 *y = s->places + (size_t)spot * q;
    double sum = 0;
    for (size_t j = 0; j < q && sum <= enough; j++)
        sum += (x[j] - y[j]) * (x[j] - y[j]);
    return sum;
}

/* With replacement nobody is given away, but nobody is in one set twice. */
static bool has_already(const struct search *s, const struct tg_matched *out, uint32_t picked,
                        uint32_t person)
{
    if (!s->in->options->replacement)
        return false;
    for (uint32_t i = 0; i < picked; i++) {
        if (out->rows[out->n - 1 - i].person == person)
            return true;
    }
    return false;
}

/* Is the spot, which comes later on the line, to be taken rather than the best so far? */
static bool is_better(const struct search *s, const struct spot *spot, double d, int64_t best,
                      double least)
{
    if (best == NONE || d < least - TIE * least)
        return true;
    if (d > least + TIE * least)
        return false;
    return spot->person < s->spots[best].person;
}

/* A distance that the nearest cannot exceed: the least among neighbours on the line. Most others
 * are then given up after a coordinate or two. */
static double bound(struct search *s, const struct seeker *k, const struct tg_matched *out,
                    uint32_t picked)
{
    struct walk walk = begin_walk(s, s->in->strata->of[k->person], k->eta);
    double least = INFINITY;
    for (int i = 0; i < NEIGHBOURS; i++) {
        int64_t spot = step(&walk);
        if (spot == NONE)
            break;
        if (!has_already(s, out, picked, s->spots[spot].person))
            least = fmin(least, distance_to(s, k->person, (uint32_t)spot, least));
    }
    return least + TIE * least;
}

/* The free control within the caliper that is nearest by covariates. */
static int64_t scan(struct search *s, const struct seeker *k, const struct tg_matched *out,
                    uint32_t picked)
{
    uint32_t stratum = s->in->strata->of[k->person], end = s->begin[stratum + 1];
    uint32_t i = lower_bound(s, s->begin[stratum], end, k->eta - s->in->width);
    int64_t best = NONE;
    double least = INFINITY, enough = bound(s, k, out, picked);
    for (i = find(s->right, i); i < end; i = find(s->right, i + 1)) {
        const struct spot *spot = &s->spots[i];
        if (spot->eta - k->eta > s->in->width)
            break;
        double d = distance_to(s, k->person, i, enough);
        if (d > enough || !is_better(s, spot, d, best, least) ||
            has_already(s, out, picked, spot->person))
            continue;
        best = i;
        least = d;
        enough = fmin(enough, least + TIE * least);
    }
    return best;
}

/* Why did nobody remain? */
static enum tg_unmatched reason(const struct search *s, const struct seeker *k)
{
    uint32_t stratum = s->in->strata->of[k->person];
    uint32_t begin = s->begin[stratum], end = s->begin[stratum + 1];
    uint32_t at = lower_bound(s, begin, end, k->eta);
    double nearest = INFINITY;
    if (begin == end)
        return TG_NO_STRATUM;
    if (at < end)
        nearest = s->spots[at].eta - k->eta;
    if (at > begin)
        nearest = fmin(nearest, k->eta - s->spots[at - 1].eta);
    return nearest <= s->in->width ? TG_USED_UP : TG_OUTSIDE_CALIPER;
}

/* Gives the seeker its next `wanted` controls. */
static enum tg_status serve(struct search *s, struct seeker *k, uint32_t wanted,
                            struct tg_matched *out, struct tg_error *err)
{
    bool by_line = s->in->options->distance == TG_DISTANCE_LOGIT;
    struct walk walk = begin_walk(s, s->in->strata->of[k->person], k->eta);
    enum tg_status status = TG_OK;
    for (uint32_t i = 0; i < wanted && !status; i++) {
        int64_t found = by_line ? step(&walk) : scan(s, k, out, i);
        if (found == NONE) {
            k->done = true;
            break;
        }
        if (!k->set) {
            k->set = ++out->n_sets;
            status = tg_matched_add(out, k->person, k->set, 1, err);
        }
        if (!status)
            status = tg_matched_add(out, s->spots[found].person, k->set, 1, err);
        if (!s->in->options->replacement)
            give_away(s, (uint32_t)found);
    }
    if (!status && !k->set)
        status = tg_matched_miss(out, k->person, reason(s, k), err);
    return status;
}

static enum tg_status serve_all(struct search *s, struct tg_matched *out, struct tg_error *err)
{
    const struct tg_match_options *o = s->in->options;
    uint32_t ratio = o->ratio ? o->ratio : 1;
    uint32_t rounds = o->replacement ? 1 : ratio, wanted = o->replacement ? ratio : 1;
    size_t pause = o->distance == TG_DISTANCE_LOGIT ? STEP : LONG_STEP;
    enum tg_status status = TG_OK;
    for (uint32_t round = 0; round < rounds && !status; round++) {
        for (size_t i = 0; i < s->n_seekers && !status; i++) {
            if (!s->seekers[i].done)
                status = serve(s, &s->seekers[i], wanted, out, err);
            if (!status && i % pause == 0)
                status = tg_progress(s->in->reporter, "participants", i, s->n_seekers, err);
        }
    }
    return status;
}

static enum tg_status allocate(struct search *s, struct tg_error *err)
{
    const struct tg_sample *sample = s->in->sample;
    s->n_spots = sample->n - sample->n_treated;
    s->n_seekers = sample->n_treated;
    s->spots = tg_calloc(s->n_spots, sizeof *s->spots, err);
    s->seekers = tg_calloc(s->n_seekers, sizeof *s->seekers, err);
    s->begin = tg_calloc((size_t)s->in->strata->n + 1, sizeof *s->begin, err);
    s->right = tg_calloc(s->n_spots + 1, sizeof *s->right, err);
    s->left = tg_calloc(s->n_spots + 1, sizeof *s->left, err);
    return s->spots && s->seekers && s->begin && s->right && s->left ? TG_OK : TG_NO_MEMORY;
}

static void line_up(struct search *s)
{
    const struct tg_matching *in = s->in;
    size_t spot = 0, seeker = 0;
    for (uint32_t i = 0; i < in->sample->n; i++) {
        if (in->sample->treated[i])
            s->seekers[seeker++] = (struct seeker){.eta = tg_matching_eta(in, i), .person = i};
        else
            s->spots[spot++] = (struct spot){tg_matching_eta(in, i), i, in->strata->of[i]};
    }
    qsort(s->spots, s->n_spots, sizeof *s->spots, by_spot);
    if (in->options->order == TG_ORDER_LARGEST)
        qsort(s->seekers, s->n_seekers, sizeof *s->seekers, by_eta_falling);
    else if (in->options->order == TG_ORDER_SMALLEST)
        qsort(s->seekers, s->n_seekers, sizeof *s->seekers, by_eta);
    for (size_t i = 0; i < s->n_spots; i++)
        s->begin[s->spots[i].stratum + 1]++;
    for (uint32_t i = 0; i < in->strata->n; i++)
        s->begin[i + 1] += s->begin[i];
    for (uint32_t i = 0; i <= s->n_spots; i++)
        s->right[i] = s->left[i] = i;
}

/* Spots must be in their order. */
static enum tg_status place(struct search *s, struct tg_error *err)
{
    enum tg_status status = tg_whiten(s->in->sample, s->in->design, &s->whitened, err);
    size_t q = s->whitened.q;
    if (status)
        return status;
    s->places = tg_calloc(s->n_spots, q * sizeof *s->places, err);
    if (!s->places)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < s->n_spots && q > 0; i++)
        memcpy(s->places + i * q, s->whitened.coordinates + s->spots[i].person * q,
               q * sizeof *s->places);
    return TG_OK;
}

/* A set's controls share the weight of one; all together weigh what they are. */
static enum tg_status weigh(const struct search *s, struct tg_matched *out, struct tg_error *err)
{
    uint32_t *members = tg_calloc((size_t)out->n_sets + 1, sizeof *members, err);
    bool *seen = tg_calloc(s->in->sample->n, sizeof *seen, err);
    uint32_t used = 0;
    if (members && seen) {
        for (size_t i = 0; i < out->n; i++) {
            uint32_t person = out->rows[i].person;
            if (s->in->sample->treated[person])
                continue;
            members[out->rows[i].set]++;
            used += !seen[person];
            seen[person] = true;
        }
        for (size_t i = 0; i < out->n; i++) {
            struct tg_matched_row *row = &out->rows[i];
            if (!s->in->sample->treated[row->person])
                row->weight = (double)used / ((double)out->n_sets * members[row->set]);
        }
    }
    bool done = members && seen;
    free(members);
    free(seen);
    return done ? TG_OK : TG_NO_MEMORY;
}

enum tg_status tg_match_nearest(const struct tg_matching *in, struct tg_matched *out,
                                struct tg_error *err)
{
    struct search s = {.in = in};
    enum tg_status status = allocate(&s, err);
    if (!status)
        line_up(&s);
    if (!status && in->options->distance == TG_DISTANCE_MAHALANOBIS)
        status = place(&s, err);
    if (!status)
        status = serve_all(&s, out, err);
    if (!status)
        status = weigh(&s, out, err);
    tg_whitened_free(&s.whitened);
    free(s.places);
    free(s.spots);
    free(s.seekers);
    free(s.begin);
    free(s.right);
    free(s.left);
    return status;
}
