/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"
#include "text/calendar.h"

#include <stdio.h>
#include <string.h>

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

/* One line a source: yearly ones would fill the screen. run.json has all of them. */
static void say_source(const struct tg_month *m, size_t first, size_t end)
{
    enum { SAID = 120 };
    char said[2][SAID], rule[2 * SAID];
    const char *name = m->gaps[first].source;
    say(&m->gaps[first], said[0], SAID);
    say(&m->gaps[end - 1], said[1], SAID);
    bool several = end - first > 1;
    (void)snprintf(rule, sizeof rule, "%s%s%s", said[0], several ? " … " : "",
                   several ? said[1] + strlen(name) + 1 : "");
    TG_WARN(m->reporter, TG_MSG_RUN_MISSING, .rule = rule);
}

enum tg_status tg_month_find_gaps(struct tg_month *m, struct tg_error *err)
{
    enum { SAID = 120 };
    const struct tg_gap *worst = NULL;
    char said[SAID];
    enum tg_status status = tg_store_gaps(m->store, m->month, &m->arena, &m->gaps, &m->n_gaps, err);
    for (size_t i = 0, end; !status && i < m->n_gaps; i = end) {
        for (end = i; end < m->n_gaps && strcmp(m->gaps[end].source, m->gaps[i].source) == 0;
             end++) {
            const struct tg_gap *gap = &m->gaps[end];
            if (!worst || gap->to - gap->from > worst->to - worst->from)
                worst = gap;
        }
        say_source(m, i, end);
    }
    if (status || !worst || worst->to - worst->from + 1 <= m->study->missing_months)
        return status;
    say(worst, said, sizeof said);
    return TG_FAIL(err, TG_MSG_RUN_LACKS, .rule = said);
}
