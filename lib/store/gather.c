/* SPDX-License-Identifier: Apache-2.0 */
#include "store/gather.h"

#include "base/mem.h"

#include <sqlite3.h>

#include <stdlib.h>
#include <string.h>

/* A page of any size with its head has room. More gains nothing, and 128 KiB are more than SQLite's
 * own way takes at once (seekAndWriteFd() looks at the lowest 17 bits of a size). */
enum { TOGETHER = 17 << 12 };

static const char name[] = "totsugo-gather";

/* SQLite's list of ways keeps it until the process ends. */
struct way {
    sqlite3_vfs vfs; /* first, as SQLite asks for */
    sqlite3_vfs *under;
};

/* SQLite gives room for it and, behind it, for the file of the way under it. */
struct file {
    sqlite3_file base; /* first, as SQLite asks for */
    sqlite3_file *under;
    char *bytes; /* to be written from `at` on; NULL: none were yet */
    sqlite3_int64 at;
    int len;
};

static struct file *of(sqlite3_file *base)
{
    return (struct file *)base;
}

static int write_out(struct file *f)
{
    int len = f->len;
    f->len = 0;
    return len ? f->under->pMethods->xWrite(f->under, f->bytes, len, f->at) : SQLITE_OK;
}

/* Does it wait to be written, as a whole? */
static bool waits(const struct file *f, int len, sqlite3_int64 at)
{
    return at >= f->at && at + len <= f->at + f->len;
}

static int on_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
    struct file *f = of(base);
    if (waits(f, len, at)) {
        memcpy(f->bytes + (at - f->at), data, (size_t)len);
        return SQLITE_OK;
    }
    if (!f->bytes)
        f->bytes = malloc(TOGETHER);
    if (f->len && (at != f->at + f->len || len > TOGETHER - f->len)) {
        int rc = write_out(f);
        if (rc)
            return rc;
    }
    if (!f->bytes || len > TOGETHER)
        return f->under->pMethods->xWrite(f->under, data, len, at);
    if (f->len == 0)
        f->at = at;
    memcpy(f->bytes + f->len, data, (size_t)len);
    f->len += len;
    return SQLITE_OK;
}

static int on_read(sqlite3_file *base, void *data, int len, sqlite3_int64 at)
{
    struct file *f = of(base);
    int rc = SQLITE_OK;
    if (waits(f, len, at)) {
        memcpy(data, f->bytes + (at - f->at), (size_t)len);
        return SQLITE_OK;
    }
    if (at < f->at + f->len && at + len > f->at)
        rc = write_out(f);
    return rc ? rc : f->under->pMethods->xRead(f->under, data, len, at);
}

static int on_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct file *f = of(base);
    int rc = write_out(f);
    return rc ? rc : f->under->pMethods->xTruncate(f->under, size);
}

static int on_sync(sqlite3_file *base, int flags)
{
    struct file *f = of(base);
    int rc = write_out(f);
    return rc ? rc : f->under->pMethods->xSync(f->under, flags);
}

static int on_size(sqlite3_file *base, sqlite3_int64 *size)
{
    struct file *f = of(base);
    int rc = write_out(f);
    return rc ? rc : f->under->pMethods->xFileSize(f->under, size);
}

static int on_lock(sqlite3_file *base, int level)
{
    return of(base)->under->pMethods->xLock(of(base)->under, level);
}

static int on_unlock(sqlite3_file *base, int level)
{
    int first = write_out(of(base));
    int rc = of(base)->under->pMethods->xUnlock(of(base)->under, level);
    return first ? first : rc;
}

static int on_check_reserved(sqlite3_file *base, int *out)
{
    return of(base)->under->pMethods->xCheckReservedLock(of(base)->under, out);
}

static int on_control(sqlite3_file *base, int what, void *arg)
{
    return of(base)->under->pMethods->xFileControl(of(base)->under, what, arg);
}

static int on_sector_size(sqlite3_file *base)
{
    return of(base)->under->pMethods->xSectorSize(of(base)->under);
}

static int on_characteristics(sqlite3_file *base)
{
    return of(base)->under->pMethods->xDeviceCharacteristics(of(base)->under);
}

static int on_shm_map(sqlite3_file *base, int page, int size, int extend, void volatile **out)
{
    return of(base)->under->pMethods->xShmMap(of(base)->under, page, size, extend, out);
}

static int on_shm_lock(sqlite3_file *base, int from, int n, int flags)
{
    return of(base)->under->pMethods->xShmLock(of(base)->under, from, n, flags);
}

static void on_shm_barrier(sqlite3_file *base)
{
    of(base)->under->pMethods->xShmBarrier(of(base)->under);
}

static int on_shm_unmap(sqlite3_file *base, int delete)
{
    return of(base)->under->pMethods->xShmUnmap(of(base)->under, delete);
}

/* What is cut off here was synced before, or nobody waits for it. */
static int on_close(sqlite3_file *base)
{
    struct file *f = of(base);
    int first = write_out(f);
    int rc = f->under->pMethods->xClose(f->under);
    if (f->bytes)
        tg_wipe(f->bytes, TOGETHER);
    free(f->bytes);
    f->bytes = NULL;
    return first ? first : rc;
}

/* Version 2: no page is looked at but by xRead. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_characteristics,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

static size_t own_size(void)
{
    return (sizeof(struct file) + 15) & ~(size_t)15;
}

/* Other files are few or short: they lie where they would without this way. */
static int on_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out)
{
    sqlite3_vfs *under = ((struct way *)vfs)->under;
    if (!(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
        return under->xOpen(under, path, base, flags, out);
    struct file *f = of(base);
    *f = (struct file){.under = (sqlite3_file *)(void *)((char *)base + own_size())};
    f->under->pMethods = NULL;
    int rc = under->xOpen(under, path, f->under, flags, out);
    if (f->under->pMethods)
        f->base.pMethods = &methods;
    return rc;
}

/* Two threads that come at the same time register two, and one of them is never used. */
enum tg_status tg_gather_name(const char **out, struct tg_error *err)
{
    sqlite3_vfs *under = sqlite3_vfs_find(NULL);
    *out = sqlite3_vfs_find(name) ? name : NULL;
    if (*out || !under || under->iVersion < 1)
        return TG_OK;
    struct way *way = tg_calloc(1, sizeof *way, err);
    if (!way)
        return TG_NO_MEMORY;
    way->vfs = *under;
    way->vfs.pNext = NULL;
    way->vfs.zName = name;
    way->vfs.szOsFile = under->szOsFile + (int)own_size();
    way->vfs.xOpen = on_open;
    way->under = under;
    if (sqlite3_vfs_register(&way->vfs, 0))
        free(way);
    else
        *out = name;
    return TG_OK;
}
