/* SPDX-License-Identifier: Apache-2.0 */
#include "table/leak.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_KEPT = 2 * TG_LEAK_ROWS, ENOUGH = 1000, MANY = 100, FEWEST_BITS = 10 };

/* A token's first 8 bytes tell it from others of a few thousand rows. */
struct entry {
    uint64_t token;
    uint32_t column;
};

struct row {
    unsigned char id[TG_TOKEN_LEN];
    size_t first, n; /* entries */
};

struct tg_leak {
    size_t n_columns;
    struct row *rows;
    size_t n_rows, cap_rows;
    struct entry *entries;
    size_t n_entries, cap_entries;
    bool full; /* only ids below `limit` are of interest */
    unsigned char limit[TG_TOKEN_LEN];
};

enum tg_status tg_leak_new(size_t n_columns, struct tg_leak **out, struct tg_error *err)
{
    struct tg_leak *leak = tg_calloc(1, sizeof *leak, err);
    if (!leak)
        return TG_NO_MEMORY;
    leak->n_columns = n_columns;
    *out = leak;
    return TG_OK;
}

void tg_leak_free(struct tg_leak **leak)
{
    if (!leak || !*leak)
        return;
    free((*leak)->rows);
    free((*leak)->entries);
    free(*leak);
    *leak = NULL;
}

bool tg_leak_wants(const struct tg_leak *leak, const unsigned char row_id[TG_TOKEN_LEN])
{
    return !leak->full || memcmp(row_id, leak->limit, TG_TOKEN_LEN) < 0;
}

static int by_id(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return memcmp(x->id, y->id, TG_TOKEN_LEN);
}

/* Keeps the rows with the smallest ids. */
static enum tg_status compact(struct tg_leak *leak, struct tg_error *err)
{
    if (leak->n_rows)
        qsort(leak->rows, leak->n_rows, sizeof *leak->rows, by_id);
    if (leak->n_rows <= TG_LEAK_ROWS)
        return TG_OK;
    size_t n = 0;
    for (size_t i = 0; i < TG_LEAK_ROWS; i++)
        n += leak->rows[i].n;
    struct entry *kept = tg_calloc(n, sizeof *kept, err);
    if (!kept)
        return TG_NO_MEMORY;
    n = 0;
    for (size_t i = 0; i < TG_LEAK_ROWS; i++) {
        struct row *row = &leak->rows[i];
        if (row->n)
            memcpy(kept + n, leak->entries + row->first, row->n * sizeof *kept);
        row->first = n;
        n += row->n;
    }
    free(leak->entries);
    leak->entries = kept;
    leak->n_entries = leak->cap_entries = n;
    leak->n_rows = TG_LEAK_ROWS;
    leak->full = true;
    memcpy(leak->limit, leak->rows[TG_LEAK_ROWS - 1].id, TG_TOKEN_LEN);
    return TG_OK;
}

enum tg_status tg_leak_row(struct tg_leak *leak, const unsigned char row_id[TG_TOKEN_LEN],
                           struct tg_error *err)
{
    enum tg_status status = leak->n_rows == ROWS_KEPT ? compact(leak, err) : TG_OK;
    if (!status)
        status = tg_grow(&leak->rows, &leak->cap_rows, leak->n_rows + 1, sizeof *leak->rows, err);
    if (status)
        return status;
    struct row *row = &leak->rows[leak->n_rows++];
    memcpy(row->id, row_id, TG_TOKEN_LEN);
    row->first = leak->n_entries;
    row->n = 0;
    return TG_OK;
}

static enum tg_status add(struct tg_leak *leak, const struct entry *entry, struct tg_error *err)
{
    enum tg_status status = tg_grow(&leak->entries, &leak->cap_entries, leak->n_entries + 1,
                                    sizeof *leak->entries, err);
    if (status)
        return status;
    leak->entries[leak->n_entries++] = *entry;
    leak->rows[leak->n_rows - 1].n++;
    return TG_OK;
}

enum tg_status tg_leak_token(struct tg_leak *leak, size_t column,
                             const unsigned char token[TG_TOKEN_LEN], struct tg_error *err)
{
    struct entry entry = {.column = (uint32_t)column};
    memcpy(&entry.token, token, sizeof entry.token);
    return add(leak, &entry, err);
}

enum tg_status tg_leak_merge(struct tg_leak *into, const struct tg_leak *from, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < from->n_rows; i++) {
        const struct row *row = &from->rows[i];
        if (!tg_leak_wants(into, row->id))
            continue;
        status = tg_leak_row(into, row->id, err);
        for (size_t j = 0; !status && j < row->n; j++)
            status = add(into, &from->entries[row->first + j], err);
    }
    return status;
}

static int by_column_and_token(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return (x->token > y->token) - (x->token < y->token);
}

/* Cells of a row follow one another by column, so a change of column is a new row of it. */
static void count_rows(const struct tg_leak *leak, struct tg_leak_measure *out)
{
    for (size_t i = 0; i < leak->n_rows; i++) {
        const struct entry *e = leak->entries + leak->rows[i].first;
        for (size_t j = 0; j < leak->rows[i].n; j++)
            out[e[j].column].rows += j == 0 || e[j].column != e[j - 1].column;
    }
}

/* One pair in `rows` choose two, where none agrees. */
static double collision_bits(double agreeing, double rows)
{
    double pairs = rows * (rows - 1) / 2;
    return pairs > 0 ? -log2(fmin(1, fmax(agreeing, 1) / pairs)) : 0;
}

enum tg_status tg_leak_measure(struct tg_leak *leak, struct tg_leak_measure *out,
                               struct tg_error *err)
{
    enum tg_status status = compact(leak, err);
    double *agreeing = status ? NULL : tg_calloc(leak->n_columns, sizeof *agreeing, err);
    if (!agreeing)
        return TG_NO_MEMORY;
    memset(out, 0, leak->n_columns * sizeof *out);
    count_rows(leak, out);
    if (leak->n_entries)
        qsort(leak->entries, leak->n_entries, sizeof *leak->entries, by_column_and_token);
    for (size_t at = 0, end; at < leak->n_entries; at = end) {
        const struct entry *e = &leak->entries[at];
        for (end = at + 1; end < leak->n_entries; end++) {
            if (by_column_and_token(e, &leak->entries[end]) != 0)
                break;
        }
        double n = (double)(end - at);
        agreeing[e->column] += n * (n - 1) / 2;
        if (end - at > out[e->column].largest)
            out[e->column].largest = end - at;
    }
    for (size_t c = 0; c < leak->n_columns; c++)
        out[c].bits = collision_bits(agreeing[c], (double)out[c].rows);
    leak->n_rows = leak->n_entries = 0; /* they are in another order now */
    free(agreeing);
    return TG_OK;
}

bool tg_leak_gives_away(const struct tg_leak_measure *m)
{
    return m->rows >= ENOUGH && (m->largest > m->rows / MANY || m->bits < FEWEST_BITS);
}

void tg_leak_print(const struct tg_leak_measure *m, char *out, size_t size)
{
    (void)snprintf(out, size, "%llu / %llu, %.1f bits", (unsigned long long)m->largest,
                   (unsigned long long)m->rows, m->bits);
}
