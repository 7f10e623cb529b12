/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/effects.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_LEVEL = UINT32_MAX, LEVELS_MAX = 200, THIRDS = 3, NAME_MAX_LEN = 160 };

/* One factor over the members. */
struct factor {
    uint32_t *level;    /* by member; NO_LEVEL: not known */
    const char **names; /* "sex=1" */
    size_t n;
};

static enum tg_status add_name(const struct tg_comparison *c, struct factor *f, const char *factor,
                               const char *level, struct tg_error *err)
{
    char text[NAME_MAX_LEN];
    (void)snprintf(text, sizeof text, "%s=%s", factor, level);
    f->names[f->n] = tg_arena_strndup(c->arena, text, strlen(text), err);
    return f->names[f->n++] ? TG_OK : TG_NO_MEMORY;
}

static const struct tg_person *person_of(const struct tg_comparison *c, size_t member)
{
    return &c->question->people->items[c->question->cohort->members[member].person];
}

static enum tg_status by_sex(const struct tg_comparison *c, struct factor *f, struct tg_error *err)
{
    enum tg_status status = add_name(c, f, "sex", "1", err);
    if (!status)
        status = add_name(c, f, "sex", "2", err);
    for (size_t i = 0; i < c->question->cohort->n; i++) {
        uint8_t sex = person_of(c, i)->sex;
        f->level[i] = sex == 1 || sex == 2 ? sex - 1u : (uint32_t)NO_LEVEL;
    }
    return status;
}

/* The bands that Japanese insurance knows: before and after 65, 75 and 85. */
static enum tg_status by_age(const struct tg_comparison *c, struct factor *f, struct tg_error *err)
{
    static const struct {
        int from;
        const char *name;
    } bands[] = {{0, "0-64"}, {65, "65-74"}, {75, "75-84"}, {85, "85+"}};
    enum { BANDS = sizeof bands / sizeof bands[0] };
    enum tg_status status = TG_OK;
    for (size_t b = 0; !status && b < BANDS; b++)
        status = add_name(c, f, "age_band", bands[b].name, err);
    for (size_t i = 0; i < c->question->cohort->n; i++) {
        int age =
            tg_age_in(person_of(c, i)->birth_month, c->question->cohort->members[i].index_month);
        f->level[i] = NO_LEVEL;
        for (uint32_t b = 0; age >= 0 && b < BANDS && age >= bands[b].from; b++)
            f->level[i] = b;
    }
    return status;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* More districts than can be read are no factor. */
static enum tg_status by_district(const struct tg_comparison *c, struct factor *f,
                                  struct tg_error *err)
{
    const char *names[LEVELS_MAX];
    size_t n = 0;
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < c->question->cohort->n; i++) {
        const char *district = person_of(c, i)->district;
        size_t at = 0;
        while (at < n && strcmp(names[at], district) != 0)
            at++;
        if (at < n || !district[0])
            continue;
        if (n == LEVELS_MAX)
            return TG_OK;
        names[n++] = district;
    }
    if (n)
        qsort(names, n, sizeof names[0], by_text);
    for (size_t k = 0; !status && k < n; k++)
        status = add_name(c, f, "district", names[k], err);
    for (size_t i = 0; i < c->question->cohort->n; i++) {
        const char *district = person_of(c, i)->district;
        const char **at = n ? bsearch(&district, names, n, sizeof names[0], by_text) : NULL;
        f->level[i] = at ? (uint32_t)(at - names) : (uint32_t)NO_LEVEL;
    }
    return status;
}

static size_t values_before(const struct tg_comparison *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->question->cohort->n; i++) {
        if (!isnan(c->observed[i].before))
            c->room[n++] = c->observed[i].before;
    }
    if (n)
        qsort(c->room, n, sizeof *c->room, by_number);
    return n;
}

/* The levels themselves where there are few of them, else thirds of the values. */
static enum tg_status by_level(const struct tg_comparison *c, struct factor *f,
                               struct tg_error *err)
{
    static const char *const thirds[THIRDS] = {"1/3", "2/3", "3/3"};
    size_t n = values_before(c), kept = 0;
    bool levels = c->question->rule->design == TG_DESIGN_TRANSITION;
    double cuts[LEVELS_MAX];
    char text[32];
    enum tg_status status = TG_OK;
    for (size_t i = 0; levels && i < n; i++) {
        if ((i == 0 || c->room[i] > c->room[i - 1]) && kept < LEVELS_MAX)
            cuts[kept++] = c->room[i];
    }
    for (size_t k = 0; !levels && n && k < THIRDS; k++)
        cuts[kept++] = k ? c->room[n * k / THIRDS] : c->room[0];
    for (size_t k = 0; !status && k < kept; k++) {
        (void)snprintf(text, sizeof text, "%g", cuts[k]);
        status = add_name(c, f, "level", levels ? text : thirds[k], err);
    }
    for (size_t i = 0; i < c->question->cohort->n; i++) {
        f->level[i] = NO_LEVEL;
        for (uint32_t k = 0; k < kept && c->observed[i].before >= cuts[k]; k++)
            f->level[i] = k;
    }
    return status;
}

static const struct {
    enum tg_subgroup bit;
    enum tg_status (*make)(const struct tg_comparison *c, struct factor *f, struct tg_error *err);
} factors[] = {{TG_BY_SEX, by_sex},
               {TG_BY_AGE_BAND, by_age},
               {TG_BY_DISTRICT, by_district},
               {TG_BY_LEVEL, by_level}};
enum { N_FACTORS = sizeof factors / sizeof factors[0] };

static enum tg_status compare_levels(const struct tg_comparison *c, const struct factor *f,
                                     struct tg_outcome_result *r, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (uint32_t k = 0; !status && k < f->n; k++) {
        struct tg_effect *e = &r->subgroups[r->n_subgroups];
        size_t n = tg_effect_rows(c, TG_LOOK_CHANGE, f->level, k);
        if (n == 0)
            continue;
        status = tg_effect_estimate(c, n, tg_design_name(c->question->rule->design), NULL, e, err);
        e->subgroup = f->names[k];
        r->n_subgroups += !status;
    }
    return status;
}

enum tg_status tg_subgroups_compare(const struct tg_comparison *c, struct tg_outcome_result *r,
                                    struct tg_error *err)
{
    unsigned by = c->question->rule->by;
    struct factor f = {0};
    if (!by)
        return TG_OK;
    f.level = tg_calloc(c->question->cohort->n, sizeof *f.level, err);
    f.names = f.level ? tg_calloc(LEVELS_MAX, sizeof *f.names, err) : NULL;
    r->subgroups = f.names ? tg_arena_alloc(c->arena, N_FACTORS * (size_t)LEVELS_MAX,
                                            sizeof *r->subgroups, err)
                           : NULL;
    enum tg_status status = r->subgroups ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < N_FACTORS; i++) {
        if (!(by & (unsigned)factors[i].bit))
            continue;
        f.n = 0;
        status = factors[i].make(c, &f, err);
        if (!status)
            status = compare_levels(c, &f, r, err);
    }
    free(f.level);
    free(f.names);
    return status;
}
