/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Threads, mutexes and condition variables; no result may depend on how many there are.
 */
#ifndef TG_SYS_THREAD_H
#define TG_SYS_THREAD_H

#include <totsugo/base.h>

/** Processors this process may use, at least 1. */
unsigned tg_cpu_count(void);

struct tg_thread;
/** Starts `run(ctx)` in a thread with all signals blocked. @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_thread_start(void (*run)(void *ctx), void *ctx, struct tg_thread **out,
                                          struct tg_error *err);
/** Waits for its end and frees it. NULL and pointer to NULL are allowed. */
void tg_thread_join(struct tg_thread **t);

struct tg_mutex;
TG_CHECKED enum tg_status tg_mutex_new(struct tg_mutex **out, struct tg_error *err);
void tg_mutex_lock(struct tg_mutex *m);
void tg_mutex_unlock(struct tg_mutex *m);
void tg_mutex_free(struct tg_mutex **m);

struct tg_cond;
TG_CHECKED enum tg_status tg_cond_new(struct tg_cond **out, struct tg_error *err);
void tg_cond_wait(struct tg_cond *c, struct tg_mutex *m);
void tg_cond_broadcast(struct tg_cond *c);
void tg_cond_free(struct tg_cond **c);

#endif
