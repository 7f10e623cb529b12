/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * A writer that works while its caller goes on.
 */
#ifndef TG_INTAKE_PARALLEL_H
#define TG_INTAKE_PARALLEL_H

#include "table/csv.h"

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
