/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/census.h"

#include "intake/sorter.h"

#include <stdlib.h>
#include <string.h>

/* Counts of one column on one lane; no two sorted ones agree. */
struct counts {
    struct tg_entry *entries;
    size_t n, cap;
};

struct lane {
    struct counts *columns;
    size_t n;     /* entries of all columns */
    size_t limit; /* above it, equal ones are put together or they go to disk */
    bool overflown;
};

struct tg_census {
    size_t n_columns;
    struct lane *lanes;
    size_t n_lanes;
    struct tg_sorter *overflow;
};

enum {
    LANE_MIN = 1024,
    KEY_LEN = 10,
    OVERFLOW_SHARE = 4,
    ENTRY_COST = sizeof(struct tg_entry) * 5 / 4, /* columns are sorted one after the other */
};

enum tg_status tg_census_new(size_t n_columns, size_t lanes, uint64_t memory, const char *dir,
                             struct tg_census **out, struct tg_error *err)
{
    struct tg_census *c = tg_calloc(1, sizeof *c, err);
    if (!c)
        return TG_NO_MEMORY;
    uint64_t rest = memory - memory / OVERFLOW_SHARE;
    uint64_t limit = rest / lanes / ENTRY_COST;
    c->n_columns = n_columns;
    c->n_lanes = lanes;
    c->lanes = tg_calloc(lanes, sizeof *c->lanes, err);
    enum tg_status status = c->lanes ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; i < lanes && !status; i++) {
        c->lanes[i].limit = limit < LANE_MIN ? LANE_MIN : (size_t)limit;
        c->lanes[i].columns = tg_calloc(n_columns, sizeof *c->lanes[i].columns, err);
        status = c->lanes[i].columns ? TG_OK : TG_NO_MEMORY;
    }
    if (!status)
        status = tg_sorter_new(lanes, memory / OVERFLOW_SHARE, dir, &c->overflow, err);
    if (status) {
        tg_census_free(&c);
        return status;
    }
    *out = c;
    return TG_OK;
}

/* Sorts and makes one entry of those that agree. */
static enum tg_status put_together(struct counts *column, struct tg_error *err)
{
    if (column->n < 2)
        return TG_OK;
    struct tg_entry *tmp = malloc(column->n * sizeof *tmp);
    if (!tmp)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    struct tg_entry *e = column->entries;
    tg_sort_prefixes(e, tmp, column->n);
    free(tmp);
    size_t n = 0;
    for (size_t i = 1; i < column->n; i++) {
        if (e[i].prefix == e[n].prefix)
            e[n].of.count += e[i].of.count;
        else
            e[++n] = e[i];
    }
    column->n = n + 1;
    return TG_OK;
}

static enum tg_status put_lane_together(struct tg_census *c, struct lane *lane,
                                        struct tg_error *err)
{
    enum tg_status status = TG_OK;
    lane->n = 0;
    for (size_t i = 0; i < c->n_columns && !status; i++) {
        status = put_together(&lane->columns[i], err);
        lane->n += lane->columns[i].n;
    }
    return status;
}

static void key_of(unsigned char key[KEY_LEN], size_t column, uint64_t prefix)
{
    key[0] = (unsigned char)(column >> 8);
    key[1] = (unsigned char)column;
    for (int i = 0; i < 8; i++)
        key[2 + i] = (unsigned char)(prefix >> (56 - 8 * i));
}

/* Equal records may come from several lanes and merge in any order: only their sum counts. */
static enum tg_status pour_over(struct tg_census *c, size_t lane_index, struct tg_error *err)
{
    struct lane *lane = &c->lanes[lane_index];
    for (size_t i = 0; i < c->n_columns; i++) {
        struct counts *column = &lane->columns[i];
        for (size_t j = 0; j < column->n; j++) {
            unsigned char key[KEY_LEN];
            key_of(key, i, column->entries[j].prefix);
            uint64_t count = column->entries[j].of.count;
            enum tg_status status =
                tg_sorter_add(c->overflow, lane_index, key, sizeof key, &count, sizeof count, err);
            if (status)
                return status;
        }
        column->n = 0;
    }
    lane->n = 0;
    return TG_OK;
}

enum tg_status tg_census_add(struct tg_census *c, size_t lane_index, size_t column, uint64_t prefix,
                             uint64_t uses, struct tg_error *err)
{
    struct lane *lane = &c->lanes[lane_index];
    struct counts *counts = &lane->columns[column];
    enum tg_status status = TG_OK;
    if (lane->n == lane->limit) {
        status = put_lane_together(c, lane, err);
        if (!status && lane->n > lane->limit / 2) {
            status = pour_over(c, lane_index, err);
            lane->overflown = true;
        }
    }
    if (!status)
        status =
            tg_grow(&counts->entries, &counts->cap, counts->n + 1, sizeof *counts->entries, err);
    if (status)
        return status;
    counts->entries[counts->n++] = (struct tg_entry){prefix, {.count = uses}};
    lane->n++;
    return TG_OK;
}

static void note_group(struct tg_census_column *column, uint64_t rows)
{
    size_t i = TG_CENSUS_LARGEST;
    column->distinct++;
    for (; i > 0 && column->largest[i - 1] < rows; i--) {
        if (i < TG_CENSUS_LARGEST)
            column->largest[i] = column->largest[i - 1];
    }
    if (i < TG_CENSUS_LARGEST)
        column->largest[i] = rows;
}

/* Merges one column of all lanes; `at`: room for a position a lane. */
static void count_column(const struct tg_census *c, size_t column, size_t *at,
                         struct tg_census_column *out)
{
    memset(at, 0, c->n_lanes * sizeof *at);
    for (;;) {
        bool any = false;
        uint64_t least = 0, rows = 0;
        for (size_t i = 0; i < c->n_lanes; i++) {
            const struct counts *counts = &c->lanes[i].columns[column];
            if (at[i] == counts->n)
                continue;
            uint64_t prefix = counts->entries[at[i]].prefix;
            if (!any || prefix < least)
                least = prefix;
            any = true;
        }
        if (!any)
            return;
        for (size_t i = 0; i < c->n_lanes; i++) {
            const struct counts *counts = &c->lanes[i].columns[column];
            if (at[i] < counts->n && counts->entries[at[i]].prefix == least)
                rows += counts->entries[at[i]++].of.count;
        }
        note_group(out, rows);
    }
}

/* The group that is being added up while the overflow merges. */
struct group {
    struct tg_census_column *columns;
    unsigned char key[KEY_LEN];
    uint64_t rows;
};

static void end_group(struct group *g)
{
    if (g->rows)
        note_group(&g->columns[(size_t)g->key[0] << 8 | g->key[1]], g->rows);
    g->rows = 0;
}

static enum tg_status on_count(void *ctx, const struct tg_record *record, struct tg_error *err)
{
    (void)err;
    struct group *g = ctx;
    uint64_t count;
    memcpy(&count, record->bytes + record->len, sizeof count);
    if (memcmp(g->key, record->bytes, KEY_LEN) != 0) {
        end_group(g);
        memcpy(g->key, record->bytes, KEY_LEN);
    }
    g->rows += count;
    return TG_OK;
}

/* Some counts are on disk: the others go there too. */
static enum tg_status count_overflow(struct tg_census *c, struct tg_census_column *out,
                                     struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < c->n_lanes && !status; i++) {
        status = pour_over(c, i, err);
        if (!status)
            status = tg_sorter_seal(c->overflow, i, err);
    }
    struct group group = {.columns = out};
    if (!status)
        status = tg_sorter_merge(c->overflow, on_count, &group, err);
    end_group(&group);
    return status;
}

enum tg_status tg_census_seal(struct tg_census *c, size_t lane, struct tg_error *err)
{
    return put_lane_together(c, &c->lanes[lane], err);
}

enum tg_status tg_census_count(struct tg_census *c, size_t part, size_t n,
                               struct tg_census_column *out, struct tg_error *err)
{
    bool overflown = false;
    for (size_t i = 0; i < c->n_lanes; i++)
        overflown |= c->lanes[i].overflown;
    if (overflown)
        return part ? TG_OK : count_overflow(c, out, err);
    size_t *at = tg_calloc(c->n_lanes, sizeof *at, err);
    if (!at)
        return TG_NO_MEMORY;
    for (size_t i = part; i < c->n_columns; i += n)
        count_column(c, i, at, &out[i]);
    free(at);
    return TG_OK;
}

uint64_t tg_census_disk(const struct tg_census *c)
{
    return tg_sorter_disk(c->overflow);
}

void tg_census_free(struct tg_census **census)
{
    if (!census || !*census)
        return;
    struct tg_census *c = *census;
    for (size_t i = 0; c->lanes && i < c->n_lanes; i++) {
        for (size_t j = 0; c->lanes[i].columns && j < c->n_columns; j++)
            free(c->lanes[i].columns[j].entries);
        free(c->lanes[i].columns);
    }
    free(c->lanes);
    tg_sorter_free(&c->overflow);
    free(c);
    *census = NULL;
}
