/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Sorted runs of records on disk. Each record is written as what it does not share with the one
 * before it, so that the rows of one person cost little.
 */
#ifndef TG_INTAKE_RUN_H
#define TG_INTAKE_RUN_H

#include "intake/order.h"
#include "sys/file.h"

enum { TG_RUN_BLOCK = 64 * 1024 /**< bytes of a buffer for writing or reading */ };

/** A run's place in a scratch file. */
struct tg_run {
    struct tg_scratch *scratch; /**< borrowed */
    uint64_t at;
    uint64_t len;
};

struct tg_run_writer {
    struct tg_run run;
    struct tg_buf block; /**< bytes not yet written */
    struct tg_buf last;  /**< the record before */
};

/** Begins a run at `at`. */
void tg_run_begin(struct tg_run_writer *w, struct tg_scratch *scratch, uint64_t at);
/** Appends a record, not smaller than the one before. @return TG_OK, TG_IO, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_run_put(struct tg_run_writer *w, const struct tg_record *record,
                                     struct tg_error *err);
/** Writes what is buffered; `w->run` is whole then. @return TG_OK, TG_IO */
TG_CHECKED enum tg_status tg_run_finish(struct tg_run_writer *w, struct tg_error *err);
void tg_run_writer_free(struct tg_run_writer *w);

struct tg_run_reader {
    struct tg_run left; /**< what has not been read from disk */
    struct tg_buf block;
    size_t at;            /**< in the block */
    struct tg_buf record; /**< room for a struct tg_record */
};

/**
 * The next record, valid until the next call; NULL at the end.
 * @return TG_OK, TG_IO, TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_run_next(struct tg_run_reader *r, const struct tg_record **record,
                                      struct tg_error *err);
void tg_run_reader_free(struct tg_run_reader *r);

#endif
