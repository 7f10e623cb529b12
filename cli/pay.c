/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/pay.h>

#include <inttypes.h>

enum { O_STUDY, O_VALUES, O_YEAR, O_OUTPUT, O_FORCE };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"values", 0, "CSV", true, "what was reached: indicator,value,n; - for standard input",
     "達成した値: indicator,value,n（- は標準入力）"},
    {"year", 0, "YYYY", false, "fiscal year whose indicators are paid; default all",
     "支払対象の年度。既定はすべて"},
    {"output", 'o', "FILE", true, "indicator,value,floor,cap,amount; - for standard output",
     "indicator,value,floor,cap,amount（- は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct tg_study *study = NULL;
    struct tg_pay_counts counts;
    uint64_t year = 0;
    enum tg_status status = cli_number(&cli_pay, args, O_YEAR, 1990, 2999, 0, &year, err);
    if (!status)
        status = tg_study_load(args->values[O_STUDY], &study, err);
    const struct tg_pay_options pay = {.study = study,
                                       .values = args->values[O_VALUES],
                                       .output = args->values[O_OUTPUT],
                                       .year = (int)year,
                                       .force = cli_has(args, O_FORCE)};
    if (!status)
        status = tg_pay_file(&pay, &cli->reporter, &counts, err);
    if (!status)
        cli_say(cli, "%" PRIu64 " of %" PRIu64 " indicators have a value; total %" PRId64 " yen%s",
                "%2$" PRIu64 " 個の指標のうち %1$" PRIu64 " 個に値があります。合計 %3$" PRId64
                " 円%4$s",
                counts.given, counts.indicators, counts.total_yen,
                !counts.capped                 ? ""
                : cli->language == TG_JAPANESE ? "（上限額）"
                                               : " (the cap)");
    tg_study_free(&study);
    return status;
}

const struct verb cli_pay = {"pay",
                             "",
                             0,
                             0,
                             options,
                             "what given values come to by the study's payment table",
                             "指標の値から、調査の支払表による支払額を求めます",
                             run};
