/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/file.h"

#include <errno.h>
#include <signal.h>
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

enum tg_status tg_child_run(enum tg_status (*task)(void *ctx), void *ctx, const char *file,
                            struct tg_error *err)
{
    pid_t parent = getpid(), child = fork();
    if (child < 0)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = file, .sys_errno = errno);
    if (child == 0) {
        live_no_longer_than(parent);
        _exit((int)task(ctx));
    }
    int how;
    while (waitpid(child, &how, 0) < 0) {
        if (errno != EINTR)
            return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = file, .sys_errno = errno);
    }
    if (!WIFEXITED(how))
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = file);
    enum tg_status status = (enum tg_status)WEXITSTATUS(how);
    if (status)
        return TG_FAIL(err, status == TG_NO_MEMORY ? TG_MSG_NO_MEMORY : TG_MSG_WRITE_FAILED,
                       .file = file);
    return TG_OK;
}
