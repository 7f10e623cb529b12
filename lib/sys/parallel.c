/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/parallel.h"

#include "base/mem.h"
#include "sys/thread.h"

#include <stdlib.h>

struct share {
    tg_task *task;
    void *ctx;
    size_t index;
    enum tg_status status;
    struct tg_error err;
    struct tg_thread *thread;
};

static void run_share(void *ctx)
{
    struct share *s = ctx;
    s->status = s->task(s->ctx, s->index, &s->err);
}

enum tg_status tg_parallel(tg_task *task, void *ctx, size_t n, struct tg_error *err)
{
    struct share *shares = tg_calloc(n, sizeof *shares, err);
    if (!shares)
        return TG_NO_MEMORY;
    for (size_t i = n; i-- > 0;) {
        shares[i] = (struct share){.task = task, .ctx = ctx, .index = i};
        if (i == 0 || tg_thread_start(run_share, &shares[i], &shares[i].thread, NULL))
            run_share(&shares[i]);
    }
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < n; i++) {
        tg_thread_join(&shares[i].thread);
        if (shares[i].status && !status) {
            status = shares[i].status;
            if (err)
                *err = shares[i].err;
        }
    }
    free(shares);
    return status;
}
