/* SPDX-License-Identifier: Apache-2.0 */
#include "text/calendar.h"
#include "text/date.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* A date exists, is read the same both ways, and lies in the month that is read of the same value.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *s = (const char *)data;
    struct tg_date fast = {0}, general = {0};
    int32_t month = TG_NO_MONTH, month_general = TG_NO_MONTH;
    unsigned notes, notes_general;
    enum tg_value value = tg_date_parse_way(TG_FOLD_FASTEST, s, size, &fast, &notes);
    must(value == tg_date_parse_way(TG_FOLD_GENERAL, s, size, &general, &notes_general));
    must(notes == notes_general && tg_day_number(&fast) == tg_day_number(&general));
    enum tg_value value_month = tg_month_parse_way(TG_FOLD_FASTEST, s, size, &month, &notes);
    must(value_month ==
         tg_month_parse_way(TG_FOLD_GENERAL, s, size, &month_general, &notes_general));
    must(notes == notes_general && month == month_general);
    if (value != TG_VALUE_OK)
        return 0;
    must(fast.year >= 1868 && tg_date_exists(fast.year, fast.month, fast.day));
    must(value_month == TG_VALUE_OK && month == tg_month_of(fast.year, fast.month));
    return 0;
}
