/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/sys.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SIGNALLED = 128 };

static void say_entry(struct cli *cli, const struct tg_log_line *entry)
{
    cli_end_progress(cli);
    if (!cli->json) {
        (void)fprintf(stderr, "totsugo: %s\n", entry->text);
        return;
    }
    char line[4096];
    (void)tg_log_json(entry, line, sizeof line);
    (void)fprintf(stderr, "%s\n", line);
}

static void say_line(struct cli *cli, const char *level, const struct tg_error *err,
                     const char *text)
{
    say_entry(cli, &(const struct tg_log_line){.level = level, .error = err, .text = text});
}

void cli_say_error(struct cli *cli, const struct tg_error *err)
{
    char text[1024];
    (void)tg_error_format(err, cli->language, text, sizeof text);
    say_line(cli, tg_message_is_warning(err->message) ? "warning" : "error", err, text);
}

void cli_say(struct cli *cli, const char *en, const char *ja, ...)
{
    char text[1024];
    va_list list;
    va_start(list, ja);
    (void)vsnprintf(text, sizeof text, cli->language == TG_JAPANESE ? ja : en, list);
    va_end(list);
    say_line(cli, "info", NULL, text);
}

void cli_begin_job(struct cli *cli, const char *verb, const char *what)
{
    (void)snprintf(cli->job, sizeof cli->job, "%s %s", verb, what);
}

static void say_summary(struct cli *cli, int code, const char *text)
{
    say_entry(cli, &(const struct tg_log_line){
                       .level = "summary", .text = text, .job = cli->job, .exit = code});
    cli->job[0] = '\0';
}

void cli_say_end(struct cli *cli, const char *en, const char *ja, ...)
{
    char text[1024];
    va_list list;
    va_start(list, ja);
    (void)vsnprintf(text, sizeof text, cli->language == TG_JAPANESE ? ja : en, list);
    va_end(list);
    say_summary(cli, TG_OK, text);
}

void cli_say_failed(struct cli *cli, enum tg_status status, const struct tg_error *err)
{
    char text[256];
    if (!cli->job[0])
        return;
    /* who ends by a signal is seen by a shell as 128 and its number */
    int code = status == TG_CANCELLED ? SIGNALLED + tg_process_interrupted() : (int)status;
    if (cli->language == TG_JAPANESE)
        (void)snprintf(text, sizeof text, "%s: 失敗しました（終了コード %d、E%03d）", cli->job,
                       code, (int)err->message);
    else
        (void)snprintf(text, sizeof text, "%s: failed with exit code %d (E%03d)", cli->job, code,
                       (int)err->message);
    say_summary(cli, code, text);
}

void cli_end_progress(struct cli *cli)
{
    if (cli->stage[0] && cli->terminal && !cli->json)
        (void)fputs("\r\033[K", stderr);
    cli->stage[0] = '\0';
}

static void warn(void *ctx, const struct tg_error *note)
{
    cli_say_error(ctx, note);
}

static void show_text(const char *stage, uint64_t done, uint64_t total, double rate)
{
    (void)fprintf(stderr, "\r\033[K%s %llu", stage, (unsigned long long)done);
    if (total)
        (void)fprintf(stderr, " / %llu", (unsigned long long)total);
    if (rate > 0) {
        (void)fprintf(stderr, "  %.0f/s", rate);
        if (total > done)
            (void)fprintf(stderr, "  %.0f s", (double)(total - done) / rate);
    }
    (void)fflush(stderr);
}

static void progress(void *ctx, const char *stage, uint64_t done, uint64_t total)
{
    struct cli *cli = ctx;
    if (!cli->terminal && !cli->json)
        return;
    double now = tg_clock_seconds();
    if (strcmp(cli->stage, stage) != 0) {
        (void)snprintf(cli->stage, sizeof cli->stage, "%s", stage);
        cli->progress_begin = now;
        cli->progress_shown = now;
        return;
    }
    if (now - cli->progress_shown < (cli->json ? 5.0 : 0.2))
        return;
    cli->progress_shown = now;
    double spent = now - cli->progress_begin;
    double rate = spent > 0 ? (double)done / spent : 0;
    if (!cli->json) {
        show_text(stage, done, total, rate);
        return;
    }
    char line[512];
    const struct tg_log_line entry = {
        .level = "progress", .stage = stage, .done = done, .total = total};
    (void)tg_log_json(&entry, line, sizeof line);
    (void)fprintf(stderr, "%s\n", line);
}

static bool cancelled(void *ctx)
{
    (void)ctx;
    return tg_process_interrupted() != 0;
}

void cli_begin(struct cli *cli)
{
    *cli = (struct cli){
        .language = tg_process_language(),
        .terminal = tg_process_stderr_is_terminal(),
        .reporter = {.ctx = cli, .warn = warn, .progress = progress, .cancelled = cancelled}};
}
