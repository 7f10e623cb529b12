/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* So many that a sample learns for all; the last ones are still open. */
enum { N = 24000, N_SETTLED = 23000, N_FIELDS = 3, N_KEYS = 7 };

static struct tg_linkage linkage;
static struct tg_link_decision decisions[N];
static struct tg_link_key_report reports[N_KEYS];
static uint32_t place[TG_N_SIDES][N];

/* splitmix64's (Steele, Lea, Flood 2014) */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* A token told by two numbers; other numbers, other bytes everywhere. */
static void add(size_t key, enum tg_side side, uint32_t person, uint64_t a, uint64_t b)
{
    const uint64_t hash[2] = {mix(mix(a + 1) + b), 0};
    ck_assert_int_eq(tg_linkage_add(&linkage.keys[key], side, (const unsigned char *)hash,
                                    place[side][person], NULL),
                     TG_OK);
}

/* Fields come in 400, 300 and 500 values; the left's second field is wrong for every ninth. */
static void add_person(enum tg_side side, uint32_t i)
{
    bool wrong = side == TG_LEFT && i % 9 == 0;
    const uint64_t values[N_FIELDS] = {mix(i + UINT64_C(1) * N) % 400,
                                       mix(i + UINT64_C(2) * N) % 300 + 1000 * wrong,
                                       mix(i + UINT64_C(3) * N) % 500};
    add(0, side, i, i, 0);
    for (size_t f = 0, key = 1; f < N_FIELDS; f++) {
        for (size_t g = f + 1; g < N_FIELDS; g++, key += 2) {
            add(key, side, i, values[f], values[g]);
            add(key + 1, side, i, values[f] / 2, values[g]);
        }
    }
}

static void begin(uint32_t step)
{
    linkage = (struct tg_linkage){
        .n_keys = N_KEYS, .n_fields = N_FIELDS, .birth_field = SIZE_MAX, .accept = 0.99};
    linkage.keys = calloc(N_KEYS, sizeof *linkage.keys);
    linkage.keys[0] = (struct tg_link_key){.rule = "number", .exact = true};
    for (uint8_t f = 0, key = 1; f < N_FIELDS; f++) {
        for (uint8_t g = (uint8_t)(f + 1); g < N_FIELDS; g++) {
            for (int near = 0; near < 2; near++, key++) {
                linkage.keys[key] = (struct tg_link_key){.rule = "pair", .n_parts = 2};
                linkage.keys[key].parts = calloc(2, sizeof *linkage.keys[key].parts);
                linkage.keys[key].parts[0] = (struct tg_link_part){f, !near};
                linkage.keys[key].parts[1] = (struct tg_link_part){g, true};
            }
        }
    }
    memset(reports, 0, sizeof reports);
    for (int side = 0; side < TG_N_SIDES; side++) {
        linkage.facts[side].n = N;
        for (uint32_t i = 0; i < N; i++) {
            place[side][i] = (uint32_t)((uint64_t)i * step % N);
            add_person((enum tg_side)side, i);
        }
    }
    for (uint32_t i = 0; i < N; i++)
        decisions[place[TG_LEFT][i]].state = i < N_SETTLED ? TG_LINK_LINKED : TG_LINK_NOT_FOUND;
    tg_linkage_sort(&linkage);
}

static struct tg_candidates find(uint32_t step)
{
    struct tg_candidates c;
    begin(step);
    ck_assert_int_eq(tg_candidates_find(&linkage, decisions, reports, &c, NULL), TG_OK);
    ck_assert(c.applies);
    tg_linkage_free(&linkage);
    return c;
}

START_TEST(settled_ones_of_the_sample_stand_for_all)
{
    struct tg_candidates c = find(1);
    double settled = 0;
    size_t open = 0, n_sampled = 0;
    for (size_t i = 0; i < c.across.n; i++) {
        const struct tg_pair *pair = &c.across.items[i];
        if (pair->left != pair->right)
            continue;
        settled += pair->left < N_SETTLED ? pair->weight : 0;
        n_sampled += pair->left < N_SETTLED;
        open += pair->left >= N_SETTLED && pair->weight == 1.0; /* every one, as it is */
    }
    ck_assert_double_eq_tol(settled, N_SETTLED, 1e-6);
    ck_assert_uint_eq(open, N - N_SETTLED);
    ck_assert_uint_ge(n_sampled, 9000);
    ck_assert_uint_le(n_sampled, 11000);
    for (size_t k = 1; k < N_KEYS; k++)
        ck_assert_uint_eq(reports[k].with_token[TG_RIGHT], N);
    tg_candidates_free(&c);
}
END_TEST

/* Two people agree on the first and the third field in one case of 400 × 500, sample or not. */
START_TEST(chance_is_as_in_the_whole_file)
{
    struct tg_candidates c = find(1);
    for (int side = 0; side < TG_N_SIDES; side++) {
        const struct tg_patterns *within = &c.within[side];
        double both = 0;
        for (size_t i = 0; i < within->n; i++) {
            if (tg_level_of(within->items[i].levels, 0) == TG_SAME &&
                tg_level_of(within->items[i].levels, 2) == TG_SAME)
                both += within->items[i].n;
            ck_assert(i == 0 || within->items[i - 1].levels < within->items[i].levels);
        }
        ck_assert_double_ge(within->of, 9000.0 * (N - 1));
        ck_assert_double_le(within->of, 11000.0 * (N - 1));
        ck_assert_double_eq_tol(both / within->of * 400 * 500, 1, 0.1);
    }
    tg_candidates_free(&c);
}
END_TEST

START_TEST(numbering_chooses_nobody)
{
    struct tg_candidates a = find(1), b = find(7001);
    ck_assert_uint_eq(a.across.n, b.across.n);
    for (size_t i = 0; i < a.across.n; i++) {
        ck_assert(a.across.items[i].levels == b.across.items[i].levels);
        ck_assert_double_eq_tol(a.across.items[i].commonness, b.across.items[i].commonness, 1e-12);
    }
    for (int side = 0; side < TG_N_SIDES; side++) {
        ck_assert_uint_eq(a.within[side].n, b.within[side].n);
        for (size_t i = 0; i < a.within[side].n; i++)
            ck_assert_double_eq_tol(a.within[side].items[i].n, b.within[side].items[i].n, 1e-12);
    }
    tg_candidates_free(&a);
    tg_candidates_free(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("link sample");
    TCase *t = tcase_create("samples");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, settled_ones_of_the_sample_stand_for_all);
    tcase_add_test(t, chance_is_as_in_the_whole_file);
    tcase_add_test(t, numbering_chooses_nobody);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
