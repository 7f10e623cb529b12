/* SPDX-License-Identifier: Apache-2.0 */
/* When a file has been pseudonymized, no byte of its values is left in the memory of the process:
 * not in what was freed, not on a stack. */
#define _DEFAULT_SOURCE
#include "intake_fixture.h"

#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

enum { ROWS = 20000, MARK = 12, MASK = 0x55, AREA_MAX = 1 << 30 /* a sanitizer's is larger */ };

static const char study[] = "version: 1\nstudy: " STUDY_ID "\n"
                            "sources: {r: {kind: users, provider: p, columns: {insured_symbol: s,"
                            " kana_name: k, app_user_id: u, birth_date: b}}}\n"
                            "tokens: {a: [insured_symbol, birth_date], c: [kana_name_folded~1,"
                            " birth_date]}\n";

static struct fixture f;

static void setup(void)
{
    fixture_begin(&f, study);
}

static void teardown(void)
{
    fixture_end(&f);
}

/* The mark as it must not lie in memory; here it is masked. */
static const unsigned char masked[MARK] = {'Q' ^ MASK, 'Z' ^ MASK, 'X' ^ MASK, 'J' ^ MASK,
                                           'V' ^ MASK, 'K' ^ MASK, 'W' ^ MASK, 'G' ^ MASK,
                                           'P' ^ MASK, 'M' ^ MASK, 'H' ^ MASK, 'Y' ^ MASK};

__attribute__((no_sanitize("address"))) static bool is_mark(const unsigned char *at)
{
    size_t i = 0;
    while (i < MARK && (at[i] ^ MASK) == masked[i])
        i++;
    return i == MARK;
}

/* Every row has the mark in every column of text. */
static void put_row(char *row, size_t size, int i, size_t *len)
{
    char mark[MARK + 1];
    for (size_t j = 0; j < MARK; j++)
        mark[j] = (char)(masked[j] ^ MASK);
    mark[MARK] = '\0';
    *len = (size_t)snprintf(row, size, "%s%d,%s %d,%s-%d,19%02d0401\n", mark, i, mark, i, mark, i,
                            i % 100);
    tg_wipe(mark, sizeof mark);
}

/* Straight to the file, past the buffers of stdio. */
static char *make_input(const char *name, bool packed)
{
    char *path = at(&f, name), row[256];
    static const char header[] = "s,k,u,b\n";
    gzFile z = gzopen(path, packed ? "wb1" : "wbT");
    ck_assert_ptr_nonnull(z);
    ck_assert_int_gt(gzwrite(z, header, sizeof header - 1), 0);
    for (int i = 0; i < ROWS; i++) {
        size_t len;
        put_row(row, sizeof row, i, &len);
        ck_assert_int_eq(gzwrite(z, row, (unsigned)len), (int)len);
    }
    ck_assert_int_eq(gzclose(z), Z_OK);
    tg_wipe(row, sizeof row);
    return path;
}

/* How often the mark lies in the memory that this process can write to. */
static size_t count_marks(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t found = 0;
    char line[512];
    if (!maps)
        return 0;
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char mode[8];
        if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || strncmp(mode, "rw", 2) != 0 ||
            to - from > AREA_MAX || strstr(line, "[v"))
            continue;
        const unsigned char *begin = (const unsigned char *)from;
        for (const unsigned char *p = begin; p + MARK <= (const unsigned char *)to; p++)
            found += is_mark(p);
    }
    fclose(maps);
    return found;
}

static size_t marks_after(const char *input, unsigned threads, bool check_only)
{
    const char *inputs[] = {input};
    struct tg_pseudonymize_options o = options(&f, "r", inputs, 1);
    o.threads = threads;
    o.memory = 16 << 20;
    o.check_only = check_only;
    ck_assert_int_eq(run(&f, &o), TG_OK);
    ck_assert_uint_eq(f.result.rows, ROWS);
    return count_marks();
}

/* The writer of the file is no part of the program: a process of its own makes it. */
static char *make_apart(const char *name, bool packed)
{
    char *path = at(&f, name);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        (void)make_input(name, packed);
        _exit(0);
    }
    int how;
    ck_assert_int_eq(waitpid(pid, &how, 0), pid);
    ck_assert_int_eq(how, 0);
    return path;
}

START_TEST(no_value_stays_in_memory)
{
    char *plain = make_apart("in.csv", false), *packed = make_apart("in.gz", true);
    char row[256];
    size_t len;
    ck_assert_uint_eq(count_marks(), 0);
    put_row(row, sizeof row, 1, &len);
    ck_assert_uint_ge(count_marks(), 3); /* the search sees what is there */
    tg_wipe(row, sizeof row);
    ck_assert_uint_eq(marks_after(plain, 1, false), 0);
    ck_assert_uint_eq(marks_after(plain, 2, false), 0);
    ck_assert_uint_eq(marks_after(packed, 1, true), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake wiped");
    TCase *c = tcase_create("wiped");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 110);
    tcase_add_test(c, no_value_stays_in_memory);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
