/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that a person types, or another program writes to a file descriptor. */
#define _GNU_SOURCE
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum tg_status tg_fd_read_line(int fd, char *out, size_t size, size_t *len, struct tg_error *err)
{
    *len = 0;
    for (;;) {
        /* a byte at a time: what follows the line belongs to somebody else */
        char c;
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR) {
            if (tg_process_interrupted())
                return TG_FAIL(err, TG_MSG_CANCELLED, .line = 0);
            continue;
        }
        if (n < 0)
            return TG_FAIL(err, errno == EBADF ? TG_MSG_FD_NOT_OPEN : TG_MSG_READ_FAILED,
                           .sys_errno = errno);
        bool end = n == 0 || c == '\n';
        if (!end && *len < size)
            out[(*len)++] = c;
        tg_wipe(&c, 1);
        if (end)
            return TG_OK;
    }
}

static bool write_all(int fd, const char *text)
{
    size_t len = strlen(text);
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR && !tg_process_interrupted())
            continue;
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

static enum tg_status ask(int fd, const char *prompt, char *out, size_t size, size_t *len,
                          struct tg_error *err)
{
    if (!write_all(fd, prompt))
        return TG_FAIL(err, tg_process_interrupted() ? TG_MSG_CANCELLED : TG_MSG_NO_TERMINAL,
                       .sys_errno = errno);
    enum tg_status status = tg_fd_read_line(fd, out, size, len, err);
    (void)write_all(fd, "\n");
    return status;
}

enum tg_status tg_terminal_ask(const char *prompt, char *out, size_t size, size_t *len,
                               struct tg_error *err)
{
    struct termios before, silent;
    sigset_t stop, old;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || tcgetattr(fd, &before) != 0) {
        enum tg_status none = TG_FAIL(err, TG_MSG_NO_TERMINAL, .sys_errno = errno);
        if (fd >= 0)
            close(fd);
        return none;
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ICANON | ISIG;
    /* stopped in between, the shell would be left with a silent terminal */
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTSTP);
    (void)sigprocmask(SIG_BLOCK, &stop, &old);
    enum tg_status status = tcsetattr(fd, TCSAFLUSH, &silent) == 0
                                ? ask(fd, prompt, out, size, len, err)
                                : TG_FAIL(err, TG_MSG_NO_TERMINAL, .sys_errno = errno);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    close(fd);
    return status;
}
