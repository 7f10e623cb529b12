/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The same task on several threads, and a writer that works while its caller goes on.
 */
#ifndef TG_INTAKE_PARALLEL_H
#define TG_INTAKE_PARALLEL_H

#include "table/csv.h"

/** One share of the work. @return TG_OK, or why it failed */
typedef enum tg_status tg_task(void *ctx, size_t index, struct tg_error *err);

/**
 * Runs task(ctx, 0) … task(ctx, n − 1), each on a thread of its own, and waits for all. Where the
 * system gives no thread, a task runs on the caller's.
 *
 * @return TG_OK, TG_NO_MEMORY, or the failure of the task with the lowest index
 */
TG_CHECKED enum tg_status tg_parallel(tg_task *task, void *ctx, size_t n, struct tg_error *err);

/** Blocks of bytes on their way into a CSV file, which nobody else writes to meanwhile. */
struct tg_pipe;

/** @param threaded  digest and writing go on in a thread each */
TG_CHECKED enum tg_status tg_pipe_new(struct tg_csv_writer *writer, bool threaded,
                                      struct tg_pipe **out, struct tg_error *err);
/** Appends bytes; a failure of the writer comes back at a later call. @return TG_OK, TG_IO */
TG_CHECKED enum tg_status tg_pipe_add(struct tg_pipe *p, const void *data, size_t len,
                                      struct tg_error *err);
/** Waits until everything is written. @return TG_OK, TG_IO */
TG_CHECKED enum tg_status tg_pipe_finish(struct tg_pipe *p, struct tg_error *err);
/** Waits for the thread and frees; what was not finished is lost. */
void tg_pipe_free(struct tg_pipe **p);

#endif
