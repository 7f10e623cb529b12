/* SPDX-License-Identifier: Apache-2.0 */
#include "store/page.h"

#include <string.h>

/* Of the header; its first 16 bytes name the format. */
enum { SIZE_HIGH = 16, SIZE_LOW = 17, RESERVED = 20 };
static const char format[16] = "SQLite format 3";

int tg_page_size(const unsigned char *header)
{
    /* of 65536 the two bytes say 1, which stands for the byte above them */
    int size = header[SIZE_HIGH] << 8 | header[SIZE_LOW] << 16;
    bool can_be = size >= TG_PAGE_MIN && size <= TG_PAGE_MAX && (size & (size - 1)) == 0;
    if (!can_be || header[RESERVED] != TG_PAGE_RESERVED ||
        memcmp(header, format, sizeof format) != 0)
        return 0;
    return size;
}

void tg_page_mend(unsigned char *page, int size)
{
    memcpy(page, format, sizeof format);
    page[SIZE_HIGH] = (unsigned char)(size >> 8);
    page[SIZE_LOW] = (unsigned char)(size >> 16);
    page[RESERVED] = TG_PAGE_RESERVED;
}

bool tg_page_put(struct tg_checksum *sums, uint64_t number, unsigned char *page, int size)
{
    size_t len = (size_t)size - TG_PAGE_RESERVED;
    return tg_checksum_of(sums, number, page, len, page + len);
}

bool tg_page_check(struct tg_checksum *sums, uint64_t number, const unsigned char *page, int size,
                   bool *sound)
{
    size_t len = (size_t)size - TG_PAGE_RESERVED;
    unsigned char sum[TG_CHECKSUM_LEN];
    if (!tg_checksum_of(sums, number, page, len, sum))
        return false;
    *sound = memcmp(sum, page + len, sizeof sum) == 0;
    return true;
}
