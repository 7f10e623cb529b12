/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/cache.h"

#include "intake/cells.h"
#include "intake/order.h"
#include "sys/thread.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum {
    SHARDS = 64,
    SHARD_SHIFT = 64 - 6,
    ENTRY_ALIGN = 8,
    ENTRY_GUESS = 256, /* bytes of an entry, for the number of slots */
    LINE = 64,         /* bytes that memory hands out together */
    ENTRY_LINES = 4,
    BLOCK_MIN = 4 * 1024,
    BLOCK_MAX = 64 * 1024,
};

/* Behind `seen`: the key, the cells. */
struct entry {
    struct entry *next;
    uint64_t hash;
    uint64_t uses;
    uint32_t key_len;
    uint32_t cells_len;
    struct tg_identity_facts facts;
    uint16_t seen[];
};

struct block {
    struct block *next;
    size_t used, size;
    max_align_t bytes[];
};

/* Everything under the mutex, but that hints peep into the slots. */
struct shard {
    struct tg_mutex *mutex;
    _Atomic(struct entry *) *slots;
    struct block *oldest, *newest;
    size_t bytes;       /* of all blocks */
    uint64_t *prefixes; /* room for those of one entry */
};

struct tg_cache {
    size_t n_tokens, n_columns;
    size_t shard_memory; /* for blocks */
    size_t n_slots;      /* of a shard: a power of two */
    size_t block_size;
    uint64_t seed[2];
    struct shard shards[SHARDS];
};

static void choose_sizes(struct tg_cache *c, uint64_t memory)
{
    uint64_t share = memory / SHARDS;
    c->shard_memory = share > SIZE_MAX / 4 ? SIZE_MAX / 4 : (size_t)share;
    for (c->n_slots = 1; c->n_slots < c->shard_memory / ENTRY_GUESS;)
        c->n_slots *= 2;
    c->shard_memory -= c->n_slots * sizeof(struct entry *);
    c->block_size = c->shard_memory / 16;
    if (c->block_size > BLOCK_MAX)
        c->block_size = BLOCK_MAX;
    if (c->block_size < BLOCK_MIN)
        c->block_size = BLOCK_MIN;
}

enum tg_status tg_cache_new(size_t n_tokens, size_t n_columns, uint64_t memory,
                            const uint64_t seed[2], struct tg_cache **out, struct tg_error *err)
{
    struct tg_cache *c = tg_calloc(1, sizeof *c, err);
    if (!c)
        return TG_NO_MEMORY;
    c->n_tokens = n_tokens;
    c->n_columns = n_columns;
    choose_sizes(c, memory);
    memcpy(c->seed, seed, sizeof c->seed);
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &c->shards[i];
        s->slots = tg_calloc(c->n_slots, sizeof *s->slots, err);
        s->prefixes = tg_calloc(n_tokens, sizeof *s->prefixes, err);
        if (!s->slots || !s->prefixes || tg_mutex_new(&s->mutex, err)) {
            tg_cache_free(&c);
            return TG_NO_MEMORY;
        }
    }
    *out = c;
    return TG_OK;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t tg_cache_hash(const struct tg_cache *c, const char *key, size_t len)
{
    uint64_t h = c->seed[0] ^ len, word;
    size_t at = 0;
    for (; at + sizeof word <= len; at += sizeof word) {
        memcpy(&word, key + at, sizeof word);
        h = fold(h ^ word, 0x9E3779B97F4A7C15u) + word;
    }
    word = 0;
    memcpy(&word, key + at, len - at);
    return fold(fold(h ^ word, 0xD6E8FEB86659FD93u) ^ c->seed[1], 0x9E3779B97F4A7C15u);
}

static char *entry_key(const struct tg_cache *c, struct entry *e)
{
    return (char *)(e->seen + c->n_columns);
}

static size_t entry_size(const struct tg_cache *c, size_t key_len, size_t cells_len)
{
    size_t size = offsetof(struct entry, seen) + c->n_columns * sizeof(uint16_t);
    return (size + key_len + cells_len + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
}

/* The high bits choose the shard, the low ones the slot in it. */
static _Atomic(struct entry *) *slot_of(const struct tg_cache *c, uint64_t hash)
{
    return &c->shards[hash >> SHARD_SHIFT].slots[hash & (c->n_slots - 1)];
}

static struct entry *first_of(const struct tg_cache *c, uint64_t hash)
{
    return atomic_load_explicit(slot_of(c, hash), memory_order_relaxed);
}

void tg_cache_hint_slot(const struct tg_cache *c, uint64_t hash)
{
    __builtin_prefetch(slot_of(c, hash));
}

/* The entry may be gone by now: nothing in it is read. */
void tg_cache_hint_entry(const struct tg_cache *c, uint64_t hash)
{
    const char *e = (const char *)first_of(c, hash);
    for (size_t i = 0; e && i < ENTRY_LINES; i++)
        __builtin_prefetch(e + i * LINE);
}

static struct entry *find(const struct tg_cache *c, uint64_t hash, const char *key, size_t len)
{
    struct entry *e = first_of(c, hash);
    while (e && (e->hash != hash || e->key_len != len || memcmp(entry_key(c, e), key, len) != 0))
        e = e->next;
    return e;
}

enum tg_status tg_cache_get(struct tg_cache *c, uint64_t hash, const char *key, size_t len,
                            struct tg_identity_facts *facts, struct tg_buf *cells, bool *found,
                            struct tg_error *err)
{
    struct shard *s = &c->shards[hash >> SHARD_SHIFT];
    enum tg_status status = TG_OK;
    tg_mutex_lock(s->mutex);
    struct entry *e = find(c, hash, key, len);
    *found = e != NULL;
    if (e) {
        e->uses++;
        *facts = e->facts;
        status = tg_buf_add(cells, entry_key(c, e) + len, e->cells_len, err);
    }
    tg_mutex_unlock(s->mutex);
    return status;
}

static void take_out(const struct tg_cache *c, const struct entry *gone)
{
    struct entry *e = first_of(c, gone->hash);
    if (e == gone) {
        atomic_store_explicit(slot_of(c, gone->hash), gone->next, memory_order_relaxed);
        return;
    }
    while (e->next != gone)
        e = e->next;
    e->next = gone->next;
}

/* The first token of each cell, as struct tg_identity has them. */
static void read_prefixes(const struct tg_cache *c, const char *cells, uint64_t *prefixes)
{
    const unsigned char *cell = (const unsigned char *)cells;
    for (size_t i = 0; i < c->n_tokens; i++) {
        prefixes[i] = *cell == TG_CELL_TOKEN ? tg_identity_prefix(cell + 1) : 0;
        cell = tg_cell_skip(cell);
    }
}

/* Hands the entries of the oldest block over, where `on` is given, and wipes them. */
static enum tg_status empty_oldest(const struct tg_cache *c, struct shard *s, tg_on_identity *on,
                                   void *ctx, struct tg_error *err)
{
    struct block *b = s->oldest;
    enum tg_status status = TG_OK;
    for (size_t at = 0; at < b->used;) {
        struct entry *e = (void *)((char *)b->bytes + at);
        if (on && !status) {
            read_prefixes(c, entry_key(c, e) + e->key_len, s->prefixes);
            status = on(ctx, s->prefixes, e->seen, e->facts.any, e->uses, err);
        }
        take_out(c, e);
        at += entry_size(c, e->key_len, e->cells_len);
    }
    tg_wipe(b->bytes, b->used);
    b->used = 0;
    s->oldest = b->next;
    if (!s->oldest)
        s->newest = NULL;
    s->bytes -= b->size;
    free(b);
    return status;
}

static struct entry *entry_alloc(const struct tg_cache *c, struct shard *s, size_t need,
                                 struct tg_error *err)
{
    struct block *b = s->newest;
    if (!b || need > b->size - b->used) {
        size_t size = need > c->block_size ? need : c->block_size;
        b = malloc(sizeof *b + size);
        if (!b) {
            (void)TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
            return NULL;
        }
        *b = (struct block){.size = size};
        if (s->newest)
            s->newest->next = b;
        else
            s->oldest = b;
        s->newest = b;
        s->bytes += size;
    }
    struct entry *e = (void *)((char *)b->bytes + b->used);
    b->used += need;
    return e;
}

static enum tg_status put(struct tg_cache *c, struct shard *s, uint64_t hash, const char *key,
                          size_t len, const struct tg_identity *identity, struct tg_error *err)
{
    size_t cells_len = identity->cells.len;
    struct entry *e = entry_alloc(c, s, entry_size(c, len, cells_len), err);
    if (!e)
        return TG_NO_MEMORY;
    *e = (struct entry){.next = first_of(c, hash),
                        .hash = hash,
                        .uses = 1,
                        .facts = identity->facts,
                        .key_len = (uint32_t)len,
                        .cells_len = (uint32_t)cells_len};
    memcpy(e->seen, identity->seen, c->n_columns * sizeof *e->seen);
    memcpy(entry_key(c, e), key, len);
    if (cells_len)
        memcpy(entry_key(c, e) + len, identity->cells.data, cells_len);
    atomic_store_explicit(slot_of(c, hash), e, memory_order_relaxed);
    return TG_OK;
}

enum tg_status tg_cache_put(struct tg_cache *c, uint64_t hash, const char *key, size_t len,
                            const struct tg_identity *identity, tg_on_identity *on, void *ctx,
                            struct tg_error *err)
{
    struct shard *s = &c->shards[hash >> SHARD_SHIFT];
    enum tg_status status = TG_OK;
    if (entry_size(c, len, identity->cells.len) > c->block_size / 2)
        return on(ctx, identity->prefixes, identity->seen, identity->facts.any, 1, err);
    tg_mutex_lock(s->mutex);
    struct entry *e = find(c, hash, key, len);
    if (e)
        e->uses++;
    else if (s->oldest && s->bytes + c->block_size > c->shard_memory &&
             s->newest->used + c->block_size / 2 > s->newest->size)
        status = empty_oldest(c, s, on, ctx, err);
    if (!e && !status)
        status = put(c, s, hash, key, len, identity, err);
    tg_mutex_unlock(s->mutex);
    return status;
}

enum tg_status tg_cache_drain(struct tg_cache *c, size_t part, size_t n, tg_on_identity *on,
                              void *ctx, struct tg_error *err)
{
    for (size_t i = part; i < SHARDS; i += n) {
        while (c->shards[i].oldest) {
            enum tg_status status = empty_oldest(c, &c->shards[i], on, ctx, err);
            if (status)
                return status;
        }
    }
    return TG_OK;
}

void tg_cache_free(struct tg_cache **cache)
{
    if (!cache || !*cache)
        return;
    struct tg_cache *c = *cache;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &c->shards[i];
        while (s->oldest)
            (void)empty_oldest(c, s, NULL, NULL, NULL);
        free(s->slots);
        free(s->prefixes);
        tg_mutex_free(&s->mutex);
    }
    tg_wipe(c->seed, sizeof c->seed);
    free(c);
    *cache = NULL;
}
