/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"
#include "link/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* A town large enough to be sampled; each tenth person has two rows. */
enum { N_FIELDS = 4, N_KEYS = 19, N_ROWS = 26000, N_USERS = 400, N_VALUES = 3000 };

/* Who is there in a month, and whom the exact keys have linked. */
struct month {
    uint32_t from_row, to_row, without; /* no row of these (row % 50) */
    uint32_t from_user, to_user, version;
};

struct town {
    struct tg_linkage linkage;
    struct month month;
    uint32_t entity_of[N_ROWS]; /* + 1 */
    uint32_t user_of[N_USERS];
    struct tg_link_decision decisions[N_USERS];
    struct tg_link_memory memory;
    uint64_t rows_walked;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint32_t person_of(uint32_t row)
{
    return row % 10 == 1 ? row - 1 : row;
}

static uint32_t value_of_row(uint32_t row, uint32_t field)
{
    uint64_t of = field == 0 ? row : person_of(row);
    return (uint32_t)(mix(of * N_FIELDS + field) % N_VALUES);
}

/* Users are rows with one value in eight another one; some change theirs with the version. */
static uint32_t value_of_user(const struct town *t, uint32_t user, uint32_t field)
{
    uint32_t version = user % 20 == 3 ? t->month.version : 0;
    uint64_t dice = mix(((uint64_t)user << 8 | version) * N_FIELDS + field + 77777777);
    return dice % 8 == 0 ? (uint32_t)(dice >> 32) % N_VALUES : value_of_row(user * 61, field);
}

static bool is_there(const struct month *m, uint32_t row)
{
    return row >= m->from_row && row < m->to_row && row % 50 != m->without;
}

static enum tg_status hand_on(const uint32_t values[N_FIELDS], uint32_t entity, tg_on_evidence *on,
                              void *on_ctx, struct tg_error *err)
{
    struct tg_evidence_token tokens[N_KEYS];
    uint32_t n = 0;
    for (uint32_t f = 0; f < N_FIELDS; f++) {
        for (uint32_t g = f + 1; g < N_FIELDS; g++) {
            for (uint32_t form = 0; form < 3; form++, n++) {
                uint64_t a = form == 1 ? values[f] / 4 : values[f];
                uint64_t b = form == 2 ? values[g] / 4 : values[g];
                tokens[n] =
                    (struct tg_evidence_token){mix(mix(a * 7 + f) ^ (b * 11 + g)), entity, n + 1};
            }
        }
    }
    return on(on_ctx, tokens, n, err);
}

static enum tg_status walk(void *ctx, enum tg_side side, const bool *of, tg_on_evidence *on,
                           void *on_ctx, struct tg_error *err)
{
    const struct town *t = ctx;
    uint32_t values[N_FIELDS];
    enum tg_status status = TG_OK;
    for (uint32_t i = 0; !status && side == TG_LEFT && i < t->linkage.facts[TG_LEFT].n; i++) {
        for (uint32_t f = 0; f < N_FIELDS; f++)
            values[f] = value_of_user(t, t->user_of[i], f);
        if (!of || of[i])
            status = hand_on(values, i, on, on_ctx, err);
    }
    for (uint32_t row = 0; !status && side == TG_RIGHT && row < N_ROWS; row++) {
        for (uint32_t f = 0; f < N_FIELDS; f++)
            values[f] = value_of_row(row, f);
        if (t->entity_of[row] && (!of || of[t->entity_of[row] - 1]))
            status = hand_on(values, t->entity_of[row] - 1, on, on_ctx, err);
    }
    return status;
}

static enum tg_status walk_rows(void *ctx, const bool *rows, tg_on_evidence *on, void *on_ctx,
                                struct tg_error *err)
{
    struct town *t = ctx;
    uint32_t values[N_FIELDS];
    enum tg_status status = TG_OK;
    for (uint32_t row = 0; !status && row < N_ROWS; row++) {
        if (!rows[row])
            continue;
        for (uint32_t f = 0; f < N_FIELDS; f++)
            values[f] = value_of_row(row, f);
        status = hand_on(values, row, on, on_ctx, err);
        t->rows_walked++;
    }
    return status;
}

static void add_keys(struct tg_linkage *l)
{
    static const struct tg_link_part number = {0, true};
    l->keys = calloc(N_KEYS, sizeof *l->keys);
    l->n_keys = N_KEYS;
    l->keys[0] = (struct tg_link_key){.rule = "number", .exact = true, .number_like = true};
    uint32_t n = 1;
    for (uint8_t f = 0; f < N_FIELDS; f++) {
        for (uint8_t g = (uint8_t)(f + 1); g < N_FIELDS; g++) {
            for (int form = 0; form < 3; form++, n++) {
                struct tg_link_part parts[2] = {{f, form != 1}, {g, form != 2}};
                l->keys[n] = (struct tg_link_key){.rule = "pair", .n_parts = 2};
                l->keys[n].parts = calloc(2, sizeof number);
                memcpy(l->keys[n].parts, parts, sizeof parts);
            }
        }
    }
}

static void add_number(struct town *t, enum tg_side side, uint32_t number, uint32_t entity)
{
    unsigned char hash[TG_TOKEN_LEN];
    uint64_t half = mix(number + UINT64_C(0x5eed));
    memcpy(hash, &half, sizeof half);
    memcpy(hash + sizeof half, &half, sizeof half);
    ck_assert_int_eq(tg_linkage_add(&t->linkage.keys[0], side, hash, entity, NULL), TG_OK);
}

static struct town *town_new(const struct month *month)
{
    struct town *t = calloc(1, sizeof *t);
    struct tg_linkage *l = &t->linkage;
    *l = (struct tg_linkage){
        .accept = 0.99, .review = 0.5, .n_fields = N_FIELDS, .birth_field = SIZE_MAX};
    t->month = *month;
    add_keys(l);
    for (uint32_t row = 0; row < N_ROWS; row++) {
        bool second = row && person_of(row) != row && t->entity_of[row - 1];
        if (!is_there(month, row))
            continue;
        t->entity_of[row] = second ? t->entity_of[row - 1] : ++l->facts[TG_RIGHT].n;
        add_number(t, TG_RIGHT, row, t->entity_of[row] - 1);
    }
    for (uint32_t user = month->from_user; user < month->to_user; user++) {
        uint32_t i = l->facts[TG_LEFT].n++;
        bool linked = (user + month->version) % 4 == 0;
        t->user_of[i] = user;
        add_number(t, TG_LEFT, user % 2 ? user * 61 : N_ROWS + user, i);
        t->decisions[i] = (struct tg_link_decision){
            .state = linked ? TG_LINK_LINKED : TG_LINK_NOT_FOUND, .right = linked ? i : UINT32_MAX};
    }
    tg_linkage_sort(l);
    l->evidence = (struct tg_evidence_source){walk, t};
    t->memory = (struct tg_link_memory){
        .entity_of = t->entity_of, .n_rows = N_ROWS, .walk_rows = walk_rows, .ctx = t};
    return t;
}

static void town_free(struct town *t)
{
    tg_link_memory_free(&t->memory);
    tg_linkage_free(&t->linkage);
    free(t);
}

struct found {
    struct tg_candidates candidates;
    struct tg_link_key_report reports[N_KEYS];
};

static void find(struct town *t, struct found *out)
{
    memset(out->reports, 0, sizeof out->reports);
    ck_assert_int_eq(
        tg_candidates_find(&t->linkage, t->decisions, out->reports, &out->candidates, NULL), TG_OK);
    ck_assert(out->candidates.applies);
}

static void assert_same(const struct found *x, const struct found *y)
{
    const struct tg_pairs *a = &x->candidates.across, *b = &y->candidates.across;
    ck_assert_mem_eq(x->reports, y->reports, sizeof x->reports);
    ck_assert_uint_eq(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        const struct tg_pair *p = &a->items[i], *q = &b->items[i];
        ck_assert(p->left == q->left && p->right == q->right && p->levels == q->levels);
        ck_assert(p->key == q->key && p->commonness == q->commonness && p->weight == q->weight);
    }
    for (int side = 0; side < TG_N_SIDES; side++) {
        const struct tg_patterns *v = &x->candidates.within[side], *w = &y->candidates.within[side];
        ck_assert(v->n == w->n && v->of == w->of);
        for (size_t i = 0; i < v->n; i++)
            ck_assert(v->items[i].levels == w->items[i].levels && v->items[i].n == w->items[i].n);
    }
}

static void assert_same_memory(const struct tg_link_memory *x, const struct tg_link_memory *y)
{
    ck_assert(x->made && y->made);
    for (size_t i = 0; i < TG_MEMORY_PARTS; i++) {
        ck_assert_uint_eq(x->next[i].len, y->next[i].len);
        ck_assert(!x->next[i].len || !memcmp(x->next[i].data, y->next[i].data, x->next[i].len));
    }
}

/* A month with what is remembered, and from the start; what is remembered then takes its place. */
static void do_month(const struct month *month, struct tg_buf memory[TG_MEMORY_PARTS],
                     uint64_t *walked, struct tg_link_memory *counts)
{
    struct town *plain = town_new(month), *first = town_new(month), *again = town_new(month);
    struct found of_plain, of_first, of_again;
    first->linkage.memory = &first->memory;
    again->linkage.memory = &again->memory;
    memcpy(again->memory.old, memory, sizeof again->memory.old);
    find(plain, &of_plain);
    find(first, &of_first);
    find(again, &of_again);
    ck_assert_uint_gt(of_plain.candidates.across.n, 100);
    ck_assert_uint_gt(of_plain.candidates.within[TG_RIGHT].n, 10);
    assert_same(&of_plain, &of_first);
    assert_same(&of_plain, &of_again);
    assert_same_memory(&first->memory, &again->memory);
    ck_assert_uint_eq(first->memory.rows_anew, first->memory.rows);
    ck_assert_uint_eq(first->memory.asking_anew, first->memory.asking);
    memcpy(memory, again->memory.next, sizeof again->memory.next);
    memset(again->memory.next, 0, sizeof again->memory.next);
    *walked = again->rows_walked;
    *counts = again->memory;
    tg_candidates_free(&of_plain.candidates);
    tg_candidates_free(&of_first.candidates);
    tg_candidates_free(&of_again.candidates);
    town_free(plain);
    town_free(first);
    town_free(again);
}

static const struct month first_month = {0, 25000, 13, 0, 300, 0};
static struct tg_buf remembered[TG_MEMORY_PARTS];

static void forget(void)
{
    for (size_t i = 0; i < TG_MEMORY_PARTS; i++)
        tg_buf_free(&remembered[i]);
}

START_TEST(what_is_remembered_changes_nothing)
{
    static const struct month months[] = {
        {0, 26000, 7, 0, 400, 1},      /* came, left, and changed */
        {0, 25000, 13, 0, 300, 0},     /* an earlier month again */
        {500, 26000, 50, 100, 400, 2}, /* and a later one */
    };
    struct tg_link_memory counts;
    uint64_t walked;
    do_month(&first_month, remembered, &walked, &counts);
    ck_assert_uint_eq(walked, counts.rows);
    for (size_t i = 0; i < sizeof months / sizeof months[0]; i++) {
        do_month(&months[i], remembered, &walked, &counts);
        ck_assert_uint_gt(counts.asking_anew, 0);
        ck_assert_uint_lt(counts.asking_anew, counts.asking);
        ck_assert_uint_gt(counts.rows_anew, 0);
        ck_assert_uint_lt(counts.rows_anew, counts.rows / 10);
        ck_assert_uint_eq(walked, counts.rows); /* for tokens that are new */
    }
    forget();
}
END_TEST

START_TEST(nothing_new_walks_nothing)
{
    struct tg_link_memory counts;
    uint64_t walked;
    do_month(&first_month, remembered, &walked, &counts);
    do_month(&first_month, remembered, &walked, &counts);
    ck_assert_uint_eq(counts.asking_anew, 0);
    ck_assert_uint_eq(counts.rows_anew, 0);
    ck_assert_uint_eq(walked, 0);
    forget();
}
END_TEST

/* Bytes that make no sense are as good as none, wherever they stand. */
START_TEST(damage_is_forgetting)
{
    static const size_t damaged[] = {0, 3, TG_MEMORY_PARTS - 1};
    struct tg_link_memory counts;
    uint64_t walked;
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        do_month(&first_month, remembered, &walked, &counts);
        struct tg_buf *part = &remembered[damaged[i]];
        memset(part->data + part->len / 2, 0xFF, part->len - part->len / 2);
        do_month(&first_month, remembered, &walked, &counts);
        ck_assert_uint_eq(counts.rows_anew, counts.rows);
        ck_assert_uint_eq(counts.asking_anew, counts.asking);
        forget();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link memory");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_is_remembered_changes_nothing);
    tcase_add_test(tcase, nothing_new_walks_nothing);
    tcase_add_test(tcase, damage_is_forgetting);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
