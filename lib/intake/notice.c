/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/notice.h"

#include "sys/file.h"

#include <stdio.h>
#include <string.h>

enum {
    DOMINANT_ROWS = 100,  /* fewer rows than this dominate nothing */
    DOMINANT_SHARE = 100, /* one row in so many has the token, */
    DOMINANT_MEAN = 10,   /* and so many times as many rows as a token has on average */
    DOMINANT_HALF = 1000, /* or more than half of at least so many rows */
    NAMES_LEN = 150,      /* of a warning's list of tokens */
    SAME_SHARE = 4,       /* one row in so many is another one's double, */
    SAME_ROWS = 20,       /* of so many or more */
    MEBI = 1024 * 1024,
};

static bool dominates(const struct tg_token_profile *p, uint64_t rows)
{
    uint64_t filled = rows - p->empty, most = p->largest[0];
    if (most < DOMINANT_ROWS || most <= filled / DOMINANT_SHARE)
        return false;
    return most > DOMINANT_MEAN * (filled / p->distinct) ||
           (filled >= DOMINANT_HALF && most > filled / 2);
}

static void warn_of(const struct tg_job *job, enum tg_message message, const char *column,
                    uint64_t n, uint64_t of)
{
    char rule[64];
    (void)snprintf(rule, sizeof rule, "%llu / %llu", (unsigned long long)n, (unsigned long long)of);
    TG_WARN(job->reporter, message, .file = job->options->inputs[0], .column = column,
            .rule = rule);
}

/* Has this column nothing that can be read in most rows? */
static bool mostly_missing(const struct tg_job *job, size_t column, uint64_t *missing)
{
    const struct tg_tally *t = &job->total;
    *missing = t->rows - t->filled[column] + t->unreadable[column];
    return *missing > t->rows / 2;
}

/* The first column that keeps a token empty; TG_PLAN_NONE where no column does that alone. */
static size_t cause_of(const struct tg_job *job, const struct tg_plan_token *token)
{
    const struct tg_plan *plan = &job->plan;
    for (size_t i = 0; i < token->n_parts; i++) {
        size_t field = token->parts[i].field;
        uint64_t missing;
        if (field != TG_PLAN_NONE && mostly_missing(job, plan->fields[field].column, &missing))
            return plan->fields[field].column;
    }
    return TG_PLAN_NONE;
}

static bool is_empty(const struct tg_pseudonymize_result *result, size_t token)
{
    return result->profiles[token].empty > result->rows / 2;
}

/* One warning a column that keeps tokens empty, however many they are. */
static void warn_of_column(const struct tg_job *job, const struct tg_pseudonymize_result *result,
                           size_t column)
{
    const struct tg_plan *plan = &job->plan;
    char names[NAMES_LEN + 1] = "", rule[NAMES_LEN + 64];
    size_t len = 0, left_out = 0;
    uint64_t missing;
    if (!mostly_missing(job, column, &missing))
        return;
    for (size_t i = 0; i < plan->n_tokens; i++) {
        if (!is_empty(result, i) || cause_of(job, &plan->tokens[i]) != column)
            continue;
        size_t need = strlen(plan->tokens[i].name) + 2;
        if (len + need > NAMES_LEN)
            left_out++;
        else
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "",
                                    plan->tokens[i].name);
    }
    if (!len)
        return;
    char more[24] = "";
    if (left_out)
        (void)snprintf(more, sizeof more, " +%zu", left_out);
    (void)snprintf(rule, sizeof rule, "%s%s: %llu / %llu", names, more, (unsigned long long)missing,
                   (unsigned long long)result->rows);
    TG_WARN(job->reporter, TG_MSG_INPUT_COLUMN_EMPTY, .file = job->options->inputs[0],
            .column = plan->columns[column].header, .rule = rule);
}

static void warn_of_token(const struct tg_job *job, const struct tg_pseudonymize_result *result,
                          size_t i)
{
    const struct tg_token_profile *p = &result->profiles[i];
    const char *name = job->plan.header[job->plan.has_row_id + i];
    if (is_empty(result, i) && cause_of(job, &job->plan.tokens[i]) == TG_PLAN_NONE)
        warn_of(job, TG_MSG_INPUT_KEY_EMPTY, name, p->empty, result->rows);
    if (p->distinct && dominates(p, result->rows))
        warn_of(job, TG_MSG_INPUT_KEY_DOMINATED, name, p->largest[0], result->rows);
}

/* What is carried decides about time, money or health: unread, it is missing for these rows. */
static void warn_of_carried(const struct tg_job *job)
{
    const struct tg_tally *t = &job->total;
    for (size_t i = job->plan.n_identity; i < job->plan.n_columns; i++) {
        char rule[64];
        if ((double)t->unreadable[i] <= job->plan.study->max_unreadable * (double)t->filled[i])
            continue;
        (void)snprintf(rule, sizeof rule, "%llu / %llu", (unsigned long long)t->unreadable[i],
                       (unsigned long long)t->filled[i]);
        TG_WARN(job->reporter, TG_MSG_INPUT_CARRIED_UNREADABLE, .file = job->options->inputs[0],
                .line = job->options->n_inputs == 1 ? t->unreadable_at[i] : 0,
                .column = job->plan.columns[i].header, .rule = rule);
    }
}

static void warn_of_leaks(const struct tg_job *job)
{
    for (size_t i = 0; job->leaks && i < job->plan.n_tokens; i++) {
        char rule[64];
        if (!tg_leak_gives_away(&job->leaking[i]))
            continue;
        tg_leak_print(&job->leaking[i], rule, sizeof rule);
        TG_WARN(job->reporter, TG_MSG_KEY_GIVES_AWAY, .file = job->options->inputs[0],
                .column = job->plan.header[job->plan.has_row_id + i], .rule = rule);
    }
}

void tg_notice_of_file(const struct tg_job *job, const struct tg_pseudonymize_result *result)
{
    const char *file = job->options->inputs[0];
    if (!job->plan.n_tokens)
        TG_WARN(job->reporter, TG_MSG_INPUT_NO_KEYS, .file = file);
    if (!result->rows && !result->rejected)
        TG_WARN(job->reporter, TG_MSG_INPUT_NO_ROWS, .file = file);
    for (size_t i = 0; i < job->plan.n_identity; i++)
        warn_of_column(job, result, i);
    warn_of_carried(job);
    for (size_t i = 0; i < result->n_profiles; i++)
        warn_of_token(job, result, i);
    warn_of_leaks(job);
    if (job->plan.n_tokens && result->no_token > result->rows / 2)
        warn_of(job, TG_MSG_INPUT_NO_TOKEN, NULL, result->no_token, result->rows);
}

void tg_notice_of_same_rows(const struct tg_job *job, uint64_t same, uint64_t rows)
{
    if (rows >= SAME_ROWS && same > rows / SAME_SHARE)
        warn_of(job, TG_MSG_INPUT_SAME_ROWS, NULL, same, rows);
}

/* When the first thread's share of memory is full, those of the others are nearly so. */
void tg_notice_of_space(struct tg_job *job, uint64_t done, uint64_t total)
{
    uint64_t written = job->rows ? tg_sorter_disk(job->rows) : 0, room;
    if (job->space_told || !written || !done || !total)
        return;
    job->space_told = true;
    double need = (double)written * (double)job->n_threads * (double)total / (double)done;
    if (!tg_disk_room(job->scratch_dir, &room) || need <= (double)room + (double)written)
        return;
    char rule[64];
    (void)snprintf(rule, sizeof rule, "%.0f MiB / %.0f MiB", need / MEBI, (double)room / MEBI);
    TG_WARN(job->reporter, TG_MSG_INPUT_NO_SPACE, .file = job->scratch_dir, .rule = rule);
}
