/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

enum { O_STUDY, O_STORE };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "保管庫（省略時は調査ファイルの隣のtotsugo.db）"},
    COMMON_OPTIONS};

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s;
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], true, &s, err);
    if (!status)
        status = tg_store_rekey(s.store, &cli->reporter, err);
    if (!status)
        cli_say(cli, "%s: hashed again under a new site key; keep `site.key` with it",
                "%s: 新しい拠点の鍵でハッシュし直しました。`site.key` と一緒に保管してください",
                s.path);
    cli_store_close(&s);
    return status;
}

const struct verb cli_store_rekey = {"store rekey",
                                     "",
                                     0,
                                     0,
                                     options,
                                     "make a new site key and hash the store again under it",
                                     "拠点の鍵を作り直し、保管庫をその鍵でハッシュし直します",
                                     run};
