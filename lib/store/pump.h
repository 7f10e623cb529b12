/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Rows of a statement, read by a thread of their own while whoever asked works on the rows before.
 */
#ifndef TG_STORE_PUMP_H
#define TG_STORE_PUMP_H

#include "store/db.h"

enum { TG_PUMPED_MAX = 6 };

/** A row; it lives until the callback returns. */
struct tg_pumped {
    int64_t numbers[TG_PUMPED_MAX]; /**< NULL is 0 */
    const unsigned char *bytes;     /**< not NULL where the statement has any */
    size_t len;
};

/** Must not use the database: another thread has it in its hands. */
typedef enum tg_status tg_on_pumped(void *ctx, const struct tg_pumped *row, struct tg_error *err);

/**
 * Runs a statement to its end, in the order of its rows. A few blocks of 256 KiB are read ahead; of
 * a result that fits into one, and where the system gives no thread, nothing is.
 *
 * @param stmt       bound; its columns are numbers and then, where there is one more, bytes. The
 *                   caller finalizes it
 * @param n_numbers  at most TG_PUMPED_MAX
 * @param on         called in the caller's thread
 * @return TG_OK, TG_NO_MEMORY, what the database says, or what `on` said first
 */
TG_CHECKED enum tg_status tg_pump(const struct tg_db *db, sqlite3_stmt *stmt, int n_numbers,
                                  tg_on_pumped *on, void *ctx, struct tg_error *err);

#endif
