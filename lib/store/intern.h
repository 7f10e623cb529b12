/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Rows to identities: one distinct combination of tokens, birth month and sex of one source is
 * stored once, its tokens hashed again under the site key.
 */
#ifndef TG_STORE_INTERN_H
#define TG_STORE_INTERN_H

#include "store/evidence.h"
#include "store/feed.h"
#include "store/posting.h"
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
    bool bridging;    /**< name, birth date and sex: may join those who share no number */
    bool evidence;    /**< evidence for linking only */
};

/** What the row says in clear about its person. */
struct tg_identity_facts {
    int32_t birth_month;                 /**< TG_NO_MONTH: unknown */
    uint8_t sex;                         /**< 0: unknown */
    uint32_t enrolled_from, enrolled_to; /**< YYYYMMDD, of a roster; 0: not said */
    bool death;                          /**< it is death that ends the enrolment */
};

/** Does death end the enrolment of an identity, by the newest file that has it? */
enum tg_death {
    TG_NO_DEATH,
    TG_DEATH_ENDS,     /**< the last end is one by death */
    TG_DEATH_OUTLIVED, /**< it goes on, or begins again, after one: two people, or an error */
};

/** Identities of a source by digest, in memory, at most 256 MiB. All zero is none. */
struct tg_known {
    struct tg_known_identity *slots; /**< NULL: the table is asked instead */
    size_t n, n_slots;
};
/**
 * Loads what is known of a source, unless that is more than KNOWN_MAX or so much more than the
 * `rows` to come that asking the table for each is cheaper.
 *
 * @param each    as a rule each of the rows is somebody else
 * @param newest  period of the newest delivery of a roster
 */
TG_CHECKED enum tg_status tg_known_load(const struct tg_db *db, int64_t source_id, uint64_t rows,
                                        bool each, int32_t newest, struct tg_known *known,
                                        struct tg_error *err);
/** What is known of one identity; `seen_to` and the days: of a roster. */
struct tg_known_identity {
    unsigned char digest[TG_TOKEN_LEN];
    uint32_t id;                 /**< 0: the slot is free */
    uint16_t seen_from;          /**< first period; TG_NOT_SEEN: no rows */
    uint16_t seen_to;            /**< last period */
    uint32_t enrolled_from : 31; /**< YYYYMMDD, the smallest of its rows; 0: none says */
    uint32_t met : 1;            /**< the file at hand has named it */
    uint32_t enrolled_to : 30;   /**< YYYYMMDD, in the newest file that has it; 0: open */
    uint32_t death : 2;          /**< enum tg_death */
};
enum { TG_NOT_SEEN = UINT16_MAX };
/** The file at hand. */
struct tg_file_time {
    int32_t period;
    int32_t newest; /**< of the roster's deliveries before this file; -1: none, or no roster */
    bool roster;
};
/** What is found out about the identity of a row. */
struct tg_found {
    unsigned char digest[TG_TOKEN_LEN];
    int64_t id; /**< 0: not looked up yet */
    struct tg_identity_facts facts;
    bool has_digest; /**< and facts; false: a cell of the row is malformed */
    bool repeats;    /**< it has the tokens of the row before */
    bool is_new;     /**< the number was given to it just now */
    bool hashed;     /**< the tokens of the row are already what is stored of them */
    bool seen;       /**< when it was seen or enrolled is something else now: */
    bool revived;    /**< it had lost its rows */
    bool outlives;   /**< whether a death of another file is outlived must be looked up */
    bool turned;     /**< a day near the 75th birthday is another one now */
    uint16_t seen_from, seen_to;
    uint32_t enrolled_from, enrolled_to; /**< as in tg_known_identity */
    uint8_t death;
};
/** Asks for memory that tg_known_find() will look at. */
void tg_known_prefetch(const struct tg_known *known, const unsigned char digest[TG_TOKEN_LEN]);
/** Where the identity is, or would be; valid until the next tg_known_add(). */
struct tg_known_identity *tg_known_find(const struct tg_known *known,
                                        const unsigned char digest[TG_TOKEN_LEN]);
/** Adds one; when there are too many it empties itself, so that the table is asked. */
TG_CHECKED enum tg_status tg_known_add(struct tg_known *known,
                                       const struct tg_known_identity *identity,
                                       struct tg_error *err);
void tg_known_free(struct tg_known *known);

/** A new identity of a roster whose tokens wait for their tables; see sharing.h. */
struct tg_newcomer {
    uint32_t person; /**< of all who were found to share a token with it; 0: nobody was */
    uint32_t met[2]; /**< some of them; 0: none */
    int32_t birth_month;
    uint8_t sex;
    bool looked; /**< it is in `touched` */
    bool joins;  /**< a number makes it one with somebody whose birth month and sex are known */
};

/** Interns the identities of one file. */
struct tg_interner {
    struct tg_store *store;
    const struct tg_token_column *columns; /**< ascending by number */
    size_t n_columns;
    int64_t source_id;
    struct tg_file_time time;
    bool founds_persons; /**< rosters: a new identity with a token is a new person at first */

    int64_t first_new; /**< identities from this number on are new */
    int64_t next_id;
    int64_t last_waiting;  /**< of those in `identities` */
    uint64_t n_founders;   /**< rosters: new identities that are a person of their own */
    struct tg_ids touched; /**< rosters: whose component must be looked at; in no order */
    struct tg_ids lives;   /**< rosters: whose deaths are to be looked up; in no order */
    struct tg_ids revived; /**< rosters: those that had lost their rows; in no order */

    bool asks;             /**< rows come that were not looked up */
    struct tg_known fresh; /**< while it asks: those whose digests are not in the table yet */
    struct tg_rows identities, evidences; /**< not yet in their tables */
    unsigned char *met;            /**< rosters: a bit for each identity that the file has named */
    size_t n_met;                  /**< bytes */
    struct tg_newcomer *newcomers; /**< rosters: those whose tokens are in `pending` */
    size_t n_newcomers, cap_newcomers;
    int64_t first_newcomer; /**< the number of the first of them */
    sqlite3_stmt *find, *see, *leave;
    struct tg_buf message, packed;
    struct tg_evidence_writer evidence;
    struct tg_posting *pending;                  /**< tokens and digests not yet in their tables */
    size_t n_pending, cap_pending, high_pending; /**< `high`: so many have been written to */
};

/** Fills in what is not given: statements, the next number. */
TG_CHECKED enum tg_status tg_interner_begin(struct tg_interner *in, struct tg_error *err);
/**
 * Finds or makes the identity of a row.
 * @param found  what is known of it already
 * @param id     out: its number
 */
TG_CHECKED enum tg_status tg_intern(struct tg_interner *in, const struct tg_token_row *row,
                                    const struct tg_found *found,
                                    const struct tg_identity_facts *facts, int64_t *id,
                                    struct tg_error *err);
/** Puts tokens and digests of new identities into their tables. Call it once more at the end. */
TG_CHECKED enum tg_status tg_interner_flush(struct tg_interner *in, struct tg_error *err);
/** Frees what only rows to come would need. */
void tg_interner_let_go(struct tg_interner *in);
void tg_interner_free(struct tg_interner *in);

#endif
