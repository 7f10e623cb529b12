/* SPDX-License-Identifier: Apache-2.0 */
#include "store/enrolled.h"
#include "store/index.h"
#include "store/query.h"
#include "store/sharing.h"

#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* Tokens and digests are put into their tables in sorted batches; 24 bytes each. While the tables
 * are asked for identities, those that wait are also found by digest, at up to 64 bytes each. */
enum { PENDING_MAX = 1 << 22, PENDING_ASKING_MAX = 1 << 20 };
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

/* By their digits to the base 2,048 (least significant first: Knuth, The Art of Computer
 * Programming, volume 3, 5.2.5). false: they are few, or too large, or there is no memory for it.
 */
static bool sort_digits(struct tg_ids *ids)
{
    enum { MANY = 4096, BITS = 11, DIGITS = 3 };
    size_t count[(1 << BITS) + 1];
    int64_t *from = ids->items, *to, all = 0;
    for (size_t i = 0; i < ids->n; i++)
        all |= from[i];
    if (ids->n < MANY || all >> (BITS * DIGITS) != 0)
        return false;
    int64_t *room = to = tg_calloc(ids->n, sizeof *to, NULL);
    if (!room)
        return false;
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        memset(count, 0, sizeof count);
        for (size_t i = 0; i < ids->n; i++)
            count[(from[i] >> (BITS * digit) & ((1 << BITS) - 1)) + 1]++;
        for (size_t d = 0; d < 1 << BITS; d++)
            count[d + 1] += count[d];
        for (size_t i = 0; i < ids->n; i++)
            to[count[from[i] >> (BITS * digit) & ((1 << BITS) - 1)]++] = from[i];
        int64_t *kept = from;
        from = to;
        to = kept;
    }
    if (from != ids->items)
        memcpy(ids->items, from, ids->n * sizeof *from);
    free(room);
    return true;
}

void tg_ids_sort(struct tg_ids *ids)
{
    size_t n = 0;
    if (ids->n && !sort_digits(ids))
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
        {&in->find, "SELECT i.id, i.seen_from, i.seen_to, i.enrolled_from, i.enrolled_to,"
                    " i.death FROM identity_digest d JOIN identity i ON i.id = d.identity_id"
                    " WHERE d.source_id = ? AND d.digest = ?"},
        {&in->see, "UPDATE identity SET seen_from = ?, seen_to = ?, enrolled_from = ?,"
                   " enrolled_to = ?, death = ? WHERE id = ?"
                   " RETURNING watched <> 0 OR ? OR death <> 0"},
        {&in->leave, "UPDATE identity SET seen_to = ? WHERE id = ? RETURNING watched"},
        {&in->evidences.insert,
         "INSERT INTO identity_evidence(identity_id, tokens) SELECT a, b FROM feed(?)"},
    };
    const struct tg_db *db = &in->store->db;
    enum tg_status status = tg_db_number(db, "SELECT coalesce(max(id), 0) FROM identity",
                                         DB_NO_ARGS, &in->first_new, err);
    in->first_newcomer = in->next_id = ++in->first_new;
    for (size_t i = 0; !status && i < sizeof statements / sizeof statements[0]; i++)
        status = tg_db_prepare(db, statements[i].sql, statements[i].stmt, err);
    bool late = in->founds_persons && in->time.period < in->time.newest;
    const struct tg_arg same[] = {DB_INT(in->source_id), DB_INT(in->time.period),
                                  DB_MAYBE(late, in->time.period)};
    return status ? status
                  : tg_rows_prepare(db,
                                    "INSERT INTO identity(source_id, digest, birth_month, sex,"
                                    " tokens, seen_from, person_id, seen_to, enrolled_from,"
                                    " enrolled_to, death, turns)"
                                    " SELECT ?2, a, b, c, d, ?3, e, ?4, f, g, h, i"
                                    " FROM feed(?1)",
                                    same, sizeof same / sizeof same[0], &in->identities, err);
}

void tg_interner_free(struct tg_interner *in)
{
    sqlite3_stmt *statements[] = {in->find, in->see, in->leave};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        (void)sqlite3_finalize(statements[i]);
    tg_rows_free(&in->identities);
    tg_rows_free(&in->evidences);
    tg_buf_free(&in->message);
    tg_buf_free(&in->packed);
    tg_buf_free(&in->evidence.packed);
    tg_ids_free(&in->touched);
    tg_ids_free(&in->revived);
    tg_ids_free(&in->lives);
    tg_known_free(&in->fresh);
    free(in->met);
    in->met = NULL;
    tg_interner_let_go(in);
}

void tg_interner_let_go(struct tg_interner *in)
{
    if (in->pending)
        tg_wipe(in->pending, in->high_pending * sizeof *in->pending);
    free(in->pending);
    free(in->newcomers);
    in->pending = NULL;
    in->newcomers = NULL;
    in->n_pending = in->cap_pending = in->n_newcomers = in->cap_newcomers = 0;
    tg_known_free(&in->fresh);
}

static enum tg_status pack(struct tg_buf *packed, unsigned number,
                           const unsigned char hash[TG_TOKEN_LEN], struct tg_error *err)
{
    const char bytes[2] = {(char)(number & 0xFF), (char)(number >> 8 & 0xFF)};
    enum tg_status status = tg_buf_add(packed, bytes, sizeof bytes, err);
    return status ? status : tg_buf_add(packed, hash, TG_TOKEN_LEN, err);
}

/* A digest waits as if it were a token of a column behind the last. */
static enum tg_status wait_for_table(struct tg_interner *in, size_t column,
                                     const unsigned char hash[TG_TOKEN_LEN], int64_t identity,
                                     struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&in->pending, &in->cap_pending, in->n_pending + 1, sizeof *in->pending, err);
    if (!status)
        tg_posting_put(&in->pending[in->n_pending++], column, hash, identity);
    if (in->high_pending < in->n_pending)
        in->high_pending = in->n_pending;
    return status;
}

/* Decisive tokens are looked up, so they wait for their table; evidence is only read along. */
static enum tg_status add_tokens(struct tg_interner *in, size_t column,
                                 const struct tg_token_cell *cell, bool hashed, int64_t identity,
                                 struct tg_error *err)
{
    const struct tg_token_column *c = &in->columns[column];
    enum tg_status status = TG_OK;
    if (c->evidence && cell->n)
        status = tg_evidence_begin(&in->evidence, c->number, cell->n, err);
    for (size_t i = 0; !status && i < cell->n; i++) {
        unsigned char hash[TG_TOKEN_LEN];
        if (hashed)
            memcpy(hash, cell->tokens[i], TG_TOKEN_LEN);
        else
            status = (c->evidence ? tg_store_hash_evidence : tg_store_hash)(
                in->store, c->name, cell->tokens[i], &in->message, hash, err);
        if (!status && c->evidence)
            status = tg_evidence_add(&in->evidence, hash, err);
        else if (!status)
            status = wait_for_table(in, column, hash, identity, err);
        if (!status && !c->evidence)
            status = pack(&in->packed, c->number, hash, err);
    }
    return status;
}

/* The table numbers them as they were numbered here: one after the other, from its last one on. So
 * it needs not look for a number's place. */
static enum tg_status put_identities(struct tg_interner *in, struct tg_error *err)
{
    const bool any = in->identities.n > 0;
    enum tg_status status = tg_rows_put(&in->store->db, &in->identities, err);
    if (!status && any && sqlite3_last_insert_rowid(in->store->db.handle) != in->last_waiting)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "identities are numbered one after the other");
    return status ? status : tg_rows_put(&in->store->db, &in->evidences, err);
}

/* Where days speak into who somebody is, the identity is looked at though it may share nothing. */
static enum tg_status add_newcomer(struct tg_interner *in, const struct tg_identity_facts *facts,
                                   bool look, struct tg_error *err)
{
    if (!in->founds_persons)
        return TG_OK;
    enum tg_status status = tg_grow(&in->newcomers, &in->cap_newcomers, in->n_newcomers + 1,
                                    sizeof *in->newcomers, err);
    if (status)
        return status;
    in->newcomers[in->n_newcomers++] =
        (struct tg_newcomer){.birth_month = facts->birth_month, .sex = facts->sex, .looked = look};
    return look ? tg_ids_add(&in->touched, in->last_waiting, err) : TG_OK;
}

static enum tg_status add_identity(struct tg_interner *in, const struct tg_token_row *row,
                                   const struct tg_identity_facts *facts,
                                   const struct tg_found *found, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    int64_t id = found->id;
    in->packed.len = 0;
    tg_evidence_rewind(&in->evidence);
    for (size_t c = 0; !status && c < in->n_columns; c++)
        status = add_tokens(in, c, &row->tokens[in->columns[c].cell], found->hashed, id, err);
    if (!status)
        status = wait_for_table(in, in->n_columns, found->digest, id, err);
    if (status)
        return status;
    if (id >= UINT32_MAX)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = in->store->db.path);
    /* a row without a token is nobody: it could be anybody */
    bool person = in->founds_persons && in->packed.len > 0;
    bool turns = tg_enrolled_turns(facts->enrolled_from, facts->enrolled_to, facts->birth_month);
    in->n_founders += person;
    status = tg_rows_add(&in->identities,
                         DB_ARGS(DB_BLOB(found->digest, TG_TOKEN_LEN),
                                 DB_MAYBE(facts->birth_month != TG_NO_MONTH, facts->birth_month),
                                 DB_INT(facts->sex), DB_BLOB(in->packed.data, in->packed.len),
                                 DB_MAYBE(person, id),
                                 DB_MAYBE(facts->enrolled_from != 0, facts->enrolled_from),
                                 DB_MAYBE(facts->enrolled_to != 0, facts->enrolled_to),
                                 DB_INT(facts->death ? TG_DEATH_ENDS : TG_NO_DEATH), DB_INT(turns)),
                         err);
    in->last_waiting = id;
    if (!status)
        status = add_newcomer(in, facts, turns || facts->death, err);
    if (!status && in->evidence.packed.len)
        status = tg_rows_add(
            &in->evidences,
            DB_ARGS(DB_INT(id), DB_BLOB(in->evidence.packed.data, in->evidence.packed.len)), err);
    if (!status && (tg_rows_are_many(&in->identities) || tg_rows_are_many(&in->evidences)))
        status = put_identities(in, err);
    if (status)
        return status;
    in->next_id = id + 1;
    size_t limit = in->asks ? (size_t)PENDING_ASKING_MAX : (size_t)PENDING_MAX;
    return in->n_pending < limit ? TG_OK : tg_interner_flush(in, err);
}

static enum tg_status see_again(struct tg_interner *in, const struct tg_found *found,
                                const struct tg_identity_facts *facts, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    if (found->revived && in->founds_persons)
        status = tg_ids_add(&in->touched, found->id, err);
    if (!status && found->revived && in->founds_persons)
        status = tg_ids_add(&in->revived, found->id, err);
    if (!status && found->id >= in->first_new) /* it may wait for its table */
        status = put_identities(in, err);
    if (!status)
        status = tg_enrolled_change(in, found, err);
    if (!status && found->outlives)
        status = tg_ids_add(&in->lives, found->id, err);
    if (!status && found->turned && in->founds_persons)
        status = tg_enrolled_touch_birthday(in, facts->birth_month, facts->sex, err);
    return status;
}

static enum tg_status find_in_table(struct tg_interner *in, const struct tg_identity_facts *facts,
                                    struct tg_found *found, struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    bool there = false;
    enum tg_status status = tg_db_bind(
        db, in->find, DB_ARGS(DB_INT(in->source_id), DB_BLOB(found->digest, TG_TOKEN_LEN)), err);
    if (!status)
        status = tg_db_next(db, in->find, &there, err);
    if (status || !there)
        return status;
    struct tg_known_identity known = {.id = (uint32_t)sqlite3_column_int64(in->find, 0)};
    known.met = tg_enrolled_was_met(in, known.id);
    /* what this file has named is in the newest one already */
    bool ahead = known.met && in->time.period > in->time.newest;
    int64_t columns[TG_ENROLLED_COLUMNS];
    for (int i = 0; i < TG_ENROLLED_COLUMNS; i++)
        columns[i] = sqlite3_column_int64(in->find, 1 + i);
    tg_enrolled_read(columns, ahead ? in->time.period : in->time.newest, &known);
    (void)sqlite3_reset(in->find);
    found->id = known.id;
    tg_enrolled_see(&in->time, facts, &known, found);
    return TG_OK;
}

/* Looks up what was not looked up when the row was read. */
static enum tg_status ask(struct tg_interner *in, const struct tg_identity_facts *facts,
                          struct tg_found *found, struct tg_error *err)
{
    struct tg_known_identity *waits = NULL;
    enum tg_status status = TG_OK;
    if (!in->asks)
        status = tg_interner_flush(in, err);
    in->asks = true;
    if (!status && in->fresh.slots)
        waits = tg_known_find(&in->fresh, found->digest);
    if (waits && waits->id) {
        found->id = waits->id;
        tg_enrolled_see(&in->time, facts, waits, found);
    }
    if (!status && !found->id)
        status = find_in_table(in, facts, found, err);
    if (status || found->id)
        return status;
    struct tg_known_identity fresh = tg_enrolled_fresh(&in->time, facts, in->next_id);
    memcpy(fresh.digest, found->digest, TG_TOKEN_LEN);
    found->id = in->next_id;
    found->is_new = true;
    return tg_known_add(&in->fresh, &fresh, err);
}

enum tg_status tg_intern(struct tg_interner *in, const struct tg_token_row *row,
                         const struct tg_found *known, const struct tg_identity_facts *facts,
                         int64_t *id, struct tg_error *err)
{
    struct tg_found found = *known;
    enum tg_status status = found.id ? TG_OK : ask(in, facts, &found, err);
    if (!status && in->founds_persons)
        status = tg_enrolled_meet(in, found.id, err);
    if (status)
        return status;
    *id = found.id;
    if (found.is_new)
        return add_identity(in, row, facts, &found, err);
    return found.seen ? see_again(in, &found, facts, err) : TG_OK;
}

enum tg_status tg_interner_flush(struct tg_interner *in, struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    enum tg_status status = put_identities(in, err);
    if (status || in->n_pending == 0)
        return status;
    tg_postings_sort(in->pending, in->n_pending);
    if (in->founds_persons)
        status = tg_sharing_look(in, err);
    for (size_t i = 0, n; !status && i < in->n_pending; i += n) {
        const struct tg_posting *items = &in->pending[i];
        const size_t column = tg_posting_column(items);
        n = tg_postings_of_column(items, in->n_pending - i);
        /* behind the tokens lies a digest of each identity */
        bool token = column < in->n_columns;
        status = tg_index_add(db, token ? TG_INDEX_TOKENS : TG_INDEX_DIGESTS,
                              token ? in->columns[column].number : in->source_id, items, n, err);
    }
    in->n_pending = in->n_newcomers = 0;
    in->first_newcomer = in->next_id;
    tg_known_free(&in->fresh);
    return status;
}
