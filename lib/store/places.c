/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dense.h"
#include "store/evidence.h"
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 256, STEPS_A_JUMP = 8 };

static enum tg_status new_places(const struct tg_db *db, struct tg_places *out,
                                 struct tg_error *err)
{
    struct tg_owners none;
    enum tg_status status = tg_owners_new(db, &none, err);
    if (!status)
        *out = (struct tg_places){none.of, none.n};
    return status;
}

enum tg_status tg_store_places_of_people(struct tg_store *store, int32_t month,
                                         const struct tg_people *people, struct tg_places *out,
                                         struct tg_error *err)
{
    struct tg_places places = {NULL, 0};
    struct tg_owners owners = {NULL, 0};
    enum tg_status status = new_places(&store->db, &places, err);
    if (!status)
        status = tg_owners_of_persons(&store->db, month, &owners, err);
    /* a person's number is that of an identity, so the one array first tells places by person */
    for (size_t i = 0; !status && i < people->n; i++) {
        if (people->items[i].id > 0 && (uint64_t)people->items[i].id < places.n)
            places.of[people->items[i].id] = (uint32_t)i + 1;
    }
    for (size_t i = 0; !status && i < owners.n; i++)
        owners.of[i] = owners.of[i] < places.n ? places.of[owners.of[i]] : 0;
    tg_places_free(&places);
    if (status)
        tg_owners_free(&owners);
    else
        *out = (struct tg_places){owners.of, owners.n};
    return status;
}

enum tg_status tg_store_places_of(struct tg_store *store, const int64_t *identities, uint32_t n,
                                  struct tg_places *out, struct tg_error *err)
{
    enum tg_status status = new_places(&store->db, out, err);
    for (uint32_t i = 0; !status && i < n; i++) {
        if (identities[i] > 0 && (uint64_t)identities[i] < out->n)
            out->of[identities[i]] = i + 1;
    }
    return status;
}

void tg_places_free(struct tg_places *places)
{
    free(places->of);
    *places = (struct tg_places){NULL, 0};
}

struct walking {
    const struct tg_db *db;
    const struct tg_places *places;
    const bool *of;
    uint32_t *token_of; /* by number: place in the study's list + 1 */
    size_t n_numbers;
    struct tg_placed_token batch[BATCH];
    size_t n;
    tg_on_placed *on;
    void *ctx;
};

static enum tg_status number_tokens(const struct tg_store *store, struct walking *w, bool evidence,
                                    struct tg_error *err)
{
    int64_t last = 0;
    enum tg_status status =
        tg_db_number(w->db, "SELECT coalesce(max(id), 0) FROM token_name", DB_NO_ARGS, &last, err);
    if (status)
        return status;
    w->n_numbers = (size_t)last + 1;
    w->token_of = tg_calloc(w->n_numbers, sizeof *w->token_of, err);
    if (!w->token_of)
        return TG_NO_MEMORY;
    for (size_t i = 0; !status && i < store->study->n_tokens; i++) {
        int64_t number = 0;
        if (store->study->tokens[i].evidence != evidence)
            continue;
        status = tg_token_number(w->db, store->study->tokens[i].name, &number, err);
        if (!status && number > 0 && (size_t)number < w->n_numbers)
            w->token_of[number] = (uint32_t)i + 1;
    }
    return status;
}

static enum tg_status hand_on(struct walking *w, struct tg_error *err)
{
    size_t n = w->n;
    w->n = 0;
    return n ? w->on(w->ctx, w->batch, n, err) : TG_OK;
}

/* Is somebody of the list asked for this identity? */
static bool is_wanted(const struct walking *w, int64_t identity)
{
    if (identity <= 0 || (uint64_t)identity >= w->places->n)
        return false;
    uint32_t place = w->places->of[identity];
    return place && (!w->of || w->of[place - 1]);
}

static enum tg_status take_token(struct walking *w, unsigned number,
                                 const unsigned char hash[TG_TOKEN_LEN], uint32_t place,
                                 struct tg_error *err)
{
    if (number >= w->n_numbers || !w->token_of[number])
        return TG_OK;
    struct tg_placed_token *t = &w->batch[w->n++];
    memcpy(t->hash, hash, TG_TOKEN_LEN);
    t->place = place;
    t->token = w->token_of[number] - 1;
    return w->n == BATCH ? hand_on(w, err) : TG_OK;
}

/* The row's columns: identity, packed tokens. */
static enum tg_status take_packed(struct walking *w, sqlite3_stmt *row, struct tg_error *err)
{
    const unsigned char *packed = sqlite3_column_blob(row, 1);
    size_t len = (size_t)sqlite3_column_bytes(row, 1);
    uint32_t place = w->places->of[sqlite3_column_int64(row, 0)] - 1;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i + TG_PACKED_LEN <= len; i += TG_PACKED_LEN)
        status = take_token(w, tg_packed_token(packed + i), packed + i + 2, place, err);
    return status;
}

static enum tg_status take_evidence(struct walking *w, sqlite3_stmt *row, struct tg_error *err)
{
    const unsigned char *packed = sqlite3_column_blob(row, 1);
    size_t len = (size_t)sqlite3_column_bytes(row, 1);
    uint32_t place = w->places->of[sqlite3_column_int64(row, 0)] - 1;
    struct tg_evidence_reader r = {.in = {packed, packed ? packed + len : NULL}};
    unsigned char hash[TG_TOKEN_LEN];
    enum tg_status status = TG_OK;
    while (!status && tg_evidence_next(&r, hash))
        status = take_token(w, r.number, hash, place, err);
    if (!status && !tg_evidence_is_whole(&r))
        status =
            TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = w->db->path, .rule = "identity_evidence");
    return status;
}

/* The next row's identity; INT64_MAX: there are no more. */
static enum tg_status step(const struct walking *w, sqlite3_stmt *rows, int64_t *at,
                           struct tg_error *err)
{
    bool row = false;
    enum tg_status status = tg_db_next(w->db, rows, &row, err);
    *at = row ? sqlite3_column_int64(rows, 0) : INT64_MAX;
    return status;
}

/* The row of an identity, or the first one behind: a few rows are stepped over, more are jumped. */
static enum tg_status go_to(const struct walking *w, sqlite3_stmt *rows, int64_t identity,
                            int64_t *at, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (int i = 0; !status && i<STEPS_A_JUMP && * at> 0 && *at < identity; i++)
        status = step(w, rows, at, err);
    if (status || *at >= identity)
        return status;
    status = tg_db_bind(w->db, rows, DB_ARGS(DB_INT(identity)), err);
    return status ? status : step(w, rows, at, err);
}

static enum tg_status walk_wanted(struct walking *w, bool evidence, struct tg_error *err)
{
    sqlite3_stmt *rows = NULL;
    int64_t at = 0;
    enum tg_status status =
        tg_db_prepare(w->db,
                      evidence ? "SELECT identity_id, tokens FROM identity_evidence"
                                 " WHERE identity_id >= ? ORDER BY identity_id"
                               : "SELECT id, tokens FROM identity WHERE id >= ? ORDER BY id",
                      &rows, err);
    for (size_t i = 0; !status && i < w->places->n; i++) {
        if (!is_wanted(w, (int64_t)i))
            continue;
        status = go_to(w, rows, (int64_t)i, &at, err);
        if (!status && at == (int64_t)i)
            status = evidence ? take_evidence(w, rows, err) : take_packed(w, rows, err);
    }
    (void)sqlite3_finalize(rows);
    return status;
}

enum tg_status tg_store_tokens(struct tg_store *store, const struct tg_places *places,
                               bool evidence, const bool *of, tg_on_placed *on, void *ctx,
                               struct tg_error *err)
{
    struct walking w = {.db = &store->db, .places = places, .of = of, .on = on, .ctx = ctx};
    enum tg_status status = number_tokens(store, &w, evidence, err);
    if (!status)
        status = walk_wanted(&w, evidence, err);
    if (!status)
        status = hand_on(&w, err);
    free(w.token_of);
    return status;
}
