/* SPDX-License-Identifier: Apache-2.0 */
#include "store/query.h"
#include "store/room.h"
#include "table/named.h"
#include "text/calendar.h"

#include <stdio.h>
#include <string.h>

enum decision { SAME, DIFFERENT, UNDO, N_DECISIONS };
static const char *const decisions[N_DECISIONS] = {"same", "different", "undo"};
static const char *const columns[] = {"user_row_id", "roster_row_id", "decision"};
enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

/* One pair as the store knows it. */
struct pair {
    unsigned char app[TG_TOKEN_LEN];
    int64_t provider; /* source of the users row; rows of one provider are rivals */
    int64_t identity; /* of the roster row */
    int64_t person;   /* 0: none */
};

struct reviewing {
    struct tg_store *store;
    const char *path;
    uint64_t line;
    sqlite3_stmt *user, *roster, *known, *rival, *forget, *add;
    sqlite3_stmt *said; /* decisions of the file so far */
};

static enum tg_status prepare(struct reviewing *r, struct tg_error *err)
{
    const struct {
        sqlite3_stmt **stmt;
        const char *sql;
    } list[] = {
        {&r->user, "SELECT i.tokens, i.source_id FROM delivery d"
                   " JOIN user_row u ON u.delivery_id = d.id AND u.row_id = ?"
                   " JOIN identity i ON i.id = u.identity_id LIMIT 1"},
        {&r->roster, "SELECT r.identity_id, i.person_id FROM delivery d"
                     " JOIN roster_row r ON r.delivery_id = d.id AND r.row_id = ?"
                     " JOIN identity i ON i.id = r.identity_id LIMIT 1"},
        {&r->known, "SELECT r.same FROM review_decision r JOIN identity i ON i.id = r.identity_id"
                    " WHERE r.app = ?1 AND i.person_id = ?2"},
        /* somebody else of the provider who is this person, or somebody else whom this user is */
        {&r->rival,
         "SELECT 1 FROM review_decision r JOIN identity i ON i.id = r.identity_id"
         " JOIN source s ON s.id = r.source_id WHERE r.same = 1"
         " AND (r.app = ?1) <> (i.person_id = ?2)"
         " AND (r.app = ?1 OR s.provider = (SELECT provider FROM source WHERE id = ?3)) LIMIT 1"},
        {&r->forget, "DELETE FROM review_decision WHERE app = ?1 AND identity_id IN"
                     " (SELECT id FROM identity WHERE person_id = ?2)"},
        {&r->add, "INSERT INTO review_decision(app, identity_id, source_id, same)"
                  " VALUES(?1, ?2, ?3, ?4)"},
        {&r->said, "INSERT INTO temp.decided(app, person, decision) VALUES(?1, ?2, ?3)"
                   " ON CONFLICT(app, person) DO UPDATE SET decision = decision"
                   " RETURNING decision = ?3"},
    };
    enum tg_status status =
        tg_db_once(&r->store->db,
                   "CREATE TEMP TABLE decided(app BLOB, person INTEGER, decision INTEGER,"
                   " PRIMARY KEY(app, person)) WITHOUT ROWID",
                   DB_NO_ARGS, err);
    for (size_t i = 0; !status && i < sizeof list / sizeof list[0]; i++)
        status = tg_db_prepare(&r->store->db, list[i].sql, list[i].stmt, err);
    return status;
}

static void finish(struct reviewing *r)
{
    sqlite3_stmt *all[] = {r->user, r->roster, r->known, r->rival, r->forget, r->add, r->said};
    struct tg_error ignored;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        (void)sqlite3_finalize(all[i]);
    if (tg_db_once(&r->store->db, "DROP TABLE IF EXISTS temp.decided", DB_NO_ARGS, &ignored))
        return; /* it goes with the connection */
}

/* Steps to the one row asked for; the caller resets. */
static enum tg_status ask(const struct reviewing *r, sqlite3_stmt *stmt, const struct tg_arg *args,
                          size_t n, bool *row, struct tg_error *err)
{
    *row = false;
    enum tg_status status = tg_db_bind(&r->store->db, stmt, args, n, err);
    return status ? status : tg_db_next(&r->store->db, stmt, row, err);
}

static enum tg_status unknown(const struct reviewing *r, const char *column, struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_REVIEW_ROW, .file = r->path, .line = r->line, .column = column);
}

static enum tg_status find_user(const struct reviewing *r, const struct tg_cell *cell,
                                struct pair *pair, struct tg_error *err)
{
    unsigned char row_id[TG_TOKEN_LEN];
    bool row;
    if (!tg_cell_token(cell, row_id))
        return unknown(r, columns[0], err);
    enum tg_status status = ask(r, r->user, DB_ARGS(DB_BLOB(row_id, sizeof row_id)), &row, err);
    const unsigned char *app = NULL;
    if (!status && row)
        app = tg_packed_find(sqlite3_column_blob(r->user, 0),
                             (size_t)sqlite3_column_bytes(r->user, 0), TG_APP_NUMBER);
    if (!status && !app)
        status = unknown(r, columns[0], err);
    if (!status) {
        memcpy(pair->app, app, TG_TOKEN_LEN);
        pair->provider = sqlite3_column_int64(r->user, 1);
    }
    (void)sqlite3_reset(r->user);
    return status;
}

static enum tg_status find_person(const struct reviewing *r, const struct tg_cell *cell,
                                  struct pair *pair, struct tg_error *err)
{
    unsigned char row_id[TG_TOKEN_LEN];
    bool row;
    if (!tg_cell_token(cell, row_id))
        return unknown(r, columns[1], err);
    enum tg_status status = ask(r, r->roster, DB_ARGS(DB_BLOB(row_id, sizeof row_id)), &row, err);
    if (!status && !row)
        status = unknown(r, columns[1], err);
    if (!status) {
        pair->identity = sqlite3_column_int64(r->roster, 0);
        pair->person = sqlite3_column_int64(r->roster, 1);
    }
    (void)sqlite3_reset(r->roster);
    return status;
}

static enum tg_status read_decision(const struct reviewing *r, const struct tg_cell *cell,
                                    enum decision *out, struct tg_error *err)
{
    for (int i = 0; i < N_DECISIONS; i++) {
        if (tg_cell_is(cell, decisions[i])) {
            *out = (enum decision)i;
            return TG_OK;
        }
    }
    return TG_FAIL(err, TG_MSG_REVIEW_DECISION, .file = r->path, .line = r->line,
                   .column = columns[2]);
}

/* One user is one person, and one person one user of a provider. */
static enum tg_status check_rivals(const struct reviewing *r, const struct pair *pair,
                                   struct tg_error *err)
{
    bool row;
    enum tg_status status =
        ask(r, r->rival,
            DB_ARGS(DB_BLOB(pair->app, TG_TOKEN_LEN), DB_INT(pair->person), DB_INT(pair->provider)),
            &row, err);
    (void)sqlite3_reset(r->rival);
    if (!status && row)
        status = TG_FAIL(err, TG_MSG_REVIEW_RIVAL, .file = r->path, .line = r->line);
    return status;
}

static enum tg_status decide(const struct reviewing *r, const struct pair *pair,
                             enum decision decision, struct tg_review_counts *counts,
                             struct tg_error *err)
{
    const struct tg_db *db = &r->store->db;
    const struct tg_arg key[] = {DB_BLOB(pair->app, TG_TOKEN_LEN), DB_INT(pair->person)};
    bool known;
    enum tg_status status = ask(r, r->known, key, 2, &known, err);
    enum decision before = known && sqlite3_column_int(r->known, 0) ? SAME : DIFFERENT;
    (void)sqlite3_reset(r->known);
    if (status)
        return status;
    if (known ? before == decision : decision == UNDO) {
        counts->unchanged++;
        return TG_OK;
    }
    if (decision == SAME)
        status = check_rivals(r, pair, err);
    if (!status)
        status = tg_db_run(db, r->forget, key, 2, err);
    if (!status && decision != UNDO)
        status = tg_db_run(db, r->add,
                           DB_ARGS(DB_BLOB(pair->app, TG_TOKEN_LEN), DB_INT(pair->identity),
                                   DB_INT(pair->provider), DB_INT(decision == SAME)),
                           err);
    uint64_t *const counted[] = {&counts->same, &counts->different, &counts->undone};
    ++*counted[decision];
    return status;
}

/* A slip of the clerk's: whichever of two decisions were taken, the other was meant to count. */
static enum tg_status check_once(const struct reviewing *r, const struct pair *pair,
                                 enum decision decision, struct tg_error *err)
{
    bool row;
    int64_t person = pair->person ? pair->person : -pair->identity;
    const struct tg_arg args[] = {DB_BLOB(pair->app, TG_TOKEN_LEN), DB_INT(person),
                                  DB_INT(decision)};
    enum tg_status status = ask(r, r->said, args, 3, &row, err);
    if (!status && row && !sqlite3_column_int(r->said, 0))
        status = TG_FAIL(err, TG_MSG_REVIEW_TWICE, .file = r->path, .line = r->line);
    (void)sqlite3_reset(r->said);
    return status;
}

static enum tg_status take_rows(struct reviewing *r, struct tg_named *in,
                                struct tg_review_counts *counts, struct tg_error *err)
{
    for (;;) {
        const struct tg_cell *cells;
        bool end;
        struct pair pair = {0};
        enum decision decision = UNDO;
        enum tg_status status = tg_named_next(in, &cells, &r->line, &end, err);
        if (status || end)
            return status;
        status = find_user(r, &cells[0], &pair, err);
        if (!status)
            status = find_person(r, &cells[1], &pair, err);
        if (!status)
            status = read_decision(r, &cells[2], &decision, err);
        if (!status)
            status = check_once(r, &pair, decision, err);
        if (!status)
            status = decide(r, &pair, decision, counts, err);
        if (status)
            return status;
    }
}

static enum tg_status record(struct tg_store *store, const char *sha256,
                             const struct tg_review_counts *counts, struct tg_error *err)
{
    struct tg_buf json = {0};
    enum tg_status status = tg_json_text(&json, "decisions_sha256", sha256, TG_DIGEST_HEX, err);
    if (!status)
        status = tg_json_number(&json, "same", (int64_t)counts->same, err);
    if (!status)
        status = tg_json_number(&json, "different", (int64_t)counts->different, err);
    if (!status)
        status = tg_json_number(&json, "undone", (int64_t)counts->undone, err);
    if (!status)
        status = tg_buf_add_char(&json, '}', err);
    const char *text = status ? NULL : tg_buf_text(&json, err);
    if (!status)
        status = text ? tg_audit_add(store, "review apply", text, err) : TG_NO_MEMORY;
    tg_buf_free(&json);
    return status;
}

static enum tg_status apply(struct reviewing *r, struct tg_review_counts *counts,
                            struct tg_error *err)
{
    struct tg_digest *digest = NULL;
    struct tg_named *in = NULL;
    char sha256[TG_DIGEST_HEX + 1];
    enum tg_status status = tg_digest_new(&digest, err);
    if (!status)
        status = tg_named_open(r->path, columns, N_COLUMNS, digest, &in, err);
    if (!status)
        status = prepare(r, err);
    if (!status)
        status = take_rows(r, in, counts, err);
    if (!status) {
        tg_digest_hex(digest, sha256);
        status = record(r->store, sha256, counts, err);
    }
    finish(r);
    tg_named_close(&in);
    tg_digest_free(&digest);
    return status;
}

enum tg_status tg_review_apply(struct tg_store *store, const char *path,
                               struct tg_review_counts *counts, struct tg_error *err)
{
    struct reviewing r = {.store = store, .path = path};
    *counts = (struct tg_review_counts){0};
    enum tg_status status = tg_db_begin(&store->db, err);
    if (status)
        return status;
    status = apply(&r, counts, err);
    return tg_db_end(&store->db, status, err);
}

/* The newest month's review.csv, or that of one month. */
static enum tg_status find_list(const struct tg_store *store, int32_t month, struct tg_arena *arena,
                                char **path, char sha256[TG_DIGEST_HEX + 1], struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum tg_status status = tg_db_prepare(
        &store->db,
        "SELECT folder, sha256 FROM output WHERE name = 'review.csv' AND (?1 IS NULL OR month = ?1)"
        " ORDER BY month DESC, folder LIMIT 1",
        &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_MAYBE(month != TG_NO_MONTH, month)), err);
    if (!status)
        status = tg_db_next(&store->db, stmt, &row, err);
    if (!status && !row)
        status = TG_FAIL(err, TG_MSG_REVIEW_NO_RUN, .file = store->db.path);
    if (!status) {
        const char *folder = (const char *)sqlite3_column_text(stmt, 0);
        const char *digest = (const char *)sqlite3_column_text(stmt, 1);
        char *place = tg_path_join(arena, store->folder, folder ? folder : "", err);
        *path = place ? tg_path_join(arena, place, "review.csv", err) : NULL;
        (void)snprintf(sha256, TG_DIGEST_HEX + 1, "%s", digest ? digest : "");
        status = *path ? TG_OK : TG_NO_MEMORY;
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status put_open_pair(struct reviewing *r, const struct tg_cell *cells, size_t n,
                                    struct tg_csv_writer *w, uint64_t *written,
                                    struct tg_error *err)
{
    struct pair pair = {0};
    bool known = false;
    enum tg_status status = find_user(r, &cells[0], &pair, err);
    if (!status)
        status = find_person(r, &cells[1], &pair, err);
    if (!status)
        status = ask(r, r->known, DB_ARGS(DB_BLOB(pair.app, TG_TOKEN_LEN), DB_INT(pair.person)),
                     &known, err);
    (void)sqlite3_reset(r->known);
    if (status || known)
        return status;
    for (size_t i = 0; !status && i < n; i++)
        status = tg_csv_put(w, cells[i].data, cells[i].len, err);
    ++*written;
    return status ? status : tg_csv_end_row(w, err);
}

static const char *const listed[] = {"user_row_id", "roster_row_id", "rule", "probability"};
enum { N_LISTED = sizeof listed / sizeof listed[0] };

/* Rows go to the output as they are read; whether the file was the delivered one is known last. */
static enum tg_status copy_open(struct reviewing *r, const char *wanted_sha256,
                                struct tg_csv_writer *w, uint64_t *n, struct tg_error *err)
{
    struct tg_digest *digest = NULL;
    struct tg_named *in = NULL;
    bool end = false;
    enum tg_status status = tg_digest_new(&digest, err);
    if (!status)
        status = tg_named_open(r->path, listed, N_LISTED, digest, &in, err);
    while (!status && !end) {
        const struct tg_cell *cells;
        status = tg_named_next(in, &cells, &r->line, &end, err);
        if (!status && !end)
            status = put_open_pair(r, cells, N_LISTED, w, n, err);
    }
    if (!status) {
        char sha256[TG_DIGEST_HEX + 1];
        tg_digest_hex(digest, sha256);
        if (strcmp(sha256, wanted_sha256) != 0)
            status = TG_FAIL(err, TG_MSG_REVIEW_CHANGED, .file = r->path);
    }
    tg_named_close(&in);
    tg_digest_free(&digest);
    return status;
}

enum tg_status tg_review_list(struct tg_store *store, const char *month, const char *path,
                              bool force, uint64_t *n, struct tg_error *err)
{
    struct reviewing r = {.store = store};
    struct tg_arena arena = {0};
    struct tg_csv_writer *w = NULL;
    char sha256[TG_DIGEST_HEX + 1];
    int32_t wanted = TG_NO_MONTH;
    char *from = NULL;
    *n = 0;
    if (month && !tg_month_scan(month, strlen(month), &wanted))
        return TG_FAIL(err, TG_MSG_RUN_MONTH, .column = "--month");
    enum tg_status status = find_list(store, wanted, &arena, &from, sha256, err);
    r.path = from;
    if (!status)
        status = prepare(&r, err);
    if (!status)
        status = tg_csv_create(path, force ? TG_OUTPUT_FORCE : 0, &w, err);
    if (!status)
        status = tg_csv_put_row(w, listed, N_LISTED, err);
    if (!status)
        status = copy_open(&r, sha256, w, n, err);
    if (!status)
        status = tg_csv_commit(&w, NULL, err);
    tg_csv_discard(&w);
    finish(&r);
    tg_arena_free(&arena);
    return status;
}

enum tg_status tg_store_rulings(struct tg_store *store, tg_on_ruling *on, void *ctx,
                                struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(&store->db,
                      "SELECT t.identity_id, i.person_id, r.same FROM review_decision r"
                      " JOIN identity i ON i.id = r.identity_id"
                      " JOIN identity_token t ON t.token = ? AND t.hash = r.app"
                      " WHERE i.person_id IS NOT NULL ORDER BY 1, 2",
                      &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_INT(TG_APP_NUMBER)), err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = on(ctx, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
                        sqlite3_column_int(stmt, 2) != 0, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}
