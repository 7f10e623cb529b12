/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The consents of one app user for one purpose, on a day.
 */
#ifndef TG_STORE_CONSENT_H
#define TG_STORE_CONSENT_H

#include "store/room.h"

/** What the facts up to a day come to. */
struct tg_consent_view {
    enum tg_consent_state state;
    uint32_t since;        /**< in force: first day without a break; else 0 */
    uint32_t granted_on;   /**< of the latest grant; 0: none */
    uint32_t withdrawn_on; /**< the latest one; 0: none */
    int64_t form, method;  /**< words of the latest grant */
};

/** Whose consent for what. */
struct tg_consent_key {
    unsigned char app[TG_TOKEN_LEN]; /**< stored hash of the app token */
    int64_t provider, purpose;       /**< words; 0: nobody has ever named it */
};

struct tg_consent_fact {
    unsigned char app[TG_TOKEN_LEN];
    uint32_t day;
    bool withdrawal;
    int64_t form, method; /**< words; 0: none */
};
/** Everybody's facts for one provider, purpose, month and day, by app and then in their order. */
struct tg_consent_known {
    bool learnt;
    int64_t provider, purpose;
    int32_t month;
    uint32_t on;
    struct tg_consent_fact *items;
    size_t n, cap;
};

/** Asks for consents; one statement for many questions. */
struct tg_consent_asker {
    const struct tg_store *store;
    sqlite3_stmt *facts;
    int64_t *forms; /**< words of the text versions that count; with n 0 all do */
    size_t n_forms;
    struct tg_consent_known known;
};
TG_CHECKED enum tg_status tg_consent_asker_begin(struct tg_consent_asker *asker,
                                                 const struct tg_store *store,
                                                 struct tg_error *err);
/** Reads the facts of everybody, 48 bytes each: questions about this provider, purpose, month and
 * day are then answered without the database. */
TG_CHECKED enum tg_status tg_consent_asker_learn(struct tg_consent_asker *asker,
                                                 const struct tg_consent_key *of, int32_t month,
                                                 uint32_t on, struct tg_error *err);
/**
 * The state on day `on`. Facts count by their own date, the last one wins, on one day a withdrawal
 * does. Grants are seen from deliveries up to `month`, withdrawals from all: a withdrawal that is
 * known is never passed over. What other providers delivered does not count, nor does a grant of a
 * text version that the study does not name.
 */
TG_CHECKED enum tg_status tg_consent_ask(struct tg_consent_asker *asker,
                                         const struct tg_consent_key *key, int32_t month,
                                         uint32_t on, struct tg_consent_view *out,
                                         struct tg_error *err);
/** Does a consent to this text version (a word) count? */
bool tg_consent_form_counts(const struct tg_consent_asker *asker, int64_t form);
void tg_consent_asker_end(struct tg_consent_asker *asker);

/** The first day on which a consent given then no longer counts; UINT32_MAX: never. */
uint32_t tg_consent_end(const struct tg_study *study, uint32_t granted_on);

/** The same day so many months later, or that month's last day when it is shorter. */
uint32_t tg_day_after_months(uint32_t day, int months);

#endif
