/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * One call of tg_pseudonymize(): what its threads share.
 */
#ifndef TG_INTAKE_JOB_H
#define TG_INTAKE_JOB_H

#include "base/reporter.h"
#include "intake/cache.h"
#include "intake/census.h"
#include "intake/reader.h"
#include "intake/sorter.h"
#include "intake/tally.h"
#include "sys/thread.h"
#include "table/leak.h"

struct tg_job {
    const struct tg_pseudonymize_options *options;
    const struct tg_reporter *reporter;
    struct tg_plan plan;
    size_t n_threads;
    uint64_t memory;
    char *scratch_dir;

    struct tg_reader *reader; /**< under `reading` */
    struct tg_mutex *reading;
    bool space_told; /**< under `reading` */
    bool ended;      /**< under `reading`: nothing is left to read, or one has failed */
    struct tg_mutex *failing;
    enum tg_status status; /**< under `failing`, as the next two */
    uint64_t failed_at;    /**< line that failed; the first one is told */
    struct tg_error err;

    struct tg_cache *cache;
    struct tg_sorter *rows;    /**< records: 16 bytes of the first token or the row id, the row */
    struct tg_sorter *rejects; /**< records: 8 bytes of the line, the rejects file's line */
    struct tg_census *census;
    struct tg_tally *tallies; /**< by thread */
    struct tg_tally total;
    struct tg_leak **leaks; /**< by thread; NULL: rows have no ids */
    struct tg_leak_measure *leaking; /**< by token */
    struct tg_census_column *counts; /**< by token */
    struct tg_arena arena;
};

enum {
    TG_JOB_KEY = TG_TOKEN_LEN, /**< bytes of a row's record before the row */
    TG_JOB_REJECT_KEY = 8,     /**< the same of a reject */
};

/** Reads and turns rows into records until nothing is left; a tg_task on a struct tg_job. */
TG_CHECKED enum tg_status tg_job_work(void *job, size_t lane, struct tg_error *err);
/** Hands over what the cache still counts, and puts the census of the lane in order. */
TG_CHECKED enum tg_status tg_job_drain(void *job, size_t lane, struct tg_error *err);
/** Sorts the lane's records and adds up its part of the census. */
TG_CHECKED enum tg_status tg_job_sort(void *job, size_t lane, struct tg_error *err);

#endif
