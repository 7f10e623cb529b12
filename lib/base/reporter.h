/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Calls into a reporter that may be NULL or lack callbacks.
 */
#ifndef TG_BASE_REPORTER_H
#define TG_BASE_REPORTER_H

#include <totsugo/base.h>

/** Sends a warning made of `message` and `where`. */
void tg_warn(const struct tg_reporter *r, enum tg_message message, const struct tg_where *where);

/** tg_warn() with the members of struct tg_where named in place. */
#define TG_WARN(r, message, ...) tg_warn((r), (message), &(const struct tg_where){__VA_ARGS__})

/** Tells progress and asks whether to stop: TG_OK, or TG_CANCELLED with `err` set. */
TG_CHECKED enum tg_status tg_progress(const struct tg_reporter *r, const char *stage, uint64_t done,
                                      uint64_t total, struct tg_error *err);

#endif
