/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "store_help.h"

#include "store/remembered.h"

enum { N = 4 };

static struct tg_buf settings, parts[N], loaded[N + 1];

static void set(struct tg_buf *buf, const char *text)
{
    buf->len = 0;
    OK(tg_buf_add(buf, text, strlen(text), &err));
}

static void free_loaded(void)
{
    for (size_t i = 0; i <= N; i++)
        tg_buf_free(&loaded[i]);
}

/* Is everything there, as it was saved? */
static bool is_remembered(const char *provider, size_t n)
{
    bool same = n == N;
    size_t bytes = 0;
    free_loaded();
    OK(tg_memory_load(store, provider, &settings, loaded, n, &err));
    for (size_t i = 0; i < n; i++) {
        bytes += loaded[i].len;
        same = same && loaded[i].len == parts[i].len &&
               (!loaded[i].len || memcmp(loaded[i].data, parts[i].data, parts[i].len) == 0);
    }
    ck_assert_msg(same || bytes == 0, "half a memory");
    return same;
}

static void remember(void)
{
    set(&settings, "as they are");
    set(&parts[0], "one");
    set(&parts[1], "two");
    set(&parts[2], "");
    set(&parts[3], "twx");
    OK(tg_memory_save(store, "walk", &settings, parts, N, &err));
    ck_assert(is_remembered("walk", N));
}

static void forget(void)
{
    free_loaded();
    tg_buf_free(&settings);
    for (size_t i = 0; i < N; i++)
        tg_buf_free(&parts[i]);
}

START_TEST(what_is_saved_is_read_under_the_same_settings)
{
    remember();
    ck_assert(!is_remembered("run", N));
    ck_assert(!is_remembered("walk", N - 1));
    ck_assert(!is_remembered("walk", N + 1));
    set(&settings, "as they were");
    ck_assert(!is_remembered("walk", N));
    set(&settings, "as they are");
    ck_assert(is_remembered("walk", N));
    set(&parts[1], "three");
    OK(tg_memory_save(store, "walk", &settings, parts, N, &err));
    ck_assert(is_remembered("walk", N));
    forget();
}
END_TEST

static const char *const damages[] = {
    "UPDATE link_memory SET data = CAST('twa' AS BLOB) WHERE part = 1",
    "UPDATE link_memory SET data = CAST('t' AS BLOB) WHERE part = 2",
    "UPDATE link_memory SET digest = replace(digest, 'a', 'b') WHERE part = 3",
    "DELETE FROM link_memory WHERE part = 0",
    "DELETE FROM link_memory WHERE part = 3",
    "UPDATE link_memory SET part = part + 1 WHERE part = 3",
    "UPDATE link_memory SET part = 9 - part WHERE part IN (1, 3);"
    "UPDATE link_memory SET part = 9 - part - 5 WHERE part > 4",
};

START_TEST(what_is_damaged_is_not_read)
{
    remember();
    tamper(damages[_i]);
    ck_assert(!is_remembered("walk", N));
    remember();
    forget();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_remembered");
    TCase *t = tcase_create("store_remembered");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_saved_is_read_under_the_same_settings);
    tcase_add_loop_test(t, what_is_damaged_is_not_read, 0,
                        (int)(sizeof damages / sizeof damages[0]));
    suite_add_tcase(s, t);
    return run_tests(s);
}
