/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Identities that were read before, found by the raw bytes of their cells: claims name the same
 * person hundreds of times. Any thread.
 *
 * Every use of an entry is counted; what is known of an entry is handed over with that count when
 * the entry goes, so that nothing has to be counted a row. Where room is needed the oldest entries
 * go: in a file that is sorted by person they are not missed, in any other no choice is better. All
 * raw bytes are wiped.
 */
#ifndef TG_INTAKE_CACHE_H
#define TG_INTAKE_CACHE_H

#include "intake/identity.h"

struct tg_cache;

/** What a leaving entry says: `uses` rows had this. */
typedef enum tg_status tg_on_identity(void *ctx, const uint64_t *prefixes, const uint16_t *seen,
                                      bool any, uint64_t uses, struct tg_error *err);

/**
 * @param n_tokens   length of tg_identity.prefixes
 * @param n_columns  length of tg_identity.seen
 * @param memory     bytes
 * @param seed       secret: nobody can choose values that collide
 */
TG_CHECKED enum tg_status tg_cache_new(size_t n_tokens, size_t n_columns, uint64_t memory,
                                       const uint64_t seed[2], struct tg_cache **out,
                                       struct tg_error *err);
/** The hash of a key for the calls below. */
uint64_t tg_cache_hash(const struct tg_cache *c, const char *key, size_t len);
/** @name Hints that a hash will be looked up soon: first a good while before, then nearer.
 * Entries lie scattered, and memory is slow. */
/** @{ */
void tg_cache_hint_slot(const struct tg_cache *c, uint64_t hash);
void tg_cache_hint_entry(const struct tg_cache *c, uint64_t hash);
/** @} */
/**
 * Looks an identity up and counts a use.
 *
 * @param facts  out
 * @param cells  out: appended
 * @param found  out
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_cache_get(struct tg_cache *c, uint64_t hash, const char *key,
                                       size_t len, struct tg_identity_facts *facts,
                                       struct tg_buf *cells, bool *found, struct tg_error *err);
/** Keeps an identity with one use. Where room is needed, older entries are handed to `on`.
 * @return TG_OK, TG_NO_MEMORY, or what `on` returned */
TG_CHECKED enum tg_status tg_cache_put(struct tg_cache *c, uint64_t hash, const char *key,
                                       size_t len, const struct tg_identity *identity,
                                       tg_on_identity *on, void *ctx, struct tg_error *err);
/** Hands over the entries of every n-th part, beginning with `part`, and wipes them. */
TG_CHECKED enum tg_status tg_cache_drain(struct tg_cache *c, size_t part, size_t n,
                                         tg_on_identity *on, void *ctx, struct tg_error *err);
/** Wipes and frees. */
void tg_cache_free(struct tg_cache **c);

#endif
