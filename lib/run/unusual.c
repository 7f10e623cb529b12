/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"
#include "text/calendar.h"

#include <stdio.h>
#include <string.h>

enum {
    ROWS_ENOUGH = 100, /* fewer rows than this vary as they like */
    ROWS_TIMES = 2,    /* so many times the rows of the file before, or one in so many */
};

static bool same_source(const struct tg_delivered *a, const struct tg_delivered *b)
{
    return strcmp(a->source->name, b->source->name) == 0;
}

static void say_period(const struct tg_delivered *d, char out[16])
{
    (void)snprintf(out, 16, "-");
    if (d->period)
        tg_month_format(d->period, out);
}

/* Events carry their months: a file that came under two periods is counted twice. */
static void warn_of_twice(const struct tg_month *m, const struct tg_delivered *a,
                          const struct tg_delivered *b)
{
    char rule[120], periods[2][16];
    if (!b->rows || strcmp(a->sha256, b->sha256) != 0)
        return;
    say_period(a, periods[0]);
    say_period(b, periods[1]);
    (void)snprintf(rule, sizeof rule, "%.63s %s, %s", b->source->name, periods[0], periods[1]);
    TG_WARN(m->reporter, TG_MSG_RUN_SAME_FILE, .rule = rule);
}

/* Rosters and claims are about as long as a month before; a file that was cut is not. */
static void warn_of_rows(const struct tg_month *m, const struct tg_delivered *before,
                         const struct tg_delivered *newest)
{
    enum tg_kind kind = newest->source->kind;
    int64_t few = before->rows, many = newest->rows;
    char rule[160], periods[2][16];
    if (!before->period || (kind != TG_KIND_ROSTER && kind != TG_KIND_EVENTS))
        return;
    if (few > many) {
        few = newest->rows;
        many = before->rows;
    }
    if (many < ROWS_ENOUGH || many < ROWS_TIMES * few)
        return;
    say_period(before, periods[0]);
    say_period(newest, periods[1]);
    (void)snprintf(rule, sizeof rule, "%.63s %s: %lld, %s: %lld", newest->source->name, periods[0],
                   (long long)before->rows, periods[1], (long long)newest->rows);
    TG_WARN(m->reporter, TG_MSG_RUN_ROWS, .rule = rule);
}

static void warn_of_none(const struct tg_month *m, const struct tg_source *source,
                         const struct tg_delivered *all, size_t n)
{
    for (size_t i = 0; source && i < n; i++) {
        if (all[i].source == source)
            return;
    }
    if (source)
        TG_WARN(m->reporter, TG_MSG_RUN_NO_SOURCE, .rule = source->name);
}

/* What results rest on, each source once. */
static void find_none(const struct tg_month *m, const struct tg_delivered *all, size_t n)
{
    const struct tg_study *study = m->study;
    for (size_t i = 0; study->has_cohort && i < study->n_sources; i++) {
        const struct tg_source *source = &study->sources[i];
        bool needed = false;
        for (size_t j = 0; j < study->n_outcomes; j++)
            needed |= study->outcomes[j].source == source;
        for (size_t j = 0; j < study->cohort.n_covariates; j++)
            needed |= study->cohort.covariates[j].history.source == source;
        warn_of_none(m, needed ? source : NULL, all, n);
    }
}

enum tg_status tg_month_find_unusual(struct tg_month *m, struct tg_error *err)
{
    struct tg_delivered *all;
    size_t n;
    enum tg_status status = tg_store_delivered(m->store, m->month, &m->arena, &all, &n, err);
    for (size_t i = 1; !status && i < n; i++) {
        for (size_t j = i; j > 0 && same_source(&all[j - 1], &all[i]); j--)
            warn_of_twice(m, &all[j - 1], &all[i]);
        bool newest = i + 1 == n || !same_source(&all[i], &all[i + 1]);
        if (newest && same_source(&all[i - 1], &all[i]))
            warn_of_rows(m, &all[i - 1], &all[i]);
    }
    if (!status)
        find_none(m, all, n);
    return status;
}
