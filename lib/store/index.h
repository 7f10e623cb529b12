/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who carries a hash: inverted files (Zobel and Moffat, Inverted Files for Text Search Engines, ACM
 * Computing Surveys 38(2), 2006). A posting is a hash and an identity, 20 bytes; those of one
 * column lie sorted in chunks of some hundred, a chunk a row of a table, so that a step along the
 * table brings many of them and a merge writes many.
 *
 * A chunk's row number is its column and the first 47 bits of a hash, which are not above those of
 * its first posting and above those of all chunks before it: all postings of one hash lie in one
 * chunk, and one search finds it.
 *
 * There are two levels of chunks, as of a log-structured merge tree (O'Neil, Cheng, Gawlick and
 * O'Neil, The log-structured merge-tree, Acta Informatica 33, 1996). A few new postings among many,
 * as of the people who are new in a month, would each change a page; they go to the fresh level,
 * where they lie close, and from there to the main one together. Whoever asks sees one index.
 *
 * Statements may ask the tables `identity_token(token, hash, identity_id)` and
 * `identity_digest(source_id, digest, identity_id)`, which show the same and cannot be written;
 * tokens of an identity come from the identity itself. Whoever gives up an identity's tokens calls
 * tg_index_forget() first.
 */
#ifndef TG_STORE_INDEX_H
#define TG_STORE_INDEX_H

#include "store/posting.h"

enum tg_index {
    TG_INDEX_TOKENS,  /**< column: number of the token's name */
    TG_INDEX_DIGESTS, /**< column: number of the source; the hash is an identity's digest */
    TG_N_INDEXES
};

/** Columns are below 2^16, identities below 2^32. */
enum { TG_INDEXED_LEN = TG_TOKEN_LEN + 4 };

/** Makes the two tables known to the connection. */
TG_CHECKED enum tg_status tg_index_register(const struct tg_db *db, struct tg_error *err);

/** @name Changing it, in the caller's transaction. Memory: 2 MiB */
/** @{ */
/**
 * @param column  of the index; that of the postings does not matter
 * @param items   `n` of them, ascending by hash and identity; what comes twice is put in once. None
 *                is there already
 */
TG_CHECKED enum tg_status tg_index_add(const struct tg_db *db, enum tg_index index, int64_t column,
                                       const struct tg_posting *items, size_t n,
                                       struct tg_error *err);
/** Adds what a statement yields as (column, hash, identity), ascending, to an index without
 * postings; hashes of another length are left out. It is reset. */
TG_CHECKED enum tg_status tg_index_fill(const struct tg_db *db, enum tg_index index,
                                        sqlite3_stmt *rows, struct tg_error *err);
/**
 * Takes out all tokens and digests of some identities; what table identity says of them stays.
 *
 * @param identities  SQL that selects their ids
 */
TG_CHECKED enum tg_status tg_index_forget(const struct tg_db *db, const char *identities,
                                          struct tg_error *err);
/** Moves there what an older program kept in two tables of a row a posting, and drops them. */
TG_CHECKED enum tg_status tg_index_convert(const struct tg_db *db, struct tg_error *err);
/** @} */

/** @name Asking it */
/** @{ */
enum { TG_INDEX_MAIN, TG_INDEX_FRESH, TG_INDEX_LEVELS };

/** A chunk of a level. */
struct tg_index_place {
    struct tg_buf chunk; /**< a copy, so the index may be changed meanwhile */
    int64_t id;          /**< where it has postings */
    size_t at, n;        /**< the posting at hand, and how many the chunk has */
    int64_t from, to;    /**< behind the chunk nothing lies there; 0 and 0: not known */
    bool missed;         /**< what was sought last lies behind the chunk, or there is none */
};

/** A place in an index; all zero but `db` and `index` is a valid beginning. */
struct tg_index_cursor {
    const struct tg_db *db;
    enum tg_index index;
    sqlite3_stmt *first, *last; /**< of a range; end with tg_index_end() */
    struct tg_index_place level[TG_INDEX_LEVELS];
    bool there[TG_INDEX_LEVELS]; /**< does a level have a posting to show? */
    int now;                     /**< the level of the posting at hand */
};
/**
 * The first posting of a hash. What is near the one before is found fastest.
 *
 * @param there  out: is there one?
 */
TG_CHECKED enum tg_status tg_index_seek(struct tg_index_cursor *c, int64_t column,
                                        const unsigned char hash[TG_TOKEN_LEN], bool *there,
                                        struct tg_error *err);
/** The next posting of the same hash, after tg_index_seek() has found one. */
bool tg_index_again(struct tg_index_cursor *c);
/** The first posting of all from a column on, ascending by column, hash and identity. */
TG_CHECKED enum tg_status tg_index_first(struct tg_index_cursor *c, int64_t column, bool *there,
                                         struct tg_error *err);
/** The next posting of all. */
TG_CHECKED enum tg_status tg_index_next(struct tg_index_cursor *c, bool *there,
                                        struct tg_error *err);
int64_t tg_index_column(const struct tg_index_cursor *c);
const unsigned char *tg_index_hash(const struct tg_index_cursor *c);
int64_t tg_index_identity(const struct tg_index_cursor *c);
/** Another key may come, in any order; memory and statements stay. */
void tg_index_let_go(struct tg_index_cursor *c);
void tg_index_end(struct tg_index_cursor *c);

/** A posting; must not use the database: another thread has it in its hands. */
typedef enum tg_status tg_on_posting(void *ctx, const unsigned char hash[TG_TOKEN_LEN],
                                     int64_t identity, struct tg_error *err);
/** All postings of a column, ascending by hash and identity. */
TG_CHECKED enum tg_status tg_index_walk(const struct tg_db *db, enum tg_index index, int64_t column,
                                        tg_on_posting *on, void *ctx, struct tg_error *err);
/** How many postings a column has. */
TG_CHECKED enum tg_status tg_index_count(const struct tg_db *db, enum tg_index index,
                                         int64_t column, int64_t *n, struct tg_error *err);
/**
 * Are both indexes what table identity says, and in order?
 *
 * @param sound  out
 */
TG_CHECKED enum tg_status tg_index_check(const struct tg_db *db, bool sound[TG_N_INDEXES],
                                         struct tg_error *err);
/** @} */

#endif
