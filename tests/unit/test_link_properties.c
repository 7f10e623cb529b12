/* SPDX-License-Identifier: Apache-2.0 */
#include "link_fixture.h"

/* xorshift64* (Vigna 2014) */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static uint32_t below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(draw(state) >> 33) % n;
}

static int by_hash_then_entity(const void *a, const void *b)
{
    const struct tg_link_entry *x = a, *y = b;
    int order = memcmp(x->hash, y->hash, TG_TOKEN_LEN);
    return order ? order : (x->entity > y->entity) - (x->entity < y->entity);
}

START_TEST(sorting_agrees_with_qsort)
{
    uint64_t state = (uint64_t)_i + 1;
    size_t n = 1 + below(&state, 20000);
    unsigned varied = 1 + below(&state, 3); /* few different bytes: long common beginnings */
    struct tg_link_entry *expected = calloc(n, sizeof *expected);
    begin(0, 0, 1);
    for (size_t i = 0; i < n; i++) {
        unsigned char hash[TG_TOKEN_LEN] = {0};
        for (unsigned b = 0; b < varied; b++)
            hash[below(&state, TG_TOKEN_LEN)] = (unsigned char)below(&state, 256);
        uint32_t entity = below(&state, 100000);
        ck_assert_int_eq(tg_linkage_add(&linkage.keys[0], TG_LEFT, hash, entity, NULL), TG_OK);
        if (i % 3 == 0)
            ck_assert_int_eq(tg_linkage_add(&linkage.keys[0], TG_LEFT, hash, entity, NULL), TG_OK);
        memcpy(expected[i].hash, hash, TG_TOKEN_LEN);
        expected[i].entity = entity;
    }
    tg_linkage_sort(&linkage);
    qsort(expected, n, sizeof *expected, by_hash_then_entity);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || by_hash_then_entity(&expected[kept - 1], &expected[i]) != 0)
            expected[kept++] = expected[i];
    }
    ck_assert_uint_eq(linkage.keys[0].n[TG_LEFT], kept);
    for (size_t i = 0; i < kept; i++)
        ck_assert(by_hash_then_entity(&expected[i], &linkage.keys[0].entries[TG_LEFT][i]) == 0);
    free(expected);
    end();
}
END_TEST

/* A random world small enough to be decided by asking everybody about everybody. */
struct world {
    uint32_t n[TG_N_SIDES];
    size_t n_keys;
    struct {
        size_t key;
        enum tg_side side;
        uint32_t token, entity;
    } tokens[2000];
    size_t n_tokens;
};

static void make_world(struct world *w, uint64_t seed)
{
    uint64_t state = seed;
    *w = (struct world){.n = {1 + below(&state, 40), 1 + below(&state, 40)},
                        .n_keys = 1 + below(&state, MAX_KEYS)};
    uint32_t variety = 5 + below(&state, 200);
    for (int side = 0; side < TG_N_SIDES; side++) {
        for (uint32_t e = 0; e < w->n[side]; e++) {
            for (size_t k = 0; k < w->n_keys; k++) {
                for (uint32_t i = below(&state, 4); i < 3; i += 2) {
                    w->tokens[w->n_tokens].key = k;
                    w->tokens[w->n_tokens].side = (enum tg_side)side;
                    w->tokens[w->n_tokens].token = below(&state, variety);
                    w->tokens[w->n_tokens++].entity = e;
                }
            }
        }
    }
}

/* Fills the linkage, in an order and with entity numbers that `shuffle` decides (0: as they are).
 */
static void load_world(const struct world *w, uint64_t shuffle, uint32_t rename[TG_N_SIDES][64])
{
    begin(w->n[TG_LEFT], w->n[TG_RIGHT], w->n_keys);
    linkage.accept = 0.985;
    for (int side = 0; side < TG_N_SIDES; side++) {
        for (uint32_t i = 0; i < w->n[side]; i++)
            rename[side][i] = i;
        for (uint32_t i = w->n[side]; shuffle && i > 1; i--) {
            uint32_t j = below(&shuffle, i), held = rename[side][i - 1];
            rename[side][i - 1] = rename[side][j];
            rename[side][j] = held;
        }
        for (uint32_t i = 0; i < w->n[side]; i++) {
            birth[side][rename[side][i]] = i % 7 ? (int32_t)(i % 3) : TG_NO_MONTH;
            sex[side][rename[side][i]] = (uint8_t)(i % 3);
        }
    }
    linkage.keys[0].number_like = true;
    if (w->n_keys > 3)
        linkage.keys[2].exact = false;
    for (size_t i = 0; i < w->n_tokens; i++) {
        size_t at = shuffle ? w->n_tokens - 1 - i : i;
        enum tg_side side = w->tokens[at].side;
        add(w->tokens[at].key, side, w->tokens[at].token, rename[side][w->tokens[at].entity]);
    }
}

static bool has(const struct world *w, size_t key, enum tg_side side, uint32_t token, uint32_t e)
{
    for (size_t i = 0; i < w->n_tokens; i++) {
        if (w->tokens[i].key == key && w->tokens[i].side == side && w->tokens[i].token == token &&
            w->tokens[i].entity == e)
            return true;
    }
    return false;
}

static uint32_t owners(const struct world *w, size_t key, enum tg_side side, uint32_t token)
{
    uint32_t n = 0;
    for (uint32_t e = 0; e < w->n[side]; e++)
        n += has(w, key, side, token, e);
    return n;
}

/* The definition of the engine, word by word: whom does `key` name for `left`? −1 nobody, −2
 * several; `*met`: some token of it is on the other side. */
static int named_by(const struct world *w, size_t key, uint32_t left, bool *met)
{
    int named = -1;
    for (size_t i = 0; i < w->n_tokens; i++) {
        if (w->tokens[i].key != key || w->tokens[i].side != TG_LEFT || w->tokens[i].entity != left)
            continue;
        uint32_t token = w->tokens[i].token, n_right = owners(w, key, TG_RIGHT, token);
        if (n_right == 0)
            continue;
        if (n_right > 1 || owners(w, key, TG_LEFT, token) > 1) {
            *met = true;
            continue;
        }
        uint32_t right = 0;
        while (!has(w, key, TG_RIGHT, token, right))
            right++;
        int32_t a = birth[TG_LEFT][left], b = birth[TG_RIGHT][right];
        bool other_birth = a != TG_NO_MONTH && b != TG_NO_MONTH && a != b;
        bool other_sex = sex[TG_LEFT][left] && sex[TG_RIGHT][right] &&
                         sex[TG_LEFT][left] != sex[TG_RIGHT][right];
        if (linkage.keys[key].number_like ? other_birth || other_sex : other_birth && other_sex)
            continue;
        named = named == -1 || named == (int)right ? (int)right : -2;
    }
    return named;
}

static bool has_some(const struct world *w, size_t key, enum tg_side side, uint32_t e)
{
    for (size_t i = 0; i < w->n_tokens; i++) {
        if (w->tokens[i].key == key && w->tokens[i].side == side && w->tokens[i].entity == e)
            return true;
    }
    return false;
}

/* Does another key name the same one? */
static bool is_seconded(const struct world *w, size_t key, uint32_t left, int named)
{
    bool met, seconded = false;
    for (size_t k = 0; k < w->n_keys; k++)
        seconded |= k != key && linkage.keys[k].exact && named_by(w, k, left, &met) == named;
    return seconded;
}

/* Whom only this key names. */
static double count_alone(const struct world *w, size_t key)
{
    bool met;
    double n = 0;
    for (uint32_t e = 0; e < w->n[TG_LEFT]; e++) {
        int named = named_by(w, key, e, &met);
        n += named >= 0 && !is_seconded(w, key, e, named);
    }
    return n;
}

/* The probability of a key by its definition; of those whom only it names. */
static double probability_of(const struct world *w, size_t key, bool of_alone)
{
    bool shares[64] = {false}, met[64] = {false}, alone[64] = {false};
    for (size_t i = 0; i < w->n_tokens; i++) {
        if (w->tokens[i].key != key)
            continue;
        uint32_t left = owners(w, key, TG_LEFT, w->tokens[i].token);
        uint32_t right = owners(w, key, TG_RIGHT, w->tokens[i].token);
        if (w->tokens[i].side == TG_RIGHT)
            shares[w->tokens[i].entity] |= right > 1;
        else
            met[w->tokens[i].entity] |= right > 0;
        if (w->tokens[i].side == TG_LEFT)
            alone[w->tokens[i].entity] |= left == 1 && right == 1;
    }
    double s = 0, n = 0, u = 0, a = 0;
    for (uint32_t e = 0; e < 64; e++) {
        s += shares[e];
        n += e < w->n[TG_RIGHT] && has_some(w, key, TG_RIGHT, e);
        u += e < w->n[TG_LEFT] && has_some(w, key, TG_LEFT, e) && !met[e];
        a += alone[e];
    }
    a = of_alone ? count_alone(w, key) : a;
    double p = 1 - (s + 0.1) / (n + 1000) * (u + 1) / (a + 1);
    return p > 0 ? p : 0;
}

static enum tg_link_state state_before_others(const struct world *w, uint32_t left,
                                              const double alone[MAX_KEYS], int *right, size_t *key)
{
    bool met = false;
    for (int level = 0; level < 2; level++) {
        *right = -1;
        bool torn = false;
        for (size_t k = 0; k < w->n_keys; k++) {
            if (!linkage.keys[k].exact || reports[k].probability < linkage.review)
                continue;
            int named = named_by(w, k, left, &met);
            met |= named == -2;
            double p = is_seconded(w, k, left, named) ? reports[k].probability : alone[k];
            if (level == 0 ? p < linkage.accept : p < linkage.review || p >= linkage.accept)
                continue;
            if (named >= 0 && *right < 0) {
                *right = named;
                *key = k;
            } else if (named >= 0 && named != *right) {
                torn = true;
            }
        }
        if (torn) {
            *right = -1;
            return TG_LINK_CONFLICT;
        }
        if (*right >= 0)
            return level ? TG_LINK_REVIEW : TG_LINK_LINKED;
    }
    return met ? TG_LINK_AMBIGUOUS : TG_LINK_NOT_FOUND;
}

START_TEST(random_worlds_agree_with_the_definition)
{
    static struct world w;
    uint32_t rename[TG_N_SIDES][64];
    int right[64];
    size_t key[64];
    double alone[MAX_KEYS];
    enum tg_link_state states[64];
    make_world(&w, (uint64_t)_i + 77);
    load_world(&w, 0, rename);
    decide();
    for (size_t k = 0; k < w.n_keys; k++) {
        alone[k] = probability_of(&w, k, true);
        if (linkage.keys[k].exact)
            ck_assert_double_eq_tol(reports[k].probability, probability_of(&w, k, false), 1e-12);
    }
    for (uint32_t i = 0; i < w.n[TG_LEFT]; i++)
        states[i] = state_before_others(&w, i, alone, &right[i], &key[i]);
    for (uint32_t i = 0; i < w.n[TG_LEFT]; i++) {
        bool keeps = true;
        for (uint32_t j = 0; j < w.n[TG_LEFT] && right[i] >= 0; j++) {
            size_t mine = key[i] + (states[i] == TG_LINK_REVIEW ? MAX_KEYS : 0);
            size_t other = key[j] + (states[j] == TG_LINK_REVIEW ? MAX_KEYS : 0);
            keeps &= i == j || right[j] != right[i] || other > mine;
        }
        expect_state(i, keeps ? states[i] : TG_LINK_CONFLICT);
        if (keeps && right[i] >= 0) {
            ck_assert_uint_eq(decisions[i].right, (uint32_t)right[i]);
            ck_assert_uint_eq(decisions[i].key, key[i]);
        }
    }
    end();
}
END_TEST

START_TEST(order_and_numbering_change_nothing)
{
    static struct world w;
    uint32_t same[TG_N_SIDES][64], other[TG_N_SIDES][64];
    make_world(&w, (uint64_t)_i + 999);
    load_world(&w, 0, same);
    decide();
    struct tg_link_decision *first = decisions;
    bool *first_candidates = candidates;
    decisions = NULL;
    candidates = NULL;
    end();
    load_world(&w, (uint64_t)_i + 5, other);
    decide();
    for (uint32_t i = 0; i < w.n[TG_LEFT]; i++) {
        const struct tg_link_decision *again = &decisions[other[TG_LEFT][i]];
        ck_assert_int_eq(again->state, first[i].state);
        if (first[i].state == TG_LINK_LINKED || first[i].state == TG_LINK_REVIEW) {
            ck_assert_uint_eq(again->right, other[TG_RIGHT][first[i].right]);
            ck_assert_uint_eq(again->key, first[i].key);
            ck_assert_double_eq(again->probability, first[i].probability);
        }
    }
    for (uint32_t i = 0; i < w.n[TG_RIGHT]; i++)
        ck_assert_int_eq(candidates[other[TG_RIGHT][i]], first_candidates[i]);
    free(first);
    free(first_candidates);
    end();
}
END_TEST

START_TEST(nobody_on_the_right_is_used_twice)
{
    static struct world w;
    uint32_t rename[TG_N_SIDES][64];
    bool used[64] = {false};
    make_world(&w, (uint64_t)_i + 4242);
    load_world(&w, 0, rename);
    decide();
    uint64_t linked = 0, by_key = 0;
    for (uint32_t i = 0; i < w.n[TG_LEFT]; i++) {
        if (decisions[i].state != TG_LINK_LINKED && decisions[i].state != TG_LINK_REVIEW)
            continue;
        linked += decisions[i].state == TG_LINK_LINKED;
        ck_assert(!used[decisions[i].right]);
        used[decisions[i].right] = true;
    }
    for (size_t k = 0; k < w.n_keys; k++)
        by_key += reports[k].linked;
    ck_assert_uint_eq(by_key, linked);
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("link properties");
    TCase *t = tcase_create("random worlds");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, sorting_agrees_with_qsort, 0, 30);
    tcase_add_loop_test(t, random_worlds_agree_with_the_definition, 0, 300);
    tcase_add_loop_test(t, order_and_numbering_change_nothing, 0, 300);
    tcase_add_loop_test(t, nobody_on_the_right_is_used_twice, 0, 300);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
