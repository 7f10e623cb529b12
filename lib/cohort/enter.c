/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/eligible.h"
#include "cohort/entrants.h"
#include "cohort/names.h"

#include "base/bytes.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

enum {
    MONTHS_OF_BAND = 60,
    BLOCK_BITS = 16, /* 65,536 blocks of five years: more than months have */
};

/* Somebody in the group in which months are drawn: sex, district and five years of birth, as far
 * as sets are equal in them. */
struct place {
    uint64_t group, rank;
    uint32_t person;
    int32_t month;
};

struct entering {
    const struct tg_cohort_input *input;
    struct tg_names districts;
    struct place *participants, *others;
    size_t n_participants, n_others;
    int32_t *months; /* the participants', by rank */
    struct tg_entrants *out;
};

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes all bits. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static uint64_t rank_of(const struct entering *e, enum tg_arm arm, uint32_t person)
{
    uint64_t seed = mix(e->input->rules->seed + UINT64_C(0x9E3779B97F4A7C15) * (1 + (unsigned)arm));
    return mix(seed + mix(tg_load_be64(e->input->people->items[person].oldest_row_id)));
}

static uint64_t block_of(int32_t birth_month)
{
    int64_t block = birth_month / MONTHS_OF_BAND - (birth_month % MONTHS_OF_BAND < 0);
    return (uint64_t)block & ((1u << BLOCK_BITS) - 1);
}

static enum tg_status make_place(struct entering *e, enum tg_arm arm, uint32_t person,
                                 int32_t month, struct place *out, struct tg_error *err)
{
    const struct tg_person *p = &e->input->people->items[person];
    unsigned exact = e->input->rules->exact;
    uint32_t district = 0;
    if (exact & TG_STRATUM_DISTRICT) {
        enum tg_status status = tg_names_number(&e->districts, p->district, &district, err);
        if (status)
            return status;
    }
    uint64_t sex = exact & TG_STRATUM_SEX ? p->sex : 0;
    uint64_t block = exact & TG_STRATUM_AGE_BAND ? block_of(p->birth_month) : 0;
    *out = (struct place){(sex << 32 | district) << BLOCK_BITS | block, rank_of(e, arm, person),
                          person, month};
    return TG_OK;
}

/* Counts each candidate once and keeps those who may take part. */
static enum tg_status screen_candidates(struct entering *e, struct tg_cohort_flow *flow,
                                        struct tg_error *err)
{
    const struct tg_cohort_input *in = e->input;
    uint64_t count[TG_N_ELIGIBILITIES] = {0};
    for (size_t i = 0; i < in->n_candidates; i++) {
        const struct tg_candidate *c = &in->candidates[i];
        if (c->person >= in->people->n || (i > 0 && in->candidates[i - 1].person >= c->person))
            return TG_FAIL(err, TG_MSG_BUG, .rule = "candidates ascend by person, one a person");
        e->out->at[c->person] = 1; /* no control */
        enum tg_eligibility eligibility = tg_eligibility_in(in, c->person, c->index_month);
        count[eligibility]++;
        if (eligibility != TG_ELIGIBLE)
            continue;
        if (c->earlier_use && !in->rules->allow_earlier_use) {
            flow->earlier_use++;
            continue;
        }
        enum tg_status status = make_place(e, TG_PARTICIPANT, c->person, c->index_month,
                                           &e->participants[e->n_participants++], err);
        if (status)
            return status;
    }
    flow->candidates = in->n_candidates;
    flow->no_index_month = count[TG_NO_INDEX_MONTH];
    flow->age = count[TG_OUTSIDE_AGE];
    flow->no_baseline = count[TG_NO_BASELINE];
    flow->not_insured = count[TG_NOT_INSURED];
    flow->no_followup = count[TG_NO_FOLLOWUP];
    return TG_OK;
}

static enum tg_status list_others(struct entering *e, struct tg_error *err)
{
    const struct tg_people *people = e->input->people;
    for (uint32_t i = 0; i < people->n; i++) {
        if (e->out->at[i] || (e->input->barred && e->input->barred[i]))
            continue;
        enum tg_status status =
            make_place(e, TG_CONTROL, i, TG_NO_MONTH, &e->others[e->n_others++], err);
        if (status)
            return status;
    }
    return TG_OK;
}

static int by_group(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static int by_rank_alone(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static int by_rank(const void *a, const void *b)
{
    const struct tg_entrant *x = a, *y = b;
    if (x->arm != y->arm)
        return x->arm == TG_PARTICIPANT ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

/* In turn, the participants' months of the group; of a group without any, those of all. Ranks are
 * a random order, so this is a draw without replacement, again and again. */
static void draw_months(struct entering *e)
{
    size_t p = 0, n = e->n_participants;
    for (size_t at = 0, end; at < e->n_others; at = end) {
        uint64_t group = e->others[at].group;
        while (p < n && e->participants[p].group < group)
            p++;
        size_t first = p, k = 0;
        while (first + k < n && e->participants[first + k].group == group)
            k++;
        for (end = at; end < e->n_others && e->others[end].group == group; end++)
            e->others[end].month =
                k ? e->participants[first + (end - at) % k].month : e->months[(end - at) % n];
    }
}

/* Participants by group and, for groups without any, all their months by rank. */
static enum tg_status sort_places(struct entering *e, struct tg_error *err)
{
    e->months = tg_calloc(e->n_participants, sizeof *e->months, err);
    if (!e->months)
        return TG_NO_MEMORY;
    qsort(e->participants, e->n_participants, sizeof *e->participants, by_rank_alone);
    for (size_t i = 0; i < e->n_participants; i++)
        e->months[i] = e->participants[i].month;
    qsort(e->participants, e->n_participants, sizeof *e->participants, by_group);
    if (e->n_others)
        qsort(e->others, e->n_others, sizeof *e->others, by_group);
    return TG_OK;
}

static void add(struct entering *e, enum tg_arm arm, const struct place *p)
{
    struct tg_entrant *entrant = &e->out->items[e->out->n++];
    *entrant = (struct tg_entrant){
        .rank = p->rank, .person = p->person, .month = p->month, .probability = 1, .arm = arm};
}

static void note_places(struct tg_entrants *e)
{
    memset(e->at, 0, e->input->people->n * sizeof *e->at);
    e->n_participants = 0;
    for (size_t i = 0; i < e->n; i++) {
        e->at[e->items[i].person] = (uint32_t)(i + 1);
        e->n_participants += e->items[i].arm == TG_PARTICIPANT;
    }
}

static enum tg_status gather(struct entering *e, struct tg_error *err)
{
    struct tg_entrants *out = e->out;
    out->items = tg_calloc(e->n_participants + e->n_others, sizeof *out->items, err);
    if (!out->items)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < e->n_participants; i++)
        add(e, TG_PARTICIPANT, &e->participants[i]);
    for (size_t i = 0; i < e->n_others; i++) {
        const struct place *p = &e->others[i];
        if (tg_eligibility_in(e->input, p->person, p->month) == TG_ELIGIBLE)
            add(e, TG_CONTROL, p);
    }
    qsort(out->items, out->n, sizeof *out->items, by_rank);
    note_places(out);
    for (size_t i = 0; i < e->input->n_candidates; i++) {
        const struct tg_candidate *c = &e->input->candidates[i];
        if (out->at[c->person])
            out->items[out->at[c->person] - 1].probability = c->probability;
    }
    return TG_OK;
}

static enum tg_status make_room(struct entering *e, struct tg_error *err)
{
    size_t n = e->input->people->n;
    if (n >= UINT32_MAX / 2)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "fewer than 2^31 people");
    e->out->at = tg_calloc(n, sizeof *e->out->at, err);
    e->participants = tg_calloc(e->input->n_candidates, sizeof *e->participants, err);
    e->others = tg_calloc(n, sizeof *e->others, err);
    return e->out->at && e->participants && e->others ? TG_OK : TG_NO_MEMORY;
}

enum tg_status tg_entrants_find(const struct tg_cohort_input *input, struct tg_entrants *out,
                                struct tg_cohort_flow *flow, struct tg_error *err)
{
    struct entering e = {.input = input, .out = out};
    *out = (struct tg_entrants){.input = input};
    enum tg_status status = make_room(&e, err);
    if (!status)
        status = screen_candidates(&e, flow, err);
    if (!status && e.n_participants)
        status = list_others(&e, err);
    if (!status && e.n_participants)
        status = sort_places(&e, err);
    if (!status && e.n_participants)
        draw_months(&e);
    if (!status)
        status = gather(&e, err);
    tg_names_free(&e.districts);
    free(e.participants);
    free(e.others);
    free(e.months);
    return status;
}

uint64_t tg_entrants_drop(struct tg_entrants *e, const bool *drop)
{
    size_t kept = 0;
    uint64_t participants = 0;
    for (size_t i = 0; i < e->n; i++) {
        if (drop[i])
            participants += e->items[i].arm == TG_PARTICIPANT;
        else
            e->items[kept++] = e->items[i];
    }
    e->n = kept;
    note_places(e);
    return participants;
}

void tg_entrants_free(struct tg_entrants *e)
{
    free(e->items);
    free(e->at);
    *e = (struct tg_entrants){0};
}
