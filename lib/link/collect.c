/* SPDX-License-Identifier: Apache-2.0 */
#include "link/collect.h"

#include "link/entry.h"
#include "link/recall.h"

#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 256,
    TOKENS_A_WORD = 8, /* with two bits each: one in twenty passes by accident */
    WORD_BITS = 64,
};
#define ALL_KEYS UINT32_MAX

/* Bloom filter of one word a token (Putze, Sanders, Singler 2007). */
struct filter {
    uint64_t *words;
    uint64_t n; /* below 2^32 */
};

struct collecting {
    const struct tg_linkage *l;
    struct tg_link_key_report *reports;
    struct tg_collected *out;
    enum tg_side side;
    const bool *sampled[TG_N_SIDES]; /* by entity */
    struct tg_list hashes;           /* of the tokens of the sample */
    struct filter filter;
    uint32_t *fields_of_key;
    uint64_t *seen; /* by entity and key: it has a token; a source hands on all keys at once */
    size_t seen_words;
    uint64_t *seen_of_one; /* by entity: it has a token of the key at hand */
    uint32_t at_hand;      /* the key; ALL_KEYS: of a source */
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
static size_t fill_batch(const struct tg_link_short *s, size_t n, uint32_t k, uint32_t n_entities,
                         const bool *of, struct tg_evidence_token batch[BATCH])
{
    size_t filled = 0;
    for (size_t i = 0; i < n; i++) { /* without a branch: whom `of` has is not to be foreseen */
        batch[filled] =
            (struct tg_evidence_token){(uint64_t)s[i].high << 32 | s[i].low, s[i].entity, k};
        filled += !of || (s[i].entity < n_entities && of[s[i].entity]);
    }
    return filled;
}

static enum tg_status walk_shorts(const struct tg_linkage *l, uint32_t k, enum tg_side side,
                                  const bool *of, tg_on_evidence *on, void *ctx,
                                  struct tg_error *err)
{
    const struct tg_link_key *key = &l->keys[k];
    struct tg_evidence_token batch[BATCH];
    enum tg_status status = TG_OK;
    for (size_t at = 0; !status && at < key->n[side]; at += BATCH) {
        size_t n = key->n[side] - at < BATCH ? key->n[side] - at : BATCH;
        n = fill_batch(key->shorts[side] + at, n, k, l->facts[side].n, of, batch);
        status = n ? on(ctx, batch, n, err) : TG_OK;
    }
    return status;
}

static size_t words_of(uint32_t n)
{
    return (size_t)n / WORD_BITS + 1;
}

/* Exact tokens are evidence, too. `rows`: evidence of the source is left out, its rows are walked.
 */
static enum tg_status walk(struct collecting *c, enum tg_side side, const bool *of, bool rows,
                           tg_on_evidence *on, struct tg_error *err)
{
    const struct tg_linkage *l = c->l;
    enum tg_status status = TG_OK;
    c->side = side;
    for (size_t k = 0; !status && k < l->n_keys; k++) {
        const struct tg_link_key *key = &l->keys[k];
        c->at_hand = (uint32_t)k;
        memset(c->seen_of_one, 0, words_of(l->facts[side].n) * sizeof *c->seen_of_one);
        if (key->exact)
            status = walk_entries(key, (uint32_t)k, side, of, on, c, err);
        else if (!l->evidence.walk)
            status = walk_shorts(l, (uint32_t)k, side, of, on, c, err);
    }
    c->at_hand = ALL_KEYS;
    if (!status && l->evidence.walk && !rows)
        status = l->evidence.walk(l->evidence.ctx, side, of, on, c, err);
    return status;
}

static enum tg_status note_hashes(void *ctx, const struct tg_evidence_token *tokens, size_t n,
                                  struct tg_error *err)
{
    struct collecting *c = ctx;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        uint64_t hash = tg_mix_token(tokens[i].hash, tokens[i].key);
        uint32_t who = c->side == TG_LEFT ? tokens[i].entity : TG_ASKED_BY_RIGHT;
        bool is_there = tokens[i].key < c->l->n_keys && tokens[i].entity < c->l->facts[c->side].n;
        uint64_t *noted = tg_list_next(&c->out->chunks, &c->hashes, sizeof hash, err);
        if (!noted)
            return TG_NO_MEMORY;
        *noted = hash;
        if (c->out->recall->memory && is_there && !c->l->keys[tokens[i].key].exact)
            status = tg_recall_ask(c->out->recall, hash, who, err);
    }
    return status;
}

static uint64_t *filter_word(const struct filter *f, uint64_t hash)
{
    return &f->words[(hash >> 32) * f->n >> 32];
}

static uint64_t filter_mask(uint64_t hash)
{
    return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63);
}

static enum tg_status filter_room(size_t n, struct filter *out, struct tg_error *err)
{
    out->n = n / TOKENS_A_WORD + 1;
    if (out->n > UINT32_MAX)
        out->n = UINT32_MAX;
    out->words = tg_calloc((size_t)out->n, sizeof *out->words, err);
    return out->words ? TG_OK : TG_NO_MEMORY;
}

static void filter_add(const struct filter *f, const uint64_t *hashes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *filter_word(f, hashes[i]) |= filter_mask(hashes[i]);
}

/* Of the tokens of the sample, which are forgotten then. */
static enum tg_status make_filter(struct collecting *c, struct tg_error *err)
{
    const size_t size = sizeof(uint64_t);
    enum tg_status status = filter_room(tg_list_count(&c->hashes, size), &c->filter, err);
    if (status)
        return status;
    for (const struct tg_chunk *chunk = c->hashes.first; chunk; chunk = chunk->next) {
        uint64_t hashes[sizeof chunk->items / sizeof(uint64_t)];
        size_t bytes = tg_chunk_bytes(&c->hashes, chunk, size);
        memcpy(hashes, chunk->items, bytes);
        filter_add(&c->filter, hashes, bytes / size);
    }
    tg_list_drop(&c->out->chunks, &c->hashes);
    return TG_OK;
}

static bool passes(const struct filter *f, uint64_t hash)
{
    uint64_t mask = filter_mask(hash);
    return (*filter_word(f, hash) & mask) == mask;
}

/* What each entity has of one key, which all tokens are of. */
static void note_one_key(struct collecting *c, const struct tg_evidence_token *tokens, size_t n)
{
    uint32_t *fields = c->out->fields[c->side], of_key = c->fields_of_key[c->at_hand];
    uint64_t with_token = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t entity = tokens[i].entity;
        uint64_t *seen = &c->seen_of_one[entity / WORD_BITS];
        with_token += ~*seen >> entity % WORD_BITS & 1;
        *seen |= UINT64_C(1) << entity % WORD_BITS;
        fields[entity] |= of_key;
    }
    if (!c->l->keys[c->at_hand].exact)
        c->reports[c->at_hand].with_token[c->side] += with_token;
}

/* What each entity has of each key and field. */
static void note_entities(struct collecting *c, const struct tg_evidence_token *tokens, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct tg_evidence_token *t = &tokens[i];
        uint64_t *seen = &c->seen[t->entity * c->seen_words + t->key / WORD_BITS];
        uint64_t bit = UINT64_C(1) << t->key % WORD_BITS;
        if (*seen & bit)
            continue;
        *seen |= bit;
        c->out->fields[c->side][t->entity] |= c->fields_of_key[t->key];
        if (!c->l->keys[t->key].exact)
            c->reports[t->key].with_token[c->side]++;
    }
}

static enum tg_status take_batch(struct collecting *c, const struct tg_evidence_token *tokens,
                                 size_t n, struct tg_error *err)
{
    uint64_t hashes[BATCH];
    uint16_t passing[BATCH];
    size_t n_passing = 0;
    bool are_there = true;
    for (size_t i = 0; i < n; i++) {
        hashes[i] = tg_mix_token(tokens[i].hash, tokens[i].key);
        __builtin_prefetch(filter_word(&c->filter, hashes[i])); /* it is seldom in the cache */
        are_there &= (tokens[i].entity < c->l->facts[c->side].n) & (tokens[i].key < c->l->n_keys);
    }
    if (!are_there)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "a token's entity is one of its side");
    if (c->at_hand == ALL_KEYS)
        note_entities(c, tokens, n);
    else
        note_one_key(c, tokens, n);
    for (size_t i = 0; i < n; i++) {
        passing[n_passing] = (uint16_t)i;
        n_passing += passes(&c->filter, hashes[i]);
    }
    for (size_t p = 0; p < n_passing; p++) {
        const struct tg_evidence_token *t = &tokens[passing[p]];
        uint64_t hash = hashes[passing[p]];
        struct tg_list *part = &c->out->parts[c->side][tg_part_of(hash)];
        struct tg_item *item = tg_list_next(&c->out->chunks, part, sizeof *item, err);
        if (!item)
            return TG_NO_MEMORY;
        *item = tg_item_of(hash, t->key, c->sampled[c->side][t->entity], t->entity);
    }
    return TG_OK;
}

static enum tg_status take_tokens(void *ctx, const struct tg_evidence_token *tokens, size_t n,
                                  struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t at = 0; !status && at < n; at += BATCH)
        status = take_batch(ctx, tokens + at, n - at < BATCH ? n - at : BATCH, err);
    return status;
}

static bool is_of_row(const struct collecting *c, const struct tg_evidence_token *t)
{
    const struct tg_link_memory *m = c->out->recall->memory;
    return t->entity < m->n_rows && m->entity_of[t->entity] && t->key < c->l->n_keys;
}

static enum tg_status add_fresh(const struct collecting *c, const struct tg_evidence_token *t,
                                uint64_t hash, struct tg_error *err)
{
    const struct tg_item item = tg_item_of(hash, t->key, false, t->entity);
    if (!is_of_row(c, t))
        return TG_FAIL(err, TG_MSG_BUG, .rule = "a token's row is one that was asked for");
    return tg_part_add(&c->out->recall->fresh[tg_part_of(hash)], &item, err);
}

/* Remembered rows: hardly any of their tokens is asked for, so looking comes first. */
static enum tg_status take_known_rows(void *ctx, const struct tg_evidence_token *tokens, size_t n,
                                      struct tg_error *err)
{
    const struct collecting *c = ctx;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        uint64_t hash = tg_mix_token(tokens[i].hash, tokens[i].key);
        if (passes(&c->filter, hash))
            status = add_fresh(c, &tokens[i], hash, err);
    }
    return status;
}

/* Rows that are not remembered: what they have of all keys, and their tokens that are asked for. */
static enum tg_status take_new_rows(void *ctx, const struct tg_evidence_token *tokens, size_t n,
                                    struct tg_error *err)
{
    const struct collecting *c = ctx;
    uint64_t hashes[BATCH];
    enum tg_status status = TG_OK;
    for (size_t at = 0, end; !status && at < n; at = end) {
        bool are_there = true;
        end = n - at < BATCH ? n : at + BATCH;
        for (size_t i = at; i < end; i++) {
            hashes[i - at] = tg_mix_token(tokens[i].hash, tokens[i].key);
            __builtin_prefetch(filter_word(&c->filter, hashes[i - at]));
            are_there = are_there && is_of_row(c, &tokens[i]);
        }
        for (size_t i = at; are_there && !status && i < end; i++) {
            c->out->recall->keys[tokens[i].entity] |= UINT64_C(1) << tokens[i].key;
            if (passes(&c->filter, hashes[i - at]))
                status = add_fresh(c, &tokens[i], hashes[i - at], err);
        }
        if (!are_there)
            status = TG_FAIL(err, TG_MSG_BUG, .rule = "a token's row is one that was asked for");
    }
    return status;
}

/* What the rows of each entity have of each key. */
static void note_rows(struct collecting *c)
{
    const struct tg_recall *r = c->out->recall;
    for (size_t row = 0; row < r->memory->n_rows; row++) {
        uint32_t place = r->memory->entity_of[row];
        if (!place)
            continue;
        uint64_t *seen = &c->seen[(place - 1) * c->seen_words];
        for (uint64_t more = r->keys[row] & ~*seen; more; more &= more - 1) {
            unsigned key = (unsigned)__builtin_ctzll(more);
            c->out->fields[TG_RIGHT][place - 1] |= c->fields_of_key[key];
            c->reports[key].with_token[TG_RIGHT]++;
        }
        *seen |= r->keys[row];
    }
}

/* New rows are asked for everything, remembered ones for what was not asked for before. */
static enum tg_status collect_rows(struct collecting *c, struct tg_error *err)
{
    struct tg_recall *r = c->out->recall;
    const struct tg_link_memory *m = r->memory;
    enum tg_status status =
        tg_recall_begin(r, c->l->n_keys, c->l->facts[TG_LEFT].n, c->l->facts[TG_RIGHT].n, err);
    bool *rows = status ? NULL : tg_calloc(m->n_rows, sizeof *rows, err);
    for (size_t i = 0; rows && i < m->n_rows; i++)
        rows[i] = m->entity_of[i] && !r->known[i];
    if (!status)
        status = rows ? m->walk_rows(m->ctx, rows, take_new_rows, c, err) : TG_NO_MEMORY;
    free(rows);
    if (!status && r->n_anew && m->rows_anew < m->rows) {
        free(c->filter.words);
        status = filter_room(r->n_anew, &c->filter, err);
        if (!status)
            filter_add(&c->filter, r->anew, r->n_anew);
        if (!status)
            status = m->walk_rows(m->ctx, r->known, take_known_rows, c, err);
    }
    if (!status)
        note_rows(c);
    return status ? status : tg_recall_rows(r, err);
}

static enum tg_status collect_side(struct collecting *c, enum tg_side side, struct tg_error *err)
{
    uint32_t n = c->l->facts[side].n;
    c->seen_words = c->l->n_keys / WORD_BITS + 1;
    free(c->seen);
    c->seen = tg_calloc(c->l->evidence.walk ? n : 0, c->seen_words * sizeof *c->seen, err);
    c->out->fields[side] = tg_calloc(n, sizeof *c->out->fields[side], err);
    if (!c->seen || !c->out->fields[side])
        return TG_NO_MEMORY;
    for (size_t k = 0; k < c->l->n_keys; k++) {
        if (!c->l->keys[k].exact)
            c->reports[k].with_token[side] = 0;
    }
    bool rows = side == TG_RIGHT && c->out->recall->memory;
    enum tg_status status = walk(c, side, NULL, rows, take_tokens, err);
    return status || !rows ? status : collect_rows(c, err);
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
static enum tg_status note_sample(struct collecting *c, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (int side = 0; !status && side < TG_N_SIDES; side++)
        status = walk(c, (enum tg_side)side, c->sampled[side], false, note_hashes, err);
    return status;
}

static enum tg_status collecting_begin(struct collecting *c, struct tg_error *err)
{
    const struct tg_linkage *l = c->l;
    uint32_t n = l->facts[TG_LEFT].n, n_right = l->facts[TG_RIGHT].n;
    if (l->n_keys > (size_t)1 << TG_ITEM_KEY_BITS)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "a study has 256 tokens at most");
    c->seen_of_one = tg_calloc(words_of(n > n_right ? n : n_right), sizeof *c->seen_of_one, err);
    return c->seen_of_one ? find_fields(c, err) : TG_NO_MEMORY;
}

enum tg_status tg_collect(const struct tg_linkage *l, const struct tg_link_sample *sample,
                          struct tg_link_key_report *reports, struct tg_collected *out,
                          struct tg_error *err)
{
    struct collecting c = {.l = l,
                           .reports = reports,
                           .out = out,
                           .sampled = {sample->left, sample->within[TG_RIGHT]}};
    enum tg_status status = collecting_begin(&c, err);
    if (!status)
        status = note_sample(&c, err);
    if (!status)
        status = make_filter(&c, err);
    for (int side = 0; !status && side < TG_N_SIDES; side++)
        status = collect_side(&c, (enum tg_side)side, err);
    free(c.filter.words);
    free(c.fields_of_key);
    free(c.seen);
    free(c.seen_of_one);
    return status;
}

void tg_collected_free(struct tg_collected *c)
{
    for (int side = 0; side < TG_N_SIDES; side++)
        free(c->fields[side]);
    tg_chunks_free(&c->chunks);
}
