/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/run.h>

#include "base/reporter.h"
#include "store/placing.h"
#include "sys/file.h"
#include "text/calendar.h"

#include <limits.h>
#include <string.h>

/* The copy is whole, checked and synced before the record names it; the old folder goes last. */
static enum tg_status move_one(struct tg_store *store, const char *from, const char *to,
                               struct tg_arena *arena, struct tg_error *err)
{
    bool had_old;
    struct tg_buf name = {0};
    const char *base = tg_path_base(from);
    enum tg_status status = tg_buf_printf(&name, err, ".%s.partial", base);
    const char *hidden = status ? NULL : tg_buf_text(&name, err);
    char *folder = hidden ? tg_path_join(arena, to, base, err) : NULL;
    char *made = folder ? tg_path_join(arena, to, hidden, err) : NULL;
    tg_buf_free(&name);
    if (!made)
        return TG_NO_MEMORY;
    if (tg_dir_exists(folder))
        return TG_FAIL(err, TG_MSG_OUTPUT_EXISTS, .file = folder);
    status = tg_dir_remove(made, err);
    if (!status)
        status = tg_dir_make(made, err);
    if (!status)
        status = tg_store_copy_month(store, from, made, err);
    if (!status)
        status = tg_dir_place(made, folder, &had_old, err);
    if (!status) {
        status = tg_store_month_moved(store, from, folder, err);
        if (status)
            tg_dir_take_back(made, folder, had_old);
    }
    tg_dir_discard(made);
    if (!status)
        tg_dir_discard(from);
    return status;
}

static enum tg_status month_of(const char *text, const char *option, int32_t *out,
                               struct tg_error *err)
{
    if (!text || tg_month_scan(text, strlen(text), out))
        return TG_OK;
    return TG_FAIL(err, TG_MSG_RUN_MONTH, .column = option);
}

enum tg_status tg_archive_months(struct tg_store *store, const char *before, const char *month,
                                 const char *to, const struct tg_reporter *reporter,
                                 uint64_t *moved, struct tg_error *err)
{
    struct tg_arena arena = {0};
    int32_t until = INT32_MIN, one = INT32_MIN;
    char **folders;
    size_t n = 0;
    *moved = 0;
    enum tg_status status = month_of(before, "--before", &until, err);
    if (!status)
        status = month_of(month, "--month", &one, err);
    if (!status)
        status = tg_dir_make(to, err);
    char *target = status ? NULL : tg_path_absolute(&arena, to, err);
    if (!status)
        status = target ? tg_store_month_folders(store, until, one, &arena, &folders, &n, err)
                        : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < n; i++) {
        const char *dir = tg_path_dir(&arena, folders[i], err);
        if (!dir)
            status = TG_NO_MEMORY;
        else if (strcmp(dir, target) != 0) {
            status = move_one(store, folders[i], target, &arena, err);
            *moved += !status;
        }
        if (!status)
            status = tg_progress(reporter, "archive", i + 1, n, err);
    }
    tg_arena_free(&arena);
    return status;
}
