/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/run.h>

#include <stdlib.h>

enum { O_STUDY, O_STORE, O_INBOX, O_NOTED };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "保管庫（省略時は調査ファイルの隣のtotsugo.db）"},
    {"inbox", 0, "DIR", false,
     "token files whose tokens must not stand in the store; default inbox/ beside the study file",
     "保管庫に元のトークンが残っていないか調べるための受け取りフォルダー"
     "（省略時は調査ファイルの隣のinbox/）"},
    {"noted", 0, "ENTRY:SEAL", false, "a seal that an earlier verify told and somebody noted",
     "以前のverifyが示し、控えておいた封印"},
    COMMON_OPTIONS};

/* Of each file in the inbox so many rows: enough to tell whether tokens are stored as they come. */
enum { ROWS_OF_INBOX = 20000 };

static bool may_go_on(enum tg_status status)
{
    return status == TG_OK || status == TG_CHECK_FAILED;
}

static enum tg_status check_log(struct cli *cli, const struct args *args, struct tg_store *store,
                                struct tg_error *err)
{
    struct tg_audit_seal seal;
    enum tg_status status = tg_store_audit_seal(store, &seal, err);
    if (!status)
        cli_say(cli, "audit log: the last entry and its seal are %llu:%s; note them elsewhere",
                "監査記録の最後の番号と封印は %llu:%s です。別の場所に控えてください",
                (unsigned long long)seal.entry, seal.seal);
    if (!status && cli_has(args, O_NOTED))
        status = tg_store_audit_noted(store, args->values[O_NOTED], &cli->reporter, err);
    return status;
}

static enum tg_status seek(struct cli *cli, const struct args *args, const char *store,
                           struct tg_error *err)
{
    uint64_t n = 0;
    struct tg_token_paths inbox = {0};
    char *folder = cli_beside(args->values[O_STUDY], args->values[O_INBOX], "inbox", err);
    enum tg_status status = folder ? tg_inbox_files(folder, &inbox, err) : TG_NO_MEMORY;
    if (!status && args->n_operands)
        status = tg_store_seek_tokens(store, args->operands, args->n_operands, 0, &cli->reporter,
                                      &n, err);
    else if (!status)
        status = tg_store_seek_tokens(store, inbox.paths, inbox.n, ROWS_OF_INBOX, &cli->reporter,
                                      &n, err);
    if (!status)
        cli_say(cli, "%s: none of %llu tokens stands there as it arrived",
                "%s: 受け取ったままのトークンはありません（%llu個を調べました）", store,
                (unsigned long long)n);
    tg_token_paths_free(&inbox);
    free(folder);
    return status;
}

/* Where the pages that are read first are hurt the store does not even open: a finding as well. */
static enum tg_status open_store(struct cli *cli, const struct args *args, struct cli_store *s,
                                 struct tg_error *err)
{
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], true, s, err);
    bool page = status && err->message == TG_MSG_STORE_PAGE;
    if (!page && !(status && err->message == TG_MSG_STORE_DAMAGED))
        return status;
    err->status = TG_OK;
    err->message = page ? TG_MSG_PAGE_CHANGED : TG_MSG_STORE_UNSOUND;
    cli->reporter.warn(cli->reporter.ctx, err);
    err->status = TG_CHECK_FAILED;
    err->message = TG_MSG_STORE_FINDINGS;
    return TG_CHECK_FAILED;
}

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct cli_store s;
    struct tg_error later;
    enum tg_status status = open_store(cli, args, &s, err);
    if (!status)
        status = tg_store_verify(s.store, &cli->reporter, err);
    /* something was found: the rest is looked at all the same, and the first error is told */
    if (s.store && may_go_on(status)) {
        enum tg_status more = check_log(cli, args, s.store, status ? &later : err);
        status = status ? status : more;
    }
    /* closed first: what is sought is what lies on the disk */
    tg_store_close(&s.store);
    if (may_go_on(status)) {
        enum tg_status more = seek(cli, args, s.path, status ? &later : err);
        status = status ? status : more;
    }
    if (!status)
        cli_say(cli, "%s: nothing is wrong", "%s: 異常はありません", s.path);
    cli_store_close(&s);
    return status;
}

const struct verb cli_verify = {"verify",
                                "[FILE…]",
                                0,
                                SIZE_MAX,
                                options,
                                "check the store, the audit chain and the delivered files",
                                "保管庫、監査記録、渡した結果が変わっていないか調べます",
                                run};
