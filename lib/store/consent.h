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

/** Asks for consents; one statement for many questions. */
struct tg_consent_asker {
    const struct tg_store *store;
    sqlite3_stmt *facts;
};
TG_CHECKED enum tg_status tg_consent_asker_begin(struct tg_consent_asker *asker,
                                                 const struct tg_store *store,
                                                 struct tg_error *err);
/**
 * The state on day `on`. Facts count by their own date, the last one wins, on one day a withdrawal
 * does. Grants are seen from deliveries up to `month`, withdrawals from all: a withdrawal that is
 * known is never passed over.
 */
TG_CHECKED enum tg_status tg_consent_ask(struct tg_consent_asker *asker,
                                         const unsigned char app[TG_TOKEN_LEN], int64_t purpose,
                                         int32_t month, uint32_t on, struct tg_consent_view *out,
                                         struct tg_error *err);
void tg_consent_asker_end(struct tg_consent_asker *asker);

/** The same day so many months later, or that month's last day when it is shorter. */
uint32_t tg_day_after_months(uint32_t day, int months);

#endif
