/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What came of a file: for the caller, the manifest and the reporter.
 */
#ifndef TG_INTAKE_SUMMARY_H
#define TG_INTAKE_SUMMARY_H

#include "intake/job.h"

/** Fills the result from what was counted. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_summary_result(const struct tg_job *job,
                                            struct tg_pseudonymize_result *out,
                                            struct tg_error *err);
/** Writes the manifest, still to be put in place. @return TG_OK, TG_CANT_CREATE, TG_IO,
 * TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_summary_manifest(const struct tg_job *job,
                                              const struct tg_pseudonymize_result *result,
                                              const char *path, const char *sha256,
                                              struct tg_output **out, struct tg_error *err);

#endif
