/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

enum { O_STUDY, O_STORE };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "格納先（省略時は調査ファイルの隣のtotsugo.db）"},
    COMMON_OPTIONS};

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s;
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], true, &s, err);
    if (!status)
        status = tg_store_verify(s.store, &cli->reporter, err);
    if (!status)
        cli_say(cli, "%s: nothing is wrong", "%s: 異常はありません", s.path);
    cli_store_close(&s);
    return status;
}

const struct verb cli_verify = {"verify",
                                "",
                                0,
                                0,
                                options,
                                "check the store, the audit chain and the delivered files",
                                "格納先、監査記録、渡した結果が変わっていないか調べます",
                                run};
