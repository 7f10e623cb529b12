/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdlib.h>

enum { O_STUDY, O_STORE, O_FORCE };
#define STORE_OPTIONS                                                                              \
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},                                \
    {                                                                                              \
        "store", 0, "DB", false, "the store; default totsugo.db beside the study file",            \
            "保管庫（省略時は調査ファイルの隣のtotsugo.db）"                     \
    }

static const struct option_def backup_options[] = {
    STORE_OPTIONS,
    {"force", 'f', NULL, false, "replace a backup that is there", "すでにある控えを置き換えます"},
    COMMON_OPTIONS};
static const struct option_def restore_options[] = {
    STORE_OPTIONS,
    {"force", 'f', NULL, false, "replace the store that is there", "今の保管庫を置き換えます"},
    COMMON_OPTIONS};

typedef enum tg_status copy(const char *store, const struct tg_study *study, const char *backup,
                            bool force, const struct tg_reporter *reporter, struct tg_error *err);

/* Neither needs the store open. */
static enum tg_status with_paths(struct cli *cli, const struct args *args, copy *make, char **store,
                                 struct tg_error *err)
{
    struct tg_study *study = NULL;
    *store = cli_beside(args->values[O_STUDY], args->values[O_STORE], "totsugo.db", err);
    enum tg_status status =
        *store ? tg_study_load(args->values[O_STUDY], &study, err) : TG_NO_MEMORY;
    if (!status)
        status =
            make(*store, study, args->operands[0], cli_has(args, O_FORCE), &cli->reporter, err);
    tg_study_free(&study);
    return status;
}

static enum tg_status backup(struct cli *cli, const struct args *args, struct tg_error *err)
{
    char *store;
    enum tg_status status = with_paths(cli, args, tg_store_backup, &store, err);
    if (!status)
        cli_say(cli, "%s: a whole copy of %s; its site key is not in it: keep that elsewhere",
                "%s: %s の控えです。拠点の鍵は入っていません。別の場所に保管してください",
                args->operands[0], store);
    free(store);
    return status;
}

static enum tg_status restore(struct cli *cli, const struct args *args, struct tg_error *err)
{
    char *store;
    enum tg_status status = with_paths(cli, args, tg_store_restore, &store, err);
    if (!status)
        cli_say(cli, "%s: put back from %s; the audit log says so",
                "%s: %s から戻しました。監査記録に残しました", store, args->operands[0]);
    free(store);
    return status;
}

const struct verb cli_store_backup = {"store backup",
                                      "FILE",
                                      1,
                                      1,
                                      backup_options,
                                      "copy the store while it may be in use, with a manifest",
                                      "使用中でも保管庫の控えを取ります（マニフェスト付き）",
                                      backup};
const struct verb cli_store_restore = {"store restore",
                                       "FILE",
                                       1,
                                       1,
                                       restore_options,
                                       "put a backup in the store's place, when it is sound",
                                       "控えを調べてから保管庫に戻します",
                                       restore};
