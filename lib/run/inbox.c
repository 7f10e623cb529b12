/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"
#include "sys/file.h"
#include "table/tokenfile.h"

#include <stdlib.h>
#include <string.h>

static bool is_token_name(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > 4 && strcmp(name + len - 4, ".csv") == 0;
}

static enum tg_status import_one(struct tg_month *m, const char *path,
                                 struct tg_run_summary *summary, struct tg_error *err)
{
    char *manifest = tg_manifest_path(&m->arena, path, err);
    if (!manifest)
        return TG_NO_MEMORY;
    if (!tg_file_exists(manifest)) {
        TG_WARN(m->reporter, TG_MSG_RUN_NO_MANIFEST, .file = path);
        return TG_OK;
    }
    struct tg_import_result result;
    enum tg_status status = tg_import(m->store, path, m->reporter, &result, err);
    if (status)
        return status;
    if (result.outcome == TG_IMPORT_SAME)
        summary->unchanged++;
    else
        summary->imported++;
    return TG_OK;
}

enum tg_status tg_inbox_list(const char *inbox, struct tg_arena *arena, char ***names, size_t *n,
                             struct tg_error *err)
{
    char **list;
    size_t all = 0, kept = 0;
    *n = 0;
    if (!inbox || !tg_dir_exists(inbox))
        return TG_OK;
    enum tg_status status = tg_dir_list(inbox, arena, &list, &all, err);
    for (size_t i = 0; !status && i < all; i++) {
        if (is_token_name(list[i]))
            list[kept++] = tg_path_join(arena, inbox, list[i], err);
        if (kept && !list[kept - 1])
            status = TG_NO_MEMORY;
    }
    if (!status) {
        *names = list;
        *n = kept;
    }
    return status;
}

enum tg_status tg_month_import(struct tg_month *m, const char *inbox,
                               struct tg_run_summary *summary, struct tg_error *err)
{
    char **paths;
    size_t n;
    enum tg_status status = tg_inbox_list(inbox, &m->arena, &paths, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        status = import_one(m, paths[i], summary, err);
        if (!status)
            status = tg_progress(m->reporter, "files", i + 1, n, err);
    }
    return status;
}

enum tg_status tg_inbox_files(const char *inbox, struct tg_token_paths *out, struct tg_error *err)
{
    struct tg_arena *arena = tg_calloc(1, sizeof *arena, err);
    if (!arena)
        return TG_NO_MEMORY;
    *out = (struct tg_token_paths){.owner = arena};
    size_t n = 0;
    enum tg_status status = tg_inbox_list(inbox, arena, &out->paths, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        char *manifest = tg_manifest_path(arena, out->paths[i], err);
        if (!manifest)
            status = TG_NO_MEMORY;
        else if (tg_file_exists(manifest))
            out->paths[out->n++] = out->paths[i];
    }
    return status;
}

void tg_token_paths_free(struct tg_token_paths *paths)
{
    struct tg_arena *arena = paths ? paths->owner : NULL;
    if (!arena)
        return;
    tg_arena_free(arena);
    free(arena);
    *paths = (struct tg_token_paths){0};
}
