/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Rows in memory as a table of SQLite, so that one statement inserts many: its cursor stays where
 * the row before went, and what a statement costs is paid once.
 */
#ifndef TG_STORE_FEED_H
#define TG_STORE_FEED_H

#include "base/mem.h"
#include "store/db.h"

enum { TG_FEED_COLUMNS = 12 };

/** Rows 0 … n − 1 of up to TG_FEED_COLUMNS columns. */
struct tg_feed {
    size_t n;
    /** A value; what it points to stays until the statement is done with the row. */
    struct tg_arg (*value)(const void *ctx, size_t row, int column);
    const void *ctx;
    size_t at; /**< out: how many were done, or which one failed */
};

/** Makes `feed(?)` known to the connection: a table of columns a, b, c … l. */
TG_CHECKED enum tg_status tg_feed_register(const struct tg_db *db, struct tg_error *err);
/** Binds the feed to ?1 of a statement, which must yield no rows, and runs it. Its other arguments
 * stay. */
TG_CHECKED enum tg_status tg_feed_run(const struct tg_db *db, sqlite3_stmt *stmt,
                                      struct tg_feed *feed, struct tg_error *err);

/** Rows that wait to be inserted together; all zero but `insert` is a valid beginning. */
struct tg_rows {
    sqlite3_stmt
        *insert; /**< given: INSERT … SELECT a, b … FROM feed(?1); tg_rows_free() ends it */
    size_t n_columns;    /**< of the first row */
    struct tg_arg *args; /**< by row, then column; blobs and texts lie in `bytes` */
    size_t n, cap;
    struct tg_buf bytes;
};
/**
 * Prepares the statement that inserts.
 *
 * @param same  ?2, ?3 …: what is the same in all rows; numbers or NULL
 */
TG_CHECKED enum tg_status tg_rows_prepare(const struct tg_db *db, const char *sql,
                                          const struct tg_arg *same, size_t n, struct tg_rows *rows,
                                          struct tg_error *err);
/** Copies a row of `n` values, the same number each time. */
TG_CHECKED enum tg_status tg_rows_add(struct tg_rows *rows, const struct tg_arg *args, size_t n,
                                      struct tg_error *err);
/** Is it time to insert them? */
bool tg_rows_are_many(const struct tg_rows *rows);
/** Inserts those that wait. On failure `n` is the place of the one that failed among them. */
TG_CHECKED enum tg_status tg_rows_put(const struct tg_db *db, struct tg_rows *rows,
                                      struct tg_error *err);
void tg_rows_free(struct tg_rows *rows);

#endif
