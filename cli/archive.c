/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/run.h>

enum { O_STUDY, O_STORE, O_BEFORE, O_MONTH, O_TO };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "保管庫（省略時は調査ファイルの隣のtotsugo.db）"},
    {"before", 0, "YYYY-MM", false, "all months before this one", "この月より前のすべての月"},
    {"month", 0, "YYYY-MM", false, "this month", "この月"},
    {"to", 0, "DIR", true, "where they are to lie; runs/ brings them back",
     "移す先のフォルダー（runs/ なら元に戻します）"},
    COMMON_OPTIONS};

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s;
    uint64_t n = 0;
    if (cli_has(args, O_BEFORE) == cli_has(args, O_MONTH))
        return TG_FAIL(err, TG_MSG_USAGE_MISSING, .rule = "--before, --month");
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], true, &s, err);
    if (!status)
        status = tg_archive_months(s.store, args->values[O_BEFORE], args->values[O_MONTH],
                                   args->values[O_TO], &cli->reporter, &n, err);
    if (!status)
        cli_say(cli, "%s: %llu months moved", "%s: %llu か月分を移しました", args->values[O_TO],
                (unsigned long long)n);
    cli_store_close(&s);
    return status;
}

const struct verb cli_store_archive = {"store archive",
                                       "",
                                       0,
                                       0,
                                       options,
                                       "move delivered months to another folder, checked",
                                       "渡した月の結果を調べながら別のフォルダーへ移します",
                                       run};
