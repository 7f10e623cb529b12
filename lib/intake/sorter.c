/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/merge.h"
#include "intake/sorter.h"

#include "sys/file.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    LANE_MIN = 128 * 1024,
    BLOCK_MAX = 1024 * 1024,
    BLOCK_MIN = 32 * 1024,
    AHEAD = 16, /* records lie scattered: they are asked for before they are due */
    ENTRY_COST = 2 * sizeof(struct tg_entry), /* the sort needs a second array */
};

struct block {
    struct block *next;
    size_t used, size;
    max_align_t bytes[];
};

struct lane {
    struct block *blocks; /* the newest first */
    struct block *spare;
    struct tg_entry *entries;
    size_t n, cap;
    size_t bytes; /* of blocks in use */
    struct tg_scratch *scratch;
    uint64_t scratch_len;
    struct tg_run *runs;
    size_t n_runs, cap_runs;
};

struct tg_sorter {
    const char *dir;
    struct lane *lanes;
    size_t n_lanes;
    uint64_t memory;
    size_t lane_memory;
    size_t block_size;
    _Atomic(uint64_t) disk; /* the most bytes in scratch files at one time */
};

enum tg_status tg_sorter_new(size_t lanes, uint64_t memory, const char *dir, struct tg_sorter **out,
                             struct tg_error *err)
{
    struct tg_sorter *s = tg_calloc(1, sizeof *s, err);
    if (!s)
        return TG_NO_MEMORY;
    uint64_t share = memory / lanes;
    if (share > SIZE_MAX / 4)
        share = SIZE_MAX / 4;
    s->dir = dir;
    s->memory = memory;
    s->n_lanes = lanes;
    s->lane_memory = share < LANE_MIN ? LANE_MIN : (size_t)share;
    s->block_size = s->lane_memory / 16;
    if (s->block_size > BLOCK_MAX)
        s->block_size = BLOCK_MAX;
    if (s->block_size < BLOCK_MIN)
        s->block_size = BLOCK_MIN;
    s->lanes = tg_calloc(lanes, sizeof *s->lanes, err);
    if (!s->lanes) {
        tg_sorter_free(&s);
        return TG_NO_MEMORY;
    }
    *out = s;
    return TG_OK;
}

static enum tg_status add_block(struct tg_sorter *s, struct lane *lane, size_t need,
                                struct tg_error *err)
{
    struct block *b = lane->spare;
    if (b && need <= b->size) {
        lane->spare = b->next;
    } else {
        size_t size = need > s->block_size ? need : s->block_size;
        b = malloc(sizeof *b + size);
        if (!b)
            return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
        b->size = size;
    }
    b->used = 0;
    b->next = lane->blocks;
    lane->blocks = b;
    lane->bytes += b->size;
    return TG_OK;
}

/* Blocks of the usual size wait for the next records, larger ones are given back. */
static void clear_lane(const struct tg_sorter *s, struct lane *lane)
{
    while (lane->blocks) {
        struct block *b = lane->blocks;
        lane->blocks = b->next;
        if (b->size > s->block_size) {
            free(b);
            continue;
        }
        b->next = lane->spare;
        lane->spare = b;
    }
    lane->bytes = 0;
    lane->n = 0;
}

static enum tg_status sort_lane(struct lane *lane, struct tg_error *err)
{
    if (lane->n < 2)
        return TG_OK;
    struct tg_entry *tmp = malloc(lane->n * sizeof *tmp);
    if (!tmp)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    tg_sort_records(lane->entries, tmp, lane->n);
    free(tmp);
    return TG_OK;
}

static enum tg_status write_run(struct lane *lane, struct tg_run_writer *w, struct tg_error *err)
{
    tg_run_begin(w, lane->scratch, lane->scratch_len);
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < lane->n && !status; i++) {
        if (i + AHEAD < lane->n)
            tg_record_fetch(lane->entries[i + AHEAD].of.record);
        status = tg_run_put(w, lane->entries[i].of.record, err);
    }
    if (!status)
        status = tg_run_finish(w, err);
    return status;
}

static enum tg_status spill(struct tg_sorter *s, struct lane *lane, struct tg_error *err)
{
    struct tg_run_writer w = {0};
    enum tg_status status = sort_lane(lane, err);
    if (!status && !lane->scratch)
        status = tg_scratch_open(s->dir, &lane->scratch, err);
    if (!status)
        status = tg_grow(&lane->runs, &lane->cap_runs, lane->n_runs + 1, sizeof *lane->runs, err);
    if (!status)
        status = write_run(lane, &w, err);
    if (!status) {
        lane->runs[lane->n_runs++] = w.run;
        lane->scratch_len += w.run.len;
        atomic_fetch_add(&s->disk, w.run.len);
        clear_lane(s, lane);
    }
    tg_run_writer_free(&w);
    return status;
}

enum tg_status tg_sorter_add(struct tg_sorter *s, size_t lane_index, const void *bytes, size_t len,
                             const void *tail, size_t tail_len, struct tg_error *err)
{
    struct lane *lane = &s->lanes[lane_index];
    size_t need = (sizeof(struct tg_record) + len + tail_len + 7) / 8 * 8;
    enum tg_status status = TG_OK;
    if (!lane->blocks || need > lane->blocks->size - lane->blocks->used) {
        size_t block = need > s->block_size ? need : s->block_size;
        if (lane->n && lane->bytes + block + lane->n * ENTRY_COST > s->lane_memory)
            status = spill(s, lane, err);
        if (!status)
            status = add_block(s, lane, need, err);
    }
    if (!status)
        status = tg_grow(&lane->entries, &lane->cap, lane->n + 1, sizeof *lane->entries, err);
    if (status)
        return status;
    struct block *b = lane->blocks;
    struct tg_record *r = (void *)((char *)b->bytes + b->used);
    b->used += need;
    r->len = (uint32_t)len;
    r->tail_len = (uint32_t)tail_len;
    memcpy(r->bytes, bytes, len);
    if (tail_len)
        memcpy(r->bytes + len, tail, tail_len);
    lane->entries[lane->n++] = (struct tg_entry){tg_prefix_of(r->bytes, len, 0), {r}};
    return TG_OK;
}

enum tg_status tg_sorter_seal(struct tg_sorter *s, size_t lane, struct tg_error *err)
{
    return sort_lane(&s->lanes[lane], err);
}

/* So many runs that their buffers stay within an eighth of the memory. */
static size_t runs_at_once(const struct tg_sorter *s)
{
    uint64_t n = s->memory / 8 / TG_RUN_BLOCK;
    return n < 16 ? 16 : n > 1024 ? 1024 : (size_t)n;
}

/* Where the merge of some runs is written to, as one run. */
static enum tg_status on_merged(void *ctx, const struct tg_record *record, struct tg_error *err)
{
    return tg_run_put(ctx, record, err);
}

/* Merges runs[0…n) into one and puts it at `out`. */
static enum tg_status merge_runs(struct tg_run *runs, size_t n, struct tg_scratch *scratch,
                                 uint64_t at, struct tg_run *out, struct tg_error *err)
{
    struct tg_run_writer w = {0};
    tg_run_begin(&w, scratch, at);
    struct tg_merge merge = {0};
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < n && !status; i++)
        status = tg_merge_add_run(&merge, runs[i], err);
    if (!status)
        status = tg_merge_go(&merge, on_merged, &w, err);
    if (!status)
        status = tg_run_finish(&w, err);
    *out = w.run;
    tg_merge_free(&merge);
    tg_run_writer_free(&w);
    return status;
}

/* One pass over all runs: every `at_once` of them become one. */
static enum tg_status fewer_runs(struct tg_run *runs, size_t *n, size_t at_once,
                                 struct tg_scratch *scratch, uint64_t *len, struct tg_error *err)
{
    size_t made = 0;
    uint64_t at = 0;
    for (size_t from = 0; from < *n; from += at_once) {
        size_t some = *n - from < at_once ? *n - from : at_once;
        struct tg_run run = {0};
        enum tg_status status = merge_runs(runs + from, some, scratch, at, &run, err);
        if (status)
            return status;
        at += run.len;
        runs[made++] = run;
    }
    *n = made;
    *len = at;
    return TG_OK;
}

static void close_lane_scratch(struct tg_sorter *s)
{
    for (size_t i = 0; i < s->n_lanes; i++)
        tg_scratch_close(&s->lanes[i].scratch);
}

/* `runs` become few enough for one merge; `scratch` holds them then, unless it stays NULL. */
static enum tg_status reduce(struct tg_sorter *s, struct tg_run *runs, size_t *n,
                             struct tg_scratch **scratch, struct tg_error *err)
{
    size_t at_once = runs_at_once(s);
    while (*n > at_once) {
        struct tg_scratch *next = NULL;
        uint64_t before = 0, len;
        for (size_t i = 0; i < *n; i++)
            before += runs[i].len;
        enum tg_status status = tg_scratch_open(s->dir, &next, err);
        if (!status)
            status = fewer_runs(runs, n, at_once, next, &len, err);
        if (status) {
            tg_scratch_close(&next);
            return status;
        }
        if (before + len > s->disk)
            s->disk = before + len;
        if (*scratch)
            tg_scratch_close(scratch);
        else
            close_lane_scratch(s);
        *scratch = next;
    }
    return TG_OK;
}

static enum tg_status merge_all(struct tg_sorter *s, const struct tg_run *runs, size_t n,
                                tg_on_record *on, void *ctx, struct tg_error *err)
{
    struct tg_merge merge = {0};
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < s->n_lanes && !status; i++)
        status = tg_merge_add_entries(&merge, s->lanes[i].entries, s->lanes[i].n, err);
    for (size_t i = 0; i < n && !status; i++)
        status = tg_merge_add_run(&merge, runs[i], err);
    if (!status)
        status = tg_merge_go(&merge, on, ctx, err);
    tg_merge_free(&merge);
    return status;
}

enum tg_status tg_sorter_merge(struct tg_sorter *s, tg_on_record *on, void *ctx,
                               struct tg_error *err)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < s->n_lanes; i++)
        n += s->lanes[i].n_runs;
    struct tg_run *runs = tg_calloc(n, sizeof *runs, err);
    if (!runs)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < s->n_lanes; i++) {
        for (size_t j = 0; j < s->lanes[i].n_runs; j++)
            runs[at++] = s->lanes[i].runs[j];
    }
    struct tg_scratch *scratch = NULL;
    enum tg_status status = reduce(s, runs, &n, &scratch, err);
    if (!status)
        status = merge_all(s, runs, n, on, ctx, err);
    tg_scratch_close(&scratch);
    free(runs);
    return status;
}

uint64_t tg_sorter_disk(const struct tg_sorter *s)
{
    return s->disk;
}

static void free_blocks(struct block *b)
{
    while (b) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
}

void tg_sorter_free(struct tg_sorter **sorter)
{
    if (!sorter || !*sorter)
        return;
    struct tg_sorter *s = *sorter;
    for (size_t i = 0; s->lanes && i < s->n_lanes; i++) {
        struct lane *lane = &s->lanes[i];
        free_blocks(lane->blocks);
        free_blocks(lane->spare);
        free(lane->entries);
        tg_scratch_close(&lane->scratch);
        free(lane->runs);
    }
    free(s->lanes);
    free(s);
    *sorter = NULL;
}
