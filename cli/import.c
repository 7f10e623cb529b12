/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

enum { O_STUDY, O_STORE };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "格納先（省略時は調査ファイルの隣のtotsugo.db）"},
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

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s;
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], false, &s, err);
    for (size_t i = 0; !status && i < args->n_operands; i++) {
        struct tg_import_result result;
        status = tg_import(s.store, args->operands[i], &cli->reporter, &result, err);
        if (!status)
            tell(cli, args->operands[i], &result);
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
