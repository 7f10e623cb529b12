/* SPDX-License-Identifier: Apache-2.0 */
#include "store/index_room.h"

/* So many are merged at a time. */
enum { SLICE = 1 << 14 };

/* A part that is being changed. */
struct changing {
    const struct tg_db *db;
    enum tg_index index;
    int64_t part;
    bool takes; /* postings are taken out, else put in */
    sqlite3_stmt *at_or_below, *above, *put, *drop;
    bool has_home; /* is there a chunk that is being changed? */
    int64_t home;
    int64_t next; /* the one above it */
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
        {&c->above, "SELECT id FROM %s WHERE id > ? AND id <= ? ORDER BY id LIMIT 1"},
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
    const int64_t first = tg_index_floor(c->part);
    const int64_t key = tg_index_key(c->part, hash);
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
    const int64_t key = tg_index_key(c->part, hash), last = tg_index_ceiling(c->part);
    bool row = false;
    enum tg_status status = tg_db_bind(c->db, c->above, DB_ARGS(DB_INT(key), DB_INT(last)), err);
    if (!status)
        status = tg_db_next(c->db, c->above, &row, err);
    c->last = !row;
    c->next = !status && row ? sqlite3_column_int64(c->above, 0) : last;
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
    while (to < n && tg_index_key(c->part, all + to * TG_INDEXED_LEN) ==
                         tg_index_key(c->part, all + (to - 1) * TG_INDEXED_LEN))
        to++;
    return to;
}

/* Writes what was merged: in full chunks at the end of a part, where more are to come, and in
 * equal ones elsewhere. */
static enum tg_status put(struct changing *c, struct tg_error *err)
{
    const unsigned char *all = (const unsigned char *)c->merged.data;
    const size_t n = c->merged.len / TG_INDEXED_LEN;
    const size_t pieces = (n + TG_INDEX_CHUNK - 1) / TG_INDEX_CHUNK;
    const size_t size = c->last || pieces == 0 ? (size_t)TG_INDEX_CHUNK : (n + pieces - 1) / pieces;
    enum tg_status status = TG_OK;
    if (n == 0 && c->has_home)
        return tg_db_run(c->db, c->drop, DB_ARGS(DB_INT(c->home)), err);
    for (size_t from = 0, to; !status && from < n; from = to) {
        const unsigned char *first = all + from * TG_INDEXED_LEN;
        to = end_of_piece(c, from, size, n);
        int64_t id = from == 0 && c->has_home ? c->home : tg_index_key(c->part, first);
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
        if (c->last || tg_index_key(c->part, tg_posting_hash(&items[middle])) < c->next)
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

enum tg_status tg_index_change(const struct tg_db *db, enum tg_index index, int64_t part,
                               bool takes, const struct tg_posting *items, size_t n,
                               struct tg_error *err)
{
    struct changing c = {.db = db, .index = index, .part = part, .takes = takes};
    if (n == 0)
        return TG_OK;
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
