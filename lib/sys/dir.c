/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool tg_dir_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum tg_status tg_dir_make_in_memory(struct tg_arena *arena, char **out, struct tg_error *err)
{
    static const char pattern[] = "/dev/shm/totsugo-XXXXXX";
    char *path = tg_arena_strndup(arena, pattern, sizeof pattern - 1, err);
    if (!path)
        return TG_NO_MEMORY;
    *out = mkdtemp(path);
    return TG_OK;
}

static enum tg_status create_failed(const char *path, int why, struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_OUTPUT_CREATE, .file = path, .sys_errno = why);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum tg_status tg_dir_list(const char *path, struct tg_arena *arena, char ***names, size_t *n,
                           struct tg_error *err)
{
    DIR *dir = opendir(path);
    if (!dir)
        return TG_FAIL(err, errno == ENOENT ? TG_MSG_FILE_MISSING : TG_MSG_FILE_READ, .file = path,
                       .sys_errno = errno == ENOENT ? 0 : errno);
    char **list = NULL;
    size_t len = 0, cap = 0;
    enum tg_status status = TG_OK;
    for (struct dirent *e; !status && (errno = 0, e = readdir(dir)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        status = tg_grow(&list, &cap, len + 1, sizeof *list, err);
        if (!status && !(list[len] = tg_arena_strndup(arena, e->d_name, strlen(e->d_name), err)))
            status = TG_NO_MEMORY;
        len += !status;
    }
    if (!status && errno)
        status = TG_FAIL(err, TG_MSG_READ_FAILED, .file = path, .sys_errno = errno);
    closedir(dir);
    char **kept = status ? NULL : tg_arena_alloc(arena, len, sizeof *kept, err);
    if (kept && len) {
        qsort(list, len, sizeof *list, by_bytes);
        memcpy(kept, list, len * sizeof *kept);
    }
    free(list);
    if (!kept)
        return status ? status : TG_NO_MEMORY;
    *names = kept;
    *n = len;
    return TG_OK;
}

static enum tg_status remove_tree(const char *path, int depth, struct tg_error *err)
{
    struct tg_arena arena = {0};
    char **names;
    size_t n;
    if (!tg_dir_exists(path))
        return TG_OK;
    enum tg_status status = tg_dir_list(path, &arena, &names, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        char *item = tg_path_join(&arena, path, names[i], err);
        struct stat st;
        if (!item)
            status = TG_NO_MEMORY;
        else if (lstat(item, &st) == 0 && S_ISDIR(st.st_mode) && depth > 0)
            status = remove_tree(item, depth - 1, err);
        else if (unlink(item) != 0 && errno != ENOENT)
            status = create_failed(item, errno, err);
    }
    tg_arena_free(&arena);
    if (!status && rmdir(path) != 0 && errno != ENOENT)
        status = create_failed(path, errno, err);
    return status;
}

enum tg_status tg_dir_remove(const char *path, struct tg_error *err)
{
    return remove_tree(path, 1, err);
}

void tg_dir_discard(const char *path)
{
    struct tg_error ignored;
    if (tg_dir_remove(path, &ignored))
        return;
}

static enum tg_status sync_path(const char *path, struct tg_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return TG_FAIL(err, TG_MSG_WRITE_FAILED, .file = path, .sys_errno = errno);
    int rc = fsync(fd);
    int why = errno;
    close(fd);
    if (rc == 0 || why == EINVAL)
        return TG_OK;
    return TG_FAIL(err, TG_MSG_WRITE_FAILED, .file = path, .sys_errno = why);
}

/* A new folder's name is safe once the folder above is synced. */
static enum tg_status make_one(const char *path, struct tg_error *err)
{
    struct tg_arena arena = {0};
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST && tg_dir_exists(path) ? TG_OK : create_failed(path, errno, err);
    char *above = tg_path_dir(&arena, path, err);
    enum tg_status status = above ? sync_path(above, err) : TG_NO_MEMORY;
    tg_arena_free(&arena);
    if (status)
        (void)rmdir(path);
    return status;
}

enum tg_status tg_dir_make(const char *path, struct tg_error *err)
{
    char *part = tg_strndup(path, strlen(path), err);
    if (!part)
        return TG_NO_MEMORY;
    enum tg_status status = TG_OK;
    for (char *p = part + 1; part[0] && *p && !status; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        status = make_one(part, err);
        *p = '/';
    }
    free(part);
    return status ? status : make_one(path, err);
}

static enum tg_status sync_tree(const char *path, struct tg_arena *arena, struct tg_error *err)
{
    char **names;
    size_t n;
    enum tg_status status = tg_dir_list(path, arena, &names, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        char *item = tg_path_join(arena, path, names[i], err);
        status = item ? sync_path(item, err) : TG_NO_MEMORY;
    }
    return status ? status : sync_path(path, err);
}

enum tg_status tg_dir_sync(const char *path, struct tg_error *err)
{
    struct tg_arena arena = {0};
    enum tg_status status = sync_tree(path, &arena, err);
    char *above = status ? NULL : tg_path_dir(&arena, path, err);
    if (!status)
        status = above ? sync_path(above, err) : TG_NO_MEMORY;
    tg_arena_free(&arena);
    return status;
}

/* A second name never overwrites, where the file system cannot rename so. */
static int place_new(const char *made, const char *path)
{
    if (renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return link(made, path) == 0 ? unlink(made) : -1;
}

static int place_file(const char *made, const char *path, bool had_old)
{
    if (!had_old)
        return place_new(made, path);
    if (renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
        return 0;
    return errno == EINVAL || errno == ENOSYS ? rename(made, path) : -1;
}

enum tg_status tg_file_place(const char *made, const char *path, bool force, struct tg_error *err)
{
    struct tg_arena arena = {0};
    bool had_old = force && tg_file_exists(path);
    enum tg_status status = sync_path(made, err);
    if (!status && place_file(made, path, had_old) != 0)
        status = errno == EEXIST ? TG_FAIL(err, TG_MSG_OUTPUT_EXISTS, .file = path)
                                 : create_failed(path, errno, err);
    else if (!status) {
        char *above = tg_path_dir(&arena, path, err);
        status = above ? sync_path(above, err) : TG_NO_MEMORY;
        if (status)
            (void)place_file(path, made, tg_file_exists(made));
    }
    tg_arena_free(&arena);
    return status;
}

/* In three steps, where the file system cannot exchange two names in one. */
static enum tg_status exchange_slowly(const char *made, const char *path, struct tg_error *err)
{
    struct tg_buf old = {0};
    enum tg_status status = tg_buf_printf(&old, err, "%s.old", made);
    const char *name = status ? NULL : tg_buf_text(&old, err);
    if (!status)
        status = name ? tg_dir_remove(name, err) : TG_NO_MEMORY;
    if (!status && rename(path, name) != 0)
        status = create_failed(path, errno, err);
    if (!status && rename(made, path) != 0) {
        status = create_failed(path, errno, err);
        (void)rename(name, path);
    }
    if (!status && rename(name, made) != 0)
        status = create_failed(made, errno, err);
    tg_buf_free(&old);
    return status;
}

static enum tg_status exchange(const char *made, const char *path, struct tg_error *err)
{
    if (renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
        return TG_OK;
    if (errno != EINVAL && errno != ENOSYS)
        return create_failed(path, errno, err);
    return exchange_slowly(made, path, err);
}

enum tg_status tg_dir_place(const char *made, const char *path, bool *had_old, struct tg_error *err)
{
    struct tg_arena arena = {0};
    *had_old = tg_dir_exists(path);
    enum tg_status status = sync_tree(made, &arena, err);
    if (!status && *had_old)
        status = exchange(made, path, err);
    else if (!status && rename(made, path) != 0)
        status = create_failed(path, errno, err);
    if (!status) {
        char *above = tg_path_dir(&arena, path, err);
        status = above ? sync_path(above, err) : TG_NO_MEMORY;
        if (status)
            tg_dir_take_back(made, path, *had_old);
    }
    tg_arena_free(&arena);
    return status;
}

enum tg_status tg_dir_replace(const char *made, const char *path, struct tg_error *err)
{
    bool had_old;
    enum tg_status status = tg_dir_place(made, path, &had_old, err);
    return status ? status : tg_dir_remove(made, err);
}

void tg_dir_take_back(const char *made, const char *path, bool had_old)
{
    struct tg_error ignored;
    if (had_old && exchange(made, path, &ignored))
        return;
    if (!had_old)
        (void)rename(path, made);
}

char *tg_path_join(struct tg_arena *arena, const char *dir, const char *name, struct tg_error *err)
{
    size_t dir_len = name[0] == '/' ? 0 : strlen(dir);
    size_t name_len = strlen(name);
    bool slash = dir_len > 0 && dir[dir_len - 1] != '/';
    char *path = tg_arena_alloc(arena, dir_len + name_len + 2, 1, err);
    if (!path)
        return NULL;
    memcpy(path, dir, dir_len);
    if (slash)
        path[dir_len] = '/';
    memcpy(path + dir_len + slash, name, name_len);
    return path;
}

char *tg_path_dir(struct tg_arena *arena, const char *path, struct tg_error *err)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return tg_arena_strndup(arena, ".", 1, err);
    return tg_arena_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path), err);
}

const char *tg_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *tg_path_absolute(struct tg_arena *arena, const char *path, struct tg_error *err)
{
    char *dir = tg_path_dir(arena, path, err);
    char *real = dir ? realpath(dir, NULL) : NULL;
    char *absolute = NULL;
    if (real)
        absolute = tg_path_join(arena, real, tg_path_base(path), err);
    else if (dir && errno != ENOMEM)
        (void)TG_FAIL(err, TG_MSG_FILE_MISSING, .file = dir);
    else if (dir)
        (void)TG_FAIL(err, TG_MSG_NO_MEMORY, .file = dir);
    free(real);
    return absolute;
}
