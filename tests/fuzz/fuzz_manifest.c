/* SPDX-License-Identifier: Apache-2.0 */
#include "table/tokenfile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read as a manifest has everything that a manifest has. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_arena arena = {0};
    struct tg_manifest m;
    struct tg_error err;
    enum tg_kind kind;
    enum tg_status status = tg_manifest_parse("fuzz", (const char *)data, size, &arena, &m, &err);
    if (status && status != TG_DATA)
        abort();
    if (!status && (!tg_kind_parse(m.kind, &kind) || strlen(m.sha256) != 64 || !m.tool))
        abort();
    tg_arena_free(&arena);
    return 0;
}
