/* SPDX-License-Identifier: Apache-2.0 */
/* Two epochs of the shared key: what tokens of the old one become under the new one. */
#include "store/bridge.h"

#include "base/reporter.h"
#include "store/importing.h"
#include "store/remap.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

enum tg_status tg_epoch_read(const struct tg_store *store, struct tg_epoch *out,
                             struct tg_error *err)
{
    char until[TG_META_SIZE];
    *out = (struct tg_epoch){0};
    enum tg_status status = tg_meta_get(&store->db, TG_META_KEY, out->key, err);
    if (!status)
        status = tg_meta_get(&store->db, TG_META_KEY_BEFORE, out->before, err);
    if (!status)
        status = tg_meta_get(&store->db, TG_META_KEY_UNTIL, until, err);
    if (!status && until[0] && !tg_month_scan(until, strlen(until), &out->until))
        return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = store->db.path, .rule = "key_until");
    return status;
}

enum tg_status tg_epoch_accepts(const struct tg_store *store, const char *path,
                                const struct tg_manifest *m, struct tg_error *err)
{
    struct tg_epoch epoch;
    int32_t period = 0;
    enum tg_status status = tg_epoch_read(store, &epoch, err);
    if (status || !epoch.key[0] || strcmp(m->key_id, epoch.key) == 0)
        return status;
    if (!epoch.before[0] || strcmp(m->key_id, epoch.before) != 0)
        return TG_FAIL(err, TG_MSG_IMPORT_KEY, .file = path);
    if (epoch.until && m->period[0] && tg_month_scan(m->period, strlen(m->period), &period) &&
        period > epoch.until)
        return TG_FAIL(err, TG_MSG_KEY_RETIRED, .file = path);
    return TG_OK;
}

enum tg_status tg_epoch_begin(struct tg_store *store, const char *key_id, struct tg_error *err)
{
    struct tg_epoch epoch;
    enum tg_status status = tg_epoch_read(store, &epoch, err);
    if (status || !epoch.before[0] || strcmp(key_id, epoch.before) != 0)
        return status;
    return tg_db_prepare(&store->db,
                         "SELECT b.new FROM token_name n JOIN bridge b ON b.token = n.id"
                         " WHERE n.name = ? AND b.old = ?",
                         &store->bridge, err);
}

void tg_epoch_end(struct tg_store *store)
{
    (void)sqlite3_finalize(store->bridge);
    store->bridge = NULL;
}

enum tg_status tg_epoch_translate(const struct tg_store *store, const char *name,
                                  unsigned char hash[TG_TOKEN_LEN], struct tg_error *err)
{
    bool found = false;
    if (!store->bridge)
        return TG_OK;
    enum tg_status status =
        tg_db_bind(&store->db, store->bridge,
                   DB_ARGS(DB_TEXT(name, strlen(name)), DB_BLOB(hash, TG_TOKEN_LEN)), err);
    if (!status)
        status = tg_db_next(&store->db, store->bridge, &found, err);
    if (!status && found && sqlite3_column_bytes(store->bridge, 0) == TG_TOKEN_LEN)
        memcpy(hash, sqlite3_column_blob(store->bridge, 0), TG_TOKEN_LEN);
    (void)sqlite3_reset(store->bridge);
    return status;
}

/* Withdrawals that the new epoch's tokens would not meet: neither bridged, nor known by its files.
 */
static const char unbridged[] =
    "SELECT count(*) FROM (SELECT DISTINCT app, provider FROM withdrawal) w"
    " WHERE (?1 = '' OR w.provider = (SELECT id FROM word WHERE text = ?1))"
    " AND NOT EXISTS (SELECT 1 FROM bridge b WHERE b.token = 1 AND b.new = w.app)"
    " AND NOT EXISTS (SELECT 1 FROM consent_row c JOIN delivery d ON d.id = c.delivery_id"
    "  WHERE c.app = w.app AND d.key_id = ?2)"
    " AND NOT EXISTS (SELECT 1 FROM identity_token t JOIN user_row u"
    "  ON u.identity_id = t.identity_id JOIN delivery d ON d.id = u.delivery_id"
    "  WHERE t.token = 1 AND t.hash = w.app AND d.key_id = ?2)";

static enum tg_status count_unbridged(const struct tg_store *store, const char *provider,
                                      const struct tg_epoch *epoch, int64_t *n,
                                      struct tg_error *err)
{
    *n = 0;
    return tg_db_number(
        &store->db, unbridged,
        DB_ARGS(DB_TEXT(provider, strlen(provider)), DB_TEXT(epoch->key, strlen(epoch->key))), n,
        err);
}

enum tg_status tg_epoch_check_withdrawals(const struct tg_store *store, const char *path,
                                          const char *provider, const char *key_id,
                                          struct tg_error *err)
{
    struct tg_epoch epoch;
    int64_t n = 0;
    enum tg_status status = tg_epoch_read(store, &epoch, err);
    if (status || !epoch.before[0] || strcmp(key_id, epoch.key) != 0)
        return status;
    status = count_unbridged(store, provider, &epoch, &n, err);
    return !status && n ? TG_FAIL(err, TG_MSG_BRIDGE_WITHDRAWALS, .file = path) : status;
}

/* A bridge on its way in. */
struct bridging {
    struct tg_store *store;
    const char *path;
    const struct tg_manifest *m;
    struct tg_token_file *file;
    const struct tg_reporter *reporter;
    enum tg_kind kind;
    int64_t delivery;
    sqlite3_stmt *row, *add, *find;
    const char *const *names;
    int64_t numbers[TG_BRIDGE_TOKENS_MAX]; /* 0: evidence, which has no one token a row */
    size_t n_names;
    struct tg_buf scratch;
    uint64_t rows, pairs;
    int64_t purged; /* rows of the delivery that are gone and have not been met yet */
};

static enum tg_status does_not_fit(const struct bridging *b, uint64_t line, struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_BRIDGE_ROW, .file = b->path, .line = line);
}

static enum tg_status find_delivery(struct bridging *b, struct tg_error *err)
{
    int32_t period = 0;
    int64_t rows = -1;
    const char *name = b->m->source;
    if (b->m->period[0] && !tg_month_scan(b->m->period, strlen(b->m->period), &period))
        return does_not_fit(b, 0, err);
    const struct tg_arg args[] = {DB_TEXT(name, strlen(name)), DB_INT(period)};
    enum tg_status status = tg_db_number(&b->store->db,
                                         "SELECT d.id FROM delivery d JOIN source s"
                                         " ON s.id = d.source_id WHERE s.name = ? AND d.period = ?",
                                         args, 2, &b->delivery, err);
    if (!status)
        status = tg_db_number(&b->store->db, "SELECT rows FROM delivery WHERE id = ?",
                              DB_ARGS(DB_INT(b->delivery)), &rows, err);
    if (!status)
        status = tg_db_number(&b->store->db, "SELECT purged FROM delivery WHERE id = ?",
                              DB_ARGS(DB_INT(b->delivery)), &b->purged, err);
    if (!status && (b->delivery == 0 || rows != (int64_t)b->m->rows))
        return TG_FAIL(err, TG_MSG_BRIDGE_DELIVERY, .file = b->path, .column = name);
    return status;
}

static enum tg_status prepare(struct bridging *b, struct tg_error *err)
{
    static const char *const rows[] = {
        [TG_KIND_ROSTER] = "SELECT i.tokens FROM roster_row r JOIN identity i"
                           " ON i.id = r.identity_id WHERE r.delivery_id = ? AND r.row_id = ?",
        [TG_KIND_USERS] = "SELECT i.tokens FROM user_row r JOIN identity i"
                          " ON i.id = r.identity_id WHERE r.delivery_id = ? AND r.row_id = ?",
        [TG_KIND_CONSENTS] = "SELECT i.tokens FROM consent_row r JOIN identity i"
                             " ON i.id = r.identity_id WHERE r.delivery_id = ? AND r.row_id = ?",
    };
    const struct tg_db *db = &b->store->db;
    enum tg_status status = tg_db_prepare(db, rows[b->kind], &b->row, err);
    /* one token has one successor, and the other way round: anything else breaks a rule */
    if (!status)
        status = tg_db_prepare(db,
                               "INSERT INTO bridge(token, old, new) VALUES(?, ?, ?)"
                               " ON CONFLICT(token, old) DO UPDATE SET new ="
                               " CASE WHEN new = excluded.new THEN new END",
                               &b->add, err);
    if (!status)
        status =
            tg_db_prepare(db, "SELECT new FROM bridge WHERE token = ? AND old = ?", &b->find, err);
    b->names = tg_token_file_tokens(b->file, &b->n_names);
    if (!status && b->n_names > TG_BRIDGE_TOKENS_MAX)
        return does_not_fit(b, 0, err);
    for (size_t i = 0; !status && i < b->n_names; i++) {
        const struct tg_token_def *def = tg_token_def_find(b->store->study, b->names[i]);
        if (!def || !def->evidence)
            status = tg_token_number(db, b->names[i], &b->numbers[i], err);
    }
    return status;
}

static enum tg_status add_pair(struct bridging *b, int64_t token, const unsigned char *old,
                               const unsigned char *new_hash, uint64_t line, struct tg_error *err)
{
    if (memcmp(old, new_hash, TG_TOKEN_LEN) == 0)
        return TG_OK;
    b->pairs++;
    enum tg_status status = tg_db_run(
        &b->store->db, b->add,
        DB_ARGS(DB_INT(token), DB_BLOB(old, TG_TOKEN_LEN), DB_BLOB(new_hash, TG_TOKEN_LEN)), err);
    bool rule = (sqlite3_extended_errcode(b->store->db.handle) & 0xFF) == SQLITE_CONSTRAINT;
    return status && rule ? does_not_fit(b, line, err) : status;
}

/* The row's tokens beside those that the store has of it. */
static enum tg_status take_row(struct bridging *b, const struct tg_token_row *row,
                               struct tg_error *err)
{
    const struct tg_db *db = &b->store->db;
    bool found = false;
    b->rows++;
    enum tg_status status = tg_db_bind(
        db, b->row, DB_ARGS(DB_INT(b->delivery), DB_BLOB(row->row_id, TG_TOKEN_LEN)), err);
    if (!status)
        status = tg_db_next(db, b->row, &found, err);
    if (!status && !found && b->purged-- > 0) {
        (void)sqlite3_reset(b->row);
        return TG_OK;
    }
    if (!status && !found)
        status = does_not_fit(b, row->line, err);
    const unsigned char *packed = found ? sqlite3_column_blob(b->row, 0) : NULL;
    size_t len = found ? (size_t)sqlite3_column_bytes(b->row, 0) : 0;
    for (size_t i = 0; !status && i < b->n_names; i++) {
        unsigned char hash[TG_TOKEN_LEN];
        const struct tg_token_cell *cell = &row->tokens[i];
        if (b->numbers[i] == 0)
            continue;
        const unsigned char *old = tg_packed_find(packed, len, (unsigned)b->numbers[i]);
        if ((cell->n == 1) != (old != NULL))
            status = does_not_fit(b, row->line, err);
        if (status || !old)
            continue;
        status = tg_store_hash(b->store, b->names[i], cell->tokens[0], &b->scratch, hash, err);
        if (!status)
            status = add_pair(b, b->numbers[i], old, hash, row->line, err);
    }
    (void)sqlite3_reset(b->row);
    return status;
}

static enum tg_status take_rows(struct bridging *b, struct tg_error *err)
{
    enum { BETWEEN_REPORTS = 8192 };
    const struct tg_token_row *row = NULL;
    bool end = false;
    enum tg_status status = TG_OK;
    while (!status && !end) {
        status = tg_token_file_next(b->file, &row, &end, err);
        if (!status && !end)
            status = take_row(b, row, err);
        if (!status && b->rows % BETWEEN_REPORTS == 0)
            status = tg_progress(b->reporter, "bridge", b->rows, b->m->rows, err);
    }
    return status;
}

static enum tg_status successor(void *ctx, int64_t token, const unsigned char hash[TG_TOKEN_LEN],
                                unsigned char out[TG_TOKEN_LEN], struct tg_error *err)
{
    struct bridging *b = ctx;
    bool found = false;
    memcpy(out, hash, TG_TOKEN_LEN);
    enum tg_status status = tg_db_bind(&b->store->db, b->find,
                                       DB_ARGS(DB_INT(token), DB_BLOB(hash, TG_TOKEN_LEN)), err);
    if (!status)
        status = tg_db_next(&b->store->db, b->find, &found, err);
    if (!status && found)
        memcpy(out, sqlite3_column_blob(b->find, 0), TG_TOKEN_LEN);
    (void)sqlite3_reset(b->find);
    return status;
}

static enum tg_status switch_keys(struct bridging *b, struct tg_error *err)
{
    const struct tg_db *db = &b->store->db;
    enum tg_status status = tg_meta_set(db, TG_META_KEY_BEFORE, b->m->row_key_id, err);
    if (!status)
        status = tg_meta_set(db, TG_META_KEY, b->m->key_id, err);
    return status ? status : tg_meta_set(db, TG_META_KEY_UNTIL, b->m->overlap_until, err);
}

static enum tg_status audit(struct tg_store *store, const char *verb, const char *const *names,
                            const char *const *texts, size_t n, uint64_t number,
                            struct tg_error *err)
{
    struct tg_buf json = {0};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++)
        status = tg_json_text(&json, names[i], texts[i], strlen(texts[i]), err);
    if (!status)
        status = tg_json_number(&json, "n", (int64_t)number, err);
    if (!status)
        status = tg_buf_add_char(&json, '}', err);
    const char *detail = status ? NULL : tg_buf_text(&json, err);
    if (!status)
        status = detail ? tg_audit_add(store, verb, detail, err) : TG_NO_MEMORY;
    tg_buf_free(&json);
    return status;
}

static enum tg_status write_audit(struct bridging *b, struct tg_error *err)
{
    const char *const names[] = {"source", "period", "sha256", "key_id", "before", "until"};
    const char *const texts[] = {b->m->source, b->m->period,     b->m->sha256,
                                 b->m->key_id, b->m->row_key_id, b->m->overlap_until};
    return audit(b->store, "bridge", names, texts, sizeof names / sizeof names[0], b->pairs, err);
}

static enum tg_status in_transaction(struct bridging *b, struct tg_error *err)
{
    const struct tg_remap remap = {successor, NULL, b, false};
    enum tg_status status = find_delivery(b, err);
    if (!status)
        status = prepare(b, err);
    if (!status)
        status = take_rows(b, err);
    if (!status && b->pairs)
        status = tg_remap_all(b->store, &remap, b->reporter, err);
    if (!status)
        status = switch_keys(b, err);
    return status ? status : write_audit(b, err);
}

/* Of this store's epoch, or of the one that begins now. */
static enum tg_status check_epoch(struct bridging *b, struct tg_error *err)
{
    struct tg_epoch epoch;
    enum tg_status status = tg_epoch_read(b->store, &epoch, err);
    if (status)
        return status;
    if (!b->m->row_key_id[0])
        return TG_FAIL(err, TG_MSG_BRIDGE_NONE, .file = b->path);
    bool first = !epoch.before[0] && strcmp(b->m->row_key_id, epoch.key) == 0;
    bool more = epoch.before[0] && strcmp(b->m->row_key_id, epoch.before) == 0 &&
                strcmp(b->m->key_id, epoch.key) == 0;
    if (!first && !more)
        return TG_FAIL(err, TG_MSG_BRIDGE_KEY, .file = b->path);
    b->kind = tg_token_file_kind(b->file);
    return tg_kind_has_row_id(b->kind) ? TG_OK : TG_FAIL(err, TG_MSG_BRIDGE_NONE, .file = b->path);
}

static enum tg_status bridge_file(struct bridging *b, struct tg_error *err)
{
    const struct tg_db *db = &b->store->db;
    b->m = tg_token_file_manifest(b->file);
    enum tg_status status = tg_store_same_tokens(b->store, b->path, b->m, err);
    if (!status)
        status = check_epoch(b, err);
    if (!status)
        status = tg_db_exec(db, "PRAGMA temp_store=FILE", err);
    if (!status)
        status = tg_db_begin(db, err);
    if (status)
        return status;
    status = in_transaction(b, err);
    (void)sqlite3_finalize(b->row);
    (void)sqlite3_finalize(b->add);
    (void)sqlite3_finalize(b->find);
    status = tg_db_end(db, status, err);
    (void)sqlite3_exec(db->handle, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
    return status;
}

enum tg_status tg_import_bridge(struct tg_store *store, const char *token_path,
                                const struct tg_reporter *reporter, struct tg_bridge_result *result,
                                struct tg_error *err)
{
    struct bridging b = {.store = store, .path = token_path, .reporter = reporter};
    struct tg_epoch epoch;
    enum tg_status status = tg_token_file_open(token_path, store->study, &b.file, err);
    if (!status)
        status = bridge_file(&b, err);
    tg_buf_free(&b.scratch);
    tg_token_file_close(&b.file);
    if (!status)
        status = tg_epoch_read(store, &epoch, err);
    *result = (struct tg_bridge_result){.rows = b.rows, .tokens = b.pairs};
    int64_t left = 0;
    if (!status)
        status = count_unbridged(store, "", &epoch, &left, err);
    result->withdrawals_left = (uint64_t)left;
    return status;
}

static enum tg_status retire(struct tg_store *store, const struct tg_epoch *epoch, int64_t left,
                             struct tg_error *err)
{
    const char *const names[] = {"key_id", "before"}, *const texts[] = {epoch->key, epoch->before};
    const struct tg_db *db = &store->db;
    enum tg_status status = tg_db_exec(db, "DELETE FROM bridge", err);
    if (!status)
        status = tg_meta_set(db, TG_META_KEY_BEFORE, "", err);
    if (!status)
        status = tg_meta_set(db, TG_META_KEY_UNTIL, "", err);
    return status ? status : audit(store, "key retire", names, texts, 2, (uint64_t)left, err);
}

enum tg_status tg_store_retire_key(struct tg_store *store, bool force, struct tg_error *err)
{
    struct tg_epoch epoch;
    int64_t left = 0;
    enum tg_status status = tg_epoch_read(store, &epoch, err);
    if (!status && !epoch.before[0])
        return TG_FAIL(err, TG_MSG_RETIRE_NONE, .file = store->db.path);
    if (!status)
        status = count_unbridged(store, "", &epoch, &left, err);
    if (!status && left && !force)
        return TG_FAIL(err, TG_MSG_RETIRE_WITHDRAWALS, .file = store->db.path);
    if (!status)
        status = tg_db_begin(&store->db, err);
    return status ? status : tg_db_end(&store->db, retire(store, &epoch, left, err), err);
}
