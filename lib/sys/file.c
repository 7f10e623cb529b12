/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct tg_input {
    int fd;
    uint64_t size;
    char *path;
};

static enum tg_status open_failed(const char *path, int why, struct tg_error *err)
{
    enum tg_message m = why == ENOENT || why == ENOTDIR ? TG_MSG_FILE_MISSING : TG_MSG_FILE_READ;
    return TG_FAIL(err, m, .file = path, .sys_errno = m == TG_MSG_FILE_READ ? why : 0);
}

/* One open for all readers, so that folders and missing files are told apart in one place. */
static enum tg_status open_read(const char *path, int *fd, struct stat *st, struct tg_error *err)
{
    *fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*fd < 0)
        return open_failed(path, errno, err);
    if (fstat(*fd, st) != 0) {
        enum tg_status status = open_failed(path, errno, err);
        close(*fd);
        return status;
    }
    if (S_ISDIR(st->st_mode)) {
        close(*fd);
        return TG_FAIL(err, TG_MSG_FILE_IS_DIRECTORY, .file = path);
    }
    return TG_OK;
}

enum tg_status tg_input_open(const char *path, struct tg_input **out, struct tg_error *err)
{
    int fd;
    struct stat st;
    enum tg_status status = open_read(path, &fd, &st, err);
    if (status)
        return status;
    struct tg_input *in = tg_calloc(1, sizeof *in, err);
    char *name = in ? tg_strndup(path, strlen(path), err) : NULL;
    if (!name) {
        free(in);
        close(fd);
        return TG_NO_MEMORY;
    }
    in->fd = fd;
    in->path = name;
    in->size = S_ISREG(st.st_mode) && st.st_size > 0 ? (uint64_t)st.st_size : 0;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    *out = in;
    return TG_OK;
}

static enum tg_status read_some(int fd, const char *path, void *data, size_t size, size_t *got,
                                struct tg_error *err)
{
    ssize_t n;
    do {
        n = read(fd, data, size);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return TG_FAIL(err, TG_MSG_READ_FAILED, .file = path, .sys_errno = errno);
    *got = (size_t)n;
    return TG_OK;
}

enum tg_status tg_input_read(struct tg_input *in, void *data, size_t size, size_t *got,
                             struct tg_error *err)
{
    return read_some(in->fd, in->path, data, size, got, err);
}

uint64_t tg_input_size(const struct tg_input *in)
{
    return in->size;
}

const char *tg_input_path(const struct tg_input *in)
{
    return in->path;
}

void tg_input_close(struct tg_input **in)
{
    if (!in || !*in)
        return;
    close((*in)->fd);
    free((*in)->path);
    free(*in);
    *in = NULL;
}

static enum tg_status read_whole(int fd, const char *path, size_t limit, struct tg_buf *out,
                                 struct tg_error *err)
{
    size_t begin = out->len;
    for (;;) {
        enum tg_status status = tg_buf_reserve(out, 8192, err);
        size_t got = 0;
        if (!status)
            status = read_some(fd, path, out->data + out->len, out->cap - out->len, &got, err);
        if (status || got == 0)
            return status;
        out->len += got;
        if (out->len - begin > limit)
            return TG_FAIL(err, TG_MSG_FILE_TOO_LARGE, .file = path);
    }
}

static enum tg_status read_file(const char *path, bool secret, size_t limit, struct tg_buf *out,
                                struct tg_error *err)
{
    int fd;
    struct stat st;
    enum tg_status status = open_read(path, &fd, &st, err);
    if (status)
        return status;
    bool open_to_others = !S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    status = secret && open_to_others ? TG_FAIL(err, TG_MSG_KEY_MODE, .file = path)
                                      : read_whole(fd, path, limit, out, err);
    close(fd);
    return status;
}

enum tg_status tg_file_read_whole(const char *path, size_t limit, struct tg_buf *out,
                                  struct tg_error *err)
{
    return read_file(path, false, limit, out, err);
}

enum tg_status tg_file_read_secret(const char *path, size_t limit, struct tg_buf *out,
                                   struct tg_error *err)
{
    return read_file(path, true, limit, out, err);
}

bool tg_file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

uint64_t tg_file_size(const char *path)
{
    struct stat st;
    bool regular = stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
    return regular ? (uint64_t)st.st_size : 0;
}

void tg_file_remove(const char *path)
{
    (void)unlink(path);
}

bool tg_disk_room(const char *dir, uint64_t *bytes)
{
    struct statvfs vfs;
    if (statvfs(dir, &vfs) != 0)
        return false;
    *bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
    return true;
}

struct tg_scratch {
    int fd;
    char *dir;
};

static int open_unnamed(const char *dir, struct tg_error *err)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    /* a file system without unnamed files: a name that is gone at once */
    struct tg_arena arena = {0};
    char *path = tg_path_join(&arena, dir, ".totsugo-XXXXXX", err);
    if (path) {
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            (void)unlink(path);
    }
    tg_arena_free(&arena);
    return fd;
}

enum tg_status tg_scratch_open(const char *dir, struct tg_scratch **out, struct tg_error *err)
{
    struct tg_scratch *s = tg_calloc(1, sizeof *s, err);
    if (!s)
        return TG_NO_MEMORY;
    s->dir = tg_strndup(dir, strlen(dir), err);
    s->fd = s->dir ? open_unnamed(dir, err) : -1;
    if (s->fd < 0) {
        enum tg_status status =
            s->dir ? TG_FAIL(err, TG_MSG_OUTPUT_CREATE, .file = dir, .sys_errno = errno)
                   : TG_NO_MEMORY;
        free(s->dir);
        free(s);
        return status;
    }
    *out = s;
    return TG_OK;
}

enum tg_status tg_scratch_write(struct tg_scratch *s, uint64_t at, const void *data, size_t len,
                                struct tg_error *err)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = pwrite(s->fd, p, len, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return TG_FAIL(err, TG_MSG_WRITE_FAILED, .file = s->dir, .sys_errno = errno);
        p += n;
        len -= (size_t)n;
        at += (uint64_t)n;
    }
    return TG_OK;
}

enum tg_status tg_scratch_read(struct tg_scratch *s, uint64_t at, void *data, size_t len,
                               struct tg_error *err)
{
    char *p = data;
    while (len > 0) {
        ssize_t n = pread(s->fd, p, len, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return TG_FAIL(err, TG_MSG_READ_FAILED, .file = s->dir, .sys_errno = n ? errno : 0);
        p += n;
        len -= (size_t)n;
        at += (uint64_t)n;
    }
    return TG_OK;
}

void tg_scratch_close(struct tg_scratch **s)
{
    if (!s || !*s)
        return;
    close((*s)->fd);
    free((*s)->dir);
    free(*s);
    *s = NULL;
}

static size_t whole_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

void *tg_secret_alloc(size_t size, struct tg_error *err)
{
    size_t len = whole_pages(size);
    void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        (void)TG_FAIL(err, TG_MSG_NO_MEMORY, .sys_errno = errno);
        return NULL;
    }
    /* A limit on locked memory is no reason to stop: dumps are off and swap is the lesser risk. */
    (void)mlock(p, len);
    (void)madvise(p, len, MADV_DONTDUMP);
    (void)madvise(p, len, MADV_WIPEONFORK);
    return p;
}

void tg_secret_free(void *p, size_t size)
{
    if (!p)
        return;
    size_t len = whole_pages(size);
    tg_wipe(p, len);
    (void)munlock(p, len);
    (void)munmap(p, len);
}
