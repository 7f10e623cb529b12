/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

enum { O_STUDY, O_STORE, O_MONTH, O_OUTPUT, O_FORCE };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "保管庫（省略時は調査ファイルの隣のtotsugo.db）"},
    {"month", 0, "YYYY-MM", false, "only what was delivered for this month",
     "この月の分だけを出します"},
    {"output", 'o', "FILE", true, "CSV; - for standard output", "CSVの書き出し先（- は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s;
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], true, &s, err);
    if (!status)
        status = tg_store_disclosures(s.store, args->values[O_MONTH], args->values[O_OUTPUT],
                                      cli_has(args, O_FORCE), &cli->reporter, err);
    cli_store_close(&s);
    return status;
}

const struct verb cli_disclosures = {"disclosures",
                                     "",
                                     0,
                                     0,
                                     options,
                                     "list what was delivered to whom, from the audit log",
                                     "だれに何を渡したかを監査記録から一覧にします",
                                     run};
