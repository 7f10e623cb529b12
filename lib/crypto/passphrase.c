/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"
#include "crypto/key.h"

#include "sys/file.h"

static enum tg_status alloc(struct tg_passphrase **out, struct tg_error *err)
{
    *out = tg_secret_alloc(sizeof **out, err);
    return *out ? TG_OK : TG_NO_MEMORY;
}

void tg_passphrase_free(struct tg_passphrase **p)
{
    if (!p || !*p)
        return;
    tg_secret_free(*p, sizeof **p);
    *p = NULL;
}

static enum tg_status check_length(const struct tg_passphrase *p, bool fresh, struct tg_error *err)
{
    if (p->len > TG_PASSPHRASE_MAX || p->len < (fresh ? TG_PASSPHRASE_MIN : 1))
        return TG_FAIL(err, TG_MSG_PASSPHRASE_LENGTH, .line = 0);
    return TG_OK;
}

static enum tg_status hand_out(struct tg_passphrase *p, enum tg_status status,
                               struct tg_passphrase **out)
{
    if (status)
        tg_passphrase_free(&p);
    else
        *out = p;
    return status;
}

enum tg_status tg_passphrase_read(int fd, bool fresh, struct tg_passphrase **out,
                                  struct tg_error *err)
{
    struct tg_passphrase *p;
    enum tg_status status = alloc(&p, err);
    if (status)
        return status;
    status = tg_fd_read_line(fd, p->text, sizeof p->text, &p->len, err);
    if (!status)
        status = check_length(p, fresh, err);
    return hand_out(p, status, out);
}

static enum tg_status ask_again(const struct tg_passphrase *p, const char *prompt,
                                struct tg_error *err)
{
    struct tg_passphrase *again;
    enum tg_status status = alloc(&again, err);
    if (status)
        return status;
    status = tg_terminal_ask(prompt, again->text, sizeof again->text, &again->len, err);
    if (!status && (again->len != p->len || !tg_equal_secret(again->text, p->text, p->len)))
        status = TG_FAIL(err, TG_MSG_PASSPHRASE_DIFFERS, .line = 0);
    tg_passphrase_free(&again);
    return status;
}

enum tg_status tg_passphrase_ask(const char *prompt, const char *again, struct tg_passphrase **out,
                                 struct tg_error *err)
{
    struct tg_passphrase *p;
    enum tg_status status = alloc(&p, err);
    if (status)
        return status;
    status = tg_terminal_ask(prompt, p->text, sizeof p->text, &p->len, err);
    if (!status)
        status = check_length(p, again != NULL, err);
    if (!status && again)
        status = ask_again(p, again, err);
    return hand_out(p, status, out);
}
