/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world in which the app does nothing: people with low costs join more often, people with high
 * costs die more often. A right design must find nothing; designs that look into the future or make
 * time immortal must be seen to find something, or the test could not tell.
 */
#include "cohort/cohort.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 4000, MONTHS = 60, FIRST = 2020 * 12, JOIN_FROM = 24, JOIN_TO = 36, SEEDS = 10 };

static struct tg_person persons[PEOPLE];
static struct tg_stretch stretches[PEOPLE];
static struct tg_people people = {.items = persons, .stretches = stretches};
static int32_t cost[PEOPLE][MONTHS];
static int death[PEOPLE];  /* month from FIRST on in which nobody is here any more */
static int joined[PEOPLE]; /* −1: never */
static struct tg_candidate candidates[PEOPLE];
static int32_t shift;              /* how far into the future amounts are read */
static int lasts = MONTHS;         /* months of activity */
static struct tg_cohort_flow flow; /* of the last draw */

enum tg_status tg_store_amounts(struct tg_store *store, const struct tg_asked_source *asked,
                                const struct tg_amount_question *q, size_t n, tg_on_amounts *on,
                                void *ctx, struct tg_event_counts *counts, struct tg_error *err)
{
    (void)store, (void)asked;
    ck_assert_uint_eq(n, 1);
    *counts = (struct tg_event_counts){.first_month = FIRST, .last_month = FIRST + MONTHS - 1};
    enum tg_status status = TG_OK;
    for (int i = 0; i < PEOPLE; i++) {
        for (int m = 0; m < MONTHS && m < death[i] && !status; m++) {
            int32_t month = FIRST + m - shift;
            const struct tg_amount a = {persons[i].id, cost[i][m], month, 1, 0};
            if (month >= q->from && month <= q->to)
                status = on(ctx, &a, 1, err);
        }
    }
    return status;
}

/* Users are active as long as they live. */
enum tg_status tg_store_measures(struct tg_store *store, const struct tg_asked_source *asked,
                                 const struct tg_measure_question *q, size_t n, tg_on_measured *on,
                                 void *ctx, struct tg_event_counts *counts, struct tg_error *err)
{
    (void)store, (void)asked, (void)q;
    ck_assert_uint_eq(n, 1);
    *counts = (struct tg_event_counts){.first_month = FIRST, .last_month = FIRST + MONTHS - 1};
    enum tg_status status = TG_OK;
    for (int i = 0; i < PEOPLE; i++) {
        for (int m = joined[i];
             m >= 0 && m < death[i] && m < MONTHS && m < joined[i] + lasts && !status; m++) {
            int32_t month = FIRST + m;
            uint32_t day = (uint32_t)(month / 12 * 10000 + (month % 12 + 1) * 100 + 15);
            const struct tg_measured v = {persons[i].id, 1, day, 0};
            status = on(ctx, &v, 1, err);
        }
    }
    return status;
}

size_t tg_people_find(const struct tg_people *p, int64_t id)
{
    (void)p;
    return id > 0 && id <= PEOPLE ? (size_t)id - 1 : SIZE_MAX;
}

/* xorshift64* (Vigna 2014) */
static uint64_t state;
static double uniform(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (double)(state * UINT64_C(0x2545F4914F6CDD1D) >> 11) / 9007199254740992.0;
}

static double normal(void)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform();
    return sum;
}

static double mean_cost(int person, int from, int to)
{
    double sum = 0;
    for (int m = from; m <= to; m++)
        sum += cost[person][m];
    return sum / (to - from + 1);
}

static void make_life(int i)
{
    double frailty = normal(), drift = 0;
    death[i] = MONTHS;
    joined[i] = -1;
    for (int m = 0; m < MONTHS; m++) {
        drift = 0.7 * drift + 0.5 * normal();
        cost[i][m] = (int32_t)exp(9.5 + 0.6 * frailty + drift);
        if (death[i] == MONTHS && uniform() < 0.01 * exp(0.8 * frailty))
            death[i] = m + 1;
    }
    for (int m = JOIN_FROM; m < JOIN_TO && m < death[i] && joined[i] < 0; m++) {
        double before = log(mean_cost(i, m - 12, m - 1)) - 9.9;
        if (uniform() < 0.015 * exp(-0.9 * before))
            joined[i] = m;
    }
}

static size_t make_world(uint64_t seed)
{
    size_t n = 0;
    state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    people.n = PEOPLE;
    for (int i = 0; i < PEOPLE; i++) {
        make_life(i);
        persons[i] =
            (struct tg_person){.id = i + 1,
                               .birth_month = FIRST - (int32_t)(60 + 20 * uniform()) * 12,
                               .sex = (uint8_t)(1 + (uniform() < 0.5)),
                               .district = "",
                               .oldest_row_id = {(unsigned char)(i >> 8), (unsigned char)i},
                               .first_stretch = (uint32_t)i,
                               .n_stretches = 1};
        stretches[i] =
            (struct tg_stretch){INT32_MIN, death[i] == MONTHS ? INT32_MAX : FIRST + death[i] - 1};
        if (joined[i] >= 0)
            candidates[n++] = (struct tg_candidate){
                .person = (uint32_t)i, .index_month = FIRST + joined[i], .probability = 1};
    }
    return n;
}

struct design {
    int landmark, active_months;
    bool immortal;  /* participants who lived six months, followed from the first on */
    int32_t future; /* months by which covariates are read too late */
};

/* How far apart the arms are in what is compared: Welch's t. */
struct finding {
    double change, left; /* of costs; of people who are gone */
};

struct moments {
    double n, sum, squares;
};

static double welch(const struct moments m[TG_N_ARMS])
{
    double mean[2], error = 0;
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        mean[arm] = m[arm].sum / m[arm].n;
        error += (m[arm].squares / m[arm].n - mean[arm] * mean[arm]) / m[arm].n;
    }
    return (mean[TG_PARTICIPANT] - mean[TG_CONTROL]) / sqrt(error);
}

static void add(struct moments *m, double x)
{
    m->n += 1;
    m->sum += x;
    m->squares += x * x;
}

static struct finding look_at(const struct tg_cohort *c)
{
    struct moments change[TG_N_ARMS] = {{0}}, left[TG_N_ARMS] = {{0}};
    for (size_t i = 0; i < c->n; i++) {
        const struct tg_member *m = &c->members[i];
        int index = m->index_month - FIRST, person = (int)m->person;
        add(&left[m->arm], m->end == TG_END_LEFT);
        if (m->last >= m->start)
            add(&change[m->arm], mean_cost(person, m->start - FIRST, m->last - FIRST) -
                                     mean_cost(person, index - 12, index - 1));
    }
    return (struct finding){welch(change), welch(left)};
}

static struct finding evaluate(const struct design *d, uint64_t seed)
{
    static const char *exact[] = {"sex"}, *propensity[] = {"age", "cost"};
    static struct tg_source steps = {.kind = TG_KIND_MEASURES, .provider = "walk"};
    static const struct tg_study study = {.path = "study.yaml", .sources = &steps, .n_sources = 1};
    struct tg_covariate_rule covariate = {
        .name = "cost", .history = {.quantity = TG_SUM_AMOUNT}, .missing = NAN};
    struct tg_cohort_rules rules = {
        .baseline_months = 12,
        .followup_months = 12,
        .age_max = 130,
        .landmark = d->landmark,
        .active_months = d->active_months,
        .exact = TG_STRATUM_SEX,
        .seed = seed,
        .covariates = &covariate,
        .n_covariates = 1,
        .match = {.exact = exact,
                  .n_exact = 1,
                  .covariates = propensity,
                  .n_covariates = 2,
                  .caliper = 0.2},
    };
    size_t n = make_world(seed), kept = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t person = candidates[i].person;
        if (!d->immortal || death[person] >= joined[person] + 6)
            candidates[kept++] = candidates[i];
    }
    struct tg_cohort_input input = {.people = &people,
                                    .rules = &rules,
                                    .candidates = candidates,
                                    .n_candidates = kept,
                                    .first_month = FIRST,
                                    .last_month = FIRST + MONTHS - 1,
                                    .study = &study};
    struct tg_cohort cohort;
    struct tg_error err;
    shift = d->future;
    ck_assert_int_eq(tg_cohort_draw(&input, &cohort, &err), TG_OK);
    flow = cohort.flow;
    struct finding f = look_at(&cohort);
    tg_cohort_free(&cohort);
    return f;
}

/* The mean of t over seeds: without an effect 0, with a standard deviation of 1/√10. */
static struct finding average(const struct design *d)
{
    struct finding sum = {0, 0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct finding f = evaluate(d, seed);
        ck_assert_uint_gt(flow.matched, 300);
        sum.change += f.change / SEEDS;
        sum.left += f.left / SEEDS;
    }
    return sum;
}

START_TEST(right_designs_find_nothing)
{
    static const struct design right[] = {{0, 0, false, 0}, {6, 6, false, 0}, {0, 1, false, 0}};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        struct finding f = average(&right[i]);
        ck_assert_msg(fabs(f.change) < 1 && fabs(f.left) < 1, "design %zu: %.2f %.2f", i, f.change,
                      f.left);
    }
}
END_TEST

START_TEST(immortal_time_is_seen)
{
    static const struct design wrong = {0, 0, true, 0};
    struct finding f = average(&wrong);
    ck_assert_msg(f.left < -2, "%.2f", f.left);
}
END_TEST

START_TEST(covariates_from_the_future_are_seen)
{
    static const struct design wrong = {0, 0, false, 12};
    struct finding f = average(&wrong);
    ck_assert_msg(fabs(f.change) > 2, "%.2f", f.change);
}
END_TEST

/* Six of the six months before follow-up begins are asked for. */
START_TEST(activity_decides_who_takes_part)
{
    static const struct design d = {6, 6, false, 0};
    lasts = 6;
    (void)evaluate(&d, 3);
    uint64_t eligible = flow.matched + flow.no_control;
    ck_assert_uint_gt(eligible, 300);
    ck_assert_uint_eq(flow.inactive, 0);
    lasts = 5;
    (void)evaluate(&d, 3);
    lasts = MONTHS;
    ck_assert_uint_eq(flow.inactive, eligible);
    ck_assert_uint_eq(flow.matched + flow.no_control, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cohort time");
    TCase *t = tcase_create("a world without effect");
    tcase_set_timeout(t, 100);
    tcase_add_test(t, right_designs_find_nothing);
    tcase_add_test(t, immortal_time_is_seen);
    tcase_add_test(t, covariates_from_the_future_are_seen);
    tcase_add_test(t, activity_decides_who_takes_part);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
