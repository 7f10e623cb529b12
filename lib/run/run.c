/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/run.h>

#include "run/month.h"
#include "text/calendar.h"

#include <string.h>

enum tg_status tg_month_begin(struct tg_month *m, const struct tg_run_options *o,
                              const struct tg_reporter *reporter, struct tg_error *err)
{
    *m = (struct tg_month){.study = o->study,
                           .store = o->store,
                           .reporter = reporter,
                           .recipient = o->recipient ? o->recipient : "evaluator",
                           .out = o->out};
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

uint64_t tg_month_linked(const struct tg_month *m)
{
    uint64_t n = 0;
    for (size_t i = 0; i < m->users.n; i++)
        n += m->results[i].state == TG_USER_LINKED;
    return n;
}

static enum tg_status do_month(struct tg_month *m, const char *out, struct tg_run_summary *summary,
                               struct tg_error *err)
{
    enum tg_status status = tg_month_find_before(m, err);
    if (!status)
        status = tg_month_link(m, err);
    if (!status)
        status = tg_month_drift(m, err);
    if (!status)
        status = tg_month_list_linked(m, err);
    if (!status && m->study->has_cohort)
        status = tg_month_compare(m, err);
    if (!status && m->study->pfs.n)
        status = tg_month_pay(m, err);
    if (!status)
        status = tg_month_deliver(m, out, summary, err);
    if (status)
        return status;
    summary->users = m->users.n;
    summary->anew = m->anew;
    summary->linked = tg_month_linked(m);
    summary->matched = m->cohort.flow.matched;
    tg_month_note_basis(m, out, summary);
    return TG_OK;
}

enum tg_status tg_run(const struct tg_run_options *options, const struct tg_reporter *reporter,
                      struct tg_run_summary *summary, struct tg_error *err)
{
    struct tg_month m;
    *summary = (struct tg_run_summary){0};
    enum tg_status status = tg_month_begin(&m, options, reporter, err);
    if (!status)
        status = tg_store_check_clock(m.store, reporter, NULL, err);
    if (!status)
        status = tg_month_mend(&m, options->out, err);
    if (!status && options->inbox)
        status = tg_month_import(&m, options->inbox, summary, err);
    if (!status)
        status = tg_month_find_gaps(&m, err);
    if (!status)
        status = tg_month_find_unusual(&m, err);
    if (!status)
        status = tg_month_find_unchanged(&m, options->out, summary, err);
    if (!status && !summary->same)
        status = do_month(&m, options->out, summary, err);
    tg_month_free(&m);
    return status;
}
