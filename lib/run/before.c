/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"
#include "sys/file.h"

enum tg_status tg_month_find_before(struct tg_month *m, struct tg_error *err)
{
    char *folder = NULL;
    bool whole;
    enum tg_status status = tg_store_month_before(m->store, m->month, m->recipient, m->out,
                                                  &m->arena, &folder, &whole, err);
    if (status || !folder)
        return status;
    char *path = tg_path_join(&m->arena, folder, "run.json", err);
    if (!path)
        return TG_NO_MEMORY;
    if (whole)
        m->before = path;
    else
        TG_WARN(m->reporter, TG_MSG_RUN_BEFORE_LOST, .file = path);
    return TG_OK;
}
