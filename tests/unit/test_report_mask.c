/* SPDX-License-Identifier: Apache-2.0 */
#include "report/mask.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_CELL = 10, MOST = 800, N_CELLS_MAX = 32 };

/* The attacker: for each cell the set of all numbers it could be, cut down sum by sum with every
 * combination of the other members until nothing changes. In a tree of sums these sets are exact.
 */
struct attack {
    bool could[N_CELLS_MAX][MOST + 1];
};

static void attack_start(struct attack *a, const struct tg_mask_cell *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (uint64_t x = 0; x <= MOST; x++) {
            bool ok = cells[i].mark == TG_MARK_SHOWN   ? x == cells[i].n
                      : cells[i].mark == TG_MARK_SMALL ? x >= 1 && x < MIN_CELL
                                                       : x >= MIN_CELL;
            a->could[i][x] = ok;
        }
    }
}

static void sum_of_sets(const bool *x, const bool *y, bool *out)
{
    bool sum[MOST + 1] = {false};
    for (int i = 0; i <= MOST; i++) {
        for (int j = 0; x[i] && i + j <= MOST; j++)
            sum[i + j] = sum[i + j] || y[j];
    }
    memcpy(out, sum, sizeof sum);
}

static bool keep(bool *set, const bool *possible)
{
    bool changed = false;
    for (int i = 0; i <= MOST; i++) {
        changed = changed || (set[i] && !possible[i]);
        set[i] = set[i] && possible[i];
    }
    return changed;
}

static bool attack_sum(struct attack *a, const struct tg_mask_sum *s)
{
    bool all[MOST + 1] = {true};
    for (size_t i = 0; i < s->n; i++)
        sum_of_sets(all, a->could[s->first + i], all);
    bool changed = keep(a->could[s->total], all);
    for (size_t i = 0; i < s->n; i++) {
        bool others[MOST + 1] = {true};
        bool rest[MOST + 1] = {false};
        for (size_t j = 0; j < s->n; j++) {
            if (j != i)
                sum_of_sets(others, a->could[s->first + j], others);
        }
        for (int t = 0; t <= MOST; t++) {
            for (int o = 0; a->could[s->total][t] && o <= t; o++)
                rest[t - o] = rest[t - o] || others[o];
        }
        changed = keep(a->could[s->first + i], rest) || changed;
    }
    return changed;
}

static void attack(struct attack *a, const struct tg_mask_cell *cells, size_t n,
                   const struct tg_mask_sum *sums, size_t n_sums)
{
    attack_start(a, cells, n);
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t s = 0; s < n_sums; s++)
            changed = attack_sum(a, &sums[s]) || changed;
    }
}

static int possibilities(const struct attack *a, size_t cell)
{
    int n = 0;
    for (int x = 0; x <= MOST; x++)
        n += a->could[cell][x];
    return n;
}

/* The sums of the report's flow: users, consents, links, cohort, match keys, one users file. */
enum {
    USERS,
    CONSENTED,
    NOT_CONSENTED,
    LINKED = 5,
    NOT_LINKED,
    CANDIDATES = 11,
    ELIGIBLE = 13,
    NOT_ELIGIBLE,
    MATCHED = 19,
    NO_CONTROL,
    RULES,
    FILES = 24,
    N_FLOW
};
static const struct tg_mask_sum flow[] = {
    {USERS, 1, 2},      {NOT_CONSENTED, 3, 2}, {CONSENTED, 5, 2},     {NOT_LINKED, 7, 4},
    {LINKED, 11, 2},    {CANDIDATES, 13, 2},   {NOT_ELIGIBLE, 15, 4}, {ELIGIBLE, 19, 2},
    {LINKED, RULES, 3}, {USERS, FILES, 1}};
enum { N_SUMS = sizeof flow / sizeof flow[0] };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Often nothing, often few, sometimes many. */
static uint64_t random_count(uint64_t *state)
{
    uint64_t r = next_random(state) % 10;
    return r < 3 ? 0 : 1 + next_random(state) % (r < 7 ? 11 : 60);
}

static void random_flow(struct tg_mask_cell *cells, uint64_t *state)
{
    static const size_t leaves[] = {3, 4, 7, 8, 9, 10, 12, 15, 16, 17, 18, MATCHED, NO_CONTROL};
    memset(cells, 0, N_FLOW * sizeof *cells);
    for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++)
        cells[leaves[i]].n = random_count(state);
    for (size_t s = 8; s-- > 0;) {
        for (size_t i = 0; i < flow[s].n; i++)
            cells[flow[s].total].n += cells[flow[s].first + i].n;
    }
    uint64_t left = cells[LINKED].n;
    cells[RULES].n = next_random(state) % (left + 1);
    left -= cells[RULES].n;
    cells[RULES + 1].n = next_random(state) % (left + 1);
    cells[RULES + 2].n = left - cells[RULES + 1].n;
    cells[FILES].n = cells[USERS].n;
    cells[MATCHED].known = true;
}

START_TEST(no_flow_gives_a_small_count_away)
{
    uint64_t state = 88172645463325252u;
    struct attack *a = malloc(sizeof *a);
    for (int round = 0; round < 300; round++) {
        struct tg_mask_cell cells[N_FLOW];
        struct tg_mask_range ranges[N_FLOW];
        random_flow(cells, &state);
        (void)tg_mask(cells, N_FLOW, flow, N_SUMS, MIN_CELL, ranges);
        attack(a, cells, N_FLOW, flow, N_SUMS);
        for (size_t i = 0; i < N_FLOW; i++) {
            bool small = cells[i].n > 0 && cells[i].n < MIN_CELL;
            ck_assert_int_eq(cells[i].mark == TG_MARK_SMALL, small);
            ck_assert_msg(a->could[i][cells[i].n], "round %d: the truth is ruled out", round);
            if (small)
                ck_assert_msg(possibilities(a, i) >= 3, "round %d: cell %zu can be told", round, i);
            if (cells[i].n == 0 || cells[i].known)
                ck_assert_int_ne(cells[i].mark, TG_MARK_HIDDEN);
        }
    }
    free(a);
}
END_TEST

/* The attacker would succeed if only small counts were left out: the test can fail. */
START_TEST(leaving_out_small_counts_alone_is_not_enough)
{
    struct tg_mask_cell cells[] = {{.n = 105}, {.n = 100}, {.n = 5}};
    const struct tg_mask_sum sum = {0, 1, 2};
    cells[2].mark = TG_MARK_SMALL;
    struct attack *a = malloc(sizeof *a);
    attack(a, cells, 3, &sum, 1);
    ck_assert_int_eq(possibilities(a, 2), 1);
    struct tg_mask_range ranges[3];
    ck_assert_uint_eq(tg_mask(cells, 3, &sum, 1, MIN_CELL, ranges), 2);
    ck_assert_int_eq(cells[0].mark, TG_MARK_SHOWN);
    ck_assert_int_eq(cells[1].mark, TG_MARK_HIDDEN);
    ck_assert_int_eq(cells[2].mark, TG_MARK_SMALL);
    attack(a, cells, 3, &sum, 1);
    ck_assert_int_eq(possibilities(a, 2), 9);
    free(a);
}
END_TEST

/* 1 + 10 = 11 with both left out would still tell 1: the total has to go too. */
START_TEST(bounds_count_as_well_as_sums)
{
    struct tg_mask_cell cells[] = {{.n = 11}, {.n = 1}, {.n = 10}};
    const struct tg_mask_sum sum = {0, 1, 2};
    struct tg_mask_range ranges[3];
    ck_assert_uint_eq(tg_mask(cells, 3, &sum, 1, MIN_CELL, ranges), 3);
    ck_assert_int_eq(ranges[1].low, 1);
    ck_assert_int_eq(ranges[1].high, 9);
}
END_TEST

/* 9 + 9 = 18 with both left out tells both. */
START_TEST(two_small_counts_do_not_always_hide_each_other)
{
    struct tg_mask_cell cells[] = {{.n = 18}, {.n = 9}, {.n = 9}};
    const struct tg_mask_sum sum = {0, 1, 2};
    struct tg_mask_range ranges[3];
    ck_assert_uint_eq(tg_mask(cells, 3, &sum, 1, MIN_CELL, ranges), 3);
    struct tg_mask_cell enough[] = {{.n = 10}, {.n = 4}, {.n = 6}};
    ck_assert_uint_eq(tg_mask(enough, 3, &sum, 1, MIN_CELL, ranges), 2);
}
END_TEST

START_TEST(few_people_are_hidden_rather_than_many)
{
    struct tg_mask_cell cells[] = {{.n = 1000}, {.n = 700}, {.n = 280}, {.n = 17}, {.n = 3}};
    const struct tg_mask_sum sum = {0, 1, 4};
    struct tg_mask_range ranges[5];
    ck_assert_uint_eq(tg_mask(cells, 5, &sum, 1, MIN_CELL, ranges), 2);
    ck_assert_int_eq(cells[3].mark, TG_MARK_HIDDEN);
}
END_TEST

/* 5 without consent out of 105, which one file of users tells too: the 100 left over go, and with
 * them those who were not found, and one of the reasons for that; users and links stay. */
START_TEST(what_is_hidden_is_hidden_all_the_way)
{
    struct tg_mask_cell cells[] = {{.n = 105}, {.n = 100}, {.n = 5},  {.n = 70},
                                   {.n = 30},  {.n = 18},  {.n = 12}, {.n = 105}};
    const struct tg_mask_sum sums[] = {{0, 1, 2}, {1, 3, 2}, {4, 5, 2}, {0, 7, 1}};
    const enum tg_mark wanted[] = {TG_MARK_SHOWN,  TG_MARK_HIDDEN, TG_MARK_SMALL,  TG_MARK_SHOWN,
                                   TG_MARK_HIDDEN, TG_MARK_SHOWN,  TG_MARK_HIDDEN, TG_MARK_SHOWN};
    struct tg_mask_range ranges[8];
    ck_assert_uint_eq(tg_mask(cells, 8, sums, 4, MIN_CELL, ranges), 4);
    for (size_t i = 0; i < 8; i++)
        ck_assert_int_eq(cells[i].mark, wanted[i]);
}
END_TEST

START_TEST(nothing_small_means_nothing_hidden)
{
    struct tg_mask_cell cells[] = {{.n = 110}, {.n = 100}, {.n = 10}, {.n = 0}};
    const struct tg_mask_sum sum = {0, 1, 3};
    struct tg_mask_range ranges[4];
    ck_assert_uint_eq(tg_mask(cells, 4, &sum, 1, MIN_CELL, ranges), 0);
    cells[2].n = 5;
    cells[0].n = 105;
    ck_assert_uint_eq(tg_mask(cells, 4, &sum, 1, 0, ranges), 0);
}
END_TEST

START_TEST(the_smallest_municipalities_show_nothing_but_zero)
{
    struct tg_mask_cell cells[] = {{.n = 1100}, {.n = 1000}, {.n = 100}, {.n = 0}};
    const struct tg_mask_sum sum = {0, 1, 3};
    struct tg_mask_range ranges[4];
    ck_assert_uint_eq(tg_mask(cells, 4, &sum, 1, UINT_MAX, ranges), 3);
    ck_assert_int_eq(cells[3].mark, TG_MARK_SHOWN);
}
END_TEST

START_TEST(what_cannot_be_protected_hides_all_it_may)
{
    struct tg_mask_cell cells[] = {{.n = 105, .known = true}, {.n = 100, .known = true}, {.n = 5}};
    const struct tg_mask_sum sum = {0, 1, 2};
    struct tg_mask_range ranges[3];
    ck_assert_uint_eq(tg_mask(cells, 3, &sum, 1, MIN_CELL, ranges), 1);
    ck_assert_int_eq(ranges[2].low, 5);
    ck_assert_int_eq(ranges[2].high, 5);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("report mask");
    TCase *t = tcase_create("mask");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, no_flow_gives_a_small_count_away);
    tcase_add_test(t, leaving_out_small_counts_alone_is_not_enough);
    tcase_add_test(t, bounds_count_as_well_as_sums);
    tcase_add_test(t, two_small_counts_do_not_always_hide_each_other);
    tcase_add_test(t, few_people_are_hidden_rather_than_many);
    tcase_add_test(t, what_is_hidden_is_hidden_all_the_way);
    tcase_add_test(t, nothing_small_means_nothing_hidden);
    tcase_add_test(t, the_smallest_municipalities_show_nothing_but_zero);
    tcase_add_test(t, what_cannot_be_protected_hides_all_it_may);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
