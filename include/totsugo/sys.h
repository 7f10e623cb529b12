/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What a command needs from the system: its manners as a process. Everything else of the
 * operating system stays inside the library's room `sys`.
 */
#ifndef TOTSUGO_SYS_H
#define TOTSUGO_SYS_H

#include <totsugo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes the process safe for secrets: no core dumps, no debugger, umask 077. A standard stream that
 * is closed stays so: no file takes its place. SIGXFSZ and SIGPIPE become errors of the calls. Call
 * it first in main().
 */
TG_API void tg_process_harden(void);

/** From now on SIGINT and SIGTERM only set a flag that tg_process_interrupted() tells. */
TG_API void tg_process_catch_interrupts(void);
/** The number of the signal that came; 0: none did. */
TG_API int tg_process_interrupted(void);

/** Ends the process the way the caught signal would have, or returns if there was none. */
TG_API void tg_process_die_of_interrupt(void);

/** The language of messages: the first of LC_ALL, LC_MESSAGES, LANG that is set; `ja…` or not. */
TG_API enum tg_language tg_process_language(void);

/** Is standard error a terminal? */
TG_API bool tg_process_stderr_is_terminal(void);

/** Seconds since some fixed point, never going back; for rates only. */
TG_API double tg_clock_seconds(void);

/**
 * Today's date in the machine's time zone as YYYYMMDD; for defaults that an option can replace.
 */
TG_API uint32_t tg_clock_today(void);

/**
 * Makes a folder and those above it that are missing, mode 0700.
 * @return TG_OK (also when it is there), TG_CANT_CREATE
 */
TG_API TG_CHECKED enum tg_status tg_dir_make(const char *path, struct tg_error *err);

/**
 * Writes a whole small file: beside, synced, renamed.
 *
 * @param path   where to
 * @param data   `len` bytes
 * @param mode   permission bits, for example 0600
 * @param force  replace a file that is there
 * @return TG_OK, TG_CANT_CREATE, TG_IO, TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_file_write_whole(const char *path, const void *data, size_t len,
                                                     unsigned mode, bool force,
                                                     struct tg_error *err);

#ifdef __cplusplus
}
#endif
#endif
