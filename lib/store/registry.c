/* SPDX-License-Identifier: Apache-2.0 */
#include "store/consent.h"

#include "table/csv.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* One app user and purpose of the registry. */
struct line {
    const char *provider, *purpose, *form, *method;
    bool has_row;
    unsigned char row_id[TG_TOKEN_LEN];
    struct tg_consent_view view;
};

struct registry {
    struct tg_word_list words;
    struct line *lines;
    size_t n, cap;
};

static const char consent_words[] = "SELECT provider FROM consent_row UNION"
                                    " SELECT purpose FROM consent_row UNION"
                                    " SELECT form FROM consent_row UNION"
                                    " SELECT method FROM consent_row UNION"
                                    " SELECT provider FROM withdrawal UNION"
                                    " SELECT purpose FROM withdrawal";

static enum tg_status newest_row(const struct tg_db *db, sqlite3_stmt *newest,
                                 const unsigned char *app, struct line *line, struct tg_error *err)
{
    enum tg_status status =
        tg_db_bind(db, newest, DB_ARGS(DB_INT(TG_APP_NUMBER), DB_BLOB(app, TG_TOKEN_LEN)), err);
    if (!status)
        status = tg_db_next(db, newest, &line->has_row, err);
    if (!status && line->has_row && sqlite3_column_bytes(newest, 0) == TG_TOKEN_LEN)
        memcpy(line->row_id, sqlite3_column_blob(newest, 0), TG_TOKEN_LEN);
    (void)sqlite3_reset(newest);
    return status;
}

static enum tg_status add_line(struct tg_store *store, struct registry *r,
                               struct tg_consent_asker *asker, sqlite3_stmt *user,
                               sqlite3_stmt *newest, uint32_t on, struct tg_error *err)
{
    enum tg_status status = tg_grow(&r->lines, &r->cap, r->n + 1, sizeof *r->lines, err);
    if (status)
        return status;
    struct line *line = &r->lines[r->n++];
    *line = (struct line){.provider = tg_word_text(&r->words, sqlite3_column_int64(user, 1)),
                          .purpose = tg_word_text(&r->words, sqlite3_column_int64(user, 2))};
    struct tg_consent_key key = {.provider = sqlite3_column_int64(user, 1),
                                 .purpose = sqlite3_column_int64(user, 2)};
    if (sqlite3_column_bytes(user, 0) == TG_TOKEN_LEN)
        memcpy(key.app, sqlite3_column_blob(user, 0), TG_TOKEN_LEN);
    status = tg_consent_ask(asker, &key, INT32_MAX, on, &line->view, err);
    line->form = tg_word_text(&r->words, line->view.form);
    line->method = tg_word_text(&r->words, line->view.method);
    return status ? status : newest_row(&store->db, newest, key.app, line, err);
}

static enum tg_status load(struct tg_store *store, uint32_t on, struct registry *r,
                           struct tg_error *err)
{
    struct tg_consent_asker asker = {0};
    sqlite3_stmt *users = NULL, *newest = NULL;
    bool row = true;
    enum tg_status status = tg_word_list_load(&store->db, consent_words, &r->words, err);
    if (!status)
        status = tg_consent_asker_begin(&asker, store, err);
    if (!status)
        status = tg_db_prepare(&store->db,
                               "SELECT app, provider, purpose FROM consent_row"
                               " WHERE app IS NOT NULL"
                               " UNION SELECT app, provider, purpose FROM withdrawal",
                               &users, err);
    if (!status)
        status = tg_db_prepare(&store->db,
                               "SELECT u.row_id FROM identity_token t"
                               " JOIN user_row u ON u.identity_id = t.identity_id"
                               " JOIN delivery d ON d.id = u.delivery_id"
                               " WHERE t.token = ? AND t.hash = ?"
                               " ORDER BY d.period DESC, u.row_id LIMIT 1",
                               &newest, err);
    while (!status && row) {
        status = tg_db_next(&store->db, users, &row, err);
        if (!status && row)
            status = add_line(store, r, &asker, users, newest, on, err);
    }
    (void)sqlite3_finalize(users);
    (void)sqlite3_finalize(newest);
    tg_consent_asker_end(&asker);
    return status;
}

/* Not by app token: lines of equal rank are equal in every column. */
static int by_columns(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = strcmp(x->provider, y->provider);
    if (!order)
        order = strcmp(x->purpose, y->purpose);
    if (!order)
        order = y->has_row - x->has_row;
    if (!order)
        order = memcmp(x->row_id, y->row_id, TG_TOKEN_LEN);
    if (!order)
        order =
            (x->view.granted_on > y->view.granted_on) - (x->view.granted_on < y->view.granted_on);
    if (!order)
        order = (x->view.withdrawn_on > y->view.withdrawn_on) -
                (x->view.withdrawn_on < y->view.withdrawn_on);
    if (!order)
        order = strcmp(x->form, y->form);
    if (!order)
        order = strcmp(x->method, y->method);
    return order;
}

static enum tg_status put_line(struct tg_csv_writer *csv, const struct line *line,
                               struct tg_error *err)
{
    char granted_on[11], withdrawn_on[11];
    tg_day_format(line->view.granted_on, granted_on);
    tg_day_format(line->view.withdrawn_on, withdrawn_on);
    enum tg_status status = tg_csv_put_text(csv, line->provider, err);
    if (!status)
        status = tg_csv_put_text(csv, line->purpose, err);
    if (!status)
        status = tg_csv_put_hex(csv, line->row_id, line->has_row ? TG_TOKEN_LEN : 0, err);
    const char *texts[] = {line->form, line->method, granted_on, withdrawn_on,
                           tg_consent_state_name(line->view.state)};
    for (size_t i = 0; !status && i < sizeof texts / sizeof texts[0]; i++)
        status = tg_csv_put_text(csv, texts[i], err);
    return status ? status : tg_csv_end_row(csv, err);
}

static enum tg_status write(const struct registry *r, const char *path, bool force,
                            struct tg_error *err)
{
    static const char *const header[] = {"provider", "purpose",    "user_row_id",  "form",
                                         "method",   "granted_on", "withdrawn_on", "state"};
    struct tg_csv_writer *csv = NULL;
    enum tg_status status = tg_csv_create(path, force ? TG_OUTPUT_FORCE : 0, &csv, err);
    if (!status)
        status = tg_csv_put_row(csv, header, sizeof header / sizeof header[0], err);
    for (size_t i = 0; !status && i < r->n; i++)
        status = put_line(csv, &r->lines[i], err);
    if (!status)
        return tg_csv_commit(&csv, NULL, err);
    tg_csv_discard(&csv);
    return status;
}

enum tg_status tg_consent_list(struct tg_store *store, uint32_t on, const char *path, bool force,
                               struct tg_error *err)
{
    struct registry r = {0};
    enum tg_status status = load(store, on, &r, err);
    if (!status && r.n)
        qsort(r.lines, r.n, sizeof *r.lines, by_columns);
    if (!status)
        status = write(&r, path, force, err);
    free(r.lines);
    tg_word_list_free(&r.words);
    return status;
}
