/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The header row: where each of the plan's columns stands.
 */
#ifndef TG_INTAKE_HEADER_H
#define TG_INTAKE_HEADER_H

#include "intake/plan.h"
#include "table/csv.h"

/** Where things stand in the rows below a header. */
struct tg_header {
    size_t *cells;   /**< by plan column: index of its cell */
    size_t n_cells;  /**< of the header row */
    size_t n_titled; /**< the same without empty ones at its end */
};

/**
 * Reads rows up to and with the header: the row of the source's `header_row`, or the first of 50
 * rows that has all columns. Titles are compared trimmed; where none is the same, in NFKC.
 *
 * @param path  for errors
 * @param out   in: `cells` has room for the plan's columns; out: all of it
 * @return TG_OK; TG_DATA: columns are missing or stand twice; TG_IO; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_header_find(const struct tg_plan *plan, struct tg_csv *csv,
                                         enum tg_encoding encoding, const char *path,
                                         struct tg_header *out, struct tg_error *err);

#endif
