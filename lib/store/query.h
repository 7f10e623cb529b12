/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What later rooms ask the store. All answers are as of a month: deliveries of later periods are
 * not seen. Orders are total, so that results do not depend on how SQLite walks.
 *
 * A callback returns TG_OK to go on; anything else ends the walk and is returned, `err` being the
 * callback's to set.
 */
#ifndef TG_STORE_QUERY_H
#define TG_STORE_QUERY_H

#include <totsugo/store.h>

#include "table/study.h"

/** One stretch of being insured here; both ends count. */
struct tg_stretch {
    int32_t from; /**< month; INT32_MIN: open */
    int32_t to;   /**< month; INT32_MAX: open */
};

struct tg_person {
    int64_t id;           /**< internal, the same in every later month; first: tg_lower_bound() */
    int32_t birth_month;  /**< TG_NO_MONTH: unknown */
    uint8_t sex;          /**< 1, 2; 0: unknown */
    const char *district; /**< of the newest row that has one; "" when none */
    unsigned char row_id[TG_TOKEN_LEN]; /**< of the newest roster row (period, source, row id) */
    unsigned char oldest_row_id[TG_TOKEN_LEN]; /**< of the oldest one: what draws and subject ids go
                                                    by, since `id` depends on the order in which
                                                    files came */
    uint32_t first_stretch; /**< into tg_people.stretches, ascending and disjoint */
    uint32_t n_stretches;
};

/**
 * All persons known by a month, ascending by id.
 *
 * The newest row is that of the newest period; in one period that of the source which the study
 * names first. Of each source the newest delivery that has the person speaks for the stretches:
 * without an end, they end with that delivery's period when a newer one lacks the person. The day
 * of the end is the first day without insurance (資格喪失日): on the first of a month, that month
 * is not one of the stretch. A source that maps neither enrolled_from nor enrolled_to speaks only
 * for those whom no other one has.
 */
struct tg_people {
    struct tg_person *items;
    size_t n;
    struct tg_stretch *stretches;
    size_t n_stretches;
    uint32_t *place_of; /**< by id below n_ids: index + 1, or 0; NULL: not known */
    size_t n_ids;
    struct tg_arena arena; /**< of the districts' names */
};
TG_CHECKED enum tg_status tg_store_people(struct tg_store *store, int32_t month,
                                          struct tg_people *out, struct tg_error *err);
void tg_people_free(struct tg_people *people);
/** Index of a person by id, or SIZE_MAX: looked up, or by binary search where that is not known. */
size_t tg_people_find(const struct tg_people *people, int64_t id);
/** Is the person insured here in that month? */
bool tg_person_insured(const struct tg_people *people, const struct tg_person *p, int32_t month);

/** A row of the users file in force in the month (of each users source the newest period). */
struct tg_user {
    int64_t identity;
    unsigned char row_id[TG_TOKEN_LEN];
    const char *provider;
    int32_t birth_month;
    uint8_t sex;
    uint32_t registered_on;        /**< YYYYMMDD; 0: unknown */
    enum tg_consent_state consent; /**< for the study's purpose on the day asked about; a known
                                        withdrawal counts, whichever delivery brought it */
    uint32_t consented_on;         /**< first day of the consent in force; 0: none */
    int32_t first_activity;        /**< month of the first measure of this app user, or
                                        TG_NO_MONTH */
};
struct tg_users {
    struct tg_user *items; /**< ascending by row_id */
    size_t n;
    struct tg_arena arena;
};
TG_CHECKED enum tg_status tg_store_users(struct tg_store *store, int32_t month, uint32_t as_of,
                                         struct tg_users *out, struct tg_error *err);
void tg_users_free(struct tg_users *users);

/**
 * Was a token file made as the store's own were: study digest, normaliser and shared key? Every
 * file will do for a store that has none yet.
 * @param path  for errors
 * @return TG_OK; TG_DATA; TG_NO_PERMISSION: another key; TG_IO
 */
TG_CHECKED enum tg_status tg_store_accepts(const struct tg_store *store, const char *path,
                                           const struct tg_manifest *manifest,
                                           struct tg_error *err);
/** The token as it is stored: HMAC under the site key of its name and the token, after rotations
 * the same again under each later key. `message` is scratch room. */
TG_CHECKED enum tg_status tg_store_hash(const struct tg_store *store, const char *name,
                                        const unsigned char token[TG_TOKEN_LEN],
                                        struct tg_buf *message, unsigned char hash[TG_TOKEN_LEN],
                                        struct tg_error *err);
/** The same of an evidence token, of whose hash the first 8 bytes are stored: the others are zero,
 * also between the site keys that a store has had. */
TG_CHECKED enum tg_status tg_store_hash_evidence(const struct tg_store *store, const char *name,
                                                 const unsigned char token[TG_TOKEN_LEN],
                                                 struct tg_buf *message,
                                                 unsigned char hash[TG_TOKEN_LEN],
                                                 struct tg_error *err);

/** Who of a list the identities of the store are: place + 1, or 0 for nobody. 4 bytes each. */
struct tg_places {
    uint32_t *of;
    size_t n;
};
/** Places of people in the list that tg_store_people() made of the same month. */
TG_CHECKED enum tg_status tg_store_places_of_people(struct tg_store *store, int32_t month,
                                                    const struct tg_people *people,
                                                    struct tg_places *out, struct tg_error *err);
/** Places in a list of identities, ascending. */
TG_CHECKED enum tg_status tg_store_places_of(struct tg_store *store, const int64_t *identities,
                                             uint32_t n, struct tg_places *out,
                                             struct tg_error *err);
void tg_places_free(struct tg_places *places);

/** A decisive token as stored, and whose it is. */
struct tg_placed_token {
    unsigned char hash[TG_TOKEN_LEN];
    uint32_t place;
    uint32_t token; /**< its place among the study's tokens */
};
/** The same of an evidence token. */
struct tg_placed_evidence {
    uint64_t hash; /**< the 8 bytes that are stored, as tg_load_be64() reads them */
    uint32_t place;
    uint32_t token;
};
/** Some hundreds a call. Must not ask the store anything. */
typedef enum tg_status tg_on_placed(void *ctx, const struct tg_placed_token *tokens, size_t n,
                                    struct tg_error *err);
typedef enum tg_status tg_on_placed_evidence(void *ctx, const struct tg_placed_evidence *tokens,
                                             size_t n, struct tg_error *err);
/**
 * All decisive tokens of those who have a place, in one pass by identity. Several identities of one
 * person give the same tokens again. Where most are wanted, a thread of its own reads ahead.
 *
 * @param of  NULL: of all; else flags, by place: of these. Those who are not wanted are passed by.
 */
TG_CHECKED enum tg_status tg_store_tokens(struct tg_store *store, const struct tg_places *places,
                                          const bool *of, tg_on_placed *on, void *ctx,
                                          struct tg_error *err);
/** The same of evidence tokens. */
TG_CHECKED enum tg_status tg_store_evidence(struct tg_store *store, const struct tg_places *places,
                                            const bool *of, tg_on_placed_evidence *on, void *ctx,
                                            struct tg_error *err);

/** An app user who was found: measures and events of an app's sources go to this person. */
struct tg_linked_user {
    int64_t identity; /**< of the users row */
    int64_t person;
};

/** A source of events or measures, as somebody asks about it. */
struct tg_asked_source {
    const struct tg_source *source;
    int32_t month;                       /**< as of when */
    const struct tg_linked_user *linked; /**< for sources with a provider; else unused */
    size_t n_linked;
};

/** What is found of a source in one pass, for each question. */
struct tg_event_counts {
    uint64_t events;     /**< of those that were asked for */
    uint64_t unassigned; /**< of them, led to no single person */
    int32_t first_month; /**< of all of the source up to `month`, TG_NO_MONTH when it has none */
    int32_t last_month;
};

/** One of several questions about a source of events. */
struct tg_amount_question {
    int32_t from, to;                  /**< months, both counted; from > to: none */
    const struct tg_code_range *codes; /**< events of other codes do not count; with n 0 all do */
    size_t n_codes;
};

/** What events of one person, month and delivery come to, or part of them. */
struct tg_amount {
    int64_t person;
    int64_t yen;
    int32_t month;
    uint32_t n_events;
    uint32_t question; /**< its place among the questions */
};

/** Answers of one call at most. */
enum { TG_ANSWERS_MAX = 1024 };

/**
 * Amounts of an events source, in one pass for all questions, up to TG_ANSWERS_MAX a call. The
 * answers to a question come in the order of the deliveries' rows, whatever else is asked; add them
 * up. Events whose tokens lead to no person or to several are counted instead. Those of a source
 * with a provider go by the app's own token to the linked users alone: nobody is found whose
 * consent is not in force.
 *
 * The callback must not ask the store anything.
 *
 * @param counts  out: by question
 */
typedef enum tg_status tg_on_amounts(void *ctx, const struct tg_amount *amounts, size_t n,
                                     struct tg_error *err);
TG_CHECKED enum tg_status tg_store_amounts(struct tg_store *store,
                                           const struct tg_asked_source *asked,
                                           const struct tg_amount_question *questions, size_t n,
                                           tg_on_amounts *on, void *ctx,
                                           struct tg_event_counts *counts, struct tg_error *err);

/**
 * The first and the last month of a source of events up to a month, and the first one of a source
 * of measures; TG_NO_MONTH: it has none.
 */
TG_CHECKED enum tg_status tg_store_span(struct tg_store *store, const struct tg_source *source,
                                        int32_t month, int32_t *first, int32_t *last,
                                        struct tg_error *err);

/** Clerks' decisions that are in force: the identities of an app user, and whether this person is
 * the same. Ascending by identity and person. */
typedef enum tg_status tg_on_ruling(void *ctx, int64_t identity, int64_t person, bool same,
                                    struct tg_error *err);
TG_CHECKED enum tg_status tg_store_rulings(struct tg_store *store, tg_on_ruling *on, void *ctx,
                                           struct tg_error *err);

/** One of several questions about a source of measures. */
struct tg_measure_question {
    const char *measure;       /**< its name in the study; NULL: every row counts once, as 1 */
    uint32_t from_day, to_day; /**< YYYYMMDD, both counted */
};

struct tg_measured {
    int64_t person;
    double value;
    uint32_t day;
    uint32_t question; /**< its place among the questions */
};

/**
 * Values with their days, in one pass for all questions; of two on one day neither comes first for
 * certain. People are found as for amounts.
 *
 * @param counts  out: by question: values in the days asked for; the months span all values of the
 *                source
 */
typedef enum tg_status tg_on_measured(void *ctx, const struct tg_measured *values, size_t n,
                                      struct tg_error *err);
TG_CHECKED enum tg_status tg_store_measures(struct tg_store *store,
                                            const struct tg_asked_source *asked,
                                            const struct tg_measure_question *questions, size_t n,
                                            tg_on_measured *on, void *ctx,
                                            struct tg_event_counts *counts, struct tg_error *err);

/** Why a component is not taken for one person; several may hold. */
enum tg_conflict_reason {
    TG_CONFLICT_BIRTH_MONTH = 1, /**< two birth months */
    TG_CONFLICT_SEX = 2,         /**< two sexes */
    TG_CONFLICT_DEATH = 4        /**< a row begins after another row's death */
};

/** The newest roster row of each identity of components whose number tokens agree and that are
 * not one person.
 *
 * @param number  of the component, from 1, by the smallest row id; ascending, and by row id in it
 * @param why     enum tg_conflict_reason, of the component */
typedef enum tg_status tg_on_conflict(void *ctx, uint64_t number,
                                      const unsigned char row_id[TG_TOKEN_LEN], unsigned why,
                                      struct tg_error *err);
TG_CHECKED enum tg_status tg_store_conflicts(struct tg_store *store, int32_t month,
                                             tg_on_conflict *on, void *ctx, struct tg_error *err);

/** A delivery that results of a month rest on. */
struct tg_delivery {
    const char *source, *kind, *period, *sha256;
    uint64_t rows;
};
TG_CHECKED enum tg_status tg_store_deliveries(struct tg_store *store, int32_t month,
                                              struct tg_arena *arena, struct tg_delivery **out,
                                              size_t *n, struct tg_error *err);

/**
 * Where the newest month before `month` lies that was made for the recipient. Of several folders
 * the one in `out` comes first, then the first by name.
 * @param folder  out: in the arena; NULL: there is no such month
 * @param whole   out: its run.json lies there as it was recorded
 */
TG_CHECKED enum tg_status tg_store_month_before(struct tg_store *store, int32_t month,
                                                const char *recipient, const char *out,
                                                struct tg_arena *arena, char **folder, bool *whole,
                                                struct tg_error *err);
/** The same of `month` itself, as it was delivered last. */
TG_CHECKED enum tg_status tg_store_month_delivered(struct tg_store *store, int32_t month,
                                                   const char *recipient, const char *out,
                                                   struct tg_arena *arena, char **folder,
                                                   bool *whole, struct tg_error *err);

/** Months of a source that never came, between its first one and a later one or the month asked. */
struct tg_gap {
    const char *source;
    int32_t from, to; /**< months, both counted */
};
/** By source in the study's order, then by month; in the arena, names as the study has them. */
TG_CHECKED enum tg_status tg_store_gaps(struct tg_store *store, int32_t month,
                                        struct tg_arena *arena, struct tg_gap **out, size_t *n,
                                        struct tg_error *err);

/** A file that the store has. */
struct tg_delivered {
    const struct tg_source *source; /**< of the study */
    int32_t period;                 /**< month; 0: none */
    int64_t rows, purged;           /**< as delivered; and of them erased since */
    const char *sha256;             /**< hex */
};
/** The files up to a month, and those without a period, by source in the study's order, then by
 * period; in the arena. @return TG_OK, TG_IO, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_store_delivered(struct tg_store *store, int32_t month,
                                             struct tg_arena *arena, struct tg_delivered **out,
                                             size_t *n, struct tg_error *err);

/**
 * Subject ids: HMAC under a key of the site's of recipient, month ("YYYY-MM") and the person's
 * oldest row id.
 * @param out  out: people->n of them
 */
TG_CHECKED enum tg_status tg_store_subjects(struct tg_store *store, const char *recipient,
                                            int32_t month, const struct tg_people *people,
                                            unsigned char (*out)[TG_TOKEN_LEN],
                                            struct tg_error *err);

#endif
