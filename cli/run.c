/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/run.h>

#include <stdlib.h>

enum { O_STUDY, O_MONTH, O_AS_OF, O_STORE, O_INBOX, O_OUT, O_RECIPIENT };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"month", 0, "YYYY-MM", true, "the month to do", "処理する月"},
    {"as-of", 0, "DATE", false, "the day consents must be in force; default the month's last day",
     "同意が有効であるべき日（省略時は月末）"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "格納先（省略時は調査ファイルの隣のtotsugo.db）"},
    {"inbox", 0, "DIR", false, "token files to import; default inbox/ beside the study file",
     "取り込むフォルダー（省略時は調査ファイルの隣のinbox/）"},
    {"out", 0, "DIR", false, "where months are put; default runs/ beside the study file",
     "結果のフォルダー（省略時は調査ファイルの隣のruns/）"},
    {"recipient", 0, "NAME", false, "who receives the result; subject ids depend on it",
     "結果を受け取る者（subject_id はこれで変わります）"},
    COMMON_OPTIONS};

static enum tg_status do_month(struct cli *cli, const struct args *args, const char *inbox,
                               const char *out, struct tg_error *err)
{
    struct cli_store store;
    struct tg_run_summary s = {0};
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], false, &store, err);
    const struct tg_run_options o = {.study = store.study,
                                     .store = store.store,
                                     .month = args->values[O_MONTH],
                                     .as_of = args->values[O_AS_OF],
                                     .inbox = inbox,
                                     .out = out,
                                     .recipient = args->values[O_RECIPIENT]};
    if (!status)
        status = tg_run(&o, &cli->reporter, &s, err);
    if (!status)
        cli_say(
            cli, "%s: %llu files imported, %llu unchanged; %llu of %llu users linked, %llu matched",
            "%1$s: 取り込み %2$llu 件、変更なし %3$llu 件。利用者 %5$llu 人のうち突合 %4$llu 人、"
            "比較の組 %6$llu",
            s.folder, (unsigned long long)s.imported, (unsigned long long)s.unchanged,
            (unsigned long long)s.linked, (unsigned long long)s.users,
            (unsigned long long)s.matched);
    cli_store_close(&store);
    return status;
}

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    const char *study = args->values[O_STUDY];
    char *inbox = cli_beside(study, args->values[O_INBOX], "inbox", err);
    char *out = cli_beside(study, args->values[O_OUT], "runs", err);
    enum tg_status status = TG_NO_MEMORY;
    if (inbox && out)
        status = do_month(cli, args, inbox, out, err);
    free(inbox);
    free(out);
    return status;
}

const struct verb cli_run = {"run",
                             "",
                             0,
                             0,
                             options,
                             "the monthly job: import, link, compare, report",
                             "毎月の処理（取り込み、突合、比較、報告書）",
                             run};
