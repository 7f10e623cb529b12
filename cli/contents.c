/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#define STORE_OPTIONS                                                                              \
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},                                \
    {                                                                                              \
        "store", 0, "DB", false, "the store; default totsugo.db beside the study file",            \
            "保管庫（省略時は調査ファイルの隣のtotsugo.db）"                     \
    }

enum { O_STUDY, O_STORE, O_OUTPUT, O_FORCE };
static const struct option_def status_options[] = {
    STORE_OPTIONS,
    {"output", 'o', "FILE", false, "CSV; default standard output",
     "CSVの書き出し先（省略時は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};
static const struct option_def dump_options[] = {
    STORE_OPTIONS,
    {"output", 'o', "FILE", true, "text; - for standard output", "書き出し先（- は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

typedef enum tg_status writer(struct tg_store *store, const char *path, bool force,
                              struct tg_error *err);

static enum tg_status write(const struct args *args, writer *w, struct tg_error *err)
{
    struct cli_store s = {0};
    const char *path = args->values[O_OUTPUT] ? args->values[O_OUTPUT] : "-";
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], true, &s, err);
    if (!status)
        status = w(s.store, path, cli_has(args, O_FORCE), err);
    cli_store_close(&s);
    return status;
}

static enum tg_status run_status(struct cli *cli, const struct args *args, struct tg_error *err)
{
    (void)cli;
    return write(args, tg_store_status, err);
}

static enum tg_status run_dump(struct cli *cli, const struct args *args, struct tg_error *err)
{
    (void)cli;
    return write(args, tg_store_dump, err);
}

const struct verb cli_store_status = {"store status",
                                      "",
                                      0,
                                      0,
                                      status_options,
                                      "say which periods of which source the store has",
                                      "保管庫にどの入力のどの期間があるかを示します",
                                      run_status};
const struct verb cli_store_dump = {"store dump",
                                    "",
                                    0,
                                    0,
                                    dump_options,
                                    "write all contents in one order, to compare two stores",
                                    "中身をすべて決まった順に書き出します（比較用）",
                                    run_dump};
