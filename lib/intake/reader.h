/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The rows of all inputs, one input after the other, in batches of raw cells.
 */
#ifndef TG_INTAKE_READER_H
#define TG_INTAKE_READER_H

#include "intake/plan.h"

#include <string.h>

/**
 * Some rows of one input. A row in `rows`: its line (uint64_t), the length of all its cells
 * (uint32_t), the length of its identity cells (uint32_t), the encoding (a byte), then the plan's
 * columns in order as tg_batch_cell() reads them.
 */
struct tg_batch {
    struct tg_buf rows;
    size_t n_rows;
    uint64_t *ragged; /**< lines of rows with too few or too many cells */
    size_t n_ragged, cap_ragged;
    enum tg_encoding encoding;
    bool guessed;          /**< UTF-8 because the file's beginning was */
    const char *path;      /**< of the input */
    uint64_t lines_before; /**< physical lines of the inputs before it */
};

enum {
    TG_BATCH_HEAD = 17,     /**< bytes of a row before its cells */
    TG_BATCH_ENCODING = 16, /**< where the encoding stands; it and the identity cells are one key */
};

/** Lengths below this are one byte; others this byte and a uint32_t. */
enum { TG_BATCH_LONG = 255 };

/** The cell that stands at `at`: its bytes and, in `len`, how many; the next one follows them. */
static inline const char *tg_batch_cell(const char *at, size_t *len)
{
    uint32_t long_len;
    *len = (unsigned char)*at;
    if (*len < TG_BATCH_LONG)
        return at + 1;
    memcpy(&long_len, at + 1, sizeof long_len);
    *len = long_len;
    return at + 1 + sizeof long_len;
}

/** Wipes and frees. */
void tg_batch_free(struct tg_batch *batch);

struct tg_reader;

/** @param inputs  `n` paths, borrowed */
TG_CHECKED enum tg_status tg_reader_new(const struct tg_plan *plan, const char *const *inputs,
                                        size_t n, struct tg_reader **out, struct tg_error *err);
/**
 * Fills a batch; also when it fails, with the rows before the one that is at fault.
 *
 * @param end  out: there is nothing left
 * @return TG_OK; TG_NO_INPUT; TG_DATA: no such header, or not CSV (err->line counts within the
 *         input); TG_IO; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_reader_next(struct tg_reader *r, struct tg_batch *batch, bool *end,
                                         struct tg_error *err);
/** Bytes read and bytes there are (0: unknown). */
void tg_reader_progress(const struct tg_reader *r, uint64_t *done, uint64_t *total);
/** Wipes and frees. */
void tg_reader_free(struct tg_reader **r);

#endif
