/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include "sys/file.h"

#include <jansson.h>
#include <string.h>

enum { RUN_JSON_MAX = 256 * 1024 * 1024 };

static uint64_t count_at(const json_t *array, size_t i)
{
    json_int_t n = json_integer_value(json_array_get(array, i));
    return n > 0 ? (uint64_t)n : 0;
}

static enum tg_status take_cells(const json_t *array, struct tg_arena *arena,
                                 struct tg_withheld **out, size_t *n, struct tg_error *err)
{
    size_t kept = 0, size = json_array_size(array);
    struct tg_withheld *cells = tg_arena_alloc(arena, size, sizeof *cells, err);
    if (!cells)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < size; i++) {
        const json_t *item = json_array_get(array, i);
        const char *name = json_string_value(json_object_get(item, "cell"));
        const json_t *people = json_object_get(item, "n");
        if (!name)
            continue;
        cells[kept].cell = tg_arena_strndup(arena, name, strlen(name), err);
        if (!cells[kept].cell)
            return TG_NO_MEMORY;
        for (size_t arm = 0; arm < TG_N_ARMS; arm++)
            cells[kept].n[arm] = count_at(people, arm);
        kept++;
    }
    *out = cells;
    *n = kept;
    return TG_OK;
}

enum tg_status tg_report_withheld(const char *path, struct tg_arena *arena,
                                  struct tg_withheld **out, size_t *n, struct tg_error *err)
{
    struct tg_buf text = {0};
    struct tg_error ignored;
    *out = NULL;
    *n = 0;
    enum tg_status status = tg_file_read_whole(path, RUN_JSON_MAX, &text, &ignored);
    if (status) {
        tg_buf_free(&text);
        return status == TG_NO_MEMORY ? TG_FAIL(err, TG_MSG_NO_MEMORY, .file = path) : TG_OK;
    }
    json_t *root = json_loadb(text.data, text.len, JSON_DISABLE_EOF_CHECK, NULL);
    status = take_cells(json_object_get(root, "withheld"), arena, out, n, err);
    json_decref(root);
    tg_buf_free(&text);
    return status;
}
