/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/run.h>

#include "base/reporter.h"
#include "run/month.h"
#include "sys/file.h"
#include "text/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum tg_status month_begin(struct tg_month *m, const struct tg_run_options *o,
                                  const struct tg_reporter *reporter, struct tg_error *err)
{
    *m = (struct tg_month){.study = o->study,
                           .store = o->store,
                           .reporter = reporter,
                           .recipient = o->recipient ? o->recipient : "evaluator"};
    if (!tg_month_scan(o->month, strlen(o->month), &m->month))
        return TG_FAIL(err, TG_MSG_RUN_MONTH, .column = "--month");
    m->as_of = tg_month_last_day(m->month);
    if (o->as_of && !tg_day_scan(o->as_of, strlen(o->as_of), &m->as_of))
        return TG_FAIL(err, TG_MSG_RUN_DAY, .column = "--as-of");
    return TG_OK;
}

void tg_month_free(struct tg_month *m)
{
    for (size_t i = 0; m->costs && i < m->study->n_outcomes; i++)
        tg_costs_free(&m->costs[i]);
    for (size_t i = 0; m->outcomes && i < m->study->n_outcomes; i++)
        tg_outcome_result_free(&m->outcomes[i]);
    tg_cohort_free(&m->cohort);
    tg_users_free(&m->users);
    tg_people_free(&m->people);
    tg_arena_free(&m->arena);
}

static uint64_t count_linked(const struct tg_month *m)
{
    uint64_t n = 0;
    for (size_t i = 0; i < m->users.n; i++)
        n += m->results[i].state == TG_USER_LINKED;
    return n;
}

/* The month's folder, and where it is made. */
struct moving {
    char *made, *folder;
    bool had_old;
};

static enum tg_status place(void *ctx, struct tg_error *err)
{
    struct moving *move = ctx;
    return tg_dir_place(move->made, move->folder, &move->had_old, err);
}

static void take_back(void *ctx)
{
    const struct moving *move = ctx;
    tg_dir_take_back(move->made, move->folder, move->had_old);
}

/* The audit log gets counts; numbers only. */
static enum tg_status record(struct tg_month *m, struct moving *move,
                             const struct tg_output_digest *files, size_t n, struct tg_error *err)
{
    const struct tg_placing placing = {place, take_back, move};
    struct tg_buf detail = {0};
    enum tg_status status = tg_buf_printf(
        &detail, err, "{\"as_of\":%lu,\"users\":%zu,\"linked\":%llu,\"matched\":%llu}",
        (unsigned long)m->as_of, m->users.n, (unsigned long long)count_linked(m),
        (unsigned long long)m->cohort.flow.matched);
    const char *text = status ? NULL : tg_buf_text(&detail, err);
    if (!status)
        status = text ? tg_store_record_run(m->store, m->month, m->recipient, move->folder, files,
                                            n, text, &placing, err)
                      : TG_NO_MEMORY;
    tg_buf_free(&detail);
    return status;
}

static enum tg_status name_folders(struct tg_month *m, const char *out, struct moving *move,
                                   struct tg_error *err)
{
    char name[8], partial[32];
    tg_month_format(m->month, name);
    (void)snprintf(partial, sizeof partial, ".%s.partial", name);
    move->folder = tg_path_join(&m->arena, out, name, err);
    move->made = tg_path_join(&m->arena, out, partial, err);
    return move->folder && move->made ? TG_OK : TG_NO_MEMORY;
}

/* Everything is written beside the month's folder and put in place in one step. */
static enum tg_status deliver(struct tg_month *m, const char *out, struct tg_run_summary *summary,
                              struct tg_error *err)
{
    struct moving move = {0};
    struct tg_output_digest *files = NULL;
    size_t n = 0;
    enum tg_status status = name_folders(m, out, &move, err);
    if (status)
        return status;
    status = tg_dir_remove(move.made, err);
    if (!status)
        status = tg_dir_make(move.made, err);
    if (!status)
        status = tg_month_write(m, move.made, &files, &n, err);
    if (!status)
        status = tg_progress(m->reporter, "report", 1, 1, err);
    if (!status)
        status = record(m, &move, files, n, err);
    /* what lies there now is what was replaced, or what could not be delivered */
    tg_dir_discard(move.made);
    (void)snprintf(summary->folder, sizeof summary->folder, "%s", move.folder);
    free(files);
    return status;
}

enum tg_status tg_run(const struct tg_run_options *options, const struct tg_reporter *reporter,
                      struct tg_run_summary *summary, struct tg_error *err)
{
    struct tg_month m;
    *summary = (struct tg_run_summary){0};
    enum tg_status status = month_begin(&m, options, reporter, err);
    if (!status && options->inbox)
        status = tg_month_import(&m, options->inbox, summary, err);
    if (!status)
        status = tg_month_link(&m, err);
    if (!status)
        status = tg_month_list_linked(&m, err);
    if (!status && options->study->has_cohort)
        status = tg_month_compare(&m, err);
    if (!status && options->study->pfs.n)
        status = tg_month_pay(&m, err);
    if (!status)
        status = deliver(&m, options->out, summary, err);
    if (!status) {
        summary->users = m.users.n;
        summary->linked = count_linked(&m);
        summary->matched = m.cohort.flow.matched;
    }
    tg_month_free(&m);
    return status;
}
