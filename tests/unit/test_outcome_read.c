/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort_fixture.h"

#include "outcome/outcome.h"

/* A store of amounts in the place of the real one. */
struct amount {
    int64_t person;
    int32_t month;
    int64_t yen;
};
static const struct amount *amounts;
static size_t n_amounts;
static int32_t asked_from, asked_to;

enum tg_status tg_store_amounts(struct tg_store *store, const struct tg_asked_source *asked,
                                const struct tg_amount_question *q, size_t n, tg_on_amounts *on,
                                void *ctx, struct tg_event_counts *counts, struct tg_error *err)
{
    (void)store, (void)asked;
    ck_assert_uint_eq(n, 1);
    asked_from = q->from;
    asked_to = q->to;
    *counts = (struct tg_event_counts){.events = n_amounts, .unassigned = 3};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n_amounts; i++) {
        const struct tg_amount a = {amounts[i].person, amounts[i].yen, amounts[i].month, 1, 0};
        if (a.month >= q->from && a.month <= q->to)
            status = on(ctx, &a, 1, err);
    }
    return status;
}

size_t tg_people_find(const struct tg_people *p, int64_t id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->items[i].id == id)
            return i;
    }
    return SIZE_MAX;
}

static struct tg_member pair[2];
static bool eligible[3];
static const struct tg_windows windows = {2, 2, JAN_2020, JAN_2020 + 11, 0};

/* Persons 0 and 1 are a pair with index month May, person 2 is eligible only; ids 1000, 1007… */
static void begin_pair(const struct amount *list, size_t n)
{
    begin_town();
    for (int i = 0; i < 3; i++)
        add_person(0, 1, "");
    for (uint32_t i = 0; i < 2; i++)
        pair[i] = (struct tg_member){
            .person = i, .arm = (enum tg_arm)(1 - i), .set = 1, .index_month = JAN_2020 + 4};
    eligible[1] = eligible[2] = true;
    cohort = (struct tg_cohort){
        .members = pair, .n = 2, .eligible = eligible, .pseudo_index = JAN_2020 + 8};
    amounts = list;
    n_amounts = n;
}

static struct tg_observation seen[2];
static struct tg_event_counts counted;

static enum tg_status read_costs(struct tg_costs *costs, struct tg_error *err)
{
    static const struct tg_source source = {.kind = TG_KIND_EVENTS};
    static const struct tg_outcome_rule rule = {.source = &source, .design = TG_DESIGN_DID};
    struct tg_observation *const out = seen;
    const struct tg_outcome_question q = {.rule = &rule,
                                          .month = JAN_2020 + 11,
                                          .people = &people,
                                          .cohort = &cohort,
                                          .windows = &windows,
                                          .costs = costs};
    return tg_outcomes_observe(NULL, &q, 1, &out, &counted, err);
}

START_TEST(amounts_find_their_people_in_any_order)
{
    static const struct amount there[] = {
        {1000, JAN_2020 + 2, 1},  {1000, JAN_2020 + 3, 2},  {1000, JAN_2020 + 4, 4},
        {1007, JAN_2020 + 5, 8},  {1014, JAN_2020 + 7, 16}, {1014, JAN_2020 + 8, 32},
        {1007, JAN_2020 + 6, 64}, {1000, JAN_2020 + 1, 64},
    };
    enum { N = sizeof there / sizeof there[0] };
    struct amount back[N];
    for (size_t i = 0; i < N; i++)
        back[i] = there[N - 1 - i];
    for (int turn = 0; turn < 2; turn++) {
        struct tg_error err;
        struct tg_costs costs;
        begin_pair(turn ? back : there, N);
        ck_assert_int_eq(read_costs(&costs, &err), TG_OK);
        ck_assert_int_eq(asked_from, JAN_2020 + 2);
        ck_assert_int_eq(asked_to, JAN_2020 + 9);
        ck_assert_int_eq(costs.members[0].before_yen, 3);
        ck_assert_int_eq(costs.members[0].after_yen, 4);
        ck_assert_int_eq(costs.members[1].before_yen, 0);
        ck_assert_int_eq(costs.members[1].after_yen, 8);
        ck_assert_double_eq(seen[0].before, 1.5);
        ck_assert_double_eq(seen[1].after, 4);
        ck_assert_uint_eq(counted.events, N);
        ck_assert_uint_eq(counted.unassigned, 3);
        tg_costs_free(&costs);
    }
}
END_TEST

START_TEST(amount_of_nobody_is_a_bug)
{
    static const struct amount stranger = {1, JAN_2020 + 4, 1};
    struct tg_error err;
    struct tg_costs costs;
    begin_pair(&stranger, 1);
    ck_assert_int_eq(read_costs(&costs, &err), TG_BUG);
}
END_TEST

START_TEST(nobody_to_ask_for)
{
    struct tg_error err;
    struct tg_costs costs;
    begin_pair(NULL, 0);
    eligible[1] = eligible[2] = false;
    cohort.n = 0;
    cohort.pseudo_index = TG_NO_MONTH;
    ck_assert_int_eq(read_costs(&costs, &err), TG_OK);
    ck_assert_int_gt(asked_from, asked_to);
    ck_assert_int_eq(costs.n_relative, 4);
    tg_costs_free(&costs);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("outcome read");
    TCase *t = tcase_create("read");
    tcase_add_test(t, amounts_find_their_people_in_any_order);
    tcase_add_test(t, amount_of_nobody_is_a_bug);
    tcase_add_test(t, nobody_to_ask_for);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
