/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What backup and restore share.
 */
#ifndef TG_STORE_BACKUP_H
#define TG_STORE_BACKUP_H

#include "store/room.h"

#define TG_BACKUP_FORMAT   "totsugo-backup/1"
#define TG_BACKUP_MANIFEST ".manifest.json"

/** `path` with something behind it; in the arena. */
TG_CHECKED enum tg_status tg_path_with(struct tg_arena *arena, const char *path, const char *suffix,
                                       char **out, struct tg_error *err);
/**
 * Holds a backup against its manifest.
 * @param sha256  out: of the file
 * @return TG_OK; TG_NO_INPUT: file or manifest is missing; TG_DATA: changed, or not a backup
 */
TG_CHECKED enum tg_status tg_backup_check(const char *path, struct tg_arena *arena,
                                          char sha256[TG_DIGEST_HEX + 1], struct tg_error *err);

#endif
