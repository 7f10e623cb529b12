/* SPDX-License-Identifier: Apache-2.0 */
#include "link/births.h"

#include "text/calendar.h"

#include <stdlib.h>

double tg_births_with(const struct tg_births *b, const struct tg_link_facts *left, uint32_t i)
{
    if (!b->n_months)
        return 1;
    if (!left->birth_month || left->birth_month[i] == TG_NO_MONTH)
        return b->usual;
    int64_t month = (int64_t)left->birth_month[i] - b->first;
    return month >= 0 && (size_t)month < b->n_months ? b->n[month] : 0;
}

enum tg_status tg_births_count(const struct tg_link_facts *right, struct tg_births *out,
                               struct tg_error *err)
{
    enum { N_MONTHS_MAX = 120000 };
    int32_t first = INT32_MAX, last = INT32_MIN;
    double n = 0, squares = 0;
    *out = (struct tg_births){.n_months = 0};
    for (uint32_t i = 0; right->birth_month && i < right->n; i++) {
        int32_t month = right->birth_month[i];
        first = month != TG_NO_MONTH && month < first ? month : first;
        last = month != TG_NO_MONTH && month > last ? month : last;
    }
    if (last < first || (int64_t)last - first >= N_MONTHS_MAX)
        return TG_OK;
    out->first = first;
    out->n = tg_calloc((size_t)(last - first) + 1, sizeof *out->n, err);
    if (!out->n)
        return TG_NO_MEMORY;
    out->n_months = (size_t)(last - first) + 1;
    for (uint32_t i = 0; i < right->n; i++) {
        if (right->birth_month[i] != TG_NO_MONTH)
            out->n[right->birth_month[i] - first]++;
    }
    for (size_t i = 0; i < out->n_months; i++) {
        n += out->n[i];
        squares += out->n[i] * out->n[i];
    }
    out->usual = squares / n;
    return TG_OK;
}

void tg_births_free(struct tg_births *b)
{
    free(b->n);
    *b = (struct tg_births){.n_months = 0};
}
