/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

enum { O_STUDY, O_STORE, O_RETRACT, O_SOURCE, O_PERIOD, O_BRIDGE };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "保管庫（省略時は調査ファイルの隣のtotsugo.db）"},
    {"retract", 0, NULL, false,
     "take a file back that its sender has withdrawn: --source, --period",
     "送り手が取り下げたファイルを取り消します。--source と --period で指定"},
    {"source", 0, "NAME", false, "with --retract: the source's name in the study file",
     "--retract のとき：調査ファイルにある入力の名前"},
    {"period", 0, "YYYY-MM", false, "with --retract: its period; none: the file without one",
     "--retract のとき：期間（省略時は期間のないファイル）"},
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
    if (r->undecided)
        cli_say(cli,
                "%llu names in the store join nobody, for they may be of several people: person "
                "undecided",
                "別の人のものかもしれないためだれもつながない氏名 %llu（person undecided で一覧）",
                (unsigned long long)r->undecided);
}

static enum tg_status retract(struct cli *cli, const struct args *args, struct tg_store *store,
                              struct tg_error *err)
{
    struct tg_import_result r;
    enum tg_status status = tg_import_retract(store, args->values[O_SOURCE], args->values[O_PERIOD],
                                              &cli->reporter, &r, err);
    if (!status)
        cli_say(cli, "taken back: %llu rows; %llu conflicts are left",
                "取り消しました: %llu 行。食い違い %llu", (unsigned long long)r.rows,
                (unsigned long long)r.conflicts);
    return status;
}

static enum tg_status check(const struct args *args, struct tg_error *err)
{
    bool retracts = cli_has(args, O_RETRACT);
    if (retracts && !args->values[O_SOURCE])
        return TG_FAIL(err, TG_MSG_USAGE_MISSING, .rule = "--source");
    if (!retracts && args->n_operands == 0)
        return TG_FAIL(err, TG_MSG_USAGE_MISSING, .rule = "FILE...");
    if (retracts ? args->n_operands > 0 : args->values[O_SOURCE] || args->values[O_PERIOD])
        return TG_FAIL(err, TG_MSG_USAGE_OPTION, .rule = "--retract --source NAME, or FILE...");
    return TG_OK;
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
    struct cli_store s = {0};
    bool retracts = cli_has(args, O_RETRACT);
    enum tg_status status = check(args, err);
    if (!status)
        status = cli_store_open(args->values[O_STUDY], args->values[O_STORE], retracts, &s, err);
    if (!status)
        status = tg_store_check_clock(s.store, &cli->reporter, NULL, err);
    if (!status && retracts)
        status = retract(cli, args, s.store, err);
    for (size_t i = 0; !status && i < args->n_operands; i++) {
        status = cli_has(args, O_BRIDGE) ? bridge(cli, s.store, args->operands[i], err)
                                         : import(cli, s.store, args->operands[i], err);
    }
    cli_store_close(&s);
    return status;
}

const struct verb cli_import = {"import",
                                "[FILE...]",
                                0,
                                SIZE_MAX,
                                options,
                                "bring token files into the store",
                                "トークンファイルを取り込みます",
                                run};
