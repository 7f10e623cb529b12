/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/eligible.h"
#include "cohort/names.h"

#include "text/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOBODY = -1,
    MONTHS_OF_BAND = 60,
    BLOCK_BITS = 16, /* 65,536 blocks of five years: more than months have */
};

/* Somebody who may be drawn. */
struct pooled {
    uint64_t group; /* sex, district and the five years of birth, as far as they are strata */
    uint64_t rank;
    uint32_t person;
};

/* A participant who looks for a control. */
struct seeker {
    uint64_t rank;
    uint32_t person;
    int32_t month;
    int band;
    double probability;
    uint64_t group; /* without years of birth */
    size_t cell;
};

/* An index month and stratum. People of one age band in one month were born in at most two
 * blocks of five years, so two lists of the pool hold all of them, both ascending by rank. */
struct cell {
    int32_t month;
    int band;
    size_t at[2], end[2];
};

struct drawing {
    const struct tg_cohort_input *input;
    struct tg_names districts;
    struct seeker *seekers;
    size_t n_seekers;
    int32_t *months; /* the seekers' index months, ascending */
    size_t n_months;
    bool *taken; /* by person: never or no longer a control */
    struct pooled *pool;
    size_t n_pool;
    struct cell *cells;
    size_t n_cells;
    struct tg_cohort cohort;
};

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes all bits. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static uint64_t rank_of(const struct drawing *d, enum tg_arm arm, uint32_t person)
{
    uint64_t seed = mix(d->input->rules->seed + UINT64_C(0x9E3779B97F4A7C15) * (1 + (unsigned)arm));
    return mix(seed + mix((uint64_t)d->input->people->items[person].id));
}

static uint64_t block_of(int32_t birth_month)
{
    int64_t block = birth_month / MONTHS_OF_BAND - (birth_month % MONTHS_OF_BAND < 0);
    return (uint64_t)block & ((1u << BLOCK_BITS) - 1);
}

static enum tg_status group_of(struct drawing *d, uint32_t person, uint64_t *group,
                               struct tg_error *err)
{
    const struct tg_person *p = &d->input->people->items[person];
    unsigned exact = d->input->rules->exact;
    uint32_t district = 0;
    if (exact & TG_STRATUM_DISTRICT) {
        enum tg_status status = tg_names_number(&d->districts, p->district, &district, err);
        if (status)
            return status;
    }
    uint64_t sex = exact & TG_STRATUM_SEX ? p->sex : 0;
    *group = (sex << 32 | district) << BLOCK_BITS;
    return TG_OK;
}

/* Counts each candidate once and keeps those who may take part. */
static enum tg_status screen_candidates(struct drawing *d, struct tg_error *err)
{
    const struct tg_cohort_input *in = d->input;
    uint64_t count[TG_N_ELIGIBILITIES] = {0};
    bool by_age = in->rules->exact & TG_STRATUM_AGE_BAND;
    for (size_t i = 0; i < in->n_candidates; i++) {
        const struct tg_candidate *c = &in->candidates[i];
        if (c->person >= in->people->n || (i > 0 && in->candidates[i - 1].person >= c->person))
            return TG_FAIL(err, TG_MSG_BUG, .rule = "candidates ascend by person, one a person");
        d->taken[c->person] = true;
        enum tg_eligibility e = tg_eligibility_in(in, c->person, c->index_month);
        count[e]++;
        if (e != TG_ELIGIBLE)
            continue;
        int age = tg_age_in(in->people->items[c->person].birth_month, c->index_month);
        struct seeker *s = &d->seekers[d->n_seekers++];
        *s = (struct seeker){.rank = rank_of(d, TG_PARTICIPANT, c->person),
                             .person = c->person,
                             .month = c->index_month,
                             .probability = c->probability,
                             .band = by_age ? tg_age_band(age) : NOBODY};
        enum tg_status status = group_of(d, c->person, &s->group, err);
        if (status)
            return status;
    }
    d->cohort.flow = (struct tg_cohort_flow){.candidates = in->n_candidates,
                                             .no_index_month = count[TG_NO_INDEX_MONTH],
                                             .age = count[TG_OUTSIDE_AGE],
                                             .no_baseline = count[TG_NO_BASELINE],
                                             .not_insured = count[TG_NOT_INSURED],
                                             .no_followup = count[TG_NO_FOLLOWUP]};
    return TG_OK;
}

static int by_cell(const void *a, const void *b)
{
    const struct seeker *x = a, *y = b;
    if (x->month != y->month)
        return x->month < y->month ? -1 : 1;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->band != y->band)
        return x->band < y->band ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static int by_rank(const void *a, const void *b)
{
    const struct seeker *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static bool better(const struct pooled *x, const struct pooled *y)
{
    return x->rank != y->rank ? x->rank < y->rank : x->person < y->person;
}

static int by_group(const void *a, const void *b)
{
    const struct pooled *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return better(x, y) ? -1 : better(y, x);
}

/* Seekers must be sorted by cell. */
static enum tg_status list_months(struct drawing *d, struct tg_error *err)
{
    d->months = tg_calloc(d->n_seekers, sizeof *d->months, err);
    if (!d->months)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < d->n_seekers; i++) {
        if (i == 0 || d->seekers[i - 1].month != d->seekers[i].month)
            d->months[d->n_months++] = d->seekers[i].month;
    }
    return TG_OK;
}

static bool ever_eligible(const struct drawing *d, uint32_t person)
{
    for (size_t i = 0; i < d->n_months; i++) {
        if (tg_eligibility_in(d->input, person, d->months[i]) == TG_ELIGIBLE)
            return true;
    }
    return false;
}

static enum tg_status fill_pool(struct drawing *d, struct tg_error *err)
{
    const struct tg_people *people = d->input->people;
    bool by_age = d->input->rules->exact & TG_STRATUM_AGE_BAND;
    for (uint32_t i = 0; i < people->n; i++) {
        if (!d->taken[i] && ever_eligible(d, i)) {
            d->cohort.eligible[i] = true;
            d->n_pool++;
        }
    }
    d->cohort.flow.controls_eligible = d->n_pool;
    d->pool = tg_calloc(d->n_pool, sizeof *d->pool, err);
    if (!d->pool)
        return TG_NO_MEMORY;
    size_t n = 0;
    for (uint32_t i = 0; i < people->n; i++) {
        if (!d->cohort.eligible[i])
            continue;
        struct pooled *p = &d->pool[n++];
        *p = (struct pooled){.rank = rank_of(d, TG_CONTROL, i), .person = i};
        enum tg_status status = group_of(d, i, &p->group, err);
        if (status)
            return status;
        if (by_age)
            p->group |= block_of(people->items[i].birth_month);
    }
    qsort(d->pool, d->n_pool, sizeof *d->pool, by_group);
    return TG_OK;
}

/* The first of the pool whose group is not less. */
static size_t group_start(const struct drawing *d, uint64_t group)
{
    size_t low = 0, high = d->n_pool;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->pool[middle].group < group)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct cell make_cell(const struct drawing *d, const struct seeker *s)
{
    struct cell c = {.month = s->month, .band = s->band};
    uint64_t groups[2] = {s->group, s->group};
    if (s->band != NOBODY) {
        int32_t youngest = s->month - 12 * s->band;
        groups[0] |= block_of(youngest - MONTHS_OF_BAND + 1);
        groups[1] |= block_of(youngest);
    }
    for (int i = 0; i < (groups[0] == groups[1] ? 1 : 2); i++) {
        c.at[i] = group_start(d, groups[i]);
        c.end[i] = group_start(d, groups[i] + 1);
    }
    return c;
}

/* Seekers must be sorted by cell; they are by rank afterwards. */
static enum tg_status make_cells(struct drawing *d, struct tg_error *err)
{
    d->cells = tg_calloc(d->n_seekers, sizeof *d->cells, err);
    if (!d->cells)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < d->n_seekers; i++) {
        struct seeker *s = &d->seekers[i], *last = i ? s - 1 : NULL;
        if (!last || last->month != s->month || last->group != s->group || last->band != s->band)
            d->cells[d->n_cells++] = make_cell(d, s);
        s->cell = d->n_cells - 1;
    }
    qsort(d->seekers, d->n_seekers, sizeof *d->seekers, by_rank);
    return TG_OK;
}

static bool fits(const struct drawing *d, const struct cell *c, uint32_t person)
{
    if (d->taken[person])
        return false;
    int32_t birth_month = d->input->people->items[person].birth_month;
    if (c->band != NOBODY && tg_age_band(tg_age_in(birth_month, c->month)) != c->band)
        return false;
    return tg_eligibility_in(d->input, person, c->month) == TG_ELIGIBLE;
}

/* Who does not fit a cell now never will, so each list is walked once. */
static const struct pooled *draw_from(const struct drawing *d, struct cell *c)
{
    const struct pooled *best = NULL;
    for (int i = 0; i < 2; i++) {
        while (c->at[i] < c->end[i] && !fits(d, c, d->pool[c->at[i]].person))
            c->at[i]++;
        if (c->at[i] < c->end[i] && (!best || better(&d->pool[c->at[i]], best)))
            best = &d->pool[c->at[i]];
    }
    return best;
}

static enum tg_status draw_all(struct drawing *d, struct tg_error *err)
{
    struct tg_cohort *cohort = &d->cohort;
    cohort->members = tg_calloc(d->n_seekers, 2 * sizeof *cohort->members, err);
    if (!cohort->members)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < d->n_seekers; i++) {
        const struct seeker *s = &d->seekers[i];
        const struct pooled *control = draw_from(d, &d->cells[s->cell]);
        if (!control) {
            cohort->flow.no_control++;
            continue;
        }
        d->taken[control->person] = true;
        struct tg_member member = {.person = s->person,
                                   .arm = TG_PARTICIPANT,
                                   .set = (uint32_t)++cohort->flow.matched,
                                   .index_month = s->month,
                                   .probability = s->probability,
                                   .weight = 1.0,
                                   .propensity = NAN};
        tg_observe(d->input, &member);
        cohort->members[cohort->n++] = member;
        member.person = control->person;
        member.arm = TG_CONTROL;
        member.probability = 1;
        tg_observe(d->input, &member);
        cohort->members[cohort->n++] = member;
    }
    return TG_OK;
}

static int by_month(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void set_pseudo_index(struct drawing *d)
{
    size_t n = d->cohort.n / 2;
    d->cohort.pseudo_index = TG_NO_MONTH;
    if (n == 0)
        return;
    /* the list of months has room for one a seeker */
    for (size_t i = 0; i < n; i++)
        d->months[i] = d->cohort.members[2 * i].index_month;
    qsort(d->months, n, sizeof *d->months, by_month);
    d->cohort.pseudo_index = d->months[(n - 1) / 2];
}

static enum tg_status make_room(struct drawing *d, struct tg_error *err)
{
    size_t n = d->input->people->n;
    if (n >= UINT32_MAX)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "fewer than 2^32 people");
    d->seekers = tg_calloc(d->input->n_candidates, sizeof *d->seekers, err);
    d->taken = tg_calloc(n, sizeof *d->taken, err);
    d->cohort.eligible = tg_calloc(n, sizeof *d->cohort.eligible, err);
    if (!d->seekers || !d->taken || !d->cohort.eligible)
        return TG_NO_MEMORY;
    if (d->input->barred && n)
        memcpy(d->taken, d->input->barred, n * sizeof *d->taken);
    return TG_OK;
}

enum tg_status tg_cohort_draw(const struct tg_cohort_input *input, struct tg_cohort *out,
                              struct tg_error *err)
{
    struct drawing d = {.input = input};
    enum tg_status status = make_room(&d, err);
    if (!status)
        status = screen_candidates(&d, err);
    if (status)
        goto out;
    qsort(d.seekers, d.n_seekers, sizeof *d.seekers, by_cell);
    status = list_months(&d, err);
    if (!status)
        status = fill_pool(&d, err);
    if (!status)
        status = make_cells(&d, err);
    if (!status)
        status = draw_all(&d, err);
    if (status)
        goto out;
    set_pseudo_index(&d);
    *out = d.cohort;
    d.cohort = (struct tg_cohort){0};
out:
    tg_cohort_free(&d.cohort);
    tg_names_free(&d.districts);
    free(d.seekers);
    free(d.months);
    free(d.taken);
    free(d.pool);
    free(d.cells);
    return status;
}

void tg_cohort_free(struct tg_cohort *cohort)
{
    if (!cohort)
        return;
    free(cohort->members);
    free(cohort->eligible);
    *cohort = (struct tg_cohort){0};
}
