/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

enum { O_STUDY, O_STORE, O_BRIDGE };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "格納先（省略時は調査ファイルの隣のtotsugo.db）"},
    {"bridge", 0, NULL, false, "the files lead from one epoch of the shared key to the next",
     "ファイルは共有の鍵の世代をつなぐものです"},
    COMMON_OPTIONS};

static void tell(struct cli *cli, const char *path, const struct tg_import_result *r)
{
    static const char *const outcomes[2][3] = {
        {"imported", "was there already", "replaced what was there"},
        {"取り込みました", "すでに取り込み済みです", "前のものと置き換えました"}};
    bool ja = cli->language == TG_JAPANESE;
    cli_say(cli, "%s: %s: %llu rows, %llu new persons, %llu conflicts",
            "%s: %s: %llu 行、新しい人 %llu、食い違い %llu", path, outcomes[ja][r->outcome],
            (unsigned long long)r->rows, (unsigned long long)r->new_persons,
            (unsigned long long)r->conflicts);
}

static enum tg_status import(struct cli *cli, struct tg_store *store, const char *path,
                             struct tg_error *err)
{
    struct tg_import_result result;
    enum tg_status status = tg_import(store, path, &cli->reporter, &result, err);
    if (!status)
        tell(cli, path, &result);
    return status;
}

static enum tg_status bridge(struct cli *cli, struct tg_store *store, const char *path,
                             struct tg_error *err)
{
    struct tg_bridge_result r;
    enum tg_status status = tg_import_bridge(store, path, &cli->reporter, &r, err);
    if (!status)
        cli_say(cli, "%s: %llu rows, %llu tokens led over, %llu withdrawals left",
                "%s: %llu 行、つないだトークン %llu、まだつながっていない撤回 %llu", path,
                (unsigned long long)r.rows, (unsigned long long)r.tokens,
                (unsigned long long)r.withdrawals_left);
    return status;
}

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s;
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], false, &s, err);
    for (size_t i = 0; !status && i < args->n_operands; i++) {
        status = cli_has(args, O_BRIDGE) ? bridge(cli, s.store, args->operands[i], err)
                                         : import(cli, s.store, args->operands[i], err);
    }
    cli_store_close(&s);
    return status;
}

const struct verb cli_import = {"import",
                                "FILE...",
                                1,
                                SIZE_MAX,
                                options,
                                "bring token files into the store",
                                "トークンファイルを取り込みます",
                                run};
