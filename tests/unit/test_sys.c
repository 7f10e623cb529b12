/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "sys/file.h"
#include "sys/thread.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct tg_arena arena;
static struct tg_error err;

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/totsugo-sys-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    ck_assert_int_eq(tg_dir_remove(folder, &err), TG_OK);
    tg_arena_free(&arena);
}

static char *in_folder(const char *name)
{
    char *path = tg_path_join(&arena, folder, name, &err);
    ck_assert_ptr_nonnull(path);
    return path;
}

static size_t count_files(void)
{
    char **names;
    size_t n;
    ck_assert_int_eq(tg_dir_list(folder, &arena, &names, &n, &err), TG_OK);
    return n;
}

static void expect_text(const char *path, const char *text)
{
    struct tg_buf b = {0};
    ck_assert_int_eq(tg_file_read_whole(path, 1000000, &b, &err), TG_OK);
    ck_assert_uint_eq(b.len, strlen(text));
    ck_assert_int_eq(memcmp(b.data, text, b.len), 0);
    tg_buf_free(&b);
}

START_TEST(output_appears_only_when_whole)
{
    struct tg_output *o = NULL;
    const char *path = in_folder("a.csv");
    ck_assert_int_eq(tg_output_begin(path, 0, &o, &err), TG_OK);
    ck_assert_int_eq(tg_output_write(o, "abc", 3, &err), TG_OK);
    ck_assert(!tg_file_exists(path));
    ck_assert_int_eq(tg_output_commit(&o, &err), TG_OK);
    ck_assert_ptr_null(o);
    expect_text(path, "abc");
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(discarded_output_leaves_nothing)
{
    struct tg_output *o = NULL;
    ck_assert_int_eq(tg_output_begin(in_folder("a"), 0, &o, &err), TG_OK);
    ck_assert_int_eq(tg_output_write(o, "abc", 3, &err), TG_OK);
    tg_output_discard(&o);
    ck_assert_uint_eq(count_files(), 0);
}
END_TEST

START_TEST(existing_output_needs_force)
{
    struct tg_output *o = NULL;
    const char *path = in_folder("a");
    ck_assert_int_eq(tg_file_write_whole(path, "old", 3, 0600, false, &err), TG_OK);
    ck_assert_int_eq(tg_output_begin(path, 0, &o, &err), TG_CANT_CREATE);
    ck_assert_int_eq(err.message, TG_MSG_OUTPUT_EXISTS);
    ck_assert_int_eq(tg_file_write_whole(path, "new", 3, 0600, true, &err), TG_OK);
    expect_text(path, "new");
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(output_that_appeared_meanwhile_is_not_overwritten)
{
    struct tg_output *o = NULL;
    const char *path = in_folder("a");
    ck_assert_int_eq(tg_output_begin(path, 0, &o, &err), TG_OK);
    ck_assert_int_eq(tg_file_write_whole(path, "other", 5, 0600, false, &err), TG_OK);
    ck_assert_int_eq(tg_output_commit(&o, &err), TG_CANT_CREATE);
    expect_text(path, "other");
}
END_TEST

START_TEST(outputs_that_belong_together_appear_together)
{
    struct tg_output *a = NULL, *b = NULL;
    struct tg_output **both[] = {&a, &b};
    ck_assert_int_eq(tg_file_write_whole(in_folder("a"), "old", 3, 0600, false, &err), TG_OK);
    ck_assert_int_eq(tg_output_begin(in_folder("a"), TG_OUTPUT_FORCE, &a, &err), TG_OK);
    ck_assert_int_eq(tg_output_begin(in_folder("b"), 0, &b, &err), TG_OK);
    ck_assert_int_eq(tg_output_write(a, "new", 3, &err), TG_OK);
    /* somebody else takes the second name: the first must be as it was */
    ck_assert_int_eq(tg_file_write_whole(in_folder("b"), "theirs", 6, 0600, false, &err), TG_OK);
    ck_assert_int_eq(tg_output_commit_all(both, 2, &err), TG_CANT_CREATE);
    ck_assert_ptr_null(a);
    ck_assert_ptr_null(b);
    expect_text(in_folder("a"), "old");
    expect_text(in_folder("b"), "theirs");
    ck_assert_int_eq(tg_output_begin(in_folder("a"), TG_OUTPUT_FORCE, &a, &err), TG_OK);
    ck_assert_int_eq(tg_output_begin(in_folder("c"), TG_OUTPUT_FORCE, &b, &err), TG_OK);
    ck_assert_int_eq(tg_output_write(a, "new", 3, &err), TG_OK);
    ck_assert_int_eq(tg_output_commit_all(both, 2, &err), TG_OK);
    expect_text(in_folder("a"), "new");
    expect_text(in_folder("c"), "");
    ck_assert_uint_eq(count_files(), 3);
}
END_TEST

START_TEST(large_output_is_written_whole)
{
    enum { PART = 700001, PARTS = 7 };
    struct tg_output *o = NULL;
    char *part = malloc(PART);
    ck_assert_ptr_nonnull(part);
    ck_assert_int_eq(tg_output_begin(in_folder("big"), 0, &o, &err), TG_OK);
    for (int i = 0; i < PARTS; i++) {
        memset(part, 'a' + i, PART);
        ck_assert_int_eq(tg_output_write(o, part, PART, &err), TG_OK);
    }
    ck_assert_int_eq(tg_output_commit(&o, &err), TG_OK);
    struct tg_buf b = {0};
    ck_assert_int_eq(tg_file_read_whole(in_folder("big"), PART * PARTS, &b, &err), TG_OK);
    ck_assert_uint_eq(b.len, (size_t)PART * PARTS);
    size_t wrong = 0;
    for (size_t i = 0; i < b.len; i++)
        wrong += b.data[i] != 'a' + (char)(i / PART);
    ck_assert_uint_eq(wrong, 0);
    b.len = 0;
    ck_assert_int_eq(tg_file_read_whole(in_folder("big"), PART * PARTS - 1, &b, &err), TG_DATA);
    tg_buf_free(&b);
    free(part);
}
END_TEST

START_TEST(inputs_tell_why_they_cannot_be_read)
{
    struct tg_input *in = NULL;
    ck_assert_int_eq(tg_input_open(in_folder("none"), &in, &err), TG_NO_INPUT);
    ck_assert_int_eq(err.message, TG_MSG_FILE_MISSING);
    ck_assert_int_eq(tg_input_open(folder, &in, &err), TG_NO_INPUT);
    ck_assert_int_eq(err.message, TG_MSG_FILE_IS_DIRECTORY);
    ck_assert_ptr_null(in);
}
END_TEST

START_TEST(secrets_that_others_can_read_are_refused)
{
    struct tg_buf b = {0};
    const char *path = in_folder("key");
    ck_assert_int_eq(tg_file_write_whole(path, "k", 1, 0600, false, &err), TG_OK);
    ck_assert_int_eq(tg_file_read_secret(path, 10, &b, &err), TG_OK);
    static const mode_t open_modes[] = {0640, 0604, 0620, 0644, 0610};
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        ck_assert_int_eq(chmod(path, open_modes[i]), 0);
        ck_assert_int_eq(tg_file_read_secret(path, 10, &b, &err), TG_NO_PERMISSION);
    }
    tg_buf_free(&b);
}
END_TEST

START_TEST(lock_is_held_once)
{
    struct tg_lock *a = NULL, *b = NULL;
    const char *path = in_folder("lock");
    ck_assert_int_eq(tg_lock_take(path, &a, &err), TG_OK);
    ck_assert_int_eq(tg_lock_take(path, &b, &err), TG_BUSY);
    ck_assert_ptr_null(b);
    tg_lock_release(&a);
    ck_assert_int_eq(tg_lock_take(path, &b, &err), TG_OK);
    tg_lock_release(&b);
}
END_TEST

START_TEST(folder_is_replaced_in_one_step)
{
    const char *made = in_folder("made"), *place = in_folder("place");
    for (int round = 0; round < 2; round++) {
        const char *text = round ? "second" : "first";
        ck_assert_int_eq(tg_dir_make(made, &err), TG_OK);
        char *file = tg_path_join(&arena, made, "f", &err);
        ck_assert_int_eq(tg_file_write_whole(file, text, strlen(text), 0600, false, &err), TG_OK);
        bool had_old;
        ck_assert_int_eq(tg_dir_place(made, place, &had_old, &err), TG_OK);
        ck_assert_int_eq(had_old, round == 1);
        expect_text(tg_path_join(&arena, place, "f", &err), text);
        if (round == 1) {
            tg_dir_take_back(made, place, had_old);
            expect_text(tg_path_join(&arena, place, "f", &err), "first");
            ck_assert_int_eq(tg_dir_place(made, place, &had_old, &err), TG_OK);
        }
        tg_dir_discard(made);
        ck_assert(!tg_dir_exists(made));
        ck_assert_uint_eq(count_files(), 1);
    }
}
END_TEST

START_TEST(names_are_listed_in_byte_order)
{
    static const char *const names[] = {"b", "a", "Z", "10", "9"};
    static const char *const sorted[] = {"10", "9", "Z", "a", "b"};
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(tg_file_write_whole(in_folder(names[i]), "", 0, 0600, false, &err), TG_OK);
    char **list;
    size_t n;
    ck_assert_int_eq(tg_dir_list(folder, &arena, &list, &n, &err), TG_OK);
    ck_assert_uint_eq(n, 5);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(list[i], sorted[i]);
}
END_TEST

START_TEST(paths_are_joined_and_split)
{
    ck_assert_str_eq(tg_path_join(&arena, "a", "b", &err), "a/b");
    ck_assert_str_eq(tg_path_join(&arena, "a/", "b", &err), "a/b");
    ck_assert_str_eq(tg_path_join(&arena, "", "b", &err), "b");
    ck_assert_str_eq(tg_path_join(&arena, "a", "/b", &err), "/b");
    ck_assert_str_eq(tg_path_dir(&arena, "x/y", &err), "x");
    ck_assert_str_eq(tg_path_dir(&arena, "y", &err), ".");
    ck_assert_str_eq(tg_path_dir(&arena, "/y", &err), "/");
    ck_assert_str_eq(tg_path_base("x/y"), "y");
}
END_TEST

START_TEST(scratch_has_no_name_and_keeps_bytes)
{
    struct tg_scratch *s = NULL;
    char got[6];
    ck_assert_int_eq(tg_scratch_open(folder, &s, &err), TG_OK);
    ck_assert_uint_eq(count_files(), 0);
    ck_assert_int_eq(tg_scratch_write(s, 1000000, "abcdef", 6, &err), TG_OK);
    ck_assert_int_eq(tg_scratch_read(s, 1000002, got, 4, &err), TG_OK);
    ck_assert_int_eq(memcmp(got, "cdef", 4), 0);
    ck_assert_int_eq(tg_scratch_read(s, 1000003, got, 6, &err), TG_IO);
    tg_scratch_close(&s);
}
END_TEST

static void add_one(void *ctx)
{
    ++*(int *)ctx;
}

START_TEST(threads_run_and_join)
{
    int n = 0;
    for (int i = 0; i < 10; i++) {
        struct tg_thread *t = NULL;
        ck_assert_int_eq(tg_thread_start(add_one, &n, &t, &err), TG_OK);
        tg_thread_join(&t);
        ck_assert_ptr_null(t);
    }
    ck_assert_int_eq(n, 10);
    ck_assert_uint_ge(tg_cpu_count(), 1);
}
END_TEST

static enum tg_status end_somehow(void *ctx, struct tg_error *said)
{
    int *how = ctx, end = *how;
    *how = 99;
    if (end < 0)
        (void)raise(SIGKILL); /* which no sanitizer catches */
    if (end == TG_CANCELLED)
        return TG_FAIL(said, TG_MSG_CANCELLED, .file = "y", .line = 7);
    return (enum tg_status)end;
}

START_TEST(a_child_ends_as_its_task_says)
{
    static const struct {
        int how;
        enum tg_status want;
        enum tg_message message;
        const char *file;
    } cases[] = {{-1, TG_NO_MEMORY, TG_MSG_CHILD_ENDED, "x"},
                 {TG_OK, TG_OK, TG_MSG_CANCELLED, NULL},
                 {TG_NO_MEMORY, TG_NO_MEMORY, TG_MSG_NO_MEMORY, "x"},
                 {TG_IO, TG_IO, TG_MSG_WRITE_FAILED, "x"},
                 {TG_CANCELLED, TG_CANCELLED, TG_MSG_CANCELLED, "y"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int how = cases[i].how;
        ck_assert_int_eq(tg_child_run(end_somehow, &how, "x", &err), cases[i].want);
        ck_assert_int_eq(how, cases[i].how); /* its memory is its own */
        if (!cases[i].want)
            continue;
        ck_assert_int_eq(err.message, cases[i].message);
        ck_assert_str_eq(err.file, cases[i].file);
    }
}
END_TEST

START_TEST(a_child_is_waited_for_where_nobody_wants_to_hear_of_children)
{
    int how = TG_OK;
    ck_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(tg_child_run(end_somehow, &how, "x", &err), TG_OK);
    ck_assert(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
}
END_TEST

START_TEST(times_are_written_as_iso)
{
    char text[21];
    tg_clock_iso(0, text, sizeof text);
    ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
    tg_clock_iso(1767225599, text, sizeof text);
    ck_assert_str_eq(text, "2025-12-31T23:59:59Z");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sys");
    TCase *t = tcase_create("sys");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, output_appears_only_when_whole);
    tcase_add_test(t, discarded_output_leaves_nothing);
    tcase_add_test(t, existing_output_needs_force);
    tcase_add_test(t, output_that_appeared_meanwhile_is_not_overwritten);
    tcase_add_test(t, outputs_that_belong_together_appear_together);
    tcase_add_test(t, large_output_is_written_whole);
    tcase_add_test(t, inputs_tell_why_they_cannot_be_read);
    tcase_add_test(t, secrets_that_others_can_read_are_refused);
    tcase_add_test(t, lock_is_held_once);
    tcase_add_test(t, folder_is_replaced_in_one_step);
    tcase_add_test(t, names_are_listed_in_byte_order);
    tcase_add_test(t, paths_are_joined_and_split);
    tcase_add_test(t, scratch_has_no_name_and_keeps_bytes);
    tcase_add_test(t, threads_run_and_join);
    tcase_add_test(t, a_child_ends_as_its_task_says);
    tcase_add_test(t, a_child_is_waited_for_where_nobody_wants_to_hear_of_children);
    tcase_add_test(t, times_are_written_as_iso);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
