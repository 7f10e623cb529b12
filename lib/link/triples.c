/* SPDX-License-Identifier: Apache-2.0 */
#include "link/triples.h"

#include <stdlib.h>
#include <string.h>

enum {
    BEGIN = 1 << 12,
    FOLD_FROM = 1 << 22, /* less room than this is not worth a sort */
    DIGIT_BITS = 11,
    N_DIGITS = 1 << DIGIT_BITS,
};

enum word { BY_KEY, BY_B, BY_A };

static uint32_t word_of(const struct tg_triple *t, enum word word)
{
    return word == BY_KEY ? t->key : word == BY_B ? t->b : t->a;
}

/* One stable pass. */
static void pass(struct tg_triples *t, enum word word, unsigned shift)
{
    size_t next[N_DIGITS] = {0}, sum = 0;
    for (size_t i = 0; i < t->n; i++)
        next[word_of(&t->items[i], word) >> shift & (N_DIGITS - 1)]++;
    for (size_t d = 0; d < N_DIGITS; d++) {
        size_t count = next[d];
        next[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < t->n; i++)
        t->scratch[next[word_of(&t->items[i], word) >> shift & (N_DIGITS - 1)]++] = t->items[i];
    struct tg_triple *sorted = t->scratch;
    t->scratch = t->items;
    t->items = sorted;
}

static void sort(struct tg_triples *t)
{
    uint32_t used[BY_A + 1] = {0};
    for (size_t i = 0; i < t->n; i++) {
        for (int word = BY_KEY; word <= BY_A; word++)
            used[word] |= word_of(&t->items[i], (enum word)word);
    }
    for (int word = BY_KEY; word <= BY_A; word++) {
        for (unsigned shift = 0; shift < 32 && used[word] >> shift; shift += DIGIT_BITS)
            pass(t, (enum word)word, shift);
    }
}

static bool are_one(const struct tg_triple *x, const struct tg_triple *y)
{
    return x->a == y->a && x->b == y->b && x->key == y->key;
}

void tg_triples_fold(struct tg_triples *t)
{
    if (t->n == 0)
        return;
    sort(t);
    size_t kept = 0;
    for (size_t i = 1; i < t->n; i++) {
        if (!are_one(&t->items[kept], &t->items[i]))
            t->items[++kept] = t->items[i];
    }
    t->n = kept + 1;
}

static enum tg_status resize(struct tg_triples *t, size_t cap, struct tg_error *err)
{
    struct tg_triple *items = tg_calloc(cap, sizeof *items, err);
    struct tg_triple *scratch = items ? tg_calloc(cap, sizeof *scratch, err) : NULL;
    if (!scratch) {
        free(items);
        return TG_NO_MEMORY;
    }
    if (t->n)
        memcpy(items, t->items, t->n * sizeof *items);
    free(t->items);
    free(t->scratch);
    t->items = items;
    t->scratch = scratch;
    t->cap = cap;
    return TG_OK;
}

/* Half of the room stays free after folding, so that it is not folded again and again. */
static enum tg_status make_room(struct tg_triples *t, size_t n, struct tg_error *err)
{
    size_t cap = t->cap ? t->cap : BEGIN;
    if (cap >= FOLD_FROM)
        tg_triples_fold(t);
    while (t->n + n > cap / 2)
        cap *= 2;
    return cap == t->cap ? TG_OK : resize(t, cap, err);
}

enum tg_status tg_triples_add(struct tg_triples *t, const struct tg_triple *triple,
                              struct tg_error *err)
{
    if (t->n == t->cap) {
        enum tg_status status = make_room(t, 1, err);
        if (status)
            return status;
    }
    t->items[t->n++] = *triple;
    return TG_OK;
}

enum tg_status tg_triples_join(struct tg_triples *t, struct tg_triples *more, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    if (t->n == 0) {
        struct tg_triples empty = *t;
        *t = *more;
        *more = empty;
    } else if (more->n && t->n + more->n > t->cap) {
        status = make_room(t, more->n, err);
    }
    if (!status && more->n) {
        memcpy(t->items + t->n, more->items, more->n * sizeof *t->items);
        t->n += more->n;
    }
    tg_triples_free(more);
    return status;
}

void tg_triples_free(struct tg_triples *t)
{
    free(t->items);
    free(t->scratch);
    *t = (struct tg_triples){NULL, NULL, 0, 0};
}
