/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The bytes of one input: what a gzip file (RFC 1952) holds, and what encoding they are in.
 */
#ifndef TG_INTAKE_STREAM_H
#define TG_INTAKE_STREAM_H

#include "sys/file.h"
#include "text/decode.h"

/** How far tg_stream_encoding() looks. */
enum { TG_STREAM_LOOK = 1024 * 1024 };

struct tg_stream;

/**
 * Opens an input; "-" is standard input. A gzip file is told by its first bytes.
 *
 * @return TG_OK; TG_NO_INPUT; TG_DATA: a workbook, or damaged gzip; TG_IO; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_stream_open(const char *path, struct tg_stream **out,
                                         struct tg_error *err);
/** Reads up to `size` bytes, of type tg_csv_read: `stream` is a struct tg_stream. */
TG_CHECKED enum tg_status tg_stream_read(void *stream, void *data, size_t size, size_t *got,
                                         struct tg_error *err);
/**
 * BOM, then strict UTF-8 over the first 1 MiB, then CP932.
 * @param bom  out: it has a BOM of UTF-8
 */
enum tg_encoding tg_stream_encoding(const struct tg_stream *s, bool *bom);
/** Has it no byte at all? */
bool tg_stream_is_empty(const struct tg_stream *s);
/** Bytes of the file that have been read, as they lie on disk. */
uint64_t tg_stream_done(const struct tg_stream *s);
/** Wipes and frees. */
void tg_stream_close(struct tg_stream **s);

#endif
