/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/link.h>

#include <stdio.h>
#include <stdlib.h>

enum { O_LINKS, O_TRUTH, O_MIN_F1 };
static const struct option_def options[] = {
    {"links", 0, "FILE", true, "pairs that were found: left and right id first",
     "見つけた組（左と右のidが先頭の2列）"},
    {"truth", 0, "FILE", true, "pairs that are true: left and right id first",
     "正しい組（左と右のidが先頭の2列）"},
    {"min-f1", 0, "F", false, "exit with 1 when F1 is below this",
     "F1がこれより低ければ終了コード1"},
    COMMON_OPTIONS};

static enum tg_status read_min_f1(const struct args *args, double *out, struct tg_error *err)
{
    const char *s = args->values[O_MIN_F1];
    char *end = NULL;
    *out = s ? strtod(s, &end) : 0;
    if (s && (end == s || *end || !(*out >= 0 && *out <= 1)))
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = "--min-f1", .rule = "0..1");
    return TG_OK;
}

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    (void)cli;
    struct tg_link_quality q;
    double min_f1;
    enum tg_status status = read_min_f1(args, &min_f1, err);
    if (!status)
        status = tg_link_evaluate(args->values[O_LINKS], args->values[O_TRUTH], &q, err);
    if (status)
        return status;
    (void)printf("links: %llu\ntruth: %llu\ncorrect: %llu\nprecision: %.6f\nrecall: %.6f\n"
                 "f1: %.6f\n",
                 (unsigned long long)q.links, (unsigned long long)q.truth,
                 (unsigned long long)q.correct, q.precision, q.recall, q.f1);
    if (q.f1 < min_f1)
        return TG_FAIL(err, TG_MSG_EVALUATE_BELOW, .rule = args->values[O_MIN_F1]);
    return TG_OK;
}

const struct verb cli_evaluate = {"evaluate",
                                  "",
                                  0,
                                  0,
                                  options,
                                  "precision, recall and F1 of pairs against a known truth",
                                  "正解と比べて適合率・再現率・F1を求めます",
                                  run};
