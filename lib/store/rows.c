/* SPDX-License-Identifier: Apache-2.0 */
#include "store/query.h"
#include "store/importing.h"
#include "text/calendar.h"

#include <string.h>

/* Carried columns, in the order of the token file. */
enum {
    ROSTER_BIRTH_MONTH,
    ROSTER_SEX,
    ROSTER_DISTRICT,
    ROSTER_FROM,
    ROSTER_TO,
    ROSTER_LOSS_REASON
};
enum { USER_PROVIDER, USER_BIRTH_MONTH, USER_SEX, USER_REGISTERED_ON };
enum {
    CONSENT_PROVIDER,
    CONSENT_PURPOSE,
    CONSENT_FORM,
    CONSENT_METHOD,
    CONSENT_GRANTED_ON,
    CONSENT_WITHDRAWN_ON
};

/* A death without a day says nothing of when it was. */
static enum tg_status read_death(const struct tg_importing *im, const struct tg_token_row *row,
                                 struct tg_identity_facts *facts, struct tg_error *err)
{
    const struct tg_cell *cell = &row->carried[ROSTER_LOSS_REASON];
    bool death = cell->len == sizeof TG_DEATH - 1 && memcmp(cell->data, TG_DEATH, cell->len) == 0;
    facts->death = death && facts->enrolled_to;
    return death || cell->len == 0 ? TG_OK
                                   : tg_cell_malformed(im, row, ROSTER_LOSS_REASON, TG_DEATH, err);
}

enum tg_status tg_import_facts(const void *importing, const struct tg_token_row *row,
                               struct tg_identity_facts *facts, struct tg_error *err)
{
    const struct tg_importing *im = importing;
    bool roster = im->kind->kind == TG_KIND_ROSTER;
    *facts = (struct tg_identity_facts){.birth_month = TG_NO_MONTH};
    enum tg_status status =
        tg_cell_month(im, row, roster ? (size_t)ROSTER_BIRTH_MONTH : (size_t)USER_BIRTH_MONTH,
                      &facts->birth_month, err);
    if (!status)
        status =
            tg_cell_sex(im, row, roster ? (size_t)ROSTER_SEX : (size_t)USER_SEX, &facts->sex, err);
    if (!status && roster)
        status = tg_cell_day(im, row, ROSTER_FROM, &facts->enrolled_from, err);
    if (!status && roster)
        status = tg_cell_day(im, row, ROSTER_TO, &facts->enrolled_to, err);
    if (!status && roster && im->may_carry)
        status = read_death(im, row, facts, err);
    return status;
}

static enum tg_status intern_person(struct tg_importing *im, const struct tg_token_row *row,
                                    struct tg_identity_facts *facts, int64_t *id,
                                    struct tg_error *err)
{
    enum tg_status status = TG_OK;
    *facts = im->found->facts;
    if (!im->found->has_digest)
        status = tg_import_facts(im, row, facts, err);
    return status ? status : tg_intern(&im->interner, row, im->found, facts, id, err);
}

enum tg_status tg_import_roster(struct tg_importing *im, const struct tg_token_row *row,
                                struct tg_error *err)
{
    int64_t id = 0, district = 0, attributes = 0;
    struct tg_identity_facts facts;
    enum tg_status status = intern_person(im, row, &facts, &id, err);
    if (!status)
        status = tg_cell_word(im, row, ROSTER_DISTRICT, &district, err);
    if (!status)
        status = tg_cell_attributes(im, row, &attributes, err);
    if (status)
        return status;
    const uint32_t from = facts.enrolled_from, to = facts.enrolled_to;
    return tg_import_add(im,
                         DB_ARGS(DB_INT((int64_t)row->line), DB_BLOB(row->row_id, TG_TOKEN_LEN),
                                 DB_INT(id), DB_MAYBE(district, district), DB_MAYBE(from, from),
                                 DB_MAYBE(to, to), DB_MAYBE(attributes, attributes),
                                 DB_MAYBE(facts.death, 1)),
                         err);
}

enum tg_status tg_import_user(struct tg_importing *im, const struct tg_token_row *row,
                              struct tg_error *err)
{
    int64_t id = 0, attributes = 0;
    uint32_t registered_on = 0;
    struct tg_identity_facts facts;
    enum tg_status status = intern_person(im, row, &facts, &id, err);
    if (!status)
        status = tg_cell_day(im, row, USER_REGISTERED_ON, &registered_on, err);
    if (!status)
        status = tg_cell_attributes(im, row, &attributes, err);
    if (status)
        return status;
    return tg_import_add(im,
                         DB_ARGS(DB_INT((int64_t)row->line), DB_BLOB(row->row_id, TG_TOKEN_LEN),
                                 DB_INT(id), DB_MAYBE(registered_on, registered_on),
                                 DB_MAYBE(attributes, attributes)),
                         err);
}

enum tg_status tg_import_put(struct tg_importing *im, struct tg_error *err)
{
    struct tg_rows *rows = &im->add;
    sqlite3 *handle = im->store->db.handle;
    enum tg_status status = tg_rows_put(&im->store->db, rows, err);
    if (status && !im->kind->in_runs &&
        sqlite3_extended_errcode(handle) == SQLITE_CONSTRAINT_PRIMARYKEY)
        status = TG_FAIL(err, TG_MSG_IMPORT_ROW_TWICE, .file = im->path,
                         .line = (uint64_t)rows->args[rows->n * rows->n_columns].number);
    return status;
}

enum tg_status tg_import_add(struct tg_importing *im, const struct tg_arg *args, size_t n,
                             struct tg_error *err)
{
    enum tg_status status = tg_rows_add(&im->add, args, n, err);
    return status || !tg_rows_are_many(&im->add) ? status : tg_import_put(im, err);
}

/* The stored hash of the row's app token; false when it has none. */
static enum tg_status hash_app(struct tg_importing *im, const struct tg_token_row *row, bool *has,
                               unsigned char hash[TG_TOKEN_LEN], struct tg_error *err)
{
    *has = false;
    for (size_t i = 0; i < im->interner.n_columns; i++) {
        const struct tg_token_column *column = &im->columns[i];
        const struct tg_token_cell *cell = &row->tokens[column->cell];
        if (column->number != TG_APP_NUMBER || cell->n == 0)
            continue;
        *has = true;
        return tg_store_hash(im->store, TG_APP_TOKEN, cell->tokens[0], &im->scratch, hash, err);
    }
    im->without_user++;
    return TG_OK;
}

struct consent {
    bool has_app;
    unsigned char app[TG_TOKEN_LEN];
    int64_t purpose, form, method, attributes;
    uint32_t granted_on, withdrawn_on;
};

static enum tg_status read_consent(struct tg_importing *im, const struct tg_token_row *row,
                                   struct consent *c, struct tg_error *err)
{
    enum tg_status status = tg_cell_word(im, row, CONSENT_PURPOSE, &c->purpose, err);
    if (!status && c->purpose == 0)
        status =
            tg_word_intern(&im->words, TG_NO_PURPOSE, sizeof TG_NO_PURPOSE - 1, &c->purpose, err);
    if (!status)
        status = tg_cell_word(im, row, CONSENT_FORM, &c->form, err);
    if (!status)
        status = tg_cell_word(im, row, CONSENT_METHOD, &c->method, err);
    if (!status)
        status = tg_cell_day(im, row, CONSENT_GRANTED_ON, &c->granted_on, err);
    if (!status)
        status = tg_cell_day(im, row, CONSENT_WITHDRAWN_ON, &c->withdrawn_on, err);
    if (!status)
        status = tg_cell_attributes(im, row, &c->attributes, err);
    return status ? status : hash_app(im, row, &c->has_app, c->app, err);
}

enum tg_status tg_import_consent(struct tg_importing *im, const struct tg_token_row *row,
                                 struct tg_error *err)
{
    const struct tg_identity_facts unknown = {.birth_month = TG_NO_MONTH};
    const struct tg_db *db = &im->store->db;
    struct consent c = {0};
    int64_t id = 0;
    enum tg_status status = read_consent(im, row, &c, err);
    if (!status)
        status = tg_intern(&im->interner, row, im->found, &unknown, &id, err);
    if (!status)
        status = tg_import_add(
            im,
            DB_ARGS(
                DB_INT((int64_t)row->line), DB_BLOB(row->row_id, TG_TOKEN_LEN), DB_INT(id),
                {.type = c.has_app ? TG_ARG_BLOB : TG_ARG_NULL, .data = c.app, .len = TG_TOKEN_LEN},
                DB_INT(im->provider), DB_INT(c.purpose), DB_MAYBE(c.form, c.form),
                DB_MAYBE(c.method, c.method), DB_MAYBE(c.granted_on, c.granted_on),
                DB_MAYBE(c.withdrawn_on, c.withdrawn_on), DB_MAYBE(c.attributes, c.attributes)),
            err);
    if (status || !c.has_app || !c.withdrawn_on)
        return status;
    const char *sha = im->manifest->sha256;
    return tg_db_run(db, im->add_withdrawal,
                     DB_ARGS(DB_BLOB(c.app, TG_TOKEN_LEN), DB_INT(im->provider), DB_INT(c.purpose),
                             DB_INT(c.withdrawn_on), DB_INT(im->source_id), DB_INT(im->period),
                             DB_BLOB(row->row_id, TG_TOKEN_LEN), DB_TEXT(sha, strlen(sha)),
                             DB_MAYBE(c.form, c.form), DB_MAYBE(c.method, c.method)),
                     err);
}
