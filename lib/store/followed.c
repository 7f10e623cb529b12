/* SPDX-License-Identifier: Apache-2.0 */
#include "store/followed.h"

#include "base/search.h"

#include <stdlib.h>

enum { KEY_LEN = 2 + TG_TOKEN_LEN };

static int compare(const struct tg_posting *a, const struct tg_posting *b)
{
    return memcmp(a->bytes, b->bytes, KEY_LEN);
}

static size_t begin_of(const struct tg_followed *f, size_t run)
{
    return run ? f->end[run - 1] : 0;
}

void tg_followed_begin(struct tg_followed *f)
{
    for (size_t run = 0; run < f->n_runs; run++)
        f->at[run] = begin_of(f, run);
}

bool tg_followed_has(struct tg_followed *f, const struct tg_posting *token)
{
    for (size_t run = 0; run < f->n_runs; run++) {
        size_t at = tg_lower_bound_near(f->items, f->at[run], f->end[run], sizeof *f->items,
                                        token->bytes, KEY_LEN);
        f->at[run] = at;
        if (at < f->end[run] && compare(&f->items[at], token) == 0)
            return true;
    }
    return false;
}

enum tg_status tg_followed_add(struct tg_followed *f, const struct tg_posting *token,
                               struct tg_error *err)
{
    enum tg_status status = tg_grow(&f->items, &f->cap, f->n + 1, sizeof *f->items, err);
    if (!status)
        f->items[f->n++] = *token;
    return status;
}

/* The last two become one; the earlier is moved aside. */
static enum tg_status merge_last(struct tg_followed *f, struct tg_error *err)
{
    size_t first = begin_of(f, f->n_runs - 2), middle = f->end[f->n_runs - 2], to = first;
    const size_t n = middle - first, end = f->end[f->n_runs - 1];
    struct tg_posting *aside = tg_calloc(n, sizeof *aside, err);
    if (!aside)
        return TG_NO_MEMORY;
    memcpy(aside, &f->items[first], n * sizeof *aside);
    for (size_t i = 0; i < n;) {
        bool earlier = middle == end || compare(&aside[i], &f->items[middle]) < 0;
        f->items[to++] = earlier ? aside[i++] : f->items[middle++];
    }
    free(aside);
    f->n_runs--;
    f->end[f->n_runs - 1] = end;
    return TG_OK;
}

enum tg_status tg_followed_end(struct tg_followed *f, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    size_t begin = begin_of(f, f->n_runs);
    if (f->n == begin)
        return TG_OK;
    f->end[f->n_runs++] = f->n;
    while (!status && f->n_runs > 1) {
        size_t last = f->end[f->n_runs - 1] - f->end[f->n_runs - 2];
        size_t before = f->end[f->n_runs - 2] - begin_of(f, f->n_runs - 2);
        if (last * 2 < before)
            break;
        status = merge_last(f, err);
    }
    return status;
}

void tg_followed_free(struct tg_followed *f)
{
    free(f->items);
    *f = (struct tg_followed){0};
}
