/* SPDX-License-Identifier: Apache-2.0 */
#include "store/room.h"

#include <stdlib.h>
#include <string.h>

/* Beyond this many the words of a file are looked up one by one: memory stays bounded. */
enum { WORDS_KEPT = 1 << 16, WORD_KEPT_MAX = 256 };

struct tg_word {
    const char *text; /* NULL: the slot is free */
    size_t len;
    int64_t id;
};

/* FNV-1a; where a word lies changes no result */
static size_t slot_of(const struct tg_words *w, const char *text, size_t len)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)text[i]) * 1099511628211u;
    size_t at = (size_t)(h ^ h >> 32) & (w->n_slots - 1);
    while (w->slots[at].text &&
           (w->slots[at].len != len || memcmp(w->slots[at].text, text, len) != 0))
        at = (at + 1) & (w->n_slots - 1);
    return at;
}

static enum tg_status prepare(struct tg_words *w, struct tg_error *err)
{
    w->slots = tg_calloc(WORDS_KEPT * 2, sizeof *w->slots, err);
    if (!w->slots)
        return TG_NO_MEMORY;
    w->n_slots = WORDS_KEPT * 2;
    enum tg_status status =
        tg_db_prepare(w->db, "SELECT id FROM word WHERE text = ?", &w->find, err);
    if (!status)
        status = tg_db_prepare(w->db, "INSERT INTO word(text) VALUES(?)", &w->add, err);
    return status;
}

static enum tg_status find_or_add(struct tg_words *w, const char *text, size_t len, int64_t *id,
                                  struct tg_error *err)
{
    bool row = false;
    enum tg_status status = tg_db_bind(w->db, w->find, DB_ARGS(DB_TEXT(text, len)), err);
    if (!status)
        status = tg_db_next(w->db, w->find, &row, err);
    if (!status && row) {
        *id = sqlite3_column_int64(w->find, 0);
        (void)sqlite3_reset(w->find);
        return TG_OK;
    }
    if (!status)
        status = tg_db_run(w->db, w->add, DB_ARGS(DB_TEXT(text, len)), err);
    if (!status)
        *id = sqlite3_last_insert_rowid(w->db->handle);
    return status;
}

enum tg_status tg_word_intern(struct tg_words *w, const char *text, size_t len, int64_t *id,
                              struct tg_error *err)
{
    *id = 0;
    if (len == 0)
        return TG_OK;
    enum tg_status status = w->add ? TG_OK : prepare(w, err);
    if (status)
        return status;
    size_t at = slot_of(w, text, len);
    if (w->slots[at].text) {
        *id = w->slots[at].id;
        return TG_OK;
    }
    status = find_or_add(w, text, len, id, err);
    if (status || w->n >= WORDS_KEPT || len > WORD_KEPT_MAX)
        return status;
    const char *copy = tg_arena_strndup(&w->arena, text, len, err);
    if (!copy)
        return TG_NO_MEMORY;
    w->slots[at] = (struct tg_word){copy, len, *id};
    w->n++;
    return TG_OK;
}

void tg_words_free(struct tg_words *w)
{
    (void)sqlite3_finalize(w->find);
    (void)sqlite3_finalize(w->add);
    tg_arena_free(&w->arena);
    free(w->slots);
    *w = (struct tg_words){0};
}

static enum tg_status keep(struct tg_word_list *list, sqlite3_stmt *stmt, struct tg_error *err)
{
    size_t id = (size_t)sqlite3_column_int64(stmt, 0);
    const char *text = (const char *)sqlite3_column_text(stmt, 1);
    if (id >= list->n || !text)
        return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .rule = "table word");
    list->text[id] =
        tg_arena_strndup(&list->arena, text, (size_t)sqlite3_column_bytes(stmt, 1), err);
    return list->text[id] ? TG_OK : TG_NO_MEMORY;
}

enum tg_status tg_word_list_load(const struct tg_db *db, const char *wanted,
                                 struct tg_word_list *out, struct tg_error *err)
{
    int64_t last = 0;
    sqlite3_stmt *stmt = NULL;
    struct tg_buf sql = {0};
    bool row = true;
    enum tg_status status =
        tg_db_number(db, "SELECT coalesce(max(id), 0) FROM word", DB_NO_ARGS, &last, err);
    if (status)
        return status;
    *out = (struct tg_word_list){.n = (size_t)last + 1};
    out->text = tg_calloc(out->n, sizeof *out->text, err);
    if (!out->text)
        return TG_NO_MEMORY;
    out->text[0] = "";
    status = tg_buf_printf(&sql, err, "SELECT id, text FROM word WHERE id IN (%s)", wanted);
    const char *text = status ? NULL : tg_buf_text(&sql, err);
    status = text ? tg_db_prepare(db, text, &stmt, err) : TG_NO_MEMORY;
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = keep(out, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    tg_buf_free(&sql);
    if (status)
        tg_word_list_free(out);
    return status;
}

void tg_word_list_free(struct tg_word_list *list)
{
    free(list->text);
    tg_arena_free(&list->arena);
    *list = (struct tg_word_list){0};
}

const char *tg_word_text(const struct tg_word_list *list, int64_t id)
{
    return id > 0 && (size_t)id < list->n && list->text[id] ? list->text[id] : "";
}

enum tg_status tg_word_find(const struct tg_db *db, const char *text, int64_t *id,
                            struct tg_error *err)
{
    *id = 0;
    return tg_db_number(db, "SELECT id FROM word WHERE text = ?",
                        DB_ARGS(DB_TEXT(text, strlen(text))), id, err);
}
