/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/sys.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct verb *const verbs[] = {
    &cli_init,
    &cli_key_new,
    &cli_key_import,
    &cli_key_show,
    &cli_key_passphrase,
    &cli_key_rotate,
    &cli_key_retire,
    &cli_pseudonymize,
    &cli_package_seal,
    &cli_package_open,
    &cli_inspect,
    &cli_import,
    &cli_consent_list,
    &cli_consent_status,
    &cli_consent_withdraw,
    &cli_consent_purge,
    &cli_store_status,
    &cli_store_dump,
    &cli_person_history,
    &cli_person_split,
    &cli_person_join,
    &cli_person_apart,
    &cli_person_undecided,
    &cli_link,
    &cli_match,
    &cli_run,
    &cli_review_list,
    &cli_review_show,
    &cli_review_apply,
    &cli_pay,
    &cli_verify_applicants,
    &cli_evaluate,
    &cli_store_rekey,
    &cli_store_backup,
    &cli_store_restore,
    &cli_store_archive,
    &cli_verify,
    &cli_disclosures,
    &cli_generate,
    &cli_demo,
};
/* clang-format on */
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

/* Is `group` the first of the two words of a verb? */
static bool is_in_group(const struct verb *verb, const char *group)
{
    size_t len = strlen(group);
    return strncmp(verb->name, group, len) == 0 && verb->name[len] == ' ';
}

static bool is_group(const char *word)
{
    for (size_t i = 0; i < N_VERBS; i++) {
        if (is_in_group(verbs[i], word))
            return true;
    }
    return false;
}

/* All verbs, or those of a group. */
static void list_verbs(enum tg_language language, const char *group)
{
    bool ja = language == TG_JAPANESE;
    (void)printf("totsugo %s\n\n%s\n\n", tg_version(),
                 ja ? "totsugo 命令 [オプション] [ファイル]    くわしくは totsugo help 命令"
                    : "totsugo VERB [options] [files]    more with: totsugo help VERB");
    for (size_t i = 0; i < N_VERBS; i++) {
        if (!group || is_in_group(verbs[i], group))
            (void)printf("  %-18s %s\n", verbs[i]->name, ja ? verbs[i]->ja : verbs[i]->en);
    }
}

/* A verb of one or two words; `*words` tells how many. */
static const struct verb *find_verb(int argc, char **argv, int *words)
{
    for (size_t i = 0; i < N_VERBS; i++) {
        const char *name = verbs[i]->name;
        const char *space = strchr(name, ' ');
        size_t first = space ? (size_t)(space - name) : strlen(name);
        if (argc < 2 || strlen(argv[1]) != first || strncmp(argv[1], name, first) != 0)
            continue;
        *words = space ? 2 : 1;
        if (!space || (argc > 2 && strcmp(argv[2], space + 1) == 0))
            return verbs[i];
    }
    return NULL;
}

static enum tg_status set_log_format(struct cli *cli, const struct verb *verb,
                                     const struct args *args, struct tg_error *err)
{
    for (int i = 0; verb->options[i].name; i++) {
        if (strcmp(verb->options[i].name, "log-format") != 0 || !args->values[i])
            continue;
        cli->json = strcmp(args->values[i], "json") == 0;
        if (!cli->json && strcmp(args->values[i], "text") != 0)
            return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = "--log-format", .rule = "text, json");
    }
    return TG_OK;
}

/* Also what is wrong with the command line is told in the format that was asked for. */
static bool wants_json(int argc, char **argv)
{
    static const char name[] = "--log-format";
    enum { LEN = sizeof name - 1 };
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, LEN) != 0)
            continue;
        const char *value = argv[i][LEN] == '=' ? argv[i] + LEN + 1 : "";
        if (!argv[i][LEN] && i + 1 < argc)
            value = argv[i + 1];
        if (strcmp(value, "json") == 0)
            return true;
    }
    return false;
}

static bool help_asked(const struct verb *verb, const struct args *args)
{
    for (int i = 0; verb->options[i].name; i++) {
        if (verb->options[i].letter == 'h' && args->values[i])
            return true;
    }
    return false;
}

/* Standard output may be a full disk, too: what was printed must have arrived. */
static enum tg_status flush_stdout(enum tg_status status, struct tg_error *err)
{
    if (fflush(stdout) != 0 && !status)
        return TG_FAIL(err, TG_MSG_WRITE_FAILED, .file = "-");
    return status;
}

static enum tg_status run_verb(struct cli *cli, const struct verb *verb, int argc, char **argv,
                               struct tg_error *err)
{
    struct args args;
    enum tg_status status = cli_parse(verb, argc, argv, &args, err);
    if (!status)
        status = set_log_format(cli, verb, &args, err);
    if (status)
        return status;
    if (help_asked(verb, &args)) {
        cli_help(verb, cli->language);
        return flush_stdout(TG_OK, err);
    }
    status = verb->run(cli, &args, err);
    cli_end_progress(cli);
    return flush_stdout(status, err);
}

static enum tg_status help(struct cli *cli, int argc, char **argv, struct tg_error *err)
{
    int words;
    const struct verb *verb = argc > 2 ? find_verb(argc - 1, argv + 1, &words) : NULL;
    const char *group = argc == 3 && is_group(argv[2]) ? argv[2] : NULL;
    if (argc > 2 && !verb && !group)
        return TG_FAIL(err, TG_MSG_USAGE_VERB, .line = 0);
    if (verb)
        cli_help(verb, cli->language);
    else
        list_verbs(cli->language, group);
    return flush_stdout(TG_OK, err);
}

static bool is_one_of(const char *s, const char *a, const char *b)
{
    return strcmp(s, a) == 0 || strcmp(s, b) == 0;
}

static enum tg_status dispatch(struct cli *cli, int argc, char **argv, struct tg_error *err)
{
    int words = 0;
    if (argc < 2)
        return TG_FAIL(err, TG_MSG_USAGE_VERB, .line = 0);
    if (strcmp(argv[1], "help") == 0)
        return help(cli, argc, argv, err);
    if (is_one_of(argv[1], "-h", "--help"))
        return help(cli, 1, argv, err);
    if (is_one_of(argv[1], "-V", "--version")) {
        (void)printf("totsugo %s\n", tg_version());
        return flush_stdout(TG_OK, err);
    }
    if (argc == 3 && is_group(argv[1]) && is_one_of(argv[2], "-h", "--help")) {
        list_verbs(cli->language, argv[1]);
        return flush_stdout(TG_OK, err);
    }
    const struct verb *verb = find_verb(argc, argv, &words);
    if (!verb)
        return TG_FAIL(err, TG_MSG_USAGE_VERB, .line = 0);
    return run_verb(cli, verb, argc - words, argv + words, err);
}

int main(int argc, char **argv)
{
    struct cli cli;
    struct tg_error err = {0};
    tg_process_harden();
    tg_process_catch_interrupts();
    cli_begin(&cli);
    cli.json = wants_json(argc, argv);
    enum tg_status status = dispatch(&cli, argc, argv, &err);
    if (status && err.message)
        cli_say_error(&cli, &err);
    if (status)
        cli_say_failed(&cli, status, &err);
    if (status == TG_CANCELLED)
        tg_process_die_of_interrupt();
    return (int)status;
}
