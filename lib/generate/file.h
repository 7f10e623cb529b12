/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * One raw file being written: cells in UTF-8 go in, rows in the file's own manners come out. A
 * failure is kept until the row ends, so that a row is written without a check after each cell.
 */
#ifndef TG_GENERATE_FILE_H
#define TG_GENERATE_FILE_H

#include "base/mem.h"
#include "sys/file.h"
#include "text/encode.h"

/** A file's manners. */
struct tg_gen_manners {
    enum tg_encoding encoding;
    bool bom;
    bool quoted; /**< every cell stands in quotes */
    bool crlf;
    const char *const *preamble; /**< lines before the header, ended by NULL; or NULL */
    const char *header;          /**< with commas and without quotes */
};

struct tg_gen_file {
    struct tg_output *output;
    struct tg_encoder *encoder;
    const struct tg_gen_manners *manners;
    struct tg_buf row; /**< UTF-8 */
    struct tg_buf encoded;
    size_t cells;          /**< of the row so far */
    uint64_t line;         /**< of the row that ended last, from 1 */
    enum tg_status failed; /**< sticky until the row ends */
    struct tg_error why;
};

/** Begins `path`: preamble and header are written. All zero is an unopened file. */
TG_CHECKED enum tg_status tg_gen_file_begin(struct tg_gen_file *f, const char *path,
                                            const struct tg_gen_manners *manners,
                                            struct tg_error *err);
/** A cell; NUL-ended, without commas and quotes. */
void tg_gen_cell(struct tg_gen_file *f, const char *text);
void tg_gen_cell_number(struct tg_gen_file *f, uint64_t number);
/** Ends the row; `f->line` is its line. */
TG_CHECKED enum tg_status tg_gen_row_end(struct tg_gen_file *f, struct tg_error *err);
/** Synced and in place; `f` can be begun again. */
TG_CHECKED enum tg_status tg_gen_file_commit(struct tg_gen_file *f, struct tg_error *err);
/** Throws away what was not committed, and frees. */
void tg_gen_file_free(struct tg_gen_file *f);

#endif
