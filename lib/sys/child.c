/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the process dies that waits, nobody shall go on writing behind its back. */
static void live_no_longer_than(pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        (void)raise(SIGKILL);
}

/* Libraries that print what went wrong do so beside the log's lines. */
static void be_silent(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)dup2(fd, STDERR_FILENO);
#endif
}

static enum tg_status ended_by_signal(int number, const char *file, struct tg_error *err)
{
    char rule[32];
    (void)snprintf(rule, sizeof rule, "%d", number);
    return TG_FAIL(err, TG_MSG_CHILD_ENDED, .file = file, .rule = rule);
}

/* What the child said, which both see. */
static enum tg_status wait_for(pid_t child, const struct tg_error *said, const char *file,
                               struct tg_error *err)
{
    int how;
    while (waitpid(child, &how, 0) < 0) {
        if (errno == EINTR)
            continue;
        int why = errno;
        (void)kill(child, SIGKILL);
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = file, .sys_errno = why);
    }
    if (!WIFEXITED(how))
        return ended_by_signal(WTERMSIG(how), file, err);
    enum tg_status status = (enum tg_status)WEXITSTATUS(how);
    if (status && said->status == status)
        *err = *said;
    else if (status)
        return TG_FAIL(err, status == TG_NO_MEMORY ? TG_MSG_NO_MEMORY : TG_MSG_WRITE_FAILED,
                       .file = file);
    return status;
}

static enum tg_status fork_and_wait(enum tg_status (*task)(void *ctx, struct tg_error *err),
                                    void *ctx, const char *file, struct tg_error *said,
                                    struct tg_error *err)
{
    pid_t parent = getpid(), child = fork();
    if (child < 0)
        return TG_FAIL(err, TG_MSG_NO_PROCESS, .file = file, .sys_errno = errno);
    if (child == 0) {
        live_no_longer_than(parent);
        be_silent();
        _exit((int)task(ctx, said));
    }
    return wait_for(child, said, file, err);
}

enum tg_status tg_child_run(enum tg_status (*task)(void *ctx, struct tg_error *err), void *ctx,
                            const char *file, struct tg_error *err)
{
    struct tg_error *said =
        mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (said == MAP_FAILED)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = file, .sys_errno = errno);
    /* who is started with this signal ignored, as schedulers may do, has no children to wait for */
    struct sigaction before, usual = {.sa_handler = SIG_DFL};
    (void)sigemptyset(&usual.sa_mask);
    (void)sigaction(SIGCHLD, &usual, &before);
    enum tg_status status = fork_and_wait(task, ctx, file, said, err);
    (void)sigaction(SIGCHLD, &before, NULL);
    (void)munmap(said, sizeof *said);
    return status;
}
