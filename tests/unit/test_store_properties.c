/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Persons against the rules as graph.h and ties.h have them, done the slow way: random rosters are
 * imported, replaced and come late, and after each file every row is compared.
 */
#define _DEFAULT_SOURCE
#include "store_help.h"

#include "store/reach.h"
#include "store/room.h"

enum { WORLDS = 40, STEPS = 10, DELIVERIES = 6, ROWS_MAX = 7, FIELDS = 4, ALL = 64 };

/* A row in letters: 0 is an empty cell. */
struct draw {
    int token[FIELDS]; /* insured or care number, resident, person */
    int birth, sex;
    int from, to; /* years after 2000; 0: open */
};

struct delivery {
    bool there;
    struct draw rows[ROWS_MAX];
    size_t n;
};

/* Roster in three periods, then the care ledger in three. */
static struct delivery world[DELIVERIES];

static uint64_t random_state;

static int pick(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

static bool is_care(size_t d)
{
    return d >= 3;
}

static struct draw draw_row(bool care)
{
    struct draw r = {.birth = pick(8) ? 1 + pick(2) : 0, .sex = pick(8) ? 1 + !pick(8) : 0};
    r.token[0] = pick(6) ? 1 + pick(5) : 0;
    r.token[1] = pick(3) ? 1 + pick(6) : 0;
    r.token[2] = pick(8) ? 1 + pick(5) : 0;
    if (!care && pick(3) == 0) {
        r.from = 1 + pick(10);
        r.to = pick(2) ? r.from + 1 + pick(8) : 0;
    }
    return r;
}

static void put_cell(char *out, size_t size, const char *kind, int letter)
{
    char cell[16] = "";
    if (letter)
        (void)snprintf(cell, sizeof cell, "@%s%d", kind, letter);
    (void)strncat(out, cell, size - strlen(out) - 1);
    (void)strncat(out, ",", size - strlen(out) - 1);
}

static void write_row(const struct draw *r, bool care, char *out, size_t size)
{
    char rest[96], birth[16] = "", sex[16] = "", from[16] = "", to[16] = "";
    out[0] = '\0';
    put_cell(out, size, care ? "c" : "n", r->token[0]);
    put_cell(out, size, "r", r->token[1]);
    put_cell(out, size, "k", r->token[2]);
    if (r->birth)
        (void)snprintf(birth, sizeof birth, "1950-0%d", r->birth % 10);
    if (r->sex)
        (void)snprintf(sex, sizeof sex, "%d", r->sex % 10);
    if (r->from)
        (void)snprintf(from, sizeof from, "20%02d-01-01", r->from % 100);
    if (r->to)
        (void)snprintf(to, sizeof to, "20%02d-01-01", r->to % 100);
    (void)snprintf(rest, sizeof rest, ",%s,%s,,%s,%s%s", birth, sex, from, to, care ? "," : "");
    (void)strncat(out, rest, size - strlen(out) - 1);
}

static const char *period_of(size_t d)
{
    static const char *const periods[] = {"2025-01", "2025-02", "2025-03"};
    return periods[d % 3];
}

static void import_delivery(size_t d)
{
    static char text[ROWS_MAX][160];
    const char *rows[ROWS_MAX + 1] = {NULL};
    for (size_t i = 0; i < world[d].n; i++) {
        write_row(&world[d].rows[i], is_care(d), text[i], sizeof text[i]);
        rows[i] = text[i];
    }
    (void)take(is_care(d) ? "care" : "roster", period_of(d), rows);
    world[d].there = true;
}

/* A row of the world, and what the rules make of it. */
struct node {
    size_t d, row;
    struct draw r;
    bool nobody;
    size_t identity;          /* first node with the same identity */
    size_t component, person; /* first node of them */
    size_t trial;             /* whom names would join: a component */
    bool conflict, whole;     /* whole: the component is one person */
    int64_t found;            /* what the store says */
};
static struct node nodes[ALL];
static size_t n_nodes;

/* Insured and care numbers are different tokens. */
static int token_of(const struct node *n, int field)
{
    int letter = n->r.token[field];
    return letter && field == 0 && is_care(n->d) ? letter + 100 : letter;
}

static bool share(const struct node *a, const struct node *b, int field)
{
    return token_of(a, field) && token_of(a, field) == token_of(b, field);
}

static bool may_agree(const struct draw *a, const struct draw *b)
{
    return (!a->birth || !b->birth || a->birth == b->birth) &&
           (!a->sex || !b->sex || a->sex == b->sex);
}

static bool are_two(const struct node *a, const struct node *b, int field)
{
    int a_to = a->r.to ? a->r.to : 99, b_to = b->r.to ? b->r.to : 99;
    bool differ = false;
    for (int f = 0; f < 3; f++)
        differ |= f != field && a->r.token[f] && b->r.token[f] && a->r.token[f] != b->r.token[f];
    return a->d == b->d && share(a, b, field) && a->r.from < b_to && b->r.from < a_to &&
           may_agree(&a->r, &b->r) && differ;
}

static bool is_shared(const struct node *n, int field)
{
    for (size_t i = 0; i < n_nodes; i++) {
        for (size_t j = 0; j < n_nodes; j++) {
            if (share(n, &nodes[i], field) && are_two(&nodes[i], &nodes[j], field))
                return true;
        }
    }
    return false;
}

static bool same_identity(const struct node *a, const struct node *b)
{
    return is_care(a->d) == is_care(b->d) && a->r.birth == b->r.birth && a->r.sex == b->r.sex &&
           memcmp(a->r.token, b->r.token, sizeof a->r.token) == 0;
}

static bool number_joins(const struct node *a, const struct node *b)
{
    for (int f = 0; f < 2; f++) {
        if (share(a, b, f) && !is_shared(a, f))
            return true;
    }
    return same_identity(a, b);
}

static bool complete(const struct node *n)
{
    return n->r.birth && n->r.sex;
}

/* Spreads the smaller label over `joined` pairs until nothing changes. */
static void close_over(size_t offset, bool (*joined)(const struct node *, const struct node *))
{
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < n_nodes; i++) {
            for (size_t j = 0; j < n_nodes; j++) {
                size_t *a = (size_t *)(void *)((char *)&nodes[i] + offset);
                size_t *b = (size_t *)(void *)((char *)&nodes[j] + offset);
                if (nodes[i].nobody || nodes[j].nobody || *a >= *b || !joined(&nodes[i], &nodes[j]))
                    continue;
                *b = *a;
                changed = true;
            }
        }
    }
}

static bool agreeing(const struct node *a, const struct node *b)
{
    return same_identity(a, b) || (number_joins(a, b) && complete(a) && complete(b) &&
                                   a->r.birth == b->r.birth && a->r.sex == b->r.sex);
}

static bool same_component(const struct node *a, const struct node *b)
{
    return a->component == b->component;
}

static bool is_newest(size_t d)
{
    for (size_t later = d + 1; later < DELIVERIES && is_care(later) == is_care(d); later++) {
        if (world[later].there)
            return false;
    }
    return true;
}

/* The days on which an identity is enrolled: of all its rows, the end of its newest delivery. */
static void days_of(const struct node *n, int *from, int *to, size_t *first, size_t *last)
{
    *first = *last = n->d;
    *from = 0;
    for (size_t i = 0; i < n_nodes; i++) {
        const struct node *m = &nodes[i];
        if (!same_identity(n, m))
            continue;
        *first = m->d < *first ? m->d : *first;
        *last = m->d > *last ? m->d : *last;
        if (m->r.from && (*from == 0 || 20000101 + m->r.from * 10000 < *from))
            *from = 20000101 + m->r.from * 10000;
    }
    *from = *from ? *from : 20250001 + (int)(*first % 3 + 1) * 100;
    *to = 0;
    for (size_t i = 0; i < n_nodes; i++) {
        const struct node *m = &nodes[i];
        int end = m->r.to ? 20000101 + m->r.to * 10000 : 99999999;
        if (same_identity(n, m) && m->d == *last && end > *to)
            *to = end;
    }
    if (*to == 99999999 && !is_newest(*last))
        *to = *last % 3 == 0 ? 20250131 : *last % 3 == 1 ? 20250228 : 20250331;
}

static bool cannot_be_one(const struct node *a, const struct node *b)
{
    int a_from, a_to, b_from, b_to;
    size_t a_first, a_last, b_first, b_last;
    if (!may_agree(&a->r, &b->r))
        return true;
    days_of(a, &a_from, &a_to, &a_first, &a_last);
    days_of(b, &b_from, &b_to, &b_first, &b_last);
    if (a_from >= b_to || b_from >= a_to)
        return false;
    if (is_care(a->d) == is_care(b->d))
        return a_first <= b_last && b_first <= a_last;
    return a->r.token[1] && b->r.token[1] && a->r.token[1] != b->r.token[1];
}

/* May all those be one person of whom `of` is true? */
static bool may_be_one(bool (*of)(const struct node *, size_t), size_t label)
{
    for (size_t i = 0; i < n_nodes; i++) {
        for (size_t j = 0; j < i; j++) {
            if (of(&nodes[i], label) && of(&nodes[j], label) &&
                nodes[i].component != nodes[j].component &&
                (!nodes[i].whole || !nodes[j].whole || cannot_be_one(&nodes[i], &nodes[j])))
                return false;
        }
    }
    return true;
}

/* Is somebody of the node's component called so? */
static bool is_called(const struct node *n, size_t name)
{
    for (size_t i = 0; i < n_nodes; i++) {
        if (!nodes[i].nobody && nodes[i].component == n->component &&
            nodes[i].r.token[2] == (int)name)
            return !n->nobody;
    }
    return false;
}

static bool is_tried(const struct node *n, size_t label)
{
    return !n->nobody && n->trial == label;
}

static bool name_joins[8];

static bool would_join(const struct node *a, const struct node *b)
{
    for (size_t name = 1; name < 8; name++) {
        if (name_joins[name] && is_called(a, name) && is_called(b, name))
            return true;
    }
    return a->component == b->component;
}

static void apply_names(void)
{
    for (size_t name = 1; name < 8; name++)
        name_joins[name] = may_be_one(is_called, name);
    for (size_t i = 0; i < n_nodes; i++)
        nodes[i].trial = nodes[i].component;
    close_over(offsetof(struct node, trial), would_join);
    for (size_t i = 0; i < n_nodes; i++) {
        if (nodes[i].whole && may_be_one(is_tried, nodes[i].trial))
            nodes[i].person = nodes[i].trial;
    }
}

static void apply_rules(void)
{
    for (size_t i = 0; i < n_nodes; i++)
        nodes[i].component = nodes[i].person = i;
    close_over(offsetof(struct node, component), number_joins);
    close_over(offsetof(struct node, person), agreeing);
    for (size_t i = 0; i < n_nodes; i++) {
        bool any = false;
        for (size_t j = 0; j < n_nodes; j++) {
            for (size_t k = 0; same_component(&nodes[i], &nodes[j]) && k < n_nodes; k++)
                nodes[i].conflict |=
                    same_component(&nodes[i], &nodes[k]) && !may_agree(&nodes[j].r, &nodes[k].r);
            any |= same_component(&nodes[i], &nodes[j]) && complete(&nodes[j]);
        }
        nodes[i].whole = any && !nodes[i].conflict;
        if (nodes[i].whole)
            nodes[i].person = nodes[i].component;
    }
    apply_names();
}

static void list_nodes(void)
{
    n_nodes = 0;
    for (size_t d = 0; d < DELIVERIES; d++) {
        for (size_t i = 0; world[d].there && i < world[d].n; i++) {
            struct draw r = world[d].rows[i];
            bool nobody = !r.token[0] && !r.token[1] && !r.token[2];
            nodes[n_nodes++] = (struct node){.d = d, .row = i, .r = r, .nobody = nobody};
        }
    }
}

static void ask_store(struct node *n)
{
    char hex[33], sql[256];
    sqlite3_stmt *stmt;
    row_id_of(is_care(n->d) ? "care" : "roster", period_of(n->d), n->row, hex);
    (void)snprintf(sql, sizeof sql,
                   "SELECT coalesce(i.person_id, 0), i.conflict IS NOT NULL FROM roster_row r"
                   " JOIN identity i ON i.id = r.identity_id WHERE r.row_id = x'%s'",
                   hex);
    ck_assert_int_eq(sqlite3_prepare_v2(store->db.handle, sql, -1, &stmt, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    n->found = sqlite3_column_int64(stmt, 0);
    if (!n->nobody)
        ck_assert_int_eq(sqlite3_column_int(stmt, 1), n->conflict);
    ck_assert_int_eq(n->found == 0, n->nobody);
    (void)sqlite3_finalize(stmt);
}

/* Before the file: who had which number. */
static struct node before[ALL];
static size_t n_before;

/* The person, now, of all who were person `was`: 0 when nobody is left or they are several. */
static int64_t went_to(int64_t was)
{
    int64_t now = 0;
    for (size_t i = 0; i < n_before; i++) {
        for (size_t k = 0; before[i].found == was && k < n_nodes; k++) {
            if (!same_identity(&before[i], &nodes[k]))
                continue;
            if (now && now != nodes[k].found)
                return 0;
            now = nodes[k].found;
        }
    }
    return now;
}

/* Was everybody who is person `now` and was here before person `was`? */
static bool is_alone(int64_t now, int64_t was)
{
    for (size_t i = 0; i < n_before; i++) {
        for (size_t k = 0; k < n_nodes; k++) {
            if (nodes[k].found == now && same_identity(&before[i], &nodes[k]) &&
                before[i].found != was)
                return false;
        }
    }
    return true;
}

/* A person that neither met another nor was split has the number it had; the smaller survives. */
static void check_stable(void)
{
    for (size_t i = 0; i < n_before; i++) {
        int64_t was = before[i].found, now = went_to(was);
        if (before[i].nobody || now == 0)
            continue;
        if (is_alone(now, was))
            ck_assert_int_eq(now, was);
        else
            ck_assert_int_le(now, was);
    }
}

static void compare(size_t step)
{
    list_nodes();
    apply_rules();
    for (size_t i = 0; i < n_nodes; i++)
        ask_store(&nodes[i]);
    for (size_t i = 0; i < n_nodes; i++) {
        for (size_t j = 0; j < i; j++) {
            if (nodes[i].nobody || nodes[j].nobody)
                continue;
            bool together = nodes[i].person == nodes[j].person;
            ck_assert_msg(together == (nodes[i].found == nodes[j].found),
                          "step %zu: %zu/%zu and %zu/%zu should be %s", step, nodes[i].d,
                          nodes[i].row, nodes[j].d, nodes[j].row, together ? "one" : "two");
        }
    }
    check_stable();
    memcpy(before, nodes, sizeof nodes);
    n_before = n_nodes;
}

/* The same nodes, joined to the same, as in another reach? */
static void check_same(struct tg_reach *one, struct tg_reach *other)
{
    ck_assert_uint_eq(one->n, other->n);
    ck_assert_uint_eq(one->n_names, other->n_names);
    ck_assert_uint_eq(one->n_heirs, other->n_heirs);
    for (size_t i = 0; i < one->n; i++) {
        size_t x = tg_reach_find(other, one->nodes[i].id);
        ck_assert_uint_ne(x, SIZE_MAX);
        for (size_t j = 0; j < i; j++) {
            size_t y = tg_reach_find(other, one->nodes[j].id);
            ck_assert_uint_ne(y, SIZE_MAX);
            for (enum tg_union u = TG_COMPONENT; u <= TG_AGREEING; u++)
                ck_assert((tg_reach_root(one, u, i) == tg_reach_root(one, u, j)) ==
                          (tg_reach_root(other, u, x) == tg_reach_root(other, u, y)));
        }
    }
}

/* However few are followed at a time, the same is found. */
static void compare_reaches(void)
{
    const struct tg_ids nobody = {0};
    for (int64_t seed = 1; seed <= 4; seed++) {
        struct tg_ids from = {.items = &seed, .n = 1, .cap = 1};
        struct tg_reach all = {.store = store, .revived = &nobody};
        struct tg_reach few = {
            .store = store, .revived = &nobody, .leads_max = 1, .met_max = (size_t)seed};
        OK(tg_reach_load(&all, &from, NULL, &err));
        OK(tg_reach_load(&few, &from, NULL, &err));
        check_same(&all, &few);
        tg_reach_free(&all);
        tg_reach_free(&few);
    }
}

START_TEST(persons_are_what_the_rules_say)
{
    random_state = (uint64_t)_i * 7919 + 1;
    memset(world, 0, sizeof world);
    n_before = 0;
    for (size_t step = 0; step < STEPS; step++) {
        size_t d = (size_t)pick(DELIVERIES);
        world[d].n = (size_t)pick(ROWS_MAX + 1);
        for (size_t i = 0; i < world[d].n; i++)
            world[d].rows[i] = draw_row(is_care(d));
        import_delivery(d);
        compare(step);
        compare_reaches();
    }
    OK(tg_store_verify(store, NULL, &err));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_properties");
    TCase *t = tcase_create("store_properties");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, persons_are_what_the_rules_say, 0, WORLDS);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
