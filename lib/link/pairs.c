/* SPDX-License-Identifier: Apache-2.0 */
#include "link/collect.h"
#include "link/evidence.h"
#include "link/rarity.h"
#include "link/recall.h"
#include "link/triples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAIRS_OF_A_TOKEN_MAX = 3600,
    OTHERS_OF_A_TOKEN_MAX = 60,
    WORD_BITS = 64,
    ROOM_BEGIN = 1 << 16
};

/* What one key says. */
struct key_view {
    uint64_t levels;
};

struct pairing {
    const struct tg_linkage *l;
    const struct tg_link_sample *sample;
    const struct tg_collected *collected;
    struct key_view *keys;
    struct tg_rarity *rarity; /* of left entities' values */
    uint64_t *sharing; /* by right entity of the sample and key: somebody else has a token of it */
    size_t words;      /* of it for one entity */
    struct tg_triples across, within[TG_N_SIDES];
};

/* The items of both sides that have one token. */
struct group {
    const struct tg_item *items[TG_N_SIDES];
    size_t n[TG_N_SIDES];
    uint32_t key;
};

/* Which of the sample share a token with somebody of their side. */
static void note_sharing(struct pairing *p, const struct group *g)
{
    for (size_t i = 0; i < g->n[TG_RIGHT] && g->n[TG_RIGHT] > 1; i++) {
        uint32_t entity = g->items[TG_RIGHT][i].entity;
        if (p->sample->within[TG_RIGHT][entity])
            p->sharing[entity * p->words + g->key / WORD_BITS] |= UINT64_C(1) << g->key % WORD_BITS;
    }
}

static enum tg_status pair_across(struct pairing *p, const struct group *g, struct tg_error *err)
{
    size_t n_left = g->n[TG_LEFT], n_right = g->n[TG_RIGHT];
    if (n_left == 0 || n_right == 0 || n_left > PAIRS_OF_A_TOKEN_MAX / n_right)
        return TG_OK;
    struct tg_triple t = {.key = g->key};
    for (size_t i = 0; i < n_left; i++) {
        t.a = g->items[TG_LEFT][i].entity;
        if (!p->sample->across[t.a])
            continue;
        for (size_t j = 0; j < n_right; j++) {
            t.b = g->items[TG_RIGHT][j].entity;
            enum tg_status status = tg_triples_add(&p->across, &t, err);
            if (status)
                return status;
        }
    }
    return TG_OK;
}

/* When all are taken each pair comes once, else once for each of the two that is in the sample. */
static enum tg_status pair_within(struct pairing *p, const struct group *g, enum tg_side side,
                                  struct tg_error *err)
{
    const struct tg_item *items = g->items[side];
    size_t n = g->n[side];
    struct tg_triple t = {.key = g->key};
    if (n < 2 || n > OTHERS_OF_A_TOKEN_MAX)
        return TG_OK;
    for (size_t i = 0; i < n; i++) {
        t.a = items[i].entity;
        if (!p->sample->within[side][t.a])
            continue;
        for (size_t j = p->sample->whole[side] ? i + 1 : 0; j < n; j++) {
            t.b = items[j].entity;
            enum tg_status status = i == j ? TG_OK : tg_triples_add(&p->within[side], &t, err);
            if (status)
                return status;
        }
    }
    return TG_OK;
}

static enum tg_status pair_group(struct pairing *p, const struct group *g, struct tg_error *err)
{
    enum tg_status status = pair_across(p, g, err);
    tg_rarity_note(p->rarity, g->key, g->items[TG_LEFT], g->n[TG_LEFT], g->n[TG_RIGHT]);
    note_sharing(p, g);
    for (int side = 0; !status && side < TG_N_SIDES; side++)
        status = pair_within(p, g, (enum tg_side)side, err);
    return status;
}

/* −1, 0, 1 by token. */
static int compare(const struct tg_item *x, const struct tg_item *y)
{
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->key > y->key) - (x->key < y->key);
}

static size_t group_end(const struct tg_part *part, size_t at)
{
    size_t end = at;
    while (end < part->n && compare(&part->items[end], &part->items[at]) == 0)
        end++;
    return end;
}

/* The two are sorted: walks both at once. */
static enum tg_status pair_part(struct pairing *p, const struct tg_part *left,
                                const struct tg_part *right, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0, j = 0; !status && (i < left->n || j < right->n);) {
        int order = i == left->n    ? 1
                    : j == right->n ? -1
                                    : compare(&left->items[i], &right->items[j]);
        size_t i_end = order <= 0 ? group_end(left, i) : i;
        size_t j_end = order >= 0 ? group_end(right, j) : j;
        const struct group g = {
            {left->items + i, right->items + j},
            {i_end - i, j_end - j},
            order <= 0 ? left->items[i].key : right->items[j].key,
        };
        status = pair_group(p, &g, err);
        i = i_end;
        j = j_end;
    }
    return status;
}

static enum tg_status pair_parts(struct pairing *p, struct tg_collected *c, struct tg_error *err)
{
    struct tg_item *scratch = NULL;
    size_t cap = 0;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < TG_N_PARTS; i++) {
        struct tg_part *left = &c->parts[TG_LEFT][i], *right = &c->parts[TG_RIGHT][i];
        if (c->recall->memory)
            status = tg_recall_part(c->recall, i, right, err);
        if (!status)
            status = tg_grow(&scratch, &cap, left->n > right->n ? left->n : right->n,
                             sizeof *scratch, err);
        if (status)
            break;
        tg_part_sort(left, scratch);
        tg_part_sort(right, scratch);
        status = pair_part(p, left, right, err);
        tg_part_free(left);
        tg_part_free(right);
    }
    free(scratch);
    return status;
}

static enum tg_status view_keys(struct pairing *p, struct tg_error *err)
{
    p->keys = tg_calloc(p->l->n_keys, sizeof *p->keys, err);
    if (!p->keys)
        return TG_NO_MEMORY;
    for (size_t k = 0; k < p->l->n_keys; k++) {
        const struct tg_link_key *key = &p->l->keys[k];
        for (size_t i = 0; i < key->n_parts; i++) {
            uint64_t level = key->parts[i].whole ? TG_SAME : TG_NEAR;
            p->keys[k].levels |= level << (2 * key->parts[i].field);
        }
    }
    return TG_OK;
}

static uint64_t missing_fields(const struct pairing *p, enum tg_side a, enum tg_side b,
                               const struct tg_triple *t)
{
    uint32_t both = p->collected->fields[a][t->a] & p->collected->fields[b][t->b];
    uint64_t missing = 0;
    for (size_t f = 0; f < p->l->n_fields; f++) {
        if (!(both >> f & 1))
            missing |= (uint64_t)TG_MISSING << (2 * f);
    }
    return missing;
}

static bool shares_value(const struct tg_linkage *l, uint64_t levels)
{
    bool shares = false;
    for (size_t f = 0; f < l->n_fields; f++)
        shares = shares || (tg_level_of(levels, f) == TG_SAME && !tg_linkage_is_ends(l, f));
    return shares;
}

static uint64_t with_level(uint64_t levels, size_t field, enum tg_link_level level)
{
    return (levels & ~(UINT64_C(3) << (2 * field))) | (uint64_t)level << (2 * field);
}

/* Beginnings and ends say something only of values that are neither the same nor nearly, shorter
 * ones only where the longer end is another one. Where they are all that is shared, it is not seen
 * whether the values have but one error. */
static uint64_t weigh_ends(const struct tg_linkage *l, uint64_t levels)
{
    bool sees_errors = shares_value(l, levels);
    for (int shorter = 0; shorter < 2; shorter++) {
        for (size_t f = 0; f < l->n_fields; f++) {
            enum tg_link_level level = tg_level_of(levels, f);
            bool is_ends = l->ends[f] && tg_linkage_is_ends(l, f);
            if (!l->ends[f] || is_ends != shorter)
                continue;
            size_t ends = l->ends[f] - 1u;
            if (level != TG_DIFFERENT && !(is_ends && level == TG_NEAR))
                levels = with_level(levels, ends, TG_MISSING);
            else if (!is_ends && !sees_errors && tg_is_shared(tg_level_of(levels, ends)))
                levels = with_level(levels, f, TG_NEAR);
        }
    }
    return levels;
}

/* The pair that the triples from `at` on are of; returns where the next one begins. */
static size_t fold_pair(const struct pairing *p, const struct tg_triples *t, size_t at,
                        enum tg_side a, enum tg_side b, struct tg_pair *pair)
{
    const struct tg_triple *first = &t->items[at];
    *pair = (struct tg_pair){.left = first->a, .right = first->b, .key = first->key, .weight = 1};
    for (; at < t->n && t->items[at].a == first->a && t->items[at].b == first->b; at++) {
        pair->levels |= p->keys[t->items[at].key].levels;
    }
    uint64_t missing = missing_fields(p, a, b, first);
    pair->levels = (pair->levels & ~(missing | missing >> 1)) | missing; /* 2 in two bits */
    pair->levels = weigh_ends(p->l, pair->levels);
    pair->levels |= (uint64_t)tg_sex_level(p->l, a, pair->left, b, pair->right)
                    << (2 * TG_SEX_PLACE);
    return at;
}

/* Two rows of one person: they share a number. */
static bool is_double(const struct tg_linkage *l, const struct tg_pair *pair)
{
    return l->keys[pair->key].exact && l->keys[pair->key].number_like;
}

static int by_levels(const void *a, const void *b)
{
    const struct tg_pattern_count *x = a, *y = b;
    return (x->levels > y->levels) - (x->levels < y->levels);
}

static void count_alike(struct tg_patterns *patterns)
{
    size_t kept = 0;
    if (patterns->n)
        qsort(patterns->items, patterns->n, sizeof *patterns->items, by_levels);
    for (size_t i = 0; i < patterns->n; i++) {
        if (kept && patterns->items[kept - 1].levels == patterns->items[i].levels)
            patterns->items[kept - 1].n += patterns->items[i].n;
        else
            patterns->items[kept++] = patterns->items[i];
    }
    patterns->n = kept;
}

/* Pairs of one file are to show how different people agree. */
static enum tg_status count_patterns(const struct pairing *p, enum tg_side side,
                                     struct tg_patterns *out, struct tg_error *err)
{
    const struct tg_triples *t = &p->within[side];
    double n = p->l->facts[side].n, sampled = p->sample->n[side];
    size_t room = ROOM_BEGIN;
    out->of = p->sample->whole[side] ? n * (n - 1) / 2 : sampled * (n - 1);
    for (size_t at = 0; at < t->n;) {
        struct tg_pair pair;
        at = fold_pair(p, t, at, side, side, &pair);
        if (is_double(p->l, &pair))
            continue;
        if (out->n == room) {
            count_alike(out);
            room = 2 * out->n > room ? 2 * room : room;
        }
        enum tg_status status =
            tg_grow(&out->items, &out->cap, out->n + 1, sizeof *out->items, err);
        if (status)
            return status;
        out->items[out->n++] = (struct tg_pattern_count){pair.levels, 1};
    }
    count_alike(out);
    return TG_OK;
}

static enum tg_status list_pairs(const struct pairing *p, struct tg_pairs *out,
                                 struct tg_error *err)
{
    const struct tg_triples *t = &p->across;
    const bool *settled = p->sample->settled;
    size_t n = 0;
    for (size_t at = 0; at < t->n; at++)
        n +=
            at == 0 || t->items[at - 1].a != t->items[at].a || t->items[at - 1].b != t->items[at].b;
    out->items = tg_calloc(n, sizeof *out->items, err);
    if (!out->items)
        return TG_NO_MEMORY;
    out->cap = n;
    for (size_t at = 0; at < t->n;) {
        struct tg_pair *pair = &out->items[out->n++];
        at = fold_pair(p, t, at, TG_LEFT, TG_RIGHT, pair);
        pair->commonness = tg_rarity_of(p->rarity, pair->left, pair->levels);
        if (settled && settled[pair->left])
            pair->weight = p->sample->weight;
    }
    return TG_OK;
}

static enum tg_status list_origins(const struct pairing *p, uint8_t **out, struct tg_error *err)
{
    uint32_t n = p->l->facts[TG_LEFT].n;
    *out = tg_calloc(n, sizeof **out, err);
    if (!*out)
        return TG_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++)
        (*out)[i] = !p->sample->across[i]                ? TG_NOT_LOOKED_AT
                    : tg_rarity_is_foreign(p->rarity, i) ? TG_FOREIGN
                                                         : TG_FROM_HERE;
    return TG_OK;
}

/* Numbers above zero are in the order of their bits. */
static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The pairs come by entities, and stable passes keep that order among equals. */
static enum tg_status sort_pairs(struct tg_pairs *pairs, struct tg_error *err)
{
    if (pairs->n >= UINT32_MAX)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    struct tg_item *items = tg_calloc(pairs->n, sizeof *items, err);
    struct tg_item *scratch = tg_calloc(pairs->n, sizeof *scratch, err);
    struct tg_pair *moved = tg_calloc(pairs->n, sizeof *moved, err);
    bool ready = items && scratch && moved;
    for (size_t i = 0; ready && i < pairs->n; i++)
        items[i].entity = (uint32_t)i;
    for (int last = 0; ready && last < 2; last++) {
        for (size_t i = 0; i < pairs->n; i++) {
            const struct tg_pair *pair = &pairs->items[items[i].entity];
            items[i].hash = last ? pair->levels : bits_of(pair->commonness);
        }
        tg_items_sort(items, scratch, pairs->n);
    }
    for (size_t i = 0; ready && i < pairs->n; i++)
        moved[i] = pairs->items[items[i].entity];
    free(items);
    free(scratch);
    if (ready) {
        free(pairs->items);
        pairs->items = moved;
    } else {
        free(moved);
    }
    return ready ? TG_OK : TG_NO_MEMORY;
}

/* Those of the sample stand for all. */
static void count_sharing(const struct pairing *p, struct tg_link_key_report *reports)
{
    uint32_t n = p->l->facts[TG_RIGHT].n;
    for (size_t k = 0; k < p->l->n_keys; k++) {
        uint64_t sharing = 0;
        if (p->l->keys[k].exact)
            continue;
        for (uint32_t i = 0; i < n; i++)
            sharing += p->sharing[i * p->words + k / WORD_BITS] >> k % WORD_BITS & 1;
        double share = p->sample->n[TG_RIGHT] ? (double)n / p->sample->n[TG_RIGHT] : 0;
        double most = (double)reports[k].with_token[TG_RIGHT];
        double estimate = (double)sharing * share;
        reports[k].shared_by_others = (uint64_t)((estimate < most ? estimate : most) + 0.5);
    }
}

static enum tg_status find_pairs(struct pairing *p, struct tg_collected *c,
                                 struct tg_link_key_report *reports, struct tg_candidates *out,
                                 struct tg_error *err)
{
    p->words = p->l->n_keys / WORD_BITS + 1;
    p->sharing = tg_calloc(p->l->facts[TG_RIGHT].n, p->words * sizeof *p->sharing, err);
    enum tg_status status = p->sharing ? view_keys(p, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_rarity_begin(p->l, p->sample->across, p->collected, &p->rarity, err);
    if (!status)
        status = pair_parts(p, c, err);
    if (status)
        return status;
    tg_rarity_finish(p->rarity);
    count_sharing(p, reports);
    for (int side = 0; !status && side < TG_N_SIDES; side++) {
        tg_triples_fold(&p->within[side]);
        status = count_patterns(p, (enum tg_side)side, &out->within[side], err);
        tg_triples_free(&p->within[side]);
    }
    tg_triples_fold(&p->across);
    if (!status)
        status = list_pairs(p, &out->across, err);
    if (!status)
        status = list_origins(p, &out->origins, err);
    tg_triples_free(&p->across);
    return status ? status : sort_pairs(&out->across, err);
}

static enum tg_status recall_new(const struct tg_linkage *l, struct tg_recall **out,
                                 struct tg_error *err)
{
    *out = tg_calloc(1, sizeof **out, err);
    if (!*out)
        return TG_NO_MEMORY;
    if (l->n_keys <= TG_MEMORY_KEYS_MAX)
        (*out)->memory = l->memory;
    return TG_OK;
}

static enum tg_status collect_and_pair(const struct tg_linkage *l,
                                       const struct tg_link_sample *sample,
                                       struct tg_link_key_report *reports,
                                       struct tg_candidates *out, struct tg_error *err)
{
    struct tg_collected *c = tg_calloc(1, sizeof *c, err);
    struct pairing p = {.l = l, .sample = sample, .collected = c};
    if (!c)
        return TG_NO_MEMORY;
    enum tg_status status = recall_new(l, &c->recall, err);
    if (!status)
        status = tg_collect(l, sample, reports, c, err);
    out->applies = !status && tg_evidence_applies(l, reports);
    if (out->applies)
        status = tg_holders_count(l, c->fields, &out->holders, err);
    if (out->applies && !status)
        status = find_pairs(&p, c, reports, out, err);
    tg_triples_free(&p.across);
    tg_triples_free(&p.within[TG_LEFT]);
    tg_triples_free(&p.within[TG_RIGHT]);
    if (l->memory && (status || !out->applies))
        l->memory->made = false;
    tg_recall_free(c->recall);
    free(c->recall);
    tg_collected_free(c);
    free(c);
    free(p.sharing);
    free(p.keys);
    tg_rarity_free(p.rarity);
    return status;
}

enum tg_status tg_candidates_find(const struct tg_linkage *l,
                                  const struct tg_link_decision *decisions,
                                  struct tg_link_key_report *reports, struct tg_candidates *out,
                                  struct tg_error *err)
{
    struct tg_link_sample sample = {.settled = NULL};
    bool *settled = NULL;
    *out = (struct tg_candidates){.applies = false};
    if (decisions) {
        settled = tg_calloc(l->facts[TG_LEFT].n, sizeof *settled, err);
        if (!settled)
            return TG_NO_MEMORY;
        for (uint32_t i = 0; i < l->facts[TG_LEFT].n; i++)
            settled[i] =
                decisions[i].state == TG_LINK_LINKED || decisions[i].state == TG_LINK_CONFLICT;
    }
    enum tg_status status = tg_link_sample_choose(l, settled, &sample, err);
    if (!status)
        status = collect_and_pair(l, &sample, reports, out, err);
    tg_link_sample_free(&sample);
    free(settled);
    if (status)
        tg_candidates_free(out);
    return status;
}

void tg_candidates_free(struct tg_candidates *c)
{
    free(c->across.items);
    free(c->within[TG_LEFT].items);
    free(c->within[TG_RIGHT].items);
    free(c->holders.items);
    free(c->origins);
    *c = (struct tg_candidates){.applies = false};
}
