/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ahead.h"

#include "sys/thread.h"

#include <stdlib.h>
#include <string.h>

enum { N_BATCHES = 4, BATCH_BYTES = 1 << 20, BATCH_ROWS = 2048 };

/* Rows whose cells lie in `bytes`, which does not move while there are any. */
struct batch {
    struct tg_read_row *rows;
    size_t n;
    struct tg_buf bytes;
    bool last; /* nothing comes after it; `status` says why */
    enum tg_status status;
    struct tg_error err;
};

struct tg_ahead {
    struct tg_token_file *file;
    tg_on_read *on;
    void *ctx;
    size_t n_tokens, n_carried;
    struct batch batches[N_BATCHES];

    struct tg_mutex *mutex;
    struct tg_cond *changed;
    struct tg_thread *reader, *looker;
    uint64_t filled, looked_at, emptied; /* batches; all only under the mutex */
    bool stop;

    bool holds; /* the reader of rows has batch `emptied` in its hands, and is at row `at` */
    size_t at;
};

static size_t aligned(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

static size_t room_for(const struct tg_ahead *r, const struct tg_token_row *row)
{
    size_t n =
        aligned(r->n_tokens * sizeof *row->tokens) + aligned(r->n_carried * sizeof *row->carried);
    for (size_t i = 0; i < r->n_tokens; i++)
        n += row->tokens[i].n * TG_TOKEN_LEN;
    for (size_t i = 0; i < r->n_carried; i++)
        n += row->carried[i].len;
    return aligned(n);
}

static void *take(struct tg_buf *b, size_t size)
{
    void *p = b->data + b->len;
    b->len += size;
    return p;
}

/* There is room. */
static void copy_row(const struct tg_ahead *r, const struct tg_token_row *row, struct tg_buf *b,
                     struct tg_token_row *out)
{
    size_t begin = b->len, room = room_for(r, row);
    struct tg_token_cell *cells = take(b, aligned(r->n_tokens * sizeof *cells));
    struct tg_cell *carried = take(b, aligned(r->n_carried * sizeof *carried));
    *out = *row;
    for (size_t i = 0; i < r->n_tokens; i++) {
        size_t len = row->tokens[i].n * TG_TOKEN_LEN;
        unsigned char(*to)[TG_TOKEN_LEN] = take(b, len);
        if (len)
            memcpy(to, row->tokens[i].tokens, len);
        cells[i] =
            (struct tg_token_cell){(const unsigned char(*)[TG_TOKEN_LEN])to, row->tokens[i].n};
    }
    for (size_t i = 0; i < r->n_carried; i++) {
        char *to = take(b, row->carried[i].len);
        if (row->carried[i].len)
            memcpy(to, row->carried[i].data, row->carried[i].len);
        carried[i] = (struct tg_cell){to, row->carried[i].len};
    }
    out->tokens = cells;
    out->carried = carried;
    b->len = begin + room;
}

/* Reads rows into a batch; the row that had no room any more stays in `*waiting`. */
static void read_batch(struct tg_ahead *r, struct batch *batch, const struct tg_token_row **waiting)
{
    batch->n = 0;
    batch->bytes.len = 0;
    batch->last = false;
    batch->status = TG_OK;
    while (batch->n < BATCH_ROWS && !batch->last) {
        bool end = false;
        if (!*waiting)
            batch->status = tg_token_file_next(r->file, waiting, &end, &batch->err);
        batch->last = batch->status || end;
        if (batch->last)
            return;
        size_t room = room_for(r, *waiting);
        if (batch->n > 0 && room > batch->bytes.cap - batch->bytes.len)
            return;
        batch->status = tg_buf_reserve(&batch->bytes, room, &batch->err);
        batch->last = batch->status != TG_OK;
        if (!batch->last)
            copy_row(r, *waiting, &batch->bytes, &batch->rows[batch->n++].row);
        *waiting = NULL;
    }
}

static void look_at(struct tg_ahead *r, struct batch *batch)
{
    struct tg_error err;
    enum tg_status status = r->on(r->ctx, batch->rows, batch->n, &err);
    if (!status)
        return;
    batch->n = 0;
    batch->last = true;
    batch->status = status;
    batch->err = err;
}

/* The next batch of someone who has done `*mine`, as soon as that is not `*limit` + `room` any
 * more; NULL: it is time to stop. */
static struct batch *take_batch(struct tg_ahead *r, const uint64_t *mine, const uint64_t *limit,
                                uint64_t room)
{
    tg_mutex_lock(r->mutex);
    while (!r->stop && *mine == *limit + room)
        tg_cond_wait(r->changed, r->mutex);
    struct batch *batch = r->stop ? NULL : &r->batches[*mine % N_BATCHES];
    tg_mutex_unlock(r->mutex);
    return batch;
}

static void hand_on(struct tg_ahead *r, uint64_t *mine)
{
    tg_mutex_lock(r->mutex);
    ++*mine;
    tg_cond_broadcast(r->changed);
    tg_mutex_unlock(r->mutex);
}

static void run_reader(void *ctx)
{
    struct tg_ahead *r = ctx;
    const struct tg_token_row *waiting = NULL;
    struct batch *batch = NULL;
    for (bool last = false; !last;) {
        batch = take_batch(r, &r->filled, &r->emptied, N_BATCHES);
        if (!batch)
            return;
        read_batch(r, batch, &waiting);
        last = batch->last;
        hand_on(r, &r->filled);
    }
}

static void run_looker(void *ctx)
{
    struct tg_ahead *r = ctx;
    struct batch *batch = NULL;
    for (bool last = false; !last;) {
        batch = take_batch(r, &r->looked_at, &r->filled, 0);
        if (!batch)
            return;
        look_at(r, batch);
        last = batch->last;
        hand_on(r, &r->looked_at);
    }
}

enum tg_status tg_ahead_start(struct tg_token_file *file, tg_on_read *on, void *ctx,
                              struct tg_ahead **out, struct tg_error *err)
{
    struct tg_ahead *r = tg_calloc(1, sizeof *r, err);
    if (!r)
        return TG_NO_MEMORY;
    r->file = file;
    r->on = on;
    r->ctx = ctx;
    (void)tg_token_file_tokens(file, &r->n_tokens);
    (void)tg_token_file_carried(file, &r->n_carried);
    enum tg_status status = tg_mutex_new(&r->mutex, err);
    if (!status)
        status = tg_cond_new(&r->changed, err);
    for (size_t i = 0; !status && i < N_BATCHES; i++) {
        r->batches[i].rows = tg_calloc(BATCH_ROWS, sizeof *r->batches[i].rows, err);
        status = r->batches[i].rows ? tg_buf_reserve(&r->batches[i].bytes, BATCH_BYTES, err)
                                    : TG_NO_MEMORY;
    }
    if (!status)
        status = tg_thread_start(run_reader, r, &r->reader, err);
    if (!status)
        status = tg_thread_start(run_looker, r, &r->looker, err);
    if (status)
        tg_ahead_free(&r);
    else
        *out = r;
    return status;
}

/* The batch that is to be read, when there is one; hands an empty one back first. */
static struct batch *current(struct tg_ahead *r)
{
    struct batch *batch = &r->batches[r->emptied % N_BATCHES];
    if (r->holds && (r->at < batch->n || batch->last))
        return batch;
    if (r->holds)
        hand_on(r, &r->emptied);
    batch = take_batch(r, &r->emptied, &r->looked_at, 0);
    r->holds = true;
    r->at = 0;
    return batch;
}

enum tg_status tg_ahead_next(struct tg_ahead *r, const struct tg_read_row **row, bool *end,
                             struct tg_error *err)
{
    struct batch *batch = current(r);
    *end = false;
    if (r->at < batch->n) {
        *row = &batch->rows[r->at++];
        return TG_OK;
    }
    if (batch->status && err)
        *err = batch->err;
    *end = !batch->status;
    return batch->status;
}

void tg_ahead_free(struct tg_ahead **out)
{
    if (!out || !*out)
        return;
    struct tg_ahead *r = *out;
    if (r->reader) {
        tg_mutex_lock(r->mutex);
        r->stop = true;
        tg_cond_broadcast(r->changed);
        tg_mutex_unlock(r->mutex);
        tg_thread_join(&r->reader);
        if (r->looker)
            tg_thread_join(&r->looker);
    }
    for (size_t i = 0; i < N_BATCHES; i++) {
        free(r->batches[i].rows);
        tg_buf_free(&r->batches[i].bytes);
    }
    tg_cond_free(&r->changed);
    tg_mutex_free(&r->mutex);
    free(r);
    *out = NULL;
}
