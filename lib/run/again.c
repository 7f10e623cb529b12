/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"
#include "sys/file.h"

#include <stdio.h>

/* Nothing is hidden for it: what is shown would then depend on what was shown before, and the same
 * inputs would no longer give the same bytes. Who delivers decides. */
enum tg_status tg_month_warn_of_differences(struct tg_month *m, const char *made,
                                            struct tg_error *err)
{
    char *folder = NULL, many[64];
    bool whole;
    size_t n;
    enum tg_status status = tg_store_month_delivered(m->store, m->month, m->recipient, m->out,
                                                     &m->arena, &folder, &whole, err);
    if (status || !folder || m->study->for_municipality)
        return status;
    char *before = tg_path_join(&m->arena, folder, "run.json", err);
    char *now = before ? tg_path_join(&m->arena, made, "run.json", err) : NULL;
    if (!now)
        return TG_NO_MEMORY;
    if (!whole) {
        TG_WARN(m->reporter, TG_MSG_RUN_DELIVERED_LOST, .file = before);
        return TG_OK;
    }
    unsigned min_cell = tg_month_min_cell(m);
    status = tg_report_differing(before, now, min_cell, &n, err);
    if (!status && n) {
        (void)snprintf(many, sizeof many, "%zu (1-%u)", n, min_cell - 1);
        TG_WARN(m->reporter, TG_MSG_RUN_DIFFERS, .file = folder, .rule = many);
    }
    return status;
}
