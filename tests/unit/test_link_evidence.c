/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"
#include "sys/file.h"
#include "table/study.h"
#include "text/calendar.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* People with four fields; a value's root is what stays of it when it is mistyped. */
enum {
    N_FIELDS = 4,
    N_KEYS = 18,
    N_ENDS_KEYS = 3,
    N_LEFT = 300,
    N_RIGHT = 500,
    N_COMMON = 200,
    BIRTH = 3,
    ENDS = 4,
    SHORT_ENDS = 5
};

struct person {
    uint32_t values[N_FIELDS]; /* 4 × root + 0…3 */
};

static struct person people[TG_N_SIDES][N_RIGHT];
static uint32_t place[TG_N_SIDES][N_RIGHT]; /* the entity's number */
static uint8_t sex[TG_N_SIDES][N_RIGHT];
static struct tg_linkage linkage;
static struct tg_link_decision *decisions;
static struct tg_link_key_report reports[N_KEYS + N_ENDS_KEYS];
static struct tg_candidates candidates;

/* xorshift64* (Vigna 2014) */
static uint32_t below(uint64_t *state, uint32_t n)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 33) % n;
}

/* Left and right person i are one for i < N_COMMON; one value in ten of the left is mistyped, one
 * in thirty quite another. */
static void make_people(uint64_t seed)
{
    uint64_t state = seed;
    for (uint32_t i = 0; i < N_RIGHT; i++) {
        for (int f = 0; f < N_FIELDS; f++) {
            people[TG_RIGHT][i].values[f] = below(&state, 800);
            people[TG_LEFT][i].values[f] = people[TG_RIGHT][i].values[f];
            if (i >= N_COMMON || below(&state, 30) == 0)
                people[TG_LEFT][i].values[f] = below(&state, 800);
            else if (below(&state, 10) == 0)
                people[TG_LEFT][i].values[f] ^= 1 + below(&state, 3);
        }
        for (int side = 0; side < TG_N_SIDES; side++) {
            sex[side][i] = 0;
            place[side][i] = i;
        }
    }
}

static void shuffle(uint64_t seed)
{
    uint64_t state = seed;
    for (int side = 0; side < TG_N_SIDES; side++) {
        for (uint32_t i = side == TG_LEFT ? N_LEFT : N_RIGHT; i > 1; i--) {
            uint32_t j = below(&state, i), held = place[side][i - 1];
            place[side][i - 1] = place[side][j];
            place[side][j] = held;
        }
    }
}

static void add_token(struct tg_link_key *key, enum tg_side side, uint32_t i)
{
    unsigned char hash[TG_TOKEN_LEN] = {0};
    for (size_t p = 0; p < 2; p++) {
        size_t field = key->parts[p].field;
        uint32_t value = people[side][i].values[field >= ENDS ? 1 : field];
        value = field == SHORT_ENDS   ? value / 200
                : field == ENDS       ? value / 40
                : key->parts[p].whole ? value
                                      : value / 4;
        hash[2 * p] = (unsigned char)(value >> 8);
        hash[2 * p + 1] = (unsigned char)value;
    }
    ck_assert_int_eq(tg_linkage_add(key, side, hash, place[side][i], NULL), TG_OK);
}

static void add_key(uint8_t f, bool f_whole, uint8_t g, bool g_whole)
{
    struct tg_link_key *key = &linkage.keys[linkage.n_keys++];
    *key = (struct tg_link_key){.rule = "pair", .n_parts = 2};
    key->parts = calloc(2, sizeof *key->parts);
    key->parts[0] = (struct tg_link_part){f, f_whole};
    key->parts[1] = (struct tg_link_part){g, g_whole};
    for (uint32_t i = 0; i < N_RIGHT; i++) {
        add_token(key, TG_RIGHT, i);
        if (i < N_LEFT)
            add_token(key, TG_LEFT, i);
    }
}

static void begin(void)
{
    linkage = (struct tg_linkage){
        .accept = 0.99, .review = 0.5, .n_fields = N_FIELDS, .birth_field = BIRTH};
    linkage.facts[TG_LEFT] = (struct tg_link_facts){N_LEFT, NULL, sex[TG_LEFT]};
    linkage.facts[TG_RIGHT] = (struct tg_link_facts){N_RIGHT, NULL, sex[TG_RIGHT]};
    linkage.keys = calloc(N_KEYS + N_ENDS_KEYS, sizeof *linkage.keys);
    for (uint8_t f = 0; f < N_FIELDS; f++) {
        for (uint8_t g = (uint8_t)(f + 1); g < N_FIELDS; g++) {
            add_key(f, true, g, true);
            add_key(f, false, g, true);
            add_key(f, true, g, false);
        }
    }
}

static void decide(void)
{
    struct tg_link_key_report *of_keys = NULL;
    bool *barred = NULL;
    tg_linkage_sort(&linkage);
    ck_assert_int_eq(tg_linkage_decide(&linkage, &decisions, &of_keys, &barred, NULL), TG_OK);
    free(of_keys);
    free(barred);
}

static void find_candidates(void)
{
    memset(reports, 0, sizeof reports);
    tg_linkage_sort(&linkage);
    ck_assert_int_eq(tg_candidates_find(&linkage, NULL, reports, &candidates, NULL), TG_OK);
}

static void end(void)
{
    free(decisions);
    decisions = NULL;
    tg_linkage_free(&linkage);
}

START_TEST(people_with_errors_are_found)
{
    uint32_t linked = 0, right = 0;
    make_people((uint64_t)_i + 1);
    begin();
    find_candidates();
    ck_assert(candidates.applies);
    tg_candidates_free(&candidates);
    decide();
    for (uint32_t i = 0; i < N_LEFT; i++) {
        bool is_link = decisions[i].state == TG_LINK_LINKED;
        linked += is_link;
        right += is_link && i < N_COMMON && decisions[i].right == i;
        ck_assert(!is_link || decisions[i].probability >= linkage.accept);
    }
    ck_assert_uint_eq(linked, right);
    ck_assert_uint_ge(right, N_COMMON * 93 / 100);
    end();
}
END_TEST

START_TEST(it_knows_how_good_it_is)
{
    struct tg_link_estimate e = {.blind = false};
    double links = 0, sexes = 0, ages = 0, right = 0;
    make_people((uint64_t)_i + 1);
    for (uint32_t i = 0; i < N_LEFT; i++)
        sex[TG_LEFT][i] = (uint8_t)(i % 3);
    begin();
    linkage.accept = 0.5;
    linkage.estimate = &e;
    decide();
    for (uint32_t i = 0; i < N_LEFT; i++) {
        links += decisions[i].state == TG_LINK_LINKED;
        right += decisions[i].state == TG_LINK_LINKED && decisions[i].right == i;
    }
    for (size_t i = 0; i < TG_LINK_N_SEXES; i++)
        sexes += e.sex[i].matches;
    for (size_t i = 0; i <= TG_LINK_N_AGES; i++)
        ages += e.age[i].matches;
    ck_assert(!e.blind);
    ck_assert_double_eq_tol(e.all.links, links, 1e-9);
    ck_assert_double_eq_tol(sexes, e.all.matches, 1e-6);
    ck_assert_double_eq_tol(ages, e.all.matches, 1e-6);
    ck_assert_double_eq_tol(e.all.correct / e.all.links, right / links, 0.02);
    ck_assert_double_eq_tol(e.all.correct / e.all.matches, right / N_COMMON, 0.03);
    struct tg_link_interval precision = tg_link_precision_interval(&e.all);
    struct tg_link_interval recall = tg_link_recall_interval(&e.all);
    ck_assert(precision.low <= right / links && right / links <= precision.high);
    ck_assert(recall.low <= right / N_COMMON && right / N_COMMON <= recall.high);
    ck_assert_double_lt(recall.high - recall.low, 0.2);
    end();
}
END_TEST

START_TEST(a_margin_leaves_the_rest_to_a_clerk)
{
    uint32_t links[2] = {0, 0};
    for (int strict = 0; strict < 2; strict++) {
        make_people(2);
        begin();
        linkage.margin = strict ? 100 : 0;
        people[TG_RIGHT][N_RIGHT - 1] = people[TG_RIGHT][0]; /* nearly as good as the first */
        decide();
        for (uint32_t i = 0; i < N_LEFT; i++) {
            ck_assert(decisions[i].state != TG_LINK_LINKED || decisions[i].probability >= 0.99);
            links[strict] += decisions[i].state == TG_LINK_LINKED;
        }
        end();
    }
    ck_assert_uint_gt(links[0], links[1]);
}
END_TEST

START_TEST(order_and_numbering_change_nothing)
{
    make_people((uint64_t)_i + 50);
    begin();
    decide();
    struct tg_link_decision *first = decisions;
    decisions = NULL;
    tg_linkage_free(&linkage);
    shuffle((uint64_t)_i + 99);
    begin();
    decide();
    for (uint32_t i = 0; i < N_LEFT; i++) {
        const struct tg_link_decision *again = &decisions[place[TG_LEFT][i]];
        ck_assert_int_eq(again->state, first[i].state);
        if (first[i].right == UINT32_MAX)
            continue;
        ck_assert_uint_eq(again->right, place[TG_RIGHT][first[i].right]);
        ck_assert_uint_eq(again->key, first[i].key);
        ck_assert_double_eq_tol(again->probability, first[i].probability, 1e-12);
    }
    free(first);
    end();
}
END_TEST

START_TEST(of_two_alike_none_is_guessed)
{
    make_people(7);
    people[TG_RIGHT][N_RIGHT - 1] = people[TG_RIGHT][0];
    people[TG_LEFT][0] = people[TG_RIGHT][0];
    begin();
    linkage.accept = linkage.review = 0.1;
    decide();
    ck_assert_int_eq(decisions[0].state, TG_LINK_AMBIGUOUS);
    ck_assert_uint_eq(decisions[0].right, UINT32_MAX);
    end();
}
END_TEST

START_TEST(other_birth_date_and_sex_are_another_person)
{
    static const struct {
        uint32_t birth_error;
        uint8_t left, right;
        bool link;
    } cases[] = {
        {0, 1, 2, true}, {1, 1, 2, false}, {1, 1, 1, true}, {1, 0, 2, true}, {400, 1, 2, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_people(11);
        people[TG_LEFT][0] = people[TG_RIGHT][0];
        people[TG_LEFT][0].values[BIRTH] ^= cases[i].birth_error;
        sex[TG_LEFT][0] = cases[i].left;
        sex[TG_RIGHT][0] = cases[i].right;
        begin();
        decide();
        ck_assert_msg((decisions[0].state == TG_LINK_LINKED) == cases[i].link, "case %zu", i);
        end();
    }
}
END_TEST

/* The first people of both sides share so many tokens of one key. */
static void share_tokens(unsigned n_tokens)
{
    enum { N_SHARING = 60 };
    struct tg_link_key *key = &linkage.keys[1]; /* not of two whole values: nobody counts these */
    for (unsigned t = 0; t < n_tokens; t++) {
        const unsigned char hash[TG_TOKEN_LEN] = {[4] = 1, [5] = (unsigned char)t};
        for (uint32_t i = 0; i < N_SHARING; i++) {
            ck_assert_int_eq(tg_linkage_add(key, TG_LEFT, hash, i, NULL), TG_OK);
            ck_assert_int_eq(tg_linkage_add(key, TG_RIGHT, hash, i, NULL), TG_OK);
        }
    }
}

/* Of 216,000 meetings 3,600 are kept while they are gathered. */
START_TEST(a_key_shared_many_times_is_shared)
{
    struct tg_candidates once;
    for (unsigned n = 1; n <= 60; n += 59) {
        make_people(7);
        begin();
        share_tokens(n);
        find_candidates();
        ck_assert(candidates.applies);
        if (n == 1)
            once = candidates;
        end();
    }
    ck_assert_uint_eq(candidates.across.n, once.across.n);
    for (size_t i = 0; i < once.across.n; i++) {
        const struct tg_pair *x = &once.across.items[i], *y = &candidates.across.items[i];
        ck_assert_uint_eq(x->left, y->left);
        ck_assert_uint_eq(x->right, y->right);
        ck_assert_uint_eq(x->levels, y->levels);
        ck_assert_uint_eq(x->key, y->key);
        ck_assert(i == 0 || x[-1].levels <= x->levels);
    }
    for (int side = 0; side < TG_N_SIDES; side++) {
        ck_assert_uint_eq(candidates.within[side].n, once.within[side].n);
        for (size_t i = 0; i < once.within[side].n; i++)
            ck_assert_double_eq(candidates.within[side].items[i].n, once.within[side].items[i].n);
    }
    tg_candidates_free(&once);
    tg_candidates_free(&candidates);
}
END_TEST

START_TEST(few_keys_are_no_evidence)
{
    make_people(3);
    begin();
    linkage.n_keys = 4; /* three fields, two of them with two levels: five to be weighed */
    find_candidates();
    ck_assert(!candidates.applies && candidates.across.n == 0);
    linkage.n_keys = N_KEYS;
    for (size_t k = 0; k < N_KEYS; k++) {
        linkage.keys[k].exact = true;
        reports[k].with_token[TG_LEFT] = reports[k].with_token[TG_RIGHT] = 1;
    }
    ck_assert(!tg_evidence_applies(&linkage, reports));
    for (size_t k = 0; k < N_KEYS; k++)
        linkage.keys[k].exact = false;
    ck_assert(tg_evidence_applies(&linkage, reports));
    end();
}
END_TEST

static uint64_t levels_of_first(void)
{
    uint64_t levels = 0;
    find_candidates();
    for (size_t i = 0; i < candidates.across.n; i++) {
        const struct tg_pair *pair = &candidates.across.items[i];
        if (pair->left == 0 && pair->right == 0)
            levels = pair->levels;
    }
    tg_candidates_free(&candidates);
    return levels;
}

START_TEST(levels_follow_from_shared_keys)
{
    make_people(5);
    people[TG_LEFT][0] = people[TG_RIGHT][0];
    people[TG_LEFT][0].values[1] ^= 1;
    people[TG_LEFT][0].values[2] = (people[TG_RIGHT][0].values[2] + 400) % 800;
    begin();
    uint64_t levels = levels_of_first();
    ck_assert_int_eq(tg_level_of(levels, 0), TG_SAME);
    ck_assert_int_eq(tg_level_of(levels, 1), TG_NEAR);
    ck_assert_int_eq(tg_level_of(levels, 2), TG_DIFFERENT);
    ck_assert_int_eq(tg_level_of(levels, 3), TG_SAME);
    end();
}
END_TEST

/* The ends of field 1 with each other field. */
static void begin_with_ends(void)
{
    begin();
    linkage.n_fields = N_FIELDS + 1;
    linkage.ends[1] = ENDS + 1;
    add_key(ENDS, true, 0, true);
    add_key(ENDS, true, 2, true);
    add_key(ENDS, true, 3, true);
}

START_TEST(ends_say_something_where_values_differ)
{
    static const struct {
        uint32_t before, after; /* of field 1 */
        enum tg_link_level whole, ends;
    } cases[] = {
        {400, 400, TG_SAME, TG_MISSING},
        {400, 401, TG_NEAR, TG_MISSING},
        {400, 439, TG_DIFFERENT, TG_SAME},
        {400, 440, TG_DIFFERENT, TG_DIFFERENT},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        make_people(5);
        people[TG_LEFT][0] = people[TG_RIGHT][0];
        people[TG_RIGHT][0].values[1] = cases[c].before;
        people[TG_LEFT][0].values[1] = cases[c].after;
        begin_with_ends();
        uint64_t levels = levels_of_first();
        ck_assert_int_eq(tg_level_of(levels, 1), cases[c].whole);
        ck_assert_int_eq(tg_level_of(levels, ENDS), cases[c].ends);
        ck_assert(!tg_is_unseen(&linkage, levels, 1));
        end();
    }
}
END_TEST

START_TEST(beginnings_and_ends_are_told_apart)
{
    for (int is_end = 0; is_end < 2; is_end++) {
        make_people(5);
        people[TG_LEFT][0] = people[TG_RIGHT][0];
        people[TG_RIGHT][0].values[1] = 400;
        people[TG_LEFT][0].values[1] = 439;
        begin();
        linkage.n_fields = N_FIELDS + 1;
        linkage.ends[1] = ENDS + 1;
        add_key(ENDS, is_end, 0, true);
        uint64_t levels = levels_of_first();
        ck_assert_int_eq(tg_level_of(levels, ENDS), is_end ? TG_SAME : TG_NEAR);
        end();
    }
}
END_TEST

START_TEST(shorter_ends_say_something_where_longer_ones_differ)
{
    static const struct {
        uint32_t before, after; /* of field 1 */
        bool is_end;
        enum tg_link_level ends, shorter;
    } cases[] = {
        {400, 400, true, TG_MISSING, TG_MISSING}, {400, 401, true, TG_MISSING, TG_MISSING},
        {400, 439, true, TG_SAME, TG_MISSING},    {400, 439, false, TG_NEAR, TG_SAME},
        {400, 440, true, TG_DIFFERENT, TG_SAME},  {400, 600, true, TG_DIFFERENT, TG_DIFFERENT},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        make_people(5);
        people[TG_LEFT][0] = people[TG_RIGHT][0];
        people[TG_RIGHT][0].values[1] = cases[c].before;
        people[TG_LEFT][0].values[1] = cases[c].after;
        begin();
        linkage.n_fields = N_FIELDS + 2;
        linkage.ends[1] = ENDS + 1;
        linkage.ends[ENDS] = SHORT_ENDS + 1;
        add_key(ENDS, cases[c].is_end, 0, true);
        add_key(SHORT_ENDS, true, 0, true);
        uint64_t levels = levels_of_first();
        ck_assert_int_eq(tg_level_of(levels, ENDS), cases[c].ends);
        ck_assert_int_eq(tg_level_of(levels, SHORT_ENDS), cases[c].shorter);
        ck_assert(!tg_is_unseen(&linkage, levels, ENDS));
        end();
    }
}
END_TEST

static const struct tg_link_key *key_named(const char *rule)
{
    for (size_t k = 0; k < linkage.n_keys; k++) {
        if (strcmp(linkage.keys[k].rule, rule) == 0)
            return &linkage.keys[k];
    }
    ck_abort_msg("no key %s", rule);
}

/* A value, its beginning and end, and the shorter end: three fields, each the ends of the one
 * before. */
START_TEST(a_study_says_which_ends_are_whose)
{
    static const char text[] = "version: 1\nstudy: ends\ntokens: japanese\nsources:\n"
                               "  people: {kind: roster, columns: {birth_date: d, sex: s}}\n";
    struct tg_study *study = NULL;
    ck_assert_int_eq(tg_file_write_whole("ends.yaml", text, strlen(text), 0600, true, NULL), TG_OK);
    ck_assert_int_eq(tg_study_load("ends.yaml", &study, NULL), TG_OK);
    tg_file_remove("ends.yaml");
    linkage = (struct tg_linkage){.n_keys = study->n_tokens};
    linkage.keys = calloc(study->n_tokens, sizeof *linkage.keys);
    for (size_t k = 0; k < study->n_tokens; k++)
        linkage.keys[k].rule = study->tokens[k].name;
    ck_assert_int_eq(tg_linkage_describe(&linkage, study, NULL), TG_OK);
    const struct tg_link_part *whole = key_named("kana_birth")->parts;
    const struct tg_link_part *first = key_named("kana_first_birth")->parts;
    const struct tg_link_part *last = key_named("kana_last_birth")->parts;
    const struct tg_link_part *last2 = key_named("kana_last2_birth")->parts;
    ck_assert_uint_eq(first->field, last->field);
    ck_assert(!first->whole && last->whole && last2->whole);
    ck_assert_uint_eq(linkage.ends[whole->field], last->field + 1);
    ck_assert_uint_eq(linkage.ends[last->field], last2->field + 1);
    ck_assert_uint_eq(linkage.ends[last2->field], 0);
    tg_study_free(&study);
    tg_linkage_free(&linkage);
}
END_TEST

static double commonness_of(uint32_t left, uint32_t right)
{
    for (size_t i = 0; i < candidates.across.n; i++) {
        if (candidates.across.items[i].left == left && candidates.across.items[i].right == right)
            return candidates.across.items[i].commonness;
    }
    return 0;
}

/* The pair shares its two values with nobody else; one of them many others have with a third one
 * that the two of the pair do not have in common. */
START_TEST(a_common_value_is_seen_in_all_tokens_of_it)
{
    make_people(5);
    for (uint32_t i = 0; i < 2; i++) {
        people[TG_LEFT][i] = people[TG_RIGHT][i];
        people[TG_LEFT][i].values[2] = 796;
    }
    for (uint32_t i = 100; i < 180; i++) {
        people[TG_RIGHT][i].values[0] = people[TG_LEFT][1].values[0];
        people[TG_RIGHT][i].values[2] = people[TG_LEFT][1].values[2];
    }
    begin();
    find_candidates();
    ck_assert_double_gt(commonness_of(0, 0), 0);
    ck_assert_double_gt(commonness_of(1, 1), 2 * commonness_of(0, 0));
    tg_candidates_free(&candidates);
    end();
}
END_TEST

enum { N_PAIRS = 5000 };

/* Matches among pairs that share two values of four, as many as chance says. */
static double fit_with(double commonness)
{
    static const uint64_t levels =
        TG_SAME | TG_SAME << 2 | (uint64_t)TG_MISSING << 2 * TG_SEX_PLACE;
    double all = (double)N_LEFT * N_RIGHT, matches = 0;
    make_people(4);
    begin();
    candidates = (struct tg_candidates){.applies = true};
    candidates.across.items = calloc(N_PAIRS, sizeof *candidates.across.items);
    candidates.holders.items = calloc(1, sizeof *candidates.holders.items);
    *candidates.holders.items = (struct tg_holder_count){(1 << N_FIELDS) - 1, {N_LEFT, N_RIGHT}};
    candidates.across.n = N_PAIRS;
    candidates.holders.n = 1;
    for (size_t i = 0; i < N_PAIRS; i++)
        candidates.across.items[i] =
            (struct tg_pair){.levels = levels, .commonness = commonness, .weight = 1};
    for (int side = 0; side < TG_N_SIDES; side++) {
        struct tg_patterns *within = &candidates.within[side];
        double n = linkage.facts[side].n;
        within->of = n * (n - 1) / 2;
        within->items = calloc(1, sizeof *within->items);
        *within->items = (struct tg_pattern_count){levels, within->of * N_PAIRS / all};
        within->n = 1;
    }
    ck_assert_int_eq(tg_model_fit(&linkage, &candidates, NULL), TG_OK);
    for (size_t i = 0; i < N_PAIRS; i++)
        matches += candidates.across.items[i].odds / (1 + candidates.across.items[i].odds);
    tg_candidates_free(&candidates);
    end();
    return matches;
}

enum { N_CLEAN = 200, N_OFF = 3400, N_SAID = 3000 };

/* Matches without an error, and more pairs with three equal values than the files say. */
static double fit_beside_clean(void)
{
    static const uint64_t missing = (uint64_t)TG_MISSING << 2 * TG_SEX_PLACE;
    static const uint64_t three = TG_SAME | TG_SAME << 2 | TG_SAME << 4 | missing;
    static const uint64_t all = TG_SAME | TG_SAME << 2 | TG_SAME << 4 | TG_SAME << 6 | missing;
    double matches = 0;
    make_people(4);
    begin();
    candidates = (struct tg_candidates){.applies = true};
    candidates.across.items = calloc(N_OFF + N_CLEAN, sizeof *candidates.across.items);
    candidates.holders.items = calloc(1, sizeof *candidates.holders.items);
    *candidates.holders.items = (struct tg_holder_count){(1 << N_FIELDS) - 1, {N_LEFT, N_RIGHT}};
    candidates.across.n = N_OFF + N_CLEAN;
    candidates.holders.n = 1;
    for (uint32_t i = 0; i < N_OFF + N_CLEAN; i++) {
        bool is_off = i < N_OFF;
        candidates.across.items[i] =
            (struct tg_pair){.left = is_off ? i % N_LEFT : i - N_OFF,
                             .right = is_off ? N_CLEAN + i % 300 : i - N_OFF,
                             .levels = is_off ? three : all,
                             .commonness = 1,
                             .weight = 1};
    }
    for (int side = 0; side < TG_N_SIDES; side++) {
        struct tg_patterns *within = &candidates.within[side];
        double n = linkage.facts[side].n;
        within->of = n * (n - 1) / 2;
        within->items = calloc(1, sizeof *within->items);
        *within->items =
            (struct tg_pattern_count){three, within->of * N_SAID / ((double)N_LEFT * N_RIGHT)};
        within->n = 1;
    }
    ck_assert_int_eq(tg_model_fit(&linkage, &candidates, NULL), TG_OK);
    for (size_t i = 0; i < N_OFF; i++)
        matches += candidates.across.items[i].odds / (1 + candidates.across.items[i].odds);
    tg_candidates_free(&candidates);
    end();
    return matches;
}

START_TEST(what_chance_is_off_by_is_no_class)
{
    ck_assert_double_lt(fit_beside_clean(), 0.05 * N_OFF); /* 0.12 as a class of matches */
}
END_TEST

/* Were all values rarer than they are, more pairs would not be matches. */
START_TEST(commonness_is_in_relation)
{
    ck_assert_double_lt(fit_with(1), 0.05 * N_PAIRS);
    ck_assert_double_lt(fit_with(0.01), 0.2 * N_PAIRS);
}
END_TEST

/* Pairs that are alike. */
struct alike {
    double n;
    enum tg_link_level of[N_FIELDS + 1];
};

/* Fits pairs across; of the last ones chance brings as many as are said. End it with end_fit(). */
static void fit_alike(const struct alike *alike, size_t n, double by_chance)
{
    make_people(1);
    begin_with_ends();
    candidates = (struct tg_candidates){.applies = true};
    candidates.across.items = calloc(n, sizeof *candidates.across.items);
    candidates.across.n = n;
    candidates.holders.items = calloc(1, sizeof *candidates.holders.items);
    *candidates.holders.items =
        (struct tg_holder_count){(1 << (N_FIELDS + 1)) - 1, {N_LEFT, N_RIGHT}};
    candidates.holders.n = 1;
    uint64_t levels = 0;
    for (size_t i = 0; i < n; i++) {
        levels = (uint64_t)TG_MISSING << (2 * TG_SEX_PLACE);
        for (size_t f = 0; f <= N_FIELDS; f++)
            levels |= (uint64_t)alike[i].of[f] << (2 * f);
        candidates.across.items[i] = (struct tg_pair){.left = (uint32_t)i,
                                                      .right = (uint32_t)i,
                                                      .levels = levels,
                                                      .commonness = 1,
                                                      .weight = alike[i].n};
    }
    for (int side = 0; side < TG_N_SIDES; side++) {
        struct tg_patterns *within = &candidates.within[side];
        double sides = linkage.facts[side].n;
        within->of = sides * (sides - 1) / 2;
        within->items = calloc(1, sizeof *within->items);
        *within->items =
            (struct tg_pattern_count){levels, within->of * by_chance / N_LEFT / N_RIGHT};
        within->n = 1;
    }
    ck_assert_int_eq(tg_model_fit(&linkage, &candidates, NULL), TG_OK);
}

static void end_fit(void)
{
    tg_candidates_free(&candidates);
    end();
}

/* Where no value is equal it is not seen whether one differs by one error or by more: that an end
 * is shared says nothing then of the ends of values that differ by more. */
START_TEST(what_is_not_seen_says_nothing_of_ends)
{
    double by_ends[2]; /* odds of a pair without ends in common, to those of one with */
    for (int more = 0; more < 2; more++) {
        const struct alike alike[] = {
            {500, {TG_SAME, TG_SAME, TG_SAME, TG_SAME, TG_MISSING}},
            {200, {TG_SAME, TG_NEAR, TG_SAME, TG_NEAR, TG_MISSING}},
            {200, {TG_NEAR, TG_NEAR, TG_NEAR, TG_SAME, TG_MISSING}},
            {20, {TG_NEAR, TG_DIFFERENT, TG_SAME, TG_NEAR, TG_DIFFERENT}},
            {more * 40, {TG_NEAR, TG_NEAR, TG_NEAR, TG_NEAR, TG_NEAR}},
            {1, {TG_DIFFERENT, TG_DIFFERENT, TG_SAME, TG_SAME, TG_DIFFERENT}},
            {1, {TG_DIFFERENT, TG_DIFFERENT, TG_SAME, TG_SAME, TG_NEAR}},
        };
        fit_alike(alike, sizeof alike / sizeof alike[0], 0);
        by_ends[more] = candidates.across.items[5].odds / candidates.across.items[6].odds;
        end_fit();
    }
    ck_assert_double_gt(by_ends[1], 0.5 * by_ends[0]);
}
END_TEST

/* Where chance brings many pairs and a tenth fewer are there, that is no sign against the few
 * matches that are expected among them. */
START_TEST(many_by_chance_hide_a_few_matches)
{
    const struct alike alike[] = {
        {500, {TG_SAME, TG_SAME, TG_SAME, TG_SAME, TG_MISSING}},
        {60, {TG_DIFFERENT, TG_SAME, TG_SAME, TG_SAME, TG_MISSING}},
        {65, {TG_SAME, TG_SAME, TG_DIFFERENT, TG_SAME, TG_MISSING}},
        {900, {TG_DIFFERENT, TG_SAME, TG_DIFFERENT, TG_SAME, TG_MISSING}},
    };
    fit_alike(alike, sizeof alike / sizeof alike[0], 1000);
    double odds = candidates.across.items[3].odds;
    ck_assert_double_gt(900 * odds / (1 + odds), 2); /* of eight, if errors came alone */
    const float *hidden = candidates.hidden;
    ck_assert_float_eq(hidden[candidates.across.items[3].pattern], 1); /* they may all be chance */
    ck_assert_float_lt(hidden[candidates.across.items[0].pattern], 0.01F);
    end_fit();
}
END_TEST

/* Nobody sees those in whom one field alone is right. They are at most as many as those in whom it
 * and another one are: 20, 8, 6 and 6 of the four fields, or fewer where nobody has the last two
 * alone. Those in whom no field is right are at most as many as the fewest of these. */
START_TEST(what_is_not_seen_is_bounded)
{
    const enum tg_link_level S = TG_SAME, D = TG_DIFFERENT, M = TG_MISSING;
    for (int more = 0; more < 2; more++) {
        const struct alike alike[] = {
            {500, {S, S, S, S, M}},      {40, {S, S, D, D, M}}, {30, {S, D, S, D, M}},
            {20, {S, D, D, S, M}},       {10, {D, S, S, D, M}}, {8, {D, S, D, S, M}},
            {more * 6, {D, D, S, S, M}},
        };
        fit_alike(alike, sizeof alike / sizeof alike[0], 0);
        ck_assert_double_eq_tol(candidates.unmet_most, more ? 46 : 28, 1.5);
        ck_assert_double_gt(candidates.unmet, 0);
        ck_assert_double_lt(candidates.unmet, candidates.unmet_most);
        end_fit();
    }
}
END_TEST

/* Of two fields both are needed. Of those who have all four fields 20 in 520 have only one of the
 * two right: so it is with those who have no more, but for one pair that nobody has seen. */
START_TEST(of_two_fields_others_say_what_is_not_seen)
{
    const enum tg_link_level S = TG_SAME, D = TG_DIFFERENT, M = TG_MISSING;
    const struct alike alike[] = {
        {500, {S, S, S, S, M}}, {20, {S, D, S, S, M}}, {250, {S, S, M, M, M}}};
    fit_alike(alike, sizeof alike / sizeof alike[0], 0);
    ck_assert_double_eq_tol(candidates.unmet_most, 250 * 21 / 500.0, 0.2);
    end_fit();
}
END_TEST

/* One in ten on the left has one field only. */
START_TEST(those_without_two_fields_are_counted)
{
    const struct alike alike[] = {{450, {TG_SAME, TG_SAME, TG_SAME, TG_SAME, TG_MISSING}}};
    fit_alike(alike, 1, 0);
    double before = candidates.unmet, most = candidates.unmet_most;
    struct tg_holder_count *holders = calloc(2, sizeof *holders);
    holders[0] = (struct tg_holder_count){(1 << N_FIELDS) - 1, {N_LEFT * 0.9, N_RIGHT}};
    holders[1] = (struct tg_holder_count){1, {N_LEFT * 0.1, 0}};
    free(candidates.holders.items);
    free(candidates.hidden);
    candidates.hidden = NULL;
    candidates.holders.items = holders;
    candidates.holders.n = 2;
    ck_assert_int_eq(tg_model_fit(&linkage, &candidates, NULL), TG_OK);
    ck_assert_double_eq_tol(candidates.unmet - before, 50, 1);
    ck_assert_double_eq_tol(candidates.unmet_most - most, 50, 1);
    end_fit();
}
END_TEST

/* Neighbours agree more often than chance says, and are no class of bad records. */
START_TEST(neighbours_are_no_matches)
{
    struct tg_link_estimate e = {.blind = false};
    make_people((uint64_t)_i + 1);
    for (uint32_t i = N_COMMON; i < N_LEFT; i++) {
        people[TG_LEFT][i].values[0] = people[TG_RIGHT][i].values[0];
        people[TG_LEFT][i].values[1] =
            people[TG_RIGHT][i].values[1] / 40 * 40 + (people[TG_RIGHT][i].values[1] + 20) % 40;
    }
    begin_with_ends();
    linkage.estimate = &e;
    decide();
    for (uint32_t i = N_COMMON; i < N_LEFT; i++)
        ck_assert_int_ne(decisions[i].state, TG_LINK_LINKED);
    ck_assert_double_eq_tol(e.all.matches, N_COMMON, 0.05 * N_COMMON);
    end();
}
END_TEST

enum { N_WITH = 100, N_ALONE = 50, N_CLEAN_LEFT = 200, N_SAID_OF = 10 };

/* Users with a partner and users without have relatives over there, of whom the files themselves
 * know few. What those of the first are cannot be matches. */
START_TEST(who_has_a_partner_says_how_often_relatives_agree)
{
    static const uint64_t missing = (uint64_t)TG_MISSING << 2 * TG_SEX_PLACE;
    static const uint64_t three = TG_SAME | TG_SAME << 2 | TG_SAME << 4 | missing;
    double matches = 0;
    make_people(4);
    begin();
    candidates = (struct tg_candidates){.applies = true};
    candidates.across.n = N_WITH + N_ALONE + N_CLEAN_LEFT;
    candidates.across.items = calloc(candidates.across.n, sizeof *candidates.across.items);
    candidates.holders.items = calloc(1, sizeof *candidates.holders.items);
    *candidates.holders.items = (struct tg_holder_count){(1 << N_FIELDS) - 1, {N_LEFT, N_RIGHT}};
    candidates.holders.n = 1;
    for (int side = 0; side < TG_N_SIDES; side++) {
        struct tg_patterns *within = &candidates.within[side];
        double n = linkage.facts[side].n;
        within->of = n * (n - 1) / 2;
        within->items = calloc(1, sizeof *within->items);
        *within->items =
            (struct tg_pattern_count){three, within->of * N_SAID_OF / N_LEFT / N_RIGHT};
        within->n = 1;
    }
    for (uint32_t i = 0; i < candidates.across.n; i++) {
        bool relative = i < N_WITH + N_ALONE;
        uint32_t left = i < N_WITH ? i
                        : relative ? i - N_WITH + N_CLEAN_LEFT
                                   : i - N_WITH - N_ALONE;
        candidates.across.items[i] =
            (struct tg_pair){.left = left,
                             .right = relative ? N_CLEAN_LEFT + i : left,
                             .levels = relative ? three : three | TG_SAME << 6,
                             .commonness = 1,
                             .weight = 1};
    }
    ck_assert_int_eq(tg_model_fit(&linkage, &candidates, NULL), TG_OK);
    for (uint32_t i = N_WITH; i < N_WITH + N_ALONE; i++)
        matches += candidates.across.items[i].odds / (1 + candidates.across.items[i].odds);
    ck_assert_double_lt(matches, 0.6 * N_ALONE); /* nearly all by the files alone */
    tg_candidates_free(&candidates);
    end();
}
END_TEST

/* As enumeration says, for fields drawn at random. */
START_TEST(matches_that_are_not_seen_are_counted)
{
    enum { N = 4, ALL = TG_N_OUTCOMES * TG_N_OUTCOMES * TG_N_OUTCOMES * TG_N_OUTCOMES };
    double share[N][TG_N_OUTCOMES], unseen[N][TG_N_OUTCOMES], wanted[N][TG_N_OUTCOMES] = {{0}};
    double sum = 0;
    uint64_t state = (uint64_t)_i + 1;
    for (int f = 0; f < N; f++) {
        double all = 0;
        for (int o = 0; o < TG_N_OUTCOMES; o++)
            all += share[f][o] = 1 + below(&state, 100);
        for (int o = 0; o < TG_N_OUTCOMES; o++)
            share[f][o] /= all;
    }
    for (int at = 0; at < ALL; at++) {
        int of[N], equal = 0, shared = 0, differ = 0;
        double p = 1;
        for (int f = 0, rest = at; f < N; f++, rest /= TG_N_OUTCOMES) {
            of[f] = rest % TG_N_OUTCOMES;
            p *= share[f][of[f]];
            equal += of[f] == TG_OUTCOME_SAME;
            shared += of[f] != TG_OUTCOME_APART;
            differ += of[f] == TG_OUTCOME_ENDS || of[f] == TG_OUTCOME_APART;
        }
        if (2 * differ <= N && equal >= 1 && shared >= 2)
            continue;
        sum += p;
        for (int f = 0; f < N; f++)
            wanted[f][of[f]] += p;
    }
    ck_assert_double_eq_tol(tg_unseen(share, N, unseen), sum, 1e-12);
    for (int f = 0; f < N; f++) {
        for (int o = 0; o < TG_N_OUTCOMES; o++)
            ck_assert_double_eq_tol(unseen[f][o], wanted[f][o], 1e-12);
    }
}
END_TEST

/* Few values, so that chance meets two of them often; a few users without sex, of whom it seldom
 * does, for there are few pairs of them. */
START_TEST(who_lacks_a_field_is_one_of_few)
{
    enum { FEW_VALUES = 16, N_WITHOUT = 10 };
    make_people((uint64_t)_i + 1);
    for (uint32_t i = 0; i < N_RIGHT; i++) {
        for (int side = 0; side < TG_N_SIDES; side++) {
            sex[side][i] = side == TG_LEFT && i < N_WITHOUT ? 0 : (uint8_t)(1 + i % 2);
            for (int f = 0; f < N_FIELDS; f++)
                people[side][i].values[f] %= FEW_VALUES;
        }
    }
    for (uint32_t i = 0; i < N_WITHOUT; i++) {
        for (int f = 0; f < N_FIELDS; f++)
            people[TG_LEFT][i].values[f] =
                f < 3 ? people[TG_RIGHT][i].values[f]
                      : (people[TG_RIGHT][i].values[f] + FEW_VALUES / 2) % FEW_VALUES;
    }
    begin();
    find_candidates();
    ck_assert_int_eq(tg_model_fit(&linkage, &candidates, NULL), TG_OK);
    double sum = 0;
    uint32_t n = 0;
    for (size_t i = 0; i < candidates.across.n; i++) {
        const struct tg_pair *pair = &candidates.across.items[i];
        if (pair->left != pair->right || pair->left >= N_WITHOUT)
            continue;
        sum += pair->odds;
        n++;
    }
    ck_assert_uint_eq(n, N_WITHOUT);
    ck_assert_double_gt(sum, 1); /* 3.8 and more; 0.5 if all lacked it */
    tg_candidates_free(&candidates);
    end();
}
END_TEST

enum { MONTHS_A_YEAR = 12, N_YOUNG = 100, N_OLD = 100 };

/* What the update makes of pairs of the young, of the old and of those of unknown birth. */
static void find_alone(double young, double old, double ratios[3])
{
    int32_t births[N_YOUNG + N_OLD + 1];
    struct tg_linkage l = {.n_fields = 0};
    struct tg_link_decision none[N_YOUNG + N_OLD + 1] = {{.state = TG_LINK_NOT_FOUND}};
    struct tg_alone *alone = NULL;
    for (int32_t i = 0; i < N_YOUNG + N_OLD; i++)
        births[i] = MONTHS_A_YEAR * (i < N_YOUNG ? 1990 + i % 10 : 1940 + i % 10);
    births[N_YOUNG + N_OLD] = TG_NO_MONTH;
    l.facts[TG_LEFT] = (struct tg_link_facts){N_YOUNG + N_OLD + 1, births, NULL};
    l.facts[TG_RIGHT] = (struct tg_link_facts){N_YOUNG + N_OLD + 1, NULL, NULL};
    ck_assert_int_eq(tg_alone_begin(&l, none, NULL, &alone, NULL), TG_OK);
    for (uint32_t i = 0; i < N_YOUNG + N_OLD; i++) {
        const struct tg_pair pair = {.left = i, .right = i};
        tg_alone_add(alone, &pair, i < N_YOUNG ? young : old);
    }
    tg_alone_update(alone);
    for (uint32_t i = 0; i < 3; i++) {
        const struct tg_pair pair = {.left = i * N_YOUNG + i / 2 * (N_OLD - N_YOUNG), .right = 0};
        ratios[i] = tg_alone_ratio(alone, &pair);
    }
    tg_alone_free(alone);
}

/* What the update makes of those from here, of whom a share has matches, and of foreign ones. */
static void find_alone_by_origin(double here, double foreign, double ratios[2])
{
    enum { N_HERE = 100, N_FOREIGN = 40, N_UNSEEN = 60, N_ALL = N_HERE + N_FOREIGN + N_UNSEEN };
    struct tg_linkage l = {.n_fields = 0};
    struct tg_link_decision decided[N_ALL] = {{.state = TG_LINK_NOT_FOUND}};
    uint8_t origins[N_ALL] = {TG_FROM_HERE};
    struct tg_alone *alone = NULL;
    for (uint32_t i = N_HERE; i < N_ALL; i++)
        origins[i] = i < N_HERE + N_FOREIGN ? TG_FOREIGN : TG_NOT_LOOKED_AT;
    for (uint32_t i = N_HERE + N_FOREIGN; i < N_ALL; i++) /* linked: all are like the seen ones */
        decided[i] = (struct tg_link_decision){.state = TG_LINK_LINKED, .right = i};
    l.facts[TG_LEFT] = (struct tg_link_facts){N_ALL, NULL, NULL};
    l.facts[TG_RIGHT] = (struct tg_link_facts){100 * N_ALL, NULL, NULL};
    ck_assert_int_eq(tg_alone_begin(&l, decided, origins, &alone, NULL), TG_OK);
    for (uint32_t i = 0; i < N_HERE + N_FOREIGN; i++) {
        const struct tg_pair pair = {.left = i, .right = i};
        tg_alone_add(alone, &pair, i < N_HERE ? here : foreign);
    }
    tg_alone_update(alone);
    for (uint32_t i = 0; i < 2; i++) {
        const struct tg_pair pair = {.left = i * N_HERE, .right = 0};
        ratios[i] = tg_alone_ratio(alone, &pair);
    }
    tg_alone_free(alone);
}

START_TEST(who_has_nobody_else_follows_from_origin)
{
    double ratios[2];
    find_alone_by_origin(0.99, 0.1, ratios);
    ck_assert_double_gt(ratios[0], 30); /* 160 / 2 and what the right side says */
    ck_assert_double_lt(ratios[1], 1.2);
    find_alone_by_origin(0.8, 0.78, ratios); /* as good as the same: taken together */
    ck_assert_double_eq_tol(ratios[0], ratios[1], 1e-12);
}
END_TEST

START_TEST(who_has_nobody_else_follows_from_birth)
{
    double ratios[3];
    find_alone(0.05, 0.95, ratios);
    ck_assert_double_gt(ratios[1], 5 * ratios[0]);
    ck_assert_double_gt(ratios[2], ratios[0]);
    ck_assert_double_lt(ratios[2], ratios[1]);
    find_alone(0.5, 0.5, ratios); /* months that are alike count together */
    ck_assert_double_eq_tol(ratios[0], ratios[1], 0.02 * ratios[0]);
    ck_assert_double_eq_tol(ratios[2], ratios[0], 0.02 * ratios[0]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("link evidence");
    TCase *t = tcase_create("people");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, people_with_errors_are_found, 0, 20);
    tcase_add_loop_test(t, order_and_numbering_change_nothing, 0, 20);
    tcase_add_loop_test(t, it_knows_how_good_it_is, 0, 5);
    tcase_add_test(t, a_margin_leaves_the_rest_to_a_clerk);
    tcase_add_test(t, ends_say_something_where_values_differ);
    tcase_add_test(t, beginnings_and_ends_are_told_apart);
    tcase_add_test(t, shorter_ends_say_something_where_longer_ones_differ);
    tcase_add_test(t, what_is_not_seen_says_nothing_of_ends);
    tcase_add_test(t, many_by_chance_hide_a_few_matches);
    tcase_add_test(t, what_is_not_seen_is_bounded);
    tcase_add_test(t, of_two_fields_others_say_what_is_not_seen);
    tcase_add_test(t, those_without_two_fields_are_counted);
    tcase_add_test(t, a_study_says_which_ends_are_whose);
    tcase_add_test(t, a_common_value_is_seen_in_all_tokens_of_it);
    tcase_add_test(t, commonness_is_in_relation);
    tcase_add_test(t, what_chance_is_off_by_is_no_class);
    tcase_add_loop_test(t, neighbours_are_no_matches, 0, 5);
    tcase_add_test(t, who_has_a_partner_says_how_often_relatives_agree);
    tcase_add_loop_test(t, matches_that_are_not_seen_are_counted, 0, 5);
    tcase_add_loop_test(t, who_lacks_a_field_is_one_of_few, 0, 5);
    tcase_add_test(t, who_has_nobody_else_follows_from_birth);
    tcase_add_test(t, who_has_nobody_else_follows_from_origin);
    tcase_add_test(t, of_two_alike_none_is_guessed);
    tcase_add_test(t, other_birth_date_and_sex_are_another_person);
    tcase_add_test(t, a_key_shared_many_times_is_shared);
    tcase_add_test(t, few_keys_are_no_evidence);
    tcase_add_test(t, levels_follow_from_shared_keys);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
