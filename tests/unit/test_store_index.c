/* SPDX-License-Identifier: Apache-2.0 */
/* The index of postings, held against a plain list. */
#include "store/followed.h"
#include "store/index.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4, MOST = 20000 };

struct entry {
    int64_t column;
    unsigned char hash[TG_TOKEN_LEN];
    int64_t identity;
};

static struct tg_error err;
static struct tg_db db;
static struct entry *model;
static size_t n_model;
static uint64_t seed;

#define OK(call) ck_assert_msg((call) == TG_OK, "%d %s", err.message, err.rule)

static uint64_t draw(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static void setup(void)
{
    db.path = ":memory:";
    ck_assert_int_eq(sqlite3_open(db.path, &db.handle), SQLITE_OK);
    OK(tg_index_register(&db, &err));
    OK(tg_db_exec(&db,
                  "CREATE TABLE token_chunk(id INTEGER PRIMARY KEY, postings BLOB NOT NULL);"
                  "CREATE TABLE digest_chunk(id INTEGER PRIMARY KEY, postings BLOB NOT NULL);"
                  "CREATE TABLE identity(id INTEGER PRIMARY KEY, source_id, digest, tokens)",
                  &err));
    model = calloc(MOST, sizeof *model);
    ck_assert_ptr_nonnull(model);
    n_model = 0;
}

static void teardown(void)
{
    free(model);
    tg_db_close(&db);
}

static int by_all(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    int order = memcmp(x->hash, y->hash, TG_TOKEN_LEN);
    return order ? order : (x->identity > y->identity) - (x->identity < y->identity);
}

/* Hashes of few beginnings, so that many share all the bits that a chunk is found by. */
static struct entry draw_entry(void)
{
    struct entry e = {.column = (int64_t)(draw(COLUMNS) * 21845), .identity = 1 + (int64_t)draw(3)};
    for (size_t i = 0; i < TG_TOKEN_LEN; i++)
        e.hash[i] = (unsigned char)draw(256);
    if (draw(3) == 0) {
        memset(e.hash, (int)draw(3) * 127, 12);
        e.identity = (int64_t)draw(UINT32_MAX);
    }
    if (draw(2))
        memset(e.hash + 12, 0, 4);
    return e;
}

static size_t without_doubles(struct entry *items, size_t n)
{
    size_t kept = 0;
    qsort(items, n, sizeof *items, by_all);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || by_all(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    }
    return kept;
}

/* Those that are not in the model; the rest is not there to be added. */
static size_t without_known(struct entry *items, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!bsearch(&items[i], model, n_model, sizeof *model, by_all))
            items[kept++] = items[i];
    }
    return kept;
}

static void add(const struct entry *items, size_t n)
{
    struct tg_posting *postings = calloc(n, sizeof *postings);
    ck_assert_ptr_nonnull(postings);
    for (size_t i = 0, to; i < n; i = to) {
        for (to = i; to < n && items[to].column == items[i].column; to++)
            tg_posting_put(&postings[to], 7, items[to].hash, items[to].identity);
        OK(tg_index_add(&db, TG_INDEX_TOKENS, items[i].column, &postings[i], to - i, &err));
    }
    free(postings);
}

/* An index takes out what table identity says, so the entries go there first. */
static void take_out(const struct entry *items, size_t n)
{
    sqlite3_stmt *put = NULL;
    OK(tg_db_prepare(&db, "REPLACE INTO identity(id, source_id, tokens) VALUES(?, 1, ?)", &put,
                     &err));
    for (size_t i = 0; i < n; i++) {
        unsigned char packed[TG_PACKED_LEN] = {(unsigned char)(items[i].column & 0xFF),
                                               (unsigned char)(items[i].column >> 8)};
        memcpy(packed + 2, items[i].hash, TG_TOKEN_LEN);
        OK(tg_db_run(&db, put, DB_ARGS(DB_INT(items[i].identity), DB_BLOB(packed, sizeof packed)),
                     &err));
        OK(tg_index_forget(&db, "SELECT id FROM identity", &err));
        OK(tg_db_exec(&db, "DELETE FROM identity", &err));
    }
    sqlite3_finalize(put);
}

static void is_model(void)
{
    struct tg_index_cursor c = {.db = &db};
    bool there;
    size_t i = 0;
    for (OK(tg_index_first(&c, 0, &there, &err)); there; OK(tg_index_next(&c, &there, &err)), i++) {
        struct entry e = {.column = tg_index_column(&c), .identity = tg_index_identity(&c)};
        memcpy(e.hash, tg_index_hash(&c), TG_TOKEN_LEN);
        ck_assert_uint_lt(i, n_model);
        ck_assert_int_eq(by_all(&e, &model[i]), 0);
    }
    ck_assert_uint_eq(i, n_model);
    tg_index_end(&c);
}

static bool is_below(const struct entry *a, const struct entry *b)
{
    return a->column != b->column ? a->column < b->column
                                  : memcmp(a->hash, b->hash, TG_TOKEN_LEN) < 0;
}

/* Every hash from its place in the order, from anywhere, and one that is not there. */
static void seeks(void)
{
    struct tg_index_cursor c = {.db = &db};
    for (size_t k = 0; k < 2 * n_model + 2; k++) {
        size_t at = k < n_model ? k : (size_t)draw(n_model + 1);
        struct entry e = at < n_model && draw(4) ? model[at] : draw_entry();
        size_t first = 0, n = 0;
        bool there;
        while (first < n_model && is_below(&model[first], &e))
            first = first + 512 < n_model && is_below(&model[first + 512], &e) ? first + 512
                                                                               : first + 1;
        while (first + n < n_model && !is_below(&e, &model[first + n]))
            n++;
        OK(tg_index_seek(&c, e.column, e.hash, &there, &err));
        ck_assert_int_eq(there, n > 0);
        for (size_t i = 0; i < n; i++) {
            ck_assert_int_eq(tg_index_identity(&c), model[first + i].identity);
            ck_assert_int_eq(tg_index_again(&c), i + 1 < n);
        }
    }
    tg_index_end(&c);
}

struct walked {
    int64_t n;
    struct entry before;
};

static enum tg_status count_one(void *ctx, const unsigned char hash[TG_TOKEN_LEN], int64_t identity,
                                struct tg_error *e)
{
    struct walked *w = ctx;
    struct entry here = {.identity = identity};
    (void)e;
    memcpy(here.hash, hash, TG_TOKEN_LEN);
    ck_assert(w->n == 0 || by_all(&w->before, &here) < 0);
    w->before = here;
    w->n++;
    return TG_OK;
}

static void counts(void)
{
    for (int64_t column = 0; column < COLUMNS * 21845; column += 21845) {
        int64_t n = 0, counted = 0;
        struct walked walked = {0};
        for (size_t i = 0; i < n_model; i++)
            n += model[i].column == column;
        OK(tg_index_count(&db, TG_INDEX_TOKENS, column, &counted, &err));
        OK(tg_index_walk(&db, TG_INDEX_TOKENS, column, count_one, &walked, &err));
        ck_assert_int_eq(counted, n);
        ck_assert_int_eq(walked.n, n);
    }
}

START_TEST(it_holds_what_a_list_holds)
{
    static const size_t sizes[] = {1, 7, 150, 400, 3000, 203, 1};
    seed = 11 + (uint64_t)_i;
    for (size_t round = 0; round < sizeof sizes / sizeof sizes[0]; round++) {
        size_t n = sizes[(round + (size_t)_i) % (sizeof sizes / sizeof sizes[0])];
        struct entry *more = &model[n_model];
        for (size_t i = 0; i < n; i++)
            more[i] = n_model && draw(8) == 0 ? model[draw(n_model)] : draw_entry();
        n = without_known(more, without_doubles(more, n));
        if (n)
            add(more, n);
        n_model = without_doubles(model, n_model + n);
        is_model();
        counts();
        size_t gone = (size_t)draw(n_model < 60 ? n_model : 60);
        for (size_t i = 0; i < gone; i++) {
            size_t at = (size_t)draw(n_model);
            take_out(&model[at], 1);
            memmove(&model[at], &model[at + 1], (--n_model - at) * sizeof *model);
        }
        is_model();
    }
    seeks();
    counts();
}
END_TEST

/* A row of the tables that statements see. */
static int64_t count_rows(const char *sql)
{
    int64_t n = -1;
    OK(tg_db_number(&db, sql, DB_NO_ARGS, &n, &err));
    return n;
}

/* A few of a large column: with hashes that are there and with others, of identities below and
 * above those that are there. */
static size_t draw_few(struct entry *few, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        few[i] = draw_entry();
        few[i].column = 21845;
        if (draw(2))
            memcpy(few[i].hash, model[draw(n_model)].hash, TG_TOKEN_LEN);
        few[i].identity = 1 + (int64_t)draw(5);
    }
    return without_known(few, without_doubles(few, n));
}

/* They lie apart until they are many; nobody who asks sees it. */
START_TEST(few_among_many_lie_apart)
{
    enum { MANY = 5000, ROUNDS = 24 };
    size_t apart = 0, together = 0;
    seed = 29 + (uint64_t)_i;
    for (size_t i = 0; i < MANY; i++) {
        model[i] = draw_entry();
        model[i].column = 21845 * (i % 10 == 0);
        model[i].column = 21845 - model[i].column;
        model[i].identity += 2;
    }
    n_model = without_doubles(model, MANY);
    add(model, n_model);
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t n = draw_few(&model[n_model], 1 + (size_t)draw(120));
        if (n)
            add(&model[n_model], n);
        n_model = without_doubles(model, n_model + n);
        bool is_apart = count_rows("SELECT count(*) FROM token_chunk WHERE id < 0") > 0;
        apart += is_apart;
        together += !is_apart;
        for (size_t gone = (size_t)draw(3); gone > 0; gone--) {
            size_t at = (size_t)draw(n_model);
            take_out(&model[at], 1);
            memmove(&model[at], &model[at + 1], (--n_model - at) * sizeof *model);
        }
        is_model();
        counts();
    }
    seeks();
    ck_assert_uint_gt(apart, 0);
    ck_assert_uint_gt(together, 0);
}
END_TEST

START_TEST(statements_see_it_as_tables)
{
    struct entry items[4] = {{.column = 1, .identity = 5},
                             {.column = 1, .identity = 6},
                             {.column = 2, .identity = 5},
                             {.column = 2, .identity = 6}};
    memset(items[2].hash, 9, TG_TOKEN_LEN);
    memset(items[3].hash, 9, TG_TOKEN_LEN);
    add(items, 4);
    OK(tg_db_exec(&db,
                  "INSERT INTO identity VALUES(5, 3, zeroblob(16), x'0100' || zeroblob(16) ||"
                  " x'020009090909090909090909090909090909'),(6, 3, NULL, x'')",
                  &err));
    ck_assert_int_eq(count_rows("SELECT count(*) FROM identity_token"), 4);
    ck_assert_int_eq(count_rows("SELECT count(*) FROM identity_token WHERE token = 2"), 2);
    ck_assert_int_eq(count_rows("SELECT count(*) FROM identity_token WHERE token = 7"), 0);
    ck_assert_int_eq(count_rows("SELECT sum(identity_id) FROM identity_token WHERE token = 1 AND"
                                " hash = zeroblob(16)"),
                     11);
    ck_assert_int_eq(count_rows("SELECT count(*) FROM identity_token WHERE token = 1 AND"
                                " hash = zeroblob(15)"),
                     0);
    ck_assert_int_eq(count_rows("SELECT sum(token) FROM identity_token WHERE identity_id = 5"), 3);
    ck_assert_int_eq(count_rows("SELECT sum(token) FROM identity_token WHERE identity_id = 6"),
                     INT64_C(0));
    ck_assert_int_eq(count_rows("SELECT count(*) FROM identity i JOIN identity_token t"
                                " ON t.identity_id = i.id WHERE t.token = 2"),
                     1);
    ck_assert_int_eq(count_rows("SELECT source_id FROM identity_digest WHERE identity_id = 5"), 3);
    ck_assert_int_eq(count_rows("SELECT count(*) FROM identity_digest"), 0);
    ck_assert_int_eq(tg_db_exec(&db, "DELETE FROM identity_token", &err), TG_DATA);
}
END_TEST

START_TEST(what_is_no_posting_is_damage)
{
    struct tg_index_cursor c = {.db = &db};
    const unsigned char hash[TG_TOKEN_LEN] = {0};
    const struct tg_posting posting = {{0}};
    bool there, sound[TG_N_INDEXES];
    OK(tg_db_exec(&db, "INSERT INTO token_chunk VALUES(1 << 47, zeroblob(21))", &err));
    ck_assert_int_eq(tg_index_seek(&c, 1, hash, &there, &err), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_STORE_DAMAGED);
    ck_assert_int_eq(tg_index_first(&c, 0, &there, &err), TG_DATA);
    ck_assert_int_eq(tg_index_add(&db, TG_INDEX_TOKENS, 1, &posting, 1, &err), TG_DATA);
    ck_assert_int_ne(tg_db_exec(&db, "SELECT * FROM identity_token", &err), TG_OK);
    OK(tg_index_check(&db, sound, &err));
    ck_assert(!sound[TG_INDEX_TOKENS]);
    ck_assert(sound[TG_INDEX_DIGESTS]);
    /* no column of any index */
    OK(tg_index_seek(&c, 1 << 16, hash, &there, &err));
    ck_assert(!there);
    OK(tg_index_seek(&c, -1, hash, &there, &err));
    ck_assert(!there);
    ck_assert_int_ne(tg_index_add(&db, TG_INDEX_TOKENS, 1 << 16, &posting, 1, &err), TG_OK);
    tg_index_end(&c);
}
END_TEST

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct tg_posting));
}

/* Passes of many sizes: each finds what those before it added, and nothing else. */
START_TEST(what_was_followed_is_known)
{
    enum { PASSES = 60, MOST_IN_PASS = 400 };
    struct tg_followed f = {0};
    static bool added[1000];
    memset(added, 0, sizeof added);
    seed = 3 + (uint64_t)_i;
    for (size_t pass = 0; pass < PASSES; pass++) {
        struct tg_posting items[MOST_IN_PASS];
        bool adds[MOST_IN_PASS] = {false};
        size_t n = draw(5) ? (size_t)draw(6) : (size_t)draw(MOST_IN_PASS);
        for (size_t i = 0; i < n; i++) {
            unsigned char hash[TG_TOKEN_LEN] = {0};
            uint64_t number = draw(1000);
            memcpy(hash, &number, sizeof number);
            tg_posting_put(&items[i], (size_t)number % 3, hash, 0);
        }
        qsort(items, n, sizeof *items, by_bytes);
        tg_followed_begin(&f);
        for (size_t i = 0; i < n; i++) {
            uint64_t number;
            memcpy(&number, tg_posting_hash(&items[i]), sizeof number);
            ck_assert_int_eq(tg_followed_has(&f, &items[i]), added[number]);
            adds[i] = !added[number] && draw(2) && (i == 0 || by_bytes(&items[i - 1], &items[i]));
            if (adds[i])
                OK(tg_followed_add(&f, &items[i], &err));
        }
        OK(tg_followed_end(&f, &err));
        for (size_t i = 0; i < n; i++) {
            uint64_t number;
            memcpy(&number, tg_posting_hash(&items[i]), sizeof number);
            added[number] |= adds[i];
        }
    }
    ck_assert_uint_lt(f.n_runs, 12);
    tg_followed_free(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_index");
    TCase *t = tcase_create("store_index");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, it_holds_what_a_list_holds, 0, 7);
    tcase_add_loop_test(t, few_among_many_lie_apart, 0, 4);
    tcase_add_loop_test(t, what_was_followed_is_known, 0, 5);
    tcase_add_test(t, statements_see_it_as_tables);
    tcase_add_test(t, what_is_no_posting_is_damage);
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
