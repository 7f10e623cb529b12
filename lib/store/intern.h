/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Rows to identities: one distinct combination of tokens, birth month and sex of one source is
 * stored once, its tokens hashed again under the site key.
 */
#ifndef TG_STORE_INTERN_H
#define TG_STORE_INTERN_H

#include "store/room.h"
#include "table/tokenfile.h"

/** Identities by number. */
struct tg_ids {
    int64_t *items;
    size_t n, cap;
};
TG_CHECKED enum tg_status tg_ids_add(struct tg_ids *ids, int64_t id, struct tg_error *err);
/** Ascending, each once. */
void tg_ids_sort(struct tg_ids *ids);
/** Is it among sorted ones? */
bool tg_ids_have(const struct tg_ids *ids, int64_t id);
void tg_ids_free(struct tg_ids *ids);

/** A token column of the file. */
struct tg_token_column {
    const char *name;
    size_t cell;      /**< its place in tg_token_row.tokens */
    unsigned number;  /**< in table token_name */
    bool number_like; /**< two identities that share it may be one person */
    bool evidence;    /**< evidence for linking only */
};

/** What the row says in clear about its person. */
struct tg_identity_facts {
    int32_t birth_month; /**< TG_NO_MONTH: unknown */
    uint8_t sex;         /**< 0: unknown */
};

/** Identities of a source by digest, in memory, at most 256 MiB. All zero is an empty one. */
struct tg_known {
    struct tg_known_identity *slots; /**< NULL: the table is asked instead */
    size_t n, n_slots;
};
/**
 * Loads what is known of a source, unless that is more than KNOWN_MAX or so much more than the
 * `rows` to come that asking the table for each is cheaper.
 */
TG_CHECKED enum tg_status tg_known_load(const struct tg_db *db, int64_t source_id, uint64_t rows,
                                        struct tg_known *known, struct tg_error *err);
/** What is known of one identity. */
struct tg_known_identity {
    unsigned char digest[TG_TOKEN_LEN];
    int64_t id; /**< 0: the slot is free */
    int32_t seen_from;
    bool has_rows;
};
/** Where the identity is, or would be; valid until the next tg_known_add(). */
struct tg_known_identity *tg_known_find(const struct tg_known *known,
                                        const unsigned char digest[TG_TOKEN_LEN]);
/** Adds one; when there are too many it empties itself, so that the table is asked. */
TG_CHECKED enum tg_status tg_known_add(struct tg_known *known,
                                       const struct tg_known_identity *identity,
                                       struct tg_error *err);
void tg_known_free(struct tg_known *known);

/** Interns the identities of one file. */
struct tg_interner {
    struct tg_store *store;
    const struct tg_token_column *columns; /**< ascending by number */
    size_t n_columns;
    int64_t source_id;
    int32_t period;
    uint64_t rows;       /**< of the file */
    bool founds_persons; /**< rosters: a new identity with a token is a new person at first */

    int64_t first_new; /**< identities from this number on are new */
    int64_t next_id;
    struct tg_ids touched; /**< rosters: whose component must be looked at; in no order */
    struct tg_ids revived; /**< rosters: those that had lost their rows; in no order */

    const unsigned char *digest; /**< of the row at hand, when it was computed before; or NULL */
    bool hashed;                 /**< the tokens of the rows are already what is stored of them */
    struct tg_known known;
    sqlite3_stmt *find, *add, *see, *add_token, *add_evidence, *members, *mark_kin;
    struct tg_buf message, packed, evidence;
    struct tg_pending *pending; /**< tokens not yet in the table */
    size_t n_pending, cap_pending;
};

/** Fills in what is not given: statements, the next number. */
TG_CHECKED enum tg_status tg_interner_begin(struct tg_interner *in, struct tg_error *err);
/** The digest of a row's identity; any thread may ask. `message` is scratch room. */
TG_CHECKED enum tg_status
tg_interner_digest(const struct tg_interner *in, const struct tg_token_row *row,
                   const struct tg_identity_facts *facts, struct tg_buf *message,
                   unsigned char digest[TG_TOKEN_LEN], struct tg_error *err);
/**
 * Finds or makes the identity of a row.
 * @param id  out: its number
 */
TG_CHECKED enum tg_status tg_intern(struct tg_interner *in, const struct tg_token_row *row,
                                    const struct tg_identity_facts *facts, int64_t *id,
                                    struct tg_error *err);
/** Puts the tokens of new identities into their table. Call it once more at the end. */
TG_CHECKED enum tg_status tg_interner_flush(struct tg_interner *in, struct tg_error *err);
void tg_interner_free(struct tg_interner *in);

#endif
