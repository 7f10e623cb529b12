/* SPDX-License-Identifier: Apache-2.0 */
#include "link/collect.h"

#include "link/entry.h"

#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 256,
    TOKENS_A_WORD = 8, /* with two bits each: one in twenty passes by accident */
    WORD_BITS = 64,
};

struct collecting {
    const struct tg_linkage *l;
    struct tg_link_key_report *reports;
    struct tg_collected *out;
    enum tg_side side;
    uint64_t *hashes; /* of the tokens of the sample */
    size_t n_hashes, cap_hashes;
    uint64_t *filter;      /* Bloom filter of one word a token (Putze, Sanders, Singler 2007) */
    uint64_t filter_words; /* below 2^32 */
    uint32_t *fields_of_key;
    uint64_t *seen; /* by entity and evidence key: it has a token */
    size_t seen_words;
};

static enum tg_status walk_entries(const struct tg_link_key *key, uint32_t k, enum tg_side side,
                                   const bool *of, tg_on_evidence *on, void *ctx,
                                   struct tg_error *err)
{
    struct tg_evidence_token batch[BATCH];
    enum tg_status status = TG_OK;
    size_t n = 0;
    for (size_t i = 0; !status && i < key->n[side]; i++) {
        const struct tg_link_entry *e = &key->entries[side][i];
        if (of && !of[e->entity])
            continue;
        batch[n++] = (struct tg_evidence_token){tg_load_be64(e->hash), e->entity, k};
        if (n == BATCH) {
            status = on(ctx, batch, n, err);
            n = 0;
        }
    }
    return status || !n ? status : on(ctx, batch, n, err);
}

/* Entities that are not there are for take_tokens() to find. */
static enum tg_status walk_shorts(const struct tg_linkage *l, uint32_t k, enum tg_side side,
                                  const bool *of, tg_on_evidence *on, void *ctx,
                                  struct tg_error *err)
{
    const struct tg_link_key *key = &l->keys[k];
    struct tg_evidence_token batch[BATCH];
    enum tg_status status = TG_OK;
    size_t n = 0;
    for (size_t i = 0; !status && i < key->n[side]; i++) {
        const struct tg_link_short *s = &key->shorts[side][i];
        if (of && (s->entity >= l->facts[side].n || !of[s->entity]))
            continue;
        batch[n++] = (struct tg_evidence_token){(uint64_t)s->high << 32 | s->low, s->entity, k};
        if (n == BATCH) {
            status = on(ctx, batch, n, err);
            n = 0;
        }
    }
    return status || !n ? status : on(ctx, batch, n, err);
}

/* Exact tokens are evidence, too. */
static enum tg_status walk(struct collecting *c, enum tg_side side, const bool *of,
                           tg_on_evidence *on, struct tg_error *err)
{
    const struct tg_linkage *l = c->l;
    enum tg_status status = TG_OK;
    c->side = side;
    for (size_t k = 0; !status && k < l->n_keys; k++) {
        const struct tg_link_key *key = &l->keys[k];
        if (key->exact)
            status = walk_entries(key, (uint32_t)k, side, of, on, c, err);
        else if (!l->evidence.walk)
            status = walk_shorts(l, (uint32_t)k, side, of, on, c, err);
    }
    if (!status && l->evidence.walk)
        status = l->evidence.walk(l->evidence.ctx, side, of, on, c, err);
    return status;
}

static enum tg_status note_hashes(void *ctx, const struct tg_evidence_token *tokens, size_t n,
                                  struct tg_error *err)
{
    struct collecting *c = ctx;
    enum tg_status status =
        tg_grow(&c->hashes, &c->cap_hashes, c->n_hashes + n, sizeof *c->hashes, err);
    for (size_t i = 0; !status && i < n; i++)
        c->hashes[c->n_hashes++] = tg_mix_token(tokens[i].hash, tokens[i].key);
    return status;
}

static uint64_t *filter_word(const struct collecting *c, uint64_t hash)
{
    return &c->filter[(hash >> 32) * c->filter_words >> 32];
}

static uint64_t filter_mask(uint64_t hash)
{
    return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63);
}

static enum tg_status make_filter(struct collecting *c, struct tg_error *err)
{
    c->filter_words = c->n_hashes / TOKENS_A_WORD + 1;
    if (c->filter_words > UINT32_MAX)
        c->filter_words = UINT32_MAX;
    c->filter = tg_calloc((size_t)c->filter_words, sizeof *c->filter, err);
    if (!c->filter)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < c->n_hashes; i++)
        *filter_word(c, c->hashes[i]) |= filter_mask(c->hashes[i]);
    free(c->hashes);
    c->hashes = NULL;
    return TG_OK;
}

static enum tg_status keep(struct tg_part *part, const struct tg_item *item, struct tg_error *err)
{
    if (part->n == part->cap) {
        enum tg_status status =
            tg_grow(&part->items, &part->cap, part->n + 1, sizeof *part->items, err);
        if (status)
            return status;
    }
    part->items[part->n++] = *item;
    return TG_OK;
}

/* What each entity has of each key and field. */
static enum tg_status note_entity(struct collecting *c, const struct tg_evidence_token *t,
                                  struct tg_error *err)
{
    if (t->entity >= c->l->facts[c->side].n || t->key >= c->l->n_keys)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "a token's entity is one of its side");
    uint64_t *seen = &c->seen[t->entity * c->seen_words + t->key / WORD_BITS];
    uint64_t bit = UINT64_C(1) << t->key % WORD_BITS;
    if (*seen & bit)
        return TG_OK;
    *seen |= bit;
    c->out->fields[c->side][t->entity] |= c->fields_of_key[t->key];
    if (!c->l->keys[t->key].exact)
        c->reports[t->key].with_token[c->side]++;
    return TG_OK;
}

static enum tg_status take_batch(struct collecting *c, const struct tg_evidence_token *tokens,
                                 size_t n, struct tg_error *err)
{
    uint64_t hashes[BATCH];
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        hashes[i] = tg_mix_token(tokens[i].hash, tokens[i].key);
        __builtin_prefetch(filter_word(c, hashes[i])); /* it is seldom in the cache */
        status = note_entity(c, &tokens[i], err);
    }
    for (size_t i = 0; !status && i < n; i++) {
        uint64_t mask = filter_mask(hashes[i]);
        if ((*filter_word(c, hashes[i]) & mask) != mask)
            continue;
        const struct tg_item item = {hashes[i], tokens[i].entity, tokens[i].key};
        status = keep(&c->out->parts[c->side][hashes[i] >> (WORD_BITS - TG_PART_BITS)], &item, err);
    }
    return status;
}

static enum tg_status take_tokens(void *ctx, const struct tg_evidence_token *tokens, size_t n,
                                  struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t at = 0; !status && at < n; at += BATCH)
        status = take_batch(ctx, tokens + at, n - at < BATCH ? n - at : BATCH, err);
    return status;
}

static enum tg_status collect_side(struct collecting *c, enum tg_side side, struct tg_error *err)
{
    uint32_t n = c->l->facts[side].n;
    c->seen_words = c->l->n_keys / WORD_BITS + 1;
    free(c->seen);
    c->seen = tg_calloc(n, c->seen_words * sizeof *c->seen, err);
    c->out->fields[side] = tg_calloc(n, sizeof *c->out->fields[side], err);
    if (!c->seen || !c->out->fields[side])
        return TG_NO_MEMORY;
    for (size_t k = 0; k < c->l->n_keys; k++) {
        if (!c->l->keys[k].exact)
            c->reports[k].with_token[side] = 0;
    }
    return walk(c, side, NULL, take_tokens, err);
}

static enum tg_status find_fields(struct collecting *c, struct tg_error *err)
{
    c->fields_of_key = tg_calloc(c->l->n_keys, sizeof *c->fields_of_key, err);
    if (!c->fields_of_key)
        return TG_NO_MEMORY;
    for (size_t k = 0; k < c->l->n_keys; k++) {
        const struct tg_link_key *key = &c->l->keys[k];
        for (size_t i = 0; i < key->n_parts; i++)
            c->fields_of_key[k] |= UINT32_C(1) << key->parts[i].field;
    }
    return TG_OK;
}

/* The tokens of everybody who is to be paired. */
static enum tg_status note_sample(struct collecting *c, const struct tg_link_sample *sample,
                                  struct tg_error *err)
{
    uint32_t n = c->l->facts[TG_LEFT].n;
    bool *left = tg_calloc(n, sizeof *left, err);
    if (!left)
        return TG_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++)
        left[i] = sample->across[i] || sample->within[TG_LEFT][i];
    enum tg_status status = walk(c, TG_LEFT, left, note_hashes, err);
    free(left);
    return status ? status : walk(c, TG_RIGHT, sample->within[TG_RIGHT], note_hashes, err);
}

enum tg_status tg_collect(const struct tg_linkage *l, const struct tg_link_sample *sample,
                          struct tg_link_key_report *reports, struct tg_collected *out,
                          struct tg_error *err)
{
    struct collecting c = {.l = l, .reports = reports, .out = out};
    enum tg_status status = find_fields(&c, err);
    if (!status)
        status = note_sample(&c, sample, err);
    if (!status)
        status = make_filter(&c, err);
    for (int side = 0; !status && side < TG_N_SIDES; side++)
        status = collect_side(&c, (enum tg_side)side, err);
    free(c.hashes);
    free(c.filter);
    free(c.fields_of_key);
    free(c.seen);
    return status;
}

void tg_part_free(struct tg_part *part)
{
    free(part->items);
    *part = (struct tg_part){NULL, 0, 0};
}

void tg_collected_free(struct tg_collected *c)
{
    for (int side = 0; side < TG_N_SIDES; side++) {
        for (size_t p = 0; p < TG_N_PARTS; p++)
            tg_part_free(&c->parts[side][p]);
        free(c->fields[side]);
    }
}
