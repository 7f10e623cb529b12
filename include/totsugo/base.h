/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What every room shares: statuses, errors, messages, and the reporter through which the library
 * speaks. The library itself never prints and never exits.
 *
 * Threads: a struct tg_error and a struct tg_reporter belong to one call at a time. The callbacks
 * of a reporter may be called from a worker thread, but never from two threads at once.
 *
 * No message holds a value of a person, a key byte or a whole token: an error says where (file,
 * line, column) and which rule, never what stood there.
 */
#ifndef TOTSUGO_BASE_H
#define TOTSUGO_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TG_API     __attribute__((visibility("default")))
#define TG_CHECKED __attribute__((warn_unused_result))
#else
#define TG_API
#define TG_CHECKED
#endif

/** What a call came to. The values are the exit codes of the command (sysexits.h). */
enum tg_status {
    TG_OK = 0,
    TG_CHECK_FAILED = 1,   /**< the work was done and the answer is no */
    TG_USAGE = 64,         /**< wrong arguments */
    TG_DATA = 65,          /**< the input data is not acceptable; nothing was written */
    TG_NO_INPUT = 66,      /**< an input is missing or cannot be read */
    TG_BUG = 70,           /**< a promise inside the program was broken */
    TG_NO_MEMORY = 71,     /**< the system gave no memory or no thread */
    TG_CANT_CREATE = 73,   /**< an output cannot be made */
    TG_IO = 74,            /**< reading or writing failed half way (disk full, for one) */
    TG_BUSY = 75,          /**< another run holds the lock */
    TG_NO_PERMISSION = 77, /**< wrong key, or a secret file that others can read */
    TG_CONFIG = 78,        /**< the study file is wrong */
    TG_CANCELLED = 130,    /**< the caller asked to stop; nothing half-made is visible */
};

/** Permanent message codes. A number is never given to another message. */
enum tg_message {
    TG_MSG_NONE = 0,
#define TG_MESSAGE(name, number, status, en, en_do, ja, ja_do) TG_MSG_##name = (number),
#include <totsugo/messages.def>
#undef TG_MESSAGE
};

/** Languages in which messages are written. */
enum tg_language { TG_ENGLISH, TG_JAPANESE };

/**
 * An error or a warning, owned by the caller. Fields that do not apply are 0 or empty. Strings are
 * UTF-8 and cut to fit.
 */
struct tg_error {
    enum tg_status status;
    enum tg_message message;
    int sys_errno;    /**< errno of the system call that failed, or 0 */
    uint64_t line;    /**< physical line in `file`, from 1; 0: none */
    char file[256];   /**< as the caller named it */
    char column[128]; /**< a column's header, a study key or an option: configuration, no value */
    char rule[192];   /**< the rule that was broken or what is allowed; never a value */
};

/** Where something happened; every member may be left out. Strings are borrowed. */
struct tg_where {
    const char *file;
    uint64_t line;
    const char *column;
    const char *rule;
    int sys_errno;
};

/**
 * Fills `err` and hands back the message's status, so that a failing function is one line.
 *
 * @param err      out; may be NULL
 * @param message  which message
 * @param where    NULL, or where it happened
 * @return the status that belongs to `message`
 */
TG_API enum tg_status tg_error_set(struct tg_error *err, enum tg_message message,
                                   const struct tg_where *where);

/** tg_error_set() with the members of struct tg_where named in place. */
#define TG_FAIL(err, message, ...)                                                                 \
    tg_error_set((err), (message), &(const struct tg_where){__VA_ARGS__})

/** Is this message a warning (W…) and not an error (E…)? Warnings have numbers from 900 on. */
TG_API bool tg_message_is_warning(enum tg_message message);

/**
 * Writes an error as one line of text: code, place, what, what to do.
 *
 * @param err       the error, borrowed
 * @param language  the language of the text; headers, and names and numbers in rules, stay as they
 * are
 * @param out       out: `size` bytes, always ended by NUL when size > 0
 * @param size      bytes at `out`
 * @return the length the whole text has, as snprintf does
 */
TG_API size_t tg_error_format(const struct tg_error *err, enum tg_language language, char *out,
                              size_t size);

/** The text of a message without a place, `what` or `what to do`; a static string, never NULL. */
TG_API const char *tg_message_text(enum tg_message message, enum tg_language language);
TG_API const char *tg_message_advice(enum tg_message message, enum tg_language language);

/**
 * How the library speaks while it works. Every callback may be NULL; a NULL reporter is silent.
 */
struct tg_reporter {
    void *ctx; /**< handed to each callback */
    /** A warning; `note` is valid during the call only. */
    void (*warn)(void *ctx, const struct tg_error *note);
    /** Progress of a stage: `done` of `total` units (0: unknown). `stage` is an English noun. */
    void (*progress)(void *ctx, const char *stage, uint64_t done, uint64_t total);
    /** Asked between batches: true ends the call with TG_CANCELLED. */
    bool (*cancelled)(void *ctx);
};

/** The program's version, for example "0.1.0"; a static string. */
TG_API const char *tg_version(void);

#ifdef __cplusplus
}
#endif
#endif
