/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Which identities rows belong to, found out before their turn comes: digests and hashes are
 * computed for many rows together, and what is known of the source is asked for many at once.
 */
#ifndef TG_STORE_RESOLVE_H
#define TG_STORE_RESOLVE_H

#include "crypto/batch.h"
#include "store/ahead.h"
#include "store/intern.h"

/** What the row says in clear about its person. @return TG_DATA: a malformed cell */
typedef enum tg_status tg_facts_of(const void *ctx, const struct tg_token_row *row,
                                   struct tg_identity_facts *facts, struct tg_error *err);

/** All zero and what is marked so is a valid beginning. */
struct tg_resolver {
    const struct tg_store *store;          /**< given; only its keys are looked at */
    const struct tg_token_column *columns; /**< given; ascending by number */
    size_t n_columns;
    struct tg_file_time time; /**< given */
    int64_t next_id;          /**< given: of the next new identity */
    bool hashes;        /**< given: may tokens of new identities become what is stored of them? */
    tg_facts_of *facts; /**< given; NULL: nothing is known of anybody */
    const void *ctx;
    struct tg_known known; /**< given; without slots nobody is found here, and the table is asked */

    struct tg_token_batch batch;
    struct tg_buf message;
};

/**
 * Fills in `found` of each row. Those of malformed rows have no digest; their error is told when
 * their turn comes. Not what is found of a row, but where, depends on the memory there is.
 */
TG_CHECKED enum tg_status tg_resolve(struct tg_resolver *r, struct tg_read_row *rows, size_t n,
                                     struct tg_error *err);
void tg_resolver_free(struct tg_resolver *r);

#endif
