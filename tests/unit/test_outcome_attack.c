/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort_fixture.h"

#include "outcome/conceal.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

/* An attacker has the tables of two months: effects, subgroups of two factors, and a table from
 * level to level, of both arms. Everything shown is an equation, every sum is one, and so is every
 * level that nobody joined since last month. They are solved; no small cell that was left out may
 * have one solution only. */
enum { N_SEX = 2, N_LEVELS = 3, MOVES = N_LEVELS * N_LEVELS, MONTHS = 2, MIN_CELL = 10 };

/* People of one month by what the tables tell apart. */
struct town {
    uint64_t n[TG_N_ARMS][N_SEX][N_LEVELS][N_LEVELS]; /* sex, level before, level after */
};

/* Counts of an arm in one table, and what is known of them. */
struct known {
    uint64_t value;
    bool shown;
};
enum {
    TOTAL,                       /* people, and those who kept their level */
    SEX = TOTAL + 2,             /* the same of each sex */
    LEVEL = SEX + 2 * N_SEX,     /* and of each level before */
    MOVE = LEVEL + 2 * N_LEVELS, /* and the table */
    N_CELLS = MOVE + MOVES,
    N_UNKNOWN = MONTHS * TG_N_ARMS * N_CELLS,
    N_EQUATIONS = 4 * N_UNKNOWN
};
static struct known cells[N_UNKNOWN];
static double matrix[N_EQUATIONS][N_UNKNOWN];
static size_t n_equations;

static size_t cell_at(int month, int arm, size_t cell)
{
    return ((size_t)month * TG_N_ARMS + (size_t)arm) * N_CELLS + cell;
}

static uint64_t count(const struct town *t, int arm, int sex, int from, bool kept_only)
{
    uint64_t n = 0;
    for (int s = 0; s < N_SEX; s++) {
        for (int f = 0; f < N_LEVELS; f++) {
            for (int to = 0; to < N_LEVELS; to++) {
                bool in = (sex < 0 || s == sex) && (from < 0 || f == from);
                n += in && (!kept_only || to <= f) ? t->n[arm][s][f][to] : 0;
            }
        }
    }
    return n;
}

static struct tg_effect row(const struct town *t, int sex, int from, const char *subgroup)
{
    struct tg_effect e = {.outcome = "care",
                          .design = "transition",
                          .subgroup = subgroup,
                          .is_count = true,
                          .unit = TG_UNIT_SHARE};
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        e.n[arm] = count(t, arm, sex, from, false);
        e.cases[arm] = count(t, arm, sex, from, true);
        e.mean[arm] = (double)e.cases[arm] / (double)e.n[arm];
    }
    e.effect = e.mean[1] - e.mean[0];
    return e;
}

static void know(int month, size_t cell, const struct tg_effect *e)
{
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        cells[cell_at(month, arm, cell)] = (struct known){e->n[arm], !e->hidden};
        cells[cell_at(month, arm, cell + 1)] = (struct known){e->cases[arm], !e->hidden};
    }
}

/* Publishes a month as a run does. */
static void publish(const struct town *t, int month, struct tg_concealing *c)
{
    static const char *const names[] = {"sex=1", "sex=2", "level=1", "level=12", "level=21"};
    static double levels[N_LEVELS] = {1, 12, 21};
    static uint64_t counts[TG_N_ARMS][MOVES];
    static const struct tg_outcome_rule rule = {.name = "care", .design = TG_DESIGN_TRANSITION};
    struct tg_error err;
    bool hidden[TG_N_ARMS][MOVES];
    bool *hidden_rows[TG_N_ARMS] = {hidden[0], hidden[1]};
    struct tg_effect main = row(t, -1, -1, NULL), rows[N_SEX + N_LEVELS];
    size_t n = 0;
    for (int i = 0; i < N_SEX + N_LEVELS; i++) {
        rows[n] = i < N_SEX ? row(t, i, -1, names[i]) : row(t, -1, i - N_SEX, names[i]);
        n += rows[n].n[0] + rows[n].n[1] > 0;
    }
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        for (int i = 0; i < MOVES; i++)
            counts[arm][i] =
                t->n[arm][0][i / N_LEVELS][i % N_LEVELS] + t->n[arm][1][i / N_LEVELS][i % N_LEVELS];
    }
    const struct tg_outcome_result r = {
        .rule = &rule,
        .transitions = {.levels = levels, .n = N_LEVELS, .counts = {counts[0], counts[1]}}};
    (void)tg_effects_hide(&main, 1, c->min_cell);
    ck_assert_int_eq(tg_subgroups_hide(c, rows, n, &main, 1, &err), TG_OK);
    ck_assert_int_eq(tg_transitions_hide(c, &r, &main, rows, n, hidden_rows, &err), TG_OK);

    know(month, TOTAL, &main);
    for (int i = 0; i < N_SEX + N_LEVELS; i++) {
        struct tg_effect e = i < N_SEX ? row(t, i, -1, names[i]) : row(t, -1, i - N_SEX, names[i]);
        for (size_t k = 0; k < n; k++)
            e.hidden = strcmp(rows[k].subgroup, names[i]) == 0 ? rows[k].hidden : e.hidden;
        know(month, SEX + 2 * (size_t)i, &e);
    }
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        /* how many people an outcome has is shown even where the outcome is not */
        cells[cell_at(month, arm, TOTAL)].shown = tg_count_may_show(main.n[arm], c->min_cell);
        for (size_t i = 0; i < MOVES; i++)
            cells[cell_at(month, arm, MOVE + i)] = (struct known){counts[arm][i], !hidden[arm][i]};
    }
}

static void add_equation(const size_t *unknowns, const double *factors, size_t n)
{
    ck_assert_uint_lt(n_equations, N_EQUATIONS);
    for (size_t i = 0; i < n; i++)
        matrix[n_equations][unknowns[i]] += factors[i];
    n_equations++;
}

/* total = Σ parts */
static void add_sum(int month, int arm, size_t total, const size_t *parts, size_t n)
{
    size_t unknowns[N_CELLS];
    double factors[N_CELLS];
    unknowns[0] = cell_at(month, arm, total);
    factors[0] = -1;
    for (size_t i = 0; i < n; i++) {
        unknowns[i + 1] = cell_at(month, arm, parts[i]);
        factors[i + 1] = 1;
    }
    add_equation(unknowns, factors, n + 1);
}

static void add_sums(int month, int arm)
{
    size_t parts[MOVES];
    for (size_t kept = 0; kept < 2; kept++) {
        for (size_t i = 0; i < N_SEX; i++)
            parts[i] = SEX + 2 * i + kept;
        add_sum(month, arm, TOTAL + kept, parts, N_SEX);
        for (size_t i = 0; i < N_LEVELS; i++)
            parts[i] = LEVEL + 2 * i + kept;
        add_sum(month, arm, TOTAL + kept, parts, N_LEVELS);
        for (size_t from = 0; from < N_LEVELS; from++) {
            size_t n = 0;
            for (size_t to = 0; to < N_LEVELS; to++) {
                if (!kept || to <= from)
                    parts[n++] = MOVE + from * N_LEVELS + to;
            }
            add_sum(month, arm, LEVEL + 2 * from + kept, parts, n);
        }
    }
}

static void add_equal(size_t a, size_t b)
{
    const size_t both[2] = {a, b};
    const double factors[2] = {1, -1};
    add_equation(both, factors, 2);
}

/* What the attacker has; `months` of them. */
static void collect(int months)
{
    memset(matrix, 0, sizeof matrix);
    n_equations = 0;
    for (int month = 0; month < months; month++) {
        for (int arm = 0; arm < TG_N_ARMS; arm++) {
            add_sums(month, arm);
            for (size_t i = 0; i < N_CELLS; i++) {
                size_t at = cell_at(month, arm, i);
                const double one = 1;
                if (cells[at].shown)
                    add_equation(&at, &one, 1);
            }
        }
    }
    for (int arm = 0; months > 1 && arm < TG_N_ARMS; arm++) {
        for (size_t i = SEX; i < N_CELLS; i++) {
            size_t then = cell_at(0, arm, i), now = cell_at(1, arm, i);
            size_t whose = i < MOVE ? (i - SEX) / 2 * 2 + SEX : i;
            bool unchanged =
                cells[cell_at(0, arm, whose)].value == cells[cell_at(1, arm, whose)].value;
            if (unchanged)
                add_equal(then, now);
        }
    }
}

/* Gauss and Jordan, with the largest pivot. @return the rank; rows above it are reduced */
static size_t reduce(void)
{
    size_t rank = 0;
    for (size_t j = 0; j < N_UNKNOWN && rank < n_equations; j++) {
        size_t best = rank;
        for (size_t i = rank; i < n_equations; i++)
            best = fabs(matrix[i][j]) > fabs(matrix[best][j]) ? i : best;
        if (fabs(matrix[best][j]) < 1e-9)
            continue;
        for (size_t k = 0; k < N_UNKNOWN; k++) {
            double swap = matrix[best][k];
            matrix[best][k] = matrix[rank][k];
            matrix[rank][k] = swap;
        }
        double pivot = matrix[rank][j];
        for (size_t k = 0; k < N_UNKNOWN; k++)
            matrix[rank][k] /= pivot;
        for (size_t i = 0; i < n_equations; i++) {
            double factor = matrix[i][j];
            if (i == rank || fabs(factor) < 1e-12)
                continue;
            for (size_t k = 0; k < N_UNKNOWN; k++)
                matrix[i][k] -= factor * matrix[rank][k];
        }
        rank++;
    }
    return rank;
}

/* How many small cells that were left out have one solution. */
static size_t pinned_down(int months)
{
    size_t found = 0;
    collect(months);
    size_t rank = reduce();
    for (size_t i = 0; i < rank; i++) {
        size_t unknowns = 0, last = 0;
        for (size_t j = 0; j < N_UNKNOWN; j++) {
            if (fabs(matrix[i][j]) > 1e-9) {
                unknowns++;
                last = j;
            }
        }
        if (unknowns == 1 && !cells[last].shown && cells[last].value > 0 &&
            cells[last].value < MIN_CELL)
            found++;
    }
    return found;
}

static void fill_town(struct town *t, uint64_t *state, uint32_t most)
{
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        for (int i = 0; i < N_SEX * MOVES; i++) {
            uint32_t few = below(state, 3) ? most : 6;
            t->n[arm][i / MOVES][i % MOVES / N_LEVELS][i % N_LEVELS] = below(state, few);
        }
    }
}

/* Some join, in some levels only. */
static void grow_town(struct town *t, uint64_t *state)
{
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        for (int i = 0; i < N_SEX * MOVES; i++) {
            if (below(state, 3) == 0)
                t->n[arm][i / MOVES][i % MOVES / N_LEVELS][i % N_LEVELS] += below(state, 14);
        }
    }
}

START_TEST(tables_of_a_month_give_nothing_away)
{
    uint64_t state = (uint64_t)_i * 977 + 1;
    struct town t;
    struct tg_arena arena = {0};
    struct tg_concealing c = {.min_cell = MIN_CELL, .arena = &arena};
    fill_town(&t, &state, 10 + below(&state, 60));
    publish(&t, 0, &c);
    ck_assert_uint_eq(pinned_down(1), 0);
    tg_concealing_end(&c);
    tg_arena_free(&arena);
}
END_TEST

START_TEST(tables_of_two_months_give_nothing_away)
{
    uint64_t state = (uint64_t)_i * 1409 + 7;
    struct town t;
    struct tg_arena arena = {0};
    struct tg_concealing first = {.min_cell = MIN_CELL, .arena = &arena};
    fill_town(&t, &state, 10 + below(&state, 60));
    publish(&t, 0, &first);
    struct tg_concealing second = {
        .min_cell = MIN_CELL, .arena = &arena, .before = first.now, .n_before = first.n_now};
    grow_town(&t, &state);
    publish(&t, 1, &second);
    ck_assert_uint_eq(pinned_down(2), 0);
    tg_concealing_end(&first);
    tg_concealing_end(&second);
    tg_arena_free(&arena);
}
END_TEST

/* The attack is able: without a second cell hidden the first falls. */
START_TEST(the_attacker_finds_what_can_be_found)
{
    struct town t = {
        {{{{20, 30, 40}, {50, 60, 70}, {3, 30, 20}}, {{20, 30, 40}, {50, 60, 70}, {2, 30, 20}}},
         {{{20, 30, 40}, {50, 60, 70}, {20, 30, 20}}, {{20, 30, 40}, {50, 60, 70}, {20, 30, 20}}}}};
    struct tg_arena arena = {0};
    struct tg_concealing c = {.min_cell = MIN_CELL, .arena = &arena};
    publish(&t, 0, &c);
    size_t small = cell_at(0, 0, MOVE + 2 * N_LEVELS);
    ck_assert(!cells[small].shown && cells[small].value == 5);
    ck_assert_uint_eq(pinned_down(1), 0);
    for (size_t i = 0; i < MOVES; i++)
        cells[cell_at(0, 0, MOVE + i)].shown = cell_at(0, 0, MOVE + i) != small;
    ck_assert_uint_eq(pinned_down(1), 1);
    tg_concealing_end(&c);
    tg_arena_free(&arena);
}
END_TEST

/* What was hidden stays so until enough people have come; then all is shown again. */
START_TEST(hidden_cells_come_back_when_they_have_grown)
{
    struct tg_error err;
    struct tg_arena arena = {0};
    struct tg_withheld before = {"care/sex=1", {9, 40}};
    struct tg_effect main = {.outcome = "care", .design = "did", .n = {100, 100}};
    for (uint64_t n = 10; n < 40; n++) {
        struct tg_concealing c = {
            .min_cell = MIN_CELL, .arena = &arena, .before = &before, .n_before = 1};
        struct tg_effect rows[2] = {
            {.outcome = "care", .design = "did", .subgroup = "sex=1", .n = {n, 40 + n}},
            {.outcome = "care", .design = "did", .subgroup = "sex=2", .n = {100 - n, 60 - n}}};
        ck_assert_int_eq(tg_subgroups_hide(&c, rows, 2, &main, 1, &err), TG_OK);
        bool back = n >= 19;
        ck_assert_msg(rows[0].hidden == !back && rows[1].hidden == !back, "%d", (int)n);
        ck_assert_uint_eq(c.n_now, back ? 0 : 2);
        if (!back) /* it is remembered from when it was hidden first */
            ck_assert_uint_eq(c.now[0].n[0], 9);
        tg_concealing_end(&c);
    }
    tg_arena_free(&arena);
}
END_TEST

START_TEST(risk_curves_show_no_small_step)
{
    for (uint64_t seed = 1; seed < 300; seed++) {
        uint64_t state = seed, events[13] = {0};
        bool shown[13];
        for (int t = 1; t <= 12; t++)
            events[t] = events[t - 1] + below(&state, 8);
        const struct tg_survival s = {.months = 12, .event_persons = events};
        size_t hidden = tg_survival_shown(&s, MIN_CELL, shown), last = 0, n = 0;
        for (size_t t = 1; t <= 12; t++) {
            n += !shown[t];
            if (!shown[t])
                continue;
            ck_assert(tg_count_may_show(events[t] - events[last], MIN_CELL));
            last = t;
        }
        ck_assert_uint_eq(n, hidden);
        ck_assert(events[12] < MIN_CELL || shown[12]);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("attack");
    TCase *t = tcase_create("attack");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, tables_of_a_month_give_nothing_away, 0, 200);
    tcase_add_loop_test(t, tables_of_two_months_give_nothing_away, 0, 200);
    tcase_add_test(t, the_attacker_finds_what_can_be_found);
    tcase_add_test(t, hidden_cells_come_back_when_they_have_grown);
    tcase_add_test(t, risk_curves_show_no_small_step);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
