/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdio.h>

static const struct option_def options[] = {COMMON_OPTIONS};

static const char *yes_no(bool yes)
{
    return yes ? "yes" : "NO";
}

static void print(const struct tg_inspection *i)
{
    const struct tg_manifest *m = &i->manifest;
    (void)printf("format: %s\nstudy: %s\nstudy_digest: %s\nsource: %s\nkind: %s\nprovider: %s\n"
                 "period: %s\nnormalizer: %s\nkey_id: %s\ntool: %s\n",
                 m->format, m->study, m->study_digest, m->source, m->kind, m->provider, m->period,
                 m->normalizer, m->key_id, m->tool);
    (void)printf("rows: %llu\nrows_found: %llu\nrejected: %llu\nsha256: %s\n",
                 (unsigned long long)m->rows, (unsigned long long)i->rows_found,
                 (unsigned long long)m->rejected, m->sha256);
    for (size_t k = 0; k < m->n_warnings; k++)
        (void)printf("warning %s: %llu\n", m->warnings[k].rule,
                     (unsigned long long)m->warnings[k].n);
    for (uint64_t c = 0; c < i->n_columns; c++)
        (void)printf("column %s: %llu filled\n", i->columns[c], (unsigned long long)i->filled[c]);
    (void)printf("rows_hold: %s\nsha256_holds: %s\n", yes_no(i->rows_hold),
                 yes_no(i->sha256_holds));
}

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    (void)cli;
    struct tg_inspection inspection = {0};
    enum tg_status status = tg_inspect(args->operands[0], &inspection, err);
    if (!status) {
        print(&inspection);
        if (!inspection.sha256_holds || !inspection.rows_hold)
            status = TG_FAIL(err, TG_MSG_INSPECT_DAMAGED, .file = args->operands[0]);
    }
    tg_inspection_free(&inspection);
    return status;
}

const struct verb cli_inspect = {"inspect",
                                 "FILE",
                                 1,
                                 1,
                                 options,
                                 "show what a token file is and whether it is as its manifest says",
                                 "トークンファイルの内容を示し、マニフェストと合うか調べます",
                                 run};
