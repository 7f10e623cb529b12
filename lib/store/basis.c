/* SPDX-License-Identifier: Apache-2.0 */
#include "store/basis.h"
#include "store/room.h"

#include "crypto/message.h"

#include <string.h>

static enum tg_status add_text(struct tg_buf *out, sqlite3_stmt *stmt, int column,
                               struct tg_error *err)
{
    const void *bytes = sqlite3_column_blob(stmt, column);
    return tg_message_add(out, bytes ? bytes : "", (size_t)sqlite3_column_bytes(stmt, column), err);
}

/* All columns of all rows of a statement, which is finalized. */
static enum tg_status add_rows(const struct tg_db *db, const char *sql, const char *folder,
                               struct tg_buf *out, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(db, sql, &stmt, err);
    if (!status && sqlite3_bind_parameter_count(stmt))
        status = tg_db_bind(db, stmt, DB_ARGS(DB_TEXT(folder, strlen(folder))), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        for (int i = 0; !status && row && i < sqlite3_column_count(stmt); i++)
            status = add_text(out, stmt, i, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_basis_now(struct tg_store *store, const char *folder,
                            const struct tg_buf *settings, char out[TG_DIGEST_HEX + 1],
                            struct tg_error *err)
{
    struct tg_arena arena = {0};
    struct tg_buf all = {0};
    const char *name = tg_store_folder_name(store, folder, &arena, err);
    enum tg_status status =
        name ? tg_message_add(&all, settings->data, settings->len, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_message_add(&all, name, strlen(name), err);
    if (!status)
        status = add_rows(&store->db,
                          "SELECT seq, mac FROM audit WHERE verb NOT IN ('run', 'run undone')"
                          " ORDER BY seq DESC LIMIT 1",
                          name, &all, err);
    if (!status)
        status = add_rows(&store->db,
                          "SELECT folder, name, sha256 FROM output WHERE folder <> ?"
                          " ORDER BY folder, name",
                          name, &all, err);
    if (!status)
        tg_digest_of(all.data, all.len, out);
    tg_buf_free(&all);
    tg_arena_free(&arena);
    return status;
}

/* A digest of what is recorded for the folder; "" when nothing is. */
static enum tg_status digest_outputs(const struct tg_db *db, const char *name,
                                     char out[TG_DIGEST_HEX + 1], struct tg_error *err)
{
    struct tg_buf all = {0};
    enum tg_status status = add_rows(
        db, "SELECT name, sha256 FROM output WHERE folder = ? ORDER BY name", name, &all, err);
    out[0] = '\0';
    if (!status && all.len)
        tg_digest_of(all.data, all.len, out);
    tg_buf_free(&all);
    return status;
}

static enum tg_status files_are_recorded(const struct tg_db *db, const char *name,
                                         const char *folder, bool *same, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(db, "SELECT name, sha256 FROM output WHERE folder = ?", &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_TEXT(name, strlen(name))), err);
    while (!status && row && *same) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = tg_output_is(folder, (const char *)sqlite3_column_text(stmt, 0),
                                  (const char *)sqlite3_column_text(stmt, 1), same, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status find(const struct tg_db *db, const char *name, const char *basis,
                           struct tg_basis_counts *counts, bool *found, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    char outputs[TG_DIGEST_HEX + 1];
    enum tg_status status = digest_outputs(db, name, outputs, err);
    *found = false;
    if (!status)
        status = tg_db_prepare(db,
                               "SELECT users, linked, matched FROM run_basis"
                               " WHERE folder = ? AND basis = ? AND outputs = ?",
                               &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt,
                            DB_ARGS(DB_TEXT(name, strlen(name)), DB_TEXT(basis, strlen(basis)),
                                    DB_TEXT(outputs, strlen(outputs))),
                            err);
    if (!status)
        status = tg_db_next(db, stmt, found, err);
    if (!status && *found)
        *counts = (struct tg_basis_counts){(uint64_t)sqlite3_column_int64(stmt, 0),
                                           (uint64_t)sqlite3_column_int64(stmt, 1),
                                           (uint64_t)sqlite3_column_int64(stmt, 2)};
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_basis_holds(struct tg_store *store, const char *folder, const char *basis,
                              struct tg_basis_counts *counts, bool *same, struct tg_error *err)
{
    struct tg_arena arena = {0};
    const char *name = tg_store_folder_name(store, folder, &arena, err);
    enum tg_status status = name ? find(&store->db, name, basis, counts, same, err) : TG_NO_MEMORY;
    if (!status && *same)
        status = files_are_recorded(&store->db, name, folder, same, err);
    tg_arena_free(&arena);
    return status;
}

enum tg_status tg_basis_note(struct tg_store *store, const char *folder, const char *basis,
                             const struct tg_basis_counts *counts, struct tg_error *err)
{
    struct tg_arena arena = {0};
    char outputs[TG_DIGEST_HEX + 1];
    const char *name = tg_store_folder_name(store, folder, &arena, err);
    enum tg_status status = name ? digest_outputs(&store->db, name, outputs, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_db_begin(&store->db, err);
    if (!status)
        status = tg_db_end(
            &store->db,
            tg_db_once(&store->db, "INSERT OR REPLACE INTO run_basis VALUES(?, ?, ?, ?, ?, ?)",
                       DB_ARGS(DB_TEXT(name, strlen(name)), DB_TEXT(basis, strlen(basis)),
                               DB_TEXT(outputs, strlen(outputs)), DB_INT((int64_t)counts->users),
                               DB_INT((int64_t)counts->linked), DB_INT((int64_t)counts->matched)),
                       err),
            err);
    tg_arena_free(&arena);
    return status;
}
