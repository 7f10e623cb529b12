/* SPDX-License-Identifier: Apache-2.0 */
#include "store/consent.h"

#include "store/pump.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

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

/* Facts up to a day: ?1 purpose, ?2 day, ?3 month, ?4 provider; of whom says `of`. */
#define FACTS(columns, of)                                                                         \
    "SELECT c.granted_on, 0, c.form, c.method" columns                                             \
    " FROM consent_row c JOIN delivery d ON d.id = c.delivery_id"                                  \
    " WHERE " of " AND c.purpose = ?1 AND c.granted_on <= ?2"                                      \
    " AND d.period <= ?3 AND c.provider = ?4"                                                      \
    " UNION ALL SELECT c.withdrawn_on, 1, NULL, NULL" columns " FROM withdrawal c"                 \
    " WHERE " of " AND c.provider = ?4 AND c.withdrawn_on <= ?2 AND c.purpose IN"                  \
    "  (?1, (SELECT id FROM word WHERE text = '" TG_ANY_PURPOSE "'))"                              \
    " ORDER BY "

enum tg_status tg_consent_asker_begin(struct tg_consent_asker *asker, const struct tg_store *store,
                                      struct tg_error *err)
{
    asker->store = store;
    enum tg_status status = find_forms(asker, err);
    if (status)
        return status;
    return tg_db_prepare(&store->db, FACTS("", "c.app = ?5") "1, 2, 3, 4", &asker->facts, err);
}

void tg_consent_asker_end(struct tg_consent_asker *asker)
{
    (void)sqlite3_finalize(asker->facts);
    free(asker->forms);
    free(asker->known.items);
    *asker = (struct tg_consent_asker){0};
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
static void take_fact(struct tg_consent_view *view, const struct tg_consent_asker *asker,
                      const struct tg_consent_fact *fact)
{
    if (fact->withdrawal) {
        view->state = TG_CONSENT_WITHDRAWN;
        view->withdrawn_on = fact->day;
        return;
    }
    if (!tg_consent_form_counts(asker, fact->form))
        return;
    if (view->state != TG_CONSENT_IN_FORCE ||
        tg_consent_end(asker->store->study, view->granted_on) <= fact->day)
        view->since = fact->day;
    view->state = TG_CONSENT_IN_FORCE;
    view->granted_on = fact->day;
    view->form = fact->form;
    view->method = fact->method;
}

static enum tg_status ask_store(const struct tg_consent_asker *asker,
                                const struct tg_consent_key *key, int32_t month, uint32_t on,
                                struct tg_consent_view *out, struct tg_error *err)
{
    const struct tg_db *db = &asker->store->db;
    sqlite3_stmt *facts = asker->facts;
    bool row = true;
    enum tg_status status =
        tg_db_bind(db, facts,
                   DB_ARGS(DB_INT(key->purpose), DB_INT(on), DB_INT(month), DB_INT(key->provider),
                           DB_BLOB(key->app, TG_TOKEN_LEN)),
                   err);
    while (!status && row) {
        status = tg_db_next(db, facts, &row, err);
        if (status || !row)
            break;
        const struct tg_consent_fact fact = {.day = (uint32_t)sqlite3_column_int64(facts, 0),
                                             .withdrawal = sqlite3_column_int(facts, 1) != 0,
                                             .form = sqlite3_column_int64(facts, 2),
                                             .method = sqlite3_column_int64(facts, 3)};
        take_fact(out, asker, &fact);
    }
    (void)sqlite3_reset(facts);
    return status;
}

static enum tg_status on_fact(void *ctx, const struct tg_pumped *row, struct tg_error *err)
{
    struct tg_consent_known *k = ctx;
    if (row->len != TG_TOKEN_LEN)
        return TG_OK; /* nobody's */
    enum tg_status status = tg_grow(&k->items, &k->cap, k->n + 1, sizeof *k->items, err);
    if (status)
        return status;
    struct tg_consent_fact *fact = &k->items[k->n++];
    *fact = (struct tg_consent_fact){.day = (uint32_t)row->numbers[0],
                                     .withdrawal = row->numbers[1] != 0,
                                     .form = row->numbers[2],
                                     .method = row->numbers[3]};
    memcpy(fact->app, row->bytes, TG_TOKEN_LEN);
    return TG_OK;
}

enum tg_status tg_consent_asker_learn(struct tg_consent_asker *asker,
                                      const struct tg_consent_key *of, int32_t month, uint32_t on,
                                      struct tg_error *err)
{
    const struct tg_db *db = &asker->store->db;
    struct tg_consent_known *k = &asker->known;
    sqlite3_stmt *stmt = NULL;
    k->n = 0;
    k->provider = of->provider;
    k->purpose = of->purpose;
    k->month = month;
    k->on = on;
    enum tg_status status =
        tg_db_prepare(db, FACTS(", c.app", "c.app IS NOT NULL") "5, 1, 2, 3, 4", &stmt, err);
    if (!status)
        status = tg_db_bind(
            db, stmt, DB_ARGS(DB_INT(of->purpose), DB_INT(on), DB_INT(month), DB_INT(of->provider)),
            err);
    if (!status)
        status = tg_pump(db, stmt, 4, on_fact, k, err);
    k->learnt = !status;
    (void)sqlite3_finalize(stmt);
    return status;
}

/* The first fact that is not before an app user's. */
static size_t find_app(const struct tg_consent_known *k, const unsigned char *app)
{
    size_t low = 0, high = k->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(k->items[middle].app, app, TG_TOKEN_LEN) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_known(const struct tg_consent_known *k, const struct tg_consent_key *key,
                     int32_t month, uint32_t on)
{
    return k->learnt && k->provider == key->provider && k->purpose == key->purpose &&
           k->month == month && k->on == on;
}

enum tg_status tg_consent_ask(struct tg_consent_asker *asker, const struct tg_consent_key *key,
                              int32_t month, uint32_t on, struct tg_consent_view *out,
                              struct tg_error *err)
{
    const struct tg_consent_known *k = &asker->known;
    enum tg_status status = TG_OK;
    *out = (struct tg_consent_view){.state = TG_CONSENT_NONE};
    if (is_known(k, key, month, on)) {
        for (size_t i = find_app(k, key->app);
             i < k->n && memcmp(k->items[i].app, key->app, TG_TOKEN_LEN) == 0; i++)
            take_fact(out, asker, &k->items[i]);
    } else {
        status = ask_store(asker, key, month, on, out, err);
    }
    if (out->state == TG_CONSENT_IN_FORCE &&
        tg_consent_end(asker->store->study, out->granted_on) <= on)
        out->state = TG_CONSENT_EXPIRED;
    if (out->state != TG_CONSENT_IN_FORCE)
        out->since = 0;
    return status;
}
