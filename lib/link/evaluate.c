/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/link.h>

#include "table/csv.h"

#include <stdlib.h>
#include <string.h>

/* "left\0right": no CSV cell holds a NUL, so two pairs are equal when their bytes are. */
struct pair {
    const char *ids;
    size_t len;
};

struct pairs {
    struct pair *items;
    size_t n, cap;
    struct tg_arena arena;
};

static void pairs_free(struct pairs *p)
{
    free(p->items);
    tg_arena_free(&p->arena);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = memcmp(x->ids, y->ids, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static enum tg_status add_pair(struct pairs *p, const struct tg_cell *left,
                               const struct tg_cell *right, struct tg_error *err)
{
    if (left->len == 0 || right->len == 0)
        return TG_OK;
    size_t len = left->len + 1 + right->len;
    char *ids = tg_arena_alloc(&p->arena, len, 1, err);
    if (!ids || tg_grow(&p->items, &p->cap, p->n + 1, sizeof *p->items, err))
        return TG_NO_MEMORY;
    memcpy(ids, left->data, left->len);
    memcpy(ids + left->len + 1, right->data, right->len);
    p->items[p->n++] = (struct pair){ids, len};
    return TG_OK;
}

static enum tg_status read_rows(struct tg_csv *csv, const char *path, struct pairs *p,
                                struct tg_error *err)
{
    for (bool header = true;; header = false) {
        const struct tg_cell *cells;
        size_t n;
        uint64_t line;
        bool end;
        enum tg_status status = tg_csv_next(csv, &cells, &n, &line, &end, err);
        if (status)
            return status;
        if (end && header)
            return TG_FAIL(err, TG_MSG_LINK_PAIRS, .file = path);
        if (end)
            return TG_OK;
        if (n < 2)
            return TG_FAIL(err, TG_MSG_LINK_PAIRS, .file = path, .line = line);
        status = header ? TG_OK : add_pair(p, &cells[0], &cells[1], err);
        if (status)
            return status;
    }
}

static void sort_pairs(struct pairs *p)
{
    size_t kept = 0;
    if (p->n)
        qsort(p->items, p->n, sizeof *p->items, compare_pairs);
    for (size_t i = 0; i < p->n; i++) {
        if (kept == 0 || compare_pairs(&p->items[kept - 1], &p->items[i]) != 0)
            p->items[kept++] = p->items[i];
    }
    p->n = kept;
}

static enum tg_status read_pairs(const char *path, struct pairs *p, struct tg_error *err)
{
    struct tg_input *input = NULL;
    struct tg_csv *csv = NULL;
    enum tg_status status = tg_input_open(path, &input, err);
    if (!status)
        status = tg_csv_open(input, ',', &csv, err);
    if (!status)
        status = read_rows(csv, path, p, err);
    if (!status)
        sort_pairs(p);
    tg_csv_close(&csv);
    tg_input_close(&input);
    return status;
}

static uint64_t count_common(const struct pairs *a, const struct pairs *b)
{
    uint64_t n = 0;
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        int order = compare_pairs(&a->items[i], &b->items[j]);
        n += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return n;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0.0;
}

enum tg_status tg_link_evaluate(const char *links, const char *truth, struct tg_link_quality *out,
                                struct tg_error *err)
{
    struct pairs found = {0}, wanted = {0};
    enum tg_status status = read_pairs(links, &found, err);
    if (!status)
        status = read_pairs(truth, &wanted, err);
    if (!status) {
        uint64_t correct = count_common(&found, &wanted);
        *out = (struct tg_link_quality){
            .links = found.n,
            .truth = wanted.n,
            .correct = correct,
            .precision = share(correct, found.n),
            .recall = share(correct, wanted.n),
            .f1 = share(2 * correct, found.n + wanted.n),
        };
    }
    pairs_free(&found);
    pairs_free(&wanted);
    return status;
}
