/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Evidence tokens of identities. Nobody is looked up by them, so they lie beside their identity in
 * one blob, and only 8 bytes of their hashes are kept (docs/LINKAGE.md says what that may do): for
 * each token that the identity has, ascending, the difference of its number to the one before,
 * doubled, and one more where it has several hashes, whose number follows then (both as
 * store/pack.h has numbers); then the hashes. An identity whose digest is taken away loses its row
 * here by a trigger.
 *
 * What is not kept counts as zeros. A later site key hashes what is kept again, zeros included, and
 * of that 8 bytes are kept again: so do new files, whose tokens go through all site keys in turn.
 * Where a store was older than that when its site key was changed, hashes went on whole from one
 * key to the next up to the one that was the last then (tg_store.n_whole).
 */
#ifndef TG_STORE_EVIDENCE_H
#define TG_STORE_EVIDENCE_H

#include "store/pack.h"
#include "store/room.h"

#include <string.h>

enum { TG_EVIDENCE_LEN = 8 };

/** Makes zeros of what is not kept of a hash. */
static inline void tg_evidence_shorten(unsigned char hash[TG_TOKEN_LEN])
{
    memset(hash + TG_EVIDENCE_LEN, 0, TG_TOKEN_LEN - TG_EVIDENCE_LEN);
}

/** The same before the site key of place `layer`, of 0 to n_sites − 1, hashes it again. */
static inline void tg_evidence_pass_on(size_t n_whole, size_t layer,
                                       unsigned char hash[TG_TOKEN_LEN])
{
    if (layer >= n_whole)
        tg_evidence_shorten(hash);
}

/** Evidence tokens being packed. All zero is a beginning. */
struct tg_evidence_writer {
    struct tg_buf packed;
    unsigned number; /**< the last one */
};
/** Takes up the next token, which has n hashes, at least 1. */
TG_CHECKED enum tg_status tg_evidence_begin(struct tg_evidence_writer *w, unsigned number, size_t n,
                                            struct tg_error *err);
/** Adds one of its hashes. */
TG_CHECKED enum tg_status tg_evidence_add(struct tg_evidence_writer *w,
                                          const unsigned char hash[TG_TOKEN_LEN],
                                          struct tg_error *err);
/** For the next identity. */
static inline void tg_evidence_rewind(struct tg_evidence_writer *w)
{
    w->packed.len = 0;
    w->number = 0;
}

/** Evidence tokens being read: `in` is the blob, all else zero at the beginning. */
struct tg_evidence_reader {
    struct tg_unpack in;
    unsigned number; /**< of the token at hand */
    uint64_t n_left; /**< hashes of it that are still to come */
};
/** The next token, r->number: `hashes` are n of TG_EVIDENCE_LEN bytes each, at least 1, and are
 * passed by. False: there are no more, or what follows is damaged. Not between hashes of one token.
 */
bool tg_evidence_next_token(struct tg_evidence_reader *r, const unsigned char **hashes, size_t *n);
/** The next hash, of token r->number. False: there are no more, or what follows is damaged, which
 * tg_evidence_is_whole() tells apart. */
bool tg_evidence_next(struct tg_evidence_reader *r, unsigned char hash[TG_TOKEN_LEN]);
static inline bool tg_evidence_is_whole(const struct tg_evidence_reader *r)
{
    return r->in.at == r->in.end && r->n_left == 0;
}

/** Repacks what an older program packed as pairs of a number and 16 bytes. */
TG_CHECKED enum tg_status tg_evidence_convert(const struct tg_db *db, struct tg_error *err);
/** Moves evidence tokens to where they belong that an older program left among those that are
 * looked up, in the caller's transaction, and notes through how many site keys they went whole. */
TG_CHECKED enum tg_status tg_evidence_move(struct tg_store *store, struct tg_error *err);
/** Reads what tg_evidence_move() noted. */
TG_CHECKED enum tg_status tg_evidence_load(struct tg_store *store, struct tg_error *err);

#endif
