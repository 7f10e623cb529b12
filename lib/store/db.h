/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * SQLite with the house's errors: prepared statements, typed arguments, transactions.
 */
#ifndef TG_STORE_DB_H
#define TG_STORE_DB_H

#include <totsugo/base.h>

#include <sqlite3.h>

/** An open database. */
struct tg_db {
    sqlite3 *handle;
    const char *path; /**< borrowed; for errors */
};

/** A value for a `?` of a statement. */
struct tg_arg {
    enum { TG_ARG_NULL, TG_ARG_INT, TG_ARG_BLOB, TG_ARG_TEXT } type;
    int64_t number;
    const void *data; /**< borrowed until the statement is reset */
    size_t len;
};
#define DB_NULL                                                                                    \
    {                                                                                              \
        .type = TG_ARG_NULL                                                                        \
    }
#define DB_INT(v)                                                                                  \
    {                                                                                              \
        .type = TG_ARG_INT, .number = (v)                                                          \
    }
#define DB_BLOB(p, n)                                                                              \
    {                                                                                              \
        .type = TG_ARG_BLOB, .data = (p), .len = (n)                                               \
    }
#define DB_TEXT(p, n)                                                                              \
    {                                                                                              \
        .type = TG_ARG_TEXT, .data = (p), .len = (n)                                               \
    }
/** A number, or NULL when `there` is false. */
#define DB_MAYBE(there, v)                                                                         \
    {                                                                                              \
        .type = (there) ? TG_ARG_INT : TG_ARG_NULL, .number = (v)                                  \
    }

/** Turns a result code of SQLite into an error of the house. */
enum tg_status tg_db_fail(const struct tg_db *db, int rc, struct tg_error *err);

/** Opens an existing file, alone: no other process gets in until tg_db_close(). */
TG_CHECKED enum tg_status tg_db_open(const char *path, struct tg_db *db, struct tg_error *err);
/**
 * Opens an existing file so that neither it nor its journal nor its folder is changed; a journal
 * that an interrupted run left is read along. For whoever holds the store's lock.
 */
TG_CHECKED enum tg_status tg_db_open_still(const char *path, struct tg_db *db,
                                           struct tg_error *err);
void tg_db_close(struct tg_db *db);

/** Do its pages carry checksums (page.h)? Known once something was read of it. */
bool tg_db_has_checksums(const struct tg_db *db);
/** A database nothing was written to yet, or that is written anew (VACUUM), gets them. */
void tg_db_want_checksums(const struct tg_db *db);

/** One or several statements without arguments and without rows. */
TG_CHECKED enum tg_status tg_db_exec(const struct tg_db *db, const char *sql, struct tg_error *err);
/** Finalize it with sqlite3_finalize(), which allows NULL. */
TG_CHECKED enum tg_status tg_db_prepare(const struct tg_db *db, const char *sql, sqlite3_stmt **out,
                                        struct tg_error *err);
/** Resets a statement and binds all its arguments, in order. */
TG_CHECKED enum tg_status tg_db_bind(const struct tg_db *db, sqlite3_stmt *stmt,
                                     const struct tg_arg *args, size_t n, struct tg_error *err);
/** The same from ?`first` on; the arguments before stay. */
TG_CHECKED enum tg_status tg_db_bind_from(const struct tg_db *db, sqlite3_stmt *stmt, int first,
                                          const struct tg_arg *args, size_t n,
                                          struct tg_error *err);
/** The next row; at the end `*row` is false and the statement is reset. */
TG_CHECKED enum tg_status tg_db_next(const struct tg_db *db, sqlite3_stmt *stmt, bool *row,
                                     struct tg_error *err);
/** Binds and runs a statement that yields no rows. */
TG_CHECKED enum tg_status tg_db_run(const struct tg_db *db, sqlite3_stmt *stmt,
                                    const struct tg_arg *args, size_t n, struct tg_error *err);
/** Prepares, runs and finalizes. */
TG_CHECKED enum tg_status tg_db_once(const struct tg_db *db, const char *sql,
                                     const struct tg_arg *args, size_t n, struct tg_error *err);
/** The first column of the first row, `*out` unchanged when there is no row. */
TG_CHECKED enum tg_status tg_db_number(const struct tg_db *db, const char *sql,
                                       const struct tg_arg *args, size_t n, int64_t *out,
                                       struct tg_error *err);

#define DB_ARGS(...)                                                                               \
    (const struct tg_arg[]){__VA_ARGS__},                                                          \
        sizeof((const struct tg_arg[]){__VA_ARGS__}) / sizeof(struct tg_arg)
#define DB_NO_ARGS NULL, 0

TG_CHECKED enum tg_status tg_db_begin(const struct tg_db *db, struct tg_error *err);
/**
 * Ends a transaction: commits when `status` is TG_OK, else rolls back.
 * @return `status`, or what kept it from being committed
 */
TG_CHECKED enum tg_status tg_db_end(const struct tg_db *db, enum tg_status status,
                                    struct tg_error *err);

#endif
