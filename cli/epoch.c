/* SPDX-License-Identifier: Apache-2.0 */
/* Epochs of the shared key: a new one at the desk, the end of the old one at the store. */
#include "cli.h"

#include <stdio.h>

enum { R_STUDY, R_KEY, R_OUTPUT, R_UNTIL, R_FORCE, R_FD };
static const struct option_def rotate_options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"key", 'k', "FILE", true, "the key of the epoch that ends", "終わる世代の鍵"},
    {"output", 'o', "FILE", true, "where the new key is written; it holds the old one, too",
     "新しい鍵の書き出し先（前の鍵も入ります）"},
    {"overlap-until", 0, "YYYY-MM", true, "last period for which the old key still counts",
     "前の鍵がまだ使える最後の期間"},
    {"force", 'f', NULL, false, "replace a key file that is there",
     "すでにある鍵ファイルを置き換えます"},
    PASSPHRASE_FD_OPTION,
    COMMON_OPTIONS};

enum { T_STUDY, T_STORE, T_FORCE };
static const struct option_def retire_options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "保管庫（省略時は調査ファイルの隣のtotsugo.db）"},
    {"force", 'f', NULL, false, "also when withdrawals would be lost",
     "撤回が失われる場合でも終わらせます"},
    COMMON_OPTIONS};

static enum tg_status run_rotate(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct tg_study *study = NULL;
    struct tg_key *key = NULL, *next = NULL;
    struct tg_passphrase *passphrase = NULL;
    const char *path = args->values[R_OUTPUT];
    enum tg_status status = tg_study_load(args->values[R_STUDY], &study, err);
    if (!status)
        status = cli_key_load(cli, &cli_key_rotate, args, R_FD, args->values[R_KEY], &passphrase,
                              &key, err);
    if (!status)
        status = tg_key_of_study(key, tg_study_id(study), err);
    if (!status)
        status = tg_key_rotate(key, args->values[R_UNTIL], &next, err);
    if (!status)
        status = cli_key_save(next, passphrase, path, cli_has(args, R_FORCE), err);
    if (!status)
        cli_say(cli, "%s: epoch %u, key %s; the old key counts until %s",
                "%s: 世代 %u、鍵 %s。前の鍵は %s まで使えます", path, tg_key_info(next)->epoch,
                tg_key_info(next)->id, tg_key_info(next)->overlap_until);
    tg_passphrase_free(&passphrase);
    tg_key_free(&next);
    tg_key_free(&key);
    tg_study_free(&study);
    return status;
}

static enum tg_status run_retire(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s;
    enum tg_status status =
        cli_store_open(args->values[T_STUDY], args->values[T_STORE], true, &s, err);
    if (!status)
        status = tg_store_retire_key(s.store, cli_has(args, T_FORCE), err);
    if (!status)
        cli_say(cli, "%s: files of the old key are refused from now on",
                "%s: これから前の鍵のファイルは受け付けません", s.path);
    cli_store_close(&s);
    return status;
}

const struct verb cli_key_rotate = {"key rotate",
                                    "",
                                    0,
                                    0,
                                    rotate_options,
                                    "make the key of the next epoch",
                                    "次の世代の鍵を作ります",
                                    run_rotate};
const struct verb cli_key_retire = {"key retire",
                                    "",
                                    0,
                                    0,
                                    retire_options,
                                    "end an epoch of the shared key in the store",
                                    "保管庫で共有の鍵の前の世代を終わらせます",
                                    run_retire};
