/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a power failure may take: writes and names that were not synced. failnth.c tells of every
 * change; power_fail() takes back those that no fsync() followed, the last one first. Data is safe
 * once its file is synced, a name once its folder is.
 */
#ifndef FAULT_POWER_H
#define FAULT_POWER_H

#include <stddef.h>
#include <sys/types.h>

/* Begins to keep account; removed files wait in `stash`, on the same file system. NULL: it does
 * not, and all other calls do nothing. */
void power_begin(const char *stash);
/* Before bytes are written at an offset; -1: at the file's position. */
void power_writes(int fd, off_t at, size_t len);
void power_truncates(int fd);
/* After a file or folder took a name that was free. */
void power_named(const char *path);
/* Before a name goes, or before a rename puts another file in its place. */
void power_unnames(const char *path);
/* After a rename or an exchange. */
void power_renamed(const char *from, const char *to, unsigned flags);
/* After fsync(). */
void power_synced(int fd);
void power_fail(void);

#endif
