/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/sys.h>

#include <stdlib.h>
#include <string.h>

enum { O_FORCE };
static const struct option_def options[] = {{"force", 'f', NULL, false,
                                             "replace a study.yaml that is there",
                                             "すでにあるstudy.yamlを置き換えます"},
                                            COMMON_OPTIONS};

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    static const char *const folders[] = {"keys", "inbox", "runs"};
    const char *dir = args->operands[0];
    size_t size = strlen(dir) + 2;
    char *base = malloc(size);
    if (!base)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    memcpy(base, dir, size - 2);
    memcpy(base + size - 2, "/", 2);
    enum tg_status status = tg_dir_make(dir, err);
    for (size_t i = 0; !status && i < sizeof folders / sizeof folders[0]; i++) {
        char *path = cli_beside(base, NULL, folders[i], err);
        status = path ? tg_dir_make(path, err) : TG_NO_MEMORY;
        free(path);
    }
    char *study = status ? NULL : cli_beside(base, NULL, "study.yaml", err);
    const char *text = tg_study_template();
    if (!status)
        status = study ? tg_file_write_whole(study, text, strlen(text), 0644,
                                             cli_has(args, O_FORCE), err)
                       : TG_NO_MEMORY;
    if (!status)
        cli_say(cli, "%s is ready: edit it, then make a key with `totsugo key new`",
                "%s を用意しました。編集してから `totsugo key new` で鍵を作ってください", study);
    free(study);
    free(base);
    return status;
}

const struct verb cli_init = {"init",
                              "DIR",
                              1,
                              1,
                              options,
                              "make a study folder: study.yaml, keys/, inbox/, runs/",
                              "調査フォルダーを作ります（study.yaml、keys/、inbox/、runs/）",
                              run};
