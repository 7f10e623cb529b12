/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/text.h>

#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* What moves a cursor, colours, or turns the direction of writing shows nothing by itself. */
static bool can_be_shown(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return true;
    }
}

size_t tg_text_show(const char *value, size_t len, char *out, size_t size, size_t *columns)
{
    size_t used = 0;
    *columns = 0;
    for (size_t i = 0; i < len;) {
        int32_t c = 0;
        size_t n = tg_utf8_decode(value + i, len - i, &c);
        bool ok = n > 0 && can_be_shown(c);
        size_t step = n > 0 ? n : 1, put = ok ? n : sizeof replacement - 1;
        if (used + put > size)
            break;
        memcpy(out + used, ok ? value + i : replacement, put);
        *columns += ok ? (size_t)utf8proc_charwidth(c) : 1;
        used += put;
        i += step;
    }
    return used;
}
