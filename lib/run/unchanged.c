/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "crypto/message.h"
#include "store/basis.h"
#include "sys/file.h"
#include "text/calendar.h"

#include <stdio.h>
#include <string.h>

static char *folder_of(struct tg_month *m, const char *out, struct tg_error *err)
{
    char name[8];
    tg_month_format(m->month, name);
    return tg_path_join(&m->arena, out, name, err);
}

/* Everything beside the store that the bytes of a month rest on. */
static enum tg_status add_settings(const struct tg_month *m, struct tg_buf *out,
                                   struct tg_error *err)
{
    const char *const texts[] = {"totsugo/basis/1", tg_version(), m->study->file_digest,
                                 m->recipient};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof texts / sizeof texts[0]; i++)
        status = tg_message_add(out, texts[i], strlen(texts[i]), err);
    if (!status)
        status = tg_message_add_number(out, (uint64_t)m->month, err);
    return status ? status : tg_message_add_number(out, m->as_of, err);
}

static enum tg_status find_basis(const struct tg_month *m, const char *folder,
                                 char basis[TG_DIGEST_HEX + 1], struct tg_error *err)
{
    struct tg_buf settings = {0};
    enum tg_status status = add_settings(m, &settings, err);
    if (!status)
        status = tg_basis_now(m->store, folder, &settings, basis, err);
    tg_buf_free(&settings);
    return status;
}

enum tg_status tg_month_find_unchanged(struct tg_month *m, const char *out,
                                       struct tg_run_summary *summary, struct tg_error *err)
{
    struct tg_basis_counts counts;
    char basis[TG_DIGEST_HEX + 1];
    char *folder = folder_of(m, out, err);
    if (!folder)
        return TG_NO_MEMORY;
    if (!tg_dir_exists(folder))
        return TG_OK;
    enum tg_status status = find_basis(m, folder, basis, err);
    if (!status)
        status = tg_basis_holds(m->store, folder, basis, &counts, &summary->same, err);
    if (status || !summary->same)
        return status;
    summary->users = counts.users;
    summary->linked = counts.linked;
    summary->matched = counts.matched;
    (void)snprintf(summary->folder, sizeof summary->folder, "%s", folder);
    return TG_OK;
}

void tg_month_note_basis(struct tg_month *m, const char *out, const struct tg_run_summary *summary)
{
    const struct tg_basis_counts counts = {summary->users, summary->linked, summary->matched};
    struct tg_error ignored;
    char basis[TG_DIGEST_HEX + 1];
    char *folder = folder_of(m, out, &ignored);
    enum tg_status status = folder ? find_basis(m, folder, basis, &ignored) : TG_NO_MEMORY;
    if (!status)
        status = tg_basis_note(m->store, folder, basis, &counts, &ignored);
    (void)status;
}
