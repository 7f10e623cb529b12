/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "table/csv.h"

#include <check.h>
#include <csv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct tg_error err;
static char dir[] = "/tmp/tg-test-csv-XXXXXX";

static char *path_of(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

/* Rows as text: "line:cell|cell;" for each, then "!code@line" when reading failed. */
static bool tell_lines = true;

static const char *rows_of_delimited(const char *text, size_t len, char delimiter)
{
    static struct tg_buf out;
    struct tg_csv *csv = NULL;
    tg_buf_free(&out);
    ck_assert_int_eq(tg_csv_open_memory(text, len, "a.csv", delimiter, &csv, &err), TG_OK);
    for (;;) {
        const struct tg_cell *cells;
        size_t n;
        uint64_t line;
        bool end;
        if (tg_csv_next(csv, &cells, &n, &line, &end, &err)) {
            ck_assert_int_eq(tg_buf_printf(&out, NULL, "!%d@%d", (int)err.message, (int)err.line),
                             TG_OK);
            break;
        }
        if (end)
            break;
        if (tell_lines)
            ck_assert_int_eq(tg_buf_printf(&out, &err, "%d:", (int)line), TG_OK);
        for (size_t i = 0; i < n; i++) {
            if (i)
                ck_assert_int_eq(tg_buf_add_char(&out, '|', &err), TG_OK);
            ck_assert_int_eq(tg_buf_add(&out, cells[i].data, cells[i].len, &err), TG_OK);
        }
        ck_assert_int_eq(tg_buf_add_char(&out, ';', &err), TG_OK);
    }
    tg_csv_close(&csv);
    ck_assert_ptr_null(csv);
    return tg_buf_text(&out, NULL);
}

#define ROWS(text) rows_of_delimited((text), sizeof(text) - 1, ',')

START_TEST(rows_know_their_physical_line)
{
    ck_assert_str_eq(ROWS("a,b\nc,d\n"), "1:a|b;2:c|d;");
    ck_assert_str_eq(ROWS("a,b\r\nc,d\r\n"), "1:a|b;2:c|d;");
    ck_assert_str_eq(ROWS("a,b\rc,d\r"), "1:a|b;2:c|d;");
    ck_assert_str_eq(ROWS("a,b\nc,d"), "1:a|b;2:c|d;");
    ck_assert_str_eq(ROWS("a\rb\nc\r\nd"), "1:a;2:b;3:c;4:d;");
    ck_assert_str_eq(ROWS("a\n\n \t\n\r\nb\n"), "1:a;5:b;");
    ck_assert_str_eq(ROWS("a,\"1\n2\n\n3\",b\nc\n"), "1:a|1\n2\n\n3|b;5:c;");
    ck_assert_str_eq(ROWS("\n\"x\r\ny\"\r\nz"), "2:x\r\ny;4:z;");
    ck_assert_str_eq(ROWS(""), "");
    ck_assert_str_eq(ROWS("\n\n"), "");
}
END_TEST

START_TEST(cells_are_split_as_rfc_4180_says)
{
    ck_assert_str_eq(ROWS(",,\n"), "1:||;");
    ck_assert_str_eq(ROWS("\"\"\n"), "1:;");
    ck_assert_str_eq(ROWS("\"a,b\",\"say \"\"x\"\"\"\n"), "1:a,b|say \"x\";");
    ck_assert_str_eq(ROWS("  a b  ,\t c ,\" d \"\n"), "1:a b|c| d ;");
    ck_assert_str_eq(ROWS("5\"3,a\n"), "1:5\"3|a;");
    ck_assert_str_eq(ROWS("a;b,c\n"), "1:a;b|c;");
    ck_assert_str_eq(rows_of_delimited("a;b,c\n", 6, ';'), "1:a|b,c;");
    ck_assert_str_eq(rows_of_delimited("\t\t\na\t b", 7, '\t'), "1:||;2:a|b;");
}
END_TEST

START_TEST(bom_and_end_mark_are_no_text)
{
    ck_assert_str_eq(ROWS("\xEF\xBB\xBF"
                          "a,b\n"),
                     "1:a|b;");
    ck_assert_str_eq(ROWS("\xEF\xBB\xBF\"a\",b\n"), "1:a|b;");
    ck_assert_str_eq(ROWS("\xEF\xBB\xBF"), "");
    ck_assert_str_eq(ROWS("a,b\n\x1A"), "1:a|b;");
    ck_assert_str_eq(ROWS("a,b\r\nc\x1A"), "1:a|b;2:c;");
    ck_assert_str_eq(ROWS("a\x1A,b\n"), "1:a\x1A|b;");
    ck_assert_str_eq(ROWS("\x1A"), "");
    ck_assert_str_eq(ROWS("\xFF\xFE"
                          "a\0"),
                     "!484@0");
    ck_assert_str_eq(ROWS("\xFE\xFF\0a"), "!484@0");
}
END_TEST

START_TEST(bad_files_are_refused_with_their_line)
{
    ck_assert_str_eq(ROWS("a\nb\n\"c\nd\ne\n"), "1:a;2:b;!483@3");
    ck_assert_str_eq(ROWS("a\nb,\"c"), "1:a;!483@2");
    ck_assert_str_eq(ROWS("a\nb\nc\0d\ne\n"), "1:a;2:b;!482@3");
    ck_assert_str_eq(ROWS("\0"), "!482@1");
    ck_assert_int_eq(err.status, TG_DATA);
    ck_assert_str_eq(err.file, "a.csv");
    static char many[2 * TG_CSV_CELLS_MAX + 8] = "x\n";
    memset(many + 2, ',', TG_CSV_CELLS_MAX - 1);
    many[TG_CSV_CELLS_MAX + 1] = '\n';
    ck_assert_ptr_null(strchr(rows_of_delimited(many, TG_CSV_CELLS_MAX + 2, ','), '!'));
    many[TG_CSV_CELLS_MAX + 1] = ',';
    many[TG_CSV_CELLS_MAX + 2] = '\n';
    ck_assert_str_eq(rows_of_delimited(many, TG_CSV_CELLS_MAX + 3, ','), "1:x;!481@2");
}
END_TEST

/* Reads one row of `len` bytes of 'a' after a short one. */
static enum tg_status read_long(size_t len, size_t *cell_len)
{
    char *text = malloc(len + 2);
    ck_assert_ptr_nonnull(text);
    memcpy(text, "x\n", 2);
    memset(text + 2, 'a', len);
    struct tg_csv *csv = NULL;
    ck_assert_int_eq(tg_csv_open_memory(text, len + 2, "a.csv", ',', &csv, &err), TG_OK);
    const struct tg_cell *cells;
    size_t n;
    uint64_t line;
    bool end;
    ck_assert_int_eq(tg_csv_next(csv, &cells, &n, &line, &end, &err), TG_OK);
    enum tg_status status = tg_csv_next(csv, &cells, &n, &line, &end, &err);
    if (!status)
        *cell_len = cells[0].len;
    tg_csv_close(&csv);
    free(text);
    return status;
}

START_TEST(a_row_is_bounded)
{
    size_t len = 0;
    ck_assert_int_eq(read_long(TG_CSV_ROW_MAX, &len), TG_OK);
    ck_assert_uint_eq(len, TG_CSV_ROW_MAX);
    ck_assert_int_eq(read_long(TG_CSV_ROW_MAX + 1, &len), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_CSV_ROW_LONG);
    ck_assert_uint_eq(err.line, 2);
    ck_assert_int_eq(read_long(8 * TG_CSV_ROW_MAX, &len), TG_DATA);
}
END_TEST

START_TEST(blank_lines_never_fill_a_row)
{
    size_t len = 3 * TG_CSV_ROW_MAX;
    char *text = malloc(len);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 64 == 63 ? '\n' : ' ';
    ck_assert_str_eq(rows_of_delimited(text, len, ','), "");
    memset(text, ' ', len);
    ck_assert_str_eq(rows_of_delimited(text, len, ','), "!480@1");
    free(text);
}
END_TEST

/* xorshift64 */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A cell of awkward characters, up to 12, rarely 100,000. */
static size_t random_cell(uint64_t *state, char *cell)
{
    static const char awkward[] = ",\"\r\n \t;a\x1A\xEF\xBB\xBF'=";
    size_t len = draw(state) % 5000 == 0 ? 100000 : draw(state) % 13;
    for (size_t i = 0; i < len; i++)
        cell[i] = awkward[draw(state) % (sizeof awkward - 1)];
    return len;
}

/* More than ten blocks, so that every kind of byte comes to lie on a block's border. */
START_TEST(what_was_written_is_read_again)
{
    enum { ROWS_WRITTEN = 20000, COLUMNS = 7 };
    static char cell[100000];
    char sha256[TG_DIGEST_HEX + 1], again[TG_DIGEST_HEX + 1];
    char *path = path_of("round.csv");
    struct tg_csv_writer *w = NULL;
    uint64_t state = 88172645463325252u;
    int status = 0;
    ck_assert_int_eq(tg_csv_create(path, 0, &w, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put_text(w, "h", &err), TG_OK);
    ck_assert_int_eq(tg_csv_end_row(w, &err), TG_OK);
    for (int i = 0; i < ROWS_WRITTEN; i++) {
        for (int j = 0; j < 1 + i % COLUMNS; j++) {
            size_t len = random_cell(&state, cell);
            status |= (int)tg_csv_put(w, cell, len, &err);
        }
        status |= (int)tg_csv_end_row(w, &err);
    }
    ck_assert_int_eq(status, TG_OK);
    ck_assert_int_eq(tg_csv_commit(&w, sha256, &err), TG_OK);
    ck_assert_ptr_null(w);

    struct tg_input *input = NULL;
    struct tg_csv *csv = NULL;
    struct tg_digest *digest = NULL;
    ck_assert_int_eq(tg_input_open(path, &input, &err), TG_OK);
    ck_assert_int_eq(tg_csv_open(input, ',', &csv, &err), TG_OK);
    ck_assert_int_eq(tg_digest_new(&digest, &err), TG_OK);
    tg_csv_digest_to(csv, digest);
    const struct tg_cell *cells;
    size_t n;
    uint64_t line;
    bool end;
    state = 88172645463325252u;
    ck_assert_int_eq(tg_csv_next(csv, &cells, &n, &line, &end, &err), TG_OK);
    int wrong = 0;
    for (int i = 0; i < ROWS_WRITTEN; i++) {
        ck_assert_int_eq(tg_csv_next(csv, &cells, &n, &line, &end, &err), TG_OK);
        ck_assert_uint_eq(n, 1 + (size_t)i % COLUMNS);
        for (size_t j = 0; j < n; j++) {
            size_t len = random_cell(&state, cell);
            wrong += cells[j].len != len || memcmp(cells[j].data, cell, len);
        }
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_eq(tg_csv_next(csv, &cells, &n, &line, &end, &err), TG_OK);
    ck_assert(end);
    ck_assert_int_eq(tg_csv_next(csv, &cells, &n, &line, &end, &err), TG_OK);
    ck_assert(end);
    tg_digest_hex(digest, again);
    ck_assert_str_eq(again, sha256);
    ck_assert_int_eq(tg_digest_file(path, again, &err), TG_OK);
    ck_assert_str_eq(again, sha256);
    tg_digest_free(&digest);
    tg_csv_close(&csv);
    tg_input_close(&input);
}
END_TEST

START_TEST(lines_are_counted_across_blocks)
{
    enum { LINES = 200000 };
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    for (size_t k = 0; k < 3; k++) {
        struct tg_buf b = {0};
        int status = 0;
        for (int i = 1; i <= LINES; i++)
            status |= (int)tg_buf_printf(&b, &err, "%d%s", i, ends[k]);
        ck_assert_int_eq(status, TG_OK);
        struct tg_csv *csv = NULL;
        ck_assert_int_eq(tg_csv_open_memory(b.data, b.len, "a.csv", ',', &csv, &err), TG_OK);
        int wrong = 0;
        for (int i = 1; i <= LINES; i++) {
            const struct tg_cell *cells;
            size_t n;
            uint64_t line;
            bool end;
            char text[12];
            size_t len = (size_t)snprintf(text, sizeof text, "%d", i);
            wrong += tg_csv_next(csv, &cells, &n, &line, &end, &err) || end ||
                     line != (uint64_t)i || cells[0].len != len || memcmp(cells[0].data, text, len);
        }
        ck_assert_int_eq(wrong, 0);
        ck_assert_uint_eq(tg_csv_lines(csv), LINES);
        tg_csv_close(&csv);
        tg_buf_free(&b);
    }
}
END_TEST

/* What the writer makes of one row, as text. */
static const char *written(const char *path)
{
    static struct tg_buf b;
    tg_buf_free(&b);
    ck_assert_int_eq(tg_file_read_whole(path, 1 << 20, &b, &err), TG_OK);
    return tg_buf_text(&b, &err);
}

START_TEST(writer_quotes_only_where_needed)
{
    char *path = path_of("w.csv");
    struct tg_csv_writer *w = NULL;
    static const char *const cells[] = {"a", "b,c", "d\"e", " f", "g ", "h i", "", "j\nk", "漢字"};
    ck_assert_int_eq(tg_csv_create(path, 0, &w, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put_row(w, cells, 9, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put_int(w, INT64_MIN, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put_real(w, 2.0 / 3, 3, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put_real(w, -0.0001, 2, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put_real(w, -1.5, 0, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put_real(w, (double)NAN, 2, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put_hex(w, "\x01\xAB", 2, &err), TG_OK);
    ck_assert_int_eq(tg_csv_end_row(w, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put(w, "", 0, &err), TG_OK);
    ck_assert_int_eq(tg_csv_end_row(w, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put_raw(w, "x,y\n", 4, &err), TG_OK);
    ck_assert_int_eq(tg_csv_commit(&w, NULL, &err), TG_OK);
    ck_assert_str_eq(written(path), "a,\"b,c\",\"d\"\"e\",\" f\",\"g \",h i,,\"j\nk\",漢字\n"
                                    "-9223372036854775808,0.667,0.00,-2,,01ab\n"
                                    "\"\"\n"
                                    "x,y\n");
    ck_assert_int_eq(tg_csv_create(path, 0, &w, &err), TG_CANT_CREATE);
    (void)written(path);
}
END_TEST

/* libcsv alone on the same text, in the same words; lines are not told. */
static struct tg_buf alone;
static bool alone_first;

static void alone_cell(void *data, size_t len, void *ctx)
{
    (void)ctx;
    if (!alone_first)
        ck_assert_int_eq(tg_buf_add_char(&alone, '|', &err), TG_OK);
    alone_first = false;
    ck_assert_int_eq(tg_buf_add(&alone, data, len, &err), TG_OK);
}

static void alone_row(int end, void *ctx)
{
    (void)end;
    (void)ctx;
    alone_first = true;
    ck_assert_int_eq(tg_buf_add_char(&alone, ';', &err), TG_OK);
}

static const char *rows_of_libcsv(const char *text, size_t len, char delimiter)
{
    struct csv_parser parser;
    tg_buf_free(&alone);
    alone_first = true;
    ck_assert_int_eq(csv_init(&parser, 0), 0);
    csv_set_delim(&parser, (unsigned char)delimiter);
    ck_assert_uint_eq(csv_parse(&parser, text, len, alone_cell, alone_row, NULL), len);
    (void)csv_fini(&parser, alone_cell, alone_row, NULL);
    csv_free(&parser);
    return tg_buf_text(&alone, NULL);
}

/* Lines without quotes are split here and not by libcsv: it must not make a difference. */
START_TEST(rows_are_those_of_libcsv)
{
    static const char alphabet[] = "aa \t,,;\"\r\n\n.";
    uint64_t draw = 88172645463325252u;
    tell_lines = false;
    for (unsigned round = 0; round < 40000; round++) {
        char text[40], delimiter = round % 3 == 0 ? '\t' : round % 3 == 1 ? ';' : ',';
        size_t len = 0;
        for (size_t n = round % (sizeof text - 1); len < n; len++) {
            draw ^= draw << 13;
            draw ^= draw >> 7;
            draw ^= draw << 17;
            text[len] = alphabet[(draw >> 11) % (sizeof alphabet - 1)];
        }
        /* an open quote at the end is an error here, and a cell to libcsv */
        text[len++] = '\n';
        const char *rows = rows_of_delimited(text, len, delimiter);
        if (strchr(rows, '!'))
            continue;
        ck_assert_msg(strcmp(rows, rows_of_libcsv(text, len, delimiter)) == 0,
                      "round %u, `%.*s`: %s, not %s", round, (int)len, text, rows, alone.data);
    }
    tg_buf_free(&alone);
    tell_lines = true;
}
END_TEST

START_TEST(discarded_output_leaves_nothing)
{
    char *path = path_of("gone.csv");
    struct tg_csv_writer *w = NULL;
    ck_assert_int_eq(tg_csv_create(path, 0, &w, &err), TG_OK);
    ck_assert_int_eq(tg_csv_put_text(w, "a", &err), TG_OK);
    tg_csv_discard(&w);
    ck_assert_ptr_null(w);
    ck_assert(!tg_file_exists(path));
    tg_csv_discard(&w);
    tg_csv_close(NULL);
}
END_TEST

int main(void)
{
    if (!mkdtemp(dir))
        return EXIT_FAILURE;
    Suite *s = suite_create("table csv");
    TCase *t = tcase_create("csv");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, rows_know_their_physical_line);
    tcase_add_test(t, cells_are_split_as_rfc_4180_says);
    tcase_add_test(t, bom_and_end_mark_are_no_text);
    tcase_add_test(t, bad_files_are_refused_with_their_line);
    tcase_add_test(t, a_row_is_bounded);
    tcase_add_test(t, blank_lines_never_fill_a_row);
    tcase_add_test(t, what_was_written_is_read_again);
    tcase_add_test(t, lines_are_counted_across_blocks);
    tcase_add_test(t, writer_quotes_only_where_needed);
    tcase_add_test(t, rows_are_those_of_libcsv);
    tcase_add_test(t, discarded_output_leaves_nothing);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    tg_dir_discard(dir);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
