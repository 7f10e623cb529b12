/* SPDX-License-Identifier: Apache-2.0 */
#include "store/gather.h"

#include "base/mem.h"
#include "store/page.h"

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
    bool main;     /* the database itself and no journal of it */
    int page;      /* bytes of a page with a checksum; 0: they have none, or it is not known yet */
    uint32_t hurt; /* the last page whose checksum did not hold; 0: none */
    struct tg_checksum *sums; /* NULL: none was needed yet */
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

static bool can_sum(struct file *f)
{
    return f->sums || tg_checksum_new(&f->sums, NULL) == TG_OK;
}

static int put_sum(struct file *f, char *page, sqlite3_int64 at)
{
    uint64_t number = (uint64_t)(at / f->page) + 1;
    return can_sum(f) && tg_page_put(f->sums, number, (unsigned char *)page, f->page)
               ? SQLITE_OK
               : SQLITE_IOERR_NOMEM;
}

/* What SQLite gave stays as it is: the checksum comes into the copy that waits. */
static int take_in(struct file *f, char *to, const void *data, int len, sqlite3_int64 at)
{
    memcpy(to, data, (size_t)len);
    return f->page == len && at % len == 0 ? put_sum(f, to, at) : SQLITE_OK;
}

static int on_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
    struct file *f = of(base);
    int rc = SQLITE_OK;
    if (f->main && at == 0 && len >= TG_PAGE_MIN)
        f->page = tg_page_size(data);
    if (waits(f, len, at))
        return take_in(f, f->bytes + (at - f->at), data, len, at);
    if (!f->bytes)
        f->bytes = malloc(TOGETHER);
    if (f->len && (at != f->at + f->len || len > TOGETHER - f->len))
        rc = write_out(f);
    if (!rc && !f->bytes && f->page)
        rc = SQLITE_IOERR_NOMEM;
    if (rc)
        return rc;
    if (!f->bytes || len > TOGETHER)
        return f->under->pMethods->xWrite(f->under, data, len, at);
    if (f->len == 0)
        f->at = at;
    rc = take_in(f, f->bytes + f->len, data, len, at);
    if (!rc)
        f->len += len;
    return rc;
}

static int check_page(struct file *f, const void *page, uint32_t number)
{
    bool sound;
    if (!can_sum(f) || !tg_page_check(f->sums, number, page, f->page, &sound))
        return SQLITE_IOERR_NOMEM;
    if (sound)
        return SQLITE_OK;
    f->hurt = number;
    return SQLITE_IOERR_DATA;
}

/* Reads the page anew. */
static int check_again(struct file *f, uint32_t number)
{
    unsigned char *page = malloc((size_t)f->page);
    if (!page)
        return SQLITE_IOERR_NOMEM;
    sqlite3_int64 at = (sqlite3_int64)(number - 1) * f->page;
    int rc = f->under->pMethods->xRead(f->under, page, f->page, at);
    if (!rc)
        rc = check_page(f, page, number);
    tg_wipe(page, (size_t)f->page);
    free(page);
    return rc;
}

/* A header that says of no checksums may be a hurt one: is its page sound but for that? */
static int doubt_header(struct file *f)
{
    sqlite3_int64 len = 0;
    unsigned char *page = malloc(TG_PAGE_MAX);
    int rc = page ? f->under->pMethods->xFileSize(f->under, &len) : SQLITE_IOERR_NOMEM;
    for (int size = TG_PAGE_MIN; !rc && size <= TG_PAGE_MAX && size <= len; size *= 2) {
        bool sound = false;
        rc = f->under->pMethods->xRead(f->under, page, size, 0);
        if (rc)
            break;
        tg_page_mend(page, size);
        if (!can_sum(f) || !tg_page_check(f->sums, 1, page, size, &sound))
            rc = SQLITE_IOERR_NOMEM;
        if (sound) {
            f->page = size;
            f->hurt = 1;
            rc = SQLITE_IOERR_DATA;
        }
    }
    if (page)
        tg_wipe(page, TG_PAGE_MAX);
    free(page);
    return rc;
}

/* A header is read alone when the file is opened, and again with its page before anything is done
 * by it. */
static int look(struct file *f, const void *data, int len, sqlite3_int64 at)
{
    if (at == 0 && len >= TG_PAGE_HEADER) {
        int page = tg_page_size(data);
        if (page)
            f->page = page;
        else if (!f->page && len < TG_PAGE_MIN)
            return doubt_header(f);
    }
    if (!f->page || at + len <= TG_PAGE_HEADER || len > f->page)
        return SQLITE_OK;
    uint32_t number = (uint32_t)(at / f->page) + 1;
    /* nothing but whole pages is read by SQLite unless it was built to read long rows directly */
    return len == f->page && at % len == 0 ? check_page(f, data, number) : check_again(f, number);
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
    if (!rc)
        rc = f->under->pMethods->xRead(f->under, data, len, at);
    return rc || !f->main ? rc : look(f, data, len, at);
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

/* Another process may have written the database anew, with checksums, since this one opened it. */
static void look_at_header(struct file *f)
{
    unsigned char header[TG_PAGE_HEADER];
    int page = f->under->pMethods->xRead(f->under, header, sizeof header, 0) == SQLITE_OK
                   ? tg_page_size(header)
                   : 0;
    if (page)
        f->page = page;
}

static int on_control(sqlite3_file *base, int what, void *arg)
{
    struct file *f = of(base);
    if (what == SQLITE_FCNTL_CKPT_START && f->main)
        look_at_header(f);
    return f->under->pMethods->xFileControl(f->under, what, arg);
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
    tg_checksum_free(&f->sums);
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
    *f = (struct file){.under = (sqlite3_file *)(void *)((char *)base + own_size()),
                       .main = flags & SQLITE_OPEN_MAIN_DB};
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
    *out = name;
    if (sqlite3_vfs_find(name))
        return TG_OK;
    struct way *way = under ? tg_calloc(1, sizeof *way, err) : NULL;
    if (!way)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    way->vfs = *under;
    way->vfs.pNext = NULL;
    way->vfs.zName = name;
    way->vfs.szOsFile = under->szOsFile + (int)own_size();
    way->vfs.xOpen = on_open;
    way->under = under;
    if (sqlite3_vfs_register(&way->vfs, 0) == SQLITE_OK)
        return TG_OK;
    free(way);
    return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
}

static struct file *file_of(sqlite3 *db)
{
    sqlite3_file *base = NULL;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &base) || !base ||
        base->pMethods != &methods)
        return NULL;
    return of(base);
}

uint32_t tg_gather_hurt(sqlite3 *db)
{
    const struct file *f = file_of(db);
    return f ? f->hurt : 0;
}

/* The page in which the locks lie is none of the database: SQLite never writes it. */
int tg_gather_check(sqlite3 *db, uint32_t page)
{
    enum { LOCKS_AT = 1 << 30 };
    struct file *f = file_of(db);
    if (!f || !f->page || page == (uint32_t)(LOCKS_AT / f->page) + 1)
        return SQLITE_OK;
    return check_again(f, page);
}
