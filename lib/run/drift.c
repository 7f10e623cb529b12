/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"

#include <math.h>
#include <stdio.h>

/* An expected share and its interval, where it is known. */
struct expected {
    double share;
    struct tg_link_interval interval;
};

static void print(char *out, size_t size, const struct expected *e)
{
    if (isfinite(e->interval.low) && isfinite(e->interval.high))
        (void)snprintf(out, size, "%.3f (%.3f-%.3f)", e->share, e->interval.low, e->interval.high);
    else
        (void)snprintf(out, size, "%.3f", e->share);
}

static void compare(const struct tg_month *m, const char *what, const struct expected *before,
                    const struct expected *now)
{
    char one[48], other[48], change[128];
    if (!(fabs(now->share - before->share) > m->study->drift))
        return;
    print(one, sizeof one, now);
    print(other, sizeof other, before);
    (void)snprintf(change, sizeof change, "%s %s, %s before", what, one, other);
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
    compare(m, "precision", &(struct expected){before.precision, before.precision_interval},
            &(struct expected){tg_report_share(e->all.correct, e->all.links),
                               tg_link_precision_interval(&e->all)});
    if (!e->blind)
        compare(m, "recall", &(struct expected){before.recall, before.recall_interval},
                &(struct expected){tg_report_share(e->all.correct, e->all.matches),
                                   tg_link_recall_interval(&e->all)});
    return TG_OK;
}
