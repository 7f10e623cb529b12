/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tg_lock {
    int fd;
};

/* A courtesy to whom comes second: the lock is the kernel's, not this text. */
static void say_who(const struct tg_lock *lock)
{
    char user[64], at[32], text[160];
    tg_process_user(user, sizeof user);
    tg_clock_iso(tg_clock_unix(), at, sizeof at);
    int len = snprintf(text, sizeof text, "process %ld of %s since %s\n", (long)getpid(), user, at);
    if (pwrite(lock->fd, text, (size_t)len, 0) != len || ftruncate(lock->fd, len) != 0)
        return;
}

static enum tg_status is_held(const struct tg_lock *lock, const char *path, struct tg_error *err)
{
    char who[160] = "";
    ssize_t n = pread(lock->fd, who, sizeof who - 1, 0);
    who[n > 0 ? n : 0] = '\0';
    who[strcspn(who, "\n")] = '\0';
    return TG_FAIL(err, TG_MSG_LOCKED, .file = path, .rule = who[0] ? who : "?");
}

static enum tg_status take(struct tg_lock *lock, const char *path, struct tg_error *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(lock->fd, F_OFD_SETLK, &whole) == 0)
        return TG_OK;
    if (errno == EAGAIN || errno == EACCES)
        return is_held(lock, path, err);
    return TG_FAIL(err, TG_MSG_OUTPUT_CREATE, .file = path, .sys_errno = errno);
}

enum tg_status tg_lock_take(const char *path, struct tg_lock **out, struct tg_error *err)
{
    struct tg_lock *lock = tg_calloc(1, sizeof *lock, err);
    if (!lock)
        return TG_NO_MEMORY;
    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum tg_status status =
        lock->fd < 0 ? TG_FAIL(err, TG_MSG_OUTPUT_CREATE, .file = path, .sys_errno = errno)
                     : take(lock, path, err);
    if (status) {
        tg_lock_release(&lock);
        return status;
    }
    say_who(lock);
    *out = lock;
    return TG_OK;
}

enum tg_status tg_lock_take_silently(const char *path, struct tg_lock **out, struct tg_error *err)
{
    *out = NULL;
    struct tg_lock *lock = tg_calloc(1, sizeof *lock, err);
    if (!lock)
        return TG_NO_MEMORY;
    enum tg_status status = TG_OK;
    lock->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (lock->fd >= 0)
        status = take(lock, path, err);
    else if (errno != ENOENT)
        status = TG_FAIL(err, TG_MSG_FILE_READ, .file = path, .sys_errno = errno);
    if (status || lock->fd < 0)
        tg_lock_release(&lock);
    *out = lock;
    return status;
}

void tg_lock_release(struct tg_lock **lock)
{
    if (!lock || !*lock)
        return;
    if ((*lock)->fd >= 0)
        close((*lock)->fd);
    free(*lock);
    *lock = NULL;
}
