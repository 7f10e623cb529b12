/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who shares a token with whom, before it is folded to one pair; private to the room.
 */
#ifndef TG_LINK_TRIPLES_H
#define TG_LINK_TRIPLES_H

#include "base/mem.h"

/** Two entities share a token of a key. */
struct tg_triple {
    uint32_t a, b;
    uint32_t key;
};

/** All zero is an empty one. */
struct tg_triples {
    struct tg_triple *items, *scratch;
    size_t n, cap;
};

/** Adds one; when the room is full, those of one pair and key become one. */
TG_CHECKED enum tg_status tg_triples_add(struct tg_triples *t, const struct tg_triple *triple,
                                         struct tg_error *err);
/** By a, b, key, each once. */
void tg_triples_fold(struct tg_triples *t);
/** Adds those of `more`, which is empty then. */
TG_CHECKED enum tg_status tg_triples_join(struct tg_triples *t, struct tg_triples *more,
                                          struct tg_error *err);
void tg_triples_free(struct tg_triples *t);

#endif
