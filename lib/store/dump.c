/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pack.h"
#include "store/query.h"
#include "store/room.h"
#include "sys/file.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/*
 * Numbers that depend on the order of import are not written: identities are told by their digest,
 * texts by themselves, a person by the first of its identities. Everything else is ordered by what
 * the files say.
 */
struct dump {
    struct tg_store *store;
    struct tg_output *out;
    struct tg_buf line;
    struct tg_word_list words;
    int64_t *first; /* by person: the identity that stands for it; 0: none yet */
    size_t n_first;
};

static enum tg_status flush(struct dump *d, struct tg_error *err)
{
    enum tg_status status = tg_buf_add_char(&d->line, '\n', err);
    if (!status)
        status = tg_output_write(d->out, d->line.data, d->line.len, err);
    d->line.len = 0;
    return status;
}

static enum tg_status add_cell(struct dump *d, sqlite3_stmt *stmt, int column, struct tg_error *err)
{
    char hex[2 * TG_DIGEST_LEN + 1];
    int len = sqlite3_column_bytes(stmt, column);
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_BLOB:
        if (len > TG_DIGEST_LEN)
            return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .rule = "a key that is too long");
        tg_hex_encode(sqlite3_column_blob(stmt, column), (size_t)len, hex);
        return tg_buf_add(&d->line, hex, 2 * (size_t)len, err);
    case SQLITE_NULL:
        return TG_OK;
    default:
        return tg_buf_add(&d->line, sqlite3_column_text(stmt, column), (size_t)len, err);
    }
}

/* A line for each row: a word, then the columns, with tabs between. */
static enum tg_status put_rows(struct dump *d, const char *what, const char *sql,
                               const struct tg_arg *args, size_t n, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(&d->store->db, sql, &stmt, err);
    if (!status)
        status = tg_db_bind(&d->store->db, stmt, args, n, err);
    while (!status && row) {
        status = tg_db_next(&d->store->db, stmt, &row, err);
        if (status || !row)
            break;
        status = tg_buf_printf(&d->line, err, "%s", what);
        for (int c = 0; !status && c < sqlite3_column_count(stmt); c++) {
            status = tg_buf_add_char(&d->line, '\t', err);
            if (!status)
                status = add_cell(d, stmt, c, err);
        }
        if (!status)
            status = flush(d, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

/* Columns: source, period, digest, blob. */
static enum tg_status put_events(struct dump *d, sqlite3_stmt *stmt, struct tg_error *err)
{
    const unsigned char *blob = sqlite3_column_blob(stmt, 3);
    struct tg_unpack in = {blob, blob + sqlite3_column_bytes(stmt, 3)};
    struct tg_packed_event e;
    enum tg_status status = TG_OK;
    while (!status && in.at < in.end) {
        if (!tg_unpack_event(&in, &e))
            return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .rule = "table event_run");
        status = tg_buf_printf(&d->line, err, "event");
        for (int c = 0; !status && c < 3; c++) {
            status = tg_buf_add_char(&d->line, '\t', err);
            if (!status)
                status = add_cell(d, stmt, c, err);
        }
        if (!status)
            status = tg_buf_printf(&d->line, err, "\t%d\t%s\t%lld\t%s", (int)e.month,
                                   tg_word_text(&d->words, e.code), (long long)e.yen,
                                   tg_word_text(&d->words, e.attributes));
        if (!status)
            status = flush(d, err);
    }
    return status;
}

static enum tg_status put_measures(struct dump *d, sqlite3_stmt *stmt, struct tg_error *err)
{
    const unsigned char *blob = sqlite3_column_blob(stmt, 3);
    struct tg_unpack in = {blob, blob + sqlite3_column_bytes(stmt, 3)};
    uint64_t day, attributes, n, word;
    double value = 0;
    enum tg_status status = TG_OK;
    while (!status && in.at < in.end) {
        if (!tg_unpack_number(&in, &day) || !tg_unpack_number(&in, &attributes) ||
            !tg_unpack_number(&in, &n))
            return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .rule = "table measure_run");
        status = tg_buf_printf(&d->line, err, "measure");
        for (int c = 0; !status && c < 3; c++) {
            status = tg_buf_add_char(&d->line, '\t', err);
            if (!status)
                status = add_cell(d, stmt, c, err);
        }
        if (!status)
            status = tg_buf_printf(&d->line, err, "\t%llu\t%s", (unsigned long long)day,
                                   tg_word_text(&d->words, (int64_t)attributes));
        for (; !status && n > 0; n--) {
            if (!tg_unpack_number(&in, &word) || !tg_unpack_real(&in, &value))
                return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .rule = "table measure_run");
            status = tg_buf_printf(&d->line, err, "\t%s=%.17g",
                                   tg_word_text(&d->words, (int64_t)word), value);
        }
        if (!status)
            status = flush(d, err);
    }
    return status;
}

typedef enum tg_status put_run(struct dump *d, sqlite3_stmt *stmt, struct tg_error *err);

/* In the order of the file, which is that of its rows as bytes. */
static enum tg_status put_runs(struct dump *d, const char *sql, put_run *put, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(&d->store->db, sql, &stmt, err);
    while (!status && row) {
        status = tg_db_next(&d->store->db, stmt, &row, err);
        if (!status && row)
            status = put(d, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

/* Identities of rosters that have rows, each with the one that stands for its person and the one
 * that stands for its conflict. */
static enum tg_status put_persons(struct dump *d, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    int64_t last = 0;
    enum tg_status status = tg_db_number(&d->store->db, "SELECT coalesce(max(id), 0) FROM identity",
                                         DB_NO_ARGS, &last, err);
    if (status)
        return status;
    d->n_first = (size_t)last + 1;
    d->first = tg_calloc(2 * d->n_first, sizeof *d->first, err);
    if (!d->first)
        return TG_NO_MEMORY;
    status = tg_db_prepare(&d->store->db,
                           "SELECT i.id, coalesce(i.person_id, 0), coalesce(i.conflict, 0), s.name,"
                           " i.digest, i.seen_from FROM identity i JOIN source s"
                           " ON s.id = i.source_id WHERE s.kind = 'roster'"
                           " AND i.seen_from IS NOT NULL ORDER BY s.name, i.digest",
                           &stmt, err);
    for (int64_t at = 1; !status && row; at++) {
        status = tg_db_next(&d->store->db, stmt, &row, err);
        if (status || !row)
            break;
        size_t person = (size_t)sqlite3_column_int64(stmt, 1);
        size_t conflict = d->n_first + (size_t)sqlite3_column_int64(stmt, 2);
        if (person && !d->first[person])
            d->first[person] = at;
        if (conflict > d->n_first && !d->first[conflict])
            d->first[conflict] = at;
        status = tg_buf_printf(&d->line, err, "person");
        for (int c = 3; !status && c < 6; c++) {
            status = tg_buf_add_char(&d->line, '\t', err);
            if (!status)
                status = add_cell(d, stmt, c, err);
        }
        if (!status)
            status = tg_buf_printf(&d->line, err, "\t%lld\t%lld", (long long)d->first[person],
                                   (long long)d->first[conflict]);
        if (!status)
            status = flush(d, err);
    }
    (void)sqlite3_finalize(stmt);
    free(d->first);
    return status;
}

static const struct {
    const char *what, *sql;
} tables[] = {
    {"setting", "SELECT name, value FROM meta WHERE name IN ('" TG_META_STUDY "',"
                " '" TG_META_SITE_KEY "', '" TG_META_DIGEST "', '" TG_META_NORMALIZER "',"
                " '" TG_META_KEY "') ORDER BY name"},
    {"delivery", "SELECT s.name, d.period, s.kind, s.provider, d.sha256, d.rows, d.purged,"
                 " d.first_month, d.last_month FROM delivery d JOIN source s ON s.id = d.source_id"
                 " ORDER BY s.name, d.period"},
    {"roster", "SELECT s.name, d.period, r.row_id, i.digest, i.birth_month, i.sex, w.text,"
               " r.enrolled_from, r.enrolled_to, a.text FROM source s"
               " JOIN delivery d ON d.source_id = s.id JOIN roster_row r ON r.delivery_id = d.id"
               " JOIN identity i ON i.id = r.identity_id LEFT JOIN word w ON w.id = r.district"
               " LEFT JOIN word a ON a.id = r.attributes ORDER BY s.name, d.period, r.row_id"},
    {"user", "SELECT s.name, d.period, u.row_id, i.digest, i.birth_month, i.sex, u.registered_on,"
             " a.text FROM source s JOIN delivery d ON d.source_id = s.id"
             " JOIN user_row u ON u.delivery_id = d.id JOIN identity i ON i.id = u.identity_id"
             " LEFT JOIN word a ON a.id = u.attributes ORDER BY s.name, d.period, u.row_id"},
    {"consent", "SELECT s.name, d.period, c.row_id, c.app, v.text, p.text, f.text, m.text,"
                " c.granted_on, c.withdrawn_on, a.text FROM source s"
                " JOIN delivery d ON d.source_id = s.id JOIN consent_row c ON c.delivery_id = d.id"
                " JOIN word v ON v.id = c.provider JOIN word p ON p.id = c.purpose"
                " LEFT JOIN word f ON f.id = c.form LEFT JOIN word m ON m.id = c.method"
                " LEFT JOIN word a ON a.id = c.attributes ORDER BY s.name, d.period, c.row_id"},
    {"withdrawal", "SELECT w.app, v.text, p.text, w.withdrawn_on, s.name, w.period, w.row_id,"
                   " w.sha256, f.text, m.text FROM withdrawal w JOIN word v ON v.id = w.provider"
                   " JOIN word p ON p.id = w.purpose LEFT JOIN source s ON s.id = w.source"
                   " LEFT JOIN word f ON f.id = w.form LEFT JOIN word m ON m.id = w.method"
                   " ORDER BY 1, 2, 3, 4, 5, 6, 7"},
    {"decision", "SELECT r.app, i.digest, r.same FROM review_decision r JOIN identity i"
                 " ON i.id = r.identity_id ORDER BY 1, 2"},
    {"apart", "SELECT n.name, t.hash, s.name, i.digest, t.side FROM person_apart t"
              " JOIN token_name n ON n.id = t.token JOIN identity i ON i.id = t.identity_id"
              " JOIN source s ON s.id = i.source_id ORDER BY 1, 2, 3, 4"},
    {"two", "SELECT t.audit, s.name, i.digest, t.side FROM person_two t"
            " JOIN identity i ON i.id = t.identity_id JOIN source s ON s.id = i.source_id"
            " ORDER BY 1, 2, 3"},
    {"joined", "SELECT t.audit, t.side, s.name, i.digest FROM person_joined t"
               " JOIN identity i ON i.id = t.identity_id JOIN source s ON s.id = i.source_id"
               " ORDER BY 1, 2, 3, 4"},
    {"enrolled", "SELECT s.name, i.digest, i.seen_from, i.seen_to, i.enrolled_from, i.enrolled_to"
                 " FROM identity i JOIN source s ON s.id = i.source_id WHERE s.kind = 'roster'"
                 " AND i.seen_from IS NOT NULL ORDER BY 1, 2"},
    {"death", "SELECT s.name, i.digest, i.death FROM identity i JOIN source s"
              " ON s.id = i.source_id WHERE s.kind = 'roster' AND i.seen_from IS NOT NULL"
              " AND i.death <> 0 ORDER BY 1, 2"},
    {"loss", "SELECT s.name, d.period, r.row_id, r.death FROM source s"
             " JOIN delivery d ON d.source_id = s.id JOIN roster_row r ON r.delivery_id = d.id"
             " WHERE r.death IS NOT NULL ORDER BY 1, 2, 3"},
    {"bridge", "SELECT b.rule, n.name, b.hash, s.name, i.digest FROM person_bridge b"
               " JOIN identity i ON i.id = b.identity_id JOIN source s ON s.id = i.source_id"
               " LEFT JOIN token_name n ON n.id = b.token ORDER BY 1, 2, 3, 4, 5"},
    {"shared", "SELECT n.name, t.hash, s.name, d.period FROM shared_token t"
               " JOIN token_name n ON n.id = t.token JOIN delivery d ON d.id = t.delivery_id"
               " JOIN source s ON s.id = d.source_id ORDER BY 1, 2, 3, 4"},
};

static enum tg_status put_all(struct dump *d, struct tg_error *err)
{
    enum tg_status status = tg_word_list_load(&d->store->db, "SELECT id FROM word", &d->words, err);
    for (size_t i = 0; !status && i < sizeof tables / sizeof tables[0]; i++)
        status = put_rows(d, tables[i].what, tables[i].sql, NULL, 0, err);
    if (!status)
        status = put_persons(d, err);
    if (!status)
        status = put_runs(d,
                          "SELECT s.name, d.period, i.digest, r.events FROM source s"
                          " JOIN delivery d ON d.source_id = s.id JOIN event_run r ON"
                          " r.id BETWEEN d.first_run AND d.last_run AND r.delivery_id = d.id"
                          " JOIN identity i ON i.id = r.identity_id WHERE s.kind = 'events'"
                          " ORDER BY s.name, d.period, r.id",
                          put_events, err);
    if (!status)
        status = put_runs(d,
                          "SELECT s.name, d.period, i.digest, r.measures FROM source s"
                          " JOIN delivery d ON d.source_id = s.id JOIN measure_run r ON"
                          " r.id BETWEEN d.first_run AND d.last_run AND r.delivery_id = d.id"
                          " JOIN identity i ON i.id = r.identity_id WHERE s.kind = 'measures'"
                          " ORDER BY s.name, d.period, r.id",
                          put_measures, err);
    return status;
}

enum tg_status tg_store_dump(struct tg_store *store, const char *path, bool force,
                             struct tg_error *err)
{
    struct dump d = {.store = store};
    enum tg_status status = tg_output_begin(path, force ? TG_OUTPUT_FORCE : 0, &d.out, err);
    if (!status)
        status = put_all(&d, err);
    if (!status)
        status = tg_output_commit(&d.out, err);
    tg_output_discard(&d.out);
    tg_buf_free(&d.line);
    tg_word_list_free(&d.words);
    return status;
}
