/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Warnings of what is unusual about a whole file, and what to do about it.
 */
#ifndef TG_INTAKE_NOTICE_H
#define TG_INTAKE_NOTICE_H

#include "intake/job.h"

/** Warns, once the file is counted: no rows, no keys, empty columns and tokens, filler values. */
void tg_notice_of_file(const struct tg_job *job, const struct tg_pseudonymize_result *result);

/** Warns when more than one in four of `rows` is the `same` as another one: a file that holds
 * everything twice has half. */
void tg_notice_of_same_rows(const struct tg_job *job, uint64_t same, uint64_t rows);

/**
 * Warns, once a job, when the folder for temporary files has less room than they are going to need.
 * Asked while rows are read; `done` of `total` bytes (0: unknown) have been.
 */
void tg_notice_of_space(struct tg_job *job, uint64_t done, uint64_t total);

#endif
