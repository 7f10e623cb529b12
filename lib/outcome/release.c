/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/outcome.h"

#include "cohort/names.h"
#include "text/calendar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { OLDEST_BAND = 90, N_AGES = 128, QUARTER = 3, YEAR = 12, STEP_SHIFT = 56 };

/* How far a row is coarsened; each step includes those before it. */
enum step { WHOLE, BY_QUARTER, BY_YEAR, NO_MONTH, NO_DISTRICT, NO_AGE, NO_SEX, OUT };

struct row {
    int band;
    uint8_t sex;
    uint32_t district;
    enum step step;
};

/* A row's combination of what is still shown. */
struct place {
    uint64_t cell;
    uint32_t month; /* as far as it is shown */
    uint32_t person;
    double order; /* of neighbours, for means */
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

/* The index month as far as the row still shows it. */
static uint32_t month_of(const struct releasing *r, size_t i)
{
    uint32_t month = (uint32_t)r->cohort->members[i].index_month;
    switch (r->rows[i].step) {
    case WHOLE:
        return month;
    case BY_QUARTER:
        return month / QUARTER;
    case BY_YEAR:
        return month / YEAR;
    default:
        return 0;
    }
}

static struct place place_of(const struct releasing *r, size_t i)
{
    return (struct place){.cell = cell_of(r, i),
                          .month = month_of(r, i),
                          .person = r->cohort->members[i].person,
                          .row = i};
}

static bool same_cell(const struct place *x, const struct place *y)
{
    return x->cell == y->cell && x->month == y->month;
}

static int by_cell(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    if (x->month != y->month)
        return x->month < y->month ? -1 : 1;
    if (x->order < y->order || x->order > y->order)
        return x->order < y->order ? -1 : 1;
    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* A control may stand in several sets, and is one person all the same. Places are sorted. */
static size_t count_people(const struct place *places, size_t n)
{
    size_t people = 0;
    for (size_t i = 0; i < n; i++)
        people += i == 0 || places[i].person != places[i - 1].person;
    return people;
}

/* Sends rows at `step` that are too few in their cell one step further. */
static bool coarsen_few(struct releasing *r, enum step step)
{
    size_t n = 0;
    bool changed = false;
    for (size_t i = 0; i < r->cohort->n; i++) {
        if (r->rows[i].step == step)
            r->places[n++] = place_of(r, i);
    }
    qsort(r->places, n, sizeof *r->places, by_cell);
    for (size_t at = 0, end; at < n; at = end) {
        for (end = at + 1; end < n && same_cell(&r->places[end], &r->places[at]);)
            end++;
        if (tg_count_may_show(count_people(&r->places[at], end - at), r->min_cell))
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
        for (end = at; end < r->cohort->n && (end == at || (m[at].set && m[end].set == m[at].set));
             end++)
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

static void write_month(const struct releasing *r, size_t i, char out[TG_RELEASED_MONTH])
{
    int32_t month = r->cohort->members[i].index_month;
    out[0] = '\0';
    if (r->rows[i].step == WHOLE)
        tg_month_format(month, out);
    else if (r->rows[i].step == BY_QUARTER)
        (void)snprintf(out, TG_RELEASED_MONTH, "%d-Q%d", (int)(month / YEAR) % 10000,
                       (int)(month % YEAR / QUARTER) + 1);
    else if (r->rows[i].step == BY_YEAR)
        (void)snprintf(out, TG_RELEASED_MONTH, "%d", (int)(month / YEAR) % 10000);
}

static void write_rows(const struct releasing *r, struct tg_released *rows,
                       struct tg_release_counts *counts)
{
    *counts = (struct tg_release_counts){0};
    for (size_t i = 0; i < r->cohort->n; i++) {
        const struct row *row = &r->rows[i];
        const struct tg_member *m = &r->cohort->members[i];
        rows[i] = (struct tg_released){
            .member = (uint32_t)i,
            .age_band = row->step < NO_AGE ? row->band : -1,
            .sex = row->step < NO_SEX ? row->sex : 0,
            .district = row->step < NO_DISTRICT ? r->people->items[m->person].district : NULL,
            .weight = m->weight,
            .propensity = m->propensity,
            .left_out = row->step == OUT,
        };
        write_month(r, i, rows[i].index_month);
        counts->left_out += row->step == OUT;
        counts->months += row->step >= BY_QUARTER && row->step < OUT;
        counts->districts += row->step >= NO_DISTRICT && row->step < OUT;
        counts->ages += row->step >= NO_AGE && row->step < OUT;
        counts->sexes += row->step >= NO_SEX && row->step < OUT;
    }
}

/* The mean of those who have a value, for all of the group; none where they are too few. */
static double mean_of(const struct releasing *r, const struct place *group, size_t n,
                      double (*value)(const struct releasing *, size_t row, size_t column),
                      size_t column)
{
    double sum = 0;
    size_t known = 0;
    for (size_t i = 0; i < n; i++) {
        double x = value(r, group[i].row, column);
        if (isnan(x))
            continue;
        sum += x;
        known++;
    }
    return known && tg_count_may_show(known, r->min_cell) ? sum / (double)known : (double)NAN;
}

static double weight_of(const struct releasing *r, size_t row, size_t column)
{
    (void)column;
    return r->cohort->members[row].weight;
}

static double propensity_of(const struct releasing *r, size_t row, size_t column)
{
    (void)column;
    return r->cohort->members[row].propensity;
}

static double covariate_of(const struct releasing *r, size_t row, size_t column)
{
    return r->cohort->covariates[row * r->cohort->n_covariates + column];
}

static void average(const struct releasing *r, const struct place *group, size_t n,
                    struct tg_released *rows, double *values)
{
    size_t n_values = r->cohort->n_covariates;
    double weight = mean_of(r, group, n, weight_of, 0);
    double propensity = mean_of(r, group, n, propensity_of, 0);
    for (size_t i = 0; i < n; i++) {
        rows[group[i].row].weight = weight;
        rows[group[i].row].propensity = propensity;
    }
    for (size_t c = 0; c < n_values; c++) {
        double mean = mean_of(r, group, n, covariate_of, c);
        for (size_t i = 0; i < n; i++)
            values[group[i].row * n_values + c] = mean;
    }
}

/* Cuts a cell into groups of neighbours of at least the smallest number of people. */
static void average_cell(const struct releasing *r, const struct place *cell, size_t n,
                         struct tg_released *rows, double *values)
{
    size_t fewest = r->min_cell ? r->min_cell : 1;
    size_t groups = count_people(cell, n) / fewest;
    for (size_t at = 0, end; at < n; at = end, groups--) {
        size_t people = 0;
        for (end = at; end < n; end++) {
            bool new_one = end == at || cell[end].person != cell[end - 1].person;
            if (new_one && people == fewest && groups > 1)
                break;
            people += new_one;
        }
        average(r, &cell[at], end - at, rows, values);
    }
}

/* What neighbours are alike in: the propensity, or the first covariate. */
static double order_of(const struct releasing *r, size_t i)
{
    double order = r->cohort->members[i].propensity;
    if (isnan(order) && r->cohort->n_covariates)
        order = covariate_of(r, i, 0);
    return isnan(order) ? -INFINITY : order;
}

/* Microaggregation (Domingo-Ferrer and Mateo-Sanz 2002): every combination of what a row shows is
 * that of at least so many people. */
static void average_all(struct releasing *r, struct tg_released *rows, double *values)
{
    size_t n = 0;
    for (size_t i = 0; i < r->cohort->n; i++) {
        if (r->rows[i].step == OUT)
            continue;
        r->places[n] = place_of(r, i);
        r->places[n].cell |= (uint64_t)r->rows[i].step << STEP_SHIFT;
        r->places[n++].order = order_of(r, i);
    }
    qsort(r->places, n, sizeof *r->places, by_cell);
    for (size_t at = 0, end; at < n; at = end) {
        for (end = at + 1; end < n && same_cell(&r->places[end], &r->places[at]);)
            end++;
        average_cell(r, &r->places[at], end - at, rows, values);
    }
}

enum tg_status tg_cohort_release(const struct tg_cohort *cohort, const struct tg_people *people,
                                 unsigned min_cell, struct tg_released *rows, double *values,
                                 struct tg_release_counts *counts, struct tg_error *err)
{
    struct releasing r = {.cohort = cohort, .people = people, .min_cell = min_cell};
    r.rows = tg_calloc(cohort->n, sizeof *r.rows, err);
    r.places = tg_calloc(cohort->n, sizeof *r.places, err);
    enum tg_status status = r.rows && r.places ? make_rows(&r, err) : TG_NO_MEMORY;
    if (!status) {
        coarsen_all(&r);
        write_rows(&r, rows, counts);
        average_all(&r, rows, values);
    }
    free(r.rows);
    free(r.places);
    tg_names_free(&r.districts);
    return status;
}
