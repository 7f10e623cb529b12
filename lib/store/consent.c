/* SPDX-License-Identifier: Apache-2.0 */
#include "store/consent.h"

#include "text/calendar.h"

const char *tg_consent_state_name(enum tg_consent_state state)
{
    static const char *const names[] = {
        [TG_CONSENT_NONE] = "none",
        [TG_CONSENT_IN_FORCE] = "in_force",
        [TG_CONSENT_WITHDRAWN] = "withdrawn",
        [TG_CONSENT_EXPIRED] = "expired",
    };
    return names[state];
}

uint32_t tg_day_after_months(uint32_t day, int months)
{
    int32_t month = tg_month_of_day(day) + months;
    uint32_t last = tg_month_last_day(month);
    uint32_t same = last / 100 * 100 + day % 100;
    return same < last ? same : last;
}

enum tg_status tg_consent_asker_begin(struct tg_consent_asker *asker, const struct tg_store *store,
                                      struct tg_error *err)
{
    asker->store = store;
    return tg_db_prepare(&store->db,
                         "SELECT c.granted_on AS day, 0 AS withdrawal, c.form, c.method"
                         " FROM consent_row c JOIN delivery d ON d.id = c.delivery_id"
                         " WHERE c.app = ?1 AND c.purpose = ?2 AND c.granted_on <= ?3"
                         " AND d.period <= ?4"
                         " UNION ALL SELECT withdrawn_on, 1, NULL, NULL FROM withdrawal"
                         " WHERE app = ?1 AND purpose = ?2 AND withdrawn_on <= ?3"
                         " ORDER BY 1, 2, 3, 4",
                         &asker->facts, err);
}

void tg_consent_asker_end(struct tg_consent_asker *asker)
{
    (void)sqlite3_finalize(asker->facts);
    asker->facts = NULL;
}

/* The first day on which a grant no longer counts. */
static uint32_t end_of(uint32_t granted_on, int months)
{
    return months > 0 ? tg_day_after_months(granted_on, months) : UINT32_MAX;
}

/* Facts come in the order of their days, on one day grants before withdrawals. */
static void take_fact(struct tg_consent_view *view, sqlite3_stmt *fact, int months)
{
    uint32_t day = (uint32_t)sqlite3_column_int64(fact, 0);
    if (sqlite3_column_int(fact, 1)) {
        view->state = TG_CONSENT_WITHDRAWN;
        view->withdrawn_on = day;
        return;
    }
    if (view->state != TG_CONSENT_IN_FORCE || end_of(view->granted_on, months) <= day)
        view->since = day;
    view->state = TG_CONSENT_IN_FORCE;
    view->granted_on = day;
    view->form = sqlite3_column_int64(fact, 2);
    view->method = sqlite3_column_int64(fact, 3);
}

enum tg_status tg_consent_ask(struct tg_consent_asker *asker, const unsigned char app[TG_TOKEN_LEN],
                              int64_t purpose, int32_t month, uint32_t on,
                              struct tg_consent_view *out, struct tg_error *err)
{
    const struct tg_db *db = &asker->store->db;
    int months = asker->store->study->consent_months;
    bool row = true;
    *out = (struct tg_consent_view){.state = TG_CONSENT_NONE};
    enum tg_status status = tg_db_bind(
        db, asker->facts,
        DB_ARGS(DB_BLOB(app, TG_TOKEN_LEN), DB_INT(purpose), DB_INT(on), DB_INT(month)), err);
    while (!status && row) {
        status = tg_db_next(db, asker->facts, &row, err);
        if (!status && row)
            take_fact(out, asker->facts, months);
    }
    if (out->state == TG_CONSENT_IN_FORCE && end_of(out->granted_on, months) <= on)
        out->state = TG_CONSENT_EXPIRED;
    if (out->state != TG_CONSENT_IN_FORCE)
        out->since = 0;
    return status;
}
