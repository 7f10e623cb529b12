/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The merge of sorted entries in memory and sorted runs on disk (a heap of sources).
 */
#ifndef TG_INTAKE_MERGE_H
#define TG_INTAKE_MERGE_H

#include "intake/run.h"
#include "intake/sorter.h"

/** One sorted source and its current record. */
struct tg_merge_source {
    uint64_t prefix;
    const struct tg_record *record;
    const struct tg_entry *entries; /**< NULL: a run */
    size_t at, n;
    struct tg_run_reader reader;
};

/** All zero is an empty merge. */
struct tg_merge {
    struct tg_merge_source *sources;
    size_t n, cap;
    struct tg_merge_source **heap;
    size_t n_heap;
};

/** Adds sorted entries, borrowed. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_merge_add_entries(struct tg_merge *m, const struct tg_entry *entries,
                                               size_t n, struct tg_error *err);
/** Adds a run. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_merge_add_run(struct tg_merge *m, struct tg_run run,
                                           struct tg_error *err);
/** Hands out all records in order. @return TG_OK, TG_IO, TG_NO_MEMORY, or the callback's */
TG_CHECKED enum tg_status tg_merge_go(struct tg_merge *m, tg_on_record *on, void *ctx,
                                      struct tg_error *err);
void tg_merge_free(struct tg_merge *m);

#endif
