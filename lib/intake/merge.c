/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/merge.h"

#include <stdlib.h>
#include <string.h>

enum { AHEAD = 16 /* records lie scattered: ask for them before they are due */ };

static enum tg_status add(struct tg_merge *m, struct tg_merge_source source, struct tg_error *err)
{
    enum tg_status status = tg_grow(&m->sources, &m->cap, m->n + 1, sizeof *m->sources, err);
    if (!status)
        m->sources[m->n++] = source;
    return status;
}

enum tg_status tg_merge_add_entries(struct tg_merge *m, const struct tg_entry *entries, size_t n,
                                    struct tg_error *err)
{
    if (n == 0)
        return TG_OK;
    return add(m, (struct tg_merge_source){.entries = entries, .n = n}, err);
}

enum tg_status tg_merge_add_run(struct tg_merge *m, struct tg_run run, struct tg_error *err)
{
    return add(m, (struct tg_merge_source){.reader = {.left = run}}, err);
}

/* Goes to the source's next record; `record` is NULL when there is none. */
static enum tg_status advance(struct tg_merge_source *s, struct tg_error *err)
{
    if (s->entries) {
        bool more = s->at < s->n;
        s->record = more ? s->entries[s->at].of.record : NULL;
        s->prefix = more ? s->entries[s->at].prefix : 0;
        if (s->at + AHEAD < s->n)
            tg_record_fetch(s->entries[s->at + AHEAD].of.record);
        s->at++;
        return TG_OK;
    }
    enum tg_status status = tg_run_next(&s->reader, &s->record, err);
    if (!status && s->record)
        s->prefix = tg_prefix_of(s->record->bytes, s->record->len, 0);
    return status;
}

static bool before(const struct tg_merge_source *a, const struct tg_merge_source *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix;
    return tg_bytes_compare(a->record->bytes, a->record->len, b->record->bytes, b->record->len) < 0;
}

/* The source at the root of the heap has changed. */
static void sift(struct tg_merge *m, size_t at)
{
    struct tg_merge_source *moved = m->heap[at];
    for (size_t child; (child = 2 * at + 1) < m->n_heap; at = child) {
        if (child + 1 < m->n_heap && before(m->heap[child + 1], m->heap[child]))
            child++;
        if (!before(m->heap[child], moved))
            break;
        m->heap[at] = m->heap[child];
    }
    m->heap[at] = moved;
}

static enum tg_status build_heap(struct tg_merge *m, struct tg_error *err)
{
    m->heap = tg_calloc(m->n, sizeof(struct tg_merge_source *), err);
    if (!m->heap)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->n; i++) {
        enum tg_status status = advance(&m->sources[i], err);
        if (status)
            return status;
        if (m->sources[i].record)
            m->heap[m->n_heap++] = &m->sources[i];
    }
    for (size_t i = m->n_heap / 2; i-- > 0;)
        sift(m, i);
    return TG_OK;
}

enum tg_status tg_merge_go(struct tg_merge *m, tg_on_record *on, void *ctx, struct tg_error *err)
{
    enum tg_status status = build_heap(m, err);
    while (!status && m->n_heap) {
        struct tg_merge_source *first = m->heap[0];
        status = on(ctx, first->record, err);
        if (!status)
            status = advance(first, err);
        if (status)
            break;
        if (!first->record)
            m->heap[0] = m->heap[--m->n_heap];
        if (m->n_heap)
            sift(m, 0);
    }
    return status;
}

void tg_merge_free(struct tg_merge *m)
{
    for (size_t i = 0; i < m->n; i++)
        tg_run_reader_free(&m->sources[i].reader);
    free(m->sources);
    free(m->heap);
    *m = (struct tg_merge){0};
}
