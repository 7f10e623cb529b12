/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdlib.h>

enum tg_status cli_store_open(const char *study_path, const char *store_path, bool must_exist,
                              struct cli_store *out, struct tg_error *err)
{
    *out = (struct cli_store){0};
    out->path = cli_beside(study_path, store_path, "totsugo.db", err);
    enum tg_status status = out->path ? tg_study_load(study_path, &out->study, err) : TG_NO_MEMORY;
    if (!status)
        status = must_exist ? tg_store_open_existing(out->path, out->study, &out->store, err)
                            : tg_store_open(out->path, out->study, &out->store, err);
    return status;
}

enum tg_status cli_store_open_still(const char *study_path, const char *store_path,
                                    struct cli_store *out, struct tg_error *err)
{
    *out = (struct cli_store){0};
    out->path = cli_beside(study_path, store_path, "totsugo.db", err);
    enum tg_status status = out->path ? tg_study_load(study_path, &out->study, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_store_open_still(out->path, out->study, &out->store, err);
    return status == TG_NO_INPUT && err->message == TG_MSG_STORE_MISSING ? TG_OK : status;
}

void cli_store_close(struct cli_store *s)
{
    tg_store_close(&s->store);
    tg_study_free(&s->study);
    free(s->path);
    s->path = NULL;
}
