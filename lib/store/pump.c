/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pump.h"

#include "base/mem.h"
#include "sys/thread.h"

#include <string.h>

enum { N_BLOCKS = 4, BLOCK_BYTES = 256 * 1024 };

/* Rows one behind the other: numbers, length, bytes. */
struct block {
    struct tg_buf data;
    bool last; /* nothing comes after it; `status` says why */
    enum tg_status status;
    struct tg_error err;
};

struct pump {
    const struct tg_db *db;
    sqlite3_stmt *stmt;
    int n_numbers;
    tg_on_pumped *on;
    void *ctx;
    struct block blocks[N_BLOCKS];
    struct tg_mutex *mutex;
    struct tg_cond *changed;
    struct tg_thread *reader;
    uint64_t filled, emptied; /* blocks; under the mutex */
    bool stop;
};

static enum tg_status add_row(struct pump *p, struct tg_buf *to, struct tg_error *err)
{
    const void *bytes = NULL;
    size_t len = 0;
    if (sqlite3_column_count(p->stmt) > p->n_numbers) {
        bytes = sqlite3_column_blob(p->stmt, p->n_numbers);
        len = bytes ? (size_t)sqlite3_column_bytes(p->stmt, p->n_numbers) : 0;
    }
    size_t fixed = (size_t)p->n_numbers * sizeof(int64_t) + sizeof len;
    enum tg_status status = tg_buf_reserve(to, fixed + len, err);
    if (status)
        return status;
    for (int i = 0; i < p->n_numbers; i++) {
        int64_t number = sqlite3_column_int64(p->stmt, i);
        memcpy(to->data + to->len, &number, sizeof number);
        to->len += sizeof number;
    }
    memcpy(to->data + to->len, &len, sizeof len);
    to->len += sizeof len;
    if (len)
        memcpy(to->data + to->len, bytes, len);
    to->len += len;
    return TG_OK;
}

static void fill(struct pump *p, struct block *b)
{
    bool row = true;
    b->data.len = 0;
    b->status = TG_OK;
    while (!b->status && row && b->data.len < BLOCK_BYTES) {
        b->status = tg_db_next(p->db, p->stmt, &row, &b->err);
        if (!b->status && row)
            b->status = add_row(p, &b->data, &b->err);
    }
    b->last = b->status || !row;
}

/* Rows before a failure are used first, as if they had been read one by one. */
static enum tg_status use(struct pump *p, const struct block *b, struct tg_error *err)
{
    struct tg_pumped row = {.len = 0};
    enum tg_status status = TG_OK;
    for (size_t at = 0; !status && at < b->data.len;) {
        const char *from = b->data.data + at;
        size_t fixed = (size_t)p->n_numbers * sizeof row.numbers[0];
        memcpy(row.numbers, from, fixed);
        memcpy(&row.len, from + fixed, sizeof row.len);
        row.bytes = (const unsigned char *)from + fixed + sizeof row.len;
        at += fixed + sizeof row.len + row.len;
        status = p->on(p->ctx, &row, err);
    }
    if (!status && b->status) {
        status = b->status;
        if (err)
            *err = b->err;
    }
    return status;
}

static void read_ahead(void *ctx)
{
    struct pump *p = ctx;
    bool last = false;
    while (!last) {
        tg_mutex_lock(p->mutex);
        while (p->filled - p->emptied == N_BLOCKS && !p->stop)
            tg_cond_wait(p->changed, p->mutex);
        struct block *b = &p->blocks[p->filled % N_BLOCKS];
        last = p->stop;
        tg_mutex_unlock(p->mutex);
        if (last)
            break;
        fill(p, b);
        last = b->last;
        tg_mutex_lock(p->mutex);
        p->filled++;
        tg_cond_broadcast(p->changed);
        tg_mutex_unlock(p->mutex);
    }
}

static enum tg_status use_all(struct pump *p, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (bool last = false; !last && !status;) {
        tg_mutex_lock(p->mutex);
        while (p->filled == p->emptied)
            tg_cond_wait(p->changed, p->mutex);
        const struct block *b = &p->blocks[p->emptied % N_BLOCKS];
        tg_mutex_unlock(p->mutex);
        last = b->last;
        status = use(p, b, err);
        tg_mutex_lock(p->mutex);
        p->emptied++;
        p->stop = status != TG_OK;
        tg_cond_broadcast(p->changed);
        tg_mutex_unlock(p->mutex);
    }
    tg_thread_join(&p->reader);
    return status;
}

/* Is there a thread that goes on where the first block ended? */
static bool start(struct pump *p)
{
    if (tg_mutex_new(&p->mutex, NULL) || tg_cond_new(&p->changed, NULL))
        return false;
    p->filled = 1;
    return tg_thread_start(read_ahead, p, &p->reader, NULL) == TG_OK;
}

enum tg_status tg_pump(const struct tg_db *db, sqlite3_stmt *stmt, int n_numbers, tg_on_pumped *on,
                       void *ctx, struct tg_error *err)
{
    struct pump p = {.db = db, .stmt = stmt, .n_numbers = n_numbers, .on = on, .ctx = ctx};
    fill(&p, &p.blocks[0]);
    enum tg_status status;
    if (!p.blocks[0].last && start(&p)) {
        status = use_all(&p, err);
    } else {
        status = use(&p, &p.blocks[0], err);
        while (!status && !p.blocks[0].last) {
            fill(&p, &p.blocks[0]);
            status = use(&p, &p.blocks[0], err);
        }
    }
    (void)sqlite3_reset(stmt);
    for (size_t i = 0; i < N_BLOCKS; i++)
        tg_buf_free(&p.blocks[i].data);
    tg_cond_free(&p.changed);
    tg_mutex_free(&p.mutex);
    return status;
}
