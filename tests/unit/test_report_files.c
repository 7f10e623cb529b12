/* SPDX-License-Identifier: Apache-2.0 */
/* report.xlsx and run.json. */
#define _DEFAULT_SOURCE
#include "sys/file.h"

#include "test_report_samples.h"

#include <check.h>
#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 24 };

static char folder[] = "/tmp/totsugo-test-report-XXXXXX";

/* A name in the folder of this run. */
static const char *in_folder(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void read_file(const char *path, struct tg_buf *out)
{
    struct tg_error err;
    out->len = 0;
    ck_assert_int_eq(tg_file_read_whole(path, FILE_MAX, out, &err), TG_OK);
}

static size_t files_in(const char *dir)
{
    size_t n = 0;
    DIR *d = opendir(dir);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

START_TEST(workbook_is_the_same_a_second_later)
{
    char dir[] = "/tmp/totsugo-test-xlsx-XXXXXX";
    char first[64], second[64];
    struct sample s;
    struct tg_error err;
    struct tg_buf a = {0}, b = {0};
    sample_full(&s);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(first, sizeof first, "%s/a.xlsx", dir);
    (void)snprintf(second, sizeof second, "%s/b.xlsx", dir);
    ck_assert_int_eq(tg_report_xlsx(&s.report, first, &err), TG_OK);
    /* a ZIP archive counts time in steps of two seconds */
    usleep(2100 * 1000);
    setenv("TZ", "America/New_York", 1);
    ck_assert_int_eq(tg_report_xlsx(&s.report, second, &err), TG_OK);
    read_file(first, &a);
    read_file(second, &b);
    ck_assert_uint_gt(a.len, 4000);
    ck_assert_int_eq(memcmp(a.data, "PK\3\4", 4), 0);
    ck_assert_uint_eq(a.len, b.len);
    ck_assert_int_eq(memcmp(a.data, b.data, a.len), 0);
    struct stat st;
    ck_assert_int_eq(stat(first, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    ck_assert_uint_eq(files_in(dir), 2);
    tg_buf_free(&a);
    tg_buf_free(&b);
    ck_assert_int_eq(tg_dir_remove(dir, &err), TG_OK);
}
END_TEST

/* One part of the workbook as text, where unzip is there to tell; else empty. */
static void part_of(const char *path, const char *part, char *out, size_t size)
{
    char command[256];
    (void)snprintf(command, sizeof command,
                   "if command -v unzip >/dev/null; then unzip -p %s %s; fi", path, part);
    FILE *f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    size_t len = fread(out, 1, size - 1, f);
    out[len] = '\0';
    ck_assert_int_eq(pclose(f), 0);
}

START_TEST(workbook_hides_what_the_page_hides)
{
    const char *path = in_folder("report.xlsx");
    static char text[1 << 16];
    struct sample s;
    struct tg_error err;
    sample_tiny(&s);
    tg_file_remove(path);
    ck_assert_int_eq(tg_report_xlsx(&s.report, path, &err), TG_OK);
    part_of(path, "xl/worksheets/sheet2.xml", text, sizeof text);
    for (int n = 1; text[0] && n < 10; n++) {
        char shown[16];
        (void)snprintf(shown, sizeof shown, "\"><v>%d</v>", n);
        const char *at = strstr(text, shown);
        /* cells of type s are numbers of strings */
        ck_assert_msg(!at || strncmp(at - 4, "t=\"s", 4) == 0, "a count of %d", n);
    }
    part_of(path, "xl/sharedStrings.xml", text, sizeof text);
    if (text[0]) {
        ck_assert_ptr_nonnull(strstr(text, "&lt;10"));
        ck_assert_ptr_nonnull(strstr(text, "匿名加工情報ではありません"));
    }
    part_of(path, "docProps/core.xml", text, sizeof text);
    if (text[0])
        ck_assert_ptr_nonnull(strstr(text, "2026-03-01T00:00:00Z"));
    tg_file_remove(path);
}
END_TEST

START_TEST(workbook_of_every_situation)
{
    const char *path = in_folder("report.xlsx");
    static void (*const samples[])(struct sample *) = {sample_full, sample_no_cohort,
                                                       sample_nobody_linked};
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct sample s;
        struct tg_error err;
        samples[i](&s);
        tg_file_remove(path);
        ck_assert_int_eq(tg_report_xlsx(&s.report, path, &err), TG_OK);
        tg_file_remove(path);
    }
}
END_TEST

static json_t *json_of(const struct sample *s, struct tg_buf *buf)
{
    const char *path = in_folder("run.json");
    static const struct tg_output_digest outputs[] = {{.name = "links.csv", .sha256 = "00ff"},
                                                      {.name = "report.html", .sha256 = "11ee"}};
    struct tg_error err;
    tg_file_remove(path);
    ck_assert_int_eq(tg_report_json(&s->report, outputs, 2, path, &err), TG_OK);
    read_file(path, buf);
    tg_file_remove(path);
    json_t *root = json_loadb(buf->data, buf->len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(root);
    return root;
}

static json_int_t integer(json_t *object, const char *name)
{
    ck_assert_msg(json_is_integer(json_object_get(object, name)), "no count %s", name);
    return json_integer_value(json_object_get(object, name));
}

START_TEST(run_json_has_every_step)
{
    struct sample s;
    struct tg_buf a = {0}, b = {0};
    sample_full(&s);
    json_t *root = json_of(&s, &a);
    json_t *users = json_object_get(root, "users");
    ck_assert_int_eq(integer(users, "users"), 2000);
    ck_assert_int_eq(integer(users, "no_consent"), 150);
    ck_assert_int_eq(integer(users, "linked"), 1530);
    ck_assert_int_eq(integer(json_object_get(root, "cohort"), "no_control"), 40);
    ck_assert_uint_eq(json_array_size(json_object_get(root, "inputs")), 6);
    ck_assert_uint_eq(json_array_size(json_object_get(root, "outcomes")), 6);
    ck_assert_str_eq(json_string_value(json_object_get(root, "month")), "2026-03");
    ck_assert_str_eq(json_string_value(json_object_get(root, "as_of")), "2026-03-31");
    json_t *output = json_array_get(json_object_get(root, "outputs"), 1);
    ck_assert_str_eq(json_string_value(json_object_get(output, "sha256")), "11ee");
    json_t *rules = json_object_get(json_object_get(root, "settings"), "cohort");
    ck_assert_int_eq(integer(rules, "seed"), 20260401);
    ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(rules, "match"), "exact")),
                      3);
    json_decref(root);
    json_decref(json_of(&s, &b));
    ck_assert_uint_eq(a.len, b.len);
    ck_assert_int_eq(memcmp(a.data, b.data, a.len), 0);
    tg_buf_free(&a);
    tg_buf_free(&b);
}
END_TEST

START_TEST(run_json_has_null_for_what_is_no_number)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_tiny(&s);
    s.study.min_cell = UINT_MAX;
    json_t *root = json_of(&s, &buf);
    json_t *effect = json_array_get(json_object_get(root, "outcomes"), 2);
    ck_assert(json_is_null(json_object_get(effect, "effect")));
    ck_assert(json_is_true(json_object_get(effect, "hidden")));
    ck_assert(json_is_null(json_object_get(json_object_get(root, "disclosure"), "min_cell")));
    /* it stays at the municipality: counts are as they are */
    ck_assert_int_eq(integer(json_object_get(root, "cohort"), "matched"), 7);
    json_decref(root);
    sample_no_cohort(&s);
    root = json_of(&s, &buf);
    ck_assert(json_is_null(json_object_get(root, "cohort")));
    ck_assert_uint_eq(json_array_size(json_object_get(root, "events")), 0);
    json_decref(root);
    tg_buf_free(&buf);
}
END_TEST

#define COUNTS(users, consents, small, n, hidden, group)                                           \
    "{\"users\":{\"users\":" #users ",\"no_consent\":" #consents ",\"review\":" #small             \
    "},\"cohort\":{\"unmatched\":{\"used_up\":" #users "},\"quality\":{\"products\":" #users       \
    "}},\"outcomes\":[{\"outcome\":\"a\",\"design\":\"did\",\"n_controls\":500,\"hidden\":false}," \
    "{\"outcome\":\"b\",\"design\":\"did\",\"n_controls\":" #n ",\"hidden\":" #hidden "}],"        \
    "\"subgroups\":[{\"outcome\":\"b\",\"level\":\"" group "\",\"n_controls\":" #n "}]}"

static size_t differing(const char *before, const char *now, unsigned min_cell)
{
    size_t n;
    ck_assert_int_eq(tg_file_write_whole("before", before, strlen(before), 0600, true, NULL), 0);
    ck_assert_int_eq(tg_file_write_whole("now", now, strlen(now), 0600, true, NULL), 0);
    ck_assert_int_eq(tg_report_differing("before", "now", min_cell, &n, NULL), TG_OK);
    tg_file_remove("before");
    tg_file_remove("now");
    return n;
}

START_TEST(counts_that_differ_by_a_few_are_counted)
{
    const char *before = COUNTS(100, 40, 3, 50, false, "x");
    ck_assert_uint_eq(differing(before, before, 10), 0);
    /* users and those whom another has used up; the rest is not told, or is of no people */
    ck_assert_uint_eq(differing(before, COUNTS(101, 40, 3, 50, false, "x"), 10), 2);
    ck_assert_uint_eq(differing(before, COUNTS(109, 40, 3, 50, false, "x"), 10), 2);
    ck_assert_uint_eq(differing(before, COUNTS(110, 40, 3, 50, false, "x"), 10), 0);
    ck_assert_uint_eq(differing(before, COUNTS(110, 40, 3, 50, false, "x"), 20), 2);
    ck_assert_uint_eq(differing(before, COUNTS(100, 40, 4, 50, false, "x"), 10), 0);
    ck_assert_uint_eq(differing(before, COUNTS(100, 9, 3, 50, false, "x"), 10), 0);
    ck_assert_uint_eq(differing(before, COUNTS(100, 40, 3, 48, false, "x"), 10), 2);
    ck_assert_uint_eq(differing(before, COUNTS(100, 40, 3, 48, true, "x"), 10), 1);
    ck_assert_uint_eq(differing(before, COUNTS(100, 40, 3, 48, false, "y"), 10), 1);
    ck_assert_uint_eq(differing(before, COUNTS(101, 40, 3, 48, false, "x"), 1), 0);
    ck_assert_uint_eq(differing(before, COUNTS(101, 40, 3, 48, false, "x"), UINT_MAX), 0);
    ck_assert_uint_eq(differing("[", "{\"users\":[]}", 10), 0);
}
END_TEST

int main(void)
{
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    Suite *s = suite_create("report files");
    TCase *t = tcase_create("files");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, workbook_is_the_same_a_second_later);
    tcase_add_test(t, workbook_hides_what_the_page_hides);
    tcase_add_test(t, workbook_of_every_situation);
    tcase_add_test(t, run_json_has_every_step);
    tcase_add_test(t, run_json_has_null_for_what_is_no_number);
    tcase_add_test(t, counts_that_differ_by_a_few_are_counted);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    (void)rmdir(folder);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
