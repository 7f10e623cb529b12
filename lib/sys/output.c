/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sys/file.h"

#include "base/reporter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1024 * 1024, SEND = 16 * BUFFER };

struct tg_output {
    int fd;
    bool is_stdout;
    bool keeps_old;         /* one of several that appear together or not at all */
    bool placed, exchanged; /* at `path`; what was there before is at `partial` */
    bool named;             /* `partial` is a name on disk; otherwise it has none yet */
    unsigned flags;
    char *path;
    char *partial; /* beside `path` */
    char *dir;
    char *buffer;
    size_t len;
    uint64_t written, sent; /* bytes; `sent` of them are on their way to the disk */
    struct tg_arena arena;
};

static enum tg_status create_failed(const struct tg_output *o, int why, struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_OUTPUT_CREATE, .file = o->path, .sys_errno = why);
}

static enum tg_status write_failed(const struct tg_output *o, int why, struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_WRITE_FAILED, .file = o->path, .sys_errno = why);
}

static enum tg_status name_parts(struct tg_output *o, const char *path, struct tg_error *err)
{
    o->path = tg_arena_strndup(&o->arena, path, strlen(path), err);
    o->dir = tg_path_dir(&o->arena, path, err);
    if (!o->path || !o->dir)
        return TG_NO_MEMORY;
    struct tg_buf name = {0};
    enum tg_status status = tg_buf_printf(&name, err, ".%s.partial", tg_path_base(path));
    const char *text = status ? NULL : tg_buf_text(&name, err);
    o->partial = text ? tg_path_join(&o->arena, o->dir, text, err) : NULL;
    tg_buf_free(&name);
    return o->partial ? TG_OK : TG_NO_MEMORY;
}

/* A file without a name leaves nothing behind when the process is killed. */
static enum tg_status open_partial(struct tg_output *o, struct tg_error *err)
{
    mode_t mode = o->flags & TG_OUTPUT_PUBLIC ? 0644 : 0600;
    o->fd = open(o->dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    if (o->fd >= 0 && access("/proc/self/fd", X_OK) == 0)
        return TG_OK;
    if (o->fd >= 0)
        close(o->fd);
    else if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
        return create_failed(o, errno, err);
    (void)unlink(o->partial);
    o->fd = open(o->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (o->fd < 0)
        return create_failed(o, errno, err);
    o->named = true;
    return TG_OK;
}

static enum tg_status open_target(struct tg_output *o, struct tg_error *err)
{
    if (o->is_stdout) {
        o->fd = dup(STDOUT_FILENO);
        return o->fd < 0 ? create_failed(o, errno, err) : TG_OK;
    }
    struct stat st;
    if (lstat(o->path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return create_failed(o, EISDIR, err);
        if (!(o->flags & TG_OUTPUT_FORCE))
            return TG_FAIL(err, TG_MSG_OUTPUT_EXISTS, .file = o->path);
    }
    return open_partial(o, err);
}

enum tg_status tg_output_begin(const char *path, unsigned flags, struct tg_output **out,
                               struct tg_error *err)
{
    struct tg_output *o = tg_calloc(1, sizeof *o, err);
    if (!o)
        return TG_NO_MEMORY;
    o->fd = -1;
    o->flags = flags;
    o->is_stdout = strcmp(path, "-") == 0;
    o->buffer = tg_calloc(BUFFER, 1, err);
    enum tg_status status = o->buffer ? name_parts(o, path, err) : TG_NO_MEMORY;
    if (!status)
        status = open_target(o, err);
    if (status) {
        tg_output_discard(&o);
        return status;
    }
    *out = o;
    return TG_OK;
}

/* The disk begins early, so that there is little to wait for at the end. A hint: what it fails
 * with comes back when the file is synced. */
static void send(struct tg_output *o)
{
    if (o->is_stdout || o->written - o->sent < SEND)
        return;
    (void)sync_file_range(o->fd, (off_t)o->sent, (off_t)(o->written - o->sent),
                          SYNC_FILE_RANGE_WRITE);
    o->sent = o->written;
}

static enum tg_status write_all(struct tg_output *o, const char *p, size_t len,
                                struct tg_error *err)
{
    o->written += len;
    while (len > 0) {
        ssize_t n = write(o->fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return write_failed(o, errno, err);
        p += n;
        len -= (size_t)n;
    }
    send(o);
    return TG_OK;
}

static enum tg_status flush(struct tg_output *o, struct tg_error *err)
{
    size_t len = o->len;
    o->len = 0;
    return write_all(o, o->buffer, len, err);
}

enum tg_status tg_output_write(struct tg_output *o, const void *data, size_t len,
                               struct tg_error *err)
{
    if (len > BUFFER - o->len) {
        enum tg_status status = flush(o, err);
        if (status)
            return status;
        if (len >= BUFFER)
            return write_all(o, data, len, err);
    }
    if (len)
        memcpy(o->buffer + o->len, data, len);
    o->len += len;
    return TG_OK;
}

/* Gives an unnamed file a name; links never overwrite. */
static int give_name(const struct tg_output *o, const char *name)
{
    char self[64];
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", o->fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static enum tg_status place_new(struct tg_output *o, struct tg_error *err)
{
    int rc = o->named ? link(o->partial, o->path) : give_name(o, o->path);
    if (rc == 0)
        return TG_OK;
    return errno == EEXIST ? TG_FAIL(err, TG_MSG_OUTPUT_EXISTS, .file = o->path)
                           : create_failed(o, errno, err);
}

/* The old file takes the partial name, so that it can come back; where the file system cannot
 * exchange names, or nothing is there, the new one just takes its place. */
static enum tg_status place_over(struct tg_output *o, struct tg_error *err)
{
    if (!o->named) {
        (void)unlink(o->partial);
        if (give_name(o, o->partial) != 0)
            return create_failed(o, errno, err);
        o->named = true;
    }
    o->exchanged =
        o->keeps_old && renameat2(AT_FDCWD, o->partial, AT_FDCWD, o->path, RENAME_EXCHANGE) == 0;
    if (o->exchanged)
        return TG_OK;
    if (o->keeps_old && errno != ENOENT && errno != EINVAL && errno != ENOSYS)
        return create_failed(o, errno, err);
    if (rename(o->partial, o->path) != 0)
        return create_failed(o, errno, err);
    o->named = false;
    return TG_OK;
}

static enum tg_status place(struct tg_output *o, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    if (!o->is_stdout)
        status = o->flags & TG_OUTPUT_FORCE ? place_over(o, err) : place_new(o, err);
    o->placed = !status;
    return status;
}

/* Takes a placed output away again. What was overwritten without an exchange cannot come back, so
 * there the new file stays: it is whole. */
static void take_back(struct tg_output *o)
{
    if (!o->placed || o->is_stdout)
        return;
    if (o->exchanged)
        (void)renameat2(AT_FDCWD, o->partial, AT_FDCWD, o->path, RENAME_EXCHANGE);
    else if (!(o->flags & TG_OUTPUT_FORCE))
        (void)unlink(o->path);
    o->placed = false;
}

static enum tg_status sync_dir(const struct tg_output *o, struct tg_error *err)
{
    if (o->is_stdout)
        return TG_OK;
    int fd = open(o->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return write_failed(o, errno, err);
    int rc = fsync(fd);
    int why = errno;
    close(fd);
    /* some file systems cannot sync a folder; the file itself is safe */
    return rc == 0 || why == EINVAL ? TG_OK : write_failed(o, why, err);
}

static enum tg_status settle(struct tg_output *o, struct tg_error *err)
{
    enum tg_status status = flush(o, err);
    if (!status && !o->is_stdout && fsync(o->fd) != 0)
        status = write_failed(o, errno, err);
    return status;
}

enum tg_status tg_output_commit_all(struct tg_output **outputs[], size_t n, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < n && !status; i++) {
        (*outputs[i])->keeps_old = n > 1;
        status = settle(*outputs[i], err);
    }
    for (size_t i = 0; i < n && !status; i++)
        status = place(*outputs[i], err);
    for (size_t i = 0; i < n && !status; i++)
        status = sync_dir(*outputs[i], err);
    for (size_t i = n; i-- > 0;) {
        if (status)
            take_back(*outputs[i]);
        tg_output_discard(outputs[i]);
    }
    return status;
}

enum tg_status tg_output_commit(struct tg_output **out, struct tg_error *err)
{
    return tg_output_commit_all(&out, 1, err);
}

void tg_output_discard(struct tg_output **out)
{
    if (!out || !*out)
        return;
    struct tg_output *o = *out;
    if (o->named)
        (void)unlink(o->partial);
    if (o->fd >= 0)
        close(o->fd);
    if (o->buffer)
        tg_wipe(o->buffer, BUFFER);
    free(o->buffer);
    tg_arena_free(&o->arena);
    free(o);
    *out = NULL;
}

enum tg_status tg_file_write_whole(const char *path, const void *data, size_t len, unsigned mode,
                                   bool force, struct tg_error *err)
{
    struct tg_output *o = NULL;
    unsigned flags = (force ? TG_OUTPUT_FORCE : 0u) | (mode & 0044 ? TG_OUTPUT_PUBLIC : 0u);
    enum tg_status status = tg_output_begin(path, flags, &o, err);
    if (status)
        return status;
    status = tg_output_write(o, data, len, err);
    if (status) {
        tg_output_discard(&o);
        return status;
    }
    return tg_output_commit(&o, err);
}

enum tg_status tg_file_copy(const char *from, const char *to, const struct tg_reporter *reporter,
                            struct tg_error *err)
{
    enum { CHUNK = 1 << 20 };
    struct tg_input *in = NULL;
    struct tg_output *out = NULL;
    unsigned char *data = tg_calloc(CHUNK, 1, err);
    uint64_t done = 0;
    size_t got = 1;
    enum tg_status status = data ? tg_input_open(from, &in, err) : TG_NO_MEMORY;
    uint64_t size = status ? 0 : tg_input_size(in);
    if (!status)
        status = tg_output_begin(to, TG_OUTPUT_FORCE, &out, err);
    while (!status && got) {
        status = tg_input_read(in, data, CHUNK, &got, err);
        if (!status)
            status = tg_output_write(out, data, got, err);
        done += got;
        if (!status)
            status = tg_progress(reporter, "copy", done, size, err);
    }
    if (!status)
        status = tg_output_commit(&out, err);
    tg_output_discard(&out);
    tg_input_close(&in);
    free(data);
    return status;
}
