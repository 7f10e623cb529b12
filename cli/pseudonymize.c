/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/intake.h>

#include <stdarg.h>
#include <stdio.h>

enum { MEBI = 1024 * 1024 };

enum {
    O_STUDY,
    O_KEY,
    O_SOURCE,
    O_PERIOD,
    O_OUTPUT,
    O_LOOKUP,
    O_REJECTS,
    O_CHECK,
    O_THREADS,
    O_MEMORY,
    O_FORCE,
    O_PASSPHRASE_FD,
    O_BRIDGE
};
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"key", 'k', "FILE", true, "the shared key", "共有の鍵"},
    {"source", 0, "NAME", true, "which source of the study the inputs are",
     "入力が調査ファイルのどの source か"},
    {"period", 0, "YYYY-MM", false, "the month the inputs stand for", "入力が表す月"},
    {"output", 'o', "FILE", false, "the token file; its manifest goes beside it",
     "トークンファイル（マニフェストは隣に置きます）"},
    {"lookup", 0, "FILE", false, "row id and line of each row; stays on this desk",
     "各行の row_id と行番号（この端末から出しません）"},
    {"rejects", 0, "FILE", false, "lines that could not be used, and why",
     "使えなかった行とその理由"},
    {"check", 0, NULL, false, "write nothing but --rejects",
     "検査だけします（書き出すのは --rejects だけです）"},
    {"threads", 0, "N", false, "threads; default: one a processor",
     "スレッド数（省略時はプロセッサーの数）"},
    {"memory", 0, "SIZE", false, "memory for sorting, 16M or more; default 1G",
     "並べ替えに使うメモリー（16M以上、省略時1G）"},
    {"force", 'f', NULL, false, "replace outputs that are there", "すでにある出力を置き換えます"},
    PASSPHRASE_FD_OPTION,
    {"bridge", 0, NULL, false,
     "lead from the key's epoch before to this one, for what was delivered with that one",
     "前の世代の鍵で渡したデータを、いまの世代につなぐファイルを作ります"},
    COMMON_OPTIONS};

/* One line of the table. */
static void print_line(struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void print_line(struct cli *cli, const char *format, ...)
{
    char line[512];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (cli->json)
        cli_say(cli, "%s", "%s", line);
    else
        (void)fprintf(stderr, "  %s\n", line);
}

static void print_counts(struct cli *cli, const char *title, const struct tg_count *counts,
                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char from[48] = "";
        if (counts[i].line)
            (void)snprintf(from, sizeof from,
                           cli->language == TG_JAPANESE ? "  最初は %llu 行目"
                                                        : "  the first on line %llu",
                           (unsigned long long)counts[i].line);
        print_line(cli, "%-10s %-28s %12llu%s", title, counts[i].rule,
                   (unsigned long long)counts[i].n, from);
    }
}

enum { LARGEST = sizeof((struct tg_token_profile *)0)->largest / sizeof(uint64_t) };

static void print_profile(struct cli *cli, const struct tg_token_profile *p, uint64_t rows)
{
    bool ja = cli->language == TG_JAPANESE;
    char groups[LARGEST * 24] = "";
    size_t len = 0;
    for (size_t i = 0; i < LARGEST && p->largest[i]; i++)
        len += (size_t)snprintf(groups + len, sizeof groups - len, " %llu",
                                (unsigned long long)p->largest[i]);
    double share = rows ? 100.0 * (double)p->empty / (double)rows : 0;
    if (p->looked_at) {
        print_line(cli,
                   ja ? "トークン %-20s 空 %6.2f %%  無作為の %llu 行のうち同じものは最大 %llu 行"
                      : "token %-20s empty %6.2f %%  of %llu rows at random %llu at most share one",
                   p->token, share, (unsigned long long)p->looked_at,
                   (unsigned long long)p->looked_largest);
        return;
    }
    if (!p->distinct) {
        print_line(cli, ja ? "トークン %-20s 空 %6.2f %%" : "token %-20s empty %6.2f %%", p->token,
                   share);
        return;
    }
    print_line(cli,
               ja ? "トークン %-20s 空 %6.2f %%  種類 %10llu  大きな組:%s"
                  : "token %-20s empty %6.2f %%  different %10llu  largest groups:%s",
               p->token, share, (unsigned long long)p->distinct, groups);
}

/* Numbers by rule and by token; no values. */
static void print_table(struct cli *cli, const struct tg_pseudonymize_result *r)
{
    bool ja = cli->language == TG_JAPANESE;
    cli_end_progress(cli);
    print_line(cli,
               ja ? "行 %llu、使えない行 %llu、トークンのない行 %llu"
                  : "rows %llu, rejected %llu, without any token %llu",
               (unsigned long long)r->rows, (unsigned long long)r->rejected,
               (unsigned long long)r->no_token);
    print_counts(cli, ja ? "除外" : "reject", r->rejects, r->n_rejects);
    print_counts(cli, ja ? "注意" : "warning", r->warnings, r->n_warnings);
    for (size_t i = 0; i < r->n_profiles; i++)
        print_profile(cli, &r->profiles[i], r->rows);
    if (r->temporary)
        print_line(cli,
                   ja ? "一時ファイル: 最大 %llu MiB（残っていません）"
                      : "temporary files: %llu MiB at most, gone now",
                   (unsigned long long)(r->temporary + MEBI - 1) / MEBI);
}

static enum tg_status read_options(const struct args *args, struct tg_pseudonymize_options *o,
                                   struct tg_error *err)
{
    uint64_t threads;
    o->source = args->values[O_SOURCE];
    o->period = args->values[O_PERIOD];
    o->inputs = (const char *const *)args->operands;
    o->n_inputs = args->n_operands;
    o->output = args->values[O_OUTPUT];
    o->lookup = args->values[O_LOOKUP];
    o->rejects = args->values[O_REJECTS];
    o->force = cli_has(args, O_FORCE);
    o->check_only = cli_has(args, O_CHECK);
    if (!o->output && !o->check_only)
        return TG_FAIL(err, TG_MSG_USAGE_MISSING, .rule = "--output");
    enum tg_status status =
        cli_number(&cli_pseudonymize, args, O_THREADS, 1, 256, 0, &threads, err);
    o->threads = status ? 0 : (unsigned)threads;
    return status ? status : cli_size(&cli_pseudonymize, args, O_MEMORY, &o->memory, err);
}

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct tg_study *study = NULL;
    struct tg_key *key = NULL, *before = NULL;
    struct tg_pseudonymize_options o = {0};
    struct tg_pseudonymize_result result = {0};
    enum tg_status status = read_options(args, &o, err);
    if (!status)
        status = tg_study_load(args->values[O_STUDY], &study, err);
    if (!status)
        status = cli_key_load(cli, &cli_pseudonymize, args, O_PASSPHRASE_FD, args->values[O_KEY],
                              NULL, &key, err);
    if (!status && cli_has(args, O_BRIDGE))
        status = tg_key_before(key, 1, &before, err);
    if (status)
        goto out;
    o.study = study;
    o.key = key;
    o.row_key = before;
    status = tg_pseudonymize(&o, &cli->reporter, &result, err);
    if (result.rows + result.rejected > 0)
        print_table(cli, &result);
    if (!status && o.check_only)
        cli_say(
            cli,
            "%s: checked, no token file written; %llu rows would be pseudonymized, %llu rejected",
            "%s: 検査しました（トークンファイルは書いていません）。仮名化できる行 %llu、除かれる行 "
            "%llu",
            o.source, (unsigned long long)result.rows, (unsigned long long)result.rejected);
    else if (!status)
        cli_say(cli, "%s: %llu rows pseudonymized, %llu rejected",
                "%s: %llu 行を仮名化し、%llu 行を除きました", o.output,
                (unsigned long long)result.rows, (unsigned long long)result.rejected);
out:
    tg_pseudonymize_result_free(&result);
    tg_key_free(&before);
    tg_key_free(&key);
    tg_study_free(&study);
    return status;
}

const struct verb cli_pseudonymize = {"pseudonymize",
                                      "INPUT...",
                                      1,
                                      SIZE_MAX,
                                      options,
                                      "turn raw CSV into a token file",
                                      "生のCSVをトークンファイルにします",
                                      run};
