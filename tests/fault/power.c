/* SPDX-License-Identifier: Apache-2.0 */
#undef _FILE_OFFSET_BITS
#define _GNU_SOURCE
#include "power.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);

enum change { WROTE, NAMED, UNNAMED, RENAMED };

/* One change that can be taken back. */
struct account {
    enum change change;
    bool synced;
    dev_t dev; /* of the file that was written, of the folder that has the name */
    ino_t ino;
    int fd; /* WROTE: the file, open for reading and writing */
    off_t at, size;
    size_t len;
    char *old; /* WROTE: bytes; UNNAMED: where it waits */
    char *path, *from;
    unsigned flags;
};

enum { MOST = 8192, N_FILES = 256 };

static struct {
    char stash[512];
    bool on, full;
    atomic_flag busy;
    struct account list[MOST];
    size_t n;
    struct {
        dev_t dev;
        ino_t ino;
        int fd;
    } files[N_FILES];
    size_t n_files;
} power;

static void lock(void)
{
    while (atomic_flag_test_and_set(&power.busy)) {
    }
}

static void unlock(void)
{
    atomic_flag_clear(&power.busy);
}

void power_begin(const char *stash)
{
    power.on = stash != NULL;
    if (stash)
        (void)snprintf(power.stash, sizeof power.stash, "%s", stash);
}

static struct account *next(enum change change)
{
    power.full = power.full || power.n == MOST;
    if (!power.on || power.full)
        return NULL;
    struct account *a = &power.list[power.n++];
    memset(a, 0, sizeof *a);
    a->change = change;
    a->fd = -1;
    return a;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *p = __libc_malloc(size);
    return p ? memcpy(p, text, size) : NULL;
}

static void note_folder(struct account *a, const char *path)
{
    char folder[4096];
    struct stat st;
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    if (stat(slash ? (slash == folder ? "/" : folder) : ".", &st) == 0) {
        a->dev = st.st_dev;
        a->ino = st.st_ino;
    }
    a->path = copy(path);
}

/* The file open for both, once for each file. */
static int both_ways(int fd, const struct stat *st)
{
    char self[64];
    for (size_t i = 0; i < power.n_files; i++) {
        if (power.files[i].dev == st->st_dev && power.files[i].ino == st->st_ino)
            return power.files[i].fd;
    }
    if (power.n_files == N_FILES)
        return -1;
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    int mine = (int)syscall(SYS_openat, AT_FDCWD, self, O_RDWR | O_CLOEXEC, 0);
    power.files[power.n_files].dev = st->st_dev;
    power.files[power.n_files].ino = st->st_ino;
    power.files[power.n_files++].fd = mine;
    return mine;
}

static void keep_bytes(int fd, off_t at, size_t len)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    struct account *a = next(WROTE);
    if (!a)
        return;
    a->at = at >= 0 ? at : (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
    a->dev = st.st_dev;
    a->ino = st.st_ino;
    a->size = st.st_size;
    a->fd = both_ways(fd, &st);
    a->old = a->fd >= 0 ? __libc_malloc(len) : NULL;
    long got = a->old ? syscall(SYS_pread64, a->fd, a->old, len, a->at) : 0;
    a->len = got > 0 ? (size_t)got : 0;
}

void power_writes(int fd, off_t at, size_t len)
{
    if (!power.on)
        return;
    lock();
    keep_bytes(fd, at, len);
    unlock();
}

void power_truncates(int fd)
{
    struct stat st;
    if (power.on && fstat(fd, &st) == 0)
        power_writes(fd, 0, (size_t)st.st_size);
}

void power_named(const char *path)
{
    lock();
    struct account *a = next(NAMED);
    if (a)
        note_folder(a, path);
    unlock();
}

void power_unnames(const char *path)
{
    char name[600];
    struct stat st;
    if (!power.on || lstat(path, &st) != 0)
        return;
    lock();
    struct account *a = next(UNNAMED);
    if (a) {
        (void)snprintf(name, sizeof name, "%s/%zu", power.stash, power.n);
        note_folder(a, path);
        a->flags = S_ISDIR(st.st_mode);
        if (S_ISDIR(st.st_mode) || syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, name, 0) == 0)
            a->old = copy(name);
        a->synced = !a->old;
    }
    unlock();
}

void power_renamed(const char *from, const char *to, unsigned flags)
{
    lock();
    struct account *a = next(RENAMED);
    if (a) {
        note_folder(a, to);
        a->from = copy(from);
        a->flags = flags;
    }
    unlock();
}

void power_synced(int fd)
{
    struct stat st;
    if (!power.on || fstat(fd, &st) != 0)
        return;
    lock();
    for (size_t i = 0; i < power.n; i++) {
        struct account *a = &power.list[i];
        a->synced = a->synced || (a->dev == st.st_dev && a->ino == st.st_ino);
    }
    unlock();
}

/* A folder goes with all that is in it. */
static void lose(const struct account *a)
{
    char name[600];
    if (syscall(SYS_unlinkat, AT_FDCWD, a->path, 0) == 0)
        return;
    (void)snprintf(name, sizeof name, "%s/lost %td", power.stash, a - power.list);
    (void)syscall(SYS_renameat2, AT_FDCWD, a->path, AT_FDCWD, name, 0);
}

static void take_back(const struct account *a)
{
    switch (a->change) {
    case WROTE:
        if (a->len)
            (void)syscall(SYS_pwrite64, a->fd, a->old, a->len, a->at);
        (void)syscall(SYS_ftruncate, a->fd, a->size);
        break;
    case NAMED:
        lose(a);
        break;
    case UNNAMED:
        if (a->flags)
            (void)syscall(SYS_mkdirat, AT_FDCWD, a->path, 0700);
        else
            (void)syscall(SYS_linkat, AT_FDCWD, a->old, AT_FDCWD, a->path, 0);
        break;
    case RENAMED:
        (void)syscall(SYS_renameat2, AT_FDCWD, a->flags ? a->from : a->path, AT_FDCWD,
                      a->flags ? a->path : a->from, a->flags);
        break;
    }
}

void power_fail(void)
{
    if (!power.on)
        return;
    for (size_t i = power.n; i-- > 0;) {
        if (!power.list[i].synced)
            take_back(&power.list[i]);
    }
}
