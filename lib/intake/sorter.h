/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Sorting of more records than memory holds. Records come in on lanes, one lane a thread; each
 * lane sorts what fits its share of the memory and spills it to a scratch file; one merge at the
 * end puts everything in order.
 *
 * The order is that of memcmp() over a record's bytes, so it does not depend on lanes or memory.
 * Space on disk: at most the records' bytes plus 12 a record; twice that while runs are merged
 * because there are more than one merge can take.
 */
#ifndef TG_INTAKE_SORTER_H
#define TG_INTAKE_SORTER_H

#include "intake/order.h"

struct tg_sorter;

/**
 * @param lanes   1…
 * @param memory  bytes for all lanes together; a lane takes at least 128 KiB and one record
 * @param dir     folder for scratch files, borrowed; they are made when they are needed
 */
TG_CHECKED enum tg_status tg_sorter_new(size_t lanes, uint64_t memory, const char *dir,
                                        struct tg_sorter **out, struct tg_error *err);
/**
 * Adds a record. Different lanes may be used at the same time.
 *
 * @param bytes  `len` bytes that decide the order, fewer than 2^31
 * @param tail   `tail_len` bytes that go along; equal records must have equal tails for the merge
 *               not to depend on lanes
 * @return TG_OK, TG_NO_MEMORY, TG_CANT_CREATE, TG_IO
 */
TG_CHECKED enum tg_status tg_sorter_add(struct tg_sorter *s, size_t lane, const void *bytes,
                                        size_t len, const void *tail, size_t tail_len,
                                        struct tg_error *err);
/** Sorts what a lane has in memory; after its last record. Different lanes at the same time. */
TG_CHECKED enum tg_status tg_sorter_seal(struct tg_sorter *s, size_t lane, struct tg_error *err);

/** Takes one record; anything but TG_OK ends the merge and is returned. */
typedef enum tg_status tg_on_record(void *ctx, const struct tg_record *record,
                                    struct tg_error *err);
/**
 * Hands out all records in order; when every lane has been sealed. Call it once.
 * @return TG_OK, TG_NO_MEMORY, TG_CANT_CREATE, TG_IO, or what the callback returned
 */
TG_CHECKED enum tg_status tg_sorter_merge(struct tg_sorter *s, tg_on_record *on, void *ctx,
                                          struct tg_error *err);
/** Bytes on disk: the most there were at one time so far. Any thread. */
uint64_t tg_sorter_disk(const struct tg_sorter *s);
void tg_sorter_free(struct tg_sorter **s);

#endif
