/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/crypto.h>

#include <stdio.h>
#include <stdlib.h>

enum { O_STUDY, O_OUTPUT, O_FORCE, O_HEX };
#define NEW_OPTIONS                                                                                \
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},                                \
        {"output",                                                                                 \
         'o',                                                                                      \
         "FILE",                                                                                   \
         true,                                                                                     \
         "where the key is written, mode 0600",                                                    \
         "鍵の書き出し先（権限0600）"},                                                            \
    {                                                                                              \
        "force", 'f', NULL, false, "replace a key file that is there",                             \
            "すでにある鍵ファイルを置き換えます"                                  \
    }

static const struct option_def new_options[] = {NEW_OPTIONS, COMMON_OPTIONS};
static const struct option_def import_options[] = {
    NEW_OPTIONS,
    {"hex", 0, "FILE", true, "a file, mode 0600, with the key as 64 hexadecimal digits",
     "16進数64桁の鍵を書いたファイル（権限0600）"},
    COMMON_OPTIONS};
static const struct option_def show_options[] = {COMMON_OPTIONS};

static enum tg_status make(struct cli *cli, const struct args *args, const char *hex,
                           struct tg_error *err)
{
    struct tg_study *study = NULL;
    struct tg_key *key = NULL;
    const char *path = args->values[O_OUTPUT];
    enum tg_status status = tg_study_load(args->values[O_STUDY], &study, err);
    if (!status)
        status = hex ? tg_key_import_hex(tg_study_id(study), hex, &key, err)
                     : tg_key_generate(tg_study_id(study), &key, err);
    if (!status)
        status = tg_key_save(key, path, cli_has(args, O_FORCE), err);
    if (!status)
        cli_say(cli, "%s: key %s of study %s", "%1$s: 調査 %3$s の鍵 %2$s", path,
                tg_key_info(key)->id, tg_key_info(key)->study);
    tg_key_free(&key);
    tg_study_free(&study);
    return status;
}

static enum tg_status run_new(struct cli *cli, const struct args *args, struct tg_error *err)
{
    return make(cli, args, NULL, err);
}

static enum tg_status run_import(struct cli *cli, const struct args *args, struct tg_error *err)
{
    return make(cli, args, args->values[O_HEX], err);
}

static enum tg_status run_show(struct cli *cli, const struct args *args, struct tg_error *err)
{
    (void)cli;
    struct tg_key *key = NULL;
    enum tg_status status = tg_key_load(args->operands[0], &key, err);
    if (!status) {
        const struct tg_key_info *info = tg_key_info(key);
        (void)printf("id: %s\nstudy: %s\ncreated: %s\n", info->id, info->study, info->created);
    }
    tg_key_free(&key);
    return status;
}

const struct verb cli_key_new = {"key new",
                                 "",
                                 0,
                                 0,
                                 new_options,
                                 "make a random 256-bit key for a study",
                                 "調査の鍵（256ビットの乱数）を作ります",
                                 run_new};
const struct verb cli_key_import = {"key import",
                                    "",
                                    0,
                                    0,
                                    import_options,
                                    "make a key file from 64 hexadecimal digits",
                                    "16進数64桁から鍵ファイルを作ります",
                                    run_import};
const struct verb cli_key_show = {
    "key show",
    "FILE",
    1,
    1,
    show_options,
    "show a key's id, study and creation, never the secret",
    "鍵の番号、調査、作成日時を表示します（鍵そのものは表示しません）",
    run_show};
