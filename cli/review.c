/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/intake.h>

#include <stdio.h>

#define STORE_OPTIONS                                                                              \
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},                                \
    {                                                                                              \
        "store", 0, "DB", false, "the store; default totsugo.db beside the study file",            \
            "保管庫（省略時は調査ファイルの隣のtotsugo.db）"                     \
    }

enum { L_STUDY, L_STORE, L_MONTH, L_OUTPUT, L_FORCE };
static const struct option_def list_options[] = {
    STORE_OPTIONS,
    {"month", 0, "YYYY-MM", false, "the month that was run; default the newest",
     "実行した月（省略時は最新）"},
    {"output", 'o', "FILE", true, "CSV; - for standard output", "CSVの書き出し先（- は標準出力）"},
    {"force", 'f', NULL, false, "replace an output that is there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

enum { A_STUDY, A_STORE };
static const struct option_def apply_options[] = {STORE_OPTIONS, COMMON_OPTIONS};

enum {
    S_STUDY,
    S_PAIRS,
    S_USERS,
    S_USERS_LOOKUP,
    S_USERS_FILE,
    S_ROSTER,
    S_ROSTER_LOOKUP,
    S_ROSTER_FILE
};
static const struct option_def show_options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"pairs", 0, "FILE", true, "review.csv, or what `review list` wrote",
     "review.csv か、`review list` の出力"},
    {"users", 0, "NAME", false, "the source of the users", "利用者の入力の名前"},
    {"users-lookup", 0, "FILE", false, "its lookup file", "その対応表"},
    {"users-file", 0, "FILE", false, "its raw file", "その元ファイル"},
    {"roster", 0, "NAME", false, "the source of the roster rows", "台帳の入力の名前"},
    {"roster-lookup", 0, "FILE", false, "its lookup file", "その対応表"},
    {"roster-file", 0, "FILE", false, "its raw file", "その元ファイル"},
    COMMON_OPTIONS};

static enum tg_status run_list(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s = {0};
    uint64_t n = 0;
    enum tg_status status =
        cli_store_open(args->values[L_STUDY], args->values[L_STORE], true, &s, err);
    if (!status)
        status = tg_review_list(s.store, args->values[L_MONTH], args->values[L_OUTPUT],
                                cli_has(args, L_FORCE), &n, err);
    cli_store_close(&s);
    if (!status)
        cli_say(cli, "%llu pairs are undecided", "未判定の組が %llu 件あります",
                (unsigned long long)n);
    return status;
}

static enum tg_status run_apply(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s = {0};
    struct tg_review_counts n = {0};
    enum tg_status status =
        cli_store_open(args->values[A_STUDY], args->values[A_STORE], true, &s, err);
    if (!status)
        status = tg_review_apply(s.store, args->operands[0], &n, err);
    cli_store_close(&s);
    if (!status)
        cli_say(cli, "same %llu, different %llu, undone %llu, unchanged %llu",
                "同一人 %llu、別人 %llu、取り消し %llu、変わらず %llu", (unsigned long long)n.same,
                (unsigned long long)n.different, (unsigned long long)n.undone,
                (unsigned long long)n.unchanged);
    return status;
}

static void pad(size_t from, size_t to)
{
    for (; from < to; from++)
        (void)putchar(' ');
}

static size_t widest(const struct tg_review_pair *pair)
{
    size_t columns = 5;
    for (size_t i = 0; i < pair->n_fields; i++) {
        if (pair->fields[i].users.columns > columns)
            columns = pair->fields[i].users.columns;
    }
    return columns;
}

/* Which sides are at hand, and how many of their rows were not there. */
struct printing {
    bool users, roster;
    uint64_t missing;
};

static enum tg_status print_pair(void *ctx, const struct tg_review_pair *pair, struct tg_error *err)
{
    static const char *const marks[] = {
        [TG_REVIEW_MISSING] = " ",
        [TG_REVIEW_SAME] = "=",
        [TG_REVIEW_NEAR] = "~",
        [TG_REVIEW_DIFFERENT] = "!",
    };
    struct printing *p = ctx;
    size_t width = widest(pair);
    p->missing += p->users && !pair->user_line ? 1 : 0;
    p->missing += p->roster && !pair->roster_line ? 1 : 0;
    (void)printf("%llu/%llu  %s %s\n  user_row_id   %s  (%llu)\n  roster_row_id %s  (%llu)\n",
                 (unsigned long long)pair->number, (unsigned long long)pair->of, pair->rule,
                 pair->probability, pair->user_row_id, (unsigned long long)pair->user_line,
                 pair->roster_row_id, (unsigned long long)pair->roster_line);
    for (size_t i = 0; i < pair->n_fields; i++) {
        const struct tg_review_field *f = &pair->fields[i];
        (void)printf("  %s %-22s %s", marks[f->mark], f->name, f->users.text);
        pad(f->users.columns, width);
        (void)printf("  | %s\n", f->roster.text);
    }
    (void)printf("\n");
    return ferror(stdout) ? TG_FAIL(err, TG_MSG_WRITE_FAILED, .file = "-") : TG_OK;
}

/* A side is given whole or not at all, and one of the two is. */
static enum tg_status check_sides(const struct args *args, struct tg_error *err)
{
    int given[2] = {0, 0};
    for (int i = S_USERS; i <= S_ROSTER_FILE; i++)
        given[i >= S_ROSTER] += cli_has(args, i);
    for (int side = 0; side < 2; side++) {
        const char *all = side ? "--roster, --roster-lookup, --roster-file"
                               : "--users, --users-lookup, --users-file";
        if (given[side] % 3 != 0 || given[0] + given[1] == 0)
            return TG_FAIL(err, TG_MSG_USAGE_MISSING, .rule = all);
    }
    return TG_OK;
}

static enum tg_status run_show(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct tg_study *study = NULL;
    struct printing p = {.users = cli_has(args, S_USERS), .roster = cli_has(args, S_ROSTER)};
    enum tg_status status = check_sides(args, err);
    if (!status)
        status = tg_study_load(args->values[S_STUDY], &study, err);
    const struct tg_review_options o = {
        .study = study,
        .pairs = args->values[S_PAIRS],
        .users = {args->values[S_USERS], args->values[S_USERS_LOOKUP], &args->values[S_USERS_FILE],
                  1},
        .roster = {args->values[S_ROSTER], args->values[S_ROSTER_LOOKUP],
                   &args->values[S_ROSTER_FILE], 1},
    };
    if (!status)
        status = tg_review_show(&o, print_pair, &p, err);
    tg_study_free(&study);
    if (!status && p.missing) {
        char rule[32];
        (void)snprintf(rule, sizeof rule, "%llu", (unsigned long long)p.missing);
        (void)TG_FAIL(err, TG_MSG_REVIEW_NOT_HERE, .file = args->values[S_PAIRS], .rule = rule);
        cli_say_error(cli, err);
    }
    return status;
}

const struct verb cli_review_list = {"review list",
                                     "",
                                     0,
                                     0,
                                     list_options,
                                     "write the pairs that nobody has decided yet",
                                     "まだ判定していない組を書き出します",
                                     run_list};
const struct verb cli_review_apply = {"review apply",
                                      "DECISIONS",
                                      1,
                                      1,
                                      apply_options,
                                      "take a clerk's decisions on pairs into the store",
                                      "組についての職員の判定を保管庫に入れます",
                                      run_apply};
const struct verb cli_review_show = {"review show",
                                     "",
                                     0,
                                     0,
                                     show_options,
                                     "show pairs side by side, at the desk that has the raw files",
                                     "元ファイルのある端末で、組を並べて表示します",
                                     run_show};
