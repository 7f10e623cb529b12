/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Checksums against accidents of a disk: GMAC (NIST SP 800-38D, AES-128) under a key that everybody
 * knows, so that a changed bit is always found and any other change is missed once in 2^64. It is
 * the fastest of OpenSSL's sums that a FIPS provider has, too. It is no seal: whoever can write can
 * compute it.
 */
#ifndef TG_CRYPTO_CHECKSUM_H
#define TG_CRYPTO_CHECKSUM_H

#include <totsugo/base.h>

enum { TG_CHECKSUM_LEN = 8 };

/** What computes them; one thread at a time. */
struct tg_checksum;

/** @param out  free it with tg_checksum_free() @return TG_OK, TG_NO_MEMORY, TG_BUG */
TG_CHECKED enum tg_status tg_checksum_new(struct tg_checksum **out, struct tg_error *err);
/**
 * The checksum of bytes at a place; the same bytes at another place have another one.
 *
 * @param place  for example the number of a page
 * @param data   `len` bytes, 1…65536
 * @param sum    out: the first 8 bytes of the GMAC
 * @return false: OpenSSL failed, for want of memory
 */
TG_CHECKED bool tg_checksum_of(struct tg_checksum *c, uint64_t place, const void *data, size_t len,
                               unsigned char sum[TG_CHECKSUM_LEN]);
/** NULL and pointer to NULL are allowed. */
void tg_checksum_free(struct tg_checksum **c);

#endif
