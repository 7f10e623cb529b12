/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"

#include <math.h>
#include <stdio.h>

static void compare(const struct tg_month *m, const char *what, double before, double now)
{
    char change[64];
    if (!(fabs(now - before) > m->study->drift))
        return;
    (void)snprintf(change, sizeof change, "%s %.3f, %.3f before", what, now, before);
    TG_WARN(m->reporter, TG_MSG_LINK_DRIFT, .rule = change);
}

enum tg_status tg_month_drift(struct tg_month *m, struct tg_error *err)
{
    struct tg_expected_quality before;
    const struct tg_link_estimate *e = &m->estimate;
    if (!m->before)
        return TG_OK;
    enum tg_status status = tg_report_expected(m->before, &before, err);
    if (status || !before.known)
        return status;
    compare(m, "precision", before.precision, tg_report_share(e->all.correct, e->all.links));
    if (!e->blind)
        compare(m, "recall", before.recall, tg_report_share(e->all.correct, e->all.matches));
    return TG_OK;
}
