/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/demo.h>

#include <stdio.h>

enum { O_PERSONS, O_USERS, O_MONTHS, O_ROSTER_EVERY, O_SEED, O_FORCE };
static const struct option_def options[] = {
    {"persons", 0, "N", false, "residents, 100 or more; default 20000",
     "住民の数（100以上、省略時20000）"},
    {"users", 0, "N", false, "app users; default 2000", "アプリ利用者の数（省略時2000）"},
    {"months", 0, "N", false, "months of claims, 2 to 120; default 24",
     "レセプトの月数（2から120、省略時24）"},
    {"roster-every", 0, "N", false, "months from one roster to the next, 1 to 12; default 12",
     "台帳の間隔の月数（1から12、省略時12）"},
    {"seed", 0, "N", false, "start of the random numbers; default 1", "乱数の種（省略時1）"},
    {"force", 'f', NULL, false, "write into a folder that is not empty",
     "空でないフォルダーにも書き込みます"},
    COMMON_OPTIONS};

static enum tg_status read_options(const struct verb *verb, const struct args *args,
                                   struct tg_generate_options *o, struct tg_error *err)
{
    uint64_t months = 0, every = 0;
    o->dir = args->operands[0];
    o->force = cli_has(args, O_FORCE);
    enum tg_status status =
        cli_number(verb, args, O_PERSONS, 100, 10000000, 20000, &o->persons, err);
    if (!status)
        status = cli_number(verb, args, O_USERS, 0, 10000000, 2000, &o->users, err);
    if (!status)
        status = cli_number(verb, args, O_MONTHS, 2, 120, 24, &months, err);
    if (!status)
        status = cli_number(verb, args, O_ROSTER_EVERY, 1, 12, 0, &every, err);
    o->months = (unsigned)months;
    o->roster_every = (unsigned)every;
    if (!status)
        status = cli_number(verb, args, O_SEED, 0, UINT64_MAX, 1, &o->seed, err);
    return status;
}

static enum tg_status run_generate(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct tg_generate_options o = {0};
    enum tg_status status = read_options(&cli_generate, args, &o, err);
    if (!status)
        status = tg_generate(&o, &cli->reporter, err);
    if (!status)
        cli_say(cli, "%s: a municipality of %llu residents and %llu app users",
                "%s: 住民 %llu 人、アプリ利用者 %llu 人の自治体を作りました", o.dir,
                (unsigned long long)o.persons, (unsigned long long)o.users);
    return status;
}

static void show_step(void *ctx, const char *command)
{
    struct cli *cli = ctx;
    cli_end_progress(cli);
    if (!cli->json)
        (void)fprintf(stderr, "$ %s\n", command);
}

static enum tg_status run_demo(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct tg_demo_options o = {.step = show_step, .step_ctx = cli};
    struct tg_run_summary s = {0};
    enum tg_status status = read_options(&cli_demo, args, &o.generate, err);
    if (!status)
        status = tg_demo(&o, &cli->reporter, &s, err);
    if (!status)
        cli_say(cli, "%llu of %llu users linked, %llu matched; the report: %s/report.html",
                "利用者 %2$llu 人のうち突合 %1$llu 人、比較の組 %3$llu。報告書: %4$s/report.html",
                (unsigned long long)s.linked, (unsigned long long)s.users,
                (unsigned long long)s.matched, s.folder);
    return status;
}

const struct verb cli_generate = {"generate",
                                  "DIR",
                                  1,
                                  1,
                                  options,
                                  "make a synthetic municipality with known truth",
                                  "正解つきの架空の自治体を作ります",
                                  run_generate};
const struct verb cli_demo = {"demo",
                              "DIR",
                              1,
                              1,
                              options,
                              "generate, then the whole way to the report",
                              "架空の自治体で、最初から報告書まで通します",
                              run_demo};
