/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/sys.h>

#include <stdio.h>

enum { O_STUDY, O_STORE, O_AT, O_OUTPUT, O_FORCE, O_USER = O_OUTPUT };
#define STORE_OPTIONS                                                                              \
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},                                \
    {                                                                                              \
        "store", 0, "DB", false, "the store; default totsugo.db beside the study file",            \
            "保管庫（省略時は調査ファイルの隣のtotsugo.db）"                     \
    }
#define STATUS_OPTIONS                                                                             \
    STORE_OPTIONS,                                                                                 \
    {                                                                                              \
        "at", 0, "DATE", false, "the day asked about; default today",                              \
            "いつの時点か（省略時は今日）"                                           \
    }

static const struct option_def status_options[] = {
    STATUS_OPTIONS,
    {"user", 0, "ID", false, "the whole history of one user: row id or app token",
     "一人の履歴をすべて表示します。行IDまたはアプリのトークン"},
    COMMON_OPTIONS};
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
        status = tg_store_check_clock(s.store, &cli->reporter, NULL, err);
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
    (void)cli;
    struct tg_consent_counts *counts = NULL;
    size_t n = 0;
    if (args->values[O_USER])
        return tg_consent_history(store, args->values[O_USER], on, "-", false, err);
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

enum { W_STUDY, W_STORE, W_PROVIDER, W_USER, W_ON, W_PURPOSE };
static const struct option_def withdraw_options[] = {
    STORE_OPTIONS,
    {"provider", 0, "NAME", true, "the provider whose user it is", "利用者の事業者"},
    {"user", 0, "ID", true, "row id of a users or consents file, or the app token",
     "利用者ファイルか同意ファイルの行ID、またはアプリのトークン"},
    {"on", 0, "DATE", true, "the day of the withdrawal", "撤回日"},
    {"purpose", 0, "TEXT", false, "only this purpose; default all",
     "この目的だけ（省略時はすべて）"},
    COMMON_OPTIONS};

static enum tg_status run_withdraw(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s = {0};
    uint32_t on;
    enum tg_status status = cli_day(&cli_consent_withdraw, args, W_ON, 0, &on, err);
    if (!status)
        status = cli_store_open(args->values[W_STUDY], args->values[W_STORE], true, &s, err);
    if (!status)
        status = tg_store_check_clock(s.store, &cli->reporter, NULL, err);
    if (!status)
        status = tg_consent_withdraw(s.store, args->values[W_PROVIDER], args->values[W_USER],
                                     args->values[W_PURPOSE], on, &cli->reporter, err);
    cli_store_close(&s);
    if (!status)
        cli_say(cli, "the withdrawal is recorded", "撤回を記録しました");
    return status;
}

enum { P_STUDY, P_STORE, P_AT, P_OUTPUT, P_FORCE };
static const struct option_def purge_options[] = {
    STORE_OPTIONS,
    {"at", 0, "DATE", false, "who had withdrawn by this day; default today",
     "この日までに撤回した人（省略時は今日）"},
    {"output", 'o', "FILE", true,
     "CSV of who was purged and which runs had them; - for standard output",
     "消去した人と、その人を含む過去の出力のCSV（- は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

static enum tg_status run_purge(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s = {0};
    struct tg_purge_result r = {0};
    bool fits = true;
    uint32_t by = 0;
    enum tg_status status = cli_day(&cli_consent_purge, args, P_AT, tg_clock_today(), &by, err);
    if (!status)
        status = cli_store_open(args->values[P_STUDY], args->values[P_STORE], true, &s, err);
    if (!status)
        status = tg_store_check_clock(s.store, &cli->reporter, &fits, err);
    /* what is erased by the wrong day does not come back */
    if (!status && !fits && !args->values[P_AT])
        status = TG_FAIL(err, TG_MSG_PURGE_DAY, .column = "--at");
    if (!status)
        status = tg_consent_purge(s.store, by, args->values[P_OUTPUT], cli_has(args, P_FORCE),
                                  &cli->reporter, &r, err);
    cli_store_close(&s);
    if (!status)
        cli_say(cli, "purged %llu users and %llu rows; earlier runs had them %llu times",
                "利用者 %llu 人、%llu 行を消去しました。過去の出力にのべ %llu 回含まれています",
                (unsigned long long)r.users, (unsigned long long)r.rows,
                (unsigned long long)r.deliveries);
    return status;
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
const struct verb cli_consent_withdraw = {"consent withdraw",
                                          "",
                                          0,
                                          0,
                                          withdraw_options,
                                          "record a withdrawal made at the counter",
                                          "窓口で受けた同意の撤回を記録します",
                                          run_withdraw};
const struct verb cli_consent_purge = {"consent purge",
                                       "",
                                       0,
                                       0,
                                       purge_options,
                                       "erase what was delivered of those who have withdrawn",
                                       "撤回した人について届いたデータを消去します",
                                       run_purge};
