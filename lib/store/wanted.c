/* SPDX-License-Identifier: Apache-2.0 */
#include "store/wanted.h"

#include <stdlib.h>
#include <string.h>

/* The highest character there is: what begins with a text lies below the text and this. */
#define HIGHEST "\xF4\x8F\xBF\xBF"

static enum tg_status mark(const struct tg_db *db, sqlite3_stmt *stmt,
                           const struct tg_code_range *range, uint64_t question,
                           struct tg_wanted *out, struct tg_error *err)
{
    struct tg_buf end = {0};
    bool row = true;
    enum tg_status status = tg_buf_printf(&end, err, "%s%s", range->to, HIGHEST);
    if (!status)
        status = tg_db_bind(
            db, stmt,
            DB_ARGS(DB_TEXT(range->from, strlen(range->from)), DB_TEXT(end.data, end.len)), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (status || !row)
            break;
        const char *text = (const char *)sqlite3_column_text(stmt, 1);
        int64_t id = sqlite3_column_int64(stmt, 0);
        if (text && id > 0 && (uint64_t)id < out->n && tg_code_in(range, 1, text))
            out->words[id] |= question;
    }
    (void)sqlite3_reset(stmt);
    tg_buf_free(&end);
    return status;
}

/* Room for every word there is. */
static enum tg_status make_room(const struct tg_db *db, struct tg_wanted *out, struct tg_error *err)
{
    int64_t last = 0;
    enum tg_status status =
        tg_db_number(db, "SELECT coalesce(max(id), 0) FROM word", DB_NO_ARGS, &last, err);
    if (status)
        return status;
    out->words = tg_calloc((size_t)last + 1, sizeof *out->words, err);
    if (!out->words)
        return TG_NO_MEMORY;
    out->n = (size_t)last + 1;
    return TG_OK;
}

enum tg_status tg_wanted_codes(const struct tg_db *db, unsigned question,
                               const struct tg_code_range *ranges, size_t n,
                               struct tg_wanted *wanted, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    uint64_t bit = UINT64_C(1) << question;
    if (n == 0) {
        wanted->all |= bit;
        return TG_OK;
    }
    enum tg_status status = wanted->words ? TG_OK : make_room(db, wanted, err);
    if (!status)
        status =
            tg_db_prepare(db, "SELECT id, text FROM word WHERE text >= ? AND text < ?", &stmt, err);
    for (size_t i = 0; !status && i < n; i++)
        status = mark(db, stmt, &ranges[i], bit, wanted, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

void tg_wanted_free(struct tg_wanted *w)
{
    free(w->words);
    *w = (struct tg_wanted){0};
}
