/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "base/reporter.h"
#include "store/placing.h"
#include "sys/file.h"
#include "text/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The month's folder, and where it is made. */
struct moving {
    char *made, *folder;
};

/* On a way out: the error that is told is the one that led here. */
static bool undone(struct tg_month *m, const struct moving *move)
{
    struct tg_error ignored;
    return tg_store_run_undo(m->store, move->folder, &ignored) == TG_OK;
}

/* What is recorded is first whole on the disk, and what is seen is first recorded. What lies at
 * `made` afterwards may go when `*over`. */
static enum tg_status place(struct tg_month *m, const struct tg_run_record *record,
                            const struct moving *move, bool *over, struct tg_error *err)
{
    bool had_old = false;
    enum tg_status status = tg_dir_sync(move->made, err);
    if (status)
        return status;
    status = tg_store_run_begin(m->store, record, err);
    if (status) {
        /* a commit that could not be synced may still come to be seen */
        *over = undone(m, move);
        return status;
    }
    status = tg_dir_place(move->made, move->folder, &had_old, err);
    if (status) {
        *over = undone(m, move);
        return status;
    }
    status = tg_store_run_end(m->store, move->folder, err);
    if (status) {
        tg_dir_take_back(move->made, move->folder, had_old);
        *over = undone(m, move);
    }
    return status;
}

/* Whom the month is about; `*n` of them. */
static int64_t *list_linked(const struct tg_month *m, size_t *n, struct tg_error *err)
{
    int64_t *users = tg_calloc(m->users.n, sizeof *users, err);
    *n = 0;
    for (size_t i = 0; users && i < m->users.n; i++) {
        if (m->results[i].state == TG_USER_LINKED)
            users[(*n)++] = m->users.items[i].identity;
    }
    return users;
}

/* The audit log gets counts; numbers only. */
static enum tg_status record_and_place(struct tg_month *m, const struct moving *move,
                                       const struct tg_output_digest *files, size_t n, bool *over,
                                       struct tg_error *err)
{
    struct tg_buf detail = {0};
    size_t n_users;
    int64_t *users = list_linked(m, &n_users, err);
    if (!users)
        return TG_NO_MEMORY;
    enum tg_status status = tg_buf_printf(
        &detail, err, "{\"as_of\":%lu,\"users\":%zu,\"linked\":%llu,\"matched\":%llu}",
        (unsigned long)m->as_of, m->users.n, (unsigned long long)tg_month_linked(m),
        (unsigned long long)m->cohort.flow.matched);
    const char *text = status ? NULL : tg_buf_text(&detail, err);
    const struct tg_run_record record = {.month = m->month,
                                         .recipient = m->recipient,
                                         .folder = move->folder,
                                         .made = move->made,
                                         .files = files,
                                         .n = n,
                                         .users = users,
                                         .n_users = n_users,
                                         .detail = text};
    if (!status)
        status = text ? place(m, &record, move, over, err) : TG_NO_MEMORY;
    free(users);
    tg_buf_free(&detail);
    return status;
}

static enum tg_status name_folders(struct tg_month *m, const char *out, struct moving *move,
                                   struct tg_error *err)
{
    char name[8], partial[32];
    tg_month_format(m->month, name);
    (void)snprintf(partial, sizeof partial, ".%s.partial", name);
    move->folder = tg_path_join(&m->arena, out, name, err);
    move->made = tg_path_join(&m->arena, out, partial, err);
    return move->folder && move->made ? TG_OK : TG_NO_MEMORY;
}

enum tg_status tg_month_deliver(struct tg_month *m, const char *out, struct tg_run_summary *summary,
                                struct tg_error *err)
{
    struct moving move = {0};
    struct tg_output_digest *files = NULL;
    size_t n = 0;
    bool over = true;
    enum tg_status status = name_folders(m, out, &move, err);
    if (status)
        return status;
    status = tg_dir_remove(move.made, err);
    if (!status)
        status = tg_dir_make(move.made, err);
    if (!status)
        status = tg_month_write(m, move.made, &files, &n, err);
    if (!status)
        status = tg_month_warn_of_differences(m, move.made, err);
    if (!status)
        status = tg_progress(m->reporter, "report", 1, 1, err);
    if (!status)
        status = record_and_place(m, &move, files, n, &over, err);
    /* what lies there now is what was replaced, or what could not be delivered */
    if (over)
        tg_dir_discard(move.made);
    (void)snprintf(summary->folder, sizeof summary->folder, "%s", move.folder);
    free(files);
    return status;
}

static enum tg_status mend_one(struct tg_month *m, const struct tg_unplaced *u,
                               struct tg_error *err)
{
    bool had_old;
    enum tg_status status = TG_OK;
    if (u->state == TG_UNPLACED_LOST)
        return tg_store_run_undo(m->store, u->folder, err);
    if (u->state == TG_UNPLACED_READY)
        status = tg_dir_place(u->made, u->folder, &had_old, err);
    if (!status)
        status = tg_store_run_end(m->store, u->folder, err);
    if (!status)
        tg_dir_discard(u->made);
    return status;
}

/* ".2025-03.partial" and what lies behind its dot, or a scratch file's name. */
static bool is_leftover(const char *name)
{
    static const char scratch[] = ".totsugo-", partial[] = ".partial";
    int32_t month;
    if (strncmp(name, scratch, sizeof scratch - 1) == 0)
        return true;
    return name[0] == '.' && strlen(name) > 8 && tg_month_scan(name + 1, 7, &month) &&
           strncmp(name + 8, partial, sizeof partial - 1) == 0;
}

static enum tg_status clear(struct tg_month *m, const char *out, struct tg_error *err)
{
    char **names;
    size_t n;
    if (!tg_dir_exists(out))
        return TG_OK;
    enum tg_status status = tg_dir_list(out, &m->arena, &names, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        if (!is_leftover(names[i]))
            continue;
        char *path = tg_path_join(&m->arena, out, names[i], err);
        if (!path)
            return TG_NO_MEMORY;
        if (tg_dir_exists(path))
            status = tg_dir_remove(path, err);
        else
            tg_file_remove(path);
    }
    return status;
}

enum tg_status tg_month_mend(struct tg_month *m, const char *out, struct tg_error *err)
{
    struct tg_unplaced *list;
    size_t n = 0;
    enum tg_status status = tg_store_unplaced(m->store, &m->arena, &list, &n, err);
    for (size_t i = 0; !status && i < n; i++)
        status = mend_one(m, &list[i], err);
    return status ? status : clear(m, out, err);
}
