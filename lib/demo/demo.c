/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/demo.h>
#include <totsugo/intake.h>

#include "sys/file.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* What the steps hand on. */
struct demo {
    const struct tg_demo_options *options;
    const struct tg_reporter *reporter;
    struct tg_reporter quiet; /* the reporter without warnings */
    const char *last_source;
    struct tg_arena arena;
    struct tg_study *study;
    struct tg_key *key;
    char *study_path, *key_path, *raw, *inbox, *out, *store_path;
    char last_month[8];
};

static enum tg_status say(struct demo *d, struct tg_buf *command, struct tg_error *err)
{
    const char *text = tg_buf_text(command, err);
    if (!text)
        return TG_NO_MEMORY;
    if (d->options->step)
        d->options->step(d->options->step_ctx, text);
    command->len = 0;
    return TG_OK;
}

static enum tg_status name_paths(struct demo *d, struct tg_error *err)
{
    const char *dir = d->options->generate.dir;
    char *keys = tg_path_join(&d->arena, dir, "keys", err);
    d->study_path = tg_path_join(&d->arena, dir, "study.yaml", err);
    d->raw = tg_path_join(&d->arena, dir, "raw", err);
    d->inbox = tg_path_join(&d->arena, dir, "inbox", err);
    d->out = tg_path_join(&d->arena, dir, "runs", err);
    d->store_path = tg_path_join(&d->arena, dir, "totsugo.db", err);
    d->key_path = keys ? tg_path_join(&d->arena, keys, "shared.key", err) : NULL;
    if (!d->study_path || !d->raw || !d->inbox || !d->out || !d->store_path || !d->key_path)
        return TG_NO_MEMORY;
    enum tg_status status = tg_dir_make(keys, err);
    return status ? status : tg_dir_make(d->inbox, err);
}

static enum tg_status generate(struct demo *d, struct tg_error *err)
{
    const struct tg_generate_options *g = &d->options->generate;
    struct tg_buf command = {0};
    enum tg_status status = tg_buf_printf(
        &command, err, "totsugo generate %s --persons %llu --users %llu --months %u --seed %llu",
        g->dir, (unsigned long long)g->persons, (unsigned long long)g->users, g->months,
        (unsigned long long)g->seed);
    if (!status && g->roster_every)
        status = tg_buf_printf(&command, err, " --roster-every %u", g->roster_every);
    if (!status)
        status = say(d, &command, err);
    tg_buf_free(&command);
    if (!status)
        status = tg_generate(g, d->reporter, err);
    if (!status)
        status = name_paths(d, err);
    return status ? status : tg_study_load(d->study_path, &d->study, err);
}

static enum tg_status make_key(struct demo *d, struct tg_error *err)
{
    struct tg_buf command = {0};
    enum tg_status status =
        tg_buf_printf(&command, err, "totsugo key new -s %s -o %s", d->study_path, d->key_path);
    if (!status)
        status = say(d, &command, err);
    tg_buf_free(&command);
    if (!status)
        status = tg_key_generate(tg_study_id(d->study), &d->key, err);
    return status ? status : tg_key_save(d->key, d->key_path, d->options->generate.force, err);
}

/* SOURCE_YYYY-MM.csv or SOURCE.csv */
static bool split_name(const char *name, char **source, char **period, struct tg_arena *arena,
                       struct tg_error *err)
{
    enum { MONTH = 7, SUFFIX = 4 };
    size_t len = strlen(name);
    int32_t month;
    *period = NULL;
    if (len <= SUFFIX || strcmp(name + len - SUFFIX, ".csv") != 0)
        return false;
    len -= SUFFIX;
    if (len > MONTH + 1 && name[len - MONTH - 1] == '_' &&
        tg_month_scan(name + len - MONTH, MONTH, &month)) {
        *period = tg_arena_strndup(arena, name + len - MONTH, MONTH, err);
        len -= MONTH + 1;
    }
    *source = tg_arena_strndup(arena, name, len, err);
    return *source != NULL;
}

/* A source's months warn of the same things: once is enough. */
static const struct tg_reporter *reporter_for(struct demo *d, const char *source)
{
    bool again = d->last_source && strcmp(d->last_source, source) == 0;
    d->last_source = source;
    return again ? &d->quiet : d->reporter;
}

static enum tg_status pseudonymize_one(struct demo *d, const char *name, struct tg_error *err)
{
    struct tg_buf command = {0};
    struct tg_pseudonymize_result result = {0};
    char *source, *period;
    const char *input = tg_path_join(&d->arena, d->raw, name, err);
    const char *output = tg_path_join(&d->arena, d->inbox, name, err);
    if (!input || !output)
        return TG_NO_MEMORY;
    if (!split_name(name, &source, &period, &d->arena, err))
        return TG_OK;
    struct tg_pseudonymize_options o = {.study = d->study,
                                        .key = d->key,
                                        .source = source,
                                        .period = period,
                                        .inputs = &input,
                                        .n_inputs = 1,
                                        .output = output,
                                        .force = d->options->generate.force};
    enum tg_status status = tg_buf_printf(
        &command, err, "totsugo pseudonymize -s %s -k %s --source %s%s%s -o %s %s", d->study_path,
        d->key_path, source, period ? " --period " : "", period ? period : "", output, input);
    if (!status)
        status = say(d, &command, err);
    tg_buf_free(&command);
    if (!status)
        status = tg_pseudonymize(&o, reporter_for(d, source), &result, err);
    tg_pseudonymize_result_free(&result);
    if (!status && period && strcmp(period, d->last_month) > 0)
        memcpy(d->last_month, period, sizeof d->last_month);
    return status;
}

static enum tg_status pseudonymize_all(struct demo *d, struct tg_error *err)
{
    char **names;
    size_t n;
    enum tg_status status = tg_dir_list(d->raw, &d->arena, &names, &n, err);
    for (size_t i = 0; !status && i < n; i++)
        status = pseudonymize_one(d, names[i], err);
    return status;
}

static enum tg_status run_month(struct demo *d, struct tg_run_summary *summary,
                                struct tg_error *err)
{
    struct tg_buf command = {0};
    struct tg_store *store = NULL;
    enum tg_status status =
        tg_buf_printf(&command, err, "totsugo run -s %s --month %s", d->study_path, d->last_month);
    if (!status)
        status = say(d, &command, err);
    tg_buf_free(&command);
    if (!status)
        status = tg_store_open(d->store_path, d->study, &store, err);
    struct tg_run_options o = {.study = d->study,
                               .store = store,
                               .month = d->last_month,
                               .inbox = d->inbox,
                               .out = d->out};
    if (!status)
        status = tg_run(&o, d->reporter, summary, err);
    tg_store_close(&store);
    return status;
}

enum tg_status tg_demo(const struct tg_demo_options *options, const struct tg_reporter *reporter,
                       struct tg_run_summary *summary, struct tg_error *err)
{
    struct demo d = {.options = options, .reporter = reporter};
    if (reporter)
        d.quiet = *reporter;
    d.quiet.warn = NULL;
    enum tg_status status = generate(&d, err);
    if (!status)
        status = make_key(&d, err);
    if (!status)
        status = pseudonymize_all(&d, err);
    if (!status)
        status = run_month(&d, summary, err);
    tg_key_free(&d.key);
    tg_study_free(&d.study);
    tg_arena_free(&d.arena);
    return status;
}
