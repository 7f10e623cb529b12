/* SPDX-License-Identifier: Apache-2.0 */
#include "store/query.h"
#include "store/intern.h"

#include "crypto/message.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* Tokens are put into their table in sorted batches; 32 bytes each. */
enum { PENDING_MAX = 1 << 20 };

struct tg_pending {
    unsigned char hash[TG_TOKEN_LEN];
    int64_t identity;
    uint32_t column;
};

enum tg_status tg_ids_add(struct tg_ids *ids, int64_t id, struct tg_error *err)
{
    enum tg_status status = tg_grow(&ids->items, &ids->cap, ids->n + 1, sizeof *ids->items, err);
    if (!status)
        ids->items[ids->n++] = id;
    return status;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void tg_ids_sort(struct tg_ids *ids)
{
    size_t n = 0;
    if (ids->n)
        qsort(ids->items, ids->n, sizeof *ids->items, by_number);
    for (size_t i = 0; i < ids->n; i++) {
        if (n == 0 || ids->items[n - 1] != ids->items[i])
            ids->items[n++] = ids->items[i];
    }
    ids->n = n;
}

bool tg_ids_have(const struct tg_ids *ids, int64_t id)
{
    return ids->n && bsearch(&id, ids->items, ids->n, sizeof id, by_number) != NULL;
}

void tg_ids_free(struct tg_ids *ids)
{
    free(ids->items);
    *ids = (struct tg_ids){0};
}

enum tg_status tg_interner_begin(struct tg_interner *in, struct tg_error *err)
{
    const struct {
        sqlite3_stmt **stmt;
        const char *sql;
    } statements[] = {
        {&in->find, "SELECT id, seen_from FROM identity WHERE source_id = ? AND digest = ?"},
        {&in->add, "INSERT INTO identity(id, source_id, digest, birth_month, sex, tokens,"
                   " seen_from, person_id) VALUES(?, ?, ?, ?, ?, ?, ?, ?)"},
        {&in->see, "UPDATE identity SET seen_from = ? WHERE id = ?"},
        {&in->add_token,
         "INSERT OR IGNORE INTO identity_token(token, hash, identity_id) VALUES(?, ?, ?)"},
        {&in->add_evidence, "INSERT INTO identity_evidence(identity_id, tokens) VALUES(?, ?)"},
        {&in->members, "SELECT i.id, i.source_id FROM identity_token t"
                       " JOIN identity i ON i.id = t.identity_id"
                       " WHERE t.token = ? AND t.hash = ? AND i.person_id IS NOT NULL"},
        {&in->mark_kin, "UPDATE identity SET kin = 1 WHERE id = ? AND kin = 0"},
    };
    const struct tg_db *db = &in->store->db;
    enum tg_status status = tg_db_number(db, "SELECT coalesce(max(id), 0) FROM identity",
                                         DB_NO_ARGS, &in->first_new, err);
    in->next_id = ++in->first_new;
    for (size_t i = 0; !status && i < sizeof statements / sizeof statements[0]; i++)
        status = tg_db_prepare(db, statements[i].sql, statements[i].stmt, err);
    return status ? status : tg_known_load(db, in->source_id, in->rows, &in->known, err);
}

void tg_interner_free(struct tg_interner *in)
{
    sqlite3_stmt *statements[] = {in->find,         in->add,     in->see,     in->add_token,
                                  in->add_evidence, in->members, in->mark_kin};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        (void)sqlite3_finalize(statements[i]);
    tg_buf_free(&in->message);
    tg_buf_free(&in->packed);
    tg_buf_free(&in->evidence);
    tg_ids_free(&in->touched);
    tg_ids_free(&in->revived);
    tg_known_free(&in->known);
    if (in->pending)
        tg_wipe(in->pending, in->cap_pending * sizeof *in->pending);
    free(in->pending);
    in->pending = NULL;
}

/* The digest is keyed too: the store holds nothing that the shared key's holders could guess at. */
enum tg_status tg_interner_digest(const struct tg_interner *in, const struct tg_token_row *row,
                                  const struct tg_identity_facts *facts, struct tg_buf *m,
                                  unsigned char digest[TG_TOKEN_LEN], struct tg_error *err)
{
    m->len = 0;
    enum tg_status status = TG_OK;
    for (size_t c = 0; !status && c < in->n_columns; c++) {
        const struct tg_token_column *column = &in->columns[c];
        const struct tg_token_cell *cell = &row->tokens[column->cell];
        if (cell->n == 0)
            continue;
        status = tg_message_add(m, column->name, strlen(column->name), err);
        if (!status)
            status = tg_message_add(m, cell->tokens, cell->n * TG_TOKEN_LEN, err);
    }
    uint64_t birth = facts->birth_month == TG_NO_MONTH ? 0 : (uint64_t)facts->birth_month;
    if (!status)
        status = tg_message_add_number(m, birth, err);
    if (!status)
        status = tg_message_add_number(m, facts->sex, err);
    if (!status)
        tg_store_digest(in->store, m->data, m->len, digest);
    return status;
}

static enum tg_status pack(struct tg_buf *packed, unsigned number,
                           const unsigned char hash[TG_TOKEN_LEN], struct tg_error *err)
{
    const char bytes[2] = {(char)(number & 0xFF), (char)(number >> 8 & 0xFF)};
    enum tg_status status = tg_buf_add(packed, bytes, sizeof bytes, err);
    return status ? status : tg_buf_add(packed, hash, TG_TOKEN_LEN, err);
}

/* Decisive tokens are looked up, so they wait for their table; evidence is only read along. */
static enum tg_status add_pending(struct tg_interner *in, size_t column,
                                  const struct tg_token_cell *cell, struct tg_error *err)
{
    const struct tg_token_column *c = &in->columns[column];
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < cell->n; i++) {
        unsigned char hash[TG_TOKEN_LEN];
        if (in->hashed)
            memcpy(hash, cell->tokens[i], TG_TOKEN_LEN);
        else
            status = tg_store_hash(in->store, c->name, cell->tokens[i], &in->message, hash, err);
        if (!status && c->evidence) {
            status = pack(&in->evidence, c->number, hash, err);
            continue;
        }
        if (!status)
            status = tg_grow(&in->pending, &in->cap_pending, in->n_pending + 1, sizeof *in->pending,
                             err);
        if (status)
            break;
        struct tg_pending *p = &in->pending[in->n_pending++];
        *p = (struct tg_pending){.identity = in->next_id, .column = (uint32_t)column};
        memcpy(p->hash, hash, TG_TOKEN_LEN);
        status = pack(&in->packed, c->number, hash, err);
    }
    return status;
}

static enum tg_status add_identity(struct tg_interner *in, const struct tg_token_row *row,
                                   const struct tg_identity_facts *facts,
                                   const unsigned char digest[TG_TOKEN_LEN], int64_t *id,
                                   struct tg_error *err)
{
    enum tg_status status = TG_OK;
    in->packed.len = 0;
    in->evidence.len = 0;
    for (size_t c = 0; !status && c < in->n_columns; c++)
        status = add_pending(in, c, &row->tokens[in->columns[c].cell], err);
    if (status)
        return status;
    /* a row without a token is nobody: it could be anybody */
    bool person = in->founds_persons && in->packed.len > 0;
    status =
        tg_db_run(&in->store->db, in->add,
                  DB_ARGS(DB_INT(in->next_id), DB_INT(in->source_id), DB_BLOB(digest, TG_TOKEN_LEN),
                          DB_MAYBE(facts->birth_month != TG_NO_MONTH, facts->birth_month),
                          DB_INT(facts->sex), DB_BLOB(in->packed.data, in->packed.len),
                          DB_INT(in->period), DB_MAYBE(person, in->next_id)),
                  err);
    if (!status && in->evidence.len)
        status = tg_db_run(
            &in->store->db, in->add_evidence,
            DB_ARGS(DB_INT(in->next_id), DB_BLOB(in->evidence.data, in->evidence.len)), err);
    if (status)
        return status;
    *id = in->next_id++;
    return in->n_pending < PENDING_MAX ? TG_OK : tg_interner_flush(in, err);
}

/* Keeps the first period in which the identity was seen, whatever the order of import. */
static enum tg_status see_again(struct tg_interner *in, struct tg_known_identity *known,
                                struct tg_error *err)
{
    if (known->has_rows && known->seen_from <= in->period)
        return TG_OK;
    enum tg_status status = TG_OK;
    if (!known->has_rows && in->founds_persons)
        status = tg_ids_add(&in->touched, known->id, err);
    if (!status && !known->has_rows && in->founds_persons)
        status = tg_ids_add(&in->revived, known->id, err);
    known->has_rows = true;
    known->seen_from = in->period;
    if (status)
        return status;
    return tg_db_run(&in->store->db, in->see, DB_ARGS(DB_INT(in->period), DB_INT(known->id)), err);
}

static enum tg_status find_in_table(struct tg_interner *in, struct tg_known_identity *known,
                                    struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    bool found = false;
    enum tg_status status = tg_db_bind(
        db, in->find, DB_ARGS(DB_INT(in->source_id), DB_BLOB(known->digest, TG_TOKEN_LEN)), err);
    if (!status)
        status = tg_db_next(db, in->find, &found, err);
    if (status || !found)
        return status;
    known->id = sqlite3_column_int64(in->find, 0);
    known->has_rows = sqlite3_column_type(in->find, 1) != SQLITE_NULL;
    known->seen_from = sqlite3_column_int(in->find, 1);
    (void)sqlite3_reset(in->find);
    return TG_OK;
}

enum tg_status tg_intern(struct tg_interner *in, const struct tg_token_row *row,
                         const struct tg_identity_facts *facts, int64_t *id, struct tg_error *err)
{
    struct tg_known_identity asked = {.seen_from = in->period, .has_rows = true}, *known = &asked;
    enum tg_status status = TG_OK;
    if (in->digest)
        memcpy(asked.digest, in->digest, TG_TOKEN_LEN);
    else
        status = tg_interner_digest(in, row, facts, &in->message, asked.digest, err);
    if (!status && in->known.slots)
        known = tg_known_find(&in->known, asked.digest);
    else if (!status)
        status = find_in_table(in, &asked, err);
    if (status)
        return status;
    if (known->id) {
        *id = known->id;
        return see_again(in, known, err);
    }
    status = add_identity(in, row, facts, asked.digest, id, err);
    asked.id = *id;
    return status || !in->known.slots ? status : tg_known_add(&in->known, &asked, err);
}

static int by_place(const void *a, const void *b)
{
    const struct tg_pending *x = a, *y = b;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    int order = memcmp(x->hash, y->hash, TG_TOKEN_LEN);
    return order ? order : (x->identity > y->identity) - (x->identity < y->identity);
}

/* Those who carry one number-like token: when they are several, somebody has to look at them. The
 * group itself is not in the table yet. */
static enum tg_status look_at_members(struct tg_interner *in, const struct tg_pending *group,
                                      size_t n, struct tg_ids *own, struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    size_t members = n;
    bool row = true;
    own->n = 0;
    enum tg_status status = tg_db_bind(
        db, in->members,
        DB_ARGS(DB_INT(in->columns[group->column].number), DB_BLOB(group->hash, TG_TOKEN_LEN)),
        err);
    while (!status && row) {
        status = tg_db_next(db, in->members, &row, err);
        members += !status && row;
        if (!status && row && sqlite3_column_int64(in->members, 1) == in->source_id)
            status = tg_ids_add(own, sqlite3_column_int64(in->members, 0), err);
    }
    for (size_t i = 0; !status && members > 1 && i < n; i++) {
        status = tg_ids_add(&in->touched, group[i].identity, err);
        if (!status)
            status = tg_ids_add(own, group[i].identity, err);
    }
    for (size_t i = 0; !status && own->n > 1 && i < own->n; i++)
        status = tg_db_run(db, in->mark_kin, DB_ARGS(DB_INT(own->items[i])), err);
    return status;
}

static enum tg_status look_at_groups(struct tg_interner *in, struct tg_error *err)
{
    struct tg_ids own = {0};
    enum tg_status status = TG_OK;
    for (size_t i = 0, n; !status && i < in->n_pending; i += n) {
        const struct tg_pending *group = &in->pending[i];
        for (n = 1; i + n < in->n_pending && group[n].column == group->column &&
                    memcmp(group[n].hash, group->hash, TG_TOKEN_LEN) == 0;)
            n++;
        if (in->columns[group->column].number_like)
            status = look_at_members(in, group, n, &own, err);
    }
    tg_ids_free(&own);
    return status;
}

enum tg_status tg_interner_flush(struct tg_interner *in, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    if (in->n_pending == 0)
        return TG_OK;
    qsort(in->pending, in->n_pending, sizeof *in->pending, by_place);
    if (in->founds_persons)
        status = look_at_groups(in, err);
    for (size_t i = 0; !status && i < in->n_pending; i++) {
        const struct tg_pending *p = &in->pending[i];
        status = tg_db_run(&in->store->db, in->add_token,
                           DB_ARGS(DB_INT(in->columns[p->column].number),
                                   DB_BLOB(p->hash, TG_TOKEN_LEN), DB_INT(p->identity)),
                           err);
    }
    in->n_pending = 0;
    return status;
}
