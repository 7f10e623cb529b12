/* SPDX-License-Identifier: Apache-2.0 */
#include "run/remembering.h"

#include "crypto/message.h"
#include "store/remembered.h"

#include <string.h>

/* How tokens are numbered, and how they are written down. */
static enum tg_status add_settings(const struct tg_study *study, struct tg_buf *out,
                                   struct tg_error *err)
{
    static const char format[] = "totsugo/link-memory/1";
    enum tg_status status = tg_message_add(out, format, sizeof format - 1, err);
    for (size_t i = 0; !status && i < study->n_tokens; i++) {
        const struct tg_token_def *token = &study->tokens[i];
        status = tg_message_add(out, token->name, strlen(token->name), err);
        if (!status)
            status = tg_message_add_number(out, token->evidence, err);
    }
    return status;
}

enum tg_status tg_month_recall(struct tg_month *m, const char *provider,
                               struct tg_link_memory *memory, struct tg_error *err)
{
    struct tg_buf settings = {0};
    enum tg_status status = add_settings(m->study, &settings, err);
    if (!status)
        status = tg_memory_load(m->store, provider, &settings, memory->old, TG_MEMORY_PARTS, err);
    tg_buf_free(&settings);
    return status;
}

void tg_month_remember(struct tg_month *m, const char *provider, struct tg_link_memory *memory)
{
    struct tg_buf settings = {0};
    struct tg_error ignored;
    m->anew.asking += memory->asking;
    m->anew.asking_anew += memory->asking_anew;
    m->anew.rows += memory->rows;
    m->anew.rows_anew += memory->rows_anew;
    enum tg_status status = memory->made ? add_settings(m->study, &settings, &ignored) : TG_OK;
    if (!status && memory->made)
        status =
            tg_memory_save(m->store, provider, &settings, memory->next, TG_MEMORY_PARTS, &ignored);
    (void)status;
    tg_buf_free(&settings);
}
