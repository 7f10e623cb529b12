/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Files: inputs, outputs that appear only when whole, locks, folders, locked memory. This room
 * makes all calls to the operating system; a port to another one replaces its .c files.
 */
#ifndef TG_SYS_FILE_H
#define TG_SYS_FILE_H

#include <totsugo/sys.h>

#include "base/mem.h"

/** @name Inputs */
/** @{ */

struct tg_input;

/**
 * Opens a file for reading from its beginning; "-" is standard input.
 *
 * @return TG_OK; TG_NO_INPUT: missing, a folder, not readable; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_input_open(const char *path, struct tg_input **out,
                                        struct tg_error *err);
/**
 * Reads up to `size` bytes; `*got` is 0 only at the end of the file.
 * @return TG_OK, TG_IO
 */
TG_CHECKED enum tg_status tg_input_read(struct tg_input *in, void *data, size_t size, size_t *got,
                                        struct tg_error *err);
/** Size in bytes when it is a regular file, else 0. */
uint64_t tg_input_size(const struct tg_input *in);
/** The name it was opened by; lives as long as `in`. */
const char *tg_input_path(const struct tg_input *in);
void tg_input_close(struct tg_input **in);

/**
 * A whole file of at most `limit` bytes, appended to `out`.
 * @return TG_OK, TG_NO_INPUT, TG_DATA (larger), TG_IO, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_file_read_whole(const char *path, size_t limit, struct tg_buf *out,
                                             struct tg_error *err);
/**
 * The same for a secret: refused with TG_NO_PERMISSION when group or others can read or write it,
 * or when it is no regular file.
 */
TG_CHECKED enum tg_status tg_file_read_secret(const char *path, size_t limit, struct tg_buf *out,
                                              struct tg_error *err);
bool tg_file_exists(const char *path);
/** Size in bytes when it is a regular file, else 0; it is not opened. */
uint64_t tg_file_size(const char *path);
/** Removes a file if it is there; errors are not told. */
void tg_file_remove(const char *path);
/** @} */

/** @name Outputs */
/** @{ */

struct tg_output;

enum tg_output_flags {
    TG_OUTPUT_FORCE = 1,  /**< replace what is there */
    TG_OUTPUT_PUBLIC = 2, /**< mode 0644 less umask instead of 0600; for what holds no persons */
};

/**
 * Begins an output. It is written beside `path` and appears there at tg_output_commit(); "-" is
 * standard output. A leftover of an earlier crash is replaced.
 *
 * @return TG_OK; TG_CANT_CREATE: it is there and not FORCE, or it cannot be made; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_output_begin(const char *path, unsigned flags, struct tg_output **out,
                                          struct tg_error *err);
/** Appends bytes; buffered. @return TG_OK, TG_IO */
TG_CHECKED enum tg_status tg_output_write(struct tg_output *o, const void *data, size_t len,
                                          struct tg_error *err);
/**
 * Flushes, syncs and puts the output in its place, then frees `*o` (also on failure, when nothing
 * is left behind). @return TG_OK, TG_IO, TG_CANT_CREATE
 */
TG_CHECKED enum tg_status tg_output_commit(struct tg_output **o, struct tg_error *err);
/**
 * The same for several that belong together: all are written and synced before the first takes its
 * place, and when one cannot, those already placed are taken back, replaced files restored.
 *
 * @param outputs  `n` pointers to outputs; all are freed
 */
TG_CHECKED enum tg_status tg_output_commit_all(struct tg_output **outputs[], size_t n,
                                               struct tg_error *err);
/**
 * Copies a file to an output of mode 0600, replacing what is there.
 * @return TG_OK, TG_NO_INPUT, TG_CANT_CREATE, TG_IO, TG_CANCELLED, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_file_copy(const char *from, const char *to,
                                       const struct tg_reporter *reporter, struct tg_error *err);
/** Throws an unfinished output away. NULL and pointer to NULL are allowed. */
void tg_output_discard(struct tg_output **o);
/** @} */

/** @name Scratch files: no name once opened, so that even a kill leaves nothing */
/** @{ */

/** Bytes that an unprivileged process may still write in folder `dir`. @return is that known? */
bool tg_disk_room(const char *dir, uint64_t *bytes);

struct tg_scratch;

/** An unlinked read-write file, mode 0600, in folder `dir`. @return TG_OK, TG_CANT_CREATE, … */
TG_CHECKED enum tg_status tg_scratch_open(const char *dir, struct tg_scratch **out,
                                          struct tg_error *err);
/** Writes at an offset in bytes. @return TG_OK, TG_IO */
TG_CHECKED enum tg_status tg_scratch_write(struct tg_scratch *s, uint64_t at, const void *data,
                                           size_t len, struct tg_error *err);
/** Reads exactly `len` bytes at an offset. @return TG_OK, TG_IO */
TG_CHECKED enum tg_status tg_scratch_read(struct tg_scratch *s, uint64_t at, void *data, size_t len,
                                          struct tg_error *err);
void tg_scratch_close(struct tg_scratch **s);
/** @} */

/** @name Locks */
/** @{ */

struct tg_lock;

/**
 * Takes an exclusive lock on the file `path` (made if missing, never removed); it ends with the
 * process at the latest. The file says who holds it, and so does the error of one who comes second.
 * @return TG_OK, TG_BUSY, TG_CANT_CREATE, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_lock_take(const char *path, struct tg_lock **out,
                                       struct tg_error *err);
/**
 * The same without a trace: the file is neither made nor written. Where there is none `*out` is
 * NULL, and so nobody can hold it. @return TG_OK, TG_BUSY, TG_NO_INPUT, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_lock_take_silently(const char *path, struct tg_lock **out,
                                                struct tg_error *err);
void tg_lock_release(struct tg_lock **lock);
/** @} */

/** @name Folders and paths */
/** @{ */

/** Names in a folder, without . and .., sorted as bytes. Names and array live in `arena`. */
TG_CHECKED enum tg_status tg_dir_list(const char *path, struct tg_arena *arena, char ***names,
                                      size_t *n, struct tg_error *err);
/** Removes a folder with all files in it, one level of sub-folders too. Missing is no error. */
TG_CHECKED enum tg_status tg_dir_remove(const char *path, struct tg_error *err);
/** The same on a way out: what cannot be removed stays, and the next run removes it. */
void tg_dir_discard(const char *path);
/**
 * Makes a folder safe against power failures: the files in it, its names, its own name.
 * @return TG_OK, TG_IO, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_dir_sync(const char *path, struct tg_error *err);
/**
 * Puts the finished folder `made` in the place of `path` in one step; everything in it is synced
 * first. What was at `path` lies at `made` afterwards: remove it with tg_dir_discard(), or bring it
 * back with tg_dir_take_back().
 *
 * @param had_old  out: was there something at `path`?
 * @return TG_OK; TG_CANT_CREATE, TG_IO: both are as they were
 */
TG_CHECKED enum tg_status tg_dir_place(const char *made, const char *path, bool *had_old,
                                       struct tg_error *err);
/** tg_dir_place() for good: what was there before is removed. */
TG_CHECKED enum tg_status tg_dir_replace(const char *made, const char *path, struct tg_error *err);
/** Undoes tg_dir_place(). */
void tg_dir_take_back(const char *made, const char *path, bool had_old);
/**
 * Gives the finished file `made` the name `path` in one step, synced; without `force` only when
 * nothing is there. What was there lies at `made` afterwards, where the file system can exchange
 * names. @return TG_OK; TG_CANT_CREATE, TG_IO: both are as they were; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_file_place(const char *made, const char *path, bool force,
                                        struct tg_error *err);
bool tg_dir_exists(const char *path);
/**
 * Makes a new folder whose files lie in memory; `*out` is NULL when this system has no place for
 * it. To be removed with tg_dir_discard(). @return TG_OK, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_dir_make_in_memory(struct tg_arena *arena, char **out,
                                                struct tg_error *err);

/** dir/name in `arena`; `name` alone when it is absolute or `dir` is empty. */
TG_CHECKED char *tg_path_join(struct tg_arena *arena, const char *dir, const char *name,
                              struct tg_error *err);
/** The folder of `path`, "." when it names none; in `arena`. */
TG_CHECKED char *tg_path_dir(struct tg_arena *arena, const char *path, struct tg_error *err);
/**
 * The path from the root, links resolved; its last part need not exist, the folder it lies in does.
 * In `arena`. @return NULL with `err` set (TG_NO_INPUT, TG_NO_MEMORY)
 */
TG_CHECKED char *tg_path_absolute(struct tg_arena *arena, const char *path, struct tg_error *err);
/** The last part of `path`; points into it. */
const char *tg_path_base(const char *path);
/** @} */

/** @name Memory for secrets: locked, out of core dumps, wiped when freed */
/** @{ */

/** `size` zeroed bytes on pages of their own. @return NULL with `err` set (TG_NO_MEMORY) */
TG_CHECKED void *tg_secret_alloc(size_t size, struct tg_error *err);
/** Wipes and frees what tg_secret_alloc() gave with the same size; NULL is allowed. */
void tg_secret_free(void *p, size_t size);
/** @} */

/** @name Secrets that are typed or written by another program */
/** @{ */

/**
 * A line from an open file descriptor, without its line feed; the end of the file ends it, too.
 *
 * @param out  secret memory, `size` bytes; what does not fit is dropped, so that `*len` == `size`
 *             says that it was too long
 * @return TG_OK; TG_NO_INPUT: not open; TG_IO; TG_CANCELLED
 */
TG_CHECKED enum tg_status tg_fd_read_line(int fd, char *out, size_t size, size_t *len,
                                          struct tg_error *err);
/** The same from the terminal, which shows the prompt and nothing of what is typed.
 * @return TG_OK; TG_NO_INPUT: there is no terminal; TG_IO; TG_CANCELLED */
TG_CHECKED enum tg_status tg_terminal_ask(const char *prompt, char *out, size_t size, size_t *len,
                                          struct tg_error *err);
/** @} */

/**
 * Runs task(ctx, err) in a process of its own, a copy of this one, and waits for it: for a library
 * that ends the process where memory fails. What the task changes in memory is lost but for its
 * error; what it writes to files is not. No other thread may be running.
 *
 * @param task  @return TG_OK; anything else with the error; without one TG_NO_MEMORY, and anything
 *              else is taken for a failed write
 * @param file  for errors
 * @return TG_OK; the task's status; TG_NO_MEMORY where there could be no process or a signal ended
 * it
 */
TG_CHECKED enum tg_status tg_child_run(enum tg_status (*task)(void *ctx, struct tg_error *err),
                                       void *ctx, const char *file, struct tg_error *err);

/** Name of the operating-system user, or their number; for the audit log. */
void tg_process_user(char *out, size_t size);
/** Seconds since 1970-01-01 UTC; for the audit log and key files, never in a result. */
int64_t tg_clock_unix(void);
/** An ISO 8601 UTC time, "2026-01-31T23:59:59Z", of `unix_seconds`, in the years 1900 to 9999. `out`:
 * at least 21 bytes. */
void tg_clock_iso(int64_t unix_seconds, char *out, size_t size);

#endif
