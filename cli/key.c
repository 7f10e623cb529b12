/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

enum { O_STUDY, O_OUTPUT, O_FORCE, O_PASSPHRASE, O_FD, O_HEX };
#define NEW_OPTIONS                                                                                \
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},                                \
        {"output",                                                                                 \
         'o',                                                                                      \
         "FILE",                                                                                   \
         true,                                                                                     \
         "where the key is written, mode 0600",                                                    \
         "鍵の書き出し先（権限0600）"},                                                            \
        {"force",                                                                                  \
         'f',                                                                                      \
         NULL,                                                                                     \
         false,                                                                                    \
         "replace a key file that is there",                                                       \
         "すでにある鍵ファイルを置き換えます"},                                                    \
        {"passphrase",                                                                             \
         0,                                                                                        \
         NULL,                                                                                     \
         false,                                                                                    \
         "put the key under a passphrase, asked for on the terminal",                              \
         "鍵にパスフレーズをかけます（端末で聞きます）"},                                          \
    {                                                                                              \
        "passphrase-fd", 0, "N", false, "the same, read from file descriptor N",                   \
            "同じ（ファイル記述子Nから読みます）"                                 \
    }

static const struct option_def new_options[] = {NEW_OPTIONS, COMMON_OPTIONS};
static const struct option_def import_options[] = {
    NEW_OPTIONS,
    {"hex", 0, "FILE", true, "a file, mode 0600, with the key as 64 hexadecimal digits",
     "16進数64桁の鍵を書いたファイル（権限0600）"},
    COMMON_OPTIONS};

enum { S_FD };
static const struct option_def show_options[] = {PASSPHRASE_FD_OPTION, COMMON_OPTIONS};

enum { P_OUTPUT, P_FORCE, P_REMOVE, P_FD, P_NEW_FD };
static const struct option_def passphrase_options[] = {
    {"output", 'o', "FILE", true, "where the key is written, mode 0600; may be FILE, with --force",
     "鍵の書き出し先（権限0600、--force を付ければ同じファイルでも可）"},
    {"force", 'f', NULL, false, "replace a key file that is there",
     "すでにある鍵ファイルを置き換えます"},
    {"remove", 0, NULL, false, "take the passphrase off", "パスフレーズを外します"},
    PASSPHRASE_FD_OPTION,
    {"new-passphrase-fd", 0, "N", false, "read the new passphrase from file descriptor N",
     "新しいパスフレーズをファイル記述子Nから読みます"},
    COMMON_OPTIONS};

static void say_key(struct cli *cli, const char *path, const struct tg_key *key)
{
    const struct tg_key_info *info = tg_key_info(key);
    cli_say(cli, "%s: key %s of study %s", "%1$s: 調査 %3$s の鍵 %2$s", path, info->id,
            info->study);
}

static enum tg_status make(struct cli *cli, const struct verb *verb, const struct args *args,
                           const char *hex, struct tg_error *err)
{
    struct tg_study *study = NULL;
    struct tg_key *key = NULL;
    struct tg_passphrase *passphrase = NULL;
    const char *path = args->values[O_OUTPUT];
    enum tg_status status = tg_study_load(args->values[O_STUDY], &study, err);
    if (!status)
        status = hex ? tg_key_import_hex(tg_study_id(study), hex, &key, err)
                     : tg_key_generate(tg_study_id(study), &key, err);
    if (!status && (cli_has(args, O_PASSPHRASE) || cli_has(args, O_FD)))
        status = cli_passphrase(cli, verb, args, O_FD, path, true, &passphrase, err);
    if (!status)
        status = cli_key_save(key, passphrase, path, cli_has(args, O_FORCE), err);
    if (!status)
        say_key(cli, path, key);
    tg_passphrase_free(&passphrase);
    tg_key_free(&key);
    tg_study_free(&study);
    return status;
}

static enum tg_status run_new(struct cli *cli, const struct args *args, struct tg_error *err)
{
    return make(cli, &cli_key_new, args, NULL, err);
}

static enum tg_status run_import(struct cli *cli, const struct args *args, struct tg_error *err)
{
    return make(cli, &cli_key_import, args, args->values[O_HEX], err);
}

static enum tg_status run_show(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct tg_key *key = NULL;
    enum tg_status status =
        cli_key_load(cli, &cli_key_show, args, S_FD, args->operands[0], NULL, &key, err);
    if (!status) {
        const struct tg_key_info *info = tg_key_info(key);
        (void)printf("id: %s\nstudy: %s\ncreated: %s\nepoch: %u\n", info->id, info->study,
                     info->created, info->epoch);
        if (info->overlap_until[0])
            (void)printf("overlap_until: %s\n", info->overlap_until);
    }
    tg_key_free(&key);
    return status;
}

static enum tg_status run_passphrase(struct cli *cli, const struct args *args, struct tg_error *err)
{
    const struct verb *verb = &cli_key_passphrase;
    const char *from = args->operands[0], *to = args->values[P_OUTPUT];
    struct tg_key *key = NULL;
    struct tg_passphrase *passphrase = NULL;
    bool remove = cli_has(args, P_REMOVE);
    if (remove && cli_has(args, P_NEW_FD))
        return TG_FAIL(err, TG_MSG_USAGE_OPTION, .rule = "--new-passphrase-fd");
    enum tg_status status = cli_key_load(cli, verb, args, P_FD, from, NULL, &key, err);
    if (!status && !remove)
        status = cli_passphrase(cli, verb, args, P_NEW_FD, to, true, &passphrase, err);
    if (!status)
        status = cli_key_save(key, passphrase, to, cli_has(args, P_FORCE), err);
    if (!status)
        say_key(cli, to, key);
    tg_passphrase_free(&passphrase);
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
    "show a key's id, study, creation and epoch, never the secret",
    "鍵の番号、調査、作成日時、世代を表示します（鍵そのものは表示しません）",
    run_show};
const struct verb cli_key_passphrase = {"key passphrase",
                                        "FILE",
                                        1,
                                        1,
                                        passphrase_options,
                                        "put a key under a passphrase, change it or take it off",
                                        "鍵のパスフレーズをかけ、変え、外します",
                                        run_passphrase};
