/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Checksums of a database's pages: in the last 8 bytes of each, which SQLite leaves alone where the
 * database reserves them (https://www.sqlite.org/fileformat2.html, 1.3.4), lies the checksum of the
 * bytes before them and of the page's number. A page that was changed, or that lies where another
 * one belongs, is told from one that was written so.
 */
#ifndef TG_STORE_PAGE_H
#define TG_STORE_PAGE_H

#include "crypto/checksum.h"

enum {
    TG_PAGE_HEADER = 100,              /**< bytes of the database's header on its first page */
    TG_PAGE_MIN = 512,                 /**< a power of two from here … */
    TG_PAGE_MAX = 65536,               /**< … to here is the size of a page */
    TG_PAGE_RESERVED = TG_CHECKSUM_LEN /**< bytes reserved at the end of a page that has one */
};

/**
 * @param header  TG_PAGE_HEADER bytes
 * @return the size of the database's pages when they have checksums; 0: they have none, or it is no
 *         database
 */
int tg_page_size(const unsigned char *header);
/**
 * What tg_page_size() reads of the header as it must be with pages of this size: a first page whose
 * checksum holds afterwards was hurt just there.
 */
void tg_page_mend(unsigned char *page, int size);
/** Puts the checksum of page `number` (from 1) into its place. @return false: no memory */
TG_CHECKED bool tg_page_put(struct tg_checksum *sums, uint64_t number, unsigned char *page,
                            int size);
/** Is the page as it was written? @return false: no memory */
TG_CHECKED bool tg_page_check(struct tg_checksum *sums, uint64_t number, const unsigned char *page,
                              int size, bool *sound);

#endif
