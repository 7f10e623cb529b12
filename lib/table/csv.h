/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * CSV in and out (RFC 4180). The reader streams: memory is bounded by one row of at most
 * TG_CSV_ROW_MAX bytes, whatever the file. It splits bytes; decoding a cell is the caller's, since
 * in CP932 and UTF-8 no byte of a longer character is a comma, a quote or a line end.
 */
#ifndef TG_TABLE_CSV_H
#define TG_TABLE_CSV_H

#include "base/mem.h"
#include "crypto/digest.h"
#include "sys/file.h"

enum {
    TG_CSV_ROW_MAX = 1024 * 1024, /**< bytes of one row, quotes and line end included */
    TG_CSV_CELLS_MAX = 4096,
};

/** Bytes of one cell, not NUL-ended; valid until the next row. */
struct tg_cell {
    const char *data;
    size_t len;
};

struct tg_csv;

/**
 * Begins to read CSV from `input`, which it does not own. A BOM is skipped and remembered; a
 * trailing 0x1A at the very end of the file is dropped; blank lines are no rows; blanks around an
 * unquoted cell are dropped. A physical line ends at LF, CR LF or CR.
 *
 * @param delimiter  one byte, usually ','
 */
TG_CHECKED enum tg_status tg_csv_open(struct tg_input *input, char delimiter, struct tg_csv **out,
                                      struct tg_error *err);
/** The same from `len` bytes in memory; bytes and `name`, which errors show, are borrowed. */
TG_CHECKED enum tg_status tg_csv_open_memory(const void *data, size_t len, const char *name,
                                             char delimiter, struct tg_csv **out,
                                             struct tg_error *err);
/** Reads up to `size` bytes; `*got` is 0 only at the end. @return TG_OK, or why it cannot */
typedef enum tg_status tg_csv_read(void *ctx, void *data, size_t size, size_t *got,
                                   struct tg_error *err);
/** The same from whatever `read` gives; `ctx` and `name`, which errors show, are borrowed. */
TG_CHECKED enum tg_status tg_csv_open_stream(tg_csv_read *read, void *ctx, const char *name,
                                             char delimiter, struct tg_csv **out,
                                             struct tg_error *err);
/** From now on every byte read of the file also goes into `digest`, which is borrowed. */
void tg_csv_digest_to(struct tg_csv *csv, struct tg_digest *digest);
/**
 * The next row.
 *
 * @param cells  out: array of `*n` cells, valid until the next call
 * @param line   out: physical line, from 1, on which the row starts
 * @param end    out: true when there was no further row
 * @return TG_OK; TG_DATA (row too long, a NUL byte, a quote never closed: file and line in `err`);
 *         TG_IO; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_csv_next(struct tg_csv *csv, const struct tg_cell **cells, size_t *n,
                                      uint64_t *line, bool *end, struct tg_error *err);
/** Physical lines read so far. After the end: lines of the file (a last one without an end too). */
uint64_t tg_csv_lines(const struct tg_csv *csv);
/** Wipes the buffers. */
void tg_csv_close(struct tg_csv **csv);

/** A CSV file being written: comma, LF, quotes only where needed, digest on the way. */
struct tg_csv_writer;

/** Begins an output. `flags`: enum tg_output_flags. */
TG_CHECKED enum tg_status tg_csv_create(const char *path, unsigned flags,
                                        struct tg_csv_writer **out, struct tg_error *err);
TG_CHECKED enum tg_status tg_csv_put(struct tg_csv_writer *w, const char *cell, size_t len,
                                     struct tg_error *err);
TG_CHECKED enum tg_status tg_csv_put_text(struct tg_csv_writer *w, const char *cell,
                                          struct tg_error *err);
TG_CHECKED enum tg_status tg_csv_put_int(struct tg_csv_writer *w, int64_t number,
                                         struct tg_error *err);
/** A number with `decimals` (0…15) digits after the point; NaN is an empty cell. */
TG_CHECKED enum tg_status tg_csv_put_real(struct tg_csv_writer *w, double number, int decimals,
                                          struct tg_error *err);
/** Hex of `len` bytes. */
TG_CHECKED enum tg_status tg_csv_put_hex(struct tg_csv_writer *w, const void *data, size_t len,
                                         struct tg_error *err);
TG_CHECKED enum tg_status tg_csv_end_row(struct tg_csv_writer *w, struct tg_error *err);
/** Rows that were ended so far, the header too; not those of tg_csv_put_raw(). */
uint64_t tg_csv_rows(const struct tg_csv_writer *w);
/** @name The two halves of tg_csv_put_raw(), which may go on in two threads
 * Both get the same bytes in the same order, after tg_csv_flush() and until the last of them no
 * other function is called. */
/** @{ */
/** Digests and writes what is buffered. @return TG_OK, TG_IO */
TG_CHECKED enum tg_status tg_csv_flush(struct tg_csv_writer *w, struct tg_error *err);
/** @return TG_OK */
TG_CHECKED enum tg_status tg_csv_digest_raw(struct tg_csv_writer *w, const void *rows, size_t len,
                                            struct tg_error *err);
/** @return TG_OK, TG_IO */
TG_CHECKED enum tg_status tg_csv_write_raw(struct tg_csv_writer *w, const void *rows, size_t len,
                                           struct tg_error *err);
/** @} */
/** Bytes that are whole rows already (LF-ended), as they are. */
TG_CHECKED enum tg_status tg_csv_put_raw(struct tg_csv_writer *w, const void *rows, size_t len,
                                         struct tg_error *err);
/** A whole row of NUL-ended cells; for headers. */
TG_CHECKED enum tg_status tg_csv_put_row(struct tg_csv_writer *w, const char *const *cells,
                                         size_t n, struct tg_error *err);
/**
 * Finishes the file: synced and in place.
 * @param sha256  out: 65 bytes, or NULL
 */
TG_CHECKED enum tg_status tg_csv_commit(struct tg_csv_writer **w, char *sha256,
                                        struct tg_error *err);
/** Ends the writing but leaves the file to be put in place by tg_output_commit_all(). */
TG_CHECKED enum tg_status tg_csv_finish(struct tg_csv_writer **w, char *sha256,
                                        struct tg_output **out, struct tg_error *err);
void tg_csv_discard(struct tg_csv_writer **w);

/** Appends one cell to a buffer as the writer would (quoted where needed), without separator. */
TG_CHECKED enum tg_status tg_csv_quote(struct tg_buf *out, const char *cell, size_t len,
                                       struct tg_error *err);

#endif
