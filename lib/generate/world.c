/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/reporter.h"
#include "text/calendar.h"

/* A resident who may become a user; the smallest scores are taken. */
struct applicant {
    double score;
    uint64_t person;
};

static bool before(const struct applicant *a, const struct applicant *b)
{
    return a->score < b->score || (a->score == b->score && a->person < b->person);
}

/* A heap whose root is the worst applicant still taken. */
struct applicants {
    struct applicant *heap;
    size_t n, max;
    const struct tg_gen_world *world;
};

static void sift_down(struct applicant *heap, size_t n, size_t at)
{
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && before(&heap[child], &heap[child + 1]))
            child++;
        if (!before(&heap[at], &heap[child]))
            return;
        struct applicant a = heap[at];
        heap[at] = heap[child];
        heap[child] = a;
        at = child;
    }
}

static void sift_up(struct applicant *heap, size_t at)
{
    while (at > 0 && before(&heap[(at - 1) / 2], &heap[at])) {
        struct applicant a = heap[at];
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = a;
        at = (at - 1) / 2;
    }
}

static int32_t registration_month(const struct tg_gen_world *w, struct tg_gen_rng *r)
{
    return w->programme + tg_gen_between(r, 0, w->programme_months - 1);
}

/* Weighted sampling without replacement (Efraimidis and Spirakis 2006): −ln(u) / weight. */
static enum tg_status consider(void *ctx, const struct tg_gen_person *p,
                               const struct tg_gen_user *none, struct tg_error *err)
{
    (void)none;
    (void)err;
    struct applicants *a = ctx;
    struct tg_gen_rng r = tg_gen_rng(a->world->seed, TG_GEN_STREAM_USER, p->id, 0);
    int32_t month = registration_month(a->world, &r);
    double age = tg_gen_age(p, month);
    double luck = tg_gen_unit(&r);
    if (!a->max || age < TG_GEN_USER_AGE || !tg_gen_present(p, month) ||
        tg_month_of_day(p->arrived) >= month || !tg_gen_present(p, month + 1))
        return TG_OK;
    struct applicant one = {-tg_gen_log(luck) / tg_gen_take_up(age, p->sex), p->id};
    if (a->n < a->max) {
        a->heap[a->n] = one;
        sift_up(a->heap, a->n++);
    } else if (before(&one, &a->heap[0])) {
        a->heap[0] = one;
        sift_down(a->heap, a->n, 0);
    }
    return TG_OK;
}

static int by_person(const void *a, const void *b)
{
    uint64_t x = ((const struct applicant *)a)->person, y = ((const struct applicant *)b)->person;
    return (x > y) - (x < y);
}

static struct tg_gen_user make_user(const struct tg_gen_world *w, uint64_t person)
{
    struct tg_gen_rng r = tg_gen_rng(w->seed, TG_GEN_STREAM_USER, person, 0);
    struct tg_gen_user user = {.person = person};
    int32_t month = registration_month(w, &r);
    (void)tg_gen_unit(&r);
    user.registered = tg_gen_day(month, tg_gen_between(&r, 1, 27));
    user.earlier = tg_gen_chance(&r, TG_GEN_P_EXPIRED);
    if (user.earlier)
        user.registered = tg_gen_day(TG_GEN_FIRST_MONTH - tg_gen_between(&r, 3, 18), 15);
    return user;
}

enum tg_status tg_gen_draw_users(struct tg_gen_world *w, uint64_t n, struct tg_error *err)
{
    uint64_t strangers = (uint64_t)((double)n * TG_GEN_P_STRANGER + 0.5);
    struct applicants a = {.max = (size_t)(n - strangers), .world = w};
    a.heap = tg_calloc(a.max, sizeof *a.heap, err);
    w->users = tg_calloc((size_t)n, sizeof *w->users, err);
    enum tg_status status = a.heap && w->users ? TG_OK : TG_NO_MEMORY;
    if (!status)
        status = tg_gen_each_person(w, "users", consider, &a, err);
    if (!status) {
        qsort(a.heap, a.n, sizeof *a.heap, by_person);
        for (size_t i = 0; i < a.n; i++)
            w->users[i] = make_user(w, a.heap[i].person);
        for (size_t i = a.n; i < n; i++)
            w->users[i] = make_user(w, TG_GEN_ELSEWHERE + (i - a.n) * TG_GEN_BLOCK);
        w->n_users = (size_t)n;
    }
    free(a.heap);
    return status;
}

uint32_t tg_gen_effect_from(const struct tg_gen_user *user)
{
    return user && !user->earlier ? user->registered : 0;
}

static enum tg_status visit_newcomers(const struct tg_gen_world *w, uint64_t b, tg_gen_visit *visit,
                                      void *ctx, struct tg_error *err)
{
    struct tg_gen_person block[TG_GEN_BLOCK];
    uint32_t today = tg_month_last_day(w->last);
    enum tg_status status = TG_OK;
    if (w->last < TG_GEN_YEARS_MONTH)
        return TG_OK;
    tg_gen_block(w->seed, TG_GEN_NEWCOMERS / TG_GEN_BLOCK + b, block);
    for (size_t i = 0; !status && i < TG_GEN_BLOCK; i++) {
        if (block[i].arrived <= today)
            status = visit(ctx, &block[i], NULL, err);
    }
    return status;
}

enum tg_status tg_gen_each_person(const struct tg_gen_world *w, const char *stage,
                                  tg_gen_visit *visit, void *ctx, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    size_t next_user = 0;
    for (uint64_t id = 0; !status && id < w->persons; id += TG_GEN_BLOCK) {
        struct tg_gen_person block[TG_GEN_BLOCK];
        tg_gen_block(w->seed, id / TG_GEN_BLOCK, block);
        for (uint64_t i = 0; !status && i < TG_GEN_BLOCK && id + i < w->persons; i++) {
            const struct tg_gen_user *user = NULL;
            if (next_user < w->n_users && w->users[next_user].person == id + i)
                user = &w->users[next_user++];
            status = visit(ctx, &block[i], user, err);
        }
        uint64_t b = id / TG_GEN_BLOCK;
        if (!status && b % TG_GEN_PER_NEWCOMER == TG_GEN_PER_NEWCOMER - 1)
            status = visit_newcomers(w, b / TG_GEN_PER_NEWCOMER, visit, ctx, err);
        if (!status && id % 16384 == 0)
            status = tg_progress(w->reporter, stage, id, w->persons, err);
    }
    return status;
}

bool tg_gen_is_snapshot(const struct tg_gen_world *w, int32_t month)
{
    return month == w->last || (month - w->first) % w->roster_every == 0;
}

int32_t tg_gen_snapshot_before(const struct tg_gen_world *w, int32_t month)
{
    if (month == w->first)
        return w->first - 1;
    int32_t since = (month - 1 - w->first) % w->roster_every;
    return month - 1 - since;
}

enum tg_status tg_gen_open(const struct tg_gen_world *w, struct tg_gen_file *f, const char *folder,
                           const char *name, int32_t month, const struct tg_gen_manners *manners,
                           struct tg_error *err)
{
    char period[8], file[64];
    tg_month_format(month, period);
    (void)snprintf(file, sizeof file, "%s%s%s.csv", name, *period ? "_" : "", period);
    const char *path = tg_path_join(w->arena, folder, file, err);
    return path ? tg_gen_file_begin(f, path, manners, err) : TG_NO_MEMORY;
}
