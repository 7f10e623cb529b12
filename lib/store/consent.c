/* SPDX-License-Identifier: Apache-2.0 */
#include "store/consent.h"

#include "text/calendar.h"

#include <stdlib.h>

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

/* A form that no consent names is the word 0, which no grant has. */
static enum tg_status find_forms(struct tg_consent_asker *asker, struct tg_error *err)
{
    const struct tg_study *study = asker->store->study;
    enum tg_status status = TG_OK;
    asker->forms = tg_calloc(study->n_forms, sizeof *asker->forms, err);
    if (!asker->forms)
        return TG_NO_MEMORY;
    for (size_t i = 0; !status && i < study->n_forms; i++)
        status = tg_word_find(&asker->store->db, study->forms[i], &asker->forms[i], err);
    asker->n_forms = study->n_forms;
    return status;
}

enum tg_status tg_consent_asker_begin(struct tg_consent_asker *asker, const struct tg_store *store,
                                      struct tg_error *err)
{
    asker->store = store;
    enum tg_status status = find_forms(asker, err);
    if (status)
        return status;
    return tg_db_prepare(&store->db,
                         "SELECT c.granted_on AS day, 0 AS withdrawal, c.form, c.method"
                         " FROM consent_row c JOIN delivery d ON d.id = c.delivery_id"
                         " WHERE c.app = ?1 AND c.purpose = ?2 AND c.granted_on <= ?3"
                         " AND d.period <= ?4 AND c.provider = ?5"
                         " UNION ALL SELECT withdrawn_on, 1, NULL, NULL FROM withdrawal"
                         " WHERE app = ?1 AND provider = ?5 AND withdrawn_on <= ?3 AND purpose IN"
                         "  (?2, (SELECT id FROM word WHERE text = '" TG_ANY_PURPOSE "'))"
                         " ORDER BY 1, 2, 3, 4",
                         &asker->facts, err);
}

void tg_consent_asker_end(struct tg_consent_asker *asker)
{
    (void)sqlite3_finalize(asker->facts);
    free(asker->forms);
    asker->facts = NULL;
    asker->forms = NULL;
}

bool tg_consent_form_counts(const struct tg_consent_asker *asker, int64_t form)
{
    for (size_t i = 0; i < asker->n_forms; i++) {
        if (form && asker->forms[i] == form)
            return true;
    }
    return asker->n_forms == 0;
}

uint32_t tg_consent_end(const struct tg_study *study, uint32_t granted_on)
{
    return study->consent_months > 0 ? tg_day_after_months(granted_on, study->consent_months)
                                     : UINT32_MAX;
}

/* Facts come in the order of their days, on one day grants before withdrawals. */
static void take_fact(struct tg_consent_view *view, const struct tg_consent_asker *asker)
{
    sqlite3_stmt *fact = asker->facts;
    uint32_t day = (uint32_t)sqlite3_column_int64(fact, 0);
    if (sqlite3_column_int(fact, 1)) {
        view->state = TG_CONSENT_WITHDRAWN;
        view->withdrawn_on = day;
        return;
    }
    int64_t form = sqlite3_column_int64(fact, 2);
    if (!tg_consent_form_counts(asker, form))
        return;
    if (view->state != TG_CONSENT_IN_FORCE ||
        tg_consent_end(asker->store->study, view->granted_on) <= day)
        view->since = day;
    view->state = TG_CONSENT_IN_FORCE;
    view->granted_on = day;
    view->form = form;
    view->method = sqlite3_column_int64(fact, 3);
}

enum tg_status tg_consent_ask(struct tg_consent_asker *asker, const struct tg_consent_key *key,
                              int32_t month, uint32_t on, struct tg_consent_view *out,
                              struct tg_error *err)
{
    const struct tg_db *db = &asker->store->db;
    bool row = true;
    *out = (struct tg_consent_view){.state = TG_CONSENT_NONE};
    enum tg_status status =
        tg_db_bind(db, asker->facts,
                   DB_ARGS(DB_BLOB(key->app, TG_TOKEN_LEN), DB_INT(key->purpose), DB_INT(on),
                           DB_INT(month), DB_INT(key->provider)),
                   err);
    while (!status && row) {
        status = tg_db_next(db, asker->facts, &row, err);
        if (!status && row)
            take_fact(out, asker);
    }
    (void)sqlite3_reset(asker->facts);
    if (out->state == TG_CONSENT_IN_FORCE &&
        tg_consent_end(asker->store->study, out->granted_on) <= on)
        out->state = TG_CONSENT_EXPIRED;
    if (out->state != TG_CONSENT_IN_FORCE)
        out->since = 0;
    return status;
}
