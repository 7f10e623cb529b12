/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting and counting beyond the memory, held against the plain way. */
#include "intake/cells.h"
#include "intake/census.h"
#include "intake/sorter.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 60000, LEN_MAX = 200 };

struct text {
    size_t len;
    unsigned char bytes[LEN_MAX];
};

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static int compare(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    return tg_bytes_compare(x->bytes, x->len, y->bytes, y->len);
}

/* Texts that are alike in ways that are hard to sort: by kind, all random, few different bytes,
 * long equal beginnings, each the beginning of the next, zeros at the end. */
static void make(struct text *t, int kind, size_t i, uint64_t *state)
{
    memset(t, 0, sizeof *t);
    t->len = kind == 3 ? i % LEN_MAX : 1 + next(state) % (LEN_MAX - 1);
    for (size_t j = 0; j < t->len; j++) {
        if (kind == 0)
            t->bytes[j] = (unsigned char)next(state);
        else if (kind == 1)
            t->bytes[j] = (unsigned char)('a' + next(state) % 2);
        else if (kind == 2)
            t->bytes[j] = j < 100 ? 'x' : (unsigned char)next(state);
        else
            t->bytes[j] = kind == 3 ? 'x' : 0;
    }
}

struct check {
    const struct text *texts;
    size_t n;
};

static enum tg_status on_record(void *ctx, const struct tg_record *r, struct tg_error *err)
{
    (void)err;
    struct check *c = ctx;
    const struct text *t = &c->texts[c->n++];
    ck_assert_uint_eq(r->len, t->len);
    ck_assert(memcmp(r->bytes, t->bytes, t->len) == 0);
    ck_assert_uint_eq(r->tail_len, sizeof t->len);
    ck_assert(memcmp(r->bytes + r->len, &t->len, sizeof t->len) == 0);
    return TG_OK;
}

/* Adds all texts on `lanes` lanes and expects them in order. */
static void sort_with(const struct text *in, const struct text *ordered, size_t n, size_t lanes,
                      uint64_t memory)
{
    struct tg_sorter *s = NULL;
    struct tg_error err;
    ck_assert_int_eq(tg_sorter_new(lanes, memory, "/tmp", &s, &err), TG_OK);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(
            tg_sorter_add(s, i % lanes, in[i].bytes, in[i].len, &in[i].len, sizeof in[i].len, &err),
            TG_OK);
    for (size_t i = 0; i < lanes; i++)
        ck_assert_int_eq(tg_sorter_seal(s, i, &err), TG_OK);
    struct check c = {ordered, 0};
    ck_assert_int_eq(tg_sorter_merge(s, on_record, &c, &err), TG_OK);
    ck_assert_uint_eq(c.n, n);
    tg_sorter_free(&s);
}

START_TEST(records_come_out_as_memcmp_orders_them)
{
    uint64_t state = (uint64_t)_i + 1;
    struct text *in = calloc(RECORDS, sizeof *in), *ordered = calloc(RECORDS, sizeof *in);
    ck_assert(in && ordered);
    for (size_t i = 0; i < RECORDS; i++)
        make(&in[i], _i, i, &state);
    memcpy(ordered, in, RECORDS * sizeof *in);
    qsort(ordered, RECORDS, sizeof *ordered, compare);
    sort_with(in, ordered, RECORDS, 1, UINT64_C(1) << 30); /* in memory */
    sort_with(in, ordered, RECORDS, 3, UINT64_C(1) << 20); /* a few runs */
    sort_with(in, ordered, RECORDS, 8, 1);                 /* more runs than one merge takes */
    free(in);
    free(ordered);
}
END_TEST

START_TEST(nothing_and_one_large_record_are_sorted)
{
    struct tg_sorter *s = NULL;
    struct tg_error err;
    struct check c = {NULL, 0};
    sort_with(NULL, NULL, 0, 2, 1);
    ck_assert_int_eq(tg_sorter_new(1, 1, "/tmp", &s, &err), TG_OK);
    size_t len = 3 << 20;
    struct text *big = calloc(1, sizeof *big + len);
    ck_assert_ptr_nonnull(big);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(tg_sorter_add(s, 0, big, len, NULL, 0, &err), TG_OK);
    ck_assert_int_eq(tg_sorter_seal(s, 0, &err), TG_OK);
    free(big);
    tg_sorter_free(&s);
    ck_assert_uint_eq(c.n, 0);
}
END_TEST

static enum tg_status refuse(void *ctx, const struct tg_record *r, struct tg_error *err)
{
    (void)ctx;
    (void)r;
    return TG_FAIL(err, TG_MSG_CANCELLED, .line = 0);
}

START_TEST(a_merge_ends_when_it_is_told_to)
{
    struct tg_sorter *s = NULL;
    struct tg_error err;
    ck_assert_int_eq(tg_sorter_new(1, 1, "/tmp", &s, &err), TG_OK);
    ck_assert_int_eq(tg_sorter_add(s, 0, "a", 1, NULL, 0, &err), TG_OK);
    ck_assert_int_eq(tg_sorter_seal(s, 0, &err), TG_OK);
    ck_assert_int_eq(tg_sorter_merge(s, refuse, NULL, &err), TG_CANCELLED);
    tg_sorter_free(&s);
}
END_TEST

START_TEST(scratch_files_need_a_folder)
{
    struct tg_sorter *s = NULL;
    struct tg_error err;
    enum tg_status status = tg_sorter_new(1, 1, "/nowhere", &s, &err);
    ck_assert_int_eq(status, TG_OK);
    for (int i = 0; i < 100000 && !status; i++)
        status = tg_sorter_add(s, 0, &i, sizeof i, NULL, 0, &err);
    ck_assert_int_eq(status, TG_CANT_CREATE);
    tg_sorter_free(&s);
}
END_TEST

/* Column 0: token i stands i times; column 1: one token for all; column 2: none. */
static void count_with(size_t lanes, uint64_t memory)
{
    enum { TOKENS = 700 };
    struct tg_census *c = NULL;
    struct tg_error err;
    struct tg_census_column columns[3] = {0};
    size_t lane = 0;
    ck_assert_int_eq(tg_census_new(3, lanes, memory, "/tmp", &c, &err), TG_OK);
    for (uint64_t i = 1; i <= TOKENS; i++) {
        for (uint64_t j = 0; j < i; j++, lane = (lane + 1) % lanes) {
            uint64_t prefix = i * UINT64_C(0x9E3779B97F4A7C15);
            ck_assert_int_eq(tg_census_add(c, lane, 0, prefix, 1, &err), TG_OK);
            ck_assert_int_eq(tg_census_add(c, lane, 1, 7, 2, &err), TG_OK);
        }
    }
    for (size_t i = 0; i < lanes; i++)
        ck_assert_int_eq(tg_census_seal(c, i, &err), TG_OK);
    for (size_t i = 0; i < lanes; i++)
        ck_assert_int_eq(tg_census_count(c, i, lanes, columns, &err), TG_OK);
    ck_assert_uint_eq(columns[0].distinct, TOKENS);
    for (uint64_t i = 0; i < TG_CENSUS_LARGEST; i++)
        ck_assert_uint_eq(columns[0].largest[i], TOKENS - i);
    ck_assert_uint_eq(columns[1].distinct, 1);
    ck_assert_uint_eq(columns[1].largest[0], TOKENS * (TOKENS + 1));
    ck_assert_uint_eq(columns[1].largest[1], 0);
    ck_assert_uint_eq(columns[2].distinct, 0);
    tg_census_free(&c);
}

START_TEST(a_census_is_exact_in_any_memory)
{
    count_with(1, UINT64_C(1) << 30);
    count_with(3, UINT64_C(1) << 16);
    count_with(1, 1);
    count_with(8, 1);
}
END_TEST

START_TEST(a_census_beyond_its_memory_is_exact)
{
    enum { TOKENS = 50000 };
    struct tg_census *c = NULL;
    struct tg_error err;
    struct tg_census_column column = {0};
    ck_assert_int_eq(tg_census_new(1, 2, 1, "/tmp", &c, &err), TG_OK);
    for (uint64_t i = 0; i < 3 * TOKENS; i++)
        ck_assert_int_eq(tg_census_add(c, i % 2, 0, i % TOKENS + 1, 1 + (i == 5), &err), TG_OK);
    ck_assert_int_eq(tg_census_seal(c, 0, &err), TG_OK);
    ck_assert_int_eq(tg_census_seal(c, 1, &err), TG_OK);
    ck_assert_int_eq(tg_census_count(c, 1, 2, &column, &err), TG_OK);
    ck_assert_int_eq(tg_census_count(c, 0, 2, &column, &err), TG_OK);
    ck_assert_uint_eq(column.distinct, TOKENS);
    ck_assert_uint_eq(column.largest[0], 4);
    ck_assert_uint_eq(column.largest[1], 3);
    tg_census_free(&c);
}
END_TEST

/* Two cells of up to three tokens, of few different ones, and text behind them. */
static size_t make_cells(unsigned char *out, uint64_t *state)
{
    char *to = (char *)out;
    for (int cell = 0; cell < 2; cell++) {
        for (uint64_t n = next(state) % 4; n > 0; n--) {
            unsigned char token[TG_TOKEN_LEN] = {0};
            token[next(state) % 2 ? 0 : 15] = (unsigned char)(next(state) % 4 * 0x59);
            to = tg_cell_put(to, token);
        }
        *to++ = TG_CELL_END;
    }
    *to++ = ",1a"[next(state) % 3];
    return (size_t)(to - (char *)out);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

START_TEST(cells_are_ordered_as_their_text)
{
    unsigned char cells[2][8 * TG_CELL_STEP];
    struct tg_buf text[2] = {{0}, {0}};
    uint64_t state = 7;
    for (int i = 0; i < 20000; i++) {
        size_t len[2];
        for (int j = 0; j < 2; j++) {
            const unsigned char *end;
            len[j] = make_cells(cells[j], &state);
            text[j].len = 0;
            ck_assert_int_eq(tg_cells_write(cells[j], len[j], 2, &text[j], &end, NULL), TG_OK);
            ck_assert_ptr_eq(end, cells[j] + len[j] - 1);
            ck_assert_ptr_eq(tg_cell_skip(tg_cell_skip(cells[j])), end);
            ck_assert_int_eq(tg_buf_add(&text[j], end, 1, NULL), TG_OK);
        }
        int order = tg_bytes_compare((unsigned char *)text[0].data, text[0].len,
                                     (unsigned char *)text[1].data, text[1].len);
        ck_assert_int_eq(sign(tg_bytes_compare(cells[0], len[0], cells[1], len[1])), sign(order));
    }
    tg_buf_free(&text[0]);
    tg_buf_free(&text[1]);
}
END_TEST

START_TEST(cells_are_written_as_hex)
{
    unsigned char cells[4 * TG_CELL_STEP], token[TG_TOKEN_LEN] = {0x0A, 0xF9};
    const unsigned char *end;
    struct tg_buf text = {0};
    char *to = tg_cell_put(tg_cell_put((char *)cells, token), token);
    *to++ = TG_CELL_END;
    *to++ = TG_CELL_END;
    ck_assert_int_eq(tg_cells_write(cells, (size_t)(to - (char *)cells), 2, &text, &end, NULL),
                     TG_OK);
    ck_assert_str_eq(tg_buf_text(&text, NULL), "0af90000000000000000000000000000;"
                                               "0af90000000000000000000000000000,,");
    tg_buf_free(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake sort");
    TCase *c = tcase_create("sort");
    tcase_set_timeout(c, 100);
    tcase_add_loop_test(c, records_come_out_as_memcmp_orders_them, 0, 5);
    tcase_add_test(c, nothing_and_one_large_record_are_sorted);
    tcase_add_test(c, a_merge_ends_when_it_is_told_to);
    tcase_add_test(c, scratch_files_need_a_folder);
    tcase_add_test(c, cells_are_ordered_as_their_text);
    tcase_add_test(c, cells_are_written_as_hex);
    tcase_add_test(c, a_census_is_exact_in_any_memory);
    tcase_add_test(c, a_census_beyond_its_memory_is_exact);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
