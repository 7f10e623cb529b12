/* SPDX-License-Identifier: Apache-2.0 */
#include "store/person.h"
#include "store/ties.h"
#include "store/room.h"
#include "table/csv.h"
#include "text/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everybody who is the person now, was it, or became somebody else from it. */
static const char gather[] =
    "CREATE TEMP TABLE IF NOT EXISTS told(identity_id INTEGER PRIMARY KEY);"
    "DELETE FROM temp.told";
static const char gather_members[] =
    "INSERT OR IGNORE INTO temp.told SELECT id FROM identity WHERE id = ?1 AND person_id = ?1"
    " UNION SELECT id FROM identity WHERE person_id = ?1 AND person_id <> id"
    " UNION SELECT identity_id FROM person_change WHERE from_person = ?1 OR to_person = ?1";

/* Columns: person, source, row id, token, its hash, month; a line for each token and month. */
static const char tokens[] =
    "SELECT coalesce(i.person_id, 0), s.name, n.name, t.hash, d.period, max(r.row_id)"
    " FROM source s JOIN delivery d ON d.source_id = s.id"
    " JOIN roster_row r ON r.delivery_id = d.id JOIN temp.told x ON x.identity_id = r.identity_id"
    " JOIN identity i ON i.id = r.identity_id"
    " JOIN identity_token t ON t.identity_id = i.id JOIN token_name n ON n.id = t.token"
    " WHERE s.kind = 'roster' GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5";

static const char moves[] =
    "SELECT c.from_person, c.to_person, coalesce(s.name, ''), coalesce(c.period, 0),"
    " coalesce(a.at, ''), coalesce(a.verb, ''), count(*) FROM person_change c"
    " LEFT JOIN source s ON s.id = c.source_id LEFT JOIN audit a ON a.seq = c.audit"
    " WHERE c.identity_id IN (SELECT identity_id FROM temp.told)"
    " GROUP BY c.audit, c.from_person, c.to_person, c.source_id, c.period ORDER BY min(c.id)";

/* Columns: person, rule, source and period of the file that brought it, token, hash, when, verb,
 * and the newest row of who was joined. */
static const char bridges[] =
    "SELECT coalesce(i.person_id, 0), b.rule, coalesce(f.name, ''), coalesce(b.period, 0),"
    " coalesce(n.name, ''), b.hash, coalesce(a.at, ''), coalesce(a.verb, ''),"
    " substr(max(printf('%08d', d.period) || lower(hex(r.row_id))), 9)"
    " FROM source s JOIN delivery d ON d.source_id = s.id"
    " JOIN roster_row r ON r.delivery_id = d.id JOIN temp.told x ON x.identity_id = r.identity_id"
    " JOIN identity i ON i.id = r.identity_id JOIN person_bridge b ON b.identity_id = i.id"
    " LEFT JOIN token_name n ON n.id = b.token LEFT JOIN source f ON f.id = b.source_id"
    " LEFT JOIN audit a ON a.seq = b.audit"
    " WHERE s.kind = 'roster' GROUP BY b.id ORDER BY b.rule, 5, b.hash, 9";

static const char has_bridges[] = "SELECT EXISTS (SELECT 1 FROM person_bridge b JOIN temp.told x"
                                  " ON x.identity_id = b.identity_id)";

struct telling {
    struct tg_store *store;
    struct tg_csv_writer *csv;
    struct tg_buf months; /* of the token at hand */
    char key[256];        /* which it is */
    int64_t person;
    char source[TG_META_SIZE], token[TG_META_SIZE], mark[9], row[2 * TG_TOKEN_LEN + 1];
    int32_t from, to;
};

static const char *text_at(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    return text ? text : "";
}

static enum tg_status add_stretch(struct telling *t, struct tg_error *err)
{
    char from[8] = "-", to[8] = "-";
    if (t->from)
        tg_month_format(t->from, from);
    if (t->to)
        tg_month_format(t->to, to);
    const char *space = t->months.len ? " " : "";
    if (t->from == t->to)
        return tg_buf_printf(&t->months, err, "%s%s", space, from);
    return tg_buf_printf(&t->months, err, "%s%s..%s", space, from, to);
}

static enum tg_status put_token(struct telling *t, struct tg_error *err)
{
    if (!t->key[0])
        return TG_OK;
    enum tg_status status = add_stretch(t, err);
    const char *months = status ? NULL : tg_buf_text(&t->months, err);
    char person[24];
    (void)snprintf(person, sizeof person, "%lld", (long long)t->person);
    const char *cells[] = {person, "token", t->source, t->row, t->token, t->mark,
                           months, "",      "",        "",     ""};
    t->key[0] = '\0';
    status =
        months ? tg_csv_put_row(t->csv, cells, sizeof cells / sizeof cells[0], err) : TG_NO_MEMORY;
    t->months.len = 0;
    return status;
}

static enum tg_status take_token(struct telling *t, sqlite3_stmt *stmt, struct tg_error *err)
{
    char key[sizeof t->key], hash[2 * TG_TOKEN_LEN + 1] = "";
    int32_t period = sqlite3_column_int(stmt, 4);
    enum tg_status status = TG_OK;
    if (sqlite3_column_bytes(stmt, 3) == TG_TOKEN_LEN)
        tg_hex_encode(sqlite3_column_blob(stmt, 3), TG_TOKEN_LEN, hash);
    (void)snprintf(key, sizeof key, "%lld %s %s %s", (long long)sqlite3_column_int64(stmt, 0),
                   text_at(stmt, 1), text_at(stmt, 2), hash);
    if (strcmp(key, t->key) != 0) {
        status = put_token(t, err);
        memcpy(t->key, key, sizeof key);
        t->person = sqlite3_column_int64(stmt, 0);
        (void)snprintf(t->source, sizeof t->source, "%s", text_at(stmt, 1));
        (void)snprintf(t->token, sizeof t->token, "%s", text_at(stmt, 2));
        (void)snprintf(t->mark, sizeof t->mark, "%.8s", hash);
        t->from = t->to = period;
    } else if (period == t->to + 1) {
        t->to = period;
    } else {
        status = add_stretch(t, err);
        t->from = t->to = period;
    }
    if (sqlite3_column_bytes(stmt, 5) == TG_TOKEN_LEN)
        tg_hex_encode(sqlite3_column_blob(stmt, 5), TG_TOKEN_LEN, t->row);
    t->row[2 * TG_TOKEN_LEN] = '\0';
    return status;
}

static enum tg_status put_move(struct telling *t, sqlite3_stmt *stmt, struct tg_error *err)
{
    char period[8] = "";
    if (sqlite3_column_int(stmt, 3))
        tg_month_format(sqlite3_column_int(stmt, 3), period);
    const char *cells[] = {
        text_at(stmt, 1), "moved",          text_at(stmt, 2), "", "", "", period, text_at(stmt, 0),
        text_at(stmt, 1), text_at(stmt, 4), text_at(stmt, 5)};
    return tg_csv_put_row(t->csv, cells, sizeof cells / sizeof cells[0], err);
}

static enum tg_status put_bridge(struct telling *t, sqlite3_stmt *stmt, struct tg_error *err)
{
    static const char *const facts[] = {
        [TG_TIE_NAME] = "bridge_name",    [TG_TIE_BIRTHDAY] = "bridge_birthday",
        [TG_TIE_DAYS] = "bridge_days",    [TG_TIE_UNDECIDED] = "no_bridge",
        [TG_TIE_NAMESAKES] = "no_bridge", [TG_TIE_WRITTEN] = "no_bridge",
        [TG_TIE_TOGETHER] = "no_bridge"};
    enum { N_FACTS = sizeof facts / sizeof facts[0] };
    char period[8] = "", mark[2 * TG_TOKEN_LEN + 1] = "";
    int rule = sqlite3_column_int(stmt, 1);
    if (sqlite3_column_int(stmt, 3))
        tg_month_format(sqlite3_column_int(stmt, 3), period);
    if (sqlite3_column_bytes(stmt, 5) == TG_TOKEN_LEN)
        tg_hex_encode(sqlite3_column_blob(stmt, 5), TG_TOKEN_LEN, mark);
    mark[8] = '\0';
    const char *fact = rule > 0 && rule < N_FACTS ? facts[rule] : "";
    const char *cells[] = {text_at(stmt, 0),
                           fact,
                           text_at(stmt, 2),
                           text_at(stmt, 8),
                           text_at(stmt, 4),
                           mark,
                           period,
                           "",
                           "",
                           text_at(stmt, 6),
                           text_at(stmt, 7)};
    return tg_csv_put_row(t->csv, cells, sizeof cells / sizeof cells[0], err);
}

typedef enum tg_status put_line(struct telling *t, sqlite3_stmt *stmt, struct tg_error *err);

static enum tg_status put_lines(struct telling *t, const char *sql, put_line *put,
                                struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(&t->store->db, sql, &stmt, err);
    while (!status && row) {
        status = tg_db_next(&t->store->db, stmt, &row, err);
        if (!status && row)
            status = put(t, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status tell(struct telling *t, int64_t person, struct tg_error *err)
{
    const struct tg_db *db = &t->store->db;
    enum tg_status status = tg_db_exec(db, gather, err);
    if (!status)
        status = tg_db_once(db, gather_members, DB_ARGS(DB_INT(person)), err);
    if (!status)
        status = put_lines(t, tokens, take_token, err);
    if (!status)
        status = put_token(t, err);
    int64_t bridged = 0;
    if (!status)
        status = tg_db_number(db, has_bridges, DB_NO_ARGS, &bridged, err);
    if (!status && bridged)
        status = put_lines(t, bridges, put_bridge, err);
    if (!status)
        status = put_lines(t, moves, put_move, err);
    return status ? status : tg_db_exec(db, "DELETE FROM temp.told", err);
}

enum tg_status tg_person_history(struct tg_store *store, const char *named, const char *month,
                                 const char *recipient, const char *path, bool force,
                                 struct tg_error *err)
{
    static const char *const header[] = {"person",    "fact", "source", "row_id",
                                         "token",     "mark", "months", "from_person",
                                         "to_person", "at",   "verb"};
    struct telling t = {.store = store};
    struct tg_named_row row = {0, 0};
    enum tg_status status;
    if (month)
        status = tg_subject_find(store, named, month, recipient ? recipient : "evaluator",
                                 &row.person, err);
    else
        status = tg_named_row_find(store, named, &row, err);
    if (!status)
        status = tg_csv_create(path, force ? TG_OUTPUT_FORCE : 0, &t.csv, err);
    if (!status)
        status = tg_csv_put_row(t.csv, header, sizeof header / sizeof header[0], err);
    if (!status)
        status = tell(&t, row.person, err);
    if (!status)
        status = tg_csv_commit(&t.csv, NULL, err);
    tg_csv_discard(&t.csv);
    tg_buf_free(&t.months);
    return status;
}
