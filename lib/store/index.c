/* SPDX-License-Identifier: Apache-2.0 */
#include "store/index.h"

#include "store/index_room.h"

#include <stdlib.h>

/* So many lie in a chunk: two of those fill a page of 8,192 bytes. And so many are merged at a
 * time.
 */
enum { CHUNK_MAX = 203, SLICE = 1 << 14 };

/* An index that is being changed. */
struct changing {
    const struct tg_db *db;
    enum tg_index index;
    int64_t column;
    bool takes; /* postings are taken out, else put in */
    sqlite3_stmt *at_or_below, *above, *put, *drop;
    bool has_home; /* is there a chunk that is being changed? */
    int64_t home;
    int64_t next; /* the one above it, or where the column ends */
    bool last;    /* there is none above it */
    struct tg_buf old, merged;
};

static enum tg_status begin(struct changing *c, struct tg_error *err)
{
    const struct {
        sqlite3_stmt **stmt;
        const char *format;
    } statements[] = {
        {&c->at_or_below, "SELECT id, postings FROM %s WHERE id BETWEEN ? AND ?"
                          " ORDER BY id DESC LIMIT 1"},
        {&c->above, "SELECT id FROM %s WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1"},
        {&c->put, "REPLACE INTO %s(id, postings) VALUES(?, ?)"},
        {&c->drop, "DELETE FROM %s WHERE id = ?"},
    };
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof statements / sizeof statements[0]; i++)
        status = tg_index_prepare(c->db, c->index, statements[i].format, statements[i].stmt, err);
    return status;
}

static void end(struct changing *c)
{
    sqlite3_stmt *statements[] = {c->at_or_below, c->above, c->put, c->drop};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        (void)sqlite3_finalize(statements[i]);
    tg_buf_free(&c->old);
    tg_buf_free(&c->merged);
}

/* The chunk in which a hash lies. */
static enum tg_status find_home(struct changing *c, const unsigned char *hash, struct tg_error *err)
{
    const int64_t first = c->column << TG_INDEX_HASH_BITS;
    const int64_t key = tg_index_key(c->column, hash);
    bool row = false;
    size_t n = 0;
    c->old.len = 0;
    enum tg_status status =
        tg_db_bind(c->db, c->at_or_below, DB_ARGS(DB_INT(first), DB_INT(key)), err);
    if (!status)
        status = tg_db_next(c->db, c->at_or_below, &row, err);
    c->has_home = !status && row;
    if (c->has_home) {
        const void *blob = sqlite3_column_blob(c->at_or_below, 1);
        size_t len = (size_t)sqlite3_column_bytes(c->at_or_below, 1);
        c->home = sqlite3_column_int64(c->at_or_below, 0);
        status = tg_index_postings(c->db, c->index, blob, len, &n, err);
        if (!status)
            status = tg_buf_add(&c->old, blob, len, err);
    }
    (void)sqlite3_reset(c->at_or_below);
    return status;
}

/* Where the chunk above a hash begins. */
static enum tg_status find_next(struct changing *c, const unsigned char *hash, struct tg_error *err)
{
    const int64_t beyond = (c->column + 1) << TG_INDEX_HASH_BITS;
    bool row = false;
    enum tg_status status =
        tg_db_bind(c->db, c->above,
                   DB_ARGS(DB_INT(tg_index_key(c->column, hash) + 1), DB_INT(beyond - 1)), err);
    if (!status)
        status = tg_db_next(c->db, c->above, &row, err);
    c->last = !row;
    c->next = !status && row ? sqlite3_column_int64(c->above, 0) : beyond;
    (void)sqlite3_reset(c->above);
    return status;
}

/* Both are sorted. What comes twice is put in once; what is taken out and not there is no matter.
 */
static enum tg_status merge(struct changing *c, const struct tg_posting *items, size_t n,
                            struct tg_error *err)
{
    const unsigned char *old = (const unsigned char *)c->old.data;
    const unsigned char *old_end = old ? old + c->old.len : old;
    c->merged.len = 0;
    enum tg_status status = tg_buf_reserve(&c->merged, c->old.len + n * TG_INDEXED_LEN, err);
    if (status)
        return status;
    unsigned char *to = (unsigned char *)c->merged.data;
    for (size_t i = 0; i < n; i++) {
        unsigned char item[TG_INDEXED_LEN];
        tg_indexed_put(item, tg_posting_hash(&items[i]), tg_posting_identity(&items[i]));
        int order = 1;
        while (old < old_end && (order = memcmp(old, item, sizeof item)) < 0) {
            memcpy(to, old, sizeof item);
            to += sizeof item;
            old += sizeof item;
        }
        bool there = old < old_end && order == 0;
        old += there ? sizeof item : 0;
        bool twice =
            i > 0 && memcmp(items[i - 1].bytes + 2, items[i].bytes + 2, TG_POSTING_LEN - 2) == 0;
        if (c->takes || twice)
            continue;
        memcpy(to, item, sizeof item);
        to += sizeof item;
    }
    if (old < old_end)
        memcpy(to, old, (size_t)(old_end - old));
    c->merged.len = (size_t)(to - (unsigned char *)c->merged.data) + (size_t)(old_end - old);
    return TG_OK;
}

/* The end of a piece of about `size` postings: those of one key stay together. */
static size_t end_of_piece(const struct changing *c, size_t from, size_t size, size_t n)
{
    const unsigned char *all = (const unsigned char *)c->merged.data;
    size_t to = n - from <= size ? n : from + size;
    while (to < n && tg_index_key(c->column, all + to * TG_INDEXED_LEN) ==
                         tg_index_key(c->column, all + (to - 1) * TG_INDEXED_LEN))
        to++;
    return to;
}

/* Writes what was merged: in full chunks at the end of a column, where more are to come, and in
 * equal ones elsewhere. */
static enum tg_status put(struct changing *c, struct tg_error *err)
{
    const unsigned char *all = (const unsigned char *)c->merged.data;
    const size_t n = c->merged.len / TG_INDEXED_LEN;
    const size_t pieces = (n + CHUNK_MAX - 1) / CHUNK_MAX;
    const size_t size = c->last || pieces == 0 ? (size_t)CHUNK_MAX : (n + pieces - 1) / pieces;
    enum tg_status status = TG_OK;
    if (n == 0 && c->has_home)
        return tg_db_run(c->db, c->drop, DB_ARGS(DB_INT(c->home)), err);
    for (size_t from = 0, to; !status && from < n; from = to) {
        const unsigned char *first = all + from * TG_INDEXED_LEN;
        to = end_of_piece(c, from, size, n);
        int64_t id = from == 0 && c->has_home ? c->home : tg_index_key(c->column, first);
        status = tg_db_run(c->db, c->put,
                           DB_ARGS(DB_INT(id), DB_BLOB(first, (to - from) * TG_INDEXED_LEN)), err);
    }
    return status;
}

/* How many of the first `n` lie below the next chunk. */
static size_t below_next(const struct changing *c, const struct tg_posting *items, size_t n)
{
    size_t low = 1, high = n < SLICE ? n : SLICE;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tg_index_key(c->column, tg_posting_hash(&items[middle])) < c->next)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many of the first `n` belong to the chunk of the first. Where they are few, those that are
 * not above its last posting do without a look at the chunk behind it. */
static enum tg_status take_some(struct changing *c, const struct tg_posting *items, size_t n,
                                size_t *some, struct tg_error *err)
{
    enum { FEW = 4 };
    const unsigned char *last =
        c->has_home ? (const unsigned char *)c->old.data + c->old.len - TG_INDEXED_LEN : NULL;
    *some = 0;
    while (last && *some < n && *some < FEW &&
           memcmp(tg_posting_hash(&items[*some]), last, TG_TOKEN_LEN) <= 0)
        ++*some;
    c->last = false;
    if (*some > 0 && (*some < FEW || *some == n))
        return TG_OK;
    enum tg_status status = find_next(c, tg_posting_hash(items), err);
    *some = status ? 0 : below_next(c, items, n);
    return status;
}

static enum tg_status change(const struct tg_db *db, enum tg_index index, int64_t column,
                             bool takes, const struct tg_posting *items, size_t n,
                             struct tg_error *err)
{
    struct changing c = {.db = db, .index = index, .column = column, .takes = takes};
    if (n == 0)
        return TG_OK;
    if (column < 0 || column >= TG_INDEX_COLUMNS)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = db->path);
    enum tg_status status = begin(&c, err);
    for (size_t i = 0, some = 0; !status && i < n; i += some) {
        status = find_home(&c, tg_posting_hash(&items[i]), err);
        if (!status)
            status = take_some(&c, &items[i], n - i, &some, err);
        if (!status)
            status = merge(&c, &items[i], some, err);
        if (!status)
            status = put(&c, err);
    }
    end(&c);
    return status;
}

enum tg_status tg_index_add(const struct tg_db *db, enum tg_index index, int64_t column,
                            const struct tg_posting *items, size_t n, struct tg_error *err)
{
    return change(db, index, column, false, items, n, err);
}

/* ---- many columns ---- */

/* Postings that wait, of any columns. */
struct waiting {
    const struct tg_db *db;
    enum tg_index index;
    bool takes;
    struct tg_posting *items;
    size_t n, cap;
};

static enum tg_status change_waiting(struct waiting *w, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    tg_postings_sort(w->items, w->n);
    for (size_t i = 0, n; !status && i < w->n; i += n) {
        size_t column = tg_posting_column(&w->items[i]);
        n = tg_postings_of_column(&w->items[i], w->n - i);
        status = change(w->db, w->index, (int64_t)column, w->takes, &w->items[i], n, err);
    }
    w->n = 0;
    return status;
}

static enum tg_status wait(struct waiting *w, int64_t column, const unsigned char *hash,
                           int64_t identity, struct tg_error *err)
{
    if (column < 0 || column >= TG_INDEX_COLUMNS || identity < 0 || identity > UINT32_MAX)
        return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = w->db->path,
                       .rule = tg_index_table(w->index));
    enum tg_status status = tg_grow(&w->items, &w->cap, w->n + 1, sizeof *w->items, err);
    if (status)
        return status;
    tg_posting_put(&w->items[w->n++], (size_t)column, hash, identity);
    return w->n < SLICE ? TG_OK : change_waiting(w, err);
}

static enum tg_status finish(struct waiting *w, enum tg_status status, struct tg_error *err)
{
    if (!status)
        status = change_waiting(w, err);
    if (w->items)
        tg_wipe(w->items, w->cap * sizeof *w->items);
    free(w->items);
    return status;
}

enum tg_status tg_index_fill(const struct tg_db *db, enum tg_index index, sqlite3_stmt *rows,
                             struct tg_error *err)
{
    struct waiting w = {.db = db, .index = index};
    bool row = true;
    enum tg_status status = TG_OK;
    while (!status && row) {
        status = tg_db_next(db, rows, &row, err);
        if (!status && row && sqlite3_column_bytes(rows, 1) == TG_TOKEN_LEN)
            status = wait(&w, sqlite3_column_int64(rows, 0), sqlite3_column_blob(rows, 1),
                          sqlite3_column_int64(rows, 2), err);
    }
    (void)sqlite3_reset(rows);
    return finish(&w, status, err);
}

/* Columns: id, source, digest, tokens. */
static enum tg_status forget_row(struct waiting of[TG_N_INDEXES], sqlite3_stmt *row,
                                 struct tg_error *err)
{
    const int64_t id = sqlite3_column_int64(row, 0);
    const unsigned char *digest = sqlite3_column_blob(row, 2), *packed;
    enum tg_status status = TG_OK;
    if (sqlite3_column_bytes(row, 2) == TG_TOKEN_LEN)
        status = wait(&of[TG_INDEX_DIGESTS], sqlite3_column_int64(row, 1), digest, id, err);
    packed = sqlite3_column_blob(row, 3);
    size_t len = packed ? (size_t)sqlite3_column_bytes(row, 3) : 0;
    for (size_t i = 0; !status && i + TG_PACKED_LEN <= len; i += TG_PACKED_LEN)
        status = wait(&of[TG_INDEX_TOKENS], tg_packed_token(packed + i), packed + i + 2, id, err);
    return status;
}

enum tg_status tg_index_forget(const struct tg_db *db, const char *identities, struct tg_error *err)
{
    struct waiting of[TG_N_INDEXES] = {{.db = db, .index = TG_INDEX_TOKENS, .takes = true},
                                       {.db = db, .index = TG_INDEX_DIGESTS, .takes = true}};
    struct tg_buf sql = {0};
    sqlite3_stmt *rows = NULL;
    bool row = true;
    enum tg_status status = tg_buf_printf(
        &sql, err, "SELECT id, source_id, digest, tokens FROM identity WHERE id IN (%s)",
        identities);
    const char *text = status ? NULL : tg_buf_text(&sql, err);
    status = text ? tg_db_prepare(db, text, &rows, err) : TG_NO_MEMORY;
    while (!status && row) {
        status = tg_db_next(db, rows, &row, err);
        if (!status && row)
            status = forget_row(of, rows, err);
    }
    (void)sqlite3_finalize(rows);
    tg_buf_free(&sql);
    status = finish(&of[TG_INDEX_TOKENS], status, err);
    return finish(&of[TG_INDEX_DIGESTS], status, err);
}

static enum tg_status fill_from(const struct tg_db *db, enum tg_index index, const char *sql,
                                struct tg_error *err)
{
    sqlite3_stmt *rows = NULL;
    enum tg_status status = tg_db_prepare(db, sql, &rows, err);
    if (!status)
        status = tg_index_fill(db, index, rows, err);
    (void)sqlite3_finalize(rows);
    return status;
}

enum tg_status tg_index_convert(const struct tg_db *db, struct tg_error *err)
{
    enum tg_status status = fill_from(db, TG_INDEX_TOKENS,
                                      "SELECT token, hash, identity_id FROM main.identity_token"
                                      " ORDER BY token, hash, identity_id",
                                      err);
    if (!status)
        status = fill_from(db, TG_INDEX_DIGESTS,
                           "SELECT source_id, digest, identity_id FROM main.identity_digest"
                           " ORDER BY source_id, digest, identity_id",
                           err);
    return status ? status
                  : tg_db_exec(db, "DROP TABLE identity_token;DROP TABLE identity_digest", err);
}

/* ---- against table identity ---- */

/* Of many postings in any order: how many, and two sums that tell others apart. */
struct sum {
    uint64_t n, plain, mixed;
};

static void add_to_sum(struct sum *s, int64_t column, const unsigned char *hash, int64_t identity)
{
    uint64_t half[2];
    memcpy(half, hash, sizeof half);
    uint64_t x = half[0] ^ half[1] * 0x9E3779B97F4A7C15u ^ (uint64_t)column << 48 ^
                 (uint64_t)identity * 0xD1B54A32D192ED03u;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    x ^= x >> 29;
    s->n++;
    s->plain += x;
    s->mixed += x * (x >> 7 | 1);
}

static bool are_alike(const struct sum *a, const struct sum *b)
{
    return a->n == b->n && a->plain == b->plain && a->mixed == b->mixed;
}

static enum tg_status sum_identities(const struct tg_db *db, struct sum of[TG_N_INDEXES],
                                     struct tg_error *err)
{
    sqlite3_stmt *rows = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(db, "SELECT id, source_id, digest, tokens FROM identity", &rows, err);
    while (!status && row) {
        status = tg_db_next(db, rows, &row, err);
        if (status || !row)
            break;
        const int64_t id = sqlite3_column_int64(rows, 0);
        const unsigned char *digest = sqlite3_column_blob(rows, 2);
        if (sqlite3_column_bytes(rows, 2) == TG_TOKEN_LEN)
            add_to_sum(&of[TG_INDEX_DIGESTS], sqlite3_column_int64(rows, 1), digest, id);
        const unsigned char *packed = sqlite3_column_blob(rows, 3), *before = NULL;
        size_t len = packed ? (size_t)sqlite3_column_bytes(rows, 3) : 0;
        for (size_t i = 0; i + TG_PACKED_LEN <= len; i += TG_PACKED_LEN) {
            if (!before || memcmp(before, packed + i, TG_PACKED_LEN) != 0)
                add_to_sum(&of[TG_INDEX_TOKENS], tg_packed_token(packed + i), packed + i + 2, id);
            before = packed + i;
        }
    }
    (void)sqlite3_finalize(rows);
    return status;
}

/* Sums up an index; `*ordered` false: a posting is not where it would be looked for. */
static enum tg_status sum_index(const struct tg_db *db, enum tg_index index, struct sum *sum,
                                bool *ordered, struct tg_error *err)
{
    sqlite3_stmt *rows = NULL;
    unsigned char before[TG_INDEXED_LEN] = {0};
    int64_t column = -1;
    bool row = true;
    enum tg_status status =
        tg_index_prepare(db, index, "SELECT id, postings FROM %s ORDER BY id", &rows, err);
    while (!status && row && *ordered) {
        status = tg_db_next(db, rows, &row, err);
        if (status || !row)
            break;
        const int64_t id = sqlite3_column_int64(rows, 0);
        const unsigned char *all = sqlite3_column_blob(rows, 1);
        size_t n = 0, len = (size_t)sqlite3_column_bytes(rows, 1);
        *ordered = tg_index_postings(db, index, all, len, &n, NULL) == TG_OK;
        for (size_t i = 0; *ordered && i < n; i++) {
            const unsigned char *p = all + i * TG_INDEXED_LEN;
            bool first = tg_index_column_of(id) != column;
            column = tg_index_column_of(id);
            *ordered = tg_index_key(column, p) >= id &&
                       (first || memcmp(before, p, sizeof before) < 0) &&
                       (first || i > 0 || tg_index_key(column, before) < id);
            memcpy(before, p, sizeof before);
            add_to_sum(sum, column, p, tg_indexed_identity(p));
        }
    }
    (void)sqlite3_finalize(rows);
    return status;
}

enum tg_status tg_index_check(const struct tg_db *db, bool sound[TG_N_INDEXES],
                              struct tg_error *err)
{
    struct sum wanted[TG_N_INDEXES] = {{0}}, there[TG_N_INDEXES] = {{0}};
    enum tg_status status = sum_identities(db, wanted, err);
    for (int i = 0; !status && i < TG_N_INDEXES; i++) {
        sound[i] = true;
        status = sum_index(db, (enum tg_index)i, &there[i], &sound[i], err);
        sound[i] = sound[i] && are_alike(&wanted[i], &there[i]);
    }
    return status;
}
