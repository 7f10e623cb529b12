/* SPDX-License-Identifier: Apache-2.0 */
#include "store/enrolled.h"
#include "store/importing.h"
#include "store/index.h"

#include <string.h>

/* Runs a statement in whose text %s stands for the table of the kind. */
static enum tg_status run_on_table(const struct tg_importing *im, const char *format,
                                   const struct tg_arg *args, size_t n, struct tg_error *err)
{
    struct tg_buf sql = {0};
    const char *mark = strstr(format, "%s");
    const char *text = NULL;
    enum tg_status status = tg_buf_add(&sql, format, (size_t)(mark - format), err);
    if (!status)
        status = tg_buf_add(&sql, im->kind->table, strlen(im->kind->table), err);
    if (!status)
        status = tg_buf_add(&sql, mark + 2, strlen(mark + 2), err);
    if (!status)
        text = tg_buf_text(&sql, err);
    status = text ? tg_db_once(&im->store->db, text, args, n, err) : TG_NO_MEMORY;
    tg_buf_free(&sql);
    return status;
}

/* Tokens that only this delivery showed to be shared may join again. */
static enum tg_status unshare(struct tg_importing *im, struct tg_error *err)
{
    struct tg_store *store = im->store;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(
        &store->db, "SELECT token, hash FROM shared_token WHERE delivery_id = ?", &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_INT(im->delivery_id)), err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row && sqlite3_column_bytes(stmt, 1) == TG_TOKEN_LEN)
            status = tg_graph_touch(store, (unsigned)sqlite3_column_int(stmt, 0),
                                    sqlite3_column_blob(stmt, 1), &im->interner.touched, err);
    }
    (void)sqlite3_finalize(stmt);
    return status ? status
                  : tg_db_once(&store->db, "DELETE FROM shared_token WHERE delivery_id = ?",
                               DB_ARGS(DB_INT(im->delivery_id)), err);
}

enum tg_status tg_replace_begin(struct tg_importing *im, struct tg_error *err)
{
    const struct tg_arg delivery[] = {DB_INT(im->delivery_id)};
    const char *list = im->kind->in_runs ? "INSERT OR IGNORE INTO temp.dropped(identity_id)"
                                           " SELECT r.identity_id FROM delivery d JOIN %s r"
                                           " ON r.id BETWEEN d.first_run AND d.last_run"
                                           " AND r.delivery_id = d.id WHERE d.id = ?"
                                         : "INSERT OR IGNORE INTO temp.dropped(identity_id)"
                                           " SELECT identity_id FROM %s WHERE delivery_id = ?";
    const char *empty = im->kind->in_runs ? "DELETE FROM %s WHERE id BETWEEN"
                                            " (SELECT first_run FROM delivery WHERE id = ?1)"
                                            " AND (SELECT last_run FROM delivery WHERE id = ?1)"
                                            " AND delivery_id = ?1"
                                          : "DELETE FROM %s WHERE delivery_id = ?";
    enum tg_status status = tg_db_exec(&im->store->db,
                                       "CREATE TEMP TABLE IF NOT EXISTS dropped("
                                       "identity_id INTEGER PRIMARY KEY, period INTEGER,"
                                       " last INTEGER, enrolled_from INTEGER,"
                                       " enrolled_to INTEGER, turned INTEGER, death INTEGER);"
                                       "DELETE FROM temp.dropped",
                                       err);
    if (!status && im->interner.founds_persons)
        status = tg_db_once(&im->store->db,
                            "INSERT INTO temp.dropped(identity_id, enrolled_from, turned)"
                            " SELECT r.identity_id, min(r.enrolled_from), max(i.turns)"
                            " FROM roster_row r JOIN identity i ON i.id = r.identity_id"
                            " WHERE r.delivery_id = ? GROUP BY r.identity_id",
                            delivery, 1, err);
    else if (!status)
        status = run_on_table(im, list, delivery, 1, err);
    if (!status)
        status = run_on_table(im, empty, delivery, 1, err);
    return status ? status : unshare(im, err);
}

/* Those who could have been one by a day that is another one now, or gone. */
static enum tg_status touch_birthdays(struct tg_importing *im, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(&im->store->db,
                      "SELECT DISTINCT i.birth_month, i.sex FROM temp.dropped d JOIN identity i"
                      " ON i.id = d.identity_id WHERE d.turned <> 0 AND i.birth_month IS NOT NULL",
                      &stmt, err);
    while (!status && row) {
        status = tg_db_next(&im->store->db, stmt, &row, err);
        if (!status && row)
            status = tg_enrolled_touch_birthday(&im->interner, sqlite3_column_int(stmt, 0),
                                                sqlite3_column_int(stmt, 1), err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

/* Leaves in `dropped` those that the new rows do not name or whose first day is another one, and
 * has their other rows looked through. */
static enum tg_status keep_dropped_people(struct tg_importing *im, bool goes, struct tg_error *err)
{
    const struct tg_arg delivery[] = {DB_INT(im->delivery_id)};
    int64_t left = 0;
    im->interner.source_id = im->source_id;
    enum tg_status status =
        tg_db_once(&im->store->db,
                   "DELETE FROM temp.dropped WHERE (identity_id, coalesce(enrolled_from, 0)) IN"
                   " (SELECT identity_id, coalesce(min(enrolled_from), 0) FROM roster_row"
                   " WHERE delivery_id = ? GROUP BY identity_id)",
                   delivery, 1, err);
    if (!status)
        status = tg_db_number(&im->store->db, "SELECT count(*) FROM temp.dropped", DB_NO_ARGS,
                              &left, err);
    if (status || (left == 0 && !goes))
        return status;
    status = tg_enrolled_again(&im->interner, goes ? im->delivery_id : 0, err);
    if (!status)
        status = touch_birthdays(im, err);
    return status ? status
                  : tg_db_exec(&im->store->db,
                               "UPDATE identity SET conflict = NULL, watched = 0 WHERE id IN"
                               " (SELECT identity_id FROM temp.dropped WHERE period IS NULL);"
                               "DELETE FROM person_bridge WHERE identity_id IN"
                               " (SELECT identity_id FROM temp.dropped WHERE period IS NULL)",
                               err);
}

/* Leaves in `dropped` those that the new rows do not name, with the first period of those left. */
static enum tg_status keep_dropped(struct tg_importing *im, struct tg_error *err)
{
    const struct tg_arg delivery[] = {DB_INT(im->delivery_id)};
    const struct tg_arg source[] = {DB_INT(im->source_id)};
    int64_t left = 0;
    enum tg_status status = run_on_table(im,
                                         "DELETE FROM temp.dropped WHERE identity_id IN"
                                         " (SELECT identity_id FROM %s WHERE delivery_id = ?)",
                                         delivery, 1, err);
    if (!status)
        status = tg_db_number(&im->store->db, "SELECT count(*) FROM temp.dropped", DB_NO_ARGS,
                              &left, err);
    if (status || left == 0)
        return status;
    status = run_on_table(im,
                          "UPDATE temp.dropped SET period = s.period FROM"
                          " (SELECT r.identity_id, min(d.period) AS period FROM %s r"
                          " JOIN delivery d ON d.id = r.delivery_id WHERE d.source_id = ?"
                          " AND r.identity_id IN (SELECT identity_id FROM temp.dropped)"
                          " GROUP BY r.identity_id) s"
                          " WHERE s.identity_id = dropped.identity_id",
                          source, 1, err);
    return status ? status
                  : tg_db_exec(&im->store->db,
                               "UPDATE identity SET seen_from = d.period FROM temp.dropped d"
                               " WHERE identity.id = d.identity_id",
                               err);
}

/* Adds the identities that a statement yields. */
static enum tg_status touch_those(struct tg_importing *im, const char *sql, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(&im->store->db, sql, &stmt, err);
    while (!status && row) {
        status = tg_db_next(&im->store->db, stmt, &row, err);
        if (!status && row)
            status = tg_ids_add(&im->interner.touched, sqlite3_column_int64(stmt, 0), err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static const char joined_by_hand[] =
    "SELECT o.identity_id FROM temp.dropped d JOIN person_joined p"
    " ON p.identity_id = d.identity_id JOIN person_joined o ON o.audit = p.audit"
    " AND o.side = p.side AND o.identity_id <> p.identity_id WHERE d.period IS NULL";

/* Those who were joined through an identity that is gone may no longer be. */
static enum tg_status touch_neighbours(struct tg_importing *im, struct tg_error *err)
{
    struct tg_store *store = im->store;
    struct tg_numbers numbers = {0}, bridging = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = touch_those(im, joined_by_hand, err);
    if (!status)
        status = tg_numbers_load(store, &numbers, err);
    if (!status)
        status = tg_bridging_load(store, &bridging, err);
    if (!status)
        status = tg_db_prepare(&store->db,
                               "SELECT i.tokens FROM temp.dropped d JOIN identity i"
                               " ON i.id = d.identity_id WHERE d.period IS NULL",
                               &stmt, err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (status || !row)
            break;
        const unsigned char *packed = sqlite3_column_blob(stmt, 0);
        size_t len = (size_t)sqlite3_column_bytes(stmt, 0);
        for (size_t i = 0; !status && i + TG_PACKED_LEN <= len; i += TG_PACKED_LEN) {
            unsigned token = tg_packed_token(packed + i);
            if (tg_numbers_has(&numbers, token) || tg_numbers_has(&bridging, token))
                status = tg_graph_touch(store, token, packed + i + 2, &im->interner.touched, err);
        }
    }
    (void)sqlite3_finalize(stmt);
    tg_numbers_free(&numbers);
    tg_numbers_free(&bridging);
    return status;
}

/* Persons keep their numbers, so identities of rosters stay, without rows; others are emptied. */
static enum tg_status forget_dropped(struct tg_importing *im, struct tg_error *err)
{
    int64_t left = 0;
    enum tg_status status =
        tg_db_number(&im->store->db, "SELECT count(*) FROM temp.dropped WHERE period IS NULL",
                     DB_NO_ARGS, &left, err);
    if (status || left == 0)
        return status;
    if (im->interner.founds_persons)
        return touch_neighbours(im, err);
    status = tg_index_forget(&im->store->db,
                             "SELECT identity_id FROM temp.dropped WHERE period IS NULL", err);
    if (status)
        return status;
    return tg_db_exec(&im->store->db,
                      "UPDATE identity SET digest = NULL, birth_month = NULL, sex = 0,"
                      " tokens = x'' WHERE id IN"
                      " (SELECT identity_id FROM temp.dropped WHERE period IS NULL);",
                      err);
}

enum tg_status tg_replace_end(struct tg_importing *im, bool goes, struct tg_error *err)
{
    enum tg_status status =
        im->interner.founds_persons ? keep_dropped_people(im, goes, err) : keep_dropped(im, err);
    if (!status)
        status = forget_dropped(im, err);
    return status ? status : tg_db_exec(&im->store->db, "DELETE FROM temp.dropped", err);
}
