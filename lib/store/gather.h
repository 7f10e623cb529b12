/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The way of SQLite's pages to the file: those that lie one behind the other are gathered and
 * written together, which costs the system a fraction of what page by page does. What is gathered
 * is written before the file is synced, unlocked, cut off, measured or read where it lies, so what
 * SQLite knows of the order of writing and syncing holds, at a crash as well. What could not be
 * written is the error of the call for which it had to be. For connections that sync the journal
 * with each commit (synchronous=FULL): others read it as soon as it is committed.
 *
 * A page of a database that reserves 8 bytes gets its checksum on the way to the file (page.h), and
 * what is read from the file and does not fit it is an error, SQLITE_IOERR_DATA: no statement goes
 * on with it. Frames of the journal have checksums of SQLite's own. What the database reserves is
 * read from its first page; that page must be in the file before others are. SQLite does so where a
 * journal is written ahead (WAL); without one the first page has to be written first.
 */
#ifndef TG_STORE_GATHER_H
#define TG_STORE_GATHER_H

#include <totsugo/base.h>

#include <sqlite3.h>

/**
 * The name to open a database with: sqlite3_open_v2(). Two files of one, itself and its journal,
 * take at most 136 KiB.
 *
 * @param out  a static string
 * @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_gather_name(const char **out, struct tg_error *err);

/** The last page, from 1, for which a statement on a database so opened met SQLITE_IOERR_DATA; 0:
 * none, or the file could not even be opened. */
uint32_t tg_gather_hurt(sqlite3 *db);
/**
 * Reads one page of the file, whatever SQLite keeps of it, and checks it. Of a database without
 * checksums every page is right. For whoever has worked the journal in and is in a transaction, so
 * that nobody writes the file meanwhile.
 *
 * @param page  from 1 to the number of pages
 * @return a result code of SQLite: SQLITE_OK; SQLITE_IOERR_DATA: it is not as it was written;
 *         SQLITE_IOERR_SHORT_READ: it is not there; others
 */
TG_CHECKED int tg_gather_check(sqlite3 *db, uint32_t page);

#endif
