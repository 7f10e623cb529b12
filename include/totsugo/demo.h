/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The whole way once, on a synthetic municipality: every step of every party.
 */
#ifndef TOTSUGO_DEMO_H
#define TOTSUGO_DEMO_H

#include <totsugo/generate.h>
#include <totsugo/run.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tg_demo_options {
    struct tg_generate_options generate; /**< dir, sizes, seed */
    /** Told before each step: the command that does the same by hand. May be NULL. */
    void (*step)(void *ctx, const char *command);
    void *step_ctx;
};

/**
 * Generates a municipality in a folder, makes a shared key, pseudonymizes every raw file into the
 * inbox, and runs the last month.
 *
 * @param summary  out: of the run; summary->folder holds report.html
 * @return what the step that failed returned
 */
TG_API TG_CHECKED enum tg_status tg_demo(const struct tg_demo_options *options,
                                         const struct tg_reporter *reporter,
                                         struct tg_run_summary *summary, struct tg_error *err);

#ifdef __cplusplus
}
#endif
#endif
