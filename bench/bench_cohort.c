/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long finding controls takes, from people and their histories in memory: the store is replaced
 * by random amounts, so that what is measured is the room of cohorts alone.
 *
 * usage: bench_cohort [PEOPLE [PARTICIPANTS [COVARIATES]]]
 */
#define _DEFAULT_SOURCE
#include "cohort/cohort.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { FIRST = 2020 * 12, JOINED_FROM = FIRST + 24, MONTHS = 48, COVARIATES_MAX = 32 };

static struct tg_people people;
static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

enum tg_status tg_store_amounts(struct tg_store *store, const struct tg_asked_source *asked,
                                const struct tg_amount_question *questions, size_t n,
                                tg_on_amounts *on, void *ctx, struct tg_event_counts *counts,
                                struct tg_error *err)
{
    enum { EACH = 3 };
    struct tg_amount amounts[EACH];
    (void)store;
    (void)asked;
    enum tg_status status = TG_OK;
    for (size_t k = 0; k < n; k++)
        counts[k] =
            (struct tg_event_counts){.first_month = FIRST, .last_month = FIRST + MONTHS - 1};
    for (size_t i = 0; i < people.n * n && !status; i++) {
        const uint32_t question = (uint32_t)(i % n);
        for (int k = 0; k < EACH; k++)
            amounts[k] =
                (struct tg_amount){.person = people.items[i / n].id,
                                   .yen = (int64_t)(next() % 50000),
                                   .month = questions[question].from + (int32_t)(next() % 24),
                                   .n_events = 1,
                                   .question = question};
        status = on(ctx, amounts, EACH, err);
    }
    return status;
}

size_t tg_people_find(const struct tg_people *p, int64_t id)
{
    (void)p;
    return (size_t)id - 1;
}

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_people(size_t n, struct tg_candidate *candidates, size_t n_candidates)
{
    static const char *const districts[] = {"a", "b", "c", "d", "e", "f"};
    people.items = calloc(n, sizeof *people.items);
    people.stretches = calloc(n, sizeof *people.stretches);
    people.n = people.n_stretches = n;
    if (!people.items || !people.stretches)
        exit(EXIT_FAILURE);
    for (size_t i = 0; i < n; i++) {
        people.items[i] = (struct tg_person){.id = (int64_t)i + 1,
                                             .birth_month = FIRST - 480 - (int32_t)(next() % 600),
                                             .sex = (uint8_t)(1 + next() % 2),
                                             .district = districts[next() % 6],
                                             .first_stretch = (uint32_t)i,
                                             .n_stretches = 1};
        people.stretches[i] = (struct tg_stretch){INT32_MIN, INT32_MAX};
    }
    for (size_t i = 0; i < n_candidates; i++)
        candidates[i] = (struct tg_candidate){.person = (uint32_t)(i * (n / n_candidates)),
                                              .index_month = JOINED_FROM + (int32_t)(next() % 12),
                                              .probability = 1};
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    size_t n_candidates = argc > 2 ? strtoull(argv[2], NULL, 10) : 50000;
    size_t n_covariates = argc > 3 ? strtoull(argv[3], NULL, 10) : 8;
    static struct tg_covariate_rule covariates[COVARIATES_MAX];
    static char names[COVARIATES_MAX][16];
    static const char *exact[] = {"sex"}, *propensity[COVARIATES_MAX + 1] = {"age"};
    struct tg_candidate *candidates = calloc(n_candidates, sizeof *candidates);
    struct tg_cohort cohort;
    struct tg_error err;
    if (!candidates || n_covariates > COVARIATES_MAX || n < n_candidates)
        return EXIT_FAILURE;
    for (size_t i = 0; i < n_covariates; i++) {
        (void)snprintf(names[i], sizeof names[i], "x%zu", i);
        covariates[i] = (struct tg_covariate_rule){
            .name = names[i], .history = {.quantity = TG_SUM_AMOUNT}, .missing = NAN};
        propensity[i + 1] = names[i];
    }
    const struct tg_cohort_rules rules = {.baseline_months = 12,
                                          .followup_months = 12,
                                          .age_max = 130,
                                          .exact = TG_STRATUM_SEX,
                                          .seed = 1,
                                          .covariates = covariates,
                                          .n_covariates = n_covariates,
                                          .match = {.exact = exact,
                                                    .n_exact = 1,
                                                    .covariates = propensity,
                                                    .n_covariates = n_covariates + 1,
                                                    .caliper = 0.2}};
    make_people(n, candidates, n_candidates);
    const struct tg_cohort_input input = {.people = &people,
                                          .rules = &rules,
                                          .candidates = candidates,
                                          .n_candidates = n_candidates,
                                          .first_month = FIRST,
                                          .last_month = FIRST + MONTHS - 1};
    double from = seconds();
    if (tg_cohort_draw(&input, &cohort, &err))
        return EXIT_FAILURE;
    double took = seconds() - from;
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("%zu people, %zu participants, %zu covariates: %.1f s, %llu matched, %zu balance rows, "
           "peak %ld MiB\n",
           n, n_candidates, n_covariates, took, (unsigned long long)cohort.flow.matched,
           cohort.n_balance, usage.ru_maxrss / 1024);
    tg_cohort_free(&cohort);
    free(people.items);
    free(people.stretches);
    free(candidates);
    return EXIT_SUCCESS;
}
