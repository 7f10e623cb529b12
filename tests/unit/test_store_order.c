/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of import does not matter: files come late, twice, in a wrong version that is replaced,
 * or are taken back, and the store says the same in the end.
 */
#define _DEFAULT_SOURCE
#include "store_help.h"

#include "store/room.h"

enum { WORLDS = 3, ORDERS = 3, ROWS_MAX = 12 };

static const struct {
    const char *source, *period;
} files[] = {{"roster", "2025-01"},  {"roster", "2025-02"}, {"roster", "2025-03"},
             {"care", "2025-01"},    {"care", "2025-03"},   {"medical", "2025-01"},
             {"medical", "2025-02"}, {"users", "2025-01"},  {"users", "2025-02"},
             {"steps", "2025-01"},   {"steps", "2025-02"},  {"consents", "2025-01"},
             {"consents", "2025-02"}};
enum { N_FILES = sizeof files / sizeof files[0] };

static uint64_t random_state;

static int pick(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

static void draw_row(const char *source, bool final, char out[128])
{
    int a = pick(6), b = pick(8), c = pick(6), month = 1 + pick(2), day = 1 + pick(9);
    if (strcmp(source, "roster") == 0)
        (void)snprintf(out, 128, "@n%d,@r%d,@k%d,@x%d,1950-0%d,1,%s,201%d-01-01,", a, b, c, c,
                       month, pick(2) ? "east" : "", day);
    else if (strcmp(source, "care") == 0)
        (void)snprintf(out, 128, "@c%d,@r%d,@k%d,@x%d,1950-0%d,1,,,,%d", a, b, c, c, month, day);
    else if (strcmp(source, "medical") == 0)
        (void)snprintf(out, 128, "@n%d,@k%d,@x%d,2025-0%d,I1%d,%d", a, c, c, month, day, 100 * day);
    else if (strcmp(source, "users") == 0)
        (void)snprintf(out, 128, "@a%d,@k%d,@x%d,walk,1950-0%d,1,2025-01-0%d", a, c, c, month, day);
    else if (strcmp(source, "steps") == 0)
        (void)snprintf(out, 128, "@a%d,2025-01-0%d,%d.5,%s", a, day, 10 * day, pick(2) ? "70" : "");
    else /* what withdraws stays known, so only what is meant withdraws */
        (void)snprintf(out, 128, "@a%d,walk,p%d,f%d,web,2025-01-0%d,%s", a, pick(2), pick(2), day,
                       final && pick(3) == 0 ? "2025-02-01" : "");
}

/* The file as it is meant, or a wrong version of it. */
static void import_file(size_t f, uint64_t world, bool final)
{
    static char text[ROWS_MAX][128];
    const char *rows[ROWS_MAX + 1] = {NULL};
    uint64_t kept = random_state;
    random_state = final ? world * 1000 + f : kept;
    int n = 1 + pick(ROWS_MAX);
    for (int i = 0; i < n; i++) {
        draw_row(files[f].source, final, text[i]);
        rows[i] = text[i];
    }
    random_state = final ? kept : random_state;
    (void)take(files[f].source, files[f].period, rows);
}

static void retract_file(size_t f)
{
    retract(files[f].source, files[f].period);
}

static void shuffle(size_t order[N_FILES])
{
    for (size_t i = 0; i < N_FILES; i++)
        order[i] = i;
    for (size_t i = N_FILES - 1; i > 0; i--) {
        size_t j = (size_t)pick((int)i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static void import_all(uint64_t world, bool straight)
{
    size_t order[N_FILES];
    shuffle(order);
    for (size_t i = 0; i < N_FILES; i++) {
        size_t f = straight ? i : order[i];
        int detour = straight ? 0 : pick(5);
        if (detour == 1 || detour == 2)
            import_file(f, world, false);
        if (detour == 2)
            retract_file(f);
        import_file(f, world, true);
        if (detour == 3) {
            retract_file(f);
            import_file(f, world, true);
        }
        if (detour == 4)
            import_file(order[pick((int)i + 1)], world, true);
    }
}

START_TEST(the_order_of_files_does_not_matter)
{
    struct tg_buf expected = {0}, found = {0};
    uint64_t world = (uint64_t)_i + 1;
    random_state = world * 7919;
    import_all(world, true);
    dump_store(&expected);
    ck_assert_uint_gt(expected.len, 1000);
    for (int o = 0; o < ORDERS; o++) {
        start_again();
        import_all(world, false);
        dump_store(&found);
        ck_assert_msg(found.len == expected.len &&
                          memcmp(found.data, expected.data, found.len) == 0,
                      "world %d, order %d", _i, o);
        OK(tg_store_verify(store, NULL, &err));
    }
    tg_buf_free(&expected);
    tg_buf_free(&found);
}
END_TEST

/* Few rows of a large source are looked up in the table, many in memory: it must not show. */
START_TEST(few_rows_find_what_many_rows_find)
{
    enum { MANY = 100 };
    static char text[MANY][96];
    const char *many[MANY + 1] = {NULL};
    const char *const *few = ROWS("@n7,@r7,@k7,@x7,1950-01,1,,,", "@n200,@r7,@k7,@x7,1950-01,1,,,",
                                  "@n200,@r7,@k7,@x7,1950-01,1,,,", "@n8,@r8,@k8,@x8,1950-01,1,,,",
                                  "@n201,@r201,@k8,@x8,1950-01,1,,,");
    struct tg_buf first = {0}, last = {0};
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(text[i], sizeof text[i], "@n%d,@r%d,@k%d,@x%d,1950-01,1,,,", i, i, i, i);
        many[i] = text[i];
    }
    ck_assert_uint_eq(take("roster", "2025-01", few).new_identities, 4);
    ck_assert_uint_eq(take("roster", "2025-02", many).new_identities, MANY - 2);
    dump_store(&first);
    start_again();
    ck_assert_uint_eq(take("roster", "2025-02", many).new_identities, MANY);
    ck_assert_uint_eq(take("roster", "2025-01", few).new_identities, 2);
    dump_store(&last);
    ck_assert_str_eq(tg_buf_text(&first, &err), tg_buf_text(&last, &err));
    ck_assert_int_eq(number("SELECT count(*) FROM identity WHERE seen_from = 2025 * 12"), 4);
    OK(tg_store_verify(store, NULL, &err));
    tg_buf_free(&first);
    tg_buf_free(&last);
}
END_TEST

START_TEST(what_is_different_is_told)
{
    struct tg_buf a = {0}, b = {0};
    (void)take("medical", "2025-01", ROWS("@n1,@k1,@x1,2025-01,I10,100"));
    dump_store(&a);
    (void)take("medical", "2025-01", ROWS("@n1,@k1,@x1,2025-01,I10,101"));
    dump_store(&b);
    ck_assert(a.len != b.len || memcmp(a.data, b.data, a.len) != 0);
    ck_assert_ptr_nonnull(strstr(tg_buf_text(&b, &err), "\t101\t"));
    tg_buf_free(&a);
    tg_buf_free(&b);
}
END_TEST

START_TEST(what_was_taken_back_is_gone)
{
    struct tg_import_result r;
    struct tg_buf before = {0}, after = {0};
    (void)take("roster", "2025-01", ROWS("@n1,,@k1,,1950-03,1,,,", "@n2,,@k2,,1950-03,1,,,"));
    (void)take("users", "2025-01", ROWS("@a1,@k1,@x1,walk,1950-03,1,"));
    int64_t first = person_of("roster", "2025-01", 0), second = person_of("roster", "2025-01", 1);
    dump_store(&before);
    /* a wrong bridge and a wrong grant */
    (void)take("roster", "2025-02", ROWS("@n1,@r1,@k1,,1950-03,1,,,", "@n2,@r1,@k1,,1950-03,1,,,"));
    (void)take("consents", "2025-02", ROWS("@a1,walk,outcome-evaluation,f1,web,2025-01-05,"));
    OK(tg_import_retract(store, "roster", "2025-02", NULL, &r, &err));
    ck_assert_uint_eq(r.rows, 2);
    OK(tg_import_retract(store, "consents", "2025-02", NULL, &r, &err));
    ck_assert_int_eq(person_of("roster", "2025-01", 0), first);
    ck_assert_int_eq(person_of("roster", "2025-01", 1), second);
    dump_store(&after);
    ck_assert_str_eq(tg_buf_text(&before, &err), tg_buf_text(&after, &err));
    ck_assert_int_eq(number("SELECT count(*) FROM audit WHERE verb = 'retract'"), 2);
    ck_assert_int_eq(tg_import_retract(store, "roster", "2025-02", NULL, &r, &err), TG_NO_INPUT);
    ck_assert_int_eq(err.message, TG_MSG_RETRACT_NOTHING);
    ck_assert_int_eq(tg_import_retract(store, "nothing", "2025-01", NULL, &r, &err), TG_NO_INPUT);
    ck_assert_int_eq(tg_import_retract(store, "roster", "2025", NULL, &r, &err), TG_USAGE);
    OK(tg_store_verify(store, NULL, &err));
    tg_buf_free(&before);
    tg_buf_free(&after);
}
END_TEST

START_TEST(a_withdrawal_outlives_the_file_that_is_taken_back)
{
    struct tg_import_result r;
    struct tg_users users;
    (void)take("users", "2025-01", ROWS("@a1,,,walk,1950-03,1,"));
    (void)take("consents", "2025-01",
               ROWS("@a1,walk,outcome-evaluation,f1,web,2025-01-05,2025-01-06"));
    OK(tg_import_retract(store, "consents", "2025-01", NULL, &r, &err));
    (void)take("consents", "2025-02", ROWS("@a1,walk,outcome-evaluation,f1,web,2025-01-05,"));
    OK(tg_store_users(store, LATE, 20250301, &users, &err));
    ck_assert_int_eq(users.items[0].consent, TG_CONSENT_WITHDRAWN);
    tg_users_free(&users);
}
END_TEST

START_TEST(the_store_says_what_it_has_and_lacks)
{
    struct tg_gap *gaps;
    struct tg_arena arena = {0};
    struct tg_buf text = {0};
    size_t n;
    (void)take("roster", "2024-11", ROWS("@n1,,@k1,,1950-03,1,,,"));
    (void)take("roster", "2025-02", ROWS("@n1,,@k1,,1950-03,1,,,"));
    (void)take("users", "2025-01", ROWS("@a1,,,walk,1950-03,1,"));
    (void)take("care", "", ROWS("@c1,@r1,@k1,,1950-03,1,,,,"));
    OK(tg_store_status(store, in_dir("status.csv"), false, &err));
    OK(tg_file_read_whole(in_dir("status.csv"), 1 << 20, &text, &err));
    static const char *const lines[] = {
        "source,kind,provider,period,state,rows,purged,sha256\nroster,roster,,2024-11,there,1,0,",
        "\nroster,roster,,2024-12,missing,,,\nroster,roster,,2025-01,missing,,,\n",
        "\nroster,roster,,2025-02,there,1,0,",
        "\ncare,roster,,,there,1,0,",
        "\nmedical,events,,,none,,,\n",
        "\nusers,users,walk,2025-01,there,1,0,",
        "\nusers,users,walk,2025-02,missing,,,\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(strstr(tg_buf_text(&text, &err), lines[i]) != NULL, "%s", lines[i]);
    OK(tg_store_gaps(store, M(2025, 3), &arena, &gaps, &n, &err));
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(gaps[0].source, "roster");
    ck_assert_int_eq(gaps[0].from, M(2024, 12));
    ck_assert_int_eq(gaps[0].to, M(2025, 1));
    ck_assert_int_eq(gaps[1].from, M(2025, 3));
    ck_assert_str_eq(gaps[2].source, "users");
    ck_assert_int_eq(gaps[2].from, M(2025, 2));
    ck_assert_int_eq(gaps[2].to, M(2025, 3));
    OK(tg_store_gaps(store, M(2024, 12), &arena, &gaps, &n, &err));
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(gaps[0].to, M(2024, 12));
    tg_arena_free(&arena);
    tg_buf_free(&text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_order");
    TCase *t = tcase_create("store_order");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, the_order_of_files_does_not_matter, 0, WORLDS);
    tcase_add_test(t, few_rows_find_what_many_rows_find);
    tcase_add_test(t, what_is_different_is_told);
    tcase_add_test(t, what_was_taken_back_is_gone);
    tcase_add_test(t, a_withdrawal_outlives_the_file_that_is_taken_back);
    tcase_add_test(t, the_store_says_what_it_has_and_lacks);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
