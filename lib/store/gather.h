/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The way of SQLite's pages to the file: those that lie one behind the other are gathered and
 * written together, which costs the system a fraction of what page by page does. What is gathered
 * is written before the file is synced, unlocked, cut off, measured or read where it lies, so what
 * SQLite knows of the order of writing and syncing holds, at a crash as well. What could not be
 * written is the error of the call for which it had to be. For connections that sync the journal
 * with each commit (synchronous=FULL): others read it as soon as it is committed.
 */
#ifndef TG_STORE_GATHER_H
#define TG_STORE_GATHER_H

#include <totsugo/base.h>

/**
 * The name to open a database with: sqlite3_open_v2(). Two files of one, itself and its journal,
 * take at most 136 KiB.
 *
 * @param out  NULL when the system's way is not one that can be gathered
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_gather_name(const char **out, struct tg_error *err);

#endif
