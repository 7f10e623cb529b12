/* SPDX-License-Identifier: Apache-2.0 */
#include "base/search.h"
#include "store/index_room.h"
#include "store/pump.h"

const char *tg_index_table(enum tg_index index)
{
    return index == TG_INDEX_TOKENS ? "token_chunk" : "digest_chunk";
}

enum tg_status tg_index_prepare(const struct tg_db *db, enum tg_index index, const char *format,
                                sqlite3_stmt **out, struct tg_error *err)
{
    struct tg_buf sql = {0};
    enum tg_status status = TG_OK;
    for (const char *mark; !status && (mark = strstr(format, "%s")); format = mark + 2) {
        status = tg_buf_add(&sql, format, (size_t)(mark - format), err);
        if (!status)
            status = tg_buf_printf(&sql, err, "%s", tg_index_table(index));
    }
    if (!status)
        status = tg_buf_printf(&sql, err, "%s", format);
    const char *text = status ? NULL : tg_buf_text(&sql, err);
    status = text ? tg_db_prepare(db, text, out, err) : TG_NO_MEMORY;
    tg_buf_free(&sql);
    return status;
}

enum tg_status tg_index_postings(const struct tg_db *db, enum tg_index index, const void *blob,
                                 size_t len, size_t *n, struct tg_error *err)
{
    *n = len / TG_INDEXED_LEN;
    if (!blob || len == 0 || len % TG_INDEXED_LEN != 0)
        return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = db->path, .rule = tg_index_table(index));
    return TG_OK;
}

/* ---- a place in a level ---- */

static const unsigned char *posting(const struct tg_index_place *p, size_t at)
{
    return (const unsigned char *)p->chunk.data + at * TG_INDEXED_LEN;
}

static enum tg_status prepare(struct tg_index_cursor *c, struct tg_error *err)
{
    if (c->first)
        return TG_OK;
    enum tg_status status = tg_index_prepare(
        c->db, c->index,
        "SELECT id, postings FROM %s WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1", &c->last,
        err);
    return status ? status
                  : tg_index_prepare(
                        c->db, c->index,
                        "SELECT id, postings FROM %s WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1",
                        &c->first, err);
}

/* The chunk that one of the statements finds of a range of numbers, copied. */
static enum tg_status load(const struct tg_index_cursor *c, struct tg_index_place *p,
                           sqlite3_stmt *stmt, int64_t from, int64_t to, struct tg_error *err)
{
    bool row = false;
    enum tg_status status = tg_db_bind(c->db, stmt, DB_ARGS(DB_INT(from), DB_INT(to)), err);
    p->n = p->at = p->chunk.len = 0;
    p->from = p->to = 0;
    if (!status)
        status = tg_db_next(c->db, stmt, &row, err);
    if (!status && row) {
        const void *blob = sqlite3_column_blob(stmt, 1);
        size_t len = (size_t)sqlite3_column_bytes(stmt, 1), n = 0;
        p->id = sqlite3_column_int64(stmt, 0);
        status = tg_index_postings(c->db, c->index, blob, len, &n, err);
        if (!status)
            status = tg_buf_add(&p->chunk, blob, len, err);
        p->n = status ? 0 : n;
    }
    (void)sqlite3_reset(stmt);
    return status;
}

/* Is the hash between those of the chunk at hand? */
static bool is_within(const struct tg_index_place *p, int64_t part, const unsigned char *hash)
{
    return p->n && tg_index_part_of(p->id) == part &&
           memcmp(posting(p, 0), hash, TG_TOKEN_LEN) <= 0 &&
           memcmp(posting(p, p->n - 1), hash, TG_TOKEN_LEN) >= 0;
}

static bool is_behind(const struct tg_index_place *p, const unsigned char *hash)
{
    return p->n == 0 || memcmp(posting(p, p->n - 1), hash, TG_TOKEN_LEN) < 0;
}

/* Where the next chunk begins: many who seek there do so in vain, and without a search each. */
static enum tg_status learn_gap(const struct tg_index_cursor *c, struct tg_index_place *p,
                                int64_t part, const unsigned char *hash, struct tg_error *err)
{
    const int64_t key = tg_index_key(part, hash), last = tg_index_ceiling(part);
    bool row = false;
    enum tg_status status = tg_db_bind(c->db, c->first, DB_ARGS(DB_INT(key), DB_INT(last)), err);
    if (!status)
        status = tg_db_next(c->db, c->first, &row, err);
    p->from = p->n ? tg_index_key(part, posting(p, p->n - 1)) : tg_index_floor(part);
    p->to = !status && row ? sqlite3_column_int64(c->first, 0) : last;
    (void)sqlite3_reset(c->first);
    return status;
}

static bool is_in_gap(const struct tg_index_place *p, int64_t part, const unsigned char *hash)
{
    const int64_t key = p->to ? tg_index_key(part, hash) : 0;
    return p->to && p->from <= key && key < p->to;
}

static enum tg_status seek(const struct tg_index_cursor *c, struct tg_index_place *p, int64_t part,
                           const unsigned char *hash, bool *there, struct tg_error *err)
{
    size_t from = 0;
    *there = false;
    if (is_within(p, part, hash)) {
        from = p->at < p->n && memcmp(posting(p, p->at), hash, TG_TOKEN_LEN) <= 0 ? p->at : 0;
        /* of several with the hash before it the last one may be at hand */
        while (from > 0 && memcmp(posting(p, from - 1), hash, TG_TOKEN_LEN) == 0)
            from--;
    } else if (is_in_gap(p, part, hash)) {
        p->at = p->n;
        return TG_OK;
    } else {
        enum tg_status status =
            load(c, p, c->last, tg_index_floor(part), tg_index_key(part, hash), err);
        const bool again = p->missed;
        p->missed = !status && is_behind(p, hash);
        if (p->missed && again)
            status = learn_gap(c, p, part, hash, err);
        if (status || p->n == 0)
            return status;
    }
    p->at = tg_lower_bound_near(p->chunk.data, from, p->n, TG_INDEXED_LEN, hash, TG_TOKEN_LEN);
    *there = p->at < p->n && memcmp(posting(p, p->at), hash, TG_TOKEN_LEN) == 0;
    return TG_OK;
}

/* The first posting of a level from a chunk's number on. */
static enum tg_status first_from(struct tg_index_cursor *c, int level, int64_t id,
                                 struct tg_error *err)
{
    struct tg_index_place *p = &c->level[level];
    int64_t last = tg_index_ceiling(tg_index_part(TG_INDEX_COLUMNS - 1, level));
    enum tg_status status = load(c, p, c->first, id, last, err);
    c->there[level] = p->n > 0;
    return status;
}

/* ---- a place in both ---- */

/* Below 0 where the posting of `a` comes first; columns are compared as their parts are. */
static int compare(const struct tg_index_place *a, const struct tg_index_place *b)
{
    int64_t x = tg_index_column_of(a->id), y = tg_index_column_of(b->id);
    if (x != y)
        return x < y ? -1 : 1;
    return memcmp(posting(a, a->at), posting(b, b->at), TG_INDEXED_LEN);
}

/* The first posting of those that the levels have to show. */
static bool choose(struct tg_index_cursor *c)
{
    const bool *there = c->there;
    const struct tg_index_place *level = c->level;
    bool fresh =
        there[TG_INDEX_FRESH] &&
        (!there[TG_INDEX_MAIN] || compare(&level[TG_INDEX_FRESH], &level[TG_INDEX_MAIN]) < 0);
    c->now = fresh ? TG_INDEX_FRESH : TG_INDEX_MAIN;
    return there[c->now];
}

int64_t tg_index_column(const struct tg_index_cursor *c)
{
    return tg_index_column_of(c->level[c->now].id);
}

const unsigned char *tg_index_hash(const struct tg_index_cursor *c)
{
    return posting(&c->level[c->now], c->level[c->now].at);
}

int64_t tg_index_identity(const struct tg_index_cursor *c)
{
    return tg_indexed_identity(tg_index_hash(c));
}

enum tg_status tg_index_seek(struct tg_index_cursor *c, int64_t column,
                             const unsigned char hash[TG_TOKEN_LEN], bool *there,
                             struct tg_error *err)
{
    *there = false;
    if (column < 0 || column >= TG_INDEX_COLUMNS)
        return TG_OK;
    enum tg_status status = prepare(c, err);
    for (int i = 0; !status && i < TG_INDEX_LEVELS; i++)
        status = seek(c, &c->level[i], tg_index_part(column, i), hash, &c->there[i], err);
    *there = !status && choose(c);
    return status;
}

bool tg_index_again(struct tg_index_cursor *c)
{
    struct tg_index_place *p = &c->level[c->now];
    c->there[c->now] =
        p->at + 1 < p->n && memcmp(posting(p, p->at), posting(p, p->at + 1), TG_TOKEN_LEN) == 0;
    p->at += c->there[c->now];
    return choose(c);
}

enum tg_status tg_index_first(struct tg_index_cursor *c, int64_t column, bool *there,
                              struct tg_error *err)
{
    *there = false;
    if (column < 0 || column >= TG_INDEX_COLUMNS)
        return TG_OK;
    enum tg_status status = prepare(c, err);
    for (int i = 0; !status && i < TG_INDEX_LEVELS; i++)
        status = first_from(c, i, tg_index_floor(tg_index_part(column, i)), err);
    *there = !status && choose(c);
    return status;
}

enum tg_status tg_index_next(struct tg_index_cursor *c, bool *there, struct tg_error *err)
{
    struct tg_index_place *p = &c->level[c->now];
    enum tg_status status = TG_OK;
    if (p->at + 1 < p->n)
        p->at++;
    else if (p->id == INT64_MAX)
        c->there[c->now] = false;
    else
        status = first_from(c, c->now, p->id + 1, err);
    *there = !status && choose(c);
    return status;
}

void tg_index_let_go(struct tg_index_cursor *c)
{
    for (int i = 0; i < TG_INDEX_LEVELS; i++) {
        struct tg_index_place *p = &c->level[i];
        p->n = p->at = p->chunk.len = 0;
        p->from = p->to = 0;
        p->missed = false;
    }
}

void tg_index_end(struct tg_index_cursor *c)
{
    (void)sqlite3_finalize(c->first);
    (void)sqlite3_finalize(c->last);
    for (int i = 0; i < TG_INDEX_LEVELS; i++)
        tg_buf_free(&c->level[i].chunk);
    *c = (struct tg_index_cursor){0};
}

/* ---- a column ---- */

/* Chunks come in the order of their numbers, so that what lies below the one that came is known. */
struct walking {
    const struct tg_db *db;
    enum tg_index index;
    tg_on_posting *on;
    void *ctx;
    struct tg_index_place level[TG_INDEX_LEVELS]; /* the chunk of each that is being passed on */
};

/* Passes on what lies below a number; `below` NULL: all. */
static enum tg_status pass_on(struct walking *w, const int64_t *below, struct tg_error *err)
{
    const struct tg_index_place *fresh = &w->level[TG_INDEX_FRESH], *old = &w->level[TG_INDEX_MAIN];
    enum tg_status status = TG_OK;
    while (!status && (fresh->at < fresh->n || old->at < old->n)) {
        bool first = fresh->at < fresh->n &&
                     (old->at == old->n ||
                      memcmp(posting(fresh, fresh->at), posting(old, old->at), TG_INDEXED_LEN) < 0);
        struct tg_index_place *p = &w->level[first ? TG_INDEX_FRESH : TG_INDEX_MAIN];
        const unsigned char *here = posting(p, p->at);
        if (below && tg_index_key(tg_index_part_of(*below), here) >= *below)
            break;
        p->at++;
        status = w->on(w->ctx, here, tg_indexed_identity(here), err);
    }
    return status;
}

/* Numbers: of the chunk, as if it were of the main level, and its level. */
static enum tg_status on_chunk(void *ctx, const struct tg_pumped *row, struct tg_error *err)
{
    struct walking *w = ctx;
    struct tg_index_place *p = &w->level[row->numbers[1] ? TG_INDEX_FRESH : TG_INDEX_MAIN];
    enum tg_status status = pass_on(w, &row->numbers[0], err);
    if (status)
        return status;
    p->at = p->n = p->chunk.len = 0;
    size_t n = 0;
    status = tg_index_postings(w->db, w->index, row->bytes, row->len, &n, err);
    if (!status)
        status = tg_buf_add(&p->chunk, row->bytes, row->len, err);
    p->n = status ? 0 : n;
    return status;
}

/* Binds where the parts of a column begin and end. */
static enum tg_status of_column(const struct tg_db *db, enum tg_index index, int64_t column,
                                const char *format, sqlite3_stmt **stmt, struct tg_error *err)
{
    const int64_t old = tg_index_part(column, TG_INDEX_MAIN);
    const int64_t fresh = tg_index_part(column, TG_INDEX_FRESH);
    enum tg_status status = tg_index_prepare(db, index, format, stmt, err);
    return status
               ? status
               : tg_db_bind(db, *stmt,
                            DB_ARGS(DB_INT(tg_index_floor(old)), DB_INT(tg_index_ceiling(old)),
                                    DB_INT(tg_index_floor(fresh)), DB_INT(tg_index_ceiling(fresh))),
                            err);
}

enum tg_status tg_index_walk(const struct tg_db *db, enum tg_index index, int64_t column,
                             tg_on_posting *on, void *ctx, struct tg_error *err)
{
    struct walking w = {.db = db, .index = index, .on = on, .ctx = ctx};
    sqlite3_stmt *stmt = NULL;
    if (column < 0 || column >= TG_INDEX_COLUMNS)
        return TG_OK;
    enum tg_status status =
        of_column(db, index, column,
                  "SELECT id, 0, postings FROM %s WHERE id BETWEEN ?1 AND ?2 UNION ALL"
                  " SELECT id & 9223372036854775807, 1, postings FROM %s WHERE id BETWEEN ?3 AND ?4"
                  " ORDER BY 1",
                  &stmt, err);
    if (!status)
        status = tg_pump(db, stmt, 2, on_chunk, &w, err);
    if (!status)
        status = pass_on(&w, NULL, err);
    (void)sqlite3_finalize(stmt);
    for (int i = 0; i < TG_INDEX_LEVELS; i++)
        tg_buf_free(&w.level[i].chunk);
    return status;
}

enum tg_status tg_index_count(const struct tg_db *db, enum tg_index index, int64_t column,
                              int64_t *n, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    *n = 0;
    if (column < 0 || column >= TG_INDEX_COLUMNS)
        return TG_OK;
    enum tg_status status =
        of_column(db, index, column,
                  "SELECT coalesce(sum(n), 0) FROM (SELECT length(postings) AS n FROM %s WHERE id"
                  " BETWEEN ? AND ? UNION ALL SELECT length(postings) FROM %s WHERE id BETWEEN ?"
                  " AND ?)",
                  &stmt, err);
    if (!status)
        status = tg_db_next(db, stmt, &row, err);
    if (!status && row)
        *n = sqlite3_column_int64(stmt, 0) / TG_INDEXED_LEN;
    (void)sqlite3_finalize(stmt);
    return status;
}
