/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The files that a call writes: token file, lookup, rejects.
 */
#ifndef TG_INTAKE_EMIT_H
#define TG_INTAKE_EMIT_H

#include "intake/job.h"

/** Outputs in the making; NULL: not asked for. All zero is empty. */
struct tg_outputs {
    struct tg_csv_writer *tokens, *lookup, *rejects;
    const char *manifest; /**< path, or NULL where tokens go to standard output */
};

/**
 * Begins the files that are asked for, so that what cannot be written is known before the work.
 * @return TG_OK; TG_CANT_CREATE; TG_USAGE: one file is named twice; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_outputs_begin(struct tg_job *job, struct tg_outputs *out,
                                           struct tg_error *err);
/** Merges the rows into token file and lookup. @return TG_OK, TG_IO, TG_CANCELLED, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_emit_rows(struct tg_job *job, struct tg_outputs *out,
                                       struct tg_error *err);
/** Writes the rejects file, when there is to be one. */
TG_CHECKED enum tg_status tg_emit_rejects(struct tg_job *job, struct tg_outputs *out,
                                          struct tg_error *err);
/**
 * Puts the lookup, the rejects, the token file and its manifest (the last two may be NULL inside)
 * in place, all or none. @return TG_OK, TG_CANT_CREATE, TG_IO
 */
TG_CHECKED enum tg_status tg_outputs_commit(struct tg_outputs *out, struct tg_output **manifest,
                                            struct tg_output **tokens, struct tg_error *err);
/** Throws away what was not put in place. */
void tg_outputs_discard(struct tg_outputs *out);

#endif
