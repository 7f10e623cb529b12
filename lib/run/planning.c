/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"
#include "store/placing.h"
#include "store/preview.h"
#include "sys/file.h"
#include "table/tokenfile.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

struct planning {
    struct tg_month m;
    struct tg_run_plan *plan;
    int32_t *periods;       /* by file */
    enum tg_status refused; /* of the first file that is */
};

static void write_period(int32_t period, char out[8])
{
    if (period > 0)
        tg_month_format(period, out);
}

/* Is there a file before this one for the same source and period? */
static bool stands_before(const struct planning *p, size_t at, const char *source)
{
    for (size_t i = 0; i < at; i++) {
        const struct tg_planned_file *f = &p->plan->files[i];
        if (f->source && p->periods[i] == p->periods[at] && strcmp(f->source, source) == 0)
            return true;
    }
    return false;
}

static enum tg_status look_at_file(struct planning *p, size_t at, struct tg_error *err)
{
    struct tg_planned_file *f = &p->plan->files[at];
    struct tg_import_preview seen;
    char *manifest = tg_manifest_path(&p->m.arena, f->path, err);
    if (!manifest)
        return TG_NO_MEMORY;
    if (!tg_file_exists(manifest)) {
        f->what = TG_PLAN_NO_MANIFEST;
        return TG_OK;
    }
    enum tg_status status =
        tg_import_preview(p->m.store, p->m.study, f->path, p->m.reporter, &seen, &f->why);
    if (status == TG_NO_MEMORY || status == TG_CANCELLED || status == TG_IO) {
        *err = f->why;
        return status;
    }
    if (status) {
        f->what = TG_PLAN_REFUSED;
        p->refused = p->refused ? p->refused : status;
        return TG_OK;
    }
    f->source = seen.source->name;
    f->rows = seen.rows;
    p->periods[at] = seen.period;
    write_period(seen.period, f->period);
    bool replaces = seen.outcome == TG_IMPORT_REPLACED || stands_before(p, at, f->source);
    f->what = replaces                         ? TG_PLAN_REPLACES
              : seen.outcome == TG_IMPORT_SAME ? TG_PLAN_SAME
                                               : TG_PLAN_NEW;
    return TG_OK;
}

static enum tg_status look_at_files(struct planning *p, const char *inbox, struct tg_error *err)
{
    char **paths = NULL;
    size_t n = 0;
    enum tg_status status = tg_inbox_list(inbox, &p->m.arena, &paths, &n, err);
    if (status)
        return status;
    p->plan->files = tg_arena_alloc(&p->m.arena, n, sizeof *p->plan->files, err);
    p->periods = tg_arena_alloc(&p->m.arena, n, sizeof *p->periods, err);
    if (!p->plan->files || !p->periods)
        return TG_NO_MEMORY;
    for (size_t i = 0; !status && i < n; i++) {
        p->plan->files[i] = (struct tg_planned_file){.path = paths[i]};
        p->periods[i] = TG_NO_MONTH;
        p->plan->n_files = i + 1;
        status = look_at_file(p, i, err);
    }
    return status;
}

/* The newest period of a source by the month, once the files are imported; TG_NO_MONTH: none. */
static enum tg_status newest_period(const struct planning *p, const char *source, int32_t *newest,
                                    struct tg_error *err)
{
    enum tg_status status = TG_OK;
    *newest = TG_NO_MONTH;
    if (p->m.store)
        status = tg_store_newest(p->m.store, source, p->m.month, newest, err);
    for (size_t i = 0; !status && i < p->plan->n_files; i++) {
        const struct tg_planned_file *f = &p->plan->files[i];
        int32_t period = p->periods[i];
        bool counts = f->source && strcmp(f->source, source) == 0 && period <= p->m.month;
        if (counts && (*newest == TG_NO_MONTH || period > *newest))
            *newest = period;
    }
    return status;
}

/* A source without periods is never behind. `has`: by kind, is there anything at all? */
static enum tg_status find_lacks(struct planning *p, bool has[TG_N_KINDS], struct tg_error *err)
{
    const struct tg_study *study = p->m.study;
    enum tg_status status = TG_OK;
    p->plan->lacks = tg_arena_alloc(&p->m.arena, study->n_sources, sizeof *p->plan->lacks, err);
    if (!p->plan->lacks)
        return TG_NO_MEMORY;
    for (size_t i = 0; !status && i < study->n_sources; i++) {
        const struct tg_source *source = &study->sources[i];
        int32_t newest;
        status = newest_period(p, source->name, &newest, err);
        if (status)
            break;
        has[source->kind] = has[source->kind] || newest != TG_NO_MONTH;
        if (newest == p->m.month || newest == 0)
            continue;
        struct tg_planned_lack *lack = &p->plan->lacks[p->plan->n_lacks++];
        *lack = (struct tg_planned_lack){.source = source->name};
        write_period(newest, lack->newest);
    }
    return status;
}

static enum tg_status look_at_folder(struct planning *p, const char *out, struct tg_error *err)
{
    char name[8];
    struct tg_unplaced *unplaced;
    tg_month_format(p->m.month, name);
    char *folder = tg_path_join(&p->m.arena, out, name, err);
    if (!folder)
        return TG_NO_MEMORY;
    p->plan->folder = folder;
    p->plan->replaces_folder = tg_dir_exists(folder);
    p->plan->makes_store = !p->m.store;
    if (!p->m.store)
        return TG_OK;
    return tg_store_unplaced(p->m.store, &p->m.arena, &unplaced, &p->plan->n_unfinished, err);
}

/* What the run would end with. */
static enum tg_status foresee(const struct planning *p, const bool has[TG_N_KINDS],
                              struct tg_error *err)
{
    for (size_t i = 0; p->refused && i < p->plan->n_files; i++) {
        if (p->plan->files[i].what == TG_PLAN_REFUSED) {
            *err = p->plan->files[i].why;
            return p->refused;
        }
    }
    if (!has[TG_KIND_USERS])
        return TG_FAIL(err, TG_MSG_RUN_NO_USERS, .line = 0);
    if (!has[TG_KIND_ROSTER])
        return TG_FAIL(err, TG_MSG_RUN_NO_ROSTER, .line = 0);
    return TG_OK;
}

enum tg_status tg_run_plan(const struct tg_run_options *options, const struct tg_reporter *reporter,
                           struct tg_run_plan *out, struct tg_error *err)
{
    bool has[TG_N_KINDS] = {false};
    *out = (struct tg_run_plan){0};
    struct planning *p = tg_calloc(1, sizeof *p, err);
    if (!p)
        return TG_NO_MEMORY;
    p->plan = out;
    out->owner = p;
    enum tg_status status = tg_month_begin(&p->m, options, reporter, err);
    if (!status)
        status = look_at_folder(p, options->out, err);
    if (!status)
        status = look_at_files(p, options->inbox, err);
    if (!status)
        status = find_lacks(p, has, err);
    return status ? status : foresee(p, has, err);
}

void tg_run_plan_free(struct tg_run_plan *plan)
{
    struct planning *p = plan ? plan->owner : NULL;
    if (!p)
        return;
    tg_arena_free(&p->m.arena);
    free(p);
    *plan = (struct tg_run_plan){0};
}
