/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "store/dense.h"
#include "store/evidence.h"
#include "store/pump.h"
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
    bool evidence;
    uint32_t *token_of; /* by number: place in the study's list + 1 */
    size_t n_numbers;
    union {
        struct tg_placed_token tokens[BATCH];
        struct tg_placed_evidence evidence[BATCH];
    } batch;
    size_t n;
    tg_on_placed *on;
    tg_on_placed_evidence *on_evidence;
    void *ctx;
};

static enum tg_status number_tokens(const struct tg_store *store, struct walking *w,
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
        if (store->study->tokens[i].evidence != w->evidence)
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
    if (n == 0)
        return TG_OK;
    return w->evidence ? w->on_evidence(w->ctx, w->batch.evidence, n, err)
                       : w->on(w->ctx, w->batch.tokens, n, err);
}

/* Is somebody of the list asked for this identity? */
static bool is_wanted(const struct walking *w, int64_t identity)
{
    if (identity <= 0 || (uint64_t)identity >= w->places->n)
        return false;
    uint32_t place = w->places->of[identity];
    return place && (!w->of || w->of[place - 1]);
}

/* The number's place among the study's tokens + 1; 0: it is none of those that are asked for. */
static uint32_t token_of(const struct walking *w, unsigned number)
{
    return number < w->n_numbers ? w->token_of[number] : 0;
}

static enum tg_status take_packed(struct walking *w, uint32_t place, const unsigned char *packed,
                                  size_t len, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i + TG_PACKED_LEN <= len; i += TG_PACKED_LEN) {
        uint32_t token = token_of(w, tg_packed_token(packed + i));
        if (!token)
            continue;
        struct tg_placed_token *t = &w->batch.tokens[w->n++];
        memcpy(t->hash, packed + i + 2, TG_TOKEN_LEN);
        t->place = place;
        t->token = token - 1;
        if (w->n == BATCH)
            status = hand_on(w, err);
    }
    return status;
}

static enum tg_status take_evidence(struct walking *w, uint32_t place, const unsigned char *packed,
                                    size_t len, struct tg_error *err)
{
    struct tg_evidence_reader r = {.in = {packed, packed ? packed + len : NULL}};
    const unsigned char *hashes;
    enum tg_status status = TG_OK;
    for (size_t n; !status && tg_evidence_next_token(&r, &hashes, &n);) {
        uint32_t token = token_of(w, r.number);
        for (size_t i = 0; token && !status && i < n; i++) {
            w->batch.evidence[w->n++] = (struct tg_placed_evidence){
                tg_load_be64(hashes + i * TG_EVIDENCE_LEN), place, token - 1};
            if (w->n == BATCH)
                status = hand_on(w, err);
        }
    }
    if (!status && !tg_evidence_is_whole(&r))
        status =
            TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = w->db->path, .rule = "identity_evidence");
    return status;
}

static enum tg_status take(struct walking *w, int64_t identity, const unsigned char *packed,
                           size_t len, struct tg_error *err)
{
    uint32_t place = w->places->of[identity] - 1;
    return w->evidence ? take_evidence(w, place, packed, len, err)
                       : take_packed(w, place, packed, len, err);
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
                            int64_t last, int64_t *at, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (int i = 0; !status && i<STEPS_A_JUMP && * at> 0 && *at < identity; i++)
        status = step(w, rows, at, err);
    if (status || *at >= identity)
        return status;
    status = tg_db_bind(w->db, rows, DB_ARGS(DB_INT(identity), DB_INT(last)), err);
    return status ? status : step(w, rows, at, err);
}

/* Seeks those who are wanted, from the first to the last of them. */
static enum tg_status seek_wanted(struct walking *w, sqlite3_stmt *rows, int64_t first,
                                  int64_t last, struct tg_error *err)
{
    int64_t at = 0;
    enum tg_status status = TG_OK;
    for (int64_t i = first; !status && i <= last; i++) {
        if (!is_wanted(w, i))
            continue;
        status = go_to(w, rows, i, last, &at, err);
        if (!status && at == i)
            status = take(w, i, sqlite3_column_blob(rows, 1), (size_t)sqlite3_column_bytes(rows, 1),
                          err);
    }
    return status;
}

static enum tg_status on_pumped(void *ctx, const struct tg_pumped *row, struct tg_error *err)
{
    struct walking *w = ctx;
    int64_t identity = row->numbers[0];
    return is_wanted(w, identity) ? take(w, identity, row->bytes, row->len, err) : TG_OK;
}

/* Is it worth a thread to read all from the first to the last of n? Many identities have no
 * evidence.
 */
static bool are_most(const struct walking *w, int64_t first, int64_t last, int64_t n)
{
    return (last - first) / (w->evidence ? 4 : 2) < n;
}

static enum tg_status walk_wanted(struct walking *w, struct tg_error *err)
{
    sqlite3_stmt *rows = NULL;
    int64_t first = 0, last = 0, n = 0;
    for (size_t i = 0; i < w->places->n; i++) {
        if (!is_wanted(w, (int64_t)i))
            continue;
        first = n++ ? first : (int64_t)i;
        last = (int64_t)i;
    }
    if (n == 0)
        return TG_OK;
    enum tg_status status = tg_db_prepare(
        w->db,
        w->evidence ? "SELECT identity_id, tokens FROM identity_evidence"
                      " WHERE identity_id BETWEEN ? AND ? ORDER BY identity_id"
                    : "SELECT id, tokens FROM identity WHERE id BETWEEN ? AND ? ORDER BY id",
        &rows, err);
    if (!status)
        status = tg_db_bind(w->db, rows, DB_ARGS(DB_INT(first), DB_INT(last)), err);
    if (!status)
        status = are_most(w, first, last, n) ? tg_pump(w->db, rows, 1, on_pumped, w, err)
                                             : seek_wanted(w, rows, first, last, err);
    (void)sqlite3_finalize(rows);
    return status;
}

static enum tg_status walk_tokens(struct tg_store *store, struct walking *w, struct tg_error *err)
{
    w->db = &store->db;
    enum tg_status status = number_tokens(store, w, err);
    if (!status)
        status = walk_wanted(w, err);
    if (!status)
        status = hand_on(w, err);
    free(w->token_of);
    return status;
}

enum tg_status tg_store_tokens(struct tg_store *store, const struct tg_places *places,
                               const bool *of, tg_on_placed *on, void *ctx, struct tg_error *err)
{
    struct walking w = {.places = places, .of = of, .on = on, .ctx = ctx};
    return walk_tokens(store, &w, err);
}

enum tg_status tg_store_evidence(struct tg_store *store, const struct tg_places *places,
                                 const bool *of, tg_on_placed_evidence *on, void *ctx,
                                 struct tg_error *err)
{
    struct walking w = {
        .places = places, .of = of, .evidence = true, .on_evidence = on, .ctx = ctx};
    return walk_tokens(store, &w, err);
}
