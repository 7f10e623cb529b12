/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The same task on several threads.
 */
#ifndef TG_SYS_PARALLEL_H
#define TG_SYS_PARALLEL_H

#include <totsugo/base.h>

/** One share of the work. @return TG_OK, or why it failed */
typedef enum tg_status tg_task(void *ctx, size_t index, struct tg_error *err);

/**
 * Runs task(ctx, 0) … task(ctx, n − 1), each on a thread of its own, and waits for all. The first
 * one, and where the system gives no thread any, runs on the caller's.
 *
 * @return TG_OK, TG_NO_MEMORY, or the failure of the task with the lowest index
 */
TG_CHECKED enum tg_status tg_parallel(tg_task *task, void *ctx, size_t n, struct tg_error *err);

#endif
