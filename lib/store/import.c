/* SPDX-License-Identifier: Apache-2.0 */
#include "store/bridge.h"
#include "store/enrolled.h"
#include "store/importing.h"
#include "store/ahead.h"
#include "store/ties.h"

#include "base/reporter.h"
#include "text/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct tg_kind_table kinds[] = {
    {.kind = TG_KIND_ROSTER,
     .table = "roster_row",
     .insert = "INSERT INTO roster_row SELECT ?2, b, c, d, e, f, g, h FROM feed(?1)",
     .row = tg_import_roster},
    {.kind = TG_KIND_USERS,
     .table = "user_row",
     .insert = "INSERT INTO user_row SELECT ?2, b, c, d, e FROM feed(?1)",
     .row = tg_import_user},
    {.kind = TG_KIND_CONSENTS,
     .table = "consent_row",
     .insert = "INSERT INTO consent_row SELECT ?2, b, c, d, e, f, g, h, i, j, k FROM feed(?1)",
     .row = tg_import_consent},
    {.kind = TG_KIND_EVENTS,
     .table = "event_run",
     .in_runs = true,
     .insert = "INSERT INTO event_run(id, delivery_id, identity_id, n, events)"
               " SELECT a, ?2, b, c, d FROM feed(?1)",
     .row = tg_import_event,
     .end = tg_import_end_run},
    {.kind = TG_KIND_MEASURES,
     .table = "measure_run",
     .in_runs = true,
     .insert = "INSERT INTO measure_run(id, delivery_id, identity_id, n, measures, first_day)"
               " SELECT a, ?2, b, c, d, e FROM feed(?1)",
     .row = tg_import_measure,
     .end = tg_import_end_run},
};

const struct tg_kind_table *tg_kind_table(enum tg_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].kind == kind)
            return &kinds[i];
    }
    return NULL;
}

/* What all files of a store have in common is what the first one had. */
enum tg_status tg_store_same_tokens(const struct tg_store *store, const char *path,
                                    const struct tg_manifest *manifest, struct tg_error *err)
{
    const struct {
        const char *name, *value;
        enum tg_message message;
    } rules[] = {
        {TG_META_DIGEST, manifest->study_digest, TG_MSG_IMPORT_DIGEST},
        {TG_META_NORMALIZER, manifest->normalizer, TG_MSG_IMPORT_NORMALIZER},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        char known[TG_META_SIZE];
        enum tg_status status = tg_meta_get(&store->db, rules[i].name, known, err);
        if (status)
            return status;
        if (known[0] && strcmp(known, rules[i].value) != 0)
            return TG_FAIL(err, rules[i].message, .file = path);
    }
    return TG_OK;
}

enum tg_status tg_store_accepts(const struct tg_store *store, const char *path,
                                const struct tg_manifest *manifest, struct tg_error *err)
{
    enum tg_status status = tg_store_same_tokens(store, path, manifest, err);
    if (!status && manifest->row_key_id[0])
        return TG_FAIL(err, TG_MSG_BRIDGE_IS_ONE, .file = path);
    return status ? status : tg_epoch_accepts(store, path, manifest, err);
}

static enum tg_status has_key(const struct tg_store *store, bool *has, struct tg_error *err)
{
    char known[TG_META_SIZE];
    enum tg_status status = tg_meta_get(&store->db, TG_META_KEY, known, err);
    *has = known[0] != '\0';
    return status;
}

static enum tg_status remember_first_file(struct tg_importing *im, struct tg_error *err)
{
    const struct tg_db *db = &im->store->db;
    enum tg_status status = tg_meta_set(db, TG_META_DIGEST, im->manifest->study_digest, err);
    if (!status)
        status = tg_meta_set(db, TG_META_NORMALIZER, im->manifest->normalizer, err);
    bool has = false;
    if (!status)
        status = has_key(im->store, &has, err);
    if (!status && !has)
        status = tg_meta_set(db, TG_META_KEY, im->manifest->key_id, err);
    if (!status)
        status = tg_db_once(db, "INSERT OR IGNORE INTO token_name(id, name) VALUES(?, ?)",
                            DB_ARGS(DB_INT(TG_APP_NUMBER), DB_TEXT(TG_APP_TOKEN, 3)), err);
    for (size_t i = 0; !status && i < im->store->study->n_tokens; i++) {
        const char *name = im->store->study->tokens[i].name;
        status = tg_db_once(db, "INSERT OR IGNORE INTO token_name(name) VALUES(?)",
                            DB_ARGS(DB_TEXT(name, strlen(name))), err);
    }
    return status;
}

static int by_number(const void *a, const void *b)
{
    const struct tg_token_column *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static enum tg_status list_columns(struct tg_importing *im, struct tg_error *err)
{
    size_t n;
    const char *const *names = tg_token_file_tokens(im->file, &n);
    im->columns = tg_calloc(n, sizeof *im->columns, err);
    if (!im->columns)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const struct tg_token_def *def = tg_token_def_find(im->store->study, names[i]);
        int64_t number;
        enum tg_status status = tg_token_number(&im->store->db, names[i], &number, err);
        if (status)
            return status;
        im->columns[i] = (struct tg_token_column){
            .name = names[i],
            .cell = i,
            .number = (unsigned)number,
            .number_like = def && def->number_like && !def->evidence,
            .bridging = def && tg_token_bridges(def),
            .evidence = def && def->evidence,
        };
    }
    qsort(im->columns, n, sizeof *im->columns, by_number);
    im->interner.columns = im->columns;
    im->interner.n_columns = n;
    return TG_OK;
}

static const char *provider_of(const struct tg_importing *im)
{
    return im->source->provider ? im->source->provider : "";
}

static enum tg_status find_source(struct tg_importing *im, struct tg_error *err)
{
    const struct tg_db *db = &im->store->db;
    const char *name = im->source->name, *kind = tg_kind_name(im->source->kind);
    const struct tg_arg as_here[] = {
        DB_TEXT(name, strlen(name)),
        DB_TEXT(kind, strlen(kind)),
        DB_TEXT(provider_of(im), strlen(provider_of(im))),
    };
    enum tg_status status = tg_db_once(
        db, "INSERT OR IGNORE INTO source(name, kind, provider) VALUES(?, ?, ?)", as_here, 3, err);
    if (!status)
        status =
            tg_db_number(db, "SELECT id FROM source WHERE name = ? AND kind = ? AND provider = ?",
                         as_here, 3, &im->source_id, err);
    if (!status && im->source_id == 0)
        return TG_FAIL(err, TG_MSG_IMPORT_SOURCE, .file = im->path, .column = name);
    return status;
}

/* The delivery of this source and period; an older one of them gives up its rows. */
static enum tg_status find_delivery(struct tg_importing *im, struct tg_error *err)
{
    const struct tg_db *db = &im->store->db;
    const struct tg_arg key[] = {DB_INT(im->source_id), DB_INT(im->period)};
    const char *select = "SELECT id FROM delivery WHERE source_id = ? AND period = ?";
    enum tg_status status = tg_db_number(db, select, key, 2, &im->delivery_id, err);
    im->replaces = im->delivery_id != 0;
    if (!status && !im->replaces)
        status = tg_db_once(
            db, "INSERT INTO delivery(source_id, period, sha256, rows) VALUES(?, ?, '', 0)", key, 2,
            err);
    if (!status && !im->replaces)
        im->delivery_id = sqlite3_last_insert_rowid(db->handle);
    return !status && im->replaces ? tg_replace_begin(im, err) : status;
}

/* Which columns hold the mapped names; a name that the file does not have is left out. */
static enum tg_status find_extras(struct tg_importing *im, const struct tg_mapping *mappings,
                                  size_t n, struct tg_extra **out, size_t *n_out,
                                  struct tg_error *err)
{
    size_t n_columns, first = 0;
    const char *const *columns = tg_token_file_carried(im->file, &n_columns);
    for (const char *const *c = tg_kind_carries(im->source->kind); *c; c++)
        first++;
    const char *may = tg_kind_may_carry(im->source->kind);
    im->may_carry = may && first < n_columns && strcmp(columns[first], may) == 0;
    *out = tg_calloc(n, sizeof **out, err);
    if (!*out)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        for (size_t c = first; c < n_columns; c++) {
            if (strcmp(columns[c], mappings[i].name) == 0)
                (*out)[(*n_out)++] = (struct tg_extra){.name = mappings[i].name, .column = c};
        }
    }
    return TG_OK;
}

static enum tg_status find_words(struct tg_importing *im, struct tg_error *err)
{
    const struct tg_source *source = im->source;
    im->words.db = &im->store->db;
    enum tg_status status =
        find_extras(im, source->measures, source->n_measures, &im->measures, &im->n_measures, err);
    if (!status)
        status = find_extras(im, source->attributes, source->n_attributes, &im->attributes,
                             &im->n_attributes, err);
    for (size_t i = 0; !status && i < im->n_measures; i++) {
        struct tg_extra *measure = &im->measures[i];
        status =
            tg_word_intern(&im->words, measure->name, strlen(measure->name), &measure->word, err);
    }
    const char *provider = provider_of(im)[0] ? provider_of(im) : TG_NO_PURPOSE;
    if (!status && source->kind == TG_KIND_CONSENTS)
        status = tg_word_intern(&im->words, provider, strlen(provider), &im->provider, err);
    return status;
}

static enum tg_status find_next_run(struct tg_importing *im, struct tg_error *err)
{
    const char *sql = im->kind->kind == TG_KIND_EVENTS
                          ? "SELECT coalesce(max(id), 0) + 1 FROM event_run"
                          : "SELECT coalesce(max(id), 0) + 1 FROM measure_run";
    return tg_db_number(&im->store->db, sql, DB_NO_ARGS, &im->run.next_id, err);
}

static enum tg_status begin_rows(struct tg_importing *im, struct tg_error *err)
{
    const struct tg_db *db = &im->store->db;
    enum tg_status status = remember_first_file(im, err);
    if (!status)
        status = list_columns(im, err);
    if (!status)
        status = find_source(im, err);
    if (!status)
        status = find_delivery(im, err);
    if (!status)
        status = find_words(im, err);
    if (!status)
        status =
            tg_rows_prepare(db, im->kind->insert, DB_ARGS(DB_INT(im->delivery_id)), &im->add, err);
    if (!status && im->kind->in_runs)
        status = find_next_run(im, err);
    if (!status && im->kind->kind == TG_KIND_CONSENTS)
        status = tg_db_prepare(db,
                               "INSERT OR REPLACE INTO withdrawal"
                               " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                               &im->add_withdrawal, err);
    im->interner.source_id = im->source_id;
    im->interner.founds_persons = im->kind->kind == TG_KIND_ROSTER;
    if (!status)
        status = tg_file_time_of(im->store, im->source_id, im->period, im->replaces,
                                 im->interner.founds_persons, &im->interner.time, err);
    if (!status && tg_kind_has_row_id(im->kind->kind)) {
        size_t n;
        (void)tg_token_file_tokens(im->file, &n);
        status = tg_leak_new(n, &im->leak, err);
    }
    return status ? status : tg_interner_begin(&im->interner, err);
}

static enum tg_status look_for_leaks(const struct tg_importing *im, const struct tg_token_row *row,
                                     struct tg_error *err)
{
    size_t n;
    (void)tg_token_file_tokens(im->file, &n);
    enum tg_status status = tg_leak_row(im->leak, row->row_id, err);
    for (size_t c = 0; !status && c < n; c++) {
        for (size_t i = 0; !status && i < row->tokens[c].n; i++)
            status = tg_leak_token(im->leak, c, row->tokens[c].tokens[i], err);
    }
    return status;
}

/* Of which keys must the reader know how much they tell? */
static enum tg_status tell_leaks(const struct tg_importing *im, struct tg_error *err)
{
    size_t n;
    const char *const *names = tg_token_file_tokens(im->file, &n);
    struct tg_leak_measure *measures = im->leak ? tg_calloc(n, sizeof *measures, err) : NULL;
    if (!measures)
        return im->leak ? TG_NO_MEMORY : TG_OK;
    enum tg_status status = tg_leak_measure(im->leak, measures, err);
    for (size_t c = 0; !status && c < n; c++) {
        char rule[64];
        if (!tg_leak_gives_away(&measures[c]))
            continue;
        tg_leak_print(&measures[c], rule, sizeof rule);
        TG_WARN(im->reporter, TG_MSG_KEY_GIVES_AWAY, .file = im->path, .column = names[c],
                .rule = rule);
    }
    free(measures);
    return status;
}

/* In a thread of its own: first of all, as long as the tokens are those of the file. */
static enum tg_status look_ahead(void *ctx, struct tg_read_row *rows, size_t n,
                                 struct tg_error *err)
{
    struct tg_importing *im = ctx;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && im->leak && i < n; i++) {
        if (tg_leak_wants(im->leak, rows[i].row.row_id))
            status = look_for_leaks(im, &rows[i].row, err);
    }
    return status ? status : tg_resolve(&im->resolver, rows, n, err);
}

static enum tg_status begin_reading(struct tg_importing *im, struct tg_error *err)
{
    enum tg_kind kind = im->kind->kind;
    struct tg_resolver *r = &im->resolver;
    r->store = im->store;
    r->columns = im->columns;
    r->n_columns = im->interner.n_columns;
    r->time = im->interner.time;
    r->next_id = im->interner.next_id;
    /* hashes are led over to another epoch by the store, and consents look at their tokens */
    r->hashes = !im->store->bridge && kind != TG_KIND_CONSENTS;
    r->facts = kind == TG_KIND_ROSTER || kind == TG_KIND_USERS ? tg_import_facts : NULL;
    r->ctx = im;
    enum tg_status status = tg_known_load(&im->store->db, im->source_id, im->manifest->rows,
                                          tg_kind_has_row_id(kind), r->time.newest, &r->known, err);
    return status ? status : tg_ahead_start(im->file, look_ahead, im, &im->ahead, err);
}

/* What is wrong with a row that waits comes before what is wrong with a later one. */
static enum tg_status put_rest(struct tg_importing *im, enum tg_status status, struct tg_error *err)
{
    struct tg_error first;
    enum tg_status before = tg_import_put(im, &first);
    if (before && err)
        *err = first;
    return before ? before : status;
}

static enum tg_status read_rows(struct tg_importing *im, struct tg_error *err)
{
    enum { BETWEEN_REPORTS = 8192 };
    const struct tg_read_row *read = NULL;
    bool end = false;
    enum tg_status status = begin_reading(im, err);
    while (!status && !end) {
        status = tg_ahead_next(im->ahead, &read, &end, err);
        if (status || end)
            break;
        im->found = &read->found;
        if (im->rows++ % BETWEEN_REPORTS == 0)
            status = tg_progress(im->reporter, "import", im->rows - 1, im->manifest->rows, err);
        if (!status)
            status = im->kind->row(im, &read->row, err);
    }
    if (!status && im->kind->end)
        status = im->kind->end(im, err);
    status = put_rest(im, status, err);
    if (!status)
        status = tell_leaks(im, err);
    if (!status && im->interner.founds_persons)
        status = tg_enrolled_end(&im->interner, &im->resolver.known, err);
    if (!status)
        status = tg_interner_flush(&im->interner, err);
    /* what only rows need makes room for persons */
    tg_ahead_free(&im->ahead);
    tg_resolver_free(&im->resolver);
    tg_interner_let_go(&im->interner);
    return status;
}

static enum tg_status end_delivery(struct tg_importing *im, struct tg_error *err)
{
    const struct tg_run *run = &im->run;
    const char *sha = im->manifest->sha256;
    bool months = im->first_month != TG_NO_MONTH;
    enum tg_status status =
        tg_db_once(&im->store->db,
                   "UPDATE delivery SET sha256 = ?, rows = ?, first_month = ?, last_month = ?,"
                   " first_run = ?, last_run = ? WHERE id = ?",
                   DB_ARGS(DB_TEXT(sha, strlen(sha)), DB_INT((int64_t)im->rows),
                           DB_MAYBE(months, im->first_month), DB_MAYBE(months, im->last_month),
                           DB_MAYBE(run->first_id != 0, run->first_id),
                           DB_MAYBE(run->first_id != 0, run->last_id), DB_INT(im->delivery_id)),
                   err);
    const char *key = im->manifest->key_id;
    if (!status)
        status = tg_db_once(&im->store->db, "UPDATE delivery SET key_id = ? WHERE id = ?",
                            DB_ARGS(DB_TEXT(key, strlen(key)), DB_INT(im->delivery_id)), err);
    return !status && im->replaces ? tg_replace_end(im, false, err) : status;
}

static const char undecided_names[] =
    "SELECT count(*) FROM (SELECT DISTINCT token, hash FROM person_bridge WHERE rule >= ?)";

/* Everybody, when an older program decided last who is one person. */
static enum tg_status touch_stale(struct tg_interner *in, struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    char stale[TG_META_SIZE];
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_meta_get(db, TG_META_STALE, stale, err);
    if (status || !stale[0])
        return status;
    status = tg_db_prepare(db,
                           "SELECT id FROM identity WHERE person_id IS NOT NULL"
                           " AND seen_from IS NOT NULL",
                           &stmt, err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = tg_ids_add(&in->touched, sqlite3_column_int64(stmt, 0), err);
    }
    (void)sqlite3_finalize(stmt);
    return status ? status : tg_meta_set(db, TG_META_STALE, "", err);
}

enum tg_status tg_import_persons(struct tg_importing *im, struct tg_import_result *result,
                                 struct tg_error *err)
{
    struct tg_interner *in = &im->interner;
    uint64_t n_shared = 0;
    int64_t conflicts = 0, joined = 0;
    if (!in->founds_persons)
        return TG_OK;
    enum tg_status status = tg_twins_find(im->store, im->delivery_id, &in->touched, &n_shared, err);
    if (!status)
        status = touch_stale(in, err);
    tg_ids_sort(&in->touched);
    tg_ids_sort(&in->revived);
    if (!status)
        status = tg_graph_update(im->store,
                                 &(struct tg_graph_change){.touched = &in->touched,
                                                           .revived = &in->revived,
                                                           .first_new = in->first_new,
                                                           .delivery_id = im->delivery_id},
                                 im->reporter, &joined, err);
    if (!status)
        status = tg_db_number(&im->store->db,
                              "SELECT count(DISTINCT conflict) FROM identity"
                              " WHERE conflict IS NOT NULL",
                              DB_NO_ARGS, &conflicts, err);
    if (!status)
        status = tg_db_number(&im->store->db, undecided_names, DB_ARGS(DB_INT(TG_TIE_UNDECIDED)),
                              (int64_t *)&result->undecided, err);
    if (status)
        return status;
    result->new_persons = in->n_founders - (uint64_t)joined;
    result->conflicts = (uint64_t)conflicts;
    if (n_shared) {
        char count[24];
        (void)snprintf(count, sizeof count, "%llu", (unsigned long long)n_shared);
        TG_WARN(im->reporter, TG_MSG_NUMBER_SHARED, .file = im->path, .rule = count);
    }
    return TG_OK;
}

static enum tg_status write_audit(struct tg_importing *im, const struct tg_import_result *result,
                                  struct tg_error *err)
{
    const struct tg_manifest *m = im->manifest;
    const struct {
        const char *name, *text;
    } texts[] = {{"source", m->source},
                 {"kind", m->kind},
                 {"period", m->period},
                 {"sha256", m->sha256},
                 {"study_digest", m->study_digest},
                 {"key_id", m->key_id},
                 {"tool", m->tool},
                 {"version", tg_version()}};
    const struct {
        const char *name;
        uint64_t number;
    } numbers[] = {{"rows", im->rows},
                   {"rejected", m->rejected},
                   {"replaces", im->replaces},
                   {"new_identities", result->new_identities},
                   {"new_persons", result->new_persons}};
    struct tg_buf json = {0};
    const char *detail = NULL;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof texts / sizeof texts[0]; i++)
        status = tg_json_text(&json, texts[i].name, texts[i].text, strlen(texts[i].text), err);
    for (size_t i = 0; !status && i < sizeof numbers / sizeof numbers[0]; i++)
        status = tg_json_number(&json, numbers[i].name, (int64_t)numbers[i].number, err);
    if (!status)
        status = tg_buf_add_char(&json, '}', err);
    if (!status)
        detail = tg_buf_text(&json, err);
    status = detail ? tg_audit_add(im->store, "import", detail, err) : TG_NO_MEMORY;
    tg_buf_free(&json);
    return status;
}

static enum tg_status import_rows(struct tg_importing *im, struct tg_import_result *result,
                                  struct tg_error *err)
{
    enum tg_status status = begin_rows(im, err);
    if (!status)
        status = tg_epoch_begin(im->store, im->manifest->key_id, err);
    if (!status)
        status = read_rows(im, err);
    if (!status)
        status = end_delivery(im, err);
    if (status)
        return status;
    result->outcome = im->replaces ? TG_IMPORT_REPLACED : TG_IMPORT_NEW;
    result->rows = im->rows;
    result->new_identities = (uint64_t)(im->interner.next_id - im->interner.first_new);
    status = tg_import_persons(im, result, err);
    if (!status)
        status = write_audit(im, result, err);
    return status ? status : tg_progress(im->reporter, "import", im->rows, im->rows, err);
}

/* Statements have to go before the transaction ends: one that is half read would keep it open. */
void tg_import_free_steps(struct tg_importing *im)
{
    tg_ahead_free(&im->ahead);
    tg_resolver_free(&im->resolver);
    tg_epoch_end(im->store);
    tg_interner_free(&im->interner);
    tg_words_free(&im->words);
    tg_rows_free(&im->add);
    (void)sqlite3_finalize(im->add_withdrawal);
    tg_buf_free(&im->scratch);
    tg_leak_free(&im->leak);
    tg_buf_free(&im->run.packed);
    free(im->columns);
    free(im->measures);
    free(im->attributes);
}

static void warn_of_consents(const struct tg_importing *im)
{
    char count[24];
    if (im->without_user == 0)
        return;
    (void)snprintf(count, sizeof count, "%llu", (unsigned long long)im->without_user);
    TG_WARN(im->reporter, TG_MSG_CONSENT_NO_USER, .file = im->path, .rule = count);
}

static enum tg_status is_known(struct tg_importing *im, bool *known, struct tg_error *err)
{
    const char *name = im->source->name, *sha = im->manifest->sha256;
    int64_t n = 0;
    enum tg_status status = tg_db_number(
        &im->store->db,
        "SELECT count(*) FROM delivery d JOIN source s ON s.id = d.source_id"
        " WHERE s.name = ? AND d.period = ? AND d.sha256 = ?",
        DB_ARGS(DB_TEXT(name, strlen(name)), DB_INT(im->period), DB_TEXT(sha, strlen(sha))), &n,
        err);
    *known = n > 0;
    return status;
}

static enum tg_status import_open(struct tg_importing *im, struct tg_import_result *result,
                                  struct tg_error *err)
{
    const struct tg_db *db = &im->store->db;
    bool known = false;
    if (im->manifest->period[0] &&
        (!tg_month_scan(im->manifest->period, strlen(im->manifest->period), &im->period) ||
         im->period >= TG_NOT_SEEN))
        return TG_FAIL(err, TG_MSG_IMPORT_CELL, .file = im->path, .column = "period",
                       .rule = "YYYY-MM");
    enum tg_status status = tg_store_accepts(im->store, im->path, im->manifest, err);
    if (!status)
        status = is_known(im, &known, err);
    bool of_people = im->source->kind == TG_KIND_USERS || im->source->kind == TG_KIND_CONSENTS;
    if (!status && of_people && !known)
        status = tg_epoch_check_withdrawals(im->store, im->path, provider_of(im),
                                            im->manifest->key_id, err);
    if (status)
        return status;
    if (known) {
        *result = (struct tg_import_result){.outcome = TG_IMPORT_SAME, .rows = im->manifest->rows};
        status = tg_db_number(db, undecided_names, DB_ARGS(DB_INT(TG_TIE_UNDECIDED)),
                              (int64_t *)&result->undecided, err);
        return status ? status
                      : tg_db_number(db,
                                     "SELECT count(DISTINCT conflict) FROM identity"
                                     " WHERE conflict IS NOT NULL",
                                     DB_NO_ARGS, (int64_t *)&result->conflicts, err);
    }
    /* rows refer to what was found or made for them a moment ago: no need to look it up again */
    status = tg_db_exec(db, "PRAGMA foreign_keys=OFF", err);
    if (!status)
        status = tg_db_begin(db, err);
    if (status)
        return status;
    *result = (struct tg_import_result){0};
    status = import_rows(im, result, err);
    tg_import_free_steps(im);
    status = tg_db_end(db, status, err);
    (void)sqlite3_exec(db->handle, "PRAGMA foreign_keys=ON", NULL, NULL, NULL);
    if (!status)
        warn_of_consents(im);
    return status;
}

enum tg_status tg_import(struct tg_store *store, const char *token_path,
                         const struct tg_reporter *reporter, struct tg_import_result *result,
                         struct tg_error *err)
{
    struct tg_importing im = {.store = store,
                              .path = token_path,
                              .reporter = reporter,
                              .first_month = TG_NO_MONTH,
                              .last_month = TG_NO_MONTH,
                              .interner = {.store = store}};
    enum tg_status status = tg_token_file_open(token_path, store->study, &im.file, err);
    if (status)
        return status;
    im.manifest = tg_token_file_manifest(im.file);
    im.source = tg_study_source(store->study, im.manifest->source);
    if (!im.source || im.source->kind != tg_token_file_kind(im.file)) {
        tg_token_file_close(&im.file);
        return TG_FAIL(err, TG_MSG_IMPORT_SOURCE, .file = token_path);
    }
    im.kind = tg_kind_table(im.source->kind);
    status = import_open(&im, result, err);
    tg_token_file_close(&im.file);
    return status;
}
