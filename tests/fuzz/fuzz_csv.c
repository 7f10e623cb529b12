/* SPDX-License-Identifier: Apache-2.0 */
#include "table/csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the delimiter. Lines ascend, cells lie inside the row, the end stays. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = ",;\t|";
    struct tg_csv *csv = NULL;
    struct tg_error err;
    if (size == 0 || tg_csv_open_memory(data + 1, size - 1, "fuzz",
                                        delimiters[data[0] % (sizeof delimiters - 1)], &csv, &err))
        return 0;
    uint64_t line = 0, before = 0;
    for (bool end = false; !end; before = line) {
        const struct tg_cell *cells;
        size_t n, bytes = 0;
        if (tg_csv_next(csv, &cells, &n, &line, &end, &err))
            break;
        for (size_t i = 0; i < n; i++)
            bytes += cells[i].len;
        if (!end && (line <= before || n == 0 || bytes > size))
            abort();
    }
    tg_csv_close(&csv);
    return 0;
}
