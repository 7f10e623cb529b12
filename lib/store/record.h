/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What the audit log says of a month: who received which files, and what they rest on.
 */
#ifndef TG_STORE_RECORD_H
#define TG_STORE_RECORD_H

#include "store/placing.h"
#include "store/room.h"

/**
 * Appends a JSON object: month, recipient, folder, version, study_digest, inputs_sha256 (SHA-256
 * over "source,period,sha256\n" of all deliveries up to the month, by source and period), inputs
 * (their number), files {name: sha256}, rows {name: n}, internal {name: 1}, detail.
 */
TG_CHECKED enum tg_status tg_run_describe(struct tg_store *store, const struct tg_run_record *r,
                                          const char *folder, struct tg_buf *json,
                                          struct tg_error *err);

#endif
