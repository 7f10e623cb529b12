/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/parallel.h"

#include "sys/thread.h"

#include <stdlib.h>
#include <string.h>

enum { PIPE_BLOCK = 1024 * 1024, PIPE_BLOCKS = 4 };

struct tg_pipe;

/* What is done to every block, in their order; each stage has a thread of its own. */
struct stage {
    struct tg_pipe *pipe;
    enum tg_status (*run)(struct tg_csv_writer *w, const void *rows, size_t len,
                          struct tg_error *err);
    uint64_t done;            /* blocks */
    struct tg_thread *thread; /* NULL: the caller does it */
};

enum { DIGEST, WRITE, STAGES };

/* Blocks are filled and used in turn: block i % PIPE_BLOCKS is the i-th. */
struct tg_pipe {
    struct tg_csv_writer *writer;
    char *blocks[PIPE_BLOCKS];
    size_t lens[PIPE_BLOCKS];
    uint64_t filled; /* blocks handed over */
    struct stage stages[STAGES];
    bool closing;
    enum tg_status status;
    struct tg_error err;
    struct tg_mutex *mutex;
    struct tg_cond *changed;
};

static void run_block(struct stage *s, uint64_t i)
{
    struct tg_pipe *p = s->pipe;
    struct tg_error err;
    enum tg_status status =
        s->run(p->writer, p->blocks[i % PIPE_BLOCKS], p->lens[i % PIPE_BLOCKS], &err);
    if (!status)
        return;
    tg_mutex_lock(p->mutex);
    p->status = status;
    p->err = err;
    tg_mutex_unlock(p->mutex);
}

static void run_stage(void *ctx)
{
    struct stage *s = ctx;
    struct tg_pipe *p = s->pipe;
    tg_mutex_lock(p->mutex);
    for (;;) {
        while (s->done == p->filled && !p->closing)
            tg_cond_wait(p->changed, p->mutex);
        if (s->done == p->filled)
            break;
        bool failed = p->status != TG_OK;
        tg_mutex_unlock(p->mutex);
        if (!failed)
            run_block(s, s->done);
        tg_mutex_lock(p->mutex);
        s->done++;
        tg_cond_broadcast(p->changed);
    }
    tg_mutex_unlock(p->mutex);
}

/* Without a thread it only takes longer. */
static void start_stages(struct tg_pipe *p)
{
    for (size_t i = 0; i < STAGES; i++) {
        if (tg_thread_start(run_stage, &p->stages[i], &p->stages[i].thread, NULL))
            p->stages[i].thread = NULL;
    }
}

enum tg_status tg_pipe_new(struct tg_csv_writer *writer, bool threaded, struct tg_pipe **out,
                           struct tg_error *err)
{
    struct tg_pipe *p = tg_calloc(1, sizeof *p, err);
    if (!p)
        return TG_NO_MEMORY;
    p->writer = writer;
    p->stages[DIGEST] = (struct stage){.pipe = p, .run = tg_csv_digest_raw};
    p->stages[WRITE] = (struct stage){.pipe = p, .run = tg_csv_write_raw};
    enum tg_status status = tg_csv_flush(writer, err);
    if (!status)
        status = tg_mutex_new(&p->mutex, err);
    if (!status)
        status = tg_cond_new(&p->changed, err);
    for (size_t i = 0; i < PIPE_BLOCKS && !status; i++) {
        p->blocks[i] = tg_calloc(1, PIPE_BLOCK, err);
        status = p->blocks[i] ? TG_OK : TG_NO_MEMORY;
    }
    if (status) {
        tg_pipe_free(&p);
        return status;
    }
    if (threaded)
        start_stages(p);
    *out = p;
    return TG_OK;
}

static enum tg_status told(const struct tg_pipe *p, struct tg_error *err)
{
    if (p->status && err)
        *err = p->err;
    return p->status;
}

/* Blocks that every stage is done with; under the mutex. */
static uint64_t finished(const struct tg_pipe *p)
{
    uint64_t least = p->filled;
    for (size_t i = 0; i < STAGES; i++)
        least = p->stages[i].done < least ? p->stages[i].done : least;
    return least;
}

/* Hands the block that is being filled over, and waits for the next one to be free. */
static enum tg_status hand_over(struct tg_pipe *p, struct tg_error *err)
{
    tg_mutex_lock(p->mutex);
    p->filled++;
    tg_cond_broadcast(p->changed);
    tg_mutex_unlock(p->mutex);
    for (size_t i = 0; i < STAGES; i++) {
        struct stage *s = &p->stages[i];
        if (s->thread)
            continue;
        run_block(s, s->done);
        s->done++;
    }
    tg_mutex_lock(p->mutex);
    while (p->filled - finished(p) == PIPE_BLOCKS)
        tg_cond_wait(p->changed, p->mutex);
    p->lens[p->filled % PIPE_BLOCKS] = 0;
    enum tg_status status = told(p, err);
    tg_mutex_unlock(p->mutex);
    return status;
}

enum tg_status tg_pipe_add(struct tg_pipe *p, const void *data, size_t len, struct tg_error *err)
{
    const char *from = data;
    while (len) {
        size_t *used = &p->lens[p->filled % PIPE_BLOCKS];
        size_t some = PIPE_BLOCK - *used < len ? PIPE_BLOCK - *used : len;
        memcpy(p->blocks[p->filled % PIPE_BLOCKS] + *used, from, some);
        *used += some;
        from += some;
        len -= some;
        if (*used < PIPE_BLOCK)
            continue;
        enum tg_status status = hand_over(p, err);
        if (status)
            return status;
    }
    return TG_OK;
}

enum tg_status tg_pipe_finish(struct tg_pipe *p, struct tg_error *err)
{
    enum tg_status status = hand_over(p, err);
    tg_mutex_lock(p->mutex);
    while (finished(p) != p->filled)
        tg_cond_wait(p->changed, p->mutex);
    if (!status)
        status = told(p, err);
    tg_mutex_unlock(p->mutex);
    return status;
}

void tg_pipe_free(struct tg_pipe **pipe)
{
    if (!pipe || !*pipe)
        return;
    struct tg_pipe *p = *pipe;
    if (p->mutex) {
        tg_mutex_lock(p->mutex);
        p->closing = true;
        if (p->changed)
            tg_cond_broadcast(p->changed);
        tg_mutex_unlock(p->mutex);
    }
    for (size_t i = 0; i < STAGES; i++)
        tg_thread_join(&p->stages[i].thread);
    for (size_t i = 0; i < PIPE_BLOCKS; i++)
        free(p->blocks[i]);
    tg_cond_free(&p->changed);
    tg_mutex_free(&p->mutex);
    free(p);
    *pipe = NULL;
}
