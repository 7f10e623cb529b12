/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The tables of the store and how an older store becomes a newer one.
 */
#ifndef TG_STORE_SCHEMA_H
#define TG_STORE_SCHEMA_H

#include "store/db.h"

/** "ttsg": the first thing that tells a store from any other SQLite file. */
#define TG_STORE_APPLICATION_ID 0x74747367

/** Is the file an empty database, a store, or something else? */
enum tg_db_content { TG_DB_EMPTY, TG_DB_STORE, TG_DB_FOREIGN };
TG_CHECKED enum tg_status tg_schema_look(const struct tg_db *db, enum tg_db_content *out,
                                         struct tg_error *err);
/**
 * Brings the tables to this program's version, inside a transaction of the caller's.
 * @return TG_OK; TG_DATA: made by a newer program; TG_IO
 */
TG_CHECKED enum tg_status tg_schema_upgrade(const struct tg_db *db, struct tg_error *err);
/** @return TG_OK; TG_DATA: an older program made it, and it was not upgraded yet, or a newer one */
TG_CHECKED enum tg_status tg_schema_is_current(const struct tg_db *db, struct tg_error *err);

#endif
