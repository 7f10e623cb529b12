/* SPDX-License-Identifier: Apache-2.0 */
#include "store/app_user.h"
#include "store/consent.h"
#include "store/run_users.h"
#include "table/csv.h"
#include "text/calendar.h"

#include <stdio.h>
#include <string.h>

struct history {
    struct tg_store *store;
    const struct tg_app_user *user;
    struct tg_consent_asker asker;
    struct tg_csv_writer *csv;
    uint32_t on;
};

/* Columns of a fact: purpose, its word, day, is it a withdrawal, form, method, source, period,
 * row id, SHA-256, the form's word, the provider's word. */
static const char facts[] =
    "SELECT p.text, f.purpose, f.day, f.fact, coalesce(o.text, ''), coalesce(m.text, ''),"
    " coalesce(s.name, ''), f.period, f.row_id, f.sha256, f.form, f.provider FROM ("
    " SELECT c.provider, c.purpose, c.granted_on AS day, 0 AS fact, c.form, c.method, d.source_id,"
    "  d.period, c.row_id, d.sha256 FROM consent_row c JOIN delivery d ON d.id = c.delivery_id"
    "  WHERE c.app = ?1 AND (c.granted_on IS NOT NULL OR c.withdrawn_on IS NULL)"
    " UNION ALL SELECT provider, purpose, withdrawn_on, 1, form, method, source, period, row_id,"
    "  sha256 FROM withdrawal WHERE app = ?1) f"
    " JOIN word v ON v.id = f.provider AND v.text = ?2 JOIN word p ON p.id = f.purpose"
    " LEFT JOIN word o ON o.id = f.form LEFT JOIN word m ON m.id = f.method"
    " LEFT JOIN source s ON s.id = f.source_id ORDER BY 1, 3, 4, 7, 8, 9";

static const char *text_at(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    return text ? text : "";
}

static enum tg_status put_day(struct tg_csv_writer *csv, uint32_t day, struct tg_error *err)
{
    char text[11];
    tg_day_format(day, text);
    return tg_csv_put_text(csv, text, err);
}

static enum tg_status state_after(struct history *h, int64_t provider, int64_t purpose,
                                  uint32_t day, enum tg_consent_state *state, struct tg_error *err)
{
    struct tg_consent_key key = {.provider = provider, .purpose = purpose};
    struct tg_consent_view view;
    memcpy(key.app, h->user->app, TG_TOKEN_LEN);
    enum tg_status status = tg_consent_ask(&h->asker, &key, INT32_MAX, day, &view, err);
    *state = view.state;
    return status;
}

static enum tg_status put_fact(struct history *h, sqlite3_stmt *stmt, struct tg_error *err)
{
    bool withdrawal = sqlite3_column_int(stmt, 3) != 0;
    uint32_t day = (uint32_t)sqlite3_column_int64(stmt, 2);
    uint32_t end = withdrawal || !day ? UINT32_MAX : tg_consent_end(h->store->study, day);
    int32_t period = sqlite3_column_int(stmt, 7);
    char month[8] = "";
    enum tg_consent_state state = TG_CONSENT_NONE;
    if (period)
        tg_month_format(period, month);
    enum tg_status status = state_after(h, sqlite3_column_int64(stmt, 11),
                                        sqlite3_column_int64(stmt, 1), day, &state, err);
    const char *fact = "granted";
    if (withdrawal)
        fact = "withdrawn";
    else if (!tg_consent_form_counts(&h->asker, sqlite3_column_int64(stmt, 10)))
        fact = "granted_other_form";
    const char *first[] = {h->user->provider, text_at(stmt, 0)};
    for (size_t i = 0; !status && i < 2; i++)
        status = tg_csv_put_text(h->csv, first[i], err);
    if (!status)
        status = put_day(h->csv, day, err);
    const char *next[] = {fact, text_at(stmt, 4), text_at(stmt, 5)};
    for (size_t i = 0; !status && i < 3; i++)
        status = tg_csv_put_text(h->csv, next[i], err);
    if (!status)
        status = put_day(h->csv, end == UINT32_MAX ? TG_NO_DAY : end, err);
    const char *last[] = {tg_consent_state_name(state), text_at(stmt, 6), month};
    for (size_t i = 0; !status && i < 3; i++)
        status = tg_csv_put_text(h->csv, last[i], err);
    if (!status)
        status = tg_csv_put_hex(h->csv, sqlite3_column_blob(stmt, 8),
                                (size_t)sqlite3_column_bytes(stmt, 8), err);
    if (!status)
        status = tg_csv_put_text(h->csv, text_at(stmt, 9), err);
    return status ? status : tg_csv_end_row(h->csv, err);
}

static enum tg_status put_facts(struct history *h, struct tg_error *err)
{
    const struct tg_db *db = &h->store->db;
    const char *provider = h->user->provider;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(db, facts, &stmt, err);
    if (!status)
        status = tg_db_bind(
            db, stmt,
            DB_ARGS(DB_BLOB(h->user->app, TG_TOKEN_LEN), DB_TEXT(provider, strlen(provider))), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = put_fact(h, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status put_state(struct history *h, const char *purpose, struct tg_error *err)
{
    int64_t provider = 0, word = 0;
    enum tg_consent_state state = TG_CONSENT_NONE;
    enum tg_status status = tg_word_find(&h->store->db, h->user->provider, &provider, err);
    if (!status)
        status = tg_word_find(&h->store->db, purpose, &word, err);
    if (!status)
        status = state_after(h, provider, word, h->on, &state, err);
    if (!status)
        status = tg_csv_put_text(h->csv, h->user->provider, err);
    if (!status)
        status = tg_csv_put_text(h->csv, purpose, err);
    if (!status)
        status = put_day(h->csv, h->on, err);
    const char *rest[] = {"asked", "", "", "", tg_consent_state_name(state), "", "", "", ""};
    for (size_t i = 0; !status && i < sizeof rest / sizeof rest[0]; i++)
        status = tg_csv_put_text(h->csv, rest[i], err);
    return status ? status : tg_csv_end_row(h->csv, err);
}

/* The study's purpose and every other one that the user was ever asked about. */
static enum tg_status put_states(struct history *h, struct tg_error *err)
{
    const struct tg_db *db = &h->store->db;
    const char *own = h->store->study->purpose;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(
        db,
        "SELECT ?2 UNION SELECT p.text FROM consent_row c JOIN word p ON p.id = c.purpose"
        " WHERE c.app = ?1 UNION SELECT p.text FROM withdrawal w JOIN word p ON p.id = w.purpose"
        " WHERE w.app = ?1 AND p.text <> '" TG_ANY_PURPOSE "' ORDER BY 1",
        &stmt, err);
    if (!status)
        status = tg_db_bind(
            db, stmt, DB_ARGS(DB_BLOB(h->user->app, TG_TOKEN_LEN), DB_TEXT(own, strlen(own))), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = put_state(h, text_at(stmt, 0), err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status put_delivery(struct history *h, int32_t month, const char *recipient,
                                   const char *at, struct tg_error *err)
{
    char period[8], day[11] = "";
    tg_month_format(month, period);
    (void)snprintf(day, sizeof day, "%.10s", at);
    const char *cells[] = {h->user->provider, "",     day, "delivered", "", "", "", "",
                           recipient,         period, "",  ""};
    return tg_csv_put_row(h->csv, cells, sizeof cells / sizeof cells[0], err);
}

static enum tg_status on_run(void *ctx, const struct tg_run_of_user *run, struct tg_error *err)
{
    return put_delivery(ctx, run->month, run->recipient, run->at, err);
}

static enum tg_status put_runs(struct history *h, struct tg_error *err)
{
    const struct tg_db *db = &h->store->db;
    struct tg_ids ids = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(
        db, "SELECT identity_id FROM identity_token WHERE token = ? AND hash = ?", &stmt, err);
    if (!status)
        status = tg_db_bind(
            db, stmt, DB_ARGS(DB_INT(TG_APP_NUMBER), DB_BLOB(h->user->app, TG_TOKEN_LEN)), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = tg_ids_add(&ids, sqlite3_column_int64(stmt, 0), err);
    }
    (void)sqlite3_finalize(stmt);
    tg_ids_sort(&ids);
    if (!status)
        status = tg_run_users_find(h->store, &ids, on_run, h, err);
    tg_ids_free(&ids);
    return status;
}

/* Of somebody who was purged. */
static enum tg_status put_purged_runs(struct history *h, struct tg_error *err)
{
    const struct tg_db *db = &h->store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(db,
                      "SELECT r.month, r.recipient, coalesce(a.at, '') FROM purged_run p"
                      " JOIN run_users r ON r.audit = p.audit LEFT JOIN audit a ON a.seq = p.audit"
                      " WHERE p.app = ? ORDER BY p.audit",
                      &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_BLOB(h->user->app, TG_TOKEN_LEN)), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = put_delivery(h, sqlite3_column_int(stmt, 0), text_at(stmt, 1),
                                  text_at(stmt, 2), err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_consent_history(struct tg_store *store, const char *user, uint32_t on,
                                  const char *path, bool force, struct tg_error *err)
{
    static const char *const header[] = {"provider", "purpose", "day",        "fact",
                                         "form",     "method",  "expires_on", "state",
                                         "source",   "period",  "row_id",     "sha256"};
    struct tg_app_user found;
    struct history h = {.store = store, .user = &found, .on = on};
    enum tg_status status = tg_app_user_find(store, user, NULL, &found, err);
    if (!status)
        status = tg_consent_asker_begin(&h.asker, store, err);
    if (!status)
        status = tg_csv_create(path, force ? TG_OUTPUT_FORCE : 0, &h.csv, err);
    if (!status)
        status = tg_csv_put_row(h.csv, header, sizeof header / sizeof header[0], err);
    if (!status)
        status = put_facts(&h, err);
    if (!status)
        status = put_purged_runs(&h, err);
    if (!status)
        status = put_runs(&h, err);
    if (!status)
        status = put_states(&h, err);
    if (!status)
        status = tg_csv_commit(&h.csv, NULL, err);
    tg_csv_discard(&h.csv);
    tg_consent_asker_end(&h.asker);
    return status;
}
