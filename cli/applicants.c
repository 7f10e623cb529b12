/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/run.h>

enum { O_STUDY, O_STORE, O_MONTH, O_OUTPUT, O_FORCE };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "保管庫（省略時は調査ファイルの隣のtotsugo.db）"},
    {"month", 0, "YYYY-MM", false, "the rosters known by then; default all",
     "その月までの台帳で確かめます（省略時はすべて）"},
    {"output", 'o', "FILE", true, "CSV; - for standard output", "CSVの書き出し先（- は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s = {0};
    struct tg_applicant_counts n = {{0}};
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], true, &s, err);
    const struct tg_applicant_options o = {.study = s.study,
                                           .store = s.store,
                                           .input = args->operands[0],
                                           .month = args->values[O_MONTH],
                                           .output = args->values[O_OUTPUT],
                                           .force = cli_has(args, O_FORCE)};
    if (!status)
        status = tg_verify_applicants(&o, &cli->reporter, &n, err);
    if (!status)
        cli_say(cli, "verified %llu, partly %llu, ambiguous %llu, not found %llu",
                "確認できた %llu、一部だけ %llu、あいまい %llu、見つからない %llu",
                (unsigned long long)n.by_status[TG_APPLICANT_VERIFIED],
                (unsigned long long)n.by_status[TG_APPLICANT_PARTLY],
                (unsigned long long)n.by_status[TG_APPLICANT_AMBIGUOUS],
                (unsigned long long)n.by_status[TG_APPLICANT_NOT_FOUND]);
    cli_store_close(&s);
    return status;
}

const struct verb cli_verify_applicants = {"verify-applicants",
                                           "FILE",
                                           1,
                                           1,
                                           options,
                                           "check who applicants are, without names",
                                           "申込者の本人確認を氏名なしで行います",
                                           run};
