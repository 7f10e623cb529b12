/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What the files of this room share: the open store, its settings, its audit log, its words.
 */
#ifndef TG_STORE_ROOM_H
#define TG_STORE_ROOM_H

#include <totsugo/store.h>

#include "base/mem.h"
#include "crypto/digest.h"
#include "store/db.h"
#include "sys/file.h"
#include "table/study.h"

/** What one site key gives. */
struct tg_site {
    struct tg_token_key *token;    /**< hashes tokens again before they are stored */
    struct tg_token_key *identity; /**< digests of combinations of tokens */
    struct tg_token_key *audit;    /**< seals the audit log */
};

struct tg_store {
    const struct tg_study *study;
    struct tg_arena arena; /**< of the paths */
    char *folder;          /**< where the store lies, from the root */
    struct tg_lock *lock;
    struct tg_db db;
    struct tg_key *site_key;
    char *key_path;                          /**< of the site key */
    struct tg_site sites[TG_KEY_EPOCHS_MAX]; /**< one a site key, oldest first */
    size_t n_sites;
    size_t n_whole; /**< between so many of them evidence goes on whole (store/evidence.h) */
    sqlite3_stmt *bridge;                /**< while a file of the epoch before is read */
    struct tg_kept_assignment *assigned; /**< by source of the study, and of
 whom roster identities are; NULL: none yet (assign.c) */
};

/** The name under which the app's own token is stored. */
#define TG_APP_TOKEN "app"
/** Its number in table token_name: the first. */
#define TG_APP_NUMBER 1
/** Stands for the purpose of a consent that names none. */
#define TG_NO_PURPOSE "-"
/** Stands for all purposes of a provider, in a withdrawal. */
#define TG_ANY_PURPOSE "*"

/** One layer of tg_store_hash(): what one site key makes of a token or of a hash under those before
 * it. */
TG_CHECKED enum tg_status tg_site_hash(const struct tg_site *site, const char *name,
                                       const unsigned char token[TG_TOKEN_LEN],
                                       struct tg_buf *message, unsigned char hash[TG_TOKEN_LEN],
                                       struct tg_error *err);

/** @name The site key (site.c) */
/** @{ */
/** Loads the site key; makes it when `fresh`, unless an interrupted run has already made it. */
TG_CHECKED enum tg_status tg_site_take(struct tg_store *store, bool fresh, struct tg_error *err);
/**
 * Holds it against the store's record of its id. A rotation that was cut off between its commit and
 * the change of files is finished here.
 */
TG_CHECKED enum tg_status tg_site_check(struct tg_store *store, struct tg_error *err);
void tg_site_free(struct tg_store *store);
/** @} */

/** How a store that was made is opened. */
typedef enum tg_status tg_store_opener(struct tg_store *store, const char *path,
                                       struct tg_error *err);
/** Makes a store and opens it; what failed half way is closed. */
TG_CHECKED enum tg_status tg_store_make(tg_store_opener *open, const char *path,
                                        const struct tg_study *study, struct tg_store **out,
                                        struct tg_error *err);
/** Where the store lies, from the root. @return TG_OK, TG_NO_INPUT, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_store_note_folder(struct tg_store *store, const char *path,
                                               struct tg_error *err);

/** @name Settings of the store */
/** @{ */
#define TG_META_STUDY      "study"
#define TG_META_SITE_KEY   "site_key_id"
#define TG_META_DIGEST     "study_digest"
#define TG_META_NORMALIZER "normalizer"
#define TG_META_KEY        "key_id"
#define TG_META_AUDIT_HEAD "audit_head"
#define TG_META_KEY_BEFORE "key_before"
#define TG_META_KEY_UNTIL  "key_until"
/** tg_store.n_whole; "0" until it is counted. None: 1. */
#define TG_META_WHOLE "evidence_whole"
/** Set where an older program decided who is one person: the next roster looks at everybody. */
#define TG_META_STALE "persons_stale"

enum { TG_META_SIZE = 96 };
/** Empty when there is no such setting. */
TG_CHECKED enum tg_status tg_meta_get(const struct tg_db *db, const char *name,
                                      char out[TG_META_SIZE], struct tg_error *err);
TG_CHECKED enum tg_status tg_meta_set(const struct tg_db *db, const char *name, const char *value,
                                      struct tg_error *err);
/** @} */

/** @name Audit log */
/** @{ */

/** The entry with which a rotation of the site key begins to seal under the new one. */
#define TG_AUDIT_REKEY "store rekey"
/** Appends an entry, in the caller's transaction. `detail`: a JSON object. */
TG_CHECKED enum tg_status tg_audit_add(struct tg_store *store, const char *verb, const char *detail,
                                       struct tg_error *err);
/** Warns of every entry that was changed, removed or moved; counts into `*findings`. */
TG_CHECKED enum tg_status tg_audit_check(struct tg_store *store, const struct tg_reporter *reporter,
                                         uint64_t *findings, struct tg_error *err);
/** Appends `"name":"text"`, with a comma before it unless it is the first of its object. */
TG_CHECKED enum tg_status tg_json_text(struct tg_buf *json, const char *name, const char *text,
                                       size_t len, struct tg_error *err);
TG_CHECKED enum tg_status tg_json_number(struct tg_buf *json, const char *name, int64_t number,
                                         struct tg_error *err);
/** @} */

/** @name Words: texts that come again and again, stored once */
/** @{ */

/** Finds or adds words, remembering some of them. All zero but `db` is a valid beginning. */
struct tg_words {
    const struct tg_db *db;
    sqlite3_stmt *find, *add;
    struct tg_arena arena;
    struct tg_word *slots;
    size_t n, n_slots;
};
/** @param id  out: the word's number; 0 for an empty text */
TG_CHECKED enum tg_status tg_word_intern(struct tg_words *w, const char *text, size_t len,
                                         int64_t *id, struct tg_error *err);
void tg_words_free(struct tg_words *w);

/** All words by number, for reading: `text[id]`, NULL where there is none; [0] is "". */
struct tg_word_list {
    const char **text;
    size_t n;
    struct tg_arena arena;
};
/** @param wanted  SQL that selects the numbers of the words wanted, or these with commas between */
TG_CHECKED enum tg_status tg_word_list_load(const struct tg_db *db, const char *wanted,
                                            struct tg_word_list *out, struct tg_error *err);
void tg_word_list_free(struct tg_word_list *list);
/** "" for a number that is not in the list. */
const char *tg_word_text(const struct tg_word_list *list, int64_t id);
/** The number of a word that is there; 0: it is not. */
TG_CHECKED enum tg_status tg_word_find(const struct tg_db *db, const char *text, int64_t *id,
                                       struct tg_error *err);
/** @} */

/** @name Tokens of an identity in one blob: pairs of number and hash, ascending by number */
/** @{ */
enum { TG_PACKED_LEN = 2 + TG_TOKEN_LEN };
static inline unsigned tg_packed_token(const unsigned char *pair)
{
    return (unsigned)pair[0] | (unsigned)pair[1] << 8;
}
/** The hash of a token in the blob; NULL when the identity does not have it. */
const unsigned char *tg_packed_find(const unsigned char *packed, size_t len, unsigned token);
/** Do both have some token other than `but` in which they differ? */
bool tg_packed_differ(const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len,
                      unsigned but);
/** @} */

/** The log's word for a month that moved. */
#define TG_AUDIT_ARCHIVE "store archive"

/** A folder as it is recorded: as seen from the store's folder when it lies below it, else from
 * the root. */
const char *tg_store_folder_name(const struct tg_store *store, const char *folder,
                                 struct tg_arena *arena, struct tg_error *err);
/** Does a file lie there with this SHA-256? */
TG_CHECKED enum tg_status tg_output_is(const char *folder, const char *name, const char *sha256,
                                       bool *is, struct tg_error *err);

/** The number under which the store knows a token's name; 0: it does not. */
TG_CHECKED enum tg_status tg_token_number(const struct tg_db *db, const char *name, int64_t *number,
                                          struct tg_error *err);
/** The study's definition of a token; NULL for "app". */
const struct tg_token_def *tg_token_def_find(const struct tg_study *study, const char *name);

#endif
