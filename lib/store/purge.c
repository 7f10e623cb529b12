/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reporter.h"
#include "store/consent.h"
#include "store/index.h"
#include "store/run_users.h"
#include "store/scrub.h"
#include "table/csv.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* An app user who is purged. */
struct leaver {
    unsigned char app[TG_TOKEN_LEN];
    const char *provider;
    bool has_row, was_delivered;
    unsigned char row_id[TG_TOKEN_LEN]; /* the newest row of users */
    size_t first, n;                    /* their identities */
};

/* An identity, and whose. */
struct owned {
    int64_t identity;
    size_t leaver;
};

struct purging {
    struct tg_store *store;
    struct tg_arena arena;
    struct leaver *leavers;
    size_t n, cap;
    struct owned *owned; /* ascending by identity when listed */
    size_t n_owned, cap_owned;
    struct tg_csv_writer *csv;
    struct tg_purge_result *result;
};

/* What the provider delivered of them, whatever its kind; the registry of consents stays. */
static const char identities_of[] =
    "SELECT i.id FROM identity_token t JOIN identity i ON i.id = t.identity_id"
    " JOIN source s ON s.id = i.source_id"
    " WHERE t.token = ? AND t.hash = ? AND s.provider = ? AND s.kind <> 'consents'";

static const char newest_row_of[] =
    "SELECT u.row_id FROM identity_token t JOIN user_row u ON u.identity_id = t.identity_id"
    " JOIN delivery d ON d.id = u.delivery_id WHERE t.token = ? AND t.hash = ?"
    " ORDER BY d.period DESC, u.row_id LIMIT 1";

static enum tg_status add_identities(struct purging *p, struct leaver *leaver, size_t at,
                                     sqlite3_stmt *stmt, struct tg_error *err)
{
    const struct tg_db *db = &p->store->db;
    bool row = true;
    enum tg_status status =
        tg_db_bind(db, stmt,
                   DB_ARGS(DB_INT(TG_APP_NUMBER), DB_BLOB(leaver->app, TG_TOKEN_LEN),
                           DB_TEXT(leaver->provider, strlen(leaver->provider))),
                   err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = tg_grow(&p->owned, &p->cap_owned, p->n_owned + 1, sizeof *p->owned, err);
        if (!status && row) {
            p->owned[p->n_owned++] = (struct owned){sqlite3_column_int64(stmt, 0), at};
            leaver->n++;
        }
    }
    return status;
}

static enum tg_status find_newest_row(struct purging *p, struct leaver *leaver,
                                      struct tg_error *err)
{
    const struct tg_db *db = &p->store->db;
    sqlite3_stmt *stmt = NULL;
    enum tg_status status = tg_db_prepare(db, newest_row_of, &stmt, err);
    if (!status)
        status = tg_db_bind(
            db, stmt, DB_ARGS(DB_INT(TG_APP_NUMBER), DB_BLOB(leaver->app, TG_TOKEN_LEN)), err);
    if (!status)
        status = tg_db_next(db, stmt, &leaver->has_row, err);
    if (!status && leaver->has_row && sqlite3_column_bytes(stmt, 0) == TG_TOKEN_LEN)
        memcpy(leaver->row_id, sqlite3_column_blob(stmt, 0), TG_TOKEN_LEN);
    (void)sqlite3_finalize(stmt);
    return status;
}

/* Somebody who withdrew and of whom there is something left. */
static enum tg_status add_leaver(struct purging *p, const struct tg_consent_key *key,
                                 const char *provider, sqlite3_stmt *identities,
                                 struct tg_error *err)
{
    enum tg_status status = tg_grow(&p->leavers, &p->cap, p->n + 1, sizeof *p->leavers, err);
    if (status)
        return status;
    struct leaver *leaver = &p->leavers[p->n];
    *leaver = (struct leaver){.first = p->n_owned};
    memcpy(leaver->app, key->app, TG_TOKEN_LEN);
    leaver->provider = tg_arena_strndup(&p->arena, provider, strlen(provider), err);
    status = leaver->provider ? add_identities(p, leaver, p->n, identities, err) : TG_NO_MEMORY;
    if (status || leaver->n == 0)
        return status;
    p->n++;
    return find_newest_row(p, leaver, err);
}

static enum tg_status find_leavers(struct purging *p, uint32_t on, struct tg_error *err)
{
    const struct tg_db *db = &p->store->db;
    struct tg_consent_asker asker = {0};
    struct tg_consent_key key = {0};
    struct tg_consent_view view;
    sqlite3_stmt *gone = NULL, *identities = NULL;
    bool row = true;
    enum tg_status status = tg_word_find(db, p->store->study->purpose, &key.purpose, err);
    if (!status)
        status = tg_consent_asker_begin(&asker, p->store, err);
    if (!status)
        status = tg_db_prepare(db, identities_of, &identities, err);
    if (!status)
        status = tg_db_prepare(db,
                               "SELECT DISTINCT w.app, w.provider, v.text FROM withdrawal w"
                               " JOIN word v ON v.id = w.provider ORDER BY 3, 1",
                               &gone, err);
    while (!status && row) {
        status = tg_db_next(db, gone, &row, err);
        if (status || !row || sqlite3_column_bytes(gone, 0) != TG_TOKEN_LEN)
            continue;
        memcpy(key.app, sqlite3_column_blob(gone, 0), TG_TOKEN_LEN);
        key.provider = sqlite3_column_int64(gone, 1);
        const char *provider = (const char *)sqlite3_column_text(gone, 2);
        status = tg_consent_ask(&asker, &key, INT32_MAX, on, &view, err);
        if (!status && view.state == TG_CONSENT_WITHDRAWN)
            status = provider ? add_leaver(p, &key, provider, identities, err) : TG_NO_MEMORY;
    }
    (void)sqlite3_finalize(gone);
    (void)sqlite3_finalize(identities);
    tg_consent_asker_end(&asker);
    return status;
}

static int by_identity(const void *a, const void *b)
{
    const struct owned *x = a, *y = b;
    return (x->identity > y->identity) - (x->identity < y->identity);
}

/* Puts the identities where the statements below can see them. */
static enum tg_status list_identities(struct purging *p, struct tg_error *err)
{
    const struct tg_db *db = &p->store->db;
    sqlite3_stmt *add = NULL;
    enum tg_status status =
        tg_db_exec(db,
                   "CREATE TEMP TABLE IF NOT EXISTS purge(identity_id INTEGER PRIMARY KEY);"
                   "DELETE FROM temp.purge",
                   err);
    if (!status)
        status = tg_db_prepare(db, "INSERT INTO temp.purge VALUES(?)", &add, err);
    for (size_t i = 0; !status && i < p->n_owned; i++)
        status = tg_db_run(db, add, DB_ARGS(DB_INT(p->owned[i].identity)), err);
    (void)sqlite3_finalize(add);
    if (p->n_owned)
        qsort(p->owned, p->n_owned, sizeof *p->owned, by_identity);
    return status;
}

static enum tg_status put_delivery(struct purging *p, const struct leaver *leaver,
                                   const struct tg_run_of_user *run, struct tg_error *err)
{
    char month[8] = "";
    if (run)
        tg_month_format(run->month, month);
    enum tg_status status = tg_csv_put_text(p->csv, leaver->provider, err);
    if (!status)
        status = tg_csv_put_hex(p->csv, leaver->row_id, leaver->has_row ? TG_TOKEN_LEN : 0, err);
    if (!status)
        status = tg_csv_put_text(p->csv, month, err);
    if (!status)
        status = tg_csv_put_text(p->csv, run ? run->recipient : "", err);
    if (!status)
        status = tg_csv_put_text(p->csv, run ? run->at : "", err);
    return status ? status : tg_csv_end_row(p->csv, err);
}

static enum tg_status on_run(void *ctx, const struct tg_run_of_user *run, struct tg_error *err)
{
    struct purging *p = ctx;
    const struct owned key = {.identity = run->identity};
    const struct owned *owned = bsearch(&key, p->owned, p->n_owned, sizeof *p->owned, by_identity);
    if (!owned)
        return TG_OK;
    struct leaver *leaver = &p->leavers[owned->leaver];
    leaver->was_delivered = true;
    p->result->deliveries++;
    enum tg_status status =
        tg_db_once(&p->store->db, "INSERT OR IGNORE INTO purged_run(app, audit) VALUES(?, ?)",
                   DB_ARGS(DB_BLOB(leaver->app, TG_TOKEN_LEN), DB_INT(run->audit)), err);
    return status ? status : put_delivery(p, leaver, run, err);
}

/* What earlier runs gave out about them, and those of whom nothing went out. */
static enum tg_status tell_deliveries(struct purging *p, struct tg_error *err)
{
    static const char *const header[] = {"provider", "user_row_id", "month", "recipient", "run_at"};
    struct tg_ids ids = {0};
    enum tg_status status = tg_csv_put_row(p->csv, header, sizeof header / sizeof header[0], err);
    for (size_t i = 0; !status && i < p->n_owned; i++)
        status = tg_ids_add(&ids, p->owned[i].identity, err);
    tg_ids_sort(&ids);
    if (!status)
        status = tg_run_users_find(p->store, &ids, on_run, p, err);
    for (size_t i = 0; !status && i < p->n; i++) {
        if (!p->leavers[i].was_delivered)
            status = put_delivery(p, &p->leavers[i], NULL, err);
    }
    tg_ids_free(&ids);
    return status;
}

#define PURGED " IN (SELECT identity_id FROM temp.purge)"
#define IN_RUNS                                                                                    \
    " id BETWEEN delivery.first_run AND delivery.last_run AND delivery_id = delivery.id"           \
    " AND identity_id" PURGED

static enum tg_status erase(struct purging *p, struct tg_error *err)
{
    const struct tg_db *db = &p->store->db;
    static const char decisions[] = "DELETE FROM review_decision WHERE app IN (SELECT t.hash"
                                    " FROM temp.purge p JOIN identity_token t"
                                    " ON t.identity_id = p.identity_id WHERE t.token = 1)";
    static const char *const steps[] = {
        "UPDATE delivery SET purged = purged"
        " + (SELECT count(*) FROM user_row WHERE delivery_id = delivery.id"
        "    AND identity_id" PURGED ")"
        " + (SELECT coalesce(sum(n), 0) FROM measure_run WHERE" IN_RUNS ")"
        " + (SELECT coalesce(sum(n), 0) FROM event_run WHERE" IN_RUNS ")"
        " WHERE source_id IN (SELECT id FROM source WHERE provider <> '')",
        "DELETE FROM user_row WHERE identity_id" PURGED,
        "DELETE FROM measure_run WHERE identity_id" PURGED,
        "DELETE FROM event_run WHERE delivery_id IN (SELECT d.id FROM delivery d JOIN source s"
        " ON s.id = d.source_id WHERE s.provider <> '' AND s.kind = 'events')"
        " AND identity_id" PURGED,
        "DELETE FROM link_memory",
        "UPDATE identity SET digest = NULL, birth_month = NULL, sex = 0, tokens = x'',"
        " seen_from = NULL WHERE id" PURGED,
        "DELETE FROM temp.purge",
    };
    int64_t before = 0, after = 0;
    enum tg_status status =
        tg_db_number(db, "SELECT coalesce(sum(purged), 0) FROM delivery", DB_NO_ARGS, &before, err);
    if (!status)
        status = tg_db_exec(db, decisions, err);
    if (!status)
        status = tg_index_forget(db, "SELECT identity_id FROM temp.purge", err);
    for (size_t i = 0; !status && i < sizeof steps / sizeof steps[0]; i++)
        status = tg_db_exec(db, steps[i], err);
    if (!status)
        status = tg_db_number(db, "SELECT coalesce(sum(purged), 0) FROM delivery", DB_NO_ARGS,
                              &after, err);
    p->result->rows = (uint64_t)(after - before);
    p->result->users = p->n;
    return status;
}

static enum tg_status write_audit(struct purging *p, struct tg_error *err)
{
    struct tg_buf json = {0};
    enum tg_status status = tg_json_number(&json, "users", (int64_t)p->result->users, err);
    if (!status)
        status = tg_json_number(&json, "rows", (int64_t)p->result->rows, err);
    if (!status)
        status = tg_json_text(&json, "version", tg_version(), strlen(tg_version()), err);
    if (!status)
        status = tg_buf_add_char(&json, '}', err);
    const char *detail = status ? NULL : tg_buf_text(&json, err);
    if (!status)
        status = detail ? tg_audit_add(p->store, "consent purge", detail, err) : TG_NO_MEMORY;
    tg_buf_free(&json);
    return status;
}

/* In the caller's transaction. The list is in place before anything is gone for good. */
static enum tg_status purge(struct purging *p, uint32_t on, struct tg_error *err)
{
    enum tg_status status = find_leavers(p, on, err);
    if (!status)
        status = list_identities(p, err);
    if (!status)
        status = tell_deliveries(p, err);
    if (!status && p->n)
        status = erase(p, err);
    if (!status && p->n)
        status = tg_scrub_note(p->store, err);
    if (!status && p->n)
        status = write_audit(p, err);
    return status ? status : tg_csv_commit(&p->csv, NULL, err);
}

enum tg_status tg_consent_purge(struct tg_store *store, uint32_t on, const char *path, bool force,
                                const struct tg_reporter *reporter, struct tg_purge_result *result,
                                struct tg_error *err)
{
    struct purging p = {.store = store, .result = result};
    *result = (struct tg_purge_result){0};
    enum tg_status status = tg_csv_create(path, force ? TG_OUTPUT_FORCE : 0, &p.csv, err);
    if (!status)
        status = tg_db_begin(&store->db, err);
    if (!status)
        status = tg_db_end(&store->db, purge(&p, on, err), err);
    tg_csv_discard(&p.csv);
    tg_arena_free(&p.arena);
    free(p.leavers);
    free(p.owned);
    return status ? status : tg_scrub(store, reporter, err);
}
