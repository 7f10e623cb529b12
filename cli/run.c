/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/run.h>

#include <stdlib.h>

enum { O_STUDY, O_MONTH, O_AS_OF, O_STORE, O_INBOX, O_OUT, O_RECIPIENT, O_DRY_RUN };
static const struct option_def options[] = {
    {"study", 's', "FILE", true, "the study file", "調査ファイル"},
    {"month", 0, "YYYY-MM", true, "the month to do", "処理する月"},
    {"as-of", 0, "DATE", false, "the day consents must be in force; default the month's last day",
     "同意が有効であるべき日（省略時は月末）"},
    {"store", 0, "DB", false, "the store; default totsugo.db beside the study file",
     "保管庫（省略時は調査ファイルの隣のtotsugo.db）"},
    {"inbox", 0, "DIR", false, "token files to import; default inbox/ beside the study file",
     "取り込むフォルダー（省略時は調査ファイルの隣のinbox/）"},
    {"out", 0, "DIR", false, "where months are put; default runs/ beside the study file",
     "結果のフォルダー（省略時は調査ファイルの隣のruns/）"},
    {"recipient", 0, "NAME", false, "who receives the result; subject ids depend on it",
     "結果を受け取る者（subject_id はこれで変わります）"},
    {"dry-run", 'n', NULL, false, "say what would be done and change nothing",
     "何も変えず、行うはずの処理だけを示します"},
    COMMON_OPTIONS};

static struct tg_run_options options_of(const struct args *args, const struct cli_store *store,
                                        const char *inbox, const char *out)
{
    return (struct tg_run_options){.study = store->study,
                                   .store = store->store,
                                   .month = args->values[O_MONTH],
                                   .as_of = args->values[O_AS_OF],
                                   .inbox = inbox,
                                   .out = out,
                                   .recipient = args->values[O_RECIPIENT]};
}

static void say_done(struct cli *cli, const struct tg_run_summary *s)
{
    const char *same[] = {"; nothing that it rests on has changed, so nothing was done",
                          "。もとになるものに変わりがないため、何もしませんでした"};
    if (s->anew.rows)
        cli_say(
            cli, "linked anew: %llu of %llu users who are compared, %llu of %llu rows of residents",
            "新たに突き合わせた分: 比べる利用者 %2$llu 人のうち %1$llu 人、住民の行 %4$llu のうち "
            "%3$llu",
            (unsigned long long)s->anew.asking_anew, (unsigned long long)s->anew.asking,
            (unsigned long long)s->anew.rows_anew, (unsigned long long)s->anew.rows);
    cli_say_end(
        cli, "%s: %llu files imported, %llu unchanged; %llu of %llu users linked, %llu matched%s",
        "%1$s: 取り込み %2$llu 件、変更なし %3$llu 件。利用者 %5$llu 人のうち突合 %4$llu 人、"
        "比較の組 %6$llu%7$s",
        s->folder, (unsigned long long)s->imported, (unsigned long long)s->unchanged,
        (unsigned long long)s->linked, (unsigned long long)s->users, (unsigned long long)s->matched,
        s->same ? same[cli->language == TG_JAPANESE] : "");
}

static void say_file(struct cli *cli, const struct tg_planned_file *f)
{
    static const struct {
        const char *en, *ja;
    } words[] = {
        [TG_PLAN_NEW] = {"would be imported", "取り込みます"},
        [TG_PLAN_SAME] = {"is there already", "取り込み済みです"},
        [TG_PLAN_REPLACES] = {"would replace what is there", "前の分と置き換えます"},
        [TG_PLAN_REFUSED] = {"would be refused, and the run would end there",
                             "受け付けられず、処理はそこで終わります"},
        [TG_PLAN_NO_MANIFEST] = {"has no manifest and would be left alone",
                                 "マニフェストがないため取り込みません"},
    };
    if (f->what == TG_PLAN_REFUSED)
        cli_say_error(cli, &f->why);
    if (!f->source)
        cli_say(cli, "%s: %s", "%s: %s", f->path,
                cli->language == TG_JAPANESE ? words[f->what].ja : words[f->what].en);
    else
        cli_say(cli, "%s: %s (%s%s%s, %llu rows)", "%s: %s（%s%s%s、%llu行）", f->path,
                cli->language == TG_JAPANESE ? words[f->what].ja : words[f->what].en, f->source,
                f->period[0] ? " " : "", f->period, (unsigned long long)f->rows);
}

static void say_plan(struct cli *cli, const struct tg_run_plan *plan, const char *store)
{
    if (plan->makes_store)
        cli_say(cli, "%s: would be made", "%s: 新しく作ります", store);
    if (plan->n_unfinished)
        cli_say(cli, "an interrupted run left %zu months to be put in place first",
                "中断された処理の月を先に所定の場所に置きます: %zu", plan->n_unfinished);
    for (size_t i = 0; i < plan->n_files; i++)
        say_file(cli, &plan->files[i]);
    for (size_t i = 0; i < plan->n_lacks; i++) {
        const struct tg_planned_lack *lack = &plan->lacks[i];
        if (lack->newest[0])
            cli_say(cli, "%s: nothing for this month; the newest is of %s",
                    "%s: この月の分がありません。最新は%sです", lack->source, lack->newest);
        else
            cli_say(cli, "%s: nothing at all", "%s: 一つもありません", lack->source);
    }
    if (plan->folder)
        cli_say(cli, plan->replaces_folder ? "%s: would be replaced" : "%s: would be made",
                plan->replaces_folder ? "%s: 置き換えます" : "%s: 新しく作ります", plan->folder);
}

static enum tg_status plan(struct cli *cli, const struct args *args, const char *inbox,
                           const char *out, struct tg_error *err)
{
    struct cli_store store;
    struct tg_run_plan p = {0};
    enum tg_status status =
        cli_store_open_still(args->values[O_STUDY], args->values[O_STORE], &store, err);
    const struct tg_run_options o = options_of(args, &store, inbox, out);
    if (!status)
        status = tg_run_plan(&o, &cli->reporter, &p, err);
    say_plan(cli, &p, store.path);
    tg_run_plan_free(&p);
    cli_store_close(&store);
    if (!status)
        cli_say_end(cli, "dry run: the month would be done; nothing was changed",
                    "試行: この月の処理を行えます。何も変えていません");
    return status;
}

static enum tg_status do_month(struct cli *cli, const struct args *args, const char *inbox,
                               const char *out, struct tg_error *err)
{
    struct cli_store store;
    struct tg_run_summary s = {0};
    enum tg_status status =
        cli_store_open(args->values[O_STUDY], args->values[O_STORE], false, &store, err);
    const struct tg_run_options o = options_of(args, &store, inbox, out);
    if (!status)
        status = tg_run(&o, &cli->reporter, &s, err);
    cli_store_close(&store);
    if (!status)
        say_done(cli, &s);
    return status;
}

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    const char *study = args->values[O_STUDY];
    cli_begin_job(cli, "run", args->values[O_MONTH]);
    char *inbox = cli_beside(study, args->values[O_INBOX], "inbox", err);
    char *out = cli_beside(study, args->values[O_OUT], "runs", err);
    enum tg_status status = TG_NO_MEMORY;
    if (inbox && out)
        status = cli_has(args, O_DRY_RUN) ? plan(cli, args, inbox, out, err)
                                          : do_month(cli, args, inbox, out, err);
    free(inbox);
    free(out);
    return status;
}

const struct verb cli_run = {"run",
                             "",
                             0,
                             0,
                             options,
                             "the monthly job: import, link, compare, report",
                             "毎月の処理（取り込み、突合、比較、報告書）",
                             run};
