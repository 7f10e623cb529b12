/* SPDX-License-Identifier: Apache-2.0 */
#include "link/cells.h"
#include "link/collect.h"
#include "link/evidence.h"
#include "link/rarity.h"
#include "link/recall.h"
#include "link/triples.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAIRS_OF_A_TOKEN_MAX = 3600,
    OTHERS_OF_A_TOKEN_MAX = 60,
    WORD_BITS = 64,
    MEMO_BITS = 10,
    AHEAD = 16, /* triples */
};

/* What one key says. */
struct key_view {
    uint64_t levels;
};

struct pairing {
    const struct tg_linkage *l;
    const struct tg_link_sample *sample;
    struct tg_collected *collected;
    struct key_view *keys;
    struct tg_rarity *rarity; /* of left entities' values */
    uint64_t *sharing; /* by right entity of the sample and key: somebody else has a token of it */
    size_t words;      /* of it for one entity */
    struct tg_part at_hand[TG_N_SIDES]; /* one part of each side */
    struct tg_item *scratch;
    size_t cap_scratch;
    struct tg_triples *across, *within[TG_N_SIDES];
    struct weighed *weighed; /* 2^MEMO_BITS of them */
};

/* What weigh_ends() made of levels; where it made nothing yet, these have a sex. */
struct weighed {
    uint64_t levels, result;
};

/* A pair on its way out. */
struct found_pair {
    uint32_t left, right;
    uint32_t key, cell;
};

/* The items of both sides that have one token. */
struct group {
    const struct tg_item *items[TG_N_SIDES];
    size_t n[TG_N_SIDES];
    uint32_t key;
};

/* Which of the sample share a token with somebody of their side. They come last. */
static void note_sharing(struct pairing *p, const struct group *g)
{
    const struct tg_item *items = g->items[TG_RIGHT];
    size_t n = g->n[TG_RIGHT];
    for (size_t i = n; n > 1 && i > 0 && tg_item_is_sampled(&items[i - 1]); i--)
        p->sharing[items[i - 1].entity * p->words + g->key / WORD_BITS] |= UINT64_C(1)
                                                                           << g->key % WORD_BITS;
}

static enum tg_status pair_across(struct pairing *p, const struct group *g, struct tg_error *err)
{
    size_t n_left = g->n[TG_LEFT], n_right = g->n[TG_RIGHT];
    if (n_left == 0 || n_right == 0 || n_left > PAIRS_OF_A_TOKEN_MAX / n_right)
        return TG_OK;
    for (size_t i = 0; i < n_left; i++) {
        uint32_t left = g->items[TG_LEFT][i].entity;
        if (!tg_item_is_sampled(&g->items[TG_LEFT][i]) || !p->sample->across[left])
            continue;
        for (size_t j = 0; j < n_right; j++) {
            if (tg_triples_add(p->across, left, g->items[TG_RIGHT][j].entity, g->key, err))
                return TG_NO_MEMORY;
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
    if (n < 2 || n > OTHERS_OF_A_TOKEN_MAX)
        return TG_OK;
    for (size_t i = 0; i < n; i++) {
        if (!tg_item_is_sampled(&items[i]) || !p->sample->within[side][items[i].entity])
            continue;
        for (size_t j = p->sample->whole[side] ? i + 1 : 0; j < n; j++) {
            if (i != j &&
                tg_triples_add(p->within[side], items[i].entity, items[j].entity, g->key, err))
                return TG_NO_MEMORY;
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

static uint64_t name_of(const struct tg_item *item)
{
    return tg_item_order(item) >> 1;
}

static size_t group_end(const struct tg_part *part, size_t at)
{
    uint64_t name = name_of(&part->items[at]);
    size_t end = at + 1;
    while (end < part->n && name_of(&part->items[end]) == name)
        end++;
    return end;
}

/* Is somebody of the sample among them? These come last. */
static bool matters(const struct group *g)
{
    bool does = false;
    for (int side = 0; side < TG_N_SIDES; side++)
        does = does || (g->n[side] && tg_item_is_sampled(&g->items[side][g->n[side] - 1]));
    return does && g->n[TG_LEFT] + g->n[TG_RIGHT] > 1;
}

/* The two are sorted: walks both at once. Who has a token that nobody else has meets nobody. */
static enum tg_status pair_part(struct pairing *p, struct tg_error *err)
{
    const struct tg_part *left = &p->at_hand[TG_LEFT], *right = &p->at_hand[TG_RIGHT];
    enum tg_status status = TG_OK;
    for (size_t i = 0, j = 0; !status && (i < left->n || j < right->n);) {
        uint64_t x = i < left->n ? name_of(&left->items[i]) : UINT64_MAX;
        uint64_t y = j < right->n ? name_of(&right->items[j]) : UINT64_MAX;
        size_t i_end = i < left->n && x <= y ? group_end(left, i) : i;
        size_t j_end = j < right->n && y <= x ? group_end(right, j) : j;
        const struct group g = {
            {left->items + i, right->items + j},
            {i_end - i, j_end - j},
            tg_item_key(i_end > i ? &left->items[i] : &right->items[j]),
        };
        if (matters(&g))
            status = pair_group(p, &g, err);
        i = i_end;
        j = j_end;
    }
    return status;
}

/* The tokens of remembered rows do not say whose they are. */
static void mark_sampled(const struct pairing *p, struct tg_part *right, size_t from)
{
    for (size_t i = from; i < right->n; i++)
        right->items[i].low |= p->sample->within[TG_RIGHT][right->items[i].entity];
}

/* Takes a side's items of a part, sorted. */
static enum tg_status take_part(struct pairing *p, size_t part, enum tg_side side,
                                struct tg_error *err)
{
    struct tg_collected *c = p->collected;
    struct tg_list *list = &c->parts[side][part];
    struct tg_part *at_hand = &p->at_hand[side];
    size_t n = tg_list_count(list, sizeof *at_hand->items);
    enum tg_status status = tg_grow(&at_hand->items, &at_hand->cap, n, sizeof *at_hand->items, err);
    if (status)
        return status;
    if (n)
        tg_list_take(&c->chunks, list, sizeof *at_hand->items, at_hand->items);
    at_hand->n = n;
    if (side == TG_RIGHT && c->recall->memory) {
        status = tg_recall_part(c->recall, part, at_hand, err);
        mark_sampled(p, at_hand, n);
    }
    if (!status)
        status = tg_grow(&p->scratch, &p->cap_scratch, at_hand->n, sizeof *p->scratch, err);
    if (!status)
        tg_part_sort(at_hand, p->scratch);
    return status;
}

static enum tg_status pair_parts(struct pairing *p, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < TG_N_PARTS; i++) {
        for (int side = 0; !status && side < TG_N_SIDES; side++)
            status = take_part(p, i, (enum tg_side)side, err);
        if (!status)
            status = pair_part(p, err);
    }
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

/* Moves bit f to bit 2 · f. */
static uint64_t spread(uint32_t fields)
{
    uint64_t x = fields;
    x = (x | x << 16) & UINT64_C(0x0000ffff0000ffff);
    x = (x | x << 8) & UINT64_C(0x00ff00ff00ff00ff);
    x = (x | x << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    x = (x | x << 2) & UINT64_C(0x3333333333333333);
    return (x | x << 1) & UINT64_C(0x5555555555555555);
}

static uint64_t missing_fields(const struct pairing *p, enum tg_side a, enum tg_side b,
                               const struct tg_triple_run *run)
{
    uint32_t both = p->collected->fields[a][run->a] & p->collected->fields[b][run->b];
    uint32_t all = (UINT32_C(1) << p->l->n_fields) - 1;
    return spread(all & ~both) * TG_MISSING;
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

/* Few levels are met again and again. */
static uint64_t weigh_ends_again(const struct pairing *p, uint64_t levels)
{
    struct weighed *w = &p->weighed[tg_mix64(levels) >> (WORD_BITS - MEMO_BITS)];
    if (w->levels != levels)
        *w = (struct weighed){levels, weigh_ends(p->l, levels)};
    return w->result;
}

/* What the two agree in, and the first key that they share a token of. */
static uint64_t levels_of(const struct pairing *p, const struct tg_triple_run *run, enum tg_side a,
                          enum tg_side b, uint32_t *key)
{
    uint64_t levels = 0, missing = missing_fields(p, a, b, run);
    *key = UINT32_MAX;
    for (size_t i = 0; i < run->n; i++) {
        uint32_t k = tg_triple_key(run->from[i]);
        levels |= p->keys[k].levels;
        *key = k < *key ? k : *key;
    }
    levels = (levels & ~(missing | missing >> 1)) | missing; /* 2 in two bits */
    return weigh_ends_again(p, levels) | (uint64_t)tg_sex_level(p->l, a, run->a, b, run->b)
                                             << (2 * TG_SEX_PLACE);
}

/* Two rows of one person: they share a number. */
static bool is_double(const struct tg_linkage *l, uint32_t key)
{
    return l->keys[key].exact && l->keys[key].number_like;
}

/* What is done with a pair. */
typedef enum tg_status on_run(void *ctx, const struct tg_triple_run *run, struct tg_error *err);

/* Pairs come by their entities. What is known of those of b's side is fetched before it is needed.
 */
static enum tg_status walk_runs(const struct pairing *p, struct tg_triples *t, enum tg_side b,
                                on_run *on, void *ctx, struct tg_error *err)
{
    const uint32_t *fields = p->collected->fields[b];
    const uint8_t *sex = p->l->facts[b].sex;
    enum tg_status status = TG_OK;
    for (size_t heap = 0; !status && heap < TG_N_HEAPS; heap++) {
        size_t n = 0;
        status = tg_triples_sort(t, heap, &n, err);
        for (size_t at = 0; !status && at < n;) {
            uint32_t ahead = at + AHEAD < n ? tg_triples_run(t, heap, at + AHEAD, at).b : 0;
            __builtin_prefetch(&fields[ahead]);
            if (sex)
                __builtin_prefetch(&sex[ahead]);
            const struct tg_triple_run run = tg_triples_run(t, heap, at, n);
            status = on(ctx, &run, err);
            at += run.n;
        }
    }
    return status;
}

struct counting {
    const struct pairing *p;
    enum tg_side side;
    struct tg_cells cells;
};

static enum tg_status count_run(void *ctx, const struct tg_triple_run *run, struct tg_error *err)
{
    struct counting *c = ctx;
    uint32_t key, place;
    uint64_t levels = levels_of(c->p, run, c->side, c->side, &key);
    return is_double(c->p->l, key) ? TG_OK : tg_cells_count(&c->cells, levels, 0, &place, err);
}

/* Pairs of one file are to show how different people agree. */
static enum tg_status count_patterns(const struct pairing *p, enum tg_side side,
                                     struct tg_patterns *out, struct tg_error *err)
{
    double n = p->l->facts[side].n, sampled = p->sample->n[side];
    struct counting c = {.p = p, .side = side};
    uint32_t *order = NULL;
    out->of = p->sample->whole[side] ? n * (n - 1) / 2 : sampled * (n - 1);
    enum tg_status status = walk_runs(p, p->within[side], side, count_run, &c, err);
    if (!status) {
        order = tg_cells_order(&c.cells, err);
        out->items = tg_calloc(c.cells.n, sizeof *out->items, err);
        status = order && out->items ? TG_OK : TG_NO_MEMORY;
    }
    out->cap = c.cells.n;
    for (size_t i = 0; !status && i < c.cells.n; i++) {
        const struct tg_cell *cell = &c.cells.items[order[i]];
        out->items[out->n++] = (struct tg_pattern_count){cell->levels, (double)cell->n};
    }
    free(order);
    tg_cells_free(&c.cells);
    return status;
}

struct listing {
    const struct pairing *p;
    struct tg_list pairs; /* of struct found_pair */
    struct tg_cells cells;
};

static enum tg_status list_run(void *ctx, const struct tg_triple_run *run, struct tg_error *err)
{
    struct listing *l = ctx;
    struct found_pair *pair = tg_list_next(&l->p->collected->chunks, &l->pairs, sizeof *pair, err);
    if (!pair)
        return TG_NO_MEMORY;
    *pair = (struct found_pair){.left = run->a, .right = run->b};
    uint64_t levels = levels_of(l->p, run, TG_LEFT, TG_RIGHT, &pair->key);
    double commonness = tg_rarity_of(l->p->rarity, pair->left, levels);
    return tg_cells_count(&l->cells, levels, commonness, &pair->cell, err);
}

/* Puts the pairs in the order of their cells; those of one cell stay in the order of entities. */
static void put_pairs(const struct listing *l, size_t *next, struct tg_pair *out)
{
    const struct tg_link_sample *s = l->p->sample;
    for (const struct tg_chunk *chunk = l->pairs.first; chunk; chunk = chunk->next) {
        struct found_pair found;
        size_t bytes = tg_chunk_bytes(&l->pairs, chunk, sizeof found);
        for (size_t at = 0; at < bytes; at += sizeof found) {
            memcpy(&found, chunk->items + at, sizeof found);
            const struct tg_cell *cell = &l->cells.items[found.cell];
            out[next[found.cell]++] = (struct tg_pair){
                .left = found.left,
                .right = found.right,
                .levels = cell->levels,
                .key = found.key,
                .commonness = cell->commonness,
                .weight = s->settled && s->settled[found.left] ? s->weight : 1,
            };
        }
    }
}

static enum tg_status sort_pairs(const struct listing *l, struct tg_pairs *out,
                                 struct tg_error *err)
{
    size_t n = 0, *next = tg_calloc(l->cells.n, sizeof *next, err);
    uint32_t *order = tg_cells_order(&l->cells, err);
    for (size_t i = 0; next && order && i < l->cells.n; i++) {
        next[order[i]] = n;
        n += l->cells.items[order[i]].n;
    }
    out->items = next && order ? tg_calloc(n, sizeof *out->items, err) : NULL;
    out->cap = n;
    out->n = n;
    if (out->items)
        put_pairs(l, next, out->items);
    free(next);
    free(order);
    return out->items ? TG_OK : TG_NO_MEMORY;
}

static enum tg_status list_pairs(const struct pairing *p, struct tg_pairs *out,
                                 struct tg_error *err)
{
    struct listing l = {.p = p};
    enum tg_status status = walk_runs(p, p->across, TG_RIGHT, list_run, &l, err);
    if (!status)
        status = sort_pairs(&l, out, err);
    tg_cells_free(&l.cells);
    return status;
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

static enum tg_status pairing_begin(struct pairing *p, struct tg_error *err)
{
    const uint32_t n[TG_N_SIDES] = {p->l->facts[TG_LEFT].n, p->l->facts[TG_RIGHT].n};
    p->words = p->l->n_keys / WORD_BITS + 1;
    p->sharing = tg_calloc(n[TG_RIGHT], p->words * sizeof *p->sharing, err);
    p->weighed = tg_calloc((size_t)1 << MEMO_BITS, sizeof *p->weighed, err);
    p->across = tg_calloc(1, sizeof *p->across, err);
    for (int side = 0; side < TG_N_SIDES; side++)
        p->within[side] = tg_calloc(1, sizeof *p->within[side], err);
    if (!p->sharing || !p->weighed || !p->across || !p->within[TG_LEFT] || !p->within[TG_RIGHT])
        return TG_NO_MEMORY;
    tg_triples_begin(p->across, n[TG_LEFT], n[TG_RIGHT], &p->collected->chunks);
    for (int side = 0; side < TG_N_SIDES; side++)
        tg_triples_begin(p->within[side], n[side], n[side], &p->collected->chunks);
    for (size_t i = 0; i < (size_t)1 << MEMO_BITS; i++)
        p->weighed[i].levels = UINT64_MAX;
    return view_keys(p, err);
}

static void pairing_free(struct pairing *p)
{
    struct tg_triples *triples[] = {p->across, p->within[TG_LEFT], p->within[TG_RIGHT]};
    for (size_t i = 0; i < sizeof triples / sizeof triples[0]; i++) {
        if (triples[i])
            tg_triples_free(triples[i]);
        free(triples[i]);
    }
    for (int side = 0; side < TG_N_SIDES; side++)
        tg_part_free(&p->at_hand[side]);
    free(p->scratch);
    free(p->sharing);
    free(p->weighed);
    free(p->keys);
    tg_rarity_free(p->rarity);
}

static enum tg_status find_pairs(struct pairing *p, struct tg_link_key_report *reports,
                                 struct tg_candidates *out, struct tg_error *err)
{
    enum tg_status status = pairing_begin(p, err);
    if (!status)
        status = tg_rarity_begin(p->l, p->sample->across, p->collected, &p->rarity, err);
    if (!status)
        status = pair_parts(p, err);
    if (status)
        return status;
    tg_rarity_finish(p->rarity);
    count_sharing(p, reports);
    for (int side = 0; !status && side < TG_N_SIDES; side++)
        status = count_patterns(p, (enum tg_side)side, &out->within[side], err);
    if (!status)
        status = list_pairs(p, &out->across, err);
    return status ? status : list_origins(p, &out->origins, err);
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
        status = find_pairs(&p, reports, out, err);
    pairing_free(&p);
    if (l->memory && (status || !out->applies))
        l->memory->made = false;
    tg_recall_free(c->recall);
    free(c->recall);
    tg_collected_free(c);
    free(c);
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
    tg_holders_free(&c->holders);
    free(c->origins);
    free(c->hidden);
    *c = (struct tg_candidates){.applies = false};
}
