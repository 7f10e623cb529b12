/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdio.h>

static enum tg_status ask(struct cli *cli, const char *path, bool fresh, struct tg_passphrase **out,
                          struct tg_error *err)
{
    bool ja = cli->language == TG_JAPANESE;
    char prompt[512];
    (void)snprintf(prompt, sizeof prompt,
                   fresh ? ja ? "%s につけるパスフレーズ: " : "New passphrase for %s: "
                   : ja  ? "%s のパスフレーズ: "
                         : "Passphrase of %s: ",
                   path);
    return tg_passphrase_ask(prompt, !fresh ? NULL : ja ? "もう一度: " : "Again: ", out, err);
}

enum tg_status cli_passphrase(struct cli *cli, const struct verb *verb, const struct args *args,
                              int fd_option, const char *path, bool fresh,
                              struct tg_passphrase **out, struct tg_error *err)
{
    uint64_t fd = 0;
    if (!cli_has(args, fd_option))
        return ask(cli, path, fresh, out, err);
    enum tg_status status = cli_number(verb, args, fd_option, 0, 1023, 0, &fd, err);
    return status ? status : tg_passphrase_read((int)fd, fresh, out, err);
}

enum tg_status cli_key_load(struct cli *cli, const struct verb *verb, const struct args *args,
                            int fd_option, const char *path, struct tg_passphrase **kept,
                            struct tg_key **out, struct tg_error *err)
{
    struct tg_passphrase *passphrase = NULL;
    bool wrapped = false;
    enum tg_status status = tg_key_is_wrapped(path, &wrapped, err);
    if (!status && wrapped)
        status = cli_passphrase(cli, verb, args, fd_option, path, false, &passphrase, err);
    if (!status)
        status = tg_key_unwrap(path, passphrase, out, err);
    if (!status && kept) {
        *kept = passphrase;
        return TG_OK;
    }
    tg_passphrase_free(&passphrase);
    return status;
}

enum tg_status cli_key_save(const struct tg_key *key, const struct tg_passphrase *passphrase,
                            const char *path, bool force, struct tg_error *err)
{
    return passphrase ? tg_key_wrap(key, passphrase, path, force, err)
                      : tg_key_save(key, path, force, err);
}
