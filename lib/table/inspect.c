/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"
#include "table/tokenfile.h"

#include <stdlib.h>
#include <string.h>

static enum tg_status read_manifest(const char *token_path, struct tg_arena *arena,
                                    struct tg_manifest *manifest, struct tg_error *err)
{
    const char *path = tg_manifest_path(arena, token_path, err);
    if (!path)
        return TG_NO_MEMORY;
    if (!tg_file_exists(path))
        return TG_FAIL(err, TG_MSG_TOKENS_NO_MANIFEST, .file = token_path);
    return tg_manifest_read(path, arena, manifest, err);
}

static enum tg_status read_header(struct tg_csv *csv, struct tg_arena *arena,
                                  struct tg_inspection *out, uint64_t **filled,
                                  struct tg_error *err)
{
    const struct tg_cell *cells;
    size_t n;
    uint64_t line;
    bool end;
    enum tg_status status = tg_csv_next(csv, &cells, &n, &line, &end, err);
    if (status || end)
        return status;
    const char **columns = tg_arena_alloc(arena, n, sizeof *columns, err);
    *filled = tg_arena_alloc(arena, n, sizeof **filled, err);
    if (!columns || !*filled)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        columns[i] = tg_arena_strndup(arena, cells[i].data, cells[i].len, err);
        if (!columns[i])
            return TG_NO_MEMORY;
    }
    out->n_columns = n;
    out->columns = columns;
    out->filled = *filled;
    return TG_OK;
}

static enum tg_status count_rows(struct tg_csv *csv, struct tg_arena *arena,
                                 struct tg_inspection *out, struct tg_error *err)
{
    uint64_t *filled = NULL;
    enum tg_status status = read_header(csv, arena, out, &filled, err);
    while (!status && filled) {
        const struct tg_cell *cells;
        size_t n;
        uint64_t line;
        bool end;
        status = tg_csv_next(csv, &cells, &n, &line, &end, err);
        if (status || end)
            break;
        out->rows_found++;
        for (size_t i = 0; i < n && i < out->n_columns; i++)
            filled[i] += cells[i].len > 0;
    }
    return status;
}

static enum tg_status read_rows(const char *path, struct tg_arena *arena, struct tg_inspection *out,
                                struct tg_error *err)
{
    struct tg_input *input = NULL;
    struct tg_csv *csv = NULL;
    enum tg_status status = tg_input_open(path, &input, err);
    if (!status)
        status = tg_csv_open(input, ',', &csv, err);
    if (!status)
        status = count_rows(csv, arena, out, err);
    tg_csv_close(&csv);
    tg_input_close(&input);
    /* what is no CSV to its end has the rows up to there, and its digest will not hold */
    return status == TG_DATA ? TG_OK : status;
}

enum tg_status tg_inspect(const char *token_path, struct tg_inspection *out, struct tg_error *err)
{
    char sha256[TG_DIGEST_HEX + 1];
    struct tg_inspection found = {0};
    struct tg_arena *arena = tg_calloc(1, sizeof *arena, err);
    if (!arena)
        return TG_NO_MEMORY;
    found.owner = arena;
    enum tg_status status = tg_digest_file(token_path, sha256, err);
    if (!status)
        status = read_manifest(token_path, arena, &found.manifest, err);
    if (!status)
        status = read_rows(token_path, arena, &found, err);
    if (status) {
        tg_inspection_free(&found);
        return status;
    }
    found.sha256_holds = !strcmp(sha256, found.manifest.sha256);
    found.rows_hold = found.rows_found == found.manifest.rows;
    *out = found;
    return TG_OK;
}

void tg_inspection_free(struct tg_inspection *inspection)
{
    if (!inspection)
        return;
    struct tg_arena *arena = inspection->owner;
    tg_arena_free(arena);
    free(arena);
    *inspection = (struct tg_inspection){0};
}
