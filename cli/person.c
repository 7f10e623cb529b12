/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#define STORE_OPTIONS                                                                              \
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},                                \
    {                                                                                              \
        "store", 0, "DB", false, "the store; default totsugo.db beside the study file",            \
            "保管庫（省略時は調査ファイルの隣のtotsugo.db）"                     \
    }

enum { H_STUDY, H_STORE, H_MONTH, H_RECIPIENT, H_OUTPUT, H_FORCE };
static const struct option_def history_options[] = {
    STORE_OPTIONS,
    {"month", 0, "YYYY-MM", false, "ID is a subject id of this month, not a roster row",
     "IDを台帳の行IDでなく、この月の対象者IDとみなします"},
    {"recipient", 0, "NAME", false, "with --month: of this recipient; default evaluator",
     "--month のとき：渡した相手（省略時は evaluator）"},
    {"output", 'o', "FILE", false, "CSV; default standard output",
     "CSVの書き出し先（省略時は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

static enum tg_status run_history(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s = {0};
    (void)cli;
    const char *path = args->values[H_OUTPUT] ? args->values[H_OUTPUT] : "-";
    enum tg_status status =
        cli_store_open(args->values[H_STUDY], args->values[H_STORE], true, &s, err);
    if (!status)
        status = tg_person_history(s.store, args->operands[0], args->values[H_MONTH],
                                   args->values[H_RECIPIENT], path, cli_has(args, H_FORCE), err);
    cli_store_close(&s);
    return status;
}

enum { S_STUDY, S_STORE };
static const struct option_def decide_options[] = {STORE_OPTIONS, COMMON_OPTIONS};

typedef enum tg_status decide(struct tg_store *store, const char *const *rows, size_t n,
                              const struct tg_reporter *reporter, struct tg_error *err);

static enum tg_status run_decision(struct cli *cli, const struct args *args, decide *decision,
                                   struct tg_error *err)
{
    struct cli_store s = {0};
    enum tg_status status =
        cli_store_open(args->values[S_STUDY], args->values[S_STORE], true, &s, err);
    if (!status)
        status = decision(s.store, (const char *const *)args->operands, args->n_operands,
                          &cli->reporter, err);
    cli_store_close(&s);
    return status;
}

static enum tg_status run_split(struct cli *cli, const struct args *args, struct tg_error *err)
{
    enum tg_status status = run_decision(cli, args, tg_person_split, err);
    if (!status)
        cli_say(cli, "these rows are another person from now on", "この行は別の人として扱います");
    return status;
}

static enum tg_status run_join(struct cli *cli, const struct args *args, struct tg_error *err)
{
    enum tg_status status = run_decision(cli, args, tg_person_join, err);
    if (!status)
        cli_say(cli, "these rows are one person from now on", "これらの行は同じ人として扱います");
    return status;
}

static enum tg_status run_apart(struct cli *cli, const struct args *args, struct tg_error *err)
{
    enum tg_status status = run_decision(cli, args, tg_person_apart, err);
    if (!status)
        cli_say(cli, "these people are different, whatever they are called",
                "これらの人は、氏名が同じでも別の人として扱います");
    return status;
}

enum { U_STUDY, U_STORE, U_OUTPUT, U_FORCE };
static const struct option_def undecided_options[] = {
    STORE_OPTIONS,
    {"output", 'o', "FILE", false, "CSV; default standard output",
     "CSVの書き出し先（省略時は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

static enum tg_status run_undecided(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s = {0};
    (void)cli;
    const char *path = args->values[U_OUTPUT] ? args->values[U_OUTPUT] : "-";
    enum tg_status status =
        cli_store_open(args->values[U_STUDY], args->values[U_STORE], true, &s, err);
    if (!status)
        status = tg_person_undecided(s.store, path, cli_has(args, U_FORCE), err);
    cli_store_close(&s);
    return status;
}

const struct verb cli_person_history = {"person history",
                                        "ID",
                                        1,
                                        1,
                                        history_options,
                                        "tell how a person came to be one, and when",
                                        "ある人がどのように一人とされたかを示します",
                                        run_history};
const struct verb cli_person_split = {"person split",
                                      "ROW_ID...",
                                      1,
                                      SIZE_MAX,
                                      decide_options,
                                      "undo a wrong merge: these rows are another person",
                                      "誤った名寄せを解きます。指定した行は別の人とします",
                                      run_split};
const struct verb cli_person_join = {"person join",
                                     "ROW_ID ROW_ID...",
                                     2,
                                     SIZE_MAX,
                                     decide_options,
                                     "say that these rows are one person",
                                     "指定した行を同じ人とします",
                                     run_join};
const struct verb cli_person_apart = {"person apart",
                                      "ROW_ID ROW_ID...",
                                      2,
                                      SIZE_MAX,
                                      decide_options,
                                      "say that these people are different",
                                      "指定した人たちを別の人とします",
                                      run_apart};
const struct verb cli_person_undecided = {"person undecided",
                                          "",
                                          0,
                                          0,
                                          undecided_options,
                                          "list the names that join nobody, for a clerk",
                                          "だれもつながない氏名を、確かめる人のために一覧にします",
                                          run_undecided};
