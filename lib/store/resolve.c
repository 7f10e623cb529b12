/* SPDX-License-Identifier: Apache-2.0 */
#include "store/resolve.h"

#include "store/enrolled.h"

#include "crypto/message.h"
#include "text/calendar.h"

#include <string.h>

/* Rows whose digests are computed together: their messages and slots stay in the cache. */
enum { GROUP = 64 };

/* The message at the end of the batch's messages, from `at` on, is to become a token of `key`. */
static enum tg_status end_message(struct tg_token_batch *b, size_t at,
                                  const struct tg_token_key *key, struct tg_error *err)
{
    size_t len = b->messages.len - at;
    b->messages.len = at;
    if (!tg_token_batch_room(b, len, err))
        return TG_NO_MEMORY;
    tg_token_batch_put(b, key, len);
    return TG_OK;
}

/* The digest is keyed too: the store holds nothing that the shared key's holders could guess at. */
static enum tg_status add_digest(struct tg_resolver *r, const struct tg_token_row *row,
                                 const struct tg_identity_facts *facts, struct tg_error *err)
{
    struct tg_buf *m = &r->batch.messages;
    size_t at = m->len;
    enum tg_status status = TG_OK;
    for (size_t c = 0; !status && c < r->n_columns; c++) {
        const struct tg_token_column *column = &r->columns[c];
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
    return status ? status : end_message(&r->batch, at, r->store->sites[0].identity, err);
}

static bool same_tokens(const struct tg_resolver *r, const struct tg_token_row *a,
                        const struct tg_token_row *b)
{
    for (size_t c = 0; c < r->n_columns; c++) {
        const struct tg_token_cell *x = &a->tokens[c], *y = &b->tokens[c];
        if (x->n != y->n || (x->n && memcmp(x->tokens, y->tokens, x->n * TG_TOKEN_LEN) != 0))
            return false;
    }
    return true;
}

/* Events of one identity lie together: then one digest does for all. */
static enum tg_status digest_group(struct tg_resolver *r, struct tg_read_row *rows, size_t n,
                                   struct tg_error *err)
{
    size_t of[GROUP];
    enum tg_status status = TG_OK;
    tg_token_batch_begin(&r->batch);
    for (size_t i = 0; !status && i < n; i++) {
        struct tg_identity_facts *facts = &rows[i].found.facts;
        rows[i].found = (struct tg_found){.facts = {.birth_month = TG_NO_MONTH}};
        if (!r->facts && i > 0 && same_tokens(r, &rows[i].row, &rows[i - 1].row)) {
            rows[i].found.has_digest = true;
            rows[i].found.repeats = true;
        } else if (!r->facts || !r->facts(r->ctx, &rows[i].row, facts, NULL)) {
            rows[i].found.has_digest = true;
            status = add_digest(r, &rows[i].row, facts, err);
        }
        of[i] = r->batch.n - 1;
    }
    if (status)
        return status;
    tg_token_batch_compute(&r->batch);
    for (size_t i = 0; i < n; i++) {
        unsigned char *digest = rows[i].found.digest;
        if (!rows[i].found.has_digest)
            continue;
        memcpy(digest, r->batch.tokens[of[i]], TG_TOKEN_LEN);
        for (size_t s = 1; s < r->store->n_sites; s++)
            tg_token_compute(r->store->sites[s].identity, digest, TG_TOKEN_LEN, digest);
    }
    return TG_OK;
}

static enum tg_status find(struct tg_resolver *r, struct tg_found *found, struct tg_error *err)
{
    struct tg_known_identity *known = tg_known_find(&r->known, found->digest);
    if (known->id) {
        found->id = known->id;
        tg_enrolled_see(&r->time, &found->facts, known, found);
        return TG_OK;
    }
    struct tg_known_identity fresh = tg_enrolled_fresh(&r->time, &found->facts, r->next_id);
    memcpy(fresh.digest, found->digest, TG_TOKEN_LEN);
    found->id = r->next_id++;
    found->is_new = true;
    return tg_known_add(&r->known, &fresh, err);
}

static enum tg_status find_group(struct tg_resolver *r, struct tg_read_row *rows, size_t n,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < n && r->known.slots; i++)
        tg_known_prefetch(&r->known, rows[i].found.digest);
    for (size_t i = 0; !status && i < n; i++) {
        struct tg_found *found = &rows[i].found;
        if (found->repeats)
            found->id = rows[i - 1].found.id;
        else if (found->has_digest && r->known.slots)
            status = find(r, found, err);
    }
    return status;
}

static enum tg_status add_hashes(struct tg_resolver *r, const struct tg_token_row *row,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t c = 0; c < r->n_columns; c++) {
        const char *name = r->columns[c].name;
        const struct tg_token_cell *cell = &row->tokens[r->columns[c].cell];
        for (size_t i = 0; !status && i < cell->n; i++) {
            struct tg_buf *m = &r->batch.messages;
            size_t at = m->len;
            status = tg_message_add(m, name, strlen(name), err);
            if (!status)
                status = tg_message_add(m, cell->tokens[i], TG_TOKEN_LEN, err);
            if (!status)
                status = end_message(&r->batch, at, r->store->sites[0].token, err);
        }
    }
    return status;
}

/* The row is the thread's own copy: its tokens become what is stored of them. */
static enum tg_status take_hashes(struct tg_resolver *r, const struct tg_token_row *row, size_t *at,
                                  struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t c = 0; c < r->n_columns; c++) {
        const struct tg_token_cell *cell = &row->tokens[r->columns[c].cell];
        unsigned char(*tokens)[TG_TOKEN_LEN] = (unsigned char(*)[TG_TOKEN_LEN])cell->tokens;
        for (size_t i = 0; !status && i < cell->n; i++) {
            memcpy(tokens[i], r->batch.tokens[(*at)++], TG_TOKEN_LEN);
            for (size_t s = 1; !status && s < r->store->n_sites; s++) {
                if (r->columns[c].evidence)
                    tg_evidence_pass_on(r->store->n_whole, s, tokens[i]);
                status = tg_site_hash(&r->store->sites[s], r->columns[c].name, tokens[i],
                                      &r->message, tokens[i], err);
            }
        }
    }
    return status;
}

static enum tg_status hash_group(struct tg_resolver *r, struct tg_read_row *rows, size_t n,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    size_t at = 0;
    tg_token_batch_begin(&r->batch);
    for (size_t i = 0; !status && i < n; i++) {
        if (rows[i].found.is_new)
            status = add_hashes(r, &rows[i].row, err);
    }
    if (status)
        return status;
    tg_token_batch_compute(&r->batch);
    for (size_t i = 0; !status && i < n; i++) {
        rows[i].found.hashed = rows[i].found.is_new;
        if (rows[i].found.is_new)
            status = take_hashes(r, &rows[i].row, &at, err);
    }
    return status;
}

enum tg_status tg_resolve(struct tg_resolver *r, struct tg_read_row *rows, size_t n,
                          struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t from = 0; !status && from < n; from += GROUP) {
        size_t size = n - from < GROUP ? n - from : GROUP;
        status = digest_group(r, rows + from, size, err);
        if (!status)
            status = find_group(r, rows + from, size, err);
        if (!status && r->hashes)
            status = hash_group(r, rows + from, size, err);
    }
    return status;
}

void tg_resolver_free(struct tg_resolver *r)
{
    tg_known_free(&r->known);
    tg_token_batch_free(&r->batch);
    tg_buf_free(&r->message);
}
