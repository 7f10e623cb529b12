/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/sys.h>

#include <stdio.h>

enum { O_STUDY, O_STORE, O_AT, O_OUTPUT, O_FORCE };
#define STATUS_OPTIONS                                                                             \
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},                                \
        {"store",                                                                                  \
         0,                                                                                        \
         "DB",                                                                                     \
         false,                                                                                    \
         "the store; default totsugo.db beside the study file",                                    \
         "格納先（省略時は調査ファイルの隣のtotsugo.db）"},                                        \
    {                                                                                              \
        "at", 0, "DATE", false, "the day asked about; default today",                              \
            "いつの時点か（省略時は今日）"                                           \
    }

static const struct option_def status_options[] = {STATUS_OPTIONS, COMMON_OPTIONS};
static const struct option_def list_options[] = {
    STATUS_OPTIONS,
    {"output", 'o', "FILE", true, "CSV; - for standard output", "CSVの書き出し先（- は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

/* What both verbs do with an open store. */
typedef enum tg_status question(struct cli *cli, const struct args *args, struct tg_store *store,
                                uint32_t on, struct tg_error *err);

static enum tg_status ask(struct cli *cli, const struct verb *verb, const struct args *args,
                          question *q, struct tg_error *err)
{
    struct cli_store s = {0};
    uint32_t on;
    enum tg_status status = cli_day(verb, args, O_AT, tg_clock_today(), &on, err);
    if (!status)
        status = cli_store_open(args->values[O_STUDY], args->values[O_STORE], true, &s, err);
    if (!status)
        status = q(cli, args, s.store, on, err);
    cli_store_close(&s);
    return status;
}

static enum tg_status list(struct cli *cli, const struct args *args, struct tg_store *store,
                           uint32_t on, struct tg_error *err)
{
    (void)cli;
    return tg_consent_list(store, on, args->values[O_OUTPUT], cli_has(args, O_FORCE), err);
}

static enum tg_status print_status(struct cli *cli, const struct args *args, struct tg_store *store,
                                   uint32_t on, struct tg_error *err)
{
    (void)cli, (void)args;
    struct tg_consent_counts *counts = NULL;
    size_t n = 0;
    enum tg_status status = tg_consent_status(store, on, &counts, &n, err);
    if (!status)
        (void)printf("provider,purpose,in_force,withdrawn,expired,none\n");
    for (size_t i = 0; !status && i < n; i++)
        (void)printf("%s,%s,%llu,%llu,%llu,%llu\n", counts[i].provider, counts[i].purpose,
                     (unsigned long long)counts[i].in_force,
                     (unsigned long long)counts[i].withdrawn, (unsigned long long)counts[i].expired,
                     (unsigned long long)counts[i].none);
    tg_consent_counts_free(counts, n);
    return status;
}

static enum tg_status run_list(struct cli *cli, const struct args *args, struct tg_error *err)
{
    return ask(cli, &cli_consent_list, args, list, err);
}

static enum tg_status run_status(struct cli *cli, const struct args *args, struct tg_error *err)
{
    return ask(cli, &cli_consent_status, args, print_status, err);
}

const struct verb cli_consent_list = {"consent list",
                                      "",
                                      0,
                                      0,
                                      list_options,
                                      "write the consent registry as CSV",
                                      "同意台帳をCSVに書き出します",
                                      run_list};
const struct verb cli_consent_status = {"consent status",
                                        "",
                                        0,
                                        0,
                                        status_options,
                                        "count consents by provider, purpose and state",
                                        "同意の状況を提供者と目的ごとに数えます",
                                        run_status};
