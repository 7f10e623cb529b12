/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who comes for the first time and meets one person is decided on the spot (sharing.h): in random
 * worlds that must give what a look at everybody gives.
 */
#define _DEFAULT_SOURCE
#include "store_help.h"

#include "store/graph.h"

enum { WORLDS_FROM = 36, WORLDS_TO = 52, STEPS = 12, PEOPLE = 16, ROWS_MAX = 24, TEXT_MAX = 160 };

static const char three_systems[] =
    "version: 1\n"
    "study: s-1\n"
    "sources:\n"
    "  roster: {kind: roster, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "           resident_number: r, kana_name: k, birth_date: d, sex: s, enrolled_from: f,\n"
    "           enrolled_to: t, loss_reason: l}}\n"
    "  elderly: {kind: roster, columns: {late_elderly_number: n, resident_number: r,\n"
    "            kana_name: k, birth_date: d, sex: s, enrolled_from: f, enrolled_to: t,\n"
    "            loss_reason: l}}\n"
    "  ledger: {kind: roster, columns: {care_insured_number: n, resident_number: r, kana_name: k,\n"
    "           birth_date: d, sex: s}}\n"
    "tokens:\n"
    "  insured: [insurer_number, insured_symbol, insured_number, birth_date, sex]\n"
    "  late_elderly: [late_elderly_number]\n"
    "  care: [care_insured_number]\n"
    "  resident: [resident_number]\n"
    "  person: [kana_name_folded, birth_date, sex]\n";

static const char *const sources[] = {"roster", "elderly", "ledger"};
static const char *const periods[] = {"2025-01", "2025-02", "2025-03", "2025-04"};
enum { N_SOURCES = 3, N_PERIODS = 4 };

static uint64_t random_state;

static int pick(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

/* Once in `odds` it is that of somebody near, else the person's own. */
static int letter(int person, int odds)
{
    return pick(odds) == 0 ? (person + 1) % PEOPLE : person;
}

/* As a rule all there is to say of a person; `odds` says how often something is amiss. */
static void draw_row(int person, bool dated, int odds, char out[TEXT_MAX])
{
    char number[16] = "", resident[16] = "", born[16] = "", from[16] = "", to[16] = "";
    bool ends = dated && pick(odds) == 0;
    if (pick(4 * odds))
        (void)snprintf(number, sizeof number, "@n%d", letter(person, odds));
    if (pick(odds))
        (void)snprintf(resident, sizeof resident, "@r%d", letter(person, odds));
    if (pick(odds))
        (void)snprintf(born, sizeof born, "19%d0-03", 4 + letter(person, odds) % 3);
    if (dated && pick(3))
        (void)snprintf(from, sizeof from, "20%02d-03-20", 10 + pick(16));
    if (ends)
        (void)snprintf(to, sizeof to, "20%02d-03-20", 20 + pick(6));
    int n = snprintf(out, TEXT_MAX, "%s,%s,@k%d,%s,%s,", number, resident, letter(person, odds),
                     born, pick(odds) ? person % 2 ? "1" : "2" : "");
    (void)snprintf(out + n, TEXT_MAX - (size_t)n, ",%s,%s%s", from, to,
                   !dated            ? ""
                   : ends && pick(2) ? ",death"
                                     : ",");
}

static const char *const *draw_file(bool dated)
{
    static char text[ROWS_MAX][TEXT_MAX];
    static const char *rows[ROWS_MAX + 1];
    int n = 0, odds = 3 + pick(40);
    for (int person = 0; person < PEOPLE; person++) {
        if (pick(3))
            draw_row(person, dated, odds, text[n++]);
    }
    for (; n < ROWS_MAX && pick(2); n++)
        draw_row(pick(PEOPLE), dated, odds, text[n]);
    for (int i = 0; i < n; i++)
        rows[i] = text[i];
    rows[n] = NULL;
    return rows;
}

/* What an import says, or a word by hand. */
struct told {
    uint64_t new_persons, conflicts, undecided;
    enum tg_status status;
};

static const char *some_row(void)
{
    int source = pick(N_SOURCES), period = pick(N_PERIODS);
    return row_of(sources[source], periods[period], (size_t)pick(PEOPLE));
}

static struct told speak_by_hand(void)
{
    const char *two[2] = {some_row(), some_row()};
    bool parts = pick(2);
    return (struct told){.status = parts ? tg_person_split(store, two, 1, NULL, &err)
                                         : tg_person_join(store, two, 2, NULL, &err)};
}

static struct told take_file(bool everybody)
{
    int source = pick(N_SOURCES), period = pick(N_PERIODS);
    const char *const *rows = draw_file(source < 2);
    if (everybody)
        OK(tg_db_exec(&store->db, "INSERT OR REPLACE INTO meta VALUES('persons_stale', '1')",
                      &err));
    struct tg_import_result r = take(sources[source], periods[period], rows);
    return (struct told){r.new_persons, r.conflicts, r.undecided, TG_OK};
}

static void add_rows(struct tg_buf *out, const char *sql)
{
    sqlite3_stmt *stmt;
    ck_assert_int_eq(sqlite3_prepare_v2(store->db.handle, sql, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int c = 0; c < sqlite3_column_count(stmt); c++) {
            const char *text = (const char *)sqlite3_column_text(stmt, c);
            OK(tg_buf_printf(out, &err, "%s ", text ? text : "-"));
        }
        OK(tg_buf_add_char(out, '\n', &err));
    }
    (void)sqlite3_finalize(stmt);
}

/* A world step by step, and what the store says of its people in the end. */
static void live(uint64_t world, bool everybody, struct told told[STEPS], struct tg_buf *out)
{
    random_state = world * 7919 + 1;
    OK(tg_db_exec(&store->db, "PRAGMA synchronous=OFF", &err)); /* nobody pulls the plug */
    for (int step = 0; step < STEPS; step++)
        told[step] = step > 2 && pick(6) == 0 ? speak_by_hand() : take_file(everybody);
    out->len = 0;
    add_rows(out, "SELECT id, person_id, conflict, watched, kin, seen_from, seen_to, death, turns"
                  " FROM identity ORDER BY id");
    add_rows(out, "SELECT identity_id, rule, hex(hash), source_id, period FROM person_bridge"
                  " ORDER BY 1, 2, 3");
    add_rows(out, "SELECT identity_id, from_person, to_person, source_id, period"
                  " FROM person_change ORDER BY id");
    add_rows(out, "SELECT token, hex(hash) FROM shared_token ORDER BY 1, 2");
}

static void three_systems_setup(void)
{
    make_room();
    load_study(three_systems);
    open_store();
}

START_TEST(who_meets_one_person_is_decided_as_if_all_were_looked_at)
{
    struct told expected[STEPS], found[STEPS];
    struct tg_buf all = {0}, some = {0};
    live((uint64_t)_i, true, expected, &all);
    ck_assert_uint_gt(all.len, 500);
    start_again();
    live((uint64_t)_i, false, found, &some);
    for (int step = 0; step < STEPS; step++) {
        ck_assert_int_eq(found[step].status, expected[step].status);
        ck_assert_uint_eq(found[step].new_persons, expected[step].new_persons);
        ck_assert_uint_eq(found[step].conflicts, expected[step].conflicts);
        ck_assert_uint_eq(found[step].undecided, expected[step].undecided);
    }
    ck_assert_msg(all.len == some.len && memcmp(all.data, some.data, all.len) == 0,
                  "world %d: %s\nwith everybody: %s", _i, tg_buf_text(&some, &err),
                  tg_buf_text(&all, &err));
    OK(tg_store_verify(store, NULL, &err));
    tg_buf_free(&all);
    tg_buf_free(&some);
}
END_TEST

/* What is decided of everybody, as if all were new, `together` at a time. */
static void decide_all(size_t together, struct tg_buf *out)
{
    struct tg_ids all = {0}, nobody = {0};
    sqlite3_stmt *stmt;
    int64_t joined;
    OK(tg_db_begin(&store->db, &err));
    OK(tg_db_prepare(&store->db,
                     "SELECT id FROM identity WHERE person_id IS NOT NULL"
                     " AND seen_from IS NOT NULL ORDER BY id",
                     &stmt, &err));
    while (sqlite3_step(stmt) == SQLITE_ROW)
        OK(tg_ids_add(&all, sqlite3_column_int64(stmt, 0), &err));
    (void)sqlite3_finalize(stmt);
    struct tg_graph_change change = {
        .touched = &all, .revived = &nobody, .first_new = 1, .together = together};
    OK(tg_graph_update(store, &change, NULL, &joined, &err));
    out->len = 0;
    OK(tg_buf_printf(out, &err, "%lld joined\n", (long long)joined));
    add_rows(out, "SELECT id, person_id, conflict, watched FROM identity ORDER BY id");
    add_rows(out, "SELECT identity_id, rule, hex(hash) FROM person_bridge ORDER BY 1, 2, 3");
    OK(tg_db_exec(&store->db, "ROLLBACK", &err));
    tg_ids_free(&all);
}

START_TEST(however_few_are_looked_at_together_the_same_is_decided)
{
    struct told told[STEPS];
    struct tg_buf all = {0}, few = {0};
    live((uint64_t)_i, false, told, &all);
    decide_all(0, &all);
    ck_assert_uint_gt(all.len, 300);
    for (size_t together = 1; together < 6; together += 2) {
        decide_all(together, &few);
        ck_assert_str_eq(tg_buf_text(&few, &err), tg_buf_text(&all, &err));
    }
    tg_buf_free(&all);
    tg_buf_free(&few);
}
END_TEST

/* All who carry the number are one person, but not by the number. */
START_TEST(a_number_that_two_people_held_joins_no_newcomer)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,1950-03,1,,,,", "@n1,@r2,@k2,1950-03,1,,,,"));
    const char *twins[] = {row_of("roster", "2025-01", 0), row_of("roster", "2025-01", 1)};
    OK(tg_person_join(store, twins, 2, NULL, &err));
    ck_assert_uint_eq(take("roster", "2025-02", ROWS("@n1,,@k3,1950-03,1,,,,")).new_persons, 1);
}
END_TEST

START_TEST(a_number_that_was_parted_by_hand_joins_no_newcomer)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,1950-03,1,,,,"));
    (void)take("roster", "2025-02", ROWS("@n1,@r2,@k1,1950-03,1,,,,"));
    const char *one = row_of("roster", "2025-02", 0);
    OK(tg_person_split(store, &one, 1, NULL, &err));
    (void)take("ledger", "2025-01", ROWS("@c1,@r1,@k1,1950-03,1,,,"));
    (void)take("ledger", "2025-02", ROWS("@c1,@r2,@k1,1950-03,1,,,"));
    ck_assert_int_eq(person_of("roster", "2025-01", 0), person_of("roster", "2025-02", 0));
    ck_assert_uint_eq(take("roster", "2025-03", ROWS("@n1,,@k3,1950-03,1,,,,")).new_persons, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_newcomers");
    TCase *tcase = tcase_create("newcomers");
    tcase_add_checked_fixture(tcase, three_systems_setup, teardown);
    tcase_add_loop_test(tcase, who_meets_one_person_is_decided_as_if_all_were_looked_at,
                        WORLDS_FROM, WORLDS_TO);
    tcase_add_loop_test(tcase, however_few_are_looked_at_together_the_same_is_decided, WORLDS_FROM,
                        WORLDS_FROM + 4);
    tcase_add_test(tcase, a_number_that_two_people_held_joins_no_newcomer);
    tcase_add_test(tcase, a_number_that_was_parted_by_hand_joins_no_newcomer);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return run_tests(suite);
}
