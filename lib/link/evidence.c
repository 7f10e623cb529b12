/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_ROUNDS = 3 };

/* Below one half somebody else is likelier, or nobody: nothing is decided there. */
static const double likelier_than_not = 0.5;

struct weighing {
    const struct tg_linkage *l;
    struct tg_candidates candidates;
    double *sums[TG_N_SIDES]; /* by entity: the odds of its pairs */
    bool *taken;              /* by right entity */
    struct tg_link_decision *decisions;
};

bool tg_evidence_applies(const struct tg_linkage *l, const struct tg_link_key_report *reports)
{
    bool known[2 * TG_LINK_FIELDS_MAX] = {false};
    size_t n_keys = 0, n_levels = 0;
    for (size_t k = 0; k < l->n_keys; k++) {
        const struct tg_link_key *key = &l->keys[k];
        const uint64_t *n = reports[k].with_token;
        if (!key->n_parts || !n[TG_LEFT] || !n[TG_RIGHT])
            continue;
        n_keys += !key->exact;
        for (size_t i = 0; i < key->n_parts; i++) {
            size_t level = 2 * (size_t)key->parts[i].field + key->parts[i].whole;
            n_levels += !known[level];
            known[level] = true;
        }
    }
    return n_keys > 0 && n_keys >= n_levels;
}

/* A pair whose birth date and sex both disagree is nobody's, whatever agrees. */
static bool may_be_one_person(const struct tg_linkage *l, const struct tg_pair *pair)
{
    const struct tg_link_facts *a = &l->facts[TG_LEFT], *b = &l->facts[TG_RIGHT];
    bool other_birth = false;
    if (!a->sex || !b->sex || !a->sex[pair->left] || !b->sex[pair->right] ||
        a->sex[pair->left] == b->sex[pair->right])
        return true;
    if (l->birth_field != SIZE_MAX) {
        enum tg_link_level level = tg_level_of(pair->levels, l->birth_field);
        other_birth = level == TG_DIFFERENT || level == TG_NEAR;
    }
    if (a->birth_month && b->birth_month) {
        int32_t x = a->birth_month[pair->left], y = b->birth_month[pair->right];
        other_birth |= x != TG_NO_MONTH && y != TG_NO_MONTH && x != y;
    }
    return !other_birth;
}

static bool is_open(const struct weighing *w, const struct tg_pair *pair)
{
    const struct tg_link_decision *d = &w->decisions[pair->left];
    return d->state != TG_LINK_LINKED && d->state != TG_LINK_CONFLICT && !w->taken[pair->right] &&
           may_be_one_person(w->l, pair) && !tg_linkage_ruled_out(w->l, pair->left, pair->right);
}

void tg_odds_add_up(const struct tg_linkage *l, const struct tg_pairs *pairs,
                    double *const sums[TG_N_SIDES])
{
    for (int side = 0; side < TG_N_SIDES; side++)
        memset(sums[side], 0, l->facts[side].n * sizeof *sums[side]);
    for (size_t i = 0; i < pairs->n; i++) {
        sums[TG_LEFT][pairs->items[i].left] += pairs->items[i].odds;
        sums[TG_RIGHT][pairs->items[i].right] += pairs->items[i].odds;
    }
}

double tg_odds_probability(double *const sums[TG_N_SIDES], const struct tg_pair *pair)
{
    double left = sums[TG_LEFT][pair->left], right = sums[TG_RIGHT][pair->right];
    return pair->odds / (1 + left + right - pair->odds);
}

/* Two who are known to have nobody else are likelier to be one than two at random. */
static enum tg_status weigh_alone(struct weighing *w, struct tg_error *err)
{
    struct tg_pairs *pairs = &w->candidates.across;
    struct tg_alone *alone = NULL;
    enum tg_status status = tg_alone_begin(w->l, w->decisions, w->candidates.origins, &alone, err);
    for (int round = 0; !status && round < N_ROUNDS; round++) {
        for (size_t i = 0; i < pairs->n; i++)
            tg_alone_add(alone, &pairs->items[i], tg_odds_probability(w->sums, &pairs->items[i]));
        tg_alone_update(alone);
        for (size_t i = 0; i < pairs->n; i++)
            pairs->items[i].odds *= tg_alone_ratio(alone, &pairs->items[i]);
        tg_odds_add_up(w->l, &w->candidates.across, w->sums);
    }
    tg_alone_free(alone);
    return status;
}

/* Others have no odds: who they are is known, and the model has learned from them. */
static void keep_open(struct weighing *w)
{
    struct tg_pairs *pairs = &w->candidates.across;
    size_t kept = 0;
    for (size_t i = 0; i < pairs->n; i++) {
        if (pairs->items[i].odds > 0 && is_open(w, &pairs->items[i]))
            pairs->items[kept++] = pairs->items[i];
    }
    pairs->n = kept;
}

static enum tg_status add_up(struct weighing *w, struct tg_error *err)
{
    for (int side = 0; side < TG_N_SIDES; side++) {
        w->sums[side] = tg_calloc(w->l->facts[side].n, sizeof *w->sums[side], err);
        if (!w->sums[side])
            return TG_NO_MEMORY;
    }
    w->taken = tg_calloc(w->l->facts[TG_RIGHT].n, sizeof *w->taken, err);
    if (!w->taken)
        return TG_NO_MEMORY;
    for (uint32_t i = 0; i < w->l->facts[TG_LEFT].n; i++) {
        if (w->decisions[i].state == TG_LINK_LINKED)
            w->taken[w->decisions[i].right] = true;
    }
    keep_open(w);
    tg_odds_add_up(w->l, &w->candidates.across, w->sums);
    return weigh_alone(w, err);
}

/* Is no other pair of the two nearly as good? What the others have together is no less. */
static bool is_ahead(const struct weighing *w, const struct tg_pair *pair)
{
    double left = w->sums[TG_LEFT][pair->left], right = w->sums[TG_RIGHT][pair->right];
    double others = (left > right ? left : right) - pair->odds;
    return pair->odds >= others * exp(w->l->margin);
}

static void decide_pair(struct weighing *w, const struct tg_pair *pair)
{
    double p = tg_odds_probability(w->sums, pair);
    const struct tg_link_decision *before = &w->decisions[pair->left];
    if (p < likelier_than_not || p < w->l->review)
        return;
    if (before->state == TG_LINK_REVIEW && before->right != pair->right && before->probability >= p)
        return; /* a key is surer of somebody else */
    w->decisions[pair->left] = (struct tg_link_decision){
        .state = p >= w->l->accept && is_ahead(w, pair) ? TG_LINK_LINKED : TG_LINK_REVIEW,
        .right = pair->right,
        .key = pair->key,
        .probability = p,
    };
}

/* Somebody it is, but which one? */
static void mark_ambiguous(struct weighing *w)
{
    for (uint32_t i = 0; i < w->l->facts[TG_LEFT].n; i++) {
        struct tg_link_decision *d = &w->decisions[i];
        double all = w->sums[TG_LEFT][i];
        if (d->right == UINT32_MAX && d->state == TG_LINK_NOT_FOUND && all >= 1)
            d->state = TG_LINK_AMBIGUOUS;
    }
}

static enum tg_status note_expected(const struct weighing *w, struct tg_link_expected *expected,
                                    struct tg_error *err)
{
    const struct tg_pairs *pairs = &w->candidates.across;
    expected->by_left = tg_calloc(w->l->facts[TG_LEFT].n, sizeof *expected->by_left, err);
    expected->hidden = tg_calloc(w->l->facts[TG_LEFT].n, sizeof *expected->hidden, err);
    if (!expected->by_left || !expected->hidden)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < pairs->n; i++) {
        const struct tg_pair *pair = &pairs->items[i];
        double p = tg_odds_probability(w->sums, pair);
        expected->by_left[pair->left] += p;
        expected->hidden[pair->left] += p * (double)w->candidates.hidden[pair->pattern];
    }
    expected->unmet = w->candidates.unmet;
    expected->unmet_most = w->candidates.unmet_most;
    return TG_OK;
}

static enum tg_status weigh(struct weighing *w, struct tg_link_expected *expected,
                            struct tg_error *err)
{
    const struct tg_pairs *pairs = &w->candidates.across;
    enum tg_status status = tg_model_fit(w->l, &w->candidates, err);
    if (!status)
        status = add_up(w, err);
    if (!status)
        status = note_expected(w, expected, err);
    if (status)
        return status;
    for (size_t i = 0; i < pairs->n; i++)
        decide_pair(w, &pairs->items[i]);
    mark_ambiguous(w);
    return TG_OK;
}

enum tg_status tg_evidence_decide(const struct tg_linkage *l, struct tg_link_decision *decisions,
                                  struct tg_link_key_report *reports,
                                  struct tg_link_expected *expected, struct tg_error *err)
{
    struct weighing w = {.l = l, .decisions = decisions};
    enum tg_status status = tg_candidates_find(l, decisions, reports, &w.candidates, err);
    if (!status && w.candidates.applies)
        status = weigh(&w, expected, err);
    tg_candidates_free(&w.candidates);
    for (int side = 0; side < TG_N_SIDES; side++)
        free(w.sums[side]);
    free(w.taken);
    return status;
}
