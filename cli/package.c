/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/package.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { S_TO, S_CERT, S_KEY, S_OUTPUT, S_FORCE, S_FD };
static const struct option_def seal_options[] = {
    {"to", 0, "CERT", true, "the receiver's certificate (PEM)", "受取人の証明書（PEM）"},
    {"cert", 0, "CERT", true, "the sender's certificate (PEM)", "送り主の証明書（PEM）"},
    {"sign", 0, "KEY", true, "the sender's private key (PEM, mode 0600)",
     "送り主の秘密鍵（PEM、権限0600）"},
    {"output", 'o', "FILE", true, "the package", "封をしたファイル"},
    {"force", 'f', NULL, false, "replace a package that is there", "すでにあるものを置き換えます"},
    PASSPHRASE_FD_OPTION,
    COMMON_OPTIONS};

enum { O_FROM, O_CERT, O_KEY, O_OUTPUT, O_FD };
static const struct option_def open_options[] = {
    {"from", 0, "CERT", true, "the certificate the sender must have (PEM)",
     "送り主の証明書（PEM）"},
    {"cert", 0, "CERT", true, "the receiver's certificate (PEM)", "受取人の証明書（PEM）"},
    {"key", 'k', "KEY", true, "the receiver's private key (PEM, mode 0600)",
     "受取人の秘密鍵（PEM、権限0600）"},
    {"output", 'o', "DIR", true, "a folder that is made, with the files in it",
     "作るフォルダー（中に取り出します）"},
    PASSPHRASE_FD_OPTION,
    COMMON_OPTIONS};

/* The files to seal: each that was named, and the manifest of a token file behind it. */
struct list {
    struct tg_package_file *files;
    size_t n;
};

static char *text(struct tg_error *err, const char *a, const char *b)
{
    size_t size = strlen(a) + strlen(b) + 1;
    char *s = malloc(size);
    if (!s)
        (void)TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    else
        (void)snprintf(s, size, "%s%s", a, b);
    return s;
}

/* What the readable part says of a token file; one that does not hold is not sealed. */
static enum tg_status describe(const char *path, char **about, struct tg_error *err)
{
    struct tg_inspection i = {0};
    char line[640];
    enum tg_status status = tg_inspect(path, &i, err);
    if (!status && (!i.sha256_holds || !i.rows_hold))
        status = TG_FAIL(err, TG_MSG_INSPECT_DAMAGED, .file = path);
    if (!status) {
        const struct tg_manifest *m = &i.manifest;
        (void)snprintf(line, sizeof line,
                       "study %s, source %s, kind %s, period %s, rows %llu, key %s", m->study,
                       m->source, m->kind, m->period[0] ? m->period : "-",
                       (unsigned long long)m->rows, m->key_id);
        *about = text(err, line, "");
        status = *about ? TG_OK : TG_NO_MEMORY;
    }
    tg_inspection_free(&i);
    return status;
}

static enum tg_status add(struct list *list, const char *path, struct tg_error *err)
{
    struct tg_package_file *file = &list->files[list->n];
    char *manifest = text(err, path, ".manifest.json");
    file->path = text(err, path, "");
    list->n++;
    if (!manifest || !file->path) {
        free(manifest);
        return TG_NO_MEMORY;
    }
    FILE *there = fopen(manifest, "rb");
    if (!there) {
        free(manifest);
        return TG_OK;
    }
    (void)fclose(there);
    list->files[list->n++].path = manifest;
    char *about = NULL;
    enum tg_status status = describe(path, &about, err);
    file->about = about;
    return status;
}

static void free_list(struct list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free((char *)list->files[i].path);
        free((char *)list->files[i].about);
    }
    free(list->files);
}

/* The passphrase of a private key, only where one is offered: whether it has one is in its PEM. */
static enum tg_status ask_if_needed(struct cli *cli, const struct verb *verb,
                                    const struct args *args, int option, const char *path,
                                    struct tg_passphrase **out, struct tg_error *err)
{
    char line[256];
    bool needed = cli_has(args, option);
    FILE *f = needed ? NULL : fopen(path, "rb");
    while (f && !needed && fgets(line, sizeof line, f))
        needed = strstr(line, "ENCRYPTED") != NULL;
    if (f)
        (void)fclose(f);
    memset(line, 0, sizeof line);
    return needed ? cli_passphrase(cli, verb, args, option, path, false, out, err) : TG_OK;
}

static enum tg_status run_seal(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct list list = {0};
    struct tg_passphrase *passphrase = NULL;
    enum tg_status status = TG_OK;
    list.files = calloc(2 * args->n_operands, sizeof *list.files);
    if (!list.files)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    for (size_t i = 0; !status && i < args->n_operands; i++)
        status = add(&list, args->operands[i], err);
    if (!status)
        status = ask_if_needed(cli, &cli_package_seal, args, S_FD, args->values[S_KEY], &passphrase,
                               err);
    const struct tg_package_seal seal = {.to = args->values[S_TO],
                                         .cert = args->values[S_CERT],
                                         .key = args->values[S_KEY],
                                         .passphrase = passphrase,
                                         .files = list.files,
                                         .n_files = list.n,
                                         .output = args->values[S_OUTPUT],
                                         .force = cli_has(args, S_FORCE)};
    if (!status)
        status = tg_package_seal(&seal, &cli->reporter, err);
    if (!status)
        cli_say(cli, "%s: %zu files sealed", "%s: %zu 個のファイルに封をしました", seal.output,
                seal.n_files);
    tg_passphrase_free(&passphrase);
    free_list(&list);
    return status;
}

static enum tg_status run_open(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct tg_passphrase *passphrase = NULL;
    size_t n = 0;
    enum tg_status status =
        ask_if_needed(cli, &cli_package_open, args, O_FD, args->values[O_KEY], &passphrase, err);
    const struct tg_package_open open = {.from = args->values[O_FROM],
                                         .cert = args->values[O_CERT],
                                         .key = args->values[O_KEY],
                                         .passphrase = passphrase,
                                         .input = args->operands[0],
                                         .folder = args->values[O_OUTPUT]};
    if (!status)
        status = tg_package_open(&open, &cli->reporter, &n, err);
    if (!status)
        cli_say(cli, "%s: %zu files, as they were sealed",
                "%s: %zu 個のファイルを封をしたときのまま取り出しました", open.folder, n);
    tg_passphrase_free(&passphrase);
    return status;
}

const struct verb cli_package_seal = {"package seal",
                                      "FILE...",
                                      1,
                                      10000,
                                      seal_options,
                                      "sign files and encrypt them to a receiver, in one file",
                                      "ファイルに署名し、受取人だけが開ける一つの封にします",
                                      run_seal};
const struct verb cli_package_open = {"package open",
                                      "PACKAGE",
                                      1,
                                      1,
                                      open_options,
                                      "check a package and take its files out",
                                      "封を調べ、中のファイルを取り出します",
                                      run_open};
