/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * A town made by hand, for the tests of cohort and outcome.
 */
#ifndef TG_TEST_COHORT_FIXTURE_H
#define TG_TEST_COHORT_FIXTURE_H

#include "cohort/cohort.h"

#include "text/calendar.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PEOPLE = 4000 };

/* Months are told from January 2020 = 0, so that tests can be read. */
enum { JAN_2020 = 2020 * 12 };

static struct tg_person persons[MAX_PEOPLE];
static struct tg_stretch stretches[2 * MAX_PEOPLE];
static struct tg_people people;
static bool barred[MAX_PEOPLE];
static struct tg_candidate candidates[MAX_PEOPLE];
static struct tg_cohort_rules rules;
static struct tg_cohort_input input;
static struct tg_cohort cohort;

/* What sets are equal in: bits of enum tg_stratum. */
static inline void set_exact(unsigned exact)
{
    static const char *names[3];
    size_t n = 0;
    if (exact & TG_STRATUM_SEX)
        names[n++] = "sex";
    if (exact & TG_STRATUM_AGE_BAND)
        names[n++] = "age_band";
    if (exact & TG_STRATUM_DISTRICT)
        names[n++] = "district";
    rules.exact = exact;
    rules.match.exact = names;
    rules.match.n_exact = n;
    rules.match.order = TG_ORDER_DATA;
}

static inline void begin_town(void)
{
    people = (struct tg_people){.items = persons, .stretches = stretches};
    memset(barred, 0, sizeof barred);
    rules = (struct tg_cohort_rules){
        .baseline_months = 12, .followup_months = 12, .age_max = 130, .seed = 1};
    set_exact(TG_STRATUM_SEX | TG_STRATUM_AGE_BAND | TG_STRATUM_DISTRICT);
    input = (struct tg_cohort_input){.people = &people,
                                     .rules = &rules,
                                     .candidates = candidates,
                                     .barred = barred,
                                     .first_month = JAN_2020,
                                     .last_month = JAN_2020 + 47};
}

/* Somebody insured always, with an id that grows. */
static inline uint32_t add_person(int32_t birth_month, uint8_t sex, const char *district)
{
    uint32_t i = (uint32_t)people.n++;
    uint32_t s = (uint32_t)people.n_stretches++;
    persons[i] = (struct tg_person){.id = 1000 + (int64_t)i * 7,
                                    .birth_month = birth_month,
                                    .sex = sex,
                                    .district = district,
                                    .oldest_row_id = {(unsigned char)(i >> 8), (unsigned char)i},
                                    .first_stretch = s,
                                    .n_stretches = 1};
    stretches[s] = (struct tg_stretch){INT32_MIN, INT32_MAX};
    return i;
}

static inline void add_candidate(uint32_t person, int32_t month)
{
    candidates[input.n_candidates++] =
        (struct tg_candidate){.person = person, .index_month = month, .probability = 0.999};
}

static inline void draw_cohort(void)
{
    struct tg_error err;
    ck_assert_int_eq(tg_cohort_draw(&input, &cohort, &err), TG_OK);
}

/* xorshift64* (Vigna 2014) */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static inline uint32_t below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(next_random(state) >> 33) % n;
}

#endif
