/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/link.h>

enum { O_STUDY, O_LEFT, O_RIGHT, O_OUTPUT, O_FORCE };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"left", 0, "FILE", true, "a token file", "トークンファイル（左）"},
    {"right", 0, "FILE", true, "the token file it is linked with", "トークンファイル（右）"},
    {"output", 'o', "FILE", true, "the pairs; - for standard output",
     "組の書き出し先（- は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

/* What the linkage expects of itself, without a truth. */
static void say_expected(struct cli *cli, const struct tg_link_counts *n)
{
    double precision = n->correct / (double)n->linked;
    if (n->recall_is_bound)
        cli_say(cli, "expected precision %.4f, expected recall between %.4f and %.4f",
                "見込みの適合率 %.4f、見込みの再現率は %.4f から %.4f の間", precision,
                n->recall_low, n->recall_high);
    else if (n->matches > 0)
        cli_say(cli, "expected precision %.4f, expected recall %.4f",
                "見込みの適合率 %.4f、見込みの再現率 %.4f", precision, n->correct / n->matches);
    else
        cli_say(cli, "expected precision %.4f, expected recall not known",
                "見込みの適合率 %.4f、見込みの再現率は不明", precision);
    if (n->recall_is_bound)
        cli_say(
            cli,
            "the files have too few fields to tell how many pairs share nothing; if errors "
            "were independent of each other the recall would be %.4f",
            "項目が少なく、何も一致しない組がいくつあるかを推定できません。誤りが互いに独立なら再現"
            "率は %.4f です",
            n->correct / n->matches);
    if (n->matches > 0)
        cli_say(cli, "95 %%: precision %.4f to %.4f, recall %.4f to %.4f",
                "95 %% 区間：適合率 %.4f～%.4f、再現率 %.4f～%.4f", n->precision_low,
                n->precision_high, n->recall_low, n->recall_high);
    else
        cli_say(cli, "95 %%: precision %.4f to %.4f", "95 %% 区間：適合率 %.4f～%.4f",
                n->precision_low, n->precision_high);
}

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct tg_study *study = NULL;
    struct tg_link_counts n = {0};
    enum tg_status status = tg_study_load(args->values[O_STUDY], &study, err);
    const struct tg_link_options o = {.study = study,
                                      .left = args->values[O_LEFT],
                                      .right = args->values[O_RIGHT],
                                      .output = args->values[O_OUTPUT],
                                      .force = cli_has(args, O_FORCE)};
    if (!status)
        status = tg_link_files(&o, &cli->reporter, &n, err);
    if (!status)
        cli_say(cli,
                "%llu of %llu rows linked with %llu; review %llu, ambiguous %llu, conflict %llu, "
                "not found %llu",
                "%2$llu 行のうち %1$llu 行を %3$llu 行と突合しました。要確認 %4$llu、あいまい "
                "%5$llu、食い違い %6$llu、見つからず %7$llu",
                (unsigned long long)n.linked, (unsigned long long)n.left,
                (unsigned long long)n.right, (unsigned long long)n.review,
                (unsigned long long)n.ambiguous, (unsigned long long)n.conflict,
                (unsigned long long)n.not_found);
    if (!status && n.linked)
        say_expected(cli, &n);
    tg_study_free(&study);
    return status;
}

const struct verb cli_link = {"link",
                              "",
                              0,
                              0,
                              options,
                              "link two token files without a store",
                              "二つのトークンファイルを直接突合します",
                              run};
