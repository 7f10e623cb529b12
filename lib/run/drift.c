/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"
#include "sys/file.h"
#include "text/calendar.h"

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

enum tg_status tg_month_drift(struct tg_month *m, const char *out, struct tg_error *err)
{
    struct tg_expected_quality before;
    const struct tg_link_estimate *e = &m->estimate;
    char name[8];
    tg_month_format(m->month - 1, name);
    char *folder = tg_path_join(&m->arena, out, name, err);
    char *path = folder ? tg_path_join(&m->arena, folder, "run.json", err) : NULL;
    if (!path)
        return TG_NO_MEMORY;
    enum tg_status status = tg_report_expected(path, &before, err);
    if (status || !before.known)
        return status;
    compare(m, "precision", before.precision, tg_report_share(e->all.correct, e->all.links));
    if (!e->blind)
        compare(m, "recall", before.recall, tg_report_share(e->all.correct, e->all.matches));
    return TG_OK;
}
