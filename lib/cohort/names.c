/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/names.h"

#include <stdlib.h>
#include <string.h>

enum tg_status tg_names_number(struct tg_names *names, const char *text, uint32_t *number,
                               struct tg_error *err)
{
    size_t low = 0, high = names->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(names->items[middle].text, text);
        if (order == 0) {
            *number = names->items[middle].number;
            return TG_OK;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    enum tg_status status =
        tg_grow(&names->items, &names->cap, names->n + 1, sizeof *names->items, err);
    if (status)
        return status;
    memmove(names->items + low + 1, names->items + low, (names->n - low) * sizeof *names->items);
    *number = (uint32_t)names->n++;
    names->items[low] = (struct tg_name){text, *number};
    return TG_OK;
}

void tg_names_free(struct tg_names *names)
{
    free(names->items);
    *names = (struct tg_names){0};
}
