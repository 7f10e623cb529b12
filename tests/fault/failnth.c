/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the Nth call of one kind fail in a program that is not built for it (LD_PRELOAD).
 *
 *   TG_FAULT_KIND    memory mmap open open-read read write short sync rename truncate mkdir thread
 *                    random unlink fork wait; disk: all that change what is on the disk; others:
 * nothing is counted TG_FAULT_N       which call fails, from 1; 0 or absent: none TG_FAULT_STICKY
 * set: every call from the Nth on fails, as on a full disk TG_FAULT_END     kill: instead of
 * failing, the Nth call ends the process by SIGKILL; power: so it does, and what was not synced
 * before is taken back, as when the power fails; self: it ends by SIGKILL the process that calls,
 * which may be a child TG_FAULT_WHERE   child: only calls of child processes count TG_FAULT_STASH
 * for power: a folder on the same file system where removed files wait TG_FAULT_COUNT   a file that
 * gets the number of calls of this kind when the program ends
 *
 * Counting begins with main(): what the loader does before is not the program's doing. `short` is
 * no failure: the Nth read or write does half of what it was asked to.
 */
/* Both open() and open64() are wanted, each under its own name. */
#undef _FILE_OFFSET_BITS
#define _GNU_SOURCE
#include "power.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum kind {
    MEMORY,
    MAP,
    OPEN,
    OPEN_READ,
    READ,
    WRITE,
    SHORT,
    SYNC,
    RENAME,
    TRUNCATE,
    MKDIR,
    THREAD,
    RANDOM,
    UNLINK,
    FORK,
    WAIT,
    DISK,
    N_KINDS
};

static const char *const names[N_KINDS] = {
    "memory",   "mmap",  "open",   "open-read", "read",   "write", "short", "sync", "rename",
    "truncate", "mkdir", "thread", "random",    "unlink", "fork",  "wait",  "disk"};

static struct {
    bool armed;
    bool sticky;
    bool kills;
    bool ends_itself;
    bool in_children;
    enum kind kind;
    unsigned long nth;
    const char *count_file;
    FILE *(*fopen)(const char *, const char *);
    size_t (*fwrite)(const void *, size_t, size_t, FILE *);
    int (*fclose)(FILE *);
    int (*mkostemp)(char *, int);
    DIR *(*opendir)(const char *);
    int (*getpwuid_r)(uid_t, struct passwd *, char *, size_t, struct passwd **);
    int (*pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    pid_t (*fork)(void);
    int (*main)(int, char **, char **);
} shim;

static atomic_ulong *calls; /* shared with child processes */
static pid_t first_process;
static _Thread_local bool in_libc; /* see getpwuid_r() */

static bool counts(enum kind kind)
{
    const bool changes_disk[N_KINDS] = {
        [OPEN] = true,     [WRITE] = true, [SYNC] = true,  [RENAME] = true,
        [TRUNCATE] = true, [MKDIR] = true, [UNLINK] = true};
    return shim.armed && !in_libc && (!shim.in_children || getpid() != first_process) &&
           (kind == shim.kind || (shim.kind == DISK && changes_disk[kind]));
}

static bool is_nth(enum kind kind)
{
    if (!counts(kind))
        return false;
    unsigned long n = atomic_fetch_add(calls, 1) + 1;
    bool hit = shim.nth && (shim.sticky ? n >= shim.nth : n == shim.nth);
    if (!hit || !shim.kills)
        return hit;
    power_fail();
    if (!shim.ends_itself)
        (void)syscall(SYS_kill, first_process, SIGKILL);
    (void)syscall(SYS_kill, getpid(), SIGKILL);
    return true;
}

static bool fails(enum kind kind, int why)
{
    if (!is_nth(kind))
        return false;
    errno = why;
    return true;
}

/* A function of the next library, as a pointer to an object that memcpy can turn. */
static void find_next(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

/* Constructors of libraries call before main() does. */
#define NEXT(function)                                                                             \
    (shim.function ? (void)0 : find_next(&shim.function, #function), shim.function)

static int armed_main(int argc, char **argv, char **envp)
{
    shim.armed = true;
    return shim.main(argc, argv, envp);
}

static void configure(void)
{
    long room = syscall(SYS_mmap, NULL, sizeof *calls, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (room == -1)
        abort();
    calls = (atomic_ulong *)(intptr_t)room;
    first_process = getpid();
    const char *kind = getenv("TG_FAULT_KIND");
    const char *n = getenv("TG_FAULT_N");
    shim.kind = N_KINDS;
    for (int i = 0; kind && i < N_KINDS; i++) {
        if (strcmp(kind, names[i]) == 0)
            shim.kind = (enum kind)i;
    }
    shim.nth = n ? strtoul(n, NULL, 10) : 0;
    shim.sticky = getenv("TG_FAULT_STICKY") != NULL;
    const char *end = getenv("TG_FAULT_END");
    shim.kills = end != NULL;
    shim.ends_itself = end && strcmp(end, "self") == 0;
    shim.in_children = getenv("TG_FAULT_WHERE") != NULL;
    power_begin(end && strcmp(end, "power") == 0 ? getenv("TG_FAULT_STASH") : NULL);
    shim.count_file = getenv("TG_FAULT_COUNT");
}

typedef int start_main(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
                       void (*)(void), void *);
start_main __libc_start_main;

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *end)
{
    start_main *next;
    find_next(&next, "__libc_start_main");
    (void)NEXT(fopen);
    (void)NEXT(fwrite);
    (void)NEXT(fclose);
    (void)NEXT(mkostemp);
    (void)NEXT(opendir);
    (void)NEXT(pthread_create);
    (void)NEXT(fork);
    configure();
    shim.main = main;
    return next(armed_main, argc, argv, init, fini, rtld_fini, end);
}

__attribute__((destructor)) static void write_count(void)
{
    shim.armed = false;
    if (!shim.count_file)
        return;
    char text[32];
    int len = snprintf(text, sizeof text, "%lu\n", atomic_load(calls));
    long fd = syscall(SYS_openat, AT_FDCWD, shim.count_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd >= 0) {
        (void)syscall(SYS_write, fd, text, (size_t)len);
        (void)syscall(SYS_close, fd);
    }
}

/* Memory: glibc's own names, since dlsym() itself allocates. */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    return fails(MEMORY, ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails(MEMORY, ENOMEM) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return fails(MEMORY, ENOMEM) ? NULL : __libc_realloc(p, size);
}

void *memalign(size_t alignment, size_t size)
{
    return fails(MEMORY, ENOMEM) ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *p = memalign(alignment, size);
    if (!p)
        return ENOMEM;
    *out = p;
    return 0;
}

void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
    if (fails(MAP, ENOMEM))
        return MAP_FAILED;
    long p = syscall(SYS_mmap, at, len, protection, flags, fd, offset);
    return p == -1 ? MAP_FAILED : (void *)(intptr_t)p;
}

void *mmap64(void *at, size_t len, int protection, int flags, int fd, off64_t offset)
{
    return mmap(at, len, protection, flags, fd, offset);
}

/* Opening. */

static bool fails_to_open(int flags)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
    return writes ? fails(OPEN, ENOSPC) : fails(OPEN_READ, EACCES);
}

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
    if (fails_to_open(flags))
        return -1;
    bool makes = (flags & O_CREAT) && syscall(SYS_faccessat, dir, path, F_OK) != 0;
    int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    if (makes && fd >= 0)
        power_named(path);
    return fd;
}

/* The mode, when the flags say that there is one. */
#define MODE_AFTER(flags, mode)                                                                    \
    do {                                                                                           \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        if ((flags) & (O_CREAT | O_TMPFILE))                                                       \
            (mode) = va_arg(args, mode_t);                                                         \
        va_end(args);                                                                              \
    } while (0)

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_AFTER(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_AFTER(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_AFTER(flags, mode);
    return open_at(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_AFTER(flags, mode);
    return open_at(dir, path, flags, mode);
}

/* What fortified calls become. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

int __open_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

FILE *fopen(const char *path, const char *mode)
{
    if (mode[0] == 'r' && !strchr(mode, '+') ? fails(OPEN_READ, EACCES) : fails(OPEN, ENOSPC))
        return NULL;
    bool makes = mode[0] == 'w' && access(path, F_OK) != 0;
    FILE *f = NEXT(fopen)(path, mode);
    if (makes && f)
        power_named(path);
    if (f && mode[0] == 'w')
        power_writes(fileno(f), 0, 0);
    return f;
}

FILE *fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}

int mkostemp(char *path, int flags)
{
    return fails(OPEN, ENOSPC) ? -1 : NEXT(mkostemp)(path, flags);
}

int mkostemp64(char *path, int flags)
{
    return mkostemp(path, flags);
}

/* glibc 2.36 reads through a null pointer where memory fails in the first look at its name
 * services (nss_database_check_reload_and_get): nothing that its caller could mend. */
int getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t size, struct passwd **found)
{
    in_libc = true;
    int status = NEXT(getpwuid_r)(uid, entry, room, size, found);
    in_libc = false;
    return status;
}

DIR *opendir(const char *path)
{
    return fails(OPEN_READ, EACCES) ? NULL : NEXT(opendir)(path);
}

int mkdir(const char *path, mode_t mode)
{
    if (fails(MKDIR, ENOSPC))
        return -1;
    int rc = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (rc == 0)
        power_named(path);
    return rc;
}

/* Reading and writing. */

static size_t shorten(size_t len)
{
    return len > 1 && is_nth(SHORT) ? len / 2 : len;
}

ssize_t read(int fd, void *data, size_t len)
{
    return fails(READ, EIO) ? -1 : (ssize_t)syscall(SYS_read, fd, data, shorten(len));
}

ssize_t pread(int fd, void *data, size_t len, off_t at)
{
    return fails(READ, EIO) ? -1 : (ssize_t)syscall(SYS_pread64, fd, data, shorten(len), at);
}

ssize_t pread64(int fd, void *data, size_t len, off64_t at)
{
    return pread(fd, data, len, at);
}

ssize_t __read_chk(int fd, void *data, size_t len, size_t size);
ssize_t __pread64_chk(int fd, void *data, size_t len, off64_t at, size_t size);

ssize_t __read_chk(int fd, void *data, size_t len, size_t size)
{
    if (len > size)
        abort();
    return read(fd, data, len);
}

ssize_t __pread64_chk(int fd, void *data, size_t len, off64_t at, size_t size)
{
    if (len > size)
        abort();
    return pread(fd, data, len, at);
}

/* Standard error is left alone: a message must come through. */
static bool fails_to_write(int fd)
{
    return fd != STDERR_FILENO && fails(WRITE, ENOSPC);
}

ssize_t write(int fd, const void *data, size_t len)
{
    if (fails_to_write(fd))
        return -1;
    power_writes(fd, -1, len);
    return (ssize_t)syscall(SYS_write, fd, data, shorten(len));
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (fails_to_write(fd))
        return -1;
    power_writes(fd, at, len);
    return (ssize_t)syscall(SYS_pwrite64, fd, data, shorten(len), at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    return pwrite(fd, data, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    return fails_to_write(fd) ? -1 : (ssize_t)syscall(SYS_writev, fd, parts, n);
}

size_t fwrite(const void *data, size_t size, size_t n, FILE *f)
{
    /* it fills a buffer: the disk changes at fclose() */
    bool counted = f != stderr && shim.kind != DISK;
    return counted && fails(WRITE, ENOSPC) ? 0 : NEXT(fwrite)(data, size, n, f);
}

int fclose(FILE *f)
{
    bool failed = fails(WRITE, ENOSPC);
    int rc = NEXT(fclose)(f);
    if (failed)
        errno = ENOSPC;
    return failed ? EOF : rc;
}

int ftruncate(int fd, off_t len)
{
    if (fails(TRUNCATE, EIO))
        return -1;
    power_truncates(fd);
    return (int)syscall(SYS_ftruncate, fd, len);
}

int ftruncate64(int fd, off64_t len)
{
    return ftruncate(fd, len);
}

static int sync_by(long call, int fd)
{
    if (fails(SYNC, EIO))
        return -1;
    int rc = (int)syscall(call, fd);
    if (rc == 0)
        power_synced(fd);
    return rc;
}

int fsync(int fd)
{
    return sync_by(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sync_by(SYS_fdatasync, fd);
}

/* Names. */

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    if (fails(RENAME, EIO))
        return -1;
    if (!flags)
        power_unnames(to);
    int rc = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    if (rc == 0)
        power_renamed(from, to, flags);
    return rc;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return renameat2(from_dir, from, to_dir, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    if (fails(RENAME, EIO))
        return -1;
    int rc = (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
    if (rc == 0)
        power_named(to);
    return rc;
}

int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    if (fails(UNLINK, EIO))
        return -1;
    power_unnames(path);
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    if (fails(UNLINK, EIO))
        return -1;
    power_unnames(path);
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

/* Processes, threads and randomness. */

pid_t fork(void)
{
    return fails(FORK, EAGAIN) ? -1 : NEXT(fork)();
}

pid_t waitpid(pid_t child, int *how, int options)
{
    return fails(WAIT, ECHILD) ? -1 : (pid_t)syscall(SYS_wait4, child, how, options, NULL);
}

int pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*run)(void *), void *arg)
{
    return is_nth(THREAD) ? EAGAIN : NEXT(pthread_create)(id, attributes, run, arg);
}

ssize_t getrandom(void *data, size_t len, unsigned flags)
{
    return fails(RANDOM, EIO) ? -1 : (ssize_t)syscall(SYS_getrandom, data, len, flags);
}

int getentropy(void *data, size_t len)
{
    if (fails(RANDOM, EIO))
        return -1;
    return syscall(SYS_getrandom, data, len, 0) == (long)len ? 0 : -1;
}
