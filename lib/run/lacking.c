/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"
#include "text/calendar.h"

#include <stdio.h>

static void say(const struct tg_gap *gap, char *out, size_t size)
{
    char from[8], to[8];
    tg_month_format(gap->from, from);
    tg_month_format(gap->to, to);
    if (gap->from == gap->to)
        (void)snprintf(out, size, "%s %s", gap->source, from);
    else
        (void)snprintf(out, size, "%s %s–%s (%d)", gap->source, from, to,
                       (int)(gap->to - gap->from + 1));
}

enum tg_status tg_month_find_gaps(struct tg_month *m, struct tg_error *err)
{
    enum { SAID = 120 };
    const struct tg_gap *worst = NULL;
    char said[SAID];
    enum tg_status status = tg_store_gaps(m->store, m->month, &m->arena, &m->gaps, &m->n_gaps, err);
    for (size_t i = 0; !status && i < m->n_gaps; i++) {
        const struct tg_gap *gap = &m->gaps[i];
        say(gap, said, sizeof said);
        TG_WARN(m->reporter, TG_MSG_RUN_MISSING, .rule = said);
        if (!worst || gap->to - gap->from > worst->to - worst->from)
            worst = gap;
    }
    if (status || !worst || worst->to - worst->from + 1 <= m->study->missing_months)
        return status;
    say(worst, said, sizeof said);
    return TG_FAIL(err, TG_MSG_RUN_LACKS, .rule = said);
}
