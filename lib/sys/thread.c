/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sys/thread.h"

#include "base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

unsigned tg_cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? (unsigned)n : 1;
}

struct tg_thread {
    pthread_t id;
    void (*run)(void *ctx);
    void *ctx;
};

static void *thread_main(void *arg)
{
    struct tg_thread *t = arg;
    t->run(t->ctx);
    return NULL;
}

enum tg_status tg_thread_start(void (*run)(void *ctx), void *ctx, struct tg_thread **out,
                               struct tg_error *err)
{
    struct tg_thread *t = tg_calloc(1, sizeof *t, err);
    if (!t)
        return TG_NO_MEMORY;
    t->run = run;
    t->ctx = ctx;
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int why = pthread_create(&t->id, NULL, thread_main, t);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (why) {
        free(t);
        return TG_FAIL(err, TG_MSG_NO_THREAD, .sys_errno = why);
    }
    *out = t;
    return TG_OK;
}

void tg_thread_join(struct tg_thread **t)
{
    if (!t || !*t)
        return;
    (void)pthread_join((*t)->id, NULL);
    free(*t);
    *t = NULL;
}

struct tg_mutex {
    pthread_mutex_t m;
};

enum tg_status tg_mutex_new(struct tg_mutex **out, struct tg_error *err)
{
    struct tg_mutex *m = tg_calloc(1, sizeof *m, err);
    if (!m)
        return TG_NO_MEMORY;
    (void)pthread_mutex_init(&m->m, NULL);
    *out = m;
    return TG_OK;
}

void tg_mutex_lock(struct tg_mutex *m)
{
    (void)pthread_mutex_lock(&m->m);
}

void tg_mutex_unlock(struct tg_mutex *m)
{
    (void)pthread_mutex_unlock(&m->m);
}

void tg_mutex_free(struct tg_mutex **m)
{
    if (!m || !*m)
        return;
    (void)pthread_mutex_destroy(&(*m)->m);
    free(*m);
    *m = NULL;
}

struct tg_cond {
    pthread_cond_t c;
};

enum tg_status tg_cond_new(struct tg_cond **out, struct tg_error *err)
{
    struct tg_cond *c = tg_calloc(1, sizeof *c, err);
    if (!c)
        return TG_NO_MEMORY;
    (void)pthread_cond_init(&c->c, NULL);
    *out = c;
    return TG_OK;
}

void tg_cond_wait(struct tg_cond *c, struct tg_mutex *m)
{
    (void)pthread_cond_wait(&c->c, &m->m);
}

void tg_cond_broadcast(struct tg_cond *c)
{
    (void)pthread_cond_broadcast(&c->c);
}

void tg_cond_free(struct tg_cond **c)
{
    if (!c || !*c)
        return;
    (void)pthread_cond_destroy(&(*c)->c);
    free(*c);
    *c = NULL;
}
