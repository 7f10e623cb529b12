/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/outcome.h"

#include "cohort/names.h"

#include <stdlib.h>

enum { OLDEST_BAND = 90, N_AGES = 128 };

/* How far a row is coarsened; each step includes those before it. */
enum step { WHOLE, NO_DISTRICT, NO_AGE, NO_SEX, OUT };

struct row {
    int band;
    uint8_t sex;
    uint32_t district;
    enum step step;
};

/* A row's combination of what is still shown. */
struct place {
    uint64_t cell;
    size_t row;
};

struct releasing {
    const struct tg_cohort *cohort;
    const struct tg_people *people;
    unsigned min_cell;
    struct row *rows; /* by member */
    struct place *places;
    struct tg_names districts;
};

static enum tg_status make_rows(struct releasing *r, struct tg_error *err)
{
    for (size_t i = 0; i < r->cohort->n; i++) {
        const struct tg_member *m = &r->cohort->members[i];
        const struct tg_person *p = &r->people->items[m->person];
        int band = tg_age_band(tg_age_in(p->birth_month, m->index_month));
        r->rows[i].band = band > OLDEST_BAND ? OLDEST_BAND : band;
        r->rows[i].sex = p->sex;
        enum tg_status status =
            tg_names_number(&r->districts, p->district, &r->rows[i].district, err);
        if (status)
            return status;
    }
    return TG_OK;
}

/* Only rows at the same step are compared, so what is hidden may be any number. */
static uint64_t cell_of(const struct releasing *r, size_t i)
{
    const struct row *row = &r->rows[i];
    uint64_t cell = r->cohort->members[i].arm;
    cell = cell * 4 + (row->step < NO_SEX ? row->sex : 3);
    cell = cell * N_AGES + (row->step < NO_AGE ? (uint64_t)(row->band + 1) : N_AGES - 1);
    return cell << 32 | (row->step < NO_DISTRICT ? row->district : 0);
}

static int by_cell(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Sends rows at `step` that are too few in their cell one step further. */
static bool coarsen_few(struct releasing *r, enum step step)
{
    size_t n = 0;
    bool changed = false;
    for (size_t i = 0; i < r->cohort->n; i++) {
        if (r->rows[i].step == step)
            r->places[n++] = (struct place){cell_of(r, i), i};
    }
    qsort(r->places, n, sizeof *r->places, by_cell);
    for (size_t at = 0, end; at < n; at = end) {
        for (end = at + 1; end < n && r->places[end].cell == r->places[at].cell;)
            end++;
        if (tg_count_may_show(end - at, r->min_cell))
            continue;
        for (size_t i = at; i < end; i++)
            r->rows[r->places[i].row].step = (enum step)(step + 1);
        changed = true;
    }
    return changed;
}

/* A set is alike in its strata, so what is hidden of one would be read from the others. */
static void level_sets(struct releasing *r)
{
    const struct tg_member *m = r->cohort->members;
    for (size_t at = 0, end; at < r->cohort->n; at = end) {
        enum step furthest = WHOLE;
        for (end = at; end < r->cohort->n && m[end].set == m[at].set; end++)
            furthest = r->rows[end].step > furthest ? r->rows[end].step : furthest;
        for (size_t i = at; i < end; i++)
            r->rows[i].step = furthest;
    }
}

/* Sets that go further leave smaller cells behind, so each step is repeated until none does. */
static void coarsen_all(struct releasing *r)
{
    for (enum step step = WHOLE; step < OUT; step++) {
        while (coarsen_few(r, step))
            level_sets(r);
    }
}

static void write_rows(const struct releasing *r, struct tg_released *rows,
                       struct tg_release_counts *counts)
{
    *counts = (struct tg_release_counts){0};
    for (size_t i = 0; i < r->cohort->n; i++) {
        const struct row *row = &r->rows[i];
        const char *district = r->people->items[r->cohort->members[i].person].district;
        rows[i] = (struct tg_released){
            .member = (uint32_t)i,
            .age_band = row->step < NO_AGE ? row->band : -1,
            .sex = row->step < NO_SEX ? row->sex : 0,
            .district = row->step < NO_DISTRICT ? district : NULL,
            .left_out = row->step == OUT,
        };
        counts->left_out += row->step == OUT;
        counts->districts += row->step >= NO_DISTRICT && row->step < OUT;
        counts->ages += row->step >= NO_AGE && row->step < OUT;
        counts->sexes += row->step >= NO_SEX && row->step < OUT;
    }
}

enum tg_status tg_cohort_release(const struct tg_cohort *cohort, const struct tg_people *people,
                                 unsigned min_cell, struct tg_released *rows,
                                 struct tg_release_counts *counts, struct tg_error *err)
{
    struct releasing r = {.cohort = cohort, .people = people, .min_cell = min_cell};
    r.rows = tg_calloc(cohort->n, sizeof *r.rows, err);
    r.places = tg_calloc(cohort->n, sizeof *r.places, err);
    enum tg_status status = r.rows && r.places ? make_rows(&r, err) : TG_NO_MEMORY;
    if (!status) {
        coarsen_all(&r);
        write_rows(&r, rows, counts);
    }
    free(r.rows);
    free(r.places);
    tg_names_free(&r.districts);
    return status;
}
